"""In which Python a cluster is started: that of a kernel which the server knows.

A kernelspec names the command of a kernel.  Of that command only its Python is used, and only if
it is plain that there is one: ``<python> ... -m ipykernel_launcher``.
"""

from __future__ import annotations

import itertools
import os
import re
import string
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PYTHON = re.compile(r"python[0-9.]*w?(\.exe)?")
_ANY_PYTHON = {"python", "python3", "python{}.{}".format(*sys.version_info[:2])}
_KERNELS = {"ipykernel", "ipykernel_launcher"}


class NoEnvironmentError(ValueError):
    """No cluster can be started there; the text says why."""


@dataclass(frozen=True)
class Environment:
    """A Python and what it finds around it."""

    python: str
    variables: Mapping[str, str]


def environment_of(
    argv: Sequence[str], variables: Mapping[str, str], language: str, own: Mapping[str, str]
) -> Environment:
    """The environment of a kernelspec.

    Parameters
    ----------
    argv, variables, language
        As the kernelspec has them.
    own : mapping
        The server's environment, which kernels inherit.

    Raises
    ------
    NoEnvironmentError

    Examples
    --------
    >>> environment_of(["/opt/a/bin/python", "-m", "ipykernel_launcher"], {}, "python", {}).python
    '/opt/a/bin/python'
    >>> environment_of(["bash", "-c", "python"], {}, "python", {})
    Traceback (most recent call last):
    treadle.lab.environments.NoEnvironmentError: this kernel is not started by a Python of its own
    """
    if language.lower() != "python":
        raise NoEnvironmentError(f"this kernel speaks {language}, and clusters run Python")
    modules = [after for flag, after in itertools.pairwise(argv) if flag == "-m"]
    name = Path(argv[0]).name if argv else ""
    if not _PYTHON.fullmatch(name) or not modules or modules[0] not in _KERNELS:
        raise NoEnvironmentError("this kernel is not started by a Python of its own")
    # as kernels are started: a bare name is the server's own Python
    python = sys.executable if argv[0] in _ANY_PYTHON else argv[0]
    changed = {key: string.Template(value).safe_substitute(own) for key, value in variables.items()}
    return Environment(python, {**own, **changed})


def own_environment() -> Mapping[str, str]:
    """The server's environment."""
    return dict(os.environ)

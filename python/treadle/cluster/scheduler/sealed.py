"""Unpickling made impossible in a process that is a scheduler: it runs nothing that users send.

The nanny that forks a scheduler has pickle loaded, with all that workers need.  Its names are
taken, for good measure and so that tests notice any use.  What somebody has kept under another
name is left with plain data: the interpreter asks an audit hook before it looks up a class or
function for a pickle, and a hook can't be taken out again.

>>> import subprocess, sys
>>> seal = "from treadle.cluster.scheduler.sealed import seal_process; seal_process();"
>>> use = "import pickle; pickle.loads(pickle.dumps(1))"
>>> done = subprocess.run([sys.executable, "-c", seal + use], stderr=subprocess.PIPE, text=True)
>>> done.stderr.splitlines()[-1].partition(": ")[2]
'a scheduler never unpickles: what users send is kept and forwarded as bytes'
"""

from __future__ import annotations

import pickle
import sys
from typing import Any, NoReturn

_OPENERS = ("load", "loads", "_load", "_loads", "Unpickler", "_Unpickler")
_HOLDERS = ("pickle", "_pickle", "cloudpickle", "treadle")  # whose names are taken, if loaded


class UnpicklingRefused(RuntimeError):
    """Somebody has tried to unpickle in the process of a scheduler."""

    def __str__(self) -> str:
        return "a scheduler never unpickles: what users send is kept and forwarded as bytes"


class RefusingUnpickler:
    """In the place of ``pickle.Unpickler``; a class, since modules loaded later derive from it."""

    def __init__(self, *_args: Any, **_options: Any) -> NoReturn:
        raise UnpicklingRefused


def seal_process() -> None:
    """Make unpickling an error in this process, until its end."""
    openers = {id(vars(pickle)[name]) for name in _OPENERS}
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in _HOLDERS:
            _take(vars(module), openers)
    sys.addaudithook(_refuse_names)


def _take(names: dict[str, Any], openers: set[int]) -> None:
    for name, value in list(names.items()):
        if id(value) in openers:
            names[name] = RefusingUnpickler if isinstance(value, type) else _refuse


def _refuse(*_args: Any, **_options: Any) -> NoReturn:
    raise UnpicklingRefused


def _refuse_names(event: str, _args: tuple[Any, ...]) -> None:
    if event == "pickle.find_class":
        raise UnpicklingRefused

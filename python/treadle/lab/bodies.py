"""What browsers may ask for, checked before anybody acts on it.

No body names a command, a module or a path: a cluster is started by this package, with numbers
and words of a few forms, in an environment that the server's administrator has named.

    >>> decode(b'{"n":3}', Scale)
    Scale(n=3)
    >>> decode(b'{"n":-1}', Scale)
    Traceback (most recent call last):
    treadle.lab.bodies.BodyError: Expected `int` >= 0 - at `$.n`
"""

from __future__ import annotations

from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

MAX_BODY_BYTES = 4096
MAX_WORKERS = 1024

Body = TypeVar("Body", bound=msgspec.Struct)


class BodyError(ValueError):
    """A body that is none; the text names the field."""


class StartCluster(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Start a cluster on this machine.

    Parameters
    ----------
    n_workers, threads_per_worker : int, optional
        As many as the machine has room for, unless told.
    name : str, optional
        A free one is made up.
    kernelspec : str, optional
        Whose environment; that of the default kernel unless told.
    memory_limit : str, optional
        Of each worker: "auto", "4 GB".
    """

    n_workers: Annotated[int, Meta(ge=1, le=MAX_WORKERS)] | None = None
    threads_per_worker: Annotated[int, Meta(ge=1, le=256)] | None = None
    name: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}\Z")] | None = None
    kernelspec: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,128}\Z")] | None = None
    memory_limit: (
        Annotated[str, Meta(pattern=r"^(auto|[0-9]{1,6}(\.[0-9]{1,3})? ?([kMGT]i?)?B)\Z")] | None
    ) = None


class Scale(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Have this many workers."""

    n: Annotated[int, Meta(ge=0, le=MAX_WORKERS)]


class Log(msgspec.Struct, frozen=True, kw_only=True):
    """The end of what a cluster wrote while it started."""

    text: str
    is_cut: bool


def decode(body: bytes, kind: type[Body]) -> Body:
    """A body as what it has to be.

    Raises
    ------
    BodyError
    """
    if len(body) > MAX_BODY_BYTES:
        raise BodyError(f"longer than {MAX_BODY_BYTES} bytes")
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BodyError(str(error)) from None

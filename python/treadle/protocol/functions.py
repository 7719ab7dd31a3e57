"""Functions as bytes, pickled once, and again as soon as anything they use has changed.

A function of a notebook carries the globals and the variables it captured.  Sending the bytes of
last time is right only while those are what they were, so each call looks at them:

 known code?  --no-->  pickle, remember what the function refers to
     | yes
 same objects, none of which can change in place?  --yes-->  the bytes of last time (a few µs)
     | no
 pickle again; equal bytes have an equal digest, and travel no second time

>>> digest, blob = dumps_function(len)
>>> loads_function(blob)([1, 2])
2
"""

from __future__ import annotations

import types
from collections.abc import Callable
from hashlib import blake2b
from typing import Any

from treadle.protocol.culprit import FAILURES, cannot_load, refuse
from treadle.protocol.leaves import Leaves, make_room, same
from treadle.protocol.pickling import dumps, loads

_REMEMBERED = 1024  # functions
_REMEMBERED_BYTES = 1 << 20  # of one function; larger ones are pickled each time


class _Entry:
    """The bytes of a function, and what it referred to when they were made."""

    __slots__ = ("blob", "code", "digest", "leaves")

    def __init__(self, code: types.CodeType, digest: bytes, blob: bytes, leaves: Leaves):
        self.code = code  # held, so that its id stays its own
        self.digest = digest
        self.blob = blob
        self.leaves = leaves


_entries: dict[int, _Entry] = {}


def dumps_function(func: Callable[..., Any]) -> tuple[bytes, bytes]:
    """Return a digest and the pickle of a function, as it is at this moment.

    Parameters
    ----------
    func : callable
        By reference if an installed package has it under its name, else by value.

    Returns
    -------
    digest : bytes
        16 bytes; equal digests mean equal functions.
    blob : bytes

    Raises
    ------
    UnpicklableError
        It names what the function refers to and can't be sent.

    Examples
    --------
    >>> double = lambda x: x * 2
    >>> dumps_function(double) == dumps_function(double)
    True
    """
    if type(func) is not types.FunctionType:
        return _dump(func)
    code = func.__code__
    leaves = Leaves()
    sure = leaves.function(func)
    entry = _entries.get(id(code))
    if sure and entry is not None and same(entry.leaves, leaves):
        return entry.digest, entry.blob
    digest, blob = _dump(func)
    if sure and len(blob) <= _REMEMBERED_BYTES:
        if id(code) not in _entries:
            make_room(_entries, _REMEMBERED)
        _entries[id(code)] = _Entry(code, digest, blob, leaves)
    return digest, blob


def loads_function(blob: bytes) -> Callable[..., Any]:
    """Return the function of a pickle.

    Parameters
    ----------
    blob : bytes

    Raises
    ------
    DeserializeError
        For instance for a module that isn't installed here; its ``__cause__`` is what was raised.

    Examples
    --------
    >>> loads_function(dumps_function(lambda x: -x)[1])(2)
    -2
    """
    try:
        function: Callable[..., Any] = loads(blob)
    except FAILURES as error:
        raise cannot_load(error, "the function of this task") from error
    return function


def _dump(func: Callable[..., Any]) -> tuple[bytes, bytes]:
    try:
        blob = dumps(func, local_by_value=True, inline_classes=True)
    except FAILURES:
        # A module of the user's with a lock or a connection among its globals: the other process
        # may well be able to import it.
        try:
            blob = dumps(func, inline_classes=True)
        except FAILURES as error:
            raise refuse(func, _name(func), error) from error
    return blake2b(blob, digest_size=16).digest(), blob


def _name(func: Callable[..., Any]) -> str:
    name = getattr(func, "__qualname__", None)
    return name if isinstance(name, str) else type(func).__qualname__

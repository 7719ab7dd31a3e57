"""Arguments and results as bytes.

Arguments travel with their task, results from where they were made.  The common cases (numbers,
short texts, tuples of them) take a shortcut past cloudpickle; all of it is unpickled by pickle.

>>> loads_args(dumps_args((1, "a")))
(1, 'a')
>>> dumps_args(None), loads_args(b"")
(b'', None)
"""

from __future__ import annotations

import pickle
from typing import Any

from treadle.graph.template import Template
from treadle.protocol.culprit import FAILURES, cannot_load, refuse
from treadle.protocol.pickling import PROTOCOL, Pickler, dumps
from treadle.utils.sizeof import sizeof

#: Results up to this size are sent along with the news that they are done.
SMALL = 4096

_SCALARS = frozenset((int, float, str, bytes, bool, type(None), complex))
_FIXED = frozenset((int, float, bool, type(None), complex))
_TEMPLATE = b"T"  # no pickle begins with it
_dumps = pickle.dumps
_loads = pickle.loads

Args = Template | tuple[Any, ...] | None


def dumps_args(template: Args) -> bytes:
    """Return the arguments of a task as bytes.

    Parameters
    ----------
    template : None, tuple or Template
        As `treadle.graph.template.make_template` makes it.

    Raises
    ------
    UnpicklableError
        It names the part to blame, such as ``args[1].lock``.

    Examples
    --------
    >>> dumps_args((lambda: 1,))[:1]
    b'\\x80'
    """
    if template is None:
        return b""
    if type(template) is tuple:
        if _SCALARS.issuperset(map(type, template)):
            return _dumps(template, PROTOCOL)
        try:
            return dumps(template, local_by_value=True)
        except FAILURES as error:
            return _again(template, template, error)
    assert type(template) is Template
    fields = template.args, template.holes, template.builders, template.kwargs, template.keywords
    if (
        not template.builders
        and not template.keywords
        and _SCALARS.issuperset(map(type, template.args))
        and _SCALARS.issuperset(map(type, template.kwargs.values()))
    ):
        return _TEMPLATE + _dumps(fields, PROTOCOL)
    try:
        return _TEMPLATE + dumps(fields, local_by_value=True)
    except FAILURES as error:
        return _TEMPLATE + _again(fields, template, error)


def _again(fields: Any, template: Args, error: BaseException) -> bytes:
    """Pickle what local modules define by reference, since by value it doesn't work."""
    try:
        return dumps(fields)
    except FAILURES:
        raise refuse(template, "args", error) from error


def loads_args(blob: bytes) -> Args:
    """Return the arguments that `dumps_args` made bytes of.

    Parameters
    ----------
    blob : bytes

    Raises
    ------
    DeserializeError
        Its ``__cause__`` is what was raised.

    Examples
    --------
    >>> loads_args(dumps_args(([1, 2], {"a": 1})))
    ([1, 2], {'a': 1})
    """
    if not blob:
        return None
    try:
        if blob[:1] == _TEMPLATE:
            return Template(*_loads(memoryview(blob)[1:]))
        args: Args = _loads(blob)
    except FAILURES as error:
        raise cannot_load(error, "the arguments of this task") from error
    return args


def dumps_value(value: Any, *, name: str = "result") -> bytes:
    """Return the pickle of a result, in one piece.

    Parameters
    ----------
    value : object
    name : str, optional
        What its owner calls it.

    Raises
    ------
    UnpicklableError
        It names the part to blame, such as ``result[0].lock``.

    Examples
    --------
    >>> loads_value(dumps_value({"a": [1]}))
    {'a': [1]}
    """
    kind = type(value)
    if kind in _SCALARS or ((kind is tuple or kind is list) and _are_short(value)):
        return _dumps(value, PROTOCOL)
    try:
        return dumps(value)
    except FAILURES as error:
        raise refuse(value, name, error) from error


def loads_value(blob: bytes | memoryview) -> Any:
    """Return the result that `dumps_value` or `small_value` made bytes of.

    Parameters
    ----------
    blob : bytes

    Raises
    ------
    DeserializeError
        Its ``__cause__`` is what was raised.

    Examples
    --------
    >>> loads_value(dumps_value(1.5))
    1.5
    """
    try:
        return _loads(blob)
    except FAILURES as error:
        raise cannot_load(error, "the result of a task") from error


def small_value(value: Any) -> bytes | None:
    """Return the pickle of a result that is small enough to be sent along at once, else None.

    Parameters
    ----------
    value : object
        Nothing large is walked through: pickling stops when it has become too much.

    Examples
    --------
    >>> small_value(1) is None, small_value(bytes(10_000)) is None
    (False, True)
    """
    kind = type(value)
    if kind in _FIXED or ((kind is tuple or kind is list) and _are_short(value)):
        blob = _dumps(value, PROTOCOL)
    elif kind in (str, bytes):
        if len(value) > SMALL:
            return None
        blob = _dumps(value, PROTOCOL)
    else:
        if sizeof(value) > SMALL:
            return None
        file = _Limited()
        try:
            Pickler(file).dump(value)
        except FAILURES:
            return None  # too large; or unpicklable, which whoever fetches it will be told
        blob = b"".join(file.parts)
    return blob if len(blob) <= SMALL else None


def _are_short(items: tuple[Any, ...] | list[Any]) -> bool:
    """Tell whether items are few, and each a number or a short text."""
    if len(items) > 32:
        return False
    kinds = set(map(type, items))
    if _FIXED.issuperset(kinds):
        return True
    return _SCALARS.issuperset(kinds) and all(
        len(item) <= SMALL for item in items if type(item) in (str, bytes)
    )


class _TooLarge(Exception):
    pass


class _Limited:
    """A file that refuses once it holds more than a small value may."""

    __slots__ = ("_size", "parts")

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self._size = 0

    def write(self, data: bytes) -> int:
        self._size += len(data)
        if self._size > SMALL:
            raise _TooLarge
        self.parts.append(bytes(data))
        return len(data)

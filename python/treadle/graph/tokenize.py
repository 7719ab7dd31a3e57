"""Names made of content: equal values have equal tokens, in every process and on every day.

A value is written down as bytes, piece by piece, into one hash.  Each piece begins with a tag and
a length, so no two different values write the same bytes.  Types are looked up in a table that
libraries and users can extend:

>>> class Point:
...     def __init__(self, x): self.x = x
>>> @normalize_token.register(Point)
... def _(point): return "Point", point.x
>>> tokenize(Point(1)) == tokenize(Point(1)) != tokenize(Point(2))
True

or by a method ``__treadle_tokenize__`` (Dask's ``__dask_tokenize__`` is understood too).  Values
that nothing is known about are pickled; those that can't be pickled get a token of their own.
"""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import functools
import hashlib
import pathlib
import pickle
import sys
import types
import uuid
from collections.abc import Callable
from typing import Any

#: Writes a tag and bytes, or goes on into a nested value.
Writer = Callable[["_Hash", Any], None]


class UnknownToken(Exception):
    """A value without content of its own: it can only be told apart by identity."""


def tokenize(*args: Any, **kwargs: Any) -> str:
    """Return 32 hexadecimal digits that stand for these values.

    Parameters
    ----------
    *args, **kwargs : object
        Values of any type.

    Returns
    -------
    str
        The same for equal values, in any process.  A value whose content can't be read (an open
        file, a lock) gets a new random token each time.

    Examples
    --------
    >>> tokenize([1, "a"]) == tokenize([1, "a"])
    True
    >>> tokenize(1) == tokenize(1.0), tokenize({"a": 1, "b": 2}) == tokenize({"b": 2, "a": 1})
    (False, True)
    """
    state = _Hash()
    state.write(args)
    if kwargs:
        state.write(kwargs)
    return state.digest()


class _Hash:
    """One token in the making: the running hash, and the containers we are inside of."""

    __slots__ = ("_inside", "_update", "hash")

    def __init__(self) -> None:
        self.hash = hashlib.sha256()  # twice as fast as others where the processor knows it
        self._update = self.hash.update
        self._inside: dict[int, int] = {}

    def digest(self) -> str:
        return self.hash.hexdigest()[:32]

    def piece(self, tag: str, data: bytes | bytearray | memoryview) -> None:
        """Write a tagged piece.  The length in front keeps neighbours apart."""
        size = data.nbytes if isinstance(data, memoryview) else len(data)
        self._update(f"{tag}:{size}:".encode())
        self._update(data)

    def write(self, value: Any) -> None:
        kind = type(value)
        writer = _WRITERS.get(kind)
        if writer is not None:
            writer(self, value)
            return
        identity = id(value)
        depth = self._inside.get(identity)
        if depth is not None:  # the value contains itself: say where, and go no deeper
            self.piece("cycle", str(depth).encode())
            return
        self._inside[identity] = len(self._inside)
        try:
            writer = _CONTAINERS.get(kind) or _find_writer(kind)
            writer(self, value)
        finally:
            del self._inside[identity]

    def unordered(self, tag: str, values: list[Any]) -> None:
        """Write values whose order has no meaning."""
        digests = []
        for value in values:
            part = _Hash()
            part._inside = self._inside
            part.write(value)
            digests.append(part.hash.digest())
        self.piece(tag, b"".join(sorted(digests)))


# -- registration --------------------------------------------------------------------------------


class _Registry:
    """``normalize_token``: type -> function that returns a simpler value to hash instead.

    Examples
    --------
    >>> from decimal import Decimal
    >>> from treadle import normalize_token
    >>> @normalize_token.register(Decimal)
    ... def as_text(value):
    ...     return str(value.normalize())
    >>> normalize_token(Decimal("1.50"))
    '1.5'
    """

    def __init__(self) -> None:
        self._functions: dict[type, Callable[[Any], Any]] = {}

    def register(self, kind: type | tuple[type, ...], function: Any = None) -> Any:
        """Say how to reduce a type to simpler values; also usable as a decorator.

        Parameters
        ----------
        kind : type or tuple of type
            Subclasses without an entry of their own are included.
        function : callable, optional
            Takes a value and returns tuples, strings, numbers and the like.
        """

        def note(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
            for one in kind if isinstance(kind, tuple) else (kind,):
                self._functions[one] = function
                _found.clear()
            return function

        return note if function is None else note(function)

    def find(self, kind: type) -> Callable[[Any], Any] | None:
        for base in kind.__mro__[:-1]:
            if base in self._functions:
                return self._functions[base]
        return None

    def __call__(self, value: Any) -> Any:
        """Return what stands for ``value``, as the registered function says it."""
        function = self.find(type(value))
        return value if function is None else function(value)

    def __reduce__(self) -> str:
        return "normalize_token"  # there is one; pickled by its name, as functions are


normalize_token = _Registry()

# Type -> writer, for types met before that have no entry in the two tables below.
_found: dict[type, Writer] = {}


def _find_writer(kind: type) -> Writer:
    writer = _found.get(kind)
    if writer is None:
        writer = _found[kind] = _choose_writer(kind)
    return writer


def _choose_writer(kind: type) -> Writer:
    registered = normalize_token.find(kind)
    if registered is not None:
        return functools.partial(_write_reduced, registered)
    for method in ("__treadle_tokenize__", "__dask_tokenize__"):
        if hasattr(kind, method):
            return functools.partial(_write_reduced, getattr(kind, method))
    module = (kind.__module__ or "").partition(".")[0]
    if module in ("numpy", "pandas"):
        from treadle.graph import tokenize_arrays

        writer = tokenize_arrays.writer_for(kind)
        if writer is not None:
            return writer
    for base, writer in _FAMILIES:
        if issubclass(kind, base):
            return writer
    if dataclasses.is_dataclass(kind):
        return _write_dataclass
    return _write_object


def _write_reduced(reduce: Callable[[Any], Any], state: _Hash, value: Any) -> None:
    state.piece("reduced", _type_name(type(value)))
    state.write(reduce(value))


def _type_name(kind: type) -> bytes:
    return f"{kind.__module__}.{kind.__qualname__}".encode()


# -- plain values --------------------------------------------------------------------------------


def _write_none(state: _Hash, value: None) -> None:
    state.piece("none", b"")


def _write_repr(tag: str) -> Writer:
    return lambda state, value: state.piece(tag, repr(value).encode())


def _write_text(state: _Hash, value: str) -> None:
    state.piece("str", value.encode("utf-8", "surrogatepass"))


def _write_bytes(state: _Hash, value: bytes | bytearray) -> None:
    state.piece(type(value).__name__, value)


def _write_pickled(state: _Hash, value: Any) -> None:
    state.piece("pickle", pickle.dumps(value, protocol=4))


_WRITERS: dict[type, Writer] = {
    type(None): _write_none,
    bool: _write_repr("bool"),
    int: _write_repr("int"),
    float: _write_repr("float"),
    complex: _write_repr("complex"),
    str: _write_text,
    bytes: _write_bytes,
    bytearray: _write_bytes,
    type(Ellipsis): _write_repr("ellipsis"),
    type(NotImplemented): _write_repr("notimplemented"),
    range: _write_repr("range"),
    slice: lambda state, value: _write_parts(state, "slice", (value.start, value.stop, value.step)),
    decimal.Decimal: _write_repr("decimal"),
    datetime.date: _write_repr("date"),
    datetime.time: _write_repr("time"),
    datetime.timedelta: _write_repr("timedelta"),
    uuid.UUID: _write_repr("uuid"),
}


# -- containers ----------------------------------------------------------------------------------


def _write_parts(state: _Hash, tag: str, parts: tuple[Any, ...] | list[Any]) -> None:
    state.piece(tag, str(len(parts)).encode())
    for part in parts:
        state.write(part)


_PLAIN = frozenset((type(None), bool, int, float, str, bytes))


def _write_sequence(state: _Hash, value: Any) -> None:
    if _PLAIN.issuperset(map(type, value)):  # one piece for all: their reprs can't be confused
        state.piece(f"plain {type(value).__name__}", repr(value).encode())
    else:
        _write_parts(state, type(value).__name__, value)


def _write_set(state: _Hash, value: Any) -> None:
    state.unordered(type(value).__name__, list(value))


def _write_dict(state: _Hash, value: dict[Any, Any]) -> None:
    state.unordered("dict", list(value.items()))


_CONTAINERS: dict[type, Writer] = {
    list: _write_sequence,
    tuple: _write_sequence,
    set: _write_set,
    frozenset: _write_set,
    dict: _write_dict,
}


# -- families of types ---------------------------------------------------------------------------


def _write_function(state: _Hash, value: types.FunctionType) -> None:
    """An importable function is its name and code; any other also what it closes over."""
    module = sys.modules.get(value.__module__ or "")
    if value.__module__ != "__main__" and "<" not in value.__qualname__:
        found: Any = module
        for name in value.__qualname__.split("."):
            found = getattr(found, name, None)
        if found is value:
            _write_parts(state, "named", (value.__module__, value.__qualname__))
            _write_code(state, value.__code__)  # a module edited and loaded again is another one
            return
    state.piece("function", value.__qualname__.encode())
    _write_code(state, value.__code__)
    state.write(value.__defaults__)
    state.write(value.__kwdefaults__)
    cells = [_cell_content(cell) for cell in value.__closure__ or ()]
    state.write(cells)
    _write_globals(state, value)


def _write_globals(state: _Hash, value: types.FunctionType) -> None:
    """The globals a function reads are part of what it does."""
    for name in _names_read(value.__code__):
        if name in value.__globals__:
            found = value.__globals__[name]
            state.piece("global", name.encode())
            if isinstance(found, types.ModuleType):
                state.piece("module", found.__name__.encode())
            else:
                state.write(found)


def _names_read(code: types.CodeType) -> list[str]:
    names = dict.fromkeys(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names.update(dict.fromkeys(_names_read(constant)))
    return sorted(names)


def _cell_content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not filled yet
        return "<empty cell>"


def _write_code(state: _Hash, code: types.CodeType) -> None:
    """What code does, not where it stands: file and line numbers are left out."""
    state.piece("code", code.co_code)
    _write_parts(state, "names", (code.co_names, code.co_varnames, code.co_freevars, code.co_flags))
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            _write_code(state, constant)
        else:
            state.write(constant)


def _write_method(state: _Hash, value: types.MethodType) -> None:
    _write_parts(state, "method", (value.__self__, value.__func__.__qualname__))


def _write_builtin(state: _Hash, value: Any) -> None:
    owner = getattr(value, "__self__", None)
    if owner is None or isinstance(owner, types.ModuleType):
        owner = getattr(value, "__module__", None)
    _write_parts(state, "builtin", (owner, value.__qualname__))


def _write_descriptor(state: _Hash, value: Any) -> None:
    _write_parts(state, "descriptor", (value.__objclass__, value.__qualname__))


def _write_partial(state: _Hash, value: functools.partial[Any]) -> None:
    _write_parts(state, "partial", (value.func, value.args, value.keywords))


def _write_type(state: _Hash, value: type) -> None:
    state.piece("type", _type_name(value))
    if value.__module__ == "__main__" or "<locals>" in value.__qualname__:
        members = {
            name: member
            for name, member in vars(value).items()
            if name not in ("__dict__", "__weakref__", "__doc__", "__module__")
            and not isinstance(member, (types.GetSetDescriptorType, types.MemberDescriptorType))
        }
        state.write(members)


def _write_enum(state: _Hash, value: enum.Enum) -> None:
    _write_parts(state, "enum", (type(value), value.name))


def _write_path(state: _Hash, value: pathlib.PurePath) -> None:
    _write_parts(state, type(value).__name__, (str(value),))


def _write_module(state: _Hash, value: types.ModuleType) -> None:
    state.piece("module", value.__name__.encode())


def _write_view(state: _Hash, value: memoryview) -> None:
    state.piece(f"memoryview:{value.format}:{value.shape}", value.tobytes())


def _write_subclass(state: _Hash, value: Any) -> None:
    """A subclass of a builtin container: its type, its content, its attributes."""
    state.write(type(value))
    base = next(kind for kind in _CONTAINERS if isinstance(value, kind))
    _CONTAINERS[base](state, base(value))
    state.write(getattr(value, "__dict__", None))


def _write_datetime(state: _Hash, value: datetime.datetime) -> None:
    _write_parts(state, "datetime", (value.isoformat(), value.fold, str(value.tzinfo)))


# Order matters: the first family that a type belongs to decides.
_FAMILIES: tuple[tuple[type | tuple[type, ...], Writer], ...] = (
    (types.FunctionType, _write_function),
    (types.MethodType, _write_method),
    ((types.BuiltinFunctionType, types.MethodWrapperType), _write_builtin),
    ((types.MethodDescriptorType, types.WrapperDescriptorType, types.ClassMethodDescriptorType,
      types.GetSetDescriptorType, types.MemberDescriptorType), _write_descriptor),
    (functools.partial, _write_partial),
    (enum.Enum, _write_enum),
    (type, _write_type),
    (pathlib.PurePath, _write_path),
    (types.ModuleType, _write_module),
    (types.CodeType, _write_code),
    (memoryview, _write_view),
    (datetime.datetime, _write_datetime),
)  # fmt: skip


def _write_dataclass(state: _Hash, value: Any) -> None:
    state.write(type(value))
    names = [field.name for field in dataclasses.fields(value)]
    _write_parts(state, "fields", [(name, getattr(value, name, None)) for name in names])


def _write_object(state: _Hash, value: Any) -> None:
    """Anything else: subclasses of builtins by content, the rest by its pickle."""
    if isinstance(value, tuple(_CONTAINERS)):
        _write_subclass(state, value)
        return
    try:
        _write_reduction(state, value)
    except Exception:
        # Nothing says what this is: make sure that it is never taken for something else.
        state.piece("unknown", uuid.uuid4().bytes)


def _write_reduction(state: _Hash, value: Any) -> None:
    """Write what pickle would rebuild the object from, so that nested values are looked up here."""
    reduced = value.__reduce_ex__(4)
    if isinstance(reduced, str):
        _write_parts(state, "global", (type(value), reduced))
        return
    parts = [*reduced[:3]]
    for iterator in reduced[3:5]:
        parts.append(None if iterator is None else list(iterator))
    state.piece("reduce", _type_name(type(value)))
    _write_parts(state, "parts", parts)

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

import abc
import builtins
import dis
import functools
import operator
import sys
import types
import weakref
from collections.abc import Callable
from hashlib import blake2b
from typing import Any

from treadle.protocol.culprit import cannot_load, refuse
from treadle.protocol.installed import is_installed
from treadle.protocol.pickling import dumps, is_importable, loads

_REMEMBERED = 1024  # functions
_REMEMBERED_BYTES = 1 << 20  # of one function; larger ones are pickled each time
_MOST_LEAVES = 4000
_LONG_TEXT = 1 << 16

_NUMBERS = frozenset((int, float, bool, complex, type(None), type(Ellipsis)))
_TEXTS = frozenset((str, bytes))
_SEQUENCES = frozenset((list, tuple, set, frozenset))
_IMMUTABLE = frozenset((tuple, frozenset))
_GLOBAL_OPCODES = frozenset(("LOAD_GLOBAL", "STORE_GLOBAL", "DELETE_GLOBAL", "LOAD_NAME"))
_METACLASSES = frozenset((type, abc.ABCMeta))
_DESCRIPTORS = frozenset((types.GetSetDescriptorType, types.MemberDescriptorType))
# Values of these types never change.
_CONSTANTS = frozenset((
    "builtins.range", "builtins.ellipsis", "builtins.NotImplementedType", "builtins.slice",
    "datetime.date", "datetime.datetime", "datetime.time", "datetime.timedelta",
    "datetime.timezone", "decimal.Decimal", "fractions.Fraction", "logging.Logger",
    "numpy.ufunc", "numpy.float64", "numpy.float32", "numpy.int64", "numpy.int32", "numpy.bool",
    "pathlib.PosixPath", "pathlib.PurePosixPath", "pathlib.WindowsPath", "re.Pattern",
    "uuid.UUID", "zoneinfo.ZoneInfo",
))  # fmt: skip
_END = object()  # closes a container among the leaves
_MISSING = object()


class _Entry:
    """The bytes of a function, and what it referred to when they were made."""

    __slots__ = ("blob", "code", "digest", "leaves")

    def __init__(self, code: types.CodeType, digest: bytes, blob: bytes, leaves: list[Any]):
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
    leaves = _Leaves()
    sure = leaves.function(func)
    entry = _entries.get(id(code))
    if (
        sure
        and entry is not None
        and len(entry.leaves) == len(leaves.found)
        and all(map(operator.is_, entry.leaves, leaves.found))
    ):
        return entry.digest, entry.blob
    digest, blob = _dump(func)
    if sure and len(blob) <= _REMEMBERED_BYTES:
        if len(_entries) >= _REMEMBERED:
            _entries.pop(next(iter(_entries)), None)
        _entries[id(code)] = _Entry(code, digest, blob, leaves.found)
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
    except Exception as error:
        raise cannot_load(error, "the function of this task") from error
    return function


def _dump(func: Callable[..., Any]) -> tuple[bytes, bytes]:
    try:
        blob = dumps(func, local_by_value=True)
    except Exception:
        # A module of the user's with a lock or a connection among its globals: the other process
        # may well be able to import it.
        try:
            blob = dumps(func)
        except Exception as error:
            raise refuse(func, _name(func), error) from error
    return blake2b(blob, digest_size=16).digest(), blob


def _name(func: Callable[..., Any]) -> str:
    name = getattr(func, "__qualname__", None)
    return name if isinstance(name, str) else type(func).__qualname__


class _Leaves:
    """Collects, in a fixed order, the objects that a function is made of.

    Two collections that agree object by object were made of the same function, provided that
    nothing in them can change in place: everything is either immutable, or opened and its contents
    collected in turn.  Each method returns False when it met something it can't vouch for.
    """

    __slots__ = ("_inside", "found")

    def __init__(self) -> None:
        self.found: list[Any] = []
        self._inside: set[int] = set()

    def function(self, func: types.FunctionType) -> bool:
        found = self.found
        if _is_reference(func):
            found.append(weakref.ref(func))
            return True
        if id(func) in self._inside:
            found.append(weakref.ref(func))
            return True
        self._inside.add(id(func))
        code = func.__code__
        found += (code, func.__name__, func.__qualname__, func.__module__, func.__doc__)
        for inner in (func.__defaults__, func.__kwdefaults__, func.__dict__ or None):
            if inner is None:
                found.append(None)
            elif not self.value(inner):
                return False
        if func.__closure__ is not None:
            for cell in func.__closure__:
                try:
                    content = cell.cell_contents
                except ValueError:  # not filled yet
                    found.append(_MISSING)
                    continue
                if not self.value(content):
                    return False
        names = _names_in(code)
        return not names.read or self._globals(func.__globals__, names)

    def _globals(self, namespace: dict[str, Any], names: _Names) -> bool:
        for name in names.read:
            value = namespace.get(name, _MISSING)
            if value is _MISSING:
                # Builtins stay what they are; anything else may be defined later.
                self.found.append(getattr(builtins, name, _MISSING))
            elif type(value) is types.ModuleType:
                self.found.append(value)
                if hasattr(value, "__path__"):
                    self._submodules(value.__name__, names.all)
            elif not self.value(value):
                return False
        return True

    def _submodules(self, package: str, names: tuple[str, ...]) -> None:
        """Submodules that are imported travel along: ``scipy.sparse`` may come in later."""
        for name in names:
            full = f"{package}.{name}"
            module = sys.modules.get(full)
            if module is not None:
                self.found.append(module)
                self._submodules(full, names)

    def value(self, value: Any) -> bool:
        kind = type(value)
        found = self.found
        if len(found) > _MOST_LEAVES:
            return False
        if kind in _NUMBERS:
            found.append(value)
            return True
        if kind in _TEXTS:
            found.append(value)
            return len(value) <= _LONG_TEXT  # not kept alive for the sake of a comparison
        if kind is types.FunctionType:
            return self.function(value)
        if kind in _SEQUENCES or kind is dict:
            return self._container(kind, value)
        if kind in (types.BuiltinFunctionType, types.CodeType):
            found.append(value)
            return kind is types.CodeType or isinstance(value.__self__, types.ModuleType)
        if isinstance(value, type):
            return self._class(value)
        if kind is functools.partial:
            found.append(kind)
            return all(map(self.value, (value.func, value.args, value.keywords)))
        if f"{kind.__module__}.{kind.__qualname__}" in _CONSTANTS:
            found.append(value)
            return True
        if is_installed(getattr(value, "__module__", None)) and is_importable(value):
            found.append(value)
            return True
        return False

    def _class(self, cls: type) -> bool:
        found = self.found
        found.append(weakref.ref(cls))
        if is_installed(cls.__module__) and is_importable(cls):
            return True
        if id(cls) in self._inside:
            return True
        if type(cls) not in _METACLASSES:
            return False  # enumerations and the like keep registers of their own
        self._inside.add(id(cls))
        if not all(map(self._class, cls.__bases__)):
            return False
        for name, member in vars(cls).items():
            found.append(name)
            kind = type(member)
            if kind in (staticmethod, classmethod):
                member = member.__func__
            if kind is property:
                found.append(member)
                parts = (member.fget, member.fset, member.fdel)
                if not all(part is None or self.value(part) for part in parts):
                    return False
            elif kind in _DESCRIPTORS or name == "_abc_impl" or name == "__dataclass_params__":
                found.append(member)
            elif name == "__dataclass_fields__":
                found.extend(member.values())
            elif not self.value(member):
                return False
        found.append(_END)
        return True

    def _container(self, kind: type, value: Any) -> bool:
        if kind not in _IMMUTABLE:
            if id(value) in self._inside:
                return False  # contains itself, or stands in two places
            self._inside.add(id(value))
        self.found.append(kind)
        items = value if kind is not dict else [part for item in value.items() for part in item]
        if len(items) > _MOST_LEAVES or not all(map(self.value, items)):
            return False
        self.found.append(_END)
        return True


def _is_reference(func: types.FunctionType) -> bool:
    return is_installed(func.__module__) and is_importable(func)


class _Names:
    """Names in code and in the code inside it: those ``read`` as globals, and all of them."""

    __slots__ = ("all", "read")

    def __init__(self, code: types.CodeType):
        read: dict[str, None] = {}
        names: dict[str, None] = {}
        stack = [code]
        while stack:
            current = stack.pop()
            names.update(dict.fromkeys(current.co_names))
            for step in dis.get_instructions(current):
                if step.opname in _GLOBAL_OPCODES:
                    read[str(step.argval)] = None
            stack.extend(c for c in current.co_consts if isinstance(c, types.CodeType))
        self.read = tuple(read)
        self.all = tuple(names)


# By id, with the code itself so that the id stays its own: hashing code takes a microsecond.
_names: dict[int, tuple[types.CodeType, _Names]] = {}


def _names_in(code: types.CodeType) -> _Names:
    known = _names.get(id(code))
    if known is not None:
        return known[1]
    names = _Names(code)
    if len(_names) >= 4 * _REMEMBERED:
        _names.pop(next(iter(_names)), None)
    _names[id(code)] = code, names
    return names

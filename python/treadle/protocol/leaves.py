"""What functions and classes are made of, collected so that two collections can be compared.

>>> n = 1
>>> def work(): return n
>>> one, two = Leaves(), Leaves()
>>> one.value(work), two.value(work), same(one, two)
(True, True, True)
>>> n = 2
>>> three = Leaves()
>>> three.value(work), same(one, three)
(True, False)
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
from typing import Any

from treadle.protocol.installed import home_of_method, is_importable, is_installed

_MOST_LEAVES = 4000
_MOST_CODES = 4096  # whose names are remembered
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
    "_collections._tuplegetter",
    "datetime.date", "datetime.datetime", "datetime.time", "datetime.timedelta",
    "datetime.timezone", "decimal.Decimal", "fractions.Fraction", "logging.Logger",
    "numpy.ufunc", "numpy.float64", "numpy.float32", "numpy.int64", "numpy.int32", "numpy.bool",
    "pathlib.PosixPath", "pathlib.PurePosixPath", "pathlib.WindowsPath", "re.Pattern",
    "uuid.UUID", "zoneinfo.ZoneInfo",
))  # fmt: skip
_END = object()  # closes a container among the leaves
_MISSING = object()


class Leaves:
    """Collects, in a fixed order, the objects that a function or a class is made of.

    Two collections that agree object by object were made of the same thing, provided that nothing
    in them can change in place: everything is either immutable, or opened and its contents
    collected in turn.  Each method returns False when it met something it can't vouch for.
    Functions and classes are held weakly: nothing is kept alive for the sake of a comparison.
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
            elif not self.value(value):
                return False
            elif type(value) is types.ModuleType and hasattr(value, "__path__"):
                self._submodules(value.__name__, names.all)
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
            if kind is types.CodeType or isinstance(value.__self__, types.ModuleType | type):
                return True
            return home_of_method(value) is not None
        if kind is types.MethodType and home_of_method(value) is not None:
            found.append(value)
            return True
        if isinstance(value, type):
            return self.klass(value)
        if kind is types.ModuleType:
            found.append(value)
            return value.__name__ in sys.modules  # others travel with all they hold
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

    def klass(self, cls: type) -> bool:
        found = self.found
        found.append(weakref.ref(cls))
        if is_installed(cls.__module__) and is_importable(cls):
            return True
        if id(cls) in self._inside:
            return True
        if type(cls) not in _METACLASSES:
            return False  # enumerations and the like keep registers of their own
        self._inside.add(id(cls))
        if not all(map(self.klass, cls.__bases__)):
            return False
        for name, member in vars(cls).items():
            found.append(name)
            kind = type(member)
            if kind in (staticmethod, classmethod):
                found.append(kind)
                member = member.__func__
            if kind is property:
                found += (kind, member.__doc__)
                parts = (member.fget, member.fset, member.fdel)
                if not all(part is None or self.value(part) for part in parts):
                    return False
            elif kind in _DESCRIPTORS or name == "_abc_impl" or name == "__dataclass_params__":
                found.append(kind)  # not itself: it knows its class, and would keep it alive
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
    make_room(_names, _MOST_CODES)
    _names[id(code)] = code, names
    return names


def make_room(table: dict[Any, Any], most: int) -> None:
    """Forget the oldest entries of a table that is full; other threads may do the same."""
    while len(table) >= most:
        try:
            table.pop(next(iter(table)), None)
        except (RuntimeError, StopIteration):  # another thread was quicker
            continue


def same(one: Leaves, two: Leaves) -> bool:
    """Tell whether two collections are of the very same objects."""
    return len(one.found) == len(two.found) and all(map(operator.is_, one.found, two.found))

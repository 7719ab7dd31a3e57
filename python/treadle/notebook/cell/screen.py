"""The screen: may calls of this function run beside others, and later than they stand?

They may if all that a call does is to return a value made from its arguments and from what its
names are bound to: no effect, nothing changed that it did not make itself.  `body.py` reads one
function's syntax tree; this file looks up what its names mean, goes into callees, and remembers.

>>> def area(width, height): return width * height
>>> Screen().function(area).is_pure
True
>>> def note(log, text): log.append(text)
>>> str(Screen().function(note).reason)
'PAR101 changes an object it did not make: log.append'
"""

from __future__ import annotations

import builtins
import dataclasses
import enum
import inspect
import types
from typing import Any

from treadle.notebook.cell.body import BodyReader, Refused
from treadle.notebook.cell.kinds import kind_of
from treadle.notebook.cell.knowledge import judge_known
from treadle.notebook.cell.reasons import Reason
from treadle.notebook.cell.source import node_of
from treadle.notebook.cell.verdicts import ABSENT, Freshness, Verdict

#: Special methods that only run when an object is made or stored into, which is judged elsewhere.
_NOT_OPERATORS = frozenset(
    """__init__ __new__ __post_init__ __init_subclass__ __class_getitem__ __set_name__ __setattr__
    __setitem__ __delattr__ __delitem__ __enter__ __exit__ __repr_html__ __annotate__""".split()
)

_Key = tuple[Any, ...]


class Screen:
    """Judges callables and classes, and remembers what it found."""

    def __init__(self) -> None:
        self._verdicts: dict[_Key, tuple[types.CodeType, Verdict]] = {}
        self._open: set[_Key] = set()
        self._classes: dict[tuple[int, bool], tuple[type, Verdict]] = {}

    def callable(self, value: Any, name: str) -> Verdict:
        """Judge anything that can be called."""
        kind = kind_of(value)
        if kind == "function":
            known = judge_known(value, name)
            if known is not None:
                return Verdict(reason=None if known is True else known)
            return self.function(value)
        if kind == "partial":
            verdict = self.callable(value.func, name)
            return dataclasses.replace(verdict, returns=Freshness.SHARED)
        known = judge_known(value, name)
        if known is None and kind == "class":
            return self.constructor(value)
        if known is True:
            return Verdict(returns=Freshness.SHARED)
        return Verdict(reason=known or Reason("PAR108", name))

    def function(self, function: types.FunctionType, *, makes_self: bool = False) -> Verdict:
        """Judge a Python function; with ``makes_self``, its first argument is a new object."""
        code = function.__code__
        key = (id(code), id(function.__globals__), makes_self, *_meaning_of_cells(function))
        found = self._verdicts.get(key)
        if found is not None and found[1].still_holds():
            return found[1]
        if key in self._open:  # it calls itself: the outer look decides
            return Verdict(returns=Freshness.SHARED)
        self._open.add(key)
        try:
            verdict = self._read(function, makes_self)
        finally:
            self._open.discard(key)
        if not self._open:  # what was judged on the way may rest on the guess above
            if len(self._verdicts) > 5000:
                self._verdicts.clear()
            self._verdicts[key] = code, verdict
        return verdict

    def _read(self, function: types.FunctionType, makes_self: bool) -> Verdict:
        code = function.__code__
        if code.co_flags & 0x20:
            return Verdict(reason=Reason("PAR111", f"{function.__name__} is a generator"))
        if code.co_flags & 0x280:
            return Verdict(reason=Reason("PAR115", f"{function.__name__} is a coroutine"))
        node = node_of(code)
        if node is None:
            return Verdict(reason=Reason("PAR109", function.__qualname__))
        if len(self._open) > 40:
            return Verdict(reason=Reason("PAR108", "calls too deep to follow"))
        reader = BodyReader(self, function, makes_self)
        try:
            reader.read(node)
        except Refused as refusal:
            reader.verdict.reason = refusal.reason
        except RecursionError:
            reader.verdict.reason = Reason("PAR108", "too deep to follow")
        reader.verdict.functions.append(function)
        return reader.verdict

    def constructor(self, cls: type) -> Verdict:
        """Judge the making of an instance of a class written in Python."""
        operators = self.operators(cls)
        if not operators.is_pure:
            return operators
        return self._class(cls, construct=True)

    def operators(self, cls: type) -> Verdict:
        """Judge what runs when instances are read, compared, added, called ...: no effect?"""
        return self._class(cls, construct=False)

    def _class(self, cls: type, *, construct: bool) -> Verdict:
        key = (id(cls), construct)
        found = self._classes.get(key)
        if found is not None and found[0] is cls and found[1].still_holds():
            return found[1]
        verdict = Verdict(returns=Freshness.TOP)
        self._classes[key] = cls, verdict  # a class may mention itself
        for base in cls.__mro__:
            if base.__module__ == "builtins" or verdict.reason is not None:
                continue
            known = judge_known(base, base.__name__)
            if known is True:
                continue
            if base.__module__ in ("abc", "typing", "enum", "collections.abc"):
                continue
            for name, value in list(vars(base).items()):
                inner = self._member(base, name, value, construct)
                if inner is None:
                    continue
                if not inner.is_pure:
                    verdict.reason = Reason("PAR110", f"{cls.__name__}.{name}: {inner.reason}")
                    break
                differs = verdict.differs
                verdict.include(inner)
                if name == "__hash__":
                    verdict.differs = differs  # only sets and dicts call it
        if not isinstance(cls, type) or type(cls).__module__ not in ("builtins", "abc", "enum"):
            verdict.reason = Reason("PAR110", f"{cls.__name__} has its own metaclass")
        return verdict

    def _member(self, base: type, name: str, value: Any, construct: bool) -> Verdict | None:
        is_special = name.startswith("__") and name.endswith("__")
        if isinstance(base, enum.EnumMeta):
            inner = getattr(value, "__func__", value)
            if getattr(inner, "__module__", "") == "enum":
                return None  # what every enum gets
            if name == "_missing_" and isinstance(inner, types.FunctionType):
                return self.function(inner)  # runs when a member is looked up
        if isinstance(value, property):
            return None if construct else self._property(value)
        if not isinstance(value, types.FunctionType):
            if hasattr(type(value), "__get__") and not isinstance(
                value, staticmethod | classmethod
            ):
                if kind_of(value) in ("builtin",) or type(value).__module__ == "builtins":
                    return None
                return Verdict(reason=Reason("PAR110", f"{name} is a descriptor"))
            return None
        made = inspect.unwrap(value)
        if dataclasses.is_dataclass(base) and made.__code__.co_filename == "<string>":
            return None  # written by the dataclass decorator: stores into self, compares fields
        if construct:
            if name in ("__init__", "__post_init__"):
                return self.function(value, makes_self=True)
            if name in ("__new__", "__setattr__"):
                return Verdict(reason=Reason("PAR108", f"{base.__name__}.{name}"))
            return None
        if is_special and name not in _NOT_OPERATORS:
            return self.function(value)
        return None

    def _property(self, value: property) -> Verdict | None:
        if not isinstance(value.fget, types.FunctionType):
            return None
        return self.function(value.fget)


def look_up(function: types.FunctionType, name: str) -> tuple[Any, bool]:
    """Return what a global name means in ``function``, and whether its globals define it."""
    value = function.__globals__.get(name, ABSENT)
    if value is not ABSENT:
        return value, True
    return getattr(builtins, name, ABSENT), False


def _meaning_of_cells(function: types.FunctionType) -> list[int]:
    """Identities of functions, classes and modules in the closure: they decide the verdict."""
    meaning = []
    for cell in function.__closure__ or ():
        try:
            value = cell.cell_contents
        except ValueError:
            continue
        if kind_of(value) in ("function", "builtin", "class", "module", "method", "partial"):
            meaning.append(id(value))
        else:
            meaning.append(0)
    return meaning

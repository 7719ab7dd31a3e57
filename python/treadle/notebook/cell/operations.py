"""Hooks for operators, attributes, items, conditions and text."""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any

from treadle.notebook.cell.kinds import kind_of
from treadle.notebook.cell.lazies import Lazy, LazyMethod
from treadle.notebook.cell.names import Names, makes_missing
from treadle.notebook.cell.operators import (
    BINARY,
    INPLACE,
    UNARY,
    Inplace,
    bound_method,
    formatted,
    inplace,
    joined,
    read_item,
)
from treadle.notebook.cell.reasons import Reason

if TYPE_CHECKING:
    pass

_ARITHMETIC = frozenset(id(function) for function in BINARY.values())


class Operations(Names):
    """Operators on values that may not be there yet."""

    # -- operators -----------------------------------------------------------------------------

    left: Any = None
    right: Any = None
    value: Any = None

    def operates_here(self, number: int, name: str, left: Any, right: Any) -> bool:
        """Tell the cell to combine `left` and `right` itself; else the result is `value`."""
        if type(left) is not Lazy and type(right) is not Lazy and not self.operations:
            self.hooks += 1
            self.left, self.right = left, right
            return True
        self.value = self.binary(number, name, left, right)
        return False

    def binary(self, number: int, name: str, left: Any, right: Any) -> Any:
        """``left + right`` and its like, comparisons too."""
        self.hooks += 1
        left, right = self.resolve(left), self.resolve(right)
        if type(left) is not Lazy and type(right) is not Lazy:
            if self.operations:
                return self._binary_there(number, name, left, right)
            return BINARY[name](left, right)
        return self._operate(number, name, BINARY[name], left, right)

    def _binary_there(self, number: int, name: str, left: Any, right: Any) -> Any:
        site = self.sites[number]
        kinds = {kind_of(left), kind_of(right)}
        if kinds == {"atomic"}:
            return BINARY[name](left, right)
        if name in ("Add", "Mult") and kinds <= {"list", "atomic"}:
            return self.display(BINARY[name](left, right))
        if not kinds <= {"atomic", "leaf"}:
            self.settle(site, Reason("PAR127"))
        return BINARY[name](left, right)

    def _operate(self, number: int, label: str, function: Any, *values: Any) -> Any:
        site = self.sites[number]
        walk = self.walk(*values)
        if walk.problem is not None:
            there = [self.force(site, value, walk.problem) for value in values]
            self.settle(site, walk.problem)
            return getattr(function, "in_order", function)(*there)
        return self.record(site, label.lower(), function, values, walk=walk)

    def unary(self, number: int, name: str, value: Any) -> Any:
        """``-value`` and its like."""
        self.hooks += 1
        value = self.resolve(value)
        if type(value) is Lazy:
            return self._operate(number, name, UNARY[name], value)
        if self.operations and not self.is_plain(value):
            self.settle(self.sites[number], Reason("PAR127"))
        return UNARY[name](value)

    def inplace(self, number: int, name: str, left: Any, right: Any) -> Any:
        """``left += right`` and its like."""
        self.hooks += 1
        left, right = self.resolve(left), self.resolve(right)
        site = self.sites[number]
        if type(left) is Lazy:
            made = left.operation.function
            alone = left.uses <= 1 and (type(made) is Inplace or id(made) in _ARITHMETIC)
            return self._operate(number, name, inplace(name, alone), left, right)
        kind = kind_of(left)
        if kind == "atomic":
            if type(right) is Lazy:
                return self._operate(number, name, inplace(name, False), left, right)
            if self.operations and kind_of(right) != "atomic":
                self.settle(site, Reason("PAR127"))
            return INPLACE[name](left, right)
        if kind == "list" and name == "Add" and type(right) in (list, tuple):
            self.extend(site, left, right)
            return left
        right = self.force(site, right, Reason("PAR123"))
        self.settle(site, Reason("PAR123", f"{type(left).__name__} changes in place"))
        return INPLACE[name](left, right)

    # -- attributes and items ------------------------------------------------------------------

    def attribute(self, number: int, value: Any, name: str) -> Any:
        """``value.name``"""
        self.hooks += 1
        value = self.resolve(value)
        if type(value) is Lazy:
            return self._operate(number, f".{name}", _Getter(name), value)
        if self.operations and not self._reads_quietly(value, name):
            self.settle(self.sites[number], Reason("PAR127"))
        return getattr(value, name)

    def method(self, number: int, value: Any, name: str) -> Any:
        """``value.name``, about to be called."""
        self.hooks += 1
        value = self.resolve(value)
        if type(value) is Lazy:
            site = self.sites[number]
            lazy = self.record(site, name, bound_method, (value, name), hidden=True)
            return LazyMethod(lazy, name)
        if self.operations and not self._reads_quietly(value, name):
            self.settle(self.sites[number], Reason("PAR127"))
        return getattr(value, name)

    def _reads_quietly(self, value: Any, name: str) -> bool:
        """Tell whether reading an attribute runs no code that has an effect."""
        kind = kind_of(value)
        if kind == "user":
            cls = type(value)
            if _looks_up_itself(cls):
                return False
            for base in cls.__mro__:
                member = vars(base).get(name)
                if member is not None:
                    return isinstance(member, types.FunctionType)
            return True
        return kind not in ("unknown", "iterator", "class") or (
            kind == "class" and type(value) is type
        )

    def subscript(self, number: int, container: Any, key: Any) -> Any:
        """``container[key]``"""
        self.hooks += 1
        container, key = self.resolve(container), self.resolve(key)
        site = self.sites[number]
        if type(container) is Lazy:
            parts = container.parts
            if parts is not None and type(key) is int and -len(parts) <= key < len(parts):
                return self.resolve(parts[key])
            return self._operate(number, "item", read_item, container, self._whole(key))
        if type(key) is Lazy and type(container) in (list, tuple, dict, str):
            key = self.force(site, key, Reason("PAR126"))
        elif type(key) is Lazy:
            if kind_of(container) == "leaf":
                return self._operate(number, "item", read_item, container, key)
            key = self.force(site, key, Reason("PAR127"))
        if not self.operations:
            return container[key]
        if type(container) is list and type(key) in (int, slice):
            found = container[key]
            return self.display(found) if type(key) is slice else self.item(found)
        if type(container) is dict:
            return self.item(container[self.key(number, key)])
        if makes_missing(container):
            key = self.key(number, key)
            if key not in container and self.operations:
                self.before_change(site, container)
            if key not in container and self.operations:
                self.journal.item(len(self.operations), container, key)
            return self.item(container[key])
        quiet = kind_of(container) in ("atomic", "tuple", "leaf", "class")
        if not quiet or not self.is_plain(key):
            self.settle(site, Reason("PAR127"))
        return container[key]

    def _whole(self, key: Any) -> Any:
        return key

    def load_for_update(self, number: int, container: Any, key: Any) -> tuple[Any, Any, Any]:
        """The first half of ``container[key] += ...``"""
        site = self.sites[number]
        container = self.force(site, self.resolve(container), Reason("PAR123"))
        key = self.key(number, key)
        return container, key, self.subscript(number, container, key)

    def store_updated(
        self, number: int, name: str, loaded: tuple[Any, Any, Any], right: Any
    ) -> None:
        """The second half of ``container[key] += right``"""
        container, key, left = loaded
        self.setitem(number, self.inplace(number, name, self.resolve(left), right), container, key)

    # -- values that are needed ------------------------------------------------------------------

    def truth(self, number: int, value: Any) -> Any:
        """A value whose truth is asked for next."""
        self.hooks += 1
        if type(value) is Lazy:
            value = self.force(self.sites[number], value, Reason("PAR120"))
        if self.operations and kind_of(value) not in (
            "atomic", "list", "dict", "tuple", "set", "leaf", "view",
        ):  # fmt: skip
            self.settle(self.sites[number], Reason("PAR120"))
        return value

    def there(self, number: int, value: Any, code: str) -> Any:
        """A value that something asks for that can't wait."""
        self.hooks += 1
        if type(value) is Lazy:
            value = self.force(self.sites[number], value, Reason(code))
        if self.operations and kind_of(value) not in ("atomic", "module", "class", "function"):
            self.settle(self.sites[number], Reason(code))
        return value

    def same(self, number: int, value: Any) -> Any:
        """An operand of ``is``."""
        return self.force(self.sites[number], value, Reason("PAR121"))

    def needed(self, number: int, value: Any) -> Any:
        """A value that is needed here, but not looked into."""
        self.hooks += 1
        return self.force(self.sites[number], value, Reason("PAR127"))

    # -- text ------------------------------------------------------------------------------------

    def formatted(self, number: int, value: Any, conversion: int, spec: Any) -> Any:
        """One field of an f-string."""
        self.hooks += 1
        site = self.sites[number]
        value = self.resolve(value)
        spec = self.force(site, self.resolve(spec), Reason("PAR127"))
        if type(value) is Lazy:
            return self.record(site, "format", formatted, (value, conversion, spec), hidden=True)
        if self.operations and not self.is_plain(value):
            walk = self.walk(value)
            if walk.slots and walk.problem is None:
                return self.record(
                    site, "format", formatted, (value, conversion, spec), walk=walk, hidden=True
                )
            if walk.problem is not None:
                self.settle(site, walk.problem)
        return formatted(value, conversion, spec)

    def joined(self, number: int, *parts: Any) -> Any:
        """An f-string."""
        self.hooks += 1
        parts = tuple([self.resolve(part) for part in parts])
        if any(type(part) is Lazy for part in parts):
            return self.record(self.sites[number], "format", joined, parts, hidden=True)
        return "".join(parts)


def _looks_up_itself(cls: type) -> bool:
    """Tell whether a class has its own way of finding attributes."""
    own: Any = cls.__getattribute__
    return own is not object.__getattribute__ or hasattr(cls, "__getattr__")


class _Getter:
    """Reads one attribute."""

    def __init__(self, name: str):
        self.name = name

    def __call__(self, value: Any) -> Any:
        return getattr(value, self.name)

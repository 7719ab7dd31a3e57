"""Hooks for names, displays and items: the structure of the cell, which needs no waiting.

A list or dict may hold lazies until the next barrier.  A tuple can't be filled in later, so a
tuple with a lazy in it is itself a lazy, whose parts are known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from treadle.notebook.cell.core import Core
from treadle.notebook.cell.kinds import kind_of
from treadle.notebook.cell.lazies import Lazy
from treadle.notebook.cell.operators import read_item, unpacker
from treadle.notebook.cell.reasons import Reason

if TYPE_CHECKING:
    from treadle.notebook.cell.sites import Site

#: What targets look like: None for a name, "*" for a starred one, a tuple for a nested one.
Shape = tuple[Any, ...]


def make_tuple(*parts: Any) -> tuple[Any, ...]:
    """The function of tuples with lazies in them."""
    return parts


class Names(Core):
    """Binding, unpacking, displays, storing into containers."""

    # -- names ---------------------------------------------------------------------------------

    def bind(self, number: int, names: tuple[str, ...], value: Any) -> Any:
        """Give back what names are about to be bound to."""
        self.hooks += 1
        value = self.resolve(value)
        for name in names:
            self.bind_one(number, name, value)
        return self.resolve(value)

    def bind_one(self, number: int, name: str, value: Any) -> None:
        """Note that a name is about to be bound."""
        self.before_binding(self.sites[number], name)
        if type(value) is Lazy and not value.done:
            value.uses += 1
            self.lazy_names.add(name)
            old = self.namespace.get(name)
            if type(old) is Lazy:
                old.uses -= 1

    def unbind(self, number: int, name: str) -> None:
        """A name is about to be deleted."""
        self.before_binding(self.sites[number], name)

    def unpack(self, number: int, value: Any, shape: Shape, names: tuple[str, ...]) -> Any:
        """Give back something that unpacks into the targets natively."""
        self.hooks += 1
        parts = self.parts(self.sites[number], value, shape)
        for name in names:
            self.bind_one(number, name, None)
        if self.operations:
            self.lazy_names.update(names)
        return self.concrete(parts)  # binding may have been a barrier

    def parts(self, site: Site, value: Any, shape: Shape) -> Any:
        """Take a value apart as ``shape`` says, without waiting where that can be."""
        value = self.resolve(value)
        starred = shape.index("*") if "*" in shape else None
        nested = any(type(each) is tuple for each in shape)
        if type(value) is Lazy:
            if value.parts is not None:
                value = tuple([self.resolve(part) for part in value.parts])
            elif starred is None and not nested:
                return self._lazy_parts(site, value, len(shape))
            else:
                value = self.force(site, value, Reason("PAR122"))
        if type(value) in (list, tuple):
            if nested:
                found = self._nested_parts(site, value, shape)
                if found is not None:
                    return found
                self.settle(site, Reason("PAR122"))
                return self.concrete(value)
        elif kind_of(value) not in ("atomic", "dict", "set", "view", "leaf"):
            self.settle(site, Reason("PAR122", type(value).__name__))
        if nested:
            return value
        parts = list(unpacker(len(shape), starred)(value))
        if starred is not None:
            parts[starred] = self.display(parts[starred])
        return tuple([self.item(part) for part in parts])

    def _lazy_parts(self, site: Site, value: Lazy, count: int) -> tuple[Any, ...]:
        whole = self.record(site, "unpack", unpacker(count, None), (value,), hidden=True)
        return tuple(
            [
                self.record(site, "item", read_item, (whole, index), hidden=True)
                for index in range(count)
            ]
        )

    def _nested_parts(self, site: Site, value: Any, shape: Shape) -> Any:
        """Take nested tuples apart; None if they don't have that shape."""
        value = self.resolve(value)
        if type(value) is Lazy:
            value = (
                value.parts
                if value.parts is not None
                else self.force(site, value, Reason("PAR122"))
            )
        if type(value) not in (list, tuple) or len(value) != len(shape):
            return None
        found = []
        for part, inner in zip(value, shape, strict=True):
            taken = self.item(part) if inner is None else self._nested_parts(site, part, inner)
            if taken is None and inner is not None:
                return None
            found.append(taken)
        return tuple(found)

    def concrete(self, value: Any) -> Any:
        """Return a value from before a barrier as it is after it."""
        if type(value) is tuple:
            return tuple([self.concrete(part) for part in value])
        return self.resolve(value)

    # -- displays ------------------------------------------------------------------------------

    def item(self, value: Any) -> Any:
        """Return what may be put into a container: no tuple with lazies in it."""
        if type(value) is Lazy:
            return value.value if value.done else value
        if type(value) is tuple and any(type(v) in (Lazy, tuple) for v in value):
            return self.tupled(value)
        return value

    def display(self, value: Any) -> Any:
        """Look after the items of a list or dict that was just made."""
        self.hooks += 1
        if type(value) is list:
            for index, each in enumerate(value):
                if type(each) in (Lazy, tuple):
                    each = value[index] = self.item(each)
                    if type(each) is Lazy:
                        each.uses += 1
                        self.holders[id(value)] = value
        else:
            for key, each in value.items():
                if type(each) in (Lazy, tuple):
                    each = value[key] = self.item(each)
                    if type(each) is Lazy:
                        each.uses += 1
                        self.holders[id(value)] = value
        return value

    def tupled(self, value: tuple[Any, ...]) -> Any:
        """Return a tuple, or the lazy that stands for it."""
        self.hooks += 1
        parts = tuple([self.item(part) for part in value])
        if not any(type(part) is Lazy for part in parts):
            return value if parts == () or all(map(_same, parts, value)) else parts
        site = self.sites[0]
        lazy = self.record(site, "tuple", make_tuple, parts, hidden=True)
        lazy.parts = parts
        return lazy

    def spread(self, number: int, value: Any) -> Any:
        """Return what a star in a call or display stands for."""
        value = self.resolve(value)
        if type(value) is Lazy and value.parts is not None:
            return value.parts
        value = self.force(self.sites[number], value, Reason("PAR122"))
        if kind_of(value) not in ("list", "tuple", "atomic", "dict", "set", "view"):
            self.settle(self.sites[number], Reason("PAR122"))
        return value

    def key(self, number: int, value: Any) -> Any:
        """Return what is about to be hashed."""
        self.hooks += 1
        site = self.sites[number]
        value = self.force(site, self.resolve(value), Reason("PAR126"))
        if self.operations and not self.is_plain(value):
            self.settle(site, Reason("PAR126"))
        return value

    # -- storing -------------------------------------------------------------------------------

    def setitem(self, number: int, value: Any, container: Any, key: Any) -> None:
        """``container[key] = value``"""
        self.hooks += 1
        site = self.sites[number]
        container = self.force(site, self.resolve(container), Reason("PAR123"))
        value = self.item(value)
        key = self.key(number, key)
        is_simple = type(container) in (list, dict) or makes_missing(container)
        if is_simple and type(key) is not slice:
            self.before_change(site, container)
            value = self.resolve(value)
            if self.operations:
                position = len(self.operations)
                if type(container) is not list:
                    self.journal.item(position, container, key)
                elif type(key) is int and -len(container) <= key < len(container):
                    self.journal.element(position, container, key)
            container[key] = value
            if type(value) is Lazy:
                value.uses += 1
                self.hold(container)
            return
        value = self.force(site, value, Reason("PAR123"))
        self.settle(site, Reason("PAR123", type(container).__name__))
        container[key] = value

    def append(self, site: Site, container: list[Any], value: Any) -> None:
        """``container.append(value)``"""
        self.before_change(site, container)
        value = self.item(value)
        if self.operations:
            self.journal.length(len(self.operations), container)
        container.append(value)
        if type(value) is Lazy:
            value.uses += 1
            self.hold(container)

    def extend(self, site: Site, container: list[Any], values: Any) -> None:
        """``container.extend(values)``, for a list or tuple of values."""
        self.before_change(site, container)
        if self.operations:
            self.journal.length(len(self.operations), container)
        for value in list(values):
            value = self.item(value)
            container.append(value)
            if type(value) is Lazy:
                value.uses += 1
                self.hold(container)


#: Factories of a defaultdict whose calls only make an empty value.
_FACTORIES = (list, dict, set, int, float, str, tuple)


def makes_missing(container: Any) -> bool:
    """Tell whether a value is a defaultdict that makes plain values."""
    cls = type(container)
    return (
        cls.__name__ == "defaultdict"
        and cls.__module__ == "collections"
        and (container.default_factory is None or container.default_factory in _FACTORIES)
    )


def _same(left: Any, right: Any) -> bool:
    return left is right

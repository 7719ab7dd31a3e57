"""What operators, formatting and unpacking of lazies do when their turn comes."""

from __future__ import annotations

import copy
import operator
import sys
from collections.abc import Callable
from functools import cache
from typing import Any

from treadle.notebook.cell.kinds import is_atomic_type
from treadle.notebook.cell.lazies import NeedsOrder

BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "Add": operator.add, "Sub": operator.sub, "Mult": operator.mul, "Div": operator.truediv,
    "FloorDiv": operator.floordiv, "Mod": operator.mod, "Pow": operator.pow,
    "MatMult": operator.matmul, "LShift": operator.lshift, "RShift": operator.rshift,
    "BitAnd": operator.and_, "BitOr": operator.or_, "BitXor": operator.xor,
    "Eq": operator.eq, "NotEq": operator.ne, "Lt": operator.lt, "LtE": operator.le,
    "Gt": operator.gt, "GtE": operator.ge,
}  # fmt: skip

INPLACE: dict[str, Callable[[Any, Any], Any]] = {
    "Add": operator.iadd, "Sub": operator.isub, "Mult": operator.imul, "Div": operator.itruediv,
    "FloorDiv": operator.ifloordiv, "Mod": operator.imod, "Pow": operator.ipow,
    "MatMult": operator.imatmul, "LShift": operator.ilshift, "RShift": operator.irshift,
    "BitAnd": operator.iand, "BitOr": operator.ior, "BitXor": operator.ixor,
}  # fmt: skip

UNARY: dict[str, Callable[[Any], Any]] = {
    "USub": operator.neg, "UAdd": operator.pos, "Invert": operator.invert,
}  # fmt: skip


def _is_constant(value: Any) -> bool:
    return is_atomic_type(type(value)) or type(value) in (tuple, frozenset)


class Inplace:
    """``left += right`` of a lazy: beside others only if that makes a new object.

    A number or text on the left is never changed.  An array or frame that a waiting operator made,
    and that nobody but the name holds, is copied first: the copy can't be told from the original.
    """

    def __init__(self, name: str, *, alone: bool):
        self.in_order = INPLACE[name]
        self._alone = alone  # nobody but the name holds the left operand

    def __call__(self, left: Any, right: Any) -> Any:
        if _is_constant(left):
            return self.in_order(left, right)
        if self._alone and _is_copyable(left):
            return self.in_order(copy.copy(left), right)
        raise NeedsOrder


@cache
def inplace(name: str, alone: bool) -> Inplace:
    """Return the in-place operator of this name."""
    return Inplace(name, alone=alone)


def _is_copyable(value: Any) -> bool:
    if type(value) in (list, set, dict):
        return True
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    if numpy is not None and type(value) is numpy.ndarray:
        return value.base is None
    return pandas is not None and type(value) in (pandas.DataFrame, pandas.Series)


def read_item(container: Any, key: Any) -> Any:
    """``container[key]``; some types change when they are read."""
    if type(container).__name__ == "defaultdict":
        raise NeedsOrder
    return container[key]


read_item.in_order = operator.getitem  # type: ignore[attr-defined]


class Unpacker:
    """Unpacks into targets, with Python's own errors."""

    def __init__(self, count: int, starred: int | None):
        self._shape = count, starred
        names = "".join(f"x{index}, " for index in range(count))
        targets = names if starred is None else names.replace(f"x{starred},", f"*x{starred},")
        code = f"def unpack(value):\n    ({targets}) = value\n    return ({names})\n"
        if not count:
            code = "def unpack(value):\n    [] = value\n    return ()\n"
        scope: dict[str, Any] = {}
        exec(compile(code, __file__, "exec"), scope)
        self._unpack: Callable[[Any], tuple[Any, ...]] = scope["unpack"]

    def __call__(self, value: Any) -> tuple[Any, ...]:
        return self._unpack(value)

    def __reduce__(self) -> tuple[Any, ...]:
        return unpacker, self._shape


@cache
def unpacker(count: int, starred: int | None) -> Unpacker:
    """Return a function that unpacks into ``count`` targets."""
    return Unpacker(count, starred)


def bound_method(value: Any, name: str) -> Any:
    """Return a method, before its arguments are there."""
    return getattr(value, name)


def call_bound(method: Any, /, *args: Any, **kwargs: Any) -> Any:
    """Call a method that `bound_method` returned."""
    return method(*args, **kwargs)


_CONVERSIONS: dict[int, Callable[[Any], Any]] = {115: str, 114: repr, 97: ascii}


def formatted(value: Any, conversion: int, spec: str) -> str:
    """One field of an f-string."""
    convert = _CONVERSIONS.get(conversion)
    return format(value if convert is None else convert(value), spec)


def joined(*parts: str) -> str:
    """An f-string, from its formatted parts."""
    return "".join(parts)

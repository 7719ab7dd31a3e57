"""Operators between arrays: each is the universal function of that name."""

from __future__ import annotations

from typing import Any

import treadle.array as da


class Operators:
    """What Python's operators mean for an array."""

    __slots__ = ()

    # fmt: off
    def __add__(self, other: Any) -> Any: return _binary(da.add, self, other)
    def __radd__(self, other: Any) -> Any: return _binary(da.add, other, self)
    def __sub__(self, other: Any) -> Any: return _binary(da.subtract, self, other)
    def __rsub__(self, other: Any) -> Any: return _binary(da.subtract, other, self)
    def __mul__(self, other: Any) -> Any: return _binary(da.multiply, self, other)
    def __rmul__(self, other: Any) -> Any: return _binary(da.multiply, other, self)
    def __truediv__(self, other: Any) -> Any: return _binary(da.true_divide, self, other)
    def __rtruediv__(self, other: Any) -> Any: return _binary(da.true_divide, other, self)
    def __floordiv__(self, other: Any) -> Any: return _binary(da.floor_divide, self, other)
    def __rfloordiv__(self, other: Any) -> Any: return _binary(da.floor_divide, other, self)
    def __mod__(self, other: Any) -> Any: return _binary(da.remainder, self, other)
    def __rmod__(self, other: Any) -> Any: return _binary(da.remainder, other, self)
    def __divmod__(self, other: Any) -> Any: return _binary(da.divmod, self, other)
    def __rdivmod__(self, other: Any) -> Any: return _binary(da.divmod, other, self)
    def __pow__(self, other: Any) -> Any: return _binary(da.power, self, other)
    def __rpow__(self, other: Any) -> Any: return _binary(da.power, other, self)
    def __matmul__(self, other: Any) -> Any: return _binary(da.matmul, self, other)
    def __rmatmul__(self, other: Any) -> Any: return _binary(da.matmul, other, self)
    def __and__(self, other: Any) -> Any: return _binary(da.bitwise_and, self, other)
    def __rand__(self, other: Any) -> Any: return _binary(da.bitwise_and, other, self)
    def __or__(self, other: Any) -> Any: return _binary(da.bitwise_or, self, other)
    def __ror__(self, other: Any) -> Any: return _binary(da.bitwise_or, other, self)
    def __xor__(self, other: Any) -> Any: return _binary(da.bitwise_xor, self, other)
    def __rxor__(self, other: Any) -> Any: return _binary(da.bitwise_xor, other, self)
    def __lshift__(self, other: Any) -> Any: return _binary(da.left_shift, self, other)
    def __rlshift__(self, other: Any) -> Any: return _binary(da.left_shift, other, self)
    def __rshift__(self, other: Any) -> Any: return _binary(da.right_shift, self, other)
    def __rrshift__(self, other: Any) -> Any: return _binary(da.right_shift, other, self)
    def __lt__(self, other: Any) -> Any: return _binary(da.less, self, other)
    def __le__(self, other: Any) -> Any: return _binary(da.less_equal, self, other)
    def __gt__(self, other: Any) -> Any: return _binary(da.greater, self, other)
    def __ge__(self, other: Any) -> Any: return _binary(da.greater_equal, self, other)
    def __eq__(self, other: Any) -> Any: return _binary(da.equal, self, other)
    def __ne__(self, other: Any) -> Any: return _binary(da.not_equal, self, other)
    def __neg__(self) -> Any: return da.negative(self)
    def __pos__(self) -> Any: return da.positive(self)
    def __abs__(self) -> Any: return da.absolute(self)
    def __invert__(self) -> Any: return da.invert(self)
    # fmt: on


def _binary(func: Any, left: Any, right: Any) -> Any:
    """Call an operator's function, unless the other side is to answer."""
    for other in (left, right):
        if not isinstance(other, Operators) and _answers_itself(other):
            return NotImplemented
    return func(left, right)


def _answers_itself(other: Any) -> bool:
    """Tell whether a value knows better than we what to do with arrays like ours."""
    from treadle.array.numpy_protocols import answers_first

    if getattr(other, "__array_ufunc__", other) is None:
        return True
    return answers_first(type(other))

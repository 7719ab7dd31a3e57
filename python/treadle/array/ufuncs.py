"""NumPy's universal functions on arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from treadle.array.elementwise import elemwise


class ufunc:
    """A universal function of NumPy that is applied to blocks."""

    def __init__(self, function: np.ufunc):
        self._function = function
        self.__name__ = function.__name__
        self.__doc__ = function.__doc__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return elemwise(self._function, *args, **kwargs)

    def __repr__(self) -> str:
        return f"<treadle.array.{self.__name__}>"


add = ufunc(np.add)
subtract = ufunc(np.subtract)
multiply = ufunc(np.multiply)
divide = true_divide = ufunc(np.true_divide)
floor_divide = ufunc(np.floor_divide)
remainder = mod = ufunc(np.remainder)
power = ufunc(np.power)
negative = ufunc(np.negative)
positive = ufunc(np.positive)
absolute = abs = ufunc(np.absolute)
sqrt = ufunc(np.sqrt)
exp = ufunc(np.exp)
log = ufunc(np.log)
sin = ufunc(np.sin)
cos = ufunc(np.cos)
tanh = ufunc(np.tanh)
square = ufunc(np.square)
maximum = ufunc(np.maximum)
minimum = ufunc(np.minimum)
isnan = ufunc(np.isnan)
less = ufunc(np.less)
less_equal = ufunc(np.less_equal)
equal = ufunc(np.equal)
not_equal = ufunc(np.not_equal)
greater = ufunc(np.greater)
greater_equal = ufunc(np.greater_equal)
logical_and = ufunc(np.logical_and)
logical_or = ufunc(np.logical_or)
logical_not = ufunc(np.logical_not)
bitwise_and = ufunc(np.bitwise_and)
bitwise_or = ufunc(np.bitwise_or)
bitwise_xor = ufunc(np.bitwise_xor)
bitwise_not = invert = ufunc(np.invert)
left_shift = ufunc(np.left_shift)
right_shift = ufunc(np.right_shift)
divmod_ = np.divmod

__all__ = [name for name, value in globals().items() if isinstance(value, ufunc)]

"""NumPy's universal functions on arrays in blocks.

Each is an object that knows what NumPy's knows (``nin``, ``nout``, ``types``, ``identity``) and
makes lazy calls of it, one a block:

>>> import treadle.array as da
>>> da.hypot(da.arange(4, chunks=2), 4).compute()
array([4.        , 4.12310563, 4.47213595, 5.        ])
>>> da.multiply.outer(da.arange(3, chunks=2), da.arange(3, chunks=2)).sum().compute()
np.int64(9)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

import treadle.array as da
from treadle.array.core import Array, asanyarray
from treadle.array.elementwise import elemwise, elemwise_several

#: The functions that reduce by a universal function.
REDUCTIONS = {
    "add": "sum",
    "multiply": "prod",
    "minimum": "min",
    "maximum": "max",
    "logical_and": "all",
    "logical_or": "any",
}

#: Others that give the same however their arguments are put in brackets.
ASSOCIATIVE = {
    "bitwise_and", "bitwise_or", "bitwise_xor", "logical_xor", "fmax", "fmin", "gcd", "lcm",
    "hypot", "logaddexp", "logaddexp2",
}  # fmt: skip


class ufunc:  # noqa: N801 - the name that NumPy gives it
    """A universal function that is applied to blocks.

    Parameters
    ----------
    function : numpy.ufunc
        Universal functions that Python functions were made into are wrapped by
        :func:`treadle.array.frompyfunc`, so that they can travel.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> da.ufunc(np.add)(da.ones(2, chunks=1), 1).compute()
    array([2., 2.])
    """

    def __init__(self, function: np.ufunc | PythonUfunc):
        if not isinstance(function, (np.ufunc, PythonUfunc)):
            raise TypeError(f"must be a numpy.ufunc, not {function!r}")
        self._function = function
        self.__name__ = function.__name__
        if isinstance(function, np.ufunc):
            self.__doc__ = _doc(function)

    @property
    def function(self) -> Any:
        """NumPy's function."""
        return self._function

    def __getattr__(self, name: str) -> Any:
        if name in ("nin", "nout", "nargs", "ntypes", "types", "identity", "signature"):
            return getattr(self._function, name)
        raise AttributeError(f"{self!r} has no attribute {name!r}")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if len(args) > self.nin:  # the rest are outputs, as NumPy has it
            args, given = args[: self.nin], args[self.nin :]
            if kwargs.get("out") is not None:
                raise TypeError("cannot specify 'out' as both a positional and keyword argument")
            kwargs["out"] = given
        if len(args) < self.nin:
            raise TypeError(
                f"{self.__name__}() takes from {self.nin} to {self.nargs} positional arguments but "
                f"{len(args)} were given"
            )
        if not any(isinstance(value, Array) for value in _operands(args, kwargs)):
            return self._function(*args, **kwargs)  # so that functions of blocks may call it too
        if self.nout == 1:
            return elemwise(self._function, *args, **kwargs)
        return elemwise_several(self._function, self.nout, *args, **kwargs)

    def reduce(
        self, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: Any = False
    ) -> Any:
        """Apply to the elements along axes, one after the other, until one is left.

        Parameters
        ----------
        array : array_like
        axis : int, tuple of int or None
        dtype : dtype, optional
        out : Array, optional
        keepdims : bool

        Returns
        -------
        Array

        Raises
        ------
        TypeError
            If the function is not associative: blocks are reduced on their own.
        """
        array = asanyarray(array)
        if self.__name__ in REDUCTIONS:
            reduce = getattr(da, REDUCTIONS[self.__name__])
            if dtype is not None:
                reduce = partial(reduce, dtype=dtype)
            return reduce(array, axis=axis, keepdims=keepdims, out=out)
        if self.__name__ not in ASSOCIATIVE:
            raise TypeError(f"{self.__name__}.reduce is not possible block by block")
        one = self._function.reduce(np.ones(1, array.dtype), dtype=dtype)
        step = partial(_reduced, self._function, one.dtype)
        return da.reduction(
            array, step, step, axis=axis, keepdims=keepdims, dtype=one.dtype, out=out,
            name=self.__name__,
        )  # fmt: skip

    def accumulate(self, array: Any, axis: int = 0, dtype: Any = None, out: Any = None) -> Any:
        """Apply to the elements along an axis, keeping what comes in between.

        Parameters
        ----------
        array : array_like
        axis : int
        dtype : dtype, optional
        out : Array, optional

        Returns
        -------
        Array

        Raises
        ------
        TypeError
            For functions other than ``add`` and ``multiply``.
        """
        if self.__name__ not in ("add", "multiply"):
            raise TypeError(f"{self.__name__}.accumulate is not possible block by block")
        running = da.cumsum if self.__name__ == "add" else da.cumprod
        return running(asanyarray(array), axis=axis, dtype=dtype, out=out)

    def outer(self, a: Any, b: Any, **kwargs: Any) -> Any:
        """Apply to all pairs of an element of ``a`` and one of ``b``.

        Parameters
        ----------
        a, b : array_like
        **kwargs : object
            As for a call.

        Returns
        -------
        Array
            Its dimensions are those of ``a``, then those of ``b``.
        """
        if self.nin != 2:
            raise ValueError("outer product only supported for binary functions")
        if not isinstance(a, Array) and not isinstance(b, Array):
            return self._function.outer(a, b, **kwargs)
        left, right = asanyarray(a), asanyarray(b)
        spread = left[(Ellipsis,) + (np.newaxis,) * right.ndim]
        return self(spread, right, **kwargs)

    def __repr__(self) -> str:
        return f"<treadle.array.ufunc {self.__name__!r}>"

    def __reduce__(self) -> Any:
        if globals().get(self.__name__) is self:
            return self.__name__
        return ufunc, (self._function,)


def _operands(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Iterator[Any]:
    """Yield all that may be an array."""
    yield from args
    yield kwargs.get("where")
    out = kwargs.get("out")
    if isinstance(out, tuple):
        yield from out
    else:
        yield out


def _reduced(
    function: Any, dtype: np.dtype[Any], block: Any, axis: tuple[int, ...], keepdims: bool
) -> Any:
    """Reduce a block along axes; universal functions take one at a time unless they commute."""
    for n in sorted(axis, reverse=True):
        block = function.reduce(block, axis=n, dtype=dtype, keepdims=True)
    return block if keepdims else block.squeeze(axis=axis)


class PythonUfunc:
    """A universal function made of a Python function, that can be pickled."""

    def __init__(self, func: Callable[..., Any], nin: int, nout: int):
        self._made = np.frompyfunc(func, nin, nout)
        self._parts = (func, nin, nout)
        self.__name__ = f"frompyfunc-{getattr(func, '__name__', type(func).__name__).strip('<>')}"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._made, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._made(*args, **kwargs)

    def __reduce__(self) -> Any:
        return PythonUfunc, self._parts

    def __treadle_tokenize__(self) -> Any:
        return "frompyfunc", self._parts


def frompyfunc(func: Callable[..., Any], nin: int, nout: int) -> ufunc:
    """Make a universal function of a Python function; it gives arrays of objects.

    Parameters
    ----------
    func : callable
        Takes ``nin`` elements and returns ``nout``.
    nin, nout : int

    Returns
    -------
    ufunc

    Examples
    --------
    >>> import treadle.array as da
    >>> roman = da.frompyfunc("I".__mul__, 1, 1)
    >>> roman(da.arange(3, chunks=2)).compute()
    array(['', 'I', 'II'], dtype=object)
    """
    return ufunc(PythonUfunc(func, nin, nout))


def _doc(function: np.ufunc) -> str:
    """Return NumPy's own text up to the examples, which show arrays of NumPy."""
    text = function.__doc__ or ""
    return text.split("Examples\n", 1)[0].rstrip()


add = ufunc(np.add)
subtract = ufunc(np.subtract)
multiply = ufunc(np.multiply)
divide = true_divide = ufunc(np.true_divide)
floor_divide = ufunc(np.floor_divide)
remainder = mod = ufunc(np.remainder)
fmod = ufunc(np.fmod)
divmod = ufunc(np.divmod)
power = ufunc(np.power)
float_power = ufunc(np.float_power)
negative = ufunc(np.negative)
positive = ufunc(np.positive)
absolute = abs = ufunc(np.absolute)
fabs = ufunc(np.fabs)
sign = ufunc(np.sign)
conjugate = conj = ufunc(np.conjugate)
reciprocal = ufunc(np.reciprocal)
square = ufunc(np.square)
sqrt = ufunc(np.sqrt)
cbrt = ufunc(np.cbrt)
gcd = ufunc(np.gcd)
lcm = ufunc(np.lcm)

exp = ufunc(np.exp)
exp2 = ufunc(np.exp2)
expm1 = ufunc(np.expm1)
log = ufunc(np.log)
log2 = ufunc(np.log2)
log10 = ufunc(np.log10)
log1p = ufunc(np.log1p)
logaddexp = ufunc(np.logaddexp)
logaddexp2 = ufunc(np.logaddexp2)

sin = ufunc(np.sin)
cos = ufunc(np.cos)
tan = ufunc(np.tan)
arcsin = ufunc(np.arcsin)
arccos = ufunc(np.arccos)
arctan = ufunc(np.arctan)
arctan2 = ufunc(np.arctan2)
hypot = ufunc(np.hypot)
sinh = ufunc(np.sinh)
cosh = ufunc(np.cosh)
tanh = ufunc(np.tanh)
arcsinh = ufunc(np.arcsinh)
arccosh = ufunc(np.arccosh)
arctanh = ufunc(np.arctanh)
deg2rad = ufunc(np.deg2rad)
rad2deg = ufunc(np.rad2deg)
degrees = ufunc(np.degrees)
radians = ufunc(np.radians)

bitwise_and = ufunc(np.bitwise_and)
bitwise_or = ufunc(np.bitwise_or)
bitwise_xor = ufunc(np.bitwise_xor)
bitwise_count = ufunc(np.bitwise_count)
invert = bitwise_not = ufunc(np.invert)
left_shift = ufunc(np.left_shift)
right_shift = ufunc(np.right_shift)

less = ufunc(np.less)
less_equal = ufunc(np.less_equal)
greater = ufunc(np.greater)
greater_equal = ufunc(np.greater_equal)
equal = ufunc(np.equal)
not_equal = ufunc(np.not_equal)
logical_and = ufunc(np.logical_and)
logical_or = ufunc(np.logical_or)
logical_xor = ufunc(np.logical_xor)
logical_not = ufunc(np.logical_not)
maximum = ufunc(np.maximum)
minimum = ufunc(np.minimum)
fmax = ufunc(np.fmax)
fmin = ufunc(np.fmin)

isfinite = ufunc(np.isfinite)
isinf = ufunc(np.isinf)
isnan = ufunc(np.isnan)
isnat = ufunc(np.isnat)
signbit = ufunc(np.signbit)
copysign = ufunc(np.copysign)
nextafter = ufunc(np.nextafter)
spacing = ufunc(np.spacing)
modf = ufunc(np.modf)
frexp = ufunc(np.frexp)
ldexp = ufunc(np.ldexp)
heaviside = ufunc(np.heaviside)
floor = ufunc(np.floor)
ceil = ufunc(np.ceil)
trunc = ufunc(np.trunc)
rint = ufunc(np.rint)

__all__ = [
    "abs", "absolute", "add", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2",
    "arctanh", "bitwise_and", "bitwise_count", "bitwise_not", "bitwise_or", "bitwise_xor",
    "cbrt", "ceil", "conj", "conjugate", "copysign", "cos", "cosh", "deg2rad", "degrees",
    "divide", "divmod", "equal", "exp", "exp2", "expm1", "fabs", "float_power", "floor",
    "floor_divide", "fmax", "fmin", "fmod", "frexp", "frompyfunc", "gcd", "greater",
    "greater_equal", "heaviside", "hypot", "invert", "isfinite", "isinf", "isnan", "isnat",
    "lcm", "ldexp", "left_shift", "less", "less_equal", "log", "log1p", "log2", "log10",
    "logaddexp", "logaddexp2", "logical_and", "logical_not", "logical_or", "logical_xor",
    "maximum", "minimum", "mod", "modf", "multiply", "negative", "nextafter", "not_equal",
    "positive", "power", "rad2deg", "radians", "reciprocal", "remainder", "right_shift", "rint",
    "sign", "signbit", "sin", "sinh", "spacing", "sqrt", "square", "subtract", "tan", "tanh",
    "true_divide", "trunc", "ufunc",
]  # fmt: skip

"""Choosing and comparing elements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import treadle.array as da
from treadle.array.chunks import is_known
from treadle.array.core import Array, asanyarray
from treadle.array.elementwise import elemwise


def where(condition: Any, x: Any = None, y: Any = None, /) -> Any:
    """Choose from ``x`` where a condition holds, and from ``y`` elsewhere.

    Parameters
    ----------
    condition : array_like of bool
    x, y : array_like, optional
        Broadcast with the condition.  Without them, the places of what is true.

    Returns
    -------
    Array or tuple of Array

    Raises
    ------
    ValueError
        If only one of ``x`` and ``y`` is given.

    Examples
    --------
    >>> import treadle.array as da
    >>> x = da.arange(5, chunks=2)
    >>> da.where(x > 2, x, -1).compute()
    array([-1, -1, -1,  3,  4])
    """
    if (x is None) != (y is None):
        raise ValueError("either both or neither of x and y should be given")
    if x is None:
        return da.nonzero(condition)
    return elemwise(np.where, condition, x, y)


def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Array:
    """Choose from the array that belongs to the first condition that holds.

    Parameters
    ----------
    condlist : sequence of array_like of bool
    choicelist : sequence of array_like
    default : array_like
        Where no condition holds.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If there are not as many conditions as choices.

    Examples
    --------
    >>> import treadle.array as da
    >>> x = da.arange(6, chunks=3)
    >>> da.select([x < 2, x > 3], [x, x * 10], -1).compute()
    array([ 0,  1, -1, -1, 40, 50])
    """
    if len(condlist) != len(choicelist):
        raise ValueError("list of cases must be same length as list of conditions")
    if not len(condlist):
        raise ValueError("select with an empty condition list is not possible")
    return elemwise(_select, *condlist, *choicelist, default, name="select")


def _select(*args: Any) -> Any:
    count = len(args) // 2
    conditions = [np.asarray(item) if np.isscalar(item) else item for item in args[:count]]
    return np.select(conditions, args[count : 2 * count], args[-1])


def choose(a: Any, choices: Any, out: Any = None, mode: Any = "raise") -> Array:
    """Choose from the array whose number stands in ``a``.

    Parameters
    ----------
    a : array_like of int
    choices : sequence of array_like
    out : Array, optional
    mode : {"raise", "wrap", "clip"}
        What becomes of numbers without a choice.

    Returns
    -------
    Array

    Examples
    --------
    >>> import treadle.array as da
    >>> da.choose(da.arange(4, chunks=2) % 2, [da.zeros(4, chunks=2), 7.0]).compute()
    array([0., 7., 0., 7.])
    """
    return elemwise(_choose, a, *choices, out=out, mode=mode, name="choose")


def _choose(a: Any, *choices: Any, mode: Any) -> Any:
    return np.choose(a, choices, mode=mode)


def piecewise(x: Any, condlist: Any, funclist: Sequence[Any], *args: Any, **kw: Any) -> Array:
    """Apply functions, each where its condition holds.

    Parameters
    ----------
    x : array_like
    condlist : sequence of array_like of bool
    funclist : sequence of callable or scalar
        One for each condition, and perhaps one for all else.
    *args, **kw : object
        Passed on to the functions.

    Returns
    -------
    Array
        Of the dtype of ``x``.

    Examples
    --------
    >>> import treadle.array as da
    >>> x = da.arange(4, chunks=2)
    >>> da.piecewise(x, [x < 2, x >= 2], [-1, lambda v: v * 2]).compute()
    array([-1, -1,  4,  6])
    """
    array = asanyarray(x)
    alone = (
        condlist.ndim < 2
        if isinstance(condlist, (Array, np.ndarray))
        else np.isscalar(condlist) or (len(condlist) and np.isscalar(condlist[0]))
    )
    conditions = [condlist] if alone else list(condlist)
    if len(funclist) not in (len(conditions), len(conditions) + 1):
        raise ValueError(
            f"with {len(conditions)} condition(s), either {len(conditions)} or "
            f"{len(conditions) + 1} functions are expected"
        )
    return elemwise(
        _piecewise, array, *conditions, dtype=array.dtype, name="piecewise",
        functions=list(funclist), args=args, kw=kw,
    )  # fmt: skip


def _piecewise(x: Any, *conditions: Any, functions: Any, args: Any, kw: Any) -> Any:
    return np.piecewise(x, list(conditions), functions, *args, **kw)


def clip(a: Any, min: Any = None, max: Any = None, out: Any = None, **kwargs: Any) -> Array:
    """Return the elements within limits.

    Parameters
    ----------
    a : array_like
    min, max : array_like or None
        ``a_min`` and ``a_max`` are the same.
    out : Array, optional
    **kwargs : object
        Arguments of a universal function, such as ``dtype``.

    Returns
    -------
    Array

    Examples
    --------
    >>> import treadle.array as da
    >>> da.clip(da.arange(5, chunks=2), 1, 3).compute()
    array([1, 1, 2, 3, 3])
    """
    low, high = kwargs.pop("a_min", min), kwargs.pop("a_max", max)
    return elemwise(np.clip, a, low, high, out=out, **kwargs)


def round(a: Any, decimals: int = 0, out: Any = None) -> Array:
    """Return the elements rounded, halves to even.

    Parameters
    ----------
    a : array_like
    decimals : int
        Negative ones round to tens, hundreds and so on.
    out : Array, optional

    Returns
    -------
    Array

    Examples
    --------
    >>> import treadle.array as da
    >>> da.round(da.asarray([1.25, 2.5]), 1).compute()
    array([1.2, 2.5])
    """
    return elemwise(np.round, a, decimals, out=out)


around = round


def real(val: Any) -> Array:
    """Return the real parts.

    Parameters
    ----------
    val : array_like

    Returns
    -------
    Array

    Examples
    --------
    >>> import treadle.array as da
    >>> da.real(da.asarray([1 + 2j, 3])).compute()
    array([1., 3.])
    """
    array = asanyarray(val)
    return elemwise(np.real, array) if array.dtype.kind in "cO" else array


def imag(val: Any) -> Array:
    """Return the imaginary parts.

    Parameters
    ----------
    val : array_like

    Returns
    -------
    Array

    Examples
    --------
    >>> import treadle.array as da
    >>> da.imag(da.asarray([1 + 2j, 3])).compute()
    array([2., 0.])
    """
    return elemwise(np.imag, val)


def angle(z: Any, deg: bool = False) -> Array:
    """Return the angles of complex numbers.

    Parameters
    ----------
    z : array_like
    deg : bool
        In degrees instead of radians.

    Returns
    -------
    Array

    Examples
    --------
    >>> import treadle.array as da
    >>> da.angle(da.asarray([1j, -1]), deg=True).compute()
    array([ 90., 180.])
    """
    return elemwise(np.angle, z, deg=deg)


def nan_to_num(
    x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None
) -> Array:
    """Return the elements with numbers for NaN and infinity.

    Parameters
    ----------
    x : array_like
    copy : bool
        Of no matter: arrays in blocks don't change.
    nan, posinf, neginf : number, optional
        What stands for them; for infinities otherwise the largest numbers there are.

    Returns
    -------
    Array

    Examples
    --------
    >>> import treadle.array as da
    >>> da.nan_to_num(da.asarray([1.0, float("nan")]), nan=-1).compute()
    array([ 1., -1.])
    """
    return elemwise(np.nan_to_num, x, nan=nan, posinf=posinf, neginf=neginf)


def _elementwise(function: Callable[..., Any], summary: str) -> Callable[..., Any]:
    def apply(x: Any, out: Any = None, **kwargs: Any) -> Any:
        return elemwise(function, x, out=out, **kwargs)

    apply.__name__ = apply.__qualname__ = function.__name__
    apply.__doc__ = f"{summary}\n\nElement by element, as :func:`numpy.{function.__name__}`.\n"
    return apply


fix = _elementwise(np.fix, "Round towards zero.")
i0 = _elementwise(np.i0, "Return the modified Bessel function of the first kind, of order 0.")
sinc = _elementwise(np.sinc, "Return sin(pi x) / (pi x).")
iscomplex = _elementwise(np.iscomplex, "Tell which elements have an imaginary part.")
isreal = _elementwise(np.isreal, "Tell which elements have no imaginary part.")
isneginf = _elementwise(np.isneginf, "Tell which elements are negative infinity.")
isposinf = _elementwise(np.isposinf, "Tell which elements are positive infinity.")


def isclose(
    a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Array:
    """Tell which elements are equal within ``atol + rtol * abs(b)``.

    Parameters
    ----------
    a, b : array_like
    rtol, atol : float
    equal_nan : bool
        Whether NaN equals NaN.

    Returns
    -------
    Array of bool

    Examples
    --------
    >>> import treadle.array as da
    >>> da.isclose(da.ones(2, chunks=1), [1, 1.1]).compute()
    array([ True, False])
    """
    return elemwise(np.isclose, a, b, rtol=rtol, atol=atol, equal_nan=equal_nan)


def allclose(
    a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Array:
    """Tell whether all elements are equal within a tolerance; see :func:`isclose`.

    Returns
    -------
    Array of bool
        Of no dimensions.

    Examples
    --------
    >>> import treadle.array as da
    >>> bool(da.allclose(da.ones(2, chunks=1), 1))
    True
    """
    return da.all(isclose(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan))


def array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> Array:
    """Tell whether two arrays have the same shape and elements.

    Parameters
    ----------
    a1, a2 : array_like
    equal_nan : bool
        Whether NaN equals NaN.

    Returns
    -------
    Array of bool
        Of no dimensions.

    Examples
    --------
    >>> import treadle.array as da
    >>> bool(da.array_equal(da.ones(2, chunks=1), [1, 1]))
    True
    """
    left, right = asanyarray(a1), asanyarray(a2)
    if left.ndim != right.ndim or (
        left.shape != right.shape and is_known(left.chunks) and is_known(right.chunks)
    ):
        return asanyarray(np.asarray(False))
    same = left == right
    if equal_nan:
        same = same | ((left != left) & (right != right))
    return da.all(same)


def array_equiv(a1: Any, a2: Any) -> Array:
    """Tell whether two arrays have the same elements once they are broadcast.

    Examples
    --------
    >>> import treadle.array as da
    >>> bool(da.array_equiv(da.ones((2, 2), chunks=1), 1))
    True
    """
    try:
        return da.all(asanyarray(a1) == asanyarray(a2))
    except ValueError:
        return asanyarray(np.asarray(False))


def iscomplexobj(x: Any) -> bool:
    """Tell whether the dtype is complex; computes nothing.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.iscomplexobj(da.ones(2, chunks=1))
    False
    """
    return bool(asanyarray(x).dtype.kind == "c")


def isrealobj(x: Any) -> bool:
    """Tell whether the dtype is not complex; computes nothing.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.isrealobj(da.ones(2, chunks=1))
    True
    """
    return not iscomplexobj(x)


def isnull(values: Any) -> Array:
    """Tell which elements are missing, as pandas has it: NaN, NaT, None.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.isnull(da.asarray([1.0, float("nan")])).compute()
    array([False,  True])
    """
    return elemwise(_isnull, values, dtype=np.bool_, name="isnull")


def notnull(values: Any) -> Array:
    """Tell which elements are not missing, as pandas has it.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.notnull(da.asarray([1.0, float("nan")])).compute()
    array([ True, False])
    """
    return da.logical_not(isnull(values))  # type: ignore[no-any-return]


def _isnull(block: Any) -> Any:
    import pandas

    return pandas.isnull(block)


__all__ = [
    "allclose", "angle", "around", "array_equal", "array_equiv", "choose", "clip", "fix", "i0",
    "imag", "isclose", "iscomplex", "iscomplexobj", "isneginf", "isnull", "isposinf", "isreal",
    "isrealobj", "nan_to_num", "notnull", "piecewise", "real", "round", "select", "sinc", "where",
]  # fmt: skip

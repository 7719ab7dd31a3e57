"""Reductions: sums, extremes, truth, and the user's own.

What all of them take: ``axis`` is an int, a tuple of ints or None for all axes; ``keepdims``
leaves reduced axes in with length 1; ``split_every`` says how many partial results are merged at a
time; ``out`` is an array in blocks that becomes the result.  ``where`` and ``initial`` are NumPy's.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from treadle.array import chunk_reductions as chunks
from treadle.array.arg_reductions import argmax, argmin, nanargmax, nanargmin
from treadle.array.core import Array, asanyarray
from treadle.array.moments import mean, moment, nanmean, nanstd, nanvar, std, var
from treadle.array.nan_reductions import nanmax, nanmin, nanprod, nansum
from treadle.array.reducing import (
    Axis,
    check_not_empty,
    into,
    normalize_axes,
    reduce_tree,
    result_dtype,
    selected,
)
from treadle.array.tree import Pairwise, Recipe, SplitEvery
from treadle.array.user_reduction import reduction


def sum(
    a: Any, axis: Axis = None, dtype: Any = None, keepdims: bool = False,
    split_every: SplitEvery = None, out: Any = None, *, initial: Any = None, where: Any = True,
) -> Array:  # fmt: skip
    """Return the sum along axes.

    Parameters
    ----------
    a : array_like
    axis : int or tuple of int, optional
    dtype : dtype, optional
        Of the sums and the result.
    keepdims : bool
    split_every : int or dict, optional
    out : Array, optional
    initial : scalar, optional
        Where the sum starts.
    where : array_like of bool, optional
        Elements to take.

    Returns
    -------
    Array

    Raises
    ------
    numpy.exceptions.AxisError
        If an axis is out of range.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.sum(da.ones((2, 3), chunks=2), axis=1).compute()
    array([3., 3.])
    """
    return _accumulated(np.sum, np.add, a, axis, dtype, keepdims, split_every, out, initial, where)


def prod(
    a: Any, axis: Axis = None, dtype: Any = None, keepdims: bool = False,
    split_every: SplitEvery = None, out: Any = None, *, initial: Any = None, where: Any = True,
) -> Array:  # fmt: skip
    """Return the product along axes; parameters are those of :func:`sum`.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.prod(da.from_array([2, 3, 4], chunks=2)).compute()
    np.int64(24)
    """
    return _accumulated(
        np.prod, np.multiply, a, axis, dtype, keepdims, split_every, out, initial, where
    )


def _accumulated(
    func: Any, ufunc: np.ufunc, a: Any, axis: Axis, dtype: Any, keepdims: bool,
    split_every: SplitEvery, out: Any, initial: Any, where: Any,
) -> Array:  # fmt: skip
    x = asanyarray(a)
    dtype = result_dtype(func, x.dtype) if dtype is None else np.dtype(dtype)
    x = selected(x, where, np.array(ufunc.identity, x.dtype)[()])
    finish = None if initial is None else functools.partial(chunks.started, ufunc, initial)
    options = {} if dtype.kind in "mM" else {"dtype": dtype}  # ufuncs take no time units
    recipe = Recipe(func, Pairwise(ufunc), finish, options)
    return reduce_tree(x, recipe, dtype, axis, keepdims, split_every, out, prefix=func.__name__)


def min(
    a: Any, axis: Axis = None, keepdims: bool = False, split_every: SplitEvery = None,
    out: Any = None, *, initial: Any = None, where: Any = True,
) -> Array:  # fmt: skip
    """Return the smallest elements along axes; ``nan`` where there is one.

    Parameters are those of :func:`sum`; ``where`` needs ``initial``.

    Raises
    ------
    ValueError
        If there is nothing to choose from, as far as lengths are known; else when it is computed.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.min(da.from_array([[4, 2], [3, 5]], chunks=1), axis=0).compute()
    array([3, 2])
    """
    return _extreme(np.min, np.minimum, a, axis, keepdims, split_every, out, initial, where)


def max(
    a: Any, axis: Axis = None, keepdims: bool = False, split_every: SplitEvery = None,
    out: Any = None, *, initial: Any = None, where: Any = True,
) -> Array:  # fmt: skip
    """Return the largest elements along axes; see :func:`min`.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.max(da.from_array([[4, 2], [3, 5]], chunks=1), axis=0).compute()
    array([4, 5])
    """
    return _extreme(np.max, np.maximum, a, axis, keepdims, split_every, out, initial, where)


def _extreme(
    func: Any, ufunc: np.ufunc, a: Any, axis: Axis, keepdims: bool, split_every: SplitEvery,
    out: Any, initial: Any, where: Any,
) -> Array:  # fmt: skip
    x = asanyarray(a)
    if where is not True:
        if initial is None:
            raise ValueError(
                f"{func.__name__} has no identity, so with where= it needs initial=, what to "
                "take where no element is"
            )
        x = selected(x, where, np.array(initial, x.dtype)[()])
    axes = normalize_axes(axis, x.ndim)
    if initial is None:
        check_not_empty(x, axes, func.__name__)
        finish = functools.partial(chunks.not_empty, func.__name__, axes)
    else:
        finish = functools.partial(chunks.started_extreme, ufunc, initial, axes)
    recipe = Recipe(functools.partial(chunks.extreme, func), chunks.Extremes(ufunc, axes), finish)
    return reduce_tree(x, recipe, x.dtype, axis, keepdims, split_every, out, prefix=func.__name__)


def any(
    a: Any, axis: Axis = None, keepdims: bool = False, split_every: SplitEvery = None,
    out: Any = None, *, where: Any = True,
) -> Array:  # fmt: skip
    """Tell whether any element along axes is true; parameters are those of :func:`sum`.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.any(da.from_array([[0, 1], [0, 0]], chunks=1), axis=1).compute()
    array([ True, False])
    """
    x = selected(asanyarray(a), where, False)
    recipe = Recipe(np.any, Pairwise(np.logical_or))
    return reduce_tree(x, recipe, np.dtype(bool), axis, keepdims, split_every, out, prefix="any")


def all(
    a: Any, axis: Axis = None, keepdims: bool = False, split_every: SplitEvery = None,
    out: Any = None, *, where: Any = True,
) -> Array:  # fmt: skip
    """Tell whether all elements along axes are true; parameters are those of :func:`sum`.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.all(da.from_array([[1, 1], [0, 1]], chunks=1), axis=1).compute()
    array([ True, False])
    """
    x = selected(asanyarray(a), where, True)
    recipe = Recipe(np.all, Pairwise(np.logical_and))
    return reduce_tree(x, recipe, np.dtype(bool), axis, keepdims, split_every, out, prefix="all")


def count_nonzero(
    a: Any,
    axis: Axis = None,
    keepdims: bool = False,
    split_every: SplitEvery = None,
    out: Any = None,
) -> Array:
    """Return the number of elements along axes that are not zero; parameters are :func:`sum`'s.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.count_nonzero(da.from_array([0, 3, 4], chunks=2)).compute()
    np.int64(2)
    """
    recipe = Recipe(chunks.count_nonzero, Pairwise(np.add))
    return reduce_tree(
        asanyarray(a), recipe, np.dtype(np.intp), axis, keepdims, split_every, out,
        prefix="count-nonzero",
    )  # fmt: skip


def ptp(
    a: Any,
    axis: Axis = None,
    keepdims: bool = False,
    split_every: SplitEvery = None,
    out: Any = None,
) -> Array:
    """Return the largest element less the smallest, along axes; parameters are :func:`sum`'s.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.ptp(da.from_array([3, 7, 5], chunks=2)).compute()
    np.int64(4)
    """
    high = max(a, axis, keepdims, split_every)
    low = min(a, axis, keepdims, split_every)
    return into(out, high - low)


def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Array:
    """Return the sum along a diagonal.

    Parameters
    ----------
    a : array_like
    offset : int
        Which diagonal: above the main one if positive.
    axis1, axis2 : int
        The axes of the matrices.
    dtype : dtype, optional

    Examples
    --------
    >>> import treadle.array as da
    >>> da.trace(da.eye(4, chunks=2)).compute()
    np.float64(4.0)
    """
    import treadle.array as da

    return sum(da.diagonal(asanyarray(a), offset, axis1, axis2), axis=-1, dtype=dtype)


__all__ = [
    "all", "any", "argmax", "argmin", "count_nonzero", "max", "mean", "min", "moment", "nanargmax",
    "nanargmin", "nanmax", "nanmean", "nanmin", "nanprod", "nanstd", "nansum", "nanvar", "prod",
    "ptp", "reduction", "std", "sum", "trace", "var",
]  # fmt: skip

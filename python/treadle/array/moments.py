"""Means, variances and higher moments, with and without ``nan``."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from treadle.array import moment_chunks as chunks
from treadle.array.chunks import is_known
from treadle.array.core import Array, asanyarray
from treadle.array.reducing import Axis, normalize_axes, reduce_tree, result_dtype
from treadle.array.tree import Pairwise, Recipe, SplitEvery


def mean(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    keepdims: bool = False,
    split_every: SplitEvery = None,
    out: Any = None,
) -> Array:
    """Return the mean along axes; parameters are those of :func:`sum`, without ``where``.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.mean(da.arange(6, chunks=4)).compute()
    np.float64(2.5)
    """
    x = asanyarray(a)
    axes = normalize_axes(axis, x.ndim)
    dtype = result_dtype(np.mean, x.dtype) if dtype is None else np.dtype(dtype)
    finish = functools.partial(chunks.mean_of, dtype, is_masked(x))
    # A variance of the same array has the mean among its partials: then one pass makes both.
    shared = chunks.moments_recipe(2, _wide(dtype), finish)
    if is_known([x.chunks[n] for n in axes]) and not is_masked(x):
        count = math.prod(x.shape[n] for n in axes)
        options = {} if dtype.kind in "mM" else {"dtype": _wide(dtype)}
        divided = functools.partial(chunks.divided, count, dtype)
        recipe = Recipe(np.sum, Pairwise(np.add), divided, options)
    else:
        recipe = chunks.moments_recipe(1, _wide(dtype), finish)
    return reduce_tree(
        x, recipe, dtype, axis, keepdims, split_every, out, prefix="mean", shared=shared
    )


def nanmean(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    keepdims: bool = False,
    split_every: SplitEvery = None,
    out: Any = None,
) -> Array:
    """Return the mean of the elements that are not ``nan``; see :func:`mean`.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> da.nanmean(da.from_array([1.0, np.nan, 3.0], chunks=2)).compute()
    np.float64(2.0)
    """
    x = asanyarray(a)
    if not has_nan(x.dtype):
        return mean(x, axis, dtype, keepdims, split_every, out)
    dtype = result_dtype(np.mean, x.dtype) if dtype is None else np.dtype(dtype)
    finish = functools.partial(chunks.mean_of, dtype, is_masked(x))
    recipe = chunks.moments_recipe(1, _wide(dtype), finish, skip_nan=True)
    shared = chunks.moments_recipe(2, _wide(dtype), finish, skip_nan=True)
    return reduce_tree(
        x, recipe, dtype, axis, keepdims, split_every, out, prefix="nanmean", shared=shared
    )


def is_masked(x: Array) -> bool:
    """Tell whether blocks are masked arrays, whose lanes may have any number of elements."""
    return isinstance(x.meta, np.ma.MaskedArray)


def has_nan(dtype: np.dtype[Any]) -> bool:
    """Tell whether elements of a dtype may be ``nan``."""
    return dtype.kind in "fc"


def _wide(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the dtype that means are computed in: half precision is too little for sums."""
    return np.dtype(np.float32) if dtype == np.float16 else dtype


def var(
    a: Any, axis: Axis = None, dtype: Any = None, keepdims: bool = False, ddof: float = 0,
    split_every: SplitEvery = None, out: Any = None, *, correction: float | None = None,
) -> Array:  # fmt: skip
    """Return the variance along axes.

    Parameters
    ----------
    a : array_like
    axis, dtype, keepdims, split_every, out
        As for :func:`sum`.
    ddof, correction : float
        What is taken off the number of elements before dividing by it.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.var(da.arange(6, chunks=4), ddof=1).compute()
    np.float64(3.5)
    """
    ddof = ddof if correction is None else correction
    return _spread(a, axis, dtype, keepdims, ddof, split_every, out, False)


def std(
    a: Any, axis: Axis = None, dtype: Any = None, keepdims: bool = False, ddof: float = 0,
    split_every: SplitEvery = None, out: Any = None, *, correction: float | None = None,
) -> Array:  # fmt: skip
    """Return the standard deviation along axes; parameters are those of :func:`var`.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.std(da.from_array([1.0, 3.0], chunks=1)).compute()
    np.float64(1.0)
    """
    ddof = ddof if correction is None else correction
    return _spread(a, axis, dtype, keepdims, ddof, split_every, out, True)


def nanvar(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    keepdims: bool = False,
    ddof: float = 0,
    split_every: SplitEvery = None,
    out: Any = None,
    *,
    correction: float | None = None,
) -> Array:
    """Return the variance of the elements that are not ``nan``; see :func:`var`.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> da.nanvar(da.from_array([1.0, np.nan, 3.0], chunks=2)).compute()
    np.float64(1.0)
    """
    ddof = ddof if correction is None else correction
    return _spread(a, axis, dtype, keepdims, ddof, split_every, out, False, skip_nan=True)


def nanstd(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    keepdims: bool = False,
    ddof: float = 0,
    split_every: SplitEvery = None,
    out: Any = None,
    *,
    correction: float | None = None,
) -> Array:
    """Return the standard deviation of the elements that are not ``nan``; see :func:`var`.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> da.nanstd(da.from_array([1.0, np.nan, 3.0], chunks=2)).compute()
    np.float64(1.0)
    """
    ddof = ddof if correction is None else correction
    return _spread(a, axis, dtype, keepdims, ddof, split_every, out, True, skip_nan=True)


def _spread(
    a: Any,
    axis: Axis,
    dtype: Any,
    keepdims: bool,
    ddof: float,
    split_every: SplitEvery,
    out: Any,
    root: bool,
    *,
    skip_nan: bool = False,
) -> Array:
    x = asanyarray(a)
    skip_nan = skip_nan and has_nan(x.dtype)
    inner = result_dtype(np.mean, x.dtype) if dtype is None else np.dtype(dtype)
    result = result_dtype(np.var, x.dtype) if dtype is None else np.empty(0, dtype).real.dtype
    finish = functools.partial(chunks.variance_of, result, ddof, root, is_masked(x))
    recipe = chunks.moments_recipe(2, _wide(inner), finish, skip_nan=skip_nan)
    prefix = ("nan" if skip_nan else "") + ("std" if root else "var")
    return reduce_tree(x, recipe, result, axis, keepdims, split_every, out, prefix=prefix)


def moment(
    a: Any,
    order: int,
    axis: Axis = None,
    dtype: Any = None,
    keepdims: bool = False,
    ddof: float = 0,
    split_every: SplitEvery = None,
    out: Any = None,
) -> Array:
    """Return the central moment of an order along axes.

    Parameters
    ----------
    a : array_like
    order : int
        0 or more.
    axis, dtype, keepdims, ddof, split_every, out
        As for :func:`var`.

    Raises
    ------
    ValueError
        If ``order`` is no whole number from 0 on.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.moment(da.from_array([1.0, 2.0, 6.0], chunks=2), 3).compute()
    np.float64(6.0)
    """
    x = asanyarray(a)
    if order != int(order) or order < 0:
        raise ValueError(f"order must be a whole number from 0 on, not {order!r}")
    result = result_dtype(np.var, x.dtype) if dtype is None else np.dtype(dtype)
    inner = result_dtype(np.mean, x.dtype) if dtype is None else np.dtype(dtype)
    finish = functools.partial(chunks.moment_of, result, int(order), ddof, is_masked(x))
    recipe = chunks.moments_recipe(max(int(order), 1), _wide(inner), finish)
    return reduce_tree(x, recipe, result, axis, keepdims, split_every, out, prefix="moment")


__all__ = ["mean", "moment", "nanmean", "nanstd", "nanvar", "std", "var"]

"""Sums, products and extremes of the elements that are not ``nan``."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from treadle.array import chunk_reductions as chunks
from treadle.array.core import Array, asanyarray
from treadle.array.moments import has_nan
from treadle.array.reducing import (
    Axis,
    check_not_empty,
    normalize_axes,
    reduce_tree,
    result_dtype,
)
from treadle.array.tree import Pairwise, Recipe, SplitEvery


def nansum(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    keepdims: bool = False,
    split_every: SplitEvery = None,
    out: Any = None,
) -> Array:
    """Return the sum along axes, counting ``nan`` as 0; see :func:`treadle.array.sum`.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> da.nansum(da.from_array([1.0, np.nan, 3.0], chunks=2)).compute()
    np.float64(4.0)
    """
    return _accumulated(np.nansum, np.sum, np.add, a, axis, dtype, keepdims, split_every, out)


def nanprod(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    keepdims: bool = False,
    split_every: SplitEvery = None,
    out: Any = None,
) -> Array:
    """Return the product along axes, counting ``nan`` as 1; see :func:`treadle.array.sum`.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> da.nanprod(da.from_array([2.0, np.nan, 3.0], chunks=2)).compute()
    np.float64(6.0)
    """
    return _accumulated(
        np.nanprod, np.prod, np.multiply, a, axis, dtype, keepdims, split_every, out
    )


def _accumulated(
    func: Any,
    plain: Any,
    ufunc: np.ufunc,
    a: Any,
    axis: Axis,
    dtype: Any,
    keepdims: bool,
    split_every: SplitEvery,
    out: Any,
) -> Array:
    x = asanyarray(a)
    dtype = result_dtype(plain, x.dtype) if dtype is None else np.dtype(dtype)
    chunk = func if has_nan(x.dtype) or x.dtype == object else plain
    recipe = Recipe(chunk, Pairwise(ufunc), None, {"dtype": dtype})
    return reduce_tree(x, recipe, dtype, axis, keepdims, split_every, out, prefix=func.__name__)


def nanmin(
    a: Any,
    axis: Axis = None,
    keepdims: bool = False,
    split_every: SplitEvery = None,
    out: Any = None,
) -> Array:
    """Return the smallest of the elements that are not ``nan``; see :func:`treadle.array.min`.

    Where all are ``nan`` the result is too, and NumPy's warning is given.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> da.nanmin(da.from_array([1.0, np.nan, 3.0], chunks=2)).compute()
    np.float64(1.0)
    """
    return _extreme("nanmin", np.fmin, a, axis, keepdims, split_every, out)


def nanmax(
    a: Any,
    axis: Axis = None,
    keepdims: bool = False,
    split_every: SplitEvery = None,
    out: Any = None,
) -> Array:
    """Return the largest of the elements that are not ``nan``; see :func:`nanmin`.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> da.nanmax(da.from_array([1.0, np.nan, 3.0], chunks=2)).compute()
    np.float64(3.0)
    """
    return _extreme("nanmax", np.fmax, a, axis, keepdims, split_every, out)


def _extreme(
    what: str,
    ufunc: np.ufunc,
    a: Any,
    axis: Axis,
    keepdims: bool,
    split_every: SplitEvery,
    out: Any,
) -> Array:
    x = asanyarray(a)
    axes = normalize_axes(axis, x.ndim)
    check_not_empty(x, axes, ufunc.__name__)
    recipe = Recipe(
        functools.partial(chunks.extreme, functools.partial(chunks.ignoring_nan, what)),
        chunks.Extremes(ufunc, axes),
        functools.partial(chunks.some_number, ufunc.__name__, axes),
    )
    return reduce_tree(x, recipe, x.dtype, axis, keepdims, split_every, out, prefix=what)


__all__ = ["nanmax", "nanmin", "nanprod", "nansum"]

"""Reductions: sums, extremes, means, moments.

What all of them take: ``axis`` is an int, a tuple of ints or None for all axes; ``keepdims``
leaves reduced axes in with length 1; ``split_every`` says how many partial results are merged at a
time; ``out`` is an array in blocks that becomes the result.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from treadle.array import chunk_reductions as chunks
from treadle.array.chunks import is_known
from treadle.array.core import Array, asanyarray
from treadle.array.tree import Pairwise, Recipe, SplitEvery, tree_reduction
from treadle.base import current_annotations
from treadle.graph.source import outside_caller

Axis = int | Sequence[int] | None

_SUM = Recipe(np.sum, Pairwise(np.add))


def normalize_axes(axis: Axis, ndim: int) -> tuple[int, ...]:
    """Return the axes that are meant, sorted; all of them for None.

    >>> normalize_axes((-1, 0), 3), normalize_axes(None, 2)
    ((0, 2), (0, 1))
    """
    if axis is None:
        return tuple(range(ndim))
    return tuple(sorted(normalize_axis_tuple(axis, ndim)))


def reduce_tree(
    x: Array,
    recipe: Recipe,
    dtype: Any,
    axis: Axis,
    keepdims: bool,
    split_every: SplitEvery,
    out: Any,
    *,
    prefix: str,
    **options: Any,
) -> Array:
    """Return the reduction of an array by a recipe, with what every public reduction takes."""
    axes = normalize_axes(axis, x.ndim)
    if isinstance(split_every, dict):
        split_every = {n % max(x.ndim, 1): every for n, every in split_every.items()}
    meta = _meta_as(x.meta, np.dtype(dtype))
    expr = tree_reduction(
        x.expr, axes, bool(keepdims), recipe, meta, split_every, prefix=prefix,
        source=outside_caller(), annotations=current_annotations(), **options,
    )  # fmt: skip
    return into(out, Array(expr))


def _meta_as(meta: Any, dtype: np.dtype[Any]) -> Any:
    if meta.dtype == dtype:
        return meta
    if type(meta) is np.ndarray:
        return np.empty(meta.shape, dtype)
    if meta.dtype.kind == "c" and dtype.kind != "c":
        meta = meta.real
    return meta.astype(dtype)


def into(out: Any, result: Array) -> Array:
    """Return the result; make ``out`` stand for it where one is given.

    Raises
    ------
    TypeError
        If ``out`` is no array in blocks.
    ValueError
        If its shape is another one.
    """
    if isinstance(out, tuple) and len(out) == 1:
        (out,) = out
    if out is None:
        return result
    if not isinstance(out, Array):
        raise TypeError(f"out must be a treadle array, not {type(out).__name__}")
    if out.shape != result.shape:
        raise ValueError(f"out has shape {out.shape}, and the result has {result.shape}")
    if out.dtype != result.dtype:
        result = result.astype(out.dtype, casting="same_kind")
    out._expr = result.expr
    return out


def _dtype_of(func: Any, dtype: Any) -> np.dtype[Any]:
    """Return the dtype of ``func`` of an array of this dtype."""
    dtype = np.dtype(dtype)
    if dtype.kind == "O":
        return dtype
    return np.asarray(func(np.ones((1,), dtype))).dtype


def _selected(x: Array, where: Any, otherwise: Any) -> Array:
    """Return the array with elements replaced where they are not asked for."""
    import treadle.array as da

    if where is True:
        return x
    return da.where(where, x, otherwise)  # type: ignore[no-any-return]


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
    dtype = _dtype_of(func, x.dtype) if dtype is None else np.dtype(dtype)
    x = _selected(x, where, np.array(ufunc.identity, x.dtype)[()])
    finish = None if initial is None else functools.partial(chunks.started, ufunc, initial)
    recipe = Recipe(func, Pairwise(ufunc), finish, {"dtype": dtype})
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
        x = _selected(x, where, np.array(initial, x.dtype)[()])
    axes = normalize_axes(axis, x.ndim)
    if initial is None:
        check_not_empty(x, axes, func.__name__)
        finish = functools.partial(chunks.not_empty, func.__name__, axes)
    else:
        finish = functools.partial(chunks.started, ufunc, initial, axes)
    recipe = Recipe(functools.partial(chunks.extreme, func), chunks.Extremes(ufunc, axes), finish)
    prefix = func.__name__.removeprefix("a")  # np.min is np.amin in older NumPy
    return reduce_tree(x, recipe, x.dtype, axis, keepdims, split_every, out, prefix=prefix)


def check_not_empty(x: Array, axes: tuple[int, ...], what: str) -> None:
    """Raise ``ValueError`` if it is known that no element stands along the axes."""
    if any(x.shape[n] == 0 for n in axes) and not any(
        x.shape[n] == 0 for n in range(x.ndim) if n not in axes
    ):
        raise ValueError(
            f"zero-size array to reduction operation {what} which has no identity: shape {x.shape}"
        )


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
    x = _selected(asanyarray(a), where, False)
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
    x = _selected(asanyarray(a), where, True)
    recipe = Recipe(np.all, Pairwise(np.logical_and))
    return reduce_tree(x, recipe, np.dtype(bool), axis, keepdims, split_every, out, prefix="all")


def mean(
    a: Any, axis: Axis = None, dtype: Any = None, keepdims: bool = False,
    split_every: SplitEvery = None, out: Any = None,
) -> Array:  # fmt: skip
    """Return the mean along axes; parameters are those of :func:`sum`.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.mean(da.arange(6, chunks=4)).compute()
    np.float64(2.5)
    """
    x = asanyarray(a)
    axes = normalize_axes(axis, x.ndim)
    dtype = _dtype_of(np.mean, x.dtype) if dtype is None else np.dtype(dtype)
    inner = _wide(dtype)
    moments = chunks.moments_recipe(2, inner, functools.partial(chunks.mean_of, dtype))
    if not is_known([x.chunks[n] for n in axes]):
        return reduce_tree(
            x, chunks.moments_recipe(1, inner, functools.partial(chunks.mean_of, dtype)), dtype,
            axes, keepdims, split_every, out, prefix="mean", shared=moments,
        )  # fmt: skip
    count = math.prod(x.shape[n] for n in axes)
    recipe = Recipe(
        np.sum, Pairwise(np.add), functools.partial(chunks.divided, count, dtype), {"dtype": inner}
    )
    return reduce_tree(
        x, recipe, dtype, axes, keepdims, split_every, out, prefix="mean", shared=moments
    )


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
    a, axis, dtype, keepdims, split_every, out
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


def _spread(
    a: Any, axis: Axis, dtype: Any, keepdims: bool, ddof: float, split_every: SplitEvery, out: Any,
    root: bool,
) -> Array:  # fmt: skip
    x = asanyarray(a)
    inner = _dtype_of(np.mean, x.dtype) if dtype is None else np.dtype(dtype)
    result = _dtype_of(np.var, x.dtype) if dtype is None else np.empty(0, dtype).real.dtype
    finish = functools.partial(chunks.variance_of, result, ddof, root)
    recipe = chunks.moments_recipe(2, _wide(inner), finish)
    prefix = "std" if root else "var"
    return reduce_tree(x, recipe, result, axis, keepdims, split_every, out, prefix=prefix)


__all__ = ["all", "any", "max", "mean", "min", "prod", "std", "sum", "var"]

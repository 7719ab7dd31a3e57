"""What all reductions share: their axes, dtypes, and what becomes of ``out``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from treadle.array.core import Array
from treadle.array.tree import Recipe, SplitEvery, tree_reduction
from treadle.base import current_annotations
from treadle.graph.source import outside_caller

Axis = int | Sequence[int] | None


def normalize_axes(axis: Axis, ndim: int) -> tuple[int, ...]:
    """Return the axes that are meant, sorted; all of them for None.

    >>> normalize_axes((-1, 0), 3), normalize_axes(None, 2)
    ((0, 2), (0, 1))
    """
    if axis is None:
        return tuple(range(ndim))
    return tuple(sorted(normalize_axis_tuple(axis, ndim)))


def positive_axes(split_every: SplitEvery, ndim: int) -> SplitEvery:
    """Return what was said for axes, which may be counted from the end."""
    if isinstance(split_every, Mapping):
        return {axis % max(ndim, 1): every for axis, every in split_every.items()}
    return split_every


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
    meta = meta_as(x.meta, np.dtype(dtype))
    every = positive_axes(split_every, x.ndim)
    expr = tree_reduction(
        x.expr, axes, bool(keepdims), recipe, meta, every, prefix=prefix,
        source=outside_caller(), annotations=current_annotations(), **options,
    )  # fmt: skip
    return into(out, Array(expr))


def meta_as(meta: Any, dtype: np.dtype[Any]) -> Any:
    """Return a meta of another dtype."""
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


def result_dtype(func: Any, dtype: Any) -> np.dtype[Any]:
    """Return the dtype of ``func`` of an array of this dtype."""
    given: np.dtype[Any] = np.dtype(dtype)
    if given.kind == "O":
        return given
    result: np.dtype[Any] = np.asarray(func(np.ones((1,), given))).dtype
    return result


def selected(x: Array, where: Any, otherwise: Any) -> Array:
    """Return the array with elements replaced where they are not asked for."""
    import treadle.array as da

    if where is True:
        return x
    return da.where(where, x, otherwise)  # type: ignore[no-any-return]


def check_not_empty(x: Array, axes: tuple[int, ...], what: str) -> None:
    """Raise ``ValueError`` if it is known that no element stands along the axes."""
    if any(x.shape[n] == 0 for n in axes) and not any(
        x.shape[n] == 0 for n in range(x.ndim) if n not in axes
    ):
        raise ValueError(
            f"zero-size array to reduction operation {what} which has no identity: shape {x.shape}"
        )


__all__: list[str] = []

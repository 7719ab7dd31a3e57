"""Largest elements, places in sorted arrays, and sorting along an axis."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from treadle.array import sorting_chunks as tasks
from treadle.array.chunks import is_known, starts
from treadle.array.core import Array, asanyarray, new_array
from treadle.array.expr import operand, per_position
from treadle.array.meta import meta_of
from treadle.array.reducing import meta_as, positive_axes
from treadle.array.tree import (
    Last,
    Pairwise,
    SplitEvery,
    TreeReduction,
    normalize_split_every,
)
from treadle.base import current_annotations
from treadle.graph.blockwise import Blockwise, Operand
from treadle.graph.source import outside_caller
from treadle.graph.tokenize import tokenize


def topk(a: Any, k: int, axis: int = -1, split_every: SplitEvery = None) -> Array:
    """Return the ``k`` largest elements along an axis, the largest first.

    Parameters
    ----------
    a : array_like
    k : int
        If negative, the ``-k`` smallest elements, the smallest first.
    axis : int
    split_every : int or dict, optional

    Returns
    -------
    Array

    Raises
    ------
    numpy.exceptions.AxisError
        If the axis is out of range.

    Examples
    --------
    >>> import treadle.array as da
    >>> x = da.from_array([5, 1, 3, 6], chunks=2)
    >>> da.topk(x, 2).compute(), da.topk(x, -2).compute()
    (array([6, 5]), array([1, 3]))
    """
    x = asanyarray(a)
    axis = _axis(x, axis)
    k = int(k)
    recipe = functools.partial(tasks.top, k, axis)
    merge = functools.partial(tasks.top_of_all, k, axis)
    last = Last(merge, functools.partial(tasks.top_in_order, k, axis), ())
    token = tokenize(x.name, k, axis)
    partials = Blockwise.call(
        f"topk-partial-{token}", x.numblocks, recipe, [operand(x.expr, list(range(x.ndim)))]
    )
    return _tops("topk", token, x, k, axis, partials, merge, last, x.meta, split_every)


def argtopk(a: Any, k: int, axis: int = -1, split_every: SplitEvery = None) -> Array:
    """Return the places of the ``k`` largest elements along an axis; see :func:`topk`.

    Raises
    ------
    ValueError
        If lengths along the axis are not known.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.argtopk(da.from_array([5, 1, 3, 6], chunks=2), 2).compute()
    array([3, 0])
    """
    x = asanyarray(a)
    axis = _axis(x, axis)
    k = int(k)
    if not is_known([x.chunks[axis]]):
        raise ValueError(
            "argtopk counts places along an axis of unknown lengths; call compute_chunk_sizes() "
            "first"
        )
    merge = functools.partial(tasks.places_of_all, k, axis)
    last = Last(merge, functools.partial(tasks.places_in_order, k, axis), ())
    token = tokenize(x.name, k, axis)
    begins = per_position(
        *[starts(n)[:-1] if d == axis else [0] * len(n) for d, n in enumerate(x.chunks)]
    )
    partials = Blockwise.call(
        f"argtopk-partial-{token}", x.numblocks, functools.partial(tasks.top_with_places, k, axis),
        [operand(x.expr, list(range(x.ndim))), begins],
    )  # fmt: skip
    meta = meta_as(x.meta, np.dtype(np.intp))
    return _tops("argtopk", token, x, k, axis, partials, merge, last, meta, split_every)


def _axis(x: Array, axis: int) -> int:
    return int(normalize_axis_index(axis, x.ndim))


def _tops(
    prefix: str,
    token: str,
    x: Array,
    k: int,
    axis: int,
    partials: Blockwise,
    merge: Any,
    last: Any,
    meta: Any,
    split_every: SplitEvery,
) -> Array:
    total = x.shape[axis]
    length = min(abs(k), total) if total == total else np.nan
    chunks: Any = (*x.chunks[:axis], (length,), *x.chunks[axis + 1 :])
    every = normalize_split_every(positive_axes(split_every, x.ndim), (axis,))
    name = f"{prefix}-{tokenize(token, every[axis])}"
    return Array(
        TreeReduction(
            name,
            chunks,
            meta,
            partials,
            (axis,),
            True,
            merge,
            last,
            every,
            source=outside_caller(),
            annotations=current_annotations(),
        )
    )


def searchsorted(a: Any, v: Any, side: str = "left", sorter: Any = None) -> Array:
    """Return the places at which elements would keep a sorted array sorted.

    Parameters
    ----------
    a : array_like
        Sorted, of one dimension.
    v : array_like
    side : {"left", "right"}
        Before or after elements that are equal.
    sorter : array_like of int, optional
        Places of ``a``'s elements in sorted order, as :func:`argsort` gives them.

    Returns
    -------
    Array
        Of the shape of ``v``.

    Raises
    ------
    ValueError
        If ``a`` has not one dimension, or there is no such side.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.searchsorted(da.from_array([1, 3, 5, 7], chunks=2), [0, 4, 7]).compute()
    array([0, 2, 3])
    """
    if side not in ("left", "right"):
        raise ValueError(f"side is 'left' or 'right', not {side!r}")
    ordered = asanyarray(a)
    wanted = asanyarray(v)
    if ordered.ndim != 1:
        raise ValueError(f"searchsorted takes a sorted array of 1 dimension, not {ordered.ndim}")
    if sorter is not None:
        ordered = ordered[asanyarray(sorter)]
    # The place in the whole is the sum of the places in its blocks.
    token = tokenize(ordered.name, wanted.name, side)
    axes = [n + 1 for n in range(wanted.ndim)]
    partials = Blockwise.call(
        f"searchsorted-partial-{token}", ordered.numblocks + wanted.numblocks, tasks.places,
        [operand(ordered.expr, (0,)), operand(wanted.expr, axes), side],
    )  # fmt: skip
    every = normalize_split_every(None, (0,))
    meta = meta_of(np.empty((), np.intp), wanted.ndim)
    merge = Pairwise(np.add)
    expr = TreeReduction(
        f"searchsorted-{token}", wanted.chunks, meta, partials, (0,), False, merge,
        Last(merge, None, (0,)), every,
        source=outside_caller(), annotations=current_annotations(),
    )  # fmt: skip
    return Array(expr)


def sort(a: Any, axis: int = -1, *, descending: bool = False, stable: bool = True) -> Array:
    """Return the array sorted along an axis, in blocks that are whole along it.

    Parameters
    ----------
    a : array_like
        It is rechunked so that blocks are whole along the axis, which must fit into memory.
    axis : int
    descending : bool
    stable : bool
        Equal elements stay in their order.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.sort(da.from_array([5, 1, 3], chunks=2), descending=True).compute()
    array([5, 3, 1])
    """
    return _sorted("sort", tasks.sorted_block, a, axis, descending, stable)


def argsort(a: Any, axis: int = -1, *, descending: bool = False, stable: bool = True) -> Array:
    """Return the places that would sort an array along an axis; parameters are :func:`sort`'s.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.argsort(da.from_array([5, 1, 3], chunks=2)).compute()
    array([1, 2, 0])
    """
    return _sorted("argsort", tasks.sorting_places, a, axis, descending, stable)


def _sorted(what: str, func: Any, a: Any, axis: int, descending: bool, stable: bool) -> Array:
    x = asanyarray(a)
    axis = _axis(x, axis)
    if x.numblocks[axis] > 1:
        others = {n: "auto" for n in range(x.ndim) if n != axis}
        x = x.rechunk({axis: -1, **others})
    meta = x.meta if what == "sort" else meta_as(x.meta, np.dtype(np.intp))

    def body(name: str) -> Blockwise:
        source: Operand = operand(x.expr, list(range(x.ndim)))
        return Blockwise.call(
            name, x.numblocks, func, [source, axis, bool(descending), bool(stable)]
        )

    return new_array(what, (x.name, axis, descending, stable), x.chunks, meta, body)


__all__ = ["argsort", "argtopk", "searchsorted", "sort", "topk"]

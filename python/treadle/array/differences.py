"""Differences and slopes along a dimension, block by block with a look at the neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from treadle.array.block_ends import along, beside, ends, with_long_blocks
from treadle.array.broadcasting import broadcast_to
from treadle.array.core import Array, asanyarray, new_array
from treadle.array.expr import operand
from treadle.array.finalize import concatenate_blocks
from treadle.array.joining import concatenate
from treadle.array.meta import compute_meta, meta_of
from treadle.array.reshaping import ravel
from treadle.graph.blockwise import Blockwise
from treadle.graph.expr import Expr


def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Array:
    """Return the differences of neighbours along a dimension.

    Parameters
    ----------
    a : array_like
    n : int
        How often differences are taken.
    axis : int
    prepend, append : array_like, optional
        What is put before and after the array.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If ``n`` is negative, or the array has no dimension.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.diff(da.arange(5, chunks=2) ** 2).compute()
    array([1, 3, 5, 7])
    """
    if n < 0:
        raise ValueError(f"differences are taken 0 times or more, not {n} times")
    x = asanyarray(a)
    if n == 0:
        return x
    if not x.ndim:
        raise ValueError("differences are taken along a dimension, and there is none")
    axis = normalize_axis_index(axis, x.ndim)
    parts = [_beside(x, prepend, axis), x, _beside(x, append, axis)]
    if prepend is not None or append is not None:
        x = concatenate([part for part in parts if part is not None], axis)
    x = with_long_blocks(x, axis, n + 1)
    lengths = x.chunks[axis]
    left = (*lengths[:-1], max(lengths[-1] - n, 0))
    chunks = tuple(left if m == axis else along for m, along in enumerate(x.chunks))
    meta = compute_meta(np.diff, x.meta, n, axis)

    def body(name: str) -> Expr:
        block = operand(x.expr, range(x.ndim))
        if len(lengths) == 1:
            return Blockwise.call(name, x.numblocks, np.diff, [block, n, axis])
        after = beside(ends(x, axis, n, last=False), axis, 1)
        place = along(axis, [False] * (len(lengths) - 1) + [True])
        return Blockwise.call(name, x.numblocks, diff_of, [block, after, place, n, axis])

    meta = x.meta if meta is None else meta
    return new_array("diff", (x.name, n, axis), chunks, meta_of(meta, x.ndim), body)


def _beside(a: Array, part: Any, axis: int) -> Array | None:
    """Return what is put before or after an array; a scalar is repeated along all other axes."""
    if part is None:
        return None
    found = asanyarray(part)
    if found.ndim:
        return found
    return broadcast_to(
        found, tuple(1 if n == axis else length for n, length in enumerate(a.shape))
    )


def diff_of(block: Any, after: Any, place: tuple[bool], n: int, axis: int) -> Any:
    """Return the differences in a block and up to the one after it, if there is one."""
    (last,) = place
    if not last:
        block = concatenate_blocks([block, after], axis)
    return np.diff(block, n, axis)


def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Array:
    """Return the differences of neighbours among all elements, in C order.

    Parameters
    ----------
    ary : array_like
    to_end, to_begin : array_like, optional
        What stands after and before the differences.

    Returns
    -------
    Array

    Raises
    ------
    TypeError
        If ``to_end`` or ``to_begin`` can't be cast to the array's kind of dtype.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.ediff1d(da.arange(4, chunks=2), to_begin=-1).compute()
    array([-1,  1,  1,  1])
    """
    ary = asanyarray(ary)
    if ary.dtype == bool:
        raise TypeError(
            "differences of booleans are not defined; logical_xor, or astype(int) first"
        )
    parts = [diff(ravel(ary))]
    for name, part in (("to_begin", to_begin), ("to_end", to_end)):
        if part is None:
            continue
        part = ravel(part)
        if not np.can_cast(part.dtype, ary.dtype, "same_kind"):
            raise TypeError(f"{name} has dtype {part.dtype}, which can't become {ary.dtype}")
        parts.insert(0 if name == "to_begin" else len(parts), part.astype(ary.dtype))
    return concatenate(parts)


def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Return the slopes of an array along its dimensions, of second order inside.

    Parameters
    ----------
    f : array_like
    *varargs : scalar or array_like
        Distances between neighbours: one for all dimensions, or one for each, or the coordinates
        along each.
    axis : int or sequence of int, optional
        All of them without it.
    edge_order : {1, 2}
        Order at the borders.

    Returns
    -------
    Array or tuple of Array
        One for each dimension; an array if there is one.

    Raises
    ------
    ValueError
        If a dimension is too short, or coordinates don't fit.
    TypeError
        If there are not as many distances as dimensions.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.gradient(da.arange(5, chunks=2) ** 2).compute()
    array([1., 2., 4., 6., 7.])
    """
    f = asanyarray(f)
    axes = tuple(range(f.ndim)) if axis is None else normalize_axis_tuple(axis, f.ndim)
    if edge_order not in (1, 2):
        raise ValueError(f"edge_order must be 1 or 2, not {edge_order}")
    found = [
        _gradient_along(f, n, spacing, edge_order)
        for n, spacing in zip(axes, _spacings(varargs, len(axes)), strict=True)
    ]
    return found[0] if len(found) == 1 else tuple(found)


def _spacings(varargs: Sequence[Any], count: int) -> list[Any]:
    """Return a distance, or coordinates, for each of ``count`` dimensions."""
    if not varargs:
        return [1.0] * count
    if len(varargs) == 1 and np.ndim(varargs[0]) == 0:
        return list(varargs) * count
    if len(varargs) != count:
        raise TypeError(f"there are {len(varargs)} distances for {count} dimensions")
    return list(varargs)


def _gradient_along(f: Array, axis: int, spacing: Any, edge_order: int) -> Array:
    length = f.shape[axis]
    f = with_long_blocks(f, axis, edge_order)
    if length < edge_order + 1:
        raise ValueError(
            f"axis {axis} has {length} elements; slopes of order {edge_order} need "
            f"{edge_order + 1} or more"
        )
    if np.ndim(spacing):
        spacing = np.asarray(spacing)
        if spacing.ndim != 1:
            raise ValueError(f"coordinates have one dimension, not {spacing.ndim}")
        if len(spacing) != length:
            raise ValueError(
                f"there are {len(spacing)} coordinates for the {length} of axis {axis}"
            )
    sample = np.gradient(np.zeros(3, f.dtype), spacing[:3] if np.ndim(spacing) else spacing)
    count = f.numblocks[axis]
    begin = np.cumsum([0, *f.chunks[axis]]).tolist()
    places = [
        (
            n == 0,
            n == count - 1,
            spacing[max(low - 1, 0) : high + 1] if np.ndim(spacing) else spacing,
        )
        for n, (low, high) in enumerate(pairwise(begin))
    ]

    def body(name: str) -> Expr:
        block = operand(f.expr, range(f.ndim))
        before: Any = None
        after: Any = None
        if count > 1:
            before = beside(ends(f, axis, 1, last=True), axis, -1)
            after = beside(ends(f, axis, 1, last=False), axis, 1)
        args = [block, before, after, along(axis, places), axis, edge_order]
        return Blockwise.call(name, f.numblocks, gradient_of, args)

    token = (f.name, axis, spacing, edge_order)
    return new_array("gradient", token, f.chunks, meta_of(f.meta, f.ndim, sample.dtype), body)


def gradient_of(
    block: Any, before: Any, after: Any, place: tuple[Any], axis: int, edge_order: int
) -> Any:
    """Return the slopes in a block, given what lies beside it."""
    ((first, last, spacing),) = place
    parts = [block]
    if not first:
        parts.insert(0, before)
    if not last:
        parts.append(after)
    whole = concatenate_blocks(parts, axis) if len(parts) > 1 else block
    options: Any = {"axis": axis, "edge_order": edge_order}
    slopes = np.gradient(whole, spacing, **options)
    inner = slice(0 if first else 1, None if last else -1)
    return slopes[(slice(None),) * axis + (inner,)]


__all__ = ["diff", "ediff1d", "gradient"]

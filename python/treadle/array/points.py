"""Integers in blocks as an index: the places are not known before the blocks are there.

Every block of the index meets every block of the array along the indexed dimensions, and takes
from it what it has; what was found for a block of the index is then put in order.  So a block of
the array is let go of when all have met it, and what is kept is only what was asked for.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np

import treadle.array as da
from treadle.array.basic_indexing import WHOLE
from treadle.array.chunks import Chunks, is_known, starts
from treadle.array.core import Array, new_array
from treadle.array.elementwise import broadcast_shapes, match_blocks
from treadle.array.expr import matching_axes
from treadle.array.finalize import concatenate_blocks
from treadle.array.meta import meta_of
from treadle.graph.blockwise import Axis, Blockwise, GridValues, Operand
from treadle.graph.expr import Expr
from treadle.graph.gather import Gather
from treadle.graph.layer import Inputs
from treadle.graph.template import Template
from treadle.graph.tokenize import tokenize


def take_points(x: Array, axes: tuple[int, ...], arrays: list[Any], position: int) -> Array:
    """Return elements of ``x``, pointwise along ``axes``.

    Parameters
    ----------
    arrays : list of Array or array
        Integers, for each of the axes.
    position : int
        Where the dimensions of the index stand in the result.

    Raises
    ------
    ValueError
        If blocks of the indexed dimensions have unknown lengths.
    """
    along = [x.chunks[axis] for axis in axes]
    if not is_known(along):
        raise ValueError(
            f"axis {axes[0]} has blocks of unknown lengths, so integers in blocks can't be looked "
            "up in it; call compute_chunk_sizes() first"
        )
    arrays = [item if isinstance(item, Array) else da.from_array(item) for item in arrays]
    try:
        broadcast_shapes(*[item.shape for item in arrays])
    except ValueError:
        text = " ".join(str(item.shape) for item in arrays)
        raise IndexError(
            f"shape mismatch: indexing arrays could not be broadcast together with shapes {text}"
        ) from None
    arrays = match_blocks(arrays)
    shared = _shared_chunks(arrays)
    others = [lengths for n, lengths in enumerate(x.chunks) if n not in axes]
    chunks: Chunks = (*others[:position], *shared, *others[position:])
    token = (x.name, axes, [item.name for item in arrays], position)
    meta = meta_of(x.meta, len(chunks))

    def body(name: str) -> Expr:
        return _looked_up(name, x, axes, arrays, chunks, position, len(shared))

    return new_array("getitem", token, chunks, meta, body)


def _shared_chunks(arrays: list[Array]) -> Chunks:
    """Return the chunks of arrays that are broadcast together, whose blocks match."""
    ndim = max(item.ndim for item in arrays)
    found = []
    for n in range(ndim - 1, -1, -1):
        along = [item.chunks[-1 - n] for item in arrays if item.ndim > n]
        found.append(next((lengths for lengths in along if sum(lengths) != 1), along[0]))
    return tuple(found)


class _Grid(Expr):
    """Gives ``matching_axes`` the grid of the index."""

    def __init__(self, numblocks: tuple[int, ...]):
        super().__init__("grid", numblocks)


def _looked_up(
    name: str,
    x: Array,
    axes: tuple[int, ...],
    arrays: list[Array],
    chunks: Chunks,
    position: int,
    ndim: int,
) -> Expr:
    out = tuple(map(len, chunks))
    counts = tuple(len(x.chunks[axis]) for axis in axes)
    index_axes = range(position, position + ndim)
    outer = iter(n for n in range(len(out)) if n not in index_axes)
    follow = [
        Axis(len(out) + axes.index(n)) if n in axes else Axis(next(outer)) for n in range(x.ndim)
    ]
    borders = [
        [(a, b, x.shape[axis]) for a, b in pairwise(starts(x.chunks[axis]))] for axis in axes
    ]
    limits = Operand(GridValues(*borders), tuple(Axis(len(out) + n) for n in range(len(axes))))
    grid = _Grid(out[position : position + ndim])
    indices = [
        Operand(
            item.expr,
            tuple(
                Axis(None) if axis.axis is None else Axis(axis.axis + position)
                for axis in matching_axes(item.expr, grid)
            ),
        )
        for item in arrays
    ]
    found = Blockwise.call(
        f"find-{tokenize(name)}", (*out, *counts), find_points,
        [Operand(x.expr, tuple(follow)), limits, axes, *indices],
    )  # fmt: skip
    every = math.prod(counts)
    rows = math.prod(out)

    def inputs() -> Inputs:
        blocks = np.arange(rows * every).reshape(rows, every)
        return Inputs.regular([found.name] * every, blocks)

    template = Template((position, *[None] * every), tuple(range(1, every + 1)), (), {}, ())
    return Gather(
        name, out, (found,), put_points, inputs, templates=lambda: [template] * rows,
    )  # fmt: skip


def find_points(
    block: Any, limits: tuple[Any, ...], axes: tuple[int, ...], *indices: Any
) -> tuple[Any, ...]:
    """Return which points lie in a block, and their elements, which stand first."""
    whole = np.broadcast_arrays(*map(np.asarray, indices))
    inside: Any = True
    local = []
    for places, (start, stop, total), axis in zip(whole, limits, axes, strict=True):
        flat = places.ravel()
        if flat.size and (flat.min() < -total or flat.max() >= total):
            wrong = flat.min() if flat.min() < -total else flat.max()
            raise IndexError(f"index {wrong} is out of bounds for axis {axis} with size {total}")
        flat = np.where(flat < 0, flat + total, flat)
        inside = inside & (flat >= start) & (flat < stop)
        local.append(flat - start)
    (points,) = np.nonzero(inside)
    entries = dict(zip(axes, local, strict=True))
    index = tuple(entries[n][points] if n in entries else WHOLE for n in range(block.ndim))
    taken = block[index]
    now = axes[0] if axes[-1] - axes[0] == len(axes) - 1 else 0
    return whole[0].shape, points, np.moveaxis(taken, now, 0)


def put_points(position: int, *parts: Any) -> Any:
    """Put elements in the order of the index, and the dimensions of the index in their place."""
    shape = parts[0][0]
    order = np.argsort(np.concatenate([points for _, points, _ in parts]), kind="stable")
    elements = concatenate_blocks([taken for _, _, taken in parts], 0)[order]
    elements = elements.reshape((*shape, *elements.shape[1:]))
    return np.moveaxis(elements, range(len(shape)), range(position, position + len(shape)))

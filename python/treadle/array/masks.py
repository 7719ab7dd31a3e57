"""Booleans in blocks as an index: every block keeps some of its elements, nobody knows how many.

A mask of several dimensions takes elements in the order of the whole array, so the blocks must be
whole along all but the first of them; where they are not, these dimensions are put into one.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import treadle.array as da
from treadle.array.basic_indexing import WHOLE
from treadle.array.chunks import Chunks, is_known, unify
from treadle.array.core import Array, new_array
from treadle.array.expr import operand
from treadle.array.meta import meta_of
from treadle.graph.blockwise import Axis, Blockwise


def take_mask(x: Array, axis: int, mask: Array, position: int) -> Array:
    """Return the elements where ``mask`` is true, which stands for dimensions from ``axis`` on.

    Parameters
    ----------
    position : int
        Where the dimension of the elements stands in the result.

    Raises
    ------
    ValueError
        If blocks of unknown lengths would have to be matched or put in order.
    """
    x, mask = matched(x, axis, mask)
    inner = range(axis + 1, axis + mask.ndim)
    if any(len(x.chunks[n]) > 1 for n in inner):
        axes = range(axis, axis + mask.ndim)
        if not is_known(x.chunks[n] for n in axes):
            raise ValueError(
                f"booleans along axes {axis} to {axes[-1]} take elements in the order of the whole "
                "array, and its blocks have unknown lengths; call compute_chunk_sizes() first"
            )
        total = math.prod(x.shape[n] for n in axes)
        x = da.reshape(x, (*x.shape[:axis], total, *x.shape[axis + mask.ndim :]))
        x, mask = matched(x, axis, da.reshape(mask, (total,)))
    return _take(x, axis, mask, position)


def matched(x: Array, axis: int, mask: Array) -> tuple[Array, Array]:
    """Return array and mask with the same blocks along the dimensions they share."""
    target: list[Any] = []
    for n, lengths in enumerate(mask.chunks):
        own = x.chunks[axis + n]
        if not is_known([own, lengths]) and len(own) == len(lengths):
            target.append(None)  # nobody can tell before the blocks are there
        else:
            target.append(unify([own, lengths]))
    along = {n: lengths for n, lengths in enumerate(target) if lengths is not None}
    if any(mask.chunks[n] != lengths for n, lengths in along.items()):
        mask = da.rechunk(mask, along)
    if any(x.chunks[axis + n] != lengths for n, lengths in along.items()):
        x = da.rechunk(x, {axis + n: lengths for n, lengths in along.items()})
    return x, mask


def _take(x: Array, axis: int, mask: Array, position: int) -> Array:
    width = mask.ndim
    chunks: list[Any] = [*x.chunks[:axis], *x.chunks[axis + width :]]
    chunks.insert(position, (math.nan,) * len(x.chunks[axis]))
    found: Chunks = tuple(chunks)
    outer = iter(n for n in range(len(found)) if n != position)
    axes = [
        Axis(position)
        if n == axis
        else Axis(None)
        if axis < n < axis + width
        else Axis(next(outer))
        for n in range(x.ndim)
    ]

    def body(name: str) -> Blockwise:
        args = [
            operand(x.expr, axes),
            operand(mask.expr, axes[axis : axis + width]),
            axis,
            position,
        ]
        return Blockwise.call(name, tuple(map(len, found)), where_true, args)

    token = (x.name, axis, mask.name, position)
    return new_array("getitem", token, found, meta_of(x.meta, len(found)), body)


def where_true(block: Any, mask: Any, axis: int, position: int) -> Any:
    """Return the elements of a block where its mask is true."""
    found = block[(WHOLE,) * axis + (np.asarray(mask),)]
    return found if axis == position else np.moveaxis(found, axis, position)

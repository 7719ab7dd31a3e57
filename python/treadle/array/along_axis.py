"""``take_along_axis``: elements along one dimension, at places that differ from line to line.

Where the dimension has several blocks, each meets the places that are asked for and gives what it
has of them; a block of the result is then put together from what was found.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np

import treadle.array as da
from treadle.array.chunks import Chunks, is_known, starts, unify
from treadle.array.core import Array, asanyarray, new_array
from treadle.array.finalize import concatenate_blocks
from treadle.array.meta import meta_of
from treadle.array.setting import check_places
from treadle.graph.blockwise import Axis, Blockwise, GridValues, Operand
from treadle.graph.expr import Expr
from treadle.graph.gather import Gather
from treadle.graph.layer import Inputs
from treadle.graph.tokenize import tokenize


def take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Array:
    """Take elements along one dimension, at places for each line along it.

    Parameters
    ----------
    arr : array_like
    indices : array_like of int
        Of as many dimensions; the others are broadcast together.
    axis : int, optional
        Without it, of the elements along one dimension.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If the numbers of dimensions differ, or the length of the dimension is not known.
    IndexError
        If the places are no integers; computing raises it if one is out of bounds.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> x = da.from_array(np.array([[3, 1, 2], [6, 5, 4]]), chunks=2)
    >>> da.take_along_axis(x, da.from_array(np.array([[1], [2]])), axis=1).compute()
    array([[1],
           [4]])
    """
    arr, indices = asanyarray(arr), asanyarray(indices)
    if axis is None:
        arr, axis = da.ravel(arr), 0
    axis = np.lib.array_utils.normalize_axis_index(axis, arr.ndim)
    if arr.ndim != indices.ndim:
        raise ValueError(
            "`indices` and `arr` must have the same number of dimensions, not "
            f"{indices.ndim} and {arr.ndim}"
        )
    if indices.dtype.kind not in "iu":
        raise IndexError("`indices` must be an integer array")
    if not is_known([arr.chunks[axis]]):
        raise ValueError(
            f"axis {axis} has blocks of unknown lengths, so places in it can't be found; call "
            "compute_chunk_sizes() first"
        )
    chunks = _matched(arr, indices, axis)
    arr = _rechunked(arr, chunks, axis)
    indices = _rechunked(indices, chunks, axis)
    token = (arr.name, indices.name, axis)
    meta = meta_of(arr.meta, arr.ndim)
    return new_array(
        "take_along_axis",
        token,
        chunks,
        meta,
        lambda name: _found(name, arr, indices, axis, chunks),
    )


def _matched(arr: Array, indices: Array, axis: int) -> Chunks:
    """Return the blocks of the result."""
    found = []
    for n, (a, b) in enumerate(zip(arr.chunks, indices.chunks, strict=True)):
        if n == axis or sum(a) == 1 or a == b:
            found.append(b)
        elif sum(b) == 1:
            found.append(a)
        elif sum(a) != sum(b):
            raise ValueError(
                f"shapes {arr.shape} and {indices.shape} can't be broadcast along axis {n}"
            )
        else:
            found.append(unify([a, b]))
    return tuple(found)


def _rechunked(x: Array, chunks: Chunks, axis: int) -> Array:
    """Return an array whose blocks match those of the result, or stay in one where broadcast."""
    target = {}
    for n, lengths in enumerate(chunks):
        wanted = (1,) if sum(x.chunks[n]) == 1 != sum(lengths) else lengths
        if n != axis and x.chunks[n] != wanted:
            target[n] = wanted
    return da.rechunk(x, target) if target else x


def _found(name: str, arr: Array, indices: Array, axis: int, chunks: Chunks) -> Expr:
    counts = tuple(map(len, chunks))
    every = arr.numblocks[axis]

    def follow(x: Array) -> list[Axis]:
        return [
            Axis(None) if count == 1 and counts[n] != 1 else Axis(n)
            for n, count in enumerate(x.numblocks)
        ]

    along, places = follow(arr), follow(indices)
    if every == 1:
        along[axis] = Axis(None)
        args = [Operand(arr.expr, tuple(along)), Operand(indices.expr, tuple(places)), axis]
        return Blockwise.call(name, counts, take_lines, args)
    along[axis] = Axis(arr.ndim)
    limits = [(a, b, arr.shape[axis]) for a, b in pairwise(starts(arr.chunks[axis]))]
    parts = Blockwise.call(
        f"find-{tokenize(name)}", (*counts, every), find_in_lines,
        [
            Operand(arr.expr, tuple(along)),
            Operand(indices.expr, tuple(places)),
            axis,
            Operand(GridValues(limits), (Axis(arr.ndim),)),
        ],
    )  # fmt: skip
    rows = math.prod(counts)

    def inputs() -> Inputs:
        return Inputs.regular([parts.name] * every, np.arange(rows * every).reshape(rows, every))

    return Gather(name, counts, (parts,), put_in_lines, inputs, templates=lambda: [None] * rows)


def take_lines(block: Any, places: Any, axis: int) -> Any:
    """Return elements along one dimension; the others are broadcast."""
    places = check_places(np.asarray(places), block.shape[axis], axis)
    return np.take_along_axis(*_broadcast(block, places, axis), axis)


def _broadcast(block: Any, places: Any, axis: int) -> tuple[Any, Any]:
    ends = [tuple(1 if n == axis else length for n, length in enumerate(item.shape))
            for item in (block, places)]  # fmt: skip
    shape = np.broadcast_shapes(*ends)
    return tuple(
        np.broadcast_to(item, (*shape[:axis], item.shape[axis], *shape[axis + 1 :]), subok=True)
        for item in (block, places)
    )  # type: ignore[return-value]


def find_in_lines(
    block: Any, places: Any, axis: int, limits: tuple[tuple[int, int, int]]
) -> tuple[Any, ...]:
    """Return the shape of a block of places, which of them lie in ``block``, and what is there."""
    ((start, stop, total),) = limits
    places = check_places(np.asarray(places), total, axis)
    block, places = _broadcast(block, places, axis)
    inside = (places >= start) & (places < stop)
    (flat,) = np.nonzero(inside.ravel())
    if not len(flat):
        return inside.shape, flat, block.reshape(-1)[:0]
    index = list(np.unravel_index(flat, inside.shape))
    index[axis] = places[inside] - start
    return inside.shape, flat, block[tuple(index)]


def put_in_lines(*parts: Any) -> Any:
    """Put what was found in blocks where it was asked for."""
    shape = parts[0][0]
    order = np.argsort(np.concatenate([flat for _, flat, _ in parts]), kind="stable")
    return concatenate_blocks([found for _, _, found in parts], 0)[order].reshape(shape)

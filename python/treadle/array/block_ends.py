"""The ends of blocks beside other blocks: what differences along a dimension take.

>>> at_least((1, 4, 2, 1), 2)
(5, 3)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from treadle.array.basic_indexing import take
from treadle.array.chunks import is_known
from treadle.array.core import Array, new_array
from treadle.array.expr import operand
from treadle.array.rechunk import rechunk
from treadle.graph.blockwise import Axis, Blockwise, GridValues, Operand


def at_least(lengths: tuple[int, ...], least: int) -> tuple[int, ...]:
    """Join blocks with their neighbours until none is shorter than ``least``, if that can be."""
    found: list[int] = []
    for length in lengths:
        if found and found[-1] < least:
            found[-1] += length
        else:
            found.append(length)
    if len(found) > 1 and found[-1] < least:
        found[-2:] = [found[-2] + found[-1]]
    return tuple(found)


def with_long_blocks(x: Array, axis: int, least: int) -> Array:
    """Return the array in blocks of ``least`` or more elements along an axis.

    Raises
    ------
    ValueError
        If lengths along the axis are not known.
    """
    lengths = x.chunks[axis]
    if not is_known([lengths]):
        raise ValueError(
            f"lengths of blocks along axis {axis} are not known: {lengths}; call "
            "compute_chunk_sizes() first"
        )
    return rechunk(x, {axis: at_least(lengths, least)})


def ends(x: Array, axis: int, depth: int, *, last: bool) -> Array:
    """Return the first, or last, elements of every block along an axis."""
    chunks = tuple(
        (depth,) * len(lengths) if n == axis else lengths for n, lengths in enumerate(x.chunks)
    )
    cut = slice(-depth, None) if last else slice(0, depth)
    index = (*(slice(None),) * axis, cut)
    return new_array(
        "last" if last else "first",
        (x.name, axis, depth),
        chunks,
        x.meta,
        lambda name: Blockwise.call(
            name, x.numblocks, take, [operand(x.expr, range(x.ndim)), index]
        ),
    )


def beside(x: Array, axis: int, offset: int) -> Operand:
    """Return the blocks ``offset`` further along an axis; at the border, the last there is."""
    count = x.numblocks[axis]
    table = tuple(np.clip(np.arange(count) + offset, 0, count - 1).tolist())
    return operand(x.expr, [Axis(n, table) if n == axis else Axis(n) for n in range(x.ndim)])


def along(axis: int, values: list[Any]) -> Operand:
    """Return a value for each place along an axis, in a tuple of one."""
    return Operand(GridValues(values), (Axis(axis),))

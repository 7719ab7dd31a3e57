"""Blocks enlarged by the borders of their neighbours, and cut back.

::

    block ──► strips: its first and last elements along each axis, copied: a small tuple
      │          │
      └──► enlarged(block, strips of all neighbours) ──► the user's function ──► trimmed

The big part of every block is copied once, into its enlarged block.  Strips are all that moves to
other workers, and no block has to wait in memory until all its neighbours are there.  Enlarged
blocks are calls on a grid, so the user's function and the cut are part of their tasks.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any, TypeAlias

import numpy as np

from treadle.array.chunks import Chunks
from treadle.array.expr import ArrayExpr
from treadle.array.finalize import concatenate_blocks
from treadle.graph.blockwise import Axis, Blockwise, GridValues, Operand
from treadle.graph.tokenize import tokenize

#: How many elements of the neighbours before and after, for each axis.
Depths: TypeAlias = tuple[tuple[int, int], ...]
#: For each axis "none", "reflect", "periodic", "nearest", or ``("constant", value)``.
Boundaries: TypeAlias = tuple[Any, ...]
#: -1, 0 or 1 for each axis.
Direction: TypeAlias = tuple[int, ...]


def enlarged_chunks(chunks: Chunks, depths: Depths, boundaries: Boundaries) -> Chunks:
    """Return the lengths of enlarged blocks.

    >>> enlarged_chunks(((4, 4), (5,)), ((1, 2), (0, 0)), ("none", "none"))
    ((6, 5), (5,))
    """
    found = []
    for lengths, (before, after), boundary in zip(chunks, depths, boundaries, strict=True):
        along = [length + before + after for length in lengths]
        if boundary == "none":
            along[0] -= before
            along[-1] -= after
        found.append(tuple(along))
    return tuple(found)


def enlarged(name: str, array: ArrayExpr, depths: Depths, boundaries: Boundaries) -> Blockwise:
    """Return the grid of calls that makes enlarged blocks."""
    ndim = array.ndim
    axes = [axis for axis in range(ndim) if any(depths[axis])]
    own = tuple(Axis(n) for n in range(ndim))
    strips = Blockwise.call(
        f"borders-{tokenize('borders', array.name, depths)}", array.numblocks, borders,
        [Operand(array, own), depths], source=array.source, annotations=array.annotations,
    )  # fmt: skip
    directions = _directions(depths)
    operands = []
    for direction in directions:
        along = [
            _followed(n, step, array.numblocks[n], boundaries[n]) if step else Axis(n)
            for n, step in enumerate(direction)
        ]
        operands.append(Operand(strips, tuple(along)))
    ends = GridValues(*[_ends(array.numblocks[n], boundaries[n]) for n in axes])
    plan = Enlarging(depths, boundaries, tuple(axes), directions)
    return Blockwise.call(
        name, array.numblocks, plan,
        [Operand(ends, tuple(map(Axis, axes))), Operand(array, own), *operands],
        source=array.source, annotations=array.annotations,
    )  # fmt: skip


def _directions(depths: Depths) -> tuple[Direction, ...]:
    """Return the directions in which there are neighbours that are needed."""
    steps = [
        tuple(step for step, needed in ((-1, before), (0, True), (1, after)) if needed)
        for before, after in depths
    ]
    return tuple(direction for direction in product(*steps) if any(direction))


def _followed(axis: int, step: int, count: int, boundary: Any) -> Axis:
    """Return which block along an axis is the neighbour; past the ends the block itself, whose
    strips are not used then, or the one at the other end."""
    if boundary == "periodic":
        return Axis(axis, tuple((n + step) % count for n in range(count)))
    return Axis(axis, tuple(min(max(n + step, 0), count - 1) for n in range(count)))


def _ends(count: int, boundary: Any) -> list[tuple[bool, bool]]:
    """Tell for each block along an axis whether it is where the array begins, and ends."""
    if boundary == "periodic":
        return [(False, False)] * count
    return [(n == 0, n == count - 1) for n in range(count)]


def borders(block: Any, depths: Depths) -> tuple[Any, ...]:
    """Return what the neighbours of a block take of it: copies of its first and last elements.

    They are for each axis the strip that the block before takes, and the one for the block after.
    """
    strips = []
    for axis, (before, after) in enumerate(depths):
        if before or after:
            length = block.shape[axis]
            strips.append(_copied(block, axis, slice(0, after)))
            strips.append(_copied(block, axis, slice(length - before, length)))
    return tuple(strips)


def _copied(block: Any, axis: int, entry: slice) -> Any:
    part = block[(slice(None),) * axis + (entry,)]
    return part.copy() if hasattr(part, "copy") else part


class Enlarging:
    """Puts a block and the strips of its neighbours together: ``(ends, block, *strips)``.

    Parameters
    ----------
    depths, boundaries
    axes : tuple of int
        Those along which blocks are enlarged.
    directions : tuple of tuple of int
        Where each neighbour is.
    """

    __name__ = "enlarge"

    def __init__(
        self,
        depths: Depths,
        boundaries: Boundaries,
        axes: tuple[int, ...],
        directions: tuple[Direction, ...],
    ):
        self.depths = depths
        self.boundaries = boundaries
        self.axes = axes
        self.directions = directions

    def __reduce__(self) -> Any:
        return Enlarging, (self.depths, self.boundaries, self.axes, self.directions)

    def __call__(self, ends: tuple[tuple[bool, bool], ...], block: Any, *strips: Any) -> Any:
        begins = dict.fromkeys(range(len(self.depths)), (False, False))
        begins |= zip(self.axes, ends, strict=True)
        pieces: dict[Direction, Any] = {(0,) * block.ndim: block}
        for direction, neighbour in zip(self.directions, strips, strict=True):
            outside = any(
                (step < 0 and begins[n][0]) or (step > 0 and begins[n][1])
                for n, step in enumerate(direction)
            )
            if not outside:
                pieces[direction] = self._piece(direction, neighbour)
        if type(block) is np.ndarray:
            return self._filled(begins, block, pieces)
        return self._joined(begins, pieces, (), block.ndim - 1)

    def _piece(self, direction: Direction, strips: Sequence[Any]) -> Any:
        """Cut what is needed out of a neighbour's strips."""
        first = next(n for n in self.axes if direction[n])
        strip = strips[2 * self.axes.index(first) + (direction[first] < 0)]
        index = tuple(
            slice(None) if not step or n == first
            else slice(0, self.depths[n][1]) if step > 0
            else slice(strip.shape[n] - self.depths[n][0], None)
            for n, step in enumerate(direction)
        )  # fmt: skip
        return strip[index]

    def _margins(self, begins: Any, axis: int) -> tuple[int, int]:
        """Return by how much a block grows at both ends."""
        if self.boundaries[axis] != "none":
            return self.depths[axis]
        (before, after), (first, last) = self.depths[axis], begins[axis]
        return (0 if first else before), (0 if last else after)

    def _filled(self, begins: Any, block: Any, pieces: dict[Direction, Any]) -> Any:
        """Copy the pieces into a new array, and then fill what is past the array's ends."""
        margins = [self._margins(begins, n) for n in range(block.ndim)]
        out = np.empty(
            [n + sum(margin) for n, margin in zip(block.shape, margins, strict=True)], block.dtype
        )
        for direction, piece in pieces.items():
            place = tuple(
                slice(low, low + length) if not step
                else slice(0, low) if step < 0
                else slice(low + length, None)
                for step, (low, _), length in zip(direction, margins, block.shape, strict=True)
            )  # fmt: skip
            out[place] = piece
        for axis in self.axes:
            boundary = self.boundaries[axis]
            if boundary == "none":
                continue
            (low, high), length = margins[axis], block.shape[axis]
            before = (slice(None),) * axis
            if begins[axis][0] and low:
                source = out[(*before, slice(low, low + length))]
                out[(*before, slice(0, low))] = _beyond(source, axis, low, boundary, first=True)
            if begins[axis][1] and high:
                source = out[(*before, slice(low, low + length))]
                end = slice(low + length, None)
                out[(*before, end)] = _beyond(source, axis, high, boundary, first=False)
        return out

    def _joined(
        self, begins: Any, pieces: dict[Direction, Any], after: Direction, axis: int
    ) -> Any:
        """Join pieces as their libraries do, the first dimension first, and so up to the last."""
        if axis < 0:
            return pieces[after]
        middle = self._joined(begins, pieces, (0, *after), axis - 1)
        parts = [middle]
        low, high = self._margins(begins, axis)
        first, last = begins[axis]
        boundary = self.boundaries[axis]
        if low:
            parts.insert(
                0,
                _beyond(middle, axis, low, boundary, first=True)
                if first
                else self._joined(begins, pieces, (-1, *after), axis - 1),
            )
        if high:
            parts.append(
                _beyond(middle, axis, high, boundary, first=False)
                if last
                else self._joined(begins, pieces, (1, *after), axis - 1)
            )
        return parts[0] if len(parts) == 1 else concatenate_blocks(parts, axis)


def _beyond(block: Any, axis: int, depth: int, boundary: Any, *, first: bool) -> Any:
    """Return what is said to lie past the end of an array, from the block at the end."""
    before = (slice(None),) * axis
    length = block.shape[axis]
    if boundary == "reflect":
        if first:
            return block[(*before, slice(depth - 1, None, -1))]
        stop = length - depth - 1
        return block[(*before, slice(length - 1, None if stop < 0 else stop, -1))]
    edge = block[(*before, slice(0, 1) if first else slice(length - 1, length))]
    if boundary == "nearest":
        return np.repeat(edge, depth, axis=axis)
    _, value = boundary
    return np.full_like(np.repeat(edge, depth, axis=axis), value)


def trimmed_chunks(chunks: Chunks, depths: Depths, boundaries: Boundaries) -> Chunks:
    """Return the lengths of blocks that are cut back."""
    found = []
    for lengths, (before, after), boundary in zip(chunks, depths, boundaries, strict=True):
        along = [length - before - after for length in lengths]
        if boundary == "none":
            along[0] += before
            along[-1] += after
        found.append(tuple(along))
    return tuple(found)


def trimmed(name: str, array: ArrayExpr, depths: Depths, boundaries: Boundaries) -> Blockwise:
    """Return the grid of calls that cuts enlarged blocks back."""
    axes = [axis for axis in range(array.ndim) if any(depths[axis])]
    along = []
    for axis in axes:
        before, after = depths[axis]
        last = array.numblocks[axis] - 1
        open_ended = boundaries[axis] == "none"
        along.append(
            [
                (0 if open_ended and n == 0 else before, 0 if open_ended and n == last else after)
                for n in range(last + 1)
            ]
        )
    cut = Operand(GridValues(*along), tuple(map(Axis, axes)))
    block = Operand(array, tuple(map(Axis, range(array.ndim))))
    return Blockwise.call(
        name, array.numblocks, trim, [cut, block, tuple(axes)],
        source=array.source, annotations=array.annotations,
    )  # fmt: skip


def trim(cut: tuple[tuple[int, int], ...], block: Any, axes: tuple[int, ...]) -> Any:
    """Return a view of a block without so many elements at its ends."""
    index = [slice(None)] * block.ndim
    for axis, (before, after) in zip(axes, cut, strict=True):
        index[axis] = slice(before, block.shape[axis] - after)
    return block[tuple(index)]

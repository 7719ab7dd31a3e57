"""Basic indexing: ints, slices, ``...`` and ``newaxis``, block for block.

Every block of the result is cut out of one block of the array, so a slice is a grid of calls that
fuses with what stands around it; where it takes blocks whole, it is no call at all.

Slices go below elementwise operations and into what makes data, so that what is not needed is
neither read nor computed.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from treadle.array.chunks import Chunks, starts
from treadle.array.expr import ArrayExpr, Basic
from treadle.array.meta import meta_of
from treadle.graph.blockwise import Axis, Blockwise, GridValues, Operand
from treadle.graph.expr import Expr, Users
from treadle.graph.program import Program
from treadle.graph.tokenize import tokenize

#: A cut along one dimension: the blocks it takes, and what of each.
Cut = tuple[tuple[int, ...], tuple[Any, ...], tuple[int, ...]]

WHOLE = slice(None)


def normalize_entry(entry: Any, length: float, axis: int) -> slice | int:
    """Return an int within bounds, or a slice with start, stop and step, for one dimension.

    Raises
    ------
    IndexError
        If an int is out of bounds, or the length it counts from is not known.
    """
    if isinstance(entry, slice):
        if entry == WHOLE:
            return WHOLE
        if math.isnan(length):
            raise ValueError(
                f"axis {axis} has blocks of unknown lengths, so {entry} can't be taken of it; call "
                "compute_chunk_sizes() first"
            )
        start, stop, step = entry.indices(int(length))
        count = len(range(start, stop, step))
        if count == 0:
            return slice(0, 0, 1)
        if (start, count, step) == (0, length, 1):
            return WHOLE
        last = start + (count - 1) * step
        return slice(start, last + 1, step) if step > 0 else slice(start, last, step)
    place = operator.index(entry)
    if math.isnan(length):
        raise ValueError(
            f"axis {axis} has blocks of unknown lengths, so element {place} can't be found; call "
            "compute_chunk_sizes() first"
        )
    if not -length <= place < length:
        raise IndexError(f"index {place} is out of bounds for axis {axis} with size {length}")
    return place % int(length)


def cut(lengths: tuple[int, ...], entry: slice | int) -> Cut:
    """Return which blocks an index takes, what of each, and the lengths of the pieces.

    A backward slice has its last element for stop.

    >>> cut((4, 4, 2), slice(3, 9, 1))
    ((0, 1, 2), (slice(3, 4, 1), slice(None, None, None), slice(0, 1, 1)), (1, 4, 1))
    >>> cut((4, 4), slice(5, 1, -2))
    ((1, 0), (slice(1, 0, -2), slice(3, 0, -2)), (1, 2))
    """
    if isinstance(entry, int):
        block, place = find_block(lengths, entry)
        return (block,), (place,), (1,)
    if entry == WHOLE:
        return tuple(range(len(lengths))), (WHOLE,) * len(lengths), lengths
    places = (
        range(entry.start, entry.stop, entry.step)
        if entry.step > 0
        else range(entry.start, entry.stop - 1, entry.step)
    )
    blocks, pieces, sizes = [], [], []
    begin = starts(lengths)
    order = range(len(lengths)) if entry.step > 0 else range(len(lengths) - 1, -1, -1)
    for block in order:
        inside = _within(places, begin[block], begin[block + 1])
        if len(inside):
            blocks.append(block)
            sizes.append(len(inside))
            pieces.append(_local(inside, begin[block], lengths[block]))
    if not blocks:
        return (0,), (slice(0, 0, 1),), (0,)
    return tuple(blocks), tuple(pieces), tuple(sizes)


def find_block(lengths: tuple[int, ...], place: int) -> tuple[int, int]:
    """Return the block that has a place, and the place in it."""
    block = int(np.searchsorted(starts(lengths), place, "right")) - 1
    return block, place - starts(lengths)[block]


def _within(places: range, low: int, high: int) -> range:
    """Return the part of a range from ``low`` up to but not ``high``."""
    step = places.step
    if step > 0:
        first = max(0, -(-(low - places.start) // step))
        last = max(0, -(-(high - places.start) // step))
    else:
        first = max(0, -(-(places.start - (high - 1)) // -step))
        last = max(0, (places.start - low) // -step + 1)
    return places[first:last]


def _local(places: range, begin: int, length: int) -> slice:
    if places.step == 1 and len(places) == length:
        return WHOLE
    start, last = places[0] - begin, places[-1] - begin
    if places.step > 0:
        return slice(start, last + 1, places.step)
    return slice(start, last - 1 if last > 0 else None, places.step)


def sliced_chunks(chunks: Chunks, index: Basic) -> Chunks:
    """Return the chunks of what an index takes."""
    return tuple(
        cut(lengths, entry)[2]
        for lengths, entry in zip(chunks, index, strict=True)
        if not isinstance(entry, int)
    )


class Getitem(ArrayExpr):
    """What a basic index takes of an array."""

    __slots__ = ("array", "index")

    def __init__(self, name: str, array: ArrayExpr, index: Basic, **options: Any):
        chunks = sliced_chunks(array.chunks, index)
        super().__init__(name, chunks, meta_of(array.meta, len(chunks)), (array,), **options)
        self.array = array
        self.index = index

    def with_inputs(self, inputs: tuple[Expr, ...]) -> ArrayExpr:
        (array,) = inputs
        if isinstance(array, ArrayExpr):
            return Getitem(
                self.name, array, self.index, source=self.source, annotations=self.annotations
            )
        raise TypeError(f"{self!r} has to be lowered before its input is")

    def simplify(self, users: Users) -> Expr:
        if isinstance(self.array, Getitem) and users[self.array.name] <= 1:
            inner = self.array
            index = compose(inner.index, self.index)
            return Getitem(
                self.name, inner.array, index, source=self.source, annotations=self.annotations
            )
        better = self.array.sliced(self.index, users)
        return self if better is None else better.renamed(self.name)

    def lower(self) -> Expr:
        cuts = [cut(n, entry) for n, entry in zip(self.array.chunks, self.index, strict=True)]
        axes: list[Axis] = []
        places: list[Axis] = []
        out = 0
        for (blocks, _, _), entry, count in zip(
            cuts, self.index, self.array.numblocks, strict=True
        ):
            if isinstance(entry, int):
                axes.append(Axis(None, blocks))
                places.append(Axis(None))
            else:
                axes.append(Axis(out, None if blocks == tuple(range(count)) else blocks))
                places.append(Axis(out))
                out += 1
        options: Any = {"source": self.source, "annotations": self.annotations}
        operand = Operand(self.array, tuple(axes))
        if all(piece == WHOLE for _, pieces, _ in cuts for piece in pieces):
            return Blockwise(
                self.name, self.numblocks, Program(1, ()), (operand,), cheap=True, **options
            )
        pieces = Operand(GridValues(*[pieces for _, pieces, _ in cuts]), tuple(places))
        return Blockwise.call(self.name, self.numblocks, take, [operand, pieces], **options)


def take(block: Any, index: tuple[Any, ...]) -> Any:
    """Return ``block[index]``; a copy where a view would keep much more than itself alive."""
    piece = block[index]
    if type(piece) is np.ndarray and piece.base is not None and 2 * piece.nbytes < block.nbytes:
        return piece.copy()
    return piece


def compose(inner: Basic, outer: Basic) -> Basic:
    """Return the index that takes ``x[inner][outer]`` of ``x``.

    >>> compose((slice(2, 8, 2), 1), (slice(1, 3, 1),))
    (slice(4, 7, 2), 1)
    """
    rest = iter(outer)
    found: list[slice | int] = []
    for entry in inner:
        if isinstance(entry, int):
            found.append(entry)
            continue
        then = next(rest)
        if entry == WHOLE or then == WHOLE:
            found.append(then if entry == WHOLE else entry)
            continue
        step = entry.step
        places = range(entry.start, entry.stop if step > 0 else entry.stop - 1, step)
        if isinstance(then, int):
            found.append(places[then])
        else:
            stop: int | None = then.stop if then.step > 0 else then.stop - 1
            if stop is not None and stop < 0:
                stop = None
            taken = places[then.start : stop : then.step]
            found.append(_entry_of(taken))
    return tuple(found)


def _entry_of(places: range) -> slice | int:
    if not len(places):
        return slice(0, 0, 1)
    # Never WHOLE, which would keep the empty blocks that the inner index left out.
    last = places[-1]
    return slice(places[0], last + 1 if places.step > 0 else last, places.step)


def getitem(array: ArrayExpr, index: Basic, **options: Any) -> ArrayExpr:
    """Return what a normalized index takes of an array."""
    if all(entry == WHOLE for entry in index):
        return array
    options.setdefault("source", array.source)
    options.setdefault("annotations", array.annotations)
    name = f"getitem-{tokenize(array.name, index)}"
    return Getitem(name, array, index, **options)

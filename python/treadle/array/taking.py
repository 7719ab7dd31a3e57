"""Where the elements of a fancy index come from: the plan of a take, along one axis or several.

The elements are cut into output blocks, and those of an output block are grouped by the input
block they lie in.  Nothing here knows of arrays or of tasks: only of lengths and of places.

>>> plan = TakePlan(((4, 4),), (np.array([0, 1, 5, 6, 2]),), (4, 1))
>>> plan.tables, plan.pointer.tolist()
(((0, 1, 0),), [0, 2, 3])
>>> plan.locals(), plan.orders()
([(slice(0, 2, 1),), (slice(1, 3, 1),), (slice(2, 3, 1),)], [None, None])
"""

from __future__ import annotations

from functools import cached_property
from math import prod
from typing import Any

import numpy as np

from treadle.array.chunks import starts
from treadle.graph.layer import Integers

#: Of whole blocks that one output block takes from; past it they are cut into pieces first.
MAX_WHOLE = 4


class TakePlan:
    """Which pieces of which input blocks make each output block.

    Parameters
    ----------
    chunks : tuple of tuple of int
        Lengths of the input blocks along each of the indexed axes.
    places : tuple of array of int
        The elements to take: their places along each axis, not negative.
    lengths : tuple of int
        Lengths of the output blocks.

    Attributes
    ----------
    tables : tuple of tuple of int
        For each axis, the input block of each piece.
    pointer : array of int
        Output block ``k`` is made of the pieces from ``pointer[k]`` up to ``pointer[k + 1]``.
    """

    def __init__(
        self,
        chunks: tuple[tuple[int, ...], ...],
        places: tuple[Integers, ...],
        lengths: tuple[int, ...],
    ):
        self._begins = [np.array(starts(along)) for along in chunks]
        self._chunks = chunks
        blocks = [
            np.searchsorted(begin, along, "right") - 1
            for begin, along in zip(self._begins, places, strict=True)
        ]
        counts = tuple(map(len, chunks))
        flat = blocks[0]
        for along, count in zip(blocks[1:], counts[1:], strict=True):
            flat = flat * count + along
        out = np.repeat(np.arange(len(lengths)), lengths)
        # Elements by output block and input block; among themselves they stay in order.
        group = out * prod(counts) + flat
        if np.all(group[1:] >= group[:-1]):
            order: Integers | None = None
        else:
            order = np.argsort(group, kind="stable")
            group = group[order]
            places = tuple(along[order] for along in places)
        borders = np.flatnonzero(np.diff(group, prepend=-1, append=-1))
        if not len(group):
            borders = np.zeros(1, np.int64)
        self._order = order
        self._places = places
        self._borders = borders
        self._offsets = np.array(starts(lengths))
        first = group[borders[:-1]]
        owner = first // max(prod(counts), 1)
        source = first % max(prod(counts), 1)
        # An output block without elements takes none of the first input block.
        empty = np.flatnonzero(np.array(lengths, np.int64) == 0)
        self._sizes = np.diff(borders)
        if len(empty):
            at = np.searchsorted(owner, empty)
            owner = np.insert(owner, at, empty)
            source = np.insert(source, at, 0)
            self._sizes = np.insert(self._sizes, at, 0)
        self.pointer = np.searchsorted(owner, np.arange(len(lengths) + 1))
        self.tables = tuple(tuple(along.tolist()) for along in np.unravel_index(source, counts))

    @property
    def pieces(self) -> int:
        """Number of pieces."""
        return len(self._sizes)

    @property
    def order(self) -> Integers:
        """The elements in the order of the pieces."""
        return np.arange(len(self._places[0])) if self._order is None else self._order

    @property
    def widest(self) -> int:
        """Number of pieces of the output block that has most."""
        return int(np.diff(self.pointer).max(initial=0))

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Elements in each piece."""
        return tuple(self._sizes.tolist())

    def locals(self) -> list[tuple[Any, ...]]:
        """Return for each piece the index, one entry an axis, that takes it of its input block."""
        found = []
        ends = np.cumsum(self._sizes)
        for piece, (end, size) in enumerate(zip(ends.tolist(), self.sizes, strict=True)):
            index = []
            for axis, places in enumerate(self._places):
                block = self.tables[axis][piece]
                inside = places[end - size : end] - self._begins[axis][block]
                if len(self._places) == 1:
                    index.append(compact(inside, self._chunks[axis][block]))
                else:
                    index.append(small(inside))
            found.append(tuple(index))
        return found

    def orders(self) -> list[tuple[Any, ...] | None]:
        """Return for each output block where its pieces go in it; None if one after the other."""
        count = len(self.pointer) - 1
        if self._order is None:
            return [None] * count
        ends = np.cumsum(self._sizes)
        found: list[tuple[Any, ...] | None] = []
        for k in range(count):
            where = []
            begin = self._offsets[k]
            for piece in range(self.pointer[k], self.pointer[k + 1]):
                end = ends[piece]
                inside = self._order[end - self._sizes[piece] : end] - begin
                where.append(compact(inside))
            if len(where) == 1:
                found.append(None)  # of one block: in order, since the sort is stable
            else:
                found.append(tuple(where))
        return found


def small(places: Integers) -> Integers:
    """Return places in as few bytes as they need: they are written into tasks."""
    kind = np.min_scalar_type(int(places.max())) if len(places) else np.dtype(np.uint8)
    return places.astype(kind)


def compact(places: Integers, length: int = -1) -> Any:
    """Return a slice that takes these places, if there is one, or the places in few bytes.

    >>> compact(np.array([1, 3, 5])), compact(np.array([2, 1, 0])), compact(np.array([0, 1]), 2)
    (slice(1, 6, 2), slice(2, None, -1), slice(None, None, None))
    """
    if not len(places):
        return slice(0, 0, 1)
    first, last = int(places[0]), int(places[-1])
    if len(places) == 1:
        return slice(None) if length == 1 else slice(first, first + 1, 1)
    step = int(places[1]) - first
    if step == 0 or not np.all(np.diff(places) == step):
        return small(places)
    if step == 1 and len(places) == length:
        return slice(None)
    if step > 0:
        return slice(first, last + 1, step)
    return slice(first, last - 1 if last else None, step)


def output_lengths(
    chunks: tuple[tuple[int, ...], ...], places: tuple[Integers, ...], itemsize: int = 1 << 20
) -> tuple[int, ...]:
    """Return the lengths of the output blocks of a take: about those of the input blocks.

    Runs that lie in one input block and are at least half as long stay blocks of their own, so
    that taking most of an array in order needs no joining.  Other elements fill whole blocks.

    Parameters
    ----------
    itemsize : int
        Bytes that one element of the index makes; blocks of few bytes may become longer.

    >>> output_lengths(((4, 4, 4),), (np.array([0, 1, 2, 4, 6, 7, 8, 0]),))
    (3, 3, 2)
    """
    total = len(places[0])
    if not total:
        return (0,)
    target = max(prod(max(along) for along in chunks), 1)
    if total > sum(chunks[0]) and len(chunks) == 1:  # more than there was: no need to be so small
        target = max(target, (1 << 20) // max(itemsize, 1))
    if total <= target // 2:
        return (total,)
    block = np.zeros(total, np.int64)
    for along, lengths in zip(places, chunks, strict=True):
        block = block * len(lengths) + np.searchsorted(starts(lengths), along, "right") - 1
    borders = np.flatnonzero(np.diff(block, prepend=-1, append=-1))
    if len(borders) > 16 * (total // target + 1):  # jumps about: cut evenly
        return even(total, target)
    found: list[int] = []
    filled = 0
    for run in np.diff(borders).tolist():
        if filled and (filled + run > target or 2 * run >= target):
            found.append(filled)
            filled = 0
        if 2 * run >= target:
            found += even(run, target)
        else:
            filled += run
    return tuple([*found, filled] if filled else found)


def even(total: int, target: int) -> tuple[int, ...]:
    """Return blocks of nearly one length, none longer than ``target``.

    >>> even(10, 4)
    (4, 3, 3)
    """
    if not total:
        return (0,)
    count = -(-total // target)
    short, more = divmod(total, count)
    return (short + 1,) * more + (short,) * (count - more)

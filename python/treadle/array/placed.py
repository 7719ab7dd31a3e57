"""Arrays whose elements follow from where they are: ranges, identities, index grids.

A block is a call on the places it has: a ``range`` for each dimension.  A slice of such an array
is the same call on fewer places, so it costs no more than itself, and its floating-point elements
are those of the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np

from treadle.array.basic_indexing import WHOLE, cut
from treadle.array.chunks import Chunks, starts
from treadle.array.core import Array
from treadle.array.expr import ArrayExpr, Basic
from treadle.array.meta import meta_of
from treadle.base import current_annotations
from treadle.graph.blockwise import Axis, Blockwise, GridValues, Operand
from treadle.graph.expr import Expr, Users
from treadle.graph.source import outside_caller
from treadle.graph.tokenize import tokenize

#: Places along each dimension of the whole; an int where the dimension is gone.
Places: TypeAlias = tuple[range | int, ...]


class Placed(ArrayExpr):
    """Blocks that ``func(places, *args, **kwargs)`` makes.

    Parameters
    ----------
    places : tuple of range or int
        Along each dimension of what was made first; the result has those that are ranges.
    func : callable
        Takes a tuple of ranges and ints, and returns an array of the lengths of the ranges.
    cheap : bool
        Making a block again costs less than keeping it.
    """

    __slots__ = ("args", "cheap", "func", "kwargs", "places")

    def __init__(
        self,
        name: str,
        chunks: Chunks,
        meta: Any,
        places: Places,
        func: Callable[..., Any],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
        cheap: bool = True,
        **options: Any,
    ):
        super().__init__(name, chunks, meta, **options)
        self.places = places
        self.func = func
        self.args = args
        self.kwargs = kwargs or {}
        self.cheap = cheap

    def with_inputs(self, inputs: tuple[Expr, ...]) -> Placed:
        return self

    def sliced(self, index: Basic, users: Users) -> ArrayExpr | None:
        return self._taken(index)

    def _taken(self, index: Basic) -> Placed:
        entries = iter(index)
        lengths = iter(self.chunks)
        places: list[range | int] = []
        chunks: list[tuple[int, ...]] = []
        for along in self.places:
            if isinstance(along, int):
                places.append(along)
                continue
            entry = next(entries)
            if isinstance(entry, int):
                next(lengths)
                places.append(along[entry])
            else:
                places.append(_taken(along, entry))
                chunks.append(cut(next(lengths), entry)[2])
        return self._like(tuple(chunks), tuple(places))

    def rechunked(self, chunks: Chunks, users: Users) -> ArrayExpr | None:
        return self._like(chunks, self.places) if self.cheap else None

    def _like(self, chunks: Chunks, places: Places) -> Placed:
        return Placed(
            self.name, chunks, meta_of(self.meta, len(chunks)), places, self.func,
            self.args, self.kwargs, self.cheap,
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def lower(self) -> Expr:
        along: list[Any] = []
        axes: list[Axis] = []
        lengths = iter(enumerate(self.chunks))
        for places in self.places:
            if isinstance(places, int):
                along.append((places,))
                axes.append(Axis(None))
            else:
                axis, blocks = next(lengths)
                along.append([places[a:b] for a, b in pairwise(starts(blocks))])
                axes.append(Axis(axis))
        pieces = Operand(GridValues(*along), tuple(axes))
        return Blockwise.call(
            self.name, self.numblocks, self.func, [pieces, *self.args], self.kwargs,
            cheap=self.cheap, source=self.source, annotations=self.annotations,
        )  # fmt: skip


def _taken(places: range, entry: slice) -> range:
    """Return what a normalized slice takes; a backward one has its last element for stop."""
    if entry == WHOLE:
        return places
    stop: int | None = entry.stop
    if entry.step < 0:
        stop = entry.stop - 1 if entry.stop else None
    return places[entry.start : stop : entry.step]


def placed_array(
    prefix: str,
    chunks: Chunks,
    dtype: Any,
    func: Callable[..., Any],
    args: tuple[Any, ...] = (),
    *,
    meta: Any = None,
    cheap: bool = True,
    name: str | None = None,
) -> Array:
    """Return the array whose blocks ``func(places, *args)`` makes; places are counted from 0."""
    places = tuple(range(sum(lengths)) for lengths in chunks)
    if meta is None:
        meta = meta_of(np.dtype(dtype), len(chunks), dtype)
    if name is None:
        name = f"{prefix}-{tokenize(func, chunks, args, str(meta.dtype), type(meta))}"
    return Array(
        Placed(
            name, chunks, meta, places, func, args, cheap=cheap,
            source=outside_caller(), annotations=current_annotations(),
        )
    )  # fmt: skip


def numbers(places: range | int, dtype: Any = np.int64) -> Any:
    """Return places as an array, or as a scalar where it is only one.

    >>> numbers(range(6, 0, -2)), numbers(3)
    (array([6, 4, 2]), np.int64(3))
    """
    if isinstance(places, int):
        return np.dtype(dtype).type(places)
    index = np.arange(places.start, places.stop, places.step, dtype=np.int64)
    return index.astype(dtype, copy=False)


def open_grid(places: Places) -> list[Any]:
    """Return places as arrays that broadcast against each other; dimensions that are gone don't
    count.

    >>> [part.shape for part in open_grid((range(2), 5, range(3)))]
    [(2, 1), (), (1, 3)]
    """
    ndim = sum(isinstance(along, range) for along in places)
    axis = 0
    grid = []
    for along in places:
        part = numbers(along)
        if isinstance(along, range):
            shape = [1] * ndim
            shape[axis] = len(along)
            part = part.reshape(shape)
            axis += 1
        grid.append(part)
    return grid

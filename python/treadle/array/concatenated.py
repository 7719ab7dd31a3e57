"""Arrays joined along a dimension: the blocks of the whole are the blocks of its parts."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from treadle.array.basic_indexing import WHOLE, getitem
from treadle.array.chunks import Chunks, is_known, starts
from treadle.array.expr import ArrayExpr, Basic
from treadle.array.finalize import concatenate_blocks
from treadle.array.meta import compute_meta
from treadle.graph.expr import Expr, Users, distinct
from treadle.graph.gather import Gather
from treadle.graph.layer import Inputs
from treadle.graph.tokenize import tokenize


class Concatenated(ArrayExpr):
    """Arrays one after the other along ``axis``; their blocks match along the other dimensions."""

    __slots__ = ("axis", "parts")

    def __init__(self, name: str, parts: Sequence[ArrayExpr], axis: int, **options: Any):
        chunks: Chunks = tuple(
            sum((part.chunks[n] for part in parts), ()) if n == axis else lengths
            for n, lengths in enumerate(_known_chunks(parts))
        )
        metas = [part.meta for part in parts]
        meta = compute_meta(concatenate_blocks, metas, axis)
        super().__init__(
            name, chunks, parts[0].meta if meta is None else meta, distinct(parts), **options
        )
        self.parts = tuple(parts)
        self.axis = axis

    def with_inputs(self, inputs: tuple[Expr, ...]) -> ArrayExpr:
        new = {old.name: item for old, item in zip(self.inputs, inputs, strict=True)}
        return Concatenated(
            self.name, [new[part.name] for part in self.parts], self.axis,  # type: ignore[misc]
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def lower(self) -> Expr:
        axis, numblocks = self.axis, self.numblocks
        grids = [part.numblocks for part in self.parts]

        def rows() -> Inputs:
            number = np.concatenate(
                [np.full(grid, n).reshape(grid) for n, grid in enumerate(grids)], axis
            )
            block = np.concatenate([np.arange(prod(grid)).reshape(grid) for grid in grids], axis)
            count = prod(numblocks)
            return Inputs(
                [part.name for part in self.parts], np.arange(count + 1),
                number.ravel(), block.ravel(),
            )  # fmt: skip

        return Gather.aliases(
            self.name, numblocks, self.inputs, rows,
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def sliced(self, index: Basic, users: Users) -> ArrayExpr | None:
        lengths = [part.chunks[self.axis] for part in self.parts]
        shared = users[self.name] > 1 or len(self.inputs) < len(self.parts)
        if shared or not is_known(lengths):
            return None
        entry = index[self.axis]
        begin = starts([sum(along) for along in lengths])
        if isinstance(entry, int):
            number = int(np.searchsorted(begin, entry, "right")) - 1
            return getitem(self.parts[number], _replaced(index, self.axis, entry - begin[number]))
        if entry == WHOLE:
            taken = [getitem(part, index) for part in self.parts]
        elif entry.step < 0:
            return None
        else:
            places = range(entry.start, entry.stop, entry.step)
            taken = []
            for part, low, high in zip(self.parts, begin, begin[1:], strict=False):
                own = places[_first(places, low) : _first(places, high)]
                if len(own):
                    span = slice(own[0] - low, own[-1] - low + 1, entry.step)
                    whole = len(own) == high - low
                    taken.append(
                        getitem(part, _replaced(index, self.axis, WHOLE if whole else span))
                    )
        if not taken:
            return getitem(self.parts[0], index)
        if len(taken) == 1:
            return taken[0]
        axis = self.axis - sum(isinstance(item, int) for item in index[: self.axis])
        return Concatenated(
            self.name, taken, axis, source=self.source, annotations=self.annotations
        )


def _known_chunks(parts: Sequence[ArrayExpr]) -> Chunks:
    """Return along each dimension the lengths of a part that knows them, if any does."""
    return tuple(
        next((lengths for lengths in several if is_known([lengths])), several[0])
        for several in zip(*[part.chunks for part in parts], strict=True)
    )


def _first(places: range, low: int) -> int:
    """Return how many elements of a range that goes up are below ``low``."""
    return min(max(0, -(-(low - places.start) // places.step)), len(places))


def _replaced(index: Basic, axis: int, entry: slice | int) -> Basic:
    return (*index[:axis], entry, *index[axis + 1 :])


def concatenated(parts: Sequence[ArrayExpr], axis: int, **options: Any) -> ArrayExpr:
    """Return arrays whose blocks match one after the other."""
    name = f"concatenate-{tokenize([part.name for part in parts], axis)}"
    return Concatenated(name, parts, axis, **options)

"""Rechunking: the same array in other blocks."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from treadle.array.basic_indexing import WHOLE, cut, take
from treadle.array.chunks import Chunks, is_known, normalize_chunks, starts
from treadle.array.core import Array
from treadle.array.expr import ArrayExpr, Basic
from treadle.graph.expr import Expr, GraphExpr, Users
from treadle.graph.graph import Graph
from treadle.graph.spec import Alias, Task, TaskRef
from treadle.graph.tokenize import tokenize


def rechunk(x: Array, chunks: Any = "auto", **options: Any) -> Array:
    """Return the array in other blocks."""
    target = normalize_chunks(chunks, x.shape, dtype=x.dtype, previous_chunks=x.chunks)
    if target == x.chunks:
        return x
    return Array(Rechunk(f"rechunk-{tokenize(x.name, target)}", x.expr, target))


class Rechunk(ArrayExpr):
    """The same elements in other blocks."""

    __slots__ = ("array",)

    def __init__(self, name: str, array: ArrayExpr, chunks: Chunks, **options: Any):
        options.setdefault("source", array.source)
        options.setdefault("annotations", array.annotations)
        super().__init__(name, chunks, array.meta, (array,), **options)
        self.array = array

    def with_inputs(self, inputs: tuple[Expr, ...]) -> Rechunk:
        return Rechunk(
            self.name, inputs[0], self.chunks, source=self.source, annotations=self.annotations
        )

    def lower(self) -> Expr:
        return GraphExpr(self.name, self.numblocks, (self.array,), self._nodes)

    def _nodes(self) -> Graph:
        graph = Graph()
        source = self.array
        plans = [
            [
                cut(old, slice(a, b, 1)) if b > a else ((0,), (slice(0, 0),), (0,))
                for a, b in zip(starts(new), starts(new)[1:], strict=False)
            ]
            for old, new in zip(source.chunks, self.chunks, strict=True)
        ]
        for where in product(*map(range, self.numblocks)):
            cuts = [plan[i] for plan, i in zip(plans, where, strict=True)]
            pieces: list[Any] = []
            for n, (index, what) in enumerate(
                zip(product(*[c[0] for c in cuts]), product(*[c[1] for c in cuts]), strict=True)
            ):
                key: Any = (source.name, *index)
                if any(w != WHOLE for w in what):
                    part = (f"{self.name}-part", *where, n)
                    graph.add(Task(part, take, (TaskRef(key), what)))
                    key = part
                pieces.append(key)
            key = (self.name, *where)
            if len(pieces) == 1:
                graph.add(Alias(key, pieces[0]))
            else:
                shape = tuple(len(c[0]) for c in cuts)
                refs = [TaskRef(p) for p in pieces]
                graph.add(Task(key, join, (shape, *refs)))
        return graph


def join(shape: tuple[int, ...], *pieces: Any) -> Any:
    """Put a grid of pieces, in C order, into one block."""
    grid = np.empty(shape, object)
    for n, piece in enumerate(pieces):
        grid.flat[n] = piece
    parts: Any = grid
    for axis in reversed(range(len(shape))):
        joined = np.empty(parts.shape[:-1], object)
        for index in np.ndindex(*joined.shape):
            joined[index] = np.concatenate(list(parts[index]), axis=axis)
        parts = joined
    return parts[()]


__all__ = ["rechunk"]

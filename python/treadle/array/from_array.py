"""Arrays that exist already, in memory or in a file, as blocks."""

from __future__ import annotations

from itertools import pairwise, product
from typing import Any

import numpy as np

from treadle.array.basic_indexing import WHOLE, compose, sliced_chunks
from treadle.array.chunks import Chunks, normalize_chunks, starts
from treadle.array.core import Array
from treadle.array.expr import ArrayExpr, Basic, per_block
from treadle.array.meta import meta_of
from treadle.graph.blockwise import Blockwise
from treadle.graph.expr import Expr, Users
from treadle.graph.program import Program
from treadle.graph.source import outside_caller
from treadle.graph.tokenize import tokenize


def from_array(x: Any, chunks: Any = "auto", name: str | None = None, **options: Any) -> Array:
    """Return an array whose blocks are slices of ``x``."""
    if isinstance(x, Array):
        return x
    x = x if hasattr(x, "shape") and hasattr(x, "dtype") else np.asarray(x)
    blocks = normalize_chunks(chunks, x.shape, dtype=x.dtype)
    name = name or f"array-{tokenize(x, blocks)}"
    return Array(FromArray(name, x, blocks, source=outside_caller()))


class FromArray(ArrayExpr):
    """Blocks cut out of an array in memory."""

    __slots__ = ("of",)

    def __init__(self, name: str, of: Any, chunks: Chunks, **options: Any):
        super().__init__(name, chunks, meta_of(of), **options)
        self.of = of

    def with_inputs(self, inputs: tuple[Expr, ...]) -> FromArray:
        return self

    def sliced(self, index: Basic, users: Users) -> ArrayExpr | None:
        if any(isinstance(entry, slice) and entry != WHOLE and entry.step < 0 for entry in index):
            return None
        return FromArray(
            self.name, self.of[index], sliced_chunks(self.chunks, index),
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def lower(self) -> Expr:
        def blocks() -> list[Any]:
            along = [[slice(a, b) for a, b in pairwise(starts(n))] for n in self.chunks]
            return [self.of[index] for index in product(*along)]

        return Blockwise(
            self.name, self.numblocks, Program(1, ()), (per_block(self.numblocks, blocks),),
            cheap=True, source=self.source, annotations=self.annotations,
        )  # fmt: skip


__all__ = ["from_array"]

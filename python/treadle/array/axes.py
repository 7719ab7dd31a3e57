"""Dimensions in another order, new ones, and without some: all that a view can say.

One expression stands for ``transpose``, ``expand_dims``, ``squeeze`` and ``broadcast_to``.  Its
calls make views, and slices go below it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from treadle.array.basic_indexing import getitem, sliced_chunks
from treadle.array.chunks import Chunks
from treadle.array.expr import ArrayExpr, Basic
from treadle.array.meta import meta_of
from treadle.graph.blockwise import Axis, Blockwise, GridValues, Operand
from treadle.graph.expr import Expr, Users
from treadle.graph.tokenize import tokenize

#: For each dimension of a result, the dimension it is of the array; None for a new one.
Axes = tuple[int | None, ...]


class Rearranged(ArrayExpr):
    """An array whose dimensions stand in another order.

    Parameters
    ----------
    array : ArrayExpr
    axes : tuple of int or None
        For each dimension of the result, the dimension of ``array`` it is; None for a new one,
        along which everything is repeated.  Those of ``array`` that are not named have length 1,
        in one block.
    chunks : tuple of tuple of int
        Those of the result.
    """

    __slots__ = ("array", "axes")

    def __init__(self, name: str, array: ArrayExpr, axes: Axes, chunks: Chunks, **options: Any):
        super().__init__(name, chunks, meta_of(array.meta, len(axes)), (array,), **options)
        self.array = array
        self.axes = axes

    def with_inputs(self, inputs: tuple[Expr, ...]) -> ArrayExpr:
        return Rearranged(
            self.name, inputs[0], self.axes, self.chunks,  # type: ignore[arg-type]
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def lower(self) -> Expr:
        place = {axis: n for n, axis in enumerate(self.axes) if axis is not None}
        block = Operand(self.array, tuple(Axis(place.get(n)) for n in range(self.array.ndim)))
        new = [n for n, axis in enumerate(self.axes) if axis is None]
        options: Any = {"source": self.source, "annotations": self.annotations}
        args: list[Any] = [block, self.axes]
        if any(length != 1 for n in new for length in self.chunks[n]):
            args.append(Operand(GridValues(*[self.chunks[n] for n in new]), tuple(map(Axis, new))))
        elif not new and len(place) == self.array.ndim:
            return Blockwise.call(self.name, self.numblocks, np.transpose, args, **options)
        return Blockwise.call(self.name, self.numblocks, rearrange, args, **options)

    def sliced(self, index: Basic, users: Users) -> ArrayExpr | None:
        if users[self.name] > 1:  # somebody needs all of it anyway
            return None
        below: list[slice | int] = [slice(None)] * self.array.ndim
        for axis, entry in zip(self.axes, index, strict=True):
            if axis is not None:
                below[axis] = entry
        number = iter(range(self.array.ndim))
        still = [None if isinstance(entry, int) else next(number) for entry in below]
        axes = tuple(
            None if axis is None else still[axis]
            for axis, entry in zip(self.axes, index, strict=True)
            if not isinstance(entry, int)
        )
        return Rearranged(
            self.name, getitem(self.array, tuple(below)), axes, sliced_chunks(self.chunks, index),
            source=self.source, annotations=self.annotations,
        )  # fmt: skip


def rearrange(block: Any, axes: Axes, lengths: tuple[int, ...] = ()) -> Any:
    """Return a view of a block with its dimensions in the order of ``axes``.

    Parameters
    ----------
    block : array
    axes : tuple of int or None
        As for :class:`Rearranged`.
    lengths : tuple of int
        Lengths of the new dimensions; all 1 without them.

    >>> rearrange(np.zeros((2, 1)), (None, 0), (3,)).shape
    (3, 2)
    """
    kept = [axis for axis in axes if axis is not None]
    gone = tuple(axis for axis in range(block.ndim) if axis not in kept)
    if gone:
        block = np.squeeze(block, axis=gone)
        kept = [axis - sum(other < axis for other in gone) for axis in kept]
    if kept != sorted(kept):
        block = np.transpose(block, kept)
    if len(kept) < len(axes):
        block = block[tuple(None if axis is None else slice(None) for axis in axes)]
    if lengths:
        new = iter(lengths)
        shape = tuple(
            next(new) if axis is None else length
            for axis, length in zip(axes, block.shape, strict=True)
        )
        subok = {"subok": True} if isinstance(block, np.ndarray) else {}
        block = np.broadcast_to(block, shape, **subok)
    return block


def rearranged(
    prefix: str, array: ArrayExpr, axes: Axes, chunks: Chunks | None = None, **options: Any
) -> ArrayExpr:
    """Return an array with its dimensions in the order of ``axes``; new ones have length 1 unless
    ``chunks`` say otherwise."""
    if chunks is None:
        chunks = tuple((1,) if axis is None else array.chunks[axis] for axis in axes)
    if axes == tuple(range(array.ndim)):
        return array
    name = f"{prefix}-{tokenize(array.name, axes, chunks)}"
    return Rearranged(name, array, axes, chunks, **options)

"""Taking elements by lists of places: ``x[[3, 1, 4]]``, along one axis or pointwise along several.

An output block takes from the input blocks that have its elements.  If these are few, it takes
from them directly; else every input block is cut into pieces first, one for each output block, so
that input blocks can be let go of before all of them have been seen::

    input blocks      pieces                     output blocks
    0 --------------> (0 for 0) ---------------> 0
      \\-------------> (0 for 1) ----.     .----> 1
    1 --------------> (1 for 0) ----+-----'
      \\-------------> (1 for 1) ----'

Output blocks are about as long as input blocks are, whatever the index repeats.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise, product
from typing import Any

import numpy as np

from treadle.array.basic_indexing import WHOLE, getitem, sliced_chunks, take
from treadle.array.chunks import Chunks, is_known, starts
from treadle.array.core import Array, new_array
from treadle.array.expr import ArrayExpr, Basic
from treadle.array.finalize import concatenate_blocks
from treadle.array.meta import meta_of
from treadle.array.taking import MAX_WHOLE, TakePlan, compact, even, output_lengths
from treadle.base import current_annotations
from treadle.graph.blockwise import Axis, Blockwise, GridValues, Operand
from treadle.graph.expr import Expr, Users
from treadle.graph.gather import Gather
from treadle.graph.layer import AnyTemplate, Inputs, ranges
from treadle.graph.source import outside_caller
from treadle.graph.template import Template
from treadle.graph.tokenize import tokenize


def take_places(
    x: Array,
    axes: tuple[int, ...],
    places: tuple[Any, ...],
    *,
    position: int | None = None,
    lengths: tuple[int, ...] | None = None,
    prefix: str = "getitem",
) -> Array:
    """Return the elements at some places, pointwise along several axes.

    Parameters
    ----------
    x : Array
    axes : tuple of int
        Indexed dimensions, ascending.
    places : tuple of array of int
        For each of them, one dimension, not negative.
    position : int, optional
        Where the dimension of the elements stands in the result; the first indexed one without it.
    lengths : tuple of int, optional
        Lengths of the result's blocks.
    """
    position = axes[0] if position is None else position
    chunks = tuple(x.chunks[axis] for axis in axes)
    if not is_known(chunks):
        return _take_of_one_block(x, axes, places, position, prefix)
    if lengths is None:
        other = math.prod(
            max(along) for n, along in enumerate(x.chunks) if n not in axes and is_known([along])
        )
        lengths = output_lengths(chunks, places, x.dtype.itemsize * other)
    name = f"{prefix}-{tokenize(x.name, axes, places, position, lengths)}"
    options: Any = {"source": outside_caller(), "annotations": current_annotations()}
    return Array(Take(name, x.expr, axes, places, position, lengths, **options))


def take_along(x: Array, axes: tuple[int, ...], arrays: list[Any], position: int) -> Array:
    """Return the elements that integer arrays in memory ask for, pointwise along ``axes``.

    Parameters
    ----------
    arrays : list of array of int
        Of any shapes that can be broadcast.
    position : int
        Where the dimensions of the index stand in the result.

    Raises
    ------
    IndexError
        If the arrays can't be broadcast.
    """
    try:
        whole = np.broadcast_arrays(*arrays)
    except ValueError:
        text = " ".join(str(item.shape) for item in arrays)
        raise IndexError(
            f"shape mismatch: indexing arrays could not be broadcast together with shapes {text}"
        ) from None
    shape = whole[0].shape
    if len(shape) == 1:
        if len(axes) == 1 and position == axes[0] and is_known([x.chunks[position]]):
            line = compact(whole[0])
            if isinstance(line, slice):
                return x[(WHOLE,) * position + (line,)]
        return take_places(x, axes, tuple(whole), position=position)
    # Elements are taken block after block of the result, and each block is folded.
    chunks = _folded_chunks(x, axes, shape)
    order = np.arange(math.prod(shape)).reshape(shape)
    blocks = [
        order[tuple(slice(a, b) for a, b in where)].ravel()
        for where in product(*[list(pairwise(starts(lengths))) for lengths in chunks])
    ]
    flat = np.concatenate(blocks)
    lengths = tuple(map(len, blocks))
    places = tuple(item.ravel()[flat] for item in whole)
    taken = take_places(x, axes, places, position=position, lengths=lengths)
    return _folded(taken, position, chunks)


def _folded_chunks(x: Array, axes: tuple[int, ...], shape: tuple[int, ...]) -> Chunks:
    """Return blocks for the dimensions of an index: about as many elements as the array's have."""
    room = math.prod(max(x.chunks[axis]) for axis in axes)
    if math.isnan(room):
        return tuple((length,) for length in shape)
    found: list[tuple[int, ...]] = []
    for length in reversed(shape):
        found.append(even(length, max(min(room, length), 1)) if length else (0,))
        room = max(room // max(length, 1), 1)
    return tuple(reversed(found))


def _folded(x: Array, position: int, chunks: Chunks) -> Array:
    """Return an array one of whose dimensions becomes several, block by block."""
    found: Chunks = (*x.chunks[:position], *chunks, *x.chunks[position + 1 :])
    numblocks = tuple(map(len, found))

    def rows() -> Inputs:
        return Inputs.regular([x.name], np.arange(math.prod(numblocks))[:, None])

    def templates() -> list[AnyTemplate]:
        folded: list[AnyTemplate] = [
            Template((None, position, shape), (0,), (), {}, ()) for shape in product(*chunks)
        ]
        of = np.arange(math.prod(numblocks)).reshape(x.numblocks)
        at = np.indices(of.shape)[position].ravel()
        return [folded[k] for k in at.tolist()]

    def body(name: str) -> Gather:
        return Gather(name, numblocks, (x.expr,), fold, rows, templates=templates)

    token = (x.name, position, chunks)
    return new_array("getitem", token, found, meta_of(x.meta, len(found)), body)


def fold(block: Any, position: int, shape: tuple[int, ...]) -> Any:
    """Return a block one of whose dimensions has become several."""
    return block.reshape((*block.shape[:position], *shape, *block.shape[position + 1 :]))


class Take(ArrayExpr):
    """The elements at a list of places; they stand along one dimension, ``position``."""

    __slots__ = ("array", "axes", "places", "position")

    def __init__(
        self,
        name: str,
        array: ArrayExpr,
        axes: tuple[int, ...],
        places: tuple[Any, ...],
        position: int,
        lengths: tuple[int, ...],
        **options: Any,
    ):
        chunks = [along for n, along in enumerate(array.chunks) if n not in axes]
        chunks.insert(position, lengths)
        super().__init__(name, tuple(chunks), meta_of(array.meta, len(chunks)), (array,), **options)
        self.array = array
        self.axes = axes
        self.places = places
        self.position = position

    def with_inputs(self, inputs: tuple[Expr, ...]) -> ArrayExpr:
        (array,) = inputs
        if not isinstance(array, ArrayExpr):
            raise TypeError(f"{self!r} has to be lowered before its input is")
        return Take(
            self.name, array, self.axes, self.places, self.position, self.chunks[self.position],
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def sliced(self, index: Basic, users: Users) -> ArrayExpr | None:
        """Slice the places, and the array along the other dimensions."""
        if users[self.name] > 1:
            return None
        along = index[self.position]
        others = iter(entry for n, entry in enumerate(index) if n != self.position)
        inner = [WHOLE if n in self.axes else next(others) for n in range(self.array.ndim)]
        if isinstance(along, int):
            for axis, places in zip(self.axes, self.places, strict=True):
                inner[axis] = int(places[along])
            return getitem(self.array, tuple(inner))
        array = getitem(self.array, tuple(inner))
        gone = [n for n, entry in enumerate(inner) if isinstance(entry, int)]
        axes = tuple(axis - sum(n < axis for n in gone) for axis in self.axes)
        before = sum(isinstance(entry, int) for entry in index[: self.position])
        step = along.step or 1
        stop = along.stop if step > 0 or along.stop else None
        taken = slice(along.start, stop - 1 if step < 0 and stop else stop, step)
        (lengths,) = sliced_chunks((self.chunks[self.position],), (along,))
        return Take(
            self.name, array, axes, tuple(places[taken] for places in self.places),
            self.position - before, lengths, source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def lower(self) -> Expr:
        lengths = self.chunks[self.position]
        plan = TakePlan(tuple(self.array.chunks[axis] for axis in self.axes), self.places, lengths)
        if plan.widest <= 1:
            return self._cut(self.name, plan)
        if plan.widest <= MAX_WHOLE:
            return self._join(plan, self.array, plan.locals())
        pieces = self._cut(f"take-pieces-{tokenize(self.name)}", plan)
        return self._join(plan, pieces, None)

    def _cut(self, name: str, plan: TakePlan) -> Blockwise:
        """Return a grid of calls that take the pieces, each of its input block."""
        counts = list(self.numblocks)
        counts[self.position] = plan.pieces
        outer = iter(n for n in range(self.ndim) if n != self.position)
        axes = tuple(
            Axis(self.position, plan.tables[self.axes.index(n)])
            if n in self.axes
            else Axis(next(outer))
            for n in range(self.array.ndim)
        )
        indices = GridValues(*[
            [_full(index, self.axes, self.array.ndim) for index in plan.locals()]
            if n == self.position
            else [None] * count
            for n, count in enumerate(counts)
        ])  # fmt: skip
        grid = Operand(indices, tuple(map(Axis, range(self.ndim))))
        return Blockwise.call(
            name, tuple(counts), take_piece,
            [Operand(self.array, axes), grid, self.position, self.axes],
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def _join(self, plan: TakePlan, source: Expr, locals: list[tuple[Any, ...]] | None) -> Gather:
        """Return a grid of calls that make output blocks of pieces, or of whole input blocks."""
        axes, position, ndim = self.axes, self.position, self.array.ndim
        pointer, tables = plan.pointer, plan.tables
        numblocks = self.numblocks
        rows_of_k = np.indices(numblocks).reshape(len(numblocks), -1)[position]

        def rows() -> Inputs:
            grid = np.indices(numblocks, np.int64).reshape(len(numblocks), -1)
            counts = np.diff(pointer)[rows_of_k]
            piece = ranges(pointer[rows_of_k], counts)
            row = np.repeat(np.arange(len(counts)), counts)
            outer = [grid[n][row] for n in range(len(numblocks)) if n != position]
            if locals is None:
                index = [*outer[:position], piece, *outer[position:]]
            else:
                rest = iter(outer)
                index = [
                    np.array(tables[axes.index(n)])[piece] if n in axes else next(rest)
                    for n in range(ndim)
                ]
            block = np.ravel_multi_index(index, source.numblocks)
            indptr = np.concatenate([[0], np.cumsum(counts)])
            return Inputs([source.name], indptr, np.zeros(len(block), np.int64), block)

        def templates() -> list[AnyTemplate]:
            found: list[AnyTemplate] = []
            for k, order in enumerate(plan.orders()):
                a, b = int(pointer[k]), int(pointer[k + 1])
                cuts = None
                if locals is not None:
                    cuts = tuple(_full(index, axes, ndim) for index in locals[a:b])
                args = (position, axes, order, cuts, *[None] * (b - a))
                found.append(Template(args, tuple(range(4, 4 + b - a)), (), {}, ()))
            return [found[k] for k in rows_of_k.tolist()]

        return Gather(
            self.name, numblocks, (source,), join_pieces, rows, templates=templates,
            source=self.source, annotations=self.annotations,
        )  # fmt: skip


def _full(index: Sequence[Any], axes: tuple[int, ...], ndim: int) -> tuple[Any, ...]:
    """Return the index of a whole block that has these entries at the indexed axes."""
    return tuple(index[axes.index(n)] if n in axes else WHOLE for n in range(ndim))


def take_piece(block: Any, where: tuple[Any, ...], position: int, axes: tuple[int, ...]) -> Any:
    """Return the elements of a block that a piece consists of.

    ``where`` has the index at the place of the dimension that the grid of pieces runs along.
    """
    return _take(block, where[position], position, axes)


def _take(block: Any, index: tuple[Any, ...], position: int, axes: tuple[int, ...]) -> Any:
    piece = take(block, index)
    # NumPy puts the dimension of a pointwise index first unless the indexed ones are neighbours.
    now = axes[0] if axes[-1] - axes[0] == len(axes) - 1 else 0
    return piece if now == position else np.moveaxis(piece, now, position)


def join_pieces(
    position: int,
    axes: tuple[int, ...],
    orders: tuple[Any, ...] | None,
    cuts: tuple[Any, ...] | None,
    *blocks: Any,
) -> Any:
    """Put the pieces of one block in their places."""
    pieces = list(blocks)
    if cuts is not None:
        pieces = [
            _take(block, cut, position, axes) for block, cut in zip(blocks, cuts, strict=True)
        ]
    if orders is None:
        return pieces[0] if len(pieces) == 1 else concatenate_blocks(pieces, position)
    if all(type(piece) is np.ndarray for piece in pieces):
        shape = list(pieces[0].shape)
        shape[position] = sum(piece.shape[position] for piece in pieces)
        whole = np.empty(shape, pieces[0].dtype)
        before = (WHOLE,) * position
        for piece, order in zip(pieces, orders, strict=True):
            whole[(*before, order)] = piece
        return whole
    joined = concatenate_blocks(pieces, position)
    total = joined.shape[position]
    came = np.concatenate([np.arange(total)[order] for order in orders])
    back = np.empty(total, np.int64)
    back[came] = np.arange(total)
    return joined[(WHOLE,) * position + (back,)]


def _take_of_one_block(
    x: Array, axes: tuple[int, ...], places: tuple[Any, ...], position: int, prefix: str
) -> Array:
    """Take along axes of unknown lengths: only of blocks that are whole along them."""
    if any(len(x.chunks[axis]) > 1 for axis in axes):
        raise ValueError(
            f"axis {axes[0]} has blocks of unknown lengths, so the elements at a list of places "
            "can't be found; call compute_chunk_sizes() first"
        )
    chunks: list[Any] = [along for n, along in enumerate(x.chunks) if n not in axes]
    chunks.insert(position, (len(places[0]),))
    found: Chunks = tuple(chunks)
    outer = iter(n for n in range(len(found)) if n != position)
    follow = tuple(Axis(None) if n in axes else Axis(next(outer)) for n in range(x.ndim))
    index = _full(places, axes, x.ndim)

    def body(name: str) -> Blockwise:
        return Blockwise.call(
            name, tuple(map(len, found)), _take,
            [Operand(x.expr, follow), index, position, axes],
        )  # fmt: skip

    token = (x.name, axes, places, position)
    return new_array(prefix, token, found, meta_of(x.meta, len(found)), body)


__all__: list[str] = []

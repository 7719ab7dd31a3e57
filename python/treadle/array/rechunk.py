"""Rechunking: the same array in other blocks.

Old and new borders together cut the array into pieces.  A piece that is a whole block needs no
task, any other is a view of a block; a new block copies its pieces once into its own memory.
Which chunks lie on the way, if there would be too many pieces, is planned in
:mod:`treadle.array.rechunk_plan`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial, reduce
from itertools import pairwise, product
from math import prod
from typing import Any, NamedTuple

import numpy as np

from treadle import config
from treadle.array.basic_indexing import getitem, sliced_chunks
from treadle.array.chunks import Chunks, is_known, normalize_chunks, starts
from treadle.array.core import Array
from treadle.array.expr import ArrayExpr, Basic
from treadle.array.finalize import concatenate_blocks
from treadle.array.rechunk_plan import balanced, plan_rechunk
from treadle.base import current_annotations
from treadle.graph.blockwise import Axis, Blockwise, GridValues, Operand
from treadle.graph.expr import Expr, Users
from treadle.graph.gather import Gather
from treadle.graph.layer import AnyTemplate, Inputs, Integers
from treadle.graph.source import outside_caller
from treadle.graph.template import Template
from treadle.graph.tokenize import tokenize
from treadle.utils.format import parse_bytes


def rechunk(
    x: Array,
    chunks: Any = "auto",
    threshold: int | None = None,
    block_size_limit: int | str | None = None,
    balance: bool = False,
    method: str | None = None,
) -> Array:
    """Return the array in other blocks.

    Parameters
    ----------
    x : Array
    chunks : int, str, tuple or dict
        As for :func:`normalize_chunks`; None, and dimensions that a dict does not name, stay as
        they are.
    threshold : int, optional
        How many times more pieces than blocks there may be before chunks in between are tried;
        the setting ``array.rechunk.threshold`` without it.
    block_size_limit : int or str, optional
        Bytes that a block in between may have, or those of the largest block before or after, if
        that is more; the setting ``array.chunk-size`` without it.
    balance : bool
        Make blocks nearly equally long, instead of a short last one.
    method : {"tasks"}, optional
        Taken for Dask's sake: there is one method.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If the chunks don't fit the shape, or cut a dimension of unknown length.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.ones((4, 4), chunks=2).rechunk({0: -1}).chunks
    ((4,), (2, 2))
    """
    if method not in (None, "tasks", "p2p"):
        raise ValueError(f"method must be 'tasks', not {method!r}")
    target = _target(x, chunks, block_size_limit)
    if balance:
        target = tuple(balanced(lengths) for lengths in target)
    if all(map(_same, target, x.chunks)):
        return x
    name = f"rechunk-{tokenize(x.name, target)}"
    expr = Rechunk(
        name, x.expr, target, threshold, block_size_limit,
        source=outside_caller(), annotations=current_annotations(),
    )  # fmt: skip
    return Array(expr)


def _target(x: Array, chunks: Any, limit: int | str | None) -> Chunks:
    """Return the chunks that a user wants, in full."""
    if isinstance(chunks, Mapping):
        wanted = {axis % x.ndim: entry for axis, entry in chunks.items()}
        chunks = tuple(wanted.get(n) for n in range(x.ndim))
    if isinstance(chunks, (tuple, list)) and len(chunks) == x.ndim:
        chunks = tuple(
            own if entry is None else entry for entry, own in zip(chunks, x.chunks, strict=True)
        )
    target = normalize_chunks(chunks, x.shape, limit, x.dtype, x.chunks)
    for axis, (new, old) in enumerate(zip(target, x.chunks, strict=True)):
        if not is_known([old]) and not _same(new, old):
            raise ValueError(
                f"blocks of unknown lengths along axis {axis} can't be rechunked from {old} to "
                f"{new}; call compute_chunk_sizes() first"
            )
    return target


def _same(new: tuple[int, ...], old: tuple[int, ...]) -> bool:
    """Tell whether lengths are equal, unknown ones to each other."""
    return len(new) == len(old) and all(
        a == b or (math.isnan(a) and math.isnan(b)) for a, b in zip(new, old, strict=True)
    )


class Rechunk(ArrayExpr):
    """The same elements in other blocks.

    Parameters
    ----------
    array : ArrayExpr
    chunks : tuple of tuple of int
    threshold, limit
        For the plan; see :func:`rechunk`.
    """

    __slots__ = ("array", "limit", "threshold")

    def __init__(
        self,
        name: str,
        array: ArrayExpr,
        chunks: Chunks,
        threshold: float | None = None,
        limit: int | str | None = None,
        **options: Any,
    ):
        super().__init__(name, chunks, array.meta, (array,), **options)
        self.array = array
        self.threshold = threshold
        self.limit = limit

    def _of(self, array: ArrayExpr, chunks: Chunks) -> Rechunk:
        return Rechunk(
            self.name, array, chunks, self.threshold, self.limit,
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def with_inputs(self, inputs: tuple[Expr, ...]) -> Rechunk:
        return self._of(inputs[0], self.chunks)  # type: ignore[arg-type]

    def simplify(self, users: Users) -> Expr:
        array = self.array
        if isinstance(array, Rechunk) and users[array.name] <= 1:
            return self._of(array.array, self.chunks)
        better = array.rechunked(self.chunks, users)
        return self if better is None else better.renamed(self.name)

    def sliced(self, index: Basic, users: Users) -> ArrayExpr | None:
        if users[self.name] > 1:  # somebody needs all of it anyway
            return None
        return self._of(getitem(self.array, index), sliced_chunks(self.chunks, index))

    def lower(self) -> Expr:
        if self.threshold != math.inf and is_known(self.chunks):
            between = plan_rechunk(
                self.array.chunks, self.chunks, self.dtype.itemsize,
                config.get("array.rechunk.threshold") if self.threshold is None else self.threshold,
                parse_bytes(self.limit or config.get("array.chunk-size")),
            )  # fmt: skip
            if between:
                return self._staged(between)
        crossings = [cross(*pair) for pair in zip(self.array.chunks, self.chunks, strict=True)]
        if all(crossing.counts.max() <= 1 for crossing in crossings):
            return self._split(crossings)
        pieces = self._pieces(crossings)
        inputs: tuple[Expr, ...] = (self.array,) if pieces is None else (self.array, pieces)
        if not all(crossing.whole.any() for crossing in crossings):
            inputs = inputs[1:]
        shapes, function_index = _shapes([crossing.counts for crossing in crossings])
        return Gather(
            self.name, self.numblocks, inputs, [partial(merge, shape) for shape in shapes],
            partial(_merged_rows, [item.name for item in inputs], self.array, crossings),
            function_index=function_index, source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def _staged(self, between: Sequence[Chunks]) -> Expr:
        """Return the same by way of other chunks."""
        array = self.array
        options: Any = {"source": self.source, "annotations": self.annotations}
        for chunks in between:
            name = f"rechunk-between-{tokenize(array.name, chunks)}"
            array = Rechunk(name, array, chunks, math.inf, **options)
        return Rechunk(self.name, array, self.chunks, math.inf, **options)

    def _split(self, crossings: Sequence[Crossing]) -> Expr:
        """Return blocks that each are a piece of one block."""
        block = Operand(
            self.array,
            tuple(Axis(n, tuple(item.old.tolist())) for n, item in enumerate(crossings)),
        )
        index = Operand(
            GridValues(*[item.slices() for item in crossings]),
            tuple(map(Axis, range(self.ndim))),
        )
        return Blockwise.call(
            self.name, self.numblocks, piece_of, [block, index],
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def _pieces(self, crossings: Sequence[Crossing]) -> Gather | None:
        """Return the pieces that are not whole blocks, in C order."""
        count = prod(len(item.old) for item in crossings)
        count -= prod(int(item.whole.sum()) for item in crossings)
        if not count:
            return None
        array = self.array

        def rows() -> Inputs:
            cut = ~_all_of([item.whole for item in crossings])
            block = _grid_of([item.old for item in crossings], array.numblocks)[cut]
            return Inputs.regular([array.name], block[:, None])

        def templates() -> list[AnyTemplate]:
            cut = ~_all_of([item.whole for item in crossings])
            kinds = [item.kinds() for item in crossings]
            counts = tuple(len(slices) for slices, _ in kinds)
            kind = _grid_of([of for _, of in kinds], counts)[cut]
            used, number = np.unique(kind, return_inverse=True)
            index = zip(*np.unravel_index(used, counts), strict=True)
            known = [
                tuple(slices[n] for (slices, _), n in zip(kinds, places, strict=True))
                for places in index
            ]
            made = [Template((None, slices), (0,), (), {}, ()) for slices in known]
            return [made[n] for n in number.tolist()]

        return Gather(
            f"rechunk-split-{tokenize(array.name, self.chunks)}", (count,), (array,), piece_of,
            rows, templates=templates, source=self.source, annotations=self.annotations,
        )  # fmt: skip


class Crossing(NamedTuple):
    """How blocks along a dimension are cut by the borders of others; arrays of one entry a piece.

    ``old`` is the block that a piece is cut out of, from ``low`` to ``high``; ``new`` the one that
    it goes into; ``whole`` whether it is all of the old one.  ``counts`` has the number of pieces
    of each new block.
    """

    old: Integers
    low: Integers
    high: Integers
    new: Integers
    whole: Any
    counts: Integers

    def kinds(self) -> tuple[list[slice], Integers]:
        """Return the different slices that are cut out of old blocks, and which one each piece
        is: they repeat themselves along regular chunks."""
        low = np.where(self.whole, -1, self.low)
        cuts, of = np.unique(np.stack([low, self.high * ~self.whole]), axis=1, return_inverse=True)
        pairs = zip(*cuts.tolist(), strict=True)
        return [slice(None) if low < 0 else slice(low, high) for low, high in pairs], of.ravel()

    def slices(self) -> list[slice]:
        """Return what is cut out of the old block for each piece."""
        known, of = self.kinds()
        return [known[n] for n in of.tolist()]


def cross(old: tuple[int, ...], new: tuple[int, ...]) -> Crossing:
    """Return the pieces between the borders of two sets of blocks along a dimension.

    >>> crossing = cross((4, 4), (3, 5))
    >>> crossing.old, crossing.low, crossing.high, crossing.new
    (array([0, 0, 1]), array([0, 3, 0]), array([3, 4, 4]), array([0, 1, 1]))
    """
    every = np.arange(len(old))
    if old is new or _same(old, new):
        ones = np.ones(len(old), np.int64)
        return Crossing(every, 0 * ones, 0 * ones, every, ones.astype(bool), ones)
    before, after = np.array(starts(old)), np.array(starts(new))
    borders = np.unique(np.concatenate([before, after]))
    begin, end = borders[:-1], borders[1:]
    of = np.searchsorted(before, begin, "right") - 1
    into = np.searchsorted(after, begin, "right") - 1
    low, high = begin - before[of], end - before[of]
    empty = np.flatnonzero(np.diff(after) == 0)  # new blocks of no elements have a piece too
    if len(empty):
        into = np.concatenate([into, empty])
        order = np.argsort(into, kind="stable")
        nothing = np.zeros(len(empty), np.int64)
        into = into[order]
        of, low, high = (np.concatenate([item, nothing])[order] for item in (of, low, high))
    whole = (low == 0) & (high == np.diff(before)[of])
    return Crossing(of, low, high, into, whole, np.bincount(into, minlength=len(new)))


def _grid_of(along: Sequence[Integers], numblocks: tuple[int, ...]) -> Integers:
    """Return the numbers of blocks at all places of a grid, given those along each dimension."""
    flat: Any = np.zeros((), np.int64)
    for blocks, count in zip(along, numblocks, strict=True):
        flat = np.add.outer(flat * count, blocks)
    return flat.ravel()  # type: ignore[no-any-return]


def _all_of(along: Sequence[Any]) -> Any:
    """Return where in a grid what is said along each dimension is true of all of them."""
    return np.ravel(reduce(np.logical_and.outer, along, np.True_))


def _merged_rows(producers: list[Any], array: ArrayExpr, crossings: Sequence[Crossing]) -> Inputs:
    """Return the pieces of each new block, in C order."""
    numblocks = tuple(len(item.counts) for item in crossings)
    row = _grid_of([item.new for item in crossings], numblocks)
    order = np.argsort(row, kind="stable")
    whole = _all_of([item.whole for item in crossings])
    number_of_cut = np.cumsum(~whole) - 1
    block = np.where(whole, _grid_of([item.old for item in crossings], array.numblocks), 0)
    block[~whole] = number_of_cut[~whole]
    producer = (~whole).astype(np.int64) if len(producers) == 2 else np.zeros(len(row), np.int64)
    counts = np.bincount(row, minlength=prod(numblocks))
    return Inputs(
        producers, np.concatenate([[0], np.cumsum(counts)]), producer[order], block[order]
    )


def _shapes(along: Sequence[Integers]) -> tuple[list[tuple[int, ...]], Integers | None]:
    """Return the different numbers of pieces along dimensions, and which ones each block has."""
    kinds = [np.unique(counts, return_inverse=True) for counts in along]
    shapes = list(product(*[values.tolist() for values, _ in kinds]))
    if len(shapes) == 1:
        return shapes, None
    index = _grid_of([inverse for _, inverse in kinds], tuple(len(v) for v, _ in kinds))
    return shapes, index


def piece_of(block: Any, index: tuple[slice, ...]) -> Any:
    """Return a view of a block: all its pieces are needed, so it need not be copied."""
    return block[index]


def merge(shape: tuple[int, ...], *pieces: Any) -> Any:
    """Return the block that a grid of pieces makes, in C order; each is copied once.

    >>> merge((1, 2), np.zeros((2, 1)), np.ones((2, 2)))
    array([[0., 1., 1.],
           [0., 1., 1.]])
    """
    if len(pieces) == 1:
        return pieces[0]
    if any(type(piece) is not np.ndarray for piece in pieces):
        return _concatenated(shape, pieces)
    borders = []
    step = len(pieces)
    for axis, count in enumerate(shape):
        step //= count
        borders.append(starts([pieces[n * step].shape[axis] for n in range(count)]))
    whole = np.empty([ends[-1] for ends in borders], pieces[0].dtype)
    places = [[slice(*pair) for pair in pairwise(ends)] for ends in borders]
    for place, piece in zip(product(*places), pieces, strict=True):
        whole[place] = piece
    return whole


def _concatenated(shape: tuple[int, ...], pieces: Sequence[Any]) -> Any:
    """Join pieces of other kinds as their libraries do, the last dimension first."""
    parts = list(pieces)
    for axis in reversed(range(len(shape))):
        count = shape[axis]
        parts = [
            concatenate_blocks(parts[n : n + count], axis) if count > 1 else parts[n]
            for n in range(0, len(parts), count)
        ]
    return parts[0]


__all__ = ["rechunk"]

"""Sums of products of blocks: what matrix products, ``tensordot`` and ``einsum`` come down to.

Dimensions carry labels.  A block of the result is the sum, over all blocks along the labels that
the result lacks, of a product of matching blocks.  The sum is never held as its terms: it is a
chain of tasks, each of which adds some more products, in place, to what the one before made::

    c[i, j]:   a[i, 0] b[0, j] + a[i, 1] b[1, j]   ->   + a[i, 2] b[2, j] + ...   ->

A result of few blocks gets several chains a block, so that all cores have something to do; their
ends are added up.  Slices of the result become slices of the factors.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from treadle.array.basic_indexing import WHOLE, getitem, sliced_chunks
from treadle.array.blas_threads import shared_blas
from treadle.array.chunks import Chunks, is_known, unify
from treadle.array.core import Array
from treadle.array.expr import ArrayExpr, Basic, operand
from treadle.array.meta import meta_of
from treadle.array.rechunk import rechunk
from treadle.base import current_annotations
from treadle.graph.blockwise import Blockwise
from treadle.graph.expr import Expr, Users, distinct
from treadle.graph.gather import Gather
from treadle.graph.layer import Inputs, Integers
from treadle.graph.naming import key_prefix
from treadle.graph.source import outside_caller
from treadle.graph.tokenize import tokenize

Labels = tuple[Hashable, ...]

#: A task takes as many factors as fit in so many bytes, at least one product's and at most so many.
TASK_BYTES, TASK_PRODUCTS = 256 * 2**20, 16

#: Chains there should be, if sums are long enough; together they hold no more than so many bytes.
CHAINS, CHAINS_BYTES = 16, 256 * 2**20


class Contraction(ArrayExpr):
    """Sums of products of blocks.

    Parameters
    ----------
    factors : tuple of ArrayExpr
    labels : tuple of tuple
        One label a dimension, for each factor.  A factor of one block along a label that has more
        is taken again for each of them.
    out : tuple
        Labels of the result.
    kernel : callable
        ``kernel(*blocks)`` is a new array, the product of blocks summed over the labels that
        ``out`` lacks.
    """

    __slots__ = ("factors", "kernel", "labels", "out")

    def __init__(
        self,
        name: str,
        chunks: Chunks,
        meta: Any,
        factors: tuple[ArrayExpr, ...],
        labels: tuple[Labels, ...],
        out: Labels,
        kernel: Callable[..., Any],
        **options: Any,
    ):
        super().__init__(name, chunks, meta, distinct(factors), **options)
        self.factors = factors
        self.labels = labels
        self.out = out
        self.kernel = kernel

    def with_inputs(self, inputs: tuple[Expr, ...]) -> Contraction:
        new: Any = {old.name: item for old, item in zip(self.inputs, inputs, strict=True)}
        factors = tuple(new[item.name] for item in self.factors)
        return Contraction(
            self.name, self.chunks, self.meta, factors, self.labels, self.out, self.kernel,
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def sliced(self, index: Basic, users: Users) -> ArrayExpr | None:
        """Slice the factors; dimensions that an int takes are left, with length 1."""
        if users[self.name] > 1 or not is_known(self.chunks):
            return None
        wanted = {
            label: slice(entry, entry + 1, 1) if isinstance(entry, int) else entry
            for label, entry, length in zip(self.out, index, self.shape, strict=True)
            if length != 1
        }
        if all(entry == WHOLE for entry in wanted.values()):
            return None
        factors = tuple(
            getitem(
                factor,
                tuple(
                    wanted.get(label, WHOLE) if length != 1 else WHOLE
                    for label, length in zip(labels, factor.shape, strict=True)
                ),
            )
            for factor, labels in zip(self.factors, self.labels, strict=True)
        )
        whole = tuple(wanted.get(label, WHOLE) for label in self.out)
        rest = tuple(
            (0 if isinstance(entry, int) else WHOLE) if label in wanted else entry
            for label, entry in zip(self.out, index, strict=True)
        )
        names = [factor.name for factor in factors]
        name = f"{key_prefix(self.name)}-{tokenize(names, self.labels, self.out, self.kernel)}"
        smaller = Contraction(
            name, sliced_chunks(self.chunks, whole), self.meta, factors, self.labels, self.out,
            self.kernel, source=self.source, annotations=self.annotations,
        )  # fmt: skip
        return getitem(smaller, rest)

    # -- lowering ----------------------------------------------------------------------------------

    def lower(self) -> Expr:
        counts = self._counts()
        summed = [label for label in counts if label not in self.out]
        options: Any = {"source": self.source, "annotations": self.annotations}
        if all(counts[label] == 1 for label in summed):
            args = [
                operand(factor, [None if count == 1 else self.out.index(label)
                                 for label, count in zip(labels, factor.numblocks, strict=True)])
                for factor, labels in zip(self.factors, self.labels, strict=True)
            ]  # fmt: skip
            kernel = partial(sum_of_products, self.kernel, len(args), False)
            return Blockwise.call(self.name, self.numblocks, kernel, args, **options)
        terms = math.prod(counts[label] for label in summed)
        chains = self._number_of_chains(terms)
        longest = -(-terms // chains)
        steps = -(-longest // self._products_a_task())
        parts = [np.array_split(places, steps) for places in np.array_split(range(terms), chains)]
        before: Expr | None = None
        grid = (*self.numblocks, chains)
        for step in range(steps):
            last = step == steps - 1 and chains == 1
            before = Gather(
                self.name if last else self._inner_name(step),
                self.numblocks if last else grid,
                distinct(self.factors) + ((before,) if before is not None else ()),
                partial(sum_of_products, self.kernel, len(self.factors), before is not None),
                partial(self._rows, counts, [part[step] for part in parts], before),
                **options,
            )
        assert before is not None
        if chains == 1:
            return before

        def ends() -> Inputs:
            rows = math.prod(self.numblocks)
            return Inputs.regular(
                [before.name] * chains, np.arange(rows * chains).reshape(rows, -1)
            )

        return Gather(self.name, self.numblocks, (before,), add_up, ends, **options)

    def _counts(self) -> dict[Hashable, int]:
        """Return the number of blocks along each label."""
        counts: dict[Hashable, int] = {}
        for factor, labels in zip(self.factors, self.labels, strict=True):
            for label, count in zip(labels, factor.numblocks, strict=True):
                counts[label] = max(count, counts.get(label, 1))
        return counts

    def _inner_name(self, step: int) -> str:
        return f"{key_prefix(self.name)}-{tokenize(self.name, 'sum', step)}"

    def _products_a_task(self) -> int:
        nbytes = sum(_block_bytes(factor.chunks, factor.dtype) for factor in self.factors)
        return int(min(max(TASK_BYTES // max(nbytes, 1), 1), TASK_PRODUCTS))

    def _number_of_chains(self, terms: int) -> int:
        rows = math.prod(self.numblocks)
        room = CHAINS_BYTES // max(_block_bytes(self.chunks, self.dtype) * rows, 1)
        return int(max(min(CHAINS // max(rows, 1), max(room, 2), terms // 2), 1))

    def _rows(
        self, counts: Mapping[Hashable, int], parts: list[Integers], before: Expr | None
    ) -> Inputs:
        """Return what the tasks of one step take: the sum so far, and blocks of the factors."""
        rows = math.prod(self.numblocks)
        grid = np.indices(self.numblocks, np.int64).reshape(len(self.numblocks), rows)
        places = dict(zip(self.out, grid, strict=True))
        summed = [label for label in counts if label not in self.out]
        names = [item.name for item in self.inputs]
        if before is not None:
            names.append(before.name)
        columns: list[Any] = []
        producers: list[int] = []
        lengths: list[int] = []
        for chain, terms in enumerate(parts):
            length = len(columns)
            if before is not None:
                columns.append(np.arange(rows) * len(parts) + chain)
                producers.append(len(names) - 1)
            for term in terms:
                index = np.unravel_index(term, [counts[label] for label in summed])
                places |= {label: np.full(rows, n) for label, n in zip(summed, index, strict=True)}
                for factor, labels in zip(self.factors, self.labels, strict=True):
                    flat: Any = np.zeros(rows, np.int64)
                    for label, count in zip(labels, factor.numblocks, strict=True):
                        flat = flat * count + (places[label] if count > 1 else 0)
                    columns.append(flat)
                    producers.append(names.index(factor.name))
            lengths.append(len(columns) - length)
        indptr = np.concatenate([[0], np.cumsum(np.tile(lengths, rows))])
        block = np.stack(columns, axis=1).ravel()
        return Inputs(list(names), indptr, np.tile(producers, rows), block)


def _block_bytes(chunks: Chunks, dtype: np.dtype[Any]) -> int:
    """Return the bytes of the largest block; of unknown lengths, a guess on the safe side."""
    if not is_known(chunks):
        return TASK_BYTES // 4
    return math.prod(max(lengths) for lengths in chunks) * dtype.itemsize


# -- what tasks call -------------------------------------------------------------------------------


def sum_of_products(kernel: Callable[..., Any], width: int, begun: bool, *blocks: Any) -> Any:
    """Return the sum of ``kernel`` over groups of ``width`` blocks.

    With ``begun``, the first block is a sum to which the others are to be added.  It isn't changed.
    """
    total: Any = None
    spare: Any = None
    for n in range(begun, len(blocks), width):
        group = blocks[n : n + width]
        with shared_blas():
            if spare is not None:
                part = kernel(*group, out=spare)
            else:
                part = kernel(*group)
        if total is None:
            total = part
            continue
        total = _add(total, part)
        if getattr(kernel, "takes_out", False) and type(part) is np.ndarray and part.ndim:
            spare = part if part.shape == total.shape else None
    if not begun:
        return total
    return blocks[0] if total is None else _add(total, blocks[0])


def add_up(*blocks: Any) -> Any:
    """Return the sum of blocks, none of which is changed."""
    total = _sum(blocks[0], blocks[1])
    for block in blocks[2:]:
        total = _add(total, block)
    return total


def _add(total: Any, part: Any) -> Any:
    """Add to a sum that nobody else has."""
    if type(total) is np.ndarray and total.ndim:
        total += part
        return total
    return _sum(total, part)


def _sum(total: Any, part: Any) -> Any:
    """Return a sum; what is masked in one block only is that of the other."""
    if not isinstance(total, np.ma.MaskedArray):
        return total + part
    mask = np.ma.getmaskarray(total) & np.ma.getmaskarray(part)
    return np.ma.masked_array(np.ma.filled(total, 0) + np.ma.filled(part, 0), mask=mask)


# -- making them -----------------------------------------------------------------------------------


def contract(
    prefix: str,
    arrays: Sequence[Array],
    labels: Sequence[Labels],
    out: Labels,
    kernel: Callable[..., Any],
    meta: Any,
) -> Array:
    """Return the sums of products of arrays whose dimensions have labels.

    Parameters
    ----------
    prefix : str
        What people see.
    arrays : sequence of Array
        Dimensions of one label have the same length, or length 1 where the result has the label.
    labels : sequence of tuple
        Of each array.
    out : tuple
        Labels of the result.
    kernel : callable
        Multiplies blocks.
    meta : array or dtype
        Of the result.

    Raises
    ------
    ValueError
        If blocks of unknown lengths would have to be matched.
    """
    chunks: dict[Hashable, tuple[int, ...]] = {}
    for label in {label: None for item in labels for label in item}:
        several = [
            lengths
            for array, item in zip(arrays, labels, strict=True)
            for lengths, other in zip(array.chunks, item, strict=True)
            if other == label
        ]
        long = [lengths for lengths in several if sum(lengths) != 1] or several[:1]
        chunks[label] = _matched(long)
    factors = tuple(
        _in_chunks(array, item, chunks).expr for array, item in zip(arrays, labels, strict=True)
    )
    whole = tuple(chunks[label] for label in out)
    names = [factor.name for factor in factors]
    name = f"{prefix}-{tokenize(names, tuple(labels), out, kernel)}"
    return Array(
        Contraction(
            name, whole, meta_of(meta, len(out)), factors, tuple(labels), out, kernel,
            source=outside_caller(), annotations=current_annotations(),
        )
    )  # fmt: skip


def _matched(several: list[tuple[int, ...]]) -> tuple[int, ...]:
    if not is_known(several) and len({len(lengths) for lengths in several}) == 1:
        return next((lengths for lengths in several if is_known([lengths])), several[0])
    return unify(several)


def _in_chunks(array: Array, labels: Labels, chunks: Mapping[Hashable, tuple[int, ...]]) -> Array:
    wanted = tuple(
        own if sum(own) == 1 or not is_known([own]) else chunks[label]
        for own, label in zip(array.chunks, labels, strict=True)
    )
    if wanted == array.chunks or not is_known([n for n in wanted if is_known([n])]):
        return array
    if not is_known(wanted) and all(
        own == new or not is_known([own]) for own, new in zip(array.chunks, wanted, strict=True)
    ):
        return array
    return rechunk(array, wanted)

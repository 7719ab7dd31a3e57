"""How many bytes blocks have, before there are any.

Blocks of arrays are as large as their chunks say.  What arrays are lowered to has blocks of its
own, partial results and pieces, which nobody gave a length; these are worked out from what they
are made of, row by row:

- a piece of a block has its share of the block's bytes,
- what merges blocks has the bytes of all of them,
- a partial result of a reduction, and what adds up others, is as large as one.

Functions fused into one task leave values behind while it runs, and these count as well; and calls
that are not known to be frugal are taken to need as much again as the largest block they see.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from treadle.array.basic_indexing import take
from treadle.array.contraction import sum_of_products
from treadle.array.expr import ArrayExpr
from treadle.array.from_array import CopiedBlocks, FromSource, InMemory
from treadle.array.rechunk import piece_of
from treadle.array.reshaping import reshape_block
from treadle.array.sources import read_block
from treadle.array.tree import TreeReduction
from treadle.graph.blockwise import Axis, Blockwise, fuse_blockwise
from treadle.graph.expr import CollectionExpr, Expr, GraphExpr, count_users, rewrite, walk
from treadle.graph.gather import Blocks, Gather
from treadle.graph.tiles import TILE_BYTES

Bytes = npt.NDArray[np.float64]


class BlockSizes:
    """Bytes of blocks by name, as :class:`treadle.planning.plan.Sizes` has them."""

    def __init__(self, roots: Sequence[Expr]):
        self.known: dict[str, Bytes] = {}
        self.alike: set[str] = set()
        self.read: dict[str, float] = {}
        self.extra: dict[str, float] = {}
        self.irregular: set[str] = set()
        self.guessed: set[str] = set()
        users = count_users(roots)
        roots = rewrite(roots, lambda expr: self._seen(expr.simplify(users)))
        lowered = rewrite(roots, self._lowered)
        self.fused = fuse_blockwise(lowered)
        self._add_fused(lowered)

    # -- what is lowered ---------------------------------------------------------------------------

    def _seen(self, expr: Expr) -> Expr:
        """Write down the bytes of an array's blocks."""
        if isinstance(expr, ArrayExpr):
            self.known[expr.name] = (
                np.zeros(math.prod(expr.numblocks))
                if isinstance(expr, (CopiedBlocks, InMemory))  # views of what is there
                else grid_bytes(expr.chunks, expr.dtype.itemsize)
            )
            if isinstance(expr, FromSource):
                self.read[expr.name] = float(np.nansum(self.known[expr.name]))
            if isinstance(expr, TreeReduction):
                self._add_partials(expr)
        elif isinstance(expr, Blocks):
            self.known.setdefault(expr.name, np.zeros(math.prod(expr.numblocks)))
        return expr

    def _lowered(self, expr: Expr) -> Expr:
        self._seen(expr)
        lower = expr.lower()
        if isinstance(lower, Blocks):
            self.known[lower.name] = np.zeros(math.prod(lower.numblocks))  # they are there
        elif isinstance(expr, ArrayExpr) and lower is not expr:
            self._add_inner(expr, lower)
        return lower

    def _add_inner(self, expr: ArrayExpr, lower: Expr) -> None:
        """Say how large the blocks are that stand between an array's blocks and its inputs'."""
        outside = {item.name for item in walk(expr.inputs)}
        for inner in walk([lower]):
            if inner.name in self.known or inner.name in outside or not isinstance(inner, Gather):
                continue
            if isinstance(expr, TreeReduction):
                self.alike.add(inner.name)
            elif inner.numblocks[:-1] == expr.numblocks:  # partial results of each block
                self.known[inner.name] = np.repeat(self.known[expr.name], inner.numblocks[-1])

    def _add_partials(self, expr: TreeReduction) -> None:
        """Partial results have length 1 along the reduced axes; a few values for each element."""
        partials = expr.partials
        below = [item for item in partials.inputs if isinstance(item, ArrayExpr)]
        if not below or below[0].numblocks != partials.numblocks:
            self.alike.add(partials.name)
            return
        chunks = [
            (1,) * len(lengths) if axis in expr.axes else lengths
            for axis, lengths in enumerate(below[0].chunks)
        ]
        itemsize = max(expr.dtype.itemsize, 8)
        self.known[partials.name] = PARTIALS * grid_bytes(chunks, itemsize)

    # -- what is fused -----------------------------------------------------------------------------

    def _add_fused(self, lowered: Sequence[Expr]) -> None:
        before = {expr.name: expr for expr in walk(lowered)}
        left = {expr.name for expr in walk(self.fused)}
        for expr in walk(self.fused):
            if isinstance(expr, (CollectionExpr, GraphExpr)):
                self.irregular.add(expr.name)
            elif isinstance(expr, Gather) and _called(expr.functions) is sum_of_products:
                self.extra[expr.name] = self.largest(expr.name)  # a product, before it is added
            if isinstance(expr, Blockwise) and isinstance(before.get(expr.name), Blockwise):
                parts = _Parts(self, left)
                parts.add(before[expr.name], ())
                self.extra[expr.name] = parts.peak() + self._work_space(expr, parts.names)
                if parts.guessed:
                    self.guessed.add(expr.name)
                reads = sum(self.read.get(name, 0.0) for name in parts.names)
                if reads:
                    self.read[expr.name] = reads

    def _work_space(self, expr: Blockwise, parts: Sequence[str]) -> float:
        """Return what calls may take for themselves: as much as the largest block they see, unless
        they are known to take none."""
        if all(_is_frugal(step.func) for step in expr.program.steps):
            return 0.0
        seen = [name for name in parts if name != expr.name]
        return max(map(self.largest, [*seen, *(item.name for item in expr.inputs)]), default=0.0)

    def largest(self, name: str) -> float:
        """Return the bytes of the largest block that is known."""
        found = self.known.get(name, _NONE)
        return float(np.nanmax(found)) if len(found) and not np.isnan(found).all() else 0.0


_NONE: Bytes = np.zeros(0)

#: Values that partial results have for each element, such as a sum and a count.
PARTIALS = 2


#: Calls that make their result and nothing else of the size of a block.
FRUGAL = (
    np.sum, np.prod, np.max, np.min, np.any, np.all, np.transpose, np.ones, np.zeros, np.empty,
    np.full, read_block, take, sum_of_products,
)  # fmt: skip

#: Calls whose result is in the memory of what they are given.
VIEWS = (np.transpose, np.lib.stride_tricks.sliding_window_view, reshape_block, piece_of)


def _called(func: Any) -> Any:
    """Return the function that a partial one calls in the end."""
    while isinstance(func, partial):
        func = func.func
    return func


def _is_one(func: Any, group: tuple[Any, ...]) -> bool:
    """Tell whether a callable, of which nobody knows whether it has a hash, is one of a group."""
    return any(func is member for member in group)


def _is_frugal(func: Any) -> bool:
    func = _called(func)
    return isinstance(func, np.ufunc) or _is_one(func, FRUGAL) or _is_one(func, VIEWS)


class _Parts:
    """Grids that became one: what a task of it makes and drops, in order."""

    def __init__(self, sizes: BlockSizes, left: set[str]):
        self._sizes = sizes
        self._left = left
        self.names: list[str] = []
        self.guessed = False
        self._bytes: list[float] = []
        self._views: list[bool] = []
        self._taken: list[list[int]] = []
        self._number: dict[Any, int] = {}

    def add(self, expr: Expr, axes: tuple[Axis, ...]) -> None:
        """Add what makes a block of ``expr``, inputs first."""
        stack: list[tuple[Expr, tuple[Axis, ...], bool]] = [(expr, axes, False)]
        while stack:
            current, along, entered = stack.pop()
            assert isinstance(current, Blockwise)
            inner = [
                (item.of, item.axes)
                for item in current.operands
                if isinstance(item.of, Blockwise) and item.of.name not in self._left
            ]
            if not entered and (current.name, along) not in self._number:
                stack.append((current, along, True))
                stack += [(of, own, False) for of, own in reversed(inner)]
            elif entered and (current.name, along) not in self._number:
                self._number[current.name, along] = len(self._bytes)
                taken = [self._number[of.name, own] for of, own in inner]
                steps = current.program.steps
                view = len(steps) == 1 and _is_one(steps[0].func, VIEWS)
                self.names.append(current.name)
                self._bytes.append(
                    sum(self._bytes[number] for number in taken) if view else self._largest(current)
                )
                self._views.append(view)
                self._taken.append(taken)

    def _largest(self, expr: Expr) -> float:
        found = self._sizes.known.get(expr.name, _NONE)
        if not np.isnan(found).any():
            return self._sizes.largest(expr.name)
        self.guessed = True
        return max((self._sizes.largest(item.name) for item in expr.inputs), default=0.0)

    def peak(self) -> float:
        """Return the most bytes that are held between the inputs and the result."""
        last = {number: n for n, row in enumerate(self._taken) for number in row}
        held = most = 0.0
        for n, own in enumerate(self._bytes[:-1]):
            held += own
            freed = sum(self._bytes[number] for number in set(self._taken[n]) if last[number] == n)
            most = max(most, held - freed if self._views[n] else held)
            held -= freed
        most = max(most, held)
        return most + min(self._sizes.largest(self.names[0]), TILE_BYTES) if most else 0.0


def grid_bytes(chunks: Sequence[Sequence[float]], itemsize: int) -> Bytes:
    """Return the bytes of blocks of these lengths, in C order.

    >>> grid_bytes(((1, 2), (3,)), 8)
    array([24., 48.])
    """
    found: Any = np.full((), float(itemsize))
    for lengths in chunks:
        found = np.multiply.outer(found, np.array(lengths, float))
    return found.ravel()  # type: ignore[no-any-return]


__all__ = ["BlockSizes", "grid_bytes"]

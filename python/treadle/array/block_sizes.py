"""How many bytes blocks have, before there are any.

Blocks of arrays are as large as their chunks say.  What arrays are lowered to has blocks of its
own, partial results and pieces, which nobody gave a length; these are worked out from what they
are made of, row by row:

- a piece of a block has its share of the block's bytes,
- what merges blocks has the bytes of all of them,
- a partial result of a reduction, and what adds up others, is as large as one.

Functions fused into one task leave values behind while it runs, and these count as well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from treadle.array.expr import ArrayExpr
from treadle.array.from_array import CopiedBlocks, FromSource, InMemory
from treadle.array.tree import TreeReduction
from treadle.graph.blockwise import Axis, Blockwise, fuse_blockwise
from treadle.graph.expr import Expr, count_users, rewrite, walk
from treadle.graph.gather import Blocks, Gather
from treadle.graph.tiles import TILE_BYTES

Bytes = npt.NDArray[np.float64]


class BlockSizes:
    """Bytes of the blocks of expressions, by name.

    Attributes
    ----------
    fused : list of Expr
        The optimised expressions.
    known : mapping of str to array
        Bytes of each block in C order; ``nan`` where a length is not known.
    alike : set of str
        Names of what is as large as one of the blocks it takes: merges of partial results.
    read : mapping of str to float
        Bytes that are read from sources, by the name of what reads them.
    extra : mapping of str to float
        Bytes that a task of this name holds while it runs, beside its inputs and its result.
    """

    def __init__(self, roots: Sequence[Expr]):
        self.known: dict[str, Bytes] = {}
        self.alike: set[str] = set()
        self.read: dict[str, float] = {}
        self.extra: dict[str, float] = {}
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
            if isinstance(expr, Blockwise) and isinstance(before.get(expr.name), Blockwise):
                parts = _Parts(self, left)
                parts.add(before[expr.name], ())
                self.extra[expr.name] = parts.peak()
                reads = sum(self.read.get(name, 0.0) for name in parts.names)
                if reads:
                    self.read[expr.name] = reads

    def largest(self, name: str) -> float:
        """Return the bytes of the largest block that is known."""
        found = self.known.get(name, _NONE)
        return float(np.nanmax(found)) if len(found) and not np.isnan(found).all() else 0.0


_NONE: Bytes = np.zeros(0)

#: Values that partial results have for each element, such as a sum and a count.
PARTIALS = 2


class _Parts:
    """Grids that became one: what a task of it makes and drops, in order."""

    def __init__(self, sizes: BlockSizes, left: set[str]):
        self._sizes = sizes
        self._left = left
        self.names: list[str] = []
        self._bytes: list[float] = []
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
                self.names.append(current.name)
                self._bytes.append(self._sizes.largest(current.name))
                self._taken.append([self._number[of.name, own] for of, own in inner])

    def peak(self) -> float:
        """Return the most bytes that are held between the inputs and the result."""
        last = {number: n for n, row in enumerate(self._taken) for number in row}
        held = most = 0.0
        for n, own in enumerate(self._bytes[:-1]):
            held += own
            most = max(most, held)
            held -= sum(self._bytes[number] for number in set(self._taken[n]) if last[number] == n)
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

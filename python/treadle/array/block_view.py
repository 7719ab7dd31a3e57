"""Indexing by whole blocks: ``x.blocks[0, -1]``."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from treadle.array.core import Array, new_array
from treadle.graph.blockwise import Axis, Blockwise, Operand
from treadle.graph.program import Program


class BlockView:
    """Takes blocks as an array of blocks would give its elements; what ``x.blocks`` is.

    Every dimension stays: an int takes one block.  Blocks are taken as they are, so no task is
    made and lengths need not be known.

    Parameters
    ----------
    array : Array

    Examples
    --------
    >>> import treadle.array as da
    >>> x = da.arange(10, chunks=4)
    >>> x.blocks[-1].compute(), x.blocks[[2, 0]].compute()
    (array([8, 9]), array([8, 9, 0, 1, 2, 3]))
    >>> x.blocks.shape
    (3,)
    """

    def __init__(self, array: Array):
        self._array = array

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of blocks along each dimension."""
        return self._array.numblocks

    @property
    def size(self) -> int:
        """Number of blocks."""
        return math.prod(self.shape)

    def ravel(self) -> list[Array]:
        """Return every block as an array, in C order."""
        return [self[index] for index in np.ndindex(*self.shape)]

    def __getitem__(self, index: Any) -> Array:
        x = self._array
        tables = _tables(index, x.numblocks)
        empty = [n for n, table in enumerate(tables) if not table]
        if empty:  # there is no array of no blocks: an empty one of one block
            x = x[tuple(slice(0, 0) if n in empty else slice(None) for n in range(x.ndim))]
            tables = [table or (0,) for table in tables]
        if all(table == tuple(range(n)) for table, n in zip(tables, x.numblocks, strict=True)):
            return x.copy()
        chunks = tuple(
            tuple(lengths[n] for n in table)
            for lengths, table in zip(x.chunks, tables, strict=True)
        )

        def body(name: str) -> Blockwise:
            axes = tuple(Axis(n, table) for n, table in enumerate(tables))
            program = Program(1, ())
            operands = (Operand(x.expr, axes),)
            return Blockwise(name, tuple(map(len, tables)), program, operands, cheap=True)

        return new_array("blocks", (x.name, tables), chunks, x.meta, body)


def _tables(index: Any, numblocks: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Return which blocks an index takes along each dimension."""
    entries = list(index) if isinstance(index, tuple) else [index]
    if any(entry is None for entry in entries):
        raise ValueError("blocks have no new dimensions; add newaxis to the array instead")
    given = sum(entry is not Ellipsis for entry in entries)
    if given > len(numblocks):
        raise IndexError(
            f"too many indices for blocks of an array of {len(numblocks)} dimensions: {given}"
        )
    places = [n for n, entry in enumerate(entries) if entry is Ellipsis]
    if len(places) > 1:
        raise IndexError("an index can only have a single ellipsis ('...')")
    at = places[0] if places else len(entries)
    entries[at : at + 1] = [slice(None)] * (len(numblocks) - given)
    found = [
        _table(entry, count, axis)
        for axis, (entry, count) in enumerate(zip(entries, numblocks, strict=True))
    ]
    if sum(not isinstance(entry, slice) and np.ndim(entry) > 0 for entry in entries) > 1:
        raise ValueError("blocks can be taken by one list only; index twice for two of them")
    return found


def _table(entry: Any, count: int, axis: int) -> tuple[int, ...]:
    if isinstance(entry, slice):
        return tuple(range(count)[entry])
    if np.ndim(entry) == 0 and not isinstance(entry, (bool, np.bool_, float)):
        blocks = np.array([operator.index(entry)])
    else:
        blocks = np.asarray(entry)
        if not blocks.size and not isinstance(entry, np.ndarray):
            blocks = blocks.astype(np.int64)
    if blocks.dtype == bool:
        if blocks.shape != (count,):
            raise IndexError(
                f"booleans for the blocks of axis {axis} must be {count}, not {blocks.shape}"
            )
        blocks = np.flatnonzero(blocks)
    if blocks.dtype.kind not in "iu" or blocks.ndim != 1:
        raise IndexError("blocks are indexed by ints, slices, and lists of ints or of booleans")
    wrong = blocks[(blocks < -count) | (blocks >= count)]
    if len(wrong):
        raise IndexError(f"index {wrong[0]} is out of bounds for axis {axis} with {count} blocks")
    return tuple((blocks % count).tolist())


__all__ = ["BlockView"]

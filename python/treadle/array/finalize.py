"""Blocks that were computed, put together into one array."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from treadle.utils.process import cpu_count

#: Bytes from which on blocks are copied by several threads, and how many at most.
WITH_THREADS, MAX_THREADS = 32 * 2**20, 8


def assemble(results: Any, ndim: int) -> Any:
    """Return the array that nested lists of blocks make.

    >>> assemble([np.zeros(2), np.ones(1)], 1)
    array([0., 0., 1.])
    """
    depth, first = 0, results
    shape: list[int] = []
    while depth < ndim and isinstance(first, list):
        shape.append(len(first))
        first = first[0]
        depth += 1
    if all(count == 1 for count in shape):
        return first
    blocks = dict(_with_index(results, ndim))
    if all(type(block) is np.ndarray for block in blocks.values()):
        return _filled(blocks, shape)
    return _concatenated(results, 0, ndim)


def _with_index(nested: Any, ndim: int) -> Iterator[tuple[tuple[int, ...], Any]]:
    if not ndim:
        yield (), nested
        return
    for n, part in enumerate(nested):
        for index, block in _with_index(part, ndim - 1):
            yield (n, *index), block


def _filled(blocks: dict[tuple[int, ...], Any], counts: list[int]) -> Any:
    """Copy blocks into one new array, each once."""
    ndim = len(counts)
    borders = []
    for axis in range(ndim):
        lengths = [
            blocks[tuple(n if other == axis else 0 for other in range(ndim))].shape[axis]
            for n in range(counts[axis])
        ]
        borders.append(np.cumsum([0, *lengths]).tolist())
    dtype = np.result_type(*{block.dtype for block in blocks.values()})
    whole = np.empty(tuple(ends[-1] for ends in borders), dtype)

    def copy(item: tuple[tuple[int, ...], Any]) -> None:
        index, block = item
        place = tuple(slice(ends[n], ends[n + 1]) for n, ends in zip(index, borders, strict=True))
        whole[place] = block

    if whole.nbytes < WITH_THREADS or whole.dtype.hasobject:
        for item in blocks.items():
            copy(item)
    else:
        # The first touch of new memory takes the time, and every core can do its share of it.
        with ThreadPoolExecutor(min(cpu_count(), MAX_THREADS)) as pool:
            deque(pool.map(copy, blocks.items()), maxlen=0)
    return whole


def _concatenated(nested: Any, axis: int, ndim: int) -> Any:
    """Join blocks of other kinds as their libraries do, the last dimension first."""
    if axis == ndim:
        return nested
    parts = [_concatenated(part, axis + 1, ndim) for part in nested]
    return parts[0] if len(parts) == 1 else concatenate_blocks(parts, axis)


def concatenate_blocks(parts: list[Any], axis: int) -> Any:
    """Concatenate arrays of one kind, whatever library they are of."""
    masked = [part for part in parts if isinstance(part, np.ma.MaskedArray)]
    if masked:
        whole = np.ma.concatenate(parts, axis=axis)  # type: ignore[no-untyped-call]
        if all(np.array_equal(part.fill_value, masked[0].fill_value) for part in masked):
            whole.fill_value = masked[0].fill_value
        return whole
    return np.concatenate(parts, axis=axis)

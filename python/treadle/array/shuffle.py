"""Shuffling: elements of one dimension in another order, groups of them kept in one block."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

import treadle.array as da
from treadle.array.chunks import is_known
from treadle.array.core import Array
from treadle.array.fancy import take_places
from treadle.array.indexing import normalize_places
from treadle.array.taking import even


def shuffle(x: Array, indexer: Sequence[Sequence[int]], axis: int, chunks: Any = "auto") -> Array:
    """Return groups of elements along one dimension, every group in one block.

    Groups follow each other as they are given.  Short ones share a block of about the length that
    blocks have now; where a group is longer than that, blocks become shorter along the other
    dimensions, so that they don't grow.

    Parameters
    ----------
    x : Array
    indexer : list of list of int
        Places of the elements of each group.  An element may be in several groups, or in none.
    axis : int
    chunks : "auto"
        Only that is possible.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If lengths of blocks are not known, or ``chunks`` is something else.
    IndexError
        If a place is out of bounds.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> x = da.from_array(np.arange(8), chunks=4)
    >>> y = da.shuffle(x, [[6, 5, 2], [4, 1], [3, 0, 7]], axis=0)
    >>> y.compute(), y.chunks
    (array([6, 5, 2, 4, 1, 3, 0, 7]), ((5, 3),))
    """
    if chunks != "auto":
        raise ValueError(f"chunks can only be 'auto', not {chunks!r}; rechunk the result")
    axis = np.lib.array_utils.normalize_axis_index(axis, x.ndim)
    if not is_known(x.chunks):
        raise ValueError("shuffling needs known chunks; call compute_chunk_sizes() first")
    groups = [np.asarray(group, np.int64) for group in indexer]
    places = np.concatenate(groups) if groups else np.empty(0, np.int64)
    places = normalize_places(places, x.shape[axis], axis)
    target = max(x.chunks[axis])
    lengths: list[int] = []
    for group in groups:
        # A quarter more than blocks have now may go into one, so that groups fill them well.
        if lengths and lengths[-1] + len(group) <= 1.25 * target:
            lengths[-1] += len(group)
        else:
            lengths.append(len(group))
    longest = max(lengths, default=0)
    if longest > 2 * target > 0:
        x = _shorter_elsewhere(x, axis, longest / target)
    return take_places(
        x, (axis,), (places,), lengths=tuple(lengths) or (0,), prefix="shuffle"
    )  # fmt: skip


def _shorter_elsewhere(x: Array, axis: int, factor: float) -> Array:
    """Return an array whose blocks are shorter by ``factor``, along other dimensions."""
    chunks = list(x.chunks)
    for n in sorted(range(x.ndim), key=lambda n: -max(x.chunks[n])):
        if n != axis and factor > 1:
            longest = max(chunks[n])
            length = max(math.ceil(longest / factor), 1)
            chunks[n] = tuple(part for old in chunks[n] for part in even(old, length))
            factor *= length / max(longest, 1)
    return da.rechunk(x, tuple(chunks))


__all__ = ["shuffle"]

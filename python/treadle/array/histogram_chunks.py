"""What the tasks of histograms do."""

from __future__ import annotations

from typing import Any

import numpy as np


def edges_of_range(bins: int, low: Any, high: Any) -> Any:
    """Return the edges of bins between two values."""
    limits = (np.asarray(low).item(), np.asarray(high).item())
    return np.histogram_bin_edges(np.empty(0), bins, limits)


def histogram_block(count: int, weighted: bool, points: bool, dtype: Any, *args: Any) -> Any:
    """Return the counts of one block.

    ``args`` are the blocks of ``count`` coordinates, those of weights, and the edges along every
    dimension.
    """
    columns, args = args[:count], args[count:]
    weights = None
    if weighted:
        weights, args = args[0], args[1:]
    if points:
        # NumPy wants three points or more to tell rows from columns: so they are stacked here.
        found, _ = np.histogramdd(np.stack(columns, axis=-1), list(args), weights=weights)
    else:
        found, _ = np.histogram(columns[0], args[0], weights=weights)
    return found.astype(dtype, copy=False)


def count_integers(minlength: int, block: Any, weights: Any = None) -> Any:
    """Return how often each integer occurs in a block."""
    return np.bincount(block, weights, minlength)


def add_padded(*parts: Any) -> Any:
    """Return the sum of counts of different lengths."""
    longest = max(map(len, parts))
    total = np.zeros(longest, parts[0].dtype)
    for part in parts:
        total[: len(part)] += part
    return total


def digitized(block: Any, bins: Any, right: bool) -> Any:
    """Return the bins of a block's elements."""
    return np.digitize(block, bins, right)


__all__: list[str] = []

"""What the tasks of sets do."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


class Distinct(NamedTuple):
    """Distinct elements in order; where each comes first, and how often, if that was asked for."""

    values: Any
    first: Any
    counts: Any


def distinct(
    block: Any,
    begin: tuple[int, ...] | None,
    shape: tuple[int, ...] | None,
    detailed: bool,
    equal_nan: bool,
) -> Distinct:
    """Return the distinct elements of a block.

    Parameters
    ----------
    begin, shape : tuple of int, optional
        Where the block starts in the whole, and the shape of that, if places are asked for.
    """
    if isinstance(block, np.ma.MaskedArray):
        block = block.compressed()
    if not detailed:
        return Distinct(np.unique(block, equal_nan=equal_nan), None, None)
    values, first, counts = np.unique(
        block, return_index=True, return_counts=True, equal_nan=equal_nan
    )
    if begin is None or shape is None:
        return Distinct(values, None, counts)
    place = np.zeros(len(first), np.intp)
    if len(first) and shape:
        index = np.unravel_index(first, block.shape)
        # C order within a block is C order in the whole: what comes first here does so there.
        for along, start, length in zip(index, begin, shape, strict=True):
            place = place * length + (along + start)
    return Distinct(values, place, counts)


def merge_distinct(equal_nan: bool, *parts: Distinct) -> Distinct:
    """Return the distinct elements of several parts."""
    if len(parts) == 1:
        return parts[0]
    everything = np.concatenate([part.values for part in parts])
    if parts[0].counts is None:
        return Distinct(np.unique(everything, equal_nan=equal_nan), None, None)
    values, inverse = np.unique(everything, return_inverse=True, equal_nan=equal_nan)
    counts = np.zeros(len(values), np.intp)
    np.add.at(counts, inverse, np.concatenate([part.counts for part in parts]))
    if parts[0].first is None:
        return Distinct(values, None, counts)
    first = np.full(len(values), np.iinfo(np.intp).max, np.intp)
    np.minimum.at(first, inverse, np.concatenate([part.first for part in parts]))
    return Distinct(values, first, counts)


def places_among(block: Any, values: Any) -> Any:
    """Return the places of elements among distinct ones in order."""
    return np.searchsorted(values, block).astype(np.intp, copy=False)


def among(block: Any, others: Any, extra: int, assume_unique: bool, kind: Any) -> Any:
    """Tell which elements are in a block of others; with so many dimensions of length 1 more."""
    found = np.isin(block, others, assume_unique=assume_unique, kind=kind)
    return found.reshape(found.shape + (1,) * extra)


def chosen(values: Any, wanted: Any, dtype: Any) -> Any:
    """Return the elements that are wanted."""
    return values[wanted].astype(dtype, copy=False)


__all__: list[str] = []

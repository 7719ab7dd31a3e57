"""What the tasks of ``argmin`` and its kin do."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


class Extreme(NamedTuple):
    """Extremes of a part, and their places in the whole; reduced axes have length 1."""

    value: Any
    place: Any


def extreme_and_place(
    block: Any,
    begin: tuple[int, ...],
    *,
    axis: tuple[int, ...],
    lengths: tuple[int, ...] | None,
    lowest: bool,
    skip_nan: bool,
) -> Extreme | None:
    """Return the extremes of a block; None if it is empty along the axes.

    Parameters
    ----------
    begin : tuple of int
        Where the block starts in the whole.
    lengths : tuple of int, optional
        Of the whole, where places are counted through all of it.
    """
    if any(block.shape[n] == 0 for n in axis):
        return None
    find = np.argmin if lowest else np.argmax
    searched = block
    if skip_nan:
        missing = np.isnan(block)
        searched = np.where(missing, np.inf if lowest else -np.inf, block)
    if lengths is None:
        (along,) = axis
        place = find(searched, axis=along, keepdims=True)
        value = _taken(searched, place, along, lowest)
        place = dense(place)
        place = place + begin[along]
        if skip_nan:
            value = np.where(missing.all(axis=along, keepdims=True), np.nan, value)
        return Extreme(value, place)
    flat = int(find(searched))
    index = np.unravel_index(flat, block.shape)
    value = searched[tuple(map(int, index))]
    if skip_nan and missing.all():
        value = np.nan
    shape = (1,) * block.ndim
    whole = 0
    for start, within, length in zip(begin, index, lengths, strict=True):
        whole = whole * int(length) + start + int(within)
    return Extreme(_filled(shape, value, block.dtype), np.full(shape, whole, np.intp))


def _filled(shape: tuple[int, ...], value: Any, dtype: Any) -> Any:
    found: Any = np.ma.empty(shape, dtype) if value is np.ma.masked else np.empty(shape, dtype)
    found[...] = value
    return found


def _taken(block: Any, place: Any, axis: int, lowest: bool) -> Any:
    """Return the extremes whose places are known."""
    if isinstance(block, np.ndarray):
        return np.take_along_axis(block, place, axis)
    return dense((np.min if lowest else np.max)(block, axis=axis, keepdims=True))


def dense(value: Any) -> Any:
    """Return an array that may be sparse as one that isn't: places are nowhere zero for long."""
    return value.todense() if hasattr(value, "todense") else value


def merge(lowest: bool, skip_nan: bool, *parts: Extreme | None) -> Extreme | None:
    """Return the extremes of all parts; of equal ones that of the first place."""
    best: Extreme | None = None
    for part in parts:
        if part is not None:
            best = part if best is None else _better(lowest, skip_nan, best, part)
    return best


def _better(lowest: bool, skip_nan: bool, a: Extreme, b: Extreme) -> Extreme:
    with np.errstate(invalid="ignore"):
        wins = b.value < a.value if lowest else b.value > a.value
        equal = b.value == a.value
    if (kind := a.value.dtype.kind) in "fcmM":
        missing = np.isnan if kind in "fc" else np.isnat
        a_nan, b_nan = missing(a.value), missing(b.value)
        # A nan beats everything, or nothing.
        wins = wins | ((a_nan & ~b_nan) if skip_nan else (b_nan & ~a_nan))
        equal = equal | (a_nan & b_nan)
    masked = np.ma.getmaskarray(a.value) & ~np.ma.getmaskarray(b.value)
    wins = np.ma.filled(wins, False) | masked
    wins = wins | (np.ma.filled(equal, False) & (b.place < a.place))
    choose = np.ma.where if isinstance(a.value, np.ma.MaskedArray) else np.where
    return Extreme(choose(wins, b.value, a.value), np.where(wins, b.place, a.place))


def places(skip_nan: bool, found: Extreme | None) -> Any:
    """Return the places.

    Raises
    ------
    ValueError
        If a lane holds nothing to choose from.
    """
    if found is None:
        raise ValueError("attempt to get the place of an extreme of an empty sequence")
    if skip_nan and np.isnan(found.value).any():
        raise ValueError("All-NaN slice encountered")
    return found.place


__all__: list[str] = []

"""``push``: gaps filled with the last value before them, across blocks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

import treadle.array as da
from treadle.array.core import Array, asanyarray
from treadle.array.cumulative import cumreduction


def push(array: Any, n: int | None, axis: int) -> Array:
    """Return the array with missing values, NaN or NaT, replaced by the last one before them.

    Parameters
    ----------
    array : array_like
    n : int, optional
        How many that stand together are replaced at most; all for None.
    axis : int
        Along which the last value is looked for.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If ``n`` is negative, or limits values along an axis of unknown length.
    numpy.exceptions.AxisError
        If the axis is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> x = da.from_array([1, np.nan, np.nan, 2, np.nan], chunks=2)
    >>> da.push(x, 1, axis=0).compute()
    array([ 1.,  1., nan,  2.,  2.])
    """
    x = asanyarray(array)
    axis = normalize_axis_index(axis, x.ndim)
    if n is not None and n < 0:
        raise ValueError(f"n must not be negative, and it is {n}")
    if x.dtype.kind not in "fcmM":  # nothing can be missing
        return x
    filled = _pushed(x, axis)
    if n is None:
        return filled
    length = x.shape[axis]
    if length != length:
        raise ValueError(
            f"axis {axis} has blocks of unknown lengths; call compute_chunk_sizes() first"
        )
    places = da.arange(length, dtype=float, chunks=(x.chunks[axis],))
    places = places[tuple(slice(None) if m == axis else None for m in range(x.ndim))]
    last = _pushed(da.where(da.isnan(x), np.nan, places), axis)
    result: Array = da.where(places - last <= n, filled, x)
    return result


def _pushed(array: Array, axis: int) -> Array:
    missing = np.array(np.nan if array.dtype.kind in "fc" else "NaT", array.dtype)[()]
    return cumreduction(filled_forward, filled_from, missing, array, axis)


def filled_forward(block: Any, axis: int) -> Any:
    """Return a block with missing values replaced by the last ones before them in it.

    >>> filled_forward(np.array([np.nan, 1, np.nan, 3]), 0)
    array([nan,  1.,  1.,  3.])
    """
    shape = [1] * block.ndim
    shape[axis] = -1
    places = np.arange(block.shape[axis]).reshape(shape)
    last = np.where(np.isnan(block), 0, places)
    np.maximum.accumulate(last, axis=axis, out=last)
    return np.take_along_axis(block, last, axis)


def filled_from(before: Any, block: Any) -> Any:
    """Return a block with values that are still missing replaced by the last ones before it."""
    return np.where(np.isnan(block), before, block)


__all__ = ["push"]

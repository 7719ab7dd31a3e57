"""What sorts rows by columns: stably, missing values first or last, several columns at once.

Numbers, times and categories become unsigned integers of the same order, and these are sorted 16
bits at a time, by counting: two to four times quicker than by comparing. ::

    -1.5  0.0  inf     as integers that rise with them     3 2 1 if descending
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_SIGN = np.uint64(1 << 63)
_DIGIT = 16  # bits: numpy sorts integers of these by counting
_FEW = 2000  # rows that are compared more quickly than counted

Order = NDArray[np.intp]


def order_of(
    columns: Sequence[Any], ascending: Sequence[bool], na_position: str = "last"
) -> Order | None:
    """Return the positions of rows in their order; None if they are in order already.

    Parameters
    ----------
    columns : sequence of Series or Index
        The first one counts most.
    ascending : sequence of bool
        One for each.
    na_position : {"last", "first"}

    Examples
    --------
    >>> import pandas as pd
    >>> order_of([pd.Series([2.0, None, 1.0])], [True])
    array([2, 0, 1])
    """
    order: Order | None = None
    for column, rising in zip(reversed(columns), reversed(ascending), strict=True):
        values = column if order is None else column.take(order)
        found = _order_of_one(values, rising, na_position)
        if found is not None:
            order = found if order is None else order.take(found)
    return order


def _order_of_one(values: Any, ascending: bool, na_position: str) -> Order | None:
    array: Any = values.array
    ranks = _ranks(array)
    if ranks is None:
        series: Any = pd.Series(array)
        found = series.sort_values(ascending=ascending, na_position=na_position, kind="stable")
        return np.asarray(found.index, np.intp)
    if not ascending:
        ranks = ~ranks
    missing = np.asarray(array.isna())
    if not missing.any():
        return _counted(ranks)
    there = np.flatnonzero(~missing)
    inner = _counted(ranks[there])
    ends = [there if inner is None else there.take(inner), np.flatnonzero(missing)]
    return np.concatenate(ends if na_position == "last" else ends[::-1])


def _ranks(array: Any) -> NDArray[np.uint64] | None:
    """Unsigned integers in the order of values, anything for missing ones; None for others."""
    dtype = array.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return np.asarray(array.codes).astype(np.int64).view(np.uint64) ^ _SIGN
    if isinstance(array, pd.arrays.DatetimeArray | pd.arrays.TimedeltaArray):
        ticks: Any = array
        return np.asarray(ticks.asi8).view(np.uint64) ^ _SIGN
    if getattr(dtype, "kind", "O") not in "biuf" or isinstance(dtype, pd.SparseDtype):
        return None
    if isinstance(dtype, np.dtype):
        plain = np.asarray(array)
    elif isinstance(getattr(dtype, "numpy_dtype", None), np.dtype):  # masked, or of Arrow
        kind = dtype.numpy_dtype
        plain = array.to_numpy(dtype=kind, na_value=kind.type(0))
    else:
        return None
    if plain.dtype.kind == "u":
        return plain.astype(np.uint64)
    if plain.dtype.kind in "bi":
        return plain.astype(np.int64).view(np.uint64) ^ _SIGN
    if plain.dtype.itemsize > 8:
        return None
    # The bits of floats rise with them, and fall below zero. Adding makes -0.0 the same as 0.0.
    bits = (plain.astype(np.float64) + 0.0).view(np.int64)
    return bits.view(np.uint64) ^ ((bits >> 63).view(np.uint64) | _SIGN)


def _counted(ranks: NDArray[np.uint64]) -> Order | None:
    """Sort by digits, the last one first; each step keeps the order of those before."""
    if (ranks[1:] >= ranks[:-1]).all():
        return None
    if len(ranks) < _FEW:
        return ranks.argsort(kind="stable")
    low = ranks.min()
    ranks = ranks - low
    bits = int(ranks.max()).bit_length()
    order: Order | None = None
    for shift in range(0, bits, _DIGIT):
        digit = (ranks >> np.uint64(shift)).astype(np.uint16)
        if order is None:
            order = digit.argsort(kind="stable")
        else:
            order = order.take(digit.take(order).argsort(kind="stable"))
    return order

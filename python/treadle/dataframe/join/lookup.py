"""Joins with a table that has each key once: a look-up, and a gather of the columns it adds.

This is most joins of a large table with a small one. pandas numbers the keys of both sides for
every merge, and gathers the columns of both; here the key of each row is looked up in the small
table, and of the large one nothing moves unless rows fall away. The result is that of pandas,
with its order of rows; what does not fit these conditions is left to it.

>>> import pandas as pd
>>> flights = pd.DataFrame({"carrier": ["UA", "XX", "UA"]})
>>> names = pd.DataFrame({"carrier": ["AA", "UA"], "name": ["American", "United"]})
>>> result = lookup_join(flights, names, "left", "carrier", "carrier", names.columns)
>>> result.name.tolist()
['United', nan, 'United']
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

# Text beyond this many is found sooner by numbering both sides, as pandas does.
_MOST_TEXTS = 1 << 16
# Entries of a list that is looked up by number, for each row of both sides; 4 bytes each.
_DENSEST = 16
# Up to so many entries, the list has the width that places are wanted in; beyond, half of that.
_CACHED = 1 << 17


def can_look_up(left: Any, right: Any) -> bool:
    """Whether keys of the first dtype can be looked up among those of the second.

    Examples
    --------
    >>> import numpy as np
    >>> int64, int32 = np.dtype("int64"), np.dtype("int32")
    >>> can_look_up(int64, int64), can_look_up(int64, int32)
    (True, False)
    """
    if left != right:
        return False
    if isinstance(left, pd.StringDtype):
        return bool(left.storage == "pyarrow" == right.storage)
    return isinstance(left, np.dtype) and left.kind in "iuM"


def lookup_join(
    left: pd.DataFrame,
    right: pd.DataFrame,
    how: str,
    left_on: Any,
    right_on: Any,
    columns: pd.Index[Any],
    wanted: list[Any] | None = None,
) -> pd.DataFrame | None:
    """Merge by a key that the right side has once; None if that is not so.

    Parameters
    ----------
    how : {"inner", "left"}
    left_on, right_on : label
        Columns of dtypes for which :func:`can_look_up`.
    columns : Index
        Names of the result.
    wanted : list, optional
        Only these columns of it: rows of others, such as the keys, are not gathered.

    Returns
    -------
    DataFrame or None
    """
    rows = look_up(left[left_on], right[right_on])
    if rows is None:
        return None
    added = right.drop(columns=right_on) if left_on == right_on else right
    if wanted is not None:
        places = np.flatnonzero(columns.isin(wanted))
        count, columns = left.shape[1], columns[places]
        left = left.take(places[places < count], axis=1)
        added = added.take(places[places >= count] - count, axis=1)
    found = rows >= 0
    complete = bool(found.all())
    if how == "inner" and not complete:
        left, rows = left.take(np.flatnonzero(found)), rows[found]
    numbered = added.set_axis(pd.RangeIndex(len(added)))
    # Where rows may be missing, pandas fills in and promotes; -1 is no label of a range.
    gathered = numbered.reindex(rows) if how == "left" and not complete else numbered.take(rows)
    index = pd.RangeIndex(len(left))
    merged: pd.DataFrame = pd.concat([left.set_axis(index), gathered.set_axis(index)], axis=1)
    merged.columns = columns
    return merged


def look_up(keys: pd.Series[Any], table: pd.Series[Any]) -> NDArray[np.intp] | None:
    """Return the place of each key in a table, -1 for what is not there.

    None if the table has a key more than once, or is better left to pandas.

    Examples
    --------
    >>> import pandas as pd
    >>> look_up(pd.Series([7, 8, 9]), pd.Series([9, 7])).tolist()
    [1, -1, 0]
    """
    if isinstance(keys.dtype, pd.StringDtype):
        return _look_up_texts(keys, table) if len(table) <= _MOST_TEXTS else None
    if keys.dtype.kind == "M":
        keys, table = keys.astype("int64"), table.astype("int64")  # missing ones are equal, too
    values = table.to_numpy()
    if len(values):
        span = int(values.max()) - int(values.min()) + 1
        if span <= _DENSEST * (len(keys) + len(values)):
            return _look_up_in_range(keys.to_numpy(), values, span)
    index = pd.Index(values)
    return index.get_indexer(pd.Index(keys.to_numpy())) if index.is_unique else None


def _look_up_in_range(
    keys: NDArray[Any], values: NDArray[Any], span: int
) -> NDArray[np.intp] | None:
    """Look integers up in a list by their value, less the smallest: 10 times quicker than hashes.

    Differences are taken modulo 2**64, so whatever lies outside of the range is not less than it.
    """
    low = values.min().astype(np.int64)
    own = (values.astype(np.int64, copy=False) - low).view(np.uint64)
    places = np.arange(len(values))
    in_order = span == len(values) and bool((own == places.view(np.uint64)).all())
    if not in_order:
        rows = np.full(span, -1, np.intp if span < _CACHED else np.int32)
        rows[own] = places
        if (rows[own] != places).any():
            return None  # some value comes twice
    offsets = (keys.astype(np.int64, copy=False) - low).view(np.uint64)
    outside = offsets >= np.uint64(span)
    some = bool(outside.any())
    if some:
        np.minimum(offsets, np.uint64(span - 1), out=offsets)
    found: NDArray[np.intp] = offsets.view(np.intp)
    if not in_order:
        found = rows.take(found).astype(np.intp, copy=False)
    if some:
        found[outside] = -1
    return found


def _look_up_texts(keys: pd.Series[Any], table: pd.Series[Any]) -> NDArray[np.intp] | None:
    import pyarrow.compute as pc

    values = table.array.__arrow_array__()
    if pc.count_distinct(values, mode="all").as_py() != len(values):
        return None
    places = pc.index_in(keys.array.__arrow_array__(), value_set=values)
    rows: NDArray[Any] = pc.fill_null(places, -1).to_numpy()
    return rows.astype(np.intp)

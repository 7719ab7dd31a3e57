"""Which columns a reduction takes, by their dtypes, and how its row of results is put together.

Columns of one dtype lie in one block of memory, and pandas reduces them in one go; and their
results have one dtype. So partial results are a series for each dtype, not one of objects for all.
Only the last result goes through pandas' rule for a row of several dtypes.

>>> meta = pd.DataFrame({"a": [1], "b": [0.5], "c": [2]})
>>> chosen = choose(meta)
>>> chosen.places
((0, 2), (1,))
>>> [block.columns.tolist() for block in chosen.blocks(meta)]
[['a', 'c'], ['b']]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from treadle.dataframe.build import emptied
from treadle.dataframe.one_row import one_row


@dataclass(frozen=True)
class Chosen:
    """Columns of a frame; or a series or an index, which is one column.

    Attributes
    ----------
    meta : DataFrame, Series or Index
        The columns that are chosen, without rows.
    places : tuple of tuple of int
        Columns of one dtype stand together.
    columns : list or None
        Their labels, if these tell them apart.
    """

    meta: Any
    places: tuple[tuple[int, ...], ...]
    columns: list[Any] | None

    def blocks(self, part: Any) -> list[pd.DataFrame]:
        """Return the columns of a partition, one frame a dtype."""
        if self.meta.ndim == 1:
            return [one_column(part)]
        frame = part
        if self.columns is not None and not frame.columns.equals(self.meta.columns):
            frame = frame[self.columns]
        if len(self.places) == 1:
            return [frame]
        return [frame.take(list(places), axis=1) for places in self.places]

    def row(self, values: Sequence[pd.Series[Any]], label: Any = None) -> pd.DataFrame:
        """Return the frame of one row of values, which stand in the order of ``places``."""
        return self.rows(values, [label])

    def rows(self, values: Sequence[Any], labels: Sequence[Any]) -> pd.DataFrame:
        """Return the frame of rows; values are a series of one row, or a frame, for each dtype."""
        width = sum(map(len, self.places))
        columns: list[Any] = [None] * width
        for places, block in zip(self.places, values, strict=True):
            for n, place in enumerate(places):
                columns[place] = (
                    block.iloc[n : n + 1].array if block.ndim == 1 else block.iloc[:, n].array
                )
        frame = pd.DataFrame(dict(enumerate(columns)), index=pd.Index(labels))
        if self.meta.ndim == 2:
            frame.columns = self.meta.columns
        return frame

    def result(self, values: Sequence[pd.Series[Any]], like: Any) -> Any:
        """Return what pandas returns: a series of all columns, or a scalar for a series.

        Parameters
        ----------
        values : sequence of Series
        like : Series or scalar
            A result of the same dtypes.
        """
        if self.meta.ndim == 1:
            return values[0].iloc[0]
        if len(values) == 1:
            found = values[0].set_axis(self.meta.columns)
        elif not values:
            return like
        else:
            found = self.row(values).iloc[0]
        found.name = None
        # One column that could hold anything makes a row of objects; truth is always told plainly.
        return found.astype(like.dtype) if like.dtype.kind in "Ob" else found


def choose(meta: Any, wanted: Callable[[Any], bool] | None = None) -> Chosen:
    """Choose columns by their dtype.

    Parameters
    ----------
    meta : DataFrame, Series or Index
    wanted : callable, optional
        Tells whether a dtype is wanted; of a frame only.
    """
    if meta.ndim == 1:
        return Chosen(emptied(meta), ((0,),), None)
    dtypes = list(meta.dtypes)
    if wanted is not None:
        kept = [n for n, dtype in enumerate(dtypes) if wanted(dtype)]
        if len(kept) < len(dtypes):
            meta = meta.iloc[:, kept]
            dtypes = list(meta.dtypes)
    groups: dict[Any, list[int]] = {}
    for n, dtype in enumerate(dtypes):
        # Categories of partitions may be others than those of the meta: each column by itself.
        key = n if isinstance(dtype, pd.CategoricalDtype) else dtype
        groups.setdefault(key, []).append(n)
    columns = list(meta.columns) if meta.columns.is_unique else None
    return Chosen(emptied(meta), tuple(map(tuple, groups.values())), columns)


def is_numeric(dtype: Any) -> bool:
    """Tell whether ``numeric_only`` keeps a column."""
    return bool(pd.api.types.is_numeric_dtype(dtype))


def is_bool(dtype: Any) -> bool:
    """Tell whether ``bool_only`` keeps a column."""
    return bool(pd.api.types.is_bool_dtype(dtype))


def one_column(part: Any) -> pd.DataFrame:
    """Return a series, or the labels of an index, as a frame of one column."""
    if isinstance(part, pd.Index):
        return part.to_frame(index=False, name=0)
    if isinstance(part, pd.Series):
        return part.to_frame(name=0)
    frame: pd.DataFrame = part
    return frame


def example(meta: Any) -> Any:
    """Return one made-up row, by which pandas is asked for dtypes; of an index as a series."""
    if isinstance(meta, pd.Index):
        return one_row(meta.to_series(index=pd.RangeIndex(len(meta))).iloc[:0])
    if meta.ndim == 1:
        return one_row(meta)
    # A value for each dtype, not for each column: there may be thousands of these.
    known: dict[Any, Any] = {}
    for n, dtype in enumerate(meta.dtypes):
        if dtype not in known:
            known[dtype] = one_row(meta.iloc[:, n]).array
    columns = {n: known[dtype] for n, dtype in enumerate(meta.dtypes)}
    index = one_row(meta.iloc[:, :0]).index
    return pd.DataFrame(columns, index=index).set_axis(meta.columns, axis=1)


def integers(column: Any) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return times as whole numbers of their unit, and where they are missing.

    >>> integers(pd.Series(pd.to_datetime(["1970-01-02", None])).astype("M8[s]"))[0][0]
    np.int64(86400)
    """
    missing = np.asarray(column.isna())
    if isinstance(column.dtype, pd.ArrowDtype):
        plain = column.astype("int64[pyarrow]")
        return plain.to_numpy(dtype=np.int64, na_value=np.iinfo(np.int64).min), missing
    return np.asarray(pd.Index(column.array).asi8), missing


def stacked(rows: Sequence[pd.Series[Any]]) -> pd.DataFrame:
    """Return series of one length as the rows of a frame, which has their dtype.

    >>> stacked([pd.Series([1, 2]), pd.Series([3, 4])])
       0  1
    0  1  2
    1  3  4
    """
    width = len(rows[0])
    flat = pd.concat(rows, ignore_index=True)
    if isinstance(flat.dtype, np.dtype) and flat.dtype != object:
        return pd.DataFrame(flat.to_numpy().reshape(len(rows), width))
    return pd.DataFrame({n: flat.iloc[n::width].array for n in range(width)})

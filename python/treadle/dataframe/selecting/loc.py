"""``df.loc[rows, columns]``: rows by label, in the partitions that may have them.

::

    df.loc["b":"d"]     divisions   a    b    c    d    e
    partitions                      |----|----|----|----|
    taken                                |====|====|====|   then "b":"d" of each of these

Where divisions are not known all partitions are asked. Labels that are given one by one come in
their order, as in pandas: if that is not the order of partitions, they are put together into one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.build import new_collection
from treadle.dataframe.callables import made_of
from treadle.dataframe.expr import FrameExpr, Partitions
from treadle.dataframe.frame import FrameCollection
from treadle.dataframe.selecting.borders import partitions_between, partitions_of
from treadle.dataframe.selecting.labels import columns_at, numbered_columns
from treadle.dataframe.selecting.rows import Rows


class LocIndexer:
    """What ``df.loc`` is: rows, and columns, by label.

    Examples
    --------
    >>> import treadle.dataframe as dd
    >>> df = dd.from_pandas(pd.DataFrame({"x": range(6), "y": range(6)}), npartitions=3)
    >>> df.loc[3:, "x"].compute().tolist()
    [3, 4, 5]
    """

    __slots__ = ("_frame",)

    def __init__(self, frame: Any):
        self._frame = frame

    def __getitem__(self, key: Any) -> Any:
        frame = self._frame
        if isinstance(key, tuple) and frame._meta.index.nlevels == 1:
            if len(key) > frame.ndim:
                raise pd.errors.IndexingError("Too many indexers")
            if len(key) == 2:
                frame = _columns(frame, key[1])
            key = key[0]
        return _rows(frame, made_of(key, frame))

    def __setitem__(self, key: Any, value: Any) -> None:
        raise NotImplementedError(
            "values can't be set by loc; use where(), mask() or assign(), which make new columns"
        )


def _columns(frame: Any, wanted: Any) -> Any:
    """Return the columns that ``meta.loc[:, wanted]`` has."""
    wanted = made_of(wanted, frame)
    if isinstance(wanted, slice) and wanted == slice(None):
        return frame
    found = numbered_columns(frame._meta).loc[:, wanted]
    if isinstance(found, pd.Series):
        return frame.iloc[:, int(found.iloc[0])]
    return columns_at(frame, [int(n) for n in found.to_numpy()[0]] if found.shape[1] else [])


def _rows(frame: Any, rows: Any) -> Any:
    if isinstance(rows, FrameCollection):
        if pd.api.types.is_bool_dtype(rows._meta.dtype):
            return frame[rows]
        rows = rows.compute()
    if isinstance(rows, slice):
        return frame if rows == slice(None) else _between(frame, rows)
    if isinstance(rows, pd.Series | pd.Index | np.ndarray | list | range):
        if len(rows) and pd.api.types.is_bool_dtype(pd.Index(rows).dtype):
            return _by_flags(frame, rows)
        return _listed(frame, list(rows))
    if frame._meta.index.nlevels > 1:
        raise NotImplementedError("loc by labels of several levels: use query(), or a condition")
    if isinstance(rows, str) and _is_time(frame._meta.index):
        return _in_period(frame, rows)
    hash(rows)
    return _listed(frame, [rows])


def _is_time(index: pd.Index[Any]) -> bool:
    return isinstance(index, pd.DatetimeIndex | pd.PeriodIndex | pd.TimedeltaIndex)


def _by_flags(frame: Any, flags: Any) -> Any:
    """Choose rows by booleans in memory: of one partition, since others have unknown lengths."""
    if frame.npartitions != 1:
        raise NotImplementedError(
            "which of these booleans belong to which partition is not known; "
            "give a Series of a collection, such as df.x > 1"
        )
    return new_collection(Rows("loc", frame.expr, by_flags, kwargs={"flags": flags}, reads=[]))


def by_flags(part: Any, flags: Any) -> Any:
    """Return the rows that are true."""
    return part.loc[flags]


# -- slices ----------------------------------------------------------------------------------------


def _between(frame: Any, labels: slice) -> Any:
    if labels.step is not None and labels.step != 1:
        raise NotImplementedError("loc takes no steps: rows of other partitions can't be counted")
    if frame._meta.index.nlevels > 1:
        raise NotImplementedError("loc by labels of several levels: use query(), or a condition")
    frame._meta.index.slice_indexer(labels.start, labels.stop)  # raises what pandas raises
    expr = _concerned(frame.expr, labels.start, labels.stop)
    kwargs = {"start": labels.start, "stop": labels.stop}
    return new_collection(Rows("loc", expr, between, kwargs=kwargs, reads=[]))


def _concerned(expr: FrameExpr, start: Any, stop: Any) -> FrameExpr:
    """Return the partitions that may have labels between two others."""
    if not expr.known_divisions:
        return expr
    assert expr.divisions is not None
    first, last = partitions_between(expr.meta.index, expr.divisions, start, stop)
    if first == 0 and last == expr.npartitions - 1:
        return expr
    return Partitions(expr, range(first, last + 1))


def between(part: Any, start: Any, stop: Any) -> Any:
    """Return the rows whose labels are not below ``start`` and not above ``stop``.

    >>> between(pd.Series([1, 2, 3], index=[5, 3, 9]), 4, None).tolist()
    [1, 3]
    """
    index = part.index
    if index.is_monotonic_increasing:
        return part.loc[start:stop]
    # Labels of a partition may lie in any order. What a text stands for among dates is found in
    # their order, in which the wanted ones are neighbours.
    # Missing labels come last there, after whatever has no end.
    order = np.asarray(index.argsort())
    count = len(index) - int(index.isna().sum())
    wanted = index.take(order[:count]).slice_indexer(start, stop)
    chosen = order[wanted] if stop is not None else order[wanted.start :]
    return part.iloc[np.sort(chosen)]


def _in_period(frame: Any, text: str) -> Any:
    """Return the rows of a day, month or year, or of a moment, that a text stands for."""
    expr = _concerned(frame.expr, text, text)
    kwargs = {"text": text}
    if expr.npartitions == 1:
        return new_collection(Rows("loc", expr, in_period, kwargs=kwargs, reads=[]))
    return new_collection(Rows("loc", expr, in_period_if_any, kwargs=kwargs, reads=[]))


def in_period_if_any(part: Any, text: str) -> Any:
    """Return the rows of the period that a text stands for; there may be none."""
    return between(part, text, text)


def in_period(part: Any, text: str) -> Any:
    """Return the rows of the period that a text stands for; KeyError if there are none."""
    found = between(part, text, text)
    if not len(found):
        raise KeyError(text)
    return found


# -- labels one by one -----------------------------------------------------------------------------


def _listed(frame: Any, labels: list[Any]) -> Any:
    """Return the rows of some labels, in the order of these."""
    expr: FrameExpr = frame.expr
    if not labels:
        return new_collection(Rows("loc", expr, nothing, reads=[]))
    if expr.npartitions == 1:
        return new_collection(Rows("loc", expr, listed, kwargs={"labels": labels}, reads=[]))
    if not expr.known_divisions or isinstance(expr.meta.index, pd.CategoricalIndex):
        return _together(expr, labels)
    assert expr.divisions is not None
    places = partitions_of(expr.meta.index, expr.divisions, labels)
    chosen = sorted(set(places))
    if places != sorted(places):
        return _together(Partitions(expr, chosen), labels)
    own = [[x for x, at in zip(labels, places, strict=True) if at == n] for n in chosen]
    return new_collection(Rows("loc", Partitions(expr, chosen), listed, values=own, reads=[]))


def _together(expr: FrameExpr, labels: list[Any]) -> Any:
    """Find the rows in all partitions, and put them into one that has them in order."""
    from treadle.dataframe.arranging.repartition import into_one

    found = Rows("loc", expr, those_there, kwargs={"labels": labels}, reads=[])
    return new_collection(Rows("loc", into_one(found), listed, kwargs={"labels": labels}, reads=[]))


def listed(part: Any, labels: list[Any]) -> Any:
    """Return the rows of labels, in the order of these; KeyError if one is not there."""
    return part.loc[labels]


def those_there(part: Any, labels: list[Any]) -> Any:
    """Return the rows of those labels that are there."""
    return part[part.index.isin(labels)]


def nothing(part: Any) -> Any:
    """Return no rows."""
    return part.iloc[:0]

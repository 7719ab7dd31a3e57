"""Columns chosen by what their labels are, and rows that have other labels.

What columns are chosen follows from the meta alone: pandas itself is asked, with frames without
rows. So the results are projections, through which sources learn what is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.build import NO_DEFAULT, NOT_GIVEN, emptied, new_collection, partwise
from treadle.dataframe.callables import made_of
from treadle.dataframe.calls import Method
from treadle.dataframe.elementwise.metas import tried
from treadle.dataframe.expr import FrameExpr, Projection
from treadle.dataframe.one_row import one_row
from treadle.dataframe.selecting.relabel import Relabel
from treadle.dataframe.selecting.reset import ResetIndex
from treadle.dataframe.selecting.rows import Rows


def columns_at(frame: Any, positions: Sequence[int]) -> Any:
    """Return the columns at some positions, in this order.

    Examples
    --------
    >>> import treadle.dataframe as dd
    >>> df = dd.from_pandas(pd.DataFrame({"x": [1], "y": [2], "z": [3]}))
    >>> columns_at(df, [2, 0]).columns.tolist()
    ['z', 'x']
    """
    expr = frame.expr
    positions = [int(n) for n in positions]
    if expr.columns is not None:
        return new_collection(Projection(expr, [expr.columns[n] for n in positions]))
    # One label for several columns: only positions tell them apart.
    return partwise("columns", at_positions, frame, positions, rowwise=True)


def at_positions(part: Any, positions: list[int]) -> Any:
    """Return the columns of a partition at some positions."""
    return part.iloc[:, positions]


def numbered(meta: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with the same columns, labelled by their positions."""
    return meta.set_axis(range(meta.shape[1]), axis=1)


def with_labels(frame: Any, labels: Any) -> Any:
    """Return a frame whose columns have these labels.

    Raises
    ------
    ValueError
        If there are more or fewer labels than columns.
    """
    expr: FrameExpr = frame.expr
    if not isinstance(labels, pd.Index):
        labels = pd.Index(labels)
    if len(labels) != expr.meta.shape[1]:
        raise ValueError(
            f"the frame has {expr.meta.shape[1]} columns, and {len(labels)} labels were given"
        )
    same = labels.identical(expr.meta.columns)
    return frame if same else new_collection(Relabel(expr, labels))


def filtered(
    frame: Any, arg: Any, like: str | None, regex: str | None, axis: Any, items: Any, cond: Any,
    na: Any,
) -> Any:  # fmt: skip
    """Return columns or rows by their labels, or rows by a condition."""
    if sum(value is not None for value in (arg, like, regex, items, cond)) != 1:
        raise TypeError("give exactly one of arg, items, cond, like and regex")
    if cond is None and not callable(arg):
        return filter_columns(frame, items if arg is None else arg, like, regex, axis)
    if axis not in (None, 0, "index", "rows"):
        raise NotImplementedError(f"filter(axis={axis!r}) by a condition: use df.loc[:, ...]")
    if not isinstance(na, bool):
        raise NotImplementedError(
            f"filter(na={na!r}): rows are not looked at yet; give True or False"
        )
    mask = made_of(arg if cond is None else cond, frame)
    if getattr(mask, "ndim", 0) != 1:
        raise TypeError(f"a condition of filter() gives a truth for each row, not {mask!r}")
    return frame[mask.fillna(True) if na else mask]


def filter_columns(frame: Any, items: Any, like: str | None, regex: str | None, axis: Any) -> Any:
    """Return columns, or rows, whose labels are among items, hold a text, or match a pattern."""
    if sum(value is not None for value in (items, like, regex)) != 1:
        raise TypeError("give exactly one of items, like and regex")
    by_rows = frame.ndim == 1 if axis is None else axis in (0, "index", "rows")
    if not by_rows:
        if axis not in (None, 1, "columns"):
            raise ValueError(f"there is no axis {axis!r}")
        columns = frame._meta.columns
        by_label = pd.Series(range(len(columns)), index=columns)
        found = by_label.filter(items=items, like=like, regex=regex)
        return columns_at(frame, found.tolist())
    if items is not None:
        raise NotImplementedError(
            "rows come in the order of partitions, not in that of items; "
            "use df[df.index.isin(items)], or df.loc[items]"
        )
    chosen = {"like": like} if like is not None else {"regex": re.compile(str(regex)).pattern}
    return new_collection(
        Rows("filter", frame.expr, Method("filter"), kwargs={**chosen, "axis": 0}, reads=[])
    )


def select_dtypes(frame: Any, include: Any, exclude: Any) -> Any:
    """Return the columns of some dtypes."""
    meta = numbered(frame._meta)
    return columns_at(frame, list(meta.select_dtypes(include=include, exclude=exclude).columns))


def drop(frame: Any, labels: Any, axis: Any, index: Any, columns: Any, errors: str) -> Any:
    """Return a frame without some columns or rows."""
    if errors not in ("raise", "ignore"):
        raise ValueError(f"errors must be 'raise' or 'ignore', not {errors!r}")
    if labels is not None:
        if index is not None or columns is not None:
            raise ValueError("give either labels, or index and columns")
        if axis in (1, "columns"):
            columns = labels
        elif axis in (0, "index", "rows"):
            index = labels
        else:
            raise ValueError(f"there is no axis {axis!r}")
    elif index is None and columns is None:
        raise ValueError("give at least one of labels, index and columns")
    if columns is not None and frame.ndim == 2:
        kept = numbered_drop(frame._meta, columns, errors)
        frame = columns_at(frame, kept)
    return frame if index is None else _without_rows(frame, index, errors)


def numbered_drop(meta: pd.DataFrame, columns: Any, errors: Any) -> list[int]:
    """Return the positions of the columns that are left."""
    left = numbered_columns(meta).drop(columns=columns, errors=errors)
    return [int(n) for n in left.iloc[0]] if left.shape[1] else []


def _without_rows(frame: Any, index: Any, errors: str) -> Any:
    if errors == "raise":
        raise NotImplementedError(
            "whether all these labels are there is not known before partitions are computed; "
            "give errors='ignore', which drops the rows that are there"
        )
    labels = [index] if pd.api.types.is_scalar(index) or isinstance(index, tuple) else list(index)
    return new_collection(
        Rows("drop", frame.expr, without_labels, kwargs={"labels": labels}, reads=[])
    )


def without_labels(part: Any, labels: list[Any]) -> Any:
    """Return the rows whose labels are not among some."""
    return part[~part.index.isin(labels)]


def dropna(frame: Any, subset: Any, options: dict[str, Any]) -> Any:
    """Return the rows without missing values, as pandas does."""
    kwargs = dict(options)
    reads: list[Any] | None = None
    if subset is not None:
        subset = list(subset) if pd.api.types.is_list_like(subset) else [subset]
        kwargs["subset"] = reads = subset
    emptied = Method("dropna")(frame._meta, **kwargs)
    assert emptied.ndim == frame.ndim
    return new_collection(Rows("dropna", frame.expr, Method("dropna"), kwargs=kwargs, reads=reads))


def names_of_rows(frame: Any, func: Any, *args: Any, meta: Any = NOT_GIVEN, **kwargs: Any) -> Any:
    """Return a frame whose index is another one, row by row: divisions are not known any more."""
    label = getattr(func, "__name__", "index")
    return partwise(
        label, func, frame, *args, meta=meta, divisions=None, rowwise=True,
        columnwise=frame.ndim == 2, kwargs=kwargs,
    )  # fmt: skip


def positions(value: Any, count: int) -> list[int]:
    """Return positions among ``count`` that an indexer of numbers, slices or booleans stands for.

    Raises
    ------
    IndexError
        If one is out of bounds.
    """
    numbers = np.arange(count)
    try:
        found = numbers[value]
    except IndexError as error:
        raise IndexError(f"{value!r} is out of bounds: there are {count} columns") from error
    return [int(n) for n in np.atleast_1d(found)]


# -- names and levels ------------------------------------------------------------------------------


def numbered_columns(meta: pd.DataFrame) -> pd.DataFrame:
    """Return a frame of one row with the same columns, which holds their positions."""
    return pd.DataFrame([range(meta.shape[1])], columns=meta.columns)


def along_columns(frame: Any, axis: Any) -> bool:
    """Tell whether an axis is that of columns; ValueError if there is no such axis."""
    if axis in (1, "columns") and frame.ndim == 2:
        return True
    if axis not in (0, "index", "rows"):
        raise ValueError(f"there is no axis {axis!r}")
    return False


def rename_axis(frame: Any, mapper: Any, index: Any, columns: Any, axis: Any) -> Any:
    """Return a frame whose index or columns have other names."""
    if mapper is not NO_DEFAULT:
        if index is not NO_DEFAULT or columns is not NO_DEFAULT:
            raise TypeError("give either mapper, or index and columns")
        if along_columns(frame, axis):
            columns = mapper
        else:
            index = mapper
    if columns is not NO_DEFAULT and frame.ndim == 2:
        frame = with_labels(frame, frame._meta.rename_axis(columns=columns).columns)
    if index is NO_DEFAULT:
        return frame
    return partwise(
        "rename-axis", Method("rename_axis"), frame, rowwise=True, columnwise=frame.ndim == 2,
        kwargs={"index": index},
    )  # fmt: skip


def levels(frame: Any, name: str, axis: Any, *args: Any) -> Any:
    """Return a frame with fewer levels of labels, or with levels in another order."""
    if along_columns(frame, axis):
        return with_labels(frame, getattr(frame._meta.columns, name)(*args))
    return names_of_rows(frame, Method(name), *args)


def affixed(frame: Any, name: str, affix: str, axis: Any) -> Any:
    """Return a frame with a prefix or suffix to its labels."""
    if along_columns(frame, (frame.ndim - 1) if axis is None else axis):
        return with_labels(frame, Method(name)(frame._meta, affix).columns)
    # Labels become texts, which a frame without rows doesn't show.
    meta = emptied(Method(name)(one_row(frame._meta), affix, axis=0))
    return names_of_rows(frame, Method(name), affix, axis=0, meta=meta)


def rename(
    frame: Any, mapper: Any, index: Any, columns: Any, axis: Any, level: Any, errors: str
) -> Any:
    """Return a frame with other labels of columns or rows."""
    if mapper is not None:
        if index is not None or columns is not None:
            raise TypeError("give either mapper and axis, or index and columns")
        if along_columns(frame, 0 if axis is None else axis):
            columns = mapper
        else:
            index = mapper
    elif axis is not None:
        raise TypeError("axis goes with mapper; index and columns say theirs themselves")
    elif index is None and columns is None:
        raise TypeError("give mapper, index or columns")
    if columns is not None:
        meta = frame._meta.rename(columns=columns, level=level, errors=errors)
        frame = with_labels(frame, meta.columns)
    if index is None:
        return frame
    if errors == "raise":
        raise NotImplementedError(
            "whether all these labels are there is not known before partitions are computed"
        )
    meta = renamed_meta(frame, index, {"index": index, "level": level})
    return names_of_rows(frame, Method("rename"), meta=meta, index=index, level=level)


def renamed_meta(frame: Any, index: Any, kwargs: dict[str, Any]) -> Any:
    """Return a frame without rows, whose index has the dtype that new labels have.

    A mapping says it; functions of users are tried on the first rows that there are.
    """
    old = frame._meta.index
    if old.nlevels > 1:
        return NOT_GIVEN
    if index is str:
        return emptied(Method("rename")(one_row(frame._meta), **kwargs))
    if isinstance(index, Mapping | pd.Series):
        values = index.values() if isinstance(index, Mapping) else index
        if not len(index) or pd.Index(list(values)).dtype == old.dtype:
            return NOT_GIVEN
    return tried(Method("rename"), frame, **kwargs)


def reset_index(frame: Any, drop: bool, options: dict[str, Any]) -> Any:
    """Return a frame whose index counts the rows of each partition, and was a column or nothing."""
    kwargs = {"drop": drop, **options}
    if drop:
        return names_of_rows(frame, Method("reset_index"), **kwargs)
    if frame.ndim == 2:
        return new_collection(ResetIndex(frame.expr, kwargs))
    return partwise(
        "reset-index", Method("reset_index"), frame, divisions=None, rowwise=True, kwargs=kwargs
    )

"""Values replaced where they are missing, too small, or not what is wanted; and other dtypes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.build import as_expr, meta_from, meta_of
from treadle.dataframe.callables import made_of
from treadle.dataframe.elementwise.rows import (
    RowCall,
    RowMethod,
    beside,
    by_column,
    is_collection,
    rowwise,
)
from treadle.dataframe.elementwise.tables import no_default
from treadle.dataframe.frame import FrameCollection
from treadle.dataframe.one_row import one_row


class AsType(RowCall):
    """Converts columns to dtypes by label; those that are not there don't matter."""

    __slots__ = ("dtypes", "errors")

    def __init__(self, dtypes: dict[Any, Any], errors: str):
        self.dtypes = dtypes
        self.errors = errors

    def __call__(self, part: Any) -> Any:
        there = {label: dtype for label, dtype in self.dtypes.items() if label in part.columns}
        return part.astype(there, errors=self.errors)


def converted(frame: Any, dtype: Any, errors: str) -> Any:
    """Return a frame, series or index with other dtypes."""
    if isinstance(dtype, pd.Series):
        dtype = dtype.to_dict()
    if frame.ndim == 2 and isinstance(dtype, Mapping):
        unknown = [label for label in dtype if label not in frame._meta.columns]
        if unknown:
            raise KeyError(f"{unknown[0]!r}, of which astype() was asked, is no column")
        return rowwise("astype", AsType(dict(dtype), errors), frame, columnwise=True)
    kwargs = {} if errors == "raise" else {"errors": errors}
    return rowwise("astype", RowMethod("astype"), frame, dtype, kwargs=kwargs, columnwise=True)


def filled(frame: Any, value: Any, axis: Any, limit: Any) -> Any:
    """Return a frame or series with a value in place of what is missing."""
    if limit is not None:
        raise NotImplementedError(
            f"fillna(limit={limit!r}) would count over partitions; fill without a limit"
        )
    if value is None:
        raise ValueError("fillna() takes a value, not None")
    kwargs = {} if axis is None else {"axis": axis}
    if frame.ndim == 2 and isinstance(value, FrameCollection) and value.ndim == 1:
        if value.npartitions > 1:
            raise ValueError(
                "fillna() takes a series of a value for each column, and this one has "
                f"{value.npartitions} partitions; to fill one column, use df.x.fillna(series)"
            )
        return rowwise(
            "fillna", RowMethod("fillna"), frame, value, kwargs=kwargs, whole=[value],
            columnwise=True, divisions=frame.expr.divisions, layout=frame.expr.layout,
        )  # fmt: skip
    plain = not isinstance(value, FrameCollection)
    return rowwise(
        "fillna", RowMethod("fillna"), frame, value, kwargs=kwargs,
        columnwise=plain or by_column(frame, value),
    )  # fmt: skip


def clipped(frame: Any, lower: Any, upper: Any, axis: Any) -> Any:
    """Return a frame or series with values brought between bounds."""
    lower, upper = (_bound(frame, value) for value in (lower, upper))
    kwargs = {} if axis is None else {"axis": axis}
    clip = RowMethod("clip")
    return rowwise(
        "clip", clip, frame, lower, upper, kwargs=kwargs,
        columnwise=by_column(frame, lower, upper),
        meta=meta_from(clip, *map(_one, (frame, lower, upper)), **kwargs),
    )  # fmt: skip


def _bound(frame: Any, value: Any) -> Any:
    # Those in memory are matched by label in every partition, so they may stay whole.
    if isinstance(value, pd.Series | pd.DataFrame) or np.ndim(value) == 0 or frame.ndim == 2:
        return value
    return beside(frame, value)


class Chosen(RowCall):
    """``where`` or ``mask`` of a partition."""

    __slots__ = ("name", "options")

    def __init__(self, name: str, options: dict[str, Any]):
        self.name = name
        self.options = options

    def __call__(self, part: Any, cond: Any, *other: Any) -> Any:
        return getattr(part, self.name)(cond, *other, **self.options)


def chosen(name: str, frame: Any, cond: Any, other: Any, axis: Any, level: Any) -> Any:
    """Return a frame or series with other values where a condition does not hold, or holds."""
    if level is not None:
        raise NotImplementedError(f"{name}(level={level!r}): reset_index() and merge() instead")
    cond, other = made_of(cond, frame), made_of(other, frame)
    values = [_condition(frame, cond)]
    if not no_default(other):
        values.append(_condition(frame, other))
    function = Chosen(name, {} if axis is None else {"axis": axis})
    return rowwise(
        name, function, frame, *values, columnwise=by_column(frame, *values),
        meta=_meta_of_chosen(function, frame, values),
    )  # fmt: skip


def _meta_of_chosen(function: Chosen, frame: Any, values: list[Any]) -> Any:
    """Ask pandas with one row that is replaced: integers may become floats for what comes in."""
    frame_row, cond, *other = (_one(value) for value in (frame, *values))
    if isinstance(cond, pd.DataFrame | pd.Series):
        cond = cond & False if function.name == "where" else cond | True
    return meta_from(function, frame_row, cond, *other)


def _one(value: Any) -> Any:
    expr = as_expr(value)
    meta = value if expr is None else meta_of(expr)
    if expr is None or not expr.numblocks:
        return meta
    if isinstance(meta, pd.DataFrame | pd.Series):
        row = one_row(meta)
        floats = row.dtypes if row.ndim == 2 else pd.Series([row.dtype])
        # Whole numbers would go into columns of integers.
        return row if not any(map(pd.api.types.is_float_dtype, floats)) else _halves(row)
    return np.ones((1, *meta.shape[1:]), meta.dtype) if isinstance(meta, np.ndarray) else meta


def _halves(row: Any) -> Any:
    """Return a row with halves where it has floats."""
    if row.ndim == 1:
        return row * 0.5
    columns = {place: row.iloc[:, place] for place in range(row.shape[1])}
    halved = {
        place: column * 0.5 if pd.api.types.is_float_dtype(column.dtype) else column
        for place, column in columns.items()
    }
    return pd.DataFrame(halved, index=row.index).set_axis(row.columns, axis=1)


def _condition(frame: Any, value: Any) -> Any:
    if isinstance(value, np.ndarray | list | tuple | range):
        return beside(frame, value)
    return value if as_expr(value) is None else beside(frame, value)


class CaseWhen(RowCall):
    """``case_when`` of a partition: conditions and values, one after the other."""

    __slots__ = ()

    def __call__(self, part: Any, *flat: Any) -> Any:
        return part.case_when(list(zip(flat[::2], flat[1::2], strict=True)))


def case_when(series: Any, caselist: Any) -> Any:
    """Return a series with the value of the first condition that holds."""
    if not isinstance(caselist, list):
        raise TypeError(f"caselist is a list of pairs, not a {type(caselist).__name__}")
    flat = []
    for case in caselist:
        if not isinstance(case, tuple) or len(case) != 2:
            raise ValueError(f"a case is a pair of a condition and a value, not {case!r}")
        for value in case:
            flat.append(_condition(series, made_of(value, series)))
    return rowwise("case_when", CaseWhen(), series, *flat)


def among(frame: Any, values: Any) -> Any:
    """Tell where values are among others."""
    if is_collection(values):
        raise NotImplementedError(
            f"isin() of a {type(values).__name__} would need all of it in every partition; "
            "compute() it first if it is small, or merge()"
        )
    if isinstance(values, str) or not hasattr(values, "__iter__"):
        raise TypeError(
            f"isin() takes a list of values, not a {type(values).__name__}: [{values!r}]"
        )
    if not isinstance(values, list | tuple | set | frozenset | Mapping) and not hasattr(
        values, "dtype" if frame.ndim == 1 else "shape"
    ):
        values = list(values)
    return rowwise("isin", RowMethod("isin"), frame, values, columnwise=True)

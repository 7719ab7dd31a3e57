"""Two frames put together, value by value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from treadle.dataframe.build import emptied
from treadle.dataframe.elementwise.rows import (
    RowMethod,
    beside,
    by_column,
    is_collection,
    rowwise,
)
from treadle.dataframe.first_rows import first_rows


def combined_first(frame: Any, other: Any) -> Any:
    """Return values of a frame, and where they are missing those of another one."""
    if not is_collection(other) and not isinstance(other, pd.DataFrame | pd.Series):
        raise TypeError(
            f"combine_first() takes a frame or series, not a {type(other).__name__}; use fillna()"
        )
    other = beside(frame, other)
    return rowwise(
        "combine_first", RowMethod("combine_first"), frame, other,
        columnwise=by_column(frame, other),
    )  # fmt: skip


def combined(frame: Any, other: Any, func: Callable[..., Any], **kwargs: Any) -> Any:
    """Return what a user's function makes of values of two frames.

    A function of columns is tried on columns without rows; one of values on the first rows.
    """
    if not callable(func):
        raise TypeError(f"combine() takes a function, not a {type(func).__name__}")
    kwargs = {name: value for name, value in kwargs.items() if value is not None}
    other = beside(frame, other)
    method = RowMethod("combine")
    if frame.ndim == 2:
        return rowwise("combine", method, frame, other, func, kwargs=kwargs)
    promised = rowwise("combine", method, frame, other, func, kwargs=kwargs, meta=frame._meta)
    meta = emptied(first_rows(promised.expr))
    return rowwise("combine", method, frame, other, func, kwargs=kwargs, meta=meta)


def squeezed(frame: Any, axis: Any) -> Any:
    """Return the one column of a frame as a series."""
    number = None if axis is None else type(frame._meta)._get_axis_number(axis)
    if number == 0:
        raise NotImplementedError(
            "squeeze(axis=0) asks whether there is one row, which is not known before rows are "
            "computed; compute() first"
        )
    if frame.ndim == 2 and frame._meta.shape[1] == 1:
        return frame[frame._meta.columns[0]]
    return frame

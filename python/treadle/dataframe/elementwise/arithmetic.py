"""Operators as methods: with an axis, and with a value for what is missing.

>>> import pandas as pd
>>> import treadle.dataframe as dd
>>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2], "y": [3, 4]}), npartitions=2)
>>> df.sub(df.x, axis=0).compute().y.tolist()
[2, 2]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.build import meta_from
from treadle.dataframe.elementwise.operators import (
    OPERATORS,
    binary,
    with_row,
)
from treadle.dataframe.elementwise.rows import RowMethod, beside, by_column, rowwise, some_unmatched
from treadle.dataframe.elementwise.tables import add_all, like_pandas
from treadle.dataframe.frame import FrameCollection
from treadle.dataframe.one_row import one_row

_SUMMARIES = {
    "add": "Return the sum with another value, ``frame + other``.",
    "sub": "Return the difference, ``frame - other``.",
    "mul": "Return the product, ``frame * other``.",
    "truediv": "Return the quotient, ``frame / other``.",
    "div": "Return the quotient, ``frame / other``.",
    "floordiv": "Return the quotient rounded down, ``frame // other``.",
    "mod": "Return what division leaves, ``frame % other``.",
    "pow": "Return the power, ``frame ** other``.",
    "eq": "Tell where values are equal, ``frame == other``.",
    "ne": "Tell where values are not equal, ``frame != other``.",
    "lt": "Tell where values are less, ``frame < other``.",
    "le": "Tell where values are less or equal, ``frame <= other``.",
    "gt": "Tell where values are greater, ``frame > other``.",
    "ge": "Tell where values are greater or equal, ``frame >= other``.",
}
_COMPARISONS = frozenset({"eq", "ne", "lt", "le", "gt", "ge"})
_SECOND_NAMES = {"subtract": "sub", "multiply": "mul", "divide": "truediv"}


def flexible(
    name: str, frame: Any, other: Any, axis: Any, level: Any = None, fill_value: Any = None
) -> Any:
    """Return an operator between a frame and another value, along an axis.

    Parameters
    ----------
    name : str
        Of the method; those that begin with ``r`` have the operands in the other order.
    frame : DataFrame or Series
    other : object
    axis : 0, 1, "index" or "columns"
        With which labels of a frame those of a series are matched.
    level : None
    fill_value : object, optional
        Stands for what is missing on one side.
    """
    if level is not None:
        raise NotImplementedError(
            f"{name}(level={level!r}) would match labels of other partitions; "
            "reset_index() and merge() instead"
        )
    number = type(frame._meta)._get_axis_number(axis)
    beside_rows = frame.ndim == 1 or number == 0
    row_like = isinstance(other, FrameCollection) and other.ndim == 1
    if frame.ndim == 2 and row_like and not beside_rows:
        kwargs = {} if fill_value is None else {"fill_value": fill_value}
        return with_row(name, RowMethod(name), frame, other, **kwargs)
    lists = isinstance(other, pd.Series | np.ndarray | list | tuple)
    by_labels = frame.ndim == 2 and beside_rows and (row_like or lists)
    compares = name in _COMPARISONS
    if (
        fill_value is None
        and not by_labels
        and not (compares and isinstance(other, FrameCollection))
    ):
        base = name if name in OPERATORS else name[1:]
        operands = (frame, other) if name in OPERATORS else (other, frame)
        return binary(base, OPERATORS[base], *operands)
    if beside_rows or isinstance(other, pd.DataFrame):
        other = beside(frame, other)
    given: dict[str, Any] = {"axis": number} if frame.ndim == 2 else {}
    if fill_value is not None:
        given["fill_value"] = fill_value
    method = RowMethod(name)
    meta: dict[str, Any] = {}
    between = name not in _COMPARISONS and isinstance(other, FrameCollection)
    if between and some_unmatched(frame, other):
        meta = {"meta": meta_from(method, one_row(frame._meta), other._meta, **given)}
    return rowwise(
        name, method, frame, other, kwargs=given, columnwise=by_column(frame, other), **meta
    )  # fmt: skip


def _methods(owner: type, home: str) -> dict[str, Any]:
    names = {name: name for name in OPERATORS}
    names |= {f"r{name}": f"r{name}" for name in OPERATORS if name not in _COMPARISONS}
    made = {}
    for name, of in (names | _SECOND_NAMES).items():
        base = of if of in OPERATORS else of[1:]
        summary = _SUMMARIES[base]
        if base != of:
            summary = (
                summary.replace("frame ", "_ ").replace("other", "frame").replace("_ ", "other ")
            )
        made[name] = like_pandas(owner, of, summary, _call(owner, of), home=home)
    return made


def _call(owner: type, name: str) -> Callable[..., Any]:
    def of_frames(
        self: Any, other: Any, axis: Any = "columns", level: Any = None, fill_value: Any = None
    ) -> Any:
        return flexible(name, self, other, axis, level, fill_value)

    def of_series(
        self: Any, other: Any, level: Any = None, fill_value: Any = None, axis: Any = 0
    ) -> Any:
        return flexible(name, self, other, axis, level, fill_value)

    return of_frames if owner is pd.DataFrame else of_series


@add_all(_methods(pd.DataFrame, "pandas.DataFrame"))
class DataFrameArithmetic(FrameCollection):
    """``add``, ``sub``, ``eq`` and so on of frames."""

    __slots__ = ()


@add_all(_methods(pd.Series, "pandas.Series"))
class SeriesArithmetic(FrameCollection):
    """``add``, ``sub``, ``eq`` and so on of series."""

    __slots__ = ()

    def divmod(self, other: Any) -> Any:
        """Return the quotients rounded down, and what division leaves, as two series."""
        return divmod(self, other)

    def rdivmod(self, other: Any) -> Any:
        """Return ``divmod(other, series)``."""
        return divmod(other, self)

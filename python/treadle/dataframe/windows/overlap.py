"""``map_overlap``: a function of the user on each partition with rows around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from treadle import base
from treadle.dataframe.build import NOT_GIVEN, emptied
from treadle.dataframe.frame import FrameCollection
from treadle.dataframe.windows.around import around
from treadle.dataframe.windows.pieces import Reach
from treadle.graph.naming import function_name


def map_overlap(
    func: Callable[..., Any],
    df: Any,
    before: Any,
    after: Any,
    *args: Any,
    meta: Any = NOT_GIVEN,
    enforce_metadata: bool = True,
    transform_divisions: bool = False,
    clear_divisions: bool = False,
    align_dataframes: bool = False,
    **kwargs: Any,
) -> Any:
    """Call a function on each partition with rows from those around it.

    Of what the function returns, the rows that were not the partition's own are cut off.

    Parameters
    ----------
    func : callable
        ``func(part, *args, **kwargs)``; returns a row for each row, in their order, or the same
        number of rows for each.
    df : DataFrame, Series or Index
    before, after : int or timedelta
        So many rows, from as many partitions as it takes; or all rows whose labels in a
        DatetimeIndex are so near to the first or last of the partition.
    *args, **kwargs
        For the function; plain values.
    meta : object, optional
        The result without rows. Without it the function is tried on a partition without rows.
    enforce_metadata : bool
        Check that partitions have the columns and the kind that the meta says.
    transform_divisions : bool
        Of an index: call the function on the divisions as well. That is right only for functions
        that make of a label what they make of it alone, and never change the order.
    clear_divisions : bool
        The function changes labels: divisions of the result are not known.
    align_dataframes : bool
        For programs that know it; only one frame is taken.

    Returns
    -------
    DataFrame, Series or Index

    Raises
    ------
    TypeError
        If a timedelta is given, and the index has no times.
    ValueError
        If ``before`` or ``after`` is negative, or the function fails without rows; when computed,
        if it returns rows that can't be told from those around.

    Examples
    --------
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> x = dd.from_pandas(pd.Series([1, 2, 4, 7]), npartitions=2)
    >>> dd.map_overlap(lambda part: part - part.shift(1), x, 1, 0).compute().tolist()
    [nan, 1.0, 2.0, 3.0]
    """
    if not isinstance(df, FrameCollection):
        raise TypeError(f"map_overlap takes a frame in partitions, not {type(df).__name__}")
    if any(base.is_treadle_collection(value) for value in (*args, *kwargs.values())):
        raise NotImplementedError(
            "map_overlap takes one frame; put others into it as columns first, and compute() "
            "single values"
        )
    reaches = [_reach(df, value, name) for value, name in ((before, "before"), (after, "after"))]
    called = Called(func, args, kwargs)
    label = function_name(func)
    if meta is NOT_GIVEN:
        try:
            meta = emptied(called(df._meta))
        except Exception as error:
            raise ValueError(
                f"{label} was tried on a partition without rows, to see what it returns, and "
                f"raised {type(error).__name__}: {error}; give meta="
            ) from error
    divisions = df.divisions
    if clear_divisions:
        divisions = (None,) * len(divisions)
    elif isinstance(meta, pd.Index) and df.known_divisions:
        moved = transform_divisions and isinstance(df._meta, pd.Index)
        divisions = _transformed(called, df) if moved else (None,) * len(divisions)
    call = Checked(called, emptied(meta)) if enforce_metadata else called
    return around(
        f"overlap-{label}", df, call, *reaches, meta=emptied(meta), divisions=divisions,
        rowwise=False, columnwise=False,
        token=[func, args, kwargs, enforce_metadata, emptied(meta)],
    )  # fmt: skip


def _reach(df: Any, value: Any, name: str) -> Reach:
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        if value < 0:
            raise ValueError(f"{name} must be 0 or more, not {value}")
        return int(value)
    index = df._meta if isinstance(df._meta, pd.Index) else df._meta.index
    try:
        span = pd.Timedelta(value)
    except (ValueError, TypeError) as error:
        raise TypeError(f"{name} must be a number of rows or a timedelta, not {value!r}") from error
    if not isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex):
        raise TypeError(
            f"{name}={value!r} is a span of time, and the index has dtype {index.dtype}: give a "
            "number of rows, or set an index of times"
        )
    if span < pd.Timedelta(0):
        raise ValueError(f"{name} must be 0 or more, not {value!r}")
    return span


def _transformed(called: Called, df: Any) -> tuple[Any, ...]:
    found = called(pd.Index(df.divisions))
    if len(found) != len(df.divisions) or not found.is_monotonic_increasing:
        return (None,) * len(df.divisions)
    return tuple(found)


class Called:
    """Calls a function with more arguments."""

    __slots__ = ("args", "func", "kwargs")

    def __init__(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]):
        self.func = func
        self.args = args
        self.kwargs = kwargs

    @property
    def __name__(self) -> str:
        return function_name(self.func)

    def __call__(self, part: Any) -> Any:
        return self.func(part, *self.args, **self.kwargs)

    def __treadle_tokenize__(self) -> Any:
        return "Called", self.func, self.args, self.kwargs

    def __reduce__(self) -> tuple[Any, ...]:
        return Called, (self.func, self.args, self.kwargs)


class Checked:
    """Calls a function, and compares what it returns with what was promised."""

    __slots__ = ("func", "meta")

    def __init__(self, func: Callable[[Any], Any], meta: Any):
        self.func = func
        self.meta = meta

    @property
    def __name__(self) -> str:
        return function_name(self.func)

    def __call__(self, part: Any) -> Any:
        found = self.func(part)
        kind = type(self.meta).__name__
        if isinstance(self.meta, pd.DataFrame):
            if not isinstance(found, pd.DataFrame):
                raise ValueError(f"a function returned a {type(found).__name__}; meta says {kind}")
            if list(found.columns) != list(self.meta.columns):
                raise ValueError(
                    f"a function returned columns {list(found.columns)}; meta says "
                    f"{list(self.meta.columns)}"
                )
        elif isinstance(self.meta, pd.Series):
            if not isinstance(found, pd.Series):
                raise ValueError(f"a function returned a {type(found).__name__}; meta says {kind}")
            if found.name != self.meta.name:
                found = found.copy(deep=False)
                found.name = self.meta.name
        return found

    def __treadle_tokenize__(self) -> Any:
        return "Checked", self.func, self.meta

    def __reduce__(self) -> tuple[Any, ...]:
        return Checked, (self.func, self.meta)

"""A function of the user called with each partition.

>>> import pandas as pd
>>> import treadle.dataframe as dd
>>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2, 3]}), npartitions=2)
>>> dd.map_partitions(lambda part: part.x * 10, df).compute().tolist()
[10, 20, 30]
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pandas as pd

from treadle.dataframe.build import (
    NOT_GIVEN,
    as_expr,
    emptied,
    meta_of,
    new_collection,
    partwise,
)
from treadle.dataframe.elementwise.metas import as_meta, check_made
from treadle.dataframe.elementwise.rows import RowCall
from treadle.dataframe.elementwise.tables import no_default
from treadle.dataframe.expr import FrameExpr, Partwise
from treadle.dataframe.frame import FrameCollection
from treadle.graph.blockwise import Axis, Blockwise, Operand, Values


class Numbered(Partwise):
    """A call on each partition that is told which one it is: number and divisions."""

    __slots__ = ()

    @classmethod
    def of(cls, expr: Partwise) -> Numbered:
        """Return an expression that tells the function of another one."""
        return cls(
            expr.name, expr.meta, expr.divisions, expr.inputs, expr.func, expr.args, expr.kwargs,
            whole=expr.whole, layout=expr.layout,
        )  # fmt: skip

    def lower(self) -> Blockwise:
        borders = self.divisions or ()
        told = [(n, borders[n], borders[n + 1]) for n in range(self.npartitions)]
        place = Operand(Values(self.numblocks, told), (Axis(0),))
        return self.calls(self.func, place, *self.args, **self.kwargs)


class MapPartition(RowCall):
    """Calls a user's function with a partition, and checks what it returns."""

    __slots__ = ("enforce", "func", "informed", "meta")

    def __init__(self, enforce: bool, func: Callable[..., Any], informed: bool, meta: Any):
        self.enforce = enforce
        self.func = func
        self.informed = informed
        self.meta = meta

    def __call__(self, place: tuple[int, Any, Any], *args: Any, **kwargs: Any) -> Any:
        number, low, _ = place
        if self.informed:
            kwargs["partition_info"] = {"number": number, "division": low}
        found = self.func(*args, **kwargs)
        if self.meta is None:  # one value: a row of its own
            return pd.Series([found], index=[number])
        if not self.enforce:
            return found
        what = getattr(self.func, "__name__", type(self.func).__name__)
        found = check_made(found, self.meta, what)
        if low is not None:
            _check_labels(found, args, place, what)
        return found


def _check_labels(
    found: Any, args: tuple[Any, ...], place: tuple[int, Any, Any], what: str
) -> None:
    """Raise if rows have labels that do not belong into this partition."""
    number, low, high = place
    labels = found if isinstance(found, pd.Index) else found.index
    if not len(labels) or any(getattr(arg, "index", None) is labels for arg in args):
        return
    least, most = labels.min(), labels.max()
    if least < low or most > high:
        raise ValueError(
            f"{what} returned labels from {least!r} to {most!r} for partition {number}, whose "
            f"divisions are {low!r} and {high!r}: pass clear_divisions=True if labels change"
        )


def map_partitions(
    func: Callable[..., Any],
    *args: Any,
    meta: Any = NOT_GIVEN,
    enforce_metadata: bool = True,
    transform_divisions: bool = False,
    clear_divisions: bool = False,
    align_dataframes: bool = False,
    **kwargs: Any,
) -> Any:
    """Call a function with each partition.

    Parameters
    ----------
    func : callable
        Takes partitions in the places of collections, and returns a frame, series or index, or one
        value. If it has an argument ``partition_info``, that is a dict of the partition's
        ``"number"`` and ``"division"`` (None while the function is tried).
    *args, **kwargs
        Frames with as many partitions, or with one that goes to every call; scalars and delayed
        values; anything else is passed on.
    meta : DataFrame, Series, mapping or dtype, optional
        What it returns, without rows. Otherwise it is tried on partitions without rows, now.
    enforce_metadata : bool
        Raise when a partition has other columns than promised, or labels beyond its divisions.
    transform_divisions : bool
        Of an Index: call the function with the divisions as well. That is right only for functions
        that never change the order of labels.
    clear_divisions : bool
        Labels change: divisions of the result are not known.
    align_dataframes : bool
        Bring frames to the same divisions first. Otherwise partitions go by their number.

    Returns
    -------
    DataFrame, Series or Index
        A function that returns one value gives a series with a row for each partition.

    Raises
    ------
    ValueError
        If numbers of partitions do not agree, or if the function can't be tried.

    Examples
    --------
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> x = dd.from_pandas(pd.Series([1, 2, 3]), npartitions=2)
    >>> dd.map_partitions(len, x).compute().tolist()
    [1, 2]
    """
    if not callable(func):
        raise TypeError(f"map_partitions() takes a function, not a {type(func).__name__}")
    values = [*args, *kwargs.values()]
    frames = [v for v in values if isinstance(v, FrameCollection)]
    if not frames:
        raise TypeError("map_partitions() needs a DataFrame, Series or Index among its arguments")
    first = next((v for v in frames if v.npartitions > 1), frames[0])
    whole = [v for v in frames if v.npartitions == 1 and first.npartitions > 1]
    if not align_dataframes:
        _check_counts(frames, first)
    informed = "partition_info" in _parameters(func)
    if meta is NOT_GIVEN or no_default(meta):
        meta = _tried_without_rows(func, args, kwargs, informed)
    elif not isinstance(meta, FrameCollection):
        meta = _given(meta, first)
    else:
        meta = meta._meta
    many = isinstance(meta, pd.DataFrame | pd.Series | pd.Index)
    call = MapPartition(enforce_metadata, func, informed, meta if many else None)
    found = partwise(
        "map_partitions", call, *args, kwargs=kwargs, whole=whole, align=align_dataframes,
        meta=meta if many else pd.Series([meta], index=[0]).iloc[:0],
        divisions=_divisions(func, first, meta, transform_divisions, clear_divisions),
        token=(func, meta, enforce_metadata, clear_divisions, transform_divisions),
    )  # fmt: skip
    return new_collection(Numbered.of(found.expr))


def _check_counts(frames: list[Any], first: Any) -> None:
    counts = {frame.npartitions for frame in frames} - {1}
    if len(counts) > 1:
        raise ValueError(
            f"frames have {sorted(counts)} partitions, so they can't go by number; "
            "repartition() them, or pass align_dataframes=True"
        )


def _parameters(func: Any) -> Any:
    try:
        return inspect.signature(func).parameters
    except (TypeError, ValueError):  # of C, or it can't say
        return {}


def _given(meta: Any, first: Any) -> Any:
    """Return what a user says; types of plain values are those of functions to one value."""
    index = first._meta if isinstance(first._meta, pd.Index) else first._meta.index
    name = getattr(first._meta, "name", None)
    return as_meta(meta, index, name)


def _tried_without_rows(
    func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], informed: bool
) -> Any:
    def sample(value: Any) -> Any:
        expr = as_expr(value)
        if expr is None:
            return value
        found = meta_of(expr)
        if found is expr:
            raise ValueError(
                f"what a {type(value).__name__} holds is not known before it is computed; "
                "say with meta= what the function returns"
            )
        return found

    there = {name: sample(value) for name, value in kwargs.items()}
    if informed:
        there["partition_info"] = None
    places = [sample(value) for value in args]
    try:
        found = func(*places, **there)
    except Exception as error:
        error.add_note(
            "raised while the function was tried on a partition without rows, to learn what it "
            "returns; with meta= it is not tried"
        )
        raise
    if isinstance(found, pd.DataFrame | pd.Series | pd.Index):
        return emptied(found)
    if not pd.api.types.is_scalar(found) and found is not None:
        raise TypeError(
            f"the function returned a {type(found).__name__} for a partition; "
            "a frame, series, index or one value is expected"
        )
    return found


def _divisions(func: Any, first: Any, meta: Any, transform: bool, clear: bool) -> Any:
    """Return divisions of the result, ``"first"`` for those of the frame, None for unknown."""
    if not isinstance(meta, pd.DataFrame | pd.Series | pd.Index):
        return (*range(first.npartitions), first.npartitions - 1)
    if clear or not first.known_divisions:
        return None
    if isinstance(meta, pd.Index):
        if not transform or not isinstance(first._meta, pd.Index):
            return None
        moved = func(pd.Index(first.divisions))
        return tuple(moved) if moved.is_monotonic_increasing else None
    own = first._meta if isinstance(first._meta, pd.Index) else first._meta.index
    same = own.dtype == meta.index.dtype and own.nlevels == meta.index.nlevels
    return first.expr.divisions if same and isinstance(first.expr, FrameExpr) else None

"""Functions of users, called for each value or each row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from treadle.dataframe.build import NOT_GIVEN
from treadle.dataframe.elementwise.metas import as_meta, check_made, tried, with_index
from treadle.dataframe.elementwise.rows import RowCall, RowMethod, is_collection, rowwise
from treadle.dataframe.elementwise.tables import no_default


class Applied(RowCall):
    """Calls a method of pandas with a user's function, and checks what it makes.

    Nothing is called for a partition without rows: its result is the meta.
    """

    __slots__ = ("meta", "method")

    def __init__(self, meta: Any, method: str):
        self.meta = meta
        self.method = method

    def __call__(self, part: Any, func: Any, *args: Any, **kwargs: Any) -> Any:
        meta = self.meta
        if self.method == "map" and isinstance(part, pd.DataFrame):
            meta = meta[part.columns]  # perhaps some of the columns only
        if not len(part):
            return meta if isinstance(part, pd.Index) else with_index(meta, part.index)
        found = getattr(part, self.method)(func, *args, **kwargs)
        return check_made(found, meta, f"{self.method}({_name(func)})")


def _name(func: Any) -> str:
    return getattr(func, "__name__", type(func).__name__)


def applied(
    frame: Any, method: str, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], meta: Any,
    columnwise: bool = False,
) -> Any:  # fmt: skip
    """Return what a method of pandas makes of a user's function.

    Without ``meta`` the function is tried on the first rows.
    """
    if meta is NOT_GIVEN or meta is None or no_default(meta):
        meta = tried(RowMethod(method), frame, func, *args, **kwargs)
    elif isinstance(frame._meta, pd.Index):
        meta = meta if isinstance(meta, pd.Index) else pd.Index([], dtype=_dtype(meta))
        meta = meta[:0].rename(frame._meta.name)
    else:
        meta = as_meta(meta, frame._meta.index, frame._meta.name if frame.ndim == 1 else None)
        meta = with_index(meta, frame._meta.index)
    if not isinstance(meta, pd.DataFrame | pd.Series | pd.Index):
        raise TypeError(
            f"{method}({_name(func)}) makes a {type(meta).__name__} of a partition, "
            "not a value for each row"
        )
    alike = isinstance(meta, pd.DataFrame) and meta.columns.equals(frame._meta.columns)
    return rowwise(
        method, Applied(meta, method), frame, func, *args, kwargs=kwargs, meta=meta,
        columnwise=columnwise and alike,
    )  # fmt: skip


def _dtype(meta: Any) -> Any:
    return meta.dtype if hasattr(meta, "dtype") else meta[1] if isinstance(meta, tuple) else meta


def mapped(series: Any, arg: Any, na_action: Any, meta: Any, kwargs: dict[str, Any]) -> Any:
    """Return a series or index with each value replaced by what a mapping or function says."""
    if is_collection(arg):
        raise NotImplementedError(
            f"map() with a {type(arg).__name__} would need all of it in every partition; "
            "compute() it first if it is small, or merge()"
        )
    if na_action not in (None, "ignore"):
        raise ValueError(f"na_action is None or 'ignore', not {na_action!r}")
    options = dict(kwargs) if na_action is None else {"na_action": na_action, **kwargs}
    plain = isinstance(arg, Mapping) and not hasattr(arg, "__missing__")
    given = meta is not NOT_GIVEN and meta is not None and not no_default(meta)
    if plain or isinstance(arg, pd.Series):
        if plain:  # once, not in every partition
            arg = pd.Series(list(arg.values()), index=pd.Index(list(arg), tupleize_cols=False))
            arg = arg.astype("float64") if not len(arg) else arg
        is_category = isinstance(series._meta.dtype, pd.CategoricalDtype)
        if not given and not is_category:
            found = arg.iloc[:0]
            own = series._meta
            meta = (
                pd.Index(found, name=own.name)
                if isinstance(own, pd.Index)
                else pd.Series(found.array, index=own.index, name=own.name)
            )
            return rowwise("map", RowMethod("map"), series, arg, kwargs=options, meta=meta)
    elif not callable(arg) and not isinstance(arg, Mapping):
        raise TypeError(
            f"map() takes a function, a mapping or a series, not a {type(arg).__name__}"
        )
    return applied(series, "map", arg, (), options, meta)


def refuse_names(method: str, func: Any) -> None:
    """Refuse what ``apply`` of pandas takes beside functions: names, lists and dicts of them."""
    if isinstance(func, str):
        raise NotImplementedError(
            f"{method}({func!r}) by name is not done row by row; call .{func}() itself"
        )
    if isinstance(func, list | tuple | dict):
        raise NotImplementedError(
            f"{method}() of several functions at once is not there; use agg(), or assign()"
        )
    if not callable(func):
        raise TypeError(f"{method}() takes a function, not a {type(func).__name__}")


def applied_rows(
    frame: Any, func: Callable[..., Any], axis: Any, meta: Any, args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Any:  # fmt: skip
    """Return what a function makes of each row of a frame."""
    if pd.DataFrame._get_axis_number(axis) == 0:  # type: ignore[attr-defined]
        raise NotImplementedError(
            "apply(axis=0) calls a function with whole columns, and these lie in partitions; use "
            "apply(axis=1) for rows, map_partitions() for pieces, or reduction() and agg()"
        )
    refuse_names("apply", func)
    return applied(frame, "apply", func, (), {"axis": 1, "args": args, **kwargs}, meta)

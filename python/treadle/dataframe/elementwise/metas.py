"""What results of users' functions look like: as they say, or as the first rows say.

>>> import pandas as pd
>>> as_meta({"x": "int64"}, pd.RangeIndex(0)).dtypes["x"]
dtype('int64')
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from treadle import base
from treadle.dataframe.build import emptied, new_collection
from treadle.dataframe.creating import InMemory
from treadle.dataframe.expr import Assign, FrameExpr, Partitions, Partwise, Projection, Source
from treadle.graph.expr import Expr, walk
from treadle.graph.naming import key_prefix
from treadle.graph.tokenize import tokenize

#: Rows on which a function is tried.
ROWS_TRIED = 10


def as_meta(meta: Any, index: Any, name: Any = None) -> Any:
    """Return a frame or series without rows, as a user describes it.

    Parameters
    ----------
    meta : DataFrame, Series, Index, mapping, list of pairs, pair or dtype
        A mapping, or a list of pairs, says dtypes of columns; a pair the name and dtype of a
        series; a dtype that of a series called ``name``.
    index : Index
        Of the result, unless a frame or series says another.
    name : label, optional

    Raises
    ------
    TypeError
        If it is none of these.
    """
    if isinstance(meta, pd.DataFrame | pd.Series | pd.Index):
        return emptied(meta)
    labels = index[:0]
    if isinstance(meta, Mapping):
        meta = list(meta.items())
    try:
        if isinstance(meta, tuple) and len(meta) == 2 and not isinstance(meta[0], tuple):
            return pd.Series([], dtype=meta[1], name=meta[0], index=labels)
        if isinstance(meta, list | tuple):
            columns = [pd.Series([], dtype=dtype, index=labels) for _, dtype in meta]
            found = pd.DataFrame(dict(enumerate(columns)), index=labels)
            return found.set_axis(pd.Index([label for label, _ in meta]), axis=1)
        return pd.Series([], dtype=meta, name=name, index=labels)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"meta is a frame or series without rows, dtypes by column, or a dtype, not {meta!r}"
        ) from error


def with_index(meta: Any, index: Any) -> Any:
    """Return a meta with another index, since rows keep their labels."""
    return meta if isinstance(meta, pd.Index) else meta.set_axis(index[:0])


def tried(func: Callable[..., Any], frame: Any, *args: Any, **kwargs: Any) -> Any:
    """Return what a user's function makes of the first rows, without rows.

    These are rows of the first partition that has some. Where sources are asked for them only, a
    few are read; otherwise partitions are computed until one has rows.
    """
    rows = first_rows(frame.expr)
    (args, kwargs) = base.compute(args, kwargs) if args or kwargs else ((), {})
    try:
        return emptied(func(rows, *args, **kwargs))
    except Exception as error:
        error.add_note(
            "raised while the function was tried on the first rows, to learn what it returns; "
            "with meta= it is not tried"
        )
        raise


def first_rows(expr: FrameExpr, count: int = ROWS_TRIED) -> Any:
    """Return some rows from the beginning of a frame; none only if it has none."""
    few = _on_first_rows(expr, count)
    if few is not None:
        found = new_collection(few).compute()
        if len(found):
            return found
    for number in range(expr.npartitions):
        found = new_collection(Partitions(expr, [number])).compute()
        if len(found):
            return found[:count] if isinstance(found, pd.Index) else found.iloc[:count]
    return expr.meta


def _on_first_rows(expr: FrameExpr, count: int) -> FrameExpr | None:
    """Return an expression of the first rows, if all of it goes row by row from one source."""
    made: dict[str, Expr] = {}
    sources = 0
    for item in walk([expr]):
        if isinstance(item, Source):
            sources += 1
            rows = item.reading.first_rows(count)
            if rows is None or sources > 1 or not isinstance(rows, pd.DataFrame | pd.Series):
                return None
            reading = InMemory([rows], (None, None), item.meta)
            made[item.name] = Source(f"first-{tokenize(item.name, count)}", reading)
        elif isinstance(item, Projection | Assign) or (
            isinstance(item, Partwise) and item.rowwise and not item.whole
        ):
            inputs = tuple(made[part.name] for part in item.inputs)
            made[item.name] = item.replace(
                name=f"{key_prefix(item.name)}-{tokenize(item.name, 'first', count)}",
                inputs=inputs, numblocks=(1,), divisions=(None, None), layout="first",
            )  # fmt: skip
        else:
            return None
    found = made[expr.name]
    assert isinstance(found, FrameExpr)
    return found


def check_made(found: Any, meta: Any, what: str) -> Any:
    """Return what a function made of a partition, if it is what the meta promises.

    Raises
    ------
    ValueError
        If it is of another kind, or has other columns.
    """
    for kind in (pd.DataFrame, pd.Series, pd.Index):
        if isinstance(meta, kind) and not isinstance(found, kind):
            raise ValueError(
                f"{what} returned {_kind(found)} for a partition where a {kind.__name__} was "
                "expected; say what it returns with meta="
            )
    if isinstance(meta, pd.DataFrame):
        if found.columns is not meta.columns and not found.columns.equals(meta.columns):
            raise ValueError(
                f"{what} returned the columns {list(found.columns)} for a partition where "
                f"{list(meta.columns)} were expected; say what it returns with meta="
            )
    elif isinstance(meta, pd.Series) and found.name != meta.name:
        found = found.rename(meta.name)
    return found


def _kind(value: Any) -> str:
    return "an array" if isinstance(value, np.ndarray) else f"a {type(value).__name__}"

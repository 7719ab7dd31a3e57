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
from treadle.dataframe.build import emptied
from treadle.dataframe.first_rows import first_rows


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

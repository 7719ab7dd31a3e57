"""``df.iloc[:, columns]``: columns by position."""

from __future__ import annotations

from typing import Any

from treadle.dataframe.callables import made_of
from treadle.dataframe.selecting.labels import columns_at, positions


class IlocIndexer:
    """What ``df.iloc`` is: columns by position.

    Examples
    --------
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2], "y": [3, 4]}), npartitions=2)
    >>> df.iloc[:, -1].compute().tolist()
    [3, 4]
    """

    __slots__ = ("_frame",)

    def __init__(self, frame: Any):
        self._frame = frame

    def __getitem__(self, key: Any) -> Any:
        key = key if isinstance(key, tuple) else (key,)
        if len(key) > 2:
            raise IndexError("too many indexers: a frame has rows and columns")
        if len(key) == 1 or not isinstance(key[0], slice) or key[0] != slice(None):
            raise NotImplementedError(
                "rows have no positions before it is known how many each partition has; "
                "use df.iloc[:, columns], and for rows head(), tail(), loc or partitions"
            )
        frame, columns = self._frame, key[1]
        columns = made_of(columns, frame)
        count = frame._meta.shape[1]
        if _is_int(columns):
            (place,) = positions(int(columns), count)
            return _one(frame, place)
        if not isinstance(columns, slice):
            columns = list(columns)
            if len(columns) and all(isinstance(flag, bool) for flag in columns):
                if len(columns) != count:
                    raise IndexError(f"there are {len(columns)} flags for {count} columns")
                columns = [n for n, flag in enumerate(columns) if flag]
            elif not all(map(_is_int, columns)):
                raise TypeError(f"positions have to be integers, not {columns!r}")
            columns = [int(n) for n in columns]
        return columns_at(frame, positions(columns, count) if columns != [] else [])


def _is_int(value: Any) -> bool:
    return hasattr(value, "__index__") and not isinstance(value, bool)


def _one(frame: Any, place: int) -> Any:
    from treadle.dataframe.build import partwise

    if frame.expr.columns is not None:
        return frame[frame.expr.columns[place]]
    return partwise("column", at_position, frame, place, rowwise=True)


def at_position(part: Any, place: int) -> Any:
    """Return the column at a position."""
    return part.iloc[:, place]

"""Missing values filled from the nearest row before or after, however far it is."""

from __future__ import annotations

from functools import partial
from typing import Any

from treadle.dataframe.build import partwise
from treadle.dataframe.calls import Method
from treadle.dataframe.windows.around import around
from treadle.dataframe.windows.pieces import together
from treadle.dataframe.windows.scan import Running, scanned
from treadle.dataframe.windows.shifting import is_rows, whole_number

#: Rows that are looked at first for the last value that is there.
_FIRST_LOOK = 1024


def fill(frame: Any, method: str, axis: Any, limit: Any, limit_area: Any) -> Any:
    """Return ``ffill`` or ``bfill``."""
    if limit_area not in (None, "inside", "outside"):
        raise ValueError(f"Invalid limit_area: {limit_area}")
    if is_rows(frame, axis):
        func = partial(Method(method), axis=1, limit=limit, limit_area=limit_area)
        return partwise(method, func, frame, rowwise=True)
    if limit_area is not None:
        raise NotImplementedError(
            f"limit_area={limit_area!r} needs all rows on both sides; fill without it, or keep "
            "rows by what cumsum() of notna() says"
        )
    if limit is not None:
        limit = whole_number(limit, "limit")
        if limit < 1:
            raise ValueError("Limit must be greater than 0")
        func = partial(Method(method), limit=limit)
        before, after = (limit, 0) if method == "ffill" else (0, limit)
        return around(method, frame, func, before, after)
    return scanned(method, frame, Filling(method), Method(method))


class Filling(Running):
    """Carries the last value that is there, of each column."""

    def __init__(self, method: str):
        self.method = method
        self.backward = method == "bfill"

    def last(self, alone: Any) -> Any:
        return first_valid(alone) if self.backward else last_valid(alone)

    def join(self, carried: Any, piece: Any) -> Any:
        filled = self.finish(carried, piece)
        return filled if len(filled) else carried

    def finish(self, carried: Any, alone: Any) -> Any:
        if carried is None or not len(carried) or not len(alone):
            return getattr(alone, self.method)()
        pair = [alone, carried] if self.backward else [carried, alone]
        filled = getattr(together(pair), self.method)()
        found = filled.iloc[:-1] if self.backward else filled.iloc[1:]
        found.index = alone.index
        return found


def last_valid(frame: Any) -> Any:
    """Return one row of the last values that are not missing; none of a frame without rows.

    >>> import pandas as pd
    >>> last_valid(pd.DataFrame({"x": [1.0, None], "y": [3, 4]}))
         x  y
    1  1.0  4
    """
    found = frame.iloc[-1:]
    for rows in (_FIRST_LOOK, len(frame)):
        if not found.isna().to_numpy().any():
            break
        found = frame.iloc[-rows:].ffill().iloc[-1:]
    return found.copy()  # or it would keep all of the frame in memory


def first_valid(frame: Any) -> Any:
    """Return one row of the first values that are not missing; none of a frame without rows."""
    found = frame.iloc[:1]
    for rows in (_FIRST_LOOK, len(frame)):
        if not found.isna().to_numpy().any():
            break
        found = frame.iloc[:rows].bfill().iloc[:1]
    return found.copy()

"""Times that label rows, in other time zones.

>>> import pandas as pd
>>> import treadle.dataframe as dd
>>> times = pd.date_range("2000-01-01", periods=2, tz="UTC")
>>> x = dd.from_pandas(pd.Series([1, 2], index=times), npartitions=2)
>>> changed(x, "tz_convert", "Asia/Tokyo", 0, None, {}).compute().index[0].hour
9
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from treadle.dataframe.calls import Method
from treadle.dataframe.elementwise.rows import rowwise


def changed(frame: Any, name: str, tz: Any, axis: Any, level: Any, options: dict[str, Any]) -> Any:
    """Return a frame whose labels are times of another zone.

    Parameters
    ----------
    frame : DataFrame or Series
    name : "tz_localize" or "tz_convert"
    tz, axis, level
        As of the methods.
    options : dict
        What to do with times that a zone has twice, or not at all.
    """
    if axis not in (0, "index", "rows"):
        raise NotImplementedError(f"{name}(axis={axis!r}): columns are changed by df.columns = ...")
    if level is not None:
        raise NotImplementedError(f"{name}(level=...): use reset_index(), and .dt of that column")
    method = Method(name)
    return rowwise(
        name, method, frame, tz, kwargs=options, columnwise=True,
        divisions=_borders(frame, method, tz, options),
    )  # fmt: skip


def _borders(frame: Any, method: Method, tz: Any, options: dict[str, Any]) -> Any:
    """Return the same borders in the other zone; None where they may not be in order there.

    Times keep their order where a zone is known before and after. Clocks that are put back do not
    keep it, so local times of a zone do where each is one moment, and not the other way round.
    """
    if not frame.known_divisions or any(value != "raise" for value in options.values()):
        return None
    if tz is None and str(frame._meta.index.tz) != "UTC" and method.__name__ == "tz_localize":
        return None
    try:
        return tuple(method(pd.DatetimeIndex(frame.divisions), tz, **options))
    except ValueError:
        return None  # a border need not be a label

"""``join``: merges by the index of the other frame, or of several others.

>>> import pandas as pd
>>> import treadle.dataframe as dd
>>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2]}), npartitions=2)
>>> others = [pd.Series([3.0, 4.0], name=name) for name in ("y", "z")]
>>> join(df, others).compute()
   x    y    z
0  1  3.0  3.0
1  2  4.0  4.0
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from treadle.dataframe.join.merging import as_frame, merge


def join(
    frame: Any,
    other: Any,
    on: Any = None,
    how: str = "left",
    lsuffix: str = "",
    rsuffix: str = "",
    sort: bool = False,
    validate: str | None = None,
    shuffle_method: str | None = None,
    npartitions: int | None = None,
    suffixes: Sequence[str | None] | None = None,
) -> Any:
    """Add columns of other frames by their index; see ``DataFrame.join``."""
    moving: dict[str, Any] = {"shuffle_method": shuffle_method, "npartitions": npartitions}
    if suffixes is not None:
        if lsuffix or rsuffix:
            raise ValueError("give either suffixes, or lsuffix and rsuffix")
    elif lsuffix or rsuffix:
        suffixes = (lsuffix, rsuffix)
    if not isinstance(other, list | tuple):
        by_columns = on is not None
        keys: dict[str, Any] = {"left_index": True} if not by_columns else {"left_on": on}
        if how == "cross":
            if by_columns:
                raise ValueError("a cross join has no keys: leave out on, or choose another how")
            keys = {}
        else:
            keys["right_index"] = True
        return merge(
            frame, other, how=how, suffixes=suffixes or ("", ""), sort=sort, validate=validate,
            **keys, **moving,
        )  # fmt: skip
    if on is not None:
        raise ValueError("several frames are joined by their indexes only: leave out on")
    if suffixes is not None:
        raise ValueError("suffixes can't be given for several frames; rename their columns first")
    if how not in ("left", "inner", "outer"):
        raise ValueError(f"several frames are joined by 'left', 'inner' or 'outer', not {how!r}")
    counts = Counter(label for item in (frame, *other) for label in as_frame(item).meta.columns)
    repeated = [label for label, count in counts.items() if count > 1]
    if repeated:
        raise ValueError(f"columns {repeated} are in more than one frame; rename them first")
    found = frame
    for item in other:
        found = merge(
            found, item, how=how, left_index=True, right_index=True, sort=sort,
            validate=validate, **moving,
        )  # fmt: skip
    return found

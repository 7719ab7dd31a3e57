"""Results of partitions as one frame in memory."""

from __future__ import annotations

from typing import Any

import pandas as pd

from treadle.dataframe.shuffle.pieces import concat_parts


def joined_parts(parts: list[Any], meta: Any) -> Any:
    """Return the rows of all parts in one frame, series or index.

    Examples
    --------
    >>> joined_parts([pd.Series([1]), pd.Series([2], index=[1])], pd.Series([], dtype="int64"))
    0    1
    1    2
    dtype: int64
    """
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return meta
    if isinstance(meta, pd.Index):
        filled = [part for part in parts if len(part)] or parts[:1]
        return filled[0].append(filled[1:])
    if isinstance(meta, pd.Series):
        names = {part.name for part in parts}
        together = concat_parts([part.to_frame(name=0) for part in parts])[0]
        together.name = parts[0].name if len(names) == 1 else meta.name
        return together
    return concat_parts(parts)

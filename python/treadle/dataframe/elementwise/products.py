"""Products of rows with weights, and of columns with each other.

>>> import pandas as pd
>>> import treadle.dataframe as dd
>>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2], "y": [3, 4]}), npartitions=2)
>>> dot(df, [10, 1]).compute().tolist()
[13, 24]
>>> dot(df.x, df.y).compute()
np.int64(11)
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.build import meta_from
from treadle.dataframe.elementwise.rows import RowMethod, is_collection, rowwise


def dot(frame: Any, other: Any) -> Any:
    """Return the matrix product with something of as many rows as the frame has columns.

    That of a series is a number, for which the other one has to have the same rows.
    """
    if frame.ndim == 1:
        if is_collection(other) and getattr(other, "ndim", 1) == 1:
            return (frame * other).sum(skipna=False)
        raise NotImplementedError(
            f"dot() of a series takes a series in partitions, not a {type(other).__name__}: "
            "from_pandas() makes one"
        )
    if is_collection(other):
        raise NotImplementedError(
            "dot() of a frame takes what has a row for each column of it, in memory: compute() the "
            "other one first"
        )
    if not isinstance(other, pd.DataFrame | pd.Series):
        other = np.asarray(other)
    method = RowMethod("dot")
    return rowwise("dot", method, frame, other, meta=meta_from(method, frame._meta, other))

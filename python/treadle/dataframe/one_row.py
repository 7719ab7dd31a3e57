"""One made-up row: what a frame without rows would tell wrong.

pandas makes other dtypes of a frame without rows than of one with rows, here and there. Its own
functions are then asked with a row of ones; functions of users never see it.

>>> import pandas as pd
>>> one_row(pd.Series([], dtype="float64", name="x")).tolist()
[1.0]
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd


def one_row(meta: Any) -> Any:
    """Return one made-up row with the columns, dtypes and index of a frame or series."""
    index = meta.index
    if isinstance(index, pd.MultiIndex):
        levels = [_one(index.get_level_values(place)) for place in range(index.nlevels)]
        rows: Any = pd.MultiIndex.from_arrays(levels, names=index.names)
    else:
        rows = pd.Index(_one(index), name=index.name)
    if meta.ndim == 1:
        return pd.Series(_one(meta), index=rows, name=meta.name)
    columns = {place: pd.Series(_one(meta.iloc[:, place]), rows) for place in range(meta.shape[1])}
    return pd.DataFrame(columns, index=rows).set_axis(meta.columns, axis=1)


def _one(values: Any) -> Any:
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return pd.Categorical.from_codes([0 if len(dtype.categories) else -1], dtype=dtype)
    if isinstance(dtype, np.dtype):
        return pd.array(np.ones(1, "i8").astype(dtype), dtype=dtype)
    for value in ("a", 1, True):
        try:
            return pd.array([value], dtype=dtype)
        except (TypeError, ValueError, NotImplementedError, OverflowError, AttributeError):
            continue
        except Exception as error:
            # Arrow has errors of its own for values that a dtype can't hold.
            if type(error).__module__.partition(".")[0] != "pyarrow":
                raise
    return pd.array([pd.NA], dtype=dtype)

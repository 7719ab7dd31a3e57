"""About how large a frame is, before anything is computed: which side of a merge is the small one.

Sources know what they read. Nodes above change that by the columns they drop or add; filters are
taken to keep everything. Nothing depends on these numbers but speed.

>>> import pandas as pd
>>> import treadle.dataframe as dd
>>> df = dd.from_pandas(pd.DataFrame({"x": range(1000), "y": range(1000)}), npartitions=2)
>>> estimated_nbytes(df.expr) // 1000, estimated_nbytes(df[["x"]].expr) // 1000
(16.0, 8.0)
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from treadle.dataframe.expr import (
    Assign,
    Filter,
    FrameExpr,
    Held,
    Partitions,
    Partwise,
    Projection,
    Source,
)
from treadle.dataframe.shuffle.expr import Shuffle

#: Bytes of a text, of which nothing is known.
_TEXT = 24


def estimated_nbytes(expr: FrameExpr) -> float | None:
    """Return about how many bytes all partitions take, or are read; None if nobody knows."""
    share = 1.0
    while True:
        match expr:
            case _ if (known := getattr(expr, "nbytes", None)) is not None:
                return share * float(known)
            case Source():
                read = expr.reading.nbytes()
                return None if read is None else share * read
            case Held():
                return share * _bytes_held(expr) if _is_here(expr) else None
            case Partitions():
                (frame,) = expr.inputs
                share *= len(expr.chosen) / max(frame.numblocks[0], 1)
            case Projection() if isinstance(frame := expr.inputs[0], Source):
                columns = expr.wanted if isinstance(expr.wanted, list) else [expr.wanted]
                read = frame.reading.project(
                    [label for label in frame.meta.columns if label in set(columns)]
                ).nbytes()
                return None if read is None else share * read
            case Filter() | Shuffle() | Assign() | Projection():
                share *= _width(expr) / _width(expr.inputs[0])
            case Partwise(rowwise=True):
                share *= _width(expr) / _width(expr.inputs[0])
            case _ if type(expr).__name__ == "Gathered":
                pass
            case _:
                return None
        below = expr.inputs[0]
        if not isinstance(below, FrameExpr):
            return None
        expr = below


def _is_here(expr: Held) -> bool:
    return all(isinstance(value, pd.DataFrame | pd.Series | pd.Index) for value in expr.values)


def _bytes_held(expr: Held) -> int:
    from treadle.utils.sizeof import sizeof

    return sum(sizeof(value) for value in expr.values)


def width(meta: object) -> float:
    """Return about how many bytes a row takes.

    Examples
    --------
    >>> width(pd.DataFrame({"x": [1], "y": ["a"]}))
    32
    """
    if isinstance(meta, pd.DataFrame):
        return max(sum(map(_itemsize, meta.dtypes)), 1)
    return _itemsize(getattr(meta, "dtype", np.dtype("O")))


def _width(expr: object) -> float:
    return width(getattr(expr, "meta", None))


def _itemsize(dtype: object) -> int:
    if isinstance(dtype, pd.CategoricalDtype):
        return 2
    kind = getattr(dtype, "kind", "O")
    return int(getattr(dtype, "itemsize", 8)) if kind in "biufmM" else _TEXT

"""Functions of NumPy that work element by element, called with frames.

>>> import pandas as pd
>>> import treadle.dataframe as dd
>>> x = dd.from_pandas(pd.Series([1.0, 100.0]), npartitions=2)
>>> np.log10(x).compute().tolist()
[0.0, 2.0]
"""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.elementwise.operators import binary
from treadle.dataframe.elementwise.rows import RowCall, beside, rowwise, same_columns
from treadle.dataframe.frame import FrameCollection

#: Functions that are operators, which whoever looks for comparisons knows by these.
_OPERATORS: dict[Any, Any] = {
    np.add: operator.add, np.subtract: operator.sub, np.multiply: operator.mul,
    np.true_divide: operator.truediv, np.floor_divide: operator.floordiv,
    np.remainder: operator.mod, np.power: operator.pow, np.bitwise_and: operator.and_,
    np.bitwise_or: operator.or_, np.bitwise_xor: operator.xor, np.equal: operator.eq,
    np.not_equal: operator.ne, np.less: operator.lt, np.less_equal: operator.le,
    np.greater: operator.gt, np.greater_equal: operator.ge,
}  # fmt: skip


class NthResult(RowCall):
    """One of the results of a function."""

    __slots__ = ("func", "n")

    def __init__(self, func: Any, n: int):
        self.func = func
        self.n = n

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.func(*args, **kwargs)[self.n]


def apply_ufunc(
    ufunc: np.ufunc, method: str, inputs: Sequence[Any], kwargs: Mapping[str, Any]
) -> Any:
    """Answer ``__array_ufunc__`` of collections.

    Returns
    -------
    collection, tuple of collections or NotImplemented
        NotImplemented for anything but a plain call: NumPy then says that there is none.
    """
    if method != "__call__" or "out" in kwargs or ufunc.signature is not None:
        return NotImplemented
    if ufunc in _OPERATORS and not kwargs:
        return binary(_OPERATORS[ufunc].__name__.strip("_"), _OPERATORS[ufunc], *inputs)
    if len(inputs) == 2 and not kwargs and ufunc.nout == 1:
        return binary(ufunc.__name__, ufunc, *inputs)
    frames = [v for v in inputs if isinstance(v, FrameCollection)]
    frame = next((v for v in frames if v.ndim == 2), frames[0] if frames else None)
    operands = [v if frame is None else beside(frame, v) for v in inputs]
    by_column = isinstance(frame, FrameCollection) and isinstance(frame._meta, pd.DataFrame)
    options: dict[str, Any] = {
        "kwargs": dict(kwargs), "columnwise": by_column and same_columns(*operands)
    }  # fmt: skip
    if ufunc.nout == 1:
        return rowwise(ufunc.__name__, ufunc, *operands, **options)
    return tuple(
        rowwise(ufunc.__name__, NthResult(ufunc, n), *operands, **options)
        for n in range(ufunc.nout)
    )

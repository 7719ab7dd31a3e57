"""Functions and expressions that stand for what they make of a frame: ``df[lambda df: df.x > 1]``.

>>> import pandas as pd
>>> import treadle.dataframe as dd
>>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2, 3]}), npartitions=2)
>>> df[pd.col("x") > 1].x.compute().tolist()
[2, 3]
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from treadle import base


def made_of(value: Any, frame: Any) -> Any:
    """Return what a function, or an expression of columns, makes of a frame; or else the value.

    Delayed values and collections are no functions, even if they can be called.
    """
    if isinstance(value, pd.api.typing.Expression):
        expression: Any = value
        return expression._eval_expression(frame)  # calling one makes another expression
    if callable(value) and not base.is_treadle_collection(value):
        return value(frame)
    return value

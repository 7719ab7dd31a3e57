"""``DataFrame.select``: columns by label, and new ones, in the order they are named.

>>> import pandas as pd
>>> import treadle.dataframe as dd
>>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2], "y": [3, 4]}), npartitions=2)
>>> select(df, ["y"], {"z": pd.col("x") * 10}).compute()
   y   z
0  3  10
1  4  20
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from pandas.api.types import is_list_like

from treadle.dataframe.callables import made_of
from treadle.dataframe.selecting.assigning import assign

Expression = pd.api.typing.Expression


def select(frame: Any, items: Any, new: dict[str, Any]) -> Any:
    """Return a frame of some columns; what is computed can be used by what is named after it.

    Parameters
    ----------
    frame : DataFrame
    items : sequence
        Labels, or expressions of named series; or one list of these.
    new : dict
        Values of further columns, as ``assign`` takes them.
    """
    wanted: list[Any] = []
    for item in _listed(items):
        if isinstance(item, Expression):
            made = made_of(item, frame)
            if getattr(made, "ndim", 0) != 1:
                raise TypeError(f"{item!r} gives no column; pass it as a keyword argument")
            if made.name is None:
                raise TypeError(f"{item!r} gives a column without a name; use .rename(...)")
            frame, item = assign(frame, [(made.name, made)]), made.name
        wanted.append(item)
    for label, value in new.items():
        frame = assign(frame, [(label, value)])
        wanted.append(label)
    twice = sorted({str(label) for label in wanted if wanted.count(label) > 1})
    if twice:
        raise NotImplementedError(f"select() of {twice} twice: give one of them another name")
    return frame[wanted]


def _listed(items: Any) -> list[Any]:
    many = [
        item for item in items if not isinstance(item, tuple | Expression) and is_list_like(item)
    ]
    if not many:
        return list(items)
    if len(items) > 1 or isinstance(items[0], set | frozenset):
        raise TypeError("select() takes labels one by one, or one list of them")
    return list(items[0])

"""The first rows that there really are, for functions of users.

What a function of a user makes can only be seen by calling it; it is never called with made-up
rows, nor with none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from treadle import base
from treadle.dataframe.build import new_collection
from treadle.dataframe.elementwise import metas
from treadle.dataframe.expr import FrameExpr, Partitions

#: Rows that a function is tried on.
ROWS = 10


def first_rows(frames: Sequence[FrameExpr], count: int = ROWS) -> list[Any]:
    """Return the first rows of frames that correspond: of the first partition that has some.

    Examples
    --------
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2, 3]}), npartitions=3)
    >>> first_rows([df[df.x > 1].expr])[0].x.tolist()
    [2]
    """
    if len(frames) == 1:
        return [metas.first_rows(frames[0], count)]
    found: Sequence[Any] = [frame.meta for frame in frames]
    for number in range(frames[0].npartitions):
        parts = [new_collection(Partitions(frame, [number])) for frame in frames]
        found = [part.iloc[:count] for part in base.compute(*parts)]
        if len(found[0]):
            break
    return list(found)

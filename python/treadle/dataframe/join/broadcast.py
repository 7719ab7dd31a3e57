"""Broadcasting a side whose rows stay in the result unmatched: no shuffle for a small outer join.

Each part of the other side is merged with all of the small one, and notes which of its rows it
met. One more partition holds the rows that no part met::

    part 0 + small  ->  merged, met 1 0 0
    part 1 + small  ->  merged, met 0 0 1       any: 1 0 1  ->  unmet_rows: the second

>>> import pandas as pd
>>> from treadle.dataframe.join.kernels import plan_join
>>> parts = [pd.DataFrame({"k": ["a"]}), pd.DataFrame({"k": ["z"]})]
>>> small = pd.DataFrame({"k": ["a", "b", "z"], "x": [1, 2, 3]})
>>> plan = plan_join(parts[0], small, how="right", on="k")
>>> marked = [merge_marking(part, small, plan, "right") for part in parts]
>>> unmet_rows(small, [met for _, met in marked], plan, "right", parts[0]).k.tolist()
['b']
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from treadle.dataframe.join.kernels import (
    KEEPS_LEFT,
    KEEPS_RIGHT,
    JoinPlan,
    frame_of,
    merge_parts,
)
from treadle.dataframe.shuffle.pieces import key_columns


def merge_marking(
    part: pd.DataFrame, small: pd.DataFrame, plan: JoinPlan, side: str
) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
    """Merge a part with all of a side that keeps its unmatched rows; note which rows were met.

    Parameters
    ----------
    part : DataFrame
        A part of the other side.
    small : DataFrame
        All of ``side``.
    side : {"left", "right"}

    Returns
    -------
    (DataFrame, array of bool)
        The result but for rows of ``small`` that match nothing, and which of them did match.

    Examples
    --------
    >>> import pandas as pd
    >>> from treadle.dataframe.join.kernels import plan_join
    >>> a, b = pd.DataFrame({"k": [1, 2]}), pd.DataFrame({"k": [2, 3], "x": [5, 6]})
    >>> plan = plan_join(a, b, how="outer")
    >>> merged, met = merge_marking(a, b, plan, "right")
    >>> merged.k.tolist(), met.tolist()
    ([1, 2], [True, False])
    >>> unmet_rows(b, [met], plan, "right", a.iloc[:0]).k.tolist()
    [3]
    """
    if not plan.can_mark(side) or plan.how in ("left_anti", "right_anti", "cross"):
        raise ValueError(f"a join with how={plan.how!r} and {plan.validate=} has to be shuffled")
    left, right = (small, part) if side == "left" else (part, small)
    keeps_other = plan.how in (KEEPS_RIGHT if side == "left" else KEEPS_LEFT)
    other = "right" if side == "left" else "left"
    merged = merge_parts(left, right, replace(plan, how=other if keeps_other else "inner"))
    small_keys = frame_of(_keys(small, plan, side))
    part_keys = frame_of(_keys(part, plan, other)).drop_duplicates()
    names = list(small_keys.columns)
    rows = small_keys.assign(row=np.arange(len(small))).merge(part_keys, on=names)["row"]
    met = np.zeros(len(small), np.bool_)
    met[rows.to_numpy()] = True
    return merged, met


def _keys(df: pd.DataFrame, plan: JoinPlan, side: str) -> list[Any]:
    if side == "left":
        return key_columns(df, None if plan.left_index else plan.left_on)
    return key_columns(df, None if plan.right_index else plan.right_on)


def unmet_rows(
    small: pd.DataFrame,
    met: Sequence[NDArray[np.bool_]],
    plan: JoinPlan,
    side: str,
    other: pd.DataFrame,
) -> pd.DataFrame:
    """Return the rows of a broadcast side that no part matched, as the merge shows them.

    Parameters
    ----------
    met : sequence of array of bool
        From :func:`merge_marking`, one for each part.
    other : DataFrame
        The meta of the other side.
    """
    rest = small[~np.logical_or.reduce([np.zeros(len(small), np.bool_), *met])]
    left, right = (rest, other.iloc[:0]) if side == "left" else (other.iloc[:0], rest)
    return merge_parts(left, right, plan)

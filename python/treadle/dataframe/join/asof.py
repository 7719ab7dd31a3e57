"""Merging a partition with the last (next, nearest) row before it, which may lie partitions away.

A partition of the left side meets the partitions of the right side that overlap it, and of all
those before (after) only their border: for each ``by`` group the last (first) rows. ::

    right   | a  b | b  a | ...          left partition begins here
               ^     ^  ^  tail: the last row of every group; two, since equal times may not count

>>> import pandas as pd
>>> trades = pd.DataFrame({"t": [5, 7], "p": [1, 2]})
>>> quotes = [pd.DataFrame({"t": [1, 3], "q": [10, 30]}), pd.DataFrame({"t": [6], "q": [60]})]
>>> plan = plan_asof(trades, quotes[0], on="t")
>>> merge_asof_parts(trades, [asof_border(quotes[0], plan, "tail"), quotes[1]], plan).q.tolist()
[30, 60]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.join.kernels import conform
from treadle.dataframe.shuffle.pieces import concat_parts, key_columns


@dataclass(frozen=True, slots=True)
class AsofPlan:
    """Arguments of ``pandas.merge_asof``, checked.

    Attributes
    ----------
    options : dict
        As they were given.
    right_on : label or None
        The time of the right side; None for its index.
    right_by : list
        Columns of the right side that groups are told apart by.
    needs_tail, needs_head : bool
        Whether rows of earlier, or of later, partitions can match.
    meta : DataFrame
    """

    options: dict[str, Any]
    right_on: Any
    right_by: list[Any]
    needs_tail: bool
    needs_head: bool
    meta: pd.DataFrame


def plan_asof(left: pd.DataFrame, right: pd.DataFrame, **options: Any) -> AsofPlan:
    """Check the arguments of a ``merge_asof`` on metas.

    Parameters
    ----------
    left, right : DataFrame
        Metas; rows are not looked at.
    **options
        Of ``pandas.merge_asof``.

    Examples
    --------
    >>> import pandas as pd
    >>> df = pd.DataFrame({"t": [1.0], "x": ["a"]})
    >>> plan = plan_asof(df, df, on="t", by="x", direction="forward")
    >>> plan.right_by, plan.needs_tail, plan.needs_head
    (['x'], False, True)
    """
    meta = pd.merge_asof(left.iloc[:0], right.iloc[:0], **options)
    given = options.get
    by = given("by") if given("by") is not None else given("right_by")
    right_by = [] if by is None else list(by) if isinstance(by, list | tuple) else [by]
    on = given("on") if given("on") is not None else given("right_on")
    on = on[0] if isinstance(on, list) else on
    direction = given("direction", "backward")
    return AsofPlan(
        options, None if given("right_index") else on, right_by,
        direction != "forward", direction != "backward", meta,
    )  # fmt: skip


def asof_border(part: pd.DataFrame, plan: AsofPlan, end: str) -> pd.DataFrame:
    """Return the rows of a right partition that left partitions beyond its end may match.

    Parameters
    ----------
    part : DataFrame
        Sorted.
    end : {"tail", "head"}
        The tail serves later partitions, the head earlier ones.

    Returns
    -------
    DataFrame
        In their order; at most two rows a group.
    """
    if end not in ("tail", "head"):
        raise ValueError(f"there is no end {end!r}; use 'tail' or 'head'")
    on = key_columns(part, None if plan.right_on is None else [plan.right_on])[0]
    keys = pd.DataFrame({"on": getattr(on, "array", on)})
    for n, column in enumerate(key_columns(part, plan.right_by)):
        keys[n] = getattr(column, "array", column)
    # Of equal times the one pandas takes, and of times two: the border's own may not be allowed.
    keys = keys.drop_duplicates(keep="last" if end == "tail" else "first")
    by = list(range(len(plan.right_by)))
    if by:
        groups = keys.groupby(by, sort=False, dropna=False, observed=True)
        chosen = groups.tail(2) if end == "tail" else groups.head(2)
    else:
        chosen = keys.tail(2) if end == "tail" else keys.head(2)
    return part.take(np.asarray(chosen.index))


def combine_borders(borders: Sequence[pd.DataFrame], plan: AsofPlan, end: str) -> pd.DataFrame:
    """Return the border of several right partitions, from theirs in order.

    Examples
    --------
    >>> import pandas as pd
    >>> parts = [pd.DataFrame({"t": [1, 2]}), pd.DataFrame({"t": [3]})]
    >>> plan = plan_asof(parts[0], parts[0], on="t")
    >>> tails = [asof_border(part, plan, "tail") for part in parts]
    >>> combine_borders(tails, plan, "tail").t.tolist()
    [2, 3]
    """
    return asof_border(concat_parts(borders), plan, end)


def merge_asof_parts(
    left: pd.DataFrame, rights: Sequence[pd.DataFrame], plan: AsofPlan
) -> pd.DataFrame:
    """Merge a left partition with all right rows that it may match.

    Parameters
    ----------
    left : DataFrame
        Sorted.
    rights : sequence of DataFrame
        In order: a tail, overlapping partitions, a head; whichever there are.
    """
    return conform(pd.merge_asof(left, concat_parts(rights), **plan.options), plan.meta)

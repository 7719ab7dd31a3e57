"""Rows at the ends of partitions, and partitions with such rows around them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from treadle.dataframe.joined import joined_parts

#: How far rows are needed: a number of them, or a span of labels.
Reach: TypeAlias = int | pd.Timedelta


def together(parts: Sequence[Any]) -> Any:
    """Return the rows of pieces in one; None among them stands for no rows.

    >>> together([None, pd.Series([1]), pd.Series([2])]).tolist()
    [1, 2]
    """
    there = [part for part in parts if part is not None]
    filled = [part for part in there if len(part)] or there[:1]
    return filled[0] if len(filled) == 1 else joined_parts(filled, filled[0])


class Ends:
    """Cuts the rows from the end, or the beginning, of a partition that others need.

    Parameters
    ----------
    reach : int or Timedelta
        Rows; or how far labels lie from the outermost one.
    first : bool
        From the beginning.
    on : label, optional
        The column that has the labels; the index without it.

    Examples
    --------
    >>> Ends(2)(pd.Series([1, 2, 3])).tolist()
    [2, 3]
    """

    __slots__ = ("first", "on", "reach")
    __name__ = "ends"

    def __init__(self, reach: Reach, first: bool = False, on: Any = None):
        self.reach = reach
        self.first = first
        self.on = on

    def __call__(self, part: Any) -> Any:
        if isinstance(self.reach, int):
            rows = slice(None, self.reach) if self.first else slice(-self.reach, None)
            found = part[rows] if isinstance(part, pd.Index) else part.iloc[rows]
        elif len(part):
            labels: Any = pd.Index(part) if isinstance(part, pd.Index) else part.index
            if self.on is not None:
                labels = pd.Index(part[self.on])
            outermost = labels[0 if self.first else -1]
            # Labels may fall as well as rise: pandas takes both for windows of time.
            near = np.abs((labels - outermost).to_numpy()) <= self.reach.to_timedelta64()
            found = part[near]
        else:
            found = part
        return found.copy()  # or it would keep all of the partition in memory

    def join(self, carried: Any, piece: Any) -> Any:
        """Return the ends of two pieces that lie beside each other."""
        pair = [piece, carried] if self.first else [carried, piece]
        return self(together(pair))

    def __treadle_tokenize__(self) -> Any:
        return "Ends", self.reach, self.first, self.on

    def __reduce__(self) -> tuple[Any, ...]:
        return Ends, (self.reach, self.first, self.on)


class Surrounded:
    """Calls a function on a partition with rows around it, and cuts off what these became.

    Parameters
    ----------
    func : callable
        Returns a row for every row, or the same number of rows for each.
    meta : object
        What partitions without rows become.
    rowwise : bool
        The index of the result is that of the partition.
    """

    __slots__ = ("func", "meta", "rowwise")

    def __init__(self, func: Any, meta: Any, rowwise: bool = True):
        self.func = func
        self.meta = meta
        self.rowwise = rowwise

    @property
    def __name__(self) -> str:
        from treadle.graph.naming import function_name

        return function_name(self.func)

    def __call__(self, before: Any, part: Any, after: Any) -> Any:
        if not len(part):
            return self.meta
        made = self.func(together([before, part, after]))
        outside = 0 if before is None else len(before)
        behind = 0 if after is None else len(after)
        rows = outside + len(part) + behind
        if rows == len(part) and len(made) == rows:
            return made
        times, rest = divmod(len(made), rows)
        if rest:
            raise ValueError(
                f"a function returned {len(made)} rows for {rows} (of which {outside} before and "
                f"{behind} after the partition): it is not known which of them are the "
                "partition's own; it has to return a row for each row"
            )
        own = slice(outside * times, (outside + len(part)) * times)
        found = made[own] if isinstance(made, pd.Index) else made.iloc[own]
        if self.rowwise and times == 1 and not isinstance(found, pd.Index):
            found.index = part.index
        return found

    def __treadle_tokenize__(self) -> Any:
        return "Surrounded", self.func, self.rowwise

    def __reduce__(self) -> tuple[Any, ...]:
        return Surrounded, (self.func, self.meta, self.rowwise)

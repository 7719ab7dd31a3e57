"""`Aggregation`: a user's own way to reduce groups, in up to three steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Aggregation:
    """Reduces groups by functions of the user's own.

    Parameters
    ----------
    name : str
        What the result is called.
    chunk : callable
        Takes the groups of a column of one partition (a pandas ``SeriesGroupBy``) and returns a
        series with a row for each group, or a tuple of such series.
    agg : callable
        Takes the groups of what ``chunk`` returned for several partitions, one argument for each
        series, and returns what ``chunk`` returns. May be called again on its own results.
    finalize : callable, optional
        Takes the series that ``agg`` returned and returns the result; without it the result is
        what ``agg`` returned.

    Examples
    --------
    >>> import pandas as pd
    >>> from treadle.dataframe.groupby.kernels import plan_agg
    >>> spread = Aggregation(
    ...     "spread",
    ...     lambda groups: (groups.min(), groups.max()),
    ...     lambda low, high: (low.min(), high.max()),
    ...     lambda low, high: high - low,
    ... )
    >>> frame = pd.DataFrame({"k": [1, 1, 2], "x": [3, 8, 5]})
    >>> plan = plan_agg(frame, ["k"], spread)
    >>> plan.finish(plan.combine([plan.chunk(frame[:1]), plan.chunk(frame[1:])]))
       x
    k
    1  5
    2  0
    """

    def __init__(
        self,
        name: str,
        chunk: Callable[..., Any],
        agg: Callable[..., Any],
        finalize: Callable[..., Any] | None = None,
    ):
        self.chunk = chunk
        self.agg = agg
        self.finalize = finalize
        self.__name__ = name

    def __repr__(self) -> str:
        return f"Aggregation({self.__name__!r})"

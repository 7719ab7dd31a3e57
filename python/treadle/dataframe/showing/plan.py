"""What computing frames would take.

>>> import pandas as pd
>>> import treadle.dataframe as dd
>>> df = dd.from_pandas(pd.DataFrame({"x": range(1000)}), npartitions=4)
>>> plan(df.x + 1, num_workers=2).tasks
4
"""

from __future__ import annotations

from typing import Any

from treadle.dataframe.showing.sizes import FrameSizes
from treadle.planning.plan import Plan, TaskSizes, rehearsed_plan


def plan(
    *collections: Any,
    num_workers: int | None = None,
    memory_limit: int | str | None = None,
    scheduler: Any = None,
) -> Plan:
    """Say what computing frames together would take; nothing is computed.

    How many rows a filter lets through and how many groups there are nobody knows before: filters
    count as if they let all rows through, and what is guessed is counted in ``not_known``.

    Parameters
    ----------
    *collections : DataFrame, Series, Index or Scalar
    num_workers : int, optional
        Tasks at once, as for :func:`treadle.compute`.
    memory_limit : int or str, optional
        Bytes that a worker may hold, or a text such as ``"4 GiB"``. Without it, what a cluster's
        workers may hold, or the memory that this machine has left.
    scheduler : str, Client or Engine, optional
        Where it would be computed, as for :func:`treadle.compute`.

    Returns
    -------
    Plan

    Warns
    -----
    PlanWarning
        If the peak is above the limit.

    Examples
    --------
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> df = dd.from_pandas(pd.DataFrame({"x": range(1000)}), npartitions=4)
    >>> dd.plan(df + 1, num_workers=2, memory_limit="1 GiB")
    Plan
      tasks       4 on 2 threads
      read        0 B
      results     7.81 KiB
      peak memory ... of 1.00 GiB
    """
    exprs = [item.expr for item in collections]
    names = {expr.name for expr in exprs if expr.npartitions > 1}

    def put_together(sizes: TaskSizes) -> float:
        return sum(
            own
            for key, own in zip(sizes.keys, sizes.nbytes, strict=True)
            if isinstance(key, tuple) and key[0] in names
        )

    return rehearsed_plan(
        FrameSizes(exprs),
        exprs,
        put_together,
        num_workers=num_workers,
        memory_limit=memory_limit,
        scheduler=scheduler,
        advice="use smaller partitions or fewer workers, or write the result to files",
    )

"""What computing would take, said before anything is computed.

The graph is optimised and written out as for a run, and then played through without values: tasks
in their order on as many lanes as there will be, each block as large as its chunks say.

>>> import treadle.array as da
>>> x = da.ones((1000, 1000), chunks=250)
>>> plan(x + x.T, num_workers=2).tasks
16
"""

from __future__ import annotations

import math
from typing import Any

from treadle.array.block_sizes import BlockSizes
from treadle.array.core import Array
from treadle.planning.plan import Plan, TaskSizes, rehearsed_plan


def plan(
    *arrays: Any,
    num_workers: int | None = None,
    memory_limit: int | str | None = None,
    scheduler: Any = None,
) -> Plan:
    """Say what computing arrays together would take; nothing is computed.

    Parameters
    ----------
    *arrays : Array
    num_workers : int, optional
        Tasks at once, as for :func:`treadle.compute`.
    memory_limit : int or str, optional
        Bytes that a worker may hold, or a text such as ``"4 GiB"``.  Without it, what a cluster's
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
    >>> import treadle.array as da
    >>> x = da.ones((1000, 1000), chunks=250)
    >>> da.plan((x + 1).sum(axis=0), num_workers=2, memory_limit="1 GiB")
    Plan
      tasks       20 on 2 threads
      read        0 B
      results     7.81 KiB
      peak memory ... of 1.00 GiB
    """
    for array in arrays:
        if not isinstance(array, Array):
            raise TypeError(f"plan() takes arrays in blocks, not {type(array).__name__}")
    exprs = [array.expr for array in arrays]
    return rehearsed_plan(
        BlockSizes(exprs),
        exprs,
        lambda columns: sum(_put_together(array, columns) for array in arrays),
        num_workers=num_workers,
        memory_limit=memory_limit,
        scheduler=scheduler,
        advice="use smaller chunks or fewer workers, or store() the result, in place of compute()",
    )


def _put_together(array: Array, columns: TaskSizes) -> float:
    """Return the bytes of an array as it is put together out of several blocks."""
    if array.npartitions <= 1:
        return 0.0
    if math.isnan(array.nbytes):
        return columns.largest * array.npartitions
    return array.nbytes


__all__ = ["Plan", "plan"]

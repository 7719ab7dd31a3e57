"""The first and the last rows.

Rows of the first partitions are all that is computed. Where every step down to the source keeps
rows as they are, the source is asked for its first rows alone, which some have at hand.
"""

from __future__ import annotations

from typing import Any

from treadle.dataframe.build import new_collection
from treadle.dataframe.calls import Method
from treadle.dataframe.expr import FrameExpr, Partitions
from treadle.dataframe.first_rows import on_first_rows
from treadle.dataframe.selecting.rows import Rows
from treadle.utils.warning import warn_user


def ends(frame: Any, which: str, n: int, npartitions: int, compute: bool) -> Any:
    """Return the first (``"head"``) or last (``"tail"``) ``n`` rows of some partitions."""
    if isinstance(n, bool) or not hasattr(n, "__index__"):
        raise TypeError(f"n must be an integer, not {n!r}")
    if n < 0:
        raise NotImplementedError(
            f"all rows but {-n} can't be taken before it is known how many there are"
        )
    count = frame.npartitions
    if npartitions == -1:
        npartitions = count
    if not 1 <= npartitions <= count:
        raise ValueError(f"npartitions must be from 1 to {count}, or -1 for all, not {npartitions}")
    first = range(npartitions) if which == "head" else range(count - npartitions, count)
    lazy = _taken(frame.expr, which, n, first)
    if not compute:
        return new_collection(lazy)
    found = None
    if which == "head":
        short = on_first_rows(frame.expr, n, of_first_partition=True)
        found = None if short is None else new_collection(short).compute()
    if found is None:
        found = new_collection(lazy).compute()
    if len(found) < n and npartitions < count:
        warn_user(
            f"{which}({n}) found {len(found)} rows in {npartitions} of {count} partitions; "
            "npartitions= takes more, and -1 all of them"
        )
    return found


def _taken(expr: FrameExpr, which: str, n: int, numbers: range) -> FrameExpr:
    from treadle.dataframe.arranging.repartition import into_one

    func = Method(which) if not _is_index(expr) else _IndexEnd(which)
    reads: list[Any] = []
    some = Partitions(expr, numbers) if len(numbers) < expr.npartitions else expr
    few: FrameExpr = Rows(which, some, func, kwargs={"n": n}, reads=reads)
    if len(numbers) > 1:
        few = Rows(which, into_one(few), func, kwargs={"n": n}, reads=reads)
    return few


def _is_index(expr: FrameExpr) -> bool:
    return not hasattr(expr.meta, "iloc")


class _IndexEnd(Method):
    """What ``head`` and ``tail`` are of an index, which has no such methods."""

    __slots__ = ()

    def __call__(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        n = kwargs["n"]
        return value[:n] if self.__name__ == "head" else value[max(len(value) - n, 0) :]

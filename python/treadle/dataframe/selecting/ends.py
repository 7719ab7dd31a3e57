"""The first and the last rows.

Rows of the first partitions are all that is computed. Where every step down to the source keeps
rows as they are, the source is asked for its first rows alone, which some have at hand.
"""

from __future__ import annotations

import warnings
from typing import Any

from treadle.dataframe.build import new_collection
from treadle.dataframe.calls import Method
from treadle.dataframe.expr import Assign, FrameExpr, Held, Partitions, Partwise, Projection, Source
from treadle.dataframe.selecting.relabel import Relabel
from treadle.dataframe.selecting.rows import Rows
from treadle.graph.expr import Expr, simplify, walk
from treadle.graph.tokenize import tokenize


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
        short = with_first_rows(frame.expr, n)
        found = None if short is None else new_collection(short).compute()
    if found is None:
        found = new_collection(lazy).compute()
    if len(found) < n and npartitions < count:
        warnings.warn(
            f"{which}({n}) found {len(found)} rows in {npartitions} of {count} partitions; "
            "npartitions= takes more, and -1 all of them",
            stacklevel=3,
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


def with_first_rows(expr: FrameExpr, n: int) -> FrameExpr | None:
    """Return an expression of the first rows on what sources have at hand; None if they haven't.

    Parameters
    ----------
    expr : FrameExpr
    n : int
        Rows; a source has to have them in its first partition, or not know how many these are.
    """
    (expr,) = simplify([expr])  # type: ignore[assignment]
    done: dict[str, Expr] = {}
    for item in walk([expr]):
        if isinstance(item, Source):
            lengths = item.reading.lengths()
            if lengths is not None and (not len(lengths) or lengths[0] < n):
                return None
            rows = item.reading.first_rows(n)
            if rows is None or list(getattr(rows, "columns", ())) != (item.columns or []):
                return None
            done[item.name] = _first(item, rows, n)
        elif not isinstance(item, FrameExpr) or not _keeps_rows(item):
            return None
        else:
            inputs = tuple(done[inner.name] for inner in item.inputs)
            name = f"{item.name}-{tokenize(item.name, 'head', n)}"
            done[item.name] = item.replace(name=name, inputs=inputs, **_one_partition(item))
    found = done[expr.name]
    assert isinstance(found, FrameExpr)
    return found


def _first(source: Source, rows: Any, n: int) -> Held:
    return Held(
        f"head-{tokenize('head', source.name, n)}", source.meta, (None, None), [rows.iloc[:n]],
        layout=f"{source.layout}-head",
    )  # fmt: skip


def _one_partition(item: FrameExpr) -> dict[str, Any]:
    return {"divisions": (None, None), "numblocks": (1,), "layout": f"{item.layout}-head"}


def _keeps_rows(expr: FrameExpr) -> bool:
    """Tell whether the first rows are made of the first rows of the inputs, and no others."""
    if not expr.numblocks:
        return False
    match expr:
        case Projection() | Assign() | Relabel():
            return True
        case Partwise(rowwise=True):
            return not expr.whole
    return False

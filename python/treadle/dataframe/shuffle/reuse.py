"""Which rows are together already, so that nothing need be moved once more.

A shuffle says by its `Split` where rows went. Nodes that leave rows in their partitions, and keys
as they are, do not change that: what was shuffled for one merge serves the next. A node of another
kind that places rows tells so by an attribute ``split`` of its own.

>>> import pandas as pd
>>> import treadle.dataframe as dd
>>> from treadle.dataframe.shuffle.expr import ByHash, Shuffle
>>> df = dd.from_pandas(pd.DataFrame({"k": [1, 2, 3], "x": [4, 5, 6]}), npartitions=2)
>>> moved = dd.DataFrame(Shuffle(df.expr, ByHash(["k"], 4)))
>>> partitioning(moved[moved.x > 4].expr)
ByHash(['k'], 4)
>>> partitioning(moved.assign(k=0).expr) is None
True
"""

from __future__ import annotations

from typing import Any

from treadle.dataframe.expr import Assign, Columns, Filter, FrameExpr, Projection
from treadle.dataframe.selecting.rows import Rows
from treadle.dataframe.shuffle.expr import ByDivisions, Split
from treadle.dataframe.shuffle.sorting import Sorted


def partitioning(expr: FrameExpr) -> Split | None:
    """Return what tells the partition of each row, if it is known.

    Parameters
    ----------
    expr : FrameExpr

    Returns
    -------
    ByHash, ByDivisions or None
        Equal ones, by ``==``, put equal keys into partitions of equal numbers. Known divisions
        without a shuffle are `ByDivisions` of the index.
    """
    found = _placed(expr)
    if found is None and expr.known_divisions:
        return ByDivisions(None, expr.divisions or ())
    return found


def together(expr: FrameExpr, by: Columns | None) -> bool:
    """Tell whether rows whose keys are equal lie in one partition, each of them.

    Parameters
    ----------
    expr : FrameExpr
    by : list or None
        Labels of columns, or of levels of the index; None for the index as a whole.

    Examples
    --------
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> df = dd.from_pandas(pd.DataFrame({"k": [1, 2, 3]}), npartitions=2)
    >>> together(df.expr, None), together(df.expr, ["k"])
    (True, False)
    """
    if expr.npartitions == 1:
        return True
    split = _placed(expr)
    if split is not None and _among(split.columns, by):
        return True
    if not expr.known_divisions:
        return False
    names = [name for name in expr.meta.index.names if name is not None]
    return _among(None, by) or (len(names) == 1 and _among(names, by))


def _among(keys: Columns | None, by: Columns | None) -> bool:
    """Whether rows that are equal in ``by`` are equal in ``keys``."""
    if keys is None or by is None:
        return keys is by
    return all(key in by for key in keys)


def _placed(expr: Any) -> Split | None:
    """The split that placed the rows, seen through nodes that leave them there."""
    changed: set[Any] = set()
    while isinstance(expr, FrameExpr):
        split = getattr(expr, "split", None)
        if split is not None:
            assert isinstance(split, Split)
            return None if changed.intersection(split.columns or ()) else split
        match expr:
            case Filter() | Rows() | Sorted(function=None):
                pass
            case Projection():
                (frame,) = expr.inputs
                kept = expr.columns
                theirs = getattr(frame, "columns", None)
                if kept is None or theirs is None:
                    # One column alone, or labels that come twice: only the index is left as key.
                    changed.update(frame.meta.columns)  # type: ignore[attr-defined]
                else:
                    changed.update(label for label in theirs if label not in kept)
            case Assign():
                changed.update(label for label, _ in expr.items)
            case _:
                return None
        expr = expr.inputs[0]
    return None

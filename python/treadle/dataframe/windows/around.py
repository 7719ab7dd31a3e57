"""What is made of each partition together with rows from those around it.

How many partitions away these rows are need not be known: the last rows of partitions are joined
along a chain, so that very small and empty partitions are no trouble. Where lengths or divisions
say that the next partition has all that is needed, only that one is taken. Rows needed from both
sides, where nothing is known, keep partitions in memory until both chains have come to them.

>>> import pandas as pd
>>> import treadle.dataframe as dd
>>> x = dd.from_pandas(pd.Series([1, 2, 4, 8]), npartitions=4)
>>> x.rolling(3).sum().compute().tolist()
[nan, nan, 7.0, 14.0]
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.build import emptied, new_collection
from treadle.dataframe.expr import Assign, Columns, FrameExpr, Held, Partwise, Projection, Source
from treadle.dataframe.one_row import one_row
from treadle.dataframe.windows.chain import carried, neighbours
from treadle.dataframe.windows.pieces import Ends, Reach, Surrounded
from treadle.graph.blockwise import Axis, Blockwise, Operand
from treadle.graph.expr import Expr
from treadle.graph.tokenize import tokenize


class Around(FrameExpr):
    """A call on each partition with rows before and after it.

    Parameters
    ----------
    func : callable
        Takes a partition with rows around it; see :class:`Surrounded`.
    before, after : int or Timedelta
        Which rows it needs: so many, or those whose labels are so near.
    on : label, optional
        The column with these labels; the index without it.
    rowwise : bool
        It makes a row of each row, and keeps the index.
    columnwise : bool
        Each column of the result is made of its own.
    """

    __slots__ = ("after", "before", "columnwise", "func", "on", "rowwise")

    def __init__(
        self,
        name: str,
        meta: Any,
        frame: FrameExpr,
        func: Callable[[Any], Any],
        before: Reach,
        after: Reach,
        *,
        divisions: Any = None,
        on: Any = None,
        rowwise: bool = True,
        columnwise: bool = True,
        **options: Any,
    ):
        super().__init__(
            name, meta, frame.divisions if divisions is None else divisions, (frame,),
            layout=frame.layout, **options,
        )  # fmt: skip
        self.func = func
        self.before = before
        self.after = after
        self.on = on
        self.rowwise = rowwise
        self.columnwise = columnwise

    @property
    def passes_columns(self) -> bool:  # type: ignore[override]
        return self.columnwise

    def needs(self) -> list[Columns | None]:
        return [self.columns if self.columnwise else None]

    def narrow(self, columns: Columns) -> FrameExpr:
        if not self.columnwise or self.columns is None:
            return self
        return self._narrowed(columns)

    def lower(self) -> Blockwise:
        func = Surrounded(self.func, self.meta, self.rowwise)
        return Blockwise.call(
            self.name, self.numblocks, func,
            [self._side(self.before, False), self.operand(0), self._side(self.after, True)],
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def _side(self, reach: Reach, after: bool) -> Operand | None:
        """Return the rows on one side of every partition, as an operand."""
        if not reach or self.npartitions == 1:
            return None
        prefix, _, token = self.name.rpartition("-")
        side = "after" if after else "before"
        options: dict[str, Any] = {"source": self.source, "annotations": self.annotations}
        ends = Ends(reach, after, self.on)
        pieces = Blockwise.call(
            f"{prefix}-ends-{side}-{token}", self.numblocks, ends, [self.operand(0)], **options
        )
        name = f"{prefix}-{side}-{token}"
        (frame,) = self.inputs
        assert isinstance(frame, FrameExpr)
        found: Expr
        if one_is_enough(frame, reach, after, self.on):
            found = neighbours(name, pieces, after, **options)
        else:
            found = carried(name, pieces, ends.join, after, **options)
        return Operand(found, (Axis(0),))


def around(
    label: str,
    frame: Any,
    func: Callable[[Any], Any],
    before: Reach = 0,
    after: Reach = 0,
    *,
    meta: Any = None,
    token: Any = None,
    **options: Any,
) -> Any:
    """Return the collection of a call on each partition with rows around it; see `Around`.

    Without ``meta``, ``func`` is called with one row: only for functions of pandas' own.
    """
    expr = frame.expr
    if meta is None:
        meta = made_of_one_row(func, expr.meta)
    stands_for = [label, expr.name, func if token is None else token, before, after]
    name = f"{label}-{tokenize(stands_for, list(options.items()))}"
    return new_collection(Around(name, meta, expr, func, before, after, **options))


def made_of_one_row(func: Callable[[Any], Any], meta: Any) -> Any:
    """Return what a function of pandas' own makes of one row, without the row."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        found = func(meta if isinstance(meta, pd.Index) else one_row(meta))
        return emptied(found)


def one_is_enough(frame: FrameExpr, reach: Reach, after: bool, on: Any) -> bool:
    """Tell whether the next partition is known to have all rows that are needed."""
    count = frame.npartitions
    if isinstance(reach, int):
        found = lengths_of(frame)
        # Behind the outermost partition there is nothing, however short it is.
        return count == 2 or (found is not None and min(found[1:-1], default=reach) >= reach)
    if on is not None or not frame.known_divisions:
        return count == 2
    borders = list(frame.divisions or ())
    inner = pairwise(borders[1:-1])
    if after:
        return all(far > near + reach for near, far in inner)
    return all(far <= near - reach for far, near in inner)


def lengths_of(expr: Any) -> Sequence[int] | None:
    """Return the rows of each partition, if they are known without computing anything.

    Examples
    --------
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> lengths_of((dd.from_pandas(pd.Series([1, 2, 3]), npartitions=2) + 1).expr)
    [1, 2]
    """
    while isinstance(expr, FrameExpr):
        match expr:
            case Source():
                return expr.reading.lengths()
            case Held() if all(
                isinstance(value, pd.DataFrame | pd.Series | pd.Index) for value in expr.values
            ):
                return [len(value) for value in expr.values]
            case Assign() | Projection():
                pass
            case Partwise(rowwise=True) if expr.inputs[0].numblocks and 0 not in expr.whole:
                pass
            case Around(rowwise=True):
                pass
            case _:
                return None
        expr = expr.inputs[0]
    return None

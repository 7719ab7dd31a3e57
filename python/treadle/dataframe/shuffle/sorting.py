"""Nodes that order the rows of each partition, once these lie in the partitions they belong to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.expr import Columns, Divisions, FrameExpr, Projection
from treadle.dataframe.shuffle.order import order_of
from treadle.graph.blockwise import Axis, Blockwise, Operand, Values
from treadle.graph.program import Reg
from treadle.graph.tokenize import tokenize


class SetIndex(FrameExpr):
    """A frame with another index, made of one of its columns.

    Parameters
    ----------
    frame : FrameExpr
    key : label
        Of the column.
    divisions : tuple
        Of the result.
    drop : bool
        The column is gone from the columns.
    name : label, optional
        Of the index; that of the column otherwise.
    ordered : bool
        Rows of each partition are sorted by the new index.
    checked : bool
        Labels outside of the divisions are an error.
    """

    __slots__ = ("checked", "drop", "key", "label", "ordered")
    passes_columns = True

    def __init__(
        self,
        frame: FrameExpr,
        key: Any,
        divisions: Divisions,
        *,
        drop: bool = True,
        label: Any = None,
        ordered: bool = True,
        checked: bool = False,
    ):
        token = tokenize("set_index", frame.name, key, divisions, drop, label, ordered, checked)
        super().__init__(
            f"set_index-{token}", with_index(frame.meta, key, drop, label), divisions, (frame,)
        )
        self.key = key
        self.drop = drop
        self.label = label
        self.ordered = ordered
        self.checked = checked

    def needs(self) -> list[Columns | None]:
        (frame,) = self.inputs
        assert isinstance(frame, FrameExpr)
        if self.columns is None or frame.columns is None:
            return [None]
        wanted = {*self.columns, self.key}
        return [[label for label in frame.columns if label in wanted]]

    def narrow(self, columns: Columns) -> FrameExpr:
        return self if self.columns is None else self._narrowed(columns)

    def lower(self) -> Blockwise:
        borders: list[Any] = [None] * self.npartitions
        if self.checked:
            pairs = list(pairwise(self.divisions or ()))
            borders = [(*pair, n == len(pairs) - 1) for n, pair in enumerate(pairs)]
        # A key that is no column of the result was read for its sake.
        drop = self.drop or (self.columns is not None and self.key not in self.columns)
        return Blockwise.call(
            self.name, self.numblocks, indexed,
            [
                self.operand(0), self.key, drop, self.label, self.ordered,
                Operand(Values(self.numblocks, borders), (Axis(0),)),
            ],
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def describe(self) -> str:
        return f"index {self.key!r}"


def with_index(part: Any, key: Any, drop: bool, label: Any) -> Any:
    """Return a frame with a column as its index."""
    found = part.set_index(key, drop=drop)
    if label is not None:
        found.index.name = label[0]
    return found


def indexed(part: Any, key: Any, drop: bool, label: Any, ordered: bool, borders: Any) -> Any:
    """Return a partition with another index, sorted by it, within its borders."""
    if ordered:
        part = taken(part, order_of([part[key]], [True]))
    part = with_index(part, key, drop, label)
    if borders is not None and len(part):
        _check_borders(part.index, *borders)
    return part


def _check_borders(index: Any, low: Any, high: Any, last: bool) -> None:
    if index.hasnans:
        raise ValueError(
            f"some keys of {index.name!r} are missing, and have no place between divisions; drop "
            "these rows first, or call set_index without divisions"
        )
    least, most = index.min(), index.max()
    if least < low or most > high or (most == high and not last):
        raise ValueError(
            f"keys of {index.name!r} from {least!r} to {most!r} are in the partition of the "
            f"divisions {low!r} to {high!r}; give divisions that hold all keys, or none"
        )


class Sorted(FrameExpr):
    """The rows of each partition sorted by columns.

    Parameters
    ----------
    frame : FrameExpr
    by : list
        Labels of columns.
    ascending : list of bool
        One for each.
    na_position : {"last", "first"}
    function : callable, optional
        Sorts a partition; called as ``function(part, by=, ascending=, na_position=, ...)``.
    options : dict, optional
        More keywords for it.
    """

    __slots__ = ("ascending", "by", "function", "na_position", "options")
    passes_columns = True

    def __init__(
        self,
        frame: FrameExpr,
        by: list[Any],
        ascending: list[bool],
        na_position: str,
        function: Callable[..., Any] | None = None,
        options: dict[str, Any] | None = None,
    ):
        options = options or {}
        token = tokenize("sort", frame.name, by, ascending, na_position, function, options)
        super().__init__(
            f"sort_values-{token}", frame.meta, (None,) * (frame.npartitions + 1), (frame,)
        )
        self.by = by
        self.ascending = ascending
        self.na_position = na_position
        self.function = function
        self.options = options

    def needs(self) -> list[Columns | None]:
        return [None] if self.function is not None else [self.columns]

    def narrow(self, columns: Columns) -> FrameExpr:
        if self.function is not None or self.columns is None:
            return self
        return self._narrowed([*columns, *self.by])

    def lower(self) -> Blockwise:
        by, ascending = self.by, self.ascending
        if self.function is not None:
            if len(by) == 1:
                by, ascending = by[0], ascending[0]  # type: ignore[assignment]
            options = {"by": by, "ascending": ascending, "na_position": self.na_position}
            return self.calls(self.function, Reg(0), **{**options, **self.options})
        return self.calls(sorted_rows, Reg(0), by, ascending, self.na_position)

    def describe(self) -> str:
        return f"sort by {self.by}"


def sorted_rows(part: Any, by: list[Any], ascending: list[bool], na_position: str) -> Any:
    """Return a partition sorted by columns; equal rows stay in their order."""
    return taken(part, order_of([part[label] for label in by], ascending, na_position))


def sorted_labels(part: Any, ascending: bool, na_position: str) -> Any:
    """Return a partition sorted by its index; equal labels stay in their order."""
    return taken(part, order_of([part.index], [ascending], na_position))


def taken(part: Any, order: Any) -> Any:
    """Return rows in another order; None is the order they have."""
    return part if order is None else part.take(order)


class Renumbered(FrameExpr):
    """A frame or series whose labels are the numbers of its rows, through all partitions."""

    __slots__ = ()
    passes_columns = True

    def __init__(self, frame: FrameExpr, lengths: FrameExpr):
        super().__init__(
            f"renumber-{tokenize('renumber', frame.name)}",
            frame.meta.reset_index(drop=True),
            (None,) * (frame.npartitions + 1), (frame, lengths),
        )  # fmt: skip

    def needs(self) -> list[Columns | None]:
        return [self.columns, None]

    def narrow(self, columns: Columns) -> FrameExpr:
        return self if self.columns is None else self._narrowed(columns)

    def lower(self) -> Blockwise:
        numbers = Operand(Values(self.numblocks, list(range(self.npartitions))), (Axis(0),))
        return Blockwise.call(
            self.name, self.numblocks, renumbered, [self.operand(0), self.operand(1), numbers],
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def describe(self) -> str:
        return "number rows"


def renumbered(part: Any, lengths: Sequence[int], number: int) -> Any:
    """Return a partition with the numbers of its rows as labels."""
    start = int(np.sum(lengths[:number]))
    return part.set_axis(pd.RangeIndex(start, start + len(part)))


def only(frame: FrameExpr, columns: Any) -> FrameExpr:
    """Return a frame with these columns and no others."""
    return frame if list(frame.meta.columns) == list(columns) else Projection(frame, list(columns))

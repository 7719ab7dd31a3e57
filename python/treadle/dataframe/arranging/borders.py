"""Divisions: forgetting them, measuring them, and holding partitions to them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pandas as pd

from treadle import base
from treadle.dataframe.build import new_collection, partwise
from treadle.dataframe.expr import Columns, Divisions, FrameExpr
from treadle.dataframe.selecting.rows import Rows
from treadle.graph.blockwise import Blockwise
from treadle.graph.program import Program
from treadle.graph.tokenize import tokenize


class Divided(FrameExpr):
    """The same partitions, of which other divisions are known."""

    __slots__ = ()
    passes_columns = True
    keeps_length = True

    def __init__(self, frame: FrameExpr, divisions: Divisions | None = None):
        divisions = divisions or (None,) * (frame.npartitions + 1)
        assert len(divisions) == frame.npartitions + 1
        super().__init__(
            f"divisions-{tokenize('divisions', frame.name, divisions)}",
            frame.meta, divisions, (frame,), layout=frame.layout,
        )  # fmt: skip

    def needs(self) -> list[Columns | None]:
        return [self.columns]

    def narrow(self, columns: Columns) -> FrameExpr:
        return self if self.columns is None else self._narrowed(columns)

    def lower(self) -> Blockwise:
        return Blockwise(
            self.name, self.numblocks, Program(1, (), 0), (self.operand(0),), cheap=True,
            source=self.source, annotations=self.annotations,
        )  # fmt: skip


def clear_divisions(frame: Any) -> Any:
    """Return a frame whose divisions are not known."""
    return new_collection(Divided(frame.expr)) if frame.known_divisions else frame


def current_divisions(frame: Any, column: Any = None) -> Divisions:
    """Compute the least label of each partition, and the greatest of the last.

    Raises
    ------
    ValueError
        If partitions overlap, or lie in another order than their labels.
    """
    labels = frame.index if column is None else frame[column]
    ends = partwise("ends", ends_of, labels, meta=pd.DataFrame({"low": [], "high": []}))
    parts = [ends.get_partition(n) for n in range(ends.npartitions)]
    found = [(part.low.iloc[0], part.high.iloc[0]) for part in base.compute(*parts) if len(part)]
    if len(found) < frame.npartitions:
        raise ValueError("some partitions have no rows, and so no labels to tell them apart by")
    for number, ((_, high), (low, _)) in enumerate(pairwise(found)):
        if not high < low:
            raise ValueError(
                f"partition {number} ends with {high!r}, and partition {number + 1} begins with "
                f"{low!r}: partitions overlap; use set_index() or sort_values()"
            )
    return (*(low for low, _ in found), found[-1][1])


def ends_of(labels: Any) -> pd.DataFrame:
    """Return the least and the greatest label of a partition in a frame; empty if it has none."""
    if not len(labels):
        return pd.DataFrame({"low": [], "high": []})
    return pd.DataFrame({"low": [labels.min()], "high": [labels.max()]})


def enforce(frame: Any) -> Any:
    """Return a frame that raises when a partition has rows outside its divisions."""
    if not frame.known_divisions:
        raise ValueError("divisions of this frame are not known, so nothing can be checked")
    divisions, last = frame.divisions, frame.npartitions - 1
    values = [(n, divisions[n], divisions[n + 1], n == last) for n in range(last + 1)]
    return new_collection(Rows("check-divisions", frame.expr, checked, values=values, reads=[]))


def checked(part: Any, border: tuple[int, Any, Any, bool]) -> Any:
    """Return a partition, if its labels lie within its borders; RuntimeError otherwise."""
    index = part if isinstance(part, pd.Index) else part.index
    if len(index):
        number, low, high, last = border
        least, most = index.min(), index.max()
        if least < low or (most > high if last else most >= high):
            raise RuntimeError(
                f"partition {number} has labels from {least!r} to {most!r}, outside its divisions "
                f"{low!r} and {high!r}; use clear_divisions(), or set_index()"
            )
    return part


def divided(frame: Any, divisions: Divisions) -> Any:
    """Return a frame with divisions that were found out."""
    return new_collection(Divided(frame.expr, divisions))

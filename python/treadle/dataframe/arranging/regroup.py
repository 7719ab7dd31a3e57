"""Partitions made of pieces of partitions, in the order of rows.

One node merges neighbours, cuts partitions, and does both::

    partitions      |----- 0 -----|----- 1 -----|- 2 -|- 3 -|
    pieces          |- 0 -|-- 0 --|----- 1 -----|- 2 -|- 3 -|
    new ones        |- 0 -|---------- 1 --------|---- 2 ----|

A piece that is a whole partition is that partition, and a new partition of one piece is that
piece: rows are copied only where pieces come together, and there once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from treadle.dataframe.expr import Columns, Divisions, FrameExpr
from treadle.dataframe.joined import joined_parts
from treadle.graph.blockwise import Axis, Blockwise, Operand, Values
from treadle.graph.expr import Expr
from treadle.graph.gather import Gather
from treadle.graph.layer import Inputs
from treadle.graph.naming import key_prefix
from treadle.graph.program import Program
from treadle.graph.tokenize import tokenize

#: What is cut out of a partition; None for all of it.
Cut: TypeAlias = "Callable[[Any], Any] | None"

#: The number of a partition, and what is cut out of it.
Piece: TypeAlias = tuple[int, Cut]


class Regroup(FrameExpr):
    """A frame in other partitions, whose rows come in the same order.

    Parameters
    ----------
    frame : FrameExpr
    groups : sequence of sequences of (int, Cut)
        The pieces of each new partition, at least one.
    divisions : tuple, optional
        Of the result; not known without it.
    """

    __slots__ = ("groups",)
    passes_columns = True
    keeps_length = True

    def __init__(
        self,
        frame: FrameExpr,
        groups: Sequence[Sequence[Piece]],
        divisions: Divisions | None = None,
    ):
        groups = [list(group) for group in groups]
        super().__init__(
            f"repartition-{tokenize('repartition', frame.name, groups, divisions)}",
            frame.meta, divisions or (None,) * (len(groups) + 1), (frame,),
        )  # fmt: skip
        # Frames that correspond, and are regrouped alike, correspond again.
        self.layout = f"{frame.layout}-{tokenize(groups)}"
        self.groups = groups

    def needs(self) -> list[Columns | None]:
        return [self.columns]

    def narrow(self, columns: Columns) -> FrameExpr:
        return self if self.columns is None else self._narrowed(columns)

    def lower(self) -> Expr:
        (frame,) = self.inputs
        pieces = [piece for group in self.groups for piece in group]
        if len(pieces) == len(self.groups):
            return self._pieces(self.name, frame, pieces)
        name = f"{key_prefix(self.name)}-piece-{self.name.rpartition('-')[2]}"
        cut = self._pieces(name, frame, pieces)
        borders = np.cumsum([0, *map(len, self.groups)])

        def rows() -> Inputs:
            numbers = np.arange(len(pieces))
            return Inputs([cut.name], borders, np.zeros_like(numbers), numbers)

        return Gather(
            self.name, self.numblocks, (cut,), Together(self.meta), rows,
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def _pieces(self, name: str, frame: Expr, pieces: list[Piece]) -> Blockwise:
        """Return the grid of pieces; without tasks if all are whole partitions."""
        of = Operand(frame, (Axis(0, tuple(number for number, _ in pieces)),))
        shape = (len(pieces),)
        options: dict[str, Any] = {"source": self.source, "annotations": self.annotations}
        if all(cut is None for _, cut in pieces):
            return Blockwise(name, shape, Program(1, (), 0), (of,), cheap=True, **options)
        cuts = Operand(Values(shape, [cut for _, cut in pieces]), (Axis(0),))
        return Blockwise.call(name, shape, cut_piece, [of, cuts], **options)

    def describe(self) -> str:
        return f"repartition into {self.npartitions}"


def cut_piece(part: Any, cut: Cut) -> Any:
    """Return a piece of a partition."""
    return part if cut is None else cut(part)


class Together:
    """Makes a partition of pieces, which are its arguments."""

    __slots__ = ("meta",)
    __name__ = "concat"

    def __init__(self, meta: Any):
        self.meta = meta

    def __call__(self, *pieces: Any) -> Any:
        return joined_parts(list(pieces), self.meta)

    def __reduce__(self) -> tuple[Any, ...]:
        return Together, (self.meta,)


class Between:
    """Cuts out rows whose labels lie between two others; None is no border.

    Parameters
    ----------
    low, high : label or None
    closed : bool
        Rows with the label ``high`` belong to the piece.

    Examples
    --------
    >>> Between(2, 4, False)(pd.Series([1, 2, 3], index=[2, 3, 4])).tolist()
    [1, 2]
    """

    __slots__ = ("closed", "high", "low")

    def __init__(self, low: Any, high: Any, closed: bool):
        self.low = low
        self.high = high
        self.closed = closed

    def __call__(self, part: Any) -> Any:
        index = part if isinstance(part, pd.Index) else part.index
        if index.is_monotonic_increasing and not isinstance(index, pd.CategoricalIndex):
            side: Any = "right" if self.closed else "left"
            start = 0 if self.low is None else int(index.searchsorted(self.low, "left"))
            stop = len(index) if self.high is None else int(index.searchsorted(self.high, side))
            return part[start:stop] if part is index else part.iloc[start:stop]
        wanted = np.ones(len(index), bool)
        if self.low is not None:
            wanted &= np.asarray(index >= self.low, bool)
        if self.high is not None:
            below = index <= self.high if self.closed else index < self.high
            wanted &= np.asarray(below, bool)
        return part[wanted]

    def __treadle_tokenize__(self) -> Any:
        return "Between", self.low, self.high, self.closed

    def __reduce__(self) -> tuple[Any, ...]:
        return Between, (self.low, self.high, self.closed)


class Share:
    """Cuts a partition into equal shares, and takes one of them.

    Examples
    --------
    >>> [Share(n, 3)(pd.Series(range(5))).tolist() for n in range(3)]
    [[0], [1, 2], [3, 4]]
    """

    __slots__ = ("number", "of")

    def __init__(self, number: int, of: int):
        self.number = number
        self.of = of

    def __call__(self, part: Any) -> Any:
        rows = len(part)
        start, stop = rows * self.number // self.of, rows * (self.number + 1) // self.of
        return part[start:stop] if isinstance(part, pd.Index) else part.iloc[start:stop]

    def __treadle_tokenize__(self) -> Any:
        return "Share", self.number, self.of

    def __reduce__(self) -> tuple[Any, ...]:
        return Share, (self.number, self.of)

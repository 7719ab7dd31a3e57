"""Rows in the partitions they belong to: by a hash of keys, by divisions, or by given numbers. ::

    partition 0 --split--> [piece, piece, piece] --+--concat--> partition 0
    partition 1 --split--> [piece, piece, piece] --+--concat--> partition 1
                                                   +--concat--> partition 2

A split makes all pieces of a partition in one go. Pieces have keys of their own, so that each
travels alone; and an engine that lost some makes again only the splits they came from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import getitem
from typing import Any

import pandas as pd

from treadle.dataframe.expr import Columns, Divisions, FrameExpr
from treadle.dataframe.shuffle.pieces import concat_parts, split_by_divisions, split_by_hash
from treadle.graph.blockwise import Axis, Blockwise, Operand, Values
from treadle.graph.naming import key_prefix
from treadle.graph.tokenize import tokenize


class Split:
    """How the rows of a partition are told apart; called with it, returns a list of pieces.

    Equal ones send equal keys to partitions of equal numbers.

    Attributes
    ----------
    npartitions : int
        Pieces that it makes.
    columns : list or None
        Columns that it looks at; None if it looks at none.
    """

    npartitions: int
    columns: Columns | None = None

    def __call__(self, part: Any) -> list[Any]:
        raise NotImplementedError

    def __treadle_tokenize__(self) -> Any:
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return bool(self.__treadle_tokenize__() == other.__treadle_tokenize__())

    def __hash__(self) -> int:
        return hash((type(self), self.npartitions))

    def __repr__(self) -> str:
        name, *arguments = self.__treadle_tokenize__()
        return f"{name}({', '.join(map(repr, arguments))})"


class ByHash(Split):
    """Rows with equal keys go together. Without labels the index is the key."""

    def __init__(self, by: Columns | None, npartitions: int):
        self.by = by
        self.columns = by
        self.npartitions = npartitions

    def __call__(self, part: Any) -> list[Any]:
        return split_by_hash(part, self.by, self.npartitions)

    def __treadle_tokenize__(self) -> Any:
        return "ByHash", self.by, self.npartitions


class ByDivisions(Split):
    """Rows go where their key lies between divisions. Without a label the index is the key."""

    def __init__(
        self,
        by: Any,
        divisions: Sequence[Any],
        ascending: bool = True,
        na_position: str = "last",
    ):
        self.by = by
        self.divisions = list(divisions)
        self.columns = None if by is None else [by]
        self.npartitions = max(len(self.divisions) - 1, 1)
        self.ascending = ascending
        self.na_position = na_position

    def __call__(self, part: Any) -> list[Any]:
        return split_by_divisions(
            part, self.by, self.divisions, ascending=self.ascending, na_position=self.na_position
        )

    def __treadle_tokenize__(self) -> Any:
        return "ByDivisions", self.by, self.divisions, self.ascending, self.na_position


class Shuffle(FrameExpr):
    """A frame or series whose rows have gone to other partitions.

    Rows of a partition stand in the order they had.

    Parameters
    ----------
    frame : FrameExpr
    split : Split
    divisions : tuple, optional
        Of the result, if they are known.
    finish : callable, optional
        Called with each partition when its pieces are together (to set an index, to sort).
    meta : object, optional
        What ``finish`` makes of the meta.
    """

    __slots__ = ("finish", "split")
    passes_columns = True

    def __init__(
        self,
        frame: FrameExpr,
        split: Split,
        divisions: Divisions | None = None,
        finish: Callable[[Any], Any] | None = None,
        meta: Any = None,
    ):
        super().__init__(
            f"shuffle-{tokenize('shuffle', frame.name, split, finish, divisions)}",
            frame.meta if meta is None else meta,
            divisions or (None,) * (split.npartitions + 1),
            (frame,),
        )
        self.split = split
        self.finish = finish

    def needs(self) -> list[Columns | None]:
        if self.columns is None or self.finish is not None:
            return [None]
        return [self.columns]

    def narrow(self, columns: Columns) -> FrameExpr:
        if self.finish is not None:
            return self
        return self._narrowed([*columns, *(self.split.columns or [])])

    def lower(self) -> Blockwise:
        (frame,) = self.inputs
        count, targets = frame.numblocks[0], self.split.npartitions
        prefix, token = key_prefix(self.name), self.name.rpartition("-")[2]
        splits = Blockwise.call(
            f"{prefix}-split-{token}", (count,), self.split, [self.operand(0)],
            source=self.source, annotations=self.annotations,
        )  # fmt: skip
        numbers = Operand(Values((targets,), list(range(targets))), (Axis(0),))
        pieces = Blockwise.call(
            f"{prefix}-piece-{token}", (targets, count), getitem,
            [Operand(splits, (Axis(1),)), numbers],
            source=self.source, annotations=self.annotations,
        )  # fmt: skip
        return Blockwise.call(
            self.name, (targets,), Together(self.finish),
            [Operand(pieces, (Axis(0), Axis(1)))], contracted=(count,),
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def describe(self) -> str:
        by = "the index" if self.split.columns is None else self.split.columns
        return f"shuffle by {by} into {self.split.npartitions}"


class Together:
    """Makes a partition of its pieces."""

    __slots__ = ("finish",)
    __name__ = "shuffle"

    def __init__(self, finish: Callable[[Any], Any] | None = None):
        self.finish = finish

    def __call__(self, pieces: list[Any]) -> Any:
        if isinstance(pieces[0], pd.Series):
            together: Any = concat_parts([piece.to_frame(name=0) for piece in pieces])[0]
            together.name = pieces[0].name
        else:
            together = concat_parts(pieces)
        return together if self.finish is None else self.finish(together)

    def __reduce__(self) -> tuple[Any, ...]:
        return Together, (self.finish,)

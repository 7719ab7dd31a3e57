"""Rows in the partitions they belong to: by a hash of keys, by divisions, or by given numbers.

How rows are told apart says a `Split`; the node that moves them is `Shuffle`, and the tasks it
becomes are in `moving`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from treadle.dataframe.expr import Columns, Divisions, Filter, FrameExpr
from treadle.dataframe.shuffle.moving import moved
from treadle.dataframe.shuffle.pieces import key_columns, numbers_by_divisions, numbers_by_hash
from treadle.graph.gather import Gather
from treadle.graph.tokenize import tokenize


class Split:
    """How the rows of a partition are told apart.

    Equal ones send equal keys to partitions of equal numbers.

    Attributes
    ----------
    npartitions : int
        How many new partitions there are.
    columns : list or None
        Columns that it looks at; None if it looks at none.
    """

    npartitions: int
    columns: Columns | None = None

    def numbers(self, part: Any) -> NDArray[Any]:
        """Return the number of the new partition of each row, as unsigned integers."""
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

    def numbers(self, part: Any) -> NDArray[Any]:
        return numbers_by_hash(part, self.by, self.npartitions)

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

    def numbers(self, part: Any) -> NDArray[Any]:
        (values,) = key_columns(part, self.by)
        return numbers_by_divisions(
            values, self.divisions, ascending=self.ascending, na_position=self.na_position
        )

    def __treadle_tokenize__(self) -> Any:
        return "ByDivisions", self.by, self.divisions, self.ascending, self.na_position


class ByLearned(Split):
    """Rows go where their key lies between divisions that are computed on the way.

    Parameters
    ----------
    learned : FrameExpr
        A scalar: the divisions.
    """

    def __init__(
        self, by: Any, npartitions: int, learned: FrameExpr, ascending: bool, na_position: str
    ):
        self.by = by
        self.columns = None if by is None else [by]
        self.npartitions = npartitions
        self.name = learned.name
        self.ascending = ascending
        self.na_position = na_position

    def of(self, divisions: Sequence[Any]) -> Split:
        """Return the split by divisions that are known now; they may be for fewer partitions."""
        return ByDivisions(self.by, divisions, self.ascending, self.na_position)

    def __treadle_tokenize__(self) -> Any:
        return "ByLearned", self.by, self.npartitions, self.name, self.ascending, self.na_position


class Shuffle(FrameExpr):
    """A frame or series whose rows have gone to other partitions.

    Rows of a partition stand in the order they had.

    Parameters
    ----------
    frame : FrameExpr
    split : Split
    divisions : tuple, optional
        Of the result, if they are known.
    learned : FrameExpr, optional
        A scalar that the split is completed by: ``split.of(value)``.
    """

    __slots__ = ("split",)
    passes_columns = True

    def __init__(
        self,
        frame: FrameExpr,
        split: Split,
        divisions: Divisions | None = None,
        learned: FrameExpr | None = None,
    ):
        super().__init__(
            f"shuffle-{tokenize('shuffle', frame.name, split, divisions)}",
            frame.meta, divisions or (None,) * (split.npartitions + 1),
            (frame,) if learned is None else (frame, learned),
        )  # fmt: skip
        self.split = split

    def needs(self) -> list[Columns | None]:
        return [self.columns, None][: len(self.inputs)]

    def narrow(self, columns: Columns) -> FrameExpr:
        if self.columns is None:
            return self
        return self._narrowed([*columns, *(self.split.columns or [])])

    def filtered(self, predicate: FrameExpr) -> FrameExpr | None:
        """Return this shuffle of only the rows that a predicate chooses, if it can."""
        from treadle.dataframe.filters import replaced

        frame = self.inputs[0]
        assert isinstance(frame, FrameExpr)
        if len(self.inputs) > 1:
            return None  # which was learned of all rows
        below = replaced(predicate, self.name, frame)
        if below is None or below is predicate:
            return None
        divisions = self.divisions if self.known_divisions else None
        return Shuffle(Filter(frame, below), self.split, divisions)

    def lower(self) -> Gather:
        return moved(
            self.name, self.operand(0), self.split,
            learned=self.operand(1) if len(self.inputs) > 1 else None,
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def describe(self) -> str:
        by = "the index" if self.split.columns is None else self.split.columns
        return f"shuffle by {by} into {self.split.npartitions}"

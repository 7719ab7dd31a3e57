"""Merges as expressions: partitions that correspond, or one side that meets every partition. ::

Merge         merge_parts(left[n], right[n])     rows are where their keys are
              merge_parts(left[n], right[0])     the right side is one partition
MarkedMerge   the same, and one partition more of the rows of that side that met nothing
Gathered      all partitions as one, to be that side
"""

from __future__ import annotations

from operator import getitem
from typing import Any

import numpy as np

from treadle.dataframe.expr import Columns, Divisions, Filter, FrameExpr
from treadle.dataframe.join.broadcast import merge_marking, unmet_rows
from treadle.dataframe.join.kernels import merge_parts
from treadle.dataframe.join.sides import Sides, renamed
from treadle.dataframe.joined import joined_parts
from treadle.dataframe.shuffle.expr import Split
from treadle.graph.blockwise import Axis, Blockwise, Operand
from treadle.graph.expr import Expr
from treadle.graph.gather import Gather
from treadle.graph.layer import Inputs
from treadle.graph.naming import key_prefix
from treadle.graph.program import Reg
from treadle.graph.tokenize import tokenize
from treadle.graph.treereduce import OnList


class Merge(FrameExpr):
    """Two frames merged, partition by partition.

    Parameters
    ----------
    left, right : FrameExpr
    sides : Sides
        How, and which columns are read of both.
    whole : {None, "left", "right"}
        The side that has one partition, which every partition of the other side meets.
    divisions : tuple, optional
        Of the result, if they are known.
    split : Split, optional
        What tells the partition of each row of the result, if rows are where their keys are.
    nbytes : float, optional
        About how large the result is.
    """

    __slots__ = ("nbytes", "sides", "split", "whole")
    passes_columns = True

    def __init__(
        self,
        left: FrameExpr,
        right: FrameExpr,
        sides: Sides,
        *,
        whole: str | None = None,
        divisions: Divisions | None = None,
        split: Split | None = None,
        nbytes: float | None = None,
    ):
        count = left.npartitions if whole == "right" else right.npartitions
        what = type(self).__name__, left.name, right.name, sides.plan.token, whole
        super().__init__(
            f"merge-{tokenize(*what)}",
            sides.plan.meta, divisions or (None,) * (self.parts_made(count) + 1), (left, right),
        )  # fmt: skip
        self.sides = sides
        self.whole = whole
        self.split = split
        self.nbytes = nbytes

    @staticmethod
    def parts_made(count: int) -> int:
        """Return how many partitions there are, for so many pairs that are merged."""
        return count

    def needs(self) -> list[Columns | None]:
        return list(self.sides.reads)

    def narrow(self, columns: Columns) -> FrameExpr:
        if self.columns is None or self.sides.reads[0] is None:
            return self
        sides = self.sides.narrow(columns)
        return self._narrowed(self._made(sides, columns), sides=sides)

    def _made(self, sides: Sides, columns: Columns) -> Columns:
        """Return the columns of the result, of which some are wanted: not keys for their sake."""
        wanted = set(columns)
        return [label for label in sides.plan.meta.columns if label in wanted]

    def filtered(self, predicate: FrameExpr) -> FrameExpr | None:
        """Return this merge of the rows that a predicate on its columns chooses, if it can."""
        from treadle.dataframe.join.filtering import merge_of_filtered

        return None if self.sides.reads[0] is None else merge_of_filtered(self, predicate)

    def operand(self, position: int, whole: bool = False) -> Operand:
        return super().operand(position, ("left", "right")[position] == self.whole)

    def lower(self) -> Expr:
        labels = list(self.sides.plan.meta.columns)
        wanted = None if self.columns in (None, labels) else self.columns
        return self.calls(MergeParts(self.sides, wanted), Reg(0), Reg(1))

    def describe(self) -> str:
        plan = self.sides.plan
        keys = plan.left_on or ("the index" if plan.left_index else "")
        how = f"{plan.how} merge by {keys}" if keys else f"{plan.how} merge"
        return f"{how}, all of the {self.whole} side everywhere" if self.whole else how


class MarkedMerge(Merge):
    """A merge with all of a side, whose rows stay also if they met nothing."""

    __slots__ = ()

    @staticmethod
    def parts_made(count: int) -> int:
        return count + 1

    def _made(self, sides: Sides, columns: Columns) -> Columns:
        return list(sides.plan.meta.columns)

    def lower(self) -> Gather:
        assert self.whole is not None
        prefix, token = key_prefix(self.name), self.name.rpartition("-")[2]
        options: dict[str, Any] = {"source": self.source, "annotations": self.annotations}
        count = self.numblocks[0] - 1
        both = Blockwise.call(
            f"{prefix}-marked-{token}", (count,), MergeMarking(self.sides, self.whole),
            [self.operand(0), self.operand(1)], **options,
        )  # fmt: skip
        merged, met = (
            Blockwise.call(
                f"{prefix}-{label}-{token}", (count,), getitem,
                [Operand(both, (Axis(0),)), number], **options,
            )
            for number, label in enumerate(("part", "met"))
        )  # fmt: skip
        small, other = self.inputs if self.whole == "left" else self.inputs[::-1]
        rest = Blockwise.call(
            f"{prefix}-rest-{token}", (1,), UnmetRows(self.sides, self.whole, other.meta),  # type: ignore[attr-defined]
            [Operand(small, (Axis(0),)), Operand(met, (Axis(1),))], contracted=(count,), **options,
        )  # fmt: skip

        def rows() -> Inputs:
            numbers = np.arange(count + 1)
            last = numbers == count
            return Inputs(
                [merged.name, rest.name], np.arange(count + 2), last.astype(np.int64),
                np.where(last, 0, numbers),
            )  # fmt: skip

        return Gather.aliases(self.name, self.numblocks, (merged, rest), rows, **options)


class MergeParts:
    """Merges two partitions; the result has all columns, or those that are wanted."""

    __slots__ = ("sides", "wanted")
    __name__ = "merge"

    def __init__(self, sides: Sides, wanted: list[Any] | None = None):
        self.sides = sides
        self.wanted = wanted

    def __call__(self, left: Any, right: Any) -> Any:
        mine, theirs = self.sides.names
        left, right = renamed(left, mine), renamed(right, theirs)
        return merge_parts(left, right, self.sides.plan, self.wanted)

    def __reduce__(self) -> tuple[Any, ...]:
        return MergeParts, (self.sides, self.wanted)


class MergeMarking:
    """Merges two partitions, and notes which rows of one side met others."""

    __slots__ = ("side", "sides")
    __name__ = "merge"

    def __init__(self, sides: Sides, side: str):
        self.sides = sides
        self.side = side

    def __call__(self, left: Any, right: Any) -> Any:
        mine, theirs = self.sides.names
        left, right = renamed(left, mine), renamed(right, theirs)
        part, small = (right, left) if self.side == "left" else (left, right)
        return merge_marking(part, small, self.sides.plan, self.side)

    def __reduce__(self) -> tuple[Any, ...]:
        return MergeMarking, (self.sides, self.side)


class UnmetRows:
    """Makes the partition of rows that met nothing anywhere."""

    __slots__ = ("other", "side", "sides")
    __name__ = "merge"

    def __init__(self, sides: Sides, side: str, other: Any):
        self.sides = sides
        self.side = side
        self.other = other

    def __call__(self, small: Any, met: list[Any]) -> Any:
        mine, theirs = self.sides.names if self.side == "left" else self.sides.names[::-1]
        return unmet_rows(
            renamed(small, mine), met, self.sides.plan, self.side, renamed(self.other, theirs)
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return UnmetRows, (self.sides, self.side, self.other)


class Gathered(FrameExpr):
    """All partitions of a frame in one."""

    __slots__ = ()
    passes_columns = True

    def __init__(self, frame: FrameExpr):
        divisions = frame.divisions or (None, None)
        super().__init__(
            f"gathered-{tokenize('gathered', frame.name)}",
            frame.meta, (divisions[0], divisions[-1]), (frame,),
        )  # fmt: skip

    def needs(self) -> list[Columns | None]:
        return [self.columns]

    def narrow(self, columns: Columns) -> FrameExpr:
        return self if self.columns is None else self._narrowed(columns)

    def filtered(self, predicate: FrameExpr) -> FrameExpr | None:
        """Return this node on the rows that a predicate chooses, if it can."""
        from treadle.dataframe.filters import replaced

        (frame,) = self.inputs
        assert isinstance(frame, FrameExpr)
        below = replaced(predicate, self.name, frame)
        return None if below is None or below is predicate else Gathered(Filter(frame, below))

    def lower(self) -> Gather:
        (frame,) = self.inputs
        count = frame.numblocks[0]

        def rows() -> Inputs:
            numbers = np.arange(count)
            return Inputs([frame.name], np.array([0, count]), np.zeros_like(numbers), numbers)

        return Gather(
            self.name, self.numblocks, (frame,), OnList(JoinedTo(self.meta)), rows,
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def describe(self) -> str:
        return "all partitions as one"


class JoinedTo:
    """Makes one partition of a list of them."""

    __slots__ = ("meta",)
    __name__ = "gathered"

    def __init__(self, meta: Any):
        self.meta = meta

    def __call__(self, parts: list[Any]) -> Any:
        return joined_parts(parts, self.meta)

    def __reduce__(self) -> tuple[Any, ...]:
        return JoinedTo, (self.meta,)

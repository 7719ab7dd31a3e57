"""Frames one below the other as expressions: partitions one after the other, with equal columns. ::

Fitted    a partition with the columns and dtypes of the result
Stacked   partitions of the first frame, then those of the next
Beside    columns of frames that correspond, next to each other
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.expr import Columns, Divisions, FrameExpr
from treadle.dataframe.shuffle.expr import Split
from treadle.graph.blockwise import Blockwise
from treadle.graph.expr import distinct
from treadle.graph.gather import Gather
from treadle.graph.layer import Inputs
from treadle.graph.program import Reg
from treadle.graph.tokenize import tokenize


class Fitted(FrameExpr):
    """A frame or series with the columns and dtypes of a meta."""

    __slots__ = ()

    def __init__(self, frame: FrameExpr, meta: Any):
        super().__init__(
            f"fitted-{tokenize('fitted', frame.name, meta)}",
            meta, frame.divisions, (frame,), layout=frame.layout,
        )  # fmt: skip

    def needs(self) -> list[Columns | None]:
        (frame,) = self.inputs
        theirs = getattr(frame, "columns", None)
        if self.columns is None or theirs is None:
            return [None]
        return [[label for label in theirs if label in set(self.columns)]]

    def narrow(self, columns: Columns) -> FrameExpr:
        return self if self.columns is None else self._narrowed(columns)

    def lower(self) -> Blockwise:
        return self.calls(fitted, Reg(0), self.meta)

    def describe(self) -> str:
        return "columns and dtypes of all"


def fitted(part: Any, meta: Any) -> Any:
    """Return a partition with the columns and dtypes of a meta; what it has not, is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> meta = pd.DataFrame({"x": [1.0], "y": pd.Series(["a"], dtype="str")}).iloc[:0]
    >>> fitted(pd.DataFrame({"x": [1, 2]}), meta)
         x    y
    0  1.0  NaN
    1  2.0  NaN
    """
    if isinstance(meta, pd.Series):
        if isinstance(part, pd.Series) and part.dtype != meta.dtype:
            part = _converted(part, meta.dtype)
        return part if part.name == meta.name else part.rename(meta.name)
    if isinstance(part, pd.Series):
        part = part.to_frame(0 if part.name is None else part.name)
    if not part.columns.equals(meta.columns):
        # As pandas fills up: a column of the right dtype in which everything is missing.
        added = {
            label: pd.Series(index=part.index, dtype=_nullable(meta[label].dtype))
            for label in meta.columns
            if label not in part.columns
        }
        part = part.copy(deep=False)
        for label, column in added.items():
            part[label] = column
        part = part[list(meta.columns)]
    wrong = [n for n, (a, b) in enumerate(zip(part.dtypes, meta.dtypes, strict=True)) if a != b]
    if wrong:
        part = part.copy(deep=False)
        for number in wrong:
            part.isetitem(number, _converted(part.iloc[:, number], meta.dtypes.iloc[number]))
    return part


def _nullable(dtype: Any) -> Any:
    return "float64" if isinstance(dtype, np.dtype) and dtype.kind in "iub" else dtype


def _converted(column: pd.Series[Any], dtype: Any) -> pd.Series[Any]:
    """A column in a dtype that holds it; categories that a partition has more of stay."""
    if isinstance(dtype, pd.CategoricalDtype) and isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.as_unordered() if column.dtype.ordered and not dtype.ordered else column
    if isinstance(dtype, pd.CategoricalDtype):
        return column.astype("category")
    return column.astype(dtype)


class Stacked(FrameExpr):
    """Partitions of several frames of the same columns, one frame after the other.

    Parameters
    ----------
    frames : sequence of FrameExpr
        A frame may come twice.
    meta : DataFrame or Series
    divisions : tuple, optional
        If they are known.
    split : Split, optional
        What tells the partition of each row.
    nbytes : float, optional
        About how large all of them are.
    """

    __slots__ = ("nbytes", "split")
    passes_columns = True

    def __init__(
        self,
        frames: Sequence[FrameExpr],
        meta: Any,
        divisions: Divisions | None = None,
        split: Split | None = None,
        nbytes: float | None = None,
    ):
        count = sum(frame.npartitions for frame in frames)
        super().__init__(
            f"concat-{tokenize('concat', [frame.name for frame in frames], divisions is None)}",
            meta, divisions or (None,) * (count + 1), tuple(frames),
        )  # fmt: skip
        self.split = split
        self.nbytes = nbytes

    def needs(self) -> list[Columns | None]:
        return [self.columns] * len(self.inputs)

    def narrow(self, columns: Columns) -> FrameExpr:
        return self if self.columns is None else self._narrowed(columns)

    def lower(self) -> Gather:
        frames = self.inputs
        producers = distinct(frames)
        place = {frame.name: number for number, frame in enumerate(producers)}
        counts = [frame.numblocks[0] for frame in frames]

        def rows() -> Inputs:
            which = np.repeat([place[frame.name] for frame in frames], counts)
            blocks = np.concatenate([np.arange(count) for count in counts])
            return Inputs(
                [frame.name for frame in producers], np.arange(len(blocks) + 1),
                which.astype(np.int64), blocks.astype(np.int64),
            )  # fmt: skip

        return Gather.aliases(self.name, self.numblocks, producers, rows)

    def describe(self) -> str:
        return f"{len(self.inputs)} frames below each other"


class Beside(FrameExpr):
    """Columns of frames and series that correspond, next to each other."""

    __slots__ = ("options",)
    passes_columns = True

    def __init__(
        self,
        frames: Sequence[FrameExpr],
        meta: Any,
        divisions: Divisions,
        options: dict[str, Any],
        layout: str | None,
    ):
        super().__init__(
            f"concat-{tokenize('concat columns', [frame.name for frame in frames], options)}",
            meta, divisions, tuple(frames), layout=layout,
        )  # fmt: skip
        self.options = options

    def needs(self) -> list[Columns | None]:
        if self.columns is None:
            return [None] * len(self.inputs)
        own = set(self.columns)
        theirs = [getattr(frame, "columns", None) for frame in self.inputs]
        return [None if there is None else [x for x in there if x in own] for there in theirs]

    def narrow(self, columns: Columns) -> FrameExpr:
        if self.columns is None:
            return self
        # A series can't be left out: its labels are rows of the result.
        series = [f.meta.name for f in self.inputs if isinstance(f.meta, pd.Series)]  # type: ignore[attr-defined]
        if any(label not in self.columns for label in series):
            return self
        return self._narrowed([*columns, *series])

    def lower(self) -> Blockwise:
        numbers = [Reg(n) for n in range(len(self.inputs))]
        return self.calls(PartsBeside(self.options), *numbers)

    def describe(self) -> str:
        return f"columns of {len(self.inputs)} frames"


class PartsBeside:
    """Puts the columns of partitions next to each other."""

    __slots__ = ("options",)
    __name__ = "concat"

    def __init__(self, options: dict[str, Any]):
        self.options = options

    def __call__(self, *parts: Any) -> Any:
        return pd.concat(list(parts), axis=1, **self.options)

    def __treadle_tokenize__(self) -> Any:
        return "PartsBeside", self.options

    def __reduce__(self) -> tuple[Any, ...]:
        return PartsBeside, (self.options,)


class PartsBelow:
    """Puts partitions below each other that hold labels of the same range."""

    __slots__ = ("meta",)
    __name__ = "concat"

    def __init__(self, meta: Any):
        self.meta = meta

    def __call__(self, *parts: Any) -> Any:
        from treadle.dataframe.joined import joined_parts

        together = joined_parts([fitted(part, self.meta) for part in parts], self.meta)
        return together.sort_index(kind="stable")

    def __treadle_tokenize__(self) -> Any:
        return "PartsBelow", self.meta

    def __reduce__(self) -> tuple[Any, ...]:
        return PartsBelow, (self.meta,)

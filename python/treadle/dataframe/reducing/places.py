"""Where extremes lie, and the rows with the largest and smallest values.

>>> import pandas as pd
>>> import treadle.dataframe as dd
>>> df = dd.from_pandas(pd.DataFrame({"x": [1, 5, 2]}, index=["a", "b", "c"]), npartitions=2)
>>> place(df, "idxmax").compute()
x    b
dtype: str
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.build import emptied
from treadle.dataframe.joined import joined_parts
from treadle.dataframe.reducing.chosen import choose, example, is_numeric
from treadle.dataframe.reducing.tree import reduced


@dataclass(frozen=True)
class Places:
    """Steps of idxmin and idxmax: the extreme of each column, as a series of one row.

    A column without values, or of no rows, has a series without rows.
    """

    how: str  # argmin or argmax
    meta: Any
    skipna: bool
    columns: list[Any] | None = None

    def chunk(self, part: Any) -> list[Any]:
        """Return the extremes of a partition."""
        if part.ndim == 1:
            return [self._extreme(part)]
        if self.columns is not None and not part.columns.equals(self.meta.columns):
            part = part[self.columns]
        return [self._extreme(part.iloc[:, n]) for n in range(part.shape[1])]

    def _extreme(self, column: Any) -> Any:
        missing = column.isna()
        if missing.any():
            if not self.skipna:
                return column[missing].iloc[:1]
            column = column[~missing]
        if not len(column):
            return column
        dtype = column.dtype
        plain = isinstance(dtype, np.dtype) and dtype.kind in "iufb"
        at = getattr(column.to_numpy() if plain else column.array, self.how)()
        return column.iloc[at : at + 1]

    def combine(self, parts: list[Any]) -> list[Any]:
        """Return the extremes of extremes; of equal ones the first."""
        return [self._of_several(same) for same in zip(*parts, strict=True)]

    def _of_several(self, same: tuple[Any, ...]) -> Any:
        there = [one for one in same if len(one)]
        if len(there) < 2:
            return there[0] if there else same[0]
        if isinstance(there[0].dtype, pd.CategoricalDtype):
            return self._extreme(joined_parts(there, there[0]))
        return self._extreme(pd.concat(there))

    def aggregate(self, parts: list[Any]) -> Any:
        """Return labels; raises where pandas does."""
        found = self.combine(parts)
        if self.meta.ndim == 1:
            (only,) = found
            if not len(only) or only.isna().any():
                return getattr(only, f"idx{self.how[3:]}")(skipna=self.skipna)
            return only.index[0]
        for only in found:
            if not len(only) or only.isna().any():
                only.to_frame().pipe(
                    getattr(pd.DataFrame, f"idx{self.how[3:]}"), skipna=self.skipna
                )
        index: Any = found[0].index[:0].append([one.index for one in found]) if found else []
        if isinstance(index, pd.MultiIndex):
            return pd.Series(list(index), index=self.meta.columns)
        return pd.Series(pd.Index(index).array, index=self.meta.columns)


def place(
    frame: Any,
    how: str,
    *,
    skipna: bool = True,
    numeric_only: bool = False,
    split_every: int | bool | None = None,
) -> Any:
    """Return the collection of labels of extremes; ``how`` is idxmin or idxmax."""
    chosen = choose(frame._meta, is_numeric if numeric_only else None)
    like = getattr(example(chosen.meta), how)()
    kernel = Places(f"arg{how[3:]}", chosen.meta, bool(skipna), chosen.columns)
    return reduced(
        how, frame, kernel.chunk, kernel.aggregate, kernel.combine,
        meta=emptied(like) if isinstance(like, pd.Series) else like,
        reads=None if chosen.columns is None else [chosen.columns], split_every=split_every,
        token=("place", how, skipna, numeric_only),
    )  # fmt: skip


@dataclass(frozen=True)
class Extremes:
    """Steps of nlargest and nsmallest."""

    how: str
    meta: Any
    n: int
    columns: Any
    keep: str

    def chunk(self, part: Any) -> Any:
        """Return the rows of a partition that may be among those of all, in their order."""
        kept = self._best(part.reset_index(drop=True))
        return part.iloc[np.sort(kept.index.to_numpy())]

    def combine(self, parts: list[Any]) -> Any:
        """Return such rows of several partitions."""
        return self.chunk(joined_parts(parts, self.meta))

    def aggregate(self, parts: list[Any]) -> Any:
        """Return what pandas returns for all rows: the others make no difference."""
        return self._best(joined_parts(parts, self.meta))

    def _best(self, rows: Any) -> Any:
        columns = () if self.columns is None else (self.columns,)
        return getattr(rows, self.how)(self.n, *columns, keep=self.keep)


def extremes(
    frame: Any,
    how: str,
    n: int,
    columns: Any = None,
    keep: str = "first",
    split_every: int | bool | None = None,
) -> Any:
    """Return the collection of the rows with the largest or smallest values."""
    meta = frame._meta
    kernel = Extremes(how, emptied(meta), n, columns, keep)
    like = emptied(kernel.aggregate([example(meta)]))
    return reduced(
        how, frame, kernel.chunk, kernel.aggregate, kernel.combine, meta=like,
        split_every=split_every, token=(how, n, columns, keep),
    )  # fmt: skip

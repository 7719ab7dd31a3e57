"""Values and rows that are there once: ``unique``, ``nunique``, ``drop_duplicates``.

>>> import pandas as pd
>>> import treadle.dataframe as dd
>>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2, 1], "y": [3, 4, 5]}), npartitions=2)
>>> drop_duplicates(df, subset=["x"]).compute()
   x  y
0  1  3
1  2  4
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from treadle.dataframe.build import emptied, new_collection, partwise
from treadle.dataframe.joined import joined_parts
from treadle.dataframe.reducing.counts import pieces_of
from treadle.dataframe.reducing.tree import reduced
from treadle.dataframe.shuffle.expr import Shuffle, Split
from treadle.dataframe.shuffle.pieces import numbers_by_hash


@dataclass(frozen=True)
class Dropping:
    """Keeps one row of those with equal values in some columns."""

    meta: Any
    subset: tuple[Any, ...] | None = None
    keep: str = "first"
    ignore_index: bool = False
    values_only: bool = False

    def chunk(self, part: Any) -> Any:
        """Drop rows of a partition."""
        options: dict[str, Any] = {"keep": self.keep}
        if part.ndim == 2 and self.subset is not None:
            options["subset"] = list(self.subset)
        if self.values_only and isinstance(part, pd.Series):
            return pd.Series(part.unique(), name=part.name, dtype=part.dtype)
        return part.drop_duplicates(**options)

    def combine(self, parts: list[Any]) -> Any:
        """Drop rows of several partitions, in their order."""
        return self.chunk(joined_parts(parts, self.meta))

    def aggregate(self, parts: list[Any]) -> Any:
        """Return the result."""
        found = self.combine(parts)
        return found.reset_index(drop=True) if self.ignore_index else found


def unique(frame: Any, split_every: int | bool | None = None, split_out: int | bool = 1) -> Any:
    """Return the collection of distinct values of a series or an index."""
    meta = frame._meta
    if isinstance(meta, pd.Series):
        meta = pd.Series(meta.array, name=meta.name)
    kernel = Dropping(meta, values_only=True)
    return _dropped("unique", frame, kernel, meta, split_every, split_out)


def drop_duplicates(
    frame: Any,
    subset: Any = None,
    *,
    keep: Any = "first",
    ignore_index: bool = False,
    split_every: int | bool | None = None,
    split_out: int | bool = 1,
) -> Any:
    """Return the collection of rows without those that repeat others."""
    meta = frame._meta
    if keep is False:
        raise NotImplementedError(
            "keep=False drops all rows of those that are equal, which a partition can't know "
            "before it has seen the others; use keep='first' or 'last', or groupby().filter()"
        )
    if keep not in ("first", "last"):
        raise ValueError('keep must be either "first", "last" or False')
    labels = None
    if subset is not None:
        single = pd.api.types.is_scalar(subset) or (
            isinstance(subset, tuple) and subset in meta.columns
        )
        labels = (subset,) if single else tuple(subset)
        missing = [label for label in labels if label not in meta.columns]
        if missing:
            raise KeyError(f"there are no columns {missing}; there are {list(meta.columns)}")
    kernel = Dropping(emptied(meta), labels, keep, ignore_index)
    like = emptied(meta.reset_index(drop=True)) if ignore_index else emptied(meta)
    if ignore_index and pieces_of(split_out, frame.npartitions) > 1:
        raise NotImplementedError(
            "ignore_index=True numbers all rows, and rows of several partitions can't be numbered "
            "before they are counted; use split_out=1"
        )
    return _dropped("drop_duplicates", frame, kernel, like, split_every, split_out)


def _dropped(
    label: str, frame: Any, kernel: Dropping, like: Any, split_every: Any, split_out: int | bool
) -> Any:
    pieces = pieces_of(split_out, frame.npartitions)
    token = (label, kernel.subset, kernel.keep, kernel.ignore_index, kernel.values_only)
    if pieces == 1:
        return reduced(
            label, frame, kernel.chunk, kernel.aggregate, kernel.combine, meta=like,
            split_every=split_every, token=token,
        )  # fmt: skip
    fewer = partwise(label, kernel.chunk, frame, meta=like, divisions=None, token=token)
    moved = new_collection(Shuffle(fewer.expr, ByValues(kernel.subset, pieces)))
    return partwise(label, kernel.chunk, moved, meta=like, token=token)


class ByValues(Split):
    """Equal rows go together: equal in some columns, or all; or equal values of a series."""

    def __init__(self, subset: tuple[Any, ...] | None, npartitions: int):
        self.subset = subset
        self.columns = None if subset is None else list(subset)
        self.npartitions = npartitions

    def numbers(self, part: Any) -> NDArray[Any]:
        if part.ndim == 1:
            return numbers_by_hash(part, [part], self.npartitions)
        labels = self.subset or range(part.shape[1])
        keys = [part[x] if self.subset else part.iloc[:, x] for x in labels]
        return numbers_by_hash(part, keys, self.npartitions)

    def __treadle_tokenize__(self) -> Any:
        return "ByValues", self.subset, self.npartitions


def no_duplicated() -> NotImplementedError:
    """Return the error of ``duplicated``."""
    return NotImplementedError(
        "duplicated() marks rows by what stands in other partitions, and keeps all rows where "
        "they are; drop_duplicates() finds the rows themselves, and groupby().size() how many"
    )


# -- how many --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Distinct:
    """Steps of ``nunique``: the distinct values of every column."""

    meta: Any
    dropna: bool

    def chunk(self, part: Any) -> list[Any]:
        """Return the distinct values of each column."""
        if part.ndim == 1:
            return [_distinct(part)]
        return [_distinct(part.iloc[:, n]) for n in range(part.shape[1])]

    def combine(self, parts: list[list[Any]]) -> list[Any]:
        """Return the distinct values of several partitions."""
        return [_united(same) for same in zip(*parts, strict=True)]

    def aggregate(self, parts: list[list[Any]]) -> Any:
        """Return how many there are."""
        found = [
            int(np.count_nonzero(pd.notna(one))) if self.dropna else len(one)
            for one in self.combine(parts)
        ]
        if self.meta.ndim == 1:
            return found[0]
        return pd.Series(found, index=self.meta.columns, dtype="int64")


def _distinct(column: Any) -> Any:
    """Return the distinct values of a column as an array."""
    if isinstance(column, pd.MultiIndex):
        column = column.to_flat_index()
    found = column.unique()
    return found.array if isinstance(found, pd.Index) else found


def _united(arrays: tuple[Any, ...]) -> Any:
    if len(arrays) == 1:
        return arrays[0]
    if all(isinstance(one, np.ndarray) for one in arrays):
        return pd.unique(np.concatenate(arrays))
    series: list[Any] = [pd.Series(one) for one in arrays]
    return joined_parts(series, series[0]).unique()


def nunique(frame: Any, *, dropna: bool = True, split_every: int | bool | None = None) -> Any:
    """Return the collection of how many distinct values there are, exactly."""
    meta = emptied(frame._meta)
    kernel = Distinct(meta, dropna)
    like: Any = 0 if meta.ndim == 1 else pd.Series(index=meta.columns[:0], dtype="int64")
    return reduced(
        "nunique", frame, kernel.chunk, kernel.aggregate, kernel.combine, meta=like,
        split_every=split_every, token=("nunique", dropna),
    )  # fmt: skip

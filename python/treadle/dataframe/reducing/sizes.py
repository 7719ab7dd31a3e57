"""How much there is: bytes, rows, and whether labels ascend.

>>> import pandas as pd
>>> import treadle.dataframe as dd
>>> x = dd.from_pandas(pd.Series([1, 2, 2]), npartitions=2)
>>> is_monotonic(x, increasing=True).compute()
True
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.build import emptied, new_collection, partwise
from treadle.dataframe.reducing.tree import Length, reduced


@dataclass(frozen=True)
class Usage:
    """Bytes of a partition."""

    index: bool
    deep: bool

    def __call__(self, part: Any) -> Any:
        if isinstance(part, pd.Index):
            return part.memory_usage(deep=self.deep)
        return part.memory_usage(index=self.index, deep=self.deep)

    def in_all(self, part: Any) -> pd.Series[Any]:
        """Return the bytes of all columns, as a series of one row."""
        return pd.Series([int(np.sum(self(part)))], dtype="int64")


def memory_usage(frame: Any, index: bool = True, deep: bool = False) -> Any:
    """Return the collection of bytes of each column, or of a series."""
    kernel = Usage(index, deep)
    meta = frame._meta
    like = kernel(meta)
    return reduced(
        "memory_usage", frame, kernel, sum, meta=emptied(like) if meta.ndim == 2 else 0,
        token=("memory_usage", index, deep),
    )  # fmt: skip


def memory_usage_per_partition(frame: Any, index: bool = True, deep: bool = False) -> Any:
    """Return the collection of bytes of each partition."""
    kernel = Usage(index, deep)
    parts = partwise(
        "bytes", kernel.in_all, frame, meta=pd.Series(dtype="int64"), divisions=None,
        token=("bytes", index, deep),
    )  # fmt: skip
    return reduced(
        "memory_usage_per_partition", parts, _itself, _numbered, _listed,
        meta=pd.Series(dtype="int64"), token="numbered",
    )  # fmt: skip


def _itself(part: Any) -> Any:
    return part


def _listed(parts: list[Any]) -> Any:
    return pd.concat(parts)


def _numbered(parts: list[Any]) -> Any:
    return pd.concat(parts).reset_index(drop=True)


def size(frame: Any) -> Any:
    """Return the collection of the number of values."""
    length = new_collection(Length(frame.expr))
    return length if frame.ndim == 1 else length * frame._meta.shape[1]


# -- order -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Monotonic:
    """Steps of ``is_monotonic_increasing``: whether a part is, and its first and last value."""

    increasing: bool

    def chunk(self, part: Any) -> Any:
        """Return what is known of a partition; None of one without rows."""
        if not len(part):
            return None
        index = part if isinstance(part, pd.Index) else pd.Index(part)
        return self._is(index), index[:1].append(index[-1:])

    def _is(self, index: Any) -> bool:
        return bool(
            index.is_monotonic_increasing if self.increasing else index.is_monotonic_decreasing
        )

    def combine(self, parts: list[Any]) -> Any:
        """Return what is known of several partitions, in their order."""
        there = [part for part in parts if part is not None]
        if not there:
            return None
        ends = [ends for _, ends in there]
        good = all(ok for ok, _ in there) and all(
            self._is(a[1:].append(b[:1])) for a, b in pairwise(ends)
        )
        return good, ends[0][:1].append(ends[-1][1:])

    def aggregate(self, parts: list[Any]) -> bool:
        """Return the result."""
        found = self.combine(parts)
        return True if found is None else bool(found[0])


def is_monotonic(frame: Any, *, increasing: bool) -> Any:
    """Return the collection of whether values never fall, or never rise."""
    kernel = Monotonic(increasing)
    name = f"is_monotonic_{'increasing' if increasing else 'decreasing'}"
    return reduced(
        name, frame, kernel.chunk, kernel.aggregate, kernel.combine, meta=True,
        token=("monotonic", increasing),
    )  # fmt: skip


# -- distinct and missing values, bytes ------------------------------------------------------------


def is_unique(frame: Any, negated: bool = False) -> Any:
    """Return the collection of whether no value comes twice, or of whether one does."""
    found = frame.nunique(dropna=False)
    return found < length_of(frame) if negated else found == length_of(frame)


def _has_missing(part: Any) -> bool:
    return bool(part.hasnans)


def hasnans(frame: Any) -> Any:
    """Return the collection of whether some value is missing."""
    return reduced("hasnans", frame, _has_missing, any, meta=True)


def _bytes(part: Any) -> int:
    return int(part.nbytes)


def nbytes(frame: Any) -> Any:
    """Return the collection of bytes of the values."""
    return reduced("nbytes", frame, _bytes, sum, meta=0)


# -- info ------------------------------------------------------------------------------------------


def info(frame: Any, buf: Any = None, verbose: bool = False, memory_usage: bool = False) -> None:
    """Print what a frame is; counts rows and bytes only if asked."""
    meta = frame._meta
    out = sys.stdout if buf is None else buf
    lines = [str(type(frame))]
    counts: Any = None
    if verbose:
        from treadle.base import compute

        counts, length = compute(frame.count(), length_of(frame))
        index = f"Index: {length} entries, {frame.npartitions} partitions"
        lines.append(index)
    columns = meta.columns
    if verbose:
        lines.append(f"Data columns (total {len(columns)} columns):")
        names = [str(label) for label in columns]
        width = max([len("Column"), *map(len, names)])
        lines.append(f" #   {'Column':<{width}}  Non-Null Count  Dtype")
        lines.append(f"---  {'-' * 6:<{width}}  --------------  -----")
        for n, (name, dtype) in enumerate(zip(names, meta.dtypes, strict=True)):
            number = f"{counts.iloc[n]} non-null"
            lines.append(f" {n:<3} {name:<{width}}  {number:<14}  {dtype}")
    elif len(columns):
        lines.append(f"Columns: {len(columns)} entries, {columns[0]} to {columns[-1]}")
    kinds = meta.dtypes.astype(str).value_counts().sort_index()
    lines.append("dtypes: " + ", ".join(f"{kind}({number})" for kind, number in kinds.items()))
    if memory_usage:
        from treadle.utils.format import nbytes

        total = int(frame.memory_usage(deep=True).sum().compute())
        lines.append(f"memory usage: {nbytes(total)}")
    out.write("\n".join(lines) + "\n")


def length_of(frame: Any) -> Any:
    """Return the collection of the number of rows."""
    return new_collection(Length(frame.expr))

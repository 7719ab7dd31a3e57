"""Covariance and correlation of pairs of columns, where neither value is missing.

Of each pair are kept the number of rows that have both values, both means over these, and the sums
of products of distances from them; they are merged without loss, as in `moments`. All pairs of a
partition come from products of two matrices.

>>> import pandas as pd
>>> import treadle.dataframe as dd
>>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2, 3, 4], "y": [2, 4, 6, 9]}), npartitions=2)
>>> float(pairwise(df, "cov").compute().loc["x", "y"].round(6))
3.833333
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from treadle.dataframe.reducing.chosen import choose, is_numeric
from treadle.dataframe.reducing.tree import reduced

#: For pairs (i, j): rows, means of i, sums of products of distances, sums of squares of those of i.
Pairs: TypeAlias = "tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]"


def pairs_of(values: NDArray[np.float64]) -> Pairs:
    """Return what is known of pairs of columns of a matrix; NaN is no value."""
    there = ~np.isnan(values)
    width = values.shape[1]
    with np.errstate(all="ignore"):
        if there.all():
            rows = np.full((width, width), float(len(values)))
            center = values.sum(axis=0) / max(len(values), 1)
            distance = values - center
            products = distance.T @ distance
            squares = np.repeat(np.diag(products)[:, None], width, axis=1)
            return rows, np.repeat(center[:, None], width, axis=1), products, squares
        both = there.astype(np.float64)
        rows = both.T @ both
        center = np.where(there, values, 0).sum(axis=0) / np.maximum(there.sum(axis=0), 1)
        distance = np.where(there, values - center, 0)
        sums = distance.T @ both  # of i, where j is there
        whole = np.maximum(rows, 1)
        products = distance.T @ distance - sums * sums.T / whole
        squares = (distance**2).T @ both - sums**2 / whole
        return rows, center[:, None] + sums / whole, products, squares


def merged(a: Pairs, b: Pairs) -> Pairs:
    """Return what is known of the rows of two."""
    n, m = a[0], b[0]
    both = n + m
    whole = np.maximum(both, 1)
    with np.errstate(all="ignore"):
        delta = np.where((n > 0) & (m > 0), b[1] - a[1], 0.0)
        mean = np.where(n == 0, b[1], a[1] + delta * (m / whole))
        weight = n * m / whole
        return (
            both, mean, a[2] + b[2] + delta * delta.T * weight, a[3] + b[3] + delta**2 * weight,
        )  # fmt: skip


def finished(how: str, pairs: Pairs, min_periods: int, ddof: int) -> NDArray[np.float64]:
    """Return the matrix of covariances or correlations."""
    rows, _, products, squares = pairs
    with np.errstate(all="ignore"):
        if how == "cov":
            found = np.where(rows > ddof, products / (rows - ddof), np.nan)
        else:
            spread = np.sqrt(squares * squares.T)
            found = np.where(spread > 0, np.clip(products / spread, -1, 1), np.nan)
        return np.where(rows >= max(min_periods, 1), found, np.nan)


@dataclass(frozen=True)
class Pairwise:
    """Steps of corr and cov of a frame's columns, or of two series."""

    how: str
    meta: pd.DataFrame
    min_periods: int
    ddof: int = 1
    scalar: bool = False

    def chunk(self, part: Any, other: Any = None) -> tuple[int, Pairs]:
        """Return the rows of a partition, and what is known of its pairs."""
        if other is not None:
            part, other = part.align(other, join="inner")
            part = pd.DataFrame({0: part, 1: other})
        elif not part.columns.equals(self.meta.columns):
            part = part[list(self.meta.columns)]
        return len(part), pairs_of(part.to_numpy(dtype=np.float64, na_value=np.nan))

    def combine(self, parts: list[tuple[int, Pairs]]) -> tuple[int, Pairs]:
        """Merge what is known of partitions."""
        return sum(rows for rows, _ in parts), self._merged(parts)

    def _merged(self, parts: list[tuple[int, Pairs]]) -> Pairs:
        return reduce(merged, (pairs for _, pairs in parts))

    def aggregate(self, parts: list[tuple[int, Pairs]]) -> Any:
        """Return the matrix, or of two series the number."""
        rows = sum(rows for rows, _ in parts)
        pairs = self._merged(parts)
        # pandas heeds ddof only where nothing is missing; of two series always.
        ddof = self.ddof if self.scalar or (pairs[0] == rows).all() else 1
        found = finished(self.how, pairs, self.min_periods, ddof)
        if self.scalar:
            return np.float64(found[0, 1])
        labels = self.meta.columns
        return pd.DataFrame(found, index=labels, columns=labels)


def pairwise(
    frame: Any,
    how: str,
    *,
    method: Any = "pearson",
    min_periods: int | None = None,
    ddof: int = 1,
    numeric_only: bool = False,
    split_every: int | bool | None = None,
) -> Any:
    """Return the collection of a matrix: of ``cov`` or ``corr``."""
    check_method(method)
    chosen = choose(frame._meta, is_numeric if numeric_only else None)
    wrong = [c for c, d in chosen.meta.dtypes.items() if not is_numeric(d) and not _is_object(d)]
    if wrong:
        raise TypeError(f"columns {wrong} are no numbers; use numeric_only=True, or leave them out")
    labels = chosen.meta.columns
    kernel = Pairwise(how, chosen.meta, min_periods or 1, ddof)
    return reduced(
        how, frame, kernel.chunk, kernel.aggregate, kernel.combine,
        meta=pd.DataFrame(index=labels[:0], columns=labels, dtype=np.float64),
        reads=None if chosen.columns is None else [chosen.columns], split_every=split_every,
        token=("pairwise", how, min_periods, ddof, numeric_only),
    )  # fmt: skip


def pair(
    left: Any,
    right: Any,
    how: str,
    *,
    method: Any = "pearson",
    min_periods: int | None = None,
    ddof: int = 1,
    split_every: int | bool | None = None,
) -> Any:
    """Return the collection of the covariance or correlation of two series."""
    check_method(method)
    for one in (left, right):
        if not is_numeric(one._meta.dtype) and not _is_object(one._meta.dtype):
            raise TypeError(f"{how} needs numbers; {one._meta.name!r} is of {one._meta.dtype}")
    kernel = Pairwise(how, pd.DataFrame(), min_periods or 1, ddof, True)
    return reduced(
        how, [left, right], kernel.chunk, kernel.aggregate, kernel.combine,
        meta=np.float64(0), split_every=split_every, token=("pair", how, min_periods, ddof),
    )  # fmt: skip


def _is_object(dtype: Any) -> bool:
    return isinstance(dtype, np.dtype) and dtype.kind == "O"


def check_method(method: Any) -> None:
    """Raise unless a method of correlation can be computed on partitions."""
    if method in ("spearman", "kendall"):
        raise NotImplementedError(
            f"method={method!r} needs the rank of each value among all rows; "
            "use method='pearson', or compute() the columns first"
        )
    if method != "pearson":
        raise ValueError(f"method must be 'pearson', not {method!r}")

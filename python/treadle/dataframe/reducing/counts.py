"""How often each value comes: ``value_counts``, and ``mode``.

Counts of a partition are a series, with values in the order of their first rows. Counts of several
are added up in the order of partitions, so that this stays the order of first rows, by which pandas
breaks ties.

>>> import pandas as pd
>>> import treadle.dataframe as dd
>>> x = dd.from_pandas(pd.Series(["b", "a", "a", "c"]), npartitions=2)
>>> value_counts(x).compute()
a    2
b    1
c    1
Name: count, dtype: int64
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.build import emptied, new_collection, partwise
from treadle.dataframe.coded import coded_source, is_text
from treadle.dataframe.expr import Projection, Source
from treadle.dataframe.reducing.chosen import choose, example, is_numeric
from treadle.dataframe.reducing.tree import TreeReduction, reduced
from treadle.dataframe.shuffle.expr import ByHash, Shuffle
from treadle.graph.expr import Users

#: Codes that are looked at first for the order in which values come: mostly all are there.
_HEAD = 1 << 16


def counts_of(part: Any, dtype: Any = None) -> pd.Series[Any]:
    """Return how often each value of a partition comes, missing ones too.

    Parameters
    ----------
    part : Series or Index
    dtype : dtype, optional
        Of the values: a partition may hold them as categories, for which files have codes already.

    Examples
    --------
    >>> coded = pd.Series(["b", "a", "b"], dtype=pd.CategoricalDtype(["a", "b", "c"]))
    >>> counts_of(coded, pd.StringDtype(na_value=float("nan"))).to_dict()
    {'b': 2, 'a': 1}
    """
    coded = isinstance(part.dtype, pd.CategoricalDtype)
    if not coded or isinstance(dtype, pd.CategoricalDtype) or dtype is None:
        found: pd.Series[Any] = part.value_counts(sort=False, dropna=False)
        return found
    codes = np.asarray(part.array.codes)
    counts = np.bincount(codes + np.intp(1), minlength=1)
    present = pd.unique(codes[:_HEAD])
    if len(present) < np.count_nonzero(counts):
        present = pd.unique(codes)
    counts = counts[present + np.intp(1)]
    values = part.dtype.categories.astype(dtype).take(
        np.where(present < 0, -1, present), allow_fill=True, fill_value=None
    )
    return pd.Series(counts, index=pd.Index(values, name=part.name), name="count")


def added(counts: Sequence[pd.Series[Any]]) -> pd.Series[Any]:
    """Return counts of several partitions as one, values in the order of their first rows."""
    filled = [one for one in counts if len(one)] or list(counts[:1])
    if len(filled) == 1:
        return filled[0]
    first = filled[0].index
    if isinstance(first, pd.CategoricalIndex):
        return _added_categories(filled)
    together = pd.concat(filled)
    return _added_rows(together)


def _added_rows(counts: pd.Series[Any]) -> pd.Series[Any]:
    """Return counts whose labels come once each."""
    codes, distinct = pd.factorize(counts.index, use_na_sentinel=False)
    if len(distinct) == len(counts):
        return counts
    # Counts are whole, and far below the 2**53 up to which floats are exact.
    sums = np.bincount(codes, weights=counts.to_numpy(dtype=np.float64), minlength=len(distinct))
    first = np.empty(len(distinct), np.intp)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    index = counts.index.take(first)
    return pd.Series(sums.astype(np.int64), index=index, name=counts.name).astype(counts.dtype)


def _added_categories(counts: Sequence[pd.Series[Any]]) -> pd.Series[Any]:
    """Return counts in the order of categories, those that never come among them."""
    first: Any = counts[0].index
    dtype = first.dtype
    if any(one.index.dtype != dtype for one in counts[1:]):
        values = pd.api.types.union_categoricals([pd.Categorical(one.index) for one in counts])
        dtype = values.dtype
    size = len(dtype.categories)
    sums = np.zeros(size + 1, np.int64)
    gone = False
    for one in counts:
        codes = pd.Categorical(one.index, dtype=dtype).codes
        sums[codes] += one.to_numpy()
        gone = gone or bool((codes < 0).any())
    order = np.append(np.arange(size), [-1] if gone else []).astype(np.int64)
    index = pd.CategoricalIndex(pd.Categorical.from_codes(order, dtype=dtype), name=first.name)
    return pd.Series(sums[order], index=index, name=counts[0].name)


@dataclass(frozen=True)
class Counts:
    """Steps of ``value_counts``."""

    dtype: Any
    sort: bool = True
    ascending: bool = False
    dropna: bool = True
    normalize: bool = False

    def chunk(self, part: Any) -> pd.Series[Any]:
        """Count values of a partition."""
        return counts_of(part, self.dtype)

    def finish(self, counts: list[pd.Series[Any]]) -> pd.Series[Any]:
        """Return what pandas returns."""
        return self._finished(added(counts))

    def finish_mixed(self, counts: pd.Series[Any]) -> pd.Series[Any]:
        """Return the result for a partition to which counts of several have come."""
        return self._finished(_added_rows(counts))

    def _finished(self, found: pd.Series[Any]) -> pd.Series[Any]:
        if isinstance(found.index, pd.MultiIndex):
            if self.dropna:
                found = found[found.index.to_frame().notna().all(axis=1).to_numpy()]
            found = found.sort_index()
        elif self.dropna and found.index.hasnans:
            found = found[found.index.notna()]
        if self.sort:
            found = found.sort_values(ascending=self.ascending, kind="stable")
        if self.normalize:
            found = (found / found.sum()).rename("proportion")
        return found


class ValueCounts(TreeReduction):
    """Counts of the values of a series."""

    __slots__ = ()

    def simplify(self, users: Users) -> TreeReduction:
        (series,) = self.inputs
        if not isinstance(series, Projection) or users.get(series.name) != 1:
            return self
        source, label = series.inputs[0], series.wanted
        if not isinstance(source, Source) or source.columns is None or not is_text(source, label):
            return self
        coded = coded_source(source, [label], users)
        return self if coded is None else self.replace(inputs=(Projection(coded, label),))


def value_counts(
    frame: Any,
    *,
    sort: bool | None = None,
    ascending: bool = False,
    dropna: bool = True,
    normalize: bool = False,
    split_every: int | bool | None = None,
    split_out: int | bool = 1,
) -> Any:
    """Return the collection of counts of a series or an index."""
    meta = frame._meta
    pieces = pieces_of(split_out, frame.npartitions)
    sort = pieces == 1 if sort is None else sort
    kernel = Counts(meta.dtype, bool(sort), ascending, dropna, normalize)
    asked: Any = meta if isinstance(meta, pd.MultiIndex) else example(meta)
    like = emptied(asked.value_counts(dropna=dropna, normalize=normalize))
    if asked is not meta:
        like.index.name = meta.name
    if pieces == 1:
        return reduced(
            "value_counts", frame, kernel.chunk, kernel.finish, added, meta=like,
            split_every=split_every, token=("value_counts", kernel), node=ValueCounts,
        )  # fmt: skip
    if sort or normalize:
        raise NotImplementedError(
            f"with split_out={pieces} counts lie in {pieces} partitions, and neither their order "
            "nor their sum is known to one of them; use split_out=1 for sort or normalize"
        )
    counts = partwise("counts", kernel.chunk, frame, meta=like, divisions=None, token=kernel)
    moved = new_collection(Shuffle(counts.expr, ByHash(None, pieces)))
    return partwise("value_counts", kernel.finish_mixed, moved, meta=like, token=kernel)


def pieces_of(split_out: int | bool, npartitions: int) -> int:
    """Return into how many partitions a result goes; True is as many as there are."""
    if split_out is True:
        return npartitions
    if split_out is False:
        return 1
    if split_out < 1:
        raise ValueError(f"split_out must be 1 or more, or True, not {split_out}")
    return int(split_out)


# -- rows of a frame ---------------------------------------------------------------------------


@dataclass(frozen=True)
class RowCounts:
    """Steps of ``value_counts`` of a frame."""

    subset: Any
    sort: bool
    ascending: bool
    dropna: bool
    normalize: bool

    def chunk(self, part: Any) -> pd.Series[Any]:
        """Count the rows of a partition, in the order in which they come first."""
        found: pd.Series[Any] = part.value_counts(self.subset, sort=False, dropna=self.dropna)
        return found

    def combine(self, counts: list[pd.Series[Any]]) -> pd.Series[Any]:
        """Add up counts of several partitions."""
        filled = [one for one in counts if len(one)] or counts[:1]
        if len(filled) == 1:
            return filled[0]
        together: Any = pd.concat(filled)
        levels = list(range(together.index.nlevels))
        found = together.groupby(
            level=levels if len(levels) > 1 else 0, sort=False, dropna=False, observed=False
        ).sum()
        if isinstance(together.index, pd.MultiIndex) and len(levels) == 1:
            found.index = pd.MultiIndex.from_arrays([found.index], names=together.index.names)
        return found  # type: ignore[no-any-return]

    def aggregate(self, counts: list[pd.Series[Any]]) -> pd.Series[Any]:
        """Return what pandas returns."""
        found = self.combine(counts)
        if self.sort:
            found = found.sort_values(ascending=self.ascending, kind="stable")
        if self.normalize:
            found = (found / found.sum()).rename("proportion")
        return found


def row_counts(
    frame: Any,
    subset: Any = None,
    *,
    sort: bool = True,
    ascending: bool = False,
    dropna: bool = True,
    normalize: bool = False,
    split_every: int | bool | None = None,
) -> Any:
    """Return the collection of counts of the rows of a frame."""
    meta = frame._meta
    kernel = RowCounts(subset, sort, ascending, dropna, normalize)
    like = emptied(example(meta).value_counts(subset, normalize=normalize, dropna=dropna))
    reads = None
    if subset is not None and meta.columns.is_unique:
        reads = [list(subset) if isinstance(subset, list) else [subset]]
    return reduced(
        "value_counts", frame, kernel.chunk, kernel.aggregate, kernel.combine, meta=like,
        reads=reads, split_every=split_every, token=("row_counts", kernel),
    )  # fmt: skip


# -- most frequent values --------------------------------------------------------------------------


@dataclass(frozen=True)
class Mode:
    """Steps of ``mode``: counts of every column."""

    meta: Any
    dropna: bool

    def chunk(self, part: Any) -> list[pd.Series[Any]]:
        """Count the values of each column."""
        if part.ndim == 1:
            return [counts_of(part)]
        part = part[self.meta.columns] if not part.columns.equals(self.meta.columns) else part
        return [counts_of(part.iloc[:, n]) for n in range(part.shape[1])]

    def combine(self, parts: list[list[pd.Series[Any]]]) -> list[pd.Series[Any]]:
        """Add up counts."""
        return [added(same) for same in zip(*parts, strict=True)]

    def aggregate(self, parts: list[list[pd.Series[Any]]]) -> Any:
        """Return what pandas returns."""
        columns = [self._most(one) for one in self.combine(parts)]
        if self.meta.ndim == 1:
            return columns[0].rename(self.meta.name)
        frame = pd.concat(columns, axis=1, ignore_index=True) if columns else self.meta
        return frame.set_axis(self.meta.columns, axis=1)

    def _most(self, counts: pd.Series[Any]) -> pd.Series[Any]:
        if self.dropna:
            counts = counts[counts.index.notna()]
        most = counts[counts == counts.max()] if len(counts) else counts
        # Each of them comes once here: pandas finds them all, and puts them in its order.
        values = pd.Series(most[most > 0].index.array)
        return values.mode(dropna=self.dropna)


def mode(
    frame: Any,
    *,
    dropna: bool = True,
    numeric_only: bool = False,
    split_every: int | bool | None = None,
) -> Any:
    """Return the collection of the most frequent values of each column."""
    meta = frame._meta
    if meta.ndim == 2:
        meta = choose(meta, is_numeric if numeric_only else None).meta
    kernel = Mode(emptied(meta), dropna)
    reads = [list(meta.columns)] if meta.ndim == 2 and meta.columns.is_unique else None
    return reduced(
        "mode", frame, kernel.chunk, kernel.aggregate, kernel.combine,
        meta=emptied(example(meta).mode(dropna=dropna)), reads=reads, split_every=split_every,
        token=("mode", dropna, numeric_only),
    )  # fmt: skip

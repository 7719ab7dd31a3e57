"""Frames of what is in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.build import emptied, new_collection
from treadle.dataframe.expr import Source
from treadle.dataframe.reading import Reading
from treadle.graph.tokenize import tokenize


class InMemory(Reading):
    """Parts of a frame that is there."""

    def __init__(self, parts: list[Any], divisions: tuple[Any, ...], meta: Any):
        self.parts = parts
        self.divisions = divisions
        self.meta = meta

    def function(self) -> Callable[[Any], Any]:
        return itself

    def project(self, columns: list[Any]) -> Reading:
        return InMemory([part[columns] for part in self.parts], self.divisions, self.meta[columns])

    def lengths(self) -> Sequence[int]:
        return [len(part) for part in self.parts]

    def first_rows(self, count: int) -> Any:
        found = self.parts[0].iloc[:count]
        for part in self.parts[1:]:
            if len(found) >= count:
                break
            found = pd.concat([found, part.iloc[: count - len(found)]])
        return found

    def nbytes(self) -> int:
        from treadle.utils.sizeof import sizeof

        return sum(sizeof(part) for part in self.parts)

    def describe(self) -> str:
        return "from memory"


def itself(part: Any) -> Any:
    """Return a part, which is the partition."""
    return part


def from_pandas(
    data: pd.DataFrame | pd.Series[Any],
    npartitions: int | None = None,
    sort: bool = True,
    chunksize: int | None = None,
) -> Any:
    """Return a frame or series of pandas in partitions.

    Parameters
    ----------
    data : DataFrame or Series
    npartitions : int, optional
        How many; rows with equal labels stay together, so there may be fewer. One without it.
    sort : bool
        Sort by the index, so that divisions are known; otherwise rows keep their order.
    chunksize : int, optional
        Rows of a partition, instead of ``npartitions``.

    Examples
    --------
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> dd.from_pandas(pd.DataFrame({"x": range(6)}), npartitions=3).divisions
    (0, 2, 4, 5)
    """
    if not isinstance(data, pd.DataFrame | pd.Series):
        raise TypeError(f"from_pandas takes a DataFrame or Series, not {type(data).__name__}")
    if npartitions is not None and chunksize is not None:
        raise ValueError("give either npartitions or chunksize")
    rows = len(data)
    if chunksize is not None:
        if chunksize < 1:
            raise ValueError(f"chunksize must be 1 or more, not {chunksize}")
        npartitions = max(-(-rows // chunksize), 1)
    npartitions = 1 if npartitions is None else npartitions
    if npartitions < 1:
        raise ValueError(f"npartitions must be 1 or more, not {npartitions}")
    # Categories have an order of their own, which labels between partitions do not show.
    unordered = isinstance(data.index, pd.MultiIndex | pd.CategoricalIndex)
    known = sort and not unordered and not data.index.hasnans
    if sort and not data.index.is_monotonic_increasing:
        data = data.sort_index(kind="stable")
    size = -(-rows // npartitions) if rows else 1
    places = list(range(0, rows, chunksize or size)) or [0]
    if chunksize is None:
        places = np.unique(np.linspace(0, rows, npartitions + 1).astype(int)[:-1]).tolist() or [0]
    divisions: tuple[Any, ...]
    if known and rows:
        index = data.index
        starts = sorted({int(index.searchsorted(index[place])) for place in places})
        divisions = (*(_plain(index[place]) for place in starts), _plain(index[-1]))
    else:
        starts = places
        divisions = (None,) * (len(starts) + 1)
    parts = [data.iloc[a:b] for a, b in pairwise([*starts, rows])]
    name = f"from_pandas-{tokenize('from_pandas', data, starts)}"
    return new_collection(Source(name, InMemory(parts, divisions, emptied(data))))


def _plain(label: Any) -> Any:
    return label.item() if isinstance(label, np.number | np.bool_) else label

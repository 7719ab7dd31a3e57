"""Divisions for data whose order is not known: a small sorted sample of every partition, merged.

Every partition gives a few hundred of its values, evenly spaced in its own order, each standing
for as many rows. All of them, sorted, are cut where the rows they stand for reach each share::

    partition 0   1 ... 4 ... 9      each for 100 rows
    partition 1   2 ... 3 ... 8      each for  50 rows      cut in two at 4: 250 of 450 rows

Divisions are always values that occur, so this works for text, times and categories as well. The
lowest and the highest value are exact. The sample is drawn by a fixed seed: the same data give the
same divisions.

>>> import pandas as pd
>>> sketches = [sketch_keys(pd.Series(range(50))), sketch_keys(pd.Series(range(50, 100)))]
>>> divisions_of(sketches, 4)
[0, 25, 50, 75, 99]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.plain import plain
from treadle.dataframe.shuffle.utf8 import Texts, first_words

_SAMPLED = 1 << 15  # rows that are looked at; sorting more costs time, and gains little


@dataclass(frozen=True, slots=True)
class KeySketch:
    """What is known of the keys of a partition.

    Attributes
    ----------
    rows, missing : int
        All rows, and those without a key.
    lowest, highest : object
        None if no row has a key. Categories go by their order.
    is_sorted : bool
        Whether no key is missing, or less than the one before.
    sample : Series
        Sorted values, each standing for the same number of rows.
    """

    rows: int
    missing: int
    lowest: Any
    highest: Any
    is_sorted: bool
    sample: pd.Series[Any]


def sketch_keys(values: Any, size: int = 1024) -> KeySketch:
    """Return a sketch of a key column of one partition.

    Parameters
    ----------
    values : Series or Index
    size : int
        How many values to keep. New partitions come out even to about the number of them, divided
        by this: for 100 partitions, 1024 keeps each within some 10 percent.

    Examples
    --------
    >>> import pandas as pd
    >>> sketch = sketch_keys(pd.Series(["b", None, "a"]))
    >>> sketch.lowest, sketch.highest, sketch.missing, sketch.is_sorted
    ('a', 'b', 1, False)
    """
    series = pd.Series(values if isinstance(values, pd.Series) else pd.Index(values).array)
    series = series.reset_index(drop=True)
    rows = len(series)
    series = series.dropna()
    missing = rows - len(series)
    if len(series) == 0:
        return KeySketch(rows, missing, None, None, rows == 0, series)
    try:
        lowest, highest = _ends(series)
        ordered = missing == 0 and _is_sorted(series)
        sample = _sorted(_drawn(series))
    except TypeError as error:
        kinds = sorted({type(value).__name__ for value in series})
        raise TypeError(
            f"column {series.name!r} can't be sorted, since it holds values of types "
            f"{' and '.join(kinds)}; convert them to one type first"
        ) from error
    if len(sample) > size:
        ranks = ((np.arange(size) + 0.5) * (len(sample) / size)).astype(np.intp)
        sample = sample.take(ranks)
    return KeySketch(rows, missing, lowest, highest, ordered, sample.reset_index(drop=True))


def _ends(series: pd.Series[Any]) -> tuple[Any, Any]:
    if isinstance(series.dtype, pd.CategoricalDtype):
        codes = series.cat.codes
        categories = series.cat.categories
        return categories[codes.min()], categories[codes.max()]
    return plain(series.min()), plain(series.max())


def _is_sorted(series: pd.Series[Any]) -> bool:
    if isinstance(series.dtype, pd.CategoricalDtype):
        return bool(series.cat.codes.is_monotonic_increasing)
    if isinstance(series.dtype, pd.StringDtype):
        words = first_words(Texts.of(series.array))
        if (words[1:] < words[:-1]).any():
            return False  # without making an object of every text, as pandas does
        if (words[1:] > words[:-1]).all():
            return True
    return bool(series.is_monotonic_increasing)


def _drawn(series: pd.Series[Any]) -> pd.Series[Any]:
    """One row at random from each of many equal stretches, if there are more rows than these."""
    rows = len(series)
    if rows <= _SAMPLED:
        return series
    within = np.random.default_rng(rows).random(_SAMPLED)
    places = ((np.arange(_SAMPLED) + within) * (rows / _SAMPLED)).astype(np.intp)
    return series.take(np.minimum(places, rows - 1))


def _sorted(series: pd.Series[Any]) -> pd.Series[Any]:
    if isinstance(series.dtype, pd.CategoricalDtype):  # without an order, too
        return series.iloc[np.argsort(series.cat.codes.to_numpy(), kind="stable")]
    return series.sort_values(ignore_index=True)


def divisions_of(sketches: Sequence[KeySketch], npartitions: int) -> list[Any]:
    """Return divisions that cut all rows into about equal partitions.

    Parameters
    ----------
    sketches : sequence of KeySketch
        One for each partition that there is now.
    npartitions : int
        How many are wanted. There are fewer if single values take more than a share, since equal
        keys stay together.

    Returns
    -------
    list
        Strictly increasing but for the last two, which may be equal; from the lowest value to the
        highest. Empty if there are no keys at all.

    Examples
    --------
    >>> import pandas as pd
    >>> divisions_of([sketch_keys(pd.Series([5, 5, 5, 5, 5, 5, 1]))], 4)
    [1, 5, 5]
    """
    filled = [sketch for sketch in sketches if len(sketch.sample)]
    if not filled:
        return []
    parts, weights = [], []
    for sketch in filled:
        parts.append(sketch.sample)
        share = (sketch.rows - sketch.missing) / len(sketch.sample)
        weights.append(np.full(len(sketch.sample), share))
    values, order, ends = _merged(parts, filled)
    weight = np.concatenate(weights)[order]
    # A value stands for the rows around it, so half of them lie before.
    before = np.cumsum(weight) - weight / 2
    targets = weight.sum() * np.arange(1, npartitions) / npartitions
    chosen = np.searchsorted(before, targets, side="left")
    inner = values.take(np.minimum(chosen, len(values) - 1))
    divisions = [ends[0]]
    for value in inner.tolist():
        if value != divisions[-1]:
            divisions.append(plain(value))
    return [*divisions, ends[1]]


def _merged(
    parts: list[pd.Series[Any]], sketches: list[KeySketch]
) -> tuple[pd.Series[Any], Any, tuple[Any, Any]]:
    """All samples sorted, the order that sorts them, and the lowest and highest value of all."""
    dtypes: list[Any] = [part.dtype for part in parts]
    lowest = [sketch.lowest for sketch in sketches]
    highest = [sketch.highest for sketch in sketches]
    if all(isinstance(dtype, pd.CategoricalDtype) for dtype in dtypes):
        categories = dtypes[0].categories
        for dtype in dtypes[1:]:
            if not dtype.categories.equals(categories):
                categories = categories.append(dtype.categories.difference(categories, sort=False))
        codes = np.concatenate([categories.get_indexer(pd.Index(part.array)) for part in parts])
        order = np.argsort(codes, kind="stable")
        low = categories.get_indexer(pd.Index(lowest)).min()
        high = categories.get_indexer(pd.Index(highest)).max()
        values = pd.Series(categories.take(codes[order]))
        return values, order, (categories[low], categories[high])
    together = pd.concat(parts, ignore_index=True)
    ordered = together.sort_values(kind="stable")
    return ordered, ordered.index.to_numpy(), (min(lowest), max(highest))


def sorted_divisions(sketches: Sequence[KeySketch]) -> tuple[list[Any], list[int]] | None:
    """Return divisions of partitions that are in order already, and need no shuffle.

    Returns
    -------
    (list, list of int) or None
        Divisions, and the numbers of the partitions that are not empty. None unless each of these
        is sorted, and begins above the end of the one before.

    Examples
    --------
    >>> import pandas as pd
    >>> parts = [pd.Series([1, 3]), pd.Series([], dtype="int64"), pd.Series([4])]
    >>> sorted_divisions([sketch_keys(part) for part in parts])
    ([1, 4, 4], [0, 2])
    >>> sorted_divisions([sketch_keys(part) for part in reversed(parts)]) is None
    True
    """
    kept = [number for number, sketch in enumerate(sketches) if sketch.rows]
    filled = [sketches[number] for number in kept]
    if not filled or not all(sketch.is_sorted for sketch in filled):
        return None
    ends = pd.Series(
        [end for sketch in filled for end in (sketch.lowest, sketch.highest)],
        dtype=filled[0].sample.dtype if _one_category(filled) else None,
    )
    ranks = ends.cat.codes.tolist() if _one_category(filled) else ends.tolist()
    if isinstance(filled[0].sample.dtype, pd.CategoricalDtype) and not _one_category(filled):
        return None
    if any(ranks[n] >= ranks[n + 1] for n in range(1, len(ranks) - 1, 2)):
        return None
    return [*(sketch.lowest for sketch in filled), filled[-1].highest], kept


def _one_category(sketches: Sequence[KeySketch]) -> bool:
    dtypes: list[Any] = [sketch.sample.dtype for sketch in sketches]
    if not all(isinstance(dtype, pd.CategoricalDtype) for dtype in dtypes):
        return False
    return all(a.categories.equals(b.categories) for a, b in pairwise(dtypes))

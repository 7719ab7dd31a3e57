"""Whether values are unique or missing, and their bytes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import treadle.dataframe as dd

SERIES = [
    pd.Series([1, 2, 2]),
    pd.Series([1.0, np.nan, 2.0]),
    pd.Series([np.nan, 1.0, np.nan]),
    pd.Series(["a", "b", None]),
    pd.Series([], dtype="int64"),
    pd.Series([1, None, 3], dtype="Int64"),
    pd.Series(pd.date_range("2000-01-01", periods=3)),
    pd.Series(pd.Categorical(["a", "b", "a"])),
]


@pytest.mark.parametrize("series", SERIES)
def test_facts_of_a_series_are_those_of_pandas(series):
    x = dd.from_pandas(series, npartitions=2)

    assert x.is_unique.compute() == series.is_unique
    assert x.hasnans.compute() == series.hasnans
    if not isinstance(series.dtype, pd.CategoricalDtype):  # each partition has the categories
        assert x.nbytes.compute() == sum(part.nbytes for part in parts(x))


def parts(x):
    return [x.get_partition(n).compute() for n in range(x.npartitions)]


@pytest.mark.parametrize("labels", [[1, 2, 3], [1, 1, 2], [np.nan, 1.0, 2.0]])
def test_facts_of_an_index_are_those_of_pandas(labels):
    series = pd.Series([1, 2, 3], index=labels)
    index = dd.from_pandas(series, npartitions=2, sort=False).index

    assert index.is_unique.compute() == series.index.is_unique
    assert index.has_duplicates.compute() == series.index.has_duplicates
    assert index.hasnans.compute() == series.index.hasnans
    assert index.nbytes.compute() == series.index.nbytes

"""Divisions from samples: even, exact at the ends, and the same on every run."""

from __future__ import annotations

import datetime
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treadle.dataframe.shuffle.key_sketch import divisions_of, sketch_keys, sorted_divisions
from treadle.dataframe.shuffle.pieces import numbers_by_divisions

PARTS = st.lists(st.lists(st.integers(-50, 50), max_size=20), min_size=1, max_size=6)


def counts_of(parts, divisions):
    whole = pd.concat(parts)
    return np.bincount(numbers_by_divisions(whole, divisions), minlength=len(divisions) - 1)


@settings(deadline=None, max_examples=60)
@given(PARTS, st.integers(1, 8))
def test_divisions_are_values_that_occur_and_increase(parts, n):
    columns = [pd.Series(part, dtype="int64") for part in parts]

    divisions = divisions_of([sketch_keys(column) for column in columns], n)

    values = sorted(value for part in parts for value in part)
    assert (
        divisions == [] if not values else (divisions[0], divisions[-1]) == (values[0], values[-1])
    )
    assert set(divisions) <= set(values)
    assert all(a < b for a, b in pairwise(divisions[:-1]))
    assert len(divisions) <= n + 1


@pytest.mark.parametrize(
    "make",
    [
        lambda x: x,
        lambda x: (x * 1e9).astype("int64"),
        lambda x: x.map("key {:.9f}".format).astype("str"),
        lambda x: pd.to_datetime(x * 1e9, unit="s", utc=True),
        lambda x: (x * 1e9).astype("int64").astype("Int64"),
    ],
    ids=["floats", "integers", "texts", "times", "masked"],
)
def test_partitions_of_a_skewed_column_come_out_even(make):
    random = np.random.default_rng(0)
    sizes = [50_000, 1_000, 70_000, 10]
    parts = [make(pd.Series(random.random(size) ** (k + 1))) for k, size in enumerate(sizes)]

    divisions = divisions_of([sketch_keys(part) for part in parts], 20)

    counts = counts_of(parts, divisions)
    assert len(counts) == 20
    assert counts.min() > 0.85 * counts.mean()
    assert counts.max() < 1.15 * counts.mean()
    assert divisions == divisions_of([sketch_keys(part) for part in parts], 20)


def test_a_value_that_is_most_of_the_data_gets_one_partition():
    sketch = sketch_keys(pd.Series([7] * 98 + [1, 9]))

    assert divisions_of([sketch], 10) == [1, 7, 9]


def test_categories_are_divided_in_their_order_also_if_parts_have_different_ones():
    sizes = pd.CategoricalDtype(["small", "medium", "large"], ordered=True)
    parts = [pd.Series(["large", "small"], dtype=sizes), pd.Series(["medium"], dtype=sizes)]
    other = pd.Series(["huge"], dtype="category")

    assert divisions_of(map_sketch(parts), 3) == ["small", "medium", "large", "large"]
    assert divisions_of(map_sketch([*parts, other]), 1) == ["small", "huge"]


def map_sketch(parts):
    return [sketch_keys(part) for part in parts]


def test_missing_values_are_counted_and_have_no_say():
    sketch = sketch_keys(pd.Series([np.nan, 2.0, np.nan, 1.0]))

    assert (sketch.rows, sketch.missing, sketch.is_sorted) == (4, 2, False)
    assert divisions_of([sketch], 2) == [1.0, 2.0, 2.0]
    assert divisions_of([sketch_keys(pd.Series([np.nan]))], 2) == []


@pytest.mark.parametrize("dtype", ["str", "object", "category", "string[python]"])
def test_sorted_texts_are_seen_to_be_sorted(dtype):
    long = ["prefix 1", "prefix 10", "prefix 10", "prefix 2"]

    assert sketch_keys(pd.Series(long, dtype=dtype)).is_sorted
    assert not sketch_keys(pd.Series(long[::-1], dtype=dtype)).is_sorted
    assert sketch_keys(pd.Series(["a", "b"], dtype=dtype)).is_sorted


@settings(deadline=None, max_examples=60)
@given(PARTS)
def test_sorted_divisions_are_found_exactly_if_partitions_are_in_order(parts):
    found = sorted_divisions([sketch_keys(pd.Series(part, dtype="int64")) for part in parts])

    filled = [part for part in parts if part]
    ordered = bool(filled) and all(part == sorted(part) for part in filled)
    apart = all(a[-1] < b[0] for a, b in pairwise(filled))
    assert (found is not None) == (ordered and apart)
    if found is not None:
        assert found[0] == [*(part[0] for part in filled), filled[-1][-1]]
        assert [parts[number] for number in found[1]] == filled


def test_sorted_divisions_of_categories_need_one_order():
    dtype = pd.CategoricalDtype(["b", "a"])
    parts = [pd.Series(["b"], dtype=dtype), pd.Series(["a"], dtype=dtype)]

    assert sorted_divisions(map_sketch(parts)) == (["b", "a", "a"], [0, 1])
    assert sorted_divisions(map_sketch([p.astype("str").astype("category") for p in parts])) is None


def test_an_index_can_be_sketched():
    sketch = sketch_keys(pd.date_range("2024", periods=3, name="day"))

    assert (sketch.lowest, sketch.highest) == (pd.Timestamp("2024"), pd.Timestamp("2024-01-03"))


def test_keys_that_do_not_compare_are_named():
    with pytest.raises(TypeError, match=r"column 'k' can't be sorted, .* types date and str"):
        sketch_keys(pd.Series(["a", datetime.date(2024, 1, 1)], name="k"))

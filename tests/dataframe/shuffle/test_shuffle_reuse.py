"""Rows that are together already: what is seen through, and what is not."""

from __future__ import annotations

import pandas as pd
import pytest

import treadle.dataframe as dd
from treadle.dataframe.build import partwise
from treadle.dataframe.shuffle.expr import ByDivisions, ByHash, Shuffle
from treadle.dataframe.shuffle.reuse import partitioning, together


def shuffled(by=("k",), npartitions=4):
    df = pd.DataFrame({"k": [3, 1, 2, 1], "x": [1.0, 2.0, 3.0, 4.0], "y": list("abcd")})
    start = dd.from_pandas(df, npartitions=2, sort=False)
    return dd.DataFrame(Shuffle(start.expr, ByHash(list(by), npartitions)))


def test_a_shuffle_tells_how_it_placed_rows():
    assert partitioning(shuffled().expr) == ByHash(["k"], 4)
    assert partitioning(shuffled().expr) != ByHash(["k"], 5)
    assert partitioning(shuffled().expr) != ByHash(["x"], 4)


@pytest.mark.parametrize(
    "change",
    [
        lambda df: df[df.x > 1],
        lambda df: df[["k", "x"]],
        lambda df: df[["x", "k"]][df.x > 1],
        lambda df: df.assign(z=df.x + 1),
        lambda df: df.assign(x=0)[["k", "x"]],
    ],
)
def test_filters_columns_and_assignments_leave_rows_where_they_are(change):
    assert partitioning(change(shuffled()).expr) == ByHash(["k"], 4)


@pytest.mark.parametrize(
    "change",
    [
        lambda df: df[["x", "y"]],
        lambda df: df.k,
        lambda df: df.assign(k=df.x),
        lambda df: df[["x"]].assign(k=1),
        lambda df: partwise("f", lambda part: part, df, rowwise=True),
        lambda df: df.partitions[:2],
    ],
)
def test_keys_that_are_gone_or_changed_tell_nothing(change):
    assert partitioning(change(shuffled()).expr) is None


def test_a_key_that_was_replaced_before_the_shuffle_is_the_key():
    df = dd.from_pandas(pd.DataFrame({"k": [3, 1]}), npartitions=2, sort=False)
    moved = dd.DataFrame(Shuffle(df.assign(k=df.k + 1).expr, ByHash(["k"], 3)))

    assert partitioning(moved.expr) == ByHash(["k"], 3)


def test_known_divisions_are_a_partitioning_of_the_index():
    df = dd.from_pandas(pd.DataFrame({"x": range(4)}), npartitions=2)

    assert partitioning(df.x.expr) == ByDivisions(None, [0, 2, 3])
    assert partitioning(dd.from_pandas(pd.Series([2, 1]), npartitions=2, sort=False).expr) is None


def test_more_keys_than_those_of_the_shuffle_are_together_and_fewer_are_not():
    df = shuffled(["k", "x"])

    assert together(df.expr, ["k", "x"])
    assert together(df.expr, ["y", "x", "k"])
    assert not together(df.expr, ["k"])
    assert not together(df.expr, None)


def test_rows_of_one_partition_are_together_by_whatever_key():
    df = dd.from_pandas(pd.DataFrame({"x": range(4)}), npartitions=1)

    assert together(df.expr, ["x"])


def test_labels_between_known_divisions_are_together_by_the_name_of_the_index_too():
    index = pd.Index([1, 1, 2, 3], name="i")
    df = dd.from_pandas(pd.DataFrame({"x": range(4)}, index=index), npartitions=2)

    assert df.npartitions == 2
    assert together(df.expr, None)
    assert together(df.expr, ["i"])
    assert together(df.expr, ["x", "i"])
    assert not together(df.expr, ["x"])


def test_rows_that_are_sorted_are_together_by_the_first_key():
    df = dd.from_pandas(pd.DataFrame({"k": [3, 1, 2, 1], "x": range(4)}), npartitions=2, sort=False)

    result = df.sort_values(["k", "x"]).expr

    assert together(result, ["k"])
    assert together(result, ["x", "k"])
    assert not together(result, ["x"])

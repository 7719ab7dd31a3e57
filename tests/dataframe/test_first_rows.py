"""First rows, made of what sources have at hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.dataframe.readings import told

import treadle.dataframe as dd
from treadle.dataframe.build import new_collection
from treadle.dataframe.creating import InMemory
from treadle.dataframe.expr import Source
from treadle.dataframe.first_rows import (
    first_rows,
    first_rows_together,
    on_first_rows,
    rows_at_hand,
)
from treadle.dataframe.testing import assert_eq

FRAME = pd.DataFrame({"x": range(8), "y": list("abcdefgh")})


@pytest.fixture
def df():
    return dd.from_pandas(FRAME, npartitions=2)


def test_steps_that_make_a_row_of_a_row_are_done_to_the_first_rows(df):
    made = df.assign(z=df.x * 2).rename(columns={"z": "w"})[["w", "y"]]
    expected = FRAME.assign(w=FRAME.x * 2)[["w", "y"]].head(3)

    few = on_first_rows(made.expr, 3)

    assert few is not None
    assert few.npartitions == 1
    assert_eq(new_collection(few), expected)
    assert_eq(rows_at_hand(made.expr, 3), expected)
    assert_eq(first_rows(made.expr, 3), expected)


def test_rows_of_the_first_partition_are_asked_for_when_they_have_to_be_its_own(df):
    assert on_first_rows(df.expr, 4, of_first_partition=True) is not None
    assert on_first_rows(df.expr, 5, of_first_partition=True) is None
    assert len(rows_at_hand(df.expr, 5)) == 5


def test_held_partitions_have_rows_at_hand(df):
    held = df[df.x > 1].persist(scheduler="sync")

    assert rows_at_hand(held.expr, 1).y.tolist() == ["c"]
    assert on_first_rows(held.expr, 3, of_first_partition=True) is None  # its first has two
    assert held.head(2).y.tolist() == ["c", "d"]


@pytest.mark.parametrize(
    "step", [lambda df: df[df.x > 1], lambda df: df.x - df.x.mean(), lambda df: df.x.cumsum()]
)
def test_where_rows_depend_on_others_there_are_none_at_hand(step, df):
    assert on_first_rows(step(df).expr, 2) is None
    assert rows_at_hand(step(df).expr, 2) is None
    assert_eq(first_rows(step(df).expr, 2), step(FRAME).head(2))


def test_a_source_without_rows_at_hand_is_computed():
    df = told(FRAME, npartitions=2)

    assert rows_at_hand(df.expr) is None
    assert first_rows(df.expr, 2).x.tolist() == [0, 2]


def test_first_rows_of_other_origins_may_have_other_labels(df):
    shuffled = FRAME.x.iloc[[2, 1, 0, 3, 4, 5, 6, 7]]
    reading = InMemory([shuffled[:4], shuffled[4:]], df.divisions, shuffled[:0])
    other = new_collection(Source("shuffled-x", reading))

    assert on_first_rows(df.assign(z=other).expr, 2) is None
    assert_eq(df.assign(z=other).head(2), FRAME.assign(z=FRAME.x).head(2))
    assert rows_at_hand(df.assign(z=other).expr) is None


def test_arrays_beside_a_frame_have_first_elements(df):
    made = df.x + np.arange(8)

    assert_eq(made.head(3), (FRAME.x * 2).head(3))
    assert_eq(made.map(lambda value: value + 1), FRAME.x * 2 + 1)


def test_first_rows_of_frames_together_are_of_one_partition(df):
    chosen = df[df.x > 5]

    frame, series = first_rows_together([chosen.expr, chosen.x.expr], 1)

    assert frame.index.tolist() == series.index.tolist() == [6]
    empty = df[df.x > 100]
    assert [len(part) for part in first_rows_together([empty.expr, empty.x.expr])] == [0, 0]


def test_no_function_of_a_user_is_called_for_rows_at_hand(df):
    def trap(value):
        raise AssertionError("it was called")

    assert rows_at_hand(df.x.map(trap, meta=("x", "int64")).expr) is None
    with pytest.raises(AssertionError, match="it was called"):
        first_rows(df.x.map(trap, meta=("x", "int64")).expr)


def test_an_index_has_first_labels(df):
    assert first_rows(df.index.expr, 2).tolist() == [0, 1]
    assert rows_at_hand((df.index * 2).expr, 2).tolist() == [0, 2]

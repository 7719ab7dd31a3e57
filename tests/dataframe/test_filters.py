"""Rows are chosen where they are read, and before work is done on them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.dataframe.readings import columns_read, filters_read, nodes, told

from treadle import base
from treadle.dataframe.expr import Assign, Filter
from treadle.dataframe.testing import assert_eq


@pytest.fixture
def data() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame({label: rng.integers(0, 9, 40) for label in "abcd"})


def sorted_eq(ours, theirs):
    assert_eq(ours, theirs, sort_results=True)


def test_comparisons_with_values_go_into_the_source(data):
    df = told(data)
    found = df[(df.a > 3) & (df.b <= 5)].c

    assert filters_read(found) == [([[("a", ">", 3)]], [[("b", "<=", 5)]])]
    assert columns_read(found) == [["c"]], "the reader looks at a and b by itself"
    sorted_eq(found, data[(data.a > 3) & (data.b <= 5)].c)


def test_one_of_several_goes_in_as_lists(data):
    df = told(data)
    found = df[(df.a > 6) | ((df.b == 1) & (df.c != 2))]

    assert filters_read(found) == [
        ([[("a", ">", 6)], [("b", "==", 1), ("c", "!=", 2)]],)
    ]  # fmt: skip
    sorted_eq(found, data[(data.a > 6) | ((data.b == 1) & (data.c != 2))])


def test_filters_on_filters_are_one(data):
    df = told(data)
    few = df[df.a > 2]
    fewer = few[few.b > 3]
    fewest = fewer[fewer.c > 1].d

    assert filters_read(fewest) == [([[("a", ">", 2)]], [[("b", ">", 3)]], [[("c", ">", 1)]])]
    sorted_eq(fewest, data[(data.a > 2) & (data.b > 3) & (data.c > 1)].d)


def test_what_the_source_does_not_understand_stays_a_filter(data):
    df = told(data)
    found = df[(df.a > 3) & (df.b > df.c)].d

    assert filters_read(found) == [([[("a", ">", 3)]],)]
    assert sum(isinstance(node, Filter) for node in nodes(found)) == 1
    sorted_eq(found, data[(data.a > 3) & (data.b > data.c)].d)


def test_a_filter_goes_below_columns_that_are_added(data):
    df = told(data)
    more = df.assign(x=df.a * 2)
    found = more[more.b > 4][["x", "c"]]

    assert filters_read(found) == [([[("b", ">", 4)]],)]
    expected = data.assign(x=data.a * 2)
    sorted_eq(found, expected[expected.b > 4][["x", "c"]])


def test_a_filter_by_an_added_column_stays_above_it(data):
    df = told(data)
    more = df.assign(x=df.a * 2)
    found = more[more.x > 4]

    assert filters_read(found) == [()]
    assert any(isinstance(node, Assign) for node in nodes(found))
    expected = data.assign(x=data.a * 2)
    sorted_eq(found, expected[expected.x > 4])


def test_a_frame_that_is_used_whole_as_well_is_read_whole_and_once(data):
    df = told(data)
    some = df[df.a > 3]

    assert filters_read(some, df) == [()]
    one, two = base.compute(some, df, scheduler="sync")
    pd.testing.assert_frame_equal(one.sort_index(), data[data.a > 3])
    pd.testing.assert_frame_equal(two.sort_index(), data)


def test_two_filters_of_one_frame_read_it_once(data):
    df = told(data)

    assert filters_read(df[df.a > 3], df[df.a < 2]) == [()]


def test_a_series_is_filtered_where_it_is_read(data):
    df = told(data)

    assert filters_read(df.b[df.a > 3]) == [([[("a", ">", 3)]],)]
    sorted_eq(df.b[df.a > 3], data.b[data.a > 3])


def test_comparisons_with_missing_values_stay_with_pandas(data):
    df = told(data)

    assert filters_read(df[df.a != float("nan")]) == [()]
    sorted_eq(df[df.a != float("nan")], data[data.a != float("nan")])


def test_filters_are_found_in_the_order_of_use_whoever_shares_them(data):
    df = told(data)
    few = df[df.a > 2]
    total = few.assign(x=few.b * 2, y=few.c + few.b)

    assert filters_read(total.x + total.y) == [([[("a", ">", 2)]],)]
    expected = data[data.a > 2]
    sorted_eq(total.x + total.y, expected.b * 2 + expected.c + expected.b)

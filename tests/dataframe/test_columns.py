"""Only columns that are used are read."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.dataframe.readings import columns_read, nodes, told

from treadle import base
from treadle.dataframe.expr import Assign, Projection
from treadle.dataframe.testing import assert_eq


@pytest.fixture
def data() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame({label: rng.integers(0, 9, 20) for label in "abcdef"})


def sorted_eq(ours, theirs):
    assert_eq(ours, theirs, sort_results=True)


def test_a_column_alone_is_all_that_is_read_for_it(data):
    df = told(data)

    assert columns_read(df.b) == [["b"]]
    sorted_eq(df.b, data.b)


def test_a_filter_reads_the_columns_of_its_predicate_and_those_wanted(data):
    df = told(data)
    found = df[(df.a > 3) & (df.c < 5)].b

    assert columns_read(found)[0] in (["a", "b", "c"], ["b"])
    sorted_eq(found, data[(data.a > 3) & (data.c < 5)].b)


def test_columns_that_are_assigned_and_not_wanted_are_not_made(data):
    df = told(data)
    found = df.assign(x=df.a + 1, y=df.b * 2)[["y", "c"]]

    assert columns_read(found) == [["b", "c"]]
    (assign,) = [node for node in nodes(found) if isinstance(node, Assign)]
    assert [label for label, _ in assign.items] == ["y"]
    sorted_eq(found, data.assign(y=data.b * 2)[["y", "c"]])


def test_a_replaced_column_keeps_its_place(data):
    df = told(data)
    found = df.assign(b=df.a * 10)[["c", "b", "a"]]

    sorted_eq(found, data.assign(b=data.a * 10)[["c", "b", "a"]])
    sorted_eq(df.assign(b=df.a * 10), data.assign(b=data.a * 10))


def test_what_several_results_read_is_read_once_with_all_columns(data):
    df = told(data)

    assert columns_read(df.a, df[["c"]], df[df.d > 1].b) == [["a", "b", "c", "d"]]
    one, two = base.compute(df.a, df[df.d > 1][["b"]], scheduler="sync")
    pd.testing.assert_series_equal(one.sort_index(), data.a)
    pd.testing.assert_frame_equal(two.sort_index(), data[data.d > 1][["b"]])


def test_a_whole_frame_beside_a_column_is_read_whole(data):
    df = told(data)

    assert columns_read(df, df.a) == [list("abcdef")]


def test_operators_on_frames_pass_what_is_needed(data):
    df = told(data)
    found = (df * 2 + 1)[["c"]]

    assert columns_read(found) == [["c"]]
    sorted_eq(found, (data * 2 + 1)[["c"]])


def test_a_frame_that_passes_columns_on_gets_none_that_others_need(data):
    df = told(data)
    shifted = (df[["a", "b"]] + 1)["a"]

    one, two = base.compute(shifted, df.f, scheduler="sync")

    pd.testing.assert_series_equal(one.sort_index(), data.a + 1)
    pd.testing.assert_series_equal(two.sort_index(), data.f)


def test_the_length_reads_no_column(data):
    from treadle.dataframe.build import new_collection
    from treadle.dataframe.reducing.tree import Length

    df = told(data)
    found = new_collection(Length(df[df.a > 2].expr))

    assert columns_read(new_collection(Length(df.expr))) == [[]]
    assert found.compute(scheduler="sync") == (data.a > 2).sum()


def test_columns_that_come_twice_are_all_read(data):
    twice = pd.concat([data[["a", "b"]], data[["a"]]], axis=1)
    df = told(twice)

    assert_eq(df.b, twice.b, sort_results=True)
    assert columns_read(df.b) == [["a", "b", "a"]]


def test_names_stand_for_values(data):
    df = told(data)
    narrow = nodes(df[df.a > 3].b)
    wide = nodes(df[df.a > 3])

    columns = {node.name: node.columns for node in wide}
    for node in narrow:
        assert columns.get(node.name, node.columns) == node.columns


def test_a_projection_of_a_projection_is_one(data):
    df = told(data)
    found = df[["a", "b", "c"]][["b", "a"]]["a"]

    assert sum(isinstance(node, Projection) for node in nodes(found)) == 1
    sorted_eq(found, data.a)

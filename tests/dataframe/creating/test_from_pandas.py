"""Frames of pandas cut into partitions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import treadle.dataframe as dd
from treadle.dataframe.testing import assert_eq


def test_partitions_begin_at_their_divisions():
    frame = pd.DataFrame({"x": range(10)}, index=range(0, 20, 2))

    df = dd.from_pandas(frame, npartitions=3)

    assert df.divisions == (0, 6, 12, 18)
    assert_eq(df, frame)


def test_there_are_no_more_partitions_than_rows():
    assert dd.from_pandas(pd.Series([1, 2]), npartitions=7).npartitions == 2
    assert dd.from_pandas(pd.Series([1, 2]), npartitions=7, sort=False).npartitions == 2


def test_equal_labels_stay_together():
    frame = pd.DataFrame({"x": range(8)}, index=[1, 1, 1, 1, 1, 1, 2, 3])

    df = dd.from_pandas(frame, npartitions=4)

    assert df.divisions == (1, 2, 3)
    assert_eq(df, frame)
    assert_eq(dd.from_pandas(frame, chunksize=2), frame)
    assert dd.from_pandas(pd.Series([1, 2, 3], index=[7, 7, 7]), npartitions=3).npartitions == 1


def test_labels_are_sorted_if_divisions_are_wanted():
    frame = pd.DataFrame({"x": range(6)}, index=[3, 1, 2, 3, 0, 1])

    assert_eq(dd.from_pandas(frame, npartitions=3), frame.sort_index(kind="stable"))
    kept = dd.from_pandas(frame, npartitions=3, sort=False)
    assert not kept.known_divisions
    assert_eq(kept, frame)


@pytest.mark.parametrize(
    "index",
    [
        pd.Index([1.5, np.nan, 0.5, np.nan]),
        pd.Index(["b", None, "a", "c"]),
        pd.DatetimeIndex(["2020-01-02", None, "2020-01-01", None]),
    ],
)
def test_missing_labels_go_last_and_leave_divisions_unknown(index):
    frame = pd.DataFrame({"x": range(4)}, index=index)

    df = dd.from_pandas(frame, npartitions=3)

    assert not df.known_divisions
    assert_eq(df, frame.sort_index(kind="stable"))


def test_several_levels_of_labels_have_no_divisions():
    index = pd.MultiIndex.from_tuples([(2, "a"), (1, "b"), (1, "a")], names=["n", "t"])
    frame = pd.DataFrame({"x": range(3)}, index=index)

    df = dd.from_pandas(frame, npartitions=2)

    assert not df.known_divisions
    assert_eq(df, frame.sort_index(kind="stable"))


@pytest.mark.parametrize(
    "data",
    [
        pd.DataFrame({"x": [], "y": []}),
        pd.DataFrame(index=pd.DatetimeIndex([])),
        pd.DataFrame(index=range(3)),
        pd.Series([], dtype="str", name="t"),
        pd.Series(
            [1, 2, 3], index=pd.date_range("2020-10-25", periods=3, freq="h", tz="Europe/Oslo")
        ),
        pd.Series(["x", None], index=["a", "b"], name="t"),
        pd.Series(pd.Categorical(["x", None, "y"])),
        pd.Series(pd.array([1, None], dtype="int64[pyarrow]")),
        pd.DataFrame([[1, 2], [3, 4]], columns=["x", "x"]),
    ],
)
def test_all_kinds_of_frames_are_taken(data):
    assert_eq(dd.from_pandas(data, npartitions=2), data)
    assert_eq(dd.from_pandas(data, npartitions=2, sort=False), data)


def test_the_same_data_has_the_same_name_and_other_data_another():
    frame = pd.DataFrame({"x": [1, 2, 3]})

    names = [dd.from_pandas(data, npartitions=2).name for data in (frame, frame.copy(), frame + 1)]

    assert names[0] == names[1] != names[2]


def test_changing_the_data_later_changes_nothing():
    frame = pd.DataFrame({"x": [1, 2, 3]})
    df = dd.from_pandas(frame, npartitions=2)

    frame.loc[1, "x"] = 99
    frame["y"] = 0

    assert df.compute(scheduler="sync").x.tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"npartitions": 0}, ValueError),
        ({"chunksize": 0}, ValueError),
        ({"npartitions": 1, "chunksize": 1}, ValueError),
    ],
)
def test_wrong_arguments_are_refused(options, error):
    with pytest.raises(error):
        dd.from_pandas(pd.Series([1]), **options)


def test_what_is_no_frame_is_refused():
    with pytest.raises(TypeError, match="list"):
        dd.from_pandas([1, 2], npartitions=1)


@given(
    labels=st.lists(st.integers(-5, 5), max_size=20),
    npartitions=st.integers(1, 9),
    sort=st.booleans(),
)
@settings(max_examples=50, deadline=None)
def test_all_rows_are_there_once(labels, npartitions, sort):
    frame = pd.DataFrame({"x": range(len(labels))}, index=pd.Index(labels, dtype="int64"))

    df = dd.from_pandas(frame, npartitions=npartitions, sort=sort)

    assert df.npartitions <= npartitions
    assert_eq(df, frame.sort_index(kind="stable") if sort else frame)


def test_a_dict_becomes_a_frame():
    data = {"x": [1, 2, 3], "y": ["a", "b", None]}

    assert_eq(dd.from_dict(data, npartitions=2), pd.DataFrame(data))
    rows = {"r": [1, 2], "s": [3, 4]}
    assert_eq(
        dd.from_dict(rows, 2, orient="index", columns=["a", "b"]),
        pd.DataFrame.from_dict(rows, orient="index", columns=["a", "b"]),
    )
    with pytest.raises(NotImplementedError, match="assign"):
        dd.from_dict({"x": dd.from_dict(data, 1).x}, 1)

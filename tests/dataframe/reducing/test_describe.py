"""Descriptions equal those of pandas."""

from __future__ import annotations

import pandas as pd
import pytest

import treadle.dataframe as dd
from treadle.dataframe.testing import assert_eq
from treadle.graph.expr import simplify, walk

FRAME = pd.DataFrame(
    {
        "int": [3, 1, 2, 7, 5, 1, 4],
        "float": [0.5, None, 2.0, -1.0, 9.0, None, 4.0],
        "Int64": pd.array([3, None, 2, 7, 5, 1, 4], dtype="Int64"),
        "arrow": pd.array([3, None, 2, 7, 5, 1, 4], dtype="int64[pyarrow]"),
        "bool": [True, False, True, True, False, True, True],
        "str": ["b", None, "a", "d", "c", "a", "z"],
        "cat": pd.Categorical(list("abcabca")),
        "date": pd.to_datetime(
            ["2020-02-01", None, *["2021-03-04", "1999-01-01"] * 2, "2000-05-05"]
        ),
        "span": pd.to_timedelta([3, 1, None, 8, 2, 9, 4], unit="s"),
    }
)


def in_parts(data, count=3):
    return dd.from_pandas(data, npartitions=count)


@pytest.mark.parametrize("column", FRAME.columns)
@pytest.mark.parametrize("percentiles", [None, [0.1, 0.5], []])
def test_a_column_is_described_as_in_pandas(column, percentiles):
    series = FRAME[column]

    found = in_parts(series).describe(percentiles=percentiles).compute()

    pd.testing.assert_series_equal(found, series.describe(percentiles=percentiles))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"percentiles": [0.333, 0.9]},
        {"include": "all"},
        {"include": ["number"]},
        {"exclude": ["number"]},
        {"include": ["str", "category"]},
    ],
)
def test_a_frame_is_described_as_in_pandas(options):
    found = in_parts(FRAME).describe(**options).compute()

    pd.testing.assert_frame_equal(found, FRAME.describe(**options))


def test_a_frame_without_numbers_is_described_by_frequent_values():
    frame = FRAME[["str", "bool"]]

    pd.testing.assert_frame_equal(in_parts(frame).describe().compute(), frame.describe())


def test_the_meta_is_that_of_the_result():
    assert_eq(in_parts(FRAME[["int", "float"]]).describe(), FRAME[["int", "float"]].describe())


def test_empty_partitions_and_empty_frames_are_described():
    df = in_parts(FRAME[["int", "float"]], 7)

    assert_eq(df[df.int > 4].describe(), FRAME.loc[FRAME.int > 4, ["int", "float"]].describe())
    pd.testing.assert_frame_equal(
        df[df.int > 99].describe().compute(), FRAME.loc[FRAME.int > 99, ["int", "float"]].describe()
    )


def test_only_described_columns_are_read():
    (root,) = simplify([in_parts(FRAME).describe(include=["number"]).expr])

    read = [e.columns for e in walk([root]) if type(e).__name__ == "Source"]

    assert read == [list(FRAME.describe(include=["number"]).columns)]


def test_bad_arguments_are_those_of_pandas():
    with pytest.raises(ValueError, match="exclude must be None"):
        in_parts(FRAME).describe(include="all", exclude=["number"])
    with pytest.raises(ValueError, match="percentiles"):
        in_parts(FRAME).describe(percentiles=[3])

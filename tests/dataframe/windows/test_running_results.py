"""Running sums, products and extremes, and missing values filled from afar."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import treadle.dataframe as dd
from treadle.dataframe.expr import Source
from treadle.dataframe.testing import assert_eq
from treadle.graph.expr import simplify, walk

METHODS = ["cumsum", "cumprod", "cummin", "cummax"]

FRAME = pd.DataFrame(
    {
        "small": np.array([3, -1, 2, 2, 0, 1, 5, -4, 1, 2], "i1"),
        "float": [1.5, np.nan, np.nan, 0.25, np.nan, 2.0, np.nan, np.nan, -1.0, np.nan],
        "other": np.linspace(-1, 2, 10),
        "truth": [True, False] * 5,
        "nullable": pd.array([None, 2, None, 3, 1, None, None, 2, 5, 1], dtype="Int64"),
        "arrow": pd.array([None, 2.5, 1, 3, 1, None, 4, 2, 5, 1], dtype="float64[pyarrow]"),
        "span": pd.to_timedelta([5, None, 3, 9, 1, 0, None, 2, 4, 4], unit="s"),
        "text": ["b", None, "a", "c", "c", None, None, "d", "a", "e"],
    },
    index=pd.Index(range(0, 20, 2), name="i"),
)


@pytest.fixture(params=["full", "holes"])
def both(request):
    """A frame in partitions, some of which may be empty, and the same in memory."""
    df = dd.from_pandas(FRAME, npartitions=5)
    if request.param == "full":
        return df, FRAME
    return df[(df.small > 1) | (df.small < -2)], FRAME[(FRAME.small > 1) | (FRAME.small < -2)]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("skipna", [True, False])
@pytest.mark.parametrize("column", FRAME.columns)
def test_running_results_of_a_column_are_those_of_pandas(both, method, skipna, column):
    df, frame = both
    if method == "cumprod" and column in ("span", "text"):
        with pytest.raises(TypeError):
            df[column].cumprod()
        return

    found = getattr(df[column], method)(skipna=skipna)

    assert_eq(found, getattr(frame[column], method)(skipna=skipna))
    assert found.divisions == df.divisions


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("columns", [["small", "float"], ["float", "other"], ["nullable"], []])
def test_running_results_of_a_frame_are_those_of_pandas(both, method, columns):
    df, frame = both

    assert_eq(getattr(df[columns], method)(), getattr(frame[columns], method)())


def test_running_results_along_rows_leave_out_columns_that_are_no_numbers():
    df = dd.from_pandas(FRAME, npartitions=3)

    assert_eq(df[["small", "other"]].cumsum(axis=1), FRAME[["small", "other"]].cumsum(axis=1))
    assert_eq(df.cumsum(numeric_only=True).truth, FRAME.cumsum(numeric_only=True).truth)
    with pytest.raises(ValueError, match="No axis named 2"):
        df.cumsum(axis=2)


@given(
    values=st.lists(st.one_of(st.none(), st.integers(-9, 9)), min_size=1, max_size=30),
    parts=st.integers(1, 8),
    method=st.sampled_from([*METHODS, "ffill", "bfill"]),
)
@settings(max_examples=40, deadline=None)
def test_running_results_do_not_depend_on_partitions(values, parts, method):
    series = pd.Series(values, dtype="float64")

    found = getattr(dd.from_pandas(series, npartitions=parts), method)()

    assert_eq(found, getattr(series, method)())


@pytest.mark.parametrize("method", ["ffill", "bfill"])
@pytest.mark.parametrize("limit", [None, 1, 3, 20])
def test_missing_values_are_filled_over_partitions(both, method, limit):
    df, frame = both

    assert_eq(getattr(df, method)(limit=limit), getattr(frame, method)(limit=limit))
    assert_eq(getattr(df.float, method)(limit=limit), getattr(frame.float, method)(limit=limit))


def test_categories_and_zones_are_filled():
    frame = pd.DataFrame(
        {
            "kind": pd.Categorical(["a", None, "b", None, None, "a"], ordered=True),
            "when": pd.to_datetime(
                ["2020-01-01", None, None, "2020-03-29", None, None]
            ).tz_localize("Europe/Oslo"),
        }
    )

    assert_eq(dd.from_pandas(frame, npartitions=6).ffill(), frame.ffill())
    assert_eq(dd.from_pandas(frame, npartitions=4).bfill(), frame.bfill())
    assert_eq(dd.from_pandas(frame.when, npartitions=4).cummax(), frame.when.cummax())


def test_filling_along_rows_is_done_in_partitions():
    frame = FRAME[["float", "other"]]

    assert_eq(dd.from_pandas(frame, npartitions=3).bfill(axis=1), frame.bfill(axis=1))


def test_what_fill_cannot_do_is_refused_at_once():
    x = dd.from_pandas(FRAME, npartitions=3).float

    with pytest.raises(NotImplementedError, match="limit_area='inside'"):
        x.ffill(limit_area="inside")
    with pytest.raises(ValueError, match="greater than 0"):
        x.ffill(limit=0)
    with pytest.raises(NotImplementedError, match="interpolate"):
        x.interpolate()
    with pytest.raises(NotImplementedError, match="ewm"):
        x.ewm(span=2)


@pytest.mark.parametrize("scheduler", ["threads", "processes"])
def test_running_results_are_the_same_on_every_engine(scheduler):
    df = dd.from_pandas(FRAME, npartitions=4)[["small", "float"]]

    assert_eq(df.cumsum(), FRAME[["small", "float"]].cumsum(), scheduler=scheduler)
    assert_eq(df.bfill(), FRAME[["small", "float"]].bfill(), scheduler=scheduler)


def test_frames_without_rows_and_of_one_partition_have_running_results():
    assert_eq(
        dd.from_pandas(FRAME.iloc[:0], npartitions=2).float.cumsum(), FRAME.float[:0].cumsum()
    )
    assert_eq(dd.from_pandas(FRAME, npartitions=1).ffill(), FRAME.ffill())


@pytest.mark.parametrize("of", ["cumsum", "ffill", "shift", "diff"])
def test_only_the_columns_that_are_used_are_read(of):
    df = dd.from_pandas(FRAME[["small", "float", "other"]], npartitions=3)

    (better,) = simplify([getattr(df, of)()["other"].expr])

    (source,) = [expr for expr in walk([better]) if isinstance(expr, Source)]
    assert list(source.meta.columns) == ["other"]
    assert_eq(getattr(df, of)()["other"], getattr(FRAME["other"], of)())

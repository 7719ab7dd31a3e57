"""Windows along the rows, and functions on partitions with rows around them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.api.indexers import FixedForwardWindowIndexer, VariableOffsetWindowIndexer

import treadle.dataframe as dd
from treadle.dataframe.expr import Source
from treadle.dataframe.testing import assert_eq
from treadle.graph.expr import simplify, walk

RNG = np.random.default_rng(3)
TIMES = pd.date_range("2021-01-01", periods=30, freq="40min")
FRAME = pd.DataFrame(
    {"x": RNG.normal(size=30), "y": RNG.integers(0, 9, 30), "z": RNG.normal(size=30)}, index=TIMES
)
FRAME.loc[TIMES[4:9], "x"] = np.nan


@pytest.fixture(params=["full", "holes"])
def both(request):
    df = dd.from_pandas(FRAME, npartitions=7)
    if request.param == "full":
        return df, FRAME
    return df[df.y > 5], FRAME[FRAME.y > 5]


@pytest.mark.parametrize("window", [4, pd.Timedelta("2h")])
@pytest.mark.parametrize(
    "method",
    "count sum mean median min max std var sem skew kurt first last nunique".split(),
)
def test_windows_are_those_of_pandas(both, window, method):
    df, frame = both

    found = getattr(df.rolling(window, min_periods=1), method)()

    assert_eq(found, getattr(frame.rolling(window, min_periods=1), method)(), atol=1e-7, rtol=1e-6)


@pytest.mark.parametrize("window", [4, "100min"])
@pytest.mark.parametrize("closed", ["right", "left", "both", "neither"])
@pytest.mark.parametrize("center", [False, True])
def test_windows_reach_as_far_as_they_are_told(both, window, closed, center):
    df, frame = both
    options = {"closed": closed, "center": center, "min_periods": 1}

    assert_eq(df.x.rolling(window, **options).sum(), frame.x.rolling(window, **options).sum())


def test_windows_with_arguments_weights_and_functions():
    df = dd.from_pandas(FRAME, npartitions=6)
    ours, theirs = df.rolling(5, min_periods=2), FRAME.rolling(5, min_periods=2)

    assert_eq(ours.quantile(0.3), theirs.quantile(0.3))
    assert_eq(ours.var(ddof=0), theirs.var(ddof=0))
    assert_eq(ours.rank(), theirs.rank())
    assert_eq(ours.apply(np.ptp, raw=True), theirs.apply(np.ptp, raw=True))
    assert_eq(ours.agg(["sum", "mean"]), theirs.agg(["sum", "mean"]))
    assert_eq(
        ours.agg({"x": "sum", "y": ["min", "max"]}), theirs.agg({"x": "sum", "y": ["min", "max"]})
    )
    assert_eq(ours["x"].agg("max"), theirs["x"].agg("max"))
    assert_eq(ours[["x", "y"]].sum(), theirs[["x", "y"]].sum())
    assert_eq(ours.y.mean(), theirs.y.mean())
    assert_eq(ours.cov(), theirs.cov())
    assert_eq(ours.corr(), theirs.corr(), atol=1e-7)
    assert_eq(df.x.rolling(5).cov(df.z), FRAME.x.rolling(5).cov(FRAME.z))
    assert_eq(df.y.rolling(5).corr(df.z), FRAME.y.rolling(5).corr(FRAME.z), atol=1e-7)


def test_windows_ahead_and_by_a_column_of_times():
    df = dd.from_pandas(FRAME.reset_index(names="t"), npartitions=6)
    frame = FRAME.reset_index(names="t")
    ahead = FixedForwardWindowIndexer(window_size=3)

    assert_eq(df.y.rolling(ahead).sum(), frame.y.rolling(ahead).sum())
    assert_eq(df.rolling("2h", on="t").sum(), frame.rolling("2h", on="t").sum())


def test_windows_with_weights():
    pytest.importorskip("scipy")
    df = dd.from_pandas(FRAME, npartitions=6)

    assert_eq(
        df.z.rolling(5, win_type="gaussian").sum(std=2),
        FRAME.z.rolling(5, win_type="gaussian").sum(std=2),
    )


def test_what_windows_cannot_do_is_refused_at_once():
    df = dd.from_pandas(FRAME, npartitions=3)

    with pytest.raises(NotImplementedError, match="step"):
        df.rolling(3, step=2)
    with pytest.raises(NotImplementedError, match="map_overlap"):
        df.rolling(VariableOffsetWindowIndexer(index=TIMES, offset=pd.offsets.BDay(1)))
    with pytest.raises(ValueError, match="window must be"):
        dd.from_pandas(FRAME.reset_index(drop=True), npartitions=2).rolling("2h")
    with pytest.raises(ValueError, match="min_periods"):
        df.rolling(2, min_periods=3)
    with pytest.raises(NotImplementedError, match="two series"):
        df.rolling(2).cov(df.x)
    with pytest.raises(AttributeError, match="nothing"):
        df.rolling(2).nothing  # noqa: B018


def test_windows_read_only_the_columns_that_are_used():
    df = dd.from_pandas(FRAME, npartitions=3)

    (better,) = simplify([df.rolling(3).mean()["z"].expr])

    (source,) = [expr for expr in walk([better]) if isinstance(expr, Source)]
    assert list(source.meta.columns) == ["z"]


@given(
    length=st.integers(0, 25),
    parts=st.integers(1, 9),
    window=st.integers(1, 12),
    center=st.booleans(),
    modulus=st.integers(1, 4),
)
@settings(max_examples=25, deadline=None)
def test_windows_do_not_depend_on_partitions(length, parts, window, center, modulus):
    series = pd.Series(np.arange(length) ** 2 % 17)
    x = dd.from_pandas(series, npartitions=parts)
    options = {"center": center, "min_periods": 1}

    found = x[x % modulus == 0].rolling(window, **options).sum()

    assert_eq(found, series[series % modulus == 0].rolling(window, **options).sum())


# -- map_overlap -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "after"), [(0, 0), (2, 0), (0, 3), (9, 9)])
def test_functions_see_rows_around_their_partition(both, before, after):
    df, frame = both[0][["x", "z"]], both[1][["x", "z"]]

    found = df.map_overlap(lambda part: part.shift(before) + part.shift(-after), before, after)

    assert_eq(found, frame.shift(before) + frame.shift(-after))


def test_functions_see_rows_of_some_time_around():
    df = dd.from_pandas(FRAME, npartitions=9)

    found = dd.map_overlap(
        lambda part, span: part.rolling(span).sum(), df.x, pd.Timedelta("5h"), 0, span="5h"
    )

    assert_eq(found, FRAME.x.rolling("5h").sum())


def test_what_functions_return_is_checked():
    df = dd.from_pandas(FRAME, npartitions=3)

    with pytest.raises(ValueError, match="rows for"):
        df.map_overlap(lambda part: part.iloc[1:], 1, 1, meta=FRAME).compute(scheduler="sync")
    with pytest.raises(ValueError, match="meta says"):
        df.map_overlap(lambda part: part[["x"]], 1, 1, meta=FRAME).compute(scheduler="sync")
    with pytest.raises(ValueError, match="give meta="):
        df.map_overlap(lambda part: part.iloc[[0]] / 0, 1, 1)
    with pytest.raises(ValueError, match="0 or more"):
        df.map_overlap(abs, -1, 0)
    with pytest.raises(TypeError, match="span of time"):
        df.reset_index(drop=True).map_overlap(abs, pd.Timedelta("1h"), 0)
    with pytest.raises(TypeError, match="frame in partitions"):
        dd.map_overlap(abs, FRAME, 1, 1)
    with pytest.raises(NotImplementedError, match="one frame"):
        df.map_overlap(lambda part, other: part, 1, 1, df)


def test_divisions_are_kept_cleared_or_transformed():
    df = dd.from_pandas(FRAME, npartitions=3)

    assert df.map_overlap(abs, 1, 1).divisions == df.divisions
    assert not df.map_overlap(abs, 1, 1, clear_divisions=True).known_divisions

    def next_day(index):
        return index + pd.Timedelta("1D")

    assert not df.index.map_overlap(next_day, 1, 1).known_divisions
    later = df.index.map_overlap(next_day, 1, 1, transform_divisions=True)
    assert_eq(later, FRAME.index + pd.Timedelta("1D"))
    assert later.divisions[0] == df.divisions[0] + pd.Timedelta("1D")


@pytest.mark.parametrize("scheduler", ["threads", "processes"])
def test_windows_are_the_same_on_every_engine(scheduler):
    df = dd.from_pandas(FRAME, npartitions=5)

    found = df[df.y > 4].rolling(3, center=True).sum()

    assert_eq(found, FRAME[FRAME.y > 4].rolling(3, center=True).sum(), scheduler=scheduler)

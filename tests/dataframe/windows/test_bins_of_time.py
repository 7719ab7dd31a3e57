"""Rows brought together by bins of time."""

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

RNG = np.random.default_rng(5)


def frame_of(freq, tz=None, rows=90):
    times = pd.date_range("2021-03-26 05:17", periods=rows, freq=freq, tz=tz)
    times = times[RNG.random(rows) < 0.6]
    x = np.where(RNG.random(len(times)) < 0.2, np.nan, RNG.normal(size=len(times)))
    return pd.DataFrame({"x": x, "n": RNG.integers(0, 9, len(times)).astype(float)}, index=times)


@pytest.mark.parametrize(
    "method", "count size sum mean min max std var sem first last prod nunique median ohlc".split()
)
def test_bins_are_those_of_pandas(method):
    frame = frame_of("37min")
    df = dd.from_pandas(frame, npartitions=5)

    found = getattr(df.resample("2h"), method)()

    assert_eq(found, getattr(frame.resample("2h"), method)())
    assert found.known_divisions
    assert_eq(getattr(df.x.resample("2h"), method)(), getattr(frame.x.resample("2h"), method)())


@pytest.mark.parametrize("tz", [None, "Europe/Oslo", "America/Havana"])
@pytest.mark.parametrize("rule", ["15min", "7h", "1D", "36h"])
@pytest.mark.parametrize("ends", [(None, None), ("right", "right"), ("left", "right")])
def test_hours_and_days_are_right_where_clocks_change(tz, rule, ends):
    frame = frame_of("97min", tz, 60)
    closed, label = ends
    df = dd.from_pandas(frame, npartitions=5)

    found = df.resample(rule, closed=closed, label=label).sum()

    assert_eq(found, frame.resample(rule, closed=closed, label=label).sum())


@pytest.mark.parametrize("tz", [None, "Europe/Oslo"])
@pytest.mark.parametrize("rule", ["W", "ME", "MS", "QE", "YE", "B", "2W", "2ME", "3MS"])
def test_weeks_months_and_years_are_those_of_pandas(tz, rule):
    frame = frame_of("31h", tz)
    df = dd.from_pandas(frame, npartitions=5)

    assert_eq(df.resample(rule).count(), frame.resample(rule).count())
    assert_eq(df[df.n == 3].resample(rule).sum(), frame[frame.n == 3].resample(rule).sum())


def test_empty_bins_are_made_within_between_and_over_whole_partitions():
    frame = frame_of("1h")
    frame = frame[(frame.index.hour < 3) & (frame.index.day != 28)]
    df = dd.from_pandas(frame_of("1h").assign(keep=True), npartitions=9)
    keep = (df.index.compute().hour < 3).sum()
    assert keep  # some rows stay, far from each other

    few = dd.from_pandas(frame, npartitions=4)
    assert_eq(few.resample("20min").mean(), frame.resample("20min").mean())
    whole = frame_of("1h")
    many = dd.from_pandas(whole, npartitions=9)
    chosen = (whole.index < whole.index[9]) | (whole.index > whole.index[-9])
    holes = many[(many.index < whole.index[9]) | (many.index > whole.index[-9])]
    assert_eq(holes.resample("1h").sum(), whole[chosen].resample("1h").sum())
    middle = many[(many.index > whole.index[20]) & (many.index < whole.index[30])]
    inner = whole[(whole.index > whole.index[20]) & (whole.index < whole.index[30])]
    assert_eq(middle.resample("10min").max(), inner.resample("10min").max())


@pytest.mark.parametrize(
    "origin", ["start", "start_day", "epoch", "end", "end_day", "2021-01-01 03:00"]
)
@pytest.mark.parametrize("offset", [None, "25min"])
def test_bins_begin_where_they_are_told(origin, offset):
    frame = frame_of("37min")
    df = dd.from_pandas(frame, npartitions=4)

    found = df[df.n > 3].resample("7h", origin=origin, offset=offset).sum()

    assert_eq(found, frame[frame.n > 3].resample("7h", origin=origin, offset=offset).sum())


def test_several_results_of_bins():
    frame = frame_of("37min")
    ours = dd.from_pandas(frame, npartitions=4).resample("3h")
    theirs = frame.resample("3h")

    assert_eq(ours.agg(["sum", "max"]), theirs.agg(["sum", "max"]))
    assert_eq(
        ours.agg({"x": "mean", "n": ["min", "max"]}), theirs.agg({"x": "mean", "n": ["min", "max"]})
    )
    assert_eq(ours.agg("median"), theirs.agg("median"))
    assert_eq(ours.quantile(0.2), theirs.quantile(0.2))
    assert_eq(ours["x"].sum(min_count=1), theirs["x"].sum(min_count=1))
    assert_eq(ours.n.std(ddof=0), theirs.n.std(ddof=0))


def test_whole_numbers_stay_whole_unless_a_bin_is_empty():
    index = pd.date_range("2020-01-01", periods=8, freq="1h")
    whole = pd.Series(range(8), index=index)
    holes = whole.drop(index[3:5])

    assert_eq(dd.from_pandas(whole, npartitions=3).resample("2h").max(), whole.resample("2h").max())
    found = dd.from_pandas(holes, npartitions=3).resample("1h").max().compute(scheduler="sync")
    pd.testing.assert_series_equal(found, holes.resample("1h").max(), check_freq=False)


@given(
    minutes=st.lists(st.integers(0, 3000), min_size=1, max_size=25),
    parts=st.integers(1, 6),
    rule=st.sampled_from(["10min", "3h", "1D", "50min"]),
    closed=st.sampled_from(["left", "right"]),
)
@settings(max_examples=25, deadline=None)
def test_bins_do_not_depend_on_partitions(minutes, parts, rule, closed):
    index = pd.Timestamp("2020-02-28 20:00") + pd.to_timedelta(sorted(minutes), unit="min")
    series = pd.Series(np.arange(len(minutes)), index=index)

    found = dd.from_pandas(series, npartitions=parts).resample(rule, closed=closed).sum()

    assert_eq(found, series.resample(rule, closed=closed).sum())


def test_what_bins_cannot_do_is_refused_at_once():
    frame = frame_of("37min")
    df = dd.from_pandas(frame, npartitions=3)

    with pytest.raises(TypeError, match="index of times"):
        df.reset_index(drop=True).resample("1h")
    with pytest.raises(ValueError, match="divisions"):
        dd.from_pandas(frame, npartitions=3, sort=False).resample("1h")
    with pytest.raises(NotImplementedError, match="functions of one's own"):
        df.resample("1h").agg(len)
    with pytest.raises(NotImplementedError, match="closed='left'"):
        df.resample("2MS", closed="right")
    with pytest.raises(NotImplementedError, match="one number"):
        df.resample("1h").quantile([0.1, 0.2])
    with pytest.raises(ValueError, match="closed"):
        df.resample("1h", closed="middle")
    one = dd.from_pandas(frame, npartitions=1)
    assert_eq(one.resample("1h").agg(len), frame.resample("1h").agg(len), check_dtype=False)


@pytest.mark.parametrize(("method", "read"), [("sum", ["n"]), ("size", [])])
def test_bins_read_only_the_columns_that_are_used(method, read):
    df = dd.from_pandas(frame_of("37min"), npartitions=3)
    found = getattr(df.resample("2h"), method)()

    (better,) = simplify([(found["n"] if method == "sum" else found).expr])

    (source,) = [expr for expr in walk([better]) if isinstance(expr, Source)]
    assert list(source.meta.columns) == read
    assert len(found.compute(scheduler="sync"))


@pytest.mark.parametrize("scheduler", ["threads", "processes"])
def test_bins_are_the_same_on_every_engine(scheduler):
    frame = frame_of("37min")

    found = dd.from_pandas(frame, npartitions=4).resample("5h").mean()

    assert_eq(found, frame.resample("5h").mean(), scheduler=scheduler)

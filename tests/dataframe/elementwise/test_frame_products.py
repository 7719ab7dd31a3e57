"""Products of rows with weights, values in a row each, and labels in other zones."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import treadle.dataframe as dd
from treadle.dataframe.testing import assert_eq

FRAME = pd.DataFrame({"x": [3, 1, 4, 1], "y": [0.5, 1.5, np.nan, 2.5]}, index=[1, 2, 4, 5])


@pytest.fixture
def df():
    return dd.from_pandas(FRAME, npartitions=2)


@pytest.mark.parametrize(
    "weights",
    [
        [10, 1],
        np.ones((2, 3)),
        pd.Series([10, 1], index=["x", "y"]),
        pd.DataFrame({"a": [1, 2], "b": [0.5, 0.5]}, index=["x", "y"]),
    ],
)
def test_rows_are_weighted(df, weights):
    assert_eq(df.dot(weights), FRAME.dot(weights))
    assert_eq(df[["x"]].astype("int8").dot([2]), FRAME[["x"]].astype("int8").dot([2]))


def test_the_product_of_two_series_is_a_number(df):
    assert df.x.dot(df.x).compute() == FRAME.x.dot(FRAME.x)
    assert np.isnan(df.x.dot(df.y).compute())


def test_products_with_what_is_elsewhere_are_refused(df):
    with pytest.raises(NotImplementedError, match="compute"):
        df.dot(df)
    with pytest.raises(NotImplementedError, match="from_pandas"):
        df.x.dot([1, 2, 3, 4])
    with pytest.raises(ValueError, match=r"[Dd]ot product|aligned"):
        df.dot([1, 2, 3])


def test_values_are_stacked_row_by_row(df):
    assert_eq(df.stack(), FRAME.stack(future_stack=True))
    texts = FRAME.assign(y="a")
    assert_eq(dd.from_pandas(texts, npartitions=2).stack(), texts.stack(future_stack=True))
    wide = pd.concat({"p": FRAME, "q": FRAME}, axis=1)
    wide = dd.from_pandas(wide, npartitions=2), wide
    for level in (0, 1, [0, 1]):
        assert_eq(*(w.stack(level, future_stack=True) for w in wide))
    with pytest.raises(NotImplementedError, match="dropna"):
        df.stack(future_stack=False)


ZONES = ["UTC", "Europe/Berlin", "America/New_York"]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("other", [*ZONES, None])
def test_labels_move_between_zones(zone, other):
    times = pd.date_range("2021-10-30 12:00", periods=36, freq="h")  # over the end of summer
    frame = pd.DataFrame({"x": range(36)}, index=times).tz_localize("UTC").tz_convert(zone)
    df = dd.from_pandas(frame, npartitions=5)

    assert_eq(df.tz_convert(other), frame.tz_convert(other))
    assert_eq(df.x.tz_convert(other), frame.x.tz_convert(other))
    assert df.tz_convert(other).known_divisions
    assert_eq(df.tz_localize(None), frame.tz_localize(None))
    assert df.tz_localize(None).known_divisions == (zone == "UTC")


def test_times_without_a_zone_get_one():
    times = pd.date_range("2021-07-01", periods=12, freq="D")
    series = pd.Series(range(12), index=times)
    x = dd.from_pandas(series, npartitions=3)

    assert_eq(x.tz_localize("Europe/Berlin"), series.tz_localize("Europe/Berlin"))
    assert x.tz_localize("Europe/Berlin").known_divisions
    shifted = x.tz_localize("Europe/Berlin", nonexistent="shift_forward")
    assert not shifted.known_divisions
    assert_eq(shifted, series.tz_localize("Europe/Berlin"))
    with pytest.raises(TypeError, match=r"tz-aware|tz_localize"):
        x.tz_convert("UTC")
    with pytest.raises(NotImplementedError, match="level"):
        x.tz_localize("UTC", level=0)


def test_a_border_that_a_zone_does_not_have_makes_divisions_unknown():
    times = pd.date_range("2021-03-27 02:30", periods=3, freq="D")  # no such time on the 28th
    x = dd.from_pandas(pd.Series([1, 2, 3], index=times), npartitions=3)

    moved = x.tz_localize("Europe/Berlin")

    assert not moved.known_divisions
    with pytest.raises(ValueError, match="nonexistent"):
        moved.compute()


def test_levels_change_places():
    index = pd.MultiIndex.from_tuples([("a", 1, 2.0), ("b", 2, 3.0)], names=["p", "q", "r"])
    frame = pd.DataFrame({"x": [1, 2]}, index=index)
    df = dd.from_pandas(frame, npartitions=2)

    assert_eq(df.reorder_levels(["r", "p", "q"]), frame.reorder_levels(["r", "p", "q"]))
    assert_eq(df.x.reorder_levels([1, 0, 2]), frame.x.reorder_levels([1, 0, 2]))

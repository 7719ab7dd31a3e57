"""Rows moved, and differences from rows some places away."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import treadle.dataframe as dd
from treadle.dataframe.testing import assert_eq
from treadle.dataframe.windows.around import one_is_enough
from treadle.graph.expr import optimize, walk

TIMES = pd.date_range("2021-03-27", periods=12, freq="6h", tz="Europe/Oslo")
FRAME = pd.DataFrame(
    {
        "n": np.arange(12, dtype="i2") ** 2,
        "x": np.linspace(1, 3, 12),
        "t": list("abcdefghijkl"),
        "k": pd.Categorical(list("abcabcabcabc")),
        "ok": [True, False, True] * 4,
        "when": TIMES,
    },
    index=TIMES,
)


@pytest.fixture(params=["full", "holes"])
def both(request):
    df = dd.from_pandas(FRAME, npartitions=6)
    if request.param == "full":
        return df, FRAME
    return df[df.n % 3 == 0], FRAME[FRAME.n % 3 == 0]


@pytest.mark.parametrize("periods", [0, 1, -1, 3, -5, 40])
def test_shifted_values_are_those_of_pandas(both, periods):
    df, frame = both

    assert_eq(df.shift(periods), frame.shift(periods))
    assert_eq(df.t.shift(periods), frame.t.shift(periods))


@pytest.mark.parametrize("periods", [1, -2, 7])
def test_differences_are_those_of_pandas(both, periods):
    df, frame = both

    assert_eq(df[["n", "x"]].diff(periods), frame[["n", "x"]].diff(periods))
    assert_eq(df.when.diff(periods), frame.when.diff(periods))
    assert_eq(df.x.pct_change(periods), frame.x.pct_change(periods))


def test_rows_left_empty_take_a_value():
    df = dd.from_pandas(FRAME, npartitions=5)

    assert_eq(df.n.shift(3, fill_value=0), FRAME.n.shift(3, fill_value=0))
    assert_eq(df[["n", "x"]].shift([1, -1]), FRAME[["n", "x"]].shift([1, -1]))
    assert_eq(
        df[["n", "x"]].shift(1, axis=1, fill_value=7),
        FRAME[["n", "x"]].shift(1, axis=1, fill_value=7),
    )
    assert_eq(df[["n", "x"]].diff(axis=1), FRAME[["n", "x"]].diff(axis=1))


def test_labels_are_shifted_with_their_divisions():
    df = dd.from_pandas(FRAME, npartitions=4)

    assert_eq(df.shift(2, freq="1h"), FRAME.shift(2, freq="1h"))
    assert df.shift(1, freq="1h").known_divisions
    assert_eq(df.x.shift(1, freq="ME"), FRAME.x.shift(1, freq="ME"))
    assert not df.shift(1, freq="ME").known_divisions
    assert_eq(df.index.shift(1, freq="1D"), FRAME.index.shift(1, freq="1D"))


def test_what_needs_all_labels_is_refused():
    df = dd.from_pandas(FRAME, npartitions=3)

    with pytest.raises(NotImplementedError, match="infer"):
        df.shift(1, freq="infer")
    with pytest.raises(NotImplementedError, match="freq"):
        df.x.pct_change(freq="1D")
    with pytest.raises(NotImplementedError, match="frequency"):
        df.index.shift(1)
    with pytest.raises(TypeError):
        df.t.diff()
    with pytest.raises(ValueError, match="whole number"):
        df.x.diff(1.5)


def test_a_partition_of_a_shifted_frame_needs_one_neighbour_if_lengths_are_known():
    df = dd.from_pandas(FRAME, npartitions=6)

    assert one_is_enough(df.expr, 2, False, None)
    assert not one_is_enough(df.expr, 3, False, None)
    assert not one_is_enough(df[df.n > 3].expr, 1, False, None)
    kinds = [type(e).__name__ for e in walk(optimize([df.x.shift(1).expr]))]
    assert "GraphExpr" not in kinds


def test_shifts_follow_each_other():
    df = dd.from_pandas(FRAME, npartitions=5)
    x = df.x

    assert_eq(x.shift(1).shift(-3).diff() + x, FRAME.x.shift(1).shift(-3).diff() + FRAME.x)
    assert len(x.shift(2)) == 12


@pytest.mark.parametrize("scheduler", ["threads", "processes"])
def test_shifts_are_the_same_on_every_engine(scheduler):
    df = dd.from_pandas(FRAME, npartitions=5)

    assert_eq(df[df.n > 4].shift(-2), FRAME[FRAME.n > 4].shift(-2), scheduler=scheduler)


def test_several_levels_of_labels_are_no_trouble():
    index = pd.MultiIndex.from_product([[1, 2, 3], ["a", "b"]], names=["one", "two"])
    frame = pd.DataFrame({"x": [1.0, None, 3, 4, None, 6]}, index=index)
    df = dd.from_pandas(frame, npartitions=3)

    assert_eq(df.shift(1), frame.shift(1))
    assert_eq(df.ffill(), frame.ffill())
    assert_eq(df.cumsum(), frame.cumsum())

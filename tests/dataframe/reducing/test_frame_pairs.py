"""Correlations and covariances equal those of pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import treadle.dataframe as dd
from treadle.dataframe.testing import assert_eq

RNG = np.random.default_rng(3)
FULL = pd.DataFrame(RNG.normal(size=(40, 3)), columns=list("abc"))
HOLES = FULL.mask(RNG.random(FULL.shape) < 0.3)
ODD = pd.DataFrame(
    {
        "int": range(6),
        "bool": [True, False] * 3,
        "equal": [2.0] * 6,
        "Int64": pd.array([1, None, 3, 5, 1, 1], dtype="Int64"),
        "gone": [np.nan] * 6,
    }
)


def in_parts(data, count=3):
    return dd.from_pandas(data, npartitions=count)


@pytest.mark.parametrize("how", ["corr", "cov"])
@pytest.mark.parametrize(
    "data", [FULL, HOLES, ODD, FULL + 1e6], ids=["full", "holes", "odd", "far"]
)
@pytest.mark.parametrize("min_periods", [None, 4, 30])
def test_pairs_of_columns_are_those_of_pandas(how, data, min_periods):
    options = {} if min_periods is None else {"min_periods": min_periods}

    assert_eq(
        getattr(in_parts(data), how)(**options), getattr(data, how)(**options), rtol=1e-7, atol=1e-9
    )


def test_other_degrees_of_freedom():
    assert_eq(
        in_parts(HOLES).cov(ddof=0),
        HOLES.cov(ddof=0),
        rtol=1e-7,
    )
    assert_eq(in_parts(FULL).cov(ddof=0), FULL.cov(ddof=0))


def test_numeric_only_leaves_out_the_rest():
    frame = FULL.assign(s="x")

    assert_eq(in_parts(frame).corr(numeric_only=True), frame.corr(numeric_only=True))
    with pytest.raises(TypeError, match="'s'"):
        in_parts(frame).corr()


@pytest.mark.parametrize("data", [FULL, HOLES], ids=["full", "holes"])
def test_two_series_are_compared_as_in_pandas(data):
    df = in_parts(data)

    assert_eq(df.a.corr(df.b), data.a.corr(data.b))
    assert_eq(df.a.cov(df.b), data.a.cov(data.b))
    assert_eq(df.a.cov(df.b, ddof=0), data.a.cov(data.b, ddof=0))
    assert_eq(df.a.corr(df.b, min_periods=99), np.float64("nan"))
    assert_eq(df.a.autocorr(), data.a.autocorr())
    assert_eq(df.a.autocorr(3), data.a.autocorr(3))


def test_what_needs_ranks_is_refused():
    df = in_parts(FULL)

    for method in ("spearman", "kendall"):
        with pytest.raises(NotImplementedError, match="rank"):
            df.corr(method)
        with pytest.raises(NotImplementedError, match="rank"):
            df.a.corr(df.b, method=method)
    with pytest.raises(ValueError, match="method"):
        df.corr("other")
    with pytest.raises(TypeError, match="numbers"):
        in_parts(pd.Series(["a", "b"], name="s")).corr(df.a)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(*[st.integers(-50, 50) | st.none()] * 2), min_size=3, max_size=30),
    st.integers(1, 4),
)
def test_any_numbers_have_the_covariance_of_pandas(rows, count):
    frame = pd.DataFrame(rows, columns=["a", "b"], dtype="float64")

    assert_eq(in_parts(frame, count).cov(), frame.cov(), rtol=1e-8, atol=1e-9)

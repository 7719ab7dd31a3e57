"""Gaps that are filled."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import treadle.array as da
from treadle.array.testing import assert_eq

A = np.random.default_rng(0).random((20, 3))
A[A < 0.6] = np.nan


def pushed(values: np.ndarray, n: int | None) -> np.ndarray:
    """Return what is to come out along one dimension, element by element."""
    found, last, gap = values.copy(), None, 0
    for place, value in enumerate(values):
        if np.isnan(value):
            gap += 1
            if last is not None and (n is None or gap <= n):
                found[place] = last
        else:
            last, gap = value, 0
    return found


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 20), st.integers(1, 3), st.none() | st.integers(0, 6), st.integers(0, 1))
def test_gaps_are_filled_up_to_a_limit(rows: int, columns: int, n: int | None, axis: int):
    x = da.push(da.from_array(A, chunks=(rows, columns)), n, axis)

    assert_eq(x, np.apply_along_axis(pushed, axis, A, n))


def test_times_are_filled_and_whole_numbers_stay():
    times = np.array(["2020-01-01", "NaT", "NaT", "2021-01-01"], "M8[ns]")

    x = da.push(da.from_array(times, chunks=1), 1, 0)

    assert_eq(x, times[[0, 0, 1, 3]])
    assert_eq(da.push(da.arange(3, chunks=2), None, 0), np.arange(3))


def test_every_engine_fills(engine):
    x = da.push(da.from_array(A, chunks=(7, 2)), 2, 0)

    assert_eq(x, np.apply_along_axis(pushed, 0, A, 2), scheduler=engine)


def test_bad_parameters_are_refused():
    with pytest.raises(ValueError, match="negative"):
        da.push(da.ones(3), -1, 0)
    with pytest.raises(np.exceptions.AxisError):
        da.push(da.ones(3), 1, 1)

"""Distinct elements and membership."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import treadle.array as da
from treadle.array.testing import assert_eq

rng = np.random.default_rng(0)
VALUES = rng.integers(0, 9, (5, 7))


@pytest.mark.parametrize(
    "a",
    [
        VALUES,
        VALUES[0],
        np.array([1, np.nan, np.nan, 3, 1.0]),
        np.array(["b", "a", "b", "c"]),
        rng.integers(0, 3, (2, 3, 4)),
    ],
    ids=["2-d", "1-d", "nan", "text", "3-d"],
)
def test_distinct_elements_are_those_of_numpy(a):
    x = da.from_array(a, chunks=3)
    everything = {"return_index": True, "return_inverse": True, "return_counts": True}

    assert_eq(da.unique(x), np.unique(a))
    for found, expected in zip(da.unique(x, **everything), np.unique(a, **everything), strict=True):
        assert_eq(found, expected)
    assert_eq(da.unique(x, return_counts=True)[1], np.unique(a, return_counts=True)[1])


def test_nan_may_be_taken_for_different_ones():
    a = np.array([np.nan, 1, np.nan])

    assert_eq(da.unique(da.from_array(a, chunks=2), equal_nan=False), np.unique(a, equal_nan=False))


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.integers(0, 6), min_size=1, max_size=20),
    st.integers(1, 6),
)
def test_distinct_elements_do_not_depend_on_chunks(values, chunk):
    a = np.array(values)

    for found, expected in zip(
        da.unique(da.from_array(a, chunks=chunk), return_index=True, return_counts=True),
        np.unique(a, return_index=True, return_counts=True),
        strict=True,
    ):
        assert_eq(found, expected)


def test_a_sample_on_every_engine(engine):
    x = da.from_array(VALUES, chunks=3)

    assert_eq(da.unique(x), np.unique(VALUES), scheduler=engine)
    assert_eq(da.isin(x, [2, 5]), np.isin(VALUES, [2, 5]), scheduler=engine)


@pytest.mark.parametrize("invert", [False, True])
def test_membership_is_that_of_numpy(invert):
    x = da.from_array(VALUES, chunks=3)

    for others in ([1, 2], np.array([[1], [8]]), [], 3):
        expected = np.isin(VALUES, others, invert=invert)
        assert_eq(da.isin(x, others, invert=invert), expected)
    many = da.arange(5, chunks=2)
    assert_eq(da.isin(x, many, invert=invert), np.isin(VALUES, range(5), invert=invert))
    assert_eq(da.isin(3, [3], invert=invert), np.isin(3, [3], invert=invert))
    assert_eq(da.in1d(x, many, invert=invert), np.isin(VALUES.ravel(), range(5), invert=invert))


def test_sets_are_those_of_numpy():
    x, others = da.from_array(VALUES, chunks=3), np.array([3, 4, 40])

    assert_eq(da.union1d(x, others), np.union1d(VALUES, others))
    assert_eq(da.intersect1d(x, others), np.intersect1d(VALUES, others))
    assert_eq(da.setdiff1d(x, others), np.setdiff1d(VALUES, others))


def test_places_in_unknown_lengths_are_refused():
    x = da.from_array(VALUES[0], chunks=3)

    with pytest.raises(ValueError, match="compute_chunk_sizes"):
        da.unique(x[x > 2], return_index=True)

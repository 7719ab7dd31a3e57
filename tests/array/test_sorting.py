"""Largest elements, places in sorted arrays, sorting."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import treadle.array as da
from treadle.array.testing import assert_eq

rng = np.random.default_rng(0)
VALUES = rng.permutation(60).reshape(6, 10)


def top(a, k, axis, order):
    """The first or last of the sorted elements, the outermost first."""
    found = np.flip(order(a, axis), axis) if k > 0 else order(a, axis)
    return np.take(found, range(min(abs(k), a.shape[axis])), axis)


@pytest.mark.parametrize("k", [1, 3, -2, 20, -20, 0])
@pytest.mark.parametrize("axis", [0, -1])
def test_the_largest_and_smallest_elements_come_in_order(k, axis):
    for chunks in ((4, 3), (6, 10), (1, 1)):
        x = da.from_array(VALUES, chunks=chunks)

        assert_eq(da.topk(x, k, axis, split_every=2), top(VALUES, k, axis, np.sort))
        assert_eq(x.argtopk(k, axis), top(VALUES, k, axis, np.argsort))


def test_a_sample_on_every_engine(engine):
    x = da.from_array(VALUES, chunks=(4, 3))

    assert_eq(x.topk(2), top(VALUES, 2, 1, np.sort), scheduler=engine)
    assert_eq(da.argsort(x, axis=0), np.argsort(VALUES, axis=0), scheduler=engine)


@settings(deadline=None, max_examples=40)
@given(
    ordered=st.lists(st.integers(0, 9), min_size=1, max_size=20).map(sorted),
    wanted=st.lists(st.integers(-2, 11), min_size=1, max_size=8),
    side=st.sampled_from(["left", "right"]),
    chunk=st.integers(1, 7),
)
def test_places_in_a_sorted_array_are_those_of_numpy(ordered, wanted, side, chunk):
    a, v = np.array(ordered), np.array(wanted)

    found = da.searchsorted(da.from_array(a, chunks=chunk), da.from_array(v, chunks=3), side)

    assert_eq(found, np.searchsorted(a, v, side))


def test_places_have_the_shape_of_what_is_looked_for():
    a = np.arange(0, 50, 5)
    x = da.from_array(a, chunks=3)

    assert_eq(da.searchsorted(x, VALUES), np.searchsorted(a, VALUES))
    assert_eq(da.searchsorted(x, 7), np.asarray(np.searchsorted(a, 7)))


def test_places_are_found_through_a_sorter():
    a = np.array([5, 1, 4, 1, 3])
    x = da.from_array(a, chunks=2)

    for sorter in (np.argsort(a), da.argsort(x)):
        assert_eq(
            da.searchsorted(x, [0, 3, 9], sorter=sorter),
            np.searchsorted(a, [0, 3, 9], sorter=np.argsort(a)),
        )


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("axis", [0, 1])
def test_arrays_are_sorted_along_an_axis(axis, descending):
    a = VALUES // 7  # with equal elements
    x = da.from_array(a, chunks=(4, 3))
    places = np.argsort(-a if descending else a, axis=axis, kind="stable")

    assert_eq(da.argsort(x, axis, descending=descending), places)
    assert_eq(da.sort(x, axis, descending=descending), np.take_along_axis(a, places, axis))


def test_what_can_not_be_sorted_is_refused():
    x = da.from_array(VALUES, chunks=4)

    with pytest.raises(np.exceptions.AxisError):
        da.topk(x, 2, axis=2)
    with pytest.raises(ValueError, match="'left' or 'right'"):
        da.searchsorted(x[0], 3, side="middle")
    with pytest.raises(ValueError, match="1 dimension"):
        da.searchsorted(x, 3)
    with pytest.raises(ValueError, match="compute_chunk_sizes"):
        da.argtopk(x[:, 0][x[:, 0] > 3], 2)

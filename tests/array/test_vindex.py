"""``x.vindex``: elements pointwise, their dimensions first."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.indices import arrays, places

import treadle.array as da
from treadle.array.testing import assert_eq


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_points_come_first_wherever_their_dimensions_stood(data):
    values, x = data.draw(arrays())
    shape = data.draw(st.sampled_from([(1,), (4,), (2, 3)]))
    indexed = data.draw(st.sets(st.integers(0, x.ndim - 1), min_size=1))
    index = tuple(
        data.draw(places(length, shape)) if n in indexed else data.draw(st.slices(length))
        for n, length in enumerate(values.shape)
    )

    cut = values[tuple(entry if isinstance(entry, slice) else slice(None) for entry in index)]
    first = np.moveaxis(cut, sorted(indexed), range(len(indexed)))
    expected = first[tuple(entry for entry in index if not isinstance(entry, slice))]
    assert_eq(x.vindex[index], expected)


def test_points_are_taken_on_every_engine(engine):
    values = np.arange(60).reshape(6, 10)
    x = da.from_array(values, chunks=(2, 3))

    assert_eq(x.vindex[[5, 0, 3], [9, 0, 4]], values[[5, 0, 3], [9, 0, 4]], scheduler=engine)
    assert_eq(x.vindex[:, [[1], [2]]], values.T[[[1], [2]]], scheduler=engine)


def test_slices_alone_are_slices():
    x = da.arange(10, chunks=4)

    assert x.vindex[2:7].name == x[2:7].name


def test_points_in_blocks_and_booleans_are_taken_too():
    values = np.arange(12).reshape(3, 4)
    x = da.from_array(values, chunks=2)

    assert_eq(x.vindex[:, da.from_array(np.array([3, 0]))], values.T[[3, 0]])
    assert_eq(x.vindex[:, [True, False, True, False]], values.T[[0, 2]])


def test_points_out_of_bounds_are_refused():
    with pytest.raises(IndexError, match="index 5 is out of bounds for axis 0 with size 3"):
        da.ones((3, 4), chunks=2).vindex[[0, 5], [0, 0]]


def test_elements_are_set_with_the_dimensions_of_points_first():
    values = np.zeros((3, 4))
    x = da.from_array(values.copy(), chunks=2)

    x.vindex[:, [3, 0]] = [[1, 2, 3], [4, 5, 6]]

    values.T[[3, 0]] = [[1, 2, 3], [4, 5, 6]]
    assert_eq(x, values)

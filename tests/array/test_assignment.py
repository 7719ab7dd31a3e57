"""``x[index] = value`` does what NumPy does, whatever the index, the value and the blocks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.array.indices import arrays, broadcastable, in_blocks, index_arrays, index_masks

import treadle.array as da
from treadle.array.testing import assert_eq

CUBE = np.arange(5 * 12 * 4).reshape(5, 12, 4)


@pytest.fixture
def cube():
    return da.from_array(CUBE, chunks=(2, 5, 3))


def values_for(draw, shape):
    """A scalar or an array that can be broadcast, in memory or in blocks."""
    values = np.asarray(-1 - np.arange(np.prod(own := broadcastable(draw, shape))).reshape(own))
    if values.ndim and draw(st.booleans()):
        return values, da.from_array(values, chunks=draw(st.integers(1, 4)))
    return values, values if values.ndim else int(values)


def check(draw, values, x, index, lazy):
    expected = values.copy()
    value, given = values_for(draw, np.shape(values[index]))
    if is_one_element(index, value):
        return
    expected[index] = value
    before = x.copy()

    x[lazy] = given

    assert_eq(x, expected)
    assert_eq(before, values)


def is_one_element(index, value):
    """NumPy refuses a sequence where the index is one element."""
    index = index if isinstance(index, tuple) else (index,)
    return value.ndim > 0 and all(isinstance(entry, int) for entry in index)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_basic_indices_are_set_as_by_numpy(data):
    values, x = data.draw(arrays())
    index = data.draw(hnp.basic_indices(values.shape, allow_newaxis=True))

    check(data.draw, values, x, index, index)


@settings(deadline=None, max_examples=80)
@given(st.data())
def test_integer_arrays_are_set_as_by_numpy(data):
    values, x = data.draw(arrays())
    index = data.draw(index_arrays(values.shape))

    check(data.draw, values, x, index, index)


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_booleans_are_set_as_by_numpy(data):
    values, x = data.draw(arrays())
    index = data.draw(index_masks(values.shape))

    check(data.draw, values, x, index, index)


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_integers_in_blocks_are_set_as_by_numpy(data):
    values, x = data.draw(arrays())
    index = data.draw(index_arrays(values.shape))
    lazy = in_blocks(index, data.draw(st.integers(1, 3)))

    check(data.draw, values, x, index, lazy)


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_booleans_in_blocks_are_set_as_by_numpy(data):
    values, x = data.draw(arrays())
    index = data.draw(index_masks(values.shape))
    lazy = in_blocks(index, data.draw(st.integers(1, 4)))

    check(data.draw, values, x, index, lazy)


def test_elements_are_set_on_every_engine(cube, engine):
    expected = CUBE.copy()
    expected[1:4, ::2] = expected[1:4, :1] * 2
    expected[[4, 0], :, 1] = [[7], [8]]
    expected[expected % 5 == 0] = -1

    cube[1:4, ::2] = cube[1:4, :1] * 2
    cube[[4, 0], :, 1] = [[7], [8]]
    cube[cube % 5 == 0] = -1

    assert_eq(cube, expected, scheduler=engine)


def test_a_copy_and_what_was_made_before_see_nothing_of_it(cube):
    copy, double = cube.copy(), cube * 2

    cube[0] = 0

    assert_eq(copy, CUBE)
    assert_eq(double, CUBE * 2)


def test_an_array_can_be_set_from_itself():
    x = da.arange(10, chunks=3)

    x[1:] = x[:-1]

    assert_eq(x, np.array([0, 0, 1, 2, 3, 4, 5, 6, 7, 8]))


def test_everything_can_be_set(cube):
    cube[...] = da.arange(4, chunks=2) + 0.5

    assert_eq(cube, np.broadcast_to(np.arange(4), CUBE.shape))


def test_where_booleans_are_true_the_element_of_the_same_place_is_set():
    x = da.arange(6, chunks=4)

    x[x > 2] = x * 10

    assert_eq(x, np.array([0, 1, 2, 30, 40, 50]))


def test_elements_of_unknown_number_can_be_set():
    x = da.arange(10, chunks=4)
    y = x[x > 3]

    y[y > 7] = 0
    y[...] = y + 1

    assert_eq(y, np.array([5, 6, 7, 8, 1, 1]))


def test_masked_values_make_an_array_of_masked_blocks():
    values = np.arange(10.0)
    x = da.from_array(values, chunks=4)

    x[x > 5] = np.ma.masked
    x[1:3] = np.ma.masked_array([7, 8], [True, False])

    expected = np.ma.masked_greater(values, 5)
    expected[1:3] = np.ma.masked_array([7, 8], [True, False])
    assert_eq(x, expected)


def test_points_are_set_pointwise():
    values = np.zeros((4, 3, 5))
    x = da.from_array(values.copy(), chunks=2)

    x.vindex[[0, 3], :, [1, 4]] = [[1, 2, 3], [4, 5, 6]]

    values[[0, 3], :, [1, 4]] = [[1, 2, 3], [4, 5, 6]]
    assert_eq(x, values)


def test_fields_are_set():
    records = np.zeros(4, [("a", "i4"), ("b", "f8")])
    x = da.from_array(records.copy(), chunks=3)

    x["a"] = [1, 2, 3, 4]

    np.testing.assert_array_equal(x.compute()["a"], [1, 2, 3, 4])


def test_the_last_of_several_values_for_one_element_remains():
    x = da.zeros(4, chunks=2)

    x[[1, 3, 1]] = [1, 2, 3]

    assert_eq(x, np.array([0.0, 3, 0, 2]))


def test_setting_a_few_elements_touches_their_blocks_only():
    x = da.from_array(np.arange(100), chunks=10)

    x[5:7] = da.ones(2)

    assert_eq(x[50:], np.arange(50, 100))


@pytest.mark.parametrize(
    ("index", "value", "error", "text"),
    [
        (9, 0, IndexError, "out of bounds"),
        (slice(2, 4), [1, 2, 3], ValueError, "could not broadcast input array from shape"),
        ([2, 4], [1, 2, 3], ValueError, "shape mismatch: value array of shape"),
        (0, np.nan, ValueError, "cannot convert float NaN to integer"),
        (0, [np.nan] * 4, ValueError, "cannot convert float NaN to integer"),
        (0, 1j, TypeError, "complex"),
    ],
)
def test_what_can_not_be_set_is_refused_at_once(cube, index, value, error, text):
    with pytest.raises(error, match=text):
        cube[index] = value


def test_values_in_order_must_be_as_many_as_there_are_trues():
    x = da.arange(6, chunks=4)
    x[(x > 3,)] = [1, 2, 3]

    with pytest.raises(ValueError, match="cannot assign 3 input values to the 2 output values"):
        x.compute(scheduler="sync")


@pytest.mark.parametrize("mask", [True, False])
def test_the_one_element_of_an_array_without_dimensions_is_set_where_a_mask_says_so(mask: bool):
    x = da.from_array(np.array(5), chunks=())
    x[da.from_array(np.array(mask), chunks=())] = 7

    total = da.from_array(np.arange(4), chunks=2).sum()
    total[total > 3] = 9

    assert_eq(x, np.array(7 if mask else 5))
    assert_eq(total, np.array(9))

"""Selecting, finding, leaving out and putting in give what NumPy gives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.indices import arrays, chunk_lengths, places

import treadle.array as da
from treadle.array.testing import assert_eq

VALUES = (np.arange(60) * 7 % 11).reshape(5, 12) - 5


@pytest.fixture
def x():
    return da.from_array(VALUES, chunks=(2, 5))


# -- taking ----------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_take_gives_what_numpy_gives(data):
    values, x = data.draw(arrays())
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1) | st.none())
    length = values.size if axis is None else values.shape[axis]
    indices = data.draw(places(length, data.draw(st.sampled_from([(3,), (2, 2), (0,)]))))

    assert_eq(da.take(x, indices, axis), np.take(values, indices, axis))
    if indices.size:
        lazy = da.from_array(indices, chunks=1)
        assert_eq(da.take(x, lazy, axis), np.take(values, indices, axis))


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_take_along_axis_gives_what_numpy_gives(data):
    values, x = data.draw(arrays())
    axis = data.draw(st.integers(0, x.ndim - 1))
    shape = [data.draw(st.sampled_from([1, length])) for length in values.shape]
    shape[axis] = data.draw(st.integers(1, 5))
    indices = data.draw(places(values.shape[axis], tuple(shape)))
    lazy = da.from_array(indices, chunks=data.draw(chunk_lengths(indices.shape)))

    assert_eq(da.take_along_axis(x, lazy, axis), np.take_along_axis(values, indices, axis))


def test_lines_are_taken_on_every_engine(x, engine):
    order = np.argsort(VALUES, axis=1)

    assert_eq(da.take_along_axis(x, order, 1), np.sort(VALUES, axis=1), scheduler=engine)


def test_compress_and_extract_take_where_a_condition_is_true(x):
    assert_eq(da.compress([True, False, True], x, axis=0), VALUES[[0, 2]])
    assert_eq(da.compress(x[0] > 0, x, axis=1), VALUES[:, VALUES[0] > 0])
    assert_eq(da.compress([False, True], x), VALUES.ravel()[1:2])
    assert_eq(da.extract(x > 2, x), VALUES[VALUES > 2])
    with pytest.raises(IndexError, match="out of bounds"):
        da.compress([True] * 7, x, axis=0)
    with pytest.raises(ValueError, match="one dimension"):
        da.compress(x > 2, x, axis=0)


# -- finding ---------------------------------------------------------------------------------------


def test_places_of_nonzero_elements_are_found_on_every_engine(x, engine):
    for found, expected in zip(da.nonzero(x), np.nonzero(VALUES), strict=True):
        assert_eq(found, expected, scheduler=engine)


@settings(deadline=None, max_examples=30)
@given(st.data())
def test_finding_gives_what_numpy_gives(data):
    values, x = data.draw(arrays())
    values, x = values % 3, x % 3

    assert_eq(da.argwhere(x), np.argwhere(values))
    assert_eq(da.flatnonzero(x), np.flatnonzero(values))
    for found, expected in zip(x.nonzero(), values.nonzero(), strict=True):
        assert_eq(found, expected)


def test_places_are_counted_and_uncounted():
    flat = da.from_array(np.array([5, 0, 23, 7]), chunks=3)

    rows, columns = da.unravel_index(flat, (4, 6))

    for found, expected in zip(
        (rows, columns), np.unravel_index([5, 0, 23, 7], (4, 6)), strict=True
    ):
        assert_eq(found, expected)
    assert_eq(da.ravel_multi_index((rows, columns), (4, 6)), np.array([5, 0, 23, 7]))
    assert_eq(da.ravel_multi_index([[9], [1]], (4, 6), mode="clip"), np.array([19]))
    with pytest.raises(ValueError, match="for 1 dimensions"):
        da.ravel_multi_index((rows, columns), (4,))


@pytest.mark.parametrize("k", [-2, 0, 1])
@pytest.mark.parametrize("name", ["tril_indices", "triu_indices"])
def test_triangles_have_the_places_numpy_says(name, k):
    expected = getattr(np, name)(5, k, 4)

    for found, place in zip(getattr(da, name)(5, k, 4, chunks=2), expected, strict=True):
        assert_eq(found, place)
    matrix = da.ones((5, 4), chunks=3)
    for found, place in zip(getattr(da, f"{name}_from")(matrix, k), expected, strict=True):
        assert_eq(found, place)
    with pytest.raises(ValueError, match="2-d"):
        getattr(da, f"{name}_from")(da.ones(3))


def test_places_are_not_found_where_they_can_not_be_counted(x):
    with pytest.raises(ValueError, match="compute_chunk_sizes"):
        da.nonzero(x[x > 0])
    with pytest.raises(ValueError, match="0d"):
        da.nonzero(da.from_array(np.array(3)))


# -- leaving out and putting in --------------------------------------------------------------------


@pytest.mark.parametrize("obj", [3, -1, [0, 4, 4], slice(1, 50, 2), [], [True] * 3 + [False] * 2])
def test_delete_leaves_out_what_numpy_leaves_out(x, obj):
    assert_eq(da.delete(x, obj, axis=0 if np.ndim(obj) else None),
              np.delete(VALUES, obj, axis=0 if np.ndim(obj) else None))  # fmt: skip


@pytest.mark.parametrize(
    ("obj", "values", "axis"),
    [
        (2, 7, 0),
        (2, [1, 2, 3, 4, 5], 1),
        (-1, [[1], [2], [3], [4], [5]], 1),
        ([1, 3, 1], [[1], [2], [3]], 0),
        ([12], 1.7, 1),
        (slice(0, 4, 2), 9, 1),
        ([0, 60, 2], [1, 2, 3], None),
        ([], 1, 0),
    ],
)
def test_insert_puts_in_what_numpy_puts_in(x, obj, values, axis):
    assert_eq(da.insert(x, obj, values, axis), np.insert(VALUES, obj, values, axis))


def test_append_puts_behind(x):
    assert_eq(da.append(x, VALUES[:1], axis=0), np.append(VALUES, VALUES[:1], axis=0))
    assert_eq(da.append(x, [1, 2]), np.append(VALUES, [1, 2]))


@pytest.mark.parametrize(
    "function", [da.delete, lambda x, *args: da.insert(x, args[0], 1, args[1])]
)
def test_places_that_do_not_exist_are_refused(x, function):
    with pytest.raises(IndexError, match="index 13 is out of bounds for axis 1 with size 12"):
        function(x, [0, 13], 1)
    with pytest.raises(ValueError, match="compute_chunk_sizes"):
        function(x[x > 0], 0, 0)
    with pytest.raises(np.exceptions.AxisError):
        function(x, 0, 2)


# -- lengths ---------------------------------------------------------------------------------------


def test_lengths_that_were_not_known_are_computed(x):
    found = x[x[:, 0] > -5][:, x[0] > 0]

    assert found.compute_chunk_sizes() is found
    assert found.chunks == ((1, 2, 1), (3, 2, 0))
    assert_eq(found[1:, ::-1], VALUES[VALUES[:, 0] > -5][:, VALUES[0] > 0][1:, ::-1])

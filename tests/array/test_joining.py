"""Arrays one after the other, and side by side."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import treadle.array as da
from treadle.array.testing import assert_eq
from treadle.graph.expr import optimize

A = np.arange(24).reshape(4, 6)


def test_joined_arrays_are_numpys_on_every_engine(engine):
    x, y = da.from_array(A, chunks=(2, 3)), da.from_array(A[:, :2], chunks=(4, 1))

    assert_eq(da.concatenate([x, y + 1], axis=1), np.hstack([A, A[:, :2] + 1]), scheduler=engine)


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(1, 4)), min_size=1, max_size=4),
    st.integers(-2, 1),
    st.integers(1, 4),
)
def test_arrays_of_any_blocks_can_be_joined(parts, axis, other):
    values, arrays = [], []
    for length, chunk in parts:
        shape = [3, 3]
        shape[axis] = length
        values.append(np.random.default_rng(length).random(shape))
        arrays.append(da.from_array(values[-1], chunks=(chunk, other)))

    assert_eq(da.concatenate(arrays, axis=axis), np.concatenate(values, axis=axis))


@settings(deadline=None, max_examples=60)
@given(
    st.integers(-12, 11)
    | st.builds(slice, *[st.none() | st.integers(-13, 13)] * 2, st.sampled_from([1, 2, 5, -1, -3])),
    st.booleans(),
)
def test_a_slice_takes_only_the_parts_that_it_needs(index, twice):
    parts = [da.from_array(A, chunks=(2, 6)) + n for n in range(3)]
    if twice:
        parts[2] = parts[0]
    whole = np.concatenate([A, A + 1, A + (0 if twice else 2)])

    assert_eq(da.concatenate(parts)[index], whole[index])
    assert_eq(da.concatenate(parts)[index, 1:5:2], whole[index, 1:5:2])


def test_joining_makes_no_tasks():
    parts = [da.from_array(A, chunks=(2, 6)) + n for n in range(3)]

    (expr,) = optimize([da.concatenate(parts).expr])

    assert expr.alias


def test_dtypes_become_one():
    x = da.concatenate([da.ones(2, dtype="i4"), da.ones(3, dtype="f4"), da.ones(0, dtype="c8")])

    assert_eq(x, np.ones(5, "c16"))


def test_without_an_axis_all_elements_are_joined():
    assert_eq(
        da.concatenate([da.from_array(A, chunks=2), da.ones(3, dtype=int)], axis=None),
        np.concatenate([A.ravel(), np.ones(3, int)]),
    )


def test_what_is_no_array_becomes_one():
    assert_eq(da.concatenate([[1, 2], np.array([3])]), np.array([1, 2, 3]))


def test_masked_arrays_stay_masked():
    a = np.ma.masked_equal(A, 4)
    x = da.from_array(a, chunks=(2, 3))

    assert_eq(da.concatenate([x, x]), np.ma.concatenate([a, a]))


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="at least one"):
        da.concatenate([])
    with pytest.raises(ValueError, match="axis 1"):
        da.concatenate([da.ones((2, 3)), da.ones((2, 4))])
    with pytest.raises(ValueError, match="as many dimensions"):
        da.concatenate([da.ones((2, 3)), da.ones(3)])
    with pytest.raises(ValueError, match="without dimensions"):
        da.concatenate([da.ones(()), da.ones(())])
    with pytest.raises(np.exceptions.AxisError):
        da.concatenate([da.ones(3), da.ones(3)], axis=1)
    with pytest.raises(ValueError, match="at least one"):
        da.stack([])
    with pytest.raises(ValueError, match="one shape"):
        da.stack([da.ones(3), da.ones(4)])
    with pytest.raises(np.exceptions.AxisError):
        da.stack([da.ones(3), da.ones(3)], axis=2)


def test_unknown_lengths_are_joined_when_told_that_they_match():
    x = da.from_array(A[:, 0], chunks=2)
    x = x[x > 5]

    with pytest.raises(ValueError, match="allow_unknown_chunksizes"):
        da.stack([x, x])
    y = da.stack([x, x + 1], allow_unknown_chunksizes=True)
    np.testing.assert_array_equal(y.compute(), [[6, 12, 18], [7, 13, 19]])
    np.testing.assert_array_equal(da.concatenate([x, x]).compute(), [6, 12, 18, 6, 12, 18])


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -3])
def test_stacked_arrays_are_numpys(axis):
    x = da.from_array(A, chunks=(2, 4))

    assert_eq(da.stack([x, x + 1, x], axis), np.stack([A, A + 1, A], axis))


@pytest.mark.parametrize("name", ["vstack", "hstack", "dstack", "column_stack"])
@pytest.mark.parametrize("ndim", [0, 1, 2, 3])
def test_arrays_are_stacked_as_numpys_are(name, ndim):
    a = np.asarray(np.arange(8).reshape(2, 2, 2)[(0,) * (3 - ndim)])
    x = da.from_array(a, chunks=1 if ndim else ())

    assert_eq(getattr(da, name)([x, x + 1]), getattr(np, name)([a, a + 1]))


def test_blocks_are_put_together_as_numpys_are():
    x = da.from_array(A, chunks=3)

    assert_eq(da.block([[x, x], [x + 1, x]]), np.block([[A, A], [A + 1, A]]))
    assert_eq(da.block([x[0], 5, x[1]]), np.block([A[0], 5, A[1]]))
    assert_eq(da.block([[x[0]], [x]]), np.block([[A[0]], [A]]))
    assert_eq(da.block(x), A)
    with pytest.raises(ValueError, match="depth"):
        da.block([x, [x]])
    with pytest.raises(ValueError, match="empty"):
        da.block([[], [x]])
    with pytest.raises(TypeError, match="tuple"):
        da.block((x, x))


# -- splitting -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["array_split", "split"])
@pytest.mark.parametrize(("where", "axis"), [(2, 0), (3, 1), ([1, 3], 1), ([2, 9], 0), (1, -1)])
def test_arrays_are_split_as_numpys_are(name, where, axis):
    found = getattr(da, name)(da.from_array(A, chunks=3), where, axis)

    expected = getattr(np, name)(A, where, axis)
    assert len(found) == len(expected)
    for x, value in zip(found, expected, strict=True):
        assert_eq(x, value)


def test_parts_may_be_uneven_only_for_array_split():
    x = da.from_array(A, chunks=3)

    for part, value in zip(da.array_split(x, 4, 1), np.array_split(A, 4, 1), strict=True):
        assert_eq(part, value)
    with pytest.raises(ValueError, match="equal"):
        da.split(x, 4, 1)
    with pytest.raises(ValueError, match="1 or more"):
        da.array_split(x, 0)


@pytest.mark.parametrize("name", ["hsplit", "vsplit", "dsplit"])
def test_arrays_are_split_along_dimensions_with_names(name):
    a = np.arange(64).reshape(4, 4, 4)

    found = getattr(da, name)(da.from_array(a, chunks=3), 2)

    for x, value in zip(found, getattr(np, name)(a, 2), strict=True):
        assert_eq(x, value)
    with pytest.raises(ValueError, match="dimension"):
        getattr(da, name)(da.ones(()), 2)


def test_an_array_is_taken_apart_along_a_dimension():
    found = da.unstack(da.from_array(A, chunks=3), axis=1)

    assert isinstance(found, tuple)
    for x, value in zip(found, A.T, strict=True):
        assert_eq(x, value)

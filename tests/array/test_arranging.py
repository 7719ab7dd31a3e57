"""Elements shifted, repeated, taken together, and their differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import treadle.array as da
from treadle.array.testing import assert_eq

A = np.random.default_rng(0).integers(0, 100, (6, 8))


def array(chunks=(2, 3)):
    return da.from_array(A, chunks=chunks)


def unknown():
    return array()[da.from_array(A[:, 0] > 20, chunks=2)]


@pytest.mark.parametrize(
    ("shift", "axis"),
    [
        (2, None), (-3, None), (100, None), (0, 0), (2, 0), (-9, 1), (2, (0, 1)), ((1, 2), (0, 1)),
        ((1, 2), (1, 1)), ((1, 2), 0), (3, -1),
    ],
)  # fmt: skip
def test_elements_roll_as_numpys_do(shift, axis):
    assert_eq(da.roll(array(), shift, axis), np.roll(A, shift, axis))


def test_elements_roll_on_every_engine(engine):
    assert_eq(da.roll(array(), 3, 1), np.roll(A, 3, 1), scheduler=engine)


@pytest.mark.parametrize("reps", [0, 1, 2, (2, 3), (2, 1, 3), (0, 2), [2], ()])
def test_arrays_are_tiled_as_numpys_are(reps):
    assert_eq(da.tile(array(), reps), np.tile(A, reps))


@pytest.mark.parametrize("repeats", [0, 1, 3, [2]])
@pytest.mark.parametrize("axis", [None, 0, 1, -1])
def test_elements_are_repeated_as_numpys_are(repeats, axis):
    assert_eq(da.repeat(array(), repeats, axis), np.repeat(A, repeats, axis))
    assert_eq(array().repeat(repeats, axis), A.repeat(repeats, axis))


def test_each_element_may_be_repeated_as_often_as_it_likes():
    repeats = [0, 3, 1, 2, 0, 1]

    assert_eq(da.repeat(array(), repeats, 0), np.repeat(A, repeats, 0))


def test_repeating_large_blocks_does_not_make_them_larger():
    x = da.ones((100, 10**6), chunks=(10, 10**6))

    assert max(da.repeat(x, 8, 0).chunks[0]) <= 10


@pytest.mark.parametrize("reduction", [np.sum, np.mean, np.max, da.min])
@pytest.mark.parametrize("axes", [{0: 2}, {1: 4}, {0: 3, 1: 2}, {-1: 8}, {}])
def test_boxes_are_reduced(reduction, axes):
    expected = A
    for axis, count in axes.items():
        shape = list(expected.shape)
        shape[axis : axis + 1 or None] = [shape[axis] // count, count]
        numpys = getattr(np, reduction.__name__)
        expected = numpys(expected.reshape(shape), axis=axis % 2 + 1)
    if not axes:
        expected = getattr(np, reduction.__name__)(A, axis=())

    assert_eq(da.coarsen(reduction, array(), axes), expected)


def test_what_does_not_fill_a_box_may_be_left_out():
    assert_eq(
        da.coarsen(np.sum, array(), {1: 3}, trim_excess=True),
        A[:, :6].reshape(6, 2, 3).sum(2),
    )
    with pytest.raises(ValueError, match="trim_excess"):
        da.coarsen(np.sum, array(), {1: 3})
    assert_eq(
        da.coarsen(np.sum, array(), {1: 9}, trim_excess=True), A[:, :0].reshape(6, 0, 9).sum(2)
    )


def test_options_of_a_reduction_are_passed_on():
    assert_eq(da.coarsen(np.std, array(), {0: 2}, ddof=1), A.reshape(3, 2, 8).std(axis=1, ddof=1))
    with pytest.raises(ValueError, match="of no boxes"):
        da.coarsen(lambda x: x, array(), {0: 2})


# -- differences ---------------------------------------------------------------------------------


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=5), st.integers(0, 5))
def test_differences_are_numpys_whatever_the_blocks(lengths, n):
    a = np.random.default_rng(1).random((2, sum(lengths)))

    assert_eq(da.diff(da.from_array(a, chunks=(1, tuple(lengths))), n), np.diff(a, n))


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("options", [{"prepend": 0}, {"append": 5}, {"prepend": 1, "append": A}])
def test_differences_may_start_and_end_elsewhere(axis, options):
    assert_eq(da.diff(array(), axis=axis, **options), np.diff(A, axis=axis, **options))


def test_differences_keep_the_blocks():
    assert da.diff(da.ones(9, chunks=3)).chunks == ((3, 3, 2),)


def test_differences_of_booleans_are_where_they_change():
    assert_eq(da.diff(array() > 50), np.diff(A > 50))


def test_differences_of_all_elements_are_numpys():
    assert_eq(da.ediff1d(array()), np.ediff1d(A))
    assert_eq(da.ediff1d(array(), to_end=[1, 2], to_begin=-5), np.ediff1d(A, [1, 2], -5))
    with pytest.raises(TypeError, match="to_end"):
        da.ediff1d(array(), to_end=1.5)
    with pytest.raises(TypeError, match="booleans"):
        da.ediff1d(array() > 5)


@pytest.mark.parametrize("chunks", [(6, 8), (2, 3), (1, 1), ((1, 4, 1), (2, 5, 1))])
@pytest.mark.parametrize("edge_order", [1, 2])
@pytest.mark.parametrize("dtype", ["i4", "f4", "c16"])
def test_slopes_are_numpys(chunks, edge_order, dtype):
    a = A.astype(dtype)

    found = da.gradient(da.from_array(a, chunks=chunks), edge_order=edge_order)

    for x, expected in zip(found, np.gradient(a, edge_order=edge_order), strict=True):
        assert_eq(x, expected, rtol=1e-5)


@pytest.mark.parametrize(
    "spacing", [(2,), (2, 0.5), (np.arange(6) ** 2, 3), (np.arange(6.0), np.logspace(0, 1, 8))]
)
def test_slopes_take_distances_or_coordinates(spacing):
    found = da.gradient(array(), *spacing)

    for x, expected in zip(found, np.gradient(A, *spacing), strict=True):
        assert_eq(x, expected)


def test_slopes_along_one_dimension_are_an_array(engine):
    assert_eq(da.gradient(array(), axis=1), np.gradient(A, axis=1), scheduler=engine)


# -- errors --------------------------------------------------------------------------------------


def test_what_makes_no_sense_is_refused():
    for call in [
        lambda: da.roll(array(), 1, 2),
        lambda: da.repeat(array(), 2, 2),
        lambda: da.diff(array(), axis=2),
        lambda: da.gradient(array(), axis=2),
        lambda: da.coarsen(np.sum, array(), {2: 1}),
    ]:
        with pytest.raises(np.exceptions.AxisError):
            call()
    for call, message in [
        (lambda: da.tile(array(), -1), "0 times or more"),
        (lambda: da.repeat(array(), -1, 0), "0 times or more"),
        (lambda: da.repeat(array(), [1, 2], 0), "2 repeats for 6"),
        (lambda: da.diff(array(), -1), "0 times or more"),
        (lambda: da.diff(da.ones(())), "there is none"),
        (lambda: da.gradient(array(), edge_order=3), "edge_order"),
        (lambda: da.gradient(da.ones(1)), "2 or more"),
        (lambda: da.gradient(array(), np.ones(3), 1), "3 coordinates"),
        (lambda: da.gradient(array(), np.ones((3, 3)), 1), "one dimension"),
        (lambda: da.coarsen(np.sum, array(), {0: 0}), "1 or more"),
    ]:
        with pytest.raises(ValueError, match=message):
            call()
    with pytest.raises(TypeError, match="3 distances"):
        da.gradient(array(), 1, 2, 3)


def test_unknown_lengths_are_to_be_computed_first():
    for call in [
        lambda: da.roll(unknown(), 1, 0),
        lambda: da.repeat(unknown(), 2, 0),
        lambda: da.diff(unknown(), axis=0),
        lambda: da.gradient(unknown(), axis=0),
        lambda: da.coarsen(np.sum, unknown(), {0: 2}),
    ]:
        with pytest.raises(ValueError, match="compute_chunk_sizes"):
            call()

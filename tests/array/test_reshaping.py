"""Reshaping: C order, whatever the blocks are, and blocks that stay within bounds."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import treadle.array as da
from treadle.array.reshape_plan import groups_of, plan_reshape
from treadle.array.testing import assert_eq


def factored(draw, size, most=4):
    """Draw lengths whose product is ``size``."""
    shape = []
    while size > 1 and len(shape) < most - 1:
        divisors = [n for n in range(1, size + 1) if size % n == 0]
        shape.append(draw(st.sampled_from(divisors)))
        size //= shape[-1]
    return (*shape, size)


@st.composite
def reshapings(draw):
    size = draw(st.sampled_from([1, 2, 12, 24, 30, 36, 64, 97]))
    old, new = factored(draw, size), factored(draw, size)
    chunks = tuple(
        tuple(np.diff([0, *sorted(draw(st.sets(st.integers(1, n - 1), max_size=3))), n]).tolist())
        if n > 1
        else (n,)
        for n in old
    )
    return old, new, chunks


@settings(deadline=None, max_examples=100)
@given(reshapings(), st.sampled_from([None, 8, 40, 100]), st.booleans())
def test_reshaping_is_numpys(case, limit, merge):
    old, new, chunks = case
    a = np.arange(prod(old)).reshape(old)

    x = da.from_array(a, chunks=chunks).reshape(new, merge_chunks=merge, limit=limit)

    assert_eq(x, a.reshape(new))


@settings(deadline=None, max_examples=200)
@given(reshapings(), st.integers(1, 50))
def test_blocks_are_bounded(case, room):
    old, new, chunks = case

    stages = plan_reshape(chunks, new, room)

    bound = 2 * max(room, prod(map(max, chunks)))
    assert len(stages) <= 2
    assert tuple(map(sum, stages[0][0])) == old
    assert tuple(map(sum, stages[-1][1])) == new
    for before, after in stages:
        assert prod(map(max, before)) <= bound
        assert prod(map(max, after)) <= bound
        assert prod(map(len, before)) == prod(map(len, after))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ((4, 3, 2), (12, 2), [((0, 1), (0,)), ((2,), (1,))]),
        ((6,), (2, 3), [((0,), (0, 1))]),
        ((6, 4), (4, 6), [((0, 1), (0, 1))]),
        ((1, 6), (6,), [((0,), ()), ((1,), (0,))]),
        ((6,), (6, 1), [((0,), (0,)), ((), (1,))]),
        ((), (1,), [((), (0,))]),
        ((2, 1, 3), (6,), [((0, 1, 2), (0,))]),
    ],
)
def test_dimensions_fall_into_groups_of_equal_products(old, new, expected):
    assert groups_of(old, new) == expected


def test_a_matrix_of_long_rows_becomes_a_vector_in_blocks_of_the_same_size():
    x = da.ones((1000, 10**6), chunks=(100, 10**4))  # blocks of 8 MB, bands of rows of 800 MB

    y = x.reshape(-1)

    assert max(y.chunks[0]) * 8 <= 2**25
    assert y.npartitions <= 4 * x.npartitions


def test_the_first_dimension_keeps_its_blocks_where_it_can():
    assert da.ones((4, 4, 4), chunks=2).reshape(16, 4).chunks == ((8, 8), (2, 2))
    assert da.ones((10, 6), chunks=(5, 6)).reshape(10, 2, 3).chunks == ((5, 5), (2,), (3,))
    assert da.ones(12, chunks=4).reshape(6, 2).chunks == ((2, 2, 2), (2,))


def test_reshaping_works_on_every_engine(engine):
    a = np.arange(24).reshape(4, 6)

    assert_eq(da.from_array(a, chunks=(2, 3)).reshape(8, 3), a.reshape(8, 3), scheduler=engine)


@pytest.mark.parametrize("shape", [(-1,), (4, -1), (-1, 3, 2), 24, [2, 12]])
def test_shapes_are_written_in_many_ways(shape):
    a = np.arange(24).reshape(4, 6)
    x = da.from_array(a, chunks=(2, 3))

    assert_eq(x.reshape(shape), a.reshape(shape))
    assert_eq(da.reshape(x, shape), a.reshape(shape))


def test_ravel_and_flatten_give_one_dimension():
    a = np.arange(24).reshape(4, 6)

    assert_eq(da.from_array(a, chunks=(2, 3)).ravel(), a.ravel())
    assert_eq(da.from_array(a, chunks=(2, 3)).flatten(), a.ravel())
    assert_eq(da.ravel(np.array(3)), np.array([3]))


def test_the_shape_it_has_is_the_array_itself():
    x = da.ones((4, 6), chunks=2)

    assert x.reshape(4, 6) is x


@pytest.mark.parametrize(
    ("old", "new"), [((0,), (0, 3)), ((0, 3), (0,)), ((2, 0), (0, 5)), ((0, 4), (4, -1))]
)
def test_arrays_without_elements_have_shapes_too(old, new):
    assert_eq(da.zeros(old, chunks=2).reshape(new), np.zeros(old).reshape(new))


def test_shapes_that_do_not_fit_are_refused():
    x = da.ones((4, 6), chunks=2)

    for shape in [(5, 5), (5, -1), (0, -1)]:
        with pytest.raises(ValueError, match="can't be reshaped"):
            x.reshape(shape)
    with pytest.raises(ValueError, match="only one"):
        x.reshape(-1, -1)
    with pytest.raises(ValueError, match="negative"):
        x.reshape(-2, 12)


def test_an_unknown_length_may_be_merged_or_kept():
    a = np.arange(24).reshape(4, 6)
    x = da.from_array(a, chunks=(2, 3))
    x = x[da.from_array(np.array([True, False, True, True]), chunks=2)]
    expected = a[[0, 2, 3]]

    np.testing.assert_array_equal(x.reshape(-1).compute(), expected.ravel())
    np.testing.assert_array_equal(x.reshape(-1, 6).compute(), expected)
    with pytest.raises(ValueError, match="compute_chunk_sizes"):
        x.reshape(3, 6)
    with pytest.raises(ValueError, match="compute_chunk_sizes"):
        x.reshape(-1, 3)


def test_masked_arrays_stay_masked():
    a = np.ma.masked_equal(np.arange(24).reshape(4, 6), 4)

    assert_eq(da.from_array(a, chunks=(2, 3)).reshape(6, 4), a.reshape(6, 4))

"""Dimensions in another order, new ones, without some; broadcasting and flips."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import treadle.array as da
from treadle.array.testing import assert_eq

A = np.arange(2 * 3 * 4).reshape(2, 3, 4)


def array(chunks=(1, 2, 3)):
    return da.from_array(A, chunks=chunks)


@pytest.mark.parametrize("axes", [None, (0, 1, 2), (2, 0, 1), (-1, 0, 1), [1, 0, 2]])
def test_transpose_is_numpys(axes):
    assert_eq(da.transpose(array(), axes), np.transpose(A, axes))
    assert_eq(array().transpose(axes), A.transpose(axes))


def test_transposing_works_on_every_engine(engine):
    assert_eq(array().T + 1, A.T + 1, scheduler=engine)


def test_transposing_twice_is_the_array():
    x = array()

    assert_eq(x.T.T, A)
    assert_eq(x.transpose(2, 0, 1), A.transpose(2, 0, 1))
    assert x.transpose(0, 1, 2).name == x.name


def test_axes_that_are_no_order_are_refused():
    with pytest.raises(ValueError, match="don't match"):
        da.transpose(array(), (0, 1))
    with pytest.raises(ValueError, match="repeated"):
        da.transpose(array(), (0, 0, 1))
    with pytest.raises(np.exceptions.AxisError):
        da.transpose(array(), (0, 1, 3))


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("swapaxes", (0, 2)),
        ("swapaxes", (-1, 1)),
        ("moveaxis", (0, -1)),
        ("moveaxis", ([0, 1], [-1, -2])),
        ("rollaxis", (2,)),
        ("rollaxis", (0, 3)),
        ("rollaxis", (1, 2)),
        ("rollaxis", (-1, -2)),
        ("permute_dims", ((2, 1, 0),)),
        ("matrix_transpose", ()),
        ("expand_dims", (0,)),
        ("expand_dims", (-1,)),
        ("expand_dims", ((0, 2, -1),)),
        ("flip", ()),
        ("flip", (1,)),
        ("flip", ((0, -1),)),
        ("flipud", ()),
        ("fliplr", ()),
        ("rot90", ()),
        ("rot90", (2, (1, 2))),
        ("rot90", (3, (0, 2))),
        ("rot90", (-1, (2, 0))),
        ("rot90", (4,)),
        ("atleast_1d", ()),
        ("atleast_2d", ()),
        ("atleast_3d", ()),
    ],
)
def test_dimensions_move_as_numpys_do(name, args):
    assert_eq(getattr(da, name)(array(), *args), getattr(np, name)(A, *args))


@pytest.mark.parametrize("name", ["atleast_1d", "atleast_2d", "atleast_3d"])
@pytest.mark.parametrize("ndim", [0, 1, 2])
def test_new_dimensions_come_where_numpys_do(name, ndim):
    a = A[(0,) * (3 - ndim)]

    assert_eq(getattr(da, name)(da.from_array(np.asarray(a), chunks=2)), getattr(np, name)(a))


def test_several_arrays_get_dimensions_at_once():
    x, y = da.atleast_2d(da.ones(3, chunks=2), 5)

    assert (x.shape, y.shape) == ((1, 3), (1, 1))


@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2), ()])
def test_squeeze_is_numpys(axis):
    a = A[:1, :, :1]

    assert_eq(da.squeeze(da.from_array(a, chunks=(1, 2, 1)), axis), np.squeeze(a, axis))


def test_errors_name_the_axis():
    with pytest.raises(ValueError, match="axis 1 has length 3"):
        da.squeeze(array(), 1)
    with pytest.raises(np.exceptions.AxisError):
        da.squeeze(array(), 3)
    with pytest.raises(np.exceptions.AxisError):
        da.expand_dims(array(), 5)
    with pytest.raises(np.exceptions.AxisError):
        da.flip(array(), 3)
    with pytest.raises(np.exceptions.AxisError):
        da.swapaxes(array(), 0, 3)
    with pytest.raises(ValueError, match="as many sources"):
        da.moveaxis(array(), [0, 1], [0])
    with pytest.raises(ValueError, match="different"):
        da.rot90(array(), 1, (0, 0))
    with pytest.raises(ValueError, match="2 dimensions"):
        da.fliplr(da.ones(3))
    with pytest.raises(ValueError, match="two dimensions"):
        da.matrix_transpose(da.ones(3))


# -- broadcasting --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "chunks"),
    [
        ((2, 3, 4), None),
        ((5, 2, 3, 4), None),
        ((5, 2, 3, 4), (2, 1, 2, 3)),
        ((1, 2, 3, 4), None),
    ],
)
def test_arrays_are_broadcast_to_a_shape(shape, chunks):
    assert_eq(da.broadcast_to(array(), shape, chunks), np.broadcast_to(A, shape))


@pytest.mark.parametrize("chunks", [None, 2, ((1, 2), (3,), (3, 3))])
def test_lengths_of_one_are_repeated(chunks):
    a = A[:1, :, :1]
    x = da.from_array(a, chunks=(1, 3, 1))

    if chunks == 2:
        chunks = (2, 3, 2)
    assert_eq(da.broadcast_to(x, (3, 3, 6), chunks), np.broadcast_to(a, (3, 3, 6)))


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="broadcast"):
        da.broadcast_to(array(), (2, 3))
    with pytest.raises(ValueError, match="broadcast"):
        da.broadcast_to(array(), (2, 3, 5))
    with pytest.raises(ValueError, match="rechunk"):
        da.broadcast_to(array(), (2, 3, 4), chunks=(2, 3, 4))
    with pytest.raises(ValueError, match="broadcast"):
        da.broadcast_arrays(da.ones(3), da.ones(4))


def test_arrays_are_broadcast_together():
    b, c = A[:, :1], A[0, 0]

    found = da.broadcast_arrays(
        array(), da.from_array(b, chunks=(2, 1, 2)), da.from_array(c, chunks=3)
    )

    for x, expected in zip(found, np.broadcast_arrays(A, b, c), strict=True):
        assert_eq(x, expected)
    assert len({x.chunks for x in found}) == 1
    assert da.broadcast_arrays() == ()


def test_masked_arrays_stay_masked():
    a = np.ma.masked_equal(A[:, :1], 4)
    x = da.from_array(a, chunks=(1, 1, 3))

    assert_eq(da.broadcast_to(x, (2, 3, 4)), np.broadcast_to(a, (2, 3, 4), subok=True))
    assert_eq(x.T, a.T)
    assert_eq(da.squeeze(x), a.squeeze())


# -- slices go below -----------------------------------------------------------------------------

entries = st.one_of(
    st.integers(-2, 1),
    st.builds(
        slice,
        st.none() | st.integers(-5, 5),
        st.none() | st.integers(-5, 5),
        st.sampled_from([None, 1, 2, -1, -2]),
    ),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(entries, max_size=5).map(tuple), st.booleans())
def test_a_slice_of_a_view_is_numpys(index, shared):
    a = np.broadcast_to(A.transpose(2, 0, 1)[:, None, :, :], (3, 4, 2, 2, 3))
    x = da.broadcast_to(da.expand_dims(array().transpose(2, 0, 1) + 0, 1), (3, 4, 2, 2, 3),
                        chunks=((2, 1), (3, 1), (1, 1), (1, 1), (2, 1)))  # fmt: skip

    part = x[index]

    assert_eq(part + x.sum() if shared else part, a[index] + a.sum() if shared else a[index])

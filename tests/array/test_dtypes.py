"""Dtypes: casting, views, promotion."""

from __future__ import annotations

import numpy as np
import pytest

import treadle.array as da
from treadle.array.testing import assert_eq

VALUE = np.arange(24).reshape(4, 6)


@pytest.fixture
def x() -> da.Array:
    return da.from_array(VALUE, chunks=(3, 2))


@pytest.mark.parametrize("dtype", ["f4", "c16", bool, "U3", object, "M8[s]"])
def test_astype_casts_elements(x: da.Array, dtype: object):
    assert_eq(x.astype(dtype), VALUE.astype(dtype))


def test_astype_runs_on_every_engine(x: da.Array, engine):
    assert_eq(da.astype(x, "f4") + 1, VALUE.astype("f4") + 1, scheduler=engine)


def test_astype_to_its_own_dtype_is_the_array_itself(x: da.Array):
    assert x.astype(x.dtype).name == x.name


def test_astype_refuses_what_casting_forbids(x: da.Array):
    with pytest.raises(TypeError, match="safe"):
        x.astype("i2", casting="safe")
    with pytest.raises(ValueError, match="blocks are on"):
        da.astype(x, "f4", device="gpu")


@pytest.mark.parametrize("dtype", ["u8", "f8", "i4", "u1", "c16", None])
def test_view_makes_the_last_dimension_longer_or_shorter(x: da.Array, dtype: object):
    assert_eq(x.view(dtype), VALUE.view(np.float64 if dtype is None else dtype))


def test_view_in_fortran_order_changes_the_first_dimension(x: da.Array):
    value = np.asfortranarray(VALUE)

    result = da.from_array(value, chunks=(2, 6)).view("i4", order="F")

    assert_eq(result, value.T.view("i4").T)


def test_view_that_would_cut_elements_raises(x: da.Array):
    with pytest.raises(ValueError, match="rechunk"):
        x.rechunk((4, 3)).view("c16")
    with pytest.raises(ValueError, match="8 bytes"):
        da.from_array(np.float64(1), chunks=()).view("i4")
    with pytest.raises(ValueError, match="order"):
        x.view("i4", order="K")


def test_result_type_and_can_cast_look_at_dtypes_only():
    x = da.ones((10**9, 10**9), chunks=10**6, dtype="f4")

    assert da.result_type(x, 1.5) == np.float32
    assert da.result_type(x, "f8", np.int8(1)) == np.float64
    assert np.result_type(x, np.ones(1, "c8")) == np.complex64
    assert (da.can_cast(x, "f8"), da.can_cast(x, "i4"), np.can_cast(x, "f8")) == (True, False, True)


def test_dtypes_and_their_limits_are_those_of_numpy():
    assert da.float32 is np.float32
    assert da.finfo(da.float32).eps == np.finfo("f4").eps
    assert da.iinfo(da.int8).max == 127
    assert da.isdtype(da.ones(2, chunks=1).dtype, "real floating")
    assert (da.pi, da.e, da.inf, da.newaxis) == (np.pi, np.e, np.inf, None)

"""Masked arrays in blocks."""

from __future__ import annotations

import numpy as np
import pytest

import treadle.array as da
from treadle.array.testing import assert_eq

VALUE = np.arange(20.0).reshape(4, 5)
MASKED = np.ma.masked_where(VALUE % 3 == 0, VALUE)


@pytest.fixture
def x() -> da.Array:
    return da.from_array(VALUE, chunks=(3, 2))


@pytest.fixture
def masked() -> da.Array:
    return da.ma.masked_where(VALUE % 3 == 0, da.from_array(VALUE, chunks=(3, 2)))


@pytest.mark.parametrize(
    "name", ["equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "values"]
)
def test_elements_are_masked_by_comparison(x: da.Array, name: str):
    ours, theirs = getattr(da.ma, f"masked_{name}"), getattr(np.ma, f"masked_{name}")

    assert_eq(ours(x, 7), theirs(VALUE, 7))


@pytest.mark.parametrize("name", ["inside", "outside"])
def test_elements_are_masked_by_limits(x: da.Array, name: str):
    ours, theirs = getattr(da.ma, f"masked_{name}"), getattr(np.ma, f"masked_{name}")

    assert_eq(ours(x, 12, 3), theirs(VALUE, 12, 3))


def test_elements_are_masked_by_a_condition(x: da.Array, engine):
    assert_eq(da.ma.masked_where(x > 4, x), np.ma.masked_where(VALUE > 4, VALUE), scheduler=engine)
    assert_eq(da.ma.masked_where(True, x), np.ma.masked_where(True, VALUE), scheduler=engine)
    with pytest.raises(IndexError, match="inconsistent shape"):
        da.ma.masked_where(x[0] > 4, x)


def test_what_is_not_finite_is_masked():
    value = np.array([1.0, np.nan, np.inf, 2.0])
    x = da.from_array(value, chunks=3)

    assert_eq(da.ma.masked_invalid(x), np.ma.masked_invalid(value))
    assert_eq(da.ma.fix_invalid(x, fill_value=0), np.ma.fix_invalid(value, fill_value=0))


@pytest.mark.parametrize("mask", [np.ma.nomask, True, VALUE > 3, (VALUE > 3).tolist()])
def test_data_and_mask_make_a_masked_array(x: da.Array, mask: object):
    assert_eq(
        da.ma.masked_array(x, mask, fill_value=9, dtype="f4"),
        np.ma.masked_array(VALUE, mask, fill_value=9, dtype="f4"),
    )
    assert da.ma.masked_array(x, mask, fill_value=9).compute().fill_value == 9


def test_a_mask_of_another_shape_raises(x: da.Array):
    with pytest.raises(np.ma.MaskError):
        da.ma.masked_array(x, VALUE[0] > 2)


def test_data_and_masks_come_apart(masked: da.Array):
    assert_eq(da.ma.getdata(masked), MASKED.data)
    assert_eq(da.ma.getmaskarray(masked), np.ma.getmaskarray(MASKED))
    assert_eq(da.ma.filled(masked, -1), MASKED.filled(-1))
    assert_eq(da.ma.getmaskarray(da.from_array(VALUE, chunks=2)), np.zeros((4, 5), bool))


def test_a_fill_value_is_set_in_place(masked: da.Array):
    da.ma.set_fill_value(masked, -3)

    assert_eq(da.ma.filled(masked), MASKED.filled(-3))


def test_where_keeps_masks(masked: da.Array):
    assert_eq(da.ma.where(VALUE > 7, masked, 1), np.ma.where(VALUE > 7, MASKED, 1))


def test_places_of_elements_that_are_there(masked: da.Array):
    for ours, theirs in zip(da.ma.nonzero(masked), MASKED.nonzero(), strict=True):
        assert_eq(ours, theirs)


@pytest.mark.parametrize("axis", [None, 0, 1])
def test_counts_and_averages_pass_over_masked_elements(masked: da.Array, axis: int | None):
    weights = VALUE + 1

    assert_eq(da.ma.count(masked, axis=axis), MASKED.count(axis=axis), check_type=False)
    for given in (None, weights):
        ours, total = da.ma.average(masked, axis=axis, weights=given, returned=True)
        theirs, their_total = np.ma.average(MASKED, axis=axis, weights=given, returned=True)
        assert_eq(ours, theirs, check_type=False)
        assert_eq(total, np.asarray(their_total), check_type=False, check_dtype=False)


def test_weights_along_one_axis(masked: da.Array):
    weights = np.arange(5.0)

    assert_eq(
        da.ma.average(masked, axis=1, weights=weights),
        np.ma.average(MASKED, axis=1, weights=weights),
    )
    with pytest.raises(TypeError, match="axis"):
        da.ma.average(masked, weights=weights)


@pytest.mark.parametrize("name", ["ones_like", "zeros_like"])
def test_arrays_of_the_same_masks(masked: da.Array, name: str):
    assert_eq(getattr(da.ma, name)(masked, dtype="i4"), getattr(np.ma, name)(MASKED, dtype="i4"))


@pytest.mark.parametrize("name", ["sum", "mean", "max", "min", "std"])
@pytest.mark.parametrize("axis", [None, 0])
def test_reductions_pass_over_masked_elements(masked: da.Array, name: str, axis: int | None):
    assert_eq(getattr(masked, name)(axis=axis), getattr(MASKED, name)(axis=axis), check_type=False)

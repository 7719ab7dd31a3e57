"""Running sums and products."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import treadle.array as da
from treadle.array.testing import assert_eq

METHODS = ["sequential", "blelloch"]
VALUES = np.random.default_rng(0).random((7, 9)) + 0.5
WITH_NAN = np.where(VALUES < 0.8, np.nan, VALUES)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("axis", [None, 0, -1])
@pytest.mark.parametrize("name", ["cumsum", "cumprod", "nancumsum", "nancumprod"])
def test_running_sums_and_products_are_those_of_numpy(name, axis, method):
    a = WITH_NAN if name.startswith("nan") else VALUES
    for chunks in ((2, 4), (7, 9), (1, 1)):
        x = da.from_array(a, chunks=chunks)
        assert_eq(getattr(da, name)(x, axis=axis, method=method), getattr(np, name)(a, axis))


@settings(deadline=None, max_examples=40)
@given(
    lengths=st.lists(st.integers(0, 4), min_size=1, max_size=9),
    method=st.sampled_from(METHODS),
)
def test_running_sums_do_not_depend_on_chunks(lengths, method):
    a = np.arange(sum(lengths))
    x = da.from_array(a, chunks=(tuple(lengths),))

    assert_eq(da.cumsum(x, axis=0, method=method), np.cumsum(a))


def test_a_sample_on_every_engine(engine):
    x = da.from_array(VALUES, chunks=2)

    assert_eq(x.cumsum(axis=0), VALUES.cumsum(axis=0), scheduler=engine)
    assert_eq(x.cumprod(axis=1, method="blelloch"), VALUES.cumprod(axis=1), scheduler=engine)


def test_dtype_is_that_of_sums_and_result():
    a = np.full(10, 100, "i1")
    x = da.from_array(a, chunks=3)

    assert_eq(da.cumsum(x), np.cumsum(a))
    assert_eq(da.cumsum(x, dtype="i1"), np.cumsum(a, dtype="i1"))
    assert_eq(x.cumsum(dtype="f4", axis=0), a.cumsum(dtype="f4"))


def test_unknown_lengths_are_no_hindrance():
    a = np.arange(10)
    x = da.from_array(a, chunks=3)

    assert_eq(da.cumsum(x[x % 4 > 1], axis=0), np.cumsum(a[a % 4 > 1]))


@pytest.mark.parametrize("method", METHODS)
def test_a_running_reduction_of_the_users_own(method):
    a = np.random.default_rng(0).integers(0, 9, 12)
    x = da.from_array(a, chunks=5)

    found = da.cumreduction(
        np.maximum.accumulate, np.maximum, 0, x, axis=0, method=method, preop=np.max
    )

    assert_eq(found, np.maximum.accumulate(a))


def test_out_becomes_the_result():
    out = da.zeros(7, chunks=7)

    da.cumsum(da.from_array(VALUES[:, 0], chunks=3), axis=0, out=out)

    assert_eq(out, np.cumsum(VALUES[:, 0]))


def test_wrong_methods_and_axes_are_refused():
    x = da.ones(4, chunks=2)

    with pytest.raises(ValueError, match="'sequential' or 'blelloch'"):
        da.cumsum(x, axis=0, method="parallel")
    with pytest.raises(ValueError, match="preop="):
        da.cumreduction(np.cumsum, np.add, 0, x, axis=0, method="blelloch")
    with pytest.raises(np.exceptions.AxisError):
        da.cumsum(x, axis=1)

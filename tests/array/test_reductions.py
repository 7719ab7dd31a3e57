"""Reductions give NumPy's values, dtypes and shapes."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import treadle.array as da
from treadle.array.testing import assert_eq

AXES = [None, 0, -1, (0, 2), ()]
rng = np.random.default_rng(0)
VALUES = rng.random((7, 9, 5)) * 10 - 3
WITH_NAN = np.where(rng.random(VALUES.shape) < 0.3, np.nan, VALUES)
WITH_NAN[0, :, :] = WITH_NAN[:, 0, :] = WITH_NAN[:, :, 0] = 1.5
CHUNKS = (3, 4, 2)


def blocks(values, chunks=CHUNKS):
    return da.from_array(values, chunks=chunks)


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("name", ["sum", "prod", "min", "max", "any", "all", "ptp"])
def test_reductions_are_those_of_numpy(name, axis):
    for dtype in ("f8", "i4", "u1"):
        a = np.abs(VALUES).astype(dtype)
        for keepdims in (False, True):
            assert_eq(
                getattr(da, name)(blocks(a), axis=axis, keepdims=keepdims),
                getattr(np, name)(a, axis=axis, keepdims=keepdims),
            )


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("name", ["mean", "var", "std"])
@pytest.mark.parametrize("dtype", ["f8", "f4", "f2", "i4", "?", "c16"])
def test_moments_are_those_of_numpy(name, dtype, axis):
    a = VALUES.astype(dtype) if dtype != "c16" else VALUES * (1 + 2j)
    tolerance = {"f2": 3e-3, "f4": 1e-5}.get(dtype, 1e-10)

    for keepdims in (False, True):
        assert_eq(
            getattr(da, name)(blocks(a), axis=axis, keepdims=keepdims),
            getattr(np, name)(a, axis=axis, keepdims=keepdims),
            rtol=tolerance,
        )


@pytest.mark.parametrize("axis", [None, 1, (0, 2)])
@pytest.mark.parametrize(
    "name", ["nansum", "nanprod", "nanmin", "nanmax", "nanmean", "nanvar", "nanstd"]
)
def test_reductions_skip_nan_as_numpy_does(name, axis):
    for a in (WITH_NAN, VALUES.astype("i8")):
        assert_eq(getattr(da, name)(blocks(a), axis=axis), getattr(np, name)(a, axis=axis))


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
@pytest.mark.parametrize("name", ["argmin", "argmax", "nanargmin", "nanargmax"])
def test_places_are_those_of_the_first_extremes(name, axis):
    for a in (WITH_NAN, VALUES.astype("i1"), np.zeros((7, 9, 5))):
        for keepdims in (False, True):
            assert_eq(
                getattr(da, name)(blocks(a), axis=axis, keepdims=keepdims),
                getattr(np, name)(a, axis=axis, keepdims=keepdims),
            )


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_reductions_do_not_depend_on_chunks(data):
    shape = data.draw(st.lists(st.integers(1, 6), min_size=1, max_size=3))
    chunks = tuple(data.draw(st.integers(1, n)) for n in shape)
    axis = data.draw(st.sampled_from([None, *range(len(shape))]))
    split_every = data.draw(st.sampled_from([None, 2, 5]))
    a = np.random.default_rng(data.draw(st.integers(0, 99))).integers(-5, 5, shape)
    x = da.from_array(a, chunks=chunks)

    for name in ("sum", "min", "argmax", "var"):
        assert_eq(
            getattr(da, name)(x, axis=axis, split_every=split_every),
            getattr(np, name)(a, axis=axis),
        )


def test_a_sample_on_every_engine(engine):
    x = blocks(VALUES)

    assert_eq(x.std(axis=(0, 1)), VALUES.std(axis=(0, 1)), scheduler=engine)
    assert_eq(x.argmax(axis=1), VALUES.argmax(axis=1), scheduler=engine)
    assert_eq(da.nanmax(blocks(WITH_NAN)), np.nanmax(WITH_NAN), scheduler=engine)


def test_a_large_mean_costs_no_precision():
    a = rng.random(10_000) + 1e9
    x = da.from_array(a, chunks=1000)

    assert_eq(x.var(), a.var(), rtol=1e-8)
    assert_eq(da.moment(x, 4), ((a - a.mean()) ** 4).mean(), rtol=1e-6)


def test_large_blocks_are_taken_in_strips(monkeypatch):
    from treadle.array import moment_chunks

    monkeypatch.setattr(moment_chunks, "LARGE", 100)
    monkeypatch.setattr(moment_chunks, "STRIP", 200)
    for a in (VALUES, VALUES.T, np.asfortranarray(VALUES), VALUES[::-1, ::2]):
        for axis in (0, 1, 2, (0, 2), None):
            assert_eq(da.from_array(a, chunks=-1).var(axis=axis), a.var(axis=axis))


@pytest.mark.parametrize("order", range(6))
def test_central_moments_are_means_of_powers(order):
    expected = ((VALUES - VALUES.mean(axis=1, keepdims=True)) ** order).mean(axis=1)

    assert_eq(da.moment(blocks(VALUES), order, axis=1), expected)


def test_dtype_is_that_of_sums_and_result():
    a = np.full((4, 4), 200, "u1")
    x = da.from_array(a, chunks=2)

    assert_eq(x.sum(dtype="u1"), a.sum(dtype="u1"))
    assert_eq(x.mean(dtype="f4", axis=0), a.mean(dtype="f4", axis=0))
    assert_eq(x.std(dtype="f4"), a.std(dtype="f4"))


def test_ddof_and_correction_are_one_thing():
    assert_eq(da.var(blocks(VALUES), axis=0, ddof=1), VALUES.var(axis=0, ddof=1))
    assert_eq(da.std(blocks(VALUES), correction=2.5), VALUES.std(ddof=2.5))


def test_where_and_initial_are_those_of_numpy():
    where = VALUES > 0
    x, w = blocks(VALUES), blocks(where)

    assert_eq(da.sum(x, axis=1, where=w), VALUES.sum(axis=1, where=where))
    assert_eq(da.prod(x, axis=1, where=w, initial=3), VALUES.prod(axis=1, where=where, initial=3))
    assert_eq(da.max(x, axis=0, initial=4), VALUES.max(axis=0, initial=4))
    assert_eq(da.min(x, where=w, initial=9), VALUES.min(where=where, initial=9))
    assert_eq(da.any(x < -2, axis=2, where=w), (VALUES < -2).any(axis=2, where=where))
    assert_eq(da.all(x > 0, where=w), (VALUES > 0).all(where=where))
    with pytest.raises(ValueError, match="initial="):
        da.min(x, where=w)


def test_out_becomes_the_result():
    out = da.zeros(5, chunks=5)

    found = da.sum(blocks(VALUES), axis=(0, 1), out=out)

    assert found is out
    assert_eq(out, VALUES.sum(axis=(0, 1)))
    with pytest.raises(ValueError, match="out has shape"):
        da.sum(blocks(VALUES), axis=0, out=out)
    with pytest.raises(TypeError, match="treadle array"):
        da.sum(blocks(VALUES), axis=(0, 1), out=np.zeros(5))


def test_count_nonzero_and_trace_are_those_of_numpy():
    a = VALUES.astype("i4")

    assert_eq(da.count_nonzero(blocks(a), axis=1), np.count_nonzero(a, axis=1))
    assert_eq(da.count_nonzero(blocks(a)), np.asarray(np.count_nonzero(a)))
    assert_eq(da.trace(blocks(a), 1), np.trace(a, 1))


@pytest.mark.parametrize("name", ["sum", "mean", "max", "argmin", "nanvar", "median"])
def test_axes_out_of_range_raise_what_numpy_raises(name):
    with pytest.raises(np.exceptions.AxisError):
        getattr(da, name)(blocks(VALUES), axis=3)
    with pytest.raises(np.exceptions.AxisError):
        getattr(da, name)(blocks(VALUES), axis=-4)


def test_axes_given_twice_are_refused():
    with pytest.raises(ValueError, match="repeated axis"):
        da.sum(blocks(VALUES), axis=(0, 0))


@pytest.mark.parametrize("name", ["min", "max", "argmin", "nanmax"])
def test_extremes_of_nothing_are_refused_as_soon_as_it_is_known(name):
    with pytest.raises(ValueError, match=r"empty|zero-size"):
        getattr(da, name)(da.ones((0, 3), chunks=2))


def test_empty_blocks_have_no_say():
    a = np.arange(12.0).reshape(6, 2)
    x = da.from_array(a, chunks=((0, 4, 0, 2), (2,)))

    for name in ("min", "max", "argmax", "mean", "var", "sum", "nanmin"):
        assert_eq(getattr(da, name)(x, axis=0), getattr(np, name)(a, axis=0))


def test_sums_of_nothing_are_zero():
    assert_eq(da.ones((0, 3), chunks=2).sum(axis=0), np.zeros(3))
    assert_eq(da.ones((0, 3), chunks=2).max(axis=1), np.ones((0, 3)).max(axis=1))


def test_unknown_lengths_are_counted_when_they_are_there():
    a = np.arange(10.0)
    x = da.from_array(a, chunks=3)
    some = x[x > 4]

    assert_eq(some.mean(), a[a > 4].mean())
    assert_eq(some.var(), a[a > 4].var())
    assert_eq(some.max(), a.max())
    with pytest.raises(ValueError, match="compute_chunk_sizes"):
        some.argmax()


def test_lanes_of_nan_warn_as_numpy_does():
    a = np.array([[np.nan, 1.0], [np.nan, 2.0]])
    x = da.from_array(a, chunks=1)

    for name, message in [
        ("nanmax", "All-NaN"),
        ("nanmean", "Mean of empty slice"),
        ("nanvar", "Degrees of freedom"),
    ]:
        with pytest.warns(RuntimeWarning, match=message):
            found = getattr(da, name)(x, axis=0).compute(scheduler="sync")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            np.testing.assert_array_equal(found, getattr(np, name)(a, axis=0))
    with pytest.raises(ValueError, match="All-NaN"):
        da.nanargmin(x, axis=0).compute(scheduler="sync")


def test_masked_blocks_count_what_is_not_masked():
    m = np.ma.masked_array(VALUES[:, :, 0], VALUES[:, :, 0] < 0)
    m[:, 3] = np.ma.masked
    m[:3, 4] = np.ma.masked  # a whole block's column
    x = da.from_array(m, chunks=3)

    for name in ("sum", "prod", "min", "max", "mean", "var", "std", "any", "argmin"):
        for axis in (0, 1, None):
            assert_eq(getattr(da, name)(x, axis=axis), getattr(m, name)(axis=axis))


def test_sparse_blocks_are_reduced_as_they_are():
    sparse = pytest.importorskip("sparse")
    s = sparse.random((20, 30), density=0.2, random_state=0)
    x = da.from_array(s, chunks=7)

    for name in ("sum", "max"):  # numba compiles for seconds for each operation of sparse
        expected = getattr(np, name)(s.todense(), axis=0)
        assert_eq(getattr(da, name)(x, axis=0), expected, check_type=False)
    assert isinstance(x.sum(axis=0).compute(scheduler="sync"), sparse.COO)


def test_a_reduction_of_the_users_own():
    x = blocks(VALUES)

    def largest(values, axis, keepdims):
        return np.max(values, axis=axis, keepdims=keepdims)

    assert_eq(da.reduction(x, largest, largest, axis=(0, 1), dtype="f8"), VALUES.max(axis=(0, 1)))
    assert_eq(
        da.reduction(x, largest, largest, keepdims=True, dtype="f8", split_every=2),
        VALUES.max(keepdims=True),
    )
    assert_eq(da.reduction(x, np.sum, np.sum, axis=1), VALUES.sum(axis=1))


def test_a_users_reduction_may_take_nested_lists_and_weights():
    x, w = blocks(VALUES), da.from_array(np.arange(5.0), chunks=2)

    def weighed(values, weights, axis, keepdims):
        return (values * weights).sum(axis=axis, keepdims=keepdims)

    def total(parts, axis, keepdims):
        first = parts
        while isinstance(first, list):
            first = first[0]
        flat = np.array([part for row in parts for part in row])
        found = flat.sum(axis=0)
        return found if keepdims else found.reshape(first.shape[1])

    found = da.reduction(
        x, weighed, total, axis=(0, 2), weights=w, dtype="f8", concatenate=False, split_every=4
    )

    assert_eq(found, (VALUES * np.arange(5.0)).sum(axis=(0, 2)))


def test_a_users_reduction_that_takes_no_empty_blocks_needs_a_dtype():
    def fussy(values, axis, keepdims):
        if not values.size:
            raise ValueError("nothing")
        return values.sum(axis=axis, keepdims=keepdims)

    with pytest.raises(ValueError, match="dtype="):
        da.reduction(blocks(VALUES), fussy, fussy)
    assert_eq(da.reduction(blocks(VALUES), fussy, fussy, dtype="f8"), VALUES.sum())


def test_times_objects_and_complex_numbers_are_reduced():
    days = np.array(["2020-01-01", "2021-05-05", "2019-03-03", "NaT"], "M8[D]")
    spans = days[:3] - days[0]
    things = np.array([[1, 2, 3], [4, 5, 7]], object)
    complex_numbers = np.array([1 + 2j, 3 - 1j, np.nan])

    for a, names in [
        (days, ["min", "max", "argmin", "argmax"]),
        (spans, ["sum", "min", "mean"]),
        (things, ["sum", "prod", "max", "mean", "var"]),
        (complex_numbers, ["sum", "min", "argmax", "nansum", "nanmean", "nanvar"]),
    ]:
        x = da.from_array(a, chunks=2)
        for name in names:
            assert_eq(getattr(da, name)(x), getattr(np, name)(a))


def test_arrays_without_dimensions_are_reduced():
    x = da.from_array(np.float64(3.0))

    for name in ("sum", "mean", "var", "min", "argmin", "nanmean", "nanmin", "median"):
        assert_eq(getattr(da, name)(x), getattr(np, name)(np.float64(3.0)))

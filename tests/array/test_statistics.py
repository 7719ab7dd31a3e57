"""Averages, covariances, quantiles."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import treadle.array as da
from treadle.array import quantile_chunks
from treadle.array.testing import assert_eq

rng = np.random.default_rng(0)
VALUES = rng.random((40, 30))
WITH_NAN = np.where(VALUES < 0.3, np.nan, VALUES)
SMALL = rng.random((6, 30))
WEIGHTS = rng.random(30)


@pytest.fixture
def few_samples(monkeypatch):
    """Brackets are as wide as those of large blocks."""
    monkeypatch.setattr(quantile_chunks, "SAMPLES", 8)


@pytest.mark.parametrize("method", quantile_chunks.METHODS)
def test_percentiles_of_all_elements_are_exact(method, few_samples):
    q = [0, 1, 25, 50, 99.5, 100]
    for a in (
        VALUES,
        VALUES.astype("f4"),
        rng.integers(0, 5, (40, 30)),
        np.zeros((40, 30), "u1"),
        rng.standard_normal((40, 30)) ** 5,
    ):
        x = da.from_array(a, chunks=(13, 11))
        assert_eq(da.percentile(x, q, method=method), np.percentile(a, q, method=method))


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.integers(-5, 5) | st.floats(-10, 10), min_size=1, max_size=60),
    st.integers(1, 30),
    st.floats(0, 1),
)
def test_quantiles_do_not_depend_on_chunks(values, chunk, q):
    a = np.array(values, float)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quantile_chunks, "SAMPLES", 3)
        assert_eq(da.quantile(da.from_array(a, chunks=chunk), q), np.quantile(a, q))


def test_only_what_lies_between_two_samples_leaves_a_block():
    a = rng.random(200_000)
    blocks = [np.sort(a[n::20]) for n in range(20)]
    samples = quantile_chunks.gathered(*map(quantile_chunks.sampled, blocks))

    bracket = quantile_chunks.brackets(np.array([0.5]), "linear", samples)
    pieces = [quantile_chunks.cut_out(block, bracket) for block in blocks]

    assert sum(len(piece.between[0]) for piece in pieces) < 3 * len(a) / quantile_chunks.SAMPLES


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 1)])
def test_quantiles_along_axes_are_those_of_numpy(axis, keepdims):
    options = {"axis": axis, "keepdims": keepdims}
    for chunks in ((13, 11), (40, 30)):
        x, y = da.from_array(VALUES, chunks=chunks), da.from_array(WITH_NAN, chunks=chunks)
        for q in (0.3, [0.1, 0.7], [[0.5]]):
            assert_eq(da.quantile(x, q, **options), np.quantile(VALUES, q, **options))
        assert_eq(da.median(x, **options), np.median(VALUES, **options))
        assert_eq(da.nanmedian(y, **options), np.nanmedian(WITH_NAN, **options))
        assert_eq(da.nanpercentile(y, 40, **options), np.nanpercentile(WITH_NAN, 40, **options))
        assert_eq(da.nanquantile(y, 0.4, **options), np.nanquantile(WITH_NAN, 0.4, **options))


def test_a_sample_on_every_engine(engine):
    x = da.from_array(VALUES, chunks=11)

    assert_eq(da.percentile(x, [10, 90]), np.percentile(VALUES, [10, 90]), scheduler=engine)
    assert_eq(da.average(x, axis=0), np.average(VALUES, axis=0), scheduler=engine)


def test_a_nan_makes_quantiles_nan():
    x = da.from_array(WITH_NAN, chunks=11)

    assert_eq(da.percentile(x, [3, 50]), np.percentile(WITH_NAN, [3, 50]))
    assert_eq(da.median(x), np.median(WITH_NAN))


def test_wrong_quantiles_are_refused():
    x = da.from_array(VALUES, chunks=11)

    with pytest.raises(ValueError, match=r"range \[0, 100\]"):
        da.percentile(x, 101)
    with pytest.raises(ValueError, match=r"range \[0, 1\]"):
        da.quantile(x, [-0.1])
    with pytest.raises(ValueError, match="is no method"):
        da.quantile(x, 0.5, method="guess")
    with pytest.raises(TypeError, match="real numbers"):
        da.quantile(x * 1j, 0.5)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"axis": 1, "weights": WEIGHTS},
        {"weights": SMALL},
        {"axis": 1, "weights": WEIGHTS, "keepdims": True},
        {"axis": (0, 1), "weights": SMALL},
    ],
)
def test_averages_are_those_of_numpy(options):
    x = da.from_array(SMALL, chunks=(4, 11))

    assert_eq(da.average(x, **options), np.average(SMALL, **options))
    _, total = da.average(x, returned=True, **options)
    assert_eq(total, np.average(SMALL, returned=True, **options)[1])


def test_weights_that_do_not_fit_are_refused():
    x = da.from_array(SMALL, chunks=(4, 11))

    with pytest.raises(TypeError, match="axis must be specified"):
        da.average(x, weights=WEIGHTS)
    with pytest.raises(ValueError, match="not consistent"):
        da.average(x, axis=0, weights=WEIGHTS)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"rowvar": False},
        {"bias": True},
        {"ddof": 3},
        {"aweights": WEIGHTS},
        {"fweights": np.arange(30), "ddof": 2},
        {"fweights": np.arange(30), "aweights": WEIGHTS},
        {"dtype": "f4"},
    ],
)
def test_covariances_are_those_of_numpy(options):
    x = da.from_array(SMALL, chunks=(4, 11))

    assert_eq(da.cov(x, **options), np.cov(SMALL, **options), rtol=1e-5)
    if "dtype" not in options and "rowvar" not in options:
        assert_eq(da.cov(x[0], x[1], **options), np.cov(SMALL[0], SMALL[1], **options))


def test_covariances_of_complex_and_single_variables_are_those_of_numpy():
    z = SMALL + 1j * SMALL[::-1]

    assert_eq(da.cov(da.from_array(z, chunks=(4, 11))), np.cov(z))
    assert_eq(da.cov(da.from_array(SMALL[0], chunks=11)), np.cov(SMALL[0]))


def test_correlations_are_those_of_numpy():
    x = da.from_array(SMALL, chunks=(4, 11))

    assert_eq(da.corrcoef(x), np.corrcoef(SMALL))
    assert_eq(da.corrcoef(x, rowvar=False), np.corrcoef(SMALL, rowvar=False))
    assert_eq(da.corrcoef(x[0], x[1]), np.corrcoef(SMALL[0], SMALL[1]))

"""Statistical functions, beside scipy's."""

from __future__ import annotations

import numpy as np
import pytest

import treadle.array as da
from treadle.array.testing import assert_eq

stats = pytest.importorskip("scipy.stats")
rng = np.random.default_rng(0)
A, B = rng.random((30, 6)), rng.random((30, 6)) + 0.1


def blocks():
    return da.from_array(A, chunks=(7, 4)), da.from_array(B, chunks=(9, 4))


def check(found, expected, **options):
    if not isinstance(found, tuple):
        found, expected = [found], [expected]
    for one, other in zip(found, expected, strict=True):
        assert_eq(one, other, **options)


@pytest.mark.parametrize("axis", [0, 1, None])
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("skew", {}),
        ("skew", {"bias": False}),
        ("kurtosis", {}),
        ("kurtosis", {"bias": False, "fisher": False}),
        ("skewtest", {}),
        ("kurtosistest", {}),
        ("normaltest", {}),
        ("chisquare", {}),
        ("power_divergence", {"lambda_": "log-likelihood"}),
        ("power_divergence", {"lambda_": "mod-log-likelihood"}),
        ("power_divergence", {"lambda_": "cressie-read", "ddof": 1}),
        ("moment", {}),
    ],
)
@pytest.mark.filterwarnings("ignore:.*kurtosistest.*")  # scipy's, of short samples
def test_functions_of_one_sample_are_those_of_scipy(name, options, axis):
    x, _ = blocks()
    if axis == 1 and "test" in name:
        x, a = x.T, A.T
    else:
        a = A

    check(getattr(da.stats, name)(x, axis=axis, **options),
          getattr(stats, name)(a, axis=axis, **options))  # fmt: skip


@pytest.mark.parametrize("axis", [0, None])
def test_tests_of_means_are_those_of_scipy(axis):
    x, y = blocks()

    check(da.stats.ttest_ind(x, y, axis=axis), stats.ttest_ind(A, B, axis=axis))
    check(
        da.stats.ttest_ind(x, y, axis=axis, equal_var=False),
        stats.ttest_ind(A, B, axis=axis, equal_var=False),
    )
    check(da.stats.ttest_rel(x, y, axis=axis), stats.ttest_rel(A, B, axis=axis))
    check(da.stats.ttest_1samp(x, 0.4, axis=axis), stats.ttest_1samp(A, 0.4, axis=axis))


def test_the_analysis_of_variance_is_that_of_scipy():
    x, y = blocks()

    check(da.stats.f_oneway(x[:, 0], x[:9, 1], y[:, 2]), stats.f_oneway(A[:, 0], A[:9, 1], B[:, 2]))


def test_expected_frequencies_may_be_given():
    x, _ = blocks()

    check(da.stats.chisquare(x, x.mean(axis=0, keepdims=True)), stats.chisquare(A))


def test_elements_that_are_all_equal_have_no_skewness():
    assert np.isnan(da.stats.skew(da.ones(9, chunks=4)).compute(scheduler="sync"))


def test_a_sample_on_every_engine(engine):
    x, y = blocks()

    check(da.stats.ttest_ind(x, y), stats.ttest_ind(A, B), scheduler=engine)


def test_what_is_not_supported_is_refused():
    x, _ = blocks()

    with pytest.raises(NotImplementedError, match="propagate"):
        da.stats.skew(x, nan_policy="omit")
    with pytest.raises(ValueError, match="8 elements"):
        da.stats.skewtest(x[:5])
    with pytest.raises(ValueError, match="compute_chunk_sizes"):
        da.stats.skew(x[x[:, 0] > 0.5])
    with pytest.raises(ValueError, match="two samples"):
        da.stats.f_oneway(x[:, 0])
    with pytest.raises(ValueError, match="is no power"):
        da.stats.power_divergence(x, lambda_="much")

"""Statistical functions and tests, as those of the same names in :mod:`scipy.stats`.

Results are pairs of arrays in blocks.  Probabilities are computed by scipy, which has to be
installed for them.  Of ``nan_policy`` only ``"propagate"`` is supported.

>>> import treadle.array as da
>>> x = da.from_array([1.0, 2.0, 6.0, 7.0, 9.0], chunks=2)
>>> da.stats.ttest_1samp(x, 0).pvalue.compute().round(4)
np.float64(0.03)
"""

from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

import treadle.array as da
from treadle.array import moment_chunks as chunks
from treadle.array.core import Array, asanyarray
from treadle.array.elementwise import elemwise
from treadle.array.moments import is_masked
from treadle.array.reducing import reduce_tree, result_dtype


class Result(NamedTuple):
    """What a test found."""

    statistic: Array
    pvalue: Array


#: Dask's names.
Ttest_1sampResult = Ttest_indResult = Ttest_relResult = Result
SkewtestResult = KurtosistestResult = NormaltestResult = Result
F_onewayResult = Power_divergenceResult = Result


def _probability(kind: str, tail: str, value: Any, *parameters: Any) -> Any:
    """Return a probability under one of scipy's distributions."""
    from scipy import stats

    with np.errstate(invalid="ignore"):
        return getattr(getattr(stats, kind), tail)(value, *parameters)


def _above(kind: str, value: Any, *parameters: Any) -> Array:
    """Return the probability of a larger value."""
    try:
        import scipy.stats  # noqa: F401
    except ImportError as error:
        raise ImportError("probabilities need scipy; install it") from error
    func = functools.partial(_probability, kind, "sf")
    found: Array = elemwise(func, value, *parameters, dtype=np.float64, name=f"{kind}-sf")
    return found


def _two_sided(kind: str, value: Array, *parameters: Any) -> Array:
    """Return the probability of a value as far from 0, on either side."""
    found: Array = 2 * _above(kind, da.absolute(value), *parameters)
    return found


def _prepared(a: Any, axis: int | None, nan_policy: str = "propagate") -> tuple[Array, int, int]:
    """Return the array, the axis, and how many elements are along it."""
    if nan_policy != "propagate":
        raise NotImplementedError(f"nan_policy={nan_policy!r} is not supported, only 'propagate'")
    x = asanyarray(a)
    if axis is None:
        x, axis = da.ravel(x), 0
    axis = normalize_axis_index(axis, x.ndim)
    count = x.shape[axis]
    if math.isnan(count):
        raise ValueError("the length of the axis is not known; call compute_chunk_sizes() first")
    return x, axis, int(count)


def _moments(x: Array, axis: int, orders: tuple[int, ...]) -> list[Array]:
    """Return central moments, which share one pass over the blocks."""
    dtype = result_dtype(np.mean, x.dtype)

    def one(order: int) -> Array:
        finish = functools.partial(chunks.moment_of, dtype, order, 0, is_masked(x))
        recipe = chunks.moments_recipe(max(orders), dtype, finish)
        return reduce_tree(x, recipe, dtype, axis, False, None, None, prefix="moment")

    return [one(order) for order in orders]


# -- descriptions ----------------------------------------------------------------------------------


def moment(a: Any, moment: int = 1, axis: int | None = 0, nan_policy: str = "propagate") -> Array:
    """Return a central moment along an axis.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.stats.moment(da.from_array([1.0, 2.0, 6.0], chunks=2), 2).compute().round(3)
    np.float64(4.667)
    """
    x, axis, _ = _prepared(a, axis, nan_policy)
    return da.moment(x, moment, axis=axis)


def skew(a: Any, axis: int | None = 0, bias: bool = True, nan_policy: str = "propagate") -> Array:
    """Return the skewness along an axis: the third moment in units of the spread.

    Parameters
    ----------
    a : array_like
    axis : int, optional
        None: of all elements.
    bias : bool
        False: corrected for the size of the sample.
    nan_policy : {"propagate"}

    Examples
    --------
    >>> import treadle.array as da
    >>> da.stats.skew(da.from_array([1.0, 2.0, 6.0], chunks=2)).compute().round(3)
    np.float64(0.595)
    """
    x, axis, n = _prepared(a, axis, nan_policy)
    second, third = _moments(x, axis, (2, 3))
    found = _ratio(third, second**1.5)
    if not bias and n > 2:
        found = found * (math.sqrt((n - 1.0) * n) / (n - 2.0))
    return found


def kurtosis(
    a: Any,
    axis: int | None = 0,
    fisher: bool = True,
    bias: bool = True,
    nan_policy: str = "propagate",
) -> Array:
    """Return the kurtosis along an axis: the fourth moment in units of the spread.

    Parameters
    ----------
    a, axis, bias, nan_policy
        As for :func:`skew`.
    fisher : bool
        Less 3, so that it is 0 for a normal distribution.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.stats.kurtosis(da.from_array([1.0, 2.0, 6.0, 7.0], chunks=2)).compute().round(3)
    np.float64(-1.852)
    """
    x, axis, n = _prepared(a, axis, nan_policy)
    second, fourth = _moments(x, axis, (2, 4))
    found = _ratio(fourth, second**2)
    if not bias and n > 3:
        found = (found * (n**2 - 1.0) - 3.0 * (n - 1) ** 2) / ((n - 2.0) * (n - 3.0)) + 3.0
    return found - 3 if fisher else found


def _ratio(moment: Array, spread: Array) -> Array:
    """Return a standardised moment; of elements that are all equal it is ``nan``."""
    return elemwise(_divided, moment, spread, name="standardised")


def _divided(moment: Any, spread: Any) -> Any:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(spread == 0, np.nan, np.true_divide(moment, spread))[()]


# -- tests of one sample ---------------------------------------------------------------------------


def skewtest(a: Any, axis: int | None = 0, nan_policy: str = "propagate") -> Result:
    """Test whether the skewness differs from that of a normal distribution.

    Raises
    ------
    ValueError
        If there are fewer than 8 elements along the axis.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.stats.skewtest(da.arange(20, chunks=6)).pvalue.compute()
    np.float64(1.0)
    """
    x, axis, n = _prepared(a, axis, nan_policy)
    if n < 8:
        raise ValueError(f"skewtest needs 8 elements or more along the axis, not {n}")
    # D'Agostino, "Transformation to normality of the null distribution of g1", 1970.
    y = skew(x, axis) * math.sqrt((n + 1) * (n + 3) / (6.0 * (n - 2)))
    beta = 3.0 * (n**2 + 27 * n - 70) * (n + 1) * (n + 3)
    beta /= (n - 2.0) * (n + 5) * (n + 7) * (n + 9)
    w2 = math.sqrt(2 * (beta - 1)) - 1
    delta = 1 / math.sqrt(0.5 * math.log(w2))
    alpha = math.sqrt(2.0 / (w2 - 1))
    z = delta * da.arcsinh(y / alpha)
    return Result(z, _two_sided("norm", z))


def kurtosistest(a: Any, axis: int | None = 0, nan_policy: str = "propagate") -> Result:
    """Test whether the kurtosis differs from that of a normal distribution.

    Raises
    ------
    ValueError
        If there are fewer than 5 elements along the axis.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.stats.kurtosistest(da.arange(30, chunks=8)).pvalue.compute().round(3)
    np.float64(0.02)
    """
    x, axis, n = _prepared(a, axis, nan_policy)
    if n < 5:
        raise ValueError(f"kurtosistest needs 5 elements or more along the axis, not {n}")
    # Anscombe and Glynn, "Distribution of the kurtosis statistic b2 for normal samples", 1983.
    expected = 3.0 * (n - 1) / (n + 1)
    variance = 24.0 * n * (n - 2) * (n - 3) / ((n + 1) ** 2 * (n + 3.0) * (n + 5))
    standardised = (kurtosis(x, axis, fisher=False) - expected) / math.sqrt(variance)
    beta = 6.0 * (n * n - 5 * n + 2) / ((n + 7) * (n + 9))
    beta *= math.sqrt(6.0 * (n + 3) * (n + 5) / (n * (n - 2) * (n - 3)))
    a_ = 6.0 + 8.0 / beta * (2.0 / beta + math.sqrt(1 + 4.0 / beta**2))
    below = 1 + standardised * math.sqrt(2 / (a_ - 4.0))
    root = da.sign(below) * (((1 - 2.0 / a_) / da.absolute(below)) ** (1 / 3.0))
    z = (1 - 2 / (9.0 * a_) - root) / math.sqrt(2 / (9.0 * a_))
    return Result(z, _two_sided("norm", z))


def normaltest(a: Any, axis: int | None = 0, nan_policy: str = "propagate") -> Result:
    """Test whether skewness and kurtosis are those of a normal distribution.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.stats.normaltest(da.arange(30, chunks=8)).pvalue.compute().round(3)
    np.float64(0.067)
    """
    by_skew, _ = skewtest(a, axis, nan_policy)
    by_kurtosis, _ = kurtosistest(a, axis, nan_policy)
    total = by_skew * by_skew + by_kurtosis * by_kurtosis
    return Result(total, _above("chi2", total, 2))


def ttest_1samp(
    a: Any, popmean: Any, axis: int | None = 0, nan_policy: str = "propagate"
) -> Result:
    """Test whether the mean differs from a given one.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.stats.ttest_1samp(da.from_array([1.0, 2.0, 3.0], chunks=2), 2.0).statistic.compute()
    np.float64(0.0)
    """
    x, axis, n = _prepared(a, axis, nan_policy)
    error = da.sqrt(da.var(x, axis=axis, ddof=1) / n)
    t = (da.mean(x, axis=axis) - popmean) / error
    return Result(t, _two_sided("t", t, n - 1))


def ttest_rel(a: Any, b: Any, axis: int | None = 0, nan_policy: str = "propagate") -> Result:
    """Test whether the means of two related samples differ.

    Examples
    --------
    >>> import treadle.array as da
    >>> x, y = da.from_array([1.0, 3.0, 8.0], chunks=2), da.from_array([0.0, 2.0, 4.0], chunks=2)
    >>> da.stats.ttest_rel(x, y).statistic.compute()
    np.float64(2.0)
    """
    return ttest_1samp(asanyarray(a) - asanyarray(b), 0, axis, nan_policy)


# -- tests of several samples ----------------------------------------------------------------------


def ttest_ind(a: Any, b: Any, axis: int | None = 0, equal_var: bool = True) -> Result:
    """Test whether the means of two independent samples differ.

    Parameters
    ----------
    a, b : array_like
    axis : int, optional
    equal_var : bool
        The variances are taken to be equal; if not, it is Welch's test.

    Examples
    --------
    >>> import treadle.array as da
    >>> x, y = da.from_array([1.0, 3.0, 8.0], chunks=2), da.from_array([0.0, 2.0, 4.0], chunks=2)
    >>> da.stats.ttest_ind(x, y).statistic.compute().round(3)
    np.float64(0.84)
    """
    x, axis_a, n = _prepared(a, axis)
    y, axis_b, m = _prepared(b, axis)
    var_x, var_y = da.var(x, axis=axis_a, ddof=1), da.var(y, axis=axis_b, ddof=1)
    free: Any
    if equal_var:
        free = n + m - 2
        pooled = ((n - 1) * var_x + (m - 1) * var_y) / free
        error = da.sqrt(pooled * (1 / n + 1 / m))
    else:
        of_x, of_y = var_x / n, var_y / m
        free = (of_x + of_y) ** 2 / (of_x**2 / (n - 1) + of_y**2 / (m - 1))
        error = da.sqrt(of_x + of_y)
    t = (da.mean(x, axis=axis_a) - da.mean(y, axis=axis_b)) / error
    return Result(t, _two_sided("t", t, free))


def f_oneway(*args: Any) -> Result:
    """Test whether the means of several samples, of one dimension each, are the same.

    Raises
    ------
    ValueError
        If there are fewer than two samples.

    Examples
    --------
    >>> import treadle.array as da
    >>> x, y = da.from_array([1.0, 3.0, 8.0], chunks=2), da.from_array([0.0, 2.0, 4.0], chunks=2)
    >>> da.stats.f_oneway(x, y).statistic.compute().round(3)
    np.float64(0.706)
    """
    if len(args) < 2:
        raise ValueError(f"f_oneway compares two samples or more, not {len(args)}")
    samples = [_prepared(arg, 0) for arg in args]
    total = sum(n for _, _, n in samples)
    grand = sum(da.sum(x) for x, _, _ in samples) / total
    between = sum(n * (da.mean(x, axis=0) - grand) ** 2 for x, _, n in samples)
    within = sum(da.var(x, axis=0) * n for x, _, n in samples)
    free, left = len(samples) - 1, total - len(samples)
    f: Any = (between / free) / (within / left)
    return Result(f, _above("f", f, free, left))


_POWERS = {
    "pearson": 1.0,
    "log-likelihood": 0.0,
    "freeman-tukey": -0.5,
    "mod-log-likelihood": -1.0,
    "neyman": -2.0,
    "cressie-read": 2 / 3,
}


def power_divergence(
    f_obs: Any,
    f_exp: Any = None,
    ddof: int = 0,
    axis: int | None = 0,
    lambda_: float | str | None = None,
) -> Result:
    """Test whether frequencies are those that were expected.

    Parameters
    ----------
    f_obs : array_like
    f_exp : array_like, optional
        Otherwise all are expected to be equal.
    ddof : int
        Taken off the degrees of freedom.
    axis : int, optional
    lambda_ : float or str, optional
        The power; ``"pearson"``, 1, without it.

    Raises
    ------
    ValueError
        If a power has no such name.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.stats.power_divergence(da.from_array([16, 18, 14], chunks=2)).statistic.compute()
    np.float64(0.5)
    """
    if isinstance(lambda_, str):
        if lambda_ not in _POWERS:
            raise ValueError(f"{lambda_!r} is no power; there are {sorted(_POWERS)}")
        lambda_ = _POWERS[lambda_]
    power = 1.0 if lambda_ is None else float(lambda_)
    observed, along, n = _prepared(f_obs, axis)
    if f_exp is None:
        expected: Array = da.mean(observed, axis=along, keepdims=True)
    else:
        expected = _prepared(f_exp, axis)[0]
    func = functools.partial(_divergence, power)
    terms = elemwise(func, observed, expected, dtype=np.float64, name="divergence")
    total = da.sum(terms, axis=along)
    return Result(total, _above("chi2", total, n - 1 - ddof))


def _divergence(power: float, observed: Any, expected: Any) -> Any:
    """Return the terms of Cressie and Read ("Multinomial goodness-of-fit tests", 1984)."""
    if power == 1:
        return (observed - expected) ** 2 / expected
    with np.errstate(divide="ignore", invalid="ignore"):
        if power == 0:
            return 2.0 * np.where(observed == 0, 0.0, observed * np.log(observed / expected))
        if power == -1:
            return 2.0 * np.where(expected == 0, 0.0, expected * np.log(expected / observed))
        terms = observed * ((observed / expected) ** power - 1)
    return terms / (0.5 * power * (power + 1))


def chisquare(f_obs: Any, f_exp: Any = None, ddof: int = 0, axis: int | None = 0) -> Result:
    """Test by Pearson's sum of squares whether frequencies are those that were expected.

    Parameters are those of :func:`power_divergence`.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.stats.chisquare(da.from_array([16, 18, 14], chunks=2)).pvalue.compute().round(3)
    np.float64(0.779)
    """
    return power_divergence(f_obs, f_exp, ddof, axis, "pearson")


__all__ = [
    "chisquare", "f_oneway", "kurtosis", "kurtosistest", "moment", "normaltest", "power_divergence",
    "skew", "skewtest", "ttest_1samp", "ttest_ind", "ttest_rel",
]  # fmt: skip

"""Averages, covariances and correlations; with quantiles from :mod:`treadle.array.quantiles`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from treadle.array.core import Array, asanyarray
from treadle.array.quantiles import (
    median,
    nanmedian,
    nanpercentile,
    nanquantile,
    percentile,
    quantile,
)
from treadle.array.reducing import Axis, normalize_axes


def average(
    a: Any,
    axis: Axis = None,
    weights: Any = None,
    returned: bool = False,
    keepdims: bool = False,
) -> Any:
    """Return the weighted mean along axes.

    Parameters
    ----------
    a : array_like
    axis : int or tuple of int, optional
    weights : array_like, optional
        Of the shape of ``a``, or of its lengths along ``axis``.
    returned : bool
        Return the sums of the weights too.
    keepdims : bool

    Returns
    -------
    Array, or a pair of them

    Raises
    ------
    TypeError
        If shapes differ and no axis is given.
    ValueError
        If weights don't fit the axes.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.average(da.from_array([1, 2, 6], chunks=2), weights=[1, 1, 2]).compute()
    np.float64(3.75)
    """
    import treadle.array as da

    x = asanyarray(a)
    axes = normalize_axes(axis, x.ndim)
    if weights is None:
        found = da.mean(x, axis=axis, keepdims=keepdims)
        count: Any = math.prod(x.shape[n] for n in axes)
        total = da.full_like(found, count) if returned else None
        return (found, total) if returned else found
    w = asanyarray(weights)
    if w.shape != x.shape:
        w = _along_axes(w, x, axis, axes)
    dtype = np.result_type(x.dtype, w.dtype, *([] if x.dtype.kind in "fc" else [float]))
    total = da.sum(w, axis=axis, dtype=dtype, keepdims=keepdims)
    found = da.sum(x * w, axis=axis, dtype=dtype, keepdims=keepdims) / total
    if not returned:
        return found
    return found, da.broadcast_to(total, found.shape) if total.shape != found.shape else total


def _along_axes(w: Array, x: Array, axis: Axis, axes: tuple[int, ...]) -> Array:
    """Return weights of some axes in the shape of the array."""
    import treadle.array as da

    if axis is None:
        raise TypeError("axis must be specified when shapes of a and weights differ")
    if w.shape != tuple(x.shape[n] for n in axes):
        raise ValueError(
            f"weights of shape {w.shape} are not consistent with the shape of a along axis "
            f"{axis}: {x.shape}"
        )
    w = w[tuple(slice(None) if n in axes else None for n in range(x.ndim))]
    return da.broadcast_to(w, x.shape)


def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Array:
    """Return the covariance matrix.

    Parameters
    ----------
    m : array_like
        One variable a row, of one or two dimensions.
    y : array_like, optional
        More variables.
    rowvar : bool
        False: one variable a column.
    bias : bool
        Divide by the number of observations, not by one less.
    ddof : int, optional
        Divide by the number of observations less this.
    fweights, aweights : array_like, optional
        How often each observation occurred, and how much it weighs.
    dtype : dtype, optional

    Raises
    ------
    ValueError
        If there are more than two dimensions, or ``ddof`` is no whole number.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.cov(da.from_array([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]], chunks=2)).compute()
    array([[ 1., -1.],
           [-1.,  1.]])
    """
    import treadle.array as da

    if ddof is not None and ddof != int(ddof):
        raise ValueError(f"ddof must be a whole number, not {ddof!r}")
    x = _variables(m, rowvar, "m")
    if y is not None:
        x = da.concatenate([x, _variables(y, rowvar, "y")], axis=0)
    dtype = np.result_type(x.dtype, np.float64) if dtype is None else np.dtype(dtype)
    x = x.astype(dtype)
    ddof = (0 if bias else 1) if ddof is None else int(ddof)
    weights, total, spread = _observations(x, fweights, aweights, ddof)
    if weights is None:
        centred = x - x.mean(axis=1, keepdims=True)
        weighted = centred
    else:
        centred = x - (x * weights).sum(axis=1, keepdims=True) / total
        weighted = centred * weights
    found = da.dot(centred, da.conj(weighted.T) if dtype.kind == "c" else weighted.T) / spread
    return da.squeeze(found)


def _variables(values: Any, rowvar: bool, name: str) -> Array:
    x = asanyarray(values)
    if x.ndim > 2:
        raise ValueError(f"{name} has more than 2 dimensions: shape {x.shape}")
    if x.ndim < 2:
        return x.reshape((1, -1)) if x.ndim == 1 else x.reshape((1, 1))
    return x if rowvar or x.shape[0] == 1 else x.T


def _observations(x: Array, fweights: Any, aweights: Any, ddof: int) -> tuple[Any, Any, Any]:
    """Return the weights of observations, their sum, and what sums of products are divided by."""
    count = x.shape[1]
    weights = None
    for given, name in ((fweights, "fweights"), (aweights, "aweights")):
        if given is None:
            continue
        w = asanyarray(given)
        if w.shape != (count,):
            raise ValueError(f"{name} need shape {(count,)}, not {w.shape}")
        if name == "fweights" and w.dtype.kind not in "iu":
            raise TypeError("fweights must be integers")
        weights = w if weights is None else weights * w
    if weights is None:
        return None, count, max(count - ddof, 0) if count == count else count - ddof
    total = weights.sum()
    if aweights is None or ddof == 0:
        return weights, total, total - ddof
    return weights, total, total - ddof * (weights * asanyarray(aweights)).sum() / total


def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Array:
    """Return the matrix of correlations; parameters are those of :func:`cov`.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.corrcoef(da.from_array([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]], chunks=2)).compute()
    array([[ 1., -1.],
           [-1.,  1.]])
    """
    import treadle.array as da

    found: Array = cov(x, y, rowvar, dtype=dtype)
    if found.ndim == 0:
        found = found / found
        return found
    spread = da.sqrt(da.real(da.diagonal(found)))
    found = found / spread[:, None] / spread[None, :]
    if found.dtype.kind == "c":
        return found
    return da.clip(found, -1, 1)


__all__ = [
    "average", "corrcoef", "cov", "median", "nanmedian", "nanpercentile", "nanquantile",
    "percentile", "quantile",
]  # fmt: skip

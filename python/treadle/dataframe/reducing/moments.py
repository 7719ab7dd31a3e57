"""Means, variances and higher moments, of parts and of all rows.

Of each part are kept the number of values, their mean, and the sums of powers of their distances
from it; two such are merged without loss (Chan, Golub and LeVeque; Pébay for the higher ones),
however far from zero the values lie.

>>> a, b = moments_of(np.array([[1.0, 2.0]]), 2), moments_of(np.array([[3.0]]), 2)
>>> [power.tolist() for power in merged(a, b)]
[[3.0], [2.0], [2.0]]
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

#: Numbers of values, means, and sums of powers 2, 3, ... of distances, each with one per column.
Moments: TypeAlias = "list[NDArray[np.float64]]"

#: Values that are looked at together; they lie in a cache while sums of them are made.
BATCH = 1 << 15


def moments_of(block: NDArray[Any], order: int) -> Moments:
    """Return moments up to an order of the rows of a two-dimensional block; NaN is no value."""
    height, width = block.shape
    found = [np.zeros(height) for _ in range(order + 1)]
    if not width:
        return found
    step = max(BATCH // width, 1)
    with np.errstate(all="ignore"):
        for start in range(0, height, step):
            rows = slice(start, start + step)
            for power, values in zip(found, _of_rows(block[rows], order), strict=True):
                power[rows] = values
    return found


def _of_rows(block: NDArray[Any], order: int) -> Moments:
    width = block.shape[1]
    count = np.full(len(block), float(width))
    total = block.sum(axis=1, dtype=np.float64)
    missing = None
    if block.dtype.kind == "f" and np.isnan(total).any():
        # Only then can there be NaN; inf - inf is the other way to it, and finds none.
        missing = np.isnan(block)
        count -= missing.sum(axis=1)
        total = np.where(missing, 0, block).sum(axis=1, dtype=np.float64)
    mean = np.where(count > 0, total / count, 0.0)
    if order < 2:
        return [count, mean]
    if len(block) == 1 and width > BATCH:
        return [count, mean, *_powers_in_pieces(block[0], mean[0], missing, order)]
    distance = block - mean[:, None]
    if missing is not None:
        distance[missing] = 0
    return [count, mean, *_powers(distance, order)]


def _powers_in_pieces(
    values: NDArray[Any], mean: Any, missing: NDArray[np.bool_] | None, order: int
) -> Moments:
    """Return sums of powers of a long row, which is never copied as a whole."""
    sums = []
    for start in range(0, len(values), BATCH):
        piece = slice(start, start + BATCH)
        distance = values[piece] - mean
        if missing is not None:
            distance[missing[0, piece]] = 0
        sums.append(np.concatenate(_powers(distance[None, :], order)))
    return list(np.sum(sums, axis=0)[:, None])


def _powers(distance: NDArray[Any], order: int) -> Moments:
    if order == 2:
        return [np.einsum("ij,ij->i", distance, distance)]
    square = distance * distance
    found = [square.sum(axis=1), np.einsum("ij,ij->i", square, distance)]
    return found if order == 3 else [*found, np.einsum("ij,ij->i", square, square)]


def merged(a: Moments, b: Moments) -> Moments:
    """Return the moments of all values of two."""
    na, nb = a[0], b[0]
    n = na + nb
    with np.errstate(all="ignore"):
        whole = np.maximum(n, 1)
        # A side without values has the mean 0, which is no distance from anything.
        delta = np.where((na > 0) & (nb > 0), b[1] - a[1], 0.0)
        mean = np.where(na == 0, b[1], a[1] + delta * (nb / whole))
        found = [n, mean]
        if len(a) > 2:
            found.append(a[2] + b[2] + delta**2 * (na * nb / whole))
        if len(a) > 3:
            found.append(
                a[3] + b[3] + delta**3 * (na * nb * (na - nb) / whole**2)
                + 3 * delta * (na * b[2] - nb * a[2]) / whole
            )  # fmt: skip
        if len(a) > 4:
            found.append(
                a[4] + b[4]
                + delta**4 * (na * nb * (na**2 - na * nb + nb**2) / whole**3)
                + 6 * delta**2 * (na**2 * b[2] + nb**2 * a[2]) / whole**2
                + 4 * delta * (na * b[3] - nb * a[3]) / whole
            )  # fmt: skip
    return found


#: How many moments each result is made of.
ORDER = {"count": 1, "mean": 1, "var": 2, "std": 2, "sem": 2, "skew": 3, "kurt": 4}


def finished(how: str, moments: Moments, ddof: int = 1) -> NDArray[np.float64]:
    """Return what moments say: NaN where there are too few values."""
    n, mean = moments[0], moments[1]
    with np.errstate(all="ignore"):
        if how == "count":
            return n
        if how == "mean":
            return np.where(n > 0, mean, np.nan)
        m2 = moments[2]
        if how in ("var", "std", "sem"):
            variance = np.where(n > ddof, m2 / (n - ddof), np.nan)
            if how == "var":
                return variance
            return np.sqrt(variance if how == "std" else variance / n)
        # What is left of equal values by rounding is no spread.
        flat = m2 <= n * (np.finfo(float).eps * mean) ** 2 * 4
        if how == "skew":
            value = n * np.sqrt(n - 1) / (n - 2) * (moments[3] / m2**1.5)
            return np.where(n < 3, np.nan, np.where(flat, np.nan, value))
        upper = n * (n + 1) * (n - 1) * moments[4]
        value = upper / ((n - 2) * (n - 3) * m2**2) - 3 * (n - 1) ** 2 / ((n - 2) * (n - 3))
        return np.where(n < 4, np.nan, np.where(flat, np.nan, value))

"""Products of several matrices, in the best order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from treadle.array.core import Array
from treadle.array.factors import arrays_of, into
from treadle.array.products import matmul


def multi_dot(arrays: Sequence[Any], *, out: Any = None) -> Array:
    """Product of several matrices, in the order that takes the fewest operations.

    Parameters
    ----------
    arrays : sequence of array_like
        Matrices; the first and the last may be vectors.
    out : Array, optional
        Becomes the result.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If there are fewer than two, or shapes don't fit.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.linalg.multi_dot([da.ones((2, 9), chunks=2), da.ones((9, 1), chunks=3)]).compute()
    array([[9.],
           [9.]])
    """
    factors = arrays_of(*arrays)
    if len(factors) < 2:
        raise ValueError("multi_dot takes two arrays or more")
    for n, factor in enumerate(factors):
        if factor.ndim != 2 and not (factor.ndim == 1 and n in (0, len(factors) - 1)):
            raise np.linalg.LinAlgError(f"multi_dot takes matrices; array {n} has {factor.shape}")
    lengths = [x.shape[0] if x.ndim == 2 or n else 1 for n, x in enumerate(factors)]
    lengths.append(factors[-1].shape[1] if factors[-1].ndim == 2 else 1)
    if any(map(math.isnan, lengths)):
        result = factors[0]
        for factor in factors[1:]:
            result = matmul(result, factor)
        return into(out, result)
    split = _cheapest_splits(lengths)

    def product(first: int, last: int) -> Any:
        if first == last:
            return factors[first]
        middle = split[first, last]
        return matmul(product(first, middle), product(middle + 1, last))

    return into(out, product(0, len(factors) - 1))


def _cheapest_splits(lengths: Sequence[int]) -> dict[tuple[int, int], int]:
    """Return where to split each run of matrices: dynamic programming over runs (Cormen et al.,
    Introduction to Algorithms, 15.2)."""
    count = len(lengths) - 1
    cost = {(n, n): 0.0 for n in range(count)}
    split = {}
    for length in range(1, count):
        for first in range(count - length):
            last = first + length
            cost[first, last], split[first, last] = min(
                (
                    cost[first, middle]
                    + cost[middle + 1, last]
                    + lengths[first] * lengths[middle + 1] * lengths[last + 1],
                    middle,
                )
                for middle in range(first, last)
            )
    return split


__all__ = ["multi_dot"]

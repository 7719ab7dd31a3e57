"""Cross products, and diagonals of the last two dimensions."""

from __future__ import annotations

from typing import Any

from numpy.lib.array_utils import normalize_axis_index

import treadle.array as da
from treadle.array.core import Array, asanyarray


def cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Array:
    """Cross product of vectors of three elements.

    Parameters
    ----------
    x1, x2 : array_like
        Broadcast together.
    axis : int
        The dimension of the vectors.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If vectors don't have three elements.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.linalg.cross(da.from_array([1, 0, 0], chunks=3), [0, 1, 0]).compute()
    array([0, 0, 1])
    """
    several = [asanyarray(x) for x in (x1, x2)]
    places = [normalize_axis_index(axis, x.ndim) for x in several]
    if any(x.shape[n] != 3 for x, n in zip(several, places, strict=True)):
        raise ValueError(
            f"cross takes vectors of 3 elements, not shapes {[x.shape for x in several]}"
        )
    a, b = ([da.getitem(da.moveaxis(x, axis, -1), (..., n)) for n in range(3)] for x in several)
    parts = [a[n - 2] * b[n - 1] - a[n - 1] * b[n - 2] for n in range(3)]
    return da.moveaxis(da.rechunk(da.stack(parts, axis=-1), {-1: 3}), -1, axis)


def trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Array:
    """Sum of the diagonal of matrices, which are the last two dimensions.

    Parameters
    ----------
    x : array_like, (..., m, n)
    offset : int
        Diagonals above the main one, or below, if negative.
    dtype : dtype, optional
        Of the sum.

    Returns
    -------
    Array

    Examples
    --------
    >>> import treadle.array as da
    >>> da.linalg.trace(da.ones((4, 4), chunks=2)).compute()
    np.float64(4.0)
    """
    return da.sum(diagonal(x, offset=offset), axis=-1, dtype=dtype)


def diagonal(x: Any, /, *, offset: int = 0) -> Array:
    """Diagonals of matrices, which are the last two dimensions.

    Parameters
    ----------
    x : array_like, (..., m, n)
    offset : int
        Diagonals above the main one, or below, if negative.

    Returns
    -------
    Array

    Examples
    --------
    >>> import treadle.array as da
    >>> da.linalg.diagonal(da.ones((2, 2), chunks=1)).compute()
    array([1., 1.])
    """
    return da.diagonal(asanyarray(x), offset, -2, -1)


__all__ = ["cross", "diagonal", "trace"]

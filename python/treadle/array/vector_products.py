"""Products of stacks of vectors and matrices, along the last dimensions."""

from __future__ import annotations

from typing import Any

import numpy as np

import treadle.array as da
from treadle.array.contraction import contract
from treadle.array.core import Array
from treadle.array.factors import arrays_of, batch_labels, need_same, product_meta


def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Array:
    """Dot products of vectors along one dimension, those of ``x1`` conjugated.

    Parameters
    ----------
    x1, x2 : array_like
        The other dimensions are broadcast.
    axis : int
        The dimension, in both arrays.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If the vectors differ in length.
    AxisError
        If an array has no such dimension.

    Examples
    --------
    >>> import treadle.array as da
    >>> x = da.ones((2, 3), chunks=2)
    >>> da.vecdot(x, x).compute()
    array([3., 3.])
    """
    a, b = (x if axis == -1 and x.ndim else da.moveaxis(x, axis, -1) for x in arrays_of(x1, x2))
    need_same(a, b, -1, -1, "vecdot")
    first, second, batch = batch_labels(a, b, 1, 1)
    return contract(
        "vecdot", [a, b], [(*first, "sum"), (*second, "sum")], batch, vecdot_blocks,
        product_meta(np.multiply, len(batch), a, b),
    )  # fmt: skip


def vecdot_blocks(a: Any, b: Any) -> Any:
    """Return the dot products of the rows of two blocks."""
    if type(a) is np.ndarray and type(b) is np.ndarray and hasattr(np, "vecdot"):
        return np.vecdot(a, b)
    return (np.conj(a) * b).sum(axis=-1)


def matvec(x1: Any, x2: Any, /) -> Array:
    """Products of matrices and vectors; the dimensions before are broadcast.

    Parameters
    ----------
    x1 : array_like, (..., m, n)
    x2 : array_like, (..., n)

    Returns
    -------
    Array, (..., m)

    Raises
    ------
    ValueError
        If shapes don't fit.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.matvec(da.ones((2, 3), chunks=2), da.arange(3, chunks=2)).compute()
    array([3., 3.])
    """
    a, b = arrays_of(x1, x2)
    if a.ndim < 2 or not b.ndim:
        raise ValueError(f"matvec takes matrices and vectors, not shapes {a.shape} and {b.shape}")
    need_same(a, b, -1, -1, "matvec")
    first, second, batch = batch_labels(a, b, 2, 1)
    return contract(
        "matvec", [a, b], [(*first, "row", "sum"), (*second, "sum")], (*batch, "row"),
        matvec_blocks, product_meta(np.multiply, len(batch) + 1, a, b),
    )  # fmt: skip


def matvec_blocks(a: Any, b: Any) -> Any:
    """Return the products of the matrices and the vectors of two blocks."""
    return np.matmul(a, b[..., np.newaxis])[..., 0]


def vecmat(x1: Any, x2: Any, /) -> Array:
    """Products of vectors, conjugated, and matrices; the dimensions before are broadcast.

    Parameters
    ----------
    x1 : array_like, (..., m)
    x2 : array_like, (..., m, n)

    Returns
    -------
    Array, (..., n)

    Raises
    ------
    ValueError
        If shapes don't fit.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.vecmat(da.arange(2, chunks=1), da.ones((2, 3), chunks=2)).compute()
    array([1., 1., 1.])
    """
    a, b = arrays_of(x1, x2)
    if b.ndim < 2 or not a.ndim:
        raise ValueError(f"vecmat takes vectors and matrices, not shapes {a.shape} and {b.shape}")
    need_same(a, b, -1, -2, "vecmat")
    first, second, batch = batch_labels(a, b, 1, 2)
    return contract(
        "vecmat", [a, b], [(*first, "sum"), (*second, "sum", "column")], (*batch, "column"),
        vecmat_blocks, product_meta(np.multiply, len(batch) + 1, a, b),
    )  # fmt: skip


def vecmat_blocks(a: Any, b: Any) -> Any:
    """Return the products of the vectors and the matrices of two blocks."""
    return np.matmul(np.conj(a)[..., np.newaxis, :], b)[..., 0, :]

"""Least squares, and inverses of matrices that have none."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import treadle.array as da
from treadle.array.core import Array
from treadle.array.linalg.inputs import (
    adjoint,
    each_matrix,
    entry,
    matrices,
    one_block,
    real_dtype,
    small_calls,
)
from treadle.array.linalg.qr_tree import q_of, tall_factors
from treadle.array.linalg.singular import svd
from treadle.array.linalg.solving import of_one_dtype
from treadle.array.meta import meta_of


def lstsq(a: Any, b: Any, rcond: float | None = None) -> tuple[Array, Array, Array, Array]:
    """Least-squares solution of ``a @ x = b``.

    Parameters
    ----------
    a : array_like, (m, n)
        Best tall, in one block column.
    b : array_like, (m,) or (m, k)
    rcond : float, optional
        Singular values smaller than so much of the largest count as zero; without it, the machine
        precision times the longer dimension.

    Returns
    -------
    x, residuals, rank, s : Array
        Solution, sums of squares of what is left, rank, singular values.

    Raises
    ------
    LinAlgError
        If ``a`` is no matrix.
    ValueError
        If the shapes don't fit.

    Notes
    -----
    By way of QR, and the SVD of R.  Residuals are made whatever the rank; NumPy leaves them out
    unless it is full.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> a = da.from_array(np.array([[1.0, 0.0], [0.0, 2.0], [0.0, 0.0]]), chunks=(1, 2))
    >>> da.linalg.lstsq(a, np.array([1.0, 4.0, 3.0]))[0].compute()
    array([1., 2.])
    """
    a = matrices(a, what="lstsq", ndim=2)
    a, b = of_one_dtype(a, b, "lstsq")
    if b.ndim > 2:
        raise np.linalg.LinAlgError(f"lstsq takes b of one or two dimensions, not {b.shape}")
    vector = b.ndim == 1
    if vector:
        b = da.expand_dims(b, 1)
    tall = one_block(a, (1,))
    factors, r = tall_factors(tall)
    projected = da.matmul(adjoint(q_of(factors, tall)), b)
    longer = max(a.shape)
    calls = small_calls(
        "lstsq", (rcond, longer), solve_by_svd, [r, projected], rcond=rcond, longer=longer
    )
    k = min(a.shape)
    x = entry("lstsq", calls, 0, (a.shape[1], b.shape[1]), b.meta)
    rank = entry("lstsq", calls, 1, (), meta_of(np.empty(0, np.int64), 0))
    s = entry("lstsq", calls, 2, (k,), meta_of(b.meta, 1, real_dtype(b.dtype)))
    left = da.absolute(b - da.matmul(a, x))
    residuals = da.sum(left * left, axis=0)
    return (da.squeeze(x, 1) if vector else x), residuals, rank, s


def solve_by_svd(r: Any, b: Any, *, rcond: float | None, longer: float) -> tuple[Any, Any, Any]:
    """Return the shortest solution for a small matrix, its rank, and its singular values."""
    u, s, vh = np.linalg.svd(r, full_matrices=False)
    if rcond is None:
        rcond = np.finfo(s.dtype).eps * (max(r.shape) if math.isnan(longer) else longer)
    large = s > rcond * s.max(initial=0)
    inverse = np.where(large, 1 / np.where(large, s, 1), 0).astype(s.dtype)
    x = np.conj(vh.T) @ (inverse[:, np.newaxis] * (np.conj(u.T) @ b))
    return x, np.int64(large.sum()), s


def pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Array:
    """Pseudo-inverse of matrices (Moore and Penrose).

    Parameters
    ----------
    a : array_like, (..., m, n)
    rcond, rtol : float, optional
        Singular values smaller than so much of the largest count as zero.  Without ``rcond`` it is
        1e-15; ``rtol`` goes before it.
    hermitian : bool
        Matrices are their own conjugate transpose.

    Returns
    -------
    Array, (..., n, m)

    Raises
    ------
    LinAlgError
        If ``a`` has fewer than two dimensions.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> da.linalg.pinv(da.from_array(np.diag([2.0, 0.0]), chunks=1)).compute()
    array([[0.5, 0. ],
           [0. , 0. ]])
    """
    a = matrices(a, what="pinv")
    tolerance = rtol if rtol is not None else 1e-15 if rcond is None else rcond
    if a.ndim > 2 or a.npartitions == 1:
        a = one_block(a, (-1, -2))
        shape = (a.shape[-1], a.shape[-2])
        return each_matrix(
            np.linalg.pinv, a, [(shape, a.dtype)], "pinv",
            rcond=_with_axis(tolerance), hermitian=hermitian,
        )[0]  # fmt: skip
    u, s, vh = svd(a, coerce_signs=False)
    calls = small_calls("pinv", (tolerance,), inverse_values, [s], rcond=tolerance)
    inverse = entry("pinv", calls, 0, (s.shape[0],), s.meta)
    found: Array = da.matmul(adjoint(vh) * inverse, adjoint(u))
    return found


def _with_axis(tolerance: Any) -> Any:
    return tolerance if np.ndim(tolerance) == 0 else np.asarray(tolerance)


def inverse_values(s: Any, *, rcond: Any) -> tuple[Any]:
    """Return the inverse of singular values, zero for those that are too small."""
    large = s > np.asarray(rcond) * s.max(initial=0)
    return (np.where(large, 1 / np.where(large, s, 1), 0).astype(s.dtype),)


__all__ = ["lstsq", "pinv"]

"""Conditions, ranks and powers of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

import treadle.array as da
from treadle.array.core import Array, asanyarray
from treadle.array.linalg.inputs import matrices, real_dtype
from treadle.array.linalg.norms import matrix_norm
from treadle.array.linalg.singular import svdvals
from treadle.array.linalg.solving import inv


def cond(x: Any, p: Any = None) -> Array:
    """Condition number of matrices.

    Parameters
    ----------
    x : array_like, (..., m, n)
    p : number, "fro" or "nuc", optional
        The norm; without it, 2.

    Returns
    -------
    Array

    Raises
    ------
    LinAlgError
        If ``x`` has fewer than two dimensions, or isn't square where it must be inverted.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> da.linalg.cond(da.from_array(np.diag([8.0, 2.0]), chunks=1)).compute()
    np.float64(4.0)
    """
    a = matrices(x, what="cond")
    if p is None or p in (2, -2):
        values = svdvals(a)
        largest, smallest = da.max(values, axis=-1), da.min(values, axis=-1)
        found: Array = smallest / largest if p == -2 else largest / smallest
        return found
    both: Array = matrix_norm(a, ord=p) * matrix_norm(inv(a), ord=p)
    return both


def matrix_rank(
    A: Any,  # noqa: N803  (NumPy's name)
    tol: Any = None,
    hermitian: bool = False,
    *,
    rtol: Any = None,
) -> Array:
    """Number of singular values that are not zero.

    Parameters
    ----------
    A : array_like, (..., m, n)
    tol : array_like, optional
        Smaller singular values count as zero.
    hermitian : bool
        Accepted for NumPy's sake.
    rtol : array_like, optional
        The same in terms of the largest one; the precision times the longer dimension without both.

    Returns
    -------
    Array
        Of ints.

    Raises
    ------
    ValueError
        If both ``tol`` and ``rtol`` are given.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.linalg.matrix_rank(da.ones((4, 4), chunks=2)).compute()
    np.int64(1)
    """
    if tol is not None and rtol is not None:
        raise ValueError("`tol` and `rtol` can't be both set.")
    a = asanyarray(A)
    if a.ndim < 2:
        return da.any(a != 0).astype(np.intp)
    a = matrices(a, what="matrix_rank")
    values = svdvals(a)
    if tol is not None:
        limit: Any = tol if np.ndim(tol) == 0 else da.expand_dims(asanyarray(tol), -1)
    else:
        if rtol is None:
            rtol = max(a.shape[-2:]) * np.finfo(real_dtype(a.dtype)).eps
        limit = da.max(values, axis=-1, keepdims=True) * (
            rtol if np.ndim(rtol) == 0 else da.expand_dims(asanyarray(rtol), -1)
        )
    return da.sum(values > limit, axis=-1)


def matrix_power(a: Any, n: int) -> Array:
    """Product of a matrix with itself, ``n`` factors.

    Parameters
    ----------
    a : array_like, (..., m, m)
    n : int
        Negative powers are those of the inverse.

    Returns
    -------
    Array

    Raises
    ------
    LinAlgError
        If ``a`` isn't square.
    TypeError
        If ``n`` is no int.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.linalg.matrix_power(da.ones((2, 2), chunks=1), 3).compute()
    array([[4., 4.],
           [4., 4.]])
    """
    a = asanyarray(a)
    if a.ndim < 2 or (a.shape[-1] != a.shape[-2]):
        raise np.linalg.LinAlgError(f"matrix_power takes square matrices, not shape {a.shape}")
    if not isinstance(n, (int, np.integer)):
        raise TypeError("exponent must be an integer")
    if n == 0:
        unit = da.eye(int(a.shape[-1]), chunks=max(a.chunks[-1]), dtype=a.dtype)
        return da.broadcast_to(unit, a.shape, chunks=(*a.chunks[:-2], *unit.chunks))
    if n < 0:
        a, n = inv(a), -n
    result: Any = None
    while n:
        if n % 2:
            result = a if result is None else da.matmul(result, a)
        n //= 2
        if n:
            a = da.matmul(a, a)
    found: Array = result
    return found


__all__ = ["cond", "matrix_power", "matrix_rank"]

"""Eigenvalues, of matrices that are whole in one block."""

from __future__ import annotations

from typing import Any

import numpy as np

from treadle.array.core import Array
from treadle.array.linalg.inputs import each_matrix, matrices, real_dtype
from treadle.array.linalg.results import EighResult, EigResult


def eigh(a: Any, UPLO: str = "L") -> EighResult:  # noqa: N803  (NumPy's name)
    """Eigenvalues and eigenvectors of Hermitian matrices.

    Parameters
    ----------
    a : array_like, (..., m, m)
        Each matrix is put into one block.
    UPLO : {"L", "U"}
        Which triangle is looked at.

    Returns
    -------
    eigenvalues, eigenvectors : Array
        In ascending order; vectors are columns.

    Raises
    ------
    LinAlgError
        If ``a`` isn't square.
    ValueError
        If ``UPLO`` is something else.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> da.linalg.eigh(da.from_array(np.diag([3.0, 2.0]), chunks=1))[0].compute()
    array([2., 3.])
    """
    a = matrices(a, what="eigh", square=True)
    results = [(a.shape[-1:], real_dtype(a.dtype)), (a.shape[-2:], a.dtype)]
    values, vectors = each_matrix(np.linalg.eigh, a, results, "eigh", UPLO=_triangle(UPLO))
    return EighResult(values, vectors)


def _triangle(text: str) -> str:
    if text.upper() not in ("L", "U"):
        raise ValueError("UPLO argument must be 'L' or 'U'")
    return text.upper()


def eigvalsh(a: Any, UPLO: str = "L") -> Array:  # noqa: N803  (NumPy's name)
    """Eigenvalues of Hermitian matrices, in ascending order.

    Parameters
    ----------
    a : array_like, (..., m, m)
        Each matrix is put into one block.
    UPLO : {"L", "U"}
        Which triangle is looked at.

    Returns
    -------
    Array

    Raises
    ------
    LinAlgError
        If ``a`` isn't square.
    ValueError
        If ``UPLO`` is something else.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> da.linalg.eigvalsh(da.from_array(np.diag([3.0, 2.0]), chunks=1)).compute()
    array([2., 3.])
    """
    a = matrices(a, what="eigvalsh", square=True)
    results = [(a.shape[-1:], real_dtype(a.dtype))]
    return each_matrix(np.linalg.eigvalsh, a, results, "eigvalsh", UPLO=_triangle(UPLO))[0]


def eig(a: Any) -> EigResult:
    """Eigenvalues and right eigenvectors of square matrices.

    Parameters
    ----------
    a : array_like, (..., m, m)
        Each matrix is put into one block.

    Returns
    -------
    eigenvalues, eigenvectors : Array
        Always complex: whether all are real is not known before the run.

    Raises
    ------
    LinAlgError
        If ``a`` isn't square.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> da.linalg.eig(da.from_array(np.diag([3.0, 2.0]), chunks=1))[0].compute()
    array([3.+0.j, 2.+0.j])
    """
    a = matrices(a, what="eig", square=True)
    dtype = np.result_type(a.dtype, np.complex64)
    results = [(a.shape[-1:], dtype), (a.shape[-2:], dtype)]
    values, vectors = each_matrix(complex_eig, a, results, "eig")
    return EigResult(values, vectors)


def complex_eig(block: Any) -> tuple[Any, Any]:
    """Return eigenvalues and eigenvectors of a block, as complex numbers."""
    dtype = np.result_type(block.dtype, np.complex64)
    values, vectors = np.linalg.eig(block)
    return values.astype(dtype), vectors.astype(dtype)


def eigvals(a: Any) -> Array:
    """Eigenvalues of square matrices.

    Parameters
    ----------
    a : array_like, (..., m, m)
        Each matrix is put into one block.

    Returns
    -------
    Array
        Always complex: whether all are real is not known before the run.

    Raises
    ------
    LinAlgError
        If ``a`` isn't square.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> da.linalg.eigvals(da.from_array(np.diag([3.0, 2.0]), chunks=1)).compute()
    array([3.+0.j, 2.+0.j])
    """
    a = matrices(a, what="eigvals", square=True)
    dtype = np.result_type(a.dtype, np.complex64)
    return each_matrix(complex_eigvals, a, [(a.shape[-1:], dtype)], "eigvals")[0]


def complex_eigvals(block: Any) -> Any:
    """Return the eigenvalues of a block, as complex numbers."""
    return np.linalg.eigvals(block).astype(np.result_type(block.dtype, np.complex64))


__all__ = ["eig", "eigh", "eigvals", "eigvalsh"]

"""What functions of several results return: tuples with NumPy's names."""

from __future__ import annotations

from typing import NamedTuple

from treadle.array.core import Array


class EigResult(NamedTuple):
    """Eigenvalues, and eigenvectors in columns."""

    eigenvalues: Array
    eigenvectors: Array


class EighResult(NamedTuple):
    """Eigenvalues of a Hermitian matrix, and eigenvectors in columns."""

    eigenvalues: Array
    eigenvectors: Array


class QRResult(NamedTuple):
    """An orthogonal and a triangular factor."""

    Q: Array
    R: Array


class SVDResult(NamedTuple):
    """Singular values, between the two orthogonal factors."""

    U: Array
    S: Array
    Vh: Array


class SlogdetResult(NamedTuple):
    """Sign and logarithm of the absolute value of a determinant."""

    sign: Array
    logabsdet: Array

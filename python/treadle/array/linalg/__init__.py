"""Linear algebra: ``da.linalg``, with the names of ``numpy.linalg`` and ``dask.array.linalg``.

=================  ===================================================================
``qr_tree``        QR, in a tree over blocks of rows; ``tall``: QR of a block
``singular``       singular values, by way of QR
``compressed``     the largest singular values, by random directions
``panels``         LU with pivots from whole columns
``tiles``          Cholesky, block by block
``solving``        systems and inverses
``determinants``   determinants
``least_squares``  least squares and pseudo-inverses
``norms``          norms; ``ranks``: what follows from singular values
``eigen``          eigenvalues of matrices of one block
=================  ===================================================================
"""

from __future__ import annotations

from numpy.linalg import LinAlgError

from treadle.array.linalg.compressed import compression_level, compression_matrix, svd_compressed
from treadle.array.linalg.determinants import det, slogdet
from treadle.array.linalg.eigen import eig, eigh, eigvals, eigvalsh
from treadle.array.linalg.least_squares import lstsq, pinv
from treadle.array.linalg.multi import multi_dot
from treadle.array.linalg.norms import matrix_norm, norm, vector_norm
from treadle.array.linalg.numpys import NUMPYS as NUMPYS
from treadle.array.linalg.panels import lu
from treadle.array.linalg.qr_tree import qr, sfqr, tsqr
from treadle.array.linalg.ranks import cond, matrix_power, matrix_rank
from treadle.array.linalg.singular import svd, svdvals
from treadle.array.linalg.solving import inv, solve, solve_triangular
from treadle.array.linalg.tensors import tensorinv, tensorsolve
from treadle.array.linalg.tiles import cholesky
from treadle.array.linalg.vectors import cross, diagonal, trace

_ELSEWHERE = ("matmul", "matrix_transpose", "outer", "tensordot", "vecdot")


def __getattr__(name: str) -> object:
    """Return what has a name in the package above too."""
    if name in _ELSEWHERE:
        import treadle.array as da

        return getattr(da, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "LinAlgError", "cholesky", "compression_level", "compression_matrix", "cond", "cross", "det",
    "diagonal", "eig", "eigh", "eigvals", "eigvalsh", "inv", "lstsq", "lu", "matrix_norm",
    "matrix_power", "matrix_rank", "multi_dot", "norm", "pinv", "qr", "sfqr", "slogdet", "solve",
    "solve_triangular", "svd", "svd_compressed", "svdvals", "tensorinv", "tensorsolve", "trace",
    "tsqr", "vector_norm",
]  # fmt: skip

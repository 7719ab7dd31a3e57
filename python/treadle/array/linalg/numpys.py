"""What ``np.linalg.func(x)`` is where Dask and NumPy have one name for different defaults."""

from __future__ import annotations

from typing import Any

from treadle.array.core import Array
from treadle.array.linalg.singular import svd
from treadle.array.linalg.tiles import cholesky


def numpys_cholesky(a: Any, /, *, upper: bool = False) -> Array:
    """Return L, or U."""
    return cholesky(a, upper=upper)


def numpys_svd(
    a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
    """Return square orthogonal factors by default; signs are settled all the same."""
    return svd(a, full_matrices=full_matrices, compute_uv=compute_uv, hermitian=hermitian)


NUMPYS = {"cholesky": numpys_cholesky, "svd": numpys_svd}

__all__ = ["NUMPYS"]

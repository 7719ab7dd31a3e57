"""Singular values: of tall and wide matrices by way of QR, of others in one block.

A = Q R = Q (u s vh): the SVD of the small R gives that of A, and the one large product is made in
the tree that makes Q.
"""

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
from treadle.array.linalg.results import SVDResult
from treadle.array.meta import meta_of


def svd(
    a: Any,
    coerce_signs: bool = True,
    *,
    full_matrices: bool = False,
    compute_uv: bool = True,
    hermitian: bool = False,
) -> Any:
    """Singular value decomposition, ``a = u @ diag(s) @ vh``.

    Parameters
    ----------
    a : array_like
        A matrix, best in blocks along its longer dimension only; others are put into such, or into
        one block if they are square.  Stacks of matrices are decomposed one by one.
    coerce_signs : bool
        Make the sum of each row of ``vh`` positive, so that results don't hang on the blocks.
    full_matrices : bool
        Return square ``u`` and ``vh``; puts the matrix into one block.
    compute_uv : bool
        Return ``u`` and ``vh`` too.
    hermitian : bool
        ``a`` is its own conjugate transpose; only stacks and single blocks make use of it.

    Returns
    -------
    u, s, vh : Array
        Or ``s`` alone, without ``compute_uv``.

    Raises
    ------
    LinAlgError
        If ``a`` has fewer than two dimensions.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> x = da.from_array(np.diag([3.0, 4.0]), chunks=(1, 2))
    >>> u, s, vh = da.linalg.svd(x)
    >>> s.compute().tolist()
    [4.0, 3.0]
    """
    a = matrices(a, what="svd")
    if not compute_uv:
        return svdvals(a)
    if a.ndim > 2 or full_matrices or (a.npartitions == 1 and not _is_tall(a)):
        return _whole_svd(a, coerce_signs, full_matrices, hermitian)
    if a.numblocks[1] > 1 and (a.numblocks[0] == 1 or a.shape[0] < a.shape[1]):
        left, s, right = tall_svd(adjoint(one_block(a, (0,))), False)
        u, vh = adjoint(right), adjoint(left)
        return SVDResult(*(settled(u, s, vh) if coerce_signs else (u, s, vh)))
    return SVDResult(*tall_svd(one_block(a, (1,)), coerce_signs))


def _is_tall(a: Array) -> bool:
    m, n = a.shape
    return bool(m >= 8 * n)


def tall_svd(a: Array, coerce_signs: bool) -> tuple[Array, Array, Array]:
    factors, r = tall_factors(a)
    k = min(r.shape) if not math.isnan(sum(r.shape)) else r.shape[0]
    calls = small_calls("svd", (a.name, coerce_signs), svd_block, [r], coerce_signs=coerce_signs)
    small = entry("svd", calls, 0, (r.shape[0], k), meta_of(a.meta, 2))
    s = entry("svd", calls, 1, (k,), meta_of(a.meta, 1, real_dtype(a.dtype)))
    vh = entry("svd", calls, 2, (k, a.shape[1]), meta_of(a.meta, 2))
    return q_of(factors, a, small, prefix="svd"), s, vh


def settled(u: Array, s: Array, vh: Array) -> tuple[Array, Array, Array]:
    """Make the sums of the rows of ``vh`` positive."""
    signs = da.where(da.real(da.sum(vh, axis=1)) < 0, -1, 1).astype(real_dtype(vh.dtype))
    return (
        u * da.expand_dims(signs, 0),
        s,
        da.rechunk(vh * da.expand_dims(signs, 1), vh.chunks),
    )


def svd_block(
    a: Any, coerce_signs: bool = False, full_matrices: bool = False, hermitian: bool = False
) -> tuple[Any, Any, Any]:
    """Return the SVD of a block of matrices."""
    u, s, vh = np.linalg.svd(a, full_matrices=full_matrices, hermitian=hermitian)
    if coerce_signs:
        k = s.shape[-1]
        signs = np.where(vh[..., :k, :].sum(axis=-1).real < 0, -1, 1).astype(s.dtype)
        u[..., :k] *= signs[..., np.newaxis, :]
        vh[..., :k, :] *= signs[..., np.newaxis]
    return u, s, vh


def _whole_svd(a: Array, coerce_signs: bool, full_matrices: bool, hermitian: bool) -> Any:
    m, n = a.shape[-2:]
    k = min(m, n)
    shapes = [(m, m if full_matrices else k), (k,), (n if full_matrices else k, n)]
    dtypes = [a.dtype, real_dtype(a.dtype), a.dtype]
    return SVDResult(
        *each_matrix(
            svd_block, a, list(zip(shapes, dtypes, strict=True)), "svd",
            coerce_signs=coerce_signs, full_matrices=full_matrices, hermitian=hermitian,
        )
    )  # fmt: skip


def svdvals(x: Any, /) -> Array:
    """Singular values of matrices, the largest first.

    Parameters
    ----------
    x : array_like, (..., m, n)

    Returns
    -------
    Array, (..., min(m, n))

    Raises
    ------
    LinAlgError
        If ``x`` has fewer than two dimensions.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> da.linalg.svdvals(da.from_array(np.diag([3.0, 4.0]), chunks=(1, 2))).compute()
    array([4., 3.])
    """
    a = matrices(x, what="svdvals")
    if a.ndim == 2 and (a.npartitions > 1 or _is_tall(a)):
        if a.numblocks[1] > 1 and (a.numblocks[0] == 1 or a.shape[0] < a.shape[1]):
            a = da.transpose(one_block(a, (0,)))
        _, a = tall_factors(one_block(a, (1,)))
    least = min(a.shape[-2:]) if not any(map(math.isnan, a.shape[-2:])) else math.nan
    (s,) = each_matrix(singular_values, a, [((least,), real_dtype(a.dtype))], "svdvals")
    return s


def singular_values(block: Any) -> Any:
    """Return the singular values of a block of matrices."""
    return np.linalg.svd(block, compute_uv=False)


__all__ = ["svd", "svdvals"]

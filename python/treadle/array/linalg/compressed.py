"""The largest singular values of any matrix, found in random directions."""

from __future__ import annotations

from typing import Any

import treadle.array as da
from treadle.array.core import Array
from treadle.array.linalg.inputs import adjoint, matrices, one_block, real_dtype
from treadle.array.linalg.qr_tree import q_of, tall_factors
from treadle.array.linalg.singular import settled, tall_svd


def compression_level(n: int, q: int, n_oversamples: int = 10, min_subspace_size: int = 20) -> int:
    """Return how many random directions an approximate SVD takes.

    Parameters
    ----------
    n : int
        Length of the matrix.
    q : int
        Singular values that are wanted.
    n_oversamples : int
        Directions more than that.
    min_subspace_size : int
        At least so many.

    Returns
    -------
    int

    Examples
    --------
    >>> import treadle.array as da
    >>> da.linalg.compression_level(100, 5), da.linalg.compression_level(10, 5)
    (20, 10)
    """
    return min(max(min_subspace_size, q + n_oversamples), n)


def compression_matrix(
    data: Any,
    q: int,
    iterator: str = "power",
    n_power_iter: int = 0,
    n_oversamples: int = 10,
    seed: Any = None,
    compute: bool = False,
) -> Array:
    """Return a matrix that projects onto the directions in which ``data`` is largest.

    Parameters
    ----------
    data : array_like
        A matrix.
    q : int
        Directions that are wanted.
    iterator : {"power", "QR"}
        How the directions are found better; "QR" is more exact, and slower.
    n_power_iter : int
        How often.
    n_oversamples : int
        Directions more than that.
    seed : int or generator, optional
        Of the random start.
    compute : bool
        Compute after each step, which takes less memory and more time.

    Returns
    -------
    Array, (directions, rows of data)

    Raises
    ------
    ValueError
        If there is no such iterator.

    Notes
    -----
    Halko, Martinsson, Tropp, "Finding structure with randomness", 2011, algorithms 4.3 and 4.4.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.linalg.compression_matrix(da.ones((40, 30), chunks=10), 5, seed=0).shape
    (20, 40)
    """
    if iterator not in ("power", "QR"):
        raise ValueError(f"iterator must be 'power' or 'QR', not {iterator!r}")
    a = matrices(data, what="compression_matrix", ndim=2)
    level = compression_level(min(a.shape), q, n_oversamples=n_oversamples)
    start = _random_matrix(a, level, seed)
    wait = Array.persist if compute else _as_it_is
    directions = wait(da.matmul(a, start))
    for _ in range(n_power_iter):
        if iterator == "QR":
            directions = _orthogonal(directions)
            directions = wait(da.matmul(adjoint(a), directions))
            directions = _orthogonal(directions)
        else:
            directions = wait(da.matmul(adjoint(a), directions))
        directions = wait(da.matmul(a, directions))
    return adjoint(_orthogonal(directions))


def _as_it_is(array: Array) -> Array:
    return array


def _orthogonal(directions: Array) -> Array:
    a = one_block(directions, (1,))
    factors, _ = tall_factors(a)
    return q_of(factors, a)


def _random_matrix(a: Array, columns: int, seed: Any) -> Array:
    if hasattr(seed, "standard_normal"):
        state = seed
    else:
        state = da.random.default_rng(seed)
    size, chunks = (a.shape[1], columns), (a.chunks[1], (columns,))
    start = state.standard_normal(size=size, chunks=chunks)
    return da.astype(start, real_dtype(a.dtype), copy=False)


def svd_compressed(
    a: Any,
    k: int,
    iterator: str = "power",
    n_power_iter: int = 0,
    n_oversamples: int = 10,
    seed: Any = None,
    compute: bool = False,
    coerce_signs: bool = True,
) -> tuple[Array, Array, Array]:
    """Approximate SVD of the ``k`` largest singular values.

    Parameters
    ----------
    a : array_like
        A matrix in any blocks.
    k : int
        Singular values that are wanted.
    iterator, n_power_iter, n_oversamples, seed, compute
        As for :func:`compression_matrix`.
    coerce_signs : bool
        As for :func:`svd`.

    Returns
    -------
    u, s, vh : Array

    Raises
    ------
    ValueError
        If there is no such iterator.

    Notes
    -----
    Halko, Martinsson, Tropp, "Finding structure with randomness", 2011.

    Examples
    --------
    >>> import treadle.array as da
    >>> u, s, vh = da.linalg.svd_compressed(da.ones((40, 30), chunks=10), 2, seed=0)
    >>> u.shape, s.shape, vh.shape
    ((40, 2), (2,), (2, 30))
    """
    a = matrices(a, what="svd_compressed", ndim=2)
    project = compression_matrix(
        a, k, iterator=iterator, n_power_iter=n_power_iter, n_oversamples=n_oversamples,
        seed=seed, compute=compute,
    )  # fmt: skip
    small = da.matmul(project, a)
    if compute:
        small = small.persist()
    right, s, left = tall_svd(adjoint(one_block(small, (0,))), False)
    u, vh = da.matmul(adjoint(project), adjoint(left)), adjoint(right)
    u, s, vh = u[:, :k], s[:k], vh[:k, :]
    return settled(u, s, vh) if coerce_signs else (u, s, vh)


__all__ = ["compression_level", "compression_matrix", "svd_compressed"]

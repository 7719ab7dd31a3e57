"""Cholesky factorization, block by block.

Each block of L is one task: it takes the block of the matrix, subtracts the products of what stands
to the left, and factorizes it (on the diagonal) or solves with the factor (below)::

    L[i, j] = (A[i, j] - sum of L[i, k] L[j, k]^H over k < j) L[j, j]^-H
"""

from __future__ import annotations

from typing import Any

import numpy as np

from treadle.array.blas_threads import shared_blas
from treadle.array.chunks import Chunks
from treadle.array.core import Array, new_array
from treadle.array.expr import operand
from treadle.array.linalg.inputs import each_matrix, matrices, need_known
from treadle.array.linalg.triangular import solve_triangle
from treadle.array.rechunk import rechunk
from treadle.graph.blockwise import Blockwise
from treadle.graph.expr import GraphExpr
from treadle.graph.graph import Graph
from treadle.graph.spec import Task, TaskRef


def cholesky(a: Any, lower: bool = False, *, upper: bool | None = None) -> Array:
    """Cholesky factorization of a Hermitian, positive-definite matrix.

    Parameters
    ----------
    a : array_like
        Only its lower triangle is looked at.  Stacks of matrices are factorized one by one.
    lower : bool
        Return L, with ``a = L @ L^H``; otherwise U, with ``a = U^H @ U``.
    upper : bool, optional
        NumPy's word for the opposite of ``lower``; goes before it.

    Returns
    -------
    Array

    Raises
    ------
    LinAlgError
        If ``a`` isn't square; in the tasks, if it isn't positive definite.

    Notes
    -----
    Without ``lower`` and ``upper`` this is U, as for SciPy and Dask; NumPy has L.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> x = da.from_array(np.array([[4.0, 2.0], [2.0, 5.0]]), chunks=1)
    >>> da.linalg.cholesky(x, lower=True).compute()
    array([[2., 0.],
           [1., 2.]])
    """
    a = matrices(a, what="cholesky", square=True)
    lower = lower if upper is None else not upper
    if a.ndim > 2 or a.npartitions == 1:
        func = lower_factor if lower else upper_factor
        return each_matrix(func, a, [(a.shape[-2:], a.dtype)], "cholesky")[0]
    need_known(a, "cholesky")
    lengths = a.chunks[0]
    a = rechunk(a, (lengths, lengths))
    chunks: Chunks = (lengths, lengths)
    below = new_array("cholesky", (a.name, "lower"), chunks, a.meta, lambda name: _tiles(name, a))
    return below if lower else _adjoint_blocks(below)


def lower_factor(block: Any) -> Any:
    """Return L of a block of matrices."""
    return np.linalg.cholesky(block)


def upper_factor(block: Any) -> Any:
    """Return U of a block of matrices."""
    return np.conj(np.swapaxes(np.linalg.cholesky(block), -1, -2))


def _tiles(name: str, a: Array) -> GraphExpr:
    count = a.numblocks[0]

    def nodes() -> Graph:
        graph = Graph()
        for i in range(count):
            for j in range(count):
                key = (name, i, j)
                if j > i:
                    shape = (a.chunks[0][i], a.chunks[1][j])
                    graph.add(Task(key, np.zeros, (shape, a.dtype.str)))
                    continue
                rows = [TaskRef((name, i, k)) for k in range(j)]
                if i == j:
                    graph.add(Task(key, diagonal_tile, (TaskRef((a.name, i, j)), rows)))
                    continue
                others = [TaskRef((name, j, k)) for k in range(j)]
                diagonal = TaskRef((name, j, j))
                args = (TaskRef((a.name, i, j)), rows, others, diagonal)
                graph.add(Task(key, lower_tile, args))
        return graph

    return GraphExpr(name, (count, count), (a.expr,), nodes)


def diagonal_tile(block: Any, rows: list[Any]) -> Any:
    """Return a block of L on the diagonal."""
    with shared_blas():
        return np.linalg.cholesky(_reduced(block, rows, rows))


def lower_tile(block: Any, rows: list[Any], others: list[Any], diagonal: Any) -> Any:
    """Return a block of L below the diagonal."""
    with shared_blas():
        rest = _reduced(block, rows, others)
        solved = solve_triangle(diagonal, adjoint_block(rest), lower=True)
        return np.ascontiguousarray(adjoint_block(solved))


def _reduced(block: Any, rows: list[Any], others: list[Any]) -> Any:
    rest = np.array(block)
    for left, right in zip(rows, others, strict=True):
        rest -= left @ adjoint_block(right)
    return rest


def _adjoint_blocks(lower: Array) -> Array:
    def body(name: str) -> Blockwise:
        args = [operand(lower.expr, (1, 0))]
        return Blockwise.call(name, lower.numblocks, adjoint_block, args)

    return new_array("cholesky", (lower.name, "upper"), lower.chunks, lower.meta, body)


def adjoint_block(block: Any) -> Any:
    """Return the conjugate transpose of a block, as a view where it is real."""
    return np.conj(block.T) if block.dtype.kind == "c" else block.T


__all__ = ["cholesky"]

"""Linear systems, inverses, determinants and least squares."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

import treadle.array as da
from treadle.array.blas_threads import shared_blas
from treadle.array.chunks import Chunks
from treadle.array.core import Array, asanyarray, new_array
from treadle.array.expr import operand
from treadle.array.linalg.inputs import (
    adjoint,
    each_matrix,
    inexact,
    matrices,
    need_known,
    one_block,
    shares_blas_call,
)
from treadle.array.linalg.panels import Panels, diagonal_of_upper, eliminate, upper_rows
from treadle.array.linalg.tiles import cholesky
from treadle.array.linalg.triangular import solve_triangle
from treadle.graph.blockwise import Blockwise
from treadle.graph.expr import GraphExpr
from treadle.graph.graph import Graph
from treadle.graph.spec import Task, TaskRef
from treadle.graph.tokenize import tokenize


def of_one_dtype(a: Array, b: Any, what: str) -> tuple[Array, Array]:
    """Return a matrix and right-hand sides of one dtype."""
    b = inexact(asanyarray(b), what)
    dtype = np.result_type(a.dtype, b.dtype)
    a, b = (x if x.dtype == dtype else da.astype(x, dtype) for x in (a, b))
    m, n = a.shape[-2], (b.shape[0] if b.ndim == 1 else b.shape[-2] if b.ndim else 0)
    if m != n and not (math.isnan(m) or math.isnan(n)):
        raise ValueError(
            f"{what}: the matrix has {m} rows and the right-hand side {n}; shapes {a.shape} and "
            f"{b.shape}"
        )
    return a, b


def solve_triangular(a: Any, b: Any, lower: bool = False) -> Array:
    """Solve ``a @ x = b`` for a triangular matrix.

    Parameters
    ----------
    a : array_like, (m, m)
        The other triangle is not looked at.
    b : array_like, (m,) or (m, n)
    lower : bool
        ``a`` is lower triangular; otherwise upper.

    Returns
    -------
    Array
        Of the shape of ``b``.

    Raises
    ------
    LinAlgError
        If ``a`` isn't square; in the tasks, if it is singular.
    ValueError
        If the shapes don't fit, or are not known.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> a = da.from_array(np.array([[2.0, 0.0], [1.0, 1.0]]), chunks=1)
    >>> da.linalg.solve_triangular(a, [2.0, 3.0], lower=True).compute()
    array([1., 2.])
    """
    a = matrices(a, what="solve_triangular", square=True, ndim=2)
    a, b = of_one_dtype(a, b, "solve_triangular")
    if b.ndim > 2:
        raise ValueError(f"solve_triangular takes b of one or two dimensions, not shape {b.shape}")
    if a.npartitions > 1:
        need_known(a, "solve_triangular")
    lengths = a.chunks[0]
    a = da.rechunk(a, (lengths, lengths))
    if b.chunks[0] != lengths:
        b = da.rechunk(b, {0: lengths})
    last = len(lengths) - 1

    def body(name: str) -> GraphExpr:
        def nodes() -> Graph:
            graph = Graph()
            for column in np.ndindex(*b.numblocks[1:]):
                for i in range(last + 1):
                    solved = range(i) if lower else range(i + 1, last + 1)
                    args = (
                        TaskRef((a.name, i, i)),
                        TaskRef((b.name, i, *column)),
                        [TaskRef((a.name, i, k)) for k in solved],
                        [TaskRef((name, k, *column)) for k in solved],
                    )
                    graph.add(Task((name, i, *column), substitute, args, {"lower": lower}))
            return graph

        return GraphExpr(name, b.numblocks, (a.expr, b.expr), nodes)

    return new_array("solve_triangular", (a.name, b.name, lower), b.chunks, b.meta, body)


def substitute(
    diagonal: Any, right: Any, others: Sequence[Any], solved: Sequence[Any], *, lower: bool
) -> Any:
    """Return rows of a solution, given those that are solved already."""
    with shared_blas():
        if others:
            right = np.array(right)
            for block, x in zip(others, solved, strict=True):
                right -= block @ x
        return solve_triangle(diagonal, right, lower=lower)


def solve(a: Any, b: Any, sym_pos: bool = False, assume_a: str = "gen") -> Array:
    """Solve ``a @ x = b``.

    Parameters
    ----------
    a : array_like, (..., m, m)
    b : array_like, (m,) or (..., m, n)
    sym_pos : bool
        The same as ``assume_a="pos"``.
    assume_a : {"gen", "pos"}
        Any matrix, or a Hermitian, positive-definite one, which takes half of the time.

    Returns
    -------
    Array
        Of the shape of ``b``.

    Raises
    ------
    LinAlgError
        If ``a`` isn't square; in the tasks, if it is singular, or not positive definite.
    ValueError
        If the shapes don't fit, or are not known, or ``assume_a`` is something else.

    Notes
    -----
    By LU with pivots from whole columns, as NumPy's; needs SciPy where ``a`` has several blocks.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> a = da.from_array(np.array([[0.0, 2.0], [1.0, 1.0]]), chunks=1)
    >>> da.linalg.solve(a, [2.0, 3.0]).compute()
    array([2., 1.])
    """
    if sym_pos:
        assume_a = "pos"
    if assume_a not in ("gen", "pos"):
        raise ValueError(f"assume_a must be 'gen' or 'pos', not {assume_a!r}")
    a = matrices(a, what="solve", square=True)
    a, b = of_one_dtype(a, b, "solve")
    if a.ndim > 2 or b.ndim > 2:
        return _solve_stacks(a, b)
    if assume_a == "pos":
        upper = cholesky(a)
        half = solve_triangular(adjoint(upper), b, lower=True)
        return solve_triangular(upper, half)
    if a.npartitions == 1:
        return _solve_stacks(a, b)
    need_known(a, "solve")
    return _solve_panels(Panels(a), b)


def _solve_stacks(a: Array, b: Array) -> Array:
    """Solve with matrices that are whole in their blocks."""
    a = one_block(a, (-1, -2))
    vector = b.ndim == 1
    if vector:
        b = da.expand_dims(b, 1)
    shape = da.elementwise.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    a = da.broadcast_to(a, (*shape, *a.shape[-2:]))
    b = da.broadcast_to(one_block(b, (-2,)), (*shape, *b.shape[-2:]))
    if a.chunks[:-2] != b.chunks[:-2]:
        b = da.rechunk(b, (*a.chunks[:-2], *b.chunks[-2:]))
    n = len(shape)
    chunks: Chunks = (*b.chunks[:-2], a.chunks[-1], b.chunks[-1])

    def body(name: str) -> Blockwise:
        args = [operand(a.expr, [*range(n), None, None]), operand(b.expr, [*range(n), None, n + 1])]
        return Blockwise.call(
            name, tuple(map(len, chunks)), shares_blas_call, [np.linalg.solve, *args]
        )

    x = new_array("solve", (a.name, b.name), chunks, b.meta, body)
    return da.squeeze(x, -1) if vector else x


def _solve_panels(panels: Panels, b: Array) -> Array:
    """Put right-hand sides through the elimination, and substitute backward."""
    vector = b.ndim == 1
    if vector:
        b = da.expand_dims(b, 1)
    b = one_block(b, (0,))
    steps = len(panels.pivots)
    inner = f"solve-{tokenize('forward', panels.name, b.name)}"

    def body(name: str) -> GraphExpr:
        def nodes() -> Graph:
            graph = Graph()
            for k in range(steps):
                graph.add(Task((inner, "u", k, k), diagonal_of_upper, (panels.factor(k),)))
                for j in range(k + 1, steps):
                    left = TaskRef((panels.name, "left", k, j))
                    graph.add(Task((inner, "u", k, j), upper_rows, (left,)))
            for column in range(b.numblocks[1]):
                _solve_column(graph, name, column)
            return graph

        return GraphExpr(name, (steps, b.numblocks[1]), (panels.expr, b.expr), nodes)

    def _solve_column(graph: Graph, name: str, column: int) -> None:
        state: Any = (b.name, 0, column)
        for k in range(steps):
            key = (inner, "forward", k, column)
            graph.add(Task(key, eliminate, (panels.factor(k), TaskRef(state))))
            graph.add(Task((inner, "y", k, column), upper_rows, (TaskRef(key),)))
            state = key
        for k in range(steps - 1, -1, -1):
            later = range(k + 1, steps)
            args = (
                TaskRef((inner, "u", k, k)),
                TaskRef((inner, "y", k, column)),
                [TaskRef((inner, "u", k, j)) for j in later],
                [TaskRef((name, j, column)) for j in later],
            )
            graph.add(Task((name, k, column), substitute, args, {"lower": False}))

    x = new_array("solve", (panels.name, b.name), (panels.pivots, b.chunks[1]), b.meta, body)
    return da.squeeze(x, 1) if vector else x


def inv(a: Any) -> Array:
    """Inverse of square matrices.

    Parameters
    ----------
    a : array_like, (..., m, m)

    Returns
    -------
    Array

    Raises
    ------
    LinAlgError
        If ``a`` isn't square; in the tasks, if it is singular.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> da.linalg.inv(da.from_array(np.diag([2.0, 4.0]), chunks=1)).compute()
    array([[0.5 , 0.  ],
           [0.  , 0.25]])
    """
    a = matrices(a, what="inv", square=True)
    if a.ndim > 2 or a.npartitions == 1:
        return each_matrix(np.linalg.inv, a, [(a.shape[-2:], a.dtype)], "inv")[0]
    need_known(a, "inv")
    identity = da.eye(a.shape[0], chunks=max(a.chunks[1]), dtype=a.dtype)
    return solve(a, da.rechunk(identity, {1: a.chunks[0]}))


__all__ = ["inv", "solve", "solve_triangular"]

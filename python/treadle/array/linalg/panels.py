"""LU factorization with partial pivoting, over blocks of columns.

Pivots are looked for in the whole column, as LAPACK does, and so the factors are LAPACK's, whatever
the blocks.  For that a column of blocks is one panel::

    panel 0: factor ──► panels 1, 2, 3: exchange rows, solve with L, subtract the product
    panel 1: factor ──► panels 2, 3:    ...

A panel keeps what is below the rows that are done; these become the blocks of U.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import treadle.array as da
from treadle.array.blas_threads import shared_blas
from treadle.array.chunks import Chunks, starts
from treadle.array.core import Array, new_array
from treadle.array.expr import ArrayExpr
from treadle.array.linalg.inputs import matrices, need_known, one_block, real_dtype
from treadle.array.linalg.triangular import solve_triangle
from treadle.array.meta import meta_of
from treadle.graph.expr import GraphExpr
from treadle.graph.graph import Graph
from treadle.graph.spec import Task, TaskRef
from treadle.graph.tokenize import tokenize


class Panels:
    """The calls that factorize a matrix; their keys hang on the name of the matrix alone.

    ========================  ==============================================================
    ``(name, "factor", k)``   ``(lu, rows)``: panel ``k`` factorized, and the order of its rows
    ``(name, "rows", k)``     the order alone
    ``(name, "left", k, j)``  ``(u, below)``: panel ``j`` after step ``k``
    ========================  ==============================================================

    Attributes
    ----------
    pivots : tuple of int
        Rows that each step is done with.
    """

    def __init__(self, a: Array):
        self.a: ArrayExpr = one_block(a, (0,)).expr
        self.name = f"lu-{tokenize('panels', self.a.name)}"
        rows, columns = self.a.shape
        begin = starts(self.a.chunks[1])
        self.pivots = tuple(
            min(width, rows - first)
            for first, width in zip(begin, self.a.chunks[1], strict=False)
            if first < min(rows, columns)
        ) or (0,)
        self.begin = starts(self.pivots)
        self.expr = GraphExpr(self.name, (), (self.a,), self.nodes, source=self.a.source)

    def state(self, step: int, panel: int) -> tuple[Any, ...]:
        """Return the reference to a panel before a step."""
        if step == 0:
            return (TaskRef((self.a.name, 0, panel)),)
        return (TaskRef((self.name, "left", step - 1, panel)),)

    def nodes(self) -> Graph:
        """Return all calls."""
        graph = Graph()
        steps = len(self.pivots)
        for k in range(steps):
            factor = (self.name, "factor", k)
            graph.add(Task(factor, factor_panel, self.state(k, k)))
            graph.add(Task((self.name, "rows", k), rows_of, (TaskRef(factor),)))
            for j in range(k + 1, self.a.numblocks[1]):
                left = (TaskRef(factor), *self.state(k, j))
                graph.add(Task((self.name, "left", k, j), eliminate, left))
        return graph

    def factor(self, k: int) -> TaskRef:
        """Return the reference to a factorized panel."""
        return TaskRef((self.name, "factor", k))

    def orders(self, first: int = 0) -> list[TaskRef]:
        """Return the references to the orders of rows from a step on."""
        return [TaskRef((self.name, "rows", k)) for k in range(first, len(self.pivots))]


def factor_panel(state: Any) -> tuple[Any, Any]:
    """Return L and U of a panel in one matrix, and the order that its rows are in."""
    try:
        from scipy.linalg import lapack  # first: its BLAS has threads of its own to be divided
    except ImportError as error:
        raise ImportError("LU needs SciPy; install it with 'pip install scipy'") from error
    panel = state[1] if isinstance(state, tuple) else state
    order = np.arange(panel.shape[0])
    if not panel.size:
        return panel.copy(), order
    (getrf,) = lapack.get_lapack_funcs(("getrf",), (panel,))
    with shared_blas():
        found, exchanged, _ = getrf(panel)
    for n, other in enumerate(exchanged.tolist()):
        if other != n:
            order[n], order[other] = order[other], order[n]
    return np.ascontiguousarray(found), order


def rows_of(factor: tuple[Any, Any]) -> Any:
    """Return the order of the rows of a factorized panel."""
    return factor[1]


def eliminate(factor: tuple[Any, Any], state: Any) -> tuple[Any, Any]:
    """Apply a factorized panel to another: return the rows of U that are done, and what is left."""
    lu, order = factor
    panel = state[1] if isinstance(state, tuple) else state
    done = min(lu.shape)
    panel = panel[order]
    with shared_blas():
        top = solve_triangle(lu[:done, :done], panel[:done], lower=True, unit=True)
        below = panel[done:]
        below -= lu[done:, :done] @ top
    return top, below.copy() if done else below


# -- P, L and U as arrays --------------------------------------------------------------------------


def total_order(orders: Sequence[Any], begin: Sequence[int]) -> Any:
    """Return which row of the matrix each row of L U is, from the orders of all steps.

    >>> total_order([np.array([1, 0, 2]), np.array([1, 0])], [0, 1])
    array([1, 2, 0])
    """
    whole = np.arange(len(orders[0]))
    for order, first in zip(orders, begin, strict=False):
        whole[first:] = whole[first:][order]
    return whole


def lower_block(factor: tuple[Any, Any], offsets: Sequence[int], rows: slice, *orders: Any) -> Any:
    """Return rows of a block column of L.

    Parameters
    ----------
    factor : tuple
        The panel.
    offsets : sequence of int
        Row of the panel at which each later step begins.
    rows : slice
        Rows of the panel; those before it, which are zero, have negative numbers.
    *orders : array
        Orders of rows of the later steps.
    """
    lu = factor[0]
    width = min(lu.shape)
    panel = np.tril(lu[:, :width], -1)
    np.fill_diagonal(panel, 1)
    for order, begin in zip(orders, offsets, strict=True):
        panel[begin:] = panel[begin:][order]
    block = np.zeros((rows.stop - rows.start, width), panel.dtype)
    above = min(max(-rows.start, 0), len(block))
    block[above:] = panel[max(rows.start, 0) : max(rows.stop, 0)]
    return block


def diagonal_of_upper(factor: tuple[Any, Any]) -> Any:
    """Return the block of U on the diagonal."""
    lu = factor[0]
    return np.triu(lu[: min(lu.shape)])


def upper_rows(left: tuple[Any, Any]) -> Any:
    """Return the rows of U that a step was done with."""
    return left[0]


def permutation_block(
    rows: slice, columns: slice, dtype: str, begin: Sequence[int], *orders: Any
) -> Any:
    """Return a block of the matrix P of ``a = P L U``."""
    order = total_order(orders, begin)[columns]
    return (order == np.arange(rows.start, rows.stop)[:, np.newaxis]).astype(dtype)


def lu(a: Any, permute_l: bool = False) -> tuple[Array, ...]:
    """LU factorization with pivoting by rows, ``a = p @ l @ u``.

    Parameters
    ----------
    a : array_like
        A matrix.
    permute_l : bool
        Return ``p @ l`` and ``u``.

    Returns
    -------
    p, l, u : Array

    Raises
    ------
    LinAlgError
        If ``a`` is no matrix.
    ValueError
        If its shape is not known.
    ImportError
        In the tasks, if SciPy is not installed.

    Notes
    -----
    Pivots come from whole columns: the factors are those of :func:`scipy.linalg.lu`, whatever the
    blocks are.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> x = da.from_array(np.array([[0.0, 1.0], [2.0, 3.0]]), chunks=1)
    >>> p, l, u = da.linalg.lu(x)
    >>> u.compute()
    array([[2., 3.],
           [0., 1.]])
    """
    a = matrices(a, what="lu", ndim=2)
    need_known(a, "lu")
    panels = Panels(a)
    p, lower, upper = _permutation(a, panels), _lower(a, panels), _upper(a, panels)
    if permute_l:
        return da.matmul(p, lower), upper
    return p, lower, upper


def _result(
    part: str, meta: Any, panels: Panels, chunks: Chunks, task: Callable[[str, int, int], Task]
) -> Array:
    """Return a factor, whose blocks single tasks make."""

    def body(name: str) -> GraphExpr:
        def nodes() -> Graph:
            rows, columns = map(range, map(len, chunks))
            return Graph.of(*[task(name, i, j) for i in rows for j in columns])

        return GraphExpr(name, tuple(map(len, chunks)), (panels.expr,), nodes)

    return new_array("lu", (part, panels.name, chunks), chunks, meta, body)


def _permutation(a: Array, panels: Panels) -> Array:
    lengths = a.chunks[0]
    begin = starts(lengths)

    def task(name: str, i: int, j: int) -> Task:
        rows, columns = slice(begin[i], begin[i + 1]), slice(begin[j], begin[j + 1])
        args = (rows, columns, meta.dtype.str, panels.begin[:-1], *panels.orders())
        return Task((name, i, j), permutation_block, args)

    meta = meta_of(a.meta, 2, real_dtype(a.dtype))
    return _result("p", meta, panels, (lengths, lengths), task)


def _lower(a: Array, panels: Panels) -> Array:
    begin = starts(a.chunks[0])

    def task(name: str, i: int, k: int) -> Task:
        first = panels.begin[k]
        if begin[i + 1] <= first:
            shape = (a.chunks[0][i], panels.pivots[k])
            return Task((name, i, k), np.zeros, (shape, a.dtype.str))
        offsets = [n - first for n in panels.begin[k + 1 : -1]]
        rows = slice(begin[i] - first, begin[i + 1] - first)
        args = (panels.factor(k), offsets, rows, *panels.orders(k + 1))
        return Task((name, i, k), lower_block, args)

    return _result("l", a.meta, panels, (a.chunks[0], panels.pivots), task)


def _upper(a: Array, panels: Panels) -> Array:
    def task(name: str, k: int, j: int) -> Task:
        if k > j:
            shape = (panels.pivots[k], a.chunks[1][j])
            return Task((name, k, j), np.zeros, (shape, a.dtype.str))
        if k == j:
            return Task((name, k, j), diagonal_of_upper, (panels.factor(k),))
        return Task((name, k, j), upper_rows, (TaskRef((panels.name, "left", k, j)),))

    return _result("u", a.meta, panels, (panels.pivots, a.chunks[1]), task)


__all__ = ["lu"]

"""QR factorization over blocks of rows: a tree up for R, and down again for Q.

::

    A0 ──► Q0, R0 ─┐                         ┌─ Q0 (part 0 of Q)
    A1 ──► Q1, R1 ─┼─► [R0 R1 R2] = Q R  ────┼─ Q1 (part 1 of Q)
    A2 ──► Q2, R2 ─┘                         └─ Q2 (part 2 of Q)

With many blocks the tree has several levels.  Where only R is wanted, nothing makes a Q.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import treadle.array as da
from treadle.array.chunks import Chunks
from treadle.array.core import Array, new_array
from treadle.array.expr import ArrayExpr
from treadle.array.linalg.inputs import each_matrix, matrices, one_block
from treadle.array.linalg.results import QRResult
from treadle.array.linalg.tall import (
    part_times,
    q_times,
    r_of,
    stacked_qr,
    stacked_r,
    tall_qr,
    tall_r,
)
from treadle.array.meta import meta_of
from treadle.graph.expr import Expr, GraphExpr, Users
from treadle.graph.graph import Graph
from treadle.graph.naming import key_prefix
from treadle.graph.spec import Alias, Task, TaskRef
from treadle.graph.tokenize import tokenize

#: Matrices that are stacked in one task.
FAN_IN = 16


def levels(count: int) -> list[int]:
    """Return how many matrices there are on each level of the tree.

    >>> levels(100)
    [100, 7, 1]
    """
    found = [count]
    while found[-1] > 1:
        found.append(-(-found[-1] // FAN_IN))
    return found


class Factors:
    """The calls of a tree over the row blocks of a matrix.  Their keys hang on the name alone."""

    def __init__(self, a: ArrayExpr):
        self.a = a
        self.name = f"qr-{tokenize('factors', a.name)}"
        self.levels = levels(a.numblocks[0])
        self.expr = GraphExpr(self.name, (), (a,), self.up, source=a.source)

    def up(self) -> Graph:
        """Return the calls that make all Q, in parts, and R."""
        graph = Graph()
        for level, count in enumerate(self.levels):
            for n in range(count):
                key = (self.name, "q", level, n)
                if level == 0:
                    graph.add(Task(key, tall_qr, (TaskRef((self.a.name, n, 0)),)))
                else:
                    graph.add(Task(key, stacked_qr, self._below(level, n)))
                graph.add(Task((self.name, "r", level, n), r_of, (TaskRef(key),)))
        return graph

    def _below(self, level: int, n: int) -> tuple[TaskRef, ...]:
        children = range(n * FAN_IN, min((n + 1) * FAN_IN, self.levels[level - 1]))
        return tuple(TaskRef((self.name, "r", level - 1, child)) for child in children)

    def r_only(self, name: str) -> Graph:
        """Return the calls that make R alone."""
        graph = Graph()
        inner = f"{key_prefix(name)}-{tokenize('r', name)}"
        top = len(self.levels) - 1
        for level, count in enumerate(self.levels):
            for n in range(count):
                key: Any = (name, 0, 0) if level == top else (inner, level, n)
                if level == 0:
                    graph.add(Task(key, tall_r, (TaskRef((self.a.name, n, 0)),)))
                else:
                    children = range(n * FAN_IN, min((n + 1) * FAN_IN, self.levels[level - 1]))
                    refs = tuple(TaskRef((inner, level - 1, child)) for child in children)
                    graph.add(Task(key, stacked_r, refs))
        return graph

    def down(self, name: str, right: ArrayExpr | None) -> Graph:
        """Return the calls that make the blocks of Q, or of Q times a matrix."""
        graph = Graph()
        inner = f"{key_prefix(name)}-{tokenize('down', name)}"
        top = len(self.levels) - 1
        for level in range(top, -1, -1):
            for n in range(self.levels[level]):
                factor: tuple[Any, ...] = ()
                if level < top:
                    factor = (TaskRef((inner, level, n)),)
                elif right is not None:
                    factor = (TaskRef((right.name, 0, 0)),)
                node = TaskRef((self.name, "q", level, n))
                if level == 0:
                    graph.add(Task((name, n, 0), q_times, (node, *factor)))
                    continue
                for part in range(min(FAN_IN, self.levels[level - 1] - n * FAN_IN)):
                    key = (inner, level - 1, n * FAN_IN + part)
                    graph.add(Task(key, part_times, (node, part, *factor)))
        return graph


class RFactor(ArrayExpr):
    """R of a matrix in blocks of rows."""

    __slots__ = ("calls", "factors")

    def __init__(
        self, name: str, factors: Factors, calls: Expr, chunks: Chunks, meta: Any, **options: Any
    ):
        super().__init__(name, chunks, meta, (calls,), **options)
        self.factors = factors
        self.calls = calls

    def with_inputs(self, inputs: tuple[Expr, ...]) -> RFactor:
        return RFactor(
            self.name, self.factors, inputs[0], self.chunks, self.meta,
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def simplify(self, users: Users) -> Expr:
        """Make no Q when nobody else takes it."""
        if users[self.calls.name] > 1:
            return self
        name = self.name
        return GraphExpr(
            name, (1, 1), self.calls.inputs, lambda: self.factors.r_only(name),
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def lower(self) -> Expr:
        top = (self.factors.name, "r", len(self.factors.levels) - 1, 0)

        def nodes() -> Graph:
            return Graph.of(Alias((self.name, 0, 0), top))

        return GraphExpr(
            self.name, (1, 1), (self.calls,), nodes,
            source=self.source, annotations=self.annotations,
        )  # fmt: skip


def tall_factors(a: Array) -> tuple[Factors, Array]:
    """Return the calls that factorize a matrix of one block column, and R."""
    factors = Factors(a.expr)
    columns = a.shape[1]
    rows = min(a.shape) if not any(map(math.isnan, a.shape)) else math.nan
    meta = meta_of(a.meta, 2)
    name = f"qr-{tokenize('R', a.name)}"
    chunks: Any = ((rows,), (columns,))
    r = RFactor(name, factors, factors.expr, chunks, meta, source=a.expr.source)
    return factors, Array(r)


def q_of(factors: Factors, a: Array, right: Array | None = None, prefix: str = "qr") -> Array:
    """Return Q, or Q times a matrix of one block, in the blocks of rows of the array."""
    columns: float
    if right is not None:
        columns = right.shape[1]
    else:
        columns = min(a.shape) if not any(map(math.isnan, a.shape)) else math.nan
    inputs: tuple[Expr, ...] = (factors.expr,) if right is None else (factors.expr, right.expr)

    def body(name: str) -> GraphExpr:
        return GraphExpr(
            name, (len(a.chunks[0]), 1), inputs,
            lambda: factors.down(name, None if right is None else right.expr),
        )  # fmt: skip

    token = ("Q", a.name, None if right is None else right.name)
    chunks: Any = (a.chunks[0], (columns,))
    return new_array(prefix, token, chunks, a.meta, body)


def tsqr(data: Any, compute_svd: bool = False) -> Any:
    """QR factorization, or SVD, of a matrix in blocks of rows.

    Parameters
    ----------
    data : array_like
        A matrix in one block column.
    compute_svd : bool
        Return ``u``, ``s`` and ``vh`` instead of ``q`` and ``r``.

    Returns
    -------
    tuple of Array

    Raises
    ------
    ValueError
        If the array isn't a matrix in one block column.

    Notes
    -----
    Direct TSQR (Benson, Gleich, Demmel, "Direct QR factorizations for tall-and-skinny matrices in
    MapReduce architectures", 2013), in a tree.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> x = da.from_array(np.arange(12.0).reshape(6, 2), chunks=(2, 2))
    >>> q, r = da.linalg.tsqr(x)
    >>> bool(np.allclose((q @ r).compute(), x.compute()))
    True
    """
    a = matrices(data, what="tsqr", ndim=2)
    if a.numblocks[1] != 1:
        raise ValueError(
            f"tsqr takes a matrix in one block column, not chunks {a.chunks}; use "
            "rechunk({1: -1}), or qr"
        )
    if compute_svd:
        return tuple(da.linalg.svd(a))
    factors, r = tall_factors(a)
    return QRResult(q_of(factors, a), r)


def sfqr(data: Any, name: str | None = None) -> tuple[Array, Array]:
    """QR factorization of a matrix in one block row.

    Parameters
    ----------
    data : array_like
        A matrix in one block row, not wider in its first block than high.
    name : str, optional
        Accepted for Dask's sake; names come from the values.

    Returns
    -------
    q, r : Array

    Raises
    ------
    ValueError
        If the array isn't a matrix in one block row.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> x = da.from_array(np.eye(2, 6), chunks=(2, 2))
    >>> q, r = da.linalg.sfqr(x)
    >>> r.shape
    (2, 6)
    """
    a = matrices(data, what="sfqr", ndim=2)
    if a.numblocks[0] != 1:
        raise ValueError(
            f"sfqr takes a matrix in one block row, not chunks {a.chunks}; use "
            "rechunk({0: -1}), or qr"
        )
    return _wide_qr(a)


def _wide_qr(a: Array) -> tuple[Array, Array]:
    """Factorize as many columns as there are rows; R of the others is their product with Q."""
    height = a.shape[0]
    first = one_block(da.getitem(a, (slice(None), slice(0, height))), (0, 1))
    factors, r = tall_factors(first)
    q = q_of(factors, first)
    if a.shape[1] <= height:
        return q, r
    rest = da.getitem(a, (slice(None), slice(height, None)))
    return q, da.concatenate([r, da.matmul(da.conj(da.transpose(q)), rest)], axis=1)


def qr(a: Any, mode: str = "reduced") -> Any:
    """QR factorization of a matrix.

    Parameters
    ----------
    a : array_like
        A matrix, best in one block column and tall, or in one block row and wide; a matrix in both
        is put into one of these.  Stacks of matrices are factorized one by one.
    mode : {"reduced", "complete", "r", "raw"}
        As for :func:`numpy.linalg.qr`; "complete" and "raw" put the matrix into one block.

    Returns
    -------
    q, r : Array
        With mode "r", ``r`` alone.

    Raises
    ------
    LinAlgError
        If ``a`` has fewer than two dimensions.
    ValueError
        If there is no such mode.

    Notes
    -----
    Signs are those of LAPACK on other rows than NumPy's, so that columns of ``q`` and rows of ``r``
    may differ in sign from its.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> x = da.from_array(np.arange(12.0).reshape(6, 2), chunks=(2, 2))
    >>> q, r = da.linalg.qr(x)
    >>> q.chunks, r.chunks
    (((2, 2, 2), (2,)), ((2,), (2,)))
    """
    if mode not in ("reduced", "complete", "r", "raw"):
        raise ValueError(f"mode must be 'reduced', 'complete', 'r' or 'raw', not {mode!r}")
    a = matrices(a, what="qr")
    if a.ndim > 2 or mode in ("complete", "raw"):
        return _whole_qr(a, mode)
    if a.numblocks[1] > 1 and (a.numblocks[0] == 1 or a.shape[0] < a.shape[1]):
        q, r = _wide_qr(one_block(a, (0,)))
        return r if mode == "r" else QRResult(q, r)
    a = one_block(a, (1,))
    factors, r = tall_factors(a)
    return r if mode == "r" else QRResult(q_of(factors, a), r)


def _whole_qr(a: Array, mode: str) -> Any:
    """Factorize matrices that are whole in their blocks."""
    m, n = a.shape[-2:]
    least = min(m, n)
    shapes: Any = {
        "reduced": [(m, least), (least, n)],
        "complete": [(m, m), (m, n)],
        "r": [(least, n)],
        "raw": [(n, m), (least,)],
    }[mode]
    found = each_matrix(np.linalg.qr, a, [(shape, a.dtype) for shape in shapes], "qr", mode=mode)
    if mode in ("reduced", "complete"):
        return QRResult(*found)
    return found[0] if len(found) == 1 else tuple(found)


__all__ = ["qr", "sfqr", "tsqr"]

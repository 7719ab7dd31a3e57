"""Determinants."""

from __future__ import annotations

from typing import Any

import numpy as np

import treadle.array as da
from treadle.array.core import Array
from treadle.array.linalg.inputs import each_matrix, entry, matrices, need_known, real_dtype
from treadle.array.linalg.panels import Panels
from treadle.array.linalg.results import SlogdetResult
from treadle.array.meta import meta_of
from treadle.graph.expr import GraphExpr
from treadle.graph.graph import Graph
from treadle.graph.spec import Task, TaskRef
from treadle.graph.tokenize import tokenize


def slogdet(a: Any) -> SlogdetResult:
    """Sign and logarithm of the absolute value of the determinant.

    Parameters
    ----------
    a : array_like, (..., m, m)

    Returns
    -------
    sign, logabsdet : Array

    Raises
    ------
    LinAlgError
        If ``a`` isn't square.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> sign, logdet = da.linalg.slogdet(da.from_array(np.diag([-1.0, 1.0]), chunks=1))
    >>> sign.compute(), logdet.compute()
    (np.float64(-1.0), np.float64(0.0))
    """
    a = matrices(a, what="slogdet", square=True)
    real = real_dtype(a.dtype)
    if a.ndim > 2 or a.npartitions == 1:
        sign, logarithm = each_matrix(np.linalg.slogdet, a, [((), a.dtype), ((), real)], "slogdet")
        return SlogdetResult(sign, logarithm)
    need_known(a, "slogdet")
    panels = Panels(a)
    name = f"slogdet-{tokenize(panels.name)}"

    def nodes() -> Graph:
        graph = Graph()
        for k in range(len(panels.pivots)):
            graph.add(Task((name, "part", k), determinant_part, (panels.factor(k),)))
        parts = [TaskRef((name, "part", k)) for k in range(len(panels.pivots))]
        graph.add(Task((name,), determinant_whole, tuple(parts)))
        return graph

    calls = GraphExpr(name, (), (panels.expr,), nodes)
    sign = entry("slogdet", calls, 0, (), meta_of(a.meta, 0))
    logarithm = entry("slogdet", calls, 1, (), meta_of(a.meta, 0, real))
    return SlogdetResult(sign, logarithm)


def determinant_part(factor: tuple[Any, Any]) -> tuple[Any, Any]:
    """Return sign and logarithm of the product of a panel's pivots."""
    lu, order = factor
    pivots = np.diagonal(lu)
    sizes = np.abs(pivots)
    with np.errstate(divide="ignore", invalid="ignore"):
        signs = np.where(sizes == 0, 0, pivots / np.where(sizes == 0, 1, sizes))
        return np.prod(signs) * _parity(order), np.log(sizes).sum()


def _parity(order: Any) -> int:
    """Return -1 for an odd permutation, by the number of its cycles."""
    seen = np.zeros(len(order), bool)
    cycles = 0
    for first in range(len(order)):
        if not seen[first]:
            cycles += 1
            n = first
            while not seen[n]:
                seen[n] = True
                n = order[n]
    return -1 if (len(order) - cycles) % 2 else 1


def determinant_whole(*parts: tuple[Any, Any]) -> tuple[Any, Any]:
    """Return sign and logarithm of a determinant from those of its panels."""
    sign, logarithm = parts[0]
    for other, more in parts[1:]:
        sign, logarithm = sign * other, logarithm + more
    return sign.astype(sign.dtype), logarithm


def det(a: Any) -> Array:
    """Determinant of square matrices.

    Parameters
    ----------
    a : array_like, (..., m, m)

    Returns
    -------
    Array

    Raises
    ------
    LinAlgError
        If ``a`` isn't square.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> round(float(da.linalg.det(da.from_array(np.diag([2.0, 4.0]), chunks=1))), 6)
    8.0
    """
    a = matrices(a, what="det", square=True)
    if a.ndim > 2 or a.npartitions == 1:
        return each_matrix(np.linalg.det, a, [((), a.dtype)], "det")[0]
    sign, logarithm = slogdet(a)
    found: Array = sign * da.exp(logarithm)
    return found


__all__ = ["det", "slogdet"]

"""Norms of vectors and matrices, and what follows from singular values."""

from __future__ import annotations

import math
from typing import Any

from numpy.lib.array_utils import normalize_axis_tuple

import treadle.array as da
from treadle.array.core import Array, asanyarray
from treadle.array.linalg.inputs import inexact, matrices
from treadle.array.linalg.singular import svdvals


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """Norm of vectors or matrices.

    Parameters
    ----------
    x : array_like
    ord : number, "fro" or "nuc", optional
        Which norm; see :func:`numpy.linalg.norm`.
    axis : int or pair of int, optional
        The dimension of the vectors, or the two of the matrices; without it all of ``x``.
    keepdims : bool
        Keep these dimensions, with length 1.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If there is no such norm of vectors, or of matrices, or ``axis`` names three dimensions.
    AxisError
        If there is no such dimension.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.linalg.norm(da.from_array([3.0, 4.0], chunks=1)).compute()
    np.float64(5.0)
    """
    x = inexact(asanyarray(x), "norm")
    if axis is None:
        axes = tuple(range(x.ndim))
        plain = ord is None or (ord in ("fro", "f") and x.ndim == 2) or (ord == 2 and x.ndim == 1)
        if not plain and x.ndim not in (1, 2):
            raise ValueError("Improper number of dimensions to norm.")
        if plain:
            return _root(da.sum(_squares(x), axis=axes, keepdims=keepdims))
    else:
        axes = normalize_axis_tuple(axis, x.ndim)
    if len(axes) == 1:
        return _vector_norm(x, ord, axes[0], keepdims)
    if len(axes) == 2:
        return _matrix_norm(x, ord, axes[0], axes[1], keepdims)
    raise ValueError("Improper number of dimensions to norm.")


def _squares(x: Array) -> Array:
    size = da.absolute(x) if x.dtype.kind == "c" else x
    found: Array = da.multiply(size, size)
    return found


def _root(x: Array) -> Array:
    found: Array = da.sqrt(x)
    return found


def _vector_norm(x: Array, ord: Any, axis: Any, keepdims: bool) -> Any:
    if isinstance(ord, str):
        raise ValueError(f"Invalid norm order '{ord}' for vectors")
    where: dict[str, Any] = {"axis": axis, "keepdims": keepdims}
    if ord is None or ord == 2:
        return _root(da.sum(_squares(x), **where))
    sizes = da.absolute(x)
    if ord == math.inf:
        return da.max(sizes, **where)
    if ord == -math.inf:
        return da.min(sizes, **where)
    if ord == 0:
        return da.sum((x != 0).astype(sizes.dtype), **where)
    if ord == 1:
        return da.sum(sizes, **where)
    return da.sum(sizes**ord, **where) ** (1.0 / ord)


def _matrix_norm(x: Array, ord: Any, row: int, column: int, keepdims: bool) -> Any:
    if row == column:
        raise ValueError("Duplicate axes given.")
    axes = (row, column)
    if ord is None or ord in ("fro", "f"):
        return _root(da.sum(_squares(x), axis=axes, keepdims=keepdims))
    if ord in (2, -2, "nuc"):
        values = svdvals(da.moveaxis(x, axes, (-2, -1)))
        pick: Any = {2: da.max, -2: da.min, "nuc": da.sum}[ord]
        found = pick(values, axis=-1)
        return da.expand_dims(found, tuple(sorted(axes))) if keepdims else found
    if ord not in (1, -1, math.inf, -math.inf):
        raise ValueError("Invalid norm order for matrices.")
    first, second = (row, column) if abs(ord) == 1 else (column, row)
    sums = da.sum(da.absolute(x), axis=first, keepdims=keepdims)
    if not keepdims and second > first:
        second -= 1
    return (da.max if ord > 0 else da.min)(sums, axis=second, keepdims=keepdims)


def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    """Norm of vectors, which may lie along several dimensions together.

    Parameters
    ----------
    x : array_like
    axis : int or tuple of int, optional
        Without it all of ``x`` is one vector.
    keepdims : bool
        Keep these dimensions, with length 1.
    ord : number
        Which norm.

    Returns
    -------
    Array

    Raises
    ------
    AxisError
        If there is no such dimension.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.linalg.vector_norm(da.ones((2, 2), chunks=1)).compute()
    np.float64(2.0)
    """
    x = inexact(asanyarray(x), "vector_norm")
    axes = tuple(range(x.ndim)) if axis is None else normalize_axis_tuple(axis, x.ndim)
    if not axes:
        return da.absolute(x)
    return _vector_norm(x, ord, axes, keepdims)


def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """Norm of matrices, which are the last two dimensions.

    Parameters
    ----------
    x : array_like, (..., m, n)
    keepdims : bool
        Keep these dimensions, with length 1.
    ord : number, "fro" or "nuc"
        Which norm.

    Returns
    -------
    Array

    Raises
    ------
    LinAlgError
        If ``x`` has fewer than two dimensions.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.linalg.matrix_norm(da.ones((2, 2), chunks=1), ord=1).compute()
    np.float64(2.0)
    """
    a = matrices(x, what="matrix_norm")
    return _matrix_norm(a, ord, a.ndim - 2, a.ndim - 1, keepdims)


__all__ = ["matrix_norm", "norm", "vector_norm"]

"""Products of arrays: matrix products, inner, outer and tensor products."""

from __future__ import annotations

import math
import operator
from collections.abc import Hashable
from functools import partial
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

import treadle.array as da
from treadle.array.contraction import Labels, contract
from treadle.array.core import Array
from treadle.array.einsums import einsum
from treadle.array.factors import arrays_of, batch_labels, into, need_same, product_meta
from treadle.array.kronecker import kron
from treadle.array.vector_products import matvec, vecdot, vecmat


def matmul(
    x1: Any, x2: Any, /, out: Any = None, *, dtype: Any = None, casting: str = "same_kind"
) -> Any:
    """Matrix product of two arrays, over all dimensions before the last two.

    Parameters
    ----------
    x1, x2 : array_like
        Matrices or vectors; stacks of matrices are broadcast.
    out : Array, optional
        Becomes the result.
    dtype : dtype, optional
        What products are computed in.
    casting : str
        Which casts to ``dtype`` are allowed.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If an argument has no dimensions, or shapes don't fit.

    Notes
    -----
    Products are summed up in place, never held one by one, and BLAS gets the threads that other
    tasks leave it.

    Examples
    --------
    >>> import treadle.array as da
    >>> x = da.ones((4, 4), chunks=2)
    >>> (x @ x).sum().compute()
    np.float64(64.0)
    """
    a, b = arrays_of(x1, x2)
    if not a.ndim or not b.ndim:
        raise ValueError("matmul takes arrays of one dimension or more; multiply by numbers with *")
    if dtype is not None:
        a, b = (da.astype(x, dtype, casting=casting) for x in (a, b))
    need_same(a, b, -1, -2 if b.ndim > 1 else 0, "matmul")
    first, second, batch = batch_labels(a, b, min(a.ndim, 2), min(b.ndim, 2))
    rows: Labels = ("row",) if a.ndim > 1 else ()
    columns: Labels = ("column",) if b.ndim > 1 else ()
    result = contract(
        "matmul", [a, b], [(*first, *rows, "sum"), (*second, "sum", *columns)],
        (*batch, *rows, *columns), matmul_blocks,
        product_meta(np.multiply, len(batch + rows + columns), a, b),
    )  # fmt: skip
    return into(out, result)


def matmul_blocks(a: Any, b: Any, out: Any = None) -> Any:
    """Return the matrix product of two blocks."""
    if isinstance(a, np.ma.MaskedArray) or isinstance(b, np.ma.MaskedArray):
        return _masked_matmul(a, b)
    if out is not None:
        return np.matmul(a, b, out=out)
    return np.matmul(a, b)


def _masked_matmul(a: Any, b: Any) -> Any:
    """Leave masked elements out of sums; what has no element at all is masked."""
    data = np.matmul(np.ma.filled(a, 0), np.ma.filled(b, 0))
    present = np.matmul(~np.ma.getmaskarray(a), ~np.ma.getmaskarray(b))
    return np.ma.masked_array(data, mask=~present)


matmul_blocks.takes_out = True  # type: ignore[attr-defined]


def tensordot(a: Any, b: Any, axes: Any = 2) -> Array:
    """Sum products over dimensions of both arrays.

    Parameters
    ----------
    a, b : array_like
    axes : int or pair of sequences of int
        So many of the last dimensions of ``a`` and the first of ``b``; or which ones of each.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If the lengths of the dimensions differ.
    AxisError
        If there is no such dimension.

    Examples
    --------
    >>> import treadle.array as da
    >>> x = da.ones((2, 3, 4), chunks=2)
    >>> da.tensordot(x, x, axes=((1, 2), (1, 2))).compute()
    array([[12., 12.],
           [12., 12.]])
    """
    a, b = arrays_of(a, b)
    left, right = _tensordot_axes(axes, a.ndim, b.ndim)
    for n, m in zip(left, right, strict=True):
        need_same(a, b, n, m, "tensordot")
    of_a: list[Hashable] = [("a", n) for n in range(a.ndim)]
    of_b: list[Hashable] = [("b", n) for n in range(b.ndim)]
    for n, m in zip(left, right, strict=True):
        of_b[m] = of_a[n]
    rest = [label for n, label in enumerate(of_a) if n not in left]
    rest += [label for n, label in enumerate(of_b) if n not in right]
    return contract(
        "tensordot", [a, b], [tuple(of_a), tuple(of_b)], tuple(rest),
        partial(tensordot_blocks, left, right), product_meta(np.multiply, len(rest), a, b),
    )  # fmt: skip


def _tensordot_axes(axes: Any, *ndims: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    if isinstance(axes, (int, np.integer)):
        if axes < 0:
            raise ValueError(f"tensordot can't sum over {axes} dimensions")
        if axes > min(ndims):
            raise ValueError(f"tensordot over {axes} dimensions of arrays that have {ndims}")
        several: Any = (range(ndims[0] - axes, ndims[0]), range(axes))
    else:
        several = axes
    left, right = (
        tuple(
            normalize_axis_index(operator.index(n), ndim)
            for n in ((part,) if isinstance(part, (int, np.integer)) else part)
        )
        for part, ndim in zip(several, ndims, strict=True)
    )
    if len(left) != len(right):
        raise ValueError(f"tensordot needs as many dimensions of each array, not {axes}")
    return left, right


def tensordot_blocks(left: tuple[int, ...], right: tuple[int, ...], a: Any, b: Any) -> Any:
    """Return the sums of products of two blocks over dimensions of each."""
    if isinstance(a, np.ma.MaskedArray) or isinstance(b, np.ma.MaskedArray):
        return _masked_tensordot(left, right, a, b)
    return np.tensordot(a, b, axes=(left, right))


def _masked_tensordot(left: tuple[int, ...], right: tuple[int, ...], a: Any, b: Any) -> Any:
    """Leave masked elements out of sums; what has no element at all is masked."""
    keep_a = [n for n in range(a.ndim) if n not in left]
    keep_b = [n for n in range(b.ndim) if n not in right]
    shape = tuple(a.shape[n] for n in keep_a) + tuple(b.shape[n] for n in keep_b)
    length = math.prod(a.shape[n] for n in left)
    matrix = a.transpose([*keep_a, *left]).reshape(-1, length)
    other = b.transpose([*right, *keep_b]).reshape(length, -1)
    return _masked_matmul(matrix, other).reshape(shape)


def dot(a: Any, b: Any, out: Any = None) -> Array:
    """Dot product: over the last dimension of ``a`` and the last but one of ``b``.

    Parameters
    ----------
    a, b : array_like
    out : Array, optional
        Becomes the result.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If the lengths of these dimensions differ.

    Examples
    --------
    >>> import treadle.array as da
    >>> x = da.arange(4, chunks=2)
    >>> da.dot(x, x).compute()
    np.int64(14)
    """
    a, b = arrays_of(a, b)
    if not a.ndim or not b.ndim:
        result = da.multiply(a, b)
    elif a.ndim <= 2 and b.ndim <= 2:
        result = matmul(a, b)
    else:
        result = tensordot(a, b, axes=((a.ndim - 1,), (max(b.ndim - 2, 0),)))
    return into(out, result)


def vdot(a: Any, b: Any) -> Array:
    """Dot product of all elements, those of ``a`` conjugated.

    Parameters
    ----------
    a, b : array_like
        Of as many elements.

    Returns
    -------
    Array
        Without dimensions.

    Examples
    --------
    >>> import treadle.array as da
    >>> x = da.ones((2, 3), chunks=2) * 1j
    >>> da.vdot(x, x).compute()
    np.complex128(6+0j)
    """
    a, b = arrays_of(a, b)
    left = da.conj(a) if a.dtype.kind == "c" else a
    found: Array = matmul(da.ravel(left), da.ravel(b))
    return found


def inner(a: Any, b: Any) -> Array:
    """Inner product: over the last dimensions of both arrays.

    Parameters
    ----------
    a, b : array_like

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If the last dimensions differ in length.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.inner(da.arange(3, chunks=2), [1, 1, 1]).compute()
    np.int64(3)
    """
    a, b = arrays_of(a, b)
    if not a.ndim or not b.ndim:
        found: Array = da.multiply(a, b)
        return found
    return tensordot(a, b, axes=((a.ndim - 1,), (b.ndim - 1,)))


def outer(a: Any, b: Any, out: Any = None) -> Array:
    """Product of every element of ``a`` with every element of ``b``.

    Parameters
    ----------
    a, b : array_like
        Taken as vectors.
    out : Array, optional
        Becomes the result.

    Returns
    -------
    Array, (a.size, b.size)

    Examples
    --------
    >>> import treadle.array as da
    >>> da.outer(da.arange(2, chunks=1), [1, 10]).compute()
    array([[ 0,  0],
           [ 1, 10]])
    """
    a, b = (da.ravel(x) for x in arrays_of(a, b))
    result = contract(
        "outer", [a, b], [("row",), ("column",)], ("row", "column"), outer_blocks,
        product_meta(np.multiply, 2, a, b),
    )  # fmt: skip
    return into(out, result)


def outer_blocks(a: Any, b: Any) -> Any:
    """Return the products of all elements of two blocks."""
    return a[:, np.newaxis] * b[np.newaxis, :]


__all__ = [
    "dot", "einsum", "inner", "kron", "matmul", "matvec", "outer", "tensordot", "vdot", "vecdot",
    "vecmat",
]  # fmt: skip

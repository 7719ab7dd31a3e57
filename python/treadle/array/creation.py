"""Arrays made of nothing but a shape: constants, and the names of all that is made alike.

Blocks are made where they are used: a creation is part of its users' tasks, and a slice of it
makes no more than the slice.  Ranges are in :mod:`treadle.array.ranges`, matrices and index grids
in :mod:`treadle.array.matrices` and :mod:`treadle.array.grids`.

>>> import treadle.array as da
>>> da.full((2, 2), 7, chunks=1).compute()
array([[7, 7],
       [7, 7]])
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from treadle.array.chunks import Chunks, is_known, normalize_chunks
from treadle.array.core import Array, asanyarray
from treadle.array.expr import Creation, elementwise
from treadle.array.grids import fromfunction, indices, meshgrid
from treadle.array.matrices import diag, diagonal, eye, identity, tri, tril, triu, vander
from treadle.array.meta import meta_of
from treadle.array.ranges import arange, geomspace, linspace, logspace
from treadle.base import current_annotations
from treadle.graph.source import outside_caller
from treadle.graph.tokenize import tokenize


def ones(
    shape: Any,
    dtype: Any = None,
    order: str = "C",
    *,
    chunks: Any = "auto",
    name: str | None = None,
    like: Any = None,
    meta: Any = None,
    device: Any = None,
) -> Array:
    """Return an array of ones.

    Parameters
    ----------
    shape : int or tuple of int
    dtype : dtype, optional
        ``float64`` without it.
    order : {"C", "F"}
        Memory layout of each block.
    chunks : int, tuple, str
        Lengths of blocks; see :func:`treadle.array.normalize_chunks`.
    name : str, optional
        Name of the keys instead of one made from the parameters.
    like, meta : array_like, optional
        Blocks are arrays of this kind; NumPy's without either.
    device : {"cpu"}, optional

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        For negative lengths, and chunks that don't fit the shape.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.ones(3, chunks=2).compute()
    array([1., 1., 1.])
    """
    return constant(np.ones, shape, dtype, order, chunks, name, _kind(like, meta), device)


def zeros(
    shape: Any,
    dtype: Any = None,
    order: str = "C",
    *,
    chunks: Any = "auto",
    name: str | None = None,
    like: Any = None,
    meta: Any = None,
    device: Any = None,
) -> Array:
    """Return an array of zeros; parameters and errors are those of :func:`treadle.array.ones`.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.zeros((2, 2), dtype=int, chunks=1).compute()
    array([[0, 0],
           [0, 0]])
    """
    return constant(np.zeros, shape, dtype, order, chunks, name, _kind(like, meta), device)


def empty(
    shape: Any,
    dtype: Any = None,
    order: str = "C",
    *,
    chunks: Any = "auto",
    name: str | None = None,
    like: Any = None,
    meta: Any = None,
    device: Any = None,
) -> Array:
    """Return an array whose elements are whatever is in memory.

    Parameters and errors are those of :func:`treadle.array.ones`.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.empty((2, 3), chunks=2).shape
    (2, 3)
    """
    return constant(np.empty, shape, dtype, order, chunks, name, _kind(like, meta), device)


def full(
    shape: Any,
    fill_value: Any,
    dtype: Any = None,
    order: str = "C",
    *,
    chunks: Any = "auto",
    name: str | None = None,
    like: Any = None,
    meta: Any = None,
    device: Any = None,
) -> Array:
    """Return an array of one value.

    Parameters
    ----------
    shape : int or tuple of int
    fill_value : scalar
    dtype : dtype, optional
        That of ``fill_value`` without it.
    order, chunks, name, like, meta, device
        As for :func:`treadle.array.ones`.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If ``fill_value`` is no scalar; for negative lengths, and chunks that don't fit the shape.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.full(3, 7, chunks=2).compute()
    array([7, 7, 7])
    """
    fill_value = _scalar(fill_value)
    if dtype is None:
        dtype = np.asarray(fill_value).dtype
    meta = _kind(like, meta)
    return constant(np.full, shape, dtype, order, chunks, name, meta, device, (fill_value,))


def _scalar(fill_value: Any) -> Any:
    """Return the one value to fill with, or refuse what is more than one."""
    if isinstance(fill_value, Array) or np.ndim(fill_value) != 0:
        raise ValueError(
            f"fill_value must be a scalar, not {type(fill_value).__name__}; broadcast_to() repeats "
            "arrays"
        )
    if isinstance(fill_value, np.ndarray):
        return fill_value[()]
    return fill_value


def _kind(like: Any, meta: Any) -> Any:
    """Return the meta of the blocks that were asked for; None for NumPy's own."""
    kind = meta if meta is not None else like
    return kind.meta if isinstance(kind, Array) else kind


_LIKE: dict[Callable[..., Any], Callable[..., Any]] = {
    np.ones: np.ones_like,
    np.zeros: np.zeros_like,
    np.empty: np.empty_like,
    np.full: np.full_like,
}


def constant(
    func: Callable[..., Any],
    shape: Any,
    dtype: Any,
    order: str,
    chunks: Any,
    name: str | None,
    kind: Any,
    device: Any,
    args: tuple[Any, ...] = (),
) -> Array:
    """Return an array whose blocks ``func(shape, *args)`` makes; ``kind`` None is NumPy's."""
    check_device(device)
    shape = as_shape(shape)
    if order not in ("C", "F", "A", "K"):
        raise ValueError(f"order must be 'C' or 'F', not {order!r}")
    dtype = np.dtype(float if dtype is None else dtype)
    blocks = creation_chunks(chunks, shape, dtype)
    options: dict[str, Any] = {"dtype": dtype}
    if order == "F":
        options["order"] = order
    if kind is None or type(kind) is np.ndarray:
        meta = meta_of(dtype, len(shape), dtype)
        maker: Callable[..., Any] = func
    else:
        meta = meta_of(kind, len(shape), dtype)
        maker, args = alike, (_LIKE[func], meta, *args)
    if name is None:
        token = tokenize(maker, shape, blocks, args, options)
        name = f"{func.__name__}-{token}"
    return Array(
        Creation(
            name, blocks, meta, maker, args, options,
            source=outside_caller(), annotations=current_annotations(),
        )
    )  # fmt: skip


def alike(
    shape: tuple[int, ...], func: Callable[..., Any], meta: Any, *args: Any, **options: Any
) -> Any:
    """Return a block of the kind of ``meta``: NumPy asks the array's own library for it."""
    return func(meta, *args, shape=shape, **options)


def as_shape(shape: Any) -> tuple[int, ...]:
    """Return lengths of dimensions, from what NumPy takes for a shape."""
    if isinstance(shape, (int, np.integer)):
        shape = (shape,)
    for length in shape:
        if isinstance(length, float) and math.isnan(length):
            raise ValueError(
                f"an array of the unknown shape {tuple(shape)} can't be made; call "
                "compute_chunk_sizes() on the array that the shape is of"
            )
    lengths = tuple(operator.index(length) for length in shape)
    if any(length < 0 for length in lengths):
        raise ValueError(f"negative dimensions are not allowed: {lengths}")
    return lengths


def creation_chunks(chunks: Any, shape: Sequence[int], dtype: np.dtype[Any]) -> Chunks:
    """Return the chunks of a new array; elements of Python objects count as pointers."""
    return normalize_chunks(chunks, shape, dtype=np.dtype(np.intp) if dtype.hasobject else dtype)


def check_device(device: Any) -> None:
    """Refuse devices that blocks of NumPy can't be on."""
    if device not in (None, "cpu"):
        raise ValueError(f"device must be 'cpu' or None, not {device!r}")


# -- like another array ----------------------------------------------------------------------------


def ones_like(
    a: Any,
    dtype: Any = None,
    order: str = "C",
    chunks: Any = None,
    name: str | None = None,
    shape: Any = None,
    *,
    device: Any = None,
) -> Array:
    """Return an array of ones like another one.

    Parameters
    ----------
    a : array_like
        Gives shape, chunks, dtype and kind where they are not said.
    dtype : dtype, optional
    order : {"C", "F"}
    chunks : int, tuple, str, optional
    name : str, optional
    shape : int or tuple of int, optional
    device : {"cpu"}, optional

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        For chunks that don't fit the shape; for chunks or a name of an array whose shape is not
        known.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.ones_like(da.arange(3, chunks=2)).compute()
    array([1, 1, 1])
    """
    return _like(np.ones, a, dtype, order, chunks, name, shape, device)


def zeros_like(
    a: Any,
    dtype: Any = None,
    order: str = "C",
    chunks: Any = None,
    name: str | None = None,
    shape: Any = None,
    *,
    device: Any = None,
) -> Array:
    """Return an array of zeros like another one; see :func:`treadle.array.ones_like`.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.zeros_like(da.ones(3, chunks=2)).compute()
    array([0., 0., 0.])
    """
    return _like(np.zeros, a, dtype, order, chunks, name, shape, device)


def empty_like(
    a: Any,
    dtype: Any = None,
    order: str = "C",
    chunks: Any = None,
    name: str | None = None,
    shape: Any = None,
    *,
    device: Any = None,
) -> Array:
    """Return an array of whatever is in memory; see :func:`treadle.array.ones_like`.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.empty_like(da.ones(3, chunks=2)).chunks
    ((2, 1),)
    """
    return _like(np.empty, a, dtype, order, chunks, name, shape, device)


def full_like(
    a: Any,
    fill_value: Any,
    order: str = "C",
    dtype: Any = None,
    chunks: Any = None,
    name: str | None = None,
    shape: Any = None,
    *,
    device: Any = None,
) -> Array:
    """Return an array of one value like another array; see :func:`treadle.array.ones_like`.

    Parameters
    ----------
    a : array_like
    fill_value : scalar
    order, dtype, chunks, name, shape, device
        As for :func:`treadle.array.ones_like`.

    Raises
    ------
    ValueError
        If ``fill_value`` is no scalar.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.full_like(da.ones(3, chunks=2), 7).compute()
    array([7., 7., 7.])
    """
    return _like(np.full, a, dtype, order, chunks, name, shape, device, (_scalar(fill_value),))


def _like(
    func: Callable[..., Any],
    a: Any,
    dtype: Any,
    order: str,
    chunks: Any,
    name: str | None,
    shape: Any,
    device: Any,
    args: tuple[Any, ...] = (),
) -> Array:
    a = asanyarray(a)
    dtype = a.dtype if dtype is None else np.dtype(dtype)
    unknown = shape is None and not is_known(a.chunks)
    if shape is None and (unknown or isinstance(a.meta, np.ma.MaskedArray)):
        if unknown and (chunks is not None or name is not None):
            raise ValueError(
                f"the shape {a.shape} is not known, so neither chunks nor a name can be chosen; "
                "call compute_chunk_sizes() first"
            )
        # Only the blocks themselves know their lengths, or what is masked.
        made = elementwise(
            _LIKE[func], (a.expr, *args), {"dtype": dtype}, meta=meta_of(a.meta, dtype=dtype),
            like=a.expr,
        )  # fmt: skip
        return Array(made)
    if chunks is None:
        same = shape is None or as_shape(shape) == a.shape
        chunks = a.chunks if same else "auto"
    shape = a.shape if shape is None else shape
    return constant(func, shape, dtype, order, chunks, name, a.meta, device, args)


__all__ = [
    "arange", "diag", "diagonal", "empty", "empty_like", "eye", "fromfunction", "full", "full_like",
    "geomspace", "identity", "indices", "linspace", "logspace", "meshgrid", "ones", "ones_like",
    "tri", "tril", "triu", "vander", "zeros", "zeros_like",
]  # fmt: skip

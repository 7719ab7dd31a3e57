"""Arrays of indices, and of functions of indices: ``indices``, ``fromfunction``, ``meshgrid``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from treadle.array.chunks import is_known, normalize_chunks
from treadle.array.core import Array, asanyarray, new_array
from treadle.array.expr import operand, per_position
from treadle.array.meta import compute_meta, meta_of
from treadle.array.placed import Places, numbers, open_grid, placed_array
from treadle.graph.blockwise import Blockwise


def indices(dimensions: Any, dtype: Any = int, chunks: Any = "auto") -> Array:
    """Return, along a new first dimension, the index of every element for each dimension.

    Parameters
    ----------
    dimensions : sequence of int
        The shape whose indices they are.
    dtype : dtype
    chunks : int, tuple, str
        Lengths of blocks along ``dimensions``; blocks hold the indices of one dimension.

    Returns
    -------
    Array
        Of shape ``(len(dimensions), *dimensions)``.

    Raises
    ------
    ValueError
        For negative lengths, and chunks that don't fit.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.indices((2, 2), chunks=1)[1].compute()
    array([[0, 1],
           [0, 1]])
    """
    from treadle.array.creation import as_shape

    shape = as_shape(dimensions)
    kind = np.dtype(dtype)
    blocks = ((1,) * len(shape) or (0,), *normalize_chunks(chunks, shape, dtype=kind))
    return placed_array("indices", blocks, kind, indices_block, (kind.str,))


def indices_block(places: Places, dtype: str) -> Any:
    """Return the indices along the dimensions ``places[0]``."""
    which, *rest = places
    grid = open_grid(tuple(rest))
    shape = tuple(len(along) for along in rest if isinstance(along, range))
    if isinstance(which, int):
        return np.broadcast_to(grid[which], shape).astype(dtype)
    block = np.empty((len(which), *shape), dtype)
    for row, axis in enumerate(which):
        block[row] = grid[axis]
    return block


def fromfunction(
    func: Callable[..., Any],
    chunks: Any = "auto",
    shape: Any = None,
    dtype: Any = None,
    **kwargs: Any,
) -> Array:
    """Return the array whose element ``[i, j]`` is ``func(i, j)``.

    Parameters
    ----------
    func : callable
        Called with an array of indices for each dimension; works element by element.  To learn
        the dtype of the result it is called once with empty arrays.
    chunks : int, tuple, str
        Lengths of blocks; see :func:`treadle.array.normalize_chunks`.
    shape : int or tuple of int
    dtype : dtype, optional
        Of the indices; ``float64`` without it.
    **kwargs : object
        Passed on to ``func``.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        Without a shape.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.fromfunction(lambda i, j: 10 * i + j, shape=(2, 2), dtype=int, chunks=1).compute()
    array([[ 0,  1],
           [10, 11]])
    """
    from treadle.array.creation import as_shape

    if shape is None:
        raise ValueError("fromfunction() needs a shape: fromfunction(func, shape=(10, 10))")
    shape = as_shape(shape)
    kind = np.dtype(float if dtype is None else dtype)
    blocks = normalize_chunks(chunks, shape, dtype=kind)
    meta = compute_meta(func, *[np.empty((0,) * len(shape), kind) for _ in shape], **kwargs)
    meta = meta_of(np.empty((), kind) if meta is None else meta, len(shape))
    return placed_array(
        "fromfunction", blocks, meta.dtype, call_with_indices, (func, kind.str, kwargs),
        meta=meta, cheap=False,
    )  # fmt: skip


def call_with_indices(
    places: Places, func: Callable[..., Any], dtype: str, kwargs: Mapping[str, Any]
) -> Any:
    """Call a function with full grids of indices, as NumPy does; take out what is not asked for."""
    whole = [range(along, along + 1) if isinstance(along, int) else along for along in places]
    shape = tuple(map(len, whole))
    grid = [
        np.broadcast_to(numbers(along, dtype).reshape(_column(n, shape)), shape).copy()
        for n, along in enumerate(whole)
    ]
    value = func(*grid, **kwargs)
    if np.shape(value) != shape:  # a constant
        value = np.broadcast_to(value, shape).copy()
    if len(whole) and any(isinstance(along, int) for along in places):
        value = value[tuple(0 if isinstance(along, int) else slice(None) for along in places)]
    return value


def _column(axis: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(length if n == axis else 1 for n, length in enumerate(shape))


def meshgrid(*xi: Any, sparse: bool = False, indexing: str = "xy", **kwargs: Any) -> list[Array]:
    """Return the coordinates of the points of a grid.

    Parameters
    ----------
    *xi : array_like
        Coordinates along each dimension.
    sparse : bool, default False
        Leave lengths at 1 that are to be broadcast.
    indexing : {"xy", "ij"}
        ``"xy"`` swaps the first two dimensions, as for drawing.

    Returns
    -------
    list of Array
        One for each of ``xi``.

    Raises
    ------
    ValueError
        For an unknown ``indexing``; if a length that others are to be repeated by is not known.
    TypeError
        For unknown keyword arguments.

    Examples
    --------
    >>> import treadle.array as da
    >>> x, y = da.meshgrid(da.arange(2, chunks=1), da.arange(2, chunks=1))
    >>> (10 * y + x).compute()
    array([[ 0,  1],
           [10, 11]])
    """
    kwargs.pop("copy", None)  # blocks are never views of the coordinates
    if kwargs:
        raise TypeError(f"meshgrid() got an unexpected keyword argument {next(iter(kwargs))!r}")
    if indexing not in ("xy", "ij"):
        raise ValueError(f"indexing must be 'xy' or 'ij', not {indexing!r}")
    arrays = [_flat(asanyarray(x)) for x in xi]
    order = list(range(len(arrays)))
    if indexing == "xy" and len(arrays) > 1:
        order[:2] = [1, 0]
    whole = tuple(arrays[n].chunks[0] for n in order)
    if not sparse and not is_known(whole) and len(arrays) > 1:
        raise ValueError(
            "coordinates of an unknown length can't be repeated; call compute_chunk_sizes() first, "
            "or take sparse=True"
        )
    return [_spread(array, order.index(n), whole, sparse) for n, array in enumerate(arrays)]


def _flat(array: Array) -> Array:
    """Return the one dimension that NumPy makes of coordinates."""
    from treadle.array.reshaping import ravel

    return array if array.ndim == 1 else ravel(array)


def _spread(array: Array, axis: int, whole: tuple[tuple[int, ...], ...], sparse: bool) -> Array:
    """Return coordinates along one of the dimensions, the same along all others."""
    chunks = tuple(along if n == axis or not sparse else (1,) for n, along in enumerate(whole))
    shapes = tuple(along if is_known([along]) else (-1,) * len(along) for along in chunks)
    meta = meta_of(array.meta, len(chunks))

    def body(name: str) -> Blockwise:
        return Blockwise.call(
            name, tuple(map(len, chunks)), spread_block,
            [operand(array.expr, [axis]), per_position(*shapes), axis],
        )  # fmt: skip

    return new_array("meshgrid", (array.name, axis, chunks), chunks, meta, body)


def spread_block(block: Any, shape: tuple[int, ...], axis: int) -> Any:
    """Repeat a block along all dimensions but one."""
    column = tuple(-1 if n == axis else 1 for n in range(len(shape)))
    if all(length == 1 for n, length in enumerate(shape) if n != axis):
        return block.reshape(column)
    return np.array(np.broadcast_to(block.reshape(column), shape), copy=True, subok=True)

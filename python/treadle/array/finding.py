"""Where elements are: places of those that are not zero, and places counted along one dimension.

Nobody knows how many there are before the blocks have been seen, so blocks have unknown lengths.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

import treadle.array as da
from treadle.array.chunks import is_known, starts
from treadle.array.core import Array, asanyarray, new_array
from treadle.array.elementwise import elemwise
from treadle.array.expr import operand, per_position
from treadle.graph.blockwise import Blockwise


def isnonzero(a: Any) -> Array:
    """Return whether elements are true: not zero, not empty.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.isnonzero(da.arange(3, chunks=2)).compute()
    array([False,  True,  True])
    """
    return elemwise(_is_true, a, dtype=bool)


def _is_true(block: Any) -> Any:
    return block.astype(bool)


def flatnonzero(a: Any) -> Array:
    """Return the places of elements that are not zero, counted in C order.

    Parameters
    ----------
    a : array_like

    Returns
    -------
    Array
        One dimension, blocks of unknown lengths.

    Raises
    ------
    ValueError
        If blocks of ``a`` have unknown lengths.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.flatnonzero(da.arange(4, chunks=2) % 2).compute()
    array([1, 3])
    """
    flat = da.ravel(isnonzero(a))
    if not is_known(flat.chunks):
        raise ValueError(
            "places can't be counted across blocks of unknown lengths; call compute_chunk_sizes() "
            "first"
        )
    count = flat.numblocks
    offsets = per_position(starts(flat.chunks[0])[:-1])

    def body(name: str) -> Blockwise:
        return Blockwise.call(name, count, places_true, [operand(flat.expr, (0,)), offsets])

    meta = np.empty(0, np.intp)
    return new_array("flatnonzero", flat.name, ((math.nan,) * count[0],), meta, body)  # type: ignore[arg-type]


def places_true(block: Any, offset: tuple[int]) -> Any:
    """Return the places of true elements of a block, counted from the beginning of the whole."""
    return np.flatnonzero(block) + offset[0]


def nonzero(a: Any) -> tuple[Array, ...]:
    """Return the places of elements that are not zero, an array for each dimension.

    Parameters
    ----------
    a : array_like

    Returns
    -------
    tuple of Array
        Blocks of unknown lengths.

    Raises
    ------
    ValueError
        If blocks of ``a`` have unknown lengths, or it has no dimensions.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> x = da.from_array(np.array([[0, 1], [2, 0]]), chunks=1)
    >>> [places.compute() for places in da.nonzero(x)]
    [array([0, 1]), array([1, 0])]
    """
    a = asanyarray(a)
    if not a.ndim:
        raise ValueError(
            "Calling nonzero on 0d arrays is not allowed. Use atleast_1d(scalar).nonzero() instead."
        )
    flat = flatnonzero(a)
    return (flat,) if a.ndim == 1 else unravel_index(flat, a.shape)


def argwhere(a: Any) -> Array:
    """Return the places of elements that are not zero, a row for each.

    Parameters
    ----------
    a : array_like

    Returns
    -------
    Array
        As many columns as ``a`` has dimensions; blocks of unknown lengths.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.argwhere(da.eye(2, chunks=1)).compute()
    array([[0, 0],
           [1, 1]])
    """
    a = asanyarray(a)
    flat = flatnonzero(a)
    chunks = (flat.chunks[0], (a.ndim,))
    numblocks = (flat.numblocks[0], 1)

    def body(name: str) -> Blockwise:
        args = [operand(flat.expr, (0,)), a.shape]
        return Blockwise.call(name, numblocks, places_in_rows, args)

    return new_array("argwhere", (flat.name, a.shape), chunks, np.empty((0, 0), np.intp), body)


def places_in_rows(flat: Any, shape: tuple[int, ...]) -> Any:
    """Return the places of elements along every dimension, a row for each element."""
    if not shape:
        return np.empty((len(flat), 0), np.intp)
    return np.stack(np.unravel_index(flat, shape), axis=1)


def unravel_index(indices: Any, shape: Sequence[int], order: str = "C") -> tuple[Array, ...]:
    """Return places along every dimension, from places counted along one.

    Parameters
    ----------
    indices : array_like of int
    shape : sequence of int
    order : {"C", "F"}
        Which dimension runs fastest: the last, or the first.

    Returns
    -------
    tuple of Array
        Computing raises ``ValueError`` if a place is out of bounds.

    Examples
    --------
    >>> import treadle.array as da
    >>> rows, columns = da.unravel_index(da.arange(4, chunks=2), (2, 2))
    >>> rows.compute(), columns.compute()
    (array([0, 0, 1, 1]), array([0, 1, 0, 1]))
    """
    indices = asanyarray(indices)
    shape = _shape(shape)
    return tuple(
        elemwise(_unraveled, indices, shape=shape, order=order, axis=n, dtype=np.intp)
        for n in range(len(shape))
    )


def _shape(given: Any) -> tuple[int, ...]:
    return (int(given),) if np.ndim(given) == 0 else tuple(map(int, given))


def _unraveled(flat: Any, shape: tuple[int, ...], order: Any, axis: int) -> Any:
    return np.unravel_index(flat, shape, order)[axis]


def ravel_multi_index(
    multi_index: Any, dims: Sequence[int], mode: Any = "raise", order: str = "C"
) -> Array:
    """Return places counted along one dimension, from places along every one.

    Parameters
    ----------
    multi_index : sequence of array_like of int, or Array
        An array, or the first dimension, for each of ``dims``.
    dims : sequence of int
    mode : {"raise", "wrap", "clip"} or a tuple of them
        What is done with places out of bounds.
    order : {"C", "F"}

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If there are not as many arrays as dimensions.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.ravel_multi_index((da.arange(2, chunks=1), [1, 0]), (2, 2)).compute()
    array([1, 2])
    """
    dims = _shape(dims)
    if len(multi_index) != len(dims):
        raise ValueError(
            f"there are {len(multi_index)} arrays of places for {len(dims)} dimensions: {dims}"
        )
    options = {"dims": dims, "mode": mode, "order": order, "dtype": np.intp}
    return elemwise(_raveled, *multi_index, **options)


def _raveled(*places: Any, dims: tuple[int, ...], mode: Any, order: Any) -> Any:
    return np.ravel_multi_index(places, dims, mode, order)


def tril_indices(n: int, k: int = 0, m: int | None = None, chunks: Any = "auto") -> Any:
    """Return the places of the lower triangle of a matrix.

    Parameters
    ----------
    n, m : int
        Rows and columns; as many columns as rows without ``m``.
    k : int
        The uppermost diagonal that belongs to it.
    chunks : int or tuple
        Of the matrix.

    Returns
    -------
    tuple of Array
        Rows and columns, in blocks of unknown lengths.

    Examples
    --------
    >>> import treadle.array as da
    >>> [places.compute() for places in da.tril_indices(2)]
    [array([0, 1, 1]), array([0, 0, 1])]
    """
    return nonzero(da.tri(n, m, k=k, dtype=bool, chunks=chunks))


def triu_indices(n: int, k: int = 0, m: int | None = None, chunks: Any = "auto") -> Any:
    """Return the places of the upper triangle of a matrix; see :func:`tril_indices`.

    ``k`` is the lowest diagonal that belongs to it.

    Examples
    --------
    >>> import treadle.array as da
    >>> [places.compute() for places in da.triu_indices(2)]
    [array([0, 0, 1]), array([0, 1, 1])]
    """
    return nonzero(~da.tri(n, m, k=k - 1, dtype=bool, chunks=chunks))


def tril_indices_from(arr: Any, k: int = 0) -> Any:
    """Return the places of the lower triangle of a matrix that is there.

    Examples
    --------
    >>> import treadle.array as da
    >>> [places.compute() for places in da.tril_indices_from(da.ones((2, 2), chunks=1))]
    [array([0, 1, 1]), array([0, 0, 1])]
    """
    rows, columns = _matrix(arr)
    return tril_indices(rows, k=k, m=columns, chunks=arr.chunks)


def triu_indices_from(arr: Any, k: int = 0) -> Any:
    """Return the places of the upper triangle of a matrix that is there.

    Examples
    --------
    >>> import treadle.array as da
    >>> [places.compute() for places in da.triu_indices_from(da.ones((2, 2), chunks=1))]
    [array([0, 0, 1]), array([0, 1, 1])]
    """
    rows, columns = _matrix(arr)
    return triu_indices(rows, k=k, m=columns, chunks=arr.chunks)


def _matrix(arr: Any) -> tuple[int, int]:
    if arr.ndim != 2:
        raise ValueError(f"input array must be 2-d, not of shape {arr.shape}")
    return arr.shape  # type: ignore[no-any-return]

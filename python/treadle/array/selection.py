"""Selecting elements, leaving some out, putting some in; and finding out how long blocks are."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import treadle.array as da
from treadle import base
from treadle.array.along_axis import take_along_axis
from treadle.array.basic_indexing import WHOLE
from treadle.array.chunks import Chunks
from treadle.array.core import Array, asanyarray, new_array
from treadle.array.fancy import take_places
from treadle.array.finding import (
    argwhere,
    flatnonzero,
    isnonzero,
    nonzero,
    ravel_multi_index,
    tril_indices,
    tril_indices_from,
    triu_indices,
    triu_indices_from,
    unravel_index,
)
from treadle.graph.blockwise import Axis, Blockwise, Operand
from treadle.graph.program import Program

normalize_axis = np.lib.array_utils.normalize_axis_index


def take(a: Any, indices: Any, axis: int | None = 0) -> Array:
    """Take elements along one dimension.

    Parameters
    ----------
    a : array_like
    indices : int or array_like of int
        In memory or in blocks, of any number of dimensions.
    axis : int, optional
        ``None`` takes of the elements along one dimension.

    Returns
    -------
    Array
        In blocks about as long as those of ``a``.

    Raises
    ------
    IndexError
        If a place is out of bounds.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.take(da.arange(5, chunks=2), [3, 0]).compute()
    array([3, 0])
    """
    a = asanyarray(a)
    if axis is None:
        a, axis = da.ravel(a), 0
    axis = normalize_axis(axis, a.ndim)
    if not isinstance(indices, Array):
        indices = np.asarray(indices)
        if not indices.size:
            indices = indices.astype(np.intp)
    if indices.dtype.kind not in "iu":
        raise TypeError(f"places to take must be integers, not {indices.dtype}")
    found: Array = a[(WHOLE,) * axis + (indices,)]
    return found


def compress(condition: Any, a: Any, axis: int | None = None) -> Array:
    """Take the elements along one dimension for which a condition is true.

    Parameters
    ----------
    condition : array_like of bool
        One dimension, not longer than that of ``a``.
    a : array_like
    axis : int, optional
        Without it, of the elements along one dimension.

    Returns
    -------
    Array
        In blocks of unknown lengths if the condition is in blocks.

    Raises
    ------
    ValueError
        If the condition has not one dimension.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.compress([True, False, True], da.arange(5, chunks=2)).compute()
    array([0, 2])
    """
    a = asanyarray(a)
    if axis is None:
        a, axis = da.ravel(a), 0
    axis = normalize_axis(axis, a.ndim)
    if not isinstance(condition, Array):
        condition = np.asarray(condition)
    if condition.ndim != 1:
        raise ValueError(f"condition must have one dimension, not {condition.ndim}")
    condition = condition.astype(bool)
    length = condition.shape[0]
    before = (WHOLE,) * axis
    if not math.isnan(length) and not math.isnan(a.shape[axis]):
        if length > a.shape[axis] and not isinstance(condition, Array):
            if condition[a.shape[axis] :].any():
                raise IndexError(
                    f"index {np.flatnonzero(condition)[-1]} is out of bounds for axis {axis} with "
                    f"size {a.shape[axis]}"
                )
            condition = condition[: a.shape[axis]]
        elif length < a.shape[axis]:
            a = a[(*before, slice(0, length))]
    found: Array = a[(*before, condition)]
    return found


def extract(condition: Any, arr: Any) -> Array:
    """Return the elements for which a condition of the same shape is true.

    Examples
    --------
    >>> import treadle.array as da
    >>> x = da.arange(4, chunks=2)
    >>> da.extract(x > 1, x).compute()
    array([2, 3])
    """
    condition = asanyarray(condition)
    return compress(da.ravel(condition), da.ravel(asanyarray(arr)))


def delete(arr: Any, obj: Any, axis: int | None = None) -> Array:
    """Leave elements out along one dimension.

    Parameters
    ----------
    arr : array_like
    obj : int, slice, array_like of int or of bool
        Which, in memory.
    axis : int, optional
        Without it, of the elements along one dimension.

    Returns
    -------
    Array

    Raises
    ------
    IndexError
        If a place is out of bounds.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.delete(da.arange(5, chunks=2), [0, 3]).compute()
    array([1, 2, 4])
    """
    arr, axis, length = _along(arr, axis)
    kept = np.ones(length, bool)
    kept[_places(obj, length, axis, length)] = False
    found: Array = arr[(WHOLE,) * axis + (np.flatnonzero(kept),)]
    return found


def insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Array:
    """Put elements in along one dimension.

    Parameters
    ----------
    arr : array_like
    obj : int, slice, array_like of int or of bool
        Before which elements, in memory.
    values : array_like
        Broadcast to what has to be put in; takes the dtype of ``arr``.
    axis : int, optional
        Without it, into the elements along one dimension.

    Returns
    -------
    Array

    Raises
    ------
    IndexError
        If a place is out of bounds.
    ValueError
        If the values can't be broadcast.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.insert(da.arange(4, chunks=2), [1, 3], [10, 30]).compute()
    array([ 0, 10,  1,  2, 30,  3])
    """
    arr, axis, length = _along(arr, axis)
    scalar = not isinstance(obj, slice) and np.ndim(obj) == 0
    places = np.atleast_1d(_places(obj, length, axis, length + 1))
    values = asanyarray(values).astype(arr.dtype)
    if values.ndim < arr.ndim:
        values = values[(None,) * (arr.ndim - values.ndim)]
    if scalar:
        values = da.moveaxis(values, 0, axis)
    count = values.shape[axis] if len(places) == 1 else len(places)
    if len(places) == 1:
        places = np.repeat(places, count)
    values = da.broadcast_to(values, (*arr.shape[:axis], count, *arr.shape[axis + 1 :]))
    order = np.argsort(places, kind="stable")
    places[order] += np.arange(count)
    index = np.empty(length + count, np.int64)
    old = np.ones(length + count, bool)
    old[places] = False
    index[places] = length + np.arange(count)
    index[old] = np.arange(length)
    return take_places(da.concatenate([arr, values], axis=axis), (axis,), (index,), prefix="insert")


def append(arr: Any, values: Any, axis: int | None = None) -> Array:
    """Put elements behind along one dimension.

    Parameters
    ----------
    arr, values : array_like
        Of the same shape but for that dimension.
    axis : int, optional
        Without it, all elements along one dimension.

    Returns
    -------
    Array

    Examples
    --------
    >>> import treadle.array as da
    >>> da.append(da.arange(3, chunks=2), [3, 4]).compute()
    array([0, 1, 2, 3, 4])
    """
    arr, values = asanyarray(arr), asanyarray(values)
    if axis is None:
        arr, values, axis = da.ravel(arr), da.ravel(values), 0
    return da.concatenate([arr, values], axis=axis)


def _along(arr: Any, axis: int | None) -> tuple[Array, int, int]:
    """Return the array, a dimension of it, and its length, which must be known."""
    arr = asanyarray(arr)
    if axis is None:
        arr, axis = (da.ravel(arr), 0) if arr.ndim != 1 else (arr, 0)
    axis = normalize_axis(axis, arr.ndim)
    if math.isnan(arr.shape[axis]):
        raise ValueError(
            f"axis {axis} has blocks of unknown lengths, so places in it can't be found; call "
            "compute_chunk_sizes() first"
        )
    return arr, axis, arr.shape[axis]


def _places(obj: Any, length: int, axis: int, size: int) -> Any:
    """Return the places that an int, slice or array means, in ``size`` of them."""
    if isinstance(obj, slice):
        return np.arange(*obj.indices(length))
    if isinstance(obj, Array):
        raise NotImplementedError(
            "places in blocks would make a shape that is not known; compute() them first"
        )
    places = np.asarray(obj)
    if places.dtype == bool:
        if places.shape != (length,):
            raise ValueError(
                f"booleans for axis {axis} must be {length}, not of shape {places.shape}"
            )
        return np.flatnonzero(places)
    if not places.size:
        return places.astype(np.int64)
    if places.dtype.kind not in "iu" or places.ndim > 1:
        raise IndexError("places must be integers, along one dimension")
    low, high = int(places.min()), int(places.max())
    if low < -length or high >= size:
        wrong = low if low < -length else high
        raise IndexError(f"index {wrong} is out of bounds for axis {axis} with size {length}")
    return np.where(places < 0, places + length, places)


def with_known_chunks(x: Array) -> Array:
    """Return an array whose blocks have known lengths, which are computed now.

    Parameters
    ----------
    x : Array

    Returns
    -------
    Array

    Examples
    --------
    >>> import treadle.array as da
    >>> x = da.arange(6, chunks=3)
    >>> da.with_known_chunks(x[x > 1]).chunks
    ((1, 3),)
    """
    unknown = [n for n, along in enumerate(x.chunks) if any(map(math.isnan, along))]
    if not unknown:
        return x
    found = base.compute(*[_lengths(x, n) for n in unknown])
    chunks: Chunks = tuple(
        tuple(found[unknown.index(n)].tolist()) if n in unknown else along
        for n, along in enumerate(x.chunks)
    )
    axes = tuple(map(Axis, range(x.ndim)))

    def body(name: str) -> Blockwise:
        operands = (Operand(x.expr, axes),)
        return Blockwise(name, x.numblocks, Program(1, ()), operands, cheap=True)

    return new_array("known", x.name, chunks, x.meta, body)


def _lengths(x: Array, axis: int) -> Array:
    """Return the lengths of blocks along one dimension; those that come first along the others."""
    follow = tuple(Axis(0) if n == axis else Axis(None) for n in range(x.ndim))
    count = x.numblocks[axis]

    def body(name: str) -> Blockwise:
        return Blockwise.call(name, (count,), length_of, [Operand(x.expr, follow), axis])

    return new_array("lengths", (x.name, axis), ((1,) * count,), np.empty(0, np.int64), body)


def length_of(block: Any, axis: int) -> Any:
    """Return the length of a block, as an array of one element."""
    return np.array([block.shape[axis]], np.int64)


__all__ = [
    "append",
    "argwhere",
    "compress",
    "delete",
    "extract",
    "flatnonzero",
    "insert",
    "isnonzero",
    "nonzero",
    "ravel_multi_index",
    "take",
    "take_along_axis",
    "tril_indices",
    "tril_indices_from",
    "triu_indices",
    "triu_indices_from",
    "unravel_index",
    "with_known_chunks",
]

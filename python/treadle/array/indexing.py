"""``x[index]``: what an index means, and which module makes its blocks.

An index is read once, into one entry for each thing written in it.  Ints, slices and ``newaxis``
are cut out first (:mod:`treadle.array.basic_indexing`), which leaves an array whose other
dimensions are indexed by arrays::

    integers in memory      treadle.array.fancy      each block takes what it needs
    integers in blocks      treadle.array.points     each block looks for what it has
    booleans in memory      become integers
    booleans in blocks      treadle.array.masks      blocks of lengths that are not known

Where the dimensions of an index stand in the result is what NumPy says: in place of the indexed
ones if these are neighbours, first otherwise.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from treadle.array.basic_indexing import WHOLE, normalize_entry
from treadle.array.basic_indexing import getitem as basic_getitem
from treadle.array.core import Array, new_array
from treadle.array.expr import operand
from treadle.array.fancy import take_along
from treadle.array.masks import take_mask
from treadle.array.meta import compute_meta, meta_of
from treadle.array.points import take_points
from treadle.base import current_annotations
from treadle.graph.blockwise import Blockwise
from treadle.graph.source import outside_caller

INVALID = (
    "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or boolean "
    "arrays are valid indices"
)


def getitem(x: Array, index: Any) -> Array:
    """Return ``x[index]``, as NumPy would.

    Parameters
    ----------
    x : Array
    index : object
        Ints, slices, ``...``, ``newaxis``, integer or boolean arrays in memory or in blocks, names
        of fields, or a tuple of them.

    Returns
    -------
    Array
        Booleans in blocks give blocks of unknown lengths.

    Raises
    ------
    IndexError
        Where NumPy raises it.
    ValueError
        If lengths have to be known that are not.

    Examples
    --------
    >>> import treadle.array as da
    >>> x = da.arange(10, chunks=4)
    >>> da.getitem(x, slice(2, 8, 3)).compute(), x[[7, 0]].compute()
    (array([2, 5]), array([7, 0]))
    """
    if _names_fields(index):
        return _fields(x, index)
    entries = read_index(x.shape, index)
    rest, axes, arrays, position = cut_basic(x, entries)
    return take_arrays(rest, axes, arrays, position) if arrays else rest


def take_arrays(rest: Array, axes: tuple[int, ...], arrays: list[Any], position: int) -> Array:
    """Return what arrays take, when all else of an index was done; see :func:`cut_basic`."""
    if any(isinstance(item, Array) and item.dtype == bool for item in arrays):
        if len(arrays) > 1:
            raise NotImplementedError(
                "a boolean array in blocks can't stand in one index with other arrays; index with "
                "one after the other, or compute() the booleans first"
            )
        return take_mask(rest, axes[0], arrays[0], position)
    if any(isinstance(item, Array) for item in arrays):
        return take_points(rest, axes, arrays, position)
    return take_along(rest, axes, arrays, position)


# -- reading an index ------------------------------------------------------------------------------


def read_index(shape: Sequence[float], index: Any) -> list[Any]:
    """Return the entries of an index: ints, slices, None, and arrays, which stand for every axis.

    Ints and slices are normalized, integer arrays in memory not negative; a boolean array in
    memory has become as many integer arrays as it has dimensions, a boolean is a ``None`` that
    takes 1 or 0 elements, written as ``(None, array)``.
    """
    entries = [_read(entry) for entry in (index if isinstance(index, tuple) else (index,))]
    consumed = [_axes_of(entry) for entry in entries]
    given = sum(consumed)
    ndim = len(shape)
    if given > ndim:
        raise IndexError(
            f"too many indices for array: array is {ndim}-dimensional, but {given} were indexed"
        )
    places = [n for n, entry in enumerate(entries) if entry is Ellipsis]
    if len(places) > 1:
        raise IndexError("an index can only have a single ellipsis ('...')")
    at = places[0] if places else len(entries)
    # An ellipsis that stands for nothing still parts arrays from each other.
    filling: list[Any] = [WHOLE] * (ndim - given) or [Ellipsis] * len(places)
    entries[at : at + 1] = filling
    found: list[Any] = []
    axis = 0
    for entry in entries:
        found += _normalized(entry, shape, axis)
        axis += _axes_of(entry)
    return found


def _read(entry: Any) -> Any:
    """Return an entry as one of few types."""
    if entry is None or entry is Ellipsis or isinstance(entry, (Array, bool, np.bool_)):
        return _checked(entry)
    if isinstance(entry, slice):
        if any(isinstance(bound, Array) for bound in (entry.start, entry.stop, entry.step)):
            raise NotImplementedError(
                "a slice can't end at an array in blocks, since the shape would not be known; "
                "compute() it first"
            )
        return entry
    if not isinstance(entry, (np.ndarray, str, float)):
        try:
            return operator.index(entry)
        except TypeError:
            pass
    array = np.asarray(entry)
    if not array.size and not isinstance(entry, np.ndarray):
        array = array.astype(np.int64)  # an empty list
    if array.dtype.kind not in "iub" and not (isinstance(entry, np.ndarray) and entry.ndim):
        raise IndexError(INVALID)
    return _checked(array)


def _checked(entry: Any) -> Any:
    if isinstance(entry, (Array, np.ndarray)):
        if entry.dtype.kind not in "iub":
            raise IndexError("arrays used as indices must be of integer (or boolean) type")
        if isinstance(entry, np.ndarray) and entry.ndim == 0:
            return bool(entry) if entry.dtype == bool else int(entry)
    return bool(entry) if isinstance(entry, np.bool_) else entry


def _is_mask(entry: Any) -> bool:
    return isinstance(entry, (Array, np.ndarray)) and entry.dtype == bool


def _axes_of(entry: Any) -> int:
    """Return how many dimensions an entry stands for."""
    if entry is None or entry is Ellipsis or isinstance(entry, bool):
        return 0
    return entry.ndim if _is_mask(entry) else 1


def _normalized(entry: Any, shape: Sequence[float], axis: int) -> list[Any]:
    if entry is None or entry is Ellipsis:
        return [entry]
    if isinstance(entry, bool):
        return [(None, np.zeros(int(entry), np.int64))]
    if _is_mask(entry):
        if entry.ndim == 0:  # in blocks
            return [(None, entry[None])]
        _check_mask(entry, shape, axis)
        return [entry] if isinstance(entry, Array) else list(np.nonzero(entry))
    if isinstance(entry, Array):
        return [entry]
    if isinstance(entry, np.ndarray):
        return [normalize_places(entry, shape[axis], axis)]
    return [normalize_entry(entry, shape[axis], axis)]


def _check_mask(mask: Any, shape: Sequence[float], axis: int) -> None:
    for n, length in enumerate(mask.shape):
        total = shape[axis + n]
        if math.isnan(total) and isinstance(mask, np.ndarray):
            raise ValueError(
                f"axis {axis + n} has blocks of unknown lengths, so booleans in memory can't be "
                "matched with it; call compute_chunk_sizes() first"
            )
        if not math.isnan(total) and not math.isnan(length) and total != length:
            raise IndexError(
                f"boolean index did not match indexed array along axis {axis + n}; size of axis is "
                f"{total} but size of corresponding boolean axis is {length}"
            )


def normalize_places(places: Any, length: float, axis: int) -> Any:
    """Return places that are not negative; as they are if the length is not known.

    Raises
    ------
    IndexError
        If one is out of bounds.
    """
    places = places.astype(np.int64, copy=False)
    if math.isnan(length) or not places.size:
        return places
    low, high = int(places.min()), int(places.max())
    if low < -length or high >= length:
        wrong = low if low < -length else high
        raise IndexError(f"index {wrong} is out of bounds for axis {axis} with size {length}")
    return np.where(places < 0, places + int(length), places) if low < 0 else places


# -- the part that is cut --------------------------------------------------------------------------


def cut_basic(x: Array, entries: list[Any]) -> tuple[Array, tuple[int, ...], list[Any], int]:
    """Do what ints, slices and None say.

    Returns
    -------
    rest : Array
    axes : tuple of int
        Dimensions of ``rest`` that are indexed by arrays.
    arrays : list of array
    position : int
        Where the dimensions of the index stand, among those of ``rest`` that are not indexed.
    """
    basic: list[slice | int] = []
    kept: list[bool] = []  # dimensions before new ones come in: is it new?
    axes: list[int] = []
    arrays: list[Any] = []
    advanced: list[int] = []  # positions among entries
    for n, entry in enumerate(entries):
        if isinstance(entry, (slice, int)):
            basic.append(entry)
            if isinstance(entry, slice):
                kept.append(False)
            else:
                advanced.append(n)
            continue
        if entry is Ellipsis:
            continue
        if entry is None:
            kept.append(True)
            continue
        advanced.append(n)
        if isinstance(entry, tuple):
            entry = entry[1]
            width, new = 1, True
        else:
            width, new = _axes_of(entry), False
        axes.append(len(kept))
        arrays.append(entry)
        kept += [new] * width
        if not new:
            basic += [WHOLE] * width
    rest = Array(
        basic_getitem(
            x.expr, tuple(basic), source=outside_caller(), annotations=current_annotations()
        )
    )
    if any(kept):
        rest = with_new_axes(rest, [n for n, new in enumerate(kept) if new])
    position = 0
    if advanced and advanced[-1] - advanced[0] == len(advanced) - 1:
        position = sum(
            isinstance(entry, slice) or entry is None for entry in entries[: advanced[0]]
        )
    return rest, tuple(axes), arrays, position


def with_new_axes(x: Array, axes: Sequence[int]) -> Array:
    """Return an array with dimensions of length 1 at these places of the result."""
    ndim = x.ndim + len(axes)
    old = [n for n in range(ndim) if n not in axes]
    chunks = tuple(x.chunks[old.index(n)] if n in old else (1,) for n in range(ndim))
    index = tuple(WHOLE if n in old else None for n in range(ndim))
    numblocks = tuple(map(len, chunks))

    def body(name: str) -> Blockwise:
        return Blockwise.call(name, numblocks, add_axes, [operand(x.expr, old), index])

    return new_array("expand_dims", (x.name, tuple(axes)), chunks, meta_of(x.meta, ndim), body)


def add_axes(block: Any, index: tuple[Any, ...]) -> Any:
    """Return ``block`` with dimensions of length 1."""
    return block[index]


# -- fields ----------------------------------------------------------------------------------------


def _names_fields(index: Any) -> bool:
    if isinstance(index, list):
        return bool(index) and all(isinstance(item, str) for item in index)
    return isinstance(index, str)


def _fields(x: Array, index: Any) -> Array:
    """Return fields of records; a field that is an array adds its dimensions."""
    names = [index] if isinstance(index, str) else index
    missing = [name for name in names if name not in (x.dtype.names or ())]
    if x.dtype.names is None:
        raise IndexError(INVALID)
    if missing:
        raise ValueError(f"no field of name {missing[0]}; there are {', '.join(x.dtype.names)}")
    inner = x.dtype[index].shape if isinstance(index, str) else ()
    chunks = x.chunks + tuple((length,) for length in inner)
    meta = compute_meta(operator.getitem, x.meta, index)
    numblocks = tuple(map(len, chunks))

    def body(name: str) -> Blockwise:
        args = [operand(x.expr, range(x.ndim)), index]
        return Blockwise.call(name, numblocks, operator.getitem, args)

    return new_array("getitem", (x.name, index), chunks, meta_of(meta, len(chunks)), body)


__all__ = ["getitem"]

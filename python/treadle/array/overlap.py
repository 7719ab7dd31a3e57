"""Functions on blocks that see a border of the neighbouring blocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

import treadle.array as da
from treadle.array.bordering import (
    Boundaries,
    Depths,
    enlarged,
    enlarged_chunks,
    trimmed,
    trimmed_chunks,
)
from treadle.array.chunks import is_known
from treadle.array.core import Array, asanyarray, new_array
from treadle.array.filling import push
from treadle.array.index_calls import unify_chunks
from treadle.array.rechunk import rechunk

KINDS = ("none", "reflect", "periodic", "nearest")


def map_overlap(
    func: Callable[..., Any],
    *args: Any,
    depth: Any = None,
    boundary: Any = None,
    trim: bool = True,
    align_arrays: bool = True,
    allow_rechunk: bool = True,
    **kwargs: Any,
) -> Array:
    """Call a function on every block, enlarged by borders of its neighbours.

    Parameters
    ----------
    func : callable
    *args : object
        Arrays, and other values that every call takes.
    depth : int, tuple, dict, or list of these
        How many elements to take of the neighbours: for all axes, for each, or by axis; each a
        number, or one before and one after.  A list has an entry for each array.
    boundary : str, number, tuple, dict, or list of these
        What lies past the ends of the array: ``"none"``, nothing; ``"reflect"``, the same elements
        mirrored; ``"periodic"``, those of the other end; ``"nearest"``, the last one; or a number.
    trim : bool
        Cut ``depth`` elements off each side of the results again.
    align_arrays : bool
        Rechunk arrays so that their blocks match.
    allow_rechunk : bool
        Rechunk where blocks are shorter than ``depth``.
    **kwargs : object
        As for :func:`map_blocks`.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If depths or boundaries don't fit the arrays, and where :func:`map_blocks` raises it.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> x = da.arange(6, chunks=3)
    >>> smooth = lambda block: np.convolve(block, [1, 1, 1], "same")
    >>> da.map_overlap(smooth, x, depth=1, boundary="nearest", dtype=int).compute()
    array([ 1,  3,  6,  9, 12, 14])
    """
    if not callable(func):
        raise TypeError(
            f"map_overlap takes a function first, then the arrays: not {type(func).__name__}"
        )
    places = [n for n, arg in enumerate(args) if isinstance(arg, Array)]
    arrays = [args[n] for n in places]
    if not arrays:
        raise ValueError("there is no array to map over")
    depths = [
        normalize_depth(array.ndim, one)
        for array, one in zip(arrays, _each(depth, len(arrays), "depth"), strict=True)
    ]
    boundaries = [
        normalize_boundary(array.ndim, one)
        for array, one in zip(arrays, _each(boundary, len(arrays), "boundary"), strict=True)
    ]
    if align_arrays and len(arrays) > 1:
        ndim = max(array.ndim for array in arrays)
        pairs = [(array, range(ndim - array.ndim, ndim)) for array in arrays]
        _, arrays = unify_chunks(*[item for pair in pairs for item in pair])
        if allow_rechunk:  # blocks are to match afterwards, too
            arrays = _all_long_enough(arrays, depths, ndim)
    filled = list(args)
    for n, array, one, kind in zip(places, arrays, depths, boundaries, strict=True):
        filled[n] = _enlarged(array, one, kind, allow_rechunk)
    result = da.map_blocks(func, *filled, **kwargs)
    if not trim:
        return result
    widest = max(range(len(arrays)), key=lambda n: arrays[n].ndim)
    axes = _kept_axes(arrays[widest].ndim, kwargs.get("drop_axis"), kwargs.get("new_axis"))
    left = tuple((0, 0) if n is None else depths[widest][n] for n in axes)
    ends = tuple("none" if n is None else boundaries[widest][n] for n in axes)
    return _trimmed(result, left, ends)


def overlap(x: Any, depth: Any, boundary: Any, *, allow_rechunk: bool = True) -> Array:
    """Return the array with every block enlarged by borders of its neighbours.

    Parameters
    ----------
    x : array_like
    depth, boundary, allow_rechunk
        As for :func:`map_overlap`.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If depths or boundaries don't fit.

    Examples
    --------
    >>> import treadle.array as da
    >>> from treadle.array.overlap import overlap
    >>> overlap(da.arange(4, chunks=2), 1, 0).compute()
    array([0, 0, 1, 2, 1, 2, 3, 0])
    """
    x = asanyarray(x)
    return _enlarged(
        x, normalize_depth(x.ndim, depth), normalize_boundary(x.ndim, boundary), allow_rechunk
    )


def trim_overlap(x: Array, depth: Any, boundary: Any = None) -> Array:
    """Cut off what :func:`overlap` of the same parameters has added.

    Examples
    --------
    >>> import treadle.array as da
    >>> from treadle.array.overlap import overlap, trim_overlap
    >>> trim_overlap(overlap(da.arange(4, chunks=2), 1, 0), 1, 0).compute()
    array([0, 1, 2, 3])
    """
    return _trimmed(x, normalize_depth(x.ndim, depth), normalize_boundary(x.ndim, boundary))


def trim_internal(x: Array, axes: Mapping[int, Any], boundary: Any = None) -> Array:
    """Cut elements off both ends of every block; at the array's own ends too, if it has boundaries.

    Parameters
    ----------
    x : Array
    axes : dict
        Axis -> how many, or (before, after).
    boundary : optional
        As for :func:`map_overlap`.

    Examples
    --------
    >>> import treadle.array as da
    >>> from treadle.array.overlap import trim_internal
    >>> trim_internal(da.arange(8, chunks=4), {0: 1}, "reflect").compute()
    array([1, 2, 5, 6])
    """
    return trim_overlap(x, dict(axes), boundary)


def sliding_window_view(
    x: Any, window_shape: Any, axis: Any = None, automatic_rechunk: bool = True
) -> Array:
    """Return all windows of a shape, as new dimensions at the end.

    Parameters
    ----------
    x : array_like
    window_shape : int or tuple of int
    axis : int or tuple of int, optional
        Along which windows slide; all without it.
    automatic_rechunk : bool
        Taken for Dask's sake: blocks of windows are views, and take no memory.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If windows are negative, or longer than the array, or not as many as axes.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.sliding_window_view(da.arange(5, chunks=2), 3).sum(axis=-1).compute()
    array([3, 6, 9])
    """
    x = asanyarray(x)
    window = tuple(np.atleast_1d(window_shape).tolist())
    if any(length < 0 for length in window):
        raise ValueError("window_shape cannot contain negative values")
    axes = (
        tuple(range(x.ndim))
        if axis is None
        else normalize_axis_tuple(axis, x.ndim, allow_duplicate=True)
    )
    if len(axes) != len(window):
        raise ValueError(f"window_shape has {len(window)} lengths, and there are {len(axes)} axes")
    reach = [0] * x.ndim
    for n, length in zip(axes, window, strict=True):
        reach[n] += max(length - 1, 0)
    if any(length <= more for length, more in zip(x.shape, reach, strict=True) if more):
        raise ValueError(f"window shape {window} is larger than the array of shape {x.shape}")
    if 0 in window:
        raise ValueError("windows of length 0 are not supported")
    x = _long_enough(x, [more + 1 if more else 0 for more in reach])
    depths = tuple((0, more) for more in reach)
    large = _enlarged(x, depths, ("none",) * x.ndim, False)
    chunks = tuple(
        (*lengths[:-1], lengths[-1] - more)
        for lengths, more in zip(x.chunks, reach, strict=True)
    )  # fmt: skip
    return da.map_blocks(
        np.lib.stride_tricks.sliding_window_view, large, window, axis=axes,
        chunks=(*chunks, *((length,) for length in window)), dtype=x.dtype,
        new_axis=tuple(range(x.ndim, x.ndim + len(window))), token="sliding_window_view",
        meta=None,
    )  # fmt: skip


def _each(given: Any, count: int, what: str) -> list[Any]:
    if not isinstance(given, list):
        return [given] * count
    if len(given) != count:
        raise ValueError(f"{what} has {len(given)} entries for {count} arrays")
    return given


def normalize_depth(ndim: int, depth: Any) -> Depths:
    """Return how many elements are taken before and after, for each axis.

    >>> normalize_depth(2, {0: 1, -1: (0, 2)})
    ((1, 1), (0, 2))
    """
    along = _by_axis(ndim, depth, 0)
    found = []
    for entry in along:
        pair = tuple(entry) if isinstance(entry, (tuple, list)) else (entry, entry)
        if len(pair) != 2 or any(int(length) != length or length < 0 for length in pair):
            raise ValueError(f"a depth is a number that isn't negative, or two, not {entry!r}")
        found.append((int(pair[0]), int(pair[1])))
    return tuple(found)


def normalize_boundary(ndim: int, boundary: Any) -> Boundaries:
    """Return the boundary of each axis.

    >>> normalize_boundary(2, {0: "reflect", 1: 7})
    ('reflect', ('constant', 7))
    """
    return tuple(map(_boundary, _by_axis(ndim, boundary, "none")))


def _boundary(entry: Any) -> Any:
    if entry is None:
        return "none"
    if isinstance(entry, str):
        if entry not in KINDS:
            raise ValueError(f"a boundary is one of {KINDS}, or a number, not {entry!r}")
        return entry
    return "constant", entry


def _by_axis(ndim: int, given: Any, default: Any) -> list[Any]:
    """Return an entry for each axis."""
    if given is None:
        return [default] * ndim
    if isinstance(given, Mapping):
        by_axis = {normalize_axis_index(axis, ndim): entry for axis, entry in given.items()}
        return [by_axis.get(n, default) for n in range(ndim)]
    if isinstance(given, (tuple, list)):
        if len(given) != ndim:
            raise ValueError(f"{given!r} has {len(given)} entries for {ndim} dimensions")
        return list(given)
    return [given] * ndim


def _enlarged(x: Array, depths: Depths, boundaries: Boundaries, allow_rechunk: bool) -> Array:
    if not any(map(any, depths)):
        return x
    for axis, pair in enumerate(depths):
        if any(pair) and not is_known([x.chunks[axis]]):
            raise ValueError(
                f"axis {axis} has blocks of unknown lengths; call compute_chunk_sizes() first"
            )
        if max(pair) > x.shape[axis]:
            raise ValueError(
                f"the depth {max(pair)} is larger than axis {axis}, of length {x.shape[axis]}"
            )
        if max(pair) > min(x.chunks[axis]) and not allow_rechunk:
            raise ValueError(
                f"the depth {max(pair)} is larger than the shortest block along axis {axis}: "
                f"{x.chunks[axis]}; rechunk, or set allow_rechunk=True"
            )
    x = _long_enough(x, [max(pair) for pair in depths])
    return new_array(
        "overlap", (x.name, depths, boundaries), enlarged_chunks(x.chunks, depths, boundaries),
        x.meta, lambda name: enlarged(name, x.expr, depths, boundaries),
    )  # fmt: skip


def _trimmed(x: Array, depths: Depths, boundaries: Boundaries) -> Array:
    if not any(map(any, depths)):
        return x
    return new_array(
        "trim", (x.name, depths, boundaries), trimmed_chunks(x.chunks, depths, boundaries),
        x.meta, lambda name: trimmed(name, x.expr, depths, boundaries),
    )  # fmt: skip


def _all_long_enough(arrays: Sequence[Array], depths: Sequence[Depths], ndim: int) -> list[Array]:
    """Rechunk arrays whose blocks match so that no block is shorter than the largest depth."""
    least = [0] * ndim
    for array, own in zip(arrays, depths, strict=True):
        for n, pair in enumerate(own, ndim - array.ndim):
            least[n] = max(least[n], *pair)
    return [
        _long_enough(array, [
            0 if sum(lengths) == 1 else least[n]
            for n, lengths in enumerate(array.chunks, ndim - array.ndim)
        ])
        for array in arrays
    ]  # fmt: skip


def _long_enough(x: Array, least: Sequence[int]) -> Array:
    """Rechunk so that no block is shorter than is said for its axis."""
    wanted = {
        n: joined_blocks(x.chunks[n], length)
        for n, length in enumerate(least)
        if length and is_known([x.chunks[n]]) and min(x.chunks[n]) < length
    }
    return rechunk(x, wanted) if wanted else x


def joined_blocks(lengths: tuple[int, ...], least: int) -> tuple[int, ...]:
    """Return blocks of which none is shorter than ``least``: short ones get what they lack from
    the next, and the last is joined to the one before it.

    >>> joined_blocks((4, 1, 4, 1), 2)
    (4, 2, 4)
    """
    found: list[int] = []
    lacking = 0
    for length in lengths:
        length -= lacking
        lacking = 0
        if length < least:
            lacking = least - length
            length = least
        found.append(length)
    found[-1] -= lacking
    while len(found) > 1 and found[-1] < least:
        last = found.pop()
        found[-1] += last
    return tuple(found)


def _kept_axes(ndim: int, drop_axis: Any, new_axis: Any) -> list[int | None]:
    """Return which axis of the array each one of the result is; None for new ones."""
    dropped = () if drop_axis is None else normalize_axis_tuple(drop_axis, ndim)
    axes: list[int | None] = [n for n in range(ndim) if n not in dropped]
    if new_axis is not None:
        made = np.atleast_1d(new_axis).tolist()
        for n in sorted(normalize_axis_tuple(made, len(axes) + len(made))):
            axes.insert(n, None)
    return axes


__all__ = ["map_overlap", "push", "sliding_window_view"]

"""Elements shifted, repeated and taken together."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

import treadle.array as da
from treadle.array.block_ends import with_long_blocks
from treadle.array.core import Array, asanyarray, new_array
from treadle.array.dimensions import expand_dims
from treadle.array.expr import operand
from treadle.array.joining import concatenate
from treadle.array.meta import meta_of
from treadle.array.rechunk import rechunk
from treadle.array.reshape_plan import limited, rounded
from treadle.array.reshaping import SMALL_BLOCK, ravel, reshape
from treadle.graph.blockwise import Blockwise


def roll(array: Any, shift: Any, axis: Any = None) -> Array:
    """Return the elements shifted along a dimension; those that leave it come in at its start.

    Parameters
    ----------
    array : array_like
    shift : int or tuple of int
    axis : int or tuple of int, optional
        Without it, the elements in C order are shifted.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If there are more shifts than axes, or a length is not known.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.roll(da.arange(5, chunks=2), 2).compute()
    array([3, 4, 0, 1, 2])
    """
    x = asanyarray(array)
    if axis is None:
        return reshape(roll(ravel(x), shift, 0), x.shape)
    axes = normalize_axis_tuple(axis, x.ndim, allow_duplicate=True)
    if np.ndim(shift) > 1:
        raise ValueError("shifts are an int or a sequence of them")
    shifts, where = np.broadcast_arrays(np.atleast_1d(shift), axes)
    total: dict[int, int] = {}
    for along, by in zip(where.tolist(), shifts.tolist(), strict=True):
        total[along] = total.get(along, 0) + by
    for along, by in total.items():
        length = x.shape[along]
        if math.isnan(length):
            raise ValueError(
                f"axis {along} can't be rolled: its length is not known; call "
                "compute_chunk_sizes() first"
            )
        if length == 0 or by % length == 0:
            continue
        before = (slice(None),) * along
        cut = length - by % length
        x = concatenate([x[(*before, slice(cut, None))], x[(*before, slice(0, cut))]], along)
    return x


def tile(A: Any, reps: Any) -> Array:  # noqa: N803 - NumPy's name
    """Return the array repeated as a whole along its dimensions.

    Parameters
    ----------
    A : array_like
    reps : int or sequence of int
        How often, along each of the last dimensions; more of them make new dimensions.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If one of them is negative.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.tile(da.arange(3, chunks=2), 2).compute()
    array([0, 1, 2, 0, 1, 2])
    """
    x = asanyarray(A)
    times = [reps] if np.ndim(reps) == 0 else list(reps)
    if any(count < 0 for count in times):
        raise ValueError(f"an array is repeated 0 times or more, not {reps}")
    if len(times) > x.ndim:
        x = expand_dims(x, tuple(range(len(times) - x.ndim)))
    for axis, count in enumerate(times, x.ndim - len(times)):
        if count == 0:
            x = x[(slice(None),) * axis + (slice(0, 0),)]
        elif count > 1:
            x = concatenate([x] * count, axis)
    return x


def repeat(a: Any, repeats: Any, axis: int | None = None) -> Array:
    """Return the array with its elements repeated, each one beside itself.

    Parameters
    ----------
    a : array_like
    repeats : int or sequence of int
        How often: all of them, or each.
    axis : int, optional
        Without it, elements in C order.

    Returns
    -------
    Array
        Its blocks are no larger than the array's, unless these are small.

    Raises
    ------
    ValueError
        If one of ``repeats`` is negative, or there are not as many as elements.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.repeat(da.arange(3, chunks=2), 2).compute()
    array([0, 0, 1, 1, 2, 2])
    """
    x = asanyarray(a)
    if axis is None:
        return repeat(ravel(x), repeats, 0)
    axis = normalize_axis_index(axis, x.ndim)
    if np.any(np.asarray(repeats) < 0):
        raise ValueError(f"elements are repeated 0 times or more, not {repeats}")
    if np.size(repeats) != 1:
        if len(repeats) != x.shape[axis]:
            raise ValueError(f"there are {len(repeats)} repeats for {x.shape[axis]} elements")
        return da.take(x, np.repeat(np.arange(len(repeats)), repeats), axis)
    count = int(np.asarray(repeats).ravel()[0])
    if count == 1:
        return x
    if count == 0:
        return x[(slice(None),) * axis + (slice(0, 0),)]
    lengths = with_long_blocks(x, axis, 0).chunks[axis]  # an error if they are not known
    others = math.prod(max(along) for n, along in enumerate(x.chunks) if n != axis)
    room = max(max(lengths), SMALL_BLOCK // max(x.itemsize * others, 1))
    x = rechunk(x, {axis: limited(lengths, max(room // count, 1))})
    chunks = tuple(
        tuple(count * length for length in along) if n == axis else along
        for n, along in enumerate(x.chunks)
    )
    return new_array(
        "repeat",
        (x.name, count, axis),
        chunks,
        x.meta,
        lambda name: Blockwise.call(
            name, x.numblocks, np.repeat, [operand(x.expr, range(x.ndim)), count, axis]
        ),
    )


def coarsen(
    reduction: Callable[..., Any],
    x: Any,
    axes: Mapping[int, int],
    trim_excess: bool = False,
    **kwargs: Any,
) -> Array:
    """Reduce boxes of neighbours to one element each.

    Parameters
    ----------
    reduction : callable
        Such as ``np.mean``: takes an array and the dimensions to reduce, ``axis=(1, 3)``.
    x : array_like
    axes : dict of int to int
        How many neighbours make a box along each dimension.
    trim_excess : bool
        Leave out what doesn't fill a box at the end; otherwise it is an error.
    **kwargs : object
        Passed on to ``reduction``.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If boxes don't fill a dimension.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> da.coarsen(np.sum, da.arange(6, chunks=4), {0: 2}).compute()
    array([1, 5, 9])
    """
    x = asanyarray(x)
    if getattr(reduction, "__module__", "").startswith("treadle."):
        reduction = getattr(np, reduction.__name__)
    boxes = {normalize_axis_index(axis, x.ndim): int(count) for axis, count in axes.items()}
    for axis, count in boxes.items():
        length = with_long_blocks(x, axis, 0).shape[axis]
        if count < 1:
            raise ValueError(f"a box has 1 or more elements, not {count}, along axis {axis}")
        if length % count and not trim_excess:
            raise ValueError(
                f"boxes of {count} don't fill axis {axis}, which has {length}; pass "
                "trim_excess=True to leave the rest out"
            )
        x = x[(slice(None),) * axis + (slice(0, length - length % count),)]
        x = rechunk(x, {axis: rounded(x.chunks[axis], count) or (0,)})
    sizes = tuple(boxes.get(n, 1) for n in range(x.ndim))
    chunks = tuple(
        tuple(length // size for length in lengths)
        for lengths, size in zip(x.chunks, sizes, strict=True)
    )
    meta = meta_of(_on_nothing(reduction, x, sizes, kwargs), x.ndim)
    return new_array(
        "coarsen",
        (reduction, x.name, sizes, kwargs),
        chunks,
        meta,
        lambda name: Blockwise.call(
            name, x.numblocks, reduce_boxes,
            [operand(x.expr, range(x.ndim)), reduction, sizes, kwargs],
        ),
    )  # fmt: skip


def _on_nothing(
    reduction: Callable[..., Any], x: Array, sizes: Sequence[int], kwargs: Mapping[str, Any]
) -> Any:
    """Return what a reduction makes of no boxes."""
    try:
        return reduce_boxes(x.meta, reduction, tuple(sizes), kwargs)
    except Exception as error:
        raise ValueError(
            f"{reduction!r} can't be called on an array of no boxes, which would tell its dtype: "
            f"{error}"
        ) from error


def reduce_boxes(
    block: Any, reduction: Callable[..., Any], sizes: tuple[int, ...], kwargs: Mapping[str, Any]
) -> Any:
    """Return a block with its boxes of neighbours reduced to one element each."""
    shape: list[int] = []
    axes = []
    for length, size in zip(block.shape, sizes, strict=True):
        shape.append(length // size)
        if size != 1:
            axes.append(len(shape))
            shape.append(size)
    return reduction(block.reshape(shape), axis=tuple(axes), **kwargs)


__all__ = ["coarsen", "repeat", "roll", "tile"]

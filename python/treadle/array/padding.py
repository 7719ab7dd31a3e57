"""Borders around arrays, in all the ways NumPy knows.

Dimensions are padded one after the other, so that corners become what NumPy makes of them.  What is
put beside an array is made of slices of it: only the blocks at its borders are looked at.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import treadle.array as da
from treadle.array.broadcasting import broadcast_to
from treadle.array.chunks import normalize_chunks
from treadle.array.core import Array, asanyarray, new_array
from treadle.array.expr import operand
from treadle.array.joining import concatenate
from treadle.array.rechunk import rechunk
from treadle.graph.blockwise import Blockwise

STATISTICS = ("maximum", "mean", "median", "minimum")
MIRRORS = ("reflect", "symmetric", "wrap")

#: The options of each mode, with what they are when they are not given.
OPTIONS: dict[str, dict[str, Any]] = {
    "constant": {"constant_values": 0},
    "edge": {},
    "empty": {},
    "linear_ramp": {"end_values": 0},
    **{name: {"stat_length": None} for name in STATISTICS},
    "reflect": {"reflect_type": "even"},
    "symmetric": {"reflect_type": "even"},
    "wrap": {},
}


def pad(
    array: Any, pad_width: Any, mode: str | Callable[..., Any] = "constant", **kwargs: Any
) -> Array:
    """Return the array with a border.

    Parameters
    ----------
    array : array_like
    pad_width : int, sequence or dict
        How many elements before and after: for all dimensions, ``((before, after), ...)`` for each,
        or a dict of some.
    mode : str or callable
        ``constant``, ``edge``, ``empty``, ``linear_ramp``, ``maximum``, ``mean``, ``median``,
        ``minimum``, ``reflect``, ``symmetric``, ``wrap``; or a function that sets the ends of a
        vector: ``function(vector, (before, after), axis, kwargs)``.
    **kwargs : object
        ``constant_values``, ``end_values``, ``stat_length`` or ``reflect_type``, as the mode has
        it; for a function, whatever it takes.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If there is no such mode or option, a width is negative, or a length is not known.
    TypeError
        If a width is not a whole number.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.pad(da.arange(3, chunks=2), (2, 1), mode="edge").compute()
    array([0, 0, 0, 1, 2, 2])
    """
    x = asanyarray(array)
    widths = _widths(pad_width, x.ndim)
    if callable(mode):
        return _padded_by(x, widths, mode, kwargs)
    if mode not in OPTIONS:
        raise ValueError(f"mode {mode!r} is not known; there are {', '.join(OPTIONS)}")
    if unknown := kwargs.keys() - OPTIONS[mode].keys():
        raise ValueError(f"mode {mode!r} takes no {', '.join(sorted(unknown))}")
    options = {**OPTIONS[mode], **kwargs}
    for axis, width in enumerate(widths):
        if width == (0, 0):
            continue
        if math.isnan(x.shape[axis]):
            raise ValueError(
                f"axis {axis} can't be padded: its length is not known; call "
                "compute_chunk_sizes() first"
            )
        if x.shape[axis] == 0 and mode not in ("constant", "empty"):
            raise ValueError(f"axis {axis} has no elements to make a border of, as {mode!r} does")
        x = _PADDERS[mode](x, axis, width, mode, options)
    return x


def _widths(pad_width: Any, ndim: int) -> list[tuple[int, int]]:
    if isinstance(pad_width, Mapping):
        whole = [(0, 0)] * ndim
        for axis, width in pad_width.items():
            whole[axis] = (width, width) if np.ndim(width) == 0 else tuple(width)
        pad_width = whole
    widths = np.asarray(pad_width)
    if widths.size and widths.dtype.kind not in "iu":
        raise TypeError(f"pad_width must be whole numbers, not {pad_width!r}")
    if widths.size and widths.min() < 0:
        raise ValueError(f"pad_width can't be negative, as in {pad_width!r}")
    return _pairs(widths, ndim)


def _pairs(values: Any, ndim: int) -> list[tuple[Any, Any]]:
    """Return what is said of a value before and after each dimension."""
    if values is None:
        return [(None, None)] * ndim
    return [tuple(pair) for pair in np.broadcast_to(values, (ndim, 2)).tolist()]


def _side(axis: int, low: int | None, high: int | None, step: int | None = None) -> Any:
    """Return the index that takes a slice along an axis."""
    return (slice(None),) * axis + (slice(low, high, step),)


def _joined(left: Array | None, x: Array, right: Array | None, axis: int) -> Array:
    return concatenate([part for part in (left, x, right) if part is not None], axis)


def _repeated(x: Array, axis: int, count: int, chunks: tuple[int, ...]) -> Array | None:
    """Return an array of length 1 along an axis repeated, in blocks like those beside it."""
    if not count:
        return None
    shape = tuple(count if n == axis else length for n, length in enumerate(x.shape))
    (along,) = normalize_chunks((max(*chunks, 1),), (count,))
    return broadcast_to(
        x, shape, tuple(along if n == axis else lengths for n, lengths in enumerate(x.chunks))
    )


# -- the modes -----------------------------------------------------------------------------------


def _constant(x: Array, axis: int, width: tuple[int, int], mode: str, options: Any) -> Array:
    values = _pairs(options["constant_values"], x.ndim)[axis]

    def side(count: int, value: Any) -> Array | None:
        if not count:
            return None
        shape = tuple(count if n == axis else length for n, length in enumerate(x.shape))
        lengths = normalize_chunks((max(*x.chunks[axis], 1),), (count,))[0]
        chunks = tuple(lengths if n == axis else own for n, own in enumerate(x.chunks))
        return da.full_like(x, value, shape=shape, chunks=chunks)

    return _joined(side(width[0], values[0]), x, side(width[1], values[1]), axis)


def _empty(x: Array, axis: int, width: tuple[int, int], mode: str, options: Any) -> Array:
    return _constant(x, axis, width, mode, {"constant_values": 0})


def _edge(x: Array, axis: int, width: tuple[int, int], mode: str, options: Any) -> Array:
    first, last = x[_side(axis, 0, 1)], x[_side(axis, x.shape[axis] - 1, None)]
    lengths = x.chunks[axis]
    return _joined(
        _repeated(first, axis, width[0], lengths), x, _repeated(last, axis, width[1], lengths), axis
    )


def _statistic(x: Array, axis: int, width: tuple[int, int], mode: str, options: Any) -> Array:
    length = x.shape[axis]

    def side(count: int, most: int | None, last: bool) -> Array | None:
        if not count:
            return None
        taken = length if most is None else min(most, length)
        if taken < 1:
            raise ValueError(f"stat_length must be 1 or more, not {most}")
        part = x[_side(axis, length - taken, None) if last else _side(axis, 0, taken)]
        value = _REDUCTIONS[mode](part, axis)
        if x.dtype.kind in "iu" and value.dtype != x.dtype:
            value = da.round(value)
        return _repeated(value.astype(x.dtype), axis, count, x.chunks[axis])

    before, after = _pairs(options["stat_length"], x.ndim)[axis]
    return _joined(side(width[0], before, False), x, side(width[1], after, True), axis)


_REDUCTIONS: dict[str, Callable[[Array, int], Array]] = {
    "maximum": lambda part, axis: part.max(axis, keepdims=True),
    "minimum": lambda part, axis: part.min(axis, keepdims=True),
    "mean": lambda part, axis: part.mean(axis, keepdims=True),
    "median": lambda part, axis: da.median(part, axis, keepdims=True),
}


def _linear_ramp(x: Array, axis: int, width: tuple[int, int], mode: str, options: Any) -> Array:
    ends = _pairs(options["end_values"], x.ndim)[axis]

    def side(edge: Array, count: int, end: Any, last: bool) -> Array | None:
        if not count:
            return None
        chunks = tuple((count,) if n == axis else own for n, own in enumerate(edge.chunks))
        return new_array(
            "ramp",
            (edge.name, axis, count, end, last),
            chunks,
            x.meta,
            lambda name: Blockwise.call(
                name, edge.numblocks, ramp,
                [operand(edge.expr, range(edge.ndim)), end, count, axis, last],
            ),
        )  # fmt: skip

    first, last = x[_side(axis, 0, 1)], x[_side(axis, x.shape[axis] - 1, None)]
    return _joined(
        side(first, width[0], ends[0], False), x, side(last, width[1], ends[1], True), axis
    )


def ramp(edge: Any, end: Any, count: int, axis: int, last: bool) -> Any:
    """Return what leads from a value at the border to the edge of an array."""
    found = np.linspace(
        end, edge.squeeze(axis), num=count, endpoint=False, dtype=edge.dtype, axis=axis
    )
    return np.flip(found, axis) if last else found


def _mirrored(x: Array, axis: int, width: tuple[int, int], mode: str, options: Any) -> Array:
    kind = options.get("reflect_type", "even")
    if kind not in ("even", "odd"):
        raise ValueError(f"reflect_type must be 'even' or 'odd', not {kind!r}")
    length = x.shape[axis]
    if length == 1 and (mode == "wrap" or kind == "even" or mode == "reflect"):
        return _edge(x, axis, width, mode, options)
    if kind == "odd":
        return _mirrored_at_points(x, axis, width, mode)
    before = _runs(np.arange(-width[0], 0), length, mode)
    after = _runs(np.arange(length, length + width[1]), length, mode)
    return concatenate(
        [x[_side(axis, *run)] for run in before] + [x] + [x[_side(axis, *run)] for run in after],
        axis,
    )


def _runs(places: Any, length: int, mode: str) -> list[tuple[int, int | None, int]]:
    """Return the slices of an axis of ``length`` that stand at places outside of it.

    >>> _runs(np.arange(-5, 0), 4, "reflect")
    [(1, 4, 1), (2, 0, -1)]
    """
    if mode == "wrap":
        index = places % length
    elif mode == "symmetric":
        index = places % (2 * length)
        index = np.where(index < length, index, 2 * length - 1 - index)
    else:
        index = places % (2 * length - 2)
        index = np.where(index < length, index, 2 * length - 2 - index)
    found: list[tuple[int, int | None, int]] = []
    start, count = 0, len(index)
    while start < count:
        stop = start + 1
        step = int(index[stop] - index[start]) if stop < count else 1
        if abs(step) == 1:
            while stop < count and index[stop] - index[stop - 1] == step:
                stop += 1
        else:
            step = 1
        end = int(index[stop - 1]) + step
        found.append((int(index[start]), None if end < 0 else end, step))
        start = stop
    return found


def _mirrored_at_points(x: Array, axis: int, width: tuple[int, int], mode: str) -> Array:
    """Continue an array as if turned by half around its ends, as far as it reaches each time.

    It reaches as far as whole periods of the first array do, so that it is no matter how far it
    went to the other side before.
    """
    before, after = width
    skip = 1 if mode == "reflect" else 0
    period = x.shape[axis] - skip
    while before or after:
        length = x.shape[axis]
        reach = (length - skip) // period * period
        left, right = min(before, reach), min(after, reach)
        first, last = x[_side(axis, 0, 1)], x[_side(axis, length - 1, None)]
        low = _side(axis, left + skip - 1, skip - 1 if skip else None, -1)
        end = length - 1 - skip
        high = _side(axis, end, end - right if end - right >= 0 else None, -1)
        x = _joined(
            2 * first - x[low] if left else None, x, 2 * last - x[high] if right else None, axis
        )
        before, after = before - left, after - right
    return x


_PADDERS: dict[str, Callable[..., Array]] = {
    "constant": _constant,
    "edge": _edge,
    "empty": _empty,
    "linear_ramp": _linear_ramp,
    **dict.fromkeys(STATISTICS, _statistic),
    **dict.fromkeys(MIRRORS, _mirrored),
}


# -- functions of users --------------------------------------------------------------------------


def _padded_by(
    x: Array, widths: list[tuple[int, int]], function: Callable[..., Any], kwargs: dict[str, Any]
) -> Array:
    """Let a function set the borders of all vectors, one dimension after the other."""
    x = pad(x, widths)
    for axis, width in enumerate(widths):
        x = rechunk(x, {axis: -1})
        x = _with_borders_set(x, axis, width, function, kwargs)
    return x


def _with_borders_set(
    x: Array, axis: int, width: tuple[int, int], function: Callable[..., Any], kwargs: Any
) -> Array:
    return new_array(
        "pad",
        (x.name, axis, width, function, kwargs),
        x.chunks,
        x.meta,
        lambda name: Blockwise.call(
            name, x.numblocks, set_borders,
            [operand(x.expr, range(x.ndim)), function, width, axis, kwargs],
        ),
    )  # fmt: skip


def set_borders(
    block: Any, function: Callable[..., Any], width: tuple[int, int], axis: int, kwargs: Any
) -> Any:
    """Return a block after a function has set the ends of its vectors along an axis."""
    block = block.copy()
    vectors = np.moveaxis(block, axis, -1)
    for index in np.ndindex(vectors.shape[:-1]):
        function(vectors[index], width, axis, kwargs)
    return block


__all__ = ["pad"]

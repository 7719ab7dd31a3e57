"""The elements of an array, in C order, in another shape."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np

from treadle.array.chunks import Chunks, is_known
from treadle.array.core import Array, asanyarray, new_array
from treadle.array.expr import operand, per_position
from treadle.array.meta import meta_of
from treadle.array.rechunk import rechunk
from treadle.array.reshape_plan import plan_reshape
from treadle.graph.blockwise import Blockwise
from treadle.graph.expr import Expr
from treadle.graph.gather import Gather
from treadle.graph.layer import Inputs
from treadle.graph.template import Template
from treadle.utils.format import parse_bytes

#: A block may become so many bytes, if there are no larger ones already.
SMALL_BLOCK = 2**24


def reshape(
    x: Any,
    shape: int | Sequence[int],
    merge_chunks: bool = True,
    limit: int | str | None = None,
    *,
    copy: bool | None = None,
) -> Array:
    """Return the elements, in C order, in another shape.

    Blocks stay within bounds: those of the result, and those on the way to it, are no larger than
    the array's own, unless these are small.

    Parameters
    ----------
    x : array_like
    shape : int or sequence of int
        One of them may be -1: it follows from the others.
    merge_chunks : bool
        Make blocks whole along dimensions that are merged into others; without it, blocks become
        1 long along those in front of them.
    limit : int or str, optional
        Bytes of a block; without it, those of the array's largest one, or 16 MiB.
    copy : bool, optional
        Of no matter: arrays in blocks don't change.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If the shape doesn't fit, or it can't be told because lengths are not known.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.arange(12, chunks=5).reshape(3, 4).chunks
    ((1, 1, 1), (4,))
    """
    array = asanyarray(x)
    wanted = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    if not is_known(array.chunks):
        return _reshape_unknown(array, wanted)
    new = _resolved(wanted, array.shape)
    if new == array.shape:
        return array
    if array.size == 0:
        empty = tuple((length,) for length in array.shape)
        return _reshaped(rechunk(array, empty), tuple((length,) for length in new))
    if limit is None:
        room = max(math.prod(array.chunksize), SMALL_BLOCK // max(array.itemsize, 1))
    else:
        room = parse_bytes(limit) // max(array.itemsize, 1)
    for before, after in plan_reshape(array.chunks, new, max(room, 1), merge=merge_chunks):
        array = _reshaped(rechunk(array, before), after)
    return array


def _resolved(shape: Sequence[Any], old: tuple[int, ...]) -> tuple[int, ...]:
    """Return a shape without -1 that has as many elements as ``old``."""
    new = [operator.index(length) for length in shape]
    size = math.prod(old)
    if new.count(-1) > 1:
        raise ValueError(f"only one length may be -1, not {new.count(-1)} of {tuple(shape)}")
    if any(length < -1 for length in new):
        raise ValueError(f"lengths can't be negative, as in {tuple(shape)}")
    if -1 in new:
        known = math.prod(length for length in new if length != -1)
        if known == 0 or size % known:
            raise ValueError(f"an array of shape {old} can't be reshaped into {tuple(shape)}")
        new[new.index(-1)] = size // known
    if math.prod(new) != size:
        raise ValueError(f"an array of shape {old} can't be reshaped into {tuple(shape)}")
    return tuple(new)


def _reshape_unknown(x: Array, shape: Sequence[int]) -> Array:
    """Reshape an array of which one length is not known: -1 must take that dimension in."""
    unknown = [n for n, lengths in enumerate(x.chunks) if not is_known([lengths])]
    into = [n for n, length in enumerate(shape) if length == -1]
    if len(unknown) == len(into) == 1:
        (axis,), (place,) = unknown, into
        if x.shape[:axis] == shape[:place]:
            for last in range(axis + 1, x.ndim + 1):  # dimensions from axis up to last become one
                if x.shape[last:] != shape[place + 1 :]:
                    continue
                x = rechunk(x, dict.fromkeys(range(axis + 1, last), -1))
                if last > axis + 1:
                    x = _reshaped(x, (*x.chunks[:axis], _times(x, axis, last), *x.chunks[last:]))
                return x
    raise ValueError(
        f"an array of shape {x.shape} can't be reshaped into {tuple(shape)} before its lengths are "
        "known; call compute_chunk_sizes() first"
    )


def _times(x: Array, axis: int, last: int) -> tuple[int, ...]:
    """Return the lengths of blocks when dimensions from ``axis`` up to ``last`` become one."""
    after = math.prod(x.shape[axis + 1 : last])
    return tuple(length * after for length in x.chunks[axis])


def _reshaped(x: Array, chunks: Chunks) -> Array:
    """Return an array whose blocks are those of ``x``, in C order, in other shapes."""
    if chunks == x.chunks:
        return x
    shapes = [[-1 if math.isnan(n) else n for n in lengths] for lengths in chunks]
    axes = _followed(x.numblocks, tuple(map(len, chunks)))

    def body(name: str) -> Expr:
        numblocks = tuple(map(len, chunks))
        if axes is not None:
            return Blockwise.call(
                name, numblocks, reshape_block, [operand(x.expr, axes), per_position(*shapes)]
            )
        rows = math.prod(numblocks)
        return Gather(
            name, numblocks, (x.expr,), reshape_block,
            lambda: Inputs.regular([x.name], np.arange(rows)[:, None]),
            templates=lambda: [
                Template((None, shape), (0,), (), {}, ()) for shape in product(*shapes)
            ],
        )  # fmt: skip

    return new_array("reshape", (x.name, chunks), chunks, meta_of(x.meta, len(chunks)), body)


def _followed(old: tuple[int, ...], new: tuple[int, ...]) -> tuple[int | None, ...] | None:
    """Return for each old dimension the new one that its blocks follow; None if several become
    one, or one several."""
    several = [n for n, count in enumerate(old) if count > 1]
    into = [n for n, count in enumerate(new) if count > 1]
    if [old[n] for n in several] != [new[n] for n in into]:
        return None
    place = dict(zip(several, into, strict=True))
    return tuple(place.get(n) for n in range(len(old)))


def reshape_block(block: Any, shape: tuple[int, ...]) -> Any:
    """Return a block in another shape."""
    return block.reshape(shape)


def ravel(array: Any) -> Array:
    """Return the elements, in C order, along one dimension.

    Parameters
    ----------
    array : array_like

    Returns
    -------
    Array

    Examples
    --------
    >>> import treadle.array as da
    >>> da.ravel(da.ones((2, 3), chunks=1)).shape
    (6,)
    """
    return reshape(array, -1)


__all__ = ["ravel", "reshape"]

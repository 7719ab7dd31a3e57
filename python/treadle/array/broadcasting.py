"""Broadcasting: elements repeated along dimensions, without a copy of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from treadle.array.axes import Axes
from treadle.array.chunks import Chunks, is_known, normalize_chunks
from treadle.array.core import Array, asanyarray
from treadle.array.dimensions import in_order
from treadle.array.elementwise import broadcast_shapes, match_blocks
from treadle.array.rechunk import rechunk


def broadcast_to(x: Any, shape: Any, chunks: Any = None, meta: Any = None) -> Array:
    """Return the array repeated along new dimensions, and those of length 1.

    Parameters
    ----------
    x : array_like
    shape : int or tuple of int
    chunks : tuple, optional
        Lengths of the result's blocks; those along dimensions that are not repeated must be the
        array's.  Without it, a repeated dimension is one block.
    meta : array, optional
        Taken for Dask's sake; the kind of the blocks is known.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If the shapes don't fit.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.broadcast_to(da.ones((3, 1), chunks=1), (2, 3, 4)).numblocks
    (1, 3, 1)
    """
    x = asanyarray(x)
    shape = (shape,) if np.ndim(shape) == 0 else tuple(shape)
    new = len(shape) - x.ndim
    if new < 0 or any(
        own != 1 and own != length and not (math.isnan(own) and math.isnan(length))
        for own, length in zip(x.shape, shape[max(new, 0) :], strict=False)
    ):
        raise ValueError(f"an array of shape {x.shape} can't be broadcast to {shape}")
    axes: Axes = (None,) * new + tuple(
        None if own == 1 and length != 1 else n
        for n, (own, length) in enumerate(zip(x.shape, shape[new:], strict=True))
    )
    if chunks is None:
        target: Chunks = tuple(
            (length,) if axis is None else x.chunks[axis]
            for axis, length in zip(axes, shape, strict=True)
        )
    else:
        target = normalize_chunks(chunks, shape, dtype=x.dtype)
        for axis, lengths in zip(axes, target, strict=True):
            if axis is not None and is_known([lengths]) and lengths != x.chunks[axis]:
                raise ValueError(
                    f"chunks {lengths} are not those of the array, {x.chunks[axis]}; rechunk it "
                    "first"
                )
    stretched = {n: -1 for n in range(x.ndim) if n not in axes and x.numblocks[n] != 1}
    return in_order("broadcast_to", rechunk(x, stretched) if stretched else x, axes, target)


def broadcast_arrays(*args: Any, subok: bool = False) -> tuple[Array, ...]:
    """Return arrays broadcast to one shape, in matching blocks.

    Parameters
    ----------
    *args : array_like
    subok : bool
        Taken for NumPy's sake: blocks keep their kind.

    Returns
    -------
    tuple of Array

    Raises
    ------
    ValueError
        If the shapes don't fit.

    Examples
    --------
    >>> import treadle.array as da
    >>> x, y = da.broadcast_arrays(da.ones(3, chunks=2), da.ones((2, 1)))
    >>> x.chunks == y.chunks == ((2,), (2, 1))
    True
    """
    arrays = [asanyarray(arg) for arg in args]
    shape = broadcast_shapes(*[array.shape for array in arrays])
    arrays = match_blocks(arrays)
    chunks = []
    for n in range(len(shape)):
        along = [
            array.chunks[n - len(shape) + array.ndim]
            for array in arrays
            if n >= len(shape) - array.ndim
        ]
        chunks.append(next((lengths for lengths in along if lengths != (1,)), (1,)))
    return tuple(broadcast_to(array, shape, tuple(chunks)) for array in arrays)


__all__ = ["broadcast_arrays", "broadcast_to"]

"""Arrays one after the other, and side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from treadle.array.chunks import is_known, unify
from treadle.array.concatenated import concatenated
from treadle.array.core import Array, asanyarray
from treadle.array.dimensions import atleast_1d, atleast_2d, atleast_3d, expand_dims
from treadle.array.rechunk import rechunk
from treadle.base import current_annotations
from treadle.graph.source import outside_caller


def concatenate(
    seq: Sequence[Any], axis: int | None = 0, allow_unknown_chunksizes: bool = False
) -> Array:
    """Join arrays along one of their dimensions.

    Parameters
    ----------
    seq : sequence of array_like
        Of equal shapes but for the length along ``axis``.
    axis : int, optional
        None joins what ``ravel`` makes of the arrays.
    allow_unknown_chunksizes : bool
        Take it that blocks of unknown lengths along the other dimensions match.

    Returns
    -------
    Array
        Its blocks are blocks of the arrays; joining makes no tasks.

    Raises
    ------
    ValueError
        If there are no arrays, or shapes don't fit.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.concatenate([da.ones((2, 3)), da.zeros((1, 3))]).chunks
    ((2, 1), (3,))
    """
    arrays = [asanyarray(item) for item in seq]
    if not arrays:
        raise ValueError("need at least one array to concatenate")
    if axis is None:
        arrays = [array.ravel() for array in arrays]
        axis = 0
    ndim = arrays[0].ndim
    if not ndim:
        raise ValueError("arrays without dimensions can't be concatenated; stack them")
    axis = normalize_axis_index(axis, ndim)
    _check_shapes(arrays, axis, allow_unknown_chunksizes)
    dtype = np.result_type(*[array.dtype for array in arrays])
    full = [array for array in arrays if array.shape[axis] != 0] or arrays[:1]
    full = [array if array.dtype == dtype else array.astype(dtype) for array in full]
    if len(full) == 1:
        return full[0]
    exprs = [array.expr for array in _matched(full, axis)]
    return Array(
        concatenated(exprs, axis, source=outside_caller(), annotations=current_annotations())
    )


def _check_shapes(arrays: list[Array], axis: int, allow_unknown: bool) -> None:
    first = arrays[0]
    for array in arrays:
        if array.ndim != first.ndim:
            raise ValueError(
                "arrays to be concatenated must have as many dimensions each, not "
                f"{[array.ndim for array in arrays]}"
            )
        for n, (length, other) in enumerate(zip(array.shape, first.shape, strict=True)):
            if n == axis or length == other:
                continue
            if not math.isnan(length) and not math.isnan(other):
                raise ValueError(
                    f"arrays to be concatenated along axis {axis} must have the same length along "
                    f"axis {n}, not {[array.shape[n] for array in arrays]}"
                )
            if not allow_unknown:
                raise ValueError(
                    f"arrays to be concatenated along axis {axis} have unknown lengths along axis "
                    f"{n}; call compute_chunk_sizes() on them, or pass "
                    "allow_unknown_chunksizes=True if they match"
                )


def _matched(arrays: list[Array], axis: int) -> list[Array]:
    """Rechunk arrays so that their blocks match along all dimensions but ``axis``."""
    target: dict[int, tuple[int, ...]] = {}
    for n in range(arrays[0].ndim):
        several = [array.chunks[n] for array in arrays]
        if n != axis and is_known(several):
            target[n] = unify(several)
        elif n != axis and len(set(map(len, several))) > 1:
            raise ValueError(
                f"arrays have unknown lengths, and different numbers of blocks, along axis {n}: "
                f"{several}; call compute_chunk_sizes() on them first"
            )
    return [rechunk(array, target) for array in arrays]


def stack(seq: Sequence[Any], axis: int = 0, allow_unknown_chunksizes: bool = False) -> Array:
    """Join arrays along a new dimension.

    Parameters
    ----------
    seq : sequence of array_like
        Of equal shapes.
    axis : int
        Where the new dimension stands.
    allow_unknown_chunksizes : bool
        Take it that blocks of unknown lengths match.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If there are no arrays, or shapes differ.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.stack([da.ones(3), da.zeros(3)], axis=1).shape
    (3, 2)
    """
    arrays = [asanyarray(item) for item in seq]
    if not arrays:
        raise ValueError("need at least one array to stack")
    shapes = {array.shape for array in arrays}
    if len(shapes) > 1 and all(not math.isnan(n) for shape in shapes for n in shape):
        raise ValueError(f"arrays to be stacked must have one shape, not {sorted(shapes)}")
    axis = normalize_axis_index(axis, arrays[0].ndim + 1)
    return concatenate(
        [expand_dims(array, axis) for array in arrays], axis, allow_unknown_chunksizes
    )


def vstack(tup: Sequence[Any], allow_unknown_chunksizes: bool = False) -> Array:
    """Join arrays along the first dimension; vectors are rows.

    Parameters
    ----------
    tup : sequence of array_like
    allow_unknown_chunksizes : bool
        Take it that blocks of unknown lengths match.

    Returns
    -------
    Array

    Examples
    --------
    >>> import treadle.array as da
    >>> da.vstack([da.ones(3), da.zeros(3)]).shape
    (2, 3)
    """
    return concatenate([atleast_2d(item) for item in tup], 0, allow_unknown_chunksizes)


def hstack(tup: Sequence[Any], allow_unknown_chunksizes: bool = False) -> Array:
    """Join arrays along the second dimension, vectors along their only one.

    Parameters
    ----------
    tup : sequence of array_like
    allow_unknown_chunksizes : bool
        Take it that blocks of unknown lengths match.

    Returns
    -------
    Array

    Examples
    --------
    >>> import treadle.array as da
    >>> da.hstack([da.ones(3), da.zeros(3)]).shape
    (6,)
    """
    arrays = [atleast_1d(item) for item in tup]
    axis = 0 if arrays and arrays[0].ndim == 1 else 1
    return concatenate(arrays, axis, allow_unknown_chunksizes)


def dstack(tup: Sequence[Any], allow_unknown_chunksizes: bool = False) -> Array:
    """Join arrays along the third dimension.

    Parameters
    ----------
    tup : sequence of array_like
    allow_unknown_chunksizes : bool
        Take it that blocks of unknown lengths match.

    Returns
    -------
    Array

    Examples
    --------
    >>> import treadle.array as da
    >>> da.dstack([da.ones((2, 3)), da.zeros((2, 3))]).shape
    (2, 3, 2)
    """
    return concatenate([atleast_3d(item) for item in tup], 2, allow_unknown_chunksizes)


def column_stack(tup: Sequence[Any]) -> Array:
    """Join arrays along the second dimension; vectors are columns.

    Parameters
    ----------
    tup : sequence of array_like

    Returns
    -------
    Array

    Examples
    --------
    >>> import treadle.array as da
    >>> da.column_stack([da.ones(3), da.zeros(3)]).shape
    (3, 2)
    """
    arrays = [asanyarray(item) for item in tup]
    return concatenate(
        [array if array.ndim >= 2 else atleast_2d(array).T for array in arrays], axis=1
    )


def block(arrays: Any, allow_unknown_chunksizes: bool = False) -> Array:
    """Put arrays together from nested lists of them.

    Those of the innermost lists are joined along the last dimension, those of the lists around
    them along the one before, and so on.

    Parameters
    ----------
    arrays : nested list of array_like
        Equally deep everywhere.
    allow_unknown_chunksizes : bool
        Take it that blocks of unknown lengths match.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If the depths of lists differ, or a list is empty.
    TypeError
        If a tuple stands for a list.

    Examples
    --------
    >>> import treadle.array as da
    >>> x = da.ones((2, 2), chunks=1)
    >>> da.block([[x, 2 * x], [3 * x, 4 * x]]).shape
    (4, 4)
    """
    depth = _depth(arrays)
    ndim = max(depth, *_dimensions(arrays))

    def joined(nested: Any, level: int) -> Array:
        if level < depth:
            parts = [joined(item, level + 1) for item in nested]
            return concatenate(parts, ndim - depth + level, allow_unknown_chunksizes)
        array = asanyarray(nested)
        missing = ndim - array.ndim
        return expand_dims(array, tuple(range(missing))) if missing else array

    return joined(arrays, 0)


def _depth(nested: Any) -> int:
    """Return how deep lists are nested."""
    if isinstance(nested, tuple):
        raise TypeError("arrays to be put together stand in lists; a tuple is not taken for one")
    if not isinstance(nested, list):
        return 0
    depths = {_depth(item) for item in nested}
    if not depths:
        raise ValueError("a list of arrays to be put together is empty")
    if len(depths) > 1:
        raise ValueError(f"lists of arrays differ in depth: {sorted(depths)} in one list")
    return 1 + depths.pop()


def _dimensions(nested: Any) -> list[int]:
    """Return the number of dimensions of every array in nested lists."""
    if isinstance(nested, list):
        return [ndim for item in nested for ndim in _dimensions(item)]
    return [nested.ndim if isinstance(nested, Array) else np.ndim(nested)]


__all__ = ["block", "column_stack", "concatenate", "dstack", "hstack", "stack", "vstack"]

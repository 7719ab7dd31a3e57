"""Dimensions in another order, new ones, and without some."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from treadle.array.axes import Axes, rearranged
from treadle.array.chunks import Chunks
from treadle.array.core import Array, asanyarray
from treadle.array.rechunk import rechunk
from treadle.base import current_annotations
from treadle.graph.source import outside_caller


def in_order(prefix: str, x: Array, axes: Axes, chunks: Chunks | None = None) -> Array:
    """Return the array with its dimensions in the order of ``axes``; None is a new one."""
    return Array(
        rearranged(
            prefix, x.expr, axes, chunks,
            source=outside_caller(), annotations=current_annotations(),
        )
    )  # fmt: skip


def transpose(a: Any, axes: Any = None) -> Array:
    """Return the array with its dimensions in another order.

    Parameters
    ----------
    a : array_like
    axes : sequence of int, optional
        Which dimension each one of the result is; reversed without it.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If ``axes`` don't name every dimension once.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.transpose(da.ones((2, 3), chunks=1)).shape
    (3, 2)
    """
    a = asanyarray(a)
    if axes is None:
        order = tuple(reversed(range(a.ndim)))
    else:
        if len(axes) != a.ndim:
            raise ValueError(f"axes {tuple(axes)} don't match an array of {a.ndim} dimensions")
        order = normalize_axis_tuple(axes, a.ndim, "axes")
    return in_order("transpose", a, order)


def expand_dims(a: Any, axis: int | Sequence[int]) -> Array:
    """Return the array with new dimensions of length 1.

    Parameters
    ----------
    a : array_like
    axis : int or sequence of int
        Where they stand in the result.

    Returns
    -------
    Array

    Raises
    ------
    numpy.exceptions.AxisError
        If an axis is out of range.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.expand_dims(da.ones(3), 0).shape
    (1, 3)
    """
    a = asanyarray(a)
    wanted = [axis] if isinstance(axis, (int, np.integer)) else list(axis)
    ndim = a.ndim + len(wanted)
    new = normalize_axis_tuple(wanted, ndim)
    old = iter(range(a.ndim))
    return in_order("expand_dims", a, tuple(None if n in new else next(old) for n in range(ndim)))


def squeeze(a: Any, axis: int | Sequence[int] | None = None) -> Array:
    """Return the array without dimensions of length 1.

    Parameters
    ----------
    a : array_like
    axis : int or sequence of int, optional
        Which; all that have length 1 without it.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If one of them is longer than 1.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.squeeze(da.ones((1, 3, 1))).shape
    (3,)
    """
    a = asanyarray(a)
    if axis is None:
        gone = tuple(n for n, length in enumerate(a.shape) if length == 1)
    else:
        gone = normalize_axis_tuple(axis, a.ndim)
    for n in gone:
        if a.shape[n] != 1:
            raise ValueError(f"axis {n} has length {a.shape[n]}; only those of 1 can be left out")
    a = rechunk(a, {n: -1 for n in gone if a.numblocks[n] != 1}) if gone else a
    return in_order("squeeze", a, tuple(n for n in range(a.ndim) if n not in gone))


def permute_dims(x: Any, /, axes: Any) -> Array:
    """Return the array with its dimensions in another order.

    Parameters
    ----------
    x : array_like
    axes : sequence of int
        Which dimension each one of the result is.

    Returns
    -------
    Array

    Examples
    --------
    >>> import treadle.array as da
    >>> da.permute_dims(da.ones((2, 3, 4)), (2, 0, 1)).shape
    (4, 2, 3)
    """
    return transpose(x, axes)


def matrix_transpose(x: Any, /) -> Array:
    """Return the array with its last two dimensions swapped.

    Parameters
    ----------
    x : array_like

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If there are fewer than two.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.matrix_transpose(da.ones((2, 3, 4))).shape
    (2, 4, 3)
    """
    x = asanyarray(x)
    if x.ndim < 2:
        raise ValueError(f"a matrix has two dimensions or more, and this array has {x.ndim}")
    return swapaxes(x, -1, -2)


def swapaxes(a: Any, axis1: int, axis2: int) -> Array:
    """Return the array with two dimensions swapped.

    Parameters
    ----------
    a : array_like
    axis1, axis2 : int

    Returns
    -------
    Array

    Raises
    ------
    numpy.exceptions.AxisError
        If an axis is out of range.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.swapaxes(da.ones((2, 3, 4)), 0, 2).shape
    (4, 3, 2)
    """
    a = asanyarray(a)
    axis1, axis2 = normalize_axis_index(axis1, a.ndim), normalize_axis_index(axis2, a.ndim)
    order = list(range(a.ndim))
    order[axis1], order[axis2] = axis2, axis1
    return transpose(a, order)


def moveaxis(a: Any, source: int | Sequence[int], destination: int | Sequence[int]) -> Array:
    """Return the array with some dimensions at other places.

    Parameters
    ----------
    a : array_like
    source, destination : int or sequence of int
        Which dimensions, and where they stand in the result.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If there are not as many sources as destinations.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.moveaxis(da.ones((2, 3, 4)), 0, -1).shape
    (3, 4, 2)
    """
    a = asanyarray(a)
    source = normalize_axis_tuple(source, a.ndim, "source")
    destination = normalize_axis_tuple(destination, a.ndim, "destination")
    if len(source) != len(destination):
        raise ValueError(
            f"there must be as many sources as destinations, not {source} and {destination}"
        )
    order = [n for n in range(a.ndim) if n not in source]
    for place, axis in sorted(zip(destination, source, strict=True)):
        order.insert(place, axis)
    return transpose(a, order)


def rollaxis(a: Any, axis: int, start: int = 0) -> Array:
    """Return the array with one dimension in front of another.

    Parameters
    ----------
    a : array_like
    axis : int
        Which.
    start : int
        The dimension it comes to stand before.

    Returns
    -------
    Array

    Raises
    ------
    numpy.exceptions.AxisError
        If an axis is out of range.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.rollaxis(da.ones((2, 3, 4)), 2).shape
    (4, 2, 3)
    """
    a = asanyarray(a)
    axis = normalize_axis_index(axis, a.ndim)
    place = start if start == a.ndim else normalize_axis_index(start, a.ndim)
    order = [n for n in range(a.ndim) if n != axis]
    order.insert(place - (axis < place), axis)
    return transpose(a, order)


def _at_least(arys: tuple[Any, ...], axes: Sequence[Axes]) -> Any:
    """Return arrays with dimensions as ``axes[ndim]`` says; those that have enough as they are."""
    found = []
    for item in arys:
        x = asanyarray(item)
        found.append(in_order("atleast", x, axes[x.ndim]) if x.ndim < len(axes) else x)
    return found[0] if len(found) == 1 else tuple(found)


def atleast_1d(*arys: Any) -> Any:
    """Return arrays with one dimension or more.

    Parameters
    ----------
    *arys : array_like

    Returns
    -------
    Array or tuple of Array

    Examples
    --------
    >>> import treadle.array as da
    >>> da.atleast_1d(5).shape
    (1,)
    """
    return _at_least(arys, [(None,)])


def atleast_2d(*arys: Any) -> Any:
    """Return arrays with two dimensions or more; new ones come first.

    Parameters
    ----------
    *arys : array_like

    Returns
    -------
    Array or tuple of Array

    Examples
    --------
    >>> import treadle.array as da
    >>> da.atleast_2d(da.ones(3)).shape
    (1, 3)
    """
    return _at_least(arys, [(None, None), (None, 0)])


def atleast_3d(*arys: Any) -> Any:
    """Return arrays with three dimensions or more; new ones stand as NumPy has them.

    Parameters
    ----------
    *arys : array_like

    Returns
    -------
    Array or tuple of Array

    Examples
    --------
    >>> import treadle.array as da
    >>> da.atleast_3d(da.ones(3)).shape, da.atleast_3d(da.ones((3, 4))).shape
    ((1, 3, 1), (3, 4, 1))
    """
    return _at_least(arys, [(None, None, None), (None, 0, None), (0, 1, None)])


__all__ = [
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "expand_dims",
    "matrix_transpose",
    "moveaxis",
    "permute_dims",
    "rollaxis",
    "squeeze",
    "swapaxes",
    "transpose",
]

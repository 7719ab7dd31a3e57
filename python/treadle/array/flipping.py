"""Elements in the opposite order, and quarter turns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.lib.array_utils import normalize_axis_tuple

from treadle.array.basic_indexing import getitem, normalize_entry
from treadle.array.core import Array, asanyarray
from treadle.array.dimensions import swapaxes
from treadle.base import current_annotations
from treadle.graph.source import outside_caller

BACKWARD = slice(None, None, -1)


def flip(m: Any, axis: int | Sequence[int] | None = None) -> Array:
    """Return the elements in the opposite order along some dimensions.

    Parameters
    ----------
    m : array_like
    axis : int or sequence of int, optional
        All of them without it.

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
    >>> da.flip(da.arange(4, chunks=2)).compute()
    array([3, 2, 1, 0])
    """
    m = asanyarray(m)
    axes = range(m.ndim) if axis is None else normalize_axis_tuple(axis, m.ndim)
    index = tuple(
        normalize_entry(BACKWARD if n in axes else slice(None), length, n)
        for n, length in enumerate(m.shape)
    )
    options: Any = {"source": outside_caller(), "annotations": current_annotations()}
    return Array(getitem(m.expr, index, **options))


def flipud(m: Any) -> Array:
    """Return the elements in the opposite order along the first dimension.

    Parameters
    ----------
    m : array_like

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If there is no dimension.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.flipud(da.arange(4, chunks=2)).compute()
    array([3, 2, 1, 0])
    """
    return _flip_one(m, 0)


def fliplr(m: Any) -> Array:
    """Return the elements in the opposite order along the second dimension.

    Parameters
    ----------
    m : array_like

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If there are fewer than two dimensions.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.fliplr(da.arange(4, chunks=2).reshape(2, 2)).compute()
    array([[1, 0],
           [3, 2]])
    """
    return _flip_one(m, 1)


def _flip_one(m: Any, axis: int) -> Array:
    m = asanyarray(m)
    if m.ndim <= axis:
        raise ValueError(f"an array of {axis + 1} dimensions or more is needed, not of {m.ndim}")
    return flip(m, axis)


def rot90(m: Any, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Array:
    """Return the array turned by quarters in the plane of two dimensions.

    Parameters
    ----------
    m : array_like
    k : int
        How many quarters, from the first dimension to the second.
    axes : tuple of int

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If ``axes`` are not two different dimensions.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.rot90(da.arange(4, chunks=2).reshape(2, 2)).compute()
    array([[1, 3],
           [0, 2]])
    """
    x = asanyarray(m)
    if len(axes) != 2:
        raise ValueError(f"axes must be two, not {axes}")
    if any(not -x.ndim <= axis < x.ndim for axis in axes):
        raise ValueError(f"axes {axes} are out of range for an array of {x.ndim} dimensions")
    first, second = (axis % x.ndim for axis in axes)
    if first == second:
        raise ValueError(f"axes must be different ones, not {axes}")
    k %= 4
    if k == 0:
        return x
    if k == 2:
        return flip(x, (first, second))
    if k == 1:
        return swapaxes(flip(x, second), first, second)
    return flip(swapaxes(x, first, second), second)


__all__ = ["flip", "fliplr", "flipud", "rot90"]

"""Functions of users along axes: ``apply_along_axis`` and ``apply_over_axes``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

import treadle.array as da
from treadle.array.core import Array, asanyarray
from treadle.array.index_calls import index_call


def apply_along_axis(
    func1d: Callable[..., Any],
    axis: int,
    arr: Any,
    *args: Any,
    dtype: Any = None,
    shape: Any = None,
    **kwargs: Any,
) -> Array:
    """Call a function on all one-dimensional slices along an axis.

    Parameters
    ----------
    func1d : callable
        Takes one dimension; returns an array of any number of dimensions, or a scalar.
    axis : int
    arr : array_like
    *args : object
        Passed on.
    dtype : dtype, optional
    shape : tuple of int, optional
        Of what ``func1d`` returns.  Unless both are given, it is called once, on ones.
    **kwargs : object
        Passed on.

    Returns
    -------
    Array

    Raises
    ------
    numpy.exceptions.AxisError
        If the axis is out of range.
    ValueError
        If the call on ones fails, or the length along the axis is not known and would be needed
        for it.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> x = da.arange(6, chunks=2).reshape((2, 3))
    >>> da.apply_along_axis(np.ptp, 1, x).compute()
    array([2, 2])
    """
    arr = asanyarray(arr)
    axis = normalize_axis_index(axis, arr.ndim)
    if dtype is None or shape is None:
        found = _tried(func1d, arr, axis, args, kwargs)
        dtype = found.dtype if dtype is None else dtype
        shape = found.shape if shape is None else shape
    shape = tuple(np.atleast_1d(np.asarray(shape, int)).tolist())
    made = [("made", n) for n in range(len(shape))]
    out = (*range(axis), *made, *range(axis + 1, arr.ndim))
    return index_call(
        _along, out, [(func1d, None), (axis, None), (arr, tuple(range(arr.ndim))), (args, None)],
        kwargs, token="apply_along_axis", dtype=dtype, adjust_chunks={},
        new_axes=dict(zip(made, shape, strict=True)),
    )  # fmt: skip


def _along(func1d: Any, axis: int, block: Any, args: tuple[Any, ...], **kwargs: Any) -> Any:
    return np.apply_along_axis(func1d, axis, block, *args, **kwargs)


def _tried(func1d: Any, arr: Array, axis: int, args: Any, kwargs: Any) -> Any:
    """Return what the function makes of ones."""
    length = arr.shape[axis]
    if length != length:
        raise ValueError(
            f"axis {axis} has blocks of unknown lengths: give dtype= and shape=, or call "
            "compute_chunk_sizes() first"
        )
    try:
        return np.asarray(func1d(np.ones((length,), arr.dtype), *args, **kwargs))
    except Exception as error:
        raise ValueError(
            f"can't tell the shape and dtype of the results: called on ones the function raised "
            f"{error!r}; say them with shape= and dtype="
        ) from error


def apply_over_axes(func: Callable[..., Any], a: Any, axes: Any) -> Array:
    """Call a function, such as a reduction, over several axes one after the other.

    Parameters
    ----------
    func : callable
        Takes an array in blocks and an axis; returns one of as many dimensions, or of one less.
    a : array_like
    axes : int or sequence of int

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If a result has another number of dimensions.
    numpy.exceptions.AxisError
        If an axis is out of range.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.apply_over_axes(da.sum, da.ones((2, 3, 4)), [0, 2]).compute().ravel()
    array([8., 8., 8.])
    """
    result = asanyarray(a)
    ndim = result.ndim
    for axis in np.atleast_1d(axes).tolist():
        axis = normalize_axis_index(axis, ndim)
        found = func(result, axis)
        if found.ndim == ndim - 1:
            found = da.expand_dims(found, axis)
        elif found.ndim != ndim:
            raise ValueError(
                f"the function returned an array of {found.ndim} dimensions; {ndim} or one less "
                "were expected"
            )
        result = found
    return result


__all__ = ["apply_along_axis", "apply_over_axes"]

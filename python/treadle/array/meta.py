"""Metas: empty arrays that say which kind of array blocks are, of which dtype.

>>> meta_of(np.ones((3, 3), "i4")).shape, compute_meta(np.add, np.empty((0,), "i4"), 1.5).dtype
((0, 0), dtype('float64'))
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np


def meta_of(value: Any, ndim: int | None = None, dtype: Any = None) -> Any:
    """Return an empty array like ``value``: its type and dtype, with so many dimensions.

    Parameters
    ----------
    value : array_like, dtype or type
        An array of any library; whatever has no ``shape`` counts as what NumPy makes of it.
    ndim : int, optional
        Without it, that of ``value``.
    dtype : dtype, optional
        Without it, that of ``value``.
    """
    if isinstance(value, (type, np.dtype)) and not hasattr(value, "__array_function__"):
        value = np.zeros((0,) * (ndim or 0), dtype or value)
    if not (hasattr(value, "shape") and hasattr(value, "dtype")) or np.isscalar(value):
        value = np.asarray(value)
    if ndim is None:
        ndim = value.ndim
    if value.ndim == ndim and value.size == 0 and value.shape == (0,) * ndim:
        meta = value
    else:
        meta = _emptied(value, ndim)
    if dtype is not None and meta.dtype != np.dtype(dtype):
        if meta.dtype.kind == "c" and np.dtype(dtype).kind != "c":
            meta = meta.real  # a cast would warn of what is lost
        meta = meta.astype(dtype)
    return meta


def _emptied(value: Any, ndim: int) -> Any:
    """Return no elements of ``value``, with ``ndim`` dimensions."""
    if type(value) is np.ndarray:
        return np.zeros((0,) * ndim, value.dtype)  # of no dimensions: equal ones have equal tokens
    if isinstance(value, np.ma.MaskedArray):  # none of its elements: a sum of none is float64
        return np.ma.empty((0,) * ndim, value.dtype)
    dtype = value.dtype
    while value.ndim > ndim:
        value = (
            value[(0,) if value.shape[0] else slice(None)]
            if value.shape[0]
            else (value.reshape(value.shape[1:]) if 0 in value.shape[1:] else value.sum(axis=0))
        )
    if value.dtype != dtype:  # sums of small integers and truths are large integers
        value = value.astype(dtype)
    if value.ndim < ndim:
        value = (
            value[(np.newaxis,) * (ndim - value.ndim)] if value.ndim else value.reshape((1,) * ndim)
        )
    return value[(slice(0, 0),) * ndim]


def compute_meta(func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Return what ``func`` makes of metas, emptied; None if it can't be called on such.

    Only for functions of ours and of array libraries: user's functions see no invented data.
    """
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            value = func(*args, **kwargs)
        except (TypeError, ValueError, ZeroDivisionError, IndexError):
            return None
    if value is None or value is NotImplemented:
        return None
    return meta_of(value)

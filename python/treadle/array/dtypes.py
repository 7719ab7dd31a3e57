"""Dtypes: NumPy's, under NumPy's names, and what changes them."""

from __future__ import annotations

import builtins
import math
from typing import Any

import numpy as np
from numpy import (
    bool,
    complex64,
    complex128,
    e,
    euler_gamma,
    finfo,
    float32,
    float64,
    iinfo,
    inf,
    int8,
    int16,
    int32,
    int64,
    isdtype,
    nan,
    newaxis,
    pi,
    promote_types,
    uint8,
    uint16,
    uint32,
    uint64,
)

from treadle.array.core import Array, asanyarray, new_array
from treadle.array.elementwise import elemwise
from treadle.array.expr import operand
from treadle.array.meta import meta_of
from treadle.graph.blockwise import Blockwise


def astype(
    x: Any,
    dtype: Any,
    /,
    *,
    copy: builtins.bool = True,
    casting: Any = "unsafe",
    device: Any = None,
) -> Array:
    """Return the elements in another dtype.

    Parameters
    ----------
    x : array_like
    dtype : dtype
    copy : bool
        Of no matter: arrays in blocks don't change.
    casting : {"no", "equiv", "safe", "same_kind", "unsafe"}
        Which casts are allowed.
    device : str, optional
        Must be where ``x`` is.

    Returns
    -------
    Array

    Raises
    ------
    TypeError
        If ``casting`` doesn't allow it.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.astype(da.arange(3, chunks=2), "f4").compute()
    array([0., 1., 2.], dtype=float32)
    """
    array = asanyarray(x)
    if device is not None:
        array = array.to_device(device)
    target = np.dtype(dtype)
    if array.dtype == target:
        return array
    if not np.can_cast(array.dtype, target, casting):
        raise TypeError(
            f"cannot cast array data from {array.dtype!r} to {target!r} according to the rule "
            f"{casting!r}"
        )
    return elemwise(_astype, array, target, casting, name="astype")


def _astype(block: Any, dtype: Any, casting: Any) -> Any:
    if casting == "unsafe":  # not all libraries know the argument
        return block.astype(dtype)
    return block.astype(dtype, casting=casting)


def view(x: Any, dtype: Any = None, order: str = "C") -> Array:
    """Return the same bytes as elements of another dtype.

    Parameters
    ----------
    x : array_like
    dtype : dtype, optional
        Float64 if it is not given.
    order : {"C", "F"}
        Whether elements of another size make the last dimension longer or shorter, or the first.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If a block's bytes are no whole number of elements.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.view(da.ones(2, chunks=1), "u4").chunks
    ((2, 2),)
    """
    array = asanyarray(x)
    target = np.dtype(np.float64 if dtype is None else dtype)
    if order not in ("C", "F"):
        raise ValueError(f"order must be 'C' or 'F', not {order!r}")
    old, new = array.dtype.itemsize, target.itemsize
    chunks = list(array.chunks)
    if old != new:
        if not array.ndim:
            raise ValueError(f"one element of {old} bytes is no element of {new} bytes")
        axis = array.ndim - 1 if order == "C" else 0
        for length in chunks[axis]:
            if not math.isnan(length) and length * old % new:
                raise ValueError(
                    f"a block of {length * old} bytes along axis {axis} is no whole number of "
                    f"elements of {new} bytes; rechunk the array first"
                )
        chunks[axis] = tuple(
            length if math.isnan(length) else length * old // new for length in chunks[axis]
        )
    meta = meta_of(array.meta, dtype=target)
    return new_array(
        "view",
        (array.name, target, order),
        tuple(chunks),
        meta,
        lambda name: Blockwise.call(
            name,
            array.numblocks,
            _view,
            [operand(array.expr, range(array.ndim)), target, order],
        ),
    )


def _view(block: Any, dtype: Any, order: str) -> Any:
    if order == "F":
        return np.asfortranarray(block).T.view(dtype).T
    return np.asarray(block, order="C").view(dtype)


def result_type(*arrays_and_dtypes: Any) -> np.dtype[Any]:
    """Return the dtype that NumPy's promotion gives; computes nothing.

    Parameters
    ----------
    *arrays_and_dtypes : array_like, dtype or scalar
        Python's numbers take the dtype of the others where they can.

    Returns
    -------
    dtype

    Examples
    --------
    >>> import treadle.array as da
    >>> da.result_type(da.ones(3, chunks=2, dtype="f4"), 1.5, "i2")
    dtype('float32')
    """
    return np.result_type(*map(_dtype_or_value, arrays_and_dtypes))


def can_cast(from_: Any, to: Any, casting: Any = "safe") -> Any:
    """Tell whether a dtype, or the dtype of an array, can be cast to another.

    Parameters
    ----------
    from_ : dtype or Array
    to : dtype
    casting : {"no", "equiv", "safe", "same_kind", "unsafe"}

    Returns
    -------
    bool

    Examples
    --------
    >>> import treadle.array as da
    >>> da.can_cast(da.ones(3, chunks=2), "f4")
    False
    """
    return np.can_cast(_dtype_or_value(from_), _dtype_or_value(to), casting)


def _dtype_or_value(value: Any) -> Any:
    return value.dtype if isinstance(value, Array) else value


__all__ = [
    "astype",
    "bool",
    "can_cast",
    "complex64",
    "complex128",
    "e",
    "euler_gamma",
    "finfo",
    "float32",
    "float64",
    "iinfo",
    "inf",
    "int8",
    "int16",
    "int32",
    "int64",
    "isdtype",
    "nan",
    "newaxis",
    "pi",
    "promote_types",
    "result_type",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "view",
]

"""Arrays whose blocks are masked arrays: ``numpy.ma`` block by block.

Whatever else works on blocks works on masked ones too, and masks go with it:

>>> import treadle.array as da
>>> x = da.ma.masked_greater(da.arange(6, chunks=3), 3)
>>> (x + 1).compute()
masked_array(data=[1, 2, 3, 4, --, --],
             mask=[False, False, False, False,  True,  True],
       fill_value=999999)
>>> x.sum().compute()
np.int64(6)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import treadle.array as da
from treadle.array.core import Array, asanyarray
from treadle.array.elementwise import elemwise


def _with_value(function: Callable[..., Any], relation: str) -> Callable[..., Any]:
    name = function.__name__

    def mask(x: Any, value: Any, copy: bool = True) -> Any:
        return elemwise(_call_with_value, x, value, function=function, name=name)

    mask.__name__ = mask.__qualname__ = name
    mask.__doc__ = f"""Mask elements that are {relation} a value; see :func:`numpy.ma.{name}`.

    Parameters
    ----------
    x : array_like
    value : scalar or array_like
    copy : bool
        Of no matter: arrays in blocks don't change.

    Returns
    -------
    Array
    """
    return mask


def _call_with_value(x: Any, value: Any, function: Callable[..., Any]) -> Any:
    return function(x, value)


masked_equal = _with_value(np.ma.masked_equal, "equal to")
masked_not_equal = _with_value(np.ma.masked_not_equal, "not equal to")
masked_less = _with_value(np.ma.masked_less, "less than")
masked_less_equal = _with_value(np.ma.masked_less_equal, "less than or equal to")
masked_greater = _with_value(np.ma.masked_greater, "greater than")
masked_greater_equal = _with_value(np.ma.masked_greater_equal, "greater than or equal to")


def masked_values(
    x: Any, value: float, rtol: float = 1e-5, atol: float = 1e-8, shrink: bool = True
) -> Array:
    """Mask floating elements that are close to a value.

    Parameters
    ----------
    x : array_like
    value : float
    rtol, atol : float
        As for :func:`treadle.array.isclose`.
    shrink : bool
        Whether blocks without masked elements have no mask.

    Returns
    -------
    Array

    Examples
    --------
    >>> import treadle.array as da
    >>> da.ma.masked_values(da.asarray([1.1, 2.0]), 1.1).compute().mask
    array([ True, False])
    """
    return elemwise(np.ma.masked_values, x, value, rtol=rtol, atol=atol, shrink=shrink)


def masked_inside(x: Any, v1: Any, v2: Any, copy: bool = True) -> Array:
    """Mask elements between two values, which may stand in any order.

    Parameters
    ----------
    x : array_like
    v1, v2 : scalar
    copy : bool
        Of no matter: arrays in blocks don't change.

    Returns
    -------
    Array

    Examples
    --------
    >>> import treadle.array as da
    >>> da.ma.masked_inside(da.arange(4, chunks=2), 1, 2).compute().mask
    array([False,  True,  True, False])
    """
    return elemwise(np.ma.masked_inside, x, v1, v2)


def masked_outside(x: Any, v1: Any, v2: Any, copy: bool = True) -> Array:
    """Mask elements that are not between two values, which may stand in any order.

    Parameters
    ----------
    x : array_like
    v1, v2 : scalar
    copy : bool
        Of no matter: arrays in blocks don't change.

    Returns
    -------
    Array

    Examples
    --------
    >>> import treadle.array as da
    >>> da.ma.masked_outside(da.arange(4, chunks=2), 1, 2).compute().mask
    array([ True, False, False,  True])
    """
    return elemwise(np.ma.masked_outside, x, v1, v2)


def masked_where(condition: Any, a: Any, copy: bool = True) -> Array:
    """Mask elements where a condition holds.

    Parameters
    ----------
    condition : array_like of bool
        Of the same shape, or a scalar.
    a : array_like
    copy : bool
        Of no matter: arrays in blocks don't change.

    Returns
    -------
    Array

    Raises
    ------
    IndexError
        If the shapes differ.

    Examples
    --------
    >>> import treadle.array as da
    >>> x = da.arange(4, chunks=2)
    >>> da.ma.masked_where(x % 2 == 0, x).compute().mask
    array([ True, False,  True, False])
    """
    where, array = asanyarray(condition), asanyarray(a)
    if where.ndim and where.shape != array.shape:
        raise IndexError(
            f"inconsistent shape between the condition and the input (got {where.shape} and "
            f"{array.shape})"
        )
    return elemwise(_masked_where, where, array, name="masked_where")


def _masked_where(condition: Any, a: Any) -> Any:
    return np.ma.masked_where(np.broadcast_to(condition, np.shape(a)), a)


def masked_invalid(a: Any, copy: bool = True) -> Array:
    """Mask NaN and infinities.

    Parameters
    ----------
    a : array_like
    copy : bool
        Of no matter: arrays in blocks don't change.

    Returns
    -------
    Array

    Examples
    --------
    >>> import treadle.array as da
    >>> da.ma.masked_invalid(da.asarray([1.0, float("nan")])).compute().mask
    array([False,  True])
    """
    return elemwise(np.ma.masked_invalid, a)


def masked_array(
    data: Any, mask: Any = np.ma.nomask, fill_value: Any = None, **kwargs: Any
) -> Array:
    """Return an array of data under a mask.

    Parameters
    ----------
    data : array_like
    mask : array_like of bool, optional
        Of the same shape, or a scalar for all.
    fill_value : scalar or array of no dimensions, optional
    **kwargs : object
        ``dtype``, ``keep_mask``, ``hard_mask``, ``shrink``; see :class:`numpy.ma.MaskedArray`.

    Returns
    -------
    Array

    Raises
    ------
    numpy.ma.MaskError
        If data and mask differ in shape.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.ma.masked_array(da.arange(2, chunks=1), [True, False]).compute().mask
    array([ True, False])
    """
    array = asanyarray(data)
    if "dtype" in kwargs:
        array = array.astype(kwargs.pop("dtype"))
    if mask is np.ma.nomask:
        return elemwise(_masked, array, None, fill_value, options=kwargs, name="masked_array")
    where = asanyarray(mask)
    if where.ndim and where.shape != array.shape:
        raise np.ma.MaskError(
            f"data of shape {array.shape} and a mask of shape {where.shape} don't match"
        )
    return elemwise(_masked, array, where, fill_value, options=kwargs, name="masked_array")


def _masked(data: Any, mask: Any, fill_value: Any, options: dict[str, Any]) -> Any:
    if fill_value is not None:
        fill_value = np.asarray(fill_value)[()] if np.size(fill_value) else None
    if mask is None:
        mask = np.ma.nomask
    elif np.ndim(mask) == 0 and np.ndim(data):
        mask = np.broadcast_to(mask, np.shape(data))
    return np.ma.masked_array(data, mask, fill_value=fill_value, **options)


def filled(a: Any, fill_value: Any = None) -> Array:
    """Return the data with a value in place of masked elements.

    Parameters
    ----------
    a : array_like
    fill_value : scalar, optional
        Otherwise that of the array.

    Returns
    -------
    Array
        Of NumPy arrays.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.ma.filled(da.ma.masked_less(da.arange(3, chunks=2), 1), -1).compute()
    array([-1,  1,  2])
    """
    return elemwise(np.ma.filled, a, fill_value)


def fix_invalid(a: Any, fill_value: Any = None) -> Array:
    """Mask NaN and infinities, and put a value in their place.

    Parameters
    ----------
    a : array_like
    fill_value : scalar, optional
        Otherwise that of the array.

    Returns
    -------
    Array

    Examples
    --------
    >>> import treadle.array as da
    >>> da.ma.fix_invalid(da.asarray([1.0, float("inf")]), fill_value=0).compute().data
    array([1., 0.])
    """
    return elemwise(np.ma.fix_invalid, a, fill_value=fill_value)


def getdata(a: Any) -> Array:
    """Return the data, masked elements too.

    Parameters
    ----------
    a : array_like

    Returns
    -------
    Array

    Examples
    --------
    >>> import treadle.array as da
    >>> da.ma.getdata(da.ma.masked_less(da.arange(3, chunks=2), 1)).compute()
    array([0, 1, 2])
    """
    return elemwise(np.ma.getdata, a)


def getmaskarray(a: Any) -> Array:
    """Return the mask; all False if there is none.

    Parameters
    ----------
    a : array_like

    Returns
    -------
    Array of bool

    Examples
    --------
    >>> import treadle.array as da
    >>> da.ma.getmaskarray(da.ma.masked_less(da.arange(3, chunks=2), 1)).compute()
    array([ True, False, False])
    """
    return elemwise(np.ma.getmaskarray, a)


def set_fill_value(a: Any, fill_value: Any) -> None:
    """Give an array another fill value, in place.

    Parameters
    ----------
    a : Array
        Nothing happens unless its blocks are masked.
    fill_value : scalar

    Examples
    --------
    >>> import treadle.array as da
    >>> x = da.ma.masked_less(da.arange(3, chunks=2), 1)
    >>> da.ma.set_fill_value(x, -5)
    >>> da.ma.filled(x).compute()
    array([-5,  1,  2])
    """
    if isinstance(a, Array) and isinstance(a.meta, np.ma.MaskedArray):
        a._expr = elemwise(_with_fill_value, a, fill_value, name="set_fill_value").expr


def _with_fill_value(block: Any, fill_value: Any) -> Any:
    block = block.copy()
    block.fill_value = fill_value
    return block


def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    """Choose from ``x`` where a condition holds, and from ``y`` elsewhere, masks too.

    Parameters
    ----------
    condition : array_like of bool
    x, y : array_like, optional
        Without them, the places of what is true.

    Returns
    -------
    Array or tuple of Array

    Examples
    --------
    >>> import treadle.array as da
    >>> x = da.ma.masked_less(da.arange(3, chunks=2), 1)
    >>> da.ma.where(x.ndim == 1, x, 7).compute().mask
    array([ True, False, False])
    """
    if (x is None) != (y is None):
        raise ValueError("either both or neither of x and y should be given")
    if x is None:
        return nonzero(condition)
    return elemwise(np.ma.where, condition, x, y)


def nonzero(a: Any) -> Any:
    """Return the places of elements that are neither zero nor masked.

    Parameters
    ----------
    a : array_like

    Returns
    -------
    tuple of Array

    Examples
    --------
    >>> import treadle.array as da
    >>> x = da.ma.masked_greater(da.arange(4, chunks=2), 2)
    >>> da.ma.nonzero(x)[0].compute()
    array([1, 2])
    """
    return da.nonzero(filled(a, 0))


def count(a: Any, axis: Any = None, keepdims: bool = False, split_every: Any = None) -> Array:
    """Count the elements that are not masked.

    Parameters
    ----------
    a : array_like
    axis : int, tuple of int, optional
    keepdims : bool
    split_every : int or dict, optional
        How many blocks are taken together at once.

    Returns
    -------
    Array of int

    Examples
    --------
    >>> import treadle.array as da
    >>> da.ma.count(da.ma.masked_less(da.arange(3, chunks=2), 1)).compute()
    np.int64(2)
    """
    there = ~getmaskarray(a)
    return da.sum(there, axis=axis, keepdims=keepdims, split_every=split_every)


def average(
    a: Any,
    axis: Any = None,
    weights: Any = None,
    returned: bool = False,
    *,
    keepdims: bool = False,
) -> Any:
    """Return the weighted mean of the elements that are not masked.

    Parameters
    ----------
    a : array_like
    axis : int, tuple of int, optional
    weights : array_like, optional
        Of the shape of ``a``, or along ``axis``.
    returned : bool
        Whether the sums of weights come with it.
    keepdims : bool

    Returns
    -------
    Array, or tuple of two

    Examples
    --------
    >>> import treadle.array as da
    >>> x = da.ma.masked_less(da.arange(4, chunks=2), 1)
    >>> da.ma.average(x, weights=[9, 1, 1, 2]).compute()
    np.float64(2.25)
    """
    array = asanyarray(a)
    if weights is None:
        weight = da.ones_like(getdata(array), dtype=np.float64)
    else:
        weight = asanyarray(weights)
        if weight.shape != array.shape:
            if axis is None:
                raise TypeError("axis must be given when the shapes of a and weights differ")
            if weight.shape != (array.shape[axis],):
                raise ValueError("weights must have the shape of a along the axis")
            index = [np.newaxis] * array.ndim
            index[axis] = slice(None)  # type: ignore[call-overload]
            weight = da.broadcast_to(weight[tuple(index)], array.shape)
    dtype = np.result_type(array.dtype, weight.dtype, "f8")
    there = ~getmaskarray(array)
    total = da.sum(da.where(there, weight, 0), axis=axis, keepdims=keepdims, dtype=dtype)
    weighted = da.where(there, getdata(array) * weight, 0)
    mean = da.sum(weighted, axis=axis, keepdims=keepdims, dtype=dtype)
    mean = elemwise(_quotient, mean, total, name="average")
    return (mean, total) if returned else mean


def _quotient(mean: Any, total: Any) -> Any:
    if not np.ndim(mean):
        return np.divide(mean, total)
    return np.ma.divide(mean, total)


def _like(function: Callable[..., Any]) -> Callable[..., Any]:
    name = function.__name__

    def like(a: Any, **kwargs: Any) -> Any:
        return elemwise(_made_like, a, function=function, options=kwargs, name=name)

    like.__name__ = like.__qualname__ = name
    like.__doc__ = f"""Return an array of the same masks; see :func:`numpy.{name}`.

    Parameters
    ----------
    a : array_like
    **kwargs : object
        ``dtype``.

    Returns
    -------
    Array
    """
    return like


def _made_like(block: Any, function: Callable[..., Any], options: dict[str, Any]) -> Any:
    return function(block, **options)


empty_like = _like(np.ma.empty_like)
ones_like = _like(np.ma.ones_like)
zeros_like = _like(np.ma.zeros_like)

"""Equality of arrays in blocks and arrays in memory, in all that users can see."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from treadle import base
from treadle.array.core import Array
from treadle.array.expr import ArrayExpr
from treadle.array.finalize import assemble
from treadle.collection import ExprCollection


def assert_eq(
    a: Any,
    b: Any,
    *,
    check_shape: bool = True,
    check_dtype: bool = True,
    check_type: bool = True,
    equal_nan: bool = True,
    scheduler: Any = "sync",
    rtol: float = 1e-7,
    atol: float = 1e-12,
) -> None:
    """Raise unless two arrays are equal in value, shape, dtype and kind.

    Of an array in blocks, what it promised before it was computed is checked too: every block has
    the length that ``chunks`` says, and the dtype and the kind that ``meta`` says.

    Parameters
    ----------
    a, b : Array or array_like
    check_shape, check_dtype, check_type : bool
    equal_nan : bool
    scheduler : str, Client or Engine
        Where blocks are computed.
    rtol, atol : float
        As for :func:`numpy.testing.assert_allclose`; used for floating dtypes.

    Raises
    ------
    AssertionError
        Says in what they differ.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> from treadle.array.testing import assert_eq
    >>> assert_eq(da.ones(3, chunks=2) + 1, np.full(3, 2.0))
    """
    x = _checked(a, scheduler, check_dtype, check_type)
    y = _checked(b, scheduler, check_dtype, check_type)
    if check_type and not (isinstance(a, Array) and isinstance(b, Array)):
        kinds = {
            np.ndarray if np.isscalar(v) or isinstance(v, np.generic) else type(v) for v in (x, y)
        }
        assert len(kinds) == 1, f"kinds differ: {kinds}"
    x, y = _dense(x), _dense(y)
    if check_shape:
        assert x.shape == y.shape, f"shapes differ: {x.shape} and {y.shape}"
    if check_dtype:
        assert x.dtype == y.dtype, f"dtypes differ: {x.dtype} and {y.dtype}"
    if isinstance(x, np.ma.MaskedArray) or isinstance(y, np.ma.MaskedArray):
        np.testing.assert_array_equal(np.ma.getmaskarray(x), np.ma.getmaskarray(y))
        x, y = np.ma.filled(x, 0), np.ma.filled(y, 0)
    if x.dtype.kind in "fc" or y.dtype.kind in "fc":
        np.testing.assert_allclose(x, y, rtol=rtol, atol=atol, equal_nan=equal_nan)
    else:
        np.testing.assert_array_equal(x, y)


def _dense(value: Any) -> Any:
    if hasattr(value, "todense"):
        value = value.todense()
    return value if isinstance(value, np.ndarray) else np.asarray(value)


def _checked(value: Any, scheduler: Any, check_dtype: bool, check_type: bool) -> Any:
    """Return the value in memory, having compared its blocks with what was promised."""
    if not isinstance(value, Array):
        return value
    assert value.numblocks == tuple(map(len, value.chunks))
    assert value.meta.ndim == value.ndim, f"meta has {value.meta.ndim} dimensions, not {value.ndim}"
    (results,) = base.compute(_Blocks(value.expr), scheduler=scheduler)
    for index in np.ndindex(*value.numblocks):
        block = results
        for n in index:
            block = block[n]
        where = f"block {index} of {value.name}"
        lengths = [along[n] for along, n in zip(value.chunks, index, strict=True)]
        found = np.shape(block)
        assert len(found) == len(lengths), f"{where} has shape {found}, its chunks say {lengths}"
        for length, said in zip(found, lengths, strict=True):
            assert math.isnan(said) or length == said, f"{where} has shape {found}, not {lengths}"
        if check_dtype and hasattr(block, "dtype"):
            assert block.dtype == value.dtype, f"{where} has dtype {block.dtype}, not {value.dtype}"
        if check_type and value.ndim and type(value.meta) is not np.ndarray:
            assert type(block) is type(value.meta), f"{where} is a {type(block)}"
    return assemble(results, value.ndim)


class _Blocks(ExprCollection[ArrayExpr]):
    """An array whose result is its blocks as they are."""

    __slots__ = ()

    def __treadle_postcompute__(self, results: Any) -> Any:
        return results

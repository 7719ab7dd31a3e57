"""Numbers in even steps: ``arange``, ``linspace``, and what is made of them.

Elements are computed from their places as NumPy does it, so that they are NumPy's to the last bit
however the array is cut.

>>> import treadle.array as da
>>> da.arange(7, chunks=3)[::-2].compute()
array([6, 4, 2, 0])
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from treadle.array.chunks import normalize_chunks
from treadle.array.core import Array
from treadle.array.meta import meta_of
from treadle.array.placed import Places, numbers, placed_array


def arange(
    start: Any = None,
    /,
    stop: Any = None,
    step: Any = 1,
    *,
    chunks: Any = "auto",
    like: Any = None,
    dtype: Any = None,
    name: str | None = None,
    device: Any = None,
) -> Array:
    """Return the numbers from ``start`` up to but not ``stop``, in steps.

    Parameters
    ----------
    start : number or datetime, optional
        0 if only one number is given, which is ``stop`` then.
    stop, step : number or datetime
    chunks : int, tuple, str
        Lengths of blocks; see :func:`treadle.array.normalize_chunks`.
    like : array_like, optional
        Blocks are arrays of this kind.
    dtype : dtype, optional
        That of the numbers without it.
    name : str, optional
        Name of the keys instead of one made from the parameters.
    device : {"cpu"}, optional

    Returns
    -------
    Array

    Raises
    ------
    TypeError
        If there is no ``stop``.
    ZeroDivisionError
        If ``step`` is 0.
    ValueError
        If the length can't be computed (``nan``, infinity).

    Examples
    --------
    >>> import treadle.array as da
    >>> da.arange(2, 8, 2, chunks=2).compute()
    array([2, 4, 6])
    """
    from treadle.array.creation import check_device

    check_device(device)
    if stop is None:
        if start is None:
            raise TypeError("arange() requires stop to be specified")
        start, stop = None, start
    if step is None:
        step = 1
    kind = _arange_dtype(start, stop, step, dtype)
    if kind.kind in "mM":
        first, delta, count = _datetimes(start, stop, step, kind)
    elif kind.kind in "iuf":
        first, delta, count = _numbers(0 if start is None else start, stop, step, kind)
    else:
        from treadle.array.from_array import from_array

        found = np.arange(0 if start is None else start, stop, step, dtype=dtype)
        return from_array(found, chunks=chunks, name=name)
    blocks = normalize_chunks(chunks, (count,), dtype=kind)
    meta = None if like is None else _meta_like(like, kind)
    args = (first, delta, kind.str) if meta is None else (first, delta, kind.str, meta)
    return placed_array("arange", blocks, kind, arange_block, args, meta=meta, name=name)


def _meta_like(like: Any, dtype: np.dtype[Any]) -> Any:
    return meta_of(like.meta if isinstance(like, Array) else like, 1, dtype)


def _arange_dtype(start: Any, stop: Any, step: Any, dtype: Any) -> np.dtype[Any]:
    """Return the dtype that NumPy chooses, with the unit for dates."""
    if dtype is not None:
        wanted: np.dtype[Any] = np.dtype(dtype)
        if wanted.str[1:] not in ("M8", "m8"):  # those have no unit yet
            return wanted
    ends = [value for value in (start, stop, step) if value is not None]
    found = [np.asarray(np.datetime64(x) if isinstance(x, str) else x).dtype for x in ends]
    dates = [kind for kind in found if kind.kind in "mM"]
    if not dates:
        # NumPy begins with its default integer: small integers and floats become wide ones.
        return np.dtype(np.result_type(int, *found) if dtype is None else dtype)
    unit = np.result_type(*[np.dtype(kind.str.replace("M8", "m8")) for kind in dates])
    date = any(kind.kind == "M" for kind in dates) and np.dtype(dtype or "M8").kind == "M"
    return np.dtype(unit.str.replace("m8", "M8") if date else unit)


def _numbers(start: Any, stop: Any, step: Any, dtype: np.dtype[Any]) -> tuple[Any, Any, int]:
    """Return the first number, the difference to the second one, and how many there are."""
    start, stop, step = map(_plain, (start, stop, step))
    if all(isinstance(value, int) for value in (start, stop, step)):
        if step == 0:
            raise ZeroDivisionError("the step of arange() must not be 0")
        count = len(range(start, stop, step))
    else:
        span = (stop - start) / step
        if not math.isfinite(span):
            raise ValueError(f"arange: cannot compute length of {start} to {stop} by {step}")
        count = max(math.ceil(span), 0)
    # In the result's dtype, as NumPy does: with integers, steps of 0.5 are steps of 0.
    first, second = np.asarray([start]).astype(dtype), np.asarray([start + step]).astype(dtype)
    if dtype.kind == "f":
        wide = np.float32 if dtype.itemsize == 2 else dtype
        first, second = first.astype(wide), second.astype(wide)
    return first[0], (second - first)[0], count


def _plain(value: Any) -> Any:
    """Return integers as Python's, which don't overflow, and other numbers as they are."""
    if isinstance(value, np.ndarray):
        value = value[()]
    if isinstance(value, (bool, np.bool_, np.integer)):
        return int(value)
    return value


def _datetimes(start: Any, stop: Any, step: Any, dtype: np.dtype[Any]) -> tuple[int, int, int]:
    """The same for dates and differences of dates, in their units."""
    difference = np.dtype(dtype.str.replace("M8", "m8"))

    def units(value: Any) -> int:
        """Return a value in the result's unit, and numbers as they are."""
        array = np.asarray(value)
        if array.dtype.kind in "bui":
            return int(array)
        into = dtype if array.dtype.kind in "MUS" and dtype.kind == "M" else difference
        return int(array.astype(into).view(np.int64))

    if start is None and dtype.kind == "M":
        raise ValueError("arange() of dates needs both a start and a stop")
    first = 0 if start is None else units(start)
    last = units(stop)
    if dtype.kind == "M" and np.asarray(stop).dtype.kind in "ium":
        last += first
    by = units(step)
    if by == 0:
        raise ZeroDivisionError("the step of arange() must not be 0")
    return first, by, len(range(first, last, by))


def arange_block(places: Places, first: Any, delta: Any, dtype: str, like: Any = None) -> Any:
    """Return ``first + places * delta``."""
    (along,) = places
    kind = np.dtype(dtype)
    if kind.kind in "mM":
        return (numbers(along) * delta + first).view(kind)
    if kind.kind == "f":
        block = numbers(along, first.dtype) * delta + first
        block = block.astype(kind, copy=False)
    elif isinstance(along, int):
        block = (np.array([along]).astype(kind) * delta + first)[0]
    else:
        block = numbers(along, kind)
        if delta != 1:
            block *= delta
        if first:
            block += first
    return block if like is None else np.asarray(block, like=like)


# -- a number of elements between two ends ---------------------------------------------------------


def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    chunks: Any = "auto",
    dtype: Any = None,
    *,
    device: Any = None,
) -> Any:
    """Return ``num`` numbers in even steps from ``start`` to ``stop``.

    Parameters
    ----------
    start, stop : number
    num : int
    endpoint : bool, default True
        Whether ``stop`` is the last number.
    retstep : bool, default False
        Return the step too.
    chunks : int, tuple, str
        Lengths of blocks; see :func:`treadle.array.normalize_chunks`.
    dtype : dtype, optional
        What ``start`` and ``stop`` make with floats, without it.
    device : {"cpu"}, optional

    Returns
    -------
    Array, or (Array, number) with ``retstep``

    Raises
    ------
    ValueError
        If ``num`` is negative, or ``start`` or ``stop`` is no scalar.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.linspace(0, 1, 5, chunks=3).compute()
    array([0.  , 0.25, 0.5 , 0.75, 1.  ])
    """
    from treadle.array.creation import check_device

    check_device(device)
    num, kind, real = _checked_ends(start, stop, num, dtype)
    begin, end = _number(start, real), _number(stop, real)
    delta = end - begin
    div = num - 1 if endpoint else num
    step = delta / div if div > 0 else np.asarray(np.nan, real)[()]
    blocks = normalize_chunks(chunks, (num,), dtype=kind)
    args = (begin, end, num, div, bool(endpoint), real.str, kind.str)
    x = placed_array("linspace", blocks, kind, linspace_block, args)
    return (x, step) if retstep else x


def _checked_ends(
    start: Any, stop: Any, num: Any, dtype: Any
) -> tuple[int, np.dtype[Any], np.dtype[Any]]:
    """Return the number of elements, their dtype, and that in which they are computed."""
    num = operator.index(num)
    if num < 0:
        raise ValueError(f"number of samples, {num}, must be non-negative")
    for value in (start, stop):
        if np.ndim(value) != 0:
            raise ValueError(f"start and stop must be scalars, not of shape {np.shape(value)}")
    ends = [np.asarray(value) for value in (start, stop)]
    real = np.result_type(*[end.dtype for end in ends], float(num))
    if not np.issubdtype(real, np.inexact):
        real = np.dtype(float)
    return num, real if dtype is None else np.dtype(dtype), real


def _number(value: Any, dtype: np.dtype[Any]) -> Any:
    return np.asarray(value).astype(dtype)[()]


def linspace_block(
    places: Places,
    start: Any,
    stop: Any,
    num: int,
    div: int,
    endpoint: bool,
    real: str,
    dtype: str,
) -> Any:
    """Return evenly spaced numbers at some places, by the steps of ``numpy.linspace``."""
    block = _spaced(places[0], start, stop, num, div, endpoint, np.dtype(real))
    if np.dtype(dtype).kind in "iu":
        block = np.floor(block)
    return block.astype(dtype, copy=False)


def _spaced(
    along: range | int,
    start: Any,
    stop: Any,
    num: int,
    div: int,
    endpoint: bool,
    real: np.dtype[Any],
) -> Any:
    index = numbers(along, real)
    delta = stop - start
    if div > 0:
        step = delta / div
        block = index * step if step != 0 else index / div * delta  # steps too small to be floats
    else:
        block = index * delta
    block = block + start
    if endpoint and num > 1:  # the last number is stop itself
        if isinstance(along, int):
            return stop if along == num - 1 else block
        if num - 1 in along:
            block[along.index(num - 1)] = stop
    return block


def logspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    base: Any = 10.0,
    dtype: Any = None,
    *,
    chunks: Any = "auto",
) -> Array:
    """Return ``num`` powers of ``base`` whose exponents are :func:`treadle.array.linspace`.

    Parameters
    ----------
    start, stop : number
        The first and the last exponent.
    num, endpoint, dtype, chunks
        As for :func:`treadle.array.linspace`.
    base : number

    Raises
    ------
    ValueError
        If ``num`` is negative, or a parameter that must be a scalar is none.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.logspace(0, 3, 4, chunks=2).compute()
    array([   1.,   10.,  100., 1000.])
    """
    num, kind, real = _checked_ends(start, stop, num, None)
    if np.ndim(base) != 0:
        raise ValueError(f"base must be a scalar, not of shape {np.shape(base)}")
    kind = np.result_type(kind, np.asarray(base).dtype) if dtype is None else np.dtype(dtype)
    blocks = normalize_chunks(chunks, (num,), dtype=kind)
    div = num - 1 if endpoint else num
    ends = _number(start, real), _number(stop, real)
    args = (*ends, num, div, bool(endpoint), real.str, kind.str, base)
    return placed_array("logspace", blocks, kind, logspace_block, args)


def logspace_block(
    places: Places,
    start: Any,
    stop: Any,
    num: int,
    div: int,
    endpoint: bool,
    real: str,
    dtype: str,
    base: Any,
) -> Any:
    """Return powers whose exponents are evenly spaced."""
    exponents = _spaced(places[0], start, stop, num, div, endpoint, np.dtype(real))
    return np.power(base, exponents).astype(dtype, copy=False)


def geomspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    dtype: Any = None,
    *,
    chunks: Any = "auto",
) -> Array:
    """Return ``num`` numbers from ``start`` to ``stop``, each the same multiple of the one before.

    Parameters
    ----------
    start, stop : number
        Real, of one sign, and not 0.
    num, endpoint, dtype, chunks
        As for :func:`treadle.array.linspace`.

    Raises
    ------
    ValueError
        If an end is 0, complex, no scalar, or the ends have different signs.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.geomspace(1, 8, 4, chunks=2).compute()
    array([1., 2., 4., 8.])
    """
    num, kind, real = _checked_ends(start, stop, num, dtype)
    begin, end = _number(start, real), _number(stop, real)
    if begin == 0 or end == 0:
        raise ValueError("geometric sequence cannot include zero")
    if real.kind == "c":
        raise ValueError("complex ends are not supported: take logspace() of their logarithms")
    if (begin < 0) != (end < 0):
        raise ValueError(f"the ends of a geometric sequence must have one sign: {start}, {stop}")
    blocks = normalize_chunks(chunks, (num,), dtype=kind)
    div = num - 1 if endpoint else num
    args = (begin, end, num, div, bool(endpoint), real.str, kind.str)
    return placed_array("geomspace", blocks, kind, geomspace_block, args)


def geomspace_block(
    places: Places,
    start: Any,
    stop: Any,
    num: int,
    div: int,
    endpoint: bool,
    real: str,
    dtype: str,
) -> Any:
    """Return powers of ten between the ends; the ends are as they were given."""
    (along,) = places
    low, high = np.log10(np.abs(start)), np.log10(np.abs(stop))
    exponents = _spaced(along, low, high, num, div, endpoint, np.dtype(real))
    block = np.atleast_1d(np.power(np.dtype(real).type(10), exponents) * np.sign(start))
    places_at = [along] if isinstance(along, int) else along
    if 0 in places_at:
        block[places_at.index(0)] = start
    if endpoint and num > 1 and num - 1 in places_at:
        block[places_at.index(num - 1)] = stop
    block = block.astype(dtype, copy=False)
    return block[0] if isinstance(along, int) else block

"""What the tasks of means and variances do: with a block, with partial results, and at the end.

Deviations are from the mean of the block itself, and parts are merged by the formulas of Chan,
Golub and LeVeque ("Updating formulae and a pairwise algorithm for computing sample variances",
1979); past the second moment by the binomial theorem, as Pébay does ("Formulas for robust, one-pass
parallel computation of covariances and arbitrary-order statistical moments", SAND2008-6212).  So
nothing is lost where the mean is large beside the spread.

>>> a = moments(np.array([1.0, 2.0]), axis=(0,), keepdims=True, order=2, dtype=np.dtype(float))
>>> b = moments(np.array([6.0]), axis=(0,), keepdims=True, order=2, dtype=np.dtype(float))
>>> variance_of(np.dtype(float), 0, False, False, merge_moments(a, b)), np.var([1, 2, 6])
(array([4.66666667]), np.float64(4.666666666666667))
"""

from __future__ import annotations

import math
import warnings
from typing import Any, NamedTuple

import numpy as np

from treadle.array.tree import Recipe

Axes = tuple[int, ...]

#: Deviations of larger blocks are taken strip by strip: they stay in the cache, and the memory for
#: them is small.  On a block of 128 MB that is 2 to 3 times as quick; on one of 8 MB it is slower.
LARGE, STRIP = 2**24, 2**22


class Moments(NamedTuple):
    """Of a part: the number of elements, their sum, and the sums of powers of their deviations.

    ``central`` starts with squares.  ``count`` is an array where lanes differ in it.
    """

    count: Any
    total: Any
    central: tuple[Any, ...]


def moments_recipe(order: int, dtype: Any, finish: Any, *, skip_nan: bool = False) -> Recipe:
    """Return the recipe for what depends on moments up to ``order``."""
    chunk = nan_moments if skip_nan else moments
    return Recipe(chunk, merge_moments, finish, {"order": order, "dtype": dtype})


def moments(block: Any, axis: Axes, keepdims: bool, order: int, dtype: Any) -> Moments:
    """Return the moments of a block."""
    if isinstance(block, np.ma.MaskedArray):
        there = ~np.ma.getmaskarray(block)
        return _of_some(np.ma.getdata(block), there, axis, order, dtype)
    if order > 1 and type(block) is np.ndarray and block.size * dtype.itemsize > LARGE:
        return _in_strips(block, axis, order, dtype)
    return _of_all(block, axis, order, dtype)


def _in_strips(block: Any, axis: Axes, order: int, dtype: Any) -> Moments:
    """Return the moments of a large block, by way of strips that lie together in memory."""
    lengths = block.shape
    across = max((n for n in range(block.ndim) if lengths[n] > 1), key=lambda n: block.strides[n])
    step = max(STRIP * lengths[across] // (block.size * dtype.itemsize), 1)
    parts = [
        _of_all(block[(slice(None),) * across + (slice(n, n + step),)], axis, order, dtype)
        for n in range(0, lengths[across], step)
    ]
    if across in axis:
        return merge_moments(*parts)
    total = np.concatenate([part.total for part in parts], axis=across)
    central = [part.central for part in parts]
    joined = [np.concatenate(powers, axis=across) for powers in zip(*central, strict=True)]
    return Moments(parts[0].count, total, tuple(joined))


def _of_all(block: Any, axis: Axes, order: int, dtype: Any) -> Moments:
    count = math.prod(block.shape[n] for n in axis)
    total = np.sum(block, axis=axis, dtype=dtype, keepdims=True)
    if order < 2:
        return Moments(count, total, ())
    if not count:
        return Moments(count, total, (np.zeros_like(total.real),) * (order - 1))
    deviations = np.subtract(block, total / count, dtype=dtype)
    return Moments(count, total, _powers(deviations, axis, order))


def nan_moments(block: Any, axis: Axes, keepdims: bool, order: int, dtype: Any) -> Moments:
    """Return the moments of what is not ``nan`` in a block."""
    there = ~np.isnan(block)
    if isinstance(block, np.ma.MaskedArray):
        there = np.ma.filled(there, False)
        block = np.ma.getdata(block)
    return _of_some(block, there, axis, order, dtype)


def _of_some(block: Any, there: Any, axis: Axes, order: int, dtype: Any) -> Moments:
    """Return the moments of the elements that are there."""
    count = np.sum(there, axis=axis, keepdims=True, dtype=np.intp)
    total = np.sum(np.where(there, block, 0), axis=axis, dtype=dtype, keepdims=True)
    if order < 2:
        return Moments(count, total, ())
    mean = total / np.maximum(count, 1)
    deviations = np.where(there, np.subtract(block, mean, dtype=dtype), 0)
    return Moments(count, total, _powers(deviations, axis, order))


def _powers(deviations: Any, axis: Axes, order: int) -> tuple[Any, ...]:
    """Return the sums of powers from the second on."""
    if order == 2:
        return (np.sum(_squares(deviations), axis=axis, keepdims=True),)
    power, sums = deviations, []
    for _ in range(order - 1):
        power = power * deviations
        sums.append(np.sum(power, axis=axis, keepdims=True))
    return tuple(sums)


def _squares(deviations: Any) -> Any:
    """Return squared lengths; what comes in is ours, and is written over."""
    if deviations.dtype.kind == "c":
        return deviations.real**2 + deviations.imag**2
    if type(deviations) is np.ndarray:
        return np.multiply(deviations, deviations, out=deviations)
    return deviations * deviations


def merge_moments(*parts: Moments) -> Moments:
    """Return the moments of all parts together, merged two by two."""
    there = [part for part in parts if np.ndim(part.count) or part.count]
    return _merge_halves(there) if there else parts[0]


def _merge_halves(parts: list[Moments]) -> Moments:
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    return _merge_two(_merge_halves(parts[:half]), _merge_halves(parts[half:]))


def _merge_two(a: Moments, b: Moments) -> Moments:
    count = a.count + b.count
    total = a.total + b.total
    if not a.central:
        return Moments(count, total, ())
    if np.ndim(count):  # lanes without elements have a mean of 0, and weigh nothing
        of_a, of_b, of_all = (np.maximum(n, 1) for n in (a.count, b.count, count))
    else:
        of_a, of_b, of_all = a.count, b.count, count
    step = b.total / of_b - a.total / of_a
    if len(a.central) == 1:
        lengths = step.real**2 + step.imag**2 if step.dtype.kind == "c" else step * step
        between = lengths * (a.count * (b.count / of_all))
        return Moments(count, total, (a.central[0] + b.central[0] + between,))
    shift_a, shift_b = -step * (b.count / of_all), step * (a.count / of_all)
    central = tuple(
        _shifted(a, shift_a, order) + _shifted(b, shift_b, order)
        for order in range(2, len(a.central) + 2)
    )
    return Moments(count, total, central)


def _shifted(part: Moments, shift: Any, order: int) -> Any:
    """Return the sum of powers of deviations from another mean."""
    total = part.count * shift**order
    for k in range(2, order + 1):
        total = total + math.comb(order, k) * part.central[k - 2] * shift ** (order - k)
    return total


# -- at the end ------------------------------------------------------------------------------------


def divided(count: int, dtype: Any, total: Any) -> Any:
    """Return the mean of a known number of elements."""
    return _as(np.true_divide(total, count), dtype)


def mean_of(dtype: Any, masked: bool, parts: Moments) -> Any:
    """Return the mean, masked where there is nothing in masked arrays."""
    empty = _empty_lanes(parts.count, masked, "Mean of empty slice")
    with np.errstate(invalid="ignore" if empty is not None else None):
        value = _as(np.true_divide(parts.total, parts.count), dtype)
    return np.ma.MaskedArray(value, empty) if masked else value


def variance_of(dtype: Any, correction: float, root: bool, masked: bool, parts: Moments) -> Any:
    """Return the variance or its root."""
    left = np.maximum(parts.count - correction, 0)
    empty = _empty_lanes(left, masked, "Degrees of freedom <= 0 for slice.")
    with np.errstate(invalid="ignore", divide="ignore"):
        value = np.true_divide(parts.central[0], left)
    if np.ndim(parts.count) and not masked:
        value = np.where(left > 0, value, np.nan)
    if root:
        value = np.sqrt(value)
    value = _as(value, dtype)
    return np.ma.MaskedArray(value, empty) if masked else value


def moment_of(dtype: Any, order: int, correction: float, masked: bool, parts: Moments) -> Any:
    """Return a central moment."""
    if order == 0:
        value = np.ones_like(parts.total)
    elif order == 1:
        value = np.zeros_like(parts.total)
    else:
        value = parts.central[order - 2] / (parts.count - correction)
    value = _as(value, dtype)
    return np.ma.MaskedArray(value, parts.count == 0) if masked else value


def _empty_lanes(count: Any, masked: bool, warning: str) -> Any:
    """Return where there is nothing to divide by; warn of it, as NumPy does."""
    empty = np.less_equal(count, 0)
    if not masked and np.any(empty):
        warnings.warn(warning, RuntimeWarning, stacklevel=4)
    return empty


def _as(value: Any, dtype: Any) -> Any:
    return value.astype(dtype, copy=False) if value.dtype != dtype else value


__all__: list[str] = []

"""What the tasks of reductions do: with a block, with partial results, and at the end.

Partial results keep reduced axes with length 1.  Axes are tuples of ints.

Central moments of parts are merged by the formulas of Chan, Golub and LeVeque ("Updating formulae
and a pairwise algorithm for computing sample variances", 1979) and, past the second, of Pébay
("Formulas for robust, one-pass parallel computation of covariances and arbitrary-order statistical
moments", SAND2008-6212).
"""

from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple

import numpy as np

from treadle.array.tree import Pairwise, Recipe

Axes = tuple[int, ...]


def started(ufunc: np.ufunc, initial: Any, axes_or_value: Any, value: Any = None) -> Any:
    """Return a result with what it started from, after :func:`not_empty` had no say."""
    if value is None:
        return ufunc(axes_or_value, initial, dtype=axes_or_value.dtype)
    if is_empty(value, axes_or_value):
        shape = tuple(1 if n in axes_or_value else length for n, length in enumerate(value.shape))
        return np.full(shape, initial, value.dtype)
    return ufunc(value, initial, dtype=value.dtype)


# -- extremes: there may be none -------------------------------------------------------------------


def is_empty(block: Any, axes: Axes) -> bool:
    """Tell whether a block has no element along the axes."""
    return any(block.shape[n] == 0 for n in axes)


def extreme(func: Any, block: Any, axis: Axes, keepdims: bool) -> Any:
    """Return the extremes of a block; of one that is empty along the axes, no elements."""
    if is_empty(block, axis):
        return block[tuple(slice(0, 0) if n in axis else slice(None) for n in range(block.ndim))]
    return func(block, axis=axis, keepdims=keepdims)


class Extremes(Pairwise):
    """Merges extremes of blocks of which some may be empty."""

    __slots__ = ("axes",)

    def __init__(self, ufunc: Any, axes: Axes):
        super().__init__(ufunc)
        self.axes = axes

    def __call__(self, *partials: Any) -> Any:
        there = tuple(part for part in partials if not is_empty(part, self.axes))
        return self._merge(there) if there else partials[0]

    def __reduce__(self) -> tuple[Any, ...]:
        return Extremes, (self.ufunc, self.axes)

    def __treadle_tokenize__(self) -> Any:
        return "Extremes", self.ufunc, self.axes


def not_empty(what: str, axes: Axes, value: Any) -> Any:
    """Return the extremes; raise ``ValueError`` if there are none."""
    if is_empty(value, axes) and not any(
        value.shape[n] == 0 for n in range(value.ndim) if n not in axes
    ):
        raise ValueError(f"zero-size array to reduction operation {what} which has no identity")
    return value


# -- means and moments -----------------------------------------------------------------------------


def divided(count: int, dtype: Any, total: Any) -> Any:
    """Return the mean of a known number of elements."""
    return np.true_divide(total, count).astype(dtype, copy=False)


class Moments(NamedTuple):
    """Of a part: the number of elements, their sum, and their central moments times the number.

    ``central`` starts with the second.
    """

    count: Any
    total: Any
    central: tuple[Any, ...]


def moments_recipe(order: int, dtype: Any, finish: Any) -> Recipe:
    """Return the recipe for what depends on moments up to ``order``."""
    return Recipe(moments, merge_moments, finish, {"order": order, "dtype": dtype})


def moments(block: Any, axis: Axes, keepdims: bool, order: int, dtype: Any) -> Moments:
    """Return the moments of a block: deviations are from its own mean."""
    count = math.prod(block.shape[n] for n in axis)
    total = np.sum(block, axis=axis, dtype=dtype, keepdims=True)
    if order < 2:
        return Moments(count, total, ())
    if not count:
        return Moments(count, total, (np.zeros_like(total.real),) * (order - 1))
    deviations = np.subtract(block, total / count, dtype=dtype)
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
    if np.iscomplexobj(deviations):
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
    with np.errstate(divide="ignore", invalid="ignore"):
        step = b.total / b.count - a.total / a.count
        shift_a = -step * (b.count / count)  # from the mean of all to that of a
        shift_b = step * (a.count / count)
    if np.ndim(count):  # counts differ from lane to lane, and may be 0
        shift_a, shift_b = (
            np.where((a.count > 0) & (b.count > 0), v, 0) for v in (shift_a, shift_b)
        )
    if len(a.central) == 1:
        between = _length2(step) * (a.count * (b.count / count))
        if np.ndim(count):
            between = np.where((a.count > 0) & (b.count > 0), between, 0)
        return Moments(count, total, (a.central[0] + b.central[0] + between,))
    central = tuple(
        _shifted(a, shift_a, order) + _shifted(b, shift_b, order)
        for order in range(2, len(a.central) + 2)
    )
    return Moments(count, total, central)


def _length2(value: Any) -> Any:
    return value.real**2 + value.imag**2 if np.iscomplexobj(value) else value * value


def _shifted(part: Moments, shift: Any, order: int) -> Any:
    """Return the sum of powers of deviations about another mean, by the binomial theorem."""
    total = part.count * shift**order
    for k in range(2, order + 1):
        total = total + math.comb(order, k) * part.central[k - 2] * shift ** (order - k)
    return total


def mean_of(dtype: Any, parts: Moments) -> Any:
    """Return the mean."""
    return np.true_divide(parts.total, parts.count).astype(dtype, copy=False)


def variance_of(dtype: Any, correction: float, root: bool, parts: Moments) -> Any:
    """Return the variance or its root."""
    left = np.maximum(parts.count - correction, 0)
    value = np.true_divide(parts.central[0], left)
    if root:
        value = np.sqrt(value)
    return value.astype(dtype, copy=False)


def moment_of(dtype: Any, order: int, correction: float, parts: Moments) -> Any:
    """Return a central moment."""
    return (parts.central[order - 2] / (parts.count - correction)).astype(dtype, copy=False)


__all__: list[str] = []

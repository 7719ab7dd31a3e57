"""What the tasks of reductions do: with a block, with partial results, and at the end.

Partial results keep reduced axes with length 1.  Axes are tuples of ints.

Central moments of parts are merged by the formulas of Chan, Golub and LeVeque ("Updating formulae
and a pairwise algorithm for computing sample variances", 1979) and, past the second, of Pébay
("Formulas for robust, one-pass parallel computation of covariances and arbitrary-order statistical
moments", SAND2008-6212).
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from treadle.array.tree import Pairwise

Axes = tuple[int, ...]


def started(ufunc: np.ufunc, initial: Any, value: Any) -> Any:
    """Return a result with what it started from."""
    return ufunc(value, initial, dtype=value.dtype)


def started_extreme(ufunc: np.ufunc, initial: Any, axes: Axes, value: Any) -> Any:
    """Return extremes with what they started from, which is all there is of nothing."""
    if is_empty(value, axes):
        shape = tuple(1 if n in axes else length for n, length in enumerate(value.shape))
        return np.full(shape, initial, value.dtype)
    return started(ufunc, initial, value)


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


def ignoring_nan(what: str, block: Any, axis: Axes, keepdims: bool) -> Any:
    """Return the extremes of what is not ``nan``; where nothing is, ``nan``, and no warning yet."""
    if type(block) is np.ndarray:
        ufunc: Any = np.fmin if what == "nanmin" else np.fmax
        return ufunc.reduce(block, axis=axis, keepdims=keepdims)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return getattr(np, what)(block, axis=axis, keepdims=keepdims)


def some_number(what: str, axes: Axes, value: Any) -> Any:
    """Return the extremes; warn where all was ``nan``."""
    value = not_empty(what, axes, value)
    if value.dtype.kind in "fc" and np.any(np.isnan(value)):
        warnings.warn("All-NaN slice encountered", RuntimeWarning, stacklevel=2)
    return value


def count_nonzero(block: Any, axis: Axes, keepdims: bool) -> Any:
    """Return how many elements are not zero."""
    if isinstance(block, np.ndarray):
        return np.asarray(np.count_nonzero(block, axis=axis, keepdims=keepdims))
    return np.sum(block != 0, axis=axis, keepdims=keepdims, dtype=np.intp)


__all__: list[str] = []

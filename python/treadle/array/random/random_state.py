"""``RandomState``: the counterpart of NumPy's older generator."""

from __future__ import annotations

from typing import Any

import numpy as np

from treadle.array.core import Array
from treadle.array.random.distributions import Distributions
from treadle.array.random.generator import choose, permuted
from treadle.array.random.streams import Streams, streams_of


class RandomState(Distributions):
    """Draws random arrays in blocks, with the methods of :class:`numpy.random.RandomState`.

    New programs do better with :func:`treadle.array.random.default_rng`, which is quicker.

    Parameters
    ----------
    seed : int, sequence of int or other seed, optional
        Equal seeds give equal arrays.

    Examples
    --------
    >>> import treadle.array as da
    >>> state = da.random.RandomState(1)
    >>> state.randint(0, 10, size=5, chunks=2).dtype
    dtype('int64')
    """

    def __init__(self, seed: Any = None):
        super().__init__(streams_of(seed, legacy=True))

    def __repr__(self) -> str:
        return f"RandomState({self._streams.bit_generator.__name__})"

    def __reduce__(self) -> Any:
        return _restored, (self._streams, self._calls)

    def seed(self, seed: Any = None) -> None:
        """Begin again with this seed."""
        self._begin_again(seed)

    def random_sample(self, size: Any = None, chunks: Any = "auto", **kwargs: Any) -> Array:
        """Numbers from 0 up to but not 1; see :meth:`numpy.random.RandomState.random_sample`."""
        return self._draw("random_sample", (), size, chunks, kwargs)

    random = random_sample

    def randint(
        self,
        low: Any,
        high: Any = None,
        size: Any = None,
        chunks: Any = "auto",
        dtype: Any = np.int64,
        **kwargs: Any,
    ) -> Array:
        """Whole numbers from ``low`` up to but not ``high``; see
        :meth:`numpy.random.RandomState.randint`."""
        if high is None:
            low, high = 0, low
        return self._draw(
            "randint", (low, high), size, chunks, {"dtype": np.dtype(dtype), **kwargs}
        )

    def random_integers(
        self, low: Any, high: Any = None, size: Any = None, chunks: Any = "auto", **kwargs: Any
    ) -> Array:
        """Whole numbers from ``low`` to ``high``, which is one of them."""
        if high is None:
            low, high = 1, low
        return self.randint(low, high + 1, size, chunks, **kwargs)

    def tomaxint(self, size: Any = None, chunks: Any = "auto", **kwargs: Any) -> Array:
        """Whole numbers up to the largest of the machine; see
        :meth:`numpy.random.RandomState.tomaxint`."""
        return self._draw("tomaxint", (), size, chunks, kwargs)

    def choice(
        self, a: Any, size: Any = None, replace: bool = True, p: Any = None, chunks: Any = "auto"
    ) -> Array:
        """Elements of ``a``, or numbers below it; see :meth:`numpy.random.RandomState.choice`.

        Without replacement all are drawn by one task, since each draw hangs on the others.
        """
        return choose(self._next_streams(), a, size, replace, p, 0, chunks, {})

    def permutation(self, x: Any) -> Array:
        """Elements of ``x`` along its first dimension, or numbers below ``x``, in a random order;
        see :meth:`numpy.random.RandomState.permutation`."""
        return permuted(self._next_streams(), x)


def _restored(streams: Streams, calls: int) -> RandomState:
    state = RandomState.__new__(RandomState)
    state._streams = streams
    state._calls = calls
    return state

"""Streams of random numbers: one for each block, whatever computes it, and in whatever order.

The stream of a block is that of a ``SeedSequence`` whose spawn key is the number of the call and
the block's position, so streams never meet [1]_, and a block is the same if its neighbours are not
needed::

    default_rng(7)                 entropy 7
        .normal(size, chunks)          call 0:   block (0, 0) has (0, 0, 0), block (0, 1) (0, 0, 1)
        .normal(size, chunks)          call 1:   block (0, 0) has (1, 0, 0), ...

The bit generator is SFC64 unless one is given: of NumPy's it is the quickest.

.. [1] M. E. O'Neill, "Developing a seed_seq alternative", 2015.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

#: Shared by all: calls are counted rarely, and locks can't be pickled with what they guard.
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Streams:
    """The streams of one call.

    Attributes
    ----------
    entropy : int or tuple of int
    spawn_key : tuple of int
        Comes before the positions of blocks.
    bit_generator : type
    legacy : bool
        Numbers are drawn by ``RandomState``, not ``Generator``.
    """

    entropy: Any
    spawn_key: tuple[int, ...] = ()
    bit_generator: Any = np.random.SFC64
    legacy: bool = False

    def at(self, place: Iterable[int]) -> Any:
        """Return NumPy's generator for the block at a place."""
        seed = np.random.SeedSequence(self.entropy, spawn_key=(*self.spawn_key, *place))
        bits = self.bit_generator(seed)
        return np.random.RandomState(bits) if self.legacy else np.random.Generator(bits)

    def apart(self) -> Streams:
        """Return streams that have nothing to do with any others."""
        own = np.random.SeedSequence(self.entropy, spawn_key=self.spawn_key)
        words = tuple(own.generate_state(4).tolist())
        return Streams(words, (), self.bit_generator, self.legacy)


class Seeded:
    """Counts calls, so that each has streams of its own; base of the generators."""

    def __init__(self, streams: Streams, calls: int = 0):
        self._streams = streams
        self._calls = calls

    def _next_streams(self) -> Streams:
        with _lock:
            number = self._calls
            self._calls += 1
        return replace(self._streams, spawn_key=(*self._streams.spawn_key, number))

    def _begin_again(self, seed: Any) -> None:
        self._streams, self._calls = streams_of(seed, legacy=self._streams.legacy), 0


def streams_of(seed: Any, *, legacy: bool = False) -> Streams:
    """Return streams for what users take for a seed.

    Parameters
    ----------
    seed : None, int, sequence of int, SeedSequence, BitGenerator, Generator or RandomState
        A generator of NumPy gives its kind of bit generator, and moves on by one draw.

    Raises
    ------
    TypeError
        If it is something else.
    ValueError
        If it is negative.
    """
    kind: Any = np.random.MT19937 if legacy else np.random.SFC64
    if isinstance(seed, np.random.RandomState):
        seed = seed._bit_generator
    if isinstance(seed, np.random.Generator):
        seed = seed.bit_generator
    if isinstance(seed, np.random.BitGenerator):
        kind = type(seed)
        words = np.random.Generator(seed).integers(0, 2**32, size=4)
        return Streams(tuple(words.tolist()), (), kind, legacy)
    if not isinstance(seed, np.random.SeedSequence):
        seed = np.random.SeedSequence(seed)
    return Streams(_plain(seed.entropy), tuple(map(int, seed.spawn_key)), kind, legacy)


def _plain(entropy: Any) -> Any:
    """Return entropy as Python's numbers."""
    if np.ndim(entropy) == 0:
        return int(entropy)
    return tuple(np.asarray(entropy, object).ravel().tolist())

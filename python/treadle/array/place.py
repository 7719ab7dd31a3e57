"""Where an index stands in an array that is assigned to, and what shape it has there."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from treadle.array.basic_indexing import WHOLE, Cut, cut
from treadle.array.core import Array
from treadle.array.elementwise import broadcast_shapes
from treadle.array.indexing import read_index


class Place:
    """Where an index stands in an array.

    Attributes
    ----------
    basic : list
        For each dimension of the array an int or a slice; ``WHOLE`` where arrays index.
    arrays : list of array
        In memory or in blocks.
    firsts : list of int
        The dimension of the array that each of them indexes, or the first of several.
    position : int
        Where their dimensions stand, among ``labels``.
    labels : list
        What the other dimensions of ``x[index]`` are: a dimension of the array, or None if new.
    """

    def __init__(self, x: Array, index: Any, pointwise_first: bool):
        self.x = x
        self.basic: list[Any] = []
        self.arrays: list[Any] = []
        self.firsts: list[int] = []
        self.labels: list[int | None] = []
        self.nothing = False
        advanced: list[int] = []
        before = []
        for n, entry in enumerate(read_index(x.shape, index)):
            before.append(len(self.labels))
            if entry is Ellipsis:
                continue
            if entry is None:
                self.labels.append(None)
            elif isinstance(entry, tuple):
                if isinstance(entry[1], Array):
                    raise NotImplementedError(
                        "a single boolean in blocks can't stand beside other indices; compute() it"
                    )
                self.nothing |= not len(entry[1])
                self.labels.append(None)
            elif isinstance(entry, slice):
                self.labels.append(len(self.basic))
                self.basic.append(entry)
            else:
                advanced.append(n)
                if isinstance(entry, int):
                    self.basic.append(entry)
                    continue
                self.arrays.append(entry)
                self.firsts.append(len(self.basic))
                self.basic += [WHOLE] * (entry.ndim if entry.dtype == bool else 1)
        together = advanced and advanced[-1] - advanced[0] == len(advanced) - 1
        self.position = before[advanced[0]] if together and not pointwise_first else 0
        self.mask = any(item.dtype == bool for item in self.arrays)
        if self.mask and len(self.arrays) > 1:
            raise NotImplementedError(
                "a boolean array in blocks can't stand in one index with other arrays; compute() "
                "the booleans first"
            )
        try:
            self.shared: tuple[Any, ...] = (
                (math.nan,) if self.mask else broadcast_shapes(*[
                    item.shape for item in self.arrays
                ])
            )  # fmt: skip
        except ValueError:
            text = " ".join(str(item.shape) for item in self.arrays)
            raise IndexError(
                "shape mismatch: indexing arrays could not be broadcast together with shapes "
                f"{text}"
            ) from None

    @property
    def whole(self) -> bool:
        """Whether every element is meant."""
        return not self.arrays and all(entry == WHOLE for entry in self.basic)

    @property
    def indexed(self) -> list[int]:
        """Dimensions of the array that arrays index."""
        width = self.arrays[0].ndim if self.mask else 1
        return [first + n for first in self.firsts for n in range(width)]

    @property
    def axes(self) -> tuple[int, ...]:
        """The same, as dimensions of what ``basic`` cuts out."""
        left = [n for n, entry in enumerate(self.basic) if not isinstance(entry, int)]
        return tuple(left.index(n) for n in self.indexed)

    @property
    def now(self) -> int:
        """Where NumPy wants the dimension of points when a block is indexed by them."""
        axes = self.axes
        return axes[0] if axes and (axes[-1] - axes[0] == len(axes) - 1) else 0

    @property
    def cuts(self) -> dict[int, Cut]:
        """What ``basic`` takes of each dimension that arrays don't index."""
        chunks = self.x.chunks
        indexed = self.indexed if self.arrays else []
        return {n: cut(chunks[n], e) for n, e in enumerate(self.basic) if n not in indexed}

    def broadcast(self, value: Any) -> Any:
        """Return a scalar, or an array with the dimensions of ``x[index]``, some of length 1.

        The dimensions that are new in the index are taken out again.
        """
        taken = self.shape
        shape = np.shape(value) if not isinstance(value, Array) else value.shape
        extra = max(len(shape) - len(taken), 0)
        short = shape[extra:]
        fits = all(length == 1 for length in shape[:extra]) and all(
            a == 1 or a == b or math.isnan(a) or math.isnan(b)
            for a, b in zip(reversed(short), reversed(taken), strict=False)
        )
        if not fits:
            if self.arrays:
                raise ValueError(
                    f"shape mismatch: value array of shape {shape} could not be broadcast to "
                    f"indexing result of shape {taken}"
                )
            raise ValueError(
                f"could not broadcast input array from shape {shape} into shape {taken}"
            )
        if not isinstance(value, Array):  # of one element
            return value.reshape(())[()] if type(value) is np.ndarray else value.reshape(())
        if value.size == 1 and extra == len(shape):
            return value[(0,) * len(shape)]
        value = value[(0,) * extra] if extra else value
        value = value[(None,) * (len(taken) - value.ndim)] if len(taken) > value.ndim else value
        if self.whole:
            return value[tuple(0 if label is None else WHOLE for label in self.labels)]
        return value[tuple(0 if label is None else WHOLE for label in self._outline())]

    @property
    def before(self) -> int:
        """How many dimensions of a value stand before those of the arrays, new ones taken out."""
        return sum(label is not None for label in self.labels[: self.position])

    @property
    def shape(self) -> tuple[Any, ...]:
        """The shape of ``x[index]``."""
        lengths = [1 if label is None else self._length(label) for label in self.labels]
        at = self.position
        return (*lengths[:at], *self.shared, *lengths[at:]) if self.arrays else tuple(lengths)

    def _length(self, axis: int) -> Any:
        entry = self.basic[axis]
        return self.x.shape[axis] if entry == WHOLE else len(_range(entry))

    def _outline(self) -> list[Any]:
        """Return ``labels`` with one ``...`` for each dimension of the arrays."""
        at = self.position
        own = [Ellipsis] * (len(self.shared) if self.arrays else 0)
        return [*self.labels[:at], *own, *self.labels[at:]]

    def columns(self) -> list[list[Any]]:
        """Return for each dimension the entries of its blocks; None where nothing is taken."""
        found = []
        cuts = self.cuts
        for n, count in enumerate(self.x.numblocks):
            entries: list[Any] = [None if n in cuts else WHOLE] * count
            if n in cuts:
                for block, piece, size in zip(*cuts[n], strict=True):
                    if size:
                        entries[block] = piece
            found.append(entries)
        return found

    @property
    def token(self) -> Any:
        """All that the index says."""
        return self.x.name, self.basic, self.arrays, self.firsts, self.position, self.labels


def _range(entry: slice) -> range:
    """Return the places of a normalized slice; a backward one stops at its last element."""
    step = entry.step
    return range(entry.start, entry.stop if step > 0 else entry.stop - 1, step)

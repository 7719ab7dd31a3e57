"""Values of given ranks among all rows, exactly, without bringing all rows together.

Every part is sorted, and gives a few of its values with their ranks. From these it is certain
between which two values the one of a wanted rank lies among all rows. Only what lies strictly
between is gathered, and counts of the rest::

    part -> sorted --> samples ------------> brackets
                |                               |
                +--> counts, values between <---+   -> the values

With ``SAMPLES`` of every part, no more than ``2 * rows / SAMPLES`` values are gathered for a rank,
however often values come: those that come often are samples themselves.

>>> parts = [np.sort(x) for x in np.array_split(np.arange(10.0)[::-1], 3)]
>>> brackets = brackets_of([sample(part) for part in parts], np.array([4, 5]))
>>> values_of(brackets, [between(part, brackets) for part in parts]).tolist()
[4.0, 5.0]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Values: TypeAlias = "NDArray[Any]"

#: Values that a sorted part is known by.
SAMPLES = 2048


@dataclass(frozen=True, slots=True)
class Sample:
    """Some values of a sorted part, the first and the last among them, and their ranks in it."""

    size: int
    ranks: NDArray[np.int64]
    values: Values


@dataclass(frozen=True, slots=True)
class Brackets:
    """Of each wanted rank a value that is not above it, and one that is not below it."""

    ranks: NDArray[np.int64]
    low: Values
    high: Values


def sample(ordered: Values, size: int = SAMPLES) -> Sample:
    """Return the sample of a sorted part, without missing values."""
    count = len(ordered)
    ranks = np.unique(np.linspace(0, count - 1, min(count, size)).astype(np.int64))
    return Sample(count, ranks, ordered[ranks])


def brackets_of(samples: Sequence[Sample], ranks: NDArray[np.int64]) -> Brackets:
    """Return between which values those of given ranks lie; there has to be a value at least."""
    values = np.concatenate([one.values for one in samples])
    order = np.argsort(values, kind="stable")
    values = values[order]
    # So many rows are certainly not above a sample, past those that the sample before tells of;
    # and so many more may be below what comes after it.
    before = np.concatenate([np.diff(one.ranks, prepend=-1) for one in samples])[order]
    after = np.concatenate([_until_next(one) for one in samples])[order]
    first = np.flatnonzero(np.append(True, values[1:] != values[:-1]))
    last = np.append(first[1:], len(values)) - 1
    at_least = np.cumsum(before)[last]  # rows not above each distinct value
    at_most = np.concatenate([[0], np.cumsum(after)])[first]  # rows below it
    distinct = values[first]
    low = np.searchsorted(at_most, ranks, side="right") - 1
    high = np.searchsorted(at_least, ranks + 1, side="left")
    return Brackets(ranks, distinct[low], distinct[high])


def _until_next(one: Sample) -> NDArray[np.int64]:
    return np.diff(one.ranks, append=one.size)


#: Of one rank in one part: rows below the bracket, rows at its low end, those between, at its end.
Between: TypeAlias = "tuple[int, int, Values, int]"


def between(ordered: Values, brackets: Brackets) -> list[Between]:
    """Return what a sorted part has in each bracket."""
    places = [
        np.searchsorted(ordered, values, side=side)
        for values in (brackets.low, brackets.high)
        for side in ("left", "right")
    ]
    found = []
    for a, b, c, d in zip(*(place.tolist() for place in places), strict=True):
        # Of equal ends all rows are counted at the first.
        found.append((a, b - a, ordered[b:c], d - max(b, c)))
    return found


def joined(parts: Sequence[list[Between]]) -> list[Between]:
    """Return what several parts have in each bracket."""
    return [
        (
            sum(one[0] for one in same), sum(one[1] for one in same),
            np.concatenate([one[2] for one in same]), sum(one[3] for one in same),
        )
        for same in zip(*parts, strict=True)
    ]  # fmt: skip


def values_of(brackets: Brackets, parts: Sequence[list[Between]]) -> Values:
    """Return the values of the wanted ranks."""
    found = brackets.low.copy()
    for n, (below, at_low, inside, _) in enumerate(joined(parts)):
        rank = int(brackets.ranks[n]) - below - at_low
        if rank >= len(inside):
            found[n] = brackets.high[n]
        elif rank >= 0:
            found[n] = np.partition(inside, rank)[rank]
    return found


# -- quantiles are values of ranks, and what lies between two of them ------------------------------

INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")


def ranks_of(count: int, quantiles: Values, interpolation: str) -> tuple[Any, Any, Any]:
    """Return two ranks for each quantile, and how far between their values it lies.

    >>> ranks_of(4, np.array([0.5]), "linear")
    (array([1]), array([2]), array([0.5]))
    """
    place = (count - 1) * quantiles
    low = np.floor(place)
    share = place - low
    if interpolation == "lower":
        share = np.zeros_like(share)
    elif interpolation == "higher":
        share = np.where(share > 0, 1.0, 0.0)
    elif interpolation == "midpoint":
        share = np.where(share > 0, 0.5, 0.0)
    elif interpolation == "nearest":
        low, share = np.round(place), np.zeros_like(share)
    low = np.clip(low, 0, max(count - 1, 0)).astype(np.int64)
    return low, np.minimum(low + 1, max(count - 1, 0)), share


def interpolated(low: Values, high: Values, share: Values) -> Values:
    """Return values between two; the ends exactly."""
    if (share == np.round(share)).all():
        return np.where(share == 0, low, high)
    with np.errstate(all="ignore"):
        step = high - low
        found = np.where(share < 0.5, low + step * share, high - step * (1 - share))
        # Equal ends, infinite ones too, have nothing between them.
        return np.where((share == 0) | (low == high), low, found)

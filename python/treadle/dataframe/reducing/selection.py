"""Values of given ranks among all rows, exactly, without bringing all rows together.

A few values of every part, drawn at random but always the same ones, tell between which two values
the one of a wanted rank lies among all rows, as good as certainly. Only what lies strictly between
is gathered, and counts of the rest; these tell for certain whether it was so. ::

    part --> sample ------------> brackets
      |                              |
      +----> counts, values between <+ --> the values --> for ranks that were missed, once more

However often values come, few are gathered: equal ones at the ends of a bracket are counted only.

>>> parts = np.array_split(np.arange(10.0)[::-1], 3)
>>> brackets = brackets_of([sample(part) for part in parts], np.array([4, 5]))
>>> values_of(brackets, [between(part, brackets) for part in parts])[0].tolist()
[4.0, 5.0]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Values: TypeAlias = "NDArray[Any]"

#: Values that are drawn of a part.
SAMPLES = 8192

#: How many standard deviations off the rank of a sample may be: beyond it, one of 500 million is.
CERTAIN = 6


@dataclass(frozen=True, slots=True)
class Sample:
    """Some values of a part, sorted; all of them if it has no more."""

    size: int
    values: Values
    least: Any
    most: Any


@dataclass(frozen=True, slots=True)
class Brackets:
    """Of each wanted rank two values between which its own lies, or most probably lies."""

    ranks: NDArray[np.int64]
    low: Values
    high: Values
    least: Any
    most: Any


def sample(values: Values, size: int = SAMPLES) -> Sample:
    """Return a sample of a part without missing values."""
    count = len(values)
    if not count:
        return Sample(0, values, None, None)
    if count > size:
        drawn = values[np.random.default_rng(0).integers(0, count, size)]
    else:
        drawn = values
    return Sample(count, np.sort(drawn), values.min(), values.max())


def brackets_of(samples: Sequence[Sample], ranks: NDArray[np.int64]) -> Brackets:
    """Return between which values those of given ranks lie; there has to be a value at least."""
    filled = [one for one in samples if one.size]
    values = np.concatenate([one.values for one in filled])
    order = np.argsort(values, kind="stable")
    values = values[order]
    weights = np.repeat(
        [one.size / len(one.values) for one in filled], [len(one.values) for one in filled]
    )
    upto = np.cumsum(weights[order])
    partial = [one for one in filled if len(one.values) < one.size]
    margin = 0.0
    if partial:
        variance = sum(one.size**2 / (4 * len(one.values)) for one in partial)
        margin = CERTAIN * variance**0.5 + float(weights.max())
    least, most = min(one.least for one in filled), max(one.most for one in filled)
    count = sum(one.size for one in filled)
    last = len(values) - 1
    low = values[np.minimum(np.searchsorted(upto, ranks - margin, side="right"), last)]
    high = values[np.minimum(np.searchsorted(upto, ranks + margin, side="right"), last)]
    low = np.where(ranks - margin <= 0, least, low)
    high = np.where(ranks + margin >= count - 1, most, high)
    if margin:
        high = np.where(ranks == 0, least, high)
        low = np.where(ranks == count - 1, most, low)
    return Brackets(ranks, low.astype(values.dtype), high.astype(values.dtype), least, most)


#: Of one rank in one part: rows below the bracket, rows at its low end, those between, at its end.
Between: TypeAlias = "tuple[int, int, Values, int]"


def between(values: Values, brackets: Brackets) -> list[Between]:
    """Return what a part has in each bracket; equal brackets are looked at once."""
    known: dict[Any, Between] = {}
    for low, high in zip(brackets.low, brackets.high, strict=True):
        if (low, high) in known:
            continue
        below = int(np.count_nonzero(values < low))
        at_low = int(np.count_nonzero(values == low))
        if low == high:
            known[low, high] = below, at_low, values[:0], 0
        else:
            inside = values[(values > low) & (values < high)]
            known[low, high] = below, at_low, inside, int(np.count_nonzero(values == high))
    return [known[ends] for ends in zip(brackets.low, brackets.high, strict=True)]


def joined(parts: Sequence[list[Between]]) -> list[Between]:
    """Return what several parts have in each bracket."""
    return [
        (
            sum(one[0] for one in same), sum(one[1] for one in same),
            np.concatenate([one[2] for one in same]), sum(one[3] for one in same),
        )
        for same in zip(*parts, strict=True)
    ]  # fmt: skip


def values_of(
    brackets: Brackets, parts: Sequence[list[Between]]
) -> tuple[Values, NDArray[np.intp], Brackets | None]:
    """Return the values of the wanted ranks; which of them lie elsewhere, and brackets of those."""
    found = brackets.low.copy()
    low, high = brackets.low.copy(), brackets.high.copy()
    missed = []
    for n, (below, at_low, inside, at_high) in enumerate(joined(parts)):
        rank = int(brackets.ranks[n]) - below - at_low
        if rank < -at_low:
            low[n], high[n] = brackets.least, brackets.low[n]
            missed.append(n)
        elif rank >= len(inside) + at_high and rank >= 0:
            low[n], high[n] = brackets.high[n], brackets.most
            missed.append(n)
        elif rank >= len(inside):
            found[n] = brackets.high[n]
        elif rank >= 0:
            found[n] = np.partition(inside, rank)[rank]
    places = np.array(missed, np.intp)
    if not missed:
        return found, places, None
    again = Brackets(
        brackets.ranks[places], low[places], high[places], brackets.least, brackets.most
    )
    return found, places, again


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

"""What the tasks of quantiles do.

Quantiles of all elements are exact, in two passes over sorted blocks::

    sort each block  ->  a few hundred of its elements, with their ranks       samples
    all samples      ->  for each rank that is asked for, a pair of elements   brackets
                         between which it lies for certain
    each block       ->  how many are below; which are between                 pieces
    all pieces       ->  the element of that rank

With ``s`` samples of each block, at most about ``2 / s`` of the elements lie strictly between.
The formulas of the methods are those of Hyndman and Fan ("Sample quantiles in statistical
packages", 1996), numbered as NumPy does.
"""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np

#: Samples that are taken of each block.
SAMPLES = 512

#: (alpha, beta) of the methods whose rank is ``n * q + alpha + q * (1 - alpha - beta) - 1``.
PARAMETERS = {
    "interpolated_inverted_cdf": (0.0, 1.0),
    "hazen": (0.5, 0.5),
    "weibull": (0.0, 0.0),
    "linear": (1.0, 1.0),
    "median_unbiased": (1 / 3, 1 / 3),
    "normal_unbiased": (3 / 8, 3 / 8),
}
METHODS = (
    *PARAMETERS, "inverted_cdf", "averaged_inverted_cdf", "closest_observation", "lower", "higher",
    "midpoint", "nearest",
)  # fmt: skip


class Ranks(NamedTuple):
    """Which elements quantiles lie between, and how far from the first."""

    below: Any
    above: Any
    share: Any


def ranks_of(q: Any, count: int, method: str) -> Ranks:
    """Return the ranks that a method takes of ``count`` elements.

    >>> ranks_of(np.array([0.5]), 4, "linear")
    Ranks(below=array([1]), above=array([2]), share=array([0.5]))
    """
    if method in PARAMETERS:
        alpha, beta = PARAMETERS[method]
        rank = (count - 1) * q if method == "linear" else (
            count * q + (alpha + q * (1 - alpha - beta)) - 1
        )  # fmt: skip
    elif method in ("inverted_cdf", "averaged_inverted_cdf"):
        rank = count * q - 1
        on_one = rank % 1 == 0
        if method == "averaged_inverted_cdf":
            return _clipped(np.floor(rank), np.where(on_one, 0.5, 1.0), count)
        rank = np.where(on_one, rank, np.floor(rank) + 1)
    elif method == "closest_observation":
        rank = count * q - 1.5
        floor = np.floor(rank)
        rank = np.where((rank == floor) & (floor % 2 == 1), floor, floor + 1)
    else:
        rank = (count - 1) * q
        if method == "midpoint":
            rank = (np.floor(rank) + np.ceil(rank)) / 2
        else:
            rank = {"lower": np.floor, "higher": np.ceil, "nearest": np.rint}[method](rank)
    return _clipped(np.floor(rank), rank - np.floor(rank), count)


def _clipped(floor: Any, share: Any, count: int) -> Ranks:
    below = np.clip(floor, 0, count - 1).astype(np.int64)
    above = np.clip(floor + 1, 0, count - 1).astype(np.int64)
    return Ranks(below, above, np.where(below == above, 0.0, share))


# -- first pass ------------------------------------------------------------------------------------


class Sample(NamedTuple):
    """Elements of a block in order, with their ranks in it; what is ``nan`` is only counted."""

    values: Any
    ranks: Any
    count: Any
    nans: int


def sorted_elements(block: Any) -> Any:
    """Return the elements of a block in order."""
    if isinstance(block, np.ma.MaskedArray):
        block = block.compressed()
    return np.sort(np.asarray(block), axis=None)


def sampled(ordered: Any) -> Sample:
    """Return some elements of a sorted block: the first, the last, and others evenly between."""
    count = len(ordered)
    if ordered.dtype.kind == "f":
        count = int(np.searchsorted(ordered, np.nan))
    if not count:
        return Sample(ordered[:0], np.empty(0, np.int64), 0, len(ordered))
    ranks = np.unique(np.linspace(0, count - 1, min(SAMPLES, count)).astype(np.int64))
    return Sample(ordered[ranks], ranks, count, len(ordered) - count)


class Samples(NamedTuple):
    """Samples of several blocks: values, and by how much elements up to them are known to grow."""

    values: Any
    upto: Any  # a new value says that so many more are not above it
    after: Any  # past it, so many more may be below
    count: Any
    nans: int


def gathered(*samples: Sample | Samples) -> Samples:
    """Return samples of blocks together."""
    every = [_with_steps(item) if isinstance(item, Sample) else item for item in samples]
    return Samples(
        np.concatenate([item.values for item in every]),
        np.concatenate([item.upto for item in every]),
        np.concatenate([item.after for item in every]),
        sum(item.count for item in every),
        sum(item.nans for item in every),
    )


def _with_steps(sample: Sample) -> Samples:
    upto = np.diff(sample.ranks, prepend=-1)
    after = np.diff(sample.ranks, append=sample.count) if sample.count else upto
    return Samples(sample.values, upto, after, sample.count, sample.nans)


class Brackets(NamedTuple):
    """For each quantile: elements between which those of its ranks lie, for certain."""

    low: Any
    high: Any
    ranks: Ranks
    nans: int
    count: Any


def brackets(q: Any, method: str, samples: Sample | Samples) -> Brackets:
    """Return the brackets of quantiles."""
    found = gathered(samples)
    if not found.count:
        empty = np.zeros(len(q), found.values.dtype)
        zero = np.zeros(len(q), np.int64)
        return Brackets(empty, empty, Ranks(zero, zero, zero * 0.0), found.nans, 0)
    ranks = ranks_of(q, found.count, method)
    order = np.argsort(found.values, kind="stable")
    values, first = np.unique(found.values[order], return_index=True)
    ends = np.append(first[1:], len(order))
    at_least = np.cumsum(found.upto[order])[ends - 1]  # so many are not above, or more
    below = np.concatenate([[0], np.cumsum(found.after[order])])[
        first
    ]  # so many are less, or fewer
    low = np.searchsorted(below, ranks.below, "right") - 1
    high = np.searchsorted(at_least, ranks.above + 1, "left")
    return Brackets(values[low], values[high], ranks, found.nans, found.count)


# -- second pass -----------------------------------------------------------------------------------


class Pieces(NamedTuple):
    """For each quantile: how many elements are below its bracket, on its low end; those between."""

    brackets: Brackets
    below: Any
    on_low: Any
    between: list[Any]


def cut_out(ordered: Any, bracket: Brackets) -> Pieces:
    """Return what a sorted block has in the brackets."""
    below = np.searchsorted(ordered, bracket.low, "left")
    inside = np.searchsorted(ordered, bracket.low, "right")
    end = np.maximum(np.searchsorted(ordered, bracket.high, "left"), inside)
    between = [ordered[a:b].copy() for a, b in zip(inside, end, strict=True)]
    return Pieces(bracket, below, inside - below, between)


def put_together(*pieces: Pieces) -> Pieces:
    """Return what several blocks have in the brackets."""
    return Pieces(
        pieces[0].brackets,
        np.sum([piece.below for piece in pieces], axis=0),
        np.sum([piece.on_low for piece in pieces], axis=0),
        [np.concatenate(parts) for parts in zip(*[p.between for p in pieces], strict=True)],
    )


def quantiles(shape: tuple[int, ...], dtype: Any, skip_nan: bool, pieces: Pieces) -> Any:
    """Return the quantiles."""
    bracket = pieces.brackets
    if not bracket.count or (bracket.nans and not skip_nan):
        if bracket.count == bracket.nans == 0:
            raise IndexError("quantiles of no elements")
        if not bracket.count and skip_nan:
            warnings.warn("All-NaN slice encountered", RuntimeWarning, stacklevel=2)
        return np.full(shape, np.nan, dtype)[()]
    below = _elements(pieces, bracket.ranks.below)
    above = _elements(pieces, bracket.ranks.above)
    return _between(below, above, bracket.ranks.share).astype(dtype).reshape(shape)[()]


def _elements(pieces: Pieces, ranks: Any) -> Any:
    found = []
    for n, rank in enumerate(ranks.tolist()):
        place = rank - pieces.below[n] - pieces.on_low[n]
        inside = pieces.between[n]
        if place < 0:
            found.append(pieces.brackets.low[n])
        elif place < len(inside):
            found.append(np.partition(inside, place)[place])
        else:
            found.append(pieces.brackets.high[n])
    return np.array(found, pieces.brackets.low.dtype)


def _between(below: Any, above: Any, share: Any) -> Any:
    """Interpolate from the nearer end, so that both ends are met exactly."""
    if not share.any():
        return below
    step = np.subtract(above, below)
    share = share.astype(step.dtype) if step.dtype.kind == "f" else share
    return np.where(share < 0.5, below + step * share, above - step * (1 - share))


# -- along axes ------------------------------------------------------------------------------------


def quantile_along(block: Any, func: Any, q: Any, axis: Any, options: Any, dtype: Any) -> Any:
    """Return quantiles of a block along axes that it has whole."""
    return np.asarray(func(block, q, axis=axis, **options)).astype(dtype, copy=False)


def median_along(block: Any, func: Any, axis: Any) -> Any:
    """Return medians of a block along axes that it has whole."""
    if isinstance(block, np.ma.MaskedArray):
        func = np.ma.median
    return func(block, axis=axis, keepdims=True)


__all__: list[str] = []

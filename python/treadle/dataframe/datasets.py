"""Frames of made-up rows, of any size: for examples, tests and benchmarks.

Every column of every partition has a stream of random numbers of its own, so that it has the same
values whichever others are asked for, and those that nobody asks for are not made. ::

    seed -- partition 0 -- column "id", column "name", ...
         -- partition 1 -- ...
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.build import new_collection
from treadle.dataframe.expr import Source
from treadle.dataframe.reading import Reading
from treadle.graph.tokenize import tokenize

#: What text columns hold.
NAMES = (
    "Alice Bob Charlie Dan Edith Frank George Hannah Ingrid Jerry Kevin Laura Michael Norbert "
    "Oliver Patricia Quinn Ray Sarah Tim Ursula Victor Wendy Xavier Yvonne Zelda"
).split()

#: What pandas calls the texts of its own dtype.
_TEXT = ("str", "string")


def timeseries(
    start: Any = "2000-01-01",
    end: Any = "2000-01-31",
    freq: str = "1s",
    partition_freq: str = "1D",
    dtypes: Mapping[Any, Any] | None = None,
    seed: int | None = None,
    **options: Any,
) -> Any:
    """Return a frame of random values over time, made when they are asked for.

    Parameters
    ----------
    start, end : str or Timestamp
        Of the index, which ends before ``end``.
    freq : str
        From one row to the next.
    partition_freq : str
        From one partition to the next.
    dtypes : mapping, optional
        Labels of columns to types: ``float`` is uniform from -1 to 1, ``int`` Poisson around
        1000, ``bool`` even, ``str`` and ``"category"`` names of people. The default is ``name``
        (str), ``id`` (int), ``x`` and ``y`` (float).
    seed : int, optional
        The same one makes the same values, whatever columns are taken. Others without it.
    **options
        ``<column>_lam=`` is the mean of a column of integers.

    Returns
    -------
    DataFrame
        With known divisions.

    Raises
    ------
    ValueError
        If there would be no rows, or for a dtype that it does not know.

    Examples
    --------
    >>> df = timeseries("2000-01-01", "2000-01-03", freq="1h", seed=0)
    >>> df.npartitions, len(df), df.columns.tolist()
    (2, 48, ['name', 'id', 'x', 'y'])
    >>> bool((df.id.compute() == timeseries("2000", "2000-01-03", "1h", seed=0).compute().id).all())
    True
    """
    dtypes = {"name": str, "id": int, "x": float, "y": float} if dtypes is None else dict(dtypes)
    if not dtypes:
        raise ValueError("dtypes has no columns")
    lams = _means(dtypes, options)
    borders = _borders(start, end, freq, partition_freq)
    root = np.random.SeedSequence(seed).generate_state(2, np.uint64)
    words = tuple(int(word) for word in root)
    columns = [(label, _kind(label, dtype), lams.get(label)) for label, dtype in dtypes.items()]
    parts = [(low, high, n) for n, (low, high) in enumerate(pairwise(borders))]
    reading = TimeSeries(columns, parts, tuple(borders), freq, words)
    name = f"timeseries-{tokenize('timeseries', columns, borders, freq, words)}"
    return new_collection(Source(name, reading))


def _borders(start: Any, end: Any, freq: str, partition_freq: str) -> list[pd.Timestamp]:
    first, last = pd.Timestamp(start), pd.Timestamp(end)
    found = list(pd.date_range(first, last, freq=partition_freq))
    if not found or found[0] > first:
        found.insert(0, first)
    if found[-1] < last:
        found.append(last)
    if len(found) < 2:
        raise ValueError(f"there is no time between {start!r} and {end!r}")
    # Rows go on from one partition to the next in steps of their own, whatever partitions are.
    step = pd.tseries.frequencies.to_offset(freq)
    if first + step > last and first >= last:
        raise ValueError(f"there are no rows between {start!r} and {end!r}")
    return found


def _means(dtypes: Mapping[Any, Any], options: Mapping[str, Any]) -> dict[Any, float]:
    found = {}
    for option, value in options.items():
        label = option.removesuffix("_lam")
        if label == option or label not in dtypes:
            known = [f"{label}_lam" for label in dtypes]
            raise TypeError(f"timeseries() has no option {option!r}; there are {known}")
        found[label] = float(value)
    return found


def _kind(label: Any, dtype: Any) -> str:
    """Return the name of a kind of values."""
    if dtype in (str, object) or dtype in _TEXT:
        return "str"
    if isinstance(dtype, pd.CategoricalDtype) or dtype == "category":
        return "category"
    kind = np.dtype(dtype)
    if kind.kind not in "fiub":
        raise ValueError(f"column {label!r} can't be made of {dtype!r}: give int, float, str, ...")
    return str(kind.str)


class TimeSeries(Reading):
    """Parts of a made-up frame: from a time, to a time, and their number.

    Parameters
    ----------
    columns : list of (label, kind, mean)
    parts : list of (Timestamp, Timestamp, int)
    divisions : tuple
    freq : str
    seed : tuple of int
    """

    def __init__(
        self,
        columns: Sequence[tuple[Any, str, float | None]],
        parts: list[Any],
        divisions: tuple[Any, ...],
        freq: str,
        seed: tuple[int, ...],
    ):
        self.columns = list(columns)
        self.parts = parts
        self.divisions = divisions
        self.freq = freq
        self.seed = seed
        first = divisions[0]
        self.meta = MakeRows(self.columns, first, freq, seed)((first, first, 0))

    def function(self) -> Callable[[Any], Any]:
        return MakeRows(self.columns, self.divisions[0], self.freq, self.seed)

    def project(self, columns: list[Any]) -> Reading:
        wanted = set(columns)
        kept = [column for column in self.columns if column[0] in wanted]
        return TimeSeries(kept, self.parts, self.divisions, self.freq, self.seed)

    def lengths(self) -> Sequence[int]:
        return [rows_in(self.divisions[0], low, high, self.freq) for low, high, _ in self.parts]

    def describe(self) -> str:
        return "made-up time series"


def rows_between(first: Any, low: Any, high: Any, freq: str) -> pd.DatetimeIndex:
    """Return the steps of ``freq`` from ``first`` that lie between ``low`` and before ``high``."""
    width = _width(freq)
    if width is None:  # months have no width: all steps so far are counted
        times = pd.date_range(first, high, freq=freq, inclusive="left", name="timestamp")
        return times[times.searchsorted(low) :]
    begin = first + -((first - low) // width) * width
    return pd.date_range(begin, high, freq=freq, inclusive="left", name="timestamp")


def rows_in(first: Any, low: Any, high: Any, freq: str) -> int:
    """Return the number of these times."""
    width = _width(freq)
    if width is None:
        return len(rows_between(first, low, high, freq))
    steps = [-((first - border) // width) for border in (low, high)]
    return max(int(steps[1] - steps[0]), 0)


def _width(freq: str) -> pd.Timedelta | None:
    """Return how long a step is; None if some are longer than others."""
    step: Any = pd.tseries.frequencies.to_offset(freq)
    try:
        return pd.Timedelta(step)
    except (ValueError, TypeError):
        return None


class MakeRows:
    """Makes a partition of its part."""

    __slots__ = ("columns", "first", "freq", "seed")
    __name__ = "timeseries"

    def __init__(self, columns: list[Any], first: Any, freq: str, seed: tuple[int, ...]):
        self.columns = columns
        self.first = first
        self.freq = freq
        self.seed = seed

    def __call__(self, part: tuple[Any, Any, int]) -> pd.DataFrame:
        low, high, number = part
        index = rows_between(self.first, low, high, self.freq)
        made = {
            label: _values(kind, len(index), _stream(self.seed, number, label), mean)
            for label, kind, mean in self.columns
        }
        return pd.DataFrame(made, index=index, columns=[label for label, _, _ in self.columns])

    def __reduce__(self) -> tuple[Any, ...]:
        return MakeRows, (self.columns, self.first, self.freq, self.seed)


def _stream(seed: tuple[int, ...], number: int, label: Any) -> np.random.Generator:
    """Return the random numbers of a column of a partition."""
    return np.random.default_rng((*seed, number, zlib.crc32(repr(label).encode())))


def _values(kind: str, rows: int, rng: np.random.Generator, mean: float | None) -> Any:
    if kind in ("str", "category"):
        codes = rng.integers(0, len(NAMES), rows)
        if kind == "category":
            return pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(NAMES))
        return pd.array(NAMES, dtype="str").take(codes)
    dtype = np.dtype(kind)
    if dtype.kind == "b":
        return rng.random(rows) < 0.5
    if dtype.kind == "f":
        return (rng.random(rows) * 2 - 1).astype(dtype)
    return rng.poisson(1000 if mean is None else mean, rows).astype(dtype)


__all__ = ["timeseries"]

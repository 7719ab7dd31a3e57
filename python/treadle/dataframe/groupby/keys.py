"""Rows to groups: every row gets the number of its group, and every group the values of its keys.

pandas numbers rows by a hash table for each key and another for their combination. Most keys of
real questions are few (hours, weekdays, carriers, categories), and then numbers come by arithmetic
alone: a key of integers in a narrow range is its own number, less the smallest, and several keys
are the digits of one number. That makes two keys some ten times quicker to group than in pandas.
What is not so small goes through pandas' hash tables all the same.

>>> import pandas as pd
>>> numbered = number_groups([pd.Series([7, 9, 7]), pd.Series(["a", "b", "a"])], dropna=True)
>>> numbered.codes.tolist(), numbered.count
([0, 1, 0], 2)
>>> numbered.keys
   0  1
0  7  a
1  9  b
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

#: Combinations of keys that are numbered by arithmetic, whatever the number of rows.
SMALL = 1 << 14


@dataclass(frozen=True, slots=True)
class Level:
    """A key that is a level of the index, by its number or name."""

    level: Hashable


@dataclass(frozen=True, slots=True)
class Aligned:
    """A key that comes beside the frame: a series with the same rows, by its place among those."""

    place: int


@dataclass(frozen=True)
class Numbered:
    """Rows with the numbers of their groups."""

    #: The group of each row; -1 where a key is missing and such rows are left out.
    codes: np.ndarray[Any, Any]
    count: int
    #: One row for each group, in the order of numbers; columns are 0, 1, ...
    keys: pd.DataFrame
    #: Rows of each group, where they were counted on the way.
    sizes: np.ndarray[Any, Any] | None = None


def key_columns(frame: pd.DataFrame, by: Sequence[Any], beside: Sequence[Any]) -> list[pd.Series]:
    """Return one series of values for each key.

    Parameters
    ----------
    by : sequence
        Labels of columns, `Level`, `Aligned`, functions of the index's labels.
    beside : sequence of Series
        What `Aligned` keys point to.
    """
    return [_key_column(frame, key, beside) for key in by]


def _key_column(frame: pd.DataFrame, key: Any, beside: Sequence[Any]) -> pd.Series:
    match key:
        case Level(level):
            values = frame.index.get_level_values(level)  # type: ignore[arg-type]
            return pd.Series(values, index=frame.index)
        case Aligned(place):
            series: pd.Series = beside[place]
            if len(series) == len(frame) and series.index.equals(frame.index):
                return series
            return series.reindex(frame.index)
    if callable(key):
        return pd.Series(frame.index.map(key), index=frame.index)
    if key in frame.columns:
        column: pd.Series = frame[key]
        return column
    return pd.Series(frame.index.get_level_values(key), index=frame.index)


#: The most combinations that have a number each.
_ROOM = np.iinfo(np.int64).max // 2


def number_groups(keys: Sequence[pd.Series], *, dropna: bool, sort: bool = True) -> Numbered:
    """Number the groups of rows with equal keys.

    Parameters
    ----------
    keys : sequence of Series
        Values of each key, in the order of rows.
    dropna : bool
        Whether rows with a missing key belong to no group.
    sort : bool
        Whether the order of numbers is of no matter, because the end sorts anyway. Without it
        groups are numbered as they appear.
    """
    digits = [_digits(key, dropna) for key in keys]
    rows = len(keys[0])
    room = _room(digits)
    if len(digits) == 1 and digits[0].complete:
        keys_of_groups = pd.DataFrame({0: digits[0].values(np.arange(room))})
        return Numbered(digits[0].codes.astype(np.int64, copy=False), room, keys_of_groups)
    if room > _ROOM:
        return _number_step_by_step(digits, sort)
    codes = _combined(digits)
    if len(digits) > 1 and any(digit.gaps for digit in digits):
        missing = np.zeros(rows, dtype=bool)
        for digit in digits:
            if digit.gaps:
                missing |= digit.codes < 0
        codes[missing] = -1
    sizes = None
    if sort and room <= max(SMALL, rows):
        codes, present, sizes = _close_gaps(codes, room, any(digit.gaps for digit in digits))
    else:
        codes, present = pd.factorize(codes) if rows else (codes, np.zeros(0, np.int64))
        if len(present) and (lost := np.flatnonzero(present < 0)).size:
            codes, present = _without(codes, present, int(lost[0]))
    return Numbered(codes, len(present), _decoded(present, digits), sizes)


def distinct_groups(keys: Sequence[pd.Series]) -> pd.DataFrame:
    """Return each combination of keys once, in any order; a missing key is a value like others.

    Without a number for each row they may be sorted, which takes a fraction of the time that
    hashing takes, and next to none where rows lie in the order of the first key.
    """
    digits = [_digits(key, dropna=False) for key in keys]
    room = _room(digits)
    if room > _ROOM or room <= max(SMALL, len(keys[0])):
        return number_groups(keys, dropna=False).keys
    codes = np.sort(_combined(digits), kind="stable")
    first = np.empty(len(codes), np.bool_)
    first[:1] = True
    np.not_equal(codes[1:], codes[:-1], out=first[1:])
    return _decoded(codes[first], digits)


def _decoded(present: Any, digits: Sequence[_Digits]) -> pd.DataFrame:
    """Return the keys of combined codes."""
    columns: dict[int, Any] = {}
    rest = present
    for place in range(len(digits) - 1, -1, -1):
        rest, digit_codes = np.divmod(rest, digits[place].size or 1)
        columns[place] = digits[place].values(digit_codes)
    return pd.DataFrame({place: columns[place] for place in range(len(digits))})


def _room(digits: Sequence[_Digits]) -> int:
    """Return how many combinations there may be."""
    room = 1
    for digit in digits:
        room *= digit.size
    return room


def _combined(digits: Sequence[_Digits]) -> Any:
    """Return one number for the numbers of all keys."""
    codes = digits[0].codes.astype(np.int64, copy=False)
    if len(digits) > 1:
        codes = codes * digits[1].size + digits[1].codes
        for digit in digits[2:]:
            codes *= digit.size
            codes += digit.codes
    return codes


def _without(codes: Any, present: Any, lost: int) -> tuple[Any, Any]:
    """Take the group of rows with missing keys out of numbers that begin at 0."""
    codes = np.where(codes == lost, -1, codes - (codes > lost))
    return codes, np.delete(present, lost)


def _close_gaps(codes: Any, room: int, gaps: bool) -> tuple[Any, Any, Any]:
    """Renumber codes below ``room`` so that every number is in use; also return their counts."""
    if gaps:
        sizes = np.bincount(codes + 1, minlength=room + 1)[1:]
    else:
        sizes = np.bincount(codes, minlength=room)
    present = np.flatnonzero(sizes)
    if len(present) == room:
        return codes, present, sizes
    renumber = np.full(room + 1, -1, dtype=np.int64)  # the last stands for -1
    renumber[present] = np.arange(len(present))
    return renumber[codes], present, sizes[present]


def _number_step_by_step(digits: list[_Digits], sort: bool) -> Numbered:
    """Number combinations that no integer can hold: key after key, closing gaps on the way."""
    codes = pd.Series(digits[0].codes)
    known: list[Any] = []
    for digit in digits[1:]:
        step = number_groups([codes, pd.Series(digit.codes)], dropna=False, sort=sort)
        before, own = step.keys[0].to_numpy(), step.keys[1].to_numpy()
        known = [*(part[before] for part in known), own] if known else [before, own]
        codes = pd.Series(step.codes)
    keep = np.logical_and.reduce([part >= 0 for part in known])
    renumber = np.where(keep, np.cumsum(keep) - 1, -1)
    pairs = zip(digits, known, strict=True)
    frame = pd.DataFrame({i: digit.values(part[keep]) for i, (digit, part) in enumerate(pairs)})
    return Numbered(renumber[codes.to_numpy()], int(keep.sum()), frame)


@dataclass(frozen=True)
class _Digits:
    """One key as numbers from 0 below ``size``; -1 is no number."""

    codes: Any
    size: int
    gaps: bool
    #: Makes keys' values of numbers.
    values: Callable[[Any], Any]
    #: Whether every number is in use, in the order of appearance.
    complete: bool = False


def _digits(key: pd.Series, dropna: bool) -> _Digits:
    dtype = key.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _categorical_digits(key.array, dropna)
    if not isinstance(dtype, np.dtype):
        return _hashed_digits(key.array, dropna)
    values = key.to_numpy()
    if dtype.kind == "b":
        return _Digits(values.view(np.uint8), 2, False, lambda codes: codes.astype(bool))
    if dtype.kind in "iu" and dtype != np.uint64 and len(values):
        low, high = int(values.min()), int(values.max())
        if high - low < max(SMALL, len(values)):
            codes = np.subtract(values, low, dtype=np.int64) if low else values
            return _Digits(codes, high - low + 1, False, lambda codes: (codes + low).astype(dtype))
    return _hashed_digits(values, dropna)


def _categorical_digits(array: Any, dropna: bool) -> _Digits:
    codes, size = array.codes, len(array.categories)
    gaps = bool((codes < 0).any())

    def values(numbers: Any) -> Any:
        return pd.Categorical.from_codes(np.where(numbers == size, -1, numbers), dtype=array.dtype)

    if gaps and not dropna:
        return _Digits(np.where(codes < 0, size, codes), size + 1, False, values)
    return _Digits(codes, size, gaps, values)


def _hashed_digits(array: Any, dropna: bool) -> _Digits:
    codes, uniques = pd.factorize(array, use_na_sentinel=dropna)
    gaps = dropna and bool(len(codes)) and bool(codes.min() < 0)
    return _Digits(codes, len(uniques), gaps, uniques.take, complete=True)


class Rows:
    """The columns of a frame by numbered groups, each group present unless said otherwise.

    pandas takes a categorical of numbers as it is, without a look at the values again: this is how
    its own compiled loops run over our numbers. Sums of floats go by `numpy.bincount`, which takes
    a quarter of their time, in runs of rows, so that roundings do not pile up.
    """

    def __init__(self, frame: pd.DataFrame, codes: Any, count: int, sizes: Any = None):
        self.frame = frame
        self.codes = codes
        self.count = count
        self._sizes = sizes
        self._missing: dict[str, Any] = {}

    @cached_property
    def grouping(self) -> Any:
        """The numbers as pandas takes them."""
        categories = pd.RangeIndex(self.count)
        return pd.Categorical.from_codes(self.codes, categories=categories, validate=False)

    @cached_property
    def groups(self) -> Any:
        """All columns, grouped."""
        return self.frame.groupby(self.grouping, observed=False, sort=True)

    def of(self, series: pd.Series) -> Any:
        """Return a series of the same rows, grouped."""
        return series.groupby(self.grouping, observed=False, sort=True)

    @cached_property
    def sizes(self) -> np.ndarray[Any, Any]:
        """Rows of each group."""
        if self._sizes is not None:
            return np.asarray(self._sizes)
        return np.bincount(self.codes + 1, minlength=self.count + 1)[1:]

    @cached_property
    def _gaps(self) -> bool:
        return int(self.sizes.sum()) < len(self.codes)

    def missing(self, column: str) -> Any:
        """Return the places of rows without a value."""
        if column not in self._missing:
            values = self.frame[column]
            never = isinstance(values.dtype, np.dtype) and values.dtype.kind in "biu"
            self._missing[column] = (
                np.zeros(0, np.int64) if never else np.flatnonzero(values.isna().to_numpy())
            )
        return self._missing[column]

    def counts(self, column: str) -> np.ndarray[Any, Any]:
        """Return the values of each group that are not missing."""
        places = self.missing(column)
        if not len(places):
            return self.sizes
        lost = np.bincount(self.codes[places] + 1, minlength=self.count + 1)[1:]
        return np.asarray(self.sizes - lost)

    def sums(self, values: np.ndarray[Any, Any], zero: Any = ()) -> np.ndarray[Any, Any]:
        """Return sums of floats of each group, the rows at places ``zero`` left out."""
        if len(zero):
            values = values.copy()
            values[zero] = 0.0
        total = np.zeros(self.count + 1)
        run = max(1 << 16, 4 * self.count)
        with np.errstate(invalid="ignore"):  # two infinities
            for start in range(0, len(values), run):
                codes = self.codes[start : start + run]
                weights = values[start : start + run]
                if self._gaps:
                    total += np.bincount(codes + 1, weights, self.count + 1)
                else:
                    total[1:] += np.bincount(codes, weights, self.count)
        return total[1:]


def places_in(
    frame: pd.DataFrame, grouping: Any, beside: Sequence[Any], known: pd.DataFrame
) -> np.ndarray[Any, Any]:
    """Return the row of ``known``, a frame of groups' keys, for each row's group; -1: none."""
    rows = number_groups(
        key_columns(frame, grouping.by, beside), dropna=grouping.dropna, sort=grouping.sort
    )
    if not rows.count or not len(known):
        return np.full(len(frame), -1, dtype=np.int64)
    keys = stack([rows.keys, known])
    both = number_groups([keys[column] for column in keys], dropna=False)
    places = np.full(both.count, -1, dtype=np.int64)
    places[both.codes[rows.count :]] = np.arange(len(known))
    found: np.ndarray[Any, Any] = np.append(places[both.codes[: rows.count]], -1)[rows.codes]
    return found


def stack(frames: Sequence[pd.DataFrame], *, keep_index: bool = False) -> pd.DataFrame:
    """Put frames with the same columns on top of each other, categories united.

    Frames without rows are left out where others have some: they say nothing of dtypes.
    """
    full = [frame for frame in frames if len(frame)] or list(frames[:1])
    if len(full) == 1:
        return full[0] if keep_index else full[0].reset_index(drop=True)
    mixed = [column for column in full[0].columns if _differing_categories(full, column)]
    if mixed:
        united = {
            column: pd.api.types.union_categoricals([f[column] for f in full]).dtype
            for column in mixed
        }
        full = [frame.astype(united) for frame in full]
    return pd.concat(full, ignore_index=not keep_index)


def _differing_categories(frames: Sequence[pd.DataFrame], column: Any) -> bool:
    dtypes = [frame[column].dtype for frame in frames]
    if not all(isinstance(dtype, pd.CategoricalDtype) for dtype in dtypes):
        return False
    return any(dtype != dtypes[0] for dtype in dtypes) and not any(
        dtype.ordered for dtype in dtypes
    )

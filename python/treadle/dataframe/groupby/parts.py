"""What is kept of a group while partitions are reduced, and how two such pieces become one.

A `Part` is one such quantity: a sum, the first value, a mean with its sum of squares, where the
smallest value is, the distinct values, all values. It is computed for the groups of one partition
(``chunk``) as columns with one row for each group, or as a table whose rows point to their groups;
and again, over the same columns of many partial results, for the groups of them all (``combine``).

>>> import pandas as pd
>>> frame = pd.DataFrame({"x": [1.0, 2.0, 4.0]})
>>> part = Moments("v0", "x")
>>> state = State()
>>> part.chunk(Rows(frame, np.array([0, 0, 1]), 2), state)
>>> pd.DataFrame(state.columns)
   v0.count  v0.mean  v0.squares
0         2      1.5         0.5
1         1      4.0         0.0
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pandas as pd

from treadle.dataframe.groupby.keys import Rows, distinct_groups, number_groups

Options = tuple[tuple[str, Any], ...]


@dataclass
class State:
    """What is known of groups: columns with a row for each, and tables that point to them."""

    columns: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)


class Part(Protocol):
    """A quantity that is kept of each group; ``name`` begins the names of its columns."""

    @property
    def name(self) -> str: ...

    def chunk(self, rows: Rows, into: State) -> None:
        """Compute it for the groups of rows of a partition."""

    def combine(self, rows: Rows, into: State) -> None:
        """Compute it for groups of partial results, which are the rows here."""


@dataclass(frozen=True)
class Size:
    """Rows of each group."""

    name: str

    def chunk(self, rows: Rows, into: State) -> None:
        into.columns[self.name] = rows.sizes

    def combine(self, rows: Rows, into: State) -> None:
        into.columns[self.name] = rows.groups[self.name].sum().array


@dataclass(frozen=True)
class Count:
    """Values of each group that are not missing."""

    name: str
    column: str

    def chunk(self, rows: Rows, into: State) -> None:
        into.columns[self.name] = rows.counts(self.column)

    def combine(self, rows: Rows, into: State) -> None:
        into.columns[self.name] = rows.groups[self.name].sum().array


@dataclass(frozen=True)
class Reduced:
    """A method of pandas that is its own combination: ``sum``, ``min``, ``first``, ``any`` ..."""

    name: str
    column: str
    method: str
    options: Options = ()

    def chunk(self, rows: Rows, into: State) -> None:
        reduce_all([self], [self.column], rows, into)

    def combine(self, rows: Rows, into: State) -> None:
        reduce_all([self], [self.name], rows, into)


def reduce_all(parts: Sequence[Reduced], columns: Sequence[str], rows: Rows, into: State) -> None:
    """Compute parts with the same method and options: one call of pandas for all columns."""
    distinct = list(dict.fromkeys(columns))
    options = dict(parts[0].options)
    method = parts[0].method
    found: dict[str, Any] = {}
    for column in distinct:
        series = rows.frame[column]
        if method == "sum" and series.dtype == np.float64 and options.keys() <= {"skipna"}:
            zero = rows.missing(column) if options.get("skipna", True) else ()
            found[column] = rows.sums(series.to_numpy(), zero)
        elif _ranked(series, method, options):
            found[column] = _text_extreme(rows, column, method)
    others = [column for column in distinct if column not in found]
    if others:
        result = getattr(rows.groups[others], method)(**options)
        found.update((column, result[column].array) for column in others)
    for part, column in zip(parts, columns, strict=True):
        into.columns[part.name] = found[column]


def _ranked(series: pd.Series, method: str, options: dict[str, Any]) -> bool:
    return (
        method in ("min", "max")
        and isinstance(series.dtype, pd.StringDtype)
        and options.get("skipna", True)
        and options.get("min_count", -1) <= 0
    )


def _text_extreme(rows: Rows, column: str, method: str) -> Any:
    """The smallest or largest text of each group, by ranks: pandas calls Python for each group."""
    series = rows.frame[column]
    codes, uniques = pd.factorize(series.array)
    order = uniques.argsort()
    rank = np.empty(len(uniques) + 1, dtype=np.float64)
    rank[order] = np.arange(len(uniques))
    rank[-1] = np.nan
    best = getattr(rows.of(pd.Series(rank[codes], index=series.index)), method)().to_numpy()
    found = np.where(np.isnan(best), -1, best).astype(np.int64)
    return uniques.take(order).take(found, allow_fill=True)


def as_float(series: pd.Series) -> np.ndarray[Any, Any]:
    """Return values as float64, missing ones NaN, moments as counts of their unit."""
    values = series.array
    if isinstance(series.dtype, np.dtype):
        numbers = series.to_numpy()
        if series.dtype.kind not in "mM":
            return numbers.astype(np.float64, copy=False)
    elif isinstance(series.dtype, pd.DatetimeTZDtype):
        numbers = series.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()
    else:
        return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan))
    counted = numbers.view(np.int64).astype(np.float64)
    counted[np.isnat(numbers)] = np.nan
    return counted


@dataclass(frozen=True)
class Moments:
    """Count, mean and the sum of squares about the mean.

    Partial results are put together after Chan, Golub and LeVeque: sums of squares are never
    taken about zero, where the digits of a small variance about a large mean would be lost.
    """

    name: str
    column: str
    skipna: bool = True

    def chunk(self, rows: Rows, into: State) -> None:
        values = rows.frame[self.column].to_numpy()
        zero = rows.missing(self.column) if self.skipna else ()
        count = rows.counts(self.column) if self.skipna else rows.sizes
        with np.errstate(all="ignore"):
            mean = rows.sums(values, zero) / count
            apart = values - np.append(mean, np.nan)[rows.codes]  # the last is for -1
            apart *= apart
        into.columns[f"{self.name}.count"] = count
        into.columns[f"{self.name}.mean"] = mean
        into.columns[f"{self.name}.squares"] = rows.sums(apart, zero)

    def combine(self, rows: Rows, into: State) -> None:
        frame = rows.frame
        counted, means, squares = (
            frame[f"{self.name}.{what}"].to_numpy() for what in ("count", "mean", "squares")
        )
        # Means are put together as distances from one of them, so that no large number is rounded.
        some = rows.of(pd.Series(means)).first().to_numpy(dtype=np.float64)
        weights = counted.astype(np.float64)
        total = rows.sums(weights)
        with np.errstate(all="ignore"):
            distance = np.where(counted > 0, means - some[rows.codes], 0.0)
            moved = rows.sums(weights * distance) / total
            apart = np.where(counted > 0, distance - moved[rows.codes], 0.0)
            squares = squares + weights * apart * apart
        into.columns[f"{self.name}.count"] = total.astype(np.int64)
        into.columns[f"{self.name}.mean"] = some + moved
        into.columns[f"{self.name}.squares"] = rows.sums(squares)


@dataclass(frozen=True)
class Extreme:
    """The smallest or largest value, and the label of the first row that has it."""

    name: str
    column: str
    method: str
    #: The column with labels.
    labels: str

    def chunk(self, rows: Rows, into: State) -> None:
        self._find(rows, self.column, self.labels, into)

    def combine(self, rows: Rows, into: State) -> None:
        self._find(rows, f"{self.name}.value", f"{self.name}.label", into)

    def _find(self, rows: Rows, column: str, labels: str, into: State) -> None:
        found = State()
        reduce_all([Reduced("best", column, self.method)], [column], rows, found)
        best = pd.Series(found.columns["best"])
        names = rows.frame[labels].array
        into.columns[f"{self.name}.value"] = best.array
        if not rows.count:
            into.columns[f"{self.name}.label"] = names[:0]
            return
        same = _equal(rows.frame[column], best.take(np.maximum(rows.codes, 0)))
        into.columns[f"{self.name}.label"] = names.take(first_places(rows, same))


def _equal(series: pd.Series, best: pd.Series) -> Any:
    same = series.reset_index(drop=True) == best.reset_index(drop=True)
    return same.fillna(False).to_numpy(dtype=bool)


def first_places(rows: Rows, chosen: Any) -> Any:
    """Return the place of the first chosen row of each group, 0 where there is none."""
    places = np.zeros(rows.count, dtype=np.int64)
    hits = np.flatnonzero(chosen & (rows.codes >= 0))[::-1]
    places[rows.codes[hits]] = hits  # of several, the last assignment stays: the first row
    return places


@dataclass(frozen=True)
class Distinct:
    """The distinct values of each group, with the number of times when ``counted``."""

    name: str
    column: str
    dropna: bool = True
    counted: bool = False

    def chunk(self, rows: Rows, into: State) -> None:
        codes = pd.Series(rows.codes)
        values = rows.frame[self.column].reset_index(drop=True)
        into.tables[self.name] = self._pairs(codes, values, None)

    def combine(self, rows: Rows, into: State) -> None:
        table = into.tables[self.name]
        into.tables[self.name] = self._pairs(
            table["group"], table["value"], table["n"] if self.counted else None
        )

    def _pairs(self, groups: pd.Series, values: pd.Series, times: pd.Series | None) -> pd.DataFrame:
        inside = groups >= 0
        if self.dropna:
            inside &= values.notna()
        if not inside.all():
            groups, values = groups[inside], values[inside]
            times = times if times is None else times[inside]
        if not self.counted:
            return distinct_groups([groups, values]).set_axis(["group", "value"], axis=1)
        # Counted values stay in the order of rows: as frequent ones are told apart by it.
        pairs = number_groups([groups, values], dropna=False, sort=False)
        table = pairs.keys.set_axis(["group", "value"], axis=1)
        weights = None if times is None else times.to_numpy()
        table["n"] = np.bincount(pairs.codes, weights, pairs.count).astype(np.int64)
        return table


@dataclass(frozen=True)
class Collected:
    """All rows of some columns: for what needs every value of a group at once."""

    name: str
    columns: tuple[str, ...]

    def chunk(self, rows: Rows, into: State) -> None:
        columns = {name: rows.frame[name].array for name in self.columns}
        table = pd.DataFrame({"group": rows.codes, **columns}, index=rows.frame.index, copy=False)
        if len(table) and (rows.codes < 0).any():
            table = table[rows.codes >= 0]
        into.tables[self.name] = table

    def combine(self, rows: Rows, into: State) -> None:
        """Rows stay as they are; only their groups were renumbered."""


@dataclass(frozen=True)
class Custom:
    """A user's own three functions, see `treadle.dataframe.groupby.custom.Aggregation`."""

    name: str
    column: str
    first: Callable[..., Any]
    then: Callable[..., Any]

    def chunk(self, rows: Rows, into: State) -> None:
        self._store(self.first(rows.groups[self.column]), rows.count, into)

    def combine(self, rows: Rows, into: State) -> None:
        mine = [name for name in rows.frame.columns if name.startswith(f"{self.name}.")]
        self._store(self.then(*(rows.groups[name] for name in mine)), rows.count, into)

    def _store(self, result: Any, count: int, into: State) -> None:
        results = result if isinstance(result, tuple) else (result,)
        for place, series in enumerate(results):
            if len(series) != count:
                series = series.reindex(range(count))
            into.columns[f"{self.name}.{place}"] = series.array

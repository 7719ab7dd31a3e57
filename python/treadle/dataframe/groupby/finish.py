"""The last step of an aggregation: what is known of groups becomes a column of the result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.groupby.keys import Rows


@dataclass
class Ready:
    """Everything that is known of groups, in the order of the result."""

    columns: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]
    count: int
    _rows: dict[str, Rows] = field(default_factory=dict)

    def rows(self, name: str) -> Rows:
        """Return collected rows, by their groups."""
        if name not in self._rows:
            table = self.tables[name]
            self._rows[name] = Rows(table, table["group"].to_numpy(), self.count)
        return self._rows[name]

    def floats(self, name: str) -> np.ndarray[Any, Any]:
        """Return a column as floats."""
        values = self.columns[name]
        return np.asarray(pd.Series(values).to_numpy(dtype=np.float64, na_value=np.nan))


#: Makes a column of the result.
Finish = Callable[[Ready], Any]


@dataclass(frozen=True)
class Kept:
    """A column as it is; missing where a group has too few values."""

    name: str
    counted: str | None = None
    min_count: int = 0
    #: For sums and products of short integers, which pandas returns as they were if they fit.
    short: Any = None

    def __call__(self, ready: Ready) -> Any:
        values = ready.columns[self.name]
        if self.short is not None:
            shorter = np.asarray(values).astype(self.short)
            values = shorter if (shorter == values).all() else values
        if self.counted is None:
            return values
        few = np.asarray(ready.columns[self.counted]) < self.min_count
        return pd.Series(values).mask(few).array if few.any() else values


@dataclass(frozen=True)
class Counted:
    """A count, in the dtype that pandas gives it."""

    name: str
    dtype: Any

    def __call__(self, ready: Ready) -> Any:
        return pd.array(np.asarray(ready.columns[self.name]), dtype=self.dtype)


@dataclass(frozen=True)
class Mean:
    """Sums over counts."""

    total: str
    count: str
    dtype: Any

    def __call__(self, ready: Ready) -> Any:
        total, count = ready.floats(self.total), ready.floats(self.count)
        with np.errstate(divide="ignore", invalid="ignore"):
            return fit(total / count, self.dtype)


@dataclass(frozen=True)
class Spread:
    """Variance, standard deviation, standard error of the mean."""

    moments: str
    dtype: Any
    ddof: int = 1
    root: bool = False
    of_mean: bool = False

    def __call__(self, ready: Ready) -> Any:
        count = ready.floats(f"{self.moments}.count")
        with np.errstate(divide="ignore", invalid="ignore"):
            spread = ready.floats(f"{self.moments}.squares") / (count - self.ddof)
            spread[count <= self.ddof] = np.nan
            if self.of_mean:
                spread = spread / count
            if self.root or self.of_mean:
                spread = np.sqrt(spread)
        return fit(spread, self.dtype)


def fit(values: np.ndarray[Any, Any], dtype: Any) -> Any:
    """Return floats in the dtype that pandas gives the result."""
    if isinstance(dtype, np.dtype) and dtype.kind not in "mM":
        return values.astype(dtype, copy=False)
    missing = np.isnan(values)
    if isinstance(dtype, np.dtype | pd.DatetimeTZDtype):
        unit = (
            np.datetime_data(getattr(dtype, "base", dtype))[0]
            if isinstance(dtype, np.dtype)
            else dtype.unit
        )
        kind = "m8" if dtype.kind == "m" else "M8"
        moments = np.where(missing, 0, values).astype(np.int64).view(f"{kind}[{unit}]")
        moments[missing] = np.timedelta64("NaT") if kind == "m8" else np.datetime64("NaT")
        series = pd.Series(moments)
        if isinstance(dtype, pd.DatetimeTZDtype):
            return series.dt.tz_localize("UTC").dt.tz_convert(dtype.tz).array
        return series.array
    column = pd.array(np.where(missing, 0.0, values), dtype=dtype)
    column[missing] = pd.NA
    return column


@dataclass(frozen=True)
class Label:
    """The label of the row with the smallest or largest value."""

    extreme: str
    method: str

    def __call__(self, ready: Ready) -> Any:
        if pd.isna(ready.columns[f"{self.extreme}.value"]).any():
            raise ValueError(
                f"{self.method} finds no value in a group where all are missing; drop those rows"
                f" first, e.g. df.dropna(subset=...)"
            )
        return ready.columns[f"{self.extreme}.label"]


@dataclass(frozen=True)
class DistinctCount:
    """How many distinct values there are."""

    name: str

    def __call__(self, ready: Ready) -> Any:
        return np.bincount(
            ready.tables[self.name]["group"].to_numpy(), minlength=ready.count
        ).astype(np.int64)


@dataclass(frozen=True)
class OfRows:
    """pandas' own method, or a function of the user, on all values of each group."""

    name: str
    column: str
    label: Any
    func: Any
    args: tuple[Any, ...] = ()
    options: tuple[tuple[str, Any], ...] = ()

    def __call__(self, ready: Ready) -> Any:
        rows = ready.rows(self.name)
        groups = rows.of(rows.frame[self.column].rename(self.label))
        options = dict(self.options)
        if isinstance(self.func, str):
            found = getattr(groups, self.func)(*self.args, **options)
        else:
            found = groups.agg(self.func, *self.args, **options)
        if len(found) != ready.count:
            raise ValueError(
                f"{self.func!r} returned {len(found)} values for {ready.count} groups; an"
                f" aggregation returns one for each group"
            )
        return found.array


@dataclass(frozen=True)
class Finalized:
    """What the last function of a user's `Aggregation` makes of its columns."""

    name: str
    last: Callable[..., Any] | None

    def __call__(self, ready: Ready) -> Any:
        mine = [
            pd.Series(values)
            for name, values in ready.columns.items()
            if name.startswith(f"{self.name}.")
        ]
        found = mine[0] if self.last is None else self.last(*mine)
        return found.array if isinstance(found, pd.Series) else found

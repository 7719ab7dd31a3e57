"""Covariance and correlation of columns within groups, in three steps as in `groupby/kernels`.

For each pair of columns the rows that have both count: their number, the two means, and the sums
of products about them. Partial results are put together as `Moments` are.

>>> import pandas as pd
>>> frame = pd.DataFrame({"k": [1, 1, 1, 2, 2], "x": [1.0, 2, 3, 1, 2], "y": [1.0, 2, 4, 5, 4]})
>>> plan = plan_pairs(frame, ["k"], "corr")
>>> plan.finish(plan.combine([plan.chunk(frame[:2]), plan.chunk(frame[2:])])).round(3)
         x      y
k
1 x  1.000  0.982
  y  0.982  1.000
2 x  1.000 -1.000
  y -1.000  1.000
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.groupby.kernels import (
    Partial,
    final_groups,
    key_names,
    partial_of,
    read_grouping,
)
from treadle.dataframe.groupby.keys import Rows, key_columns, number_groups, stack
from treadle.dataframe.groupby.parts import State, as_float
from treadle.dataframe.groupby.spec import Grouping, is_label, value_columns
from treadle.dataframe.one_row import one_row

#: What is kept of a pair of columns x and y.
KEPT = ("count", "x", "y", "xx", "yy", "xy")


@dataclass(frozen=True)
class PairPlan:
    """How columns of groups are compared: see `plan_pairs`."""

    grouping: Grouping
    names: tuple[Hashable, ...]
    values: tuple[Hashable, ...]
    method: str
    min_periods: int
    ddof: int

    @property
    def columns(self) -> list[Hashable]:
        """Labels of columns that a partition must have."""
        keys = [key for key in self.grouping.by if is_label(key)]
        return list(dict.fromkeys([*keys, *self.values]))

    @property
    def _pairs(self) -> list[tuple[int, int]]:
        count = len(self.values)
        return [(i, j) for i in range(count) for j in range(i, count)]

    def chunk(self, part: pd.DataFrame, *beside: pd.Series) -> Partial:
        """Compare the columns of one partition."""
        keys = key_columns(part, self.grouping.by, beside)
        groups = number_groups(keys, dropna=self.grouping.dropna, sort=self.grouping.sort)
        columns = [as_float(part[label]) for label in self.values]
        missing = [np.isnan(column) for column in columns]
        state = State({"size": Rows(part, groups.codes, groups.count, groups.sizes).sizes})
        for i, j in self._pairs:
            here = ~(missing[i] | missing[j])
            rows = Rows(pd.DataFrame(), np.where(here, groups.codes, -1), groups.count)
            with np.errstate(all="ignore"):  # infinities, and groups without values
                _compare(rows, columns[i], columns[j], np.flatnonzero(~here), f"{i},{j}", state)
        return partial_of(groups.keys, state)

    def combine(self, partials: Sequence[Partial]) -> Partial:
        """Make one partial result of a few."""
        if len(partials) == 1:
            return partials[0]
        keys = stack([partial.keys for partial in partials])
        series = [keys[column] for column in keys]
        groups = number_groups(series, dropna=False, sort=self.grouping.sort)
        values = stack([partial.values for partial in partials])
        rows = Rows(values, groups.codes, groups.count)
        state = State({"size": rows.groups["size"].sum().array})
        for i, j in self._pairs:
            with np.errstate(all="ignore"):
                _put_together(rows, f"{i},{j}", state)
        return partial_of(groups.keys, state)

    def finish(self, partial: Partial) -> pd.DataFrame:
        """Return one square of numbers for each group."""
        index, places = final_groups(partial.keys, self.names, self.grouping)
        width = len(self.values)
        square = np.full((len(index), width, width), np.nan)
        known = places >= 0
        values = partial.values.take(places[known])
        counts = [values[f"{i},{i}.count"] for i in range(width)]
        whole = np.logical_and.reduce([count == values["size"] for count in counts])
        # In pandas a ddof counts for groups without missing values only.
        ddof = np.where(whole, self.ddof, 1)
        for i, j in self._pairs:
            found = self._result(ddof, *(values[f"{i},{j}.{kept}"].to_numpy() for kept in KEPT))
            square[known, i, j] = square[known, j, i] = found
        levels = [index.get_level_values(level).repeat(width) for level in range(index.nlevels)]
        columns = pd.Index(list(self.values))
        tiled = columns.take(np.tile(np.arange(width), len(index)))
        rows = pd.MultiIndex.from_arrays([*levels, tiled], names=[*index.names, None])
        return pd.DataFrame(square.reshape(-1, width), index=rows, columns=columns)

    def _result(self, ddof: Any, count: Any, x: Any, y: Any, xx: Any, yy: Any, xy: Any) -> Any:
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.method == "corr":
                found = np.clip(xy / np.sqrt(xx * yy), -1.0, 1.0)
            else:
                found = np.where(count > ddof, xy / (count - ddof), np.nan)
        return np.where(count < self.min_periods, np.nan, found)


def _compare(rows: Rows, x: Any, y: Any, zero: Any, name: str, into: State) -> None:
    count = rows.sizes
    codes = rows.codes
    means = [rows.sums(values, zero) / count for values in (x, y)]
    apart_x, apart_y = (
        values - np.append(mean, np.nan)[codes] for values, mean in zip((x, y), means, strict=True)
    )
    sums = [rows.sums(a * b, zero) for a, b in
            ((apart_x, apart_x), (apart_y, apart_y), (apart_x, apart_y))]  # fmt: skip
    for kept, values in zip(KEPT, (count, *means, *sums), strict=True):
        into.columns[f"{name}.{kept}"] = values


def _put_together(rows: Rows, name: str, into: State) -> None:
    frame = rows.frame
    count, *means = (frame[f"{name}.{kept}"].to_numpy() for kept in KEPT[:3])
    weights = count.astype(np.float64)
    total = rows.sums(weights)
    apart, whole = [], []
    for mean in means:
        some = rows.of(pd.Series(mean)).first().to_numpy(dtype=np.float64)
        distance = np.where(count > 0, mean - some[rows.codes], 0.0)
        moved = rows.sums(weights * distance) / total
        apart.append(np.where(count > 0, distance - moved[rows.codes], 0.0))
        whole.append(some + moved)
    into.columns[f"{name}.count"] = total.astype(np.int64)
    into.columns[f"{name}.x"], into.columns[f"{name}.y"] = whole
    x, y = apart
    for kept, product in (("xx", x * x), ("yy", y * y), ("xy", x * y)):
        sums = frame[f"{name}.{kept}"].to_numpy() + weights * product
        into.columns[f"{name}.{kept}"] = rows.sums(sums)


def plan_pairs(
    meta: pd.DataFrame,
    by: Sequence[Any],
    method: str,
    *,
    sort: bool = True,
    dropna: bool = True,
    observed: bool = True,
    selection: Any = None,
    min_periods: int | None = None,
    ddof: int = 1,
    numeric_only: bool = False,
) -> PairPlan:
    """Plan ``cov`` or ``corr`` (Pearson's) of the columns of groups.

    Parameters
    ----------
    method : {"cov", "corr"}
    min_periods : int, optional
        Rows that a pair needs at least; 1 without it.
    ddof : int
        For ``cov``; as in pandas it is 1 all the same for groups with missing values.

    Raises
    ------
    ValueError
        For a column that is no number.
    """
    grouping = read_grouping(by, sort, dropna, observed, True, selection)
    columns = value_columns(meta, grouping)
    if numeric_only:
        columns = [c for c in columns if meta[c].dtype.kind in "biuf"]
    one_row(meta[columns]).to_numpy(dtype=float, na_value=np.nan)  # raises for what is no number
    least = 1 if min_periods is None else min_periods
    names = key_names(meta, grouping)
    return PairPlan(grouping, names, tuple(columns), method, least, ddof)

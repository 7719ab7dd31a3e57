"""``value_counts`` of a column within groups, in three steps as in `groupby/kernels`.

>>> import pandas as pd
>>> frame = pd.DataFrame({"k": [1, 1, 1, 2], "x": ["a", "b", "b", "a"]})
>>> plan = plan_value_counts(frame, ["k"], selection="x")
>>> plan.finish(plan.combine([plan.chunk(frame[:2]), plan.chunk(frame[2:])]))
k  x
1  b    2
   a    1
2  a    1
Name: count, dtype: int64
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from treadle.dataframe.groupby.kernels import (
    AggPlan,
    Partial,
    plan_agg,
)
from treadle.dataframe.groupby.parts import Distinct


@dataclass(frozen=True)
class CountsPlan:
    """How values of groups are counted: see `plan_value_counts`."""

    keeping: AggPlan
    label: Hashable
    normalize: bool
    sort: bool
    ascending: bool
    dropna: bool

    @property
    def columns(self) -> list[Hashable]:
        """Labels of columns that a partition must have."""
        return self.keeping.columns

    def chunk(self, part: pd.DataFrame | pd.Series, *beside: pd.Series) -> Partial:
        """Count the values of one partition."""
        return self.keeping.chunk(part, *beside)

    def combine(self, partials: Sequence[Partial]) -> Partial:
        """Make one partial result of a few."""
        return self.keeping.combine(partials)

    def finish(self, partial: Partial) -> pd.Series:
        """Return the counts of each group; the most frequent values first."""
        grouping = self.keeping.grouping
        (table,) = partial.tables.values()
        if not grouping.observed and _has_categories(
            [*map(partial.keys.get, partial.keys), table["value"]]
        ):
            return self._by_pandas(partial.keys, table)
        # Rows of the table lie in the order of their first rows. The rest are pandas' own steps:
        # one of them does not keep equal ones in order, and so tells their order too.
        groups = table["group"].to_numpy()
        columns = [keys.take(groups).array for _, keys in partial.keys.items()]
        width = len(columns)
        counts = pd.Series(table["n"].to_numpy(), name="count")
        counts = counts.groupby(
            [pd.Series(column) for column in (*columns, table["value"].array)],
            sort=False,
            observed=True,
            dropna=False,
        ).sum()
        if grouping.sort:
            keys_alone: Any = counts.index
            counts = counts.take(keys_alone.droplevel(-1).argsort())
        if self.sort:
            counts = counts.sort_values(ascending=self.ascending, kind="stable")
        if grouping.sort:
            counts = counts.sort_index(level=list(range(width)), sort_remaining=False)
        counts.index = counts.index.set_names([*self.keeping.names, self.label])
        if not self.normalize:
            return counts
        totals = counts.groupby(
            level=list(range(width)), sort=False, dropna=False, observed=True
        ).transform("sum")
        return (counts / totals).rename("proportion")

    def _by_pandas(self, keys: pd.DataFrame, table: pd.DataFrame) -> pd.Series:
        """Counts with those of categories that no row has: from rows put back as they were."""
        grouping = self.keeping.grouping
        table = table.loc[table.index.repeat(table["n"])].reset_index(drop=True)
        columns: list[Any] = []
        for place, name in zip(keys, self.keeping.names, strict=True):
            column: Any = keys[place].take(table["group"].to_numpy()).reset_index(drop=True)
            columns.append(column.rename(name))
        values: Any = table["value"]
        groups: Any = values.rename(self.label).groupby(
            columns, sort=grouping.sort, dropna=grouping.dropna, observed=False
        )
        options = {"normalize": self.normalize, "sort": self.sort, "ascending": self.ascending}
        return groups.value_counts(**options, dropna=self.dropna)  # type: ignore[no-any-return]


def _has_categories(columns: Sequence[Any]) -> bool:
    return any(isinstance(column.dtype, pd.CategoricalDtype) for column in columns)


def plan_value_counts(
    meta: pd.DataFrame | pd.Series,
    by: Sequence[Any],
    *,
    selection: Any = None,
    group_sort: bool = True,
    group_dropna: bool = True,
    observed: bool = True,
    normalize: bool = False,
    sort: bool = True,
    ascending: bool = False,
    dropna: bool = True,
) -> CountsPlan:
    """Plan the counts of values of one column within groups.

    Parameters
    ----------
    selection : label, optional
        The counted column; a series needs none.
    group_sort, group_dropna, observed : bool
        Options of ``groupby``.
    normalize, sort, ascending, dropna : bool
        Options of ``value_counts``.
    """
    keeping = plan_agg(
        meta, by, "nunique", sort=group_sort, dropna=group_dropna, observed=observed,
        selection=selection, options={"dropna": dropna},
    )  # fmt: skip
    (part,) = keeping.parts
    assert isinstance(part, Distinct)
    counted = Distinct(part.name, part.column, part.dropna, counted=True)
    plan = AggPlan(
        keeping.grouping, keeping.names, (counted,), (), keeping.raw, keeping.floats,
        keeping.labels, keeping.template, keeping.indexed, holistic=False,
    )  # fmt: skip
    return CountsPlan(plan, keeping.indexed.name, normalize, sort, ascending, dropna)

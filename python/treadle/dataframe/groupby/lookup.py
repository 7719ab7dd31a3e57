"""What is known of groups, told to each of their rows: ``transform("mean")``, ``ngroup``.

Groups are reduced first, without a shuffle; then every row looks its group up, in its partition.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.build import new_collection, partwise
from treadle.dataframe.expr import Filter, FrameExpr, Partwise
from treadle.dataframe.groupby.asked import Groups, collection
from treadle.dataframe.groupby.kernels import (
    AggPlan,
    Partial,
    as_frame,
    final_groups,
    plan_agg,
)
from treadle.dataframe.groupby.keys import places_in
from treadle.dataframe.groupby.reduce import tree
from treadle.dataframe.groupby.running import running
from treadle.dataframe.groupby.spec import Grouping
from treadle.graph.program import Reg
from treadle.graph.tokenize import tokenize


@dataclass(frozen=True, eq=False)
class Settle:
    """What is known of all groups, its values those of the result."""

    plan: AggPlan

    def __call__(self, partials: list[Partial]) -> Partial:
        return self.plan.settled(self.plan.combine(partials))


@dataclass(frozen=True, eq=False)
class Numbers:
    """The number of each group in order."""

    plan: AggPlan
    ascending: bool

    def __call__(self, partials: list[Partial]) -> Partial:
        found = self.plan.combine(partials)
        _, places = final_groups(found.keys, self.plan.names, self.plan.grouping)
        numbers = np.empty(len(places), dtype=np.int64)
        ordered = np.arange(len(places))
        numbers[places] = ordered if self.ascending else ordered[::-1]
        return Partial(found.keys, pd.DataFrame({0: numbers}))


@dataclass(frozen=True, eq=False)
class LookUp:
    """The values of each row's group."""

    grouping: Grouping
    meta: Any

    def __call__(self, known: Partial, part: Any, *beside: pd.Series) -> Any:
        index = part.index
        place = places_in(as_frame(part), self.grouping, beside, known.keys)
        fill = bool((place < 0).any())
        columns = {
            n: pd.Series(taken(column.array, place, fill), index)
            if len(known)
            else pd.Series(np.nan, index, dtype=column.dtype)
            for n, (_, column) in enumerate(known.values.items())
        }
        if self.meta.ndim == 1:
            return columns[0].rename(self.meta.name)
        return pd.DataFrame(columns, index=index, copy=False).set_axis(self.meta.columns, axis=1)


def taken(values: Any, places: Any, fill: bool) -> Any:
    """Return values at places, missing ones at -1."""
    if isinstance(values, pd.arrays.NumpyExtensionArray):
        return pd.api.extensions.take(values.to_numpy(), places, allow_fill=fill)
    return values.take(places, allow_fill=fill)


def looked_up(groups: Groups, method: str, options: dict[str, Any]) -> Any:
    """Return the collection of an aggregation told to each row; None if it needs whole groups."""
    groups = replace(groups, observed=True, as_index=True)
    plan = plan_agg(groups.frame.meta, groups.by, method, options=options, **groups.options)
    if plan.holistic:
        return None
    meta = plan.meta.set_axis(groups.frame.meta.index)
    if method == "size" and groups.selection is not None and meta.ndim == 1:
        names = groups.selection
        meta = meta.rename(names if not isinstance(names, list) else None)
    known = tree(groups, method, plan, None, ("settled", options), aggregate=Settle(plan))
    return _told(groups, f"transform_{method}", known, plan, meta)


def numbered(groups: Groups, ascending: bool = True) -> Any:
    """Return the collection of each row's number of its group."""
    groups = replace(groups, observed=True, as_index=True)
    plan = plan_agg(groups.frame.meta, groups.by, "size", **groups.options)
    meta = pd.Series(np.zeros(0, np.int64), groups.frame.meta.index)
    token = ("numbers", ascending)
    known = tree(groups, "ngroup", plan, None, token, aggregate=Numbers(plan, ascending))
    return _told(groups, "ngroup", known, plan, meta)


def _told(groups: Groups, label: str, known: FrameExpr, plan: AggPlan, meta: Any) -> Any:
    known = known.replace(divisions=None, numblocks=())
    frame = groups.frame
    inputs = (known, *groups.inputs)
    return new_collection(
        Partwise(
            f"groupby-{label}-{tokenize(label, known.name, frame.name)}",
            meta,
            frame.divisions,
            inputs,
            LookUp(plan.grouping, meta),
            tuple(Reg(n) for n in range(len(inputs))),
            reads=(None, *groups.reads(groups.labels)),
            layout=frame.layout,
        )
    )


# -- some rows of each group -----------------------------------------------------------------------


def rows_at(groups: Groups, label: str, wanted: Any) -> Any:
    """Return the collection of the rows at some places of each group.

    Parameters
    ----------
    wanted : callable
        Takes the place of each row in its group, counted from 0, and the place from the end,
        counted from -1; returns which rows are wanted. Both may be NaN.
    """
    keys = replace(groups, selection=None, as_index=True, observed=True)
    if keys.frame.meta.ndim == 2:
        keys = replace(keys, selection=keys.labels)
    place = running(keys, "cumcount")
    sizes = looked_up(keys, "size", {}) if wanted.from_end else None
    series = [collection(expr) for expr in groups.series_of_keys] if groups.dropna else []
    mask = partwise(
        f"groupby-{label}", WantedRows(wanted), place, sizes, *series, rowwise=True,
        meta=pd.Series(np.zeros(0, bool), groups.frame.meta.index),
    )  # fmt: skip
    return new_collection(Filter(groups.values, mask.expr))


@dataclass(frozen=True, eq=False)
class First:
    """So many rows from the start; if negative, all but so many of the last ones."""

    count: int

    @property
    def from_end(self) -> bool:
        return self.count < 0

    def __call__(self, place: pd.Series, from_end: Any) -> Any:
        return place < self.count if self.count >= 0 else from_end < self.count


@dataclass(frozen=True, eq=False)
class Last:
    """So many rows up to the end; if negative, all but so many of the first ones."""

    count: int

    @property
    def from_end(self) -> bool:
        return self.count >= 0

    def __call__(self, place: pd.Series, from_end: Any) -> Any:
        return place >= -self.count if self.count < 0 else from_end >= -self.count


@dataclass(frozen=True, eq=False)
class AtPlaces:
    """Given places; those below 0 count from the end."""

    places: tuple[int, ...]

    @property
    def from_end(self) -> bool:
        return any(place < 0 for place in self.places)

    def __call__(self, place: pd.Series, from_end: Any) -> Any:
        found = place.isin([n for n in self.places if n >= 0])
        if self.from_end:
            found |= from_end.isin([n for n in self.places if n < 0])
        return found


@dataclass(frozen=True, eq=False)
class WantedRows:
    """Which rows are wanted; none whose key is missing, if such keys are dropped."""

    wanted: Any

    def __call__(self, place: pd.Series, sizes: Any, *keys: pd.Series) -> pd.Series:
        from_end = None if sizes is None else place - sizes
        mask: pd.Series = self.wanted(place, from_end)
        for key in keys:
            mask &= key.notna()
        return mask.rename(None)

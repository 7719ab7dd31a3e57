"""Running results within groups over partitions in their order, without a shuffle.

::

    partition 0 --chunk--> totals 0 --+                     carry: totals of all before
    partition 1 --chunk--> totals 1 --+-- combine --> carry 2 --+
    partition 2 ------------------------------------------------+-- apply --> rows of the result

Rows keep their places and their index. What a partition hands on is one row for each group.

>>> import pandas as pd
>>> frame = pd.DataFrame({"k": [1, 2, 1, 1], "x": [1, 2, 3, 4]})
>>> plan = plan_scan(frame, ["k"], "cumsum", selection="x")
>>> carry = plan.combine([plan.chunk(frame[:2])])
>>> plan.apply(frame[2:], carry)
2    4
3    8
Name: x, dtype: int64
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.groupby.finish import Kept
from treadle.dataframe.groupby.kernels import AggPlan, Partial, as_frame, plan_agg, with_dtypes
from treadle.dataframe.groupby.keys import places_in
from treadle.dataframe.groupby.whole import Call, WholePlan, plan_whole

#: The totals that a running result goes on from.
TOTALS = {
    "cumsum": "sum", "cumprod": "prod", "cummin": "min", "cummax": "max", "cumcount": "size",
    "ffill": "last",
}  # fmt: skip


@dataclass(frozen=True)
class ScanPlan:
    """A running result within groups: see `plan_scan`."""

    method: str
    local: WholePlan
    totals: AggPlan

    @property
    def meta(self) -> Any:
        """The result without rows."""
        meta = self.local.meta
        if self.method not in ("cumsum", "cumprod"):
            return meta
        # As short as the integers were only if all results fit: nobody knows before.
        return with_dtypes(meta, [_long(dtype) for dtype in _dtypes(meta)])

    def chunk(self, part: pd.DataFrame | pd.Series, *beside: pd.Series) -> Partial:
        """Return what a partition adds to the totals of groups."""
        return self.totals.chunk(part, *beside)

    def combine(self, partials: Sequence[Partial]) -> Partial:
        """Return the totals of partitions in their order."""
        return self.totals.combine(partials)

    def apply(
        self, part: pd.DataFrame | pd.Series, carry: Partial | None, *beside: pd.Series
    ) -> Any:
        """Return the rows of a partition; ``carry`` are the totals of all before it, if any."""
        here = self.local(part, *beside)
        if carry is None or not len(carry) or not len(part):
            return here
        place = places_in(as_frame(part), self.totals.grouping, beside, carry.keys)
        columns = here.to_frame(name=0) if here.ndim == 1 else here
        on = [
            self._go_on(columns.iloc[:, number], self._total(carry, number), place)
            for number in range(columns.shape[1])
        ]
        if here.ndim == 1:
            return on[0].rename(here.name)
        return pd.DataFrame(dict(enumerate(on)), index=here.index).set_axis(here.columns, axis=1)

    def _total(self, carry: Partial, number: int) -> pd.Series:
        finish = self.totals.finishes[number]
        assert isinstance(finish, Kept)
        return carry.values[finish.name]

    def _go_on(self, here: pd.Series, totals: pd.Series, place: Any) -> pd.Series:
        before = totals.take(np.maximum(place, 0)).set_axis(here.index)
        known = pd.Series(place >= 0, here.index)
        match self.method:
            case "cumsum" | "cumcount":
                return here.where(~known, here + before)
            case "cumprod":
                return here.where(~known, here * before)
            case "cummin":
                changed = before < here
            case "cummax":
                changed = before > here
            case _:
                changed = here.isna()
        return here.mask(changed.fillna(False).astype(bool) & known, before)


def _dtypes(meta: Any) -> list[Any]:
    return [meta.dtype] if meta.ndim == 1 else list(meta.dtypes)


def _long(dtype: Any) -> Any:
    if isinstance(dtype, np.dtype) and dtype.kind in "iu" and dtype.itemsize < 8:
        return np.dtype(np.int64 if dtype.kind == "i" else np.uint64)
    return None


def plan_scan(
    meta: pd.DataFrame | pd.Series,
    by: Sequence[Any],
    method: str,
    *,
    sort: bool = True,
    dropna: bool = True,
    observed: bool = True,
    selection: Any = None,
) -> ScanPlan:
    """Plan a running result within groups.

    Parameters
    ----------
    method : {"cumsum", "cumprod", "cummin", "cummax", "cumcount", "ffill"}
        With its default options: missing values are skipped, and ``ffill`` has no limit.

    Raises
    ------
    ValueError
        For another method: it needs whole groups, see ``plan_whole``.
    """
    if method not in TOTALS:
        known = ", ".join(TOTALS)
        raise ValueError(
            f"{method!r} can't go on from totals as {known} can; it needs whole groups"
        )
    options = {"sort": sort, "dropna": dropna, "observed": observed, "selection": selection}
    local = plan_whole(meta, by, [Call(method)], **options)
    if local.meta is None:
        # A key is a function of the user; for the columns any other key will do.
        plain = plan_whole(meta, [pd.Series([], dtype="int64")], [Call(method)], **options)
        local = WholePlan(local.grouping, local.calls, local.group_keys, plain.meta)
    spec: Any = TOTALS[method]
    if local.meta.ndim == 2:
        spec = dict.fromkeys(local.meta.columns, spec)
    return ScanPlan(method, local, plan_agg(meta, by, spec, **options))

"""Methods of groups that have a row for each row, or leave rows out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.build import NOT_GIVEN, emptied, new_collection, partwise
from treadle.dataframe.calls import Method
from treadle.dataframe.elementwise.metas import as_meta
from treadle.dataframe.expr import Filter
from treadle.dataframe.first_rows import first_rows_together
from treadle.dataframe.groupby.asked import Groups, collection
from treadle.dataframe.groupby.kernels import as_frame
from treadle.dataframe.groupby.keys import key_columns, number_groups
from treadle.dataframe.groupby.lookup import looked_up, numbered
from treadle.dataframe.groupby.regroup import on_rows_of_groups, on_whole_groups
from treadle.dataframe.groupby.running import running
from treadle.dataframe.groupby.scan import TOTALS
from treadle.dataframe.groupby.spec import Grouping
from treadle.dataframe.groupby.whole import Call, WholePlan, plan_whole

#: Names that ``transform`` takes besides those of reductions.
TRANSFORMATIONS = {
    "cumsum", "cumprod", "cummin", "cummax", "cumcount", "ffill", "bfill", "shift", "diff",
    "rank", "pct_change", "ngroup", "fillna",
}  # fmt: skip


def transformed(groups: Groups, call: Call) -> Any:
    """Return the collection of a method of pandas that makes a row of each row."""
    if call.method in TOTALS and not call.args and not call.options:
        return running(groups, call.method)
    return on_rows_of_groups(
        replace(groups, observed=True), call.method, *_planned(groups, call, NOT_GIVEN)
    )


def transformed_by(
    groups: Groups, func: Any, args: tuple[Any, ...], options: dict[str, Any], meta: Any
) -> Any:
    """Return the collection of ``transform``."""
    if isinstance(func, str):
        if func == "ngroup":
            return numbered(groups, *args, **options)
        if func in TRANSFORMATIONS:
            return transformed(groups, Call(func, args, options))
        if not args:
            found = looked_up(groups, func, options)
            if found is not None:
                return found
    elif not callable(func):
        raise TypeError(f"transform takes a function or the name of a method, not {func!r}")
    groups = replace(groups, observed=True, as_index=True)
    call = Call("transform", (func, *args), options)
    return on_rows_of_groups(groups, "transform", *_planned(groups, call, meta))


def applied(
    groups: Groups, func: Any, args: tuple[Any, ...], options: dict[str, Any], meta: Any
) -> Any:
    """Return the collection of ``apply``."""
    call = Call("apply", (func, *args), options)
    return on_whole_groups(groups, "apply", *_planned(groups, call, meta))


def _planned(groups: Groups, call: Call, meta: Any) -> tuple[WholePlan, Any, Any]:
    """Return the plan of a call, the meta of its result, and what stands for it."""
    token = (call.method, call.args, dict(call.options))
    if meta is not NOT_GIVEN and meta is not None:
        name = groups.selection if not isinstance(groups.selection, list) else None
        if groups.frame.meta.ndim == 1:
            name = groups.frame.meta.name
        meta = as_meta(meta, groups.frame.meta.index, name)
    else:
        meta = None
    plan = plan_whole(
        groups.frame.meta, groups.by, [call], as_index=groups.as_index,
        group_keys=groups.group_keys, result_meta=meta, **groups.options,
    )  # fmt: skip
    if plan.meta is not None:
        return plan, plan.meta, token
    rows = first_rows_together(groups.inputs)
    if not len(rows[0]):
        raise ValueError(
            f"there are no rows to try {call.args[0]!r} on; say what it returns with meta="
        )
    try:
        found = plan(*rows)
    except Exception as error:
        error.add_note(
            "raised while the function was tried on the first rows, to learn what it returns; "
            "with meta= it is not tried"
        )
        raise
    return plan, emptied(found), token


# -- groups that are left out ----------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class GroupsKept:
    """For each row whether a function of the user wants its group."""

    grouping: Grouping
    func: Callable[..., Any]
    args: tuple[Any, ...]
    options: Mapping[str, Any]

    def __call__(self, part: Any, *beside: pd.Series) -> pd.Series:
        keys = key_columns(as_frame(part), self.grouping.by, beside)
        groups = number_groups(keys, dropna=self.grouping.dropna)
        selected = part
        if self.grouping.selection is not None and part.ndim == 2:
            selected = part[self.grouping.selection]
        order = np.argsort(groups.codes, kind="stable")
        borders = np.searchsorted(groups.codes[order], np.arange(groups.count + 1))
        names = list(groups.keys.itertuples(index=False, name=None))
        kept = np.zeros(len(part), dtype=bool)
        for name, start, end in zip(names, borders[:-1], borders[1:], strict=True):
            rows = order[start:end]
            kept[rows] = self._wants(name if len(name) > 1 else name[0], selected.take(rows))
        return pd.Series(kept, part.index)

    def _wants(self, name: Any, group: Any) -> bool:
        object.__setattr__(group, "name", name)
        found = self.func(group, *self.args, **self.options)
        if isinstance(found, bool | np.bool_):
            return bool(found)
        if pd.api.types.is_scalar(found) and pd.isna(found):
            return False
        raise TypeError(
            f"filter function returned a {type(found).__name__}, but expected a scalar bool"
        )


def filtered_groups(
    groups: Groups, func: Any, dropna: bool, args: tuple[Any, ...], options: dict[str, Any]
) -> Any:
    """Return the collection of ``filter``."""
    if not callable(func):
        raise TypeError(f"filter takes a function, not {func!r}")
    if groups.selection is not None and groups.frame.meta.ndim == 2:
        # Groups have the selected columns only; the keys are there to tell them apart.
        groups = replace(groups, as_index=True)
    meta = pd.Series(np.zeros(0, bool), groups.frame.meta.index)
    call = GroupsKept(groups.grouping, func, args, options)
    mask = on_rows_of_groups(groups, "filter", call, meta, (func, args, options))
    if dropna:
        return new_collection(Filter(groups.values, mask.expr))
    return partwise("where", Method("where"), collection(groups.values), mask, rowwise=True)


def group_of(groups: Groups, name: Any) -> Any:
    """Return the collection of the rows of one group."""
    several = groups.listed or len(groups.keys) > 1
    names = name if several else (name,)
    if not isinstance(names, tuple) or len(names) != len(groups.keys):
        raise ValueError(f"must supply a tuple to get_group with {len(groups.keys)} grouping keys")
    mask: Any = None
    for key, value in zip(groups.series_of_keys, names, strict=True):
        series = collection(key)
        missing = pd.api.types.is_scalar(value) and pd.isna(value)
        if missing and groups.dropna:
            raise KeyError(name)
        mine = (
            partwise("isna", Method("isna"), series, rowwise=True) if missing else series == value
        )
        mask = mine if mask is None else mask & mine
    return collection(groups.values)[mask]

"""What needs whole groups: partitions that hold all rows of their groups, as after a shuffle.

Here pandas does the work; these callables carry what was asked to where a partition is.

>>> import pandas as pd
>>> frame = pd.DataFrame({"k": [1, 1, 2], "x": [1, 2, 5]})
>>> plan = plan_whole(frame, ["k"], [Call("rolling", (2,)), Call("sum")], selection="x")
>>> plan(frame)
k
1  0    NaN
   1    3.0
2  2    NaN
Name: x, dtype: float64
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from treadle.dataframe.groupby.kernels import as_frame, read_grouping
from treadle.dataframe.groupby.keys import key_columns
from treadle.dataframe.groupby.spec import Grouping, is_label
from treadle.dataframe.one_row import one_row


@dataclass(frozen=True)
class Call:
    """A method and what it is called with."""

    method: str
    args: tuple[Any, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, value: Any) -> Any:
        return getattr(value, self.method)(*self.args, **self.options)

    @property
    def runs_user_code(self) -> bool:
        """Whether a function of the user is among the arguments."""
        return any(_holds_function(given) for given in (*self.args, *self.options.values()))


def _holds_function(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_holds_function(item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(_holds_function(item) for item in value)
    return callable(value)


@dataclass(frozen=True)
class WholePlan:
    """Calls on the groups of a partition: see `plan_whole`."""

    grouping: Grouping
    calls: tuple[Call, ...]
    group_keys: bool = True
    #: The result without rows; None where only a function of the user could tell.
    meta: Any = None

    def __call__(self, part: pd.DataFrame | pd.Series, *beside: pd.Series) -> Any:
        """Return what pandas returns for the groups of a partition."""
        if not len(part) and self.meta is not None:
            return self.meta
        value = grouped(part, self.grouping, beside, self.group_keys)
        for call in self.calls:
            value = call(value)
        return value


def grouped(
    part: pd.DataFrame | pd.Series,
    grouping: Grouping,
    beside: Sequence[pd.Series] = (),
    group_keys: bool = True,
) -> Any:
    """Return the groups of a partition as pandas' own object."""
    frame = as_frame(part)
    keys = [
        key
        if is_label(key)
        else key_columns(frame, [key], beside)[0].rename(_name(key, frame, beside))
        for key in grouping.by
    ]
    options: dict[str, Any] = {} if isinstance(part, pd.Series) else {"as_index": grouping.as_index}
    groups: Any = part.groupby(
        keys if len(keys) > 1 else keys[0], sort=grouping.sort, dropna=grouping.dropna,
        observed=grouping.observed, group_keys=group_keys, **options,
    )  # fmt: skip
    if grouping.selection is None or isinstance(part, pd.Series):
        return groups
    return groups[grouping.selection]


def _name(key: Any, frame: pd.DataFrame, beside: Sequence[pd.Series]) -> Any:
    return None if callable(key) else key_columns(frame.iloc[:0], [key], beside)[0].name


def plan_whole(
    meta: pd.DataFrame | pd.Series,
    by: Sequence[Any],
    calls: Sequence[Call],
    *,
    sort: bool = True,
    dropna: bool = True,
    observed: bool = True,
    as_index: bool = True,
    group_keys: bool = True,
    selection: Any = None,
    result_meta: Any = None,
) -> WholePlan:
    """Plan calls on groups that lie whole in their partitions.

    Parameters
    ----------
    meta : DataFrame or Series
        The frame to be grouped; rows it has are not looked at.
    by : sequence
        Keys, as for ``plan_agg``.
    calls : sequence of Call
        Methods one after the other: ``[Call("cumsum")]``, ``[Call("apply", (func,))]``,
        ``[Call("rolling", (3,)), Call("mean")]``.
    result_meta : DataFrame or Series, optional
        The result without rows. Without it pandas is asked with one made-up row, unless a
        function of the user would have to run for that; then the plan's ``meta`` is None.
    """
    grouping = read_grouping(by, sort, dropna, observed, as_index, selection)
    found = result_meta
    users = any(call.runs_user_code for call in calls) or any(callable(key) for key in by)
    if found is None and not users:
        row = one_row(meta)
        beside = [one_row(series).set_axis(row.index) for series in grouping.beside]
        asked = WholePlan(grouping, tuple(calls), group_keys)
        found = asked(row, *beside).iloc[:0]
    return WholePlan(grouping, tuple(calls), group_keys, found)

"""Windows that move along the rows of groups."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from treadle.dataframe.build import NOT_GIVEN, emptied
from treadle.dataframe.elementwise.metas import as_meta
from treadle.dataframe.first_rows import first_rows_together
from treadle.dataframe.groupby.asked import Groups
from treadle.dataframe.groupby.regroup import on_whole_groups
from treadle.dataframe.groupby.whole import Call, plan_whole


class SlidingGroups:
    """Windows of groups: ``groupby(...).rolling(3)``, ``groupby(...).expanding()``.

    Examples
    --------
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> frame = pd.DataFrame({"k": [1, 1], "x": [3, 4]})
    >>> df = dd.from_pandas(frame, npartitions=2)
    >>> df.groupby("k").rolling(2)["x"].mean().compute().tolist()
    [nan, 3.5]
    """

    __slots__ = ("_groups", "_windows")

    def __init__(self, groups: Groups, windows: Call):
        self._groups = groups
        self._windows = windows

    def __getitem__(self, key: Any) -> SlidingGroups:
        return SlidingGroups(self._groups.select(key), self._windows)

    def __getattr__(self, name: str) -> Any:
        frame = self._groups.frame.meta
        if not name.startswith("_") and frame.ndim == 2 and name in frame.columns:
            return self[name]
        raise AttributeError(f"windows of groups have no attribute {name!r}")

    def sum(self, **options: Any) -> Any:
        """Return the sum of each window."""
        return self._called("sum", options)

    def mean(self, **options: Any) -> Any:
        """Return the mean of each window."""
        return self._called("mean", options)

    def min(self, **options: Any) -> Any:
        """Return the smallest value of each window."""
        return self._called("min", options)

    def max(self, **options: Any) -> Any:
        """Return the largest value of each window."""
        return self._called("max", options)

    def count(self, **options: Any) -> Any:
        """Return the number of values of each window."""
        return self._called("count", options)

    def median(self, **options: Any) -> Any:
        """Return the median of each window."""
        return self._called("median", options)

    def var(self, **options: Any) -> Any:
        """Return the variance of each window."""
        return self._called("var", options)

    def std(self, **options: Any) -> Any:
        """Return the standard deviation of each window."""
        return self._called("std", options)

    def sem(self, **options: Any) -> Any:
        """Return the standard error of the mean of each window."""
        return self._called("sem", options)

    def skew(self, **options: Any) -> Any:
        """Return the skewness of each window."""
        return self._called("skew", options)

    def kurt(self, **options: Any) -> Any:
        """Return the excess kurtosis of each window."""
        return self._called("kurt", options)

    def rank(self, **options: Any) -> Any:
        """Return the rank of the last value of each window."""
        return self._called("rank", options)

    def quantile(self, q: float, **options: Any) -> Any:
        """Return a quantile of each window."""
        return self._called("quantile", {"q": q, **options})

    def cov(self, **options: Any) -> Any:
        """Return the covariance of columns in each window."""
        return self._called("cov", options)

    def corr(self, **options: Any) -> Any:
        """Return the correlation of columns in each window."""
        return self._called("corr", options)

    def apply(self, func: Any, *, meta: Any = NOT_GIVEN, **options: Any) -> Any:
        """Call a function with each window; tried on the first rows unless ``meta`` is given."""
        return self._called("apply", {"func": func, **options}, meta)

    def agg(self, func: Any, *, meta: Any = NOT_GIVEN, **options: Any) -> Any:
        """Reduce each window by one or more aggregations, as pandas does."""
        return self._called("agg", {"func": func, **options}, meta)

    aggregate = agg

    def _called(self, method: str, options: dict[str, Any], meta: Any = NOT_GIVEN) -> Any:
        groups = replace(self._groups, observed=True)
        calls = [self._windows, Call(method, (), options)]
        on = self._windows.options.get("on")
        if on is not None and isinstance(groups.selection, list | str):
            # pandas wants the column of times among those that are selected.
            groups = replace(groups, selection=_with(groups.selection, on))
            calls.insert(1, Call("__getitem__", (self._groups.selection,)))
        known = None
        if meta is not NOT_GIVEN and meta is not None:
            known = as_meta(meta, groups.frame.meta.index)
        plan = plan_whole(
            groups.frame.meta, groups.by, calls, group_keys=groups.group_keys,
            as_index=groups.as_index, result_meta=known, **groups.options,
        )  # fmt: skip
        found = plan.meta
        if found is None:
            found = emptied(plan(*first_rows_together(groups.inputs)))
        token = [(call.method, call.args, dict(call.options)) for call in calls]
        return on_whole_groups(groups, f"{self._windows.method}_{method}", plan, found, token)


def _with(selection: Any, label: Any) -> list[Any]:
    listed = selection if isinstance(selection, list) else [selection]
    return listed if label in listed else [*listed, label]

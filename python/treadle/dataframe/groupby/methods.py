"""Which parts each aggregation keeps of a group, and how its result comes of them.

What stands in no table here is computed by pandas on all values of each group, which are collected
for it: slower, never wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.groupby.custom import Aggregation
from treadle.dataframe.groupby.finish import (
    Counted,
    DistinctCount,
    Finalized,
    Finish,
    Kept,
    Label,
    Mean,
    OfRows,
    Spread,
)
from treadle.dataframe.groupby.parts import (
    Collected,
    Count,
    Custom,
    Distinct,
    Extreme,
    Moments,
    Part,
    Reduced,
    Size,
)
from treadle.dataframe.groupby.spec import Request

#: Functions that mean the same as a method of groups.
KNOWN: dict[Any, str] = {
    np.sum: "sum", np.mean: "mean", np.min: "min", np.max: "max", np.prod: "prod",
    np.median: "median", pd.Series.sum: "sum", pd.Series.mean: "mean", pd.Series.min: "min",
    pd.Series.max: "max", pd.Series.count: "count", pd.Series.nunique: "nunique",
}  # fmt: skip


class Needs:
    """Collects the parts and columns that the aggregations of a plan need, each once."""

    def __init__(self, meta: pd.DataFrame):
        self.meta = meta
        self.parts: list[Part] = []
        self.raw: dict[str, Hashable] = {}
        self.floats: dict[str, Hashable] = {}
        self.labels: str | None = None
        self.holistic = False
        self._names: dict[Any, str] = {}

    def dtype(self, label: Hashable) -> Any:
        return self.meta[label].dtype

    def column(self, label: Hashable) -> str:
        """Return the name of a column for parts."""
        return self._place(self.raw, label, "c")

    def float_column(self, label: Hashable) -> str:
        """Return the name of a column as float64 for parts."""
        if self.dtype(label) == np.float64:
            return self.column(label)
        return self._place(self.floats, label, "f")

    def index(self) -> str:
        """Return the name of the index's labels for parts."""
        self.labels = "labels"
        return self.labels

    def part(self, make: Callable[..., Part], *args: Any) -> str:
        """Return the name of a part; the same part is made once."""
        key = (make, *args)
        try:
            known = self._names.get(key)
        except TypeError:  # options that can't be hashed
            known, key = None, (make, len(self.parts))
        if known is None:
            known = self._names[key] = f"v{len(self.parts)}"
            self.parts.append(make(known, *args))
        return known

    def _place(self, columns: dict[str, Hashable], label: Hashable, letter: str) -> str:
        for name, known in columns.items():
            if known is label or known == label:
                return name
        name = f"{letter}{len(columns)}"
        columns[name] = label
        return name


def how_to(request: Request, needs: Needs, dtype: Any) -> Finish:
    """Return how a column of the result is made, after noting what that needs.

    Parameters
    ----------
    dtype
        What pandas gives the column.
    """
    func = request.func
    if isinstance(func, Aggregation):
        column = needs.column(request.column)
        name = needs.part(Custom, column, func.chunk, func.agg)
        return Finalized(name, func.finalize)
    options = dict(request.options)
    if _is_known(func) and not request.args and not options:
        func = KNOWN[func]
    if func == "size" and not options:
        return Kept(needs.part(Size))
    if isinstance(func, str) and not request.args and func in _PLANNERS:
        finish = _PLANNERS[func](request.column, func, options, needs, dtype)
        if finish is not None:
            return finish
    needs.holistic = True
    column = needs.column(request.column)
    rows = needs.part(Collected, (column,))
    return OfRows(rows, column, request.column, func, request.args, tuple(request.options.items()))


def _is_known(func: Any) -> bool:
    try:
        return func in KNOWN
    except TypeError:
        return False


def _reduced(
    label: Hashable, method: str, options: dict[str, Any], needs: Needs, dtype: Any
) -> Finish | None:
    allowed = {"skipna"} if method in ("any", "all") else {"skipna", "min_count"}
    if not options.keys() <= allowed:
        return None
    min_count = options.pop("min_count", -1)
    column = needs.column(label)
    name = needs.part(Reduced, column, method, tuple(sorted(options.items())))
    own = needs.dtype(label)
    adds_up = method in ("sum", "prod") and isinstance(own, np.dtype) and own.kind in "iu"
    short = own if adds_up and own.itemsize < 8 else None
    if min_count <= 0:
        return Kept(name, short=short)
    return Kept(name, needs.part(Count, column), min_count, short)


def _count(
    label: Hashable, method: str, options: dict[str, Any], needs: Needs, dtype: Any
) -> Finish | None:
    return None if options else Counted(needs.part(Count, needs.column(label)), dtype)


def _mean(
    label: Hashable, method: str, options: dict[str, Any], needs: Needs, dtype: Any
) -> Finish | None:
    if not options.keys() <= {"skipna"} or not _is_real(needs.dtype(label)):
        return None
    own = needs.dtype(label)
    if isinstance(own, np.dtype) and own.kind == "f":
        dtype = own  # pandas forgets it for sorted keys alone
    column = needs.float_column(label)
    total = needs.part(Reduced, column, "sum", tuple(sorted(options.items())))
    return Mean(total, needs.part(Count, column), dtype)


def _spread(
    label: Hashable, method: str, options: dict[str, Any], needs: Needs, dtype: Any
) -> Finish | None:
    if not options.keys() <= {"ddof", "skipna"} or not _is_real(needs.dtype(label)):
        return None
    moments = needs.part(Moments, needs.float_column(label), options.get("skipna", True))
    return Spread(moments, dtype, options.get("ddof", 1), method == "std", method == "sem")


def _is_real(dtype: Any) -> bool:
    """Whether values can be taken as floats: numbers, truths, moments and spans of time."""
    if isinstance(dtype, np.dtype | pd.DatetimeTZDtype):
        return dtype.kind in "biufmM"
    return bool(
        pd.api.types.is_any_real_numeric_dtype(dtype) or pd.api.types.is_bool_dtype(dtype)
    ) and not isinstance(dtype, pd.CategoricalDtype | pd.SparseDtype)


def _label(
    label: Hashable, method: str, options: dict[str, Any], needs: Needs, dtype: Any
) -> Finish | None:
    column_dtype = needs.dtype(label)
    plain = isinstance(column_dtype, pd.StringDtype) or _is_real(column_dtype)
    if options not in ({}, {"skipna": True}) or not plain:
        return None
    name = needs.part(Extreme, needs.column(label), method[3:], needs.index())
    return Label(name, method)


def _nunique(
    label: Hashable, method: str, options: dict[str, Any], needs: Needs, dtype: Any
) -> Finish | None:
    if not options.keys() <= {"dropna"}:
        return None
    return DistinctCount(needs.part(Distinct, needs.column(label), options.get("dropna", True)))


_PLANNERS: dict[str, Callable[..., Finish | None]] = {
    **dict.fromkeys(("sum", "prod", "min", "max", "first", "last", "any", "all"), _reduced),
    **dict.fromkeys(("var", "std", "sem"), _spread),
    **dict.fromkeys(("idxmin", "idxmax"), _label),
    "count": _count, "mean": _mean, "nunique": _nunique,
}  # fmt: skip

"""Rows brought together by bins of time.

Divisions are moved to where bins begin, so that every bin is whole in one partition; each makes its
own bins, with the empty ones in between; and those before the first row of all, or after the last,
are taken off when it is known where these are. ::

    rows     |---0---|---1---|---2---|        divisions of the frame
    bins     |--|--|--|--|--|--|--|--|
    rows     |--0-|--1---|----2------|        cut where the bin of a division begins
"""

from __future__ import annotations

import operator
import warnings
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.build import emptied, new_collection, partwise
from treadle.dataframe.expr import Columns, FrameExpr
from treadle.dataframe.one_row import one_row
from treadle.dataframe.windows.around import made_of_one_row
from treadle.dataframe.windows.bins import Bins
from treadle.dataframe.windows.chain import carried
from treadle.dataframe.windows.pieces import together
from treadle.graph.blockwise import Axis, Blockwise, Operand, Values
from treadle.graph.expr import Expr
from treadle.graph.gather import Gather
from treadle.graph.layer import Inputs
from treadle.graph.template import Template
from treadle.graph.tokenize import tokenize
from treadle.graph.treereduce import OnList


class Resampled(FrameExpr):
    """A result for every bin of time.

    Parameters
    ----------
    cuts : list
        Where partitions of the result begin, but for the first one.
    call : BinCall
    columnwise : bool
    reads : list, optional
        Columns that are read, if not those of the result.
    """

    __slots__ = ("call", "columnwise", "cuts", "reads")

    def __init__(
        self,
        name: str,
        meta: Any,
        divisions: tuple[Any, ...],
        frame: FrameExpr,
        call: BinCall,
        cuts: list[Any],
        *,
        columnwise: bool = False,
        reads: Columns | None = None,
        **options: Any,
    ):
        super().__init__(name, meta, divisions, (frame,), **options)
        self.call = call
        self.cuts = cuts
        self.columnwise = columnwise
        self.reads = reads

    @property
    def passes_columns(self) -> bool:  # type: ignore[override]
        return self.columnwise

    def needs(self) -> list[Columns | None]:
        return [self.columns if self.columnwise else self.reads]

    def narrow(self, columns: Columns) -> FrameExpr:
        if not self.columnwise or self.columns is None:
            return self
        return self._narrowed(columns)

    def lower(self) -> Blockwise:
        prefix, _, token = self.name.rpartition("-")
        options: dict[str, Any] = {"source": self.source, "annotations": self.annotations}
        (frame,) = self.inputs
        assert isinstance(frame, FrameExpr)
        rows = recut(f"{prefix}-rows-{token}", frame, self.operand(0), self.cuts, **options)
        spans = [*pairwise([None, *self.cuts, None])]
        call = self.call.on(frame.meta, self.meta)
        binned = Blockwise.call(
            f"{prefix}-bins-{token}", self.numblocks, call,
            [Operand(rows, (Axis(0),)), Operand(Values(self.numblocks, spans), (Axis(0),))],
            **options,
        )  # fmt: skip
        along = (Axis(0),)
        there = Blockwise.call(
            f"{prefix}-any-{token}", self.numblocks, has_rows, [Operand(binned, along)], **options
        )
        sides = [
            carried(f"{prefix}-{side}-{token}", there, operator.or_, side == "after", **options)
            for side in ("before", "after")
        ]
        return Blockwise.call(
            self.name, self.numblocks, Trimmed(self.meta),
            [Operand(binned, along), *(Operand(side, along) for side in sides)], **options,
        )  # fmt: skip


def recut(name: str, frame: FrameExpr, part: Operand, cuts: list[Any], **options: Any) -> Expr:
    """Return a frame with known divisions in partitions that begin at other labels.

    Parameters
    ----------
    cuts : list
        Ascending; where all partitions but the first begin.
    """
    borders = list(frame.divisions or ())
    count = frame.npartitions
    inside = []  # of each partition: the cuts that may lie within it
    for n, (low, high) in enumerate(pairwise(borders)):
        last = n == count - 1
        inside.append([cut for cut in cuts if low < cut and (cut <= high if last else cut < high)])
    prefix, _, token = name.rpartition("-")
    split = Blockwise.call(
        f"{prefix}-split-{token}", (count,), split_at,
        [part, Operand(Values((count,), inside), (Axis(0),))], **options,
    )  # fmt: skip
    places = [(n, j) for n in range(count) for j in range(len(inside[n]) + 1)]

    def piece_rows() -> Inputs:
        return Inputs.regular([split.name], np.array([[n] for n, _ in places], np.int64))

    pieces = Gather(
        f"{prefix}-pieces-{token}", (len(places),), (split,), operator.getitem, piece_rows,
        templates=lambda: [Template((None, j), (0,), (), {}, ()) for _, j in places], **options,
    )  # fmt: skip
    # A piece goes where its first label does: after as many cuts as are not above it.
    starts = [([borders[n], *inside[n]])[j] for n, j in places]
    target = np.array([sum(cut <= start for cut in cuts) for start in starts], np.int64)
    edges = np.searchsorted(target, np.arange(len(cuts) + 2))

    def rows() -> Inputs:
        numbers = np.arange(len(places))
        return Inputs([pieces.name], edges, np.zeros_like(numbers), numbers)

    return Gather(name, (len(cuts) + 1,), (pieces,), OnList(together), rows, **options)


def split_at(part: Any, cuts: list[Any]) -> list[Any]:
    """Return the rows of a partition below the first cut, from it to the second, and so on.

    >>> [piece.tolist() for piece in split_at(pd.Series([1, 2, 3], index=[5, 6, 7]), [6])]
    [[1], [2, 3]]
    """
    if not cuts:
        return [part]
    if not part.index.is_monotonic_increasing:
        part = part.sort_index(kind="stable")
    found = [int(part.index.searchsorted(cut)) for cut in cuts]
    return [part.iloc[a:b] for a, b in pairwise([0, *found, len(part)])]


#: The bins of a partition; how many of them are before its span; and the first and the end of those
#: that there would be if there were no other partitions.
Binned = tuple[Any, int, int, int]


class BinCall:
    """Makes the bins of a partition by a method of pandas."""

    def __init__(self, bins: Bins, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]):
        self.bins = bins
        self.method = method
        self.args = args
        self.kwargs = kwargs
        self.rows: Any = None
        self.meta: Any = None

    def on(self, rows: Any, meta: Any) -> BinCall:
        """Return the same for rows, and results, with these metas."""
        same = BinCall(self.bins, self.method, self.args, self.kwargs)
        same.rows = rows
        same.meta = meta
        return same

    @property
    def __name__(self) -> str:
        return f"resample-{self.method}"

    def __treadle_tokenize__(self) -> Any:
        return "BinCall", self.bins, self.method, self.args, self.kwargs

    def pandas(self, rows: Any) -> Any:
        """Return what pandas makes of rows."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # origins say nothing to calendars
            grouped = rows.resample(self.bins.rule, **self.bins.options())
            return getattr(grouped, self.method)(*self.args, **self.kwargs)

    def __call__(self, part: Any, span: tuple[Any, Any]) -> Binned:
        """Return all bins from the first moment of a span up to the second.

        Bins at its ends may have no rows. So that pandas makes them nevertheless, rows are put
        into the bins beside the span, which are thrown away.
        """
        low, high = span
        if not len(part) and (low is None or high is None):
            return self.meta, 0, 0, 0  # nothing lies beyond: these bins are not there
        bins, index = self.bins, part.index
        clone = part.iloc[:1] if len(part) else one_row(self.rows)
        moments, drop, extra = [], 0, 0
        if low is not None:
            moment = low - pd.Timedelta(1, unit=index.unit)
            if bins.empty_before(index.tz):
                extra = 1
                moment = bins.border(moment) - pd.Timedelta(1, unit=index.unit)
            drop = bins.of(moment, "left")[1]
            moments = [moment] if bins.anchor is None else [bins.anchor, moment]
        sides = [_moved(clone, moment, index) for moment in moments]
        more = [] if high is None else [_moved(clone, high, index)]
        rows = pd.concat([*sides, part, *more]) if sides or more else part
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            counts = rows.index.to_series().resample(bins.rule, **bins.options()).size()
        used = np.flatnonzero(counts.to_numpy())
        own = slice(drop, int(used[-1]) if more else None)
        made = self.pandas(rows).iloc[own]
        if not len(part):
            return made, extra, 0, 0
        used = np.flatnonzero(counts.iloc[own].to_numpy())
        begin = int(used[0]) - (bins.of(index.min(), "left")[1] - 1 if extra or not low else 0)
        return made, extra, max(begin, 0), int(used[-1]) + 1


def _moved(row: Any, moment: Any, index: Any) -> Any:
    labels = pd.DatetimeIndex([moment], name=index.name).as_unit(index.unit)
    return row.set_axis(labels)


def has_rows(binned: Binned) -> bool:
    """Tell whether any row lies in the bins of a partition."""
    return binned[3] > binned[2]


class Trimmed:
    """Takes off bins before the first row of all, and after the last."""

    __name__ = "trim"

    def __init__(self, meta: Any):
        self.meta = meta

    def __call__(self, binned: Binned, before: bool | None, after: bool | None) -> Any:
        made, extra, first, end = binned
        if end == first and not (before and after):
            return self.meta
        found = made.iloc[extra if before else first : len(made) if after else end]
        return _as_promised(found, self.meta)


def _as_promised(found: Any, meta: Any) -> Any:
    """Give whole numbers their dtype again, if the bins that had none are off."""
    if isinstance(found, pd.Series):
        wanted = meta.dtype.kind in "iub" and found.dtype.kind in "fO"
        return found.astype(meta.dtype) if wanted and not found.isna().any() else found
    dtypes = {
        n: wanted
        for n, (wanted, dtype) in enumerate(zip(meta.dtypes, found.dtypes, strict=True))
        if wanted.kind in "iub" and dtype.kind in "fO" and not found.iloc[:, n].isna().any()
    }
    if dtypes:
        found = found.copy(deep=False)
        for n, dtype in dtypes.items():
            found.isetitem(n, found.iloc[:, n].astype(dtype))
    return found


# -- what users have -------------------------------------------------------------------------------


def resample(frame: Any, rule: Any, closed: Any, label: Any, origin: Any, offset: Any) -> Resampler:
    """Return the bins of a frame or series; see ``DataFrame.resample``."""
    for name, value in (("closed", closed), ("label", label)):
        if value not in (None, "left", "right"):
            raise ValueError(f"Unsupported value {value} for `{name}`")
    index = frame._meta.index
    if not isinstance(index, pd.DatetimeIndex):
        raise TypeError(
            f"resample() needs an index of times, not of dtype {index.dtype}; set_index() one"
        )
    options = {"closed": closed, "label": label, "origin": origin, "offset": offset}
    given = {k: v for k, v in options.items() if v is not None}
    frame._meta.resample(rule, **given)  # raises what pandas raises for wrong arguments
    if origin not in ("epoch", "start", "start_day", "end", "end_day"):
        origin = pd.Timestamp(origin)
    bins = Bins(rule, closed, label, origin, None if offset is None else pd.Timedelta(offset))
    if frame.npartitions == 1:
        return Resampler(frame, bins)
    if not frame.known_divisions:
        raise ValueError(
            "resample() needs to know the labels between partitions (divisions): set_index() the "
            "times, or with sorted=True if they are in order"
        )
    if bins.needs_first(index.tz):
        first = _outermost(frame, True)
        bins = bins.anchored(first, _outermost(frame, False) if "end" in str(origin) else first)
        if bins.anchor is not None and bins.empty_before(index.tz):
            raise NotImplementedError(
                f"resample({rule!r}, closed='right') is not there for more than one partition: "
                "where its bins lie depends on all labels; use closed='left'"
            )
    return Resampler(frame, bins)


def _outermost(frame: Any, first: bool) -> Any:
    """Return the first or the last label; computes partitions until it has found it."""
    numbers = range(frame.npartitions)
    for n in numbers if first else reversed(numbers):
        labels = frame.get_partition(n).index.compute()
        if len(labels):
            return labels.min() if first else labels.max()
    return pd.Timestamp(frame.divisions[0 if first else -1])


class Resampler:
    """Bins of time of a frame or series: ``df.resample("1h")``.

    What is made of them is lazy, and has pandas' bins: from that of the first row to that of the
    last, with the empty ones in between. Where a dtype has no missing values, empty bins make
    another one of it, as in pandas; the meta can't say so before the data is seen.

    Examples
    --------
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> times = pd.date_range("2020-01-01", periods=4, freq="12h")
    >>> x = dd.from_pandas(pd.Series([1, 2, 3, 4], index=times), npartitions=3)
    >>> x.resample("1D").sum().compute().tolist()
    [3, 7]
    """

    __slots__ = ("_bins", "_frame")

    def __init__(self, frame: Any, bins: Bins):
        self._frame = frame
        self._bins = bins

    def __repr__(self) -> str:
        return f"Resampler [freq={self._bins.freq}, closed={self._bins.closed}]"

    def __getitem__(self, key: Any) -> Resampler:
        return Resampler(self._frame[key], self._bins)

    def __getattr__(self, name: str) -> Resampler:
        if not name.startswith("_") and self._frame.ndim == 2 and name in self._frame._meta.columns:
            return self[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def _made(self, method: str, *args: Any, columnwise: bool = True, **kwargs: Any) -> Any:
        frame, bins = self._frame, self._bins
        call = BinCall(bins, method, args, kwargs)
        functions = method == "agg" and _has_functions((args, kwargs))
        meta = (
            emptied(call.pandas(frame._meta))
            if functions
            else made_of_one_row(call.pandas, frame._meta)
        )
        if frame.npartitions == 1:
            return partwise(f"resample-{method}", call.pandas, frame, meta=meta, divisions=None)
        borders = [pd.Timestamp(label) for label in frame.divisions]
        cuts = sorted({bins.border(label) for label in borders[1:-1]})
        cuts = [cut for cut in cuts if cut > bins.border(borders[0])]
        ends = [borders[0], *cuts, borders[-1]]
        divisions: tuple[Any, ...] = (None,) * len(ends)
        if not bins.empty_before(borders[0].tz):
            divisions = tuple(bins.of(label, bins.label)[0] for label in ends)
        columnwise = columnwise and meta.ndim == frame.ndim == 2 and meta.columns.nlevels == 1
        expr = frame.expr
        return new_collection(Resampled(
            f"resample-{method}-{tokenize('resample', expr.name, call)}", meta, divisions, expr,
            call, cuts, columnwise=columnwise,
            reads=[] if method == "size" and frame.ndim == 2 else None,
        ))  # fmt: skip

    def agg(self, func: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Return several results, given by names, or lists or dicts of them.

        Raises
        ------
        NotImplementedError
            For functions of one's own, unless there is one partition.
        """
        if isinstance(func, str):
            return getattr(self, func)(*args, **kwargs)
        if self._frame.npartitions > 1 and _has_functions((func, args, kwargs)):
            raise NotImplementedError(
                "resample().agg() with functions of one's own is not there: bins without rows "
                "have to be made where there is no data; name the results ('sum', 'mean', ...), "
                "or group by the floor of the times"
            )
        return self._made("agg", func, *args, columnwise=False, **kwargs)

    aggregate = agg

    def pipe(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Return ``func(self, *args, **kwargs)``."""
        return func(self, *args, **kwargs)

    def apply(self, func: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Return what :meth:`agg` returns."""
        return self.agg(func, *args, **kwargs)

    def quantile(self, q: float = 0.5, **kwargs: Any) -> Any:
        """Return a quantile of each bin.

        Raises
        ------
        NotImplementedError
            For several quantiles at once.
        """
        if not isinstance(q, int | float | np.number):
            raise NotImplementedError(f"resample().quantile() takes one number, not {q!r}")
        return self._made("quantile", q, **kwargs)


def _has_functions(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_functions, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_has_functions, value))
    return callable(value)


_METHODS = {
    "count": "how many values there are in each bin",
    "size": "how many rows there are in each bin",
    "nunique": "how many different values there are in each bin",
    "sum": "the sum of each bin",
    "prod": "the product of each bin",
    "mean": "the mean of each bin",
    "median": "the median of each bin",
    "min": "the smallest value of each bin",
    "max": "the largest value of each bin",
    "first": "the first value of each bin",
    "last": "the last value of each bin",
    "std": "the standard deviation of each bin",
    "var": "the variance of each bin",
    "sem": "the standard error of the mean of each bin",
    "ohlc": "the first, largest, smallest and last value of each bin",
}


def _method(name: str, result: str) -> Callable[..., Any]:
    def method(self: Resampler, *args: Any, **kwargs: Any) -> Any:
        return self._made(name, *args, **kwargs)

    method.__name__ = name
    method.__qualname__ = f"Resampler.{name}"
    method.__doc__ = f"""Return {result}.

        Parameters
        ----------
        *args, **kwargs
            Those of ``pandas.api.typing.Resampler.{name}``.

        Returns
        -------
        DataFrame or Series
        """
    return method


for _name, _result in _METHODS.items():
    setattr(Resampler, _name, _method(_name, _result))

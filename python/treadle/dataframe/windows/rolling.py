"""Windows that move along the rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.indexers import BaseIndexer, FixedForwardWindowIndexer
from pandas.tseries.frequencies import to_offset

from treadle.dataframe.build import emptied, partwise
from treadle.dataframe.frame import FrameCollection
from treadle.dataframe.one_row import one_row
from treadle.dataframe.windows.around import around, made_of_one_row
from treadle.dataframe.windows.pieces import Reach


def rolling(frame: Any, window: Any, options: dict[str, Any]) -> Rolling:
    """Return the windows of a frame or series; see ``DataFrame.rolling``."""
    if options.get("step") not in (None, 1) and frame.npartitions > 1:
        raise NotImplementedError(
            "rolling(step=) counts rows from the first one, wherever partitions begin; take all "
            "rows, or repartition(npartitions=1)"
        )
    if options.get("method", "single") != "single":
        raise NotImplementedError("rolling(method='table') is not there; use method='single'")
    given = {key: value for key, value in options.items() if value not in (None, False, "single")}
    one_row(frame._meta).rolling(window, **given)  # raises what pandas raises
    before, after = reaches(window, given)
    return Rolling(frame, window, given, before, after)


def reaches(window: Any, options: dict[str, Any]) -> tuple[Reach, Reach]:
    """Return how far the windows of a row reach before and after it."""
    center = options.get("center", False)
    if isinstance(window, FixedForwardWindowIndexer):
        return 0, int(window.window_size)  # type: ignore[attr-defined]
    if isinstance(window, BaseIndexer):
        raise NotImplementedError(
            f"how far a {type(window).__name__} reaches is not known; use map_overlap() with "
            "before= and after="
        )
    if isinstance(window, int | np.integer):
        rows = int(window)
        # Windows that are closed on the left have one row more.
        more = 1 if options.get("closed") in ("left", "both") else 0
        after = (rows - 1) // 2 if center else 0
        return max(rows - 1 - after + more, 0), max(after, 0)
    span = span_of(window)
    return span, span if center else 0


def span_of(window: Any) -> pd.Timedelta:
    """Return a window of time, given in any way that pandas takes, as a timedelta."""
    if isinstance(window, str):
        window = to_offset(window)
    if isinstance(window, pd.offsets.Day):
        return pd.Timedelta(days=window.n)
    return pd.Timedelta(window)


class RollingCall:
    """Calls a method of pandas' windows on rows."""

    __slots__ = ("args", "kwargs", "method", "options", "window")

    def __init__(
        self,
        window: Any,
        options: dict[str, Any],
        method: str,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ):
        self.window = window
        self.options = options
        self.method = method
        self.args = args
        self.kwargs = kwargs

    @property
    def __name__(self) -> str:
        return f"rolling-{self.method}"

    def __call__(self, rows: Any) -> Any:
        windows = rows.rolling(self.window, **self.options)
        return getattr(windows, self.method)(*self.args, **self.kwargs)

    def __treadle_tokenize__(self) -> Any:
        window: Any = self.window
        if isinstance(window, BaseIndexer):
            window = (type(window).__name__, window.window_size)  # type: ignore[attr-defined]
        return "RollingCall", window, self.options, self.method, self.args, self.kwargs

    def __reduce__(self) -> tuple[Any, ...]:
        return RollingCall, (self.window, self.options, self.method, self.args, self.kwargs)


class PairCall(RollingCall):
    """Calls a method of two columns, which are the first and the second of a frame."""

    __slots__ = ()

    def __call__(self, rows: Any) -> Any:
        windows = rows.iloc[:, 0].rolling(self.window, **self.options)
        found = getattr(windows, self.method)(rows.iloc[:, 1], **self.kwargs)
        return found.rename(self.args[0])

    def __reduce__(self) -> tuple[Any, ...]:
        return PairCall, (self.window, self.options, self.method, self.args, self.kwargs)


class Rolling:
    """Windows of a frame or series: ``df.rolling(3)``.

    Windows reach into other partitions, as far as they have to. What is made of them is lazy.

    Examples
    --------
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> x = dd.from_pandas(pd.Series([1, 2, 4, 7]), npartitions=2)
    >>> x.rolling(2).sum().compute().tolist()
    [nan, 3.0, 6.0, 11.0]
    >>> x.rolling(3, center=True, min_periods=1).max().compute().tolist()
    [2.0, 4.0, 7.0, 7.0]
    """

    __slots__ = ("_after", "_before", "_frame", "_options", "_window")

    def __init__(
        self, frame: Any, window: Any, options: dict[str, Any], before: Reach, after: Reach
    ):
        self._frame = frame
        self._window = window
        self._options = options
        self._before = before
        self._after = after

    def __repr__(self) -> str:
        shown = "".join(f", {key}={value!r}" for key, value in self._options.items())
        return f"Rolling [{self._window!r}{shown}]"

    def __getitem__(self, key: Any) -> Rolling:
        if "on" in self._options:
            raise NotImplementedError(
                "columns of rolling(on=) can't be chosen; choose them before, with the column "
                f"{self._options['on']!r}"
            )
        return Rolling(self._frame[key], self._window, self._options, self._before, self._after)

    def __getattr__(self, name: str) -> Rolling:
        if not name.startswith("_") and self._frame.ndim == 2 and name in self._frame._meta.columns:
            return self[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def _made(self, method: str, *args: Any, columnwise: bool = True, **kwargs: Any) -> Any:
        """Return the collection of a method of pandas' windows."""
        call = RollingCall(self._window, self._options, method, args, kwargs)
        frame, on = self._frame, self._options.get("on")
        by_time = not isinstance(self._before, int) or not isinstance(self._after, int)
        # Functions of users see no rows that nobody has; windows of no rows call none.
        runs = method in ("apply", "agg", "pipe")
        meta = emptied(call(frame._meta)) if runs else made_of_one_row(call, frame._meta)
        rowwise = meta.index.nlevels == frame._meta.index.nlevels  # not: a row for each pair
        return around(
            f"rolling-{method}", frame, call, self._before, self._after, meta=meta,
            on=on if by_time else None, columnwise=columnwise and on is None, rowwise=rowwise,
            divisions=None if rowwise else (None,) * len(frame.divisions),
        )  # fmt: skip

    def apply(
        self,
        func: Callable[..., Any],
        raw: bool = False,
        engine: str | None = None,
        engine_kwargs: dict[str, bool] | None = None,
        args: tuple[Any, ...] | None = None,
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Return what a function makes of each window of each column.

        Parameters
        ----------
        func : callable
            Takes a window, and returns a number.
        raw : bool
            Windows are arrays of NumPy instead of series.
        engine, engine_kwargs
            As in pandas.
        args, kwargs
            For the function.
        """
        return self._made(
            "apply", func, raw=raw, engine=engine, engine_kwargs=engine_kwargs, args=args,
            kwargs=kwargs,
        )  # fmt: skip

    def agg(self, func: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Return several results, given by names, functions, or lists or dicts of them."""
        if isinstance(func, str):
            return getattr(self, func)(*args, **kwargs)
        return self._made("agg", func, *args, columnwise=False, **kwargs)

    aggregate = agg

    def pipe(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Return ``func(self, *args, **kwargs)``."""
        return func(self, *args, **kwargs)

    def cov(self, other: Any = None, pairwise: bool | None = None, **kwargs: Any) -> Any:
        """Return covariances of windows of two series."""
        return self._pairs("cov", other, pairwise, kwargs)

    def corr(self, other: Any = None, pairwise: bool | None = None, **kwargs: Any) -> Any:
        """Return correlations of windows of two series."""
        return self._pairs("corr", other, pairwise, kwargs)

    def _pairs(self, method: str, other: Any, pairwise: Any, kwargs: dict[str, Any]) -> Any:
        if other is None:
            # Of a frame, all pairs of columns: several rows for each row.
            if self._frame.ndim == 2 and pairwise is not False and "on" in self._options:
                raise NotImplementedError(f"rolling(on=).{method}() is not there; set_index() it")
            return self._made(method, columnwise=False, pairwise=pairwise, **kwargs)
        both = isinstance(other, FrameCollection) and other.ndim == self._frame.ndim == 1
        if not both:
            raise NotImplementedError(
                f"rolling().{method}(other) takes two series in partitions; choose columns of "
                "frames one by one"
            )
        name = self._frame.name if self._frame.name == other.name else None
        pair = partwise("pair", beside, self._frame, other, rowwise=True)
        call = PairCall(self._window, self._options, method, (name,), kwargs)
        return around(f"rolling-{method}", pair, call, self._before, self._after, columnwise=False)


def beside(first: pd.Series[Any], second: pd.Series[Any]) -> pd.DataFrame:
    """Return a frame of two series with the rows of the first.

    >>> beside(pd.Series([1, 2]), pd.Series([3, 4]))
       0  1
    0  1  3
    1  2  4
    """
    if not first.index.equals(second.index):
        second = second.reindex(first.index)
    return pd.DataFrame({0: first, 1: second}, index=first.index)


_METHODS = {
    "count": "how many values there are in each window",
    "sum": "the sum of each window",
    "mean": "the mean of each window",
    "median": "the median of each window",
    "min": "the smallest value of each window",
    "max": "the largest value of each window",
    "std": "the standard deviation of each window",
    "var": "the variance of each window",
    "sem": "the standard error of the mean of each window",
    "skew": "the skewness of each window",
    "kurt": "the excess kurtosis of each window",
    "first": "the first value of each window",
    "last": "the last value of each window",
    "nunique": "how many different values there are in each window",
    "quantile": "a quantile of each window",
    "rank": "the rank of the last value in each window",
}


def _method(name: str, result: str) -> Any:
    def method(self: Rolling, *args: Any, **kwargs: Any) -> Any:
        return self._made(name, *args, **kwargs)

    method.__name__ = name
    method.__qualname__ = f"Rolling.{name}"
    method.__doc__ = f"""Return {result}.

        Parameters
        ----------
        *args, **kwargs
            Those of ``pandas.api.typing.Rolling.{name}``.

        Returns
        -------
        DataFrame or Series
        """
    return method


for _name, _result in _METHODS.items():
    setattr(Rolling, _name, _method(_name, _result))

"""Windows that hold all rows so far, by running totals.

>>> import pandas as pd
>>> import treadle.dataframe as dd
>>> x = dd.from_pandas(pd.Series([1, 3, 5, 7]), npartitions=3)
>>> x.expanding().var().compute().tolist()[1:]
[2.0, 4.0, 6.666666666666667]
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.windows.scan import Running, scanned


class Expanding:
    """Windows of all rows so far: ``df.expanding()``.

    Examples
    --------
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> x = dd.from_pandas(pd.Series([1, 3, 8]), npartitions=2)
    >>> x.expanding(2).sum().compute().tolist()
    [nan, 4.0, 12.0]
    """

    __slots__ = ("_frame", "_min_periods")

    def __init__(self, frame: Any, min_periods: int):
        self._frame = frame
        self._min_periods = min_periods

    def __getitem__(self, key: Any) -> Expanding:
        return Expanding(self._frame[key], self._min_periods)

    def _made(self, method: str, **options: Any) -> Any:
        running = Totals(method, self._min_periods, options.get("ddof", 1))
        pandas = partial(_by_pandas, method=method, min_periods=self._min_periods, **options)
        return scanned(f"expanding-{method}", self._frame, running, pandas)

    def count(self) -> Any:
        """Return how many values there are so far."""
        return self._made("count")

    def sum(self) -> Any:
        """Return the sum so far."""
        return self._made("sum")

    def mean(self) -> Any:
        """Return the mean so far."""
        return self._made("mean")

    def min(self) -> Any:
        """Return the smallest value so far."""
        return self._made("min")

    def max(self) -> Any:
        """Return the largest value so far."""
        return self._made("max")

    def var(self, ddof: int = 1) -> Any:
        """Return the variance so far."""
        return self._made("var", ddof=ddof)

    def std(self, ddof: int = 1) -> Any:
        """Return the standard deviation so far."""
        return self._made("std", ddof=ddof)

    def __getattr__(self, name: str) -> Any:
        if name in _REFUSED:
            raise NotImplementedError(
                f"expanding().{name}() needs all rows so far at once, not only totals of them; "
                "use rolling() with a window"
            )
        if not name.startswith("_") and self._frame.ndim == 2 and name in self._frame._meta.columns:
            return self[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


_REFUSED = frozenset(
    "median quantile skew kurt rank apply agg aggregate cov corr sem nunique".split()
)


def _by_pandas(frame: Any, method: str, min_periods: int, **options: Any) -> Any:
    return getattr(frame.expanding(min_periods), method)(**options)


@dataclass(slots=True)
class Moments:
    """Totals of the rows so far, a row for each: of the columns side by side.

    Attributes
    ----------
    like : DataFrame or Series
        Gives index and columns.
    rows : array of float, (rows, 1)
        Number of rows.
    count, mean, squares, extreme : array of float, (rows, columns)
        Values there are, their mean, the sum of squares of differences from it, and the smallest or
        largest of them.
    """

    like: Any
    rows: Any
    count: Any
    mean: Any
    squares: Any
    extreme: Any

    def last(self) -> Moments:
        """Return the totals of all rows."""
        found = [None if part is None else part[-1:].copy() for part in _parts(self)]
        return Moments(None, *found)

    def after(self, before: Moments | None, smallest: bool) -> Moments:
        """Return totals with what was before added (Chan, Golub and LeVeque, 1979)."""
        if before is None or not len(before.count):
            return self
        if not len(self.count):
            return Moments(self.like, *_parts(before)) if self.like is None else self
        rows, count = self.rows + before.rows, self.count + before.count
        mean = squares = extreme = None
        if self.mean is not None:
            share = np.divide(self.count, count, out=np.zeros_like(count), where=count > 0)
            apart = self.mean - before.mean
            mean = before.mean + apart * share
            if self.squares is not None:
                squares = self.squares + before.squares + apart**2 * before.count * share
        if self.extreme is not None:
            extreme = (np.fmin if smallest else np.fmax)(self.extreme, before.extreme)
        return Moments(self.like, rows, count, mean, squares, extreme)


def _parts(moments: Moments) -> tuple[Any, ...]:
    return moments.rows, moments.count, moments.mean, moments.squares, moments.extreme


class Totals(Running):
    """Carries totals from partition to partition."""

    def __init__(self, method: str, min_periods: int, ddof: int):
        self.method = method
        self.min_periods = min_periods
        self.ddof = ddof

    def alone(self, part: Any) -> Moments:
        frame = part.to_frame() if isinstance(part, pd.Series) else part
        values = frame.to_numpy(dtype="float64", na_value=np.nan)
        there = np.isfinite(values)  # as in pandas, which takes infinities for missing
        rows = np.arange(1.0, len(values) + 1)[:, np.newaxis]
        count = np.cumsum(there, axis=0, dtype="float64")
        mean = squares = extreme = None
        if self.method in ("min", "max"):
            func = np.fmin if self.method == "min" else np.fmax
            extreme = func.accumulate(np.where(there, values, np.nan), axis=0)
        elif self.method != "count":
            # Differences from a value in the middle of all are small, and so are their errors.
            total = count[-1:] if len(count) else np.ones((1, values.shape[1]))
            sums = np.where(there, values, 0).sum(axis=0, keepdims=True)
            middle = sums / np.maximum(total, 1)
            apart = np.where(there, values - middle, 0)
            sums = np.cumsum(apart, axis=0)
            own = np.divide(sums, count, out=np.zeros_like(sums), where=count > 0)
            mean = own + middle
            if self.method in ("var", "std"):
                squares = np.maximum(np.cumsum(apart**2, axis=0) - own * sums, 0)
        return Moments(part, rows, count, mean, squares, extreme)

    def last(self, alone: Moments) -> Moments:
        return alone.last()

    def join(self, carried: Moments, piece: Moments) -> Moments:
        return piece.after(carried, self.method == "min")

    def finish(self, carried: Moments | None, alone: Moments) -> Any:
        totals = alone.after(carried, self.method == "min")
        count, like = totals.count, totals.like
        needed = np.full_like(count, self.min_periods)
        with np.errstate(invalid="ignore", divide="ignore"):
            match self.method:
                case "count":
                    found = count
                case "sum":
                    found = totals.mean * count
                case "mean":
                    found = totals.mean
                case "min" | "max":
                    found = totals.extreme
                case _:
                    needed = np.maximum(needed, self.ddof + 1)
                    found = totals.squares / (count - self.ddof)
                    found = np.sqrt(found) if self.method == "std" else found
        if self.method not in ("count", "sum"):
            needed = np.maximum(needed, 1)
        # Of counts, pandas asks how many rows there are, with values or not.
        enough = totals.rows if self.method == "count" else count
        found = np.where(enough >= needed, found, np.nan)
        if isinstance(like, pd.Series):
            return pd.Series(found[:, 0], index=like.index, name=like.name)
        return pd.DataFrame(found, index=like.index, columns=like.columns)

"""Where bins of time begin: so that every bin lies whole in one partition.

pandas lays bins from the first label on. Most frequencies give the same bins wherever that is; for
the others the first label has to be known (`needs_first`).

>>> bins = Bins("1D")
>>> bins.border(pd.Timestamp("2020-01-05 17:00"))
Timestamp('2020-01-05 00:00:00')
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
from pandas.tseries.frequencies import to_offset

#: Frequencies whose bins end with the last moment of the day that is their label.
_ENDS_OF_DAYS = {"BME", "ME", "W", "BQE", "BYE", "QE", "YE"}


class Bins:
    """Bins of time, as arguments of pandas' ``resample`` say.

    Parameters
    ----------
    rule : str, timedelta or offset
    closed, label : {"left", "right"}, optional
    origin : str or Timestamp
    offset : timedelta, optional
    """

    def __init__(
        self,
        rule: Any,
        closed: Any = None,
        label: Any = None,
        origin: Any = "start_day",
        offset: Any = None,
    ):
        self.rule = rule
        self.freq: Any = to_offset(rule)
        self.kind = str(self.freq.rule_code).split("-")[0]
        right = self.kind in _ENDS_OF_DAYS or origin in ("end", "end_day")
        default = "right" if right else "left"
        self.closed = closed or default
        self.label = label or default
        self.origin = origin
        self.offset = offset
        #: The first label, where bins depend on it and an origin can't say so.
        self.anchor: Any = None

    def options(self, label: str | None = None) -> dict[str, Any]:
        """Return the arguments of ``resample``."""
        found: dict[str, Any] = {"closed": self.closed, "label": label or self.label}
        if self.origin != "start_day":
            found["origin"] = self.origin
        if self.offset is not None:
            found["offset"] = self.offset
        return found

    def __treadle_tokenize__(self) -> Any:
        return (
            "Bins",
            str(self.freq),
            self.closed,
            self.label,
            self.origin,
            self.offset,
            self.anchor,
        )

    def fixed(self, tz: Any) -> bool:
        """Tell whether bins have one length, counted from an origin."""
        return isinstance(self.freq, pd.offsets.Tick) or (
            isinstance(self.freq, pd.offsets.Day) and tz is None
        )

    def length(self) -> pd.Timedelta:
        """Return the length of bins that have one."""
        if isinstance(self.freq, pd.offsets.Day):
            return pd.Timedelta(days=self.freq.n)
        return pd.Timedelta(self.freq)

    def needs_first(self, tz: Any) -> bool:
        """Tell whether bins depend on where the data begins, or ends."""
        if not self.fixed(tz):
            return self.freq.n != 1 or type(self.freq) is pd.offsets.DateOffset
        if self.origin == "start_day":
            # Midnights of a zone are a number of half hours apart.
            whole = pd.Timedelta(days=1) if tz is None else pd.Timedelta(minutes=30)
            return bool(whole % self.length() != pd.Timedelta(0))
        return self.origin in ("start", "end", "end_day")

    def anchored(self, first: Any, last: Any) -> Bins:
        """Return the same bins for data with these labels, in a form that other data has too."""
        same = Bins(self.rule, self.closed, self.label, self.origin, self.offset)
        if not self.fixed(first.tz):
            same.anchor = first
        elif self.origin in ("start_day", "start"):
            same.origin = first.normalize() if self.origin == "start_day" else first
        elif self.origin in ("end", "end_day"):
            same.origin = last if self.origin == "end" else last.ceil("D")
        return same

    def empty_before(self, tz: Any) -> bool:
        """Tell whether pandas may begin with a bin without rows."""
        return not self.fixed(tz) and self.closed == "right" and self.kind not in _ENDS_OF_DAYS

    def of(self, label: Any, side: str) -> tuple[Any, int]:
        """Return the label of the bin of a moment, and how many bins there are up to it."""
        # There are no bins before the one of the first label.
        start = [label] if self.anchor is None else [self.anchor, max(label, self.anchor)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # origins say nothing to calendars
            rows = pd.Series(0, index=pd.DatetimeIndex(start))
            sizes = rows.resample(self.rule, **self.options(side)).size()
        # pandas adds an empty bin after a moment that is the very end of one.
        place = int(np.flatnonzero(sizes.to_numpy())[-1])
        return sizes.index[place], place + 1

    def border(self, label: Any) -> Any:
        """Return the first moment of the bin of a moment."""
        left = self.of(label, "left")[0]
        if self.closed == "left":
            return left
        if not self.fixed(label.tz) and self.kind in _ENDS_OF_DAYS:
            wall = left.tz_localize(None) + pd.Timedelta(days=1)
            return wall.tz_localize(left.tz)
        return left + pd.Timedelta(1, unit=label.unit)

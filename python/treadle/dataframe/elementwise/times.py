"""Methods of times, durations and periods: ``series.dt``, and the same of indexes."""

from __future__ import annotations

from typing import Any

import pandas as pd

from treadle.dataframe.elementwise.accessors import (
    Accessor,
    accessor_attributes,
    accessor_methods,
)
from treadle.dataframe.elementwise.rows import RowAttribute, RowMethod, rowwise
from treadle.dataframe.elementwise.tables import add_all, documented, like_pandas
from treadle.dataframe.frame import FrameCollection

_HOME = "pandas.Series.dt"

_TIMES = {
    "date": "Dates, as objects of Python.",
    "day": "Days of the month.",
    "day_of_week": "Days of the week; Monday is 0.",
    "day_of_year": "Days of the year.",
    "dayofweek": "Days of the week; Monday is 0.",
    "dayofyear": "Days of the year.",
    "days_in_month": "Numbers of days of the month.",
    "daysinmonth": "Numbers of days of the month.",
    "hour": "Hours.",
    "is_leap_year": "Whether years are leap years.",
    "is_month_end": "Whether days are the last of a month.",
    "is_month_start": "Whether days are the first of a month.",
    "is_quarter_end": "Whether days are the last of a quarter.",
    "is_quarter_start": "Whether days are the first of a quarter.",
    "is_year_end": "Whether days are the last of a year.",
    "is_year_start": "Whether days are the first of a year.",
    "microsecond": "Microseconds.",
    "minute": "Minutes.",
    "month": "Months; January is 1.",
    "nanosecond": "Nanoseconds.",
    "quarter": "Quarters of the year.",
    "second": "Seconds.",
    "time": "Times of day, as objects of Python.",
    "timetz": "Times of day with their zone, as objects of Python.",
    "weekday": "Days of the week; Monday is 0.",
    "year": "Years.",
}
_DURATIONS = {
    "components": "A frame of days, hours, minutes and so on.",
    "days": "Days of durations.",
    "microseconds": "Microseconds of durations, less than a second.",
    "nanoseconds": "Nanoseconds of durations, less than a microsecond.",
    "seconds": "Seconds of durations, less than a day.",
}
_PERIODS = {
    "end_time": "Ends of periods.",
    "qyear": "Fiscal years of periods.",
    "start_time": "Beginnings of periods.",
    "week": "Weeks of the year, of periods.",
    "weekofyear": "Weeks of the year, of periods.",
}
_METHODS = {
    "as_unit": "Convert to a unit.",
    "ceil": "Round up to a frequency.",
    "day_name": "Return names of days.",
    "floor": "Round down to a frequency.",
    "isocalendar": "Return a frame of years, weeks and days as in ISO 8601.",
    "month_name": "Return names of months.",
    "normalize": "Return midnights.",
    "round": "Round to a frequency.",
    "strftime": "Return texts by a format.",
    "to_period": "Return the periods that times are in.",
    "tz_convert": "Convert to another zone.",
    "tz_localize": "Say in which zone times are.",
}
_OF_DURATIONS = {"total_seconds": "Return durations in seconds."}
_OF_PERIODS = {
    "asfreq": "Convert periods to another frequency.",
    "to_timestamp": "Return times of periods.",
}

#: Second names, of which pandas warns.
_SECOND_NAMES = {
    "dayofweek": "day_of_week",
    "dayofyear": "day_of_year",
    "daysinmonth": "days_in_month",
    "weekday": "day_of_week",
    "weekofyear": "week",
}


@add_all(accessor_methods(pd.DatetimeIndex, _METHODS, _HOME))
@add_all(accessor_methods(pd.TimedeltaIndex, _OF_DURATIONS, _HOME))
@add_all(accessor_methods(pd.PeriodIndex, _OF_PERIODS, _HOME))
@add_all(accessor_attributes({**_TIMES, **_DURATIONS, **_PERIODS}, _HOME))
class DatetimeAccessor(Accessor):
    """Times, durations and periods: ``series.dt``, on every partition as pandas has it.

    Examples
    --------
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> days = dd.from_pandas(pd.Series(pd.date_range("2026-02-27", periods=3)), npartitions=2)
    >>> days.dt.month.compute().tolist()
    [2, 2, 3]
    """

    __slots__ = ()
    _accessor = "dt"

    def _call(self, method: str, *args: Any, **kwargs: Any) -> Any:
        getattr(self._theirs, method)  # AttributeError, if the dtype has none
        if "infer" in (*args, *kwargs.values()):
            raise NotImplementedError(
                f"{method}('infer') goes by the times of neighbours, which may lie in another "
                "partition; say which is meant by a bool, or use 'NaT'"
            )
        return super()._call(method, *args, **kwargs)

    def _attribute(self, name: str) -> Any:
        return super()._attribute(_SECOND_NAMES.get(name, name))

    @property
    def tz(self) -> Any:
        """The zone; None without one."""
        return self._theirs.tz

    @property
    def unit(self) -> Any:
        """The unit that times are counted in."""
        return self._theirs.unit

    @property
    def freq(self) -> Any:
        """The frequency of periods; None of times, whose partitions may differ."""
        dtype = self._series._meta.dtype
        return dtype.freq if isinstance(dtype, pd.PeriodDtype) else None


def _index_attribute(name: str, summary: str) -> property:
    first = _SECOND_NAMES.get(name, name)

    def get(self: Any) -> Any:
        getattr(self._meta, first)
        return rowwise(name, RowAttribute(first), self)

    return property(get, doc=documented(summary, f"pandas.DatetimeIndex.{name}"))


def _index_method(owner: Any, name: str, summary: str) -> Any:
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        getattr(self._meta, name)
        return rowwise(name, RowMethod(name), self, *args, kwargs=kwargs)

    return like_pandas(owner, name, summary, call, home=f"pandas.{owner.__name__}")


@add_all(
    {name: _index_method(pd.DatetimeIndex, name, summary) for name, summary in _METHODS.items()}
)
@add_all(
    {name: _index_method(pd.TimedeltaIndex, name, text) for name, text in _OF_DURATIONS.items()}
)
@add_all({name: _index_method(pd.PeriodIndex, name, text) for name, text in _OF_PERIODS.items()})
@add_all(
    {
        name: _index_attribute(name, summary)
        for name, summary in {**_TIMES, **_DURATIONS, **_PERIODS}.items()
    }
)
class TimesOfIndex(FrameCollection):
    """What indexes of times, durations and periods have."""

    __slots__ = ()

    @property
    def tz(self) -> Any:
        """The zone of times; None without one."""
        return self._meta.tz

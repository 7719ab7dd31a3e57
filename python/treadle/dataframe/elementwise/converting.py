"""Series made of other ones by functions of pandas: times and numbers of text, and what is
missing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.build import NOT_GIVEN, meta_from
from treadle.dataframe.elementwise.metas import as_meta, tried, with_index
from treadle.dataframe.elementwise.rows import RowCall, RowMethod, rowwise
from treadle.dataframe.elementwise.tables import no_default
from treadle.dataframe.expr import Assign, Filter, FrameExpr, Projection
from treadle.dataframe.first_rows import rows_at_hand
from treadle.dataframe.frame import FrameCollection
from treadle.dataframe.one_row import one_row


class PandasFunction(RowCall):
    """A function of pandas by name, with options."""

    __slots__ = ("name", "options")

    def __init__(self, name: str, options: dict[str, Any]):
        self.name = name
        self.options = options

    def __call__(self, part: Any) -> Any:
        return getattr(pd, self.name)(part, **self.options)


class ToUnit(RowCall):
    """A function that makes times, of one unit at the least, and in one zone.

    Where pandas finds no time at all in a partition, it counts in whole seconds, of no zone.
    """

    __slots__ = ("function", "unit", "zone")

    def __init__(self, function: PandasFunction, unit: str, zone: str | None):
        self.function = function
        self.unit = unit
        self.zone = zone

    def __call__(self, part: Any) -> Any:
        found = self._checked(self.function(part))
        unit = getattr(found.dtype, "unit", None) or np.datetime_data(found.dtype)[0]
        if _UNITS.index(unit) >= _UNITS.index(self.unit):
            return found
        times: Any = found if isinstance(found, pd.Index) else found.dt
        return times.as_unit(self.unit)

    def _checked(self, found: Any) -> Any:
        zone = _zone_of(found)
        if zone == self.zone:
            return found
        if zone is None and self.zone is not None and found.isna().all():
            return _in_zone(found, self.zone)
        raise ValueError(
            f"these times are of the zone {zone}, where the zone {self.zone} was expected; "
            "give utc=True, or say what they are with meta="
        )


_UNITS = ("s", "ms", "us", "ns")


def _converted(name: str, arg: Any, meta: Any, sample: Any, options: dict[str, Any]) -> Any:
    """Return what a function of pandas makes of a collection; of other things it makes it now."""
    function = PandasFunction(name, options)
    if not isinstance(arg, FrameCollection):
        return function(arg)
    if meta is NOT_GIVEN or meta is None or no_default(meta):
        if sample is not None:
            meta = meta_from(function, sample)
            zone = _first_zone(arg, function) if name == "to_datetime" and arg.ndim == 1 else None
            if zone is not None and zone != _zone_of(meta):
                meta = _in_zone(meta, zone)
        elif _is_number(arg._meta):
            row = arg._meta if isinstance(arg._meta, pd.Index) else one_row(arg._meta)
            meta = meta_from(function, row)
        else:
            meta = tried(function, arg)
    elif not isinstance(arg._meta, pd.Index):
        meta = with_index(as_meta(meta, arg._meta.index, arg._meta.name), arg._meta.index)
    unit = _unit_of(meta)
    func = function if unit is None else ToUnit(function, unit, _zone_of(meta))
    return rowwise(name, func, arg, meta=meta)


def _zone_of(found: Any) -> str | None:
    zone = getattr(found.dtype, "tz", None)
    return None if zone is None else str(zone)


def _in_zone(times: Any, zone: str) -> Any:
    made: Any = times if isinstance(times, pd.Index) else times.dt
    return made.tz_localize(zone) if _zone_of(times) is None else made.tz_convert(zone)


def _first_zone(arg: Any, function: PandasFunction) -> str | None:
    """Return the zone of the first texts, if these are at hand and are of one."""
    rows = _texts_at_hand(arg.expr)
    try:
        return None if rows is None else _zone_of(function(rows))
    except (ValueError, TypeError, OverflowError):  # computing will tell
        return None


def _texts_at_hand(expr: FrameExpr) -> Any:
    """Return the first values of a series; those that a filter leaves out will do as well."""
    rows = rows_at_hand(expr, 10)
    if rows is not None or not isinstance(expr, Projection):
        return rows
    label, below = expr.wanted, expr.inputs[0]
    while isinstance(below, Filter | Projection) or (
        isinstance(below, Assign) and label not in dict(below.items)
    ):
        below = below.inputs[0]
    rows = rows_at_hand(below, 10) if isinstance(below, FrameExpr) else None
    return None if rows is None else rows[label]


def _unit_of(meta: Any) -> str | None:
    """Return the unit of times or durations; None of anything else."""
    dtype = meta.dtype
    if isinstance(dtype, pd.DatetimeTZDtype):
        return str(dtype.unit)
    return str(np.datetime_data(dtype)[0]) if getattr(dtype, "kind", "") in "mM" else None


def _is_number(meta: Any) -> bool:
    return meta.ndim == 1 and bool(pd.api.types.is_numeric_dtype(meta.dtype))


def _text_like(meta: Any, text: str) -> Any:
    """Return one text in a series or index like a meta; None if it does not hold text."""
    if meta.ndim == 2 or not pd.api.types.is_string_dtype(meta.dtype) or meta.dtype == object:
        return None
    if isinstance(meta, pd.Index):
        return pd.Index([text], dtype=meta.dtype, name=meta.name)
    return pd.Series([text], dtype=meta.dtype, name=meta.name, index=_one_label(meta.index))


def _one_label(index: Any) -> Any:
    return one_row(pd.Series([], index=index, dtype="int64")).index


def to_datetime(
    arg: Any,
    errors: str = "raise",
    dayfirst: bool = False,
    yearfirst: bool = False,
    utc: bool = False,
    format: str | None = None,
    exact: Any = NOT_GIVEN,
    unit: str | None = None,
    origin: Any = "unix",
    cache: bool = True,
    meta: Any = NOT_GIVEN,
) -> Any:
    """Return times of text, numbers, or columns such as ``year``, ``month`` and ``day``.

    Parameters
    ----------
    arg : Series, Index or DataFrame
        Anything else is passed to pandas.
    errors, dayfirst, yearfirst, utc, format, exact, unit, origin, cache
        As of :func:`pandas.to_datetime`.
    meta : Series or dtype, optional
        Without it, texts are taken for times as ``format`` or ISO 8601 has them, of the zone that
        the first ones have, if these are at hand.

    Raises
    ------
    ValueError
        When computed, if a text is no time, or of another zone than the first ones.

    Examples
    --------
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> s = dd.from_pandas(pd.Series(["2026-01-02", "2026-03-04"]), npartitions=2)
    >>> dd.to_datetime(s).dt.month.compute().tolist()
    [1, 3]
    """
    options: dict[str, Any] = {
        "errors": errors, "dayfirst": dayfirst, "yearfirst": yearfirst, "utc": utc,
        "format": format, "unit": unit, "origin": origin, "cache": cache,
    }  # fmt: skip
    if exact is not NOT_GIVEN and not no_default(exact):
        options["exact"] = exact
    sample = None
    if isinstance(arg, FrameCollection) and format != "mixed" and not dayfirst and not yearfirst:
        if arg.ndim == 2:
            sample = arg._meta.set_axis(arg._meta.columns, axis=1)
        else:
            written = "%Y-%m-%d" if format in (None, "ISO8601") else format
            moment = pd.Timestamp("2020-01-02 03:04:05", tz="UTC")
            sample = _text_like(arg._meta, moment.strftime(written))
    return _converted("to_datetime", arg, meta, sample, options)


def to_timedelta(
    arg: Any, unit: str | None = None, errors: str = "raise", meta: Any = NOT_GIVEN
) -> Any:
    """Return durations of text or numbers.

    Parameters
    ----------
    arg : Series or Index
        Anything else is passed to pandas.
    unit, errors
        As of :func:`pandas.to_timedelta`.
    meta : Series or dtype, optional

    Examples
    --------
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> s = dd.from_pandas(pd.Series([1, 2]), npartitions=2)
    >>> dd.to_timedelta(s, unit="h").dt.total_seconds().compute().tolist()
    [3600.0, 7200.0]
    """
    sample = _text_like(arg._meta, "1 days") if isinstance(arg, FrameCollection) else None
    return _converted("to_timedelta", arg, meta, sample, {"unit": unit, "errors": errors})


def to_numeric(
    arg: Any, errors: str = "raise", downcast: str | None = None, meta: Any = NOT_GIVEN
) -> Any:
    """Return numbers of text.

    Parameters
    ----------
    arg : Series or Index
        Anything else is passed to pandas.
    errors, downcast
        As of :func:`pandas.to_numeric`.
    meta : Series or dtype, optional
        Without it, the first rows of text are read to see whether they are integers.

    Examples
    --------
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> s = dd.from_pandas(pd.Series(["1", "2.5"]), npartitions=1)
    >>> dd.to_numeric(s).compute().tolist()
    [1.0, 2.5]
    """
    return _converted("to_numeric", arg, meta, None, {"errors": errors, "downcast": downcast})


def isna(obj: Any) -> Any:
    """Tell where values are missing.

    Parameters
    ----------
    obj : DataFrame, Series or Index
        Anything else is passed to pandas.

    Examples
    --------
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> dd.isna(dd.from_pandas(pd.Series([1.0, None]), npartitions=2)).compute().tolist()
    [False, True]
    """
    if not isinstance(obj, FrameCollection):
        return pd.isna(obj)
    return rowwise("isna", RowMethod("isna"), obj, columnwise=True)


def notna(obj: Any) -> Any:
    """Tell where values are not missing; the opposite of :func:`isna`.

    Examples
    --------
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> dd.notna(dd.from_pandas(pd.Series([1.0, None]), npartitions=2)).compute().tolist()
    [True, False]
    """
    if not isinstance(obj, FrameCollection):
        return pd.notna(obj)
    return rowwise("notna", RowMethod("notna"), obj, columnwise=True)

"""Rows moved by some places, and differences from rows some places away."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from pandas.tseries.frequencies import to_offset

from treadle.dataframe.build import NOT_GIVEN, partwise
from treadle.dataframe.calls import Method
from treadle.dataframe.windows.around import around, made_of_one_row


def shift(frame: Any, periods: Any, freq: Any, axis: Any, fill_value: Any, suffix: Any) -> Any:
    """Return values moved by some rows, or labels moved by some time."""
    options: dict[str, Any] = {"periods": periods}
    if fill_value is not NOT_GIVEN:
        options["fill_value"] = fill_value
    if suffix is not None:
        options["suffix"] = suffix
    if freq is not None:
        return _labels_shifted(frame, freq, options)
    if is_rows(frame, axis):
        return _along_columns(frame, "shift", options)
    several = not isinstance(periods, int | np.integer)
    places = [int(n) for n in periods] if several else [int(periods)]
    # In the partition's own dtype without a single missing row: pandas widens at once.
    func = partial(Method("shift"), **options)
    return around(
        "shift", frame, func, max(*places, 0), max(*(-n for n in places), 0),
        columnwise=not several,
    )  # fmt: skip


def _labels_shifted(frame: Any, freq: Any, options: dict[str, Any]) -> Any:
    if freq == "infer":
        raise NotImplementedError(
            "freq='infer' looks at all labels of the index; give the frequency, such as freq='D'"
        )
    if options.get("fill_value") is not None and "fill_value" in options:
        raise ValueError("give either freq or fill_value: no row is left empty by freq")
    options["freq"] = freq
    func = partial(Method("shift"), **options)
    meta = made_of_one_row(func, frame._meta)
    divisions = None
    if frame.known_divisions and isinstance(options["periods"], int):
        divisions = _shifted(frame.divisions, options["periods"], freq)
    several = not isinstance(options["periods"], int | np.integer)
    return partwise(
        "shift", func, frame, meta=meta, divisions=divisions, rowwise=True, columnwise=not several
    )


def _shifted(divisions: tuple[Any, ...], periods: int, freq: Any) -> tuple[Any, ...] | None:
    """Return divisions moved by some time, if what lay between them surely still does."""
    offset = freq if isinstance(freq, pd.DateOffset) else to_offset(freq)
    if not isinstance(offset, pd.offsets.Tick):
        return None  # calendars bring different labels to one
    index = pd.Index(divisions)
    if not isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex):
        return None
    return tuple(index.shift(periods, freq=offset))


def diff(frame: Any, periods: int, axis: Any = 0) -> Any:
    """Return differences from rows some places away."""
    periods = whole_number(periods, "periods")
    if is_rows(frame, axis):
        return _along_columns(frame, "diff", {"periods": periods})
    func = partial(Method("diff"), periods=periods)
    return around("diff", frame, func, max(periods, 0), max(-periods, 0))


def pct_change(frame: Any, periods: int, fill_method: None, freq: Any, **kwargs: Any) -> Any:
    """Return differences from rows some places away, as fractions of these."""
    if freq is not None:
        raise NotImplementedError(
            "pct_change(freq=) needs rows by their labels, wherever they are; shift the frame "
            "with freq= and divide"
        )
    if fill_method is not None:
        raise ValueError(f"fill_method must be None, not {fill_method!r}")
    if kwargs:
        raise NotImplementedError(
            f"pct_change({', '.join(kwargs)}=) is not there: only periods is taken"
        )
    periods = whole_number(periods, "periods")
    func = partial(Method("pct_change"), periods=periods)
    return around("pct_change", frame, func, max(periods, 0), max(-periods, 0))


def whole_number(value: Any, what: str) -> int:
    """Return a whole number as an int.

    Raises
    ------
    ValueError
        If it is something else.
    """
    if isinstance(value, bool) or not (isinstance(value, int | np.integer) or value == int(value)):
        raise ValueError(f"{what} must be a whole number, not {value!r}")
    return int(value)


def is_rows(frame: Any, axis: Any) -> bool:
    """Tell whether an axis goes along the columns of each row.

    Raises
    ------
    ValueError
        If the frame has no such axis.
    """
    if axis in (0, "index", "rows", None):
        return False
    if axis in (1, "columns") and frame.ndim == 2:
        return True
    raise ValueError(f"No axis named {axis} for object type {type(frame).__name__}")


def _along_columns(frame: Any, name: str, options: dict[str, Any]) -> Any:
    func = partial(Method(name), axis=1, **options)
    return partwise(name, func, frame, meta=made_of_one_row(func, frame._meta), rowwise=True)

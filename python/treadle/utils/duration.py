"""Durations as people write them.

>>> seconds("100ms"), seconds("2 minutes"), seconds(3), seconds(None)
(0.1, 120.0, 3, None)
"""

from __future__ import annotations

import re
from datetime import timedelta

_UNITS = {
    "us": 1e-6, "microsecond": 1e-6, "ms": 1e-3, "millisecond": 1e-3,
    "": 1.0, "s": 1.0, "sec": 1.0, "second": 1.0,
    "m": 60.0, "min": 60.0, "minute": 60.0, "h": 3600.0, "hr": 3600.0, "hour": 3600.0,
    "d": 86400.0, "day": 86400.0,
}  # fmt: skip
_TEXT = re.compile(r"\s*([0-9]*\.?[0-9]+(?:e[-+]?[0-9]+)?)\s*([a-z]*)\s*", re.IGNORECASE)


def seconds(value: float | str | timedelta | None) -> float | None:
    """Return a number of seconds.

    Parameters
    ----------
    value : number, str, timedelta or None
        A text has a unit, such as ``"500 ms"``, ``"10s"``, ``"5 minutes"``; None is no limit.

    Raises
    ------
    ValueError, TypeError
        If it is no duration.
    """
    if value is None:
        return None
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, str):
        match = _TEXT.fullmatch(value)
        unit = match[2].lower() if match else "?"
        factor = _UNITS.get(unit) or _UNITS.get(unit.removesuffix("s"))
        if match is None or factor is None:
            raise ValueError(f"{value!r} is no duration: say 5, '5s', '500 ms' or '2 minutes'")
        return float(match[1]) * factor
    if value != value or isinstance(value, bool):
        raise ValueError(f"{value!r} is no duration")
    try:
        return value + 0
    except TypeError:
        raise TypeError(
            f"a timeout is a number of seconds or a text such as '5s', not {value!r}"
        ) from None

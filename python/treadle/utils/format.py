"""Numbers as people read them: durations, clocks, bytes, counts.

>>> duration(0.4567), duration(75), nbytes(1_300_000_000), count(12345, "task")
('0.46 s', '1 min 15 s', '1.21 GiB', '12,345 tasks')
"""

from __future__ import annotations

import re


def duration(seconds: float) -> str:
    """Write a length of time with the two or three digits that matter.

    >>> [duration(s) for s in (0, 4e-6, 0.0123, 0.999, 9.996, 59.96, 3725)]
    ['0 s', '4 µs', '12 ms', '1.00 s', '10.0 s', '1 min 00 s', '1 h 02 min']
    """
    if seconds < 0:
        return f"-{duration(-seconds)}"
    if seconds < 0.5e-6:
        return "0 s"
    if seconds < 0.9995e-3:
        return f"{seconds * 1e6:.0f} µs"
    if seconds < 0.0995:
        return f"{seconds * 1e3:.0f} ms"
    if seconds < 9.995:
        return f"{seconds:.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def clock(seconds: float) -> str:
    """Write a running time as a clock: ``0:03``, ``1:02:03``.

    >>> clock(3.9), clock(3723)
    ('0:03', '1:02:03')
    """
    minutes, rest = divmod(int(max(seconds, 0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def nbytes(number: float) -> str:
    """Write a number of bytes in binary units.

    >>> nbytes(0), nbytes(1023), nbytes(1024), nbytes(5 * 2**30)
    ('0 B', '1023 B', '1.00 KiB', '5.00 GiB')
    """
    if number < 1024:
        return f"{number:.0f} B"
    power = 1
    while power < 4 and number >= 1023.95 * 1024**power:
        power += 1
    number /= 1024**power
    digits = 2 if number < 9.995 else 1 if number < 99.95 else 0
    return f"{number:.{digits}f} {'KMGT'[power - 1]}iB"


def count(number: int, noun: str | None = None) -> str:
    """Write a number with separators, and the noun it counts in the right form.

    >>> count(1, "task"), count(0, "task"), count(2, "process"), count(1234567)
    ('1 task', '0 tasks', '2 processes', '1,234,567')
    """
    digits = f"{number:,}"
    if noun is None:
        return digits
    plural = "es" if noun.endswith("s") else "s"
    return f"{digits} {noun}" if number == 1 else f"{digits} {noun}{plural}"


def ratio(number: float) -> str:
    """Write how many times faster something was.

    >>> ratio(1.96), ratio(23.4)
    ('2.0×', '23×')
    """
    return f"{number:.1f}×" if number < 9.95 else f"{number:.0f}×"


def shorten(text: str, width: int) -> str:
    """Cut ``text`` to ``width`` characters, taking them from the middle, where names differ least.

    >>> shorten("read_monthly_flights", 12)
    'read_m…ights'
    """
    if len(text) <= width:
        return text
    head = width // 2
    return f"{text[:head]}…{text[len(text) - (width - head - 1) :]}"


_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_UNITS |= {f"{unit}i": 2 ** (10 * power) for power, unit in enumerate("kmgt", 1)}


def parse_bytes(text: str | int) -> int:
    """Return a number of bytes that was written with a unit.

    >>> parse_bytes("128 MiB"), parse_bytes("1.5kB"), parse_bytes(7)
    (134217728, 1500, 7)
    """
    if isinstance(text, int):
        return text
    match = re.fullmatch(r"\s*([0-9.]+)\s*([kmgt]i?)?b?\s*", text.lower())
    if match is None:
        raise ValueError(f"{text!r} is no number of bytes; write it as '128 MiB' or '2GB'")
    return int(float(match[1]) * _UNITS[match[2] or ""])

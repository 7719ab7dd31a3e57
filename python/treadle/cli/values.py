"""Values of arguments, and what is printed.

>>> resources("GPU=1, disk=2.5"), memory("0"), memory("4 GB")
({'GPU': 1.0, 'disk': 2.5}, 0, '4 GB')
>>> print(table([["name", "workers"], ["local-1", "2"]]))
name     workers
local-1  2
"""

from __future__ import annotations

from collections.abc import Sequence

from treadle.errors import ConfigError


def resources(text: str | None) -> dict[str, float]:
    """Read amounts by name.

    Raises
    ------
    ConfigError
        If that is not what it is.
    """
    amounts: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in (text or "").split(","))):
        name, _, amount = part.partition("=")
        try:
            amounts[name.strip()] = float(amount)
        except ValueError:
            raise ConfigError(
                f"not resources: {text!r}; write them like 'GPU=1,disk=2.5'"
            ) from None
    return amounts


def memory(text: str) -> str | int:
    """A limit as `treadle.LocalCluster` takes it: ``"0"`` and ``"none"`` are no limit."""
    return 0 if text.strip().lower() in ("0", "none") else text


def table(rows: Sequence[Sequence[str]]) -> str:
    """Lay out rows in columns, two spaces apart."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
    return "\n".join(lines)

"""Tables of decisions: what ran, and what would run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from treadle.notebook.cell.sites import Row


def format_rows(rows: Iterable[Row]) -> str:
    """Return decisions as a table of text, one row a line."""
    lines = []
    for row in rows:
        times = f" ×{row.times}" if row.times > 1 else ""
        reason = f"{row.code} {row.because}" if row.code else ""
        lines.append(f"{row.line:>4}  {row.decision + times:<13} {row.what:<48}  {reason}".rstrip())
    return "\n".join([f"line  {'runs as':<13} {'what':<48}  because", *lines])

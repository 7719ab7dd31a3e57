"""What tasks print, log and warn of, shown where their user sits.

>>> show_output("stdout", "from a task\\n", [])
from a task
"""

from __future__ import annotations

import builtins
import logging
import sys
import warnings


def show_output(kind: str, text: str, detail: list[str]) -> None:
    """Show one message: see `treadle.protocol.messages.Output`."""
    if kind == "stdout":
        sys.stdout.write(text)
        sys.stdout.flush()
    elif kind == "stderr":
        sys.stderr.write(text)
        sys.stderr.flush()
    elif kind == "log":
        name, level = (*detail, "", "")[:2]
        logging.getLogger(name or "treadle.task").log(_level(level), "%s", text)
    elif kind == "warning":
        _warn(text, detail)


def _level(level: str) -> int:
    """Return the number of a level that is given as a number or by its name."""
    if level.isdigit():
        return int(level)
    found = logging.getLevelName(level)
    return found if isinstance(found, int) else logging.WARNING


def _warn(text: str, detail: list[str]) -> None:
    """Warn as the task did: under its category, if it is a builtin one, and at its line."""
    category, filename, line = (*detail, "", "", "")[:3]
    kind = getattr(builtins, category.rpartition(".")[2], None)
    if not (isinstance(kind, type) and issubclass(kind, Warning)):
        kind = UserWarning
    number = int(line) if line.isdigit() else 1
    try:
        warnings.warn_explicit(text, kind, filename or "<task>", number)
    except Warning:
        # Warnings are errors here, and there is no caller whose error this could be.
        sys.stderr.write(f"{filename}:{line}: {kind.__name__}: {text}\n")

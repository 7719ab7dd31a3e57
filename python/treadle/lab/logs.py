"""What clusters write while they start: one private file each, beside their records.

<jupyter runtime dir>/treadle/<name>.log          0600
"""

from __future__ import annotations

import os
import re
import stat
import time
from pathlib import Path

from treadle.feedserver import records

MAX_SHOWN_BYTES = 65_536
KEPT_SECONDS = 86_400.0
"""How long the log of a cluster that is no more is kept."""

_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)  # not everywhere
_NONBLOCK = getattr(os, "O_NONBLOCK", 0)

_ESCAPES = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?|.)")
_UNSEEN = re.compile(r"[^\S\n\t ]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def log_path(directory: Path, name: str) -> Path:
    """Where the log of a cluster is."""
    return directory / f"{name}.log"


def open_log(directory: Path, name: str) -> int:
    """Begin a log; return its descriptor.

    Raises
    ------
    RecordError
        If the directory isn't ours alone.
    """
    records.make_directory(directory)
    path = log_path(directory, name)
    path.unlink(missing_ok=True)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | _NOFOLLOW, 0o600)


def read_log(directory: Path, name: str) -> tuple[str, bool] | None:
    """The end of a log as it may be shown, and whether that is not all; None if there is none."""
    flags = os.O_RDONLY | _NOFOLLOW | _NONBLOCK
    try:
        with open(os.open(log_path(directory, name), flags), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                return None
            skipped = max(0, status.st_size - MAX_SHOWN_BYTES)
            file.seek(skipped)
            data = file.read(MAX_SHOWN_BYTES)
    except OSError:
        return None
    return printable(data.decode(errors="replace")), skipped > 0


def printable(text: str) -> str:
    """Text without what a terminal would obey.

    >>> printable("\\x1b[31mred\\x1b[0m\\r\\n\\x07done")
    'red\\ndone'
    """
    return _UNSEEN.sub("", _ESCAPES.sub("", text))


def last_line(text: str) -> str:
    """The last line that says anything.

    >>> last_line("one\\n two \\n\\n")
    'two'
    """
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")


def remove_stale(directory: Path, wall: float | None = None) -> None:
    """Delete the logs of clusters that have gone, a day later."""
    now = time.time() if wall is None else wall
    for path in directory.glob("*.log"):
        try:
            is_old = now - path.lstat().st_mtime > KEPT_SECONDS
            if is_old and not (directory / f"{path.stem}.json").exists():
                path.unlink()
        except OSError:
            continue  # somebody else was quicker

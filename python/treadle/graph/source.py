"""Where a task was written: file (or cell) and line.

Call sites repeat, so each is made once and shared: ``call_site`` costs two dictionary look-ups
after the first call from a place.

>>> here = call_site(depth=0)
>>> here.line > 0
True
"""

from __future__ import annotations

import linecache
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType


@dataclass(frozen=True, slots=True)
class Source:
    """A line of a file or of a notebook cell.

    Parameters
    ----------
    filename : str
        Path of the file, or the name IPython gave the cell.
    line : int
        Line number, counted from 1; 0 when unknown.
    function : str
        Name of the function that holds the line, ``"<module>"`` at the top level.
    """

    filename: str
    line: int
    function: str = "<module>"

    @property
    def text(self) -> str:
        """The line itself, stripped; empty when the file can't be read."""
        return linecache.getline(self.filename, self.line).strip()

    @property
    def short(self) -> str:
        """``file.py, line 3`` or ``cell In[7], line 3``, for people."""
        name = _cell_name(self.filename) or os.path.basename(self.filename)
        return f"{name}, line {self.line}"


UNKNOWN = Source("<unknown>", 0, "")

_cell_name: Callable[[str], str | None] = lambda filename: None


def name_cells(namer: Callable[[str], str | None]) -> None:
    """Say what the cells of a notebook are called, whose file names mean nothing to people.

    Parameters
    ----------
    namer : callable
        File name -> name of the cell, or None for a file that is no cell.
    """
    global _cell_name
    _cell_name = namer


# (id of code, instruction) -> (code, Source).  The code object is kept so that its id stays its
# own; the number of call sites in a program is small, and the oldest are dropped past the limit.
_sites: dict[tuple[int, int], tuple[CodeType, Source]] = {}
_MAX_SITES = 10_000


def call_site(depth: int = 1) -> Source:
    """Return the line that called the function ``depth`` frames up."""
    frame = sys._getframe(depth + 1)
    code = frame.f_code
    site = (id(code), frame.f_lasti)
    found = _sites.get(site)
    if found is not None:
        return found[1]
    source = Source(code.co_filename, frame.f_lineno or 0, code.co_name)
    if len(_sites) >= _MAX_SITES:
        del _sites[next(iter(_sites))]
    _sites[site] = (code, source)
    return source


def outside_caller(package: str = "treadle") -> Source:
    """Return the nearest line on the stack that is not in ``package`` itself."""
    frame = sys._getframe(1)
    while frame.f_back is not None:
        name = frame.f_globals.get("__name__", "")
        if name != package and not name.startswith(package + "."):
            break
        frame = frame.f_back
    return Source(frame.f_code.co_filename, frame.f_lineno or 0, frame.f_code.co_name)

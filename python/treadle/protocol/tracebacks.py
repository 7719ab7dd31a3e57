"""Tracebacks as data: taken apart where a task failed, put together where somebody asks.

A traceback becomes a list of plain tuples, one a frame, with the source line in each: the machine
that shows it may have no such file.  Long ones lose their middle.

>>> try:
...     1 / 0
... except ZeroDivisionError as error:
...     frames = take_frames(error.__traceback__)
>>> build_traceback(frames).tb_frame.f_code.co_name
'<module>'
"""

from __future__ import annotations

import linecache
import os
import sys
import traceback
from itertools import islice
from types import CodeType, TracebackType
from typing import Any, NamedTuple

#: Frames kept at the beginning and at the end of a long traceback.
FIRST, LAST = 40, 60
_LONGEST_LINE = 500


class FrameData(NamedTuple):
    """One frame of a traceback.  Columns count bytes of UTF-8 from 0, as code does, or are None."""

    filename: str
    name: str
    module: str
    line: int
    end_line: int
    column: int | None
    end_column: int | None
    source: str


def take_frames(link: TracebackType | None) -> list[FrameData]:
    """Return the frames of a traceback, outermost first, at most ``FIRST + LAST`` of them."""
    chain = []
    while link is not None:
        chain.append(link)
        link = link.tb_next
    if len(chain) <= FIRST + LAST:
        return [_take(link) for link in chain]
    left_out = len(chain) - FIRST - LAST
    gap = FrameData(f"<{left_out} frames left out>", "...", "", 1, 1, None, None, "")
    return [*map(_take, chain[:FIRST]), gap, *map(_take, chain[-LAST:])]


def _take(link: TracebackType) -> FrameData:
    frame = link.tb_frame
    code = frame.f_code
    line = link.tb_lineno or code.co_firstlineno
    end_line, column, end_column = line, None, None
    source = ""
    try:
        # A module may name itself and load its source in ways of its own.
        module = frame.f_globals.get("__name__")
        source = linecache.getline(code.co_filename, line, frame.f_globals)
        position = next(islice(code.co_positions(), link.tb_lasti // 2, None), None)
        if position is not None and position[0] == line:
            _, end, column, end_column = position
            end_line = line if end is None else end
    except Exception:
        module = ""
    return FrameData(
        code.co_filename,
        code.co_name,
        module if type(module) is str else "",
        line,
        end_line,
        column,
        end_column,
        source.rstrip()[:_LONGEST_LINE],
    )


def format_frames(frames: list[FrameData]) -> str:
    """Return frames as Python prints them: repetitions folded, places marked."""
    summaries = [
        traceback.FrameSummary(
            frame.filename,
            frame.line,
            frame.name,
            lookup_line=False,
            line=frame.source and frame.source + "\n",
            end_lineno=frame.end_line,
            colno=frame.column,
            end_colno=frame.end_column,
        )
        for frame in frames
    ]
    return "".join(traceback.StackSummary.from_list(summaries).format())


# -- and back -------------------------------------------------------------------------------------


def build_traceback(frames: list[FrameData]) -> TracebackType | None:
    """Return a traceback object that shows these frames, also in debuggers and in IPython."""
    built: TracebackType | None = None
    for frame in reversed(frames):
        _show_source(frame)
        link = _raise_at(frame)
        link.tb_next = built
        built = link
    return built


def _raise_at(frame: FrameData) -> TracebackType:
    """Return a traceback of one frame, from code that claims to stand where the frame did."""
    code = _STUB.replace(
        co_filename=frame.filename,
        co_name=frame.name,
        co_qualname=frame.name,
        co_firstlineno=frame.line,
        co_linetable=_line_table(frame, len(_STUB.co_code) // 2),
    )
    try:
        exec(code, {"__name__": frame.module, "__file__": frame.filename})
    except ZeroDivisionError as error:
        ours = error.__traceback__
    link = ours and ours.tb_next  # the first frame is this function
    assert link is not None
    return link


_STUB: CodeType = compile("a = 0\n1 / a", "<stub>", "exec")


def _line_table(frame: FrameData, units: int) -> bytes:
    """Return a location table (Objects/locations.md of CPython) with one place for all code."""
    if frame.column is None or frame.end_column is None:
        kind, place = 13, _signed(0)
    else:
        kind = 14
        place = (
            _signed(0)
            + _unsigned(max(frame.end_line - frame.line, 0))
            + _unsigned(frame.column + 1)
            + _unsigned(frame.end_column + 1)
        )
    table = bytearray()
    while units > 0:
        length = min(units, 8)
        table.append(0x80 | kind << 3 | length - 1)
        table += place
        units -= length
    return bytes(table)


def _unsigned(value: int) -> bytes:
    parts = bytearray()
    while value >= 64:
        parts.append(0x40 | value & 63)
        value >>= 6
    parts.append(value)
    return bytes(parts)


def _signed(value: int) -> bytes:
    return _unsigned(-value << 1 | 1 if value < 0 else value << 1)


def _show_source(frame: FrameData) -> None:
    """Let tracebacks show the line that came along, if there is no such file here."""
    name = frame.filename
    if not frame.source or frame.line > 1_000_000:
        return
    known: Any = linecache.cache.get(name)
    if known is None:
        if os.path.exists(name) or any(
            os.path.exists(os.path.join(folder, name)) for folder in sys.path if folder
        ):
            return
        known = linecache.cache[name] = (0, None, _Lines(), name)
    if len(known) == 4 and isinstance(known[2], _Lines):
        lines = known[2]
        lines.extend(["\n"] * (frame.line - len(lines)))
        lines[frame.line - 1] = frame.source + "\n"


class _Lines(list[str]):
    """Lines of a file that exists elsewhere, as far as they are known here."""

"""Tracebacks as the serial cell would show them.

A call that waited fails far from its line: on a thread, at a barrier.  Its traceback is put
together from the cell's frames at the time of the call, and the frames of the call itself.
"""

from __future__ import annotations

import ast
import os
from types import CodeType, TracebackType
from typing import TYPE_CHECKING

from treadle.notebook.cell.lazies import Operation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from treadle.notebook.cell.lazies import Place

#: What comes below these in a traceback is the user's.
_CALLERS = frozenset({Operation.__call__.__code__, Operation.run_in_order.__code__})

#: A name that nothing binds: looking it up stops a frame where we want it.
_NOWHERE = "__treadle_stands_here__"

#: The module that makes calls in other processes; frames from there say so in their globals.
_FAR = "treadle.notebook.cell.afar"

_HERE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))) + os.sep


def own_frames_removed(traceback: TracebackType | None) -> TracebackType | None:
    """Return a traceback without the frames of this package."""
    kept = []
    while traceback is not None:
        filename = traceback.tb_frame.f_code.co_filename
        if not filename.startswith(_HERE):
            kept.append(traceback)
        traceback = traceback.tb_next
    return _chain(kept, None)


def blamed_on(places: Sequence[Place], traceback: TracebackType | None) -> TracebackType | None:
    """Return the traceback of a call that waited: the cell's frames, then the call's own."""
    inner = None
    link = traceback
    while link is not None:
        if _is_caller(link):
            inner = own_frames_removed(link.tb_next)
            break
        link = link.tb_next
    for place in reversed(places):
        link = _stand_in(place)
        inner = TracebackType(inner, link.tb_frame, link.tb_lasti, place.line)
    return inner


def _is_caller(link: TracebackType) -> bool:
    """Tell whether the user's frames begin below a link."""
    frame = link.tb_frame
    if frame.f_code in _CALLERS:
        return True
    below = link.tb_next
    return frame.f_globals.get("__name__") == _FAR and (
        below is None or below.tb_frame.f_globals.get("__name__") != _FAR
    )


def _stand_in(place: Place) -> TracebackType:
    """Return a traceback link for a place that the cell has left since.

    The frame itself has gone on, and readers of tracebacks ask frames for their line.  So a frame
    is made that stops there: same names, same position, same code name.
    """
    code = place.frame.f_code
    first, last, begin, end = _position(code, place)
    shift = max(code.co_firstlineno, 1) - 1  # a code's lines are counted from its first one
    first, last = first - shift, last - shift
    where = {"lineno": first, "end_lineno": last, "col_offset": begin, "end_col_offset": end}
    statement = ast.Expr(ast.Name(_NOWHERE, ast.Load(), **where), **where)
    stub = compile(ast.Module([statement], []), code.co_filename, "exec", dont_inherit=True)
    stub = stub.replace(co_name=code.co_name, co_firstlineno=shift + 1)
    try:
        exec(stub, place.frame.f_globals, place.frame.f_locals)
    except NameError as error:
        link = error.__traceback__
        if link is not None and link.tb_next is not None:
            return link.tb_next
    raise AssertionError(f"{_NOWHERE} is bound")


def _position(code: CodeType, place: Place) -> tuple[int, int, int, int]:
    positions = list(code.co_positions())
    found = positions[place.instruction // 2] if place.instruction >= 0 else (None,) * 4
    line, last, begin, end = found
    if line is None or last is None or begin is None or end is None:
        return place.line, place.line, 0, 0
    return line, last, begin, end


def _chain(links: list[TracebackType], end: TracebackType | None) -> TracebackType | None:
    for link in reversed(links):
        end = TracebackType(end, link.tb_frame, link.tb_lasti, link.tb_lineno)
    return end

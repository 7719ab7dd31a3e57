"""Tracebacks as the serial cell would show them.

A call that waited fails far from its line: on a thread, at a barrier.  Its traceback is put
together from the cell's frames at the time of the call, and the frames of the call itself.
"""

from __future__ import annotations

import os
from types import TracebackType
from typing import TYPE_CHECKING

from treadle.notebook.cell.lazies import Operation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from treadle.notebook.cell.lazies import Place

#: What comes below these in a traceback is the user's.
_CALLERS = frozenset({Operation.__call__.__code__, Operation.run_in_order.__code__})

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


def blamed_on(
    places: Sequence[Place], traceback: TracebackType | None
) -> TracebackType | None:
    """Return the traceback of a call that waited: the cell's frames, then the call's own."""
    inner = None
    link = traceback
    while link is not None:
        if link.tb_frame.f_code in _CALLERS:
            inner = own_frames_removed(link.tb_next)
            break
        link = link.tb_next
    for place in reversed(places):
        inner = TracebackType(inner, place.frame, place.instruction, place.line)
    return inner


def _chain(links: list[TracebackType], end: TracebackType | None) -> TracebackType | None:
    for link in reversed(links):
        end = TracebackType(end, link.tb_frame, link.tb_lasti, link.tb_lineno)
    return end

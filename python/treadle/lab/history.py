"""The last rows of one cluster as they came, and what one browser still has to get of them.

A relay reads its cluster once; browsers come and go and each is somewhere else in the rows.
Frames are kept as they came, short ones joined, so that handing one on is mostly sending the
same bytes again.

    frames   [ 0 .. 4095 ][ 4096 .. 8000 ][ 8001 .. ]      bounded in rows and in bytes
                              ^ a browser that came back: `resume` cuts, and counts what is gone
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from treadle.telemetry.events import MAX_FRAME_ROWS

if TYPE_CHECKING:
    from treadle.telemetry.frames import TaskFrame

MAX_ROWS = 200_000
MAX_BYTES = 16_000_000
JOIN_ROWS = 4096
"""Frames are joined as long as they are shorter together."""


class History:
    """Rows of one instance of a cluster.

    Parameters
    ----------
    max_rows, max_bytes : int
        The oldest frames go beyond either.
    """

    def __init__(self, *, max_rows: int = MAX_ROWS, max_bytes: int = MAX_BYTES):
        self.next = 0  # sequence number to ask the cluster for
        self._frames: deque[TaskFrame] = deque()
        self._max_rows = max_rows
        self._max_bytes = max_bytes
        self._rows = 0
        self._bytes = 0

    def add(self, frame: TaskFrame) -> None:
        """Take in what the cluster has sent."""
        if frame.next <= self.next and frame.header.count:
            return  # was on its way when the rows were asked for again
        if frame.header.first < self.next:
            frame = frame.resume(self.next)
        self.next = frame.next
        if not frame.header.count:
            return  # says that rows were missed; so will the gap before the next frame
        if self._frames and self._frames[-1].header.count + frame.header.count <= JOIN_ROWS:
            joined = self._frames[-1].joined(frame)
            if joined is not None:
                self._forget(self._frames.pop())
                frame = joined
        self._frames.append(frame)
        self._rows += frame.header.count
        self._bytes += len(frame.data)
        while len(self._frames) > 1 and (
            self._rows > self._max_rows or self._bytes > self._max_bytes
        ):
            self._forget(self._frames.popleft())

    def _forget(self, frame: TaskFrame) -> None:
        self._rows -= frame.header.count
        self._bytes -= len(frame.data)

    def after(self, seq: int) -> tuple[list[TaskFrame], bool]:
        """Frames for a browser whose next row is ``seq``, and whether more are left for later.

        No more than `MAX_FRAME_ROWS` rows at a time.
        """
        parts: list[TaskFrame] = []
        rows = 0
        for frame in self._frames:
            if frame.next <= seq:
                continue
            part = frame.resume(seq)
            if parts and rows + part.header.count > MAX_FRAME_ROWS:
                return parts, True
            parts.append(part)
            rows += part.header.count
            seq = part.next
        return parts, False

"""JSON, one object a line, between a nanny, its owner and its children.

Both ends run the same program for the same user and are joined by a socket that nobody else can
open, so this is for clarity and for logs, not for defence.  Pure but for `Channel`.

>>> buffer = LineBuffer()
>>> buffer.feed(b'{"op": "go"}\\n{"op"'), buffer.feed(b': "stop"}\\n')
([{'op': 'go'}], [{'op': 'stop'}])
"""

from __future__ import annotations

import json
import os
import weakref
from typing import Any

Line = dict[str, Any]

LONGEST_LINE = 16 * 2**20
"""Bytes.  An environment and a path are the longest things said."""


class LineBuffer:
    """Cuts a stream of bytes into lines and those into objects."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Line]:
        """Add bytes; return what became complete.

        Raises
        ------
        ValueError
            If that is no JSON object, or a line does not end.
        """
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            raise ValueError(f"a line of more than {LONGEST_LINE} bytes")
        objects = [json.loads(line) for line in lines]
        for line in objects:
            if not isinstance(line, dict):
                raise ValueError(f"not an object: {line!r:.80}")
        return objects


def encode(line: Line) -> bytes:
    """Write an object as a line.

    >>> encode({"op": "scale", "n": 2})
    b'{"op": "scale", "n": 2}\\n'
    """
    return json.dumps(line).encode() + b"\n"


class Channel:
    """The child's end: blocks.  Owns the descriptor; a process forked from this one closes it.

    Otherwise what a task has forked would keep open what tells others that its parent has ended.
    """

    def __init__(self, fd: int):
        self.fd = fd
        _open.add(self)
        self._buffer = LineBuffer()
        self._lines: list[Line] = []

    def send(self, op: str, **fields: Any) -> bool:
        """Say something; False if nobody listens any more."""
        data = memoryview(encode({"op": op, **fields}))
        try:
            while data:
                data = data[os.write(self.fd, data) :]
        except OSError:
            return False
        return True

    def receive(self) -> Line | None:
        """Wait for a line; None once the other end is closed."""
        while not self._lines:
            lines = self.read()
            if lines is None:
                return None
            self._lines.extend(lines)
        return self._lines.pop(0)

    def read(self) -> list[Line] | None:
        """What one read brings, for event loops; None once the other end is closed."""
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return None
        return self._buffer.feed(data) if data else None

    def close(self) -> None:
        """Close the descriptor.  May be called twice."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


_open: weakref.WeakSet[Channel] = weakref.WeakSet()


def _after_fork() -> None:
    for channel in list(_open):
        channel.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

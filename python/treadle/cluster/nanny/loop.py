"""The event loop of a nanny: descriptors, deadlines and signals, in one thread and little memory.

Not asyncio: a nanny forks, so it has no threads and owns nothing but plain descriptors, which a
child closes by number.  Whatever is registered here is closed in every child.
"""

from __future__ import annotations

import heapq
import os
import select
import signal
import time
from collections.abc import Callable
from itertools import count
from typing import Any

from treadle.cluster.nanny.lines import Line, LineBuffer, encode

READ = select.POLLIN
WRITE = select.POLLOUT

MAX_OUTBOX = 16 * 2**20
"""Bytes that wait for a peer that does not read; then it is as good as gone."""


class Loop:
    """Calls back when a descriptor is ready, a deadline has come or a signal has arrived."""

    def __init__(self) -> None:
        self._poll = select.poll()
        self._callbacks: dict[int, Callable[[int], None]] = {}
        self._kept: set[int] = set()
        self._deadlines: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()
        self._signals: dict[int, Callable[[], None]] = {}
        self._wake_read, self._wake_write = os.pipe()
        for fd in (self._wake_read, self._wake_write):
            os.set_blocking(fd, False)
        self.watch(self._wake_read, READ, self._on_wake)

    @property
    def fds(self) -> list[int]:
        """All descriptors that belong to this process alone."""
        return [self._wake_write, *self._callbacks, *self._kept]

    def on_signal(self, number: int, callback: Callable[[], None]) -> None:
        """Call back, between events, after a signal."""
        self._signals[number] = callback
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        signal.signal(number, _noted)

    def watch(self, fd: int, events: int, callback: Callable[[int], None]) -> None:
        """Call back with the events that poll reports."""
        self._callbacks[fd] = callback
        self._poll.register(fd, events)

    def change(self, fd: int, events: int) -> None:
        """Wait for other events."""
        self._poll.modify(fd, events)

    def forget(self, fd: int) -> None:
        """Watch no more, and close."""
        if self._callbacks.pop(fd, None) is not None:
            self._poll.unregister(fd)
            os.close(fd)

    def keep(self, fd: int) -> None:
        """Have a descriptor closed in children, though nobody watches it."""
        self._kept.add(fd)

    def release(self, fd: int) -> None:
        """End `keep`; whoever calls owns the descriptor."""
        self._kept.discard(fd)

    def call_later(self, seconds: float, callback: Callable[[], None]) -> None:
        """Call back once, after that time; there is no taking back."""
        due = time.monotonic() + seconds
        heapq.heappush(self._deadlines, (due, next(self._numbers), callback))

    def turn(self) -> None:
        """Wait for the next thing to happen, and handle all that has."""
        wait = None
        if self._deadlines:
            wait = max(0.0, self._deadlines[0][0] - time.monotonic()) * 1e3
        for fd, events in self._poll.poll(wait):
            callback = self._callbacks.get(fd)
            if callback is not None:  # closed by one that came before
                callback(events)
        now = time.monotonic()
        while self._deadlines and self._deadlines[0][0] <= now:
            heapq.heappop(self._deadlines)[2]()

    def close(self) -> None:
        """Give signals back and close all descriptors."""
        for number in self._signals:
            signal.signal(number, signal.SIG_DFL)
        if self._signals:
            signal.set_wakeup_fd(-1)
        for fd in list(self._callbacks):
            self.forget(fd)
        os.close(self._wake_write)

    def _on_wake(self, _events: int) -> None:
        try:
            numbers = set(os.read(self._wake_read, 4096))
        except BlockingIOError:
            return
        for number in sorted(numbers):
            if number in self._signals:
                self._signals[number]()


def _noted(_number: int, _frame: Any) -> None:
    """A Python handler must be there for the number to be written to the wake-up pipe."""


HELD = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)


def fork(loop: Loop, *extra: int) -> int:
    """Fork; in the child, nothing of the loop is left, and signals do what they always do.

    Signals are held meanwhile: one that reached the child early would be noted in the pipe that
    both have, and taken by the parent for its own.

    Parameters
    ----------
    loop : Loop
    *extra : int
        Descriptors to be closed in the child as well.

    Raises
    ------
    OSError
        If the system does not let us.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, HELD)
    pid = -1
    try:
        pid = os.fork()
        if pid == 0:
            for fd in (*loop.fds, *extra):
                os.close(fd)
            signal.set_wakeup_fd(-1)
            for number in HELD:
                signal.signal(number, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HELD)
    return pid


class Wire:
    """Lines both ways over one descriptor, without ever waiting for the other side.

    Parameters
    ----------
    loop : Loop
    fd : int
        A connected stream socket; closed with the wire.
    on_line, on_end : callable
        For each line that comes, and once when the other side has closed.
    """

    def __init__(
        self, loop: Loop, fd: int, on_line: Callable[[Line], None], on_end: Callable[[], None]
    ):
        self._loop = loop
        self._fd = fd
        self._on_line = on_line
        self._on_end = on_end
        self._buffer = LineBuffer()
        self._outbox = b""
        os.set_blocking(fd, False)
        loop.watch(fd, READ, self._on_ready)

    @property
    def is_open(self) -> bool:
        """Has neither side closed?"""
        return self._fd >= 0

    @property
    def waiting(self) -> int:
        """Bytes that the other side has not taken yet."""
        return len(self._outbox)

    def send(self, **line: Any) -> None:
        """Say something, now or when the other side reads again."""
        if not self.is_open:
            return
        self._outbox += encode(line)
        self._flush()

    def close(self) -> None:
        """Close, without a call of ``on_end``."""
        if self.is_open:
            fd, self._fd = self._fd, -1
            self._loop.forget(fd)

    def drain(self) -> None:
        """Take what a peer that has ended said last, and close."""
        while self.is_open and self._read():
            pass
        self.close()

    def _on_ready(self, events: int) -> None:
        if events & WRITE:
            self._flush()
        if self.is_open and events & ~WRITE:
            self._read()

    def _read(self) -> bool:
        """Handle one read; False if there is nothing more for now."""
        try:
            data = os.read(self._fd, 65536)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        try:
            lines = self._buffer.feed(data)
        except ValueError:
            data, lines = b"", []  # no line of ours: the other side has lost its mind
        for line in lines:
            self._on_line(line)
        if not data:
            self._end()
        return bool(data)

    def _flush(self) -> None:
        try:
            while self._outbox:
                self._outbox = self._outbox[os.write(self._fd, self._outbox) :]
        except BlockingIOError:
            if len(self._outbox) > MAX_OUTBOX:
                self._end()
                return
        except OSError:
            self._outbox = b""  # what it said last is still to be read
        self._loop.change(self._fd, READ | WRITE if self._outbox else READ)

    def _end(self) -> None:
        if self.is_open:
            self.close()
            self._on_end()

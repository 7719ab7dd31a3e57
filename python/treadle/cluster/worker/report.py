"""What a worker has to tell its scheduler, gathered while tasks run.

Finished tasks become columns of one `Finished` message; everything else waits before or behind
it.  ``before`` holds what must arrive before a task's end (its output, that it left its slot),
``after`` what stands for itself (failures, answers).

    compute threads ──append, under the worker's lock──> columns ──flush──> one gathered write

Whoever finds a reason to flush does it on its own thread: no hand-over to a sender.  ``_sending``
is taken before the columns are, so reports leave in the order in which tasks ended.
"""

from __future__ import annotations

import threading
from array import array
from collections.abc import Callable

from treadle.protocol.messages import Finished, Message, Output, encode

Frames = list[bytes]


class Report:
    """Columns of finished tasks and other messages, unsent.

    Parameters
    ----------
    lock
        The worker's lock; all attributes are read and written with it held.
    send : callable
        Writes frames; called without the lock.
    """

    def __init__(self, lock: threading.RLock, send: Callable[[Frames], None]):
        self._lock = lock
        self._send = send
        self._sending = threading.Lock()
        #: When the oldest unsent thing came (``perf_counter``); 0.0 when there is none.
        self.since = 0.0
        self._reset()

    def _reset(self) -> None:
        #: Finished tasks: (id, nbytes, thread, start, stop).
        self.rows: list[tuple[int, int, int, float, float]] = []
        self.values: dict[int, bytes] = {}
        self.added: list[int] = []
        self.before: list[Message] = []
        self.after: list[Message] = []

    def flush(self) -> None:
        """Send what there is."""
        with self._sending:
            with self._lock:
                if not self.since:
                    return
                self.since = 0.0
                rows, values, added = self.rows, self.values, self.added
                before, after = self.before, self.after
                self._reset()
            frames = [encode(message) for message in before]
            if rows or added:
                frames.append(encode(_finished(rows, values, added)))
            if after:
                frames += [encode(message) for message in after]
            self._send(frames)

    def send(self, message: Message) -> None:
        """Send a message that has no place among the others: registration, heartbeat."""
        with self._sending:
            self._send([encode(message)])

    def say(self, outputs: list[Output], now: float) -> None:
        """Add what a task has said.  Called with the lock held."""
        self.before += outputs
        self.since = self.since or now


def _finished(
    rows: list[tuple[int, int, int, float, float]], values: dict[int, bytes], added: list[int]
) -> Finished:
    if not rows:
        return Finished([], [], [], b"", b"", values, added)
    ids, nbytes, threads, starts, stops = zip(*rows, strict=True)
    return Finished(
        ids,  # type: ignore[arg-type]  # a tuple is an array on the wire too
        nbytes,  # type: ignore[arg-type]
        threads,  # type: ignore[arg-type]
        array("d", starts).tobytes(),
        array("d", stops).tobytes(),
        values,
        added,
    )

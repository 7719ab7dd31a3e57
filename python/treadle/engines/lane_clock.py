"""What a lane's thread got of the processor while it worked on a run.

Two figures tell waiting in line from waiting for the world: the processor time, and the time in
which the thread was ready and all cores were taken by others.  The second one only Linux tells; it
does not grow while a thread waits for the GIL, a lock, a file or a sleep.
"""

from __future__ import annotations

import threading
from time import perf_counter, thread_time

from treadle.telemetry.recorder import LaneRecorder

#: Seconds a lane must have worked for the queue to be looked up: reading it costs about 30 us.
WORTH_A_LOOK = 0.02

_here = threading.local()


class LaneClock:
    """Begun when a thread becomes a lane, told to a recorder whenever it has no task."""

    __slots__ = ("_began", "_cpu")

    def __init__(self) -> None:
        self._began = perf_counter()
        self._cpu = thread_time()

    def tell(self, recorder: LaneRecorder) -> None:
        """Add what this thread got since it was told last."""
        cpu, now = thread_time(), perf_counter()
        recorder.cpu_seconds += cpu - self._cpu
        began, self._began, self._cpu = self._began, now, cpu
        if now - began >= WORTH_A_LOOK:
            before = getattr(_here, "queued", 0.0)
            _here.queued = time_in_queue()
            recorder.queue_seconds += _here.queued - before


def time_in_queue() -> float:
    """Return the seconds in which the current thread was ready and had no core, since it began.

    >>> time_in_queue() >= 0.0
    True
    """
    try:
        with open("/proc/thread-self/schedstat", "rb") as file:
            return int(file.read().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):  # another system, or a kernel built without it
        return 0.0

"""What a worker does by the clock: heartbeats, and a look at what lies about unsent.

Compute threads send their own reports.  Only when a task turns out long do earlier results, or
what it prints, wait for somebody: then this thread looks every few milliseconds.  It is told so by
`Pulse.arm`; otherwise it wakes once a second, for the heartbeat.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from time import perf_counter

from treadle.cluster.worker.lanes import Lanes
from treadle.cluster.worker.output import Slate
from treadle.cluster.worker.report import Report
from treadle.protocol.messages import Heartbeat
from treadle.scheduling.worker.state import WorkerState

#: Seconds between two looks, and the longest that a result waits while its thread is busy.
TICK = 3e-3

#: Looks that find nothing before this thread goes back to sleep.
CALM = 5

#: Seconds between two looks at what a task has printed so far.
LISTEN = 0.1

#: Seconds between two heartbeats.
BEAT = 1.0


class Pulse:
    """The thread that keeps time."""

    def __init__(
        self,
        state: WorkerState,
        lock: threading.RLock,
        report: Report,
        common: Slate,
        origin: float,
        broken: Callable[[BaseException], None],
        name: str,
    ):
        self._state = state
        self._lock = lock
        self._report = report
        self._common = common
        self._origin = origin
        self._broken = broken
        self._alarm: SimpleQueue[bool] = SimpleQueue()
        self._armed = False
        self._closed = False
        self._cpu = (perf_counter(), time.process_time())
        self._heard = 0.0
        self._thread = threading.Thread(target=self._live, name=f"{name}-pulse", daemon=True)

    def start(self, lanes: Lanes) -> None:
        """Begin, once the worker is registered."""
        self._lanes = lanes
        self._thread.start()

    def close(self, timeout: float = 1.0) -> None:
        """End the thread."""
        self._closed = True
        self._alarm.put(True)
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(timeout)

    def arm(self) -> None:
        """Look soon.  Takes no lock: a ``__del__`` that prints may call it from anywhere."""
        if not self._armed:
            self._armed = True
            self._alarm.put(True)

    def _live(self) -> None:
        try:
            beat = perf_counter() + BEAT
            calm = 0
            while not self._closed:
                pause = TICK if self._armed else max(0.0, beat - perf_counter())
                try:
                    self._alarm.get(timeout=pause)
                    continue  # armed: nothing is old enough yet
                except Empty:
                    pass
                now = perf_counter()
                if self._armed:
                    calm = 0 if self._look(now) else calm + 1
                    if calm >= CALM:
                        calm = 0
                        self._armed = False
                        if self._look(now):  # between the last look and now
                            self._armed = True
                if now >= beat:
                    beat = now + BEAT
                    if self._common.used:
                        with self._lock:  # what is said outside of tasks has a budget a second
                            self._report.say(self._common.end(), now)
                        self._report.flush()
                    self._report.send(self._heartbeat(now))
        except BaseException as error:
            self._broken(error)

    def _look(self, now: float) -> bool:
        """Send what is old, wake a thread for what is ready.  Return whether there was any."""
        report, lanes = self._report, self._lanes
        with self._lock:
            spoken = [slate for slate in (self._common, *lanes.slates()) if slate.pending]
            if spoken and now - self._heard >= LISTEN:
                self._heard = now
                for slate in spoken:
                    report.say(slate.take(), now)
            if lanes.idle and self._state.ready and lanes.are_slow(now, TICK / 2):
                lanes.wake_one()  # who runs was thought to be quick
            since = report.since
        if since and perf_counter() - since >= TICK:
            report.flush()
        return bool(since or spoken)

    def _heartbeat(self, now: float) -> Heartbeat:
        before, used_before = self._cpu
        used = time.process_time()
        self._cpu = (now, used)
        return Heartbeat(
            now=now + self._origin,
            cpu=(used - used_before) / max(now - before, 1e-6),
            memory=process_memory(),
            spilled=0,
            ready=self._state.ready,
            executing=self._lanes.executing(),
        )


def process_memory() -> int:
    """Bytes of memory that this process has in use (its resident set).

    >>> process_memory() > 1_000_000
    True
    """
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * _PAGE
    except OSError:  # not Linux
        import psutil

        return int(psutil.Process().memory_info().rss)


_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096

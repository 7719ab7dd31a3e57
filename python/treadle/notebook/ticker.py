"""A thread that looks at things four times a second, and is gone when there is nothing to look at.

Displays and widgets of runs share one. It knows nothing of what it ticks.

>>> class Once:
...     def tick(self):
...         print("tick")
...         return False
>>> own = Ticker()
>>> own.add(Once(), delay=0); own.drain()
tick
"""

from __future__ import annotations

import logging
import os
import threading
import time
from math import inf
from typing import Protocol

PERIOD = 0.25

log = logging.getLogger("treadle.notebook")


class Tickable(Protocol):
    """Something to call now and then."""

    def tick(self) -> bool:
        """Do what is due; False when there is no more to do."""


class Ticker:
    """A thread that ticks whatever was added, four times a second each; gone when idle.

    Adding something costs a few microseconds: the thread is not woken for what is due later than
    its next look, so that thousands of short runs in a row start one thread and wake it rarely.
    """

    def __init__(self, period: float = PERIOD, idle_looks: int = 8):
        self.thread: threading.Thread | None = None
        self._period = period
        self._idle_looks = idle_looks
        self._due: dict[Tickable, float] = {}
        self._current: Tickable | None = None
        self._current_goes_on = False
        self._drainers = 0
        self._wakes_at = 0.0
        self._condition = threading.Condition()

    def add(self, item: Tickable, delay: float) -> None:
        """Tick ``item`` from ``delay`` seconds on, or sooner if that was agreed before."""
        with self._condition:
            due = min(time.monotonic() + delay, self._due.get(item, inf))
            self._due[item] = due
            if self.thread is None:
                # A daemon: an interpreter that exits does not wait for a picture.
                self.thread = threading.Thread(target=self._run, name="treadle-ticker", daemon=True)
                self.thread.start()
            elif due < self._wakes_at:
                self._condition.notify_all()

    def remove(self, item: Tickable) -> None:
        """Tick ``item`` no more; a tick that has begun goes on."""
        with self._condition:
            self._due.pop(item, None)
            if item is self._current:
                self._current_goes_on = False
            self._tell_drained()

    def drain(self) -> None:
        """Wait until there is nothing left to tick."""
        with self._condition:
            self._drainers += 1
            try:
                self._condition.wait_for(lambda: not self._due and self._current is None)
            finally:
                self._drainers -= 1

    def _tell_drained(self) -> None:
        """Wake those who wait for the end, if any: waking the thread for nothing has a price."""
        if self._drainers and not self._due:
            self._condition.notify_all()

    def _run(self) -> None:
        idle = 0
        while True:
            with self._condition:
                item, idle = self._next(idle)
                if item is None:
                    if idle > self._idle_looks:
                        self.thread = None
                        return
                    continue
                # Out of the list while it is ticked: if it is added meanwhile, it is ticked again.
                del self._due[item]
                self._current, self._current_goes_on = item, True
            try:
                goes_on = item.tick()
            except Exception:  # an output that can't be reached must not end the others
                log.exception("could not show progress")
                goes_on = False
            with self._condition:
                if goes_on and self._current_goes_on:
                    self._due.setdefault(item, time.monotonic() + self._period)
                self._current = None
                self._tell_drained()

    def _next(self, idle: int) -> tuple[Tickable | None, int]:
        """What is due; else wait a while.  Under the lock."""
        now = time.monotonic()
        item = min(self._due, key=self._due.__getitem__, default=None)
        pause = self._period if item is None else min(self._due[item] - now, self._period)
        if item is not None and pause <= 0:
            return item, 0
        self._wakes_at = now + pause
        self._condition.wait(pause)
        self._wakes_at = 0.0
        return None, idle + 1 if not self._due else 0


_ticker = Ticker()


def ticker() -> Ticker:
    """The ticker that all displays and widgets of this process share."""
    return _ticker


def _forget_after_fork() -> None:
    """A child has no such thread, and what it ticked is not the child's."""
    global _ticker
    _ticker = Ticker()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)

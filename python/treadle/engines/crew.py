"""Threads that are kept for the next run.

Starting a thread costs more than a small task, so a thread that has nothing to do waits a while
for another job before it ends.

>>> done = threading.Lock()
>>> _ = done.acquire()
>>> crew = Crew()
>>> crew.start(done.release)
>>> done.acquire(timeout=10)
True
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import TypeAlias

Job: TypeAlias = Callable[[], None]

#: Seconds that a thread waits for another job.
LINGER = 10.0


class Crew:
    """A growing and shrinking set of daemon threads.

    Attributes
    ----------
    active : int
        Threads that have a job at the moment.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[_Member] = []
        self._names = 0
        self.active = 0

    def start(self, job: Job) -> None:
        """Run ``job`` on a thread of its own: a waiting one, or else a new one.

        A job must not raise.
        """
        with self._lock:
            self.active += 1
            if self._idle:
                self._idle.pop().give(job)
                return
            self._names += 1
            name = f"treadle-{self._names}"
        _Member(self, job, name).thread.start()

    def is_member(self) -> bool:
        """Tell whether the current thread is one of these."""
        return getattr(_here, "crew", None) is self

    def _rest(self, member: _Member) -> None:
        with self._lock:
            self.active -= 1
            self._idle.append(member)

    def _leave(self, member: _Member) -> bool:
        """Take a member out unless it has just been given a job."""
        with self._lock:
            if member in self._idle:
                self._idle.remove(member)
                return True
            return False


class _Member:
    """One thread, and the lock on which it waits for its next job."""

    def __init__(self, crew: Crew, job: Job, name: str):
        self._crew = crew
        self._job: Job | None = job
        self._given = threading.Lock()
        self._given.acquire()
        self.thread = threading.Thread(target=self._work, name=name, daemon=True)

    def give(self, job: Job) -> None:
        self._job = job
        self._given.release()

    def _work(self) -> None:
        _here.crew = self._crew
        while self._job is not None:
            job, self._job = self._job, None
            job()
            del job  # it holds a run, and so all its results
            self._crew._rest(self)
            if not self._given.acquire(timeout=LINGER):
                if self._crew._leave(self):
                    return
                self._given.acquire()


_here = threading.local()
_crew = Crew()


def shared_crew() -> Crew:
    """Return the crew of this process."""
    return _crew


def _after_fork() -> None:
    """Threads do not live on in a forked child: begin anew."""
    global _crew
    _crew = Crew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

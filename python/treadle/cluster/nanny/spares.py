"""Processes in reserve: forked while nobody waits, so that a warm start need not wait for it.

A fork is quick; what follows is not: a child copies each page of memory that it writes to, and
reference counts make it write to most.  A spare has rehearsed a start (`rehearsal.py`), and waits
for its task.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from treadle.cluster.nanny import child as nanny_child

if TYPE_CHECKING:
    from treadle.cluster.nanny.child import Process
    from treadle.cluster.nanny.guard import Guard
    from treadle.cluster.nanny.loop import Loop


class Spares:
    """The reserve of a nanny, and where its processes come from."""

    def __init__(self, loop: Loop, guard: Guard):
        self._loop = loop
        self._guard = guard
        self._spares: list[Process] = []

    def take(self, *, spawn: bool) -> Process:
        """A process that waits for its task, in reserve or new.

        Raises
        ------
        OSError
            If the system does not let us start one.
        """
        if not spawn and self._spares:
            spare = self._spares.pop()
            for fd in (spare.channel, spare.output):
                self._loop.release(fd)
            return spare
        made = nanny_child.spawn() if spawn else nanny_child.fork(self._loop)
        self._guard.add(made.pid)
        return made

    @property
    def pids(self) -> list[int]:
        """Of all in reserve."""
        return [spare.pid for spare in self._spares]

    def add(self) -> bool:
        """Fork one more; False if the system does not let us."""
        try:
            spare = nanny_child.fork(self._loop, reserve=True)
        except OSError:
            return False
        self._guard.add(spare.pid)
        for fd in (spare.channel, spare.output):
            self._loop.keep(fd)
        self._spares.append(spare)
        return True

    def drop(self) -> None:
        """Let all go: what is imported here has changed, or the end has come."""
        for spare in self._spares:
            self._close(spare)
        self._spares.clear()

    def ended(self, pid: int) -> None:
        """A child has ended; if it was a spare, it was not on purpose."""
        for spare in self._spares:
            if spare.pid == pid:
                self._spares.remove(spare)
                self._close(spare)
                return

    def _close(self, spare: Process) -> None:
        for fd in (spare.channel, spare.output):
            self._loop.release(fd)
            os.close(fd)

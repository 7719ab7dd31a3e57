"""Workers that somebody has stopped (SIGSTOP), and that nobody lets go on.

Their connections stay open, so their scheduler waits for them, and whoever waits for a result
waits too.  A worker that is still stopped when patience ends is killed, which everybody notices;
another one takes its place.  One that a debugger holds (state "t") is left alone, and so is one
that is busy, however long.

>>> import os
>>> is_stopped(os.getpid())
False
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from treadle.cluster.nanny.child import Child
    from treadle.cluster.nanny.loop import Loop

PATIENCE_SECONDS = 15.0
_LOOKS = 3


class StoppedWorkers:
    """Looks after the workers of a cluster from time to time.

    Parameters
    ----------
    loop : Loop
    workers : callable
        Returns those that are there, or None when it is all over.
    patience : float
        Seconds that a worker may be stopped.
    """

    def __init__(
        self,
        loop: Loop,
        workers: Callable[[], Iterable[Child] | None],
        patience: float = PATIENCE_SECONDS,
    ):
        self._loop = loop
        self._workers = workers
        self._patience = patience
        self._seen: dict[int, int] = {}  # pid -> in how many looks in a row it was stopped

    def begin(self) -> None:
        """Look after a while, and again."""
        self._loop.call_later(self._patience / _LOOKS, self._look)

    def _look(self) -> None:
        workers = self._workers()
        if workers is None:
            return
        stopped = [worker for worker in workers if is_stopped(worker.pid)]
        self._seen = {worker.pid: self._seen.get(worker.pid, 0) + 1 for worker in stopped}
        for worker in stopped:
            if self._seen[worker.pid] > _LOOKS:
                worker.end(f"was stopped for {self._patience:g} seconds, and is killed")
        self.begin()


def is_stopped(pid: int) -> bool:
    """Tell whether a process was stopped by a signal; never where there is no /proc."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] == b"T"
    except (OSError, IndexError):
        return False

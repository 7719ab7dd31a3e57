"""What a running task can ask of the worker it is on.

A task that waits for other tasks leaves its slot while it waits, so that they can run, even on a
worker with one thread: waits of futures do that by themselves (`waiting`), other waits by
`secede` and `rejoin`.

>>> get_worker()
Traceback (most recent call last):
    ...
ValueError: no worker here: get_worker() is for code that runs inside a task
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from treadle.cluster.client import current

if TYPE_CHECKING:
    from treadle.cluster.client.client import Client
    from treadle.cluster.worker.lanes import Lane, Lanes
    from treadle.cluster.worker.worker import Worker

_here = threading.local()


def enter(worker: Worker, lanes: Lanes | None = None, lane: Lane | None = None) -> None:
    """From now on this thread belongs to ``worker``; a ``lane`` runs its tasks."""
    _here.worker, _here.lanes, _here.lane = worker, lanes, lane


def in_task() -> bool:
    """Tell whether this thread is in a task of a worker, or runs a function for one."""
    return getattr(_here, "worker", None) is not None


def get_worker() -> Worker:
    """Return the worker that runs the current task.

    Raises
    ------
    ValueError
        Outside of tasks.

    Examples
    --------
    >>> def where():
    ...     return get_worker().name
    """
    worker: Worker | None = getattr(_here, "worker", None)
    if worker is None:
        raise ValueError("no worker here: get_worker() is for code that runs inside a task")
    return worker


def _task_client() -> Client | None:
    """Return the client that tasks of this worker share; None when this thread is in no task."""
    worker: Worker | None = getattr(_here, "worker", None)
    return None if worker is None else worker.client()


current.set_task_client(_task_client)


@contextmanager
def worker_client(timeout: float | None = None, separate_thread: bool = True) -> Iterator[Client]:
    """Submit tasks from inside a task, and wait for them.

    Parameters
    ----------
    timeout : float, optional
        Seconds to wait for the connection.
    separate_thread : bool, default True
        Leave the slot of this task to others for as long as the block lasts.

    Yields
    ------
    Client

    Examples
    --------
    >>> def fib(n):
    ...     if n < 2:
    ...         return n
    ...     with worker_client() as client:
    ...         a, b = client.submit(fib, n - 1), client.submit(fib, n - 2)
    ...         return a.result() + b.result()
    """
    client = get_worker().client(timeout)
    if not separate_thread:
        yield client
        return
    with waiting():
        yield client


def secede() -> None:
    """Leave this task's slot: another task may run beside it from now on.

    Raises
    ------
    ValueError
        Outside of tasks.

    Examples
    --------
    >>> def watch_over_a_device():
    ...     secede()
    ...     ...  # takes hours, and next to no time of a processor
    """
    lanes, lane = _task_lane("secede")
    lanes.secede(lane)


def rejoin() -> None:
    """Come back into a slot after `secede`; waits for one to be free.

    Raises
    ------
    ValueError
        Outside of tasks.

    Examples
    --------
    >>> def wait_then_work():
    ...     secede()
    ...     ...  # waits
    ...     rejoin()
    ...     ...  # works
    """
    lanes, lane = _task_lane("rejoin")
    lanes.rejoin(lane)


class waiting:  # noqa: N801
    """Around a wait for other tasks: the slot of the task that waits is free meanwhile.

    Does nothing outside of tasks, or when the task has left its slot already.

    >>> with waiting():
    ...     pass
    """

    __slots__ = ("_lane", "_lanes")

    def __enter__(self) -> None:
        lane: Any = getattr(_here, "lane", None)
        self._lane = None
        if lane is not None and lane.id >= 0 and not lane.leaving:
            self._lanes = _here.lanes
            self._lane = lane
            self._lanes.secede(lane)

    def __exit__(self, *error: object) -> None:
        if self._lane is not None:
            self._lanes.rejoin(self._lane)


def _task_lane(name: str) -> tuple[Lanes, Lane]:
    lane = getattr(_here, "lane", None)
    if lane is None or lane.id < 0:
        raise ValueError(f"no task here: {name}() is for code that runs inside a task")
    return _here.lanes, lane

"""Where tables run: one contract, several engines.

Users write the word they know: ``x.compute(scheduler="threads")``.
"""

from __future__ import annotations

import os
from typing import TypeAlias

from treadle import config
from treadle.engines.base import Capabilities, Engine, Run, TaskFailure
from treadle.errors import ConfigError, UnknownSchedulerError

__all__ = ["Capabilities", "Engine", "Run", "TaskFailure", "get_engine"]

SchedulerLike: TypeAlias = "str | Engine | None"

#: Every spelling that is understood, and the engine it means.
NAMES = {
    "threads": "threads",
    "threading": "threads",
    "threaded": "threads",
    "sync": "sync",
    "synchronous": "sync",
    "single-threaded": "sync",
}


def get_engine(scheduler: SchedulerLike = None, num_workers: int | None = None) -> Engine:
    """Return the engine that a user means.

    Parameters
    ----------
    scheduler : str or Engine, optional
        ``"threads"`` or ``"sync"`` (Dask's longer spellings too), or an engine, which is returned
        as it is.  Without it, the setting ``scheduler`` decides.
    num_workers : int, optional
        Tasks at once; the setting ``num_workers``, else the number of usable cores.

    Returns
    -------
    Engine

    Raises
    ------
    UnknownSchedulerError
        If no engine has this name.
    ConfigError
        If ``num_workers`` is not a positive integer.

    Examples
    --------
    >>> get_engine("sync").name
    'sync'
    """
    if scheduler is None:
        scheduler = str(config.get("scheduler"))
    if not isinstance(scheduler, str):
        if isinstance(scheduler, Engine):
            return scheduler
        raise UnknownSchedulerError(scheduler, ("threads", "sync"))
    name = NAMES.get(scheduler.lower())
    if name is None:
        raise UnknownSchedulerError(scheduler, ("threads", "sync"))
    if num_workers is None:
        num_workers = config.get("num_workers")
    if num_workers is None:
        num_workers = usable_cores()
    elif not isinstance(num_workers, int) or isinstance(num_workers, bool) or num_workers < 1:
        raise ConfigError(f"num_workers must be a positive integer, not {num_workers!r}")
    if name == "sync":
        from treadle.engines.sync import SyncEngine

        return SyncEngine()
    from treadle.engines.threads import ThreadsEngine

    return ThreadsEngine(num_workers)


def usable_cores() -> int:
    """Return how many cores this process may run on."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1

"""Where tables run: one contract, several engines.

Users write the word they know: ``x.compute(scheduler="threads")``.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, TypeAlias

from treadle import config
from treadle.engines.base import Capabilities, Engine, Run, TaskFailure
from treadle.errors import ConfigError, UnknownSchedulerError

__all__ = ["Capabilities", "Engine", "Run", "TaskFailure", "get_engine"]

if TYPE_CHECKING:
    from treadle.cluster.client.client import Client

SchedulerLike: TypeAlias = "str | Engine | Client | None"

#: Every spelling that is understood, and the engine it means.
NAMES = {
    "threads": "threads",
    "threading": "threads",
    "threaded": "threads",
    "sync": "sync",
    "synchronous": "sync",
    "single-threaded": "sync",
    "processes": "processes",
    "multiprocessing": "processes",
    "cluster": "cluster",
    "distributed": "cluster",
    "dask.distributed": "cluster",
}
KNOWN = ("threads", "sync", "processes", "cluster")


def get_engine(scheduler: SchedulerLike = None, num_workers: int | None = None) -> Engine:
    """Return the engine that a user means.

    Parameters
    ----------
    scheduler : str, Client or Engine, optional
        ``"threads"``, ``"sync"`` or ``"processes"`` (Dask's longer spellings too); ``"cluster"``
        for the client that was made last; the name of a cluster of this user; a client; or an
        engine, which is returned as it is.  Without it, the setting ``scheduler`` decides: making
        a client sets it to ``"cluster"``.
    num_workers : int, optional
        Tasks at once; the setting ``num_workers``, else the number of usable cores.  A cluster
        has as many as it has.

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
        return _engine_of(scheduler)
    name = NAMES.get(scheduler.lower())
    if name is None:
        from treadle.engines.processes import named_engine

        found = named_engine(scheduler)
        if found is None:
            raise UnknownSchedulerError(scheduler, KNOWN)
        return found
    if name == "cluster":
        from treadle.engines.processes import default_engine

        return default_engine()
    if num_workers is None:
        num_workers = config.get("num_workers")
    if num_workers is None:
        num_workers = usable_cores()
    elif not isinstance(num_workers, int) or isinstance(num_workers, bool) or num_workers < 1:
        raise ConfigError(f"num_workers must be a positive integer, not {num_workers!r}")
    if name == "sync":
        from treadle.engines.sync import SyncEngine

        return SyncEngine()
    if name == "processes":
        from treadle.engines.processes import processes_engine

        return processes_engine(num_workers)
    from treadle.engines.threads import ThreadsEngine

    return ThreadsEngine(num_workers)


def _engine_of(scheduler: Any) -> Engine:
    """Return an engine as it is, and the engine of a client."""
    if isinstance(scheduler, Engine):
        return scheduler
    module = sys.modules.get("treadle.cluster.client.client")
    if module is not None and isinstance(scheduler, module.Client):
        from treadle.engines.cluster import ClusterEngine

        return ClusterEngine(scheduler)
    raise UnknownSchedulerError(scheduler, KNOWN)


def usable_cores() -> int:
    """Return how many cores this process may run on."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1

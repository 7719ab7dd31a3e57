"""The processes engine: a cluster of this process, one worker process for each task at once.

It starts when it is used for the first time, is shared by all who ask for as many processes, and
ends with this process.  A task that asks for it gets the cluster that the task runs on.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

from treadle.cluster.client.connect import find_cluster
from treadle.cluster.client.current import default_client, find_client
from treadle.cluster.worker.context import in_task
from treadle.engines.cluster import ClusterEngine
from treadle.errors import RecordError, UnknownSchedulerError

if TYPE_CHECKING:
    from treadle.cluster.client.client import Client

#: Seconds until the first of the workers must be there.
START_TIMEOUT = 60.0

_lock = threading.Lock()
_clients: dict[int | str, Client] = {}


def processes_engine(num_workers: int) -> ClusterEngine:
    """Return the engine on ``num_workers`` processes; they start when there are none."""
    if in_task():
        return ClusterEngine(_here(), "processes")
    return ClusterEngine(_client(num_workers, num_workers), "processes")


def default_engine() -> ClusterEngine:
    """Return the engine on the client that is the default one.

    Raises
    ------
    UnknownSchedulerError
        If there is none.
    """
    client = find_client() if in_task() else default_client()
    if client is None:
        raise UnknownSchedulerError("cluster", ("threads", "sync", "processes"))
    return ClusterEngine(client)


def named_engine(name: str) -> ClusterEngine | None:
    """Return the engine on a cluster of this user that is called so; None if there is none."""
    try:
        found = find_cluster(name, None, {})
    except (RecordError, ValueError):
        return None
    return ClusterEngine(_client(name, found), name)


def _here() -> Client:
    client = find_client()
    assert client is not None
    return client


def _client(key: int | str, cluster: Any) -> Client:
    """Return the client that is kept under ``key``, or a new one of a cluster or of processes."""
    from treadle.cluster.client.client import Client

    with _lock:
        client = _clients.get(key)
        if client is not None and client.status == "running":
            return client
        if isinstance(cluster, int):
            client = Client(n_workers=cluster, threads_per_worker=1, set_as_default=False)
        else:
            client = Client(
                cluster.addresses[0], credentials=cluster.credentials, set_as_default=False
            )
        _clients[key] = client
        client.wait_for_workers(1, START_TIMEOUT)
        return client


def _after_fork() -> None:
    """The processes are the parent's."""
    global _lock
    _lock = threading.Lock()
    _clients.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

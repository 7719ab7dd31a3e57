"""The websocket end of the feed: what panes outside this process read from.

    records.py     the file by which this process is found, and how such files are trusted
    server.py      a thread with its own event loop, on loopback
    connection.py  who is let in, and what they may say
    session.py     what one reader gets at each tick; no socket in it
    pump.py        when it gets it

Nothing is imported until the first call, so that `import treadle` stays light.
"""

from __future__ import annotations

import atexit
import os
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from treadle.feedserver.server import FeedServer
    from treadle.telemetry.hub import EventHub
    from treadle.utils.secret import Secret

_server: FeedServer | None = None
_lock = threading.Lock()


def serve(
    hub: EventHub,
    *,
    kind: str = "kernel",
    label: str,
    kernel_id: str | None = None,
    name: str | None = None,
    addresses: Sequence[str] = (),
    client_secret: Secret | None = None,
    worker_secret: Secret | None = None,
    cluster: str = "",
    directory: Path | None = None,
) -> FeedServer:
    """Serve a hub from a new thread, and write the record by which it is found.

    Parameters
    ----------
    hub : EventHub
    kind : str
        What runs the tasks: "kernel" or "cluster".
    label : str
        What people call it.
    kernel_id : str, optional
        Jupyter's id of the kernel, so that a notebook finds its own feed.
    name : str, optional
        What the record is called; made up unless told.
    addresses : sequence of str
        Where clients of a cluster connect, best first.
    client_secret, worker_secret : Secret, optional
        What they, and workers that are started later, show there.
    cluster : str
        Id of the cluster, which the handshake binds.
    directory : Path, optional
        Where the record goes; Jupyter's runtime directory unless told otherwise.

    Returns
    -------
    FeedServer
        Already listening.  ``close()`` it; at exit that happens by itself.

    Raises
    ------
    RecordError
        If the runtime directory can't be trusted, or the name is that of a process that runs.
    """
    from treadle.feedserver.server import FeedServer

    server = FeedServer(
        hub,
        kind=kind,
        label=label,
        kernel_id=kernel_id,
        name=name,
        addresses=addresses,
        client_secret=client_secret,
        worker_secret=worker_secret,
        cluster=cluster,
        directory=directory,
    )
    server.start()
    atexit.register(server.close)
    return server


def ensure_served(
    hub: EventHub | None = None,
    *,
    kind: str = "kernel",
    label: str = "kernel",
    kernel_id: str | None = None,
) -> FeedServer:
    """The feed server of this process, started at the first call; later calls cost nothing.

    Parameters
    ----------
    hub : EventHub, optional
        The process's own hub unless told otherwise.  It, and the rest, count at the first call.
    kind, label, kernel_id
        As for `serve`.
    """
    global _server
    server = _server
    if server is not None and server.is_open:
        return server
    with _lock:
        if _server is None or not _server.is_open:
            if hub is None:
                from treadle.telemetry.hub import default_hub

                hub = default_hub()
            _server = serve(hub, kind=kind, label=label, kernel_id=kernel_id)
        return _server


def served() -> FeedServer | None:
    """The feed server of this process, if there is one and it is open.

    Examples
    --------
    >>> served() is None
    True
    """
    return _server if _server is not None and _server.is_open else None


def _forget_after_fork() -> None:
    """A child has no such thread, and the record is not its own."""
    global _server, _lock
    server, _server = _server, None
    _lock = threading.Lock()
    if server is not None:
        server.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)

"""Waiting for what a nanny says, and for processes to be gone; each wait has an end."""

from __future__ import annotations

import os
import queue
import select
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from treadle.cluster.nanny.process import NannyProcess

ROOT = str(Path(__file__).parent.parent.parent)
TIMEOUT = 30.0


class Events:
    """All that a nanny says of one cluster."""

    def __init__(self, nanny: NannyProcess, cluster: str):
        self.nanny = nanny
        self.cluster = cluster
        self.seen: list[dict[str, Any]] = []
        self._queue: queue.Queue[dict[str, Any]] = queue.Queue()
        nanny.listen(cluster, self._queue.put)

    def start(self, *, scheduler: dict[str, Any] | None, **order: Any) -> None:
        """Order the cluster; entries without a module are those of `nanny_standins`."""
        for spec in filter(None, (scheduler, order.get("worker"))):
            if ":" not in spec["entry"]:
                spec["entry"] = f"tests.cluster.nanny_standins:{spec['entry']}"
        surroundings = {"path": [*sys.path, ROOT], **order.pop("surroundings", {})}
        self.nanny.send(
            "start", cluster=self.cluster, scheduler=scheduler, surroundings=surroundings, **order
        )

    def wait(self, event: str, test: Callable[[dict[str, Any]], bool] = bool) -> dict[str, Any]:
        """The next event of that name."""
        while True:
            said = self._queue.get(timeout=TIMEOUT)
            self.seen.append(said)
            if said["event"] == event and test(said):
                return said

    def stop(self, **fields: Any) -> dict[str, Any]:
        """Stop the cluster; what is said at the end."""
        self.nanny.send("stop", cluster=self.cluster, **fields)
        return self.wait("stopped")


def pidfd(pid: int) -> int:
    """To be taken while the process surely runs."""
    return os.pidfd_open(pid)


def wait_gone(*fds: int, timeout: float = TIMEOUT) -> bool:
    """Have all these processes ended within that time?  Closes the descriptors."""
    gone = True
    for fd in fds:
        gone = bool(select.select([fd], [], [], timeout)[0]) and gone
        os.close(fd)
    return gone

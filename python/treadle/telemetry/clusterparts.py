"""What a `ClusterRecorder` keeps: an object a run, a group and a worker, and columns for tasks."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from treadle.telemetry.views import RunState


class Columns:
    """Rows of ended tasks.  One thread writes, another reads, and neither waits.

    ``stops`` is written last, so its length counts whole rows.
    """

    __slots__ = ("flags", "groups", "lanes", "starts", "stops")

    def __init__(self) -> None:
        self.groups = array("i")
        self.lanes = array("i")
        self.flags = array("i")
        self.starts = array("d")
        self.stops = array("d")

    def cut(self, begin: int, end: int) -> Columns:
        """A copy of some rows."""
        rows = Columns()
        for name in Columns.__slots__:
            setattr(rows, name, getattr(self, name)[begin:end])
        return rows


class ClusterRun:
    """A run as the recorder knows it; counts are in its groups."""

    __slots__ = ("ended", "error", "groups", "id", "key", "label", "nlanes", "started", "state")

    def __init__(self, key: str, id: str, label: str, started: float):
        self.key = key  # what the scheduler calls it
        self.id = id  # what readers call it
        self.label = label
        self.state: RunState = "running"
        self.started = started
        self.ended: float | None = None
        self.error: str | None = None
        self.nlanes = 0
        self.groups: dict[str, int] = {}


class ClusterGroup:
    """The tasks of a run that share a prefix.  Its total is the writer's, the rest the readers'."""

    __slots__ = ("done", "failed", "name", "run", "seconds", "total")

    def __init__(self, run: ClusterRun, name: str):
        self.run = run
        self.name = name
        self.total = 0
        self.done = 0
        self.failed = 0
        self.seconds = 0.0


class ClusterWorker:
    """A worker that is there: its lanes by thread, and what its last heartbeat said."""

    __slots__ = (
        "busy", "cpu", "host", "lanes", "limit", "memory", "name", "nthreads", "number", "ready",
        "seen",
    )  # fmt: skip

    def __init__(self, number: int, name: str, host: str, nthreads: int, limit: int, seen: float):
        self.number = number
        self.name = name
        self.host = host
        self.nthreads = nthreads
        self.limit = limit
        self.cpu = 0.0
        self.memory = 0
        self.ready = 0
        self.seen = seen
        self.lanes: dict[int, int] = {}
        self.busy: Sequence[tuple[int, int, float]] = ()

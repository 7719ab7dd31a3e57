"""Which clusters there are.  Reads records; holds no socket and no timer.

record and its process         running
record without its process     lost, for 60 s after that is first seen; then the file goes
no record                      not listed
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from treadle.errors import RecordError
from treadle.feedserver import records
from treadle.telemetry import events

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LOST_SECONDS = 60.0
"""How long a cluster whose process has gone stays listed."""


class Clusters:
    """The clusters that have a record in one directory.

    Parameters
    ----------
    directory : Path
    is_alive : callable
        Does the process of a record still run?
    clock : callable
        Seconds that only grow.
    """

    def __init__(
        self,
        directory: Path,
        *,
        is_alive: Callable[[records.Record], bool] = records.is_alive,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.directory = directory
        self._is_alive = is_alive
        self._clock = clock
        self.instances: dict[str, str] = {}  # of those that were listed, by name
        self._lost_since: dict[str, float] = {}  # by instance: a name may come back

    def list(self) -> list[events.Cluster]:
        """All clusters, by name."""
        now = self._clock()
        clusters, lost, instances = [], {}, {}
        for record in records.list_records(self.directory):
            alive = self._is_alive(record)
            if not alive:
                since = self._lost_since.get(record.instance, now)
                if now - since > LOST_SECONDS:
                    records.remove_record(record, self.directory)
                    continue
                lost[record.instance] = since
            instances[record.name] = record.instance
            clusters.append(
                events.Cluster(
                    name=record.name,
                    kind=events.clean_label(record.kind),
                    label=events.clean_label(record.label),
                    pid=record.pid,
                    started=record.started,
                    kernel_id=record.kernel_id and events.clean_label(record.kernel_id),
                    state="running" if alive else "lost",
                    workers=None,
                    threads=None,
                    error="",
                    has_log=False,
                )
            )
        self._lost_since, self.instances = lost, instances
        return clusters

    def find(self, name: str) -> records.Record | None:
        """The record of one cluster, living or lost; None if there is none to be trusted."""
        if not records.is_name(name):
            return None
        try:
            return records.read_record(self.directory / f"{name}.json")
        except RecordError:
            return None

    def find_running(self, name: str) -> records.Record | None:
        """The record of one cluster if its process runs."""
        record = self.find(name)
        return record if record is not None and self._is_alive(record) else None

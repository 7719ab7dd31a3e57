"""From the scheduler's messages to the panes: spans as columns, with no object a task.

A run is what a client calls one: a cell, a computation.  Tasks that are submitted one by one belong
to the client's own run, which is open while any of them is unfinished.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from treadle.protocol import messages as m
from treadle.scheduling.scheduler import instructions as ins
from treadle.scheduling.scheduler.columns import ROW, Columns
from treadle.telemetry.cluster import ClusterRecorder
from treadle.telemetry.hub import EventHub

if TYPE_CHECKING:
    from treadle.cluster.scheduler.workers import WorkerPeer
    from treadle.telemetry.views import RunState


class SchedulerFeed:
    """Records what a scheduler hears from its workers."""

    def __init__(self, hub: EventHub, columns: Columns):
        self._recorder = ClusterRecorder(hub)
        self._columns = columns
        self._lanes: dict[int, list[int]] = {}
        self._awaited: dict[int, int] = {}  # run -> wanted tasks that have not ended
        self._failed: dict[int, RunState] = {}

    # -- workers ---------------------------------------------------------------------------------

    def worker_joined(self, info: m.WorkerInfo) -> None:
        """A worker is there: its threads are lanes."""
        recorder = self._recorder
        recorder.worker_joined(info.number, info.name, info.host, info.nthreads, info.memory_limit)
        self._lanes[info.number] = [
            recorder.lane(info.number, thread, info.name) for thread in range(info.nthreads)
        ]

    def worker_left(self, number: int) -> None:
        """A worker has gone."""
        self._lanes.pop(number, None)
        self._recorder.worker_left(number)

    def heartbeat(self, peer: WorkerPeer, message: m.Heartbeat) -> None:
        """A worker has said how it is, and what its threads are in."""
        columns = self._columns
        recorder = self._recorder
        recorder.metrics(peer.number, cpu=message.cpu, memory=message.memory, ready=message.ready)
        busy = []
        for thread, id, start in message.executing:
            row = columns.live_row(id)
            if row >= 0:
                busy.append((thread, max(columns.group[row], 0), start + peer.offset))
        recorder.executing(peer.number, busy)

    # -- spans -----------------------------------------------------------------------------------

    def finished(
        self,
        peer: WorkerPeer,
        ids: list[int],
        threads: list[int],
        starts: array[float],
        stops: array[float],
        failed: bool = False,
    ) -> None:
        """Tasks have ended on a worker.  Called before the state hears of it and lets rows go."""
        if not ids:
            return
        if peer.offset:
            _shift(starts, peer.offset)
            _shift(stops, peer.offset)
        lanes = self._lanes[peer.number]
        while max(threads) >= len(lanes):  # threads that took the places of seceded ones
            lanes.append(self._recorder.lane(peer.number, len(lanes), peer.name))
        group = self._columns.group
        size = len(group)
        groups = [group[id & ROW] if id & ROW < size else 0 for id in ids]
        if min(groups) < 0:
            groups = [max(number, 0) for number in groups]
        places = (
            [lanes[0]] * len(ids) if not any(threads) else [lanes[thread] for thread in threads]
        )
        self._recorder.finished(groups, places, starts, stops, failed=failed)

    def watched(self, i: ins.Watched, finished: m.Finished) -> m.Watched:
        """Return the spans that a client watches, out of a worker's report."""
        threads, starts, stops = finished.threads, finished.starts, finished.stops
        positions = i.positions
        if len(positions) < len(threads):
            threads = [threads[position] for position in positions]
            begun, ended = array("d", starts), array("d", stops)
            starts = array("d", [begun[position] for position in positions]).tobytes()
            stops = array("d", [ended[position] for position in positions]).tobytes()
        return m.Watched(i.worker, i.handles, threads, starts, stops)

    # -- runs ------------------------------------------------------------------------------------

    def open_run(self, run: str, label: str) -> int:
        """Begin a run, or go on with it; return its number."""
        return self._recorder.open_run(run, label)

    def group(self, run: int, prefix: str, count: int) -> int:
        """Return the number of a group of a run, to which ``count`` tasks are added."""
        number = self._recorder.group(run, prefix)
        self._recorder.add_total(number, count)
        return number

    def await_tasks(self, run: int, count: int) -> None:
        """That many more wanted tasks belong to a run: it is open until they have ended."""
        self._awaited[run] = self._awaited.get(run, 0) + count

    def settle(self, run: int, count: int, state: RunState) -> None:
        """That many wanted tasks of a run have ended in this way."""
        if state != "finished":
            self._failed.setdefault(run, state)
        left = self._awaited.get(run, 0) - count
        if left > 0:
            self._awaited[run] = left
        else:
            self._awaited.pop(run, None)
            self._recorder.close_run(run, self._failed.pop(run, "finished"))


def _shift(column: array[float], offset: float) -> None:
    for position, value in enumerate(column):
        column[position] = value + offset

"""What one reader of the feed gets at each tick.  No socket, no clock: `server.py` has those.

>>> from treadle.telemetry.hub import EventHub
>>> session = Session(EventHub())
>>> session.subscribe(events.Subscribe(topics=["runs"]))
>>> session.messages(now=0.0)
['{"type":"runs","runs":[]}']
>>> session.messages(now=0.1)       # nothing has changed
[]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from treadle.telemetry import events
from treadle.telemetry.frames import encode_tasks

if TYPE_CHECKING:
    from treadle.telemetry.hub import EventHub
    from treadle.telemetry.views import LaneState, RunReport, WorkerState

LANES_A_SECOND = 5000
WORKERS_A_SECOND = 1000
"""How many of them a reader is told of; with more, it is told less often."""


class Session:
    """A reader's subscription, and what it has been sent."""

    def __init__(self, hub: EventHub):
        self.max_hz = 10.0
        self._is_behind = False  # rows were left over for the next tick
        self._hub = hub
        self._topics: frozenset[str] = frozenset()
        self._seq = 0
        self._sent_runs: list[RunReport] | None = None
        self._sent_lanes: list[LaneState] | None = None
        self._sent_workers: list[WorkerState] | None = None
        self._lanes_due = 0.0
        self._workers_due = 0.0
        self._ended: dict[str, tuple[RunReport, events.Run]] = {}

    @property
    def has_more(self) -> bool:
        """Is a further tick due though no run opens or closes?  Never when nothing is wanted."""
        return bool(self._topics) and (self._is_behind or self._hub.is_live)

    def subscribe(self, request: events.Subscribe) -> None:
        """Replace the subscription; state is sent anew, rows from ``since`` on."""
        self._topics = frozenset(request.topics)
        self.max_hz = request.max_hz
        self._sent_runs = self._sent_lanes = self._sent_workers = None
        seq = request.since.tasks
        self._seq = seq if seq >= 0 else self._hub.next

    def messages(self, now: float) -> list[str | bytes]:
        """What has changed since the last call, ready to be written."""
        messages: list[str | bytes] = []
        if "runs" in self._topics:
            runs = self._hub.runs()
            if runs != self._sent_runs:
                self._sent_runs = runs
                messages.append(events.encode(events.Runs(runs=self._run_messages(runs))))
        self._is_behind = False
        if "lanes" in self._topics:
            messages += self._lane_messages(now)
        if "workers" in self._topics:
            messages += self._worker_messages(now)
        if "tasks" in self._topics:
            batch = self._hub.since(self._seq, limit=events.MAX_FRAME_ROWS)
            self._seq = batch.next
            self._is_behind |= batch.count == events.MAX_FRAME_ROWS
            if batch.count or batch.missed:
                messages.append(encode_tasks(batch))
        return messages

    def _lane_messages(self, now: float) -> list[str]:
        lanes = self._hub.lanes()
        if lanes == self._sent_lanes:
            return []
        if self._sent_lanes is not None and now < self._lanes_due:
            self._is_behind = True
            return []
        self._sent_lanes = lanes
        self._lanes_due = now + len(lanes) / LANES_A_SECOND
        states = [events.lane_message(lane) for lane in lanes]
        return [events.encode(events.Lanes(lanes=states, now=now))]

    def _worker_messages(self, now: float) -> list[str]:
        """Heartbeats come once a second: between them only who comes and goes is news."""
        workers, sent = self._hub.workers(), self._sent_workers
        if workers == sent:
            return []
        is_same = sent is not None and [w.worker for w in workers] == [w.worker for w in sent]
        if is_same and now < self._workers_due:
            self._is_behind = True
            return []
        self._sent_workers = workers
        self._workers_due = now + max(1.0, len(workers) / WORKERS_A_SECOND)
        states = [events.worker_message(worker) for worker in workers]
        return [events.encode(events.Workers(workers=states, now=now))]

    def _run_messages(self, runs: list[RunReport]) -> list[events.Run]:
        """Ended runs hardly ever change: they are put into words once."""
        ended = {}
        messages = []
        for report in runs:
            known = self._ended.get(report.run)
            message = known[1] if known and known[0] == report else events.run_message(report)
            if report.ended is not None:
                ended[report.run] = (report, message)
            messages.append(message)
        self._ended = ended
        return messages

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
    from treadle.telemetry.views import LaneState, RunReport


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
        self._ended: dict[str, events.Run] = {}

    @property
    def has_more(self) -> bool:
        """Is a further tick due though no run opens or closes?  Never when nothing is wanted."""
        return bool(self._topics) and (self._is_behind or self._hub.is_live)

    def subscribe(self, request: events.Subscribe) -> None:
        """Replace the subscription; state is sent anew, rows from ``since`` on."""
        self._topics = frozenset(request.topics)
        self.max_hz = request.max_hz
        self._sent_runs = self._sent_lanes = None
        seq = request.since.tasks
        self._seq = seq if seq >= 0 else self._hub.since(-1).next

    def messages(self, now: float) -> list[str | bytes]:
        """What has changed since the last call, ready to be written."""
        messages: list[str | bytes] = []
        if "runs" in self._topics:
            runs = self._hub.runs()
            if runs != self._sent_runs:
                self._sent_runs = runs
                messages.append(events.encode(events.Runs(runs=self._run_messages(runs))))
        if "lanes" in self._topics:
            lanes = self._hub.lanes()
            if lanes != self._sent_lanes:
                self._sent_lanes = lanes
                states = [events.lane_message(lane) for lane in lanes]
                messages.append(events.encode(events.Lanes(lanes=states, now=now)))
        self._is_behind = False
        if "tasks" in self._topics:
            batch = self._hub.since(self._seq, limit=events.MAX_FRAME_ROWS)
            self._seq = batch.next
            self._is_behind = batch.count == events.MAX_FRAME_ROWS
            if batch.count or batch.missed:
                messages.append(encode_tasks(batch))
        return messages

    def _run_messages(self, runs: list[RunReport]) -> list[events.Run]:
        """Ended runs never change: they are put into words once."""
        ended = {}
        messages = []
        for report in runs:
            message = self._ended.get(report.run) or events.run_message(report)
            if report.ended is not None:
                ended[report.run] = message
            messages.append(message)
        self._ended = ended
        return messages

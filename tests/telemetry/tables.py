"""Stand-ins for what the engine and the clock do, driven by hand."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from treadle.telemetry.hub import EventHub

if TYPE_CHECKING:
    from collections.abc import Iterable

    from treadle.telemetry.recorder import LaneRecorder


class FakeTable:
    """The columns of a task table that telemetry reads; one prefix a task."""

    def __init__(self, *prefix_of_task: str):
        self.prefixes = list(dict.fromkeys(prefix_of_task))
        self.prefix_index = array("i", map(self.prefixes.index, prefix_of_task))

    def __len__(self) -> int:
        return len(self.prefix_index)


class ManualClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: float):
        self.now = now

    def __call__(self) -> float:
        return self.now


def hub_with_clocks(
    *, perf: float = 100.0, wall: float = 1_000_000.0, capacity: int = 200_000
) -> tuple[EventHub, ManualClock, ManualClock]:
    """A hub, its span clock and its wall clock."""
    clock, epoch = ManualClock(perf), ManualClock(wall)
    return EventHub(capacity=capacity, clock=clock, wall=epoch), clock, epoch


def begin(lane: LaneRecorder, number: int, start: float) -> None:
    """What the engine does before a task."""
    lane.current_start = start
    lane.current = number


def end(lane: LaneRecorder, number: int, start: float, stop: float) -> None:
    """What the engine does after a task."""
    lane.numbers.append(number)
    lane.starts.append(start)
    lane.stops.append(stop)


def run_all(lane: LaneRecorder, numbers: Iterable[int], start: float = 100.0) -> None:
    """Run tasks of one second one after another."""
    for offset, number in enumerate(numbers):
        begin(lane, number, start + offset)
        end(lane, number, start + offset, start + offset + 1)
    lane.current = -1

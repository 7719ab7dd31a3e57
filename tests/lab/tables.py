"""A run driven by hand."""

from __future__ import annotations

import time
from array import array


class Table:
    """A table of tasks of one group."""

    prefixes = ("load",)

    def __init__(self, count: int):
        self.prefix_index = array("i", [0] * count)

    def __len__(self) -> int:
        return len(self.prefix_index)


def open_lane(hub, count=1000):
    """A run and the one lane of its table."""
    run = hub.open_run("cell 1", "threads")
    return run, run.add_table(Table(count), nlanes=1).lane(0)


def append_rows(lane, numbers):
    for number in numbers:
        lane.numbers.append(number)
        lane.starts.append(time.perf_counter())
        lane.stops.append(time.perf_counter())

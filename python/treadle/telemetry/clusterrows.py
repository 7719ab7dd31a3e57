"""The reading end of `cluster.py`: turns columns of numbers into rows of the ring, and counts.

Only the hub calls this, under its lock, and imports it when somebody reads for the first time:
it needs NumPy, which a scheduler that nobody watches does without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from treadle.telemetry.clusterparts import ClusterGroup, Columns
    from treadle.telemetry.ring import TaskRing

Column = np.ndarray[Any, np.dtype[Any]]

FUTURE_SECONDS = 60.0
"""A worker's clock may be ahead by this much; rows further ahead are counted, and not shown."""


class ClusterRows:
    """Names rows and counts them; keeps when each lane was last busy."""

    def __init__(self) -> None:
        self._middles = np.full(64, -np.inf)

    def middle(self, lane: int) -> float:
        """When the last task of a lane was half done.

        A task that began before then is over: clocks may be wrong by half the time a task takes.
        """
        return float(self._middles[lane]) if 0 <= lane < len(self._middles) else -np.inf

    def add(
        self,
        rows: Columns,
        ring: TaskRing,
        groups: Mapping[int, ClusterGroup],
        lanes: Mapping[int, str],
        now: float,
    ) -> None:
        """Take in rows.  Those of groups or lanes that nobody knows any more are dropped."""
        group: Column = np.frombuffer(rows.groups, np.int32)
        lane: Column = np.frombuffer(rows.lanes, np.int32)
        flags: Column = np.frombuffer(rows.flags, np.int32)
        start: Column = np.frombuffer(rows.starts, np.float64)
        stop: Column = np.frombuffer(rows.stops, np.float64)
        names = ring.names
        counted: dict[int, ClusterGroup] = {}

        def name_group(number: int) -> int:
            found = groups.get(number)
            if found is None:
                return -1
            counted[number] = found
            return names.id(found.name)

        group_ids = named(group, name_group)
        run_ids = named(group, lambda number: names.id(groups[number].run.id), group_ids >= 0)
        lane_ids = named(lane, lambda number: names.id(lanes[number]) if number in lanes else -1)
        good = (group_ids >= 0) & (lane_ids >= 0) & np.isfinite(start) & np.isfinite(stop)
        stop = np.maximum(stop, start)
        self._count(counted, group, stop - start, flags, good)
        self._note_lanes(lane, (start + stop) / 2, good & (flags < 2))
        good &= stop <= now + FUTURE_SECONDS
        shown = np.flatnonzero(good)
        if not len(shown):
            return
        ring.append(
            start=start[shown],
            stop=stop[shown],
            number=(ring.next + np.arange(len(shown), dtype=np.int64)) & 0x7FFF_FFFF,
            group=group_ids[shown],
            lane=lane_ids[shown],
            run=run_ids[shown],
            kind=flags[shown] >> 1,
            status=flags[shown] & 1,
        )

    def _count(
        self,
        counted: dict[int, ClusterGroup],
        group: Column,
        seconds: Column,
        flags: Column,
        good: Column,
    ) -> None:
        if not counted:
            return
        low = min(counted)
        size = max(counted) - low + 1
        tasks = good & (flags < 2)  # of kind 0
        places = group[tasks] - low
        failed = np.bincount(places, flags[tasks], size)
        ended = np.bincount(places, minlength=size)
        spent = np.bincount(places, seconds[tasks], size)
        for number, found in counted.items():
            place = number - low
            found.failed += int(failed[place])
            found.done += int(ended[place]) - int(failed[place])
            found.seconds += float(spent[place])

    def _note_lanes(self, lane: Column, middle: Column, good: Column) -> None:
        lanes = lane[good]
        if not len(lanes):
            return
        highest = int(lanes.max())
        if highest >= len(self._middles):
            more = np.full(2 * highest - len(self._middles) + 1, -np.inf)
            self._middles = np.concatenate((self._middles, more))
        np.maximum.at(self._middles, lanes, middle[good])


def named(column: Column, name: Callable[[int], int], wanted: Column | None = None) -> Column:
    """What each number of a column is called; each number is asked for once.

    >>> named(np.array([7, 3, 7]), lambda number: number * 10).tolist()
    [70, 30, 70]
    """
    if not len(column):
        return np.zeros(0, np.int32)
    low = int(column.min())
    places = column - low
    occurs = np.bincount(places if wanted is None else places[wanted])
    names = np.full(int(column.max()) - low + 1, -1, np.int32)
    for place in np.flatnonzero(occurs).tolist():
        names[place] = name(low + place)
    found: Column = names[places]
    return found

"""Counting in columns: how many tasks of each group are done, and how long they took.

Only the hub calls this, under its lock, and imports it when somebody reads for the first time:
it needs NumPy, which `import treadle` must not load.

    segment: number -> prefix of its table -> group of the run (-1: a literal, never counted)
    run:     group  -> total, done, failed, seconds
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from array import array
    from collections.abc import Sequence

    from treadle.telemetry.recorder import Chunk, RunRecorder
    from treadle.telemetry.ring import TaskRing

Column = np.ndarray[Any, np.dtype[Any]]


class RunTally:
    """Group counts of one run, kept as rows arrive."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.total = np.zeros(0, np.int64)
        self.done = np.zeros(0, np.int64)
        self.failed = np.zeros(0, np.int64)
        self.seconds = np.zeros(0, np.float64)
        self._index: dict[str, int] = {}
        self._ring_ids = np.zeros(0, np.int32)
        self._ring_ids_for = (-1, -1)

    def group(self, name: str) -> int:
        """The place of the group ``name``, which is made if need be."""
        place = self._index.get(name)
        if place is None:
            place = self._index[name] = len(self.names)
            self.names.append(name)
            for column in ("total", "done", "failed", "seconds"):
                setattr(self, column, np.append(getattr(self, column), 0))
        return place

    def ring_ids(self, ring: TaskRing) -> Column:
        """What the ring calls each group."""
        made_for = (ring.names.generation, len(self.names))
        if self._ring_ids_for != made_for:
            self._ring_ids = ring.names.ids(self.names)
            self._ring_ids_for = made_for
        return self._ring_ids


class SegmentTally:
    """Turns the task numbers of one table into groups of its run."""

    def __init__(
        self,
        run: RunTally,
        ring: TaskRing,
        prefixes: Sequence[str],
        prefix_index: array[int],
        ntasks: int,
    ):
        index = np.array(prefix_index[:ntasks], np.int32)
        totals = np.bincount(index, minlength=len(prefixes)).tolist()
        groups = [
            run.group(prefix) if prefix and total else -1
            for prefix, total in zip(prefixes, totals, strict=True)
        ]
        for group, total in zip(groups, totals, strict=True):
            if group >= 0:
                run.total[group] += total
        self._run = run
        self._first_seq = ring.next  # rows before it belong to other tables, whose numbers repeat
        # as NumPy indexes and counts it, so that no pass over rows has to convert it
        self._group_of_number = np.array([*groups, -1], np.intp)[index]
        self._has_literals = bool(ntasks) and int(self._group_of_number.min()) < 0
        self._failed: set[int] = set()

    def group_of(self, number: int) -> int:
        """The group of a task, or -1 for a literal."""
        return int(self._group_of_number[number])

    def fail(self, number: int, ring: TaskRing, run: RunRecorder) -> None:
        """Count a failed task once, whether its span has been read or comes later."""
        group = self.group_of(number)
        if group < 0 or number in self._failed:
            return
        self._failed.add(number)
        self._run.failed[group] += 1
        if ring.mark_failed(run.id, number, self._first_seq):
            self._run.done[group] -= 1

    def add(self, chunk: Chunk, ring: TaskRing, run: RunRecorder, lane: str) -> None:
        """Count the rows of one lane and put them into the ring."""
        numbers: Column = np.frombuffer(chunk[0], np.int32)
        starts: Column = np.frombuffer(chunk[1], np.float64)
        stops: Column = np.frombuffer(chunk[2], np.float64)
        groups: Column = self._group_of_number.take(numbers)
        if self._has_literals:
            shown = groups >= 0
            numbers, groups = numbers[shown], groups[shown]
            starts, stops = starts[shown], stops[shown]
        tally = self._run
        ngroups = len(tally.names)
        status: Column | int = 0
        done = groups
        if self._failed:
            failed = np.isin(numbers, list(self._failed))
            status = failed.astype(np.int32)
            done = groups[~failed]
        tally.done += np.bincount(done, minlength=ngroups)
        tally.seconds += np.bincount(groups, stops - starts, ngroups)
        ring.append(
            start=starts + run._offset,
            stop=stops + run._offset,
            number=numbers,
            group=tally.ring_ids(ring).take(groups),
            lane=ring.names.id(lane),
            run=ring.names.id(run.id),
            status=status,
        )

"""The last rows of ended tasks, as columns that wrap around, and their interned names.

>>> ring = TaskRing(capacity=3)
>>> for number in range(5):
...     ring.append(start=np.array([1.0]), stop=np.array([2.0]), number=np.array([number]),
...                 group=ring.names.id("load"), lane=ring.names.id("thread 1"),
...                 run=ring.names.id("ab"), status=0)
>>> batch = ring.read(0, limit=10)
>>> batch.first, batch.count, batch.missed, batch.columns["number"].tolist()
(2, 3, 2, [2, 3, 4])
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from treadle.telemetry.views import TaskBatch

if TYPE_CHECKING:
    from collections.abc import Sequence

Column = np.ndarray[Any, np.dtype[Any]]

COLUMNS = {
    "start": np.float64,
    "stop": np.float64,
    "lane": np.int32,
    "group": np.int32,
    "run": np.int32,
    "kind": np.int32,
    "status": np.int32,
    "number": np.int32,
}
"""Columns of a row in the order of the wire, and how they are kept."""

NAMED = ("lane", "group", "run")
"""Columns whose values are places in a table of strings."""


class Names:
    """Strings by small integers; ``keep`` makes the table as small as its use."""

    def __init__(self) -> None:
        self.strings: list[str] = []
        self.generation = 0  # grows when places change
        self._ids: dict[str, int] = {}

    def id(self, name: str) -> int:
        """The integer of one name."""
        found = self._ids.get(name)
        if found is None:
            found = self._ids[name] = len(self.strings)
            self.strings.append(name)
        return found

    def ids(self, names: Sequence[str]) -> Column:
        """The integers of several names."""
        return np.array([self.id(name) for name in names], np.int32)

    def keep(self, used: Column) -> Column:
        """Drop all names but those at ``used``; return old place -> new place."""
        moved = np.zeros(len(self.strings), np.int32)
        moved[used] = np.arange(len(used), dtype=np.int32)
        self.strings = [self.strings[i] for i in used.tolist()]
        self._ids = {name: i for i, name in enumerate(self.strings)}
        self.generation += 1
        return moved


class TaskRing:
    """The last ``capacity`` rows, numbered from 0 since the ring was made."""

    def __init__(self, capacity: int):
        self.capacity = capacity
        self.next = 0  # sequence number of the next row
        self.names = Names()
        self._columns = {name: np.zeros(capacity, dtype) for name, dtype in COLUMNS.items()}
        self._compact_at = 4096

    @property
    def oldest(self) -> int:
        """Sequence number of the oldest row still here."""
        return max(0, self.next - self.capacity)

    def append(self, *, start: Column, **columns: Column | int) -> None:
        """Add rows; a plain integer stands for a whole column."""
        count = len(start)
        columns = {"start": start, "kind": 0, **columns}
        if count > self.capacity:  # a chunk larger than the ring: its end is all that stays
            skip = count - self.capacity
            columns = {k: v if isinstance(v, int) else v[skip:] for k, v in columns.items()}
            self.next += skip
            count = self.capacity
        begin = self.next % self.capacity
        head = min(count, self.capacity - begin)
        for name, column in self._columns.items():
            rows = columns[name]
            column[begin : begin + head] = rows if isinstance(rows, int) else rows[:head]
            if head < count:  # the rest begins at the front again
                column[: count - head] = rows if isinstance(rows, int) else rows[head:]
        self.next += count

    def read(self, seq: int, limit: int) -> TaskBatch:
        """Rows from ``seq`` on, at most ``limit``; a ``seq`` in the future reads nothing."""
        first = min(max(seq, self.oldest), self.next)
        missed = max(0, first - max(seq, 0))
        count = min(limit, self.next - first)
        begin = first % self.capacity
        head = min(count, self.capacity - begin)
        columns = {
            name: np.concatenate((column[begin : begin + head], column[: count - head]))
            for name, column in self._columns.items()
        }
        strings = self._localise(columns)
        return TaskBatch(first, count, missed, strings, columns)

    def _localise(self, columns: dict[str, Column]) -> list[str]:
        """Replace the ring's names by places in a table of the names that occur."""
        used = self._used(columns)
        moved = np.zeros(len(self.names.strings) + 1, np.int32)
        moved[used] = np.arange(len(used), dtype=np.int32)
        for name in NAMED:
            columns[name] = moved.take(columns[name], mode="clip")  # in range: spares the check
        return [self.names.strings[i] for i in used.tolist()]

    def _used(self, columns: dict[str, Column]) -> Column:
        counts = np.zeros(len(self.names.strings), np.intp)
        for name in NAMED:
            counts += np.bincount(columns[name], minlength=len(counts))  # np.unique would sort
        return np.flatnonzero(counts)

    def mark_failed(self, run: str, number: int, since: int) -> bool:
        """Turn the row of this task into a failed one; False if no row from ``since`` on is it."""
        first = max(since, self.oldest)
        places = np.arange(first, self.next) % self.capacity
        found = places[
            (self._columns["number"][places] == number)
            & (self._columns["run"][places] == self.names.id(run))
        ]
        self._columns["status"][found] = 1
        return bool(len(found))

    def compact(self) -> None:
        """Forget names that no row uses, once there are many."""
        if len(self.names.strings) < self._compact_at:
            return
        live = slice(0, min(self.next, self.capacity))
        rows = {name: self._columns[name][live] for name in NAMED}
        moved = self.names.keep(self._used(rows))
        for name in NAMED:
            self._columns[name][live] = moved[rows[name]]
        self._compact_at = max(4096, 2 * len(self.names.strings))

"""What became of a task, and what it waits for: for people who ask.

The log keeps the last batches as they came and went, by reference: nothing is written down for
each task, and only a question costs time.
"""

from __future__ import annotations

from collections import deque

from treadle.scheduling.scheduler.columns import (
    DATA,
    ERRED,
    MEMORY,
    NO_WORKER,
    PROCESSING,
    QUEUED,
    RELEASED,
    ROW,
    SECEDED,
    STATES,
    SUSPECT,
    WAITING,
    Columns,
)
from treadle.scheduling.scheduler.events import (
    Event,
    GraphSubmitted,
    TakenBack,
    TaskFailed,
    TasksFinished,
)
from treadle.scheduling.scheduler.instructions import Compute, Instruction, Release, TakeBack

#: Names of tasks that are remembered, in all batches together.
LENGTH = 200_000

#: Names that a sentence lists before it says how many more there are.
LISTED = 3


class Log:
    """The last batches that came and went: when, what, whose, and the ids or keys in them."""

    def __init__(self) -> None:
        self._entries: deque[tuple[float, str, int, list[int], list[str]]] = deque()
        self._size = 0

    def heard(self, now: float, event: Event) -> None:
        """Remember an event."""
        if isinstance(event, TasksFinished):
            self._add(now, "ended on worker", event.worker, event.ids, [])
        elif isinstance(event, GraphSubmitted):
            self._add(now, "submitted by client", event.client, [], event.keys)
        elif isinstance(event, TaskFailed):
            self._add(now, "raised on worker", event.worker, [event.id], [])
        elif isinstance(event, TakenBack):
            self._add(now, "given back by worker", event.worker, event.dropped, [])

    def said(self, now: float, instruction: Instruction) -> None:
        """Remember an instruction."""
        if isinstance(instruction, Compute):
            self._add(now, "sent to worker", instruction.worker, instruction.ids, [])
        elif isinstance(instruction, Release):
            self._add(now, "released from worker", instruction.worker, instruction.ids, [])
        elif isinstance(instruction, TakeBack):
            self._add(now, "asked back from worker", instruction.worker, instruction.ids, [])

    def _add(self, now: float, what: str, number: int, ids: list[int], keys: list[str]) -> None:
        self._entries.append((now, what, number, ids, keys))
        self._size += len(ids) + len(keys) + 1
        while self._size > LENGTH:
            _, _, _, old_ids, old_keys = self._entries.popleft()
            self._size -= len(old_ids) + len(old_keys) + 1

    def story(self, columns: Columns, key: str) -> list[tuple[float, str]]:
        """Tell what is remembered of a key, oldest first: times and words."""
        row = columns.row_of.get(key, -1)
        told: list[tuple[float, str]] = []
        for now, what, number, ids, keys in self._entries:
            if key in keys or (row >= 0 and _is_in(row, ids)):
                told.append((now, f"{what} {number}"))
        if row >= 0:
            told.append((columns.now, f"now: {why(columns, key)}"))
        return told


def _is_in(row: int, ids: list[int]) -> bool:
    return any(id & ROW == row for id in ids)


def why(columns: Columns, key: str) -> str:
    """Say in a sentence what a task is, and what it waits for."""
    row = columns.row_of.get(key, -1)
    if row < 0:
        return f"{key!r} is unknown here: never submitted, or released and forgotten"
    state = columns.state[row]
    if state == MEMORY:
        return f"{key!r} is in memory on {_workers(columns, columns.holders(row))}"
    if state == ERRED:
        culprit = columns.blame[row][0]
        how = "raised an error" if culprit == key else f"needs {culprit!r}, which failed"
        return f"{key!r} {how}"
    if state == PROCESSING:
        return _why_processing(columns, row)
    if state == WAITING:
        missing = [other for other in columns.inputs[row] if columns.state[other] != MEMORY]
        return f"{key!r} waits for {_listed(columns, missing)}"
    if state == NO_WORKER:
        return f"{key!r} waits for a worker that it may run on: {_wishes(columns, row)}"
    if state == QUEUED:
        if columns.flags[row] & SUSPECT:
            return f"{key!r} waits to run alone on a worker: one died while it had it"
        if row in columns.options and columns.options[row].resources is not None:
            return f"{key!r} waits until its resources are free: {_wishes(columns, row)}"
        if not columns.workers:
            return f"{key!r} is ready, and there is no worker; start one or scale the cluster"
        return f"{key!r} is ready, and waits until a worker has room"
    if state == RELEASED:
        return f"{key!r} is not needed by anybody now, and is kept to be made again if need be"
    return f"{key!r} is {STATES[state]}"


def _why_processing(columns: Columns, row: int) -> str:
    key = columns.keys[row]
    worker = columns.workers[columns.worker[row]]
    if columns.flags[row] & DATA:
        return f"{key!r} is data on its way from a client to {worker.name}"
    if columns.flags[row] & SECEDED:
        return f"{key!r} runs on {worker.name}, outside of its threads"
    if columns.ids[row] in worker.executing:
        return f"{key!r} runs on {worker.name}"
    missing = [other for other in columns.inputs[row] if columns.state[other] != MEMORY]
    if missing:
        return f"{key!r} is on {worker.name} and waits there for {_listed(columns, missing)}"
    before = len(worker.processing) - 1
    if before < worker.nthreads:
        return f"{key!r} runs on {worker.name}"
    return f"{key!r} is on {worker.name}, which has {before} other tasks"


def _wishes(columns: Columns, row: int) -> str:
    options = columns.options[row]
    parts = []
    if options.workers is not None:
        parts.append(f"one of {', '.join(options.workers)}")
    if options.resources is not None:
        parts += [f"{amount:g} {name}" for name, amount in options.resources.items()]
    return " and ".join(parts)


def _workers(columns: Columns, numbers: list[int]) -> str:
    return ", ".join(columns.workers[number].name for number in numbers)


def _listed(columns: Columns, rows: list[int]) -> str:
    rows = list(dict.fromkeys(rows))
    names = ", ".join(
        f"{columns.keys[row]!r} ({STATES[columns.state[row]]})" for row in rows[:LISTED]
    )
    return names if len(rows) <= LISTED else f"{names} and {len(rows) - LISTED} more"

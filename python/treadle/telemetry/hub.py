"""The event hub: one per process, where runs are recorded and from which panes are fed.

Decides what is kept (the last rows, the last runs) and when rows are collected; counts are made
in `tally.py`, rows kept in `ring.py`.  Knows nothing of sockets or front ends.

    engine threads -> LaneRecorder arrays --(readers, in columns)--> TaskRing -> since(seq)
    scheduler -> ClusterRecorder columns --/             \\--> RunTally -> runs()

Nothing is collected until somebody reads; a lane that fills chunk after chunk while nobody does
makes the hub collect once every `MAX_UNREAD_CHUNKS`, so memory stays bounded.

    >>> hub = EventHub()
    >>> run = hub.open_run("cell 1", "sync")
    >>> [report.label for report in hub.runs()]
    ['cell 1']
    >>> run.close("finished")       # a run without any task leaves no trace
    >>> hub.runs()
    []
"""

from __future__ import annotations

import os
import threading  # the one reason: readers and engines meet here, and a lock is how they take turns
import time  # default clocks only; a test passes its own
from collections import deque
from typing import TYPE_CHECKING, Any, Protocol

from treadle.telemetry.recorder import LaneRecorder, RunRecorder, Segment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from treadle.telemetry.recorder import TableColumns
    from treadle.telemetry.ring import TaskRing
    from treadle.telemetry.tally import SegmentTally
    from treadle.telemetry.views import (
        BusyWith,
        Group,
        LaneState,
        RunReport,
        RunState,
        TaskBatch,
        WorkerState,
    )

MAX_UNREAD_CHUNKS = 16
"""Full chunks of all lanes together after which rows are collected though nobody reads."""

MAX_UNREAD_SEGMENTS = 256
"""Tables after which rows are collected though nobody reads."""

MAX_ENDED_RUNS = 20
"""Ended runs whose reports are kept."""


class Attached(Protocol):
    """A further recorder whose rows and runs the hub serves: a scheduler's `ClusterRecorder`."""

    @property
    def is_live(self) -> bool:
        """Is any run open?"""

    @property
    def has_rows(self) -> bool:
        """Are there rows to collect?"""

    def collect(self, ring: TaskRing, now: float) -> None:
        """Move all rows into the ring, and count them."""

    def reports(self, now: float) -> list[RunReport]:
        """Reports of all runs that are listed."""

    def lane_states(self, first: int) -> list[LaneState]:
        """What each lane is doing; they are numbered from ``first`` on."""

    def workers(self) -> list[WorkerState]:
        """The workers that are there."""


class EventHub:
    """Records runs and answers readers.  Safe for any number of threads.

    Parameters
    ----------
    capacity : int
        Rows of ended tasks kept for readers.
    clock : callable
        The clock that engines stamp spans with.
    wall : callable
        Epoch seconds.
    random_bytes : callable
        Source of run ids.

    Examples
    --------
    See the module's docstring, and that of `recorder`.
    """

    def __init__(
        self,
        *,
        capacity: int = 200_000,
        clock: Callable[[], float] = time.perf_counter,
        wall: Callable[[], float] = time.time,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ):
        self.capacity = capacity
        self._clock = clock
        self._wall = wall
        self._random_bytes = random_bytes
        self._lock = threading.Lock()
        self._ring: TaskRing | None = None
        self._live: list[RunRecorder] = []
        self._ended: deque[RunRecorder] = deque(maxlen=MAX_ENDED_RUNS)
        self._unread: list[Segment] = []  # segments that may hold rows, oldest first
        self._unread_chunks = 0
        self._used_slots: set[int] = set()
        self._nslots = 0
        self._subscribers: list[Callable[[], None]] = []  # replaced, never changed
        self._attached: tuple[Attached, ...] = ()
        self._collector: threading.Thread | None = None

    # ---- for those who run tasks ----

    def open_run(
        self, label: str, engine: str, source: Mapping[str, Any] | None = None
    ) -> RunRecorder:
        """Begin to record a run.

        Parameters
        ----------
        label : str
            What people call it.
        engine : str
            Name of the engine.
        source : mapping, optional
            Where it was asked for.

        Returns
        -------
        RunRecorder
            Close it when the run has ended, however it ended.
        """
        started = self._wall()
        run = RunRecorder(
            self,
            self._random_bytes(8).hex(),
            label,
            engine,
            source=source,
            started=started,
            offset=started - self._clock(),
        )
        with self._lock:
            self._live.append(run)
        self.tell()
        return run

    def _add_table(self, run: RunRecorder, table: TableColumns, nlanes: int) -> Segment:
        with self._lock:
            self._end_segment(run)
            slots = self._take_slots(nlanes)
            segment = Segment(run, table, [LaneRecorder(self, slot) for slot in slots])
            run.nlanes = max(run.nlanes, nlanes)
            run._has_tasks = run._has_tasks or any(table.prefixes)
            run._open_segment = segment
            run._unread += 1
            self._unread.append(segment)
            if len(self._unread) > MAX_UNREAD_SEGMENTS:
                self._collect()
        return segment

    def _close_run(self, run: RunRecorder, state: RunState, error: str | None) -> None:
        with self._lock:
            if run.ended is not None:
                return
            run.ended = self._wall()
            run.state = state
            run.error = error
            self._end_segment(run)
            self._live.remove(run)
            if run._has_tasks:
                self._ended.append(run)
        self.tell()

    def _end_segment(self, run: RunRecorder) -> None:
        segment = run._open_segment
        if segment is not None:
            segment._closed = True
            run._open_segment = None
            self._used_slots.difference_update(lane.slot for lane in segment.lanes)

    def _take_slots(self, count: int) -> list[int]:
        """The lowest free lanes: runs at the same time never share a row of a pane."""
        slots: list[int] = []
        slot = 0
        while len(slots) < count:
            if slot not in self._used_slots:
                slots.append(slot)
            slot += 1
        self._used_slots.update(slots)
        self._nslots = max(self._used_slots, default=-1) + 1
        return slots

    def _relieve(self) -> None:
        """A lane has filled a chunk.  Runs in the hot loop's thread, so it never waits."""
        if not self._lock.acquire(blocking=False):
            return  # somebody is collecting at this moment
        try:
            self._unread_chunks += 1
            if self._unread_chunks >= MAX_UNREAD_CHUNKS:
                self._collect()
        finally:
            self._lock.release()

    # ---- for readers ----

    def since(self, seq: int, limit: int = 20_000) -> TaskBatch:
        """Rows of ended tasks from sequence number ``seq`` on.

        Parameters
        ----------
        seq : int
            0 for all that is kept, -1 for none but those that come later.
        limit : int
            Most rows to return.

        Returns
        -------
        TaskBatch
            Ask for ``batch.next`` the next time.

        Examples
        --------
        >>> batch = EventHub().since(0)
        >>> batch.first, batch.count, batch.missed
        (0, 0, 0)
        """
        with self._lock:
            ring = self._collect()
            return ring.read(ring.next if seq < 0 else seq, limit)

    @property
    def next(self) -> int:
        """Sequence number that the next row will have."""
        with self._lock:
            ring = self._refresh()
            return 0 if ring is None else ring.next

    def runs(self) -> list[RunReport]:
        """Reports of live runs and of the last 20 that ended, the newest last."""
        with self._lock:
            self._refresh()
            reports = [self._make_report(run) for run in (*self._ended, *self._live)]
            for other in self._attached:
                reports += other.reports(self._wall())
            return sorted(reports, key=lambda report: report.started)

    def lanes(self) -> list[LaneState]:
        """What each lane is doing now; lanes of the latest table stay listed when idle."""
        from treadle.telemetry.views import BusyWith, LaneState  # only readers pay for it

        with self._lock:
            self._refresh()
            busy: dict[int, BusyWith] = {}
            for run in self._live:
                segment = run._open_segment
                if segment is None or segment._tally is None:
                    continue
                for lane in segment.lanes:
                    number, start = lane._running(), lane.current_start
                    group = -1 if number < 0 else segment._tally.group_of(number)
                    if group >= 0 and run._tally is not None:
                        name = run._tally.names[group]
                        busy[lane.slot] = BusyWith(name, start + run._offset, run.id)
            lanes = [LaneState(i, lane_name(i), busy.get(i)) for i in range(self._nslots)]
            for other in self._attached:
                lanes += other.lane_states(len(lanes))
            return lanes

    def workers(self) -> list[WorkerState]:
        """The workers of a cluster; a process that runs its tasks itself has none."""
        return [worker for other in self._attached for worker in other.workers()]

    def live(self) -> list[RunRecorder]:
        """Recorders of the runs that have not ended, the newest last."""
        with self._lock:
            return list(self._live)

    @property
    def is_live(self) -> bool:
        """Is any run open?  Costs a reader nothing, so it may ask before it reads."""
        return bool(self._live) or any(other.is_live for other in self._attached)

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call ``callback()`` whenever a run opens or closes, until the result is called.

        It is called in the thread that opens or closes the run: it must be quick and never raise.

        Examples
        --------
        >>> hub, seen = EventHub(), []
        >>> unsubscribe = hub.subscribe(lambda: seen.append("change"))
        >>> run = hub.open_run("cell 1", "sync")
        >>> unsubscribe()
        >>> seen
        ['change']
        """
        with self._lock:
            self._subscribers = [*self._subscribers, callback]

        def unsubscribe() -> None:
            with self._lock:
                rest = self._subscribers.copy()
                if callback in rest:
                    rest.remove(callback)
                self._subscribers = rest

        return unsubscribe

    def tell(self) -> None:
        """Something has changed that no row tells of.  Never waits for a reader."""
        for callback in self._subscribers:  # without the lock: a callback may read
            callback()

    def _report(self, run: RunRecorder) -> RunReport:
        with self._lock:
            self._collect()
            return self._make_report(run)

    # ---- for a recorder of its own kind ----

    def attach(self, other: Attached) -> None:
        """Serve the rows and runs of another recorder too."""
        with self._lock:
            self._attached = (*self._attached, other)

    def now(self) -> float:
        """Epoch seconds."""
        return self._wall()

    def collect_soon(self, *, wait: bool) -> None:
        """Collect rows that nobody reads: in a thread of its own, or at once if it must be.

        The first time brings NumPy, for which a scheduler's loop has no time.
        """
        if wait:
            with self._lock:
                self._collect()
        elif self._collector is None or not self._collector.is_alive():
            self._collector = threading.Thread(
                target=self.collect_soon, kwargs={"wait": True}, name="treadle-hub", daemon=True
            )
            self._collector.start()

    # ---- under the lock ----

    def _refresh(self) -> TaskRing | None:
        """Collect if there is anything; a process that has run no task needs no ring."""
        unread = self._unread or any(other.has_rows for other in self._attached)
        return self._collect() if unread else self._ring

    def _collect(self) -> TaskRing:
        """Move all rows that lanes hold into the ring, and count them."""
        if self._ring is None:
            from treadle.telemetry.ring import TaskRing  # brings NumPy: only readers pay for it

            self._ring = TaskRing(self.capacity)
        ring = self._ring
        still_open = []
        for segment in self._unread:
            run, closed = segment._run, segment._closed
            tally = segment._tally or self._start_tally(segment)
            while segment._failed:
                tally.fail(segment._failed.pop(0), ring, run)
            for lane in segment.lanes:
                for chunk in lane._take():
                    tally.add(chunk, ring, run, lane_name(lane.slot))
            if closed:
                run._cpu_seconds += sum(lane.cpu_seconds for lane in segment.lanes)
                run._queue_seconds += sum(lane.queue_seconds for lane in segment.lanes)
                run._unread -= 1
                segment._tally = None
            else:
                still_open.append(segment)
        self._unread = still_open
        self._unread_chunks = 0
        for other in self._attached:
            other.collect(ring, self._wall())
        ring.compact()
        return ring

    def _start_tally(self, segment: Segment) -> SegmentTally:
        from treadle.telemetry.tally import RunTally, SegmentTally

        run = segment._run
        if run._tally is None:
            run._tally = RunTally()
        assert segment._prefix_index is not None
        assert self._ring is not None
        segment._tally = SegmentTally(
            run._tally, self._ring, segment._prefixes, segment._prefix_index, segment._ntasks
        )
        segment._prefix_index = None
        return segment._tally

    def _make_report(self, run: RunRecorder) -> RunReport:
        from treadle.telemetry.views import Group, RunReport

        if run._final is not None:
            return run._final
        segment, tally = run._open_segment, run._tally
        lanes = () if segment is None else segment.lanes
        groups: tuple[Group, ...] = ()
        if tally is not None:
            running = [0] * len(tally.names)
            if segment is not None and segment._tally is not None:
                for lane in lanes:
                    number = lane._running()
                    group = -1 if number < 0 else segment._tally.group_of(number)
                    if group >= 0:
                        running[group] += 1
            columns = (tally.total, tally.done, tally.failed)
            counts = zip(*(column.tolist() for column in columns), strict=True)
            groups = tuple(
                Group(name, total, done, failed, now, seconds)
                for name, (total, done, failed), now, seconds in zip(
                    tally.names, counts, running, tally.seconds.tolist(), strict=True
                )
            )
        report = RunReport(
            run=run.id,
            label=run.label,
            engine=run.engine,
            state=run.state,
            started=run.started,
            ended=run.ended,
            elapsed=(self._wall() if run.ended is None else run.ended) - run.started,
            nlanes=run.nlanes,
            busy_seconds=sum(group.seconds for group in groups),
            cpu_seconds=run._cpu_seconds + sum(lane.cpu_seconds for lane in lanes),
            queue_seconds=run._queue_seconds + sum(lane.queue_seconds for lane in lanes),
            groups=groups,
            error=run.error,
        )
        if run.ended is not None and run._unread == 0:
            run._final, run._tally = report, None  # nothing of it can change any more
        return report


def lane_name(slot: int) -> str:
    """What people call a lane.

    Examples
    --------
    >>> lane_name(0)
    'thread 1'
    """
    return f"thread {slot + 1}"


_default: EventHub | None = None
_default_lock = threading.Lock()


def default_hub() -> EventHub:
    """The hub of this process.

    Examples
    --------
    >>> default_hub() is default_hub()
    True
    """
    global _default
    with _default_lock:
        if _default is None:
            _default = EventHub()
        return _default


def _forget_after_fork() -> None:
    """A child records its own runs; locks that its parent's threads held would never open."""
    global _default, _default_lock
    _default = None
    _default_lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)

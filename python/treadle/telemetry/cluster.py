"""The writing end of telemetry in a scheduler: what its loop calls, in batches of columns.

    ClusterRecorder     one a scheduler, on the hub that its feed server serves
      run     number    opened by its id and label; groups of tasks belong to it
      group   number    a prefix within a run; the scheduler's state keeps it as a column
      lane    number    a thread of a worker

The scheduler's loop is the one writer, and nothing it calls waits for a reader.  A batch of ended
tasks is five appends to columns whatever its length; names are looked up by readers, later, in
`clusterrows.py`.  Numbers are never used twice.

    >>> from treadle.telemetry.hub import EventHub
    >>> hub = EventHub()
    >>> recorder = ClusterRecorder(hub)
    >>> run = recorder.open_run("ab" * 8, "cell 3")
    >>> load = recorder.group(run, "load")
    >>> recorder.add_total(load, 2)
    >>> lane = recorder.lane(1, 0, "worker-1")
    >>> recorder.finished([load], [lane], array("d", [10.0]), array("d", [10.5]))
    >>> recorder.close_run(run, "cancelled")
    >>> [(report.label, report.done, report.total) for report in hub.runs()]
    [('cell 3', 1, 2)]
    >>> [state.name for state in hub.lanes()]
    ['worker-1 / thread 1']
"""

from __future__ import annotations

from array import array
from collections import deque
from typing import TYPE_CHECKING

from treadle.telemetry.clusterparts import ClusterGroup, ClusterRun, ClusterWorker, Columns
from treadle.telemetry.hub import MAX_ENDED_RUNS, MAX_UNREAD_CHUNKS
from treadle.telemetry.recorder import CHUNK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from treadle.telemetry.clusterrows import ClusterRows
    from treadle.telemetry.hub import EventHub
    from treadle.telemetry.ring import TaskRing
    from treadle.telemetry.views import LaneState, RunReport, RunState, WorkerState

MAX_GROUPS = 1000
"""Groups of one run; what comes later shares one."""

REOPEN_SECONDS = 5.0
"""A run that is opened again within this time goes on: a client's calls one by one are one run."""

FLAGS = tuple(array("i", (flag,)) for flag in range(8))
"""How the kind of a row is kept: twice that, and 1 more if it failed."""

HIDDEN = 0
"""The group of what is neither counted nor shown."""


class ClusterRecorder:
    """Records what a cluster does on a hub.  Called by one thread, the scheduler's.

    Parameters
    ----------
    hub : EventHub
    engine : str
        What runs call the engine.

    Examples
    --------
    See the module's docstring.
    """

    def __init__(self, hub: EventHub, *, engine: str = "cluster"):
        self._hub = hub
        self._engine = engine
        self._runs: dict[int, ClusterRun] = {}  # open, or ended and still listed
        self._ended: deque[int] = deque()
        self._by_key: dict[str, int] = {}
        self._groups: dict[int, ClusterGroup] = {}
        self._lane_names: dict[int, str] = {}
        self._workers: dict[int, ClusterWorker] = {}
        self._nruns = 0
        self._ngroups = HIDDEN
        self._nlanes = 0
        self._nlive = 0
        # the reader's half: chunks not yet read to their end, and how far the first one is
        self._rows = Columns()
        self._chunks = [self._rows]
        self._cursor = 0
        self._reader: ClusterRows | None = None
        hub.attach(self)

    # ---- runs ----

    def open_run(self, run_id: str, label: str) -> int:
        """Begin a run, or go on with it; return its number.

        A run that ended a moment ago is open again.

        Parameters
        ----------
        run_id : str
            What clients know it by.
        label : str
            What people call it.

        Examples
        --------
        >>> from treadle.telemetry.hub import EventHub
        >>> recorder = ClusterRecorder(EventHub())
        >>> run = recorder.open_run("client-1", "client 1")
        >>> recorder.add_total(recorder.group(run, "inc"), 1)
        >>> recorder.close_run(run, "finished")
        >>> recorder.open_run("client-1", "client 1") == run
        True
        """
        now = self._hub.now()
        number = self._by_key.get(run_id)
        run = None if number is None else self._runs.get(number)
        if number is not None and run is not None:
            if run.ended is None:
                return number
            if now - run.ended <= REOPEN_SECONDS:
                self._ended.remove(number)
                run.ended, run.error, run.state = None, None, "running"
                self._nlive += 1
                self._hub.tell()
                return number
        self._nruns += 1
        number = self._nruns
        # a reader tells runs apart by their id, so one that comes again has another
        shown = run_id if run is None else f"{run_id}.{number}"
        self._runs[number] = ClusterRun(run_id, shown, label, now)
        self._by_key[run_id] = number
        self._nlive += 1
        self._hub.tell()
        return number

    def close_run(self, run: int, state: RunState, error: str | None = None) -> None:
        """End a run; rows of it that come later are still counted.

        Parameters
        ----------
        run : int
        state : {"finished", "failed", "cancelled"}
        error : str, optional
            One line on why it failed.
        """
        found = self._runs.get(run)
        if found is None or found.ended is not None:
            return
        found.state, found.error = state, error
        found.nlanes = max(found.nlanes, self._count_lanes())
        found.ended = self._hub.now()
        self._nlive -= 1
        self._ended.append(run)
        if not found.groups:
            self._forget(run)  # without any task it leaves no trace
        elif len(self._ended) > MAX_ENDED_RUNS:
            self._forget(self._ended[0])
        self._hub.tell()

    def _count_lanes(self) -> int:
        return sum(len(worker.lanes) for worker in self._workers.copy().values())

    def _forget(self, run: int) -> None:
        self._ended.remove(run)
        forgotten = self._runs.pop(run)
        if self._by_key.get(forgotten.key) == run:
            del self._by_key[forgotten.key]
        for group in forgotten.groups.values():
            self._groups.pop(group, None)

    # ---- groups ----

    def group(self, run: int, prefix: str) -> int:
        """The number of a group, made when it is asked for the first time.

        An empty prefix is that of what is neither counted nor shown.

        Examples
        --------
        >>> from treadle.telemetry.hub import EventHub
        >>> recorder = ClusterRecorder(EventHub())
        >>> run = recorder.open_run("ab", "cell 1")
        >>> recorder.group(run, "load") == recorder.group(run, "load")
        True
        """
        found = self._runs.get(run)
        if found is None or not prefix:
            return HIDDEN
        number = found.groups.get(prefix)
        if number is None:
            if len(found.groups) >= MAX_GROUPS:
                prefix = "(others)"
                if prefix in found.groups:
                    return found.groups[prefix]
            self._ngroups += 1
            number = self._ngroups
            self._groups[number] = ClusterGroup(found, prefix)
            found.groups[prefix] = number
        return number

    def add_total(self, group: int, n: int) -> None:
        """Say that ``n`` more tasks belong to a group."""
        found = self._groups.get(group)
        if found is not None:
            found.total += n

    # ---- workers ----

    def worker_joined(
        self, worker: int, name: str, host: str = "", nthreads: int = 1, memory_limit: int = 0
    ) -> None:
        """Say that a worker is there; its lanes are shown from now on.

        Parameters
        ----------
        worker : int
            Its number, never given to another one.
        name, host : str
        nthreads : int
        memory_limit : int
            Bytes; 0 is none.
        """
        found = self._workers.get(worker)
        if found is None:
            self._workers[worker] = ClusterWorker(
                worker, name, host, nthreads, memory_limit, self._hub.now()
            )
        else:  # a lane has named it before
            found.name, found.host = name, host
            found.nthreads, found.limit = nthreads, memory_limit
        for thread in range(nthreads):
            self.lane(worker, thread, name)
        self._hub.tell()

    def worker_left(self, worker: int) -> None:
        """Say that a worker has gone; what it ran stays in the stream."""
        if self._workers.pop(worker, None) is not None:
            self._hub.tell()

    def lane(self, worker: int, thread: int, name: str) -> int:
        """The number of a thread's lane.

        Parameters
        ----------
        worker, thread : int
            Both as the worker's messages count them, threads from 0.
        name : str
            The worker's name.
        """
        found = self._workers.get(worker)
        if found is None:
            found = ClusterWorker(worker, name, "", 0, 0, self._hub.now())
            self._workers[worker] = found
        number = found.lanes.get(thread)
        if number is None:
            self._nlanes += 1
            number = self._nlanes
            self._lane_names[number] = f"{name} / thread {thread + 1}"
            found.lanes[thread] = number
        return number

    def metrics(self, worker: int, *, cpu: float, memory: int, ready: int) -> None:
        """What a worker's heartbeat says of it.

        Parameters
        ----------
        worker : int
        cpu : float
            As the heartbeat has it: cores in use, 1.0 is one.
        memory : int
            Bytes of the process.
        ready : int
            Tasks that wait for a thread.
        """
        found = self._workers.get(worker)
        if found is not None:
            found.cpu, found.memory, found.ready = cpu, memory, ready
            found.seen = self._hub.now()
            self._hub.tell()

    def executing(self, worker: int, tasks: Sequence[tuple[int, int, float]]) -> None:
        """What the threads of a worker are in: ``(thread, group, start)``, epoch seconds."""
        found = self._workers.get(worker)
        if found is not None:
            found.busy = tuple(tasks)

    # ---- rows ----

    def finished(
        self,
        groups: Sequence[int],
        lanes: Sequence[int],
        starts: array[float],
        stops: array[float],
        kind: int = 0,
        failed: bool = False,
    ) -> None:
        """Record tasks that have ended.

        Parameters
        ----------
        groups, lanes : sequence of int
        starts, stops : array of float
            Epoch seconds.
        kind : int
            0 compute, 1 transfer, 2 spill, 3 deserialize; only the first is counted.
        failed : bool
            Did they raise?

        Raises
        ------
        ValueError
            If the columns differ in length; nothing is recorded then.
        """
        count = len(groups)
        if not count == len(lanes) == len(starts) == len(stops):
            raise ValueError(
                f"columns differ in length: {count} groups, {len(lanes)} lanes, "
                f"{len(starts)} starts, {len(stops)} stops"
            )
        rows = self._rows
        if count == 1:
            rows.groups.append(groups[0])
            try:
                rows.lanes.append(lanes[0])
            except BaseException:
                rows.groups.pop()  # refused: no column may be ahead of the others
                raise
            rows.flags.append(2 * kind + failed)
        else:
            # converted first: when one is refused, none has been appended
            group_column, lane_column = array("i", groups), array("i", lanes)
            rows.groups.extend(group_column)
            rows.lanes.extend(lane_column)
            rows.flags.extend(FLAGS[2 * kind + failed] * count)
        rows.starts.extend(starts)
        rows.stops.extend(stops)
        if len(rows.stops) >= CHUNK:
            self._rows = Columns()
            self._chunks.append(self._rows)
            if len(self._chunks) > MAX_UNREAD_CHUNKS:
                self._hub.collect_soon(wait=len(self._chunks) > 4 * MAX_UNREAD_CHUNKS)

    # ---- for the hub, under its lock ----

    @property
    def is_live(self) -> bool:
        """Is any run open?"""
        return self._nlive > 0

    @property
    def has_rows(self) -> bool:
        """Are there rows to collect?"""
        return len(self._chunks) > 1 or len(self._chunks[0].stops) > self._cursor

    def collect(self, ring: TaskRing, now: float) -> None:
        """Move all rows into the ring, and count them."""
        if self._reader is None:
            from treadle.telemetry.clusterrows import ClusterRows  # brings NumPy

            self._reader = ClusterRows()
        for rows in self._take():
            self._reader.add(rows, ring, self._groups, self._lane_names, now)

    def _take(self) -> list[Columns]:
        taken = []
        chunks = self._chunks
        while True:
            complete = len(chunks) > 1  # asked before the length is read: see `recorder`
            begin, end = self._cursor, len(chunks[0].stops)
            if end > begin:
                taken.append(chunks[0].cut(begin, end))
            if not complete:
                self._cursor = end
                return taken
            del chunks[0]
            self._cursor = 0

    def reports(self, now: float) -> list[RunReport]:
        """Reports of all runs that are listed."""
        running: dict[int, int] = {}
        nlanes = self._count_lanes()
        for worker in self._workers.copy().values():
            for _, group, _ in self._busy(worker):
                running[group] = running.get(group, 0) + 1
        return [self._report(run, running, nlanes, now) for run in self._runs.copy().values()]

    def _report(
        self, run: ClusterRun, running: dict[int, int], nlanes: int, now: float
    ) -> RunReport:
        from treadle.telemetry.views import Group, RunReport  # only readers pay for it

        if run.ended is None:
            run.nlanes = max(run.nlanes, nlanes)
        groups = []
        for number in run.groups.copy().values():
            group = self._groups.get(number)
            if group is not None:
                ended = group.done + group.failed
                total = max(group.total, ended)  # a task that ran again has ended twice
                busy = min(running.get(number, 0), total - ended)
                groups.append(
                    Group(group.name, total, group.done, group.failed, busy, group.seconds)
                )
        seconds = sum(group.seconds for group in groups)
        return RunReport(
            run=run.id,
            label=run.label,
            engine=self._engine,
            state=run.state,
            started=run.started,
            ended=run.ended,
            elapsed=max(0.0, (now if run.ended is None else run.ended) - run.started),
            nlanes=run.nlanes,
            busy_seconds=seconds,
            cpu_seconds=seconds,  # workers do not tell; so nobody reads that they idled
            groups=tuple(groups),
            error=run.error,
        )

    def _busy(self, worker: ClusterWorker) -> list[tuple[int, int, float]]:
        """What the threads of a worker are in, without what has ended since it said so."""
        reader = self._reader
        busy = []
        for thread, group, start in worker.busy:
            lane = worker.lanes.get(thread, -1)
            if reader is None or start > reader.middle(lane):
                busy.append((thread, group, start))
        return busy

    def lane_states(self, first: int) -> list[LaneState]:
        """What each lane is doing; they are numbered from ``first`` on."""
        from treadle.telemetry.views import BusyWith, LaneState

        states: list[LaneState] = []
        for worker in self._workers.copy().values():
            busy = {thread: (group, start) for thread, group, start in self._busy(worker)}
            for thread, lane in sorted(worker.lanes.copy().items()):
                group, start = busy.get(thread, (HIDDEN, 0.0))
                found = self._groups.get(group)
                doing = None if found is None else BusyWith(found.name, start, found.run.id)
                states.append(LaneState(first + len(states), self._lane_names[lane], doing))
        return states

    def workers(self) -> list[WorkerState]:
        """The workers that are there, in the order in which they came."""
        from treadle.telemetry.views import WorkerState

        return [
            WorkerState(
                worker=w.number,
                name=w.name,
                host=w.host,
                nthreads=w.nthreads,
                cpu=w.cpu,
                memory=w.memory,
                limit=w.limit,
                ready=w.ready,
                executing=len(w.busy),
                last_seen=w.seen,
            )
            for w in self._workers.copy().values()
        ]

"""The cluster engine: a table runs on the workers of a client's cluster.

All rows are sent at once, and the results of the outputs are wanted.  The scheduler tells of every
task that ends, so that its span is recorded as if it had run here.

When a task fails, number f, the run is to end as a serial one would have ended:

    rows below f   wanted from now on, so that all of them run; one that fails becomes f
    rows above f   wanted no more: those that have not begun don't run

and it is over when everything below f has ended.
"""

from __future__ import annotations

import threading
import time
from array import array
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from treadle.cluster.client.fetching import Failed as NoValue
from treadle.cluster.client.fetching import values_of
from treadle.cluster.client.future import Future
from treadle.cluster.client.ledger import Batch, Failure
from treadle.cluster.client.tables import private_keys, submit_table
from treadle.engines.base import Capabilities, Run
from treadle.errors import ClientClosed, CommError, SchedulerLost
from treadle.graph.table import TaskTable
from treadle.protocol.messages import CancelHandles, WantHandles
from treadle.telemetry.recorder import CHUNK, Segment

if TYPE_CHECKING:
    from treadle.cluster.client.client import Client

#: Takes (row, kind, text, detail) of what a task printed, logged or warned of.
OnOutput = Callable[[int, str, str, list[str]], None]


class ClusterEngine:
    """Runs tables on the cluster of a client.

    Parameters
    ----------
    client : Client
    name : str
        What panes call it.

    Examples
    --------
    >>> import treadle
    >>> from treadle.engines import get_engine
    >>> with treadle.Client(processes=False, n_workers=1) as client:
    ...     treadle.get({"x": 1, "y": (max, "x", 10)}, "y", scheduler=get_engine(client))
    10
    """

    capabilities = Capabilities(parallel=True, in_process=False)

    def __init__(self, client: Client, name: str = "cluster"):
        self.client = client
        self.name = name

    @property
    def num_workers(self) -> int:
        """Tasks at once: the threads of all workers that are there."""
        workers = list(self.client._session.workers.values())
        return sum(worker.nthreads for worker in workers) or 1

    def submit(
        self,
        table: TaskTable,
        *,
        segment: Segment | None = None,
        on_output: OnOutput | None = None,
    ) -> Run:
        """Send a table; returns when it is on its way.

        Parameters
        ----------
        table : TaskTable
        segment : Segment, optional
            Spans of tasks are recorded into it.
        on_output : callable, optional
            Takes what tasks print in place of `sys.stdout`: (row, kind, text, detail), on the
            client's reader thread, before the task is known to have ended.

        Raises
        ------
        UnpicklableError
            If a function or an argument can't travel.
        ClientClosed, SchedulerLost
        """
        return ClusterRun(self.client, table, segment, on_output)

    def persist(self, collections: Sequence[Any], optimize_graph: bool = True) -> list[Any]:
        """Start computing collections; return collections of the same kind on their futures."""
        made: list[Any] = self.client.persist(list(collections), optimize_graph)
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return _engine_of_here, ()

    def __repr__(self) -> str:
        return f"<ClusterEngine: {self.name} on {self.client!r}>"


def _engine_of_here() -> ClusterEngine:
    """Return the engine of the task around this: what an engine is pickled as."""
    from treadle.cluster.client.current import get_client

    return ClusterEngine(get_client())


class ClusterRun(Run):
    """A table on a cluster.  Rows are told of under the lock of the client's ledger."""

    def __init__(
        self,
        client: Client,
        table: TaskTable,
        segment: Segment | None,
        on_output: OnOutput | None,
    ):
        super().__init__(table)
        self._client = client
        self._outputs = dict.fromkeys(table.outputs)
        self._missing = len(self._outputs)  # outputs that have not ended
        self._ended = bytearray(len(table))
        self._all_ended_below = 0
        self._failed_row = len(table)
        self._cause: Failure | None = None
        self._narrowed = len(table)
        self._wanted_late: list[int] = []
        self._lost = False
        self._cancelled = False
        self._over = threading.Event()
        self._concluding = threading.Lock()
        self._recorder = _Recorder(segment) if segment is not None else None
        self._base = 0
        self._futures: dict[int, Future] = {}
        self._peeked: dict[int, Any] = {}
        submit_table(
            client,
            table,
            private_keys(table),
            self._outputs,
            watch=True,
            prepare=self._prepare,
            on_output=on_output,
        )
        if not self._missing:
            self._over.set()

    def _prepare(self, batch: Batch) -> ClusterRun:
        """Take the batch, before anything can be heard of it."""
        self._base = batch.base
        self._futures = {row: Future(batch, row, self.table.keys[row]) for row in self._outputs}
        return self

    # -- what the scheduler tells (under the ledger's lock) --------------------------------------

    def row_ended(self, index: int) -> None:
        """A row that was wanted has ended well, or was cancelled."""
        if not self._ended[index]:
            self._ended[index] = 1
            if index in self._outputs:
                self._missing -= 1
        self._check()

    def row_failed(self, index: int, failure: Failure, blamed: int) -> None:
        """A row failed, or one that it needs."""
        if blamed < self._failed_row:
            self._failed_row = blamed
            self._cause = failure
            if self._recorder is not None:
                self._recorder.failed(blamed)
            self._client._session.call_back(ClusterRun._narrow, self)
        self._ended[blamed] = 1
        self.row_ended(index)

    def rows_watched(
        self, worker: int, indices: list[int], threads: list[int], starts: bytes, stops: bytes
    ) -> None:
        """Rows have ended well on a worker."""
        if self._recorder is not None:
            self._recorder.add(worker, indices, threads, starts, stops)
        ended, outputs = self._ended, self._outputs
        for index in indices:
            if index not in outputs:  # those are known to be there when `row_ended` says so
                ended[index] = 1
        if self._cause is not None:
            self._check()

    def batch_closed(self) -> None:
        """The connection has ended."""
        self._lost = True
        self._over.set()

    def _check(self) -> None:
        """End the run if there is nothing left to wait for."""
        if self._cause is None:
            if not self._missing:
                self._over.set()
            return
        below = self._ended.find(0, self._all_ended_below, self._failed_row)
        self._all_ended_below = self._failed_row if below < 0 else below
        if below < 0:
            self._over.set()

    # -- what is done about it ---------------------------------------------------------------------

    def _narrow(self) -> None:
        """After a failure: want what stands below it, and nothing above."""
        row = self._failed_row
        if row >= self._narrowed or self._over.is_set():
            return
        try:
            session = self._client._session
            session.check()
        except (ClientClosed, SchedulerLost):
            return  # the run is over, and knows
        before, self._narrowed = self._narrowed, row
        late = [n for n in range(row) if not self._ended[n] and n not in self._outputs]
        known = set(self._wanted_late)
        fresh = [n for n in late if n not in known]
        self._wanted_late += fresh
        if fresh:
            session.send(WantHandles([self._base + n for n in fresh]))
        for n in [n for n in self._futures if row < n < before]:
            del self._futures[n]
        session.flush_releases()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the run ended, and fetch its results; an interrupt cancels it."""
        try:
            if not self._over.is_set():
                with self._client._waiting():
                    if not self._over.wait(timeout):
                        return False
            self._conclude()
        except KeyboardInterrupt:
            self.cancel(force=True)
            raise
        return True

    def peek(self, number: int) -> tuple[bool, Any]:
        """Tell whether a task has ended well, and the result of an output."""
        if number in self._peeked:
            return True, self._peeked[number]
        if not self._ended[number] or number >= self._failed_row:
            return False, None
        future = self._futures.get(number)
        if future is None:
            return True, None
        if future.status != "finished":
            return False, None
        (value,) = values_of(self._client, [future], None)
        if isinstance(value, NoValue):
            return False, None  # the end of the run tells why
        self._peeked[number] = value
        return True, value

    def cancel(self, force: bool = False) -> None:
        """Start nothing more; tasks that run go on to their end, and nobody waits for them."""
        with self._concluding:
            if self.state != "running" or self._cancelled:
                return
            self._cancelled = True
            self.state = "cancelled"
        rows = [n for n in self._outputs if not self._ended[n]] + self._wanted_late
        self._over.set()
        try:
            self._client._session.send(CancelHandles([self._base + n for n in rows]))
        except (ClientClosed, SchedulerLost):
            pass  # then nothing of it runs
        self._forget()

    def result(self) -> list[Any]:
        """Wait, and return the results of the outputs in their order.

        Raises
        ------
        BaseException
            What the failing task raised, with a note that says which task it was.
        RunCancelled
        SchedulerLost
            If the scheduler has gone before the results were there.
        """
        __tracebackhide__ = True
        self.wait()
        if self._lost and self.failure is None and self.state == "failed":
            reason = self._client._session.lost_reason
            raise SchedulerLost(f"the scheduler is gone, and this run with it: {reason}")
        return super().result()

    def _conclude(self) -> None:
        """Fetch the results, and say how the run ended; once."""
        with self._concluding:
            if self.state != "running":
                return
            self.values = [None] * len(self.table)
            if self._lost and (self._missing or self._cause is not None):
                self.state = "failed"
                return
            for n, value in self._peeked.items():
                self.values[n] = value
            rows = [n for n in self._futures if n < self._failed_row and n not in self._peeked]
            error = self._take_values(sorted(rows))
            if error is not None:
                self._failed(*error)
            elif self._cause is not None:
                self._failed(self._failed_row, self._cause.exception(note=False))
            else:
                self.state = "finished"
        self._forget()

    def _take_values(self, rows: list[int]) -> tuple[int, BaseException] | None:
        """Fetch the values of rows; return the first that can't be had, and why."""
        try:
            values = values_of(self._client, [self._futures[n] for n in rows], None)
        except (SchedulerLost, CommError) as error:
            return (rows[0], error)
        for n, value in zip(rows, values, strict=True):
            if isinstance(value, NoValue):
                return n, value.reason(note=False)
            self.values[n] = value
        return None

    def _forget(self) -> None:
        """Nothing more is wanted of any row."""
        self._futures.clear()
        client, base = self._client, self._base
        try:
            session = client._session
        except ClientClosed:
            return
        late = set(self._wanted_late)
        for n in late:
            session.release_soon(base + n)
        session.ledger.release(
            base + n for n in range(len(self.table)) if n not in late and n not in self._outputs
        )
        session.flush_releases()  # what has not begun should not begin after this


class _Recorder:
    """Writes spans of workers' threads into the lanes of a segment.

    Spans come in seconds since the epoch, lanes take those of ``perf_counter``.
    """

    def __init__(self, segment: Segment):
        self._segment = segment
        self._lanes: dict[tuple[int, int], int] = {}
        self._offset = time.time() - time.perf_counter()

    def failed(self, row: int) -> None:
        self._segment.failed(row)

    def add(
        self, worker: int, rows: list[int], threads: list[int], starts: bytes, stops: bytes
    ) -> None:
        """Record rows that ended on threads of one worker."""
        begins, ends = array("d"), array("d")
        begins.frombytes(starts)
        ends.frombytes(stops)
        lanes, offset = self._lanes, self._offset
        segment = self._segment
        for row, thread, begin, end in zip(rows, threads, begins, ends, strict=True):
            place = lanes.setdefault((worker, thread), len(lanes))
            # Workers that came while it ran share the lanes of others.
            lane = segment.lanes[place % len(segment.lanes)]
            lane.numbers.append(row)
            lane.starts.append(begin - offset)
            lane.stops.append(end - offset)
            lane.cpu_seconds += end - begin  # a bound: what of it the processor worked is not told
            if len(lane.stops) >= CHUNK:
                lane.rotate()

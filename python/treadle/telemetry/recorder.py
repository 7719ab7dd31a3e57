"""The writing end of telemetry: what an engine's hot loop touches, and nothing more.

    RunRecorder   one run: label, state, its tables one after another
      Segment       one table of that run, handed to ``engine.submit(table, segment=segment)``
        LaneRecorder  one thread that runs tasks of that table

A lane costs the engine three array appends and two attribute stores a task, and one `rotate`
every 4096 tasks.  Everything else is done by readers, later, in whole columns (`hub.py`).

Lanes write while readers read, and neither waits for the other:

    lane thread                                  reader (under the hub's lock)
    numbers.append; starts.append; stops.append  n = len(stops): rows below n are complete
    rotate(): chunks.append(new arrays) ...      more than one chunk: the first gets no more rows
              ... then writes to the new ones    copies [cursor:n]; drops the first if complete

The order of the three appends matters: ``stops`` comes last, so its length counts whole rows.
Readers take slices, which are copies; a held buffer of a live array would make append fail.

    >>> from treadle.telemetry.hub import EventHub
    >>> class Table:
    ...     prefixes = ["load"]
    ...     prefix_index = array("i", [0, 0])
    ...     def __len__(self): return 2
    >>> run = EventHub().open_run("cell 1", "threads")
    >>> segment = run.add_table(Table(), nlanes=1)
    >>> lane = segment.lane(0)
    >>> lane.current_start, lane.current = 10.0, 0   # before the task
    >>> lane.numbers.append(0); lane.starts.append(10.0); lane.stops.append(10.5)   # after it
    >>> run.close("finished")
    >>> run.report().groups[0].done
    1
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from treadle.telemetry.hub import EventHub
    from treadle.telemetry.tally import RunTally, SegmentTally
    from treadle.telemetry.views import RunReport, RunState

CHUNK = 4096
"""Rows after which an engine calls `LaneRecorder.rotate`."""

Chunk = tuple["array[int]", "array[float]", "array[float]"]


class TableColumns(Protocol):
    """The columns of a `TaskTable` that telemetry reads."""

    @property
    def prefixes(self) -> Sequence[str]: ...

    @property
    def prefix_index(self) -> array[int]: ...

    def __len__(self) -> int: ...


class LaneRecorder:
    """Spans of one thread in one table.  Only that thread writes; see the module's drawing.

    Attributes
    ----------
    numbers : array of int
        Task numbers, one a finished task.
    starts, stops : array of float
        ``time.perf_counter()`` before and after it.
    current : int
        Number of the task being run, or -1.
    current_start : float
        When it began; set it before ``current``.
    cpu_seconds : float
        Processor time this thread spent in the segment, set when the thread leaves it.
    queue_seconds : float
        Time in which it could have worked and no core was free, where the system tells.
    """

    __slots__ = (
        "_chunks",
        "_cursor",
        "_hub",
        "_last",
        "cpu_seconds",
        "current",
        "current_start",
        "numbers",
        "queue_seconds",
        "slot",
        "starts",
        "stops",
    )

    def __init__(self, hub: EventHub, slot: int):
        self.slot = slot  # place among all lanes of the process: the row that a pane draws it in
        self.current = -1
        self.current_start = 0.0
        self.cpu_seconds = 0.0
        self.queue_seconds = 0.0
        self._hub = hub
        # the reader's half: chunks not yet read to their end, and how far the first one is
        self._chunks: list[Chunk] = []
        self._cursor = 0
        self._last = -1
        self._begin_chunk()

    def _begin_chunk(self) -> None:
        chunk: Chunk = (array("i"), array("d"), array("d"))
        self._chunks.append(chunk)
        self.numbers, self.starts, self.stops = chunk

    def rotate(self) -> None:
        """Hand the full arrays over and begin new ones; fetch the attributes again afterwards.

        Never waits for a reader.
        """
        self._begin_chunk()
        self._hub._relieve()

    def _take(self) -> list[Chunk]:
        """Copies of the rows appended since the last call.  One reader at a time."""
        taken = []
        chunks = self._chunks
        while True:
            complete = len(chunks) > 1  # asked before the length is read: see the drawing
            numbers, starts, stops = chunks[0]
            begin, end = self._cursor, len(stops)
            if end > begin:
                taken.append((numbers[begin:end], starts[begin:end], stops[begin:end]))
                self._last = numbers[end - 1]
            if not complete:
                self._cursor = end
                return taken
            del chunks[0]
            self._cursor = 0

    def _running(self) -> int:
        """The task being run, or -1.  Call after `_take`, so that no task is counted twice."""
        number = self.current
        return -1 if number == self._last else number


class Segment:
    """One table of a run; `RunRecorder.add_table` makes it, the engine gets it.

    Examples
    --------
    See the module's docstring.
    """

    __slots__ = (
        "_closed",
        "_failed",
        "_ntasks",
        "_prefix_index",
        "_prefixes",
        "_run",
        "_tally",
        "lanes",
    )

    def __init__(self, run: RunRecorder, table: TableColumns, lanes: Sequence[LaneRecorder]):
        self.lanes = tuple(lanes)
        self._run = run
        # the columns alone: keeping the table would keep the values of its tasks alive
        self._prefixes = table.prefixes
        self._prefix_index: array[int] | None = table.prefix_index
        self._ntasks = len(table)
        self._failed: list[int] = []  # the reader takes them from here
        self._closed = False
        self._tally: SegmentTally | None = None

    def lane(self, k: int) -> LaneRecorder:
        """The recorder for the ``k``-th thread, ``0 <= k < nlanes``."""
        return self.lanes[k]

    def failed(self, number: int) -> None:
        """Say that task ``number`` raised.  Rare, any thread; before or after its span."""
        self._failed.append(number)


class RunRecorder:
    """One run, from `EventHub.open_run` to `close`.

    Attributes
    ----------
    id : str
        16 hexadecimal digits.
    label, engine : str
    source : mapping, optional
        Where the run was asked for (cell, file, line), for people.
    state : {"running", "finished", "failed", "cancelled"}
    started, ended : float
        Epoch seconds; ``ended`` is None while the run is alive.
    error : str, optional

    Examples
    --------
    >>> from treadle.telemetry.hub import EventHub
    >>> run = EventHub().open_run("cell 1", "threads")
    >>> run.state
    'running'
    >>> run.close("cancelled")
    >>> run.report().state
    'cancelled'
    """

    def __init__(
        self,
        hub: EventHub,
        run_id: str,
        label: str,
        engine: str,
        *,
        source: Mapping[str, Any] | None,
        started: float,
        offset: float,
    ):
        self.id = run_id
        self.label = label
        self.engine = engine
        self.source = source
        self.state: RunState = "running"
        self.started = started
        self.ended: float | None = None
        self.error: str | None = None
        self.nlanes = 0
        self._hub = hub
        self._offset = offset  # perf_counter + offset = epoch seconds
        self._has_tasks = False
        self._open_segment: Segment | None = None
        self._unread = 0  # segments with rows still to be read
        self._cpu_seconds = 0.0  # of segments read to their end
        self._queue_seconds = 0.0
        self._tally: RunTally | None = None
        self._final: RunReport | None = None

    def add_table(self, table: TableColumns, nlanes: int) -> Segment:
        """Record a further table of this run; the one before it has ended.

        Parameters
        ----------
        table : TaskTable
            Only ``prefixes``, ``prefix_index`` and its length are read, and not yet.
        nlanes : int
            Threads that may run its tasks.

        Returns
        -------
        Segment
        """
        return self._hub._add_table(self, table, nlanes)

    def close(self, state: RunState, error: str | None = None) -> None:
        """End the run; spans that come later are dropped.  A second call changes nothing."""
        self._hub._close_run(self, state, error)

    def report(self) -> RunReport:
        """Counts and times of this run as of now."""
        return self._hub._report(self)

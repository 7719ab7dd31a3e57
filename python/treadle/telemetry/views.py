"""What readers of the feed get: small frozen values, and batches of columns.

Decides the shape of what is read; collecting it is `hub.py`, sending it `frames.py` and the
feed server.  Nothing here is made per task: a `TaskBatch` holds any number of rows.

    >>> group = Group("load", total=8, done=5, failed=0, running=2, seconds=0.31)
    >>> group.waiting
    1
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RunState = Literal["running", "finished", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Group:
    """Counts of the tasks of one run that share a prefix.

    Parameters
    ----------
    name : str
        The prefix.
    total, done, failed, running : int
        Tasks; the rest is waiting.  ``done`` leaves failed tasks out.
    seconds : float
        Wall time spent in tasks of this group that ended, all lanes together.

    Examples
    --------
    >>> Group("add", total=3, done=1, failed=1, running=0, seconds=0.5).waiting
    1
    """

    name: str
    total: int
    done: int
    failed: int
    running: int
    seconds: float

    @property
    def waiting(self) -> int:
        """Tasks that have not begun."""
        return self.total - self.done - self.failed - self.running


@dataclass(frozen=True, slots=True)
class RunReport:
    """One run at one moment.  Times are epoch seconds, durations seconds.

    Parameters
    ----------
    run : str
        Id of the run, 16 hexadecimal digits.
    label, engine : str
        What the run calls itself, and the name of the engine.
    state : {"running", "finished", "failed", "cancelled"}
    started, ended : float
        ``ended`` is None while the run is alive.
    elapsed : float
        From start to end, or to now.
    nlanes : int
        Most threads that any of its tables could use.
    busy_seconds : float
        Sum of the wall time of all ended tasks.
    cpu_seconds : float
        Processor time of the threads that ran them, as far as the engine told.
    groups : tuple of Group
        In order of first appearance.
    error : str, optional
        One line on why it failed.
    queue_seconds : float
        Time in which those threads could have worked and no core was free, where the system tells.

    Examples
    --------
    >>> report = RunReport("ab" * 8, "cell 3", "threads", "finished", 10.0, 12.0, 2.0, 2, 3.5, 3.4,
    ...                    (Group("load", 8, 8, 0, 0, 3.5),))
    >>> report.total, report.done
    (8, 8)
    """

    run: str
    label: str
    engine: str
    state: RunState
    started: float
    ended: float | None
    elapsed: float
    nlanes: int
    busy_seconds: float
    cpu_seconds: float
    groups: tuple[Group, ...]
    error: str | None = None
    queue_seconds: float = 0.0

    @property
    def total(self) -> int:
        """Tasks of all groups."""
        return sum(group.total for group in self.groups)

    @property
    def done(self) -> int:
        """Tasks of all groups that ended well."""
        return sum(group.done for group in self.groups)

    @property
    def failed(self) -> int:
        """Tasks of all groups that raised."""
        return sum(group.failed for group in self.groups)


@dataclass(frozen=True, slots=True)
class BusyWith:
    """The task that a lane is in: its group, when it began (epoch seconds), and its run."""

    group: str
    start: float
    run: str


@dataclass(frozen=True, slots=True)
class LaneState:
    """What one lane is doing now; ``busy`` is None when it idles."""

    lane: int
    name: str
    busy: BusyWith | None


@dataclass(frozen=True, slots=True)
class WorkerState:
    """A worker of a cluster as its last heartbeat told.

    Parameters
    ----------
    worker : int
        Its number, never given twice.
    name, host : str
    nthreads : int
    cpu : float
        Cores in use: 1.0 is one.
    memory, limit : int
        Bytes; a limit of 0 is none.
    ready, executing : int
        Tasks that wait for a thread, and those that have one.
    last_seen : float
        Epoch seconds.
    """

    worker: int
    name: str
    host: str
    nthreads: int
    cpu: float
    memory: int
    limit: int
    ready: int
    executing: int
    last_seen: float


@dataclass(frozen=True, slots=True)
class TaskBatch:
    """Rows of ended tasks as columns of equal length.

    Parameters
    ----------
    first : int
        Sequence number of row 0.
    count : int
        Rows.
    missed : int
        Rows between what was asked for and ``first`` that are gone for good.
    strings : sequence of str
        What the columns ``lane``, ``group`` and ``run`` index.
    columns : mapping of str to numpy.ndarray
        ``start`` and ``stop`` (float64, epoch seconds); ``lane``, ``group``, ``run``, ``kind``,
        ``status`` and ``number`` (int32).
    """

    first: int
    count: int
    missed: int
    strings: Sequence[str]
    columns: Mapping[str, Any]

    @property
    def next(self) -> int:
        """The sequence number to ask for next."""
        return self.first + self.count

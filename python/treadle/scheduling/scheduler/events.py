"""What happens to a scheduler: everything it learns from outside, a batch at a time.

Rows of tasks travel as columns.  An *id* names one attempt at one task: row in the low 32 bits,
generation above.  When a task must run again, or its row is given to another task, the generation
grows, so a late answer about an older attempt matches nothing and is dropped.

A *handle* is a client's own number for a task it has sent; it is never used twice by that client.
"""

from __future__ import annotations

from typing import Any


class Event:
    """Base of what :meth:`~treadle.scheduling.scheduler.state.SchedulerState.handle` takes."""


class WorkerJoined(Event):
    """A worker has registered.  The shell gives numbers, and never one twice."""

    def __init__(
        self,
        worker: int,
        name: str,
        host: str,
        nthreads: int,
        memory_limit: int,
        resources: dict[str, float],
    ) -> None:
        self.worker = worker
        self.name = name
        self.host = host
        self.nthreads = nthreads
        self.memory_limit = memory_limit  # bytes; 0 is unknown
        self.resources = resources


class WorkerLeft(Event):
    """The connection to a worker has ended.  ``expected``: it was asked to go."""

    def __init__(self, worker: int, reason: str, expected: bool) -> None:
        self.worker = worker
        self.reason = reason
        self.expected = expected


class WorkerExecuting(Event):
    """What a worker's heartbeat said: the tasks its threads are in at this moment."""

    def __init__(self, worker: int, ids: list[int]) -> None:
        self.worker = worker
        self.ids = ids


class TasksFinished(Event):
    """Tasks have ended well on a worker, in this order.

    ``values`` holds opaque bytes of small wanted results by position; ``added`` the inputs that
    the worker has fetched since its last report, and now holds too.
    """

    def __init__(
        self,
        worker: int,
        ids: list[int],
        nbytes: list[int],
        durations: list[float],
        values: dict[int, bytes],
        added: list[int],
    ) -> None:
        self.worker = worker
        self.ids = ids
        self.nbytes = nbytes
        self.durations = durations  # seconds
        self.values = values
        self.added = added


class TaskFailed(Event):
    """A task has raised.  ``error`` is opaque; ``duration`` in seconds."""

    def __init__(self, worker: int, id: int, error: Any, duration: float) -> None:
        self.worker = worker
        self.id = id
        self.error = error
        self.duration = duration


class TakenBack(Event):
    """A worker's answer to `TakeBack`: what it has dropped unstarted, and what it keeps."""

    def __init__(self, worker: int, dropped: list[int], kept: list[int]) -> None:
        self.worker = worker
        self.dropped = dropped
        self.kept = kept


class InputsMissing(Event):
    """``worker`` wanted ids from ``holder``, and ``holder`` does not have them or can't be reached.

    The worker has tried several times before it says so.
    """

    def __init__(self, worker: int, ids: list[int], holder: int) -> None:
        self.worker = worker
        self.ids = ids
        self.holder = holder


class TaskSeceded(Event):
    """A running task has left its thread's slot, or (``back``) returned to it."""

    def __init__(self, worker: int, id: int, back: bool) -> None:
        self.worker = worker
        self.id = id
        self.back = back


class ClientJoined(Event):
    """A client has connected.  The shell gives numbers, and never one twice."""

    def __init__(self, client: int) -> None:
        self.client = client


class ClientLeft(Event):
    """A client has gone: it wants nothing any more."""

    def __init__(self, client: int) -> None:
        self.client = client


class GraphSubmitted(Event):
    """Tasks of a client.  Row ``n`` of the message has the handle ``base + n``.

    Attributes
    ----------
    keys : list of str
    functions : list of int
        Numbers in the shell's table of functions; -1 marks a row of data that is scattered.
    groups : list of int
        Numbers of (run, prefix) pairs, for telemetry.
    args : list of bytes
        Opaque; the state only keeps them.
    inputs : list of tuple of int
        Handles of this client: rows of this message that come before, or earlier ones.
    wanted : list of int
        Rows whose results the client wants.
    watch : bool
        Tell the client of every task that ends, not only of wanted ones.
    priority : float
        Higher goes first.
    options : dict
        Row -> `Options`; most rows have none.
    definitions : dict
        Row -> digest of the definition, for keys that a user chose: the same key with another
        digest is refused.  Keys made from content need none.
    """

    def __init__(
        self,
        client: int,
        base: int,
        keys: list[str],
        functions: list[int],
        groups: list[int],
        args: list[bytes],
        inputs: list[tuple[int, ...]],
        wanted: list[int],
        watch: bool,
        priority: float,
        options: dict[int, Options],
        definitions: dict[int, bytes],
    ) -> None:
        self.client = client
        self.base = base
        self.keys = keys
        self.functions = functions
        self.groups = groups
        self.args = args
        self.inputs = inputs
        self.wanted = wanted
        self.watch = watch
        self.priority = priority
        self.options = options
        self.definitions = definitions


class Options:
    """Rare wishes of one task.

    ``workers`` are names, hosts or ``host:name`` texts, None is any; with ``allow_other`` they
    are a preference.  ``resources`` are taken from a worker while the task runs.
    """

    def __init__(
        self,
        retries: int = 0,
        priority: float = 0.0,
        workers: list[str] | None = None,
        allow_other: bool = False,
        resources: dict[str, float] | None = None,
    ) -> None:
        self.retries = retries
        self.priority = priority
        self.workers = workers
        self.allow_other = allow_other
        self.resources = resources


class KeysWanted(Event):
    """A client wants results by key, that it or another has submitted: handle ``base + n``."""

    def __init__(self, client: int, base: int, keys: list[str]) -> None:
        self.client = client
        self.base = base
        self.keys = keys


class HandlesWanted(Event):
    """A client wants tasks that it has sent without wanting their results."""

    def __init__(self, client: int, handles: list[int]) -> None:
        self.client = client
        self.handles = handles


class HandlesReleased(Event):
    """A client wants these no more.  Tasks that nobody needs are not run, results are dropped."""

    def __init__(self, client: int, handles: list[int]) -> None:
        self.client = client
        self.handles = handles


class HandlesCancelled(Event):
    """Cancel: like a release, and with ``force`` for all other clients too."""

    def __init__(self, client: int, handles: list[int], force: bool) -> None:
        self.client = client
        self.handles = handles
        self.force = force


class HandlesRetried(Event):
    """Run failed tasks, and the failed ones they stand on, once more."""

    def __init__(self, client: int, handles: list[int]) -> None:
        self.client = client
        self.handles = handles


class DataScattered(Event):
    """A client will put values on workers.  Answered by `ScatterTo`.

    ``workers`` are names or hosts as in `Options`; with ``broadcast`` every one gets a copy.
    """

    def __init__(
        self,
        client: int,
        base: int,
        keys: list[str],
        nbytes: list[int],
        workers: list[str] | None,
        broadcast: bool,
    ) -> None:
        self.client = client
        self.base = base
        self.keys = keys
        self.nbytes = nbytes
        self.workers = workers
        self.broadcast = broadcast


class WorkerRetiring(Event):
    """Give this worker nothing more, move what only it holds, then let it `Stop`."""

    def __init__(self, worker: int) -> None:
        self.worker = worker


class WorkerPaused(Event):
    """A worker is short of memory (or, ``resumed``, no longer): no new tasks for it."""

    def __init__(self, worker: int, resumed: bool) -> None:
        self.worker = worker
        self.resumed = resumed

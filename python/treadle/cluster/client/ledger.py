"""What a client knows of its tasks: columns a submission, and who waits for what.

A *handle* is the client's own number for a task.  Handles that were given together are one
`Batch`; a future is a batch and a position in it, so ten thousand futures of one ``map`` share
their columns, and a message about five hundred of them is one short loop.

    state[n]     content[n]
    PENDING      None
    FINISHED     the pickled value that came along, or where it lies: (id, worker, nbytes)
    ERROR        a `Failure`
    CANCELLED    the reason
    LOST         the reason: the scheduler is gone

The reader thread writes under the ledger's lock, which nobody holds for long; others read without
it, and take it only to say that they wait.

>>> ledger = Ledger()
>>> batch = ledger.open(["x", "y"], owner=None)
>>> ledger.finished([batch.base + 1], [7], [28], [0], {0: b"value"})
>>> list(batch.state), batch.content
([0, 1], [None, b'value'])
"""

from __future__ import annotations

import threading
from _thread import allocate_lock
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Protocol

from treadle.protocol.messages import TaskError

PENDING, FINISHED, ERROR, CANCELLED, LOST, RELEASED = range(6)

#: What a future's ``status`` says.
STATUS = ("pending", "finished", "error", "cancelled", "lost", "cancelled")

Callback = Callable[[], object]
Content = Any


class Observer(Protocol):
    """Somebody who follows every row of a batch: an engine's run.  Called under the lock."""

    def row_ended(self, index: int) -> None: ...

    def row_failed(self, index: int, failure: Failure, blamed: int) -> None: ...

    def rows_watched(
        self, worker: int, indices: list[int], threads: list[int], starts: bytes, stops: bytes
    ) -> None: ...

    def batch_closed(self) -> None: ...


class Failure:
    """How a task failed: as it came, and as an exception once somebody has asked for it.

    Attributes
    ----------
    error : TaskError or BaseException
    blame : str
        Key of the task that raised, which is this one or one that it needs.
    frames : traceback or None
        Where the task raised; each time the exception is raised again it begins with these.
    """

    __slots__ = ("blame", "error", "frames")

    def __init__(self, error: TaskError | BaseException, blame: str):
        self.error = error
        self.blame = blame
        self.frames: TracebackType | None = None

    def exception(self, note: bool = True) -> BaseException:
        """Return the exception, the same object each time, with a note that names the task."""
        error = self.error
        if isinstance(error, TaskError):
            from treadle.protocol.serialize import loads_error

            error = loads_error(error)
            self.frames = error.__traceback__
            self.error = error
            if note and self.blame:
                error.add_note(f"treadle: task {self.blame!r} failed")
        return error


class Signal:
    """A one-way door between threads: cheaper than an Event, and may be opened twice."""

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._lock = allocate_lock()
        self._lock.acquire()

    def set(self) -> None:
        """Let the waiting thread go on."""
        try:
            self._lock.release()
        except RuntimeError:  # open already
            pass

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is set, which an interrupt breaks; it is unset afterwards."""
        if timeout is None:
            return self._lock.acquire()
        return self._lock.acquire(timeout=min(max(timeout, 0.0), threading.TIMEOUT_MAX))


class Batch:
    """Tasks that were sent together: columns by position.

    Attributes
    ----------
    base : int
        Handle of position 0.
    keys : list of str
        Texts of the keys.
    owner : object
        The client, kept alive by its futures.
    waiters : dict
        Position -> what to call when it ends.
    on_failure : list
        What to call when one of them ends in any other way than well.
    observer : Observer or None
    on_output : callable or None
        Takes (position, kind, text, detail) of what a task printed, in place of printing it.
    """

    __slots__ = (
        "base",
        "content",
        "keys",
        "ledger",
        "observer",
        "on_failure",
        "on_output",
        "owner",
        "state",
        "waiters",
    )

    def __init__(self, ledger: Ledger, base: int, keys: list[str], owner: Any):
        size = len(keys)
        self.ledger = ledger
        self.base = base
        self.keys = keys
        self.owner = owner
        self.state = bytearray(size)
        self.content: list[Content] = [None] * size
        self.waiters: dict[int, list[Callback]] = {}
        self.on_failure: list[Callback] = []
        self.observer: Observer | None = None
        self.on_output: Callable[[int, str, str, list[str]], None] | None = None


class Ledger:
    """All batches of a client."""

    def __init__(self) -> None:
        self.lock = allocate_lock()
        self._batches: dict[int, Batch] = {}  # by handle
        self._next = 0
        self._ended: tuple[int, str] | None = None

    def __len__(self) -> int:
        return len(self._batches)

    def open(self, keys: list[str], owner: Any) -> Batch:
        """Return a new batch of pending tasks."""
        size = len(keys)
        with self.lock:
            base = self._next
            self._next = base + size
            batch = Batch(self, base, keys, owner)
            if size == 1:
                self._batches[base] = batch
            else:
                self._batches.update(dict.fromkeys(range(base, base + size), batch))
            if self._ended is not None:
                self._close_batch(batch, *self._ended)
        return batch

    # -- what messages say -------------------------------------------------------------------

    def finished(
        self,
        handles: list[int],
        ids: list[int],
        nbytes: list[int],
        workers: list[int],
        values: dict[int, bytes],
    ) -> None:
        """Tasks are in memory; ``values`` by position."""
        woken: list[Callback] = []
        batches = self._batches
        base = stop = -1
        with self.lock:
            for position, handle in enumerate(handles):
                if not base <= handle < stop:
                    batch = batches.get(handle)
                    if batch is None:  # released meanwhile
                        continue
                    base, state, content, waiters = (
                        batch.base, batch.state, batch.content, batch.waiters,
                    )  # fmt: skip
                    stop = base + len(state)
                    observer = batch.observer
                index = handle - base
                if state[index] >= CANCELLED:
                    continue
                value = values.get(position)
                if value is None:
                    content[index] = (ids[position], workers[position], nbytes[position])
                else:
                    content[index] = value
                state[index] = FINISHED
                if waiters and index in waiters:
                    woken += waiters.pop(index)
                if observer is not None:
                    observer.row_ended(index)
        for callback in woken:
            callback()

    def failed(
        self,
        handles: list[int],
        errors: Iterable[TaskError | BaseException],
        blame: list[str],
        blamed: list[int],
    ) -> None:
        """Tasks failed, or need one that did; ``blamed`` are handles of those, or -1."""
        woken: list[Callback] = []
        with self.lock:
            for handle, error, key, culprit in zip(handles, errors, blame, blamed, strict=True):
                batch = self._batches.get(handle)
                if batch is None or batch.state[handle - batch.base] >= CANCELLED:
                    continue
                failure = Failure(error, key)
                index = handle - batch.base
                woken += self._end(batch, index, ERROR, failure)
                if batch.observer is not None:
                    row = culprit - batch.base
                    inside = culprit >= 0 and 0 <= row < len(batch.state)
                    batch.observer.row_failed(index, failure, row if inside else index)
        for callback in woken:
            callback()

    def cancelled(self, handles: Iterable[int], reason: str) -> None:
        """Tasks were cancelled."""
        woken: list[Callback] = []
        with self.lock:
            for handle in handles:
                batch = self._batches.get(handle)
                if batch is not None and batch.state[handle - batch.base] < CANCELLED:
                    woken += self._end(batch, handle - batch.base, CANCELLED, reason)
                    if batch.observer is not None:
                        batch.observer.row_ended(handle - batch.base)
        for callback in woken:
            callback()

    def again(self, handles: Iterable[int]) -> None:
        """Results are gone and are being made again, or failed tasks are tried once more."""
        with self.lock:
            for handle in handles:
                batch = self._batches.get(handle)
                if batch is None or batch.state[handle - batch.base] >= CANCELLED:
                    continue
                batch.state[handle - batch.base] = PENDING
                batch.content[handle - batch.base] = None

    def watched(
        self, worker: int, handles: list[int], threads: list[int], starts: bytes, stops: bytes
    ) -> None:
        """Tasks of a watched graph have ended on a worker."""
        with self.lock:
            # A message may speak of several graphs, so it is cut where the batch changes.
            position, count = 0, len(handles)
            while position < count:
                batch = self._batches.get(handles[position])
                begin = position
                position += 1
                if batch is None:
                    continue
                stop = batch.base + len(batch.state)
                while position < count and batch.base <= handles[position] < stop:
                    position += 1
                if batch.observer is not None:
                    batch.observer.rows_watched(
                        worker,
                        [handle - batch.base for handle in handles[begin:position]],
                        threads[begin:position],
                        starts[8 * begin : 8 * position],
                        stops[8 * begin : 8 * position],
                    )

    def end(self, state: int, reason: str) -> None:
        """Nothing more will be heard: what is pending now, or opened later, ends like this."""
        with self.lock:
            self._ended = (state, reason)
            batches = list(dict.fromkeys(self._batches.values()))
            woken: list[Callback] = []
            for batch in batches:
                woken += self._close_batch(batch, state, reason)
        for callback in woken:
            callback()

    # -- what the client's own side says -------------------------------------------------------

    def when_ended(self, batch: Batch, index: int, callback: Callback) -> bool:
        """Have ``callback`` called, by the reader thread, when a task ends; False if it has."""
        with self.lock:
            if batch.state[index] != PENDING:
                return False
            batch.waiters.setdefault(index, []).append(callback)
            return True

    def forget_callback(self, batch: Batch, index: int, callback: Callback) -> None:
        """Undo `when_ended`."""
        with self.lock:
            waiters = batch.waiters.get(index)
            if waiters and callback in waiters:
                waiters.remove(callback)
                if not waiters:
                    del batch.waiters[index]

    def release(self, handles: Iterable[int]) -> list[int]:
        """Forget tasks that nobody looks at any more; return those that were known."""
        known = []
        woken: list[Callback] = []
        with self.lock:
            for handle in handles:
                batch = self._batches.pop(handle, None)
                if batch is not None:
                    known.append(handle)
                    if batch.state[handle - batch.base] < CANCELLED:
                        batch.state[handle - batch.base] = RELEASED
                    batch.content[handle - batch.base] = None
                    if batch.waiters:  # of a future that was released by hand
                        woken += batch.waiters.pop(handle - batch.base, ())
        for callback in woken:
            callback()
        return known

    def batch_of(self, handle: int) -> Batch | None:
        """Return the batch that a handle belongs to."""
        return self._batches.get(handle)

    def names(self) -> list[tuple[int, str]]:
        """Return handle and key of everything that is known."""
        with self.lock:
            return [(h, batch.keys[h - batch.base]) for h, batch in self._batches.items()]

    def pending(self) -> int:
        """Return how many tasks have not ended."""
        with self.lock:
            batches = dict.fromkeys(self._batches.values())
            return sum(batch.state.count(PENDING) for batch in batches)

    @staticmethod
    def _end(batch: Batch, index: int, state: int, content: Content) -> list[Callback]:
        """Write down an end other than a good one; return what is to be called."""
        batch.state[index] = state
        batch.content[index] = content
        woken = batch.waiters.pop(index, [])
        return [*woken, *batch.on_failure] if batch.on_failure else woken

    def _close_batch(self, batch: Batch, state: int, reason: str) -> list[Callback]:
        for index, before in enumerate(batch.state):
            if before == PENDING:
                batch.state[index] = state
                batch.content[index] = reason
        woken = [callback for waiters in batch.waiters.values() for callback in waiters]
        woken += batch.on_failure
        batch.waiters.clear()
        if batch.observer is not None:
            batch.observer.batch_closed()
        return woken

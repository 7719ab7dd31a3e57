"""Waiting for futures from ordinary threads.

>>> from treadle.cluster.ledger import Ledger
>>> wait_all([], timeout=0)
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from treadle.cluster.future import Future
from treadle.cluster.ledger import FINISHED, PENDING, Signal

ALL_COMPLETED = "ALL_COMPLETED"
FIRST_COMPLETED = "FIRST_COMPLETED"
FIRST_EXCEPTION = "FIRST_EXCEPTION"


def wait_all(
    futures: Sequence[Future], timeout: float | None, *, stop_on_failure: bool = False
) -> None:
    """Wait until all have ended, or with ``stop_on_failure`` one of them badly.

    The one that ends last tells most, and is probably the one that was sent last: waiting for it
    first costs one wake-up and not one a future.

    Raises
    ------
    TimeoutError
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    signal: Signal | None = None
    alarm: _Alarm | None = None
    try:
        for future in reversed(futures):
            batch, index = future._batch, future._index
            while batch.state[index] == PENDING:
                if signal is None:
                    signal = Signal()
                    if stop_on_failure:
                        alarm = _Alarm(futures, signal)
                if alarm is not None and alarm.is_right():
                    return
                if not batch.ledger.when_ended(batch, index, signal.set):
                    break
                try:
                    remaining = None if deadline is None else deadline - time.monotonic()
                    ended = signal.wait(remaining)
                finally:
                    batch.ledger.forget_callback(batch, index, signal.set)
                if not ended:
                    raise TimeoutError(f"{future.key!r} has not ended within {timeout:g} seconds")
    finally:
        if alarm is not None:
            alarm.stop()


class _Alarm:
    """Wakes a waiter when anything fails in the batches that it waits for.

    What fails may be others of the batch, so the waiter looks whether it is one of its own.
    """

    __slots__ = ("_batches", "_futures", "_raised", "_signal")

    def __init__(self, futures: Sequence[Future], signal: Signal):
        self._futures = futures
        self._signal = signal
        self._raised = True  # something may have failed before we watched
        self._batches = dict.fromkeys(
            f._batch for f in futures if f._batch.state[f._index] == PENDING
        )
        for batch in self._batches:
            with batch.ledger.lock:
                batch.on_failure.append(self)

    def __call__(self) -> None:
        self._raised = True
        self._signal.set()

    def is_right(self) -> bool:
        """Tell whether a future that is waited for has ended badly."""
        if not self._raised:
            return False
        self._raised = False
        return any(f._batch.state[f._index] > FINISHED for f in self._futures)

    def stop(self) -> None:
        """Watch no more."""
        for batch in self._batches:
            with batch.ledger.lock:
                batch.on_failure.remove(self)


class Arrivals:
    """Futures in the order in which they end.

    Takes any number of futures at any time; each comes out once for each time it was put in.
    """

    def __init__(self) -> None:
        self.ready: deque[Future] = deque()
        self.expected = 0
        #: Also called when one arrives; for event loops.
        self.bell: Callable[[], object] | None = None
        self._signal = Signal()

    def add(self, future: Future) -> None:
        """Wait for one more."""
        self.expected += 1
        if not future._when_ended(_Arrival(self, future)):
            self.arrived(future)

    def arrived(self, future: Future) -> None:
        """Called when a future ends, by whichever thread knows."""
        self.ready.append(future)
        self._signal.set()
        bell = self.bell
        if bell is not None:
            try:
                bell()
            except RuntimeError:  # the loop was closed meanwhile
                pass

    def next(self, deadline: float | None) -> Future | None:
        """Return the next that ended, or None when ``deadline`` (of the monotonic clock) passes."""
        while not self.ready:
            remaining = None if deadline is None else deadline - time.monotonic()
            if not self._signal.wait(remaining) and not self.ready:
                return None
        self.expected -= 1
        return self.ready.popleft()


class _Arrival:
    """The callback of one future."""

    __slots__ = ("arrivals", "future")

    def __init__(self, arrivals: Arrivals, future: Future):
        self.arrivals = arrivals
        self.future = future

    def __call__(self) -> None:
        self.arrivals.arrived(self.future)


class DoneAndNotDoneFutures(NamedTuple):
    """What `wait` returns."""

    done: set[Future]
    not_done: set[Future]


def wait(fs: Any, timeout: float | None = None, return_when: str = ALL_COMPLETED) -> Any:
    """Wait until all futures have ended, or the first one has.

    Parameters
    ----------
    fs : Future or collection of Future
    timeout : float, optional
        Seconds to wait at most.
    return_when : str
        "ALL_COMPLETED", "FIRST_COMPLETED" or "FIRST_EXCEPTION".

    Returns
    -------
    DoneAndNotDoneFutures
        Two sets, ``done`` and ``not_done``; a coroutine for them if the client is asynchronous.

    Raises
    ------
    TimeoutError
        If it takes longer; the tasks go on.

    Examples
    --------
    >>> from treadle import Client, wait
    >>> with Client(processes=False, n_workers=1) as client:
    ...     futures = client.map(abs, [-1, 2])
    ...     len(wait(futures, timeout=30).done)
    2
    """
    futures: list[Future] = [fs] if isinstance(fs, Future) else list(fs)
    if not all(isinstance(future, Future) for future in futures):
        raise TypeError("wait takes futures, or a collection of them")
    if return_when not in (ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION):
        raise ValueError(
            "return_when must be 'ALL_COMPLETED', 'FIRST_COMPLETED' or 'FIRST_EXCEPTION', "
            f"not {return_when!r}"
        )
    if futures and futures[0].client.asynchronous:
        return _wait_async(futures, timeout, return_when)
    if not futures:
        return DoneAndNotDoneFutures(set(), set())
    with futures[0].client._waiting():
        if return_when == FIRST_COMPLETED:
            _wait_first(futures, timeout)
        else:
            wait_all(futures, timeout, stop_on_failure=return_when == FIRST_EXCEPTION)
    return _sorted_out(futures)


def _wait_first(futures: list[Future], timeout: float | None) -> None:
    arrivals = Arrivals()
    callbacks = []
    try:
        for future in futures:
            callback = _Arrival(arrivals, future)
            if not future._when_ended(callback):
                return
            callbacks.append((future, callback))
        deadline = None if timeout is None else time.monotonic() + timeout
        if arrivals.next(deadline) is None:
            raise TimeoutError(f"none of {len(futures)} futures has ended within {timeout:g} s")
    finally:
        for future, callback in callbacks:
            future._batch.ledger.forget_callback(future._batch, future._index, callback)


def _sorted_out(futures: Iterable[Future]) -> DoneAndNotDoneFutures:
    done: set[Future] = set()
    not_done: set[Future] = set()
    for future in futures:
        (done if future.done() else not_done).add(future)
    return DoneAndNotDoneFutures(done, not_done)


async def _wait_async(
    futures: list[Future], timeout: float | None, return_when: str
) -> DoneAndNotDoneFutures:
    """Wait on the event loop."""
    import asyncio

    when = {
        ALL_COMPLETED: asyncio.ALL_COMPLETED,
        FIRST_COMPLETED: asyncio.FIRST_COMPLETED,
        FIRST_EXCEPTION: asyncio.FIRST_EXCEPTION,
    }[return_when]
    tasks = [asyncio.ensure_future(_until_ended(future, when)) for future in futures]
    try:
        _, missing = await asyncio.wait(tasks, timeout=timeout, return_when=when)
    finally:
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        del ends
    if missing and return_when == ALL_COMPLETED:
        raise TimeoutError(f"{len(missing)} futures have not ended within {timeout:g} seconds")
    return _sorted_out(futures)


async def _until_ended(future: Future, when: str) -> None:
    await future._ended_async(None)
    if when == FIRST_EXCEPTION:
        error = future._exception_now()
        if error is not None:
            raise error

"""Waiting for futures from ordinary threads.

>>> from treadle.cluster.client.ledger import Ledger
>>> wait_all([], timeout=0)
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from treadle.cluster.client.future import Future
from treadle.cluster.client.ledger import FINISHED, PENDING, Signal
from treadle.errors import TreadleError
from treadle.protocol.messages import Query
from treadle.utils.duration import seconds

ALL_COMPLETED = "ALL_COMPLETED"
FIRST_COMPLETED = "FIRST_COMPLETED"
FIRST_EXCEPTION = "FIRST_EXCEPTION"

#: Seconds that a question to the scheduler may take when a wait has come to nothing.
ASK_SECONDS = 0.25


def wait_all(
    futures: Sequence[Future],
    timeout: float | None,
    *,
    stop_on_failure: bool = False,
    ask: bool = True,
) -> None:
    """Wait until all have ended, or with ``stop_on_failure`` one of them badly.

    With ``ask`` the error says what a task waits for; whoever only looks from time to time asks
    nobody.

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
                    raise late(future, timeout, futures) if ask else TimeoutError
    finally:
        if alarm is not None:
            alarm.stop()


def pending_text(count: int) -> str:
    """Return the beginning of a sentence.

    >>> pending_text(1), pending_text(2)
    ('1 future has', '2 futures have')
    """
    return f"{count} future has" if count == 1 else f"{count} futures have"


def late(future: Future, timeout: float | None, futures: Sequence[Future] = ()) -> TimeoutError:
    """Return the error of a wait that took too long; it says what the task waits for.

    The scheduler is asked, if it answers at once: an error must not take longer than the wait.
    """
    timeout = timeout or 0.0
    pending = sum(not other.done() for other in futures)
    what = repr(future.key)
    text = f"{what} has not ended within {timeout:g} seconds"
    if pending > 1:
        text = f"{pending} of {len(futures)} futures have not ended within {timeout:g} seconds"
    reason = _why(future, min(timeout, ASK_SECONDS))
    if not reason:
        return TimeoutError(text)
    if pending > 1:
        return TimeoutError(f"{text}; {reason}")
    return TimeoutError(f"{text}: {reason.replace(f'{what} ', 'it ', 1)}")


def _why(future: Future, timeout: float) -> str:
    """Return what the scheduler says that a task waits for; nothing if it can't be asked now."""
    if timeout <= 0:
        return ""
    key = future._batch.keys[future._index]
    try:
        session = future._batch.owner._session
        return str(session.ask(lambda number: Query(number, "why", {"key": key}), timeout))
    except (TreadleError, TimeoutError):
        return ""


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


def wait(fs: Any, timeout: float | str | None = None, return_when: str = ALL_COMPLETED) -> Any:
    """Wait until all futures have ended, or the first one has.

    Parameters
    ----------
    fs : Future, persisted collection, or several of these
    timeout : float or str, optional
        Seconds to wait at most, or "500 ms", "2 minutes".
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
    futures = _futures(fs)
    if return_when not in (ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION):
        raise ValueError(
            "return_when must be 'ALL_COMPLETED', 'FIRST_COMPLETED' or 'FIRST_EXCEPTION', "
            f"not {return_when!r}"
        )
    limit = seconds(timeout)
    if futures and futures[0].client.asynchronous:
        return _wait_async(futures, limit, return_when)
    if not futures:
        return DoneAndNotDoneFutures(set(), set())
    with futures[0].client._waiting():
        if return_when == FIRST_COMPLETED:
            _wait_first(futures, limit)
        else:
            wait_all(futures, limit, stop_on_failure=return_when == FIRST_EXCEPTION)
    return _sorted_out(futures)


def _futures(fs: Any) -> list[Future]:
    """Return the futures to wait for, those of persisted collections among them."""
    from treadle.cluster.client.nested import futures_of

    found: list[Future] = []
    is_one = isinstance(fs, Future) or hasattr(type(fs), "__treadle_lower__")
    for item in [fs] if is_one else list(fs):
        inside = futures_of(item) if hasattr(type(item), "__treadle_lower__") else [item]
        if not inside or not isinstance(inside[0], Future):
            raise TypeError(
                "wait takes futures, or collections that were persisted on a cluster, not "
                f"{type(item).__name__}"
            )
        found += inside
    return found


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
            raise late(futures[0], timeout, futures)
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
        ended, missing = await asyncio.wait(tasks, timeout=timeout, return_when=when)
        timed_out = bool(missing) and not (
            ended
            if return_when == FIRST_COMPLETED
            else return_when == FIRST_EXCEPTION and any(task.exception() for task in ended)
        )
    finally:
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        del ends
    if timed_out:
        raise await asyncio.to_thread(late, _first_pending(futures), timeout, futures)
    return _sorted_out(futures)


def _first_pending(futures: list[Future]) -> Future:
    return next((future for future in futures if not future.done()), futures[0])


async def _until_ended(future: Future, when: str) -> None:
    await future._ended_async(None)
    if when == FIRST_EXCEPTION:
        error = future._exception_now()
        if error is not None:
            raise error

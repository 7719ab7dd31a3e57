"""A future: one task's result, as a client sees it.

A future is a batch of the ledger and a position in it.  When the last reference to one goes, its
handle is put where the session finds it: nothing is sent from ``__del__``, which may run anywhere.

>>> from treadle.cluster.client.ledger import Ledger
>>> future = Future(Ledger().open(["x"], owner=None), 0, "x")
>>> future
<Future: pending, key: x>
"""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable, Generator
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any

from treadle.cluster.client.ledger import (
    CANCELLED,
    ERROR,
    FINISHED,
    LOST,
    PENDING,
    RELEASED,
    STATUS,
    Batch,
    Failure,
)
from treadle.errors import SchedulerLost, TaskCancelled
from treadle.types import Key
from treadle.utils.duration import seconds

if TYPE_CHECKING:
    from treadle.cluster.client.client import Client

__all__ = ["CancelledError", "Future"]


class CancelledError(TaskCancelled, concurrent.futures.CancelledError):
    """What a cancelled future raises: also that of ``concurrent.futures``."""


class Future:
    """The result of a task that runs, or has run, on a cluster.

    Made by `Client.submit`, `Client.map`, `Client.scatter` and others.  The cluster keeps the
    result for as long as some client holds a future of it.

    Attributes
    ----------
    key : Key
        Name of the task.

    Examples
    --------
    >>> from treadle import Client
    >>> with Client(processes=False, n_workers=1) as client:
    ...     future = client.submit(max, 1, 5)
    ...     future.result()
    5
    """

    __slots__ = ("__weakref__", "_batch", "_index", "key")

    def __init__(self, batch: Batch, index: int, key: Key):
        self._batch = batch
        self._index = index
        self.key = key

    # -- what it is --------------------------------------------------------------------------

    @property
    def status(self) -> str:
        """State of the task: "pending", "finished", "error", "cancelled" or "lost"."""
        return STATUS[self._batch.state[self._index]]

    @property
    def client(self) -> Client:
        """The client that it belongs to."""
        client: Client = self._batch.owner
        return client

    @property
    def _handle(self) -> int:
        return self._batch.base + self._index

    def done(self) -> bool:
        """Tell whether the task has ended, well or otherwise."""
        return self._batch.state[self._index] != PENDING

    def cancelled(self) -> bool:
        """Tell whether the task was cancelled."""
        return self._batch.state[self._index] in (CANCELLED, RELEASED)

    def __repr__(self) -> str:
        text = f"<Future: {self.status}"
        content = self._batch.content[self._index]
        if self._batch.state[self._index] == ERROR and isinstance(content, Failure):
            text += f", {getattr(content.error, 'kind', type(content.error).__name__)}"
        return f"{text}, key: {self.key!s}>"

    def _repr_html_(self) -> str:
        from html import escape

        return f"<b>Future</b>: {escape(str(self.key))} <i>{self.status}</i>"

    # -- waiting for it ------------------------------------------------------------------------

    def result(self, timeout: float | str | None = None) -> Any:
        """Wait for the task, and return its result.

        Parameters
        ----------
        timeout : float or str, optional
            Seconds to wait at most, or "500 ms", "2 minutes".

        Returns
        -------
        object
            A coroutine for it, with a client that is asynchronous.

        Raises
        ------
        TimeoutError
            If it is not there in time; the task goes on.  It says what the task waits for.
        TaskCancelled
            If the task was cancelled; also a ``concurrent.futures.CancelledError``.
        SchedulerLost
            If the scheduler is gone.
        Exception
            What the task raised.
        """
        __tracebackhide__ = True
        client = self.client
        if client.asynchronous:
            return self._result_async(seconds(timeout))
        return client._result(self, seconds(timeout))

    def exception(self, timeout: float | str | None = None) -> Any:
        """Wait for the task, and return what it raised, or None.

        Parameters and other errors are those of `result`.
        """
        if self.client.asynchronous:
            return self._exception_async(seconds(timeout))
        self.client._wait([self], seconds(timeout))
        return self._exception_now()

    def traceback(self, timeout: float | str | None = None) -> Any:
        """Wait for the task, and return the traceback of what it raised, or None."""
        error = self.exception(timeout)
        if self.client.asynchronous:
            return _traceback_of(error)
        return None if error is None else error.__traceback__

    def add_done_callback(self, fn: Callable[[Future], object]) -> None:
        """Have ``fn(future)`` called when the task has ended, on a thread kept for that.

        An error that ``fn`` raises is logged.
        """
        client = self.client
        call = partial(client._session.call_back, fn, self)
        if not self._when_ended(call):
            call()

    def __await__(self) -> Generator[Any, None, Any]:
        return self._result_async(None).__await__()

    async def _ended_async(self, timeout: float | None) -> None:
        """Wait on the running event loop."""
        import asyncio

        from treadle.cluster.client.waiting import late

        loop = asyncio.get_running_loop()
        waiter = loop.create_future()
        wake = partial(_wake, loop, waiter)
        while self._batch.state[self._index] == PENDING:
            if not self._when_ended(wake):
                break
            try:
                await asyncio.wait_for(waiter, timeout)
            except TimeoutError:
                raise await asyncio.to_thread(late, self, timeout) from None
            finally:
                self._batch.ledger.forget_callback(self._batch, self._index, wake)
            waiter = loop.create_future()
            wake = partial(_wake, loop, waiter)

    async def _result_async(self, timeout: float | None) -> Any:
        await self._ended_async(timeout)
        if self._has_value():
            return self.client._result(self, timeout)
        if self._batch.state[self._index] != FINISHED:
            self._raise()
        import asyncio

        # The value lies on a worker: somebody must wait for it who is not the loop.
        return await asyncio.to_thread(self.client._result, self, timeout)

    async def _exception_async(self, timeout: float | None) -> BaseException | None:
        await self._ended_async(timeout)
        return self._exception_now()

    # -- what to do with it --------------------------------------------------------------------

    def cancel(self, reason: str | None = None, msg: str | None = None, force: bool = False) -> Any:
        """Cancel the task; a task that is running is not stopped, and its result is dropped."""
        return self.client.cancel([self], force=force, reason=reason or msg)

    def retry(self) -> Any:
        """Run a task that failed once more."""
        return self.client.retry([self])

    def release(self) -> None:
        """Say that this result is wanted no more; the future is of no use afterwards."""
        self._batch.owner._session.release_soon(self._handle)

    def __del__(self) -> None:
        # Whatever lock this thread may hold: appending to a deque needs none.
        try:
            self._batch.owner._session.release_soon(self._batch.base + self._index)
        except Exception:  # half made, of a parent process, or the interpreter is going
            pass

    def __reduce__(self) -> tuple[Any, ...]:
        return future_by_key, (self._batch.keys[self._index], self.key)

    # -- inside --------------------------------------------------------------------------------

    def _when_ended(self, callback: Callable[[], object]) -> bool:
        return self._batch.ledger.when_ended(self._batch, self._index, callback)

    def _has_value(self) -> bool:
        """Tell whether the value itself has come along."""
        return type(self._batch.content[self._index]) is bytes

    def _exception_now(self) -> BaseException | None:
        """Return what an ended task raised; raise if it ended in some other way."""
        state = self._batch.state[self._index]
        if state == ERROR:
            return self._failure().exception()
        if state != FINISHED:
            self._raise()
        return None

    def _failure(self) -> Failure:
        failure: Failure = self._batch.content[self._index]
        return failure

    def _why_not(self, note: bool = True) -> BaseException:
        """Return the error of a task that did not end well."""
        state, content = self._batch.state[self._index], self._batch.content[self._index]
        if state == ERROR:
            error: BaseException = content.exception(note)
            return error
        if state == LOST:
            return SchedulerLost(f"the result of {self.key!r} is lost: {content}")
        reason = content or "its future was released"
        return CancelledError(f"{self.key!r} was cancelled: {reason}")

    def _raise(self) -> None:
        """Raise the error of a task that did not end well."""
        __tracebackhide__ = True
        error = self._why_not()
        content = self._batch.content[self._index]
        raise error.with_traceback(content.frames if isinstance(content, Failure) else None)


async def _traceback_of(pending: Any) -> TracebackType | None:
    error = await pending
    return None if error is None else error.__traceback__


def _wake(loop: Any, waiter: Any) -> None:
    """Set an asyncio future from another thread."""
    try:
        loop.call_soon_threadsafe(lambda: waiter.done() or waiter.set_result(None))
    except RuntimeError:  # the loop was closed meanwhile
        pass


def future_by_key(text: str, key: Key) -> Future:
    """Return a future of a task that somebody has submitted: what a future pickles as.

    Raises
    ------
    ValueError
        If there is no client in this process, nor a task around this.
    """
    from treadle.cluster.client.current import get_client

    return get_client()._want([text], [key])[0]

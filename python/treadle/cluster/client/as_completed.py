"""Futures in the order in which they end.

>>> list(as_completed([]))
[]
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from treadle.cluster.client.fetching import Failed, values_of
from treadle.cluster.client.future import Future
from treadle.cluster.client.ledger import FINISHED
from treadle.cluster.client.waiting import Arrivals, pending_text
from treadle.utils.duration import seconds

__all__ = ["as_completed"]


class as_completed:  # noqa: N801  (Dask's name, and that of concurrent.futures)
    """Iterate over futures as they end; more may be added meanwhile.

    Parameters
    ----------
    futures : iterable of Future, optional
    with_results : bool
        Yield pairs of future and result.
    raise_errors : bool
        With results: raise what a failed task raised; otherwise its result is the exception.
    timeout : float, optional
        Seconds for all of them.

    Raises
    ------
    TimeoutError
        While iterating, when the time has passed.

    Examples
    --------
    >>> from treadle import Client, as_completed
    >>> with Client(processes=False, n_workers=1) as client:
    ...     sorted(future.result() for future in as_completed(client.map(abs, [-1, -2])))
    [1, 2]
    """

    def __init__(
        self,
        futures: Iterable[Future] | None = None,
        loop: Any = None,
        with_results: bool = False,
        raise_errors: bool = True,
        *,
        timeout: float | str | None = None,
    ):
        self.with_results = with_results
        self.raise_errors = raise_errors
        limit = seconds(timeout)
        self._deadline = None if limit is None else time.monotonic() + limit
        self._arrivals = Arrivals()
        self._waiting: Callable[[], AbstractContextManager[Any]] = nullcontext
        self.update(futures or ())

    # -- what is waited for --------------------------------------------------------------------

    def add(self, future: Future) -> None:
        """Wait for one more."""
        if not isinstance(future, Future):
            raise TypeError(f"as_completed takes futures, not {type(future).__name__}")
        self._waiting = future.client._waiting
        self._arrivals.add(future)

    def update(self, futures: Iterable[Future]) -> None:
        """Wait for some more."""
        for future in futures:
            self.add(future)

    def clear(self) -> None:
        """Wait for none of them any more."""
        self._arrivals = Arrivals()

    def count(self) -> int:
        """Return how many futures have not been yielded."""
        return self._arrivals.expected

    def is_empty(self) -> bool:
        """Tell whether all have been yielded."""
        return not self._arrivals.expected

    def has_ready(self) -> bool:
        """Tell whether one has ended and was not yielded."""
        return bool(self._arrivals.ready)

    # -- iteration -----------------------------------------------------------------------------

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        future = self._next()
        if not self.with_results:
            return future
        return future, self._result(future)

    def next(self) -> Any:
        """Return the next that ends; StopIteration when there is none."""
        return self.__next__()

    def next_batch(self, block: bool = True) -> list[Any]:
        """Return all that have ended; with ``block``, wait for one."""
        batch = [next(self)] if block and not self.is_empty() else []
        while self._arrivals.ready:
            batch.append(next(self))
        return batch

    def batches(self) -> Iterator[list[Any]]:
        """Yield lists of all that have ended since the last one."""
        while not self.is_empty():
            yield self.next_batch()

    def _next(self) -> Future:
        arrivals = self._arrivals
        if not arrivals.expected:
            raise StopIteration
        if arrivals.ready:
            arrivals.expected -= 1
            return arrivals.ready.popleft()
        with self._waiting():
            future = arrivals.next(self._deadline)
        if future is None:
            raise TimeoutError(f"{pending_text(arrivals.expected)} not ended in time")
        return future

    def _result(self, future: Future) -> Any:
        __tracebackhide__ = True
        (value,) = values_of(future.client, [future], None)
        if not isinstance(value, Failed):
            return value
        if self.raise_errors:
            value.throw()
        try:
            value.throw()
        except Exception as error:
            return error

    # -- on an event loop ------------------------------------------------------------------------

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        import asyncio

        arrivals = self._arrivals
        if not arrivals.expected:
            raise StopAsyncIteration
        while not arrivals.ready:
            await self._ring(asyncio)
        arrivals.expected -= 1
        future = arrivals.ready.popleft()
        if not self.with_results:
            return future
        if future._has_value() or future._batch.state[future._index] != FINISHED:
            return future, self._result(future)
        return future, await asyncio.to_thread(self._result, future)

    async def _ring(self, asyncio: Any) -> None:
        """Wait on the loop until something has arrived."""
        loop = asyncio.get_running_loop()
        event = asyncio.Event()
        arrivals = self._arrivals
        arrivals.bell = lambda: loop.call_soon_threadsafe(event.set)
        if arrivals.ready:
            return
        remaining = None if self._deadline is None else self._deadline - time.monotonic()
        try:
            await asyncio.wait_for(event.wait(), remaining)
        except TimeoutError:
            raise TimeoutError(f"{pending_text(arrivals.expected)} not ended in time") from None
        finally:
            arrivals.bell = None

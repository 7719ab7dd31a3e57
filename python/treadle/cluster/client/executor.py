"""The interface of ``concurrent.futures`` over a cluster.

``executor.submit`` returns a ``concurrent.futures.Future``, so everything that takes those
(``asyncio.wrap_future``, ``concurrent.futures.wait``) works.  A call is made though nobody keeps
its future, as with any executor: the executor keeps it until it has ended.
"""

from __future__ import annotations

import concurrent.futures
import functools
import itertools
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from treadle.cluster.client.future import Future

if TYPE_CHECKING:
    from treadle.cluster.client.client import Client

__all__ = ["ClientExecutor"]

_OPTIONS = frozenset(("pure", "workers", "resources", "allow_other_workers", "retries", "priority"))

#: Names that `Client.submit` and `Client.map` take for themselves.
_TAKEN = _OPTIONS | {"key", "fifo_timeout", "actor", "actors", "batch_size"}


class ClientExecutor(concurrent.futures.Executor):
    """An executor whose calls run on a cluster; made by `Client.get_executor`.

    Parameters
    ----------
    client : Client, optional
        Without one a local cluster is started, and stopped at the shutdown.
    max_workers : int, optional
        Processes of that cluster.
    **options
        Options of `Client.submit` for all calls; ``pure`` is False unless said otherwise.

    Examples
    --------
    >>> from treadle import Client
    >>> with Client(processes=False, n_workers=1) as client:
    ...     with client.get_executor() as executor:
    ...         executor.submit(pow, 2, 3).result()
    8
    """

    def __init__(
        self, client: Client | None = None, *, max_workers: int | None = None, **options: Any
    ):
        unknown = sorted(set(options) - _OPTIONS)
        if unknown:
            raise TypeError(f"unknown options of an executor: {', '.join(unknown)}")
        if max_workers is not None and max_workers <= 0:
            raise ValueError("max_workers must be greater than 0")
        self._owns_client = client is None
        if client is None:
            from treadle.cluster.client.client import Client

            client = Client(n_workers=max_workers, threads_per_worker=1, set_as_default=False)
        elif max_workers is not None:
            raise TypeError("max_workers is for an executor that starts its own cluster")
        self._client = client
        self._options = {"pure": False, **options}
        #: What has not ended, by serial number: futures of ours, and those handed out for them.
        self._pending: dict[int, Future] = {}
        self._bridged: dict[int, _Bridged] = {}
        self._serial = itertools.count()
        self._lock = threading.Lock()
        self._closed = False

    def submit(
        self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any
    ) -> concurrent.futures.Future[Any]:
        """Have ``fn(*args, **kwargs)`` called on the cluster.

        Raises
        ------
        RuntimeError
            After `shutdown`.
        """
        if kwargs.keys() & _TAKEN:  # named like an option of ours, and meant for the function
            fn, kwargs = functools.partial(fn, **kwargs), {}
        with self._lock:
            if self._closed:
                raise RuntimeError("cannot schedule new futures after shutdown")
            future = self._client.submit(fn, *args, **self._options, **kwargs)
            serial = self._keep(future)
            bridged = self._bridged[serial] = _Bridged(future, self._bridged, serial)
        call_back = self._client._session.call_back
        if not future._when_ended(lambda: call_back(_Bridged.settle, bridged)):
            bridged.settle()
        return bridged

    def _keep(self, future: Future) -> int:
        """Keep a future until its task has ended."""
        serial = next(self._serial)
        self._pending[serial] = future
        if not future._when_ended(functools.partial(self._pending.pop, serial, None)):
            self._pending.pop(serial, None)
        return serial

    def map(
        self,
        fn: Callable[..., Any],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,
    ) -> Iterator[Any]:
        """Call ``fn`` on the elements of iterables; results come in their order.

        Parameters
        ----------
        timeout : float, optional
            Seconds for all of them, from now on.
        chunksize : int
            Taken for the interface's sake: many calls travel together anyway.
        """
        if chunksize < 1:
            raise ValueError("chunksize must be >= 1.")
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._lock:
            if self._closed:
                raise RuntimeError("cannot schedule new futures after shutdown")
            futures = self._client.map(fn, *iterables, **self._options)
            for future in futures:
                self._keep(future)
        return _results(futures, deadline)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls.

        Parameters
        ----------
        wait : bool
            Return when all calls have ended.
        cancel_futures : bool
            Cancel what has not begun.  Of what was sent last to the workers that is a guess: as
            many calls as there are threads, the oldest, are taken to be running.
        """
        with self._lock:
            self._closed = True
            pending = list(self._pending.items())
        if cancel_futures and self._client.status == "running":
            threads = sum(self._client.nthreads().values())
            late = pending[threads:]
            self._client._cancel([f for _, f in late], False, "the executor was shut down")
            for serial, _ in late:
                bridged = self._bridged.get(serial)
                if bridged is not None:
                    bridged.settle()
        futures = [future for _, future in pending]
        if wait:
            self._client._wait(futures, None)
            concurrent.futures.wait(list(self._bridged.values()))
        if self._owns_client:
            if wait or not pending:
                self._client._close(5.0)
            else:
                threading.Thread(
                    target=self._close_later, args=(futures,), name="treadle-executor-end"
                ).start()

    def _close_later(self, pending: list[Future]) -> None:
        """Stop our own cluster once nothing runs on it."""
        self._client._wait(pending, None)
        self._client._close(5.0)


class _Bridged(concurrent.futures.Future[Any]):
    """A future of ``concurrent.futures`` that a task of the cluster fulfils."""

    def __init__(self, future: Future, kept: dict[int, _Bridged], serial: int):
        super().__init__()
        self._task: Future | None = future
        self._kept = kept
        self._serial = serial

    def cancel(self) -> bool:
        """Cancel the task, unless it has ended; what runs is not stopped."""
        task = self._task
        if task is not None and not self.done():
            task.client._cancel([task], False, "its future was cancelled")
            self.settle()  # whoever cancels is told at once
        return self.cancelled()

    def settle(self) -> None:
        """Hand on how the task has ended; whoever comes second finds it done."""
        task = self._task
        if task is None:
            return
        self._task = None
        try:
            self._take_over(task)
        except concurrent.futures.InvalidStateError:
            pass  # two threads came at once
        finally:
            self._kept.pop(self._serial, None)

    def _take_over(self, task: Future) -> None:
        if task.cancelled():
            super().cancel()
            self.set_running_or_notify_cancel()
            return
        try:
            value = task.client._result(task, None)
        except BaseException as error:
            self.set_exception(error)
        else:
            self.set_result(value)


def _results(futures: list[Future], deadline: float | None) -> Iterator[Any]:
    """Yield results in order, each as soon as those before it are there."""
    try:
        futures.reverse()
        while futures:
            remaining = None if deadline is None else deadline - time.monotonic()
            future = futures.pop()
            client = future.client
            client._wait([future], remaining)
            yield client._result(future, None)
    finally:
        if futures and futures[0].client.status == "running":
            futures[0].client._cancel(futures, False, "its iterator was closed")

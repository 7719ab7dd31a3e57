"""The interface of ``concurrent.futures`` over a cluster.

``executor.submit`` returns a plain ``concurrent.futures.Future``, so everything that takes those
(``asyncio.wrap_future``, ``concurrent.futures.wait``) works.  It is running for as long as its
task is pending: what a cluster was given, it may have begun, so cancelling it takes effect when
the scheduler says so.
"""

from __future__ import annotations

import concurrent.futures
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from treadle.cluster.future import Future
from treadle.cluster.ledger import CANCELLED, ERROR, FINISHED, RELEASED

if TYPE_CHECKING:
    from treadle.cluster.client import Client

__all__ = ["ClientExecutor"]

_OPTIONS = frozenset(
    ("pure", "workers", "resources", "allow_other_workers", "retries", "priority", "key")
)


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
            from treadle.cluster.client import Client

            client = Client(n_workers=max_workers, threads_per_worker=1, set_as_default=False)
        elif max_workers is not None:
            raise TypeError("max_workers is for an executor that starts its own cluster")
        self._client = client
        self._options = {"pure": False, **options}
        self._pending: weakref.WeakSet[Future] = weakref.WeakSet()
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
        with self._lock:
            if self._closed:
                raise RuntimeError("cannot schedule new futures after shutdown")
            if kwargs.keys() & _OPTIONS:
                # Named like an option of ours, and meant for the function.
                import functools

                future = self._client.submit(
                    functools.partial(fn, **kwargs), *args, **self._options
                )
            else:
                future = self._client.submit(fn, *args, **self._options, **kwargs)
            self._pending.add(future)
        return _bridge(future)

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
        import time

        deadline = None if timeout is None else time.monotonic() + timeout
        with self._lock:
            if self._closed:
                raise RuntimeError("cannot schedule new futures after shutdown")
            futures = self._client.map(fn, *iterables, **self._options)
            for future in futures:
                self._pending.add(future)
        return _results(futures, deadline)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls.

        Parameters
        ----------
        wait : bool
            Return when all calls have ended.
        cancel_futures : bool
            Cancel what has not ended.
        """
        with self._lock:
            self._closed = True
            pending = [future for future in self._pending if not future.done()]
        if cancel_futures and pending and self._client.status == "running":
            self._client._cancel(pending, False, "the executor was shut down")
        if wait:
            self._client._wait(pending, None)
        if self._owns_client:
            if wait or not pending:
                self._client._close(5.0)
            else:
                threading.Thread(
                    target=self._close_later, args=(pending,), name="treadle-executor-end"
                ).start()

    def _close_later(self, pending: list[Future]) -> None:
        """Stop our own cluster once nothing runs on it."""
        self._client._wait(pending, None)
        self._client._close(5.0)


class _Bridged(concurrent.futures.Future[Any]):
    """A future of ``concurrent.futures`` that a task of the cluster fulfils."""

    def __init__(self, future: Future):
        super().__init__()
        self.task = future

    def cancel(self) -> bool:
        """Cancel the task, unless it has ended."""
        with self._condition:
            if self.done():
                return self.cancelled()
        self.task.client._cancel([self.task], False, "its future was cancelled")
        # The reader's callback is not waited for: whoever cancels is told at once.
        _settle(self)
        return self.cancelled()

    def running(self) -> bool:
        """Tell whether the task was sent and has not ended."""
        return super().running()


def _bridge(future: Future) -> concurrent.futures.Future[Any]:
    bridged = _Bridged(future)
    client = future.client
    if not future._when_ended(lambda: client._session.call_back(_settle, bridged)):
        _settle(bridged)
    return bridged


def _settle(bridged: _Bridged) -> None:
    """Hand on how a task has ended; whoever comes second finds it done."""
    future = bridged.task
    state = future._batch.state[future._index]
    try:
        if state in (CANCELLED, RELEASED):
            if concurrent.futures.Future.cancel(bridged):
                bridged.set_running_or_notify_cancel()
        elif state == FINISHED:
            bridged.set_result(future.client._result(future, None))
        elif state == ERROR:
            bridged.set_exception(future._failure().exception())
        else:
            try:
                future._raise()
            except Exception as error:
                bridged.set_exception(error)
    except (concurrent.futures.InvalidStateError, RuntimeError):
        pass
    except BaseException as error:  # the result could not be fetched
        bridged.set_exception(error)


def _results(futures: list[Future], deadline: float | None) -> Iterator[Any]:
    """Yield results in order, each as soon as those before it are there."""
    import time

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

"""The client: where calls become tasks of a cluster, and futures become results.

This file is the connection, and what is done with futures.  Its parts are in files of their own:
calls, collections (`lowering.py`), values put on workers (`scattering.py`), questions, datasets.

    client = Client("tcp://10.0.0.7:8786")
    futures = client.map(f, range(1000))
    client.gather(futures)
"""

from __future__ import annotations

import atexit
import functools
import os
import weakref
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from treadle import config
from treadle.cluster.client import current
from treadle.cluster.client.calls import Calls
from treadle.cluster.client.datasets import Datasets
from treadle.cluster.client.fetching import Failed, values_of
from treadle.cluster.client.future import Future
from treadle.cluster.client.ledger import PENDING
from treadle.cluster.client.lowering import Collections
from treadle.cluster.client.nested import futures_of
from treadle.cluster.client.questions import Questions
from treadle.cluster.client.scattering import Scattering
from treadle.cluster.client.session import Session
from treadle.cluster.client.waiting import wait_all
from treadle.errors import ClientClosed
from treadle.protocol.messages import (
    CancelHandles,
    RetryHandles,
    WantKeys,
)
from treadle.utils.duration import seconds

if TYPE_CHECKING:
    from treadle.cluster.client.executor import ClientExecutor
    from treadle.comm.base import Connection
    from treadle.comm.credentials import Credentials
    from treadle.comm.transfer import DataClient

__all__ = ["Client"]

#: The name of the scheduler that is the default client.
CLUSTER = "cluster"

_open: weakref.WeakSet[Client] = weakref.WeakSet()


class Client(Calls, Collections, Scattering, Questions, Datasets):
    """Runs calls on a cluster, and brings their results back.

    Parameters
    ----------
    address : str or cluster, optional
        ``"tcp://host:port"``, ``"unix:///path"``, the name of a cluster of this user, the path of
        a pass to somebody's, or a `LocalCluster`.  Without one a local cluster is started, and
        stopped when this is closed.
    timeout : float
        Seconds to reach the cluster.
    asynchronous : bool
        Be used with ``await``: ``client = await Client(asynchronous=True)``; ``await future``.
    name : str, optional
        For people.
    set_as_default : bool
        Collections compute here when no scheduler is named.
    credentials : Credentials, optional
        The cluster's secrets; those of a named or local cluster are found.
    role : str
        "client"; workers connect for their tasks as "task".
    connection : Connection, optional
        To the scheduler, when there is one already.
    insecure : bool
        Allow addresses on other machines: what is sent there is not encrypted.
    **cluster
        For the local cluster: ``n_workers``, ``threads_per_worker``, ``processes``, ...  Options
        of Dask's clients that have no meaning here are taken; ``scheduler_file`` is the path of a
        pass.

    Examples
    --------
    >>> from treadle import Client
    >>> with Client(processes=False, n_workers=1) as client:
    ...     client.gather(client.map(abs, [-1, 2]))
    [1, 2]
    """

    def __init__(
        self,
        address: Any = None,
        *,
        timeout: float | str = 10.0,
        asynchronous: bool = False,
        name: str | None = None,
        set_as_default: bool = True,
        credentials: Credentials | None = None,
        role: str = "client",
        connection: Connection | None = None,
        insecure: bool = False,
        **cluster: Any,
    ):
        self.asynchronous = asynchronous
        self.name = name or f"client-{os.getpid()}"
        self.cluster: Any = None
        #: In a worker: what a task does around waiting, which is to leave its thread's slot.
        self.around_waits: Callable[[], AbstractContextManager[Any]] | None = None
        self._address = address
        self._timeout = seconds(timeout) or 10.0
        self._set_as_default = set_as_default
        self._credentials = credentials
        self._role = role
        self._connection = connection
        self._insecure = insecure
        if cluster:
            from treadle.deploy.dask_options import client_options

            cluster = client_options(cluster)
            if cluster.get("scheduler_file") is not None and address is None:
                self._address = Path(cluster.pop("scheduler_file"))
            cluster.pop("scheduler_file", None)
        self._cluster_options = cluster
        self._owns_cluster = False
        self._scheduler_before: str | None = None
        self._linked: Session | None = None
        self._closed = False
        self._forked = False
        if not asynchronous:
            self._connect()

    # -- connection -------------------------------------------------------------------------------

    def _connect(self) -> None:
        """Reach the cluster; start one if there is none to reach."""
        from treadle.cluster.client.connect import find_cluster, open_connection

        link = self._connection
        if link is None:
            found = find_cluster(self._address, self._credentials, self._cluster_options)
            self.cluster, self._owns_cluster = found.cluster, found.owned
            self._credentials = found.credentials
            try:
                link, self._address = open_connection(
                    found, self._role, self._timeout, self._insecure
                )
            except BaseException:
                if self._owns_cluster:
                    self.cluster.close()
                raise
        self._linked = Session(link, timeout=self._timeout)
        _open.add(self)
        if self._set_as_default:
            current.push_default(self)
            if config.get("scheduler") != CLUSTER:
                self._scheduler_before = config.get("scheduler")
                config.set(scheduler=CLUSTER)

    @property
    def _client(self) -> Client:
        return self

    @property
    def _session(self) -> Session:
        if self._linked is None:
            if self._closed or self._forked:
                raise ClientClosed(
                    "this client was made by the process that this one was forked from; "
                    "make a client here" if self._forked else "this client is closed"
                )  # fmt: skip
            raise ClientClosed("an asynchronous client is opened by awaiting it: await Client(...)")
        return self._linked

    @property
    def _data(self) -> DataClient:
        """Connections to workers, for results that don't come along."""
        return self._session.data(self._connect_to_workers)

    def _connect_to_workers(self) -> DataClient:
        from treadle.comm.transfer import DataClient

        # Workers know no client's secret: they could pose as one.
        secrets = self._credentials
        role = "task" if secrets is not None and secrets.holds("task") else self._role
        return DataClient(
            secrets,  # type: ignore[arg-type]
            role,
            insecure=self._insecure,
        )

    @property
    def status(self) -> str:
        """ "running", "closed" or "lost"."""
        if self._linked is None or self._linked.closed:
            return "closed"
        return "running" if self._linked.lost_reason is None else "lost"

    def close(self, timeout: float | str | None = 5.0) -> Any:
        """Leave the cluster; futures that are pending are cancelled.

        A local cluster that this client has started is stopped.
        """
        limit = seconds(timeout)
        limit = 5.0 if limit is None else limit
        if self.asynchronous:
            return self._in_thread(self._close, limit)
        self._close(limit)
        return None

    def _close(self, timeout: float) -> None:
        if self._closed:
            return
        self._closed = True
        _open.discard(self)
        current.drop_default(self)
        if current.default_client() is None and config.get("scheduler") == CLUSTER:
            config.set(scheduler=self._scheduler_before or "threads")
        try:
            if self._linked is not None:
                self._linked.close("closed", timeout)
        finally:
            if self._owns_cluster and self.cluster is not None:
                self.cluster.close(timeout)

    def shutdown(self) -> Any:
        """Stop the cluster, its workers and its scheduler, and close this client."""
        return self._sync(self._shutdown)

    def _shutdown(self) -> None:
        if self.cluster is not None:
            self._owns_cluster = True
        else:
            self._manage("stop")
        self._close(5.0)

    def _forget_parent(self) -> None:
        """In a forked child: the connection is the parent's, and not to be touched."""
        self._forked = True
        self._linked = None
        self._owns_cluster = False

    def _sync(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call now, or with an asynchronous client return what can be awaited."""
        if self.asynchronous:
            return self._in_thread(function, *args, **kwargs)
        return function(*args, **kwargs)

    @staticmethod
    async def _in_thread(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        import asyncio

        return await asyncio.to_thread(functools.partial(function, *args, **kwargs))

    async def _open_async(self) -> Client:
        if self._linked is None and not self._closed:
            await self._in_thread(self._connect)
        return self

    def __await__(self) -> Generator[Any, None, Client]:
        return self._open_async().__await__()

    async def __aenter__(self) -> Client:
        return await self._open_async()

    async def __aexit__(self, *exception: object) -> None:
        await self._in_thread(self._close, 5.0)

    def __enter__(self) -> Client:
        if self.asynchronous:
            raise TypeError("an asynchronous client is opened with 'async with'")
        return self

    def __exit__(self, *exception: object) -> None:
        self._close(5.0)

    def __del__(self) -> None:
        try:
            session = self._linked
            if session is None or self._closed:
                return
            self._closed = True
            owned = self.cluster if self._owns_cluster else None
            session.abandon(None if owned is None else owned.close)
        except Exception:  # half made, or the interpreter is going
            pass

    def __reduce__(self) -> tuple[Any, ...]:
        # What a task makes of it: a function that names its notebook's client works there, too.
        return current.get_client, ()

    def __repr__(self) -> str:
        if self._linked is None:
            return f"<Client: {self.status}>"
        workers = list(self._linked.workers.values())
        threads = sum(worker.nthreads for worker in workers)
        return f"<Client: {self._where()!r} workers={len(workers)} threads={threads} {self.status}>"

    def _where(self) -> str:
        if isinstance(self._address, str):
            return self._address
        return str(getattr(self.cluster, "name", None) or self._session.welcome.cluster)

    def _repr_html_(self) -> str:
        from html import escape

        if self._linked is None:
            return f"<b>Client</b> {self.status}"
        rows = "".join(
            f"<tr><td>{escape(worker.name)}</td><td>{worker.nthreads}</td>"
            f"<td>{escape(worker.host)}</td></tr>"
            for worker in list(self._linked.workers.values())[:20]
        )
        return (
            f"<b>Client</b> {escape(self._where())}, {self.status}"
            f"<table><tr><th>Worker</th><th>Threads</th><th>Host</th></tr>{rows}</table>"
        )

    # -- results --------------------------------------------------------------------------

    def gather(
        self,
        futures: Any,
        errors: str = "raise",
        direct: bool | None = None,
        asynchronous: bool | None = None,
    ) -> Any:
        """Wait for futures, and return their results.

        Parameters
        ----------
        futures : Future or nested collection of Future
            Lists, tuples, sets and dictionaries are kept as they are, with results in the places
            of futures.  Iterators become lists.
        errors : {"raise", "skip"}
            What to do when a task failed: raise what it raised, or leave it out.
        direct
            Taken for Dask's sake: results always come from the workers directly.
        asynchronous : bool, optional
            Return a coroutine.

        Returns
        -------
        object

        Raises
        ------
        Exception
            What the first of the failed tasks raised.
        TaskCancelled, SchedulerLost

        Examples
        --------
        >>> from treadle import Client
        >>> with Client(processes=False, n_workers=1) as client:
        ...     client.gather({"a": client.submit(abs, -1), "b": "plain"})
        {'a': 1, 'b': 'plain'}
        """
        __tracebackhide__ = True
        from treadle.cluster.client import gathering

        if errors not in ("raise", "skip"):
            raise ValueError(f"errors must be 'raise' or 'skip', not {errors!r}")
        if self.asynchronous if asynchronous is None else asynchronous:
            return gathering.gather_async(self, futures, errors)
        return gathering.gather(self, futures, errors)

    def cancel(
        self,
        futures: Any,
        asynchronous: bool | None = None,
        force: bool = False,
        reason: str | None = None,
        msg: str | None = None,
    ) -> Any:
        """Cancel tasks: what has not begun is not run, what runs is not stopped.

        Parameters
        ----------
        futures : Future or nested collection of Future
        force : bool
            Also if other clients want the results.
        reason : str, optional
            Stands in the error that the futures raise from now on.
        """
        return self._sync(self._cancel, futures, force, reason or msg or "its client did so")

    def _cancel(self, futures: Any, force: bool, reason: str) -> None:
        found = futures_of(futures)
        self._session.send(CancelHandles([future._handle for future in found], force))
        self._session.ledger.cancelled([future._handle for future in found], reason)

    def retry(self, futures: Any, asynchronous: bool | None = None) -> Any:
        """Run failed tasks, and the failed ones that they need, once more.

        Parameters
        ----------
        futures : Future or nested collection of Future
        """
        return self._sync(self._retry, futures)

    def _retry(self, futures: Any) -> None:
        handles = [f._handle for f in futures_of(futures) if f.status == "error"]
        self._session.ledger.again(handles)
        self._session.send(RetryHandles(handles))

    def get_executor(self, **kwargs: Any) -> ClientExecutor:
        """Return a ``concurrent.futures`` executor that runs its calls on this cluster.

        Parameters
        ----------
        **kwargs
            Options of `submit` that all its calls get, such as ``pure`` or ``retries``.

        Examples
        --------
        >>> from treadle import Client
        >>> with Client(processes=False, n_workers=1) as client:
        ...     with client.get_executor() as executor:
        ...         list(executor.map(abs, [-1, 2]))
        [1, 2]
        """
        from treadle.cluster.client.executor import ClientExecutor

        return ClientExecutor(self, **kwargs)

    # -- inside -----------------------------------------------------------------------------------

    def _want(self, texts: list[str], names: list[Any]) -> list[Future]:
        """Return futures of tasks by key, that somebody has submitted."""
        batch = self._session.ledger.open(texts, self)
        futures = [Future(batch, index, name) for index, name in enumerate(names)]
        self._session.send(WantKeys(batch.base, texts))
        return futures

    def _keys_of(self, handles: tuple[int, ...]) -> list[str]:
        """Return the keys of handles whose futures are alive."""
        ledger = self._session.ledger
        batches = [ledger.batch_of(handle) for handle in handles]
        return [
            batch.keys[handle - batch.base] if batch is not None else str(handle)
            for handle, batch in zip(handles, batches, strict=True)
        ]

    def _waiting(self) -> AbstractContextManager[Any]:
        """Return what a wait stands in."""
        return nullcontext() if self.around_waits is None else self.around_waits()

    def _wait(self, futures: list[Future], timeout: float | None) -> None:
        if any(future._batch.state[future._index] == PENDING for future in futures):
            with self._waiting():
                wait_all(futures, timeout)

    def _result(self, future: Future, timeout: float | None) -> Any:
        """Return the result of one future."""
        __tracebackhide__ = True
        content = future._batch.content[future._index]
        if type(content) is not bytes:
            self._wait([future], timeout)
        (value,) = values_of(self, [future], timeout)
        if isinstance(value, Failed):
            value.throw()
        return value


@atexit.register
def _close_all() -> None:
    """Close what the program left open."""
    for client in list(_open):
        try:
            client._close(2.0)
        except Exception:  # nothing can be done about it any more
            pass


def _after_fork() -> None:
    current.forget_defaults()
    if config.get("scheduler") == CLUSTER:  # which has no meaning here
        before = [client._scheduler_before for client in _open if client._scheduler_before]
        config.set(scheduler=before[0] if before else "threads")
    for client in list(_open):
        client._forget_parent()
    _open.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

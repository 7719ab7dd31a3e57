"""`LocalCluster`: a scheduler and workers on this machine.

    LocalCluster()                   this process ── nanny ── scheduler, workers
    LocalCluster(processes=False)    threads of this process
    LocalCluster(detached=True)      nanny on its own ── scheduler, workers

The first starts what has to be imported beside what this process still has to import; from the
second on, a warm nanny has it all.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Generator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from treadle.errors import ClusterError, ConfigError
from treadle.utils.duration import seconds
from treadle.utils.process import cpu_count, total_memory

if TYPE_CHECKING:
    from treadle.comm.credentials import Credentials
    from treadle.deploy.local_processes import ProcessLaunch
    from treadle.deploy.local_threads import ThreadLaunch
    from treadle.feedserver.records import Record

START_SECONDS = 30.0
CLOSE_SECONDS = 5.0

_open: weakref.WeakSet[LocalCluster] = weakref.WeakSet()


class LocalCluster:
    """A cluster on this machine, which ends with this process.

    Ready when its first worker is; the others follow.

    Parameters
    ----------
    n_workers, threads_per_worker : int, optional
        As many as there are cores for, unless told.
    processes : bool
        Workers are processes; otherwise threads of this one.
    memory_limit : str, int, float or None
        Of each worker: "auto" for an equal part of the machine's, "4 GB", a number of bytes, a
        part of the machine's up to 1.0, None for no limit.
    name : str, optional
        By which it is found: ``Client("name")``, in the sidebar, on the command line.  Lower
        case letters, digits and dashes.
    host : str, optional
        Listen on TCP here as well, such as "127.0.0.1".  UNIX sockets alone, unless told.
    port : int
        For TCP; 0 takes a free one.
    resources : dict, optional
        Amounts, on each worker, of what tasks can ask for: ``{"GPU": 1}``.
    preload : sequence of str
        Modules to import before workers start, such as ``("numpy", "pandas")``.
    detached : bool
        Let the cluster live on when this process ends, until somebody stops it.
    asynchronous : bool
        Start with ``await`` or ``async with``.
    insecure : bool
        Let ``host`` be an address that other machines can reach, though what goes over the
        network is not encrypted.
    timeout : float or str
        Seconds for the start, or "1 minute".
    **dask
        Other options of Dask's, such as ``dashboard_address``: taken where they have no meaning
        here, and refused where they would.

    Examples
    --------
    >>> from treadle import Client, LocalCluster
    >>> with LocalCluster(n_workers=1, processes=False) as cluster, Client(cluster) as client:
    ...     client.submit(sum, [1, 2]).result()
    3
    """

    def __init__(
        self,
        n_workers: int | None = None,
        threads_per_worker: int | None = None,
        *,
        processes: bool = True,
        memory_limit: str | float | None = "auto",
        name: str | None = None,
        host: str | None = None,
        port: int = 0,
        resources: dict[str, float] | None = None,
        preload: Sequence[str] = (),
        detached: bool = False,
        asynchronous: bool = False,
        insecure: bool = False,
        timeout: float | str = START_SECONDS,
        **dask: Any,
    ):
        from treadle.deploy.dask_options import cluster_options
        from treadle.deploy.sizing import memory_limit as parse_memory_limit
        from treadle.deploy.sizing import plan

        if detached and not processes:
            raise ConfigError("a detached cluster needs processes of its own")
        n, threads = plan(n_workers, threads_per_worker, cores=cpu_count(), processes=processes)
        self.asynchronous = asynchronous
        self.status = "created"
        self._pid = os.getpid()
        self._n_workers = n
        self._threads = threads
        self._memory_limit = parse_memory_limit(memory_limit, n_workers=n, total=total_memory())
        self._resources = _check_resources(resources or {})
        self._processes = processes
        self._detached = detached
        meant = {"host": None, "port": 0, **cluster_options(dask)}
        self._listen = (host or meant["host"], port or meant["port"], insecure)
        self._preload = tuple(preload)
        self._timeout = seconds(timeout) or START_SECONDS
        self._launch: ProcessLaunch | ThreadLaunch | None = None
        self._credentials: Credentials | None = None
        self._is_named = name is not None
        self.name = name or f"local-{os.urandom(4).hex()}"
        if not asynchronous:
            self._start()

    # ---- where it is ----

    @property
    def address(self) -> str:
        """The scheduler's address, the best one for this process."""
        return self.addresses[0]

    @property
    def addresses(self) -> list[str]:
        """All addresses of the scheduler."""
        return self._running().addresses

    @property
    def scheduler_address(self) -> str:
        """The scheduler's address."""
        return self.address

    @property
    def credentials(self) -> Credentials:
        """The secrets that let one in."""
        if self._credentials is None:
            raise ClusterError(f"{self.name} has not been started")
        return self._credentials

    @property
    def record(self) -> Record:
        """The record by which other processes find it.

        Raises
        ------
        ClusterError
            If it could not be written.
        """
        from treadle.deploy import records

        launch = self._running()
        launch.wait_recorded(self._timeout)
        if launch.record_error:
            raise ClusterError(f"{self.name} can't be found by name: {launch.record_error}")
        return records.find(self.name)

    # ---- what it is like ----

    @property
    def scheduler_info(self) -> dict[str, Any]:
        """How the scheduler describes the cluster: workers, tasks by state, clients."""
        from treadle.protocol.messages import Query

        return dict(self._ask(lambda number: Query(number, "info")))

    @property
    def workers(self) -> dict[str, dict[str, Any]]:
        """The workers that are there, by name."""
        return {worker["name"]: worker for worker in self.scheduler_info["workers"]}

    # ---- what can be done with it ----

    def scale(self, n: int) -> None:
        """Have ``n`` workers, sooner or later; what those that leave hold is moved first."""
        from treadle.protocol.messages import Manage

        if not isinstance(n, int) or n < 0:
            raise ConfigError(f"a cluster can't have {n!r} workers")
        self._ask(lambda number: Manage(number, "scale", n=n))
        self._n_workers = n

    def close(self, timeout: float = CLOSE_SECONDS) -> Any:
        """End it, and all its processes; in asynchronous use, await this."""
        if self.asynchronous:
            import asyncio

            return asyncio.ensure_future(asyncio.to_thread(self._close, timeout))
        self._close(timeout)
        return None

    def detach(self) -> None:
        """Leave a detached cluster to itself: this object is done with."""
        launch = self._running()
        if not launch.detached:
            raise ConfigError("only a cluster made with detached=True can be left to itself")
        self.status = "detached"
        _open.discard(self)
        launch.release()

    def wait_closed(self, timeout: float | None = None) -> str | None:
        """Wait until it has ended, and return why; None when it still runs after ``timeout``."""
        launch = self._launch
        if launch is None:
            raise ClusterError(f"{self.name} has not been started")
        launch.wait_end(timeout)
        return launch.end

    # ---- inside ----

    def _start(self) -> None:
        if self._processes:
            # First of all: the nanny starts beside what is imported here.
            from treadle.deploy.local_processes import ProcessLaunch

            launch = ProcessLaunch(self.name, detached=self._detached)
            try:
                self._start_processes(launch)
            except BaseException:
                launch.close(1.0)
                raise
            self._launch = launch
        else:
            self._launch = self._start_threads()
        from treadle.deploy import records

        self.status = "running"
        records.announce(self.name, self._launch.wait_recorded)
        _open.add(self)
        _close_at_exit()

    def _start_processes(self, launch: ProcessLaunch) -> None:
        sockets, addresses = self._choose_addresses()
        cluster, everything = self.credentials.cluster, self.credentials
        launch.start(
            {
                "name": self.name,
                "addresses": addresses,
                "insecure": self._listen[2],
                "cluster": cluster,
                "secrets": everything.reveal(),
            },
            {
                **self._worker(),
                "preload": self._preload,
                "echo": self._detached,  # ours are its streams, and we are shown what clients are
                "cluster": cluster,
                "secrets": everything.only("worker").reveal(),
            },
            n=self._n_workers,
            sockets=sockets,
            preload=self._preload,
        )
        launch.wait(self._timeout)

    def _start_threads(self) -> ThreadLaunch:
        from treadle.deploy.local_threads import ThreadLaunch

        _, addresses = self._choose_addresses()
        launch = ThreadLaunch(
            self.name, self.credentials, addresses, self._worker(), insecure=self._listen[2]
        )
        launch.start(n=self._n_workers, label=self.name)
        return launch

    def _choose_addresses(self) -> tuple[str, list[str]]:
        """Make secrets; return how paths of sockets begin, and where the scheduler listens."""
        from treadle.comm.credentials import Credentials
        from treadle.comm.sockets import socket_directory

        if self._is_named:
            from treadle.feedserver import records

            records.check_free(self.name, records.records_directory())
        self._credentials = Credentials.new(os.urandom(8).hex())
        sockets = f"{socket_directory()}/{self._credentials.cluster}"
        addresses = [f"unix://{sockets}.sock"]
        host, port, _ = self._listen
        if host is not None:
            addresses.append(f"tcp://{f'[{host}]' if ':' in host else host}:{port}")
        return sockets, addresses

    def _worker(self) -> dict[str, Any]:
        return {
            "nthreads": self._threads,
            "memory_limit": self._memory_limit,
            "resources": self._resources,
        }

    def _running(self) -> ProcessLaunch | ThreadLaunch:
        if self._launch is None or self._pid != os.getpid():
            state = "belongs to another process" if self._launch else "has not been started"
            raise ClusterError(f"{self.name} {state}")
        if self._launch.end is not None:
            raise ClusterError(f"{self.name} has ended: {self._launch.end}")
        return self._launch

    def _ask(self, make: Any) -> Any:
        from treadle.cluster import control

        return control.ask(self._running().addresses, self.credentials, make)

    def _close(self, timeout: float) -> None:
        if self.status != "running" or self._launch is None or self._pid != os.getpid():
            return
        from treadle.deploy import records

        self.status = "closed"
        records.announce(self.name, None)
        _open.discard(self)
        self._launch.close(timeout)

    def __enter__(self) -> LocalCluster:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._close(CLOSE_SECONDS)

    def __await__(self) -> Generator[Any, None, LocalCluster]:
        return self._start_asynchronously().__await__()

    async def _start_asynchronously(self) -> LocalCluster:
        import asyncio

        if self._launch is None:
            await asyncio.to_thread(self._start)
        return self

    async def __aenter__(self) -> LocalCluster:
        return await self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        import asyncio

        await asyncio.to_thread(self._close, CLOSE_SECONDS)

    def __del__(self) -> None:
        if getattr(self, "status", "") == "running" and not self._detached:
            # Whatever thread this is may hold the locks that closing takes.
            try:
                threading.Thread(target=self._launch_close, daemon=True).start()
            except RuntimeError:
                pass  # the interpreter ends, and the nanny notices

    def _launch_close(self) -> None:
        self._close(CLOSE_SECONDS)

    def __repr__(self) -> str:
        size = f"{self._n_workers} workers of {self._threads} threads"
        return f"<LocalCluster {self.name!r}, {self.status}, {size}>"

    def _repr_html_(self) -> str:
        from html import escape

        from treadle.utils.format import nbytes

        limit = nbytes(self._memory_limit) if self._memory_limit else "none"
        facts = {
            "status": self.status,
            "workers": self._n_workers,
            "threads per worker": self._threads,
            "memory limit per worker": limit,
        }
        rows = "".join(f"<tr><td>{k}</td><td>{escape(str(v))}</td></tr>" for k, v in facts.items())
        return f"<table><caption>LocalCluster {escape(self.name)}</caption>{rows}</table>"


def _check_resources(resources: dict[str, float]) -> dict[str, float]:
    for name, amount in resources.items():
        if not isinstance(name, str) or not isinstance(amount, (int, float)) or not amount >= 0:
            raise ConfigError(f"not a resource: {name!r}: {amount!r}; write it like {{'GPU': 1}}")
    return {name: float(amount) for name, amount in resources.items()}


_at_exit = False


def _close_at_exit() -> None:
    """Once.  Registered after the nanny's own end, so done before it."""
    global _at_exit
    if not _at_exit:
        import atexit

        _at_exit = True
        atexit.register(_close_all)


def _close_all() -> None:
    for cluster in list(_open):
        if not cluster._detached:
            cluster._close(2.0)

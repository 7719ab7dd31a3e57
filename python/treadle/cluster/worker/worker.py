"""The worker: runs tasks, keeps their results, gives them to whoever asks.

    scheduler ══ control connection ══> reader ──events──> WorkerState ──instructions──┐
        ^                                                      ^  (one lock)           │
        │                                                      │ take, finish          v
        └──── Finished … ──── Report <── compute threads (Lanes) ──            Fetchers ══> peers
                                  ^                                 data <──────────┘
                                  └── Pulse: heartbeat, what lies about      ^
                                                               DataServer ═══┘ <══ peers, clients

This file composes and translates; it decides nothing.  What to run, fetch and keep is decided by
`treadle.scheduling.worker.state`, how a task is run by `treadle.cluster.worker.runner`.
"""

from __future__ import annotations

import logging
import os
import platform
import socket
import threading
import time
from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING, Any

import treadle
from treadle.cluster.worker import context as worker_context
from treadle.cluster.worker.address import data_addresses
from treadle.cluster.worker.fetch import Fetchers
from treadle.cluster.worker.lanes import Lanes
from treadle.cluster.worker.output import Capture, Slate
from treadle.cluster.worker.pulse import Pulse
from treadle.cluster.worker.report import Report
from treadle.cluster.worker.runner import Function, describe, run_outside
from treadle.comm.blocking import Connection, connect
from treadle.comm.credentials import Credentials
from treadle.comm.transfer import MISSING, DataClient, DataServer
from treadle.errors import CommError, FrameError
from treadle.protocol import messages as m
from treadle.protocol.serialize import DeserializeFailure, dumps_value
from treadle.scheduling.worker.instructions import Added, Drop, Fetch, Missing
from treadle.scheduling.worker.state import WorkerState
from treadle.utils.sizeof import sizeof

if TYPE_CHECKING:
    from treadle.cluster.client.client import Client

log = logging.getLogger("treadle.worker")

#: Seconds that closing may take when threads do not end.
CLOSE_SECONDS = 5.0


class Worker:
    """Runs tasks for a scheduler, in threads of this process.

    Parameters
    ----------
    address : str
        Of the scheduler.
    credentials : Credentials
        With the secret of workers.
    nthreads : int, default 1
        Tasks at a time.
    name : str, optional
        What people call it; made up when it is missing.
    memory_limit : int, default 0
        Bytes, for the scheduler to know; 0 is unknown.
    resources : dict, optional
        Amounts of what tasks can ask for, such as ``{"GPU": 1}``.
    listen : list of str, optional
        Addresses to serve data at.
    connection : Connection, optional
        To the scheduler, when there is one already.
    capture : bool, default False
        Send what tasks print, log and warn of to their client.  For processes that do nothing
        else than be a worker: it replaces ``sys.stdout`` and ``sys.stderr``.
    echo : bool, default True
        With ``capture``: write what no task says to the process's own streams as well.
    insecure : bool, default False
        Allow addresses on other machines: what is sent there is not encrypted.

    Attributes
    ----------
    number : int
        Given by the scheduler, never twice; -1 before.
    reason : str
        Why it has ended.
    dismissed : bool
        Was that wanted: has somebody closed it, or the scheduler let it go?
    """

    def __init__(
        self,
        address: str,
        credentials: Credentials,
        *,
        nthreads: int = 1,
        name: str | None = None,
        memory_limit: int = 0,
        resources: dict[str, float] | None = None,
        listen: list[str] | None = None,
        connection: Connection | None = None,
        capture: bool = False,
        echo: bool = True,
        insecure: bool = False,
    ):
        self.address = address
        self.nthreads = nthreads
        self.name = name or f"worker-{os.getpid()}"
        self.memory_limit = memory_limit
        self.resources = resources or {}
        self.number = -1
        self.cluster = ""
        self.reason = ""
        self.dismissed = False
        self.data: dict[int, Any] = {}
        self._credentials = credentials
        self._listen = listen
        self._insecure = insecure
        self._connection = connection
        self._origin = time.time() - perf_counter()  # so that spans never jump with the clock
        # Reentrant, so that a thread never releases what another one holds, whatever it raised.
        self._lock = threading.RLock()
        self._state = WorkerState(nthreads)
        self._functions: dict[int, Function] = {}
        self._peers: dict[int, list[str]] = {}
        self._report = Report(self._lock, self._send)
        self._client: Client | None = None
        self._client_lock = threading.Lock()
        self._registered = threading.Event()
        self._closing = threading.Lock()
        self._done = threading.Event()
        self._common: Slate = Slate(lambda: self._pulse.arm())
        self._pulse = Pulse(
            self._state,
            self._lock,
            self._report,
            self._common,
            self._origin,
            self._broken,
            self.name,
        )
        self._lanes = Lanes(
            self, self._state, self._lock, self._report, self.data, self._functions,
            self._origin, self._pulse.arm, self._broken,
        )  # fmt: skip
        self._data_client = DataClient(credentials, "worker", insecure=insecure)
        self._fetchers = Fetchers(
            self._data_client, self._peers, self._fetched, self._broken, self.name
        )
        self._capture = Capture(self._common, echo=echo) if capture else None
        self._handlers: dict[type, Callable[[Any], None]] = {
            m.Registered: self._on_registered,
            m.Peers: self._on_peers,
            m.Functions: self._on_functions,
            m.Compute: self._on_compute,
            m.Release: self._on_release,
            m.TakeBack: self._on_take_back,
            m.Replicate: self._on_replicate,
            m.Holders: self._on_holders,
        }

    # -- its life --------------------------------------------------------------------------------

    def start(self, timeout: float = 10.0) -> None:
        """Connect and register; returns when the scheduler has taken the worker in.

        Raises
        ------
        CommError
            If the scheduler can't be reached, refuses, or does not answer in time.
        """
        try:
            if self._connection is None:
                self._connection = connect(
                    self.address,
                    self._credentials,
                    "worker",
                    timeout=timeout,
                    insecure=self._insecure,
                )
            self._data_server = DataServer(
                self._listen or data_addresses(self.address, self._connection),
                self._credentials,
                self._get,
                self._put,
                insecure=self._insecure,
            )
            self._lanes.start()
            self._report.send(
                m.Register(
                    name=self.name,
                    host=socket.gethostname(),
                    pid=os.getpid(),
                    nthreads=self.nthreads,
                    memory_limit=self.memory_limit,
                    addresses=list(self._data_server.addresses),
                    resources=self.resources,
                    now=perf_counter() + self._origin,
                    versions={
                        "treadle": treadle.__version__,
                        "python": platform.python_version(),
                    },
                )
            )
            reader = threading.Thread(target=self._read, name=f"{self.name}-control", daemon=True)
            reader.start()
            if not self._registered.wait(timeout):
                raise CommError(f"the scheduler at {self.address} did not answer in {timeout} s")
            if self.number < 0:
                raise CommError(f"the scheduler at {self.address} refused: {self.reason}")
            self._pulse.start(self._lanes)
        except BaseException:
            self.close("did not start")
            raise

    def join(self, timeout: float | None = None) -> bool:
        """Wait until the worker has ended; return whether it has."""
        return self._done.wait(timeout)

    def close(self, reason: str = "") -> None:
        """Tell the scheduler, and end.  Tasks that run are not waited for."""
        self.dismissed = self.dismissed or not self._closing.locked()
        self._end(reason, goodbye=True)
        self._done.wait(CLOSE_SECONDS)  # when somebody else was quicker

    def __enter__(self) -> Worker:
        if self.number < 0:
            self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Worker {self.name!r} of {self.address}, {self.nthreads} threads>"

    def client(self, timeout: float | None = None) -> Client:
        """Return the client that tasks of this worker share, connected back to the scheduler."""
        with self._client_lock:
            if self._client is None or self._client.status != "running":
                from treadle.cluster.client.client import Client

                self._client = Client(
                    self.address,
                    timeout=timeout or 10.0,
                    name=f"{self.name}-tasks",
                    set_as_default=False,
                    credentials=self._credentials,
                    role="task",
                    insecure=self._insecure,
                )
                self._client.around_waits = worker_context.waiting
            return self._client

    def _end(self, reason: str, goodbye: bool) -> None:
        if not self._closing.acquire(blocking=False):
            return  # somebody does it already
        self.reason = reason
        if goodbye and self._connection is not None:
            self._report.flush()
            self._report.send(m.Goodbye(reason))
        if self._connection is not None:
            self._connection.close()
        self._registered.set()
        self._lanes.close()
        self._pulse.close()
        self._data_client.close()
        self._fetchers.close()
        if hasattr(self, "_data_server"):
            self._data_server.close()
        if self._client is not None:
            self._client.close()
        if self._capture is not None:
            self._capture.close()
        self._done.set()

    def _broken(self, error: BaseException) -> None:
        """A thread of ours has failed: the worker can't be trusted, and says so by leaving."""
        if not self._closing.locked():
            log.error("worker %s ends: %s", self.name, error, exc_info=error)
            self._end(f"{type(error).__name__}: {error}", goodbye=True)

    def _send(self, frames: list[bytes]) -> None:
        """Write frames to the scheduler; when it has gone, the reader ends the worker.

        Raises
        ------
        FrameError
            For a message that is too large; nothing of it was sent.
        """
        connection = self._connection
        assert connection is not None
        try:
            for frame in frames:
                connection.send(frame)
        except FrameError:
            raise
        except CommError:
            # Whoever reports may hold a lock that ending needs: leave that to the reader.
            connection.close()

    # -- what the scheduler says -----------------------------------------------------------------

    def _read(self) -> None:
        """Be the thread that listens to the scheduler."""
        connection = self._connection
        assert connection is not None
        try:
            while True:
                frames = connection.recv()
                self._apply([m.decode_to_worker(frame) for frame in frames])
        except CommError as error:
            self._end(f"the scheduler has gone: {error}", goodbye=False)
        except BaseException as error:
            self._broken(error)

    def _apply(self, messages: list[Any]) -> None:
        """Take in what has come at once."""
        others: list[Any] = []
        handlers = self._handlers
        with self._lock:
            for message in messages:
                handler = handlers.get(type(message))
                if handler is None:
                    others.append(message)
                else:
                    handler(message)
            dropped, fetches = self._drain()
            if self._state.ready:
                self._lanes.wake_one()
            urgent = bool(self._report.after)
        self._follow(dropped, fetches, urgent)
        for message in others:
            if type(message) is m.RunFunction:
                threading.Thread(
                    target=self._run_function,
                    args=(message,),
                    name=f"{self.name}-run-{message.number}",
                    daemon=True,
                ).start()
            elif type(message) is m.Goodbye:
                self.dismissed = True
                self._end(message.reason or "the scheduler said goodbye", goodbye=False)

    def _drain(self) -> tuple[list[Any], list[Fetch]]:
        """Carry out instructions, as far as that is done with the lock held.

        Returns values to be let go of, and requests to be made, without the lock.
        """
        dropped: list[Any] = []
        fetches: list[Fetch] = []
        report = self._report
        for instruction in self._state.drain():
            kind = type(instruction)
            if kind is Fetch:
                fetches.append(instruction)  # type: ignore[arg-type]
            elif kind is Drop:
                dropped += [self.data.pop(id, None) for id in instruction.ids]  # type: ignore[attr-defined]
            elif kind is Added:
                report.added += instruction.ids  # type: ignore[attr-defined]
                report.since = report.since or perf_counter()
            elif kind is Missing:
                report.after.append(m.Missing(instruction.ids, instruction.holder))  # type: ignore[attr-defined]
                report.since = report.since or perf_counter()
        return dropped, fetches

    def _follow(self, dropped: list[Any], fetches: list[Fetch], urgent: bool) -> None:
        """The part of `_drain` that is done without the lock: it may take its time."""
        for fetch in fetches:
            self._fetchers.fetch(fetch)
        if urgent:
            self._report.flush()
        elif self._report.since:
            self._pulse.arm()
        dropped.clear()  # frees values: code of the user's may run

    def _on_registered(self, message: m.Registered) -> None:
        self.number, self.cluster = message.worker, message.cluster
        self._registered.set()

    def _on_peers(self, message: m.Peers) -> None:
        for peer in message.workers:
            self._peers[peer.number] = peer.addresses

    def _on_functions(self, message: m.Functions) -> None:
        for number, blob in zip(message.numbers, message.blobs, strict=True):
            self._functions[number] = Function(blob)

    def _on_compute(self, message: m.Compute) -> None:
        self._state.compute(
            message.ids, message.functions, message.ranks, message.args, message.inputs,
            message.wanted, message.holders, message.nbytes,
        )  # fmt: skip

    def _on_release(self, message: m.Release) -> None:
        self._state.release(message.ids)

    def _on_take_back(self, message: m.TakeBack) -> None:
        report = self._report
        dropped, kept = self._state.take_back(message.ids)
        report.after.append(m.TakenBack(dropped, kept))
        report.since = report.since or perf_counter()

    def _on_replicate(self, message: m.Replicate) -> None:
        self._state.replicate(message.holders, message.nbytes)

    def _on_holders(self, message: m.Holders) -> None:
        self._state.holders(message.holders, message.nbytes)

    def _run_function(self, message: m.RunFunction) -> None:
        """Call a function outside of any task, on a thread of its own."""
        worker_context.enter(self)
        try:
            value = dumps_value(run_outside(message.blob, self))
            self._report.send(m.RunResult(message.number, self.name, value))
        except BaseException as raised:
            error = describe(raised)
            self._report.send(m.RunResult(message.number, self.name, b"", error))

    # -- data ------------------------------------------------------------------------------------

    def _get(self, ids: list[int]) -> list[Any]:
        """What peers and clients ask for."""
        data = self.data
        values = [data.get(id, MISSING) for id in ids]
        return [MISSING if type(value) is DeserializeFailure else value for value in values]

    def _put(self, values: dict[int, Any]) -> None:
        """Values that a client puts here."""
        sizes = [sizeof(value) for value in values.values()]
        with self._lock:
            self.data.update(values)
            kept = self._state.put(list(values), sizes)
            now = perf_counter() + self._origin
            self._report.rows += [
                (id, size, 0, now, now)
                for id, size in zip(values, sizes, strict=True)
                if id in kept
            ]
            self._report.since = self._report.since or perf_counter()
            dropped, fetches = self._drain()
            if self._state.ready:
                self._lanes.wake_one()
        self._follow(dropped, fetches, urgent=True)

    def _fetched(self, fetch: Fetch, values: dict[int, Any] | None) -> None:
        """A request has ended, one way or another."""
        state = self._state
        if values is None:
            with self._lock:
                state.fetch_unreachable(fetch.worker, fetch.ids)
                dropped, fetches = self._drain()
                urgent = bool(self._report.after)
            self._follow(dropped, fetches, urgent)
            return
        here = [id for id in fetch.ids if id in values]
        sizes = [sizeof(values[id]) for id in here]
        absent = [id for id in fetch.ids if id not in values]
        with self._lock:
            if any(type(value) is DeserializeFailure for value in values.values()):
                self._lanes.spoiled = True
            for id in here:
                if id not in state.nbytes:
                    self.data[id] = values[id]
            if here:
                state.fetched(fetch.worker, here, sizes)
            if absent:
                state.fetch_missing(fetch.worker, absent)
            dropped, fetches = self._drain()
            if state.ready:
                self._lanes.wake_one()
            urgent = bool(self._report.after)
        values.clear()
        self._follow(dropped, fetches, urgent)

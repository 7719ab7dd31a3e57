"""The scheduler's shell: connections on one side, the state machine on the other.

    frames -> messages -> events -> SchedulerState.handle() -> instructions -> messages -> frames

It decides nothing.  What comes from clients is translated in `clients.py`, what comes
from workers in `workers.py`, questions are answered in `queries.py`, spans go
to panes through `feed.py`.  Bytes of users (functions, arguments, results, errors) are
kept and forwarded, and never opened: nothing here imports pickle.

All of it runs in one event loop; `Scheduler.start_in_thread` gives it a thread of its own.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from time import monotonic
from typing import Any, Protocol

from treadle.cluster.scheduler.calls import FunctionCalls
from treadle.cluster.scheduler.clients import ClientPeer
from treadle.cluster.scheduler.feed import SchedulerFeed
from treadle.cluster.scheduler.functions import FunctionTable
from treadle.cluster.scheduler.workers import WorkerPeer
from treadle.comm.aio import AioListener, Channel, ChannelUser, listen
from treadle.comm.base import Connection
from treadle.comm.credentials import Credentials
from treadle.errors import CommError
from treadle.protocol import messages as m
from treadle.scheduling.scheduler import events as ev
from treadle.scheduling.scheduler import instructions as ins
from treadle.scheduling.scheduler.state import SchedulerState
from treadle.telemetry.hub import EventHub

logger = logging.getLogger("treadle.scheduler")

#: Seconds between two looks at the state when time alone may change a decision.
TICK = 0.01

#: Clients of the state that are no connections: published results, and tasks nobody waits for.
PUBLISHED, FORGOTTEN, FIRST_CLIENT = 0, 1, 2

#: Bytes that a client may send in one message.
MAX_MESSAGE = 8 * 2**20


class Manager(Protocol):
    """Who starts and stops the workers of a cluster."""

    def scale(self, n: int) -> None:
        """Have ``n`` workers, sooner or later."""

    def restart(self) -> None:
        """Replace all workers by new ones."""

    def stop(self) -> None:
        """End the cluster."""


class Scheduler:
    """One scheduler.

    Parameters
    ----------
    credentials : Credentials
        With the secrets of all roles.
    addresses : iterable of str
        Where to listen; ``connect_inproc`` works without any.
    name : str
        What people call the cluster.
    manager : Manager, optional
        Who starts and stops its workers.
    hub : EventHub, optional
        Where spans of tasks are recorded; a new one unless given.
    insecure : bool
        Allow addresses that other machines can reach.

    Examples
    --------
    >>> scheduler = Scheduler(Credentials.new("abc"), name="abc")
    >>> scheduler.start_in_thread()
    >>> scheduler.close()
    """

    def __init__(
        self,
        credentials: Credentials,
        addresses: Iterable[str] = (),
        *,
        name: str,
        manager: Manager | None = None,
        hub: EventHub | None = None,
        insecure: bool = False,
    ):
        self.credentials = credentials
        self.name = name
        self.manager = manager
        self.hub = EventHub() if hub is None else hub
        self.state = SchedulerState()
        self.functions = FunctionTable()
        self.feed = SchedulerFeed(self.hub, self.state.columns)
        self.calls = FunctionCalls(self)
        self.workers: dict[int, WorkerPeer] = {}
        self.clients: dict[int, ClientPeer] = {}
        self.datasets: dict[str, tuple[bytes, list[int]]] = {}
        self.on_stopped: Callable[[], None] = _nothing
        self.addresses: list[str] = []
        self._listen_to = list(addresses)
        self._insecure = insecure
        self._listener: AioListener | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self._next_worker = 0
        self._next_client = FIRST_CLIENT
        self._next_handle = 0  # of the clients that are no connections
        self._tick_is_due = False
        self._exits: dict[str, str] = {}
        #: How many workers somebody has asked for; None until then.
        self.scaled_to: int | None = None
        self.state.handle([ev.ClientJoined(PUBLISHED), ev.ClientJoined(FORGOTTEN)], monotonic())

    # -- life ------------------------------------------------------------------------------------

    async def run(self, started: Callable[[], None] | None = None) -> None:
        """Listen, and work until `close` is called; ``started()`` is called in between."""
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        self._listener = await listen(
            self._listen_to, self.credentials, self._let_in, insecure=self._insecure
        )
        self.addresses = list(self._listener.addresses)
        if started is not None:
            started()
        try:
            await self._stopping.wait()
        finally:
            goodbye = m.encode(m.Goodbye("the scheduler is closing"))
            for channel in list(self._listener.channels):
                channel.write(goodbye)
            self._listener.close("the scheduler is closing")
            await self._listener.wait_closed()
            self.on_stopped()

    def start_in_thread(self, timeout: float = 10.0) -> None:
        """Run in a new thread; return when it listens.

        Raises
        ------
        AddressError
            If an address can't be had.
        """
        started = threading.Event()
        failure: list[BaseException] = []

        def main() -> None:
            try:
                asyncio.run(self.run(started.set), debug=False)
            except BaseException as error:
                failure.append(error)
                if started.is_set():
                    logger.exception("the scheduler has ended by an error")
            finally:
                started.set()

        self._thread = threading.Thread(target=main, name="treadle-scheduler", daemon=True)
        self._thread.start()
        if not started.wait(timeout):
            raise CommError(f"the scheduler did not start within {timeout:g} s")
        if failure:
            raise failure[0]

    def close(self, timeout: float = 10.0) -> None:
        """End it; called from any thread, as often as one likes."""
        loop, stopping = self._loop, self._stopping
        if loop is not None and stopping is not None:
            try:
                loop.call_soon_threadsafe(stopping.set)
            except RuntimeError:
                pass  # it has ended already
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout)

    def connect_inproc(self, role: str) -> Connection:
        """Return a connection from this process, for a thread."""
        if self._listener is None:
            raise CommError("the scheduler does not run; call start_in_thread() first")
        return self._listener.connect(role)

    def worker_exited(self, name: str, reason: str) -> None:
        """Say why a worker's process has ended; called by its manager, in the scheduler's loop."""
        self._exits[name] = reason
        for peer in list(self.workers.values()):
            if peer.name == name and peer.is_gone:
                peer.leave(reason)

    def exit_reason(self, name: str) -> str | None:
        """Return why a worker's process has ended, if its manager has said so."""
        return self._exits.pop(name, None)

    # -- peers -----------------------------------------------------------------------------------

    def _let_in(self, channel: Channel) -> ChannelUser:
        if channel.role == "worker":
            return WorkerPeer(self, channel)
        if channel.role in ("client", "task", "manager"):
            number = self._next_client
            self._next_client += 1
            peer = ClientPeer(self, channel, number)
            self.clients[number] = peer
            self.handle(ev.ClientJoined(number))
            peer.send(m.Welcome(number, self.name, self.worker_infos(), MAX_MESSAGE))
            return peer
        raise CommError(f"the role {channel.role!r} has no business here")

    def add_worker(self, peer: WorkerPeer) -> int:
        """Give a worker that has registered its number, and tell everybody."""
        number = self._next_worker
        self._next_worker += 1
        self.workers[number] = peer
        return number

    def worker_infos(self) -> list[m.WorkerInfo]:
        """Return all workers, as others need to know them."""
        return [peer.info for peer in self.workers.values() if peer.info is not None]

    def tell_clients(self, message: m.Message) -> None:
        """Send the same to all clients."""
        frame = m.encode(message)
        for peer in self.clients.values():
            peer.channel.write(frame)

    def tell_people(self, message: m.Message) -> None:
        """Send the same to the clients that people sit at, and not to those inside of tasks.

        What those showed would be output of their worker: it would come back, and go round.
        """
        frame = m.encode(message)
        for peer in self.clients.values():
            if peer.channel.role == "client":
                peer.channel.write(frame)

    def new_handles(self, count: int) -> int:
        """Return the first of ``count`` fresh handles of the clients that are no connections."""
        base = self._next_handle
        self._next_handle += count
        return base

    # -- the state -------------------------------------------------------------------------------

    def handle(self, *events: ev.Event, finished: m.Finished | None = None) -> None:
        """Let the state take in events, and carry out what it says.

        ``finished`` is the report that the one event was made of, where spans are to be told.
        """
        state = self.state
        self.carry_out(state.handle(events, monotonic()), finished)
        if state.is_restless and not self._tick_is_due and self._loop is not None:
            self._tick_is_due = True
            self._loop.call_later(TICK, self._tick)

    def _tick(self) -> None:
        self._tick_is_due = False
        self.handle()

    def carry_out(
        self, instructions: Sequence[ins.Instruction], finished: m.Finished | None = None
    ) -> None:
        """Send what the state has decided."""
        for instruction in instructions:
            try:
                _CARRIERS[type(instruction)](self, instruction, finished)
            except Exception:
                # One receiver's trouble must not keep the others from theirs.
                logger.exception("could not carry out %s", type(instruction).__name__)

    def _compute(self, i: ins.Compute, _: Any) -> None:
        peer = self.workers.get(i.worker)
        if peer is not None:
            peer.compute(i)

    def _release(self, i: ins.Release, _: Any) -> None:
        self._to_worker(i.worker, m.Release(i.ids))

    def _take_back(self, i: ins.TakeBack, _: Any) -> None:
        self._to_worker(i.worker, m.TakeBack(i.ids))

    def _replicate(self, i: ins.Replicate, _: Any) -> None:
        peer = self.workers.get(i.worker)
        if peer is not None:
            peer.introduce(i.holders)
            peer.send(m.Replicate(i.holders, i.nbytes))

    def _holders(self, i: ins.Holders, _: Any) -> None:
        peer = self.workers.get(i.worker)
        if peer is not None:
            peer.introduce(i.holders)
            peer.send(m.Holders(i.holders, i.nbytes))

    def _stop(self, i: ins.Stop, _: Any) -> None:
        peer = self.workers.get(i.worker)
        if peer is not None:
            peer.is_expected = True
            peer.send(m.Goodbye("retired"))

    def _to_worker(self, number: int, message: m.Message) -> None:
        peer = self.workers.get(number)
        if peer is not None:
            peer.send(message)

    def _done(self, i: ins.Done, _: Any) -> None:
        if i.client == FORGOTTEN:
            self._let_go(i.handles)
            return
        peer = self.clients.get(i.client)
        if peer is not None:
            peer.settle(i.handles, "finished")
            peer.send(m.Done(i.handles, i.ids, i.nbytes, i.workers, i.values))

    def _watched(self, i: ins.Watched, finished: m.Finished | None) -> None:
        peer = self.clients.get(i.client)
        if peer is not None and finished is not None:
            peer.send(self.feed.watched(i, finished))

    def _erred(self, i: ins.Erred, _: Any) -> None:
        if i.client == FORGOTTEN:
            self._let_go(i.handles)
            return
        peer = self.clients.get(i.client)
        if peer is not None:
            peer.settle(i.handles, "failed")
            errors = [
                _task_error(error) if isinstance(error, ins.Fault) else error for error in i.errors
            ]
            peer.send(m.Erred(i.handles, errors, i.blame, i.blame_handles))

    def _let_go(self, handles: list[int]) -> None:
        assert self._loop is not None
        self._loop.call_soon(self.handle, ev.HandlesReleased(FORGOTTEN, list(handles)))

    def _lost(self, i: ins.Lost, _: Any) -> None:
        self._to_client(i.client, m.Lost(i.handles))

    def _cancelled(self, i: ins.Cancelled, _: Any) -> None:
        peer = self.clients.get(i.client)
        if peer is not None:
            peer.settle(i.handles, "cancelled")
            peer.send(m.Cancelled(i.handles, i.reason))

    def _refused(self, i: ins.Refused, _: Any) -> None:
        peer = self.clients.get(i.client)
        if peer is not None:
            peer.settle(i.handles, "failed")
            peer.send(m.Refused(i.handles, f"treadle.errors.{i.kind}", i.reason))

    def _scatter_to(self, i: ins.ScatterTo, _: Any) -> None:
        self._to_client(i.client, m.ScatterTo(i.handles, i.ids, i.targets))

    def _to_client(self, number: int, message: m.Message) -> None:
        peer = self.clients.get(number)
        if peer is not None:
            peer.send(message)

    def _forget(self, i: ins.Forget, _: Any) -> None:
        self.functions.forget(i.functions)


def _task_error(fault: ins.Fault) -> m.TaskError:
    return m.TaskError(f"treadle.errors.{fault.kind}", fault.text, fault.text)


def _nothing() -> None:
    pass


_CARRIERS: dict[type, Callable[[Scheduler, Any, m.Finished | None], None]] = {
    ins.Compute: Scheduler._compute,
    ins.Release: Scheduler._release,
    ins.TakeBack: Scheduler._take_back,
    ins.Replicate: Scheduler._replicate,
    ins.Holders: Scheduler._holders,
    ins.Stop: Scheduler._stop,
    ins.Done: Scheduler._done,
    ins.Watched: Scheduler._watched,
    ins.Erred: Scheduler._erred,
    ins.Lost: Scheduler._lost,
    ins.Cancelled: Scheduler._cancelled,
    ins.Refused: Scheduler._refused,
    ins.ScatterTo: Scheduler._scatter_to,
    ins.Forget: Scheduler._forget,
}

"""What a scheduler says to a worker, and hears from it."""

from __future__ import annotations

import logging
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from time import time
from typing import TYPE_CHECKING, Any

import msgspec

from treadle.comm.aio import Channel
from treadle.protocol import messages as m
from treadle.scheduling.scheduler import events as ev
from treadle.scheduling.scheduler import instructions as ins

if TYPE_CHECKING:
    from treadle.cluster.scheduler.scheduler import Scheduler

logger = logging.getLogger("treadle.scheduler")

#: Clocks of one machine agree; what they seem to differ by less than this is the way here.
SAME_CLOCK = 0.1

#: Seconds that the manager of a worker has to say why its process has ended.
EXIT_REASON = 0.05


#: Bytes of a message from which on tasks are sent in several.
LARGE_FRAME = 16 * 2**20


class WorkerPeer:
    """One worker, seen from the scheduler."""

    def __init__(self, scheduler: Scheduler, channel: Channel):
        self.scheduler = scheduler
        self.channel = channel
        self.number = -1
        self.name = ""
        self.info: m.WorkerInfo | None = None
        self.is_expected = False  # it was asked to go, or said goodbye
        self.is_gone = False
        self.offset = 0.0  # from its clock to ours, in seconds
        self._reason = ""
        self._known_functions: set[int] = set()
        self._known_peers: set[int] = set()

    def send(self, message: m.Message) -> None:
        """Queue a message."""
        self.channel.write(m.encode(message))

    # -- to the worker ---------------------------------------------------------------------------

    def compute(self, i: ins.Compute) -> None:
        """Send tasks, after the functions and peers that they name for the first time."""
        columns = self.scheduler.state.columns
        functions = [columns.function[row] for row in i.rows]
        fresh = set(functions) - self._known_functions
        if fresh:
            self._known_functions |= fresh
            numbers = sorted(fresh)
            table = self.scheduler.functions
            digests = [table.digest(number) for number in numbers]
            self.send(m.Functions(numbers, digests, [table.blob(number) for number in numbers]))
        if i.holders:
            self.introduce(i.holders)
        args = [columns.args[row] for row in i.rows]
        message = m.Compute(
            i.ids, functions, i.ranks, args, i.inputs, i.wanted, i.holders, i.nbytes
        )
        frame = m.encode(message)
        if len(frame) <= LARGE_FRAME:
            self.channel.write(frame)
        else:
            for part in _cut(message):
                self.send(part)

    def introduce(self, holders: Mapping[int, Iterable[int]]) -> None:
        """Tell the worker where those are whose numbers it is going to read."""
        fresh = {number for numbers in holders.values() for number in numbers} - self._known_peers
        fresh.discard(self.number)
        if fresh:
            self._known_peers |= fresh
            peers = self.scheduler.workers
            infos = [peers[number].info for number in sorted(fresh) if number in peers]
            self.send(m.Peers([info for info in infos if info is not None]))

    # -- from the worker -------------------------------------------------------------------------

    def frames(self, channel: Channel, frames: list[bytes]) -> None:
        """Take in what has come."""
        for frame in frames:
            try:
                message = m.decode_from_worker(frame)
                if isinstance(message, m.Finished):
                    self._finished(message)
                elif self.info is None and not isinstance(message, (m.Register, m.Goodbye)):
                    raise ValueError("a worker must register first")
                else:
                    _HANDLERS[type(message)](self, message)
            except (msgspec.DecodeError, ValueError) as error:
                logger.warning("worker %s: %s", self.name or channel.peer, error)
                channel.close(f"not understood: {error}")
                return

    def closed(self, channel: Channel, reason: str) -> None:
        """The connection has ended."""
        if self.info is None or self.is_gone:
            return
        self.is_gone = True
        self._reason = reason
        scheduler = self.scheduler
        told = scheduler.exit_reason(self.name)
        loop = scheduler._loop
        if self.is_expected or told or scheduler.manager is None or loop is None:
            self.leave(told or reason)
        else:
            loop.call_later(EXIT_REASON, self.leave, reason)

    def leave(self, reason: str) -> None:
        """Strike the worker off; called once or more."""
        scheduler = self.scheduler
        if scheduler.workers.pop(self.number, None) is None:
            return
        scheduler.feed.worker_left(self.number)
        scheduler.calls.worker_left(self, reason)
        scheduler.handle(ev.WorkerLeft(self.number, reason, self.is_expected))
        scheduler.tell_clients(m.WorkersChanged([], [self.number]))

    def _register(self, message: m.Register) -> None:
        if self.info is not None:
            raise ValueError("a worker registers once")
        scheduler = self.scheduler
        difference = time() - message.now
        self.offset = difference if abs(difference) > SAME_CLOCK else 0.0
        self.name = message.name
        self.number = number = scheduler.add_worker(self)
        self.info = m.WorkerInfo(
            number, message.name, message.host, message.pid, message.nthreads,
            message.memory_limit, message.addresses, message.resources,
        )  # fmt: skip
        self.send(m.Registered(number, scheduler.name))
        scheduler.feed.worker_joined(self.info)
        scheduler.tell_clients(m.WorkersChanged([self.info], []))
        scheduler.handle(
            ev.WorkerJoined(
                number, message.name, message.host, message.nthreads, message.memory_limit,
                message.resources,
            )
        )  # fmt: skip

    def _finished(self, message: m.Finished) -> None:
        starts, stops = array("d"), array("d")
        starts.frombytes(message.starts)
        stops.frombytes(message.stops)
        count = len(message.ids)
        if not count == len(starts) == len(stops) == len(message.nbytes) == len(message.threads):
            raise ValueError("its columns differ in length")
        scheduler = self.scheduler
        scheduler.feed.finished(self, message.ids, message.threads, starts, stops)
        durations = [stop - start for start, stop in zip(starts, stops, strict=True)]
        event = ev.TasksFinished(
            self.number, message.ids, message.nbytes, durations, message.values, message.added
        )
        scheduler.handle(event, finished=message)

    def _failed(self, message: m.Failed) -> None:
        scheduler = self.scheduler
        starts, stops = array("d", [message.start]), array("d", [message.stop])
        scheduler.feed.finished(self, [message.id], [message.thread], starts, stops, failed=True)
        duration = message.stop - message.start
        scheduler.handle(ev.TaskFailed(self.number, message.id, message.error, duration))

    def _taken_back(self, message: m.TakenBack) -> None:
        self.scheduler.handle(ev.TakenBack(self.number, message.dropped, message.kept))

    def _missing(self, message: m.Missing) -> None:
        self.scheduler.handle(ev.InputsMissing(self.number, message.ids, message.holder))

    def _seceded(self, message: m.Seceded) -> None:
        self.scheduler.handle(ev.TaskSeceded(self.number, message.id, message.back))

    def _heartbeat(self, message: m.Heartbeat) -> None:
        self.scheduler.feed.heartbeat(self, message)
        ids = [id for _, id, _ in message.executing]
        self.scheduler.handle(ev.WorkerExecuting(self.number, ids))

    def _run_result(self, message: m.RunResult) -> None:
        self.scheduler.calls.answered(self, message)

    def _output(self, message: m.Output) -> None:
        """Hand on what a task wrote to whoever waits for it; what nobody asked for, to all."""
        scheduler = self.scheduler
        columns = scheduler.state.columns
        row = columns.live_row(message.id) if message.id >= 0 else -1
        if row < 0:
            scheduler.tell_people(m.Output(-1, message.kind, message.text, message.detail))
            return
        peer = scheduler.clients.get(columns.client[row])
        if peer is not None:
            handle = columns.handle[row]
            peer.send(m.Output(handle, message.kind, message.text, message.detail))
        for (number, handle), wanted in columns.others.get(row, {}).items():
            other = scheduler.clients.get(number)
            if wanted and other is not None and other is not peer:
                other.send(m.Output(handle, message.kind, message.text, message.detail))

    def _goodbye(self, message: m.Goodbye) -> None:
        self.is_expected = True
        self.channel.close(message.reason)


def _cut(message: m.Compute) -> Iterator[m.Compute]:
    """Cut tasks with large arguments into messages that a connection takes, in their order."""
    begin = size = 0
    last = len(message.ids) - 1
    for position, args in enumerate(message.args):
        size += len(args)
        if size >= LARGE_FRAME or position == last:
            part = slice(begin, position + 1)
            wanted = [n - begin for n in message.wanted if begin <= n <= position]
            yield m.Compute(
                message.ids[part], message.functions[part], message.ranks[part],
                message.args[part], message.inputs[part], wanted, message.holders, message.nbytes,
            )  # fmt: skip
            begin, size = position + 1, 0


_HANDLERS: dict[type, Callable[[WorkerPeer, Any], None]] = {
    m.Register: WorkerPeer._register,
    m.Failed: WorkerPeer._failed,
    m.TakenBack: WorkerPeer._taken_back,
    m.Missing: WorkerPeer._missing,
    m.Seceded: WorkerPeer._seceded,
    m.Heartbeat: WorkerPeer._heartbeat,
    m.RunResult: WorkerPeer._run_result,
    m.Output: WorkerPeer._output,
    m.Goodbye: WorkerPeer._goodbye,
}

"""The shell of a pretended worker: what a real one does with threads and sockets, one step a call.

A step is never more than what a real worker does in one go under its lock, so whoever chooses the
order of steps chooses among all that can happen.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from tests.sim.universe import combine

if TYPE_CHECKING:
    from tests.sim.world import World


class Compute:
    """The message that the scheduler's shell makes of the instruction of this name."""

    def __init__(self, order: Any, columns: Any):
        self.ids = list(order.ids)
        self.functions = [columns.function[row] for row in order.rows]
        self.ranks = list(order.ranks)
        self.args = [columns.args[row] for row in order.rows]
        self.inputs = list(order.inputs)
        self.wanted = list(order.wanted)
        self.holders = {id: list(workers) for id, workers in order.holders.items()}
        self.nbytes = dict(order.nbytes)


class Request:
    """One request to a peer: first the peer looks, then the answer arrives."""

    def __init__(self, peer: int, ids: list[int]):
        self.peer = peer
        self.ids = ids
        self.found: dict[int, tuple[int, int]] | None = None  # id -> (value, bytes)
        self.is_read = False


class PretendWorker:
    """One worker process."""

    def __init__(self, world: World, number: int, name: str, host: str, nthreads: int, gpus: int):
        self.world = world
        self.number = number
        self.name = name
        self.host = host
        self.nthreads = nthreads
        self.gpus = gpus
        machines = world.machines
        self.state = machines.worker(nthreads, machines.fetches(2, 3, 1 << 20, 64 << 20))
        self.data: dict[int, int] = {}
        self.running: dict[int, list[int]] = {}  # id -> values of its inputs
        self.began: list[int] = []  # ids ever begun here
        self.dismissed: set[int] = set()  # released while they ran
        self.inbox: deque[Any] = deque()
        self.outbox: deque[Any] = deque()
        self.requests: list[Request] = []
        self.unsent: list[tuple[int, int, bytes | None]] = []  # (id, bytes, small value)
        self.added: list[int] = []
        self.is_frozen = False
        self.cut_from: set[int] = set()  # peers that it can't reach

    # -- steps ------------------------------------------------------------------------------------

    def receive(self) -> None:
        """Take one message of the scheduler."""
        message = self.inbox.popleft()
        name = type(message).__name__
        state = self.state
        if name == "Compute":
            state.compute(
                message.ids,
                message.functions,
                message.ranks,
                message.args,
                message.inputs,
                message.wanted,
                message.holders,
                message.nbytes,
            )
        elif name == "Release":
            state.release(message.ids)
            self.dismissed.update(self.running.keys() & message.ids)
        elif name == "TakeBack":
            dropped, kept = state.take_back(message.ids)
            assert sorted(dropped + kept) == sorted(message.ids), "asked back and not answered"
            assert not self.running.keys() & dropped, "a running task is given back"
            if self.world.chance(2):
                self.report()
            self.send(self.events.TakenBack(self.number, dropped, kept))
        elif name == "Replicate":
            state.replicate(message.holders, message.nbytes)
        elif name == "Holders":
            state.holders(message.holders, message.nbytes)
        else:
            raise AssertionError(f"a worker does not know {name}")
        self.follow()

    def begin(self) -> None:
        """A free thread takes a task."""
        id = self.state.take()
        if id < 0:
            return
        assert id not in self.began, f"{id} runs twice on worker {self.number}"
        self.began.append(id)
        inputs = self.state.task(id)[2]
        self.running[id] = [self.data[other] for other in inputs]

    def end(self, id: int) -> None:
        """A thread comes back from a task: it returned, raised, or took the process with it."""
        values = self.running.pop(id)
        _, label, _, wanted = self.state.task(id)
        spec = self.world.spec_of(label)
        run = self.world.count_run(label)
        if spec.kills == -1 or run <= spec.kills:
            self.world.blamed_kill(self)
            return
        if spec.raises == -1 or run <= spec.raises:
            if self.world.chance(2):
                self.report()
            if self.state.fail(id):
                self.send(self.events.TaskFailed(self.number, id, spec.key, 0.001))
        elif self.state.finish(id, spec.nbytes):
            assert id not in self.dismissed, f"{id} was released and is reported"
            self.data[id] = combine(label, values)
            small = b"%d" % self.data[id] if wanted and self.world.chance(2) else None
            self.unsent.append((id, spec.nbytes, small))
        self.follow()

    def secede(self, id: int) -> None:
        """A running task leaves its slot, or comes back to it."""
        back = self.state.describe(id) == "long-running"
        if back:
            self.state.rejoined(id)
        else:
            self.state.seceded(id)
        self.send(self.events.TaskSeceded(self.number, id, back))

    def report(self) -> None:
        """Send what has ended since the last report."""
        if not self.unsent and not self.added:
            return
        ids = [id for id, _, _ in self.unsent]
        sizes = [nbytes for _, nbytes, _ in self.unsent]
        smalls = [small for _, _, small in self.unsent]
        values = {n: small for n, small in enumerate(smalls) if small is not None}
        durations = [self.world.duration() for _ in ids]
        self.send(self.events.TasksFinished(self.number, ids, sizes, durations, values, self.added))
        self.unsent = []
        self.added = []

    def beat(self) -> None:
        """Say what the threads are in."""
        self.send(self.events.WorkerExecuting(self.number, list(self.running)))

    def advance(self, request: Request) -> None:
        """Let a request go one step on."""
        if not request.is_read:
            request.is_read = True
            peer = self.world.alive(request.peer)
            if peer is not None and peer.number not in self.cut_from:
                request.found = {
                    id: (peer.data[id], peer.state.nbytes[id])
                    for id in request.ids
                    if id in peer.data
                }
            return
        self.requests.remove(request)
        if request.found is None:
            self.state.fetch_unreachable(request.peer, request.ids)
        else:
            self._arrive(request, request.found)
        self.follow()

    def _arrive(self, request: Request, found: dict[int, tuple[int, int]]) -> None:
        here = list(found)
        absent = [id for id in request.ids if id not in found]
        for id in here:
            if id not in self.state.nbytes:
                self.data[id] = found[id][0]
        if here:
            self.state.fetched(request.peer, here, [found[id][1] for id in here])
        if absent:
            self.state.fetch_missing(request.peer, absent)

    def put(self, id: int, value: int, nbytes: int) -> None:
        """A client puts a value here."""
        self.data[id] = value
        for kept in self.state.put([id], [nbytes]):
            self.unsent.append((kept, nbytes, None))
        self.follow()

    # -- inside -----------------------------------------------------------------------------------

    @property
    def events(self) -> Any:
        return self.world.machines.events

    def send(self, event: Any) -> None:
        self.outbox.append(event)

    def follow(self) -> None:
        """Carry out what the state machine has decided."""
        for order in self.state.drain():
            name = type(order).__name__
            if name == "Fetch":
                self.requests.append(Request(order.worker, list(order.ids)))
            elif name == "Drop":
                for id in order.ids:
                    self.data.pop(id, None)
            elif name == "Missing":
                self.send(self.events.InputsMissing(self.number, list(order.ids), order.holder))
            else:
                self.added += order.ids
        if self.world.is_checked():
            self.world.machines.validate_worker(self.state)
            assert self.data.keys() == self.state.nbytes.keys(), "values and sizes differ"

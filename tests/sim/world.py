"""A whole cluster in one thread: a scheduler, workers and clients, and the messages between them.

Nothing happens by itself.  Each method is one step that a real cluster could take at that moment;
:mod:`tests.sim.chaos` chooses steps by a seed, :mod:`tests.sim.test_stateful` lets hypothesis.
Channels keep the order of what is sent, as connections do; time is what the world says it is.
"""

from __future__ import annotations

import random
import zlib
from collections import deque
from typing import Any

from tests.sim.clients import PretendClient
from tests.sim.machines import Machines
from tests.sim.universe import Spec, Universe
from tests.sim.workers import Compute, PretendWorker

#: Seconds that tasks take. Where all are quick, more is given ahead.
MIXED = (1e-6, 1e-5, 0.001, 0.03, 1.0)
QUICK = (1e-7, 1e-6, 1e-6, 1e-5, 1e-5)


class World:
    """One scheduler, and whoever comes and goes.

    Parameters
    ----------
    machines : Machines
        What is tested.
    universe : Universe
        The tasks that clients may ask for.
    seed : int
        For what no step decides: durations, which small results travel along.
    validate_every : int
        Check all invariants after every so manieth step.
    """

    def __init__(self, machines: Machines, universe: Universe, seed: int, validate_every: int = 1):
        self.machines = machines
        self.universe = universe
        self.validate_every = validate_every
        self.turns = 0
        self.now = 0.0
        self.scheduler = machines.scheduler()
        self.workers: dict[int, PretendWorker] = {}
        self.clients: dict[int, PretendClient] = {}
        self.gone: deque[Any] = deque()  # what those that have gone had still sent
        self.numbers = 0
        self.client_numbers = 0
        self.runs: dict[bytes, int] = {}  # label -> how often it began to run
        self.kills = 0  # of workers, by no task's fault
        self.losses = 0  # whatever may lose data for good
        self.is_forced = False  # a client has cancelled for all
        self.is_retried = False
        self.is_refused = False
        self.digest = 0  # of all events and instructions, to compare runs
        self.trace: list[str] | None = None
        self._random = random.Random(seed)
        self._durations = QUICK if seed % 2 else MIXED
        self._labels = {spec.label: spec for spec in universe.specs.values()}

    # -- who is there -----------------------------------------------------------------------------

    def join(self, name: str, host: str, nthreads: int, gpus: int) -> PretendWorker:
        """A worker registers."""
        number = self.numbers
        self.numbers += 1
        worker = PretendWorker(self, number, name, host, nthreads, gpus)
        self.workers[number] = worker
        resources = {"GPU": float(gpus)} if gpus else {}
        self.handle([self.machines.events.WorkerJoined(number, name, host, nthreads, 0, resources)])
        return worker

    def connect(self) -> PretendClient:
        """A client connects."""
        client = PretendClient(self, self.client_numbers)
        self.clients[client.number] = client
        self.client_numbers += 1
        self.handle([self.machines.events.ClientJoined(client.number)])
        return client

    def alive(self, number: int) -> PretendWorker | None:
        """Return a worker that has not died, whether the scheduler knows it or not."""
        return self.workers.get(number)

    def kill(
        self, worker: PretendWorker, arriving: int, late: int, expected: bool, reason: str = "gone"
    ) -> None:
        """A worker dies with messages on their way.

        Of these ``arriving`` come before its end is noticed, and ``late`` after it.
        """
        del self.workers[worker.number]
        if not expected:
            self.losses += 1
        left = self.machines.events.WorkerLeft(worker.number, reason, expected)
        box = list(worker.outbox)
        self.handle([*box[:arriving], left])
        self.gone.extend(box[arriving : arriving + late])

    def blamed_kill(self, worker: PretendWorker) -> None:
        """A task took its worker's process with it."""
        self.kill(worker, self._random.randint(0, len(worker.outbox)), 0, False)

    def leave(self, client: PretendClient, arriving: int) -> None:
        """A client goes with messages on their way."""
        del self.clients[client.number]
        self.losses += 1
        box = list(client.outbox)
        self.handle([*box[:arriving], self.machines.events.ClientLeft(client.number)])

    # -- the scheduler's shell --------------------------------------------------------------------

    def handle(self, events: list[Any]) -> None:
        """Give events to the scheduler and send what it answers."""
        self.now += self._random.choice((0.0001, 0.0001, 0.001, 0.05))
        for event in events:
            self._note(event)
        instructions = self.scheduler.handle(events, self.now)
        stopped = [self._send(instruction) for instruction in instructions]
        if self.is_checked():
            self.scheduler.validate()
        for worker in stopped:
            if worker is not None and worker.number in self.workers:
                self.kill(worker, len(worker.outbox), 0, True)

    def _send(self, instruction: Any) -> PretendWorker | None:
        """Carry one instruction out; return a worker that is to stop when all are."""
        self._note(instruction)
        name = type(instruction).__name__
        if name == "Forget":
            return None
        if name == "Stop":
            return self.workers.get(instruction.worker)
        if name == "Refused":
            self.is_refused = True
        if hasattr(instruction, "client"):
            client = self.clients.get(instruction.client)
            if client is not None:
                client.inbox.append(instruction)
            return None
        worker = self.workers.get(instruction.worker)
        if name == "Compute":
            instruction = Compute(instruction, self.scheduler.columns)
        if worker is not None:
            worker.inbox.append(instruction)
        return None

    def deliver(self, sender: PretendWorker | PretendClient, count: int) -> None:
        """Let the scheduler read up to ``count`` messages of one sender at once."""
        box = sender.outbox
        self.handle([box.popleft() for _ in range(min(count, len(box)))])

    def deliver_late(self) -> None:
        """A message of a worker that was declared dead comes through after all."""
        self.handle([self.gone.popleft()])

    def repeat(self, worker: PretendWorker) -> None:
        """A message comes twice."""
        self.handle([worker.outbox[0]])
        self.handle([worker.outbox.popleft()])

    def tick(self, seconds: float) -> None:
        """Time passes, and nothing else."""
        self.now += seconds
        self.handle([])

    def _note(self, thing: Any) -> None:
        text = f"{type(thing).__name__} {_columns(thing)}"
        self.digest = zlib.crc32(text.encode(), self.digest)
        if self.trace is not None:
            self.trace.append(f"{self.now:8.4f} {text}")

    def is_checked(self) -> bool:
        """Tell whether all invariants are to be checked after this step."""
        self.turns += 1
        return self.turns % self.validate_every == 0

    # -- what tasks do ----------------------------------------------------------------------------

    def chance(self, n: int) -> bool:
        """Return True once in ``n`` times."""
        return self._random.randrange(n) == 0

    def duration(self) -> float:
        return self._random.choice(self._durations)

    def spec_of(self, label: bytes) -> Spec:
        return self._labels[label.removeprefix(b"v")]

    def count_run(self, label: bytes) -> int:
        """Return the how-manieth run of a task this is."""
        self.runs[label] = self.runs.get(label, 0) + 1
        return self.runs[label]

    def may_fail(self, key: str, kind: str) -> bool:
        """Tell whether this error can be the fault of this task."""
        spec = self.universe.specs[key]
        if kind == "DataLost":
            return spec.is_data and self.losses > 0
        if kind == "WorkerDied":
            return not spec.is_data and (spec.kills != 0 or self.kills > 0)
        return bool(spec.raises)


def _columns(thing: Any) -> str:
    """Return what an event or an instruction says, in a form that does not depend on hashes."""
    names = [name for name in dir(thing) if not name.startswith("_")]
    return " ".join(f"{name}={_text(getattr(thing, name))}" for name in names)


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {_text(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_text(v) for v in value) + "]"
    if type(value).__module__.startswith("treadle"):
        return f"{type(value).__name__}({_columns(value)})"
    return repr(value)

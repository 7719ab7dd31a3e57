"""A world whose steps are chosen by a seed, with faults, and the checks at its end.

>>> from tests.sim.machines import load
>>> run(1, load()).steps > 0
True
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from tests.sim.checks import check_answers, check_nothing_left
from tests.sim.clients import PretendClient
from tests.sim.machines import Machines
from tests.sim.universe import Universe
from tests.sim.workers import PretendWorker
from tests.sim.world import World

#: Kinds of trouble; each seed leaves some of them out, so that the others meet more often.
FAULTS = [
    "kill", "late", "repeat", "freeze", "cut", "retire", "pause", "leave", "cancel", "force",
    "release", "retry", "variant", "beat", "miss",
]  # fmt: skip

#: Steps after which a world that was left in peace must have come to rest.
PATIENCE = 8_000

Step = Callable[[], None]


class Failure(AssertionError):
    """A seed that does not end well."""

    def __init__(self, seed: int, step: int, error: BaseException):
        super().__init__(seed, step, error)
        self.seed = seed
        self.step = step
        self.error = error

    def __str__(self) -> str:
        return f"seed {self.seed}, step {self.step}: {type(self.error).__name__}: {self.error}"


class Chaos:
    """One seed's world; what is not given is chosen by the seed."""

    def __init__(
        self,
        seed: int,
        machines: Machines,
        trace: bool = False,
        size: int = 0,
        length: int = 0,
        validate_every: int = 1,
    ):
        chance = random.Random(seed)
        self.chance = chance
        self.faults = {name for name in FAULTS if chance.random() < 0.6}
        troubles = chance.random() < 0.6
        size = size or chance.choice((3, 6, 10, 20, 40))
        self.world = World(machines, Universe(chance, size, troubles), seed, validate_every)
        if trace:
            self.world.trace = []
        self.length = length or chance.choice((60, 150, 300))
        self.rate = chance.choice((0.005, 0.02, 0.06))  # of faults among steps
        self.steps = 0

    def run(self) -> None:
        """Let it all happen, then leave it in peace, and check what it came to."""
        world = self.world
        chance = self.chance
        for number in range(chance.randint(0, 4)):
            self.join(number, chance.choice((0, 2)))
        for _ in range(chance.randint(1, 3)):
            world.connect()
        while self.steps < self.length:
            if world.clients and chance.random() < 0.1:
                self.ask(chance.choice(list(world.clients.values())))
            elif chance.random() < self.rate:
                self.trouble()
            else:
                self.go_on()
        self.calm()
        self.rest()
        check_answers(world)
        for client in list(world.clients.values()):
            world.leave(client, len(client.outbox))
        self.rest()
        check_nothing_left(world)

    # -- what may happen --------------------------------------------------------------------------

    def go_on(self) -> None:
        """Take one of the steps that are possible without any trouble."""
        steps = self.possible()
        self.steps += 1
        if steps:
            self.chance.choice(steps)()
        else:
            self.world.tick(0.01)

    def possible(self) -> list[Step]:
        """Return the steps that are there to take."""
        world = self.world
        steps: list[Step] = []
        for worker in world.workers.values():
            if not worker.is_frozen:
                self._steps_of(worker, steps)
        for client in world.clients.values():
            if client.outbox:
                steps.append(self._deliver(client))
            if client.inbox:
                steps.append(client.receive)
            if client.to_put and not self._is_put_stuck(client):
                steps.append(client.put)
        if world.gone:
            steps.append(world.deliver_late)
        return steps

    def _steps_of(self, worker: PretendWorker, steps: list[Step]) -> None:
        if worker.outbox:
            steps.append(self._deliver(worker))
        if worker.inbox:
            steps.append(worker.receive)
        if worker.unsent or worker.added:
            steps.append(worker.report)
        for request in worker.requests:
            steps.append(lambda request=request: worker.advance(request))  # type: ignore[misc]
        if worker.state.ready and worker.state.busy < worker.nthreads:
            steps.append(worker.begin)
        if worker.running:
            steps.append(lambda: self._end(worker))

    def _deliver(self, sender: Any) -> Step:
        return lambda: self.world.deliver(sender, self.chance.choice((1, 1, 2, 5)))

    def _end(self, worker: PretendWorker) -> None:
        id = self.chance.choice(list(worker.running))
        spec = self.world.spec_of(worker.state.task(id)[1])
        if spec.secedes and self.chance.random() < 0.5:
            worker.secede(id)
        else:
            worker.end(id)

    def _is_put_stuck(self, client: PretendClient) -> bool:
        workers = [self.world.alive(number) for number in client.to_put[0][2]]
        return any(worker is not None and worker.is_frozen for worker in workers)

    # -- what clients ask for ---------------------------------------------------------------------

    def ask(self, client: PretendClient) -> None:
        """Let a client ask for something."""
        self.steps += 1
        chance = self.chance
        held = list(client.handles)
        kinds = ("submit", "submit", "release", "cancel", "keys", "want", "retry", "miss")
        kind = chance.choice(kinds)
        if kind == "submit":
            targets = chance.sample(self.world.universe.keys, chance.randint(1, 3) % 3 or 1)
            variant = "variant" in self.faults and chance.random() < 0.2
            client.submit(targets, chance.random() < 0.5, chance.random() < 0.3, variant)
        elif kind == "keys":
            keys = [k for k, s in self.world.universe.specs.items() if not s.is_named]
            if keys:
                client.want_keys([chance.choice(keys)])
        elif kind == "want":
            found = [h for h in held if self._is_standing(client, h)]
            if found:
                client.want([chance.choice(found)])
        elif kind == "retry":
            erred = [h for h in held if client.handles[h].status == "erred"]
            if erred and "retry" in self.faults:
                client.retry([chance.choice(erred)])
        elif kind == "miss":
            done = [h for h in held if client.handles[h].status == "done"]
            if done and "miss" in self.faults and chance.random() < 0.3:
                client.miss(chance.choice(done))
        elif held and kind in self.faults:
            some = chance.sample(held, chance.randint(1, len(held)))
            if kind == "release":
                client.release(some)
            else:
                client.cancel(some[:2], "force" in self.faults and chance.random() < 0.3)

    def _is_standing(self, client: PretendClient, handle: int) -> bool:
        """Tell whether a row that is not wanted is known still: something wanted needs it."""
        one = client.handles[handle]
        if one.is_wanted or one.status != "pending":
            return False
        ancestors = self.world.universe.ancestors
        return any(
            held.is_wanted
            and held.graph == one.graph
            and held.status in ("pending", "done")
            and one.key in ancestors(held.key)
            for held in client.handles.values()
        )

    # -- trouble ----------------------------------------------------------------------------------

    def trouble(self) -> None:
        """Let one thing go wrong, or change who is there."""
        self.steps += 1
        world = self.world
        chance = self.chance
        others = ("join", "join", "thaw", "mend", "resume", "connect", "cut", "cut", "leave")
        kind = chance.choice([*FAULTS, *others])
        if kind == "join" and len(world.workers) < 5:
            self.join(chance.randrange(4), chance.choice((0, 2)))
        elif kind == "connect" and len(world.clients) < 3:
            world.connect()
        elif kind == "thaw" or kind == "mend":
            for worker in world.workers.values():
                worker.is_frozen = worker.is_frozen and kind != "thaw"
                if kind == "mend":
                    worker.cut_from.clear()
        elif kind == "leave" and kind in self.faults and world.clients:
            client = chance.choice(list(world.clients.values()))
            world.leave(client, chance.randint(0, len(client.outbox)))
        elif world.workers and kind in (*self.faults, "resume"):
            self.trouble_worker(chance.choice(list(world.workers.values())), kind)

    def trouble_worker(self, worker: PretendWorker, kind: str) -> None:
        world = self.world
        chance = self.chance
        events = world.machines.events
        if kind == "kill":
            sent = len(worker.outbox)
            late = sent if "late" in self.faults else 0
            world.kills += 1
            world.kill(worker, chance.randint(0, sent), late, False)
        elif kind == "repeat" and worker.outbox:
            world.repeat(worker)
        elif kind == "freeze":
            worker.is_frozen = True
        elif kind == "cut":
            world.losses += 1
            if chance.random() < 0.5:
                worker.cut_from.update(world.workers)
            else:  # nobody reaches this one
                for other in world.workers.values():
                    other.cut_from.add(worker.number)
        elif kind == "retire":
            world.handle([events.WorkerRetiring(worker.number)])
        elif kind in ("pause", "resume"):
            world.handle([events.WorkerPaused(worker.number, kind == "resume")])
        elif kind == "beat":
            worker.beat()

    def join(self, number: int, gpus: int) -> None:
        """A worker comes, on one of two hosts."""
        self.world.join(f"w{number}", f"h{number // 2}", self.chance.choice((1, 1, 2, 4)), gpus)

    # -- the end ----------------------------------------------------------------------------------

    def calm(self) -> None:
        """No more trouble: all that can be asked for is there."""
        world = self.world
        for worker in list(world.workers.values()):
            worker.is_frozen = False
            worker.cut_from.clear()
            world.handle([world.machines.events.WorkerPaused(worker.number, True)])
        for number in range(4):
            self.join(number, 2)

    def rest(self) -> None:
        """Go on until nothing happens any more, however long one waits."""
        world = self.world
        limit = self.steps + PATIENCE
        quiet = 0
        while quiet < 20:
            assert self.steps < limit, "it does not come to rest"
            steps = self.possible()
            self.steps += 1
            if steps:
                self.chance.choice(steps)()
                quiet = 0
            else:
                self._replace_dead()
                world.tick(0.05)
                quiet += 1

    def _replace_dead(self) -> None:
        """Tasks that kill their workers do so in peace too: others take their place."""
        names = {worker.name for worker in self.world.workers.values() if worker.gpus}
        for number in range(4):
            if f"w{number}" not in names:
                self.join(number, 2)


def run(seed: int, machines: Machines, trace: bool = False) -> Chaos:
    """Run one seed; raise Failure, from what went wrong, when it does not end well."""
    chaos = Chaos(seed, machines, trace)
    try:
        chaos.run()
    except Exception as error:
        failure = Failure(seed, chaos.steps, error)
        failure.chaos = chaos  # type: ignore[attr-defined]
        raise failure from error
    return chaos

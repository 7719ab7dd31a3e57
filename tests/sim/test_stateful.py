"""Worlds chosen by hypothesis: it finds less than seeds do, and shrinks what it finds."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from tests.sim.chaos import Chaos
from tests.sim.checks import check_answers, check_nothing_left
from tests.sim.machines import load

MACHINES = load()
number = st.integers(0, 40)


class Cluster(RuleBasedStateMachine):
    """Every step of a world, and every fault, as a rule; all numbers are taken modulo."""

    @initialize(seed=st.integers(0, 20), size=st.integers(1, 12), workers=st.integers(0, 3))
    def begin(self, seed: int, size: int, workers: int) -> None:
        self.chaos = Chaos(seed, MACHINES, size=size)
        self.world = self.chaos.world
        for place in range(workers):
            self.chaos.join(place, 2)
        self.world.connect()

    def pick(self, items: object, n: int):
        found = list(items)  # type: ignore[call-overload]
        return found[n % len(found)]

    @rule(n=number)
    def go_on(self, n: int) -> None:
        steps = self.chaos.possible()
        if steps:
            self.pick(steps, n)()

    @rule(n=number, first=number, second=number, flags=st.integers(0, 7))
    def submit(self, n: int, first: int, second: int, flags: int) -> None:
        if self.world.clients:
            keys = self.world.universe.keys
            targets = [self.pick(keys, first), self.pick(keys, second)]
            client = self.pick(self.world.clients.values(), n)
            client.submit(targets, bool(flags & 1), bool(flags & 2), bool(flags & 4))

    @rule(n=number, m=number, force=st.booleans(), cancels=st.booleans())
    def let_go(self, n: int, m: int, force: bool, cancels: bool) -> None:
        holding = [client for client in self.world.clients.values() if client.handles]
        if holding:
            client = self.pick(holding, n)
            handle = self.pick(client.handles, m)
            if cancels:
                client.cancel([handle], force)
            else:
                client.release([handle])

    @rule(place=st.integers(0, 3), gpus=st.sampled_from([0, 2]))
    def join(self, place: int, gpus: int) -> None:
        if len(self.world.workers) < 5:
            self.chaos.join(place, gpus)

    @precondition(lambda self: self.world.workers)
    @rule(n=number, arriving=st.integers(0, 3), late=st.integers(0, 3))
    def kill(self, n: int, arriving: int, late: int) -> None:
        self.world.kills += 1
        self.world.kill(self.pick(self.world.workers.values(), n), arriving, late, False)

    @precondition(lambda self: self.world.workers)
    @rule(n=number, kind=st.sampled_from(["repeat", "freeze", "cut", "retire", "pause", "resume"]))
    def trouble(self, n: int, kind: str) -> None:
        self.chaos.trouble_worker(self.pick(self.world.workers.values(), n), kind)

    @rule(n=number)
    def come_and_go(self, n: int) -> None:
        if len(self.world.clients) < 2:
            self.world.connect()
        else:
            client = self.pick(self.world.clients.values(), n)
            self.world.leave(client, n % 3)

    def teardown(self) -> None:
        if not hasattr(self, "chaos"):
            return
        self.chaos.calm()
        self.chaos.rest()
        check_answers(self.world)
        for client in list(self.world.clients.values()):
            self.world.leave(client, len(client.outbox))
        self.chaos.rest()
        check_nothing_left(self.world)


TestCluster = Cluster.TestCase
TestCluster.settings = settings(
    max_examples=150, stateful_step_count=80, deadline=None, derandomize=True, database=None
)

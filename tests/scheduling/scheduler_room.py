"""A scheduler's state machine in a room: what tests say to it, and what it has said."""

from __future__ import annotations

from treadle.scheduling.scheduler import events as ev
from treadle.scheduling.scheduler import instructions as ins
from treadle.scheduling.scheduler.state import SchedulerState


class Room:
    """One client (number 0), workers as they come; the invariants are checked after each event."""

    def __init__(self, *workers: int, **resources: dict[str, float]):
        self.state = SchedulerState()
        self.now = 0.0
        self.said: list[ins.Instruction] = []
        self.given: dict[int, list[int]] = {}
        self.handles = 0
        self.nworkers = 0
        self.names: dict[str, int] = {}
        self.tell(ev.ClientJoined(0))
        for nthreads in workers:
            self.join(nthreads)

    def tell(self, *events: ev.Event) -> list[ins.Instruction]:
        """Let it hear events a millisecond later; keep and return what it says."""
        self.now += 0.001
        said = self.state.handle(events, self.now)
        self.state.validate()
        for i in said:
            if isinstance(i, ins.Compute):
                self.given[i.worker] += i.ids
            elif isinstance(i, ins.Release):
                gone = set(i.ids)
                self.given[i.worker] = [id for id in self.given[i.worker] if id not in gone]
        self.said += said
        return said

    def join(self, nthreads: int = 1, resources: dict[str, float] | None = None, name: str = ""):
        """Let a worker join; return its number."""
        number = self.nworkers
        self.nworkers += 1
        self.given[number] = []
        name = name or f"w{number}"
        self.tell(ev.WorkerJoined(number, name, "host", nthreads, 0, resources or {}))
        return number

    def leave(self, number: int, *, expected: bool = False):
        """Let a worker go."""
        self.given.pop(number)
        return self.tell(ev.WorkerLeft(number, "killed by signal 9", expected))

    def submit(self, graph: dict[str, tuple[str, ...]], *wanted: str, client: int = 0, **more):
        """Submit keys with the keys they take; ``wanted`` are all unless named."""
        base = self.handles
        keys = list(graph)
        self.handles += len(keys)
        place = {key: base + position for position, key in enumerate(keys)}
        inputs = [
            tuple(place[key] if key in place else self.names[key] for key in row)
            for row in graph.values()
        ]
        self.names.update(place)
        options = {keys.index(key): value for key, value in more.pop("options", {}).items()}
        definitions = {keys.index(key): d for key, d in more.pop("definitions", {}).items()}
        size = len(keys)
        functions = more.pop("functions", [0] * size)
        return self.tell(
            ev.GraphSubmitted(
                client, base, keys, functions, [0] * size, [b""] * size, inputs,
                [keys.index(key) for key in wanted or keys], more.pop("watch", False),
                more.pop("priority", 0.0), options, definitions,
            )
        )  # fmt: skip

    def id(self, key: str) -> int:
        """The id that a key has now."""
        columns = self.state.columns
        return columns.ids[columns.row_of[key]]

    def where(self, key: str) -> int:
        """The worker that a key is on."""
        columns = self.state.columns
        return columns.worker[columns.row_of[key]]

    def is_(self, key: str) -> str:
        """The state that a key is in."""
        from treadle.scheduling.scheduler.columns import STATES

        columns = self.state.columns
        return STATES[columns.state[columns.row_of[key]]] if key in columns.row_of else "forgotten"

    def finish(self, *keys: str, seconds: float = 0.001, nbytes: int = 10, values=None):
        """Let keys end well, on the workers that they were given to."""
        said = []
        for key in keys:
            worker, id = self.where(key), self.id(key)
            self.given[worker].remove(id)
            said += self.tell(ev.TasksFinished(worker, [id], [nbytes], [seconds], values or {}, []))
        return said

    def fail(self, key: str, error: object = "boom"):
        """Let a key raise."""
        worker, id = self.where(key), self.id(key)
        self.given[worker].remove(id)
        return self.tell(ev.TaskFailed(worker, id, error, 0.001))

    def release(self, *keys: str, client: int = 0):
        """Let the client's futures of keys go."""
        return self.tell(ev.HandlesReleased(client, [self.names[key] for key in keys]))

    def heard(self, kind: type) -> list:
        """All that was said of one kind."""
        return [i for i in self.said if isinstance(i, kind)]

    def done(self) -> set[str]:
        """Keys that the first client has been told of."""
        names = {handle: key for key, handle in self.names.items()}
        return {names[h] for i in self.heard(ins.Done) if i.client == 0 for h in i.handles}

"""A real scheduler in a thread, and peers that say to it what a test wants said."""

from __future__ import annotations

import time
from array import array
from contextlib import contextmanager

from treadle.cluster.scheduler.scheduler import Scheduler
from treadle.comm.credentials import Credentials
from treadle.errors import ConnectionClosed
from treadle.protocol import messages as m

TIMEOUT = 30


@contextmanager
def running(**options):
    """A scheduler that has no address: its peers are in this process."""
    scheduler = Scheduler(Credentials.new("test"), name="test", **options)
    scheduler.start_in_thread()
    try:
        yield scheduler
    finally:
        scheduler.close()


class Peer:
    """One connection; what is not waited for is kept."""

    decode = staticmethod(m.decode_to_client)

    def __init__(self, scheduler: Scheduler, role: str):
        self.link = scheduler.connect_inproc(role)
        self.inbox: list[m.Message] = []

    def say(self, *messages: m.Message) -> None:
        for message in messages:
            self.link.send(m.encode(message))

    def wait_for(self, kind: type):
        """Return the next message of a kind; those of others stay for later."""
        while True:
            for position, message in enumerate(self.inbox):
                if isinstance(message, kind):
                    return self.inbox.pop(position)
            self.inbox += [self.decode(frame) for frame in self.link.recv(timeout=TIMEOUT)]

    def is_cut_off(self) -> bool:
        """Wait until the scheduler ends the connection."""
        try:
            while True:
                self.link.recv(timeout=TIMEOUT)
        except ConnectionClosed:
            return True

    def ask(self, what: str, **args):
        """Return the answer to a question."""
        self.say(m.Query(99, what, args))
        return self.wait_for(m.Answer)

    def submit(self, base: int, *keys: str, inputs=None, **more) -> None:
        """Submit tasks that all call one function, and want them all."""
        size = len(keys)
        more.setdefault("functions", [m.FunctionSpec(b"f" * 16, "inc", b"pickle of inc")])
        self.say(
            m.SubmitGraph(
                base=base, keys=list(keys), function=[0] * size, args=[b""] * size,
                inputs=inputs or [()] * size, wanted=list(range(size)), **more,
            )
        )  # fmt: skip


class WorkerPeer(Peer):
    """A worker that ends what it is told to end."""

    decode = staticmethod(m.decode_to_worker)

    def __init__(self, scheduler: Scheduler, name: str = "w0", now: float | None = None, **more):
        super().__init__(scheduler, "worker")
        moment = time.time() if now is None else now
        self.say(m.Register(name, "host", 1, 1, 0, ["unix:///x"], more, moment))
        self.number = self.wait_for(m.Registered).worker

    def finish(self, *ids: int, start: float = 10.0, values=None) -> None:
        """Report that ids have ended, each after a second."""
        starts = array("d", [start] * len(ids))
        stops = array("d", [start + 1.0] * len(ids))
        size = len(ids)
        self.say(
            m.Finished(
                list(ids), [8] * size, [0] * size, starts.tobytes(), stops.tobytes(), values or {}
            )
        )

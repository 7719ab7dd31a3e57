"""A scheduler that does what a test says: the other end of a worker's control connection."""

from __future__ import annotations

import itertools
import socket
import struct
from collections.abc import Callable
from typing import Any

from treadle.cluster.worker.worker import Worker
from treadle.comm.credentials import Credentials
from treadle.comm.stream import SocketConnection
from treadle.protocol import messages as m
from treadle.protocol.serialize import dumps_args, dumps_function

TIMEOUT = 30.0
WORKER_NUMBER = 5


class ScriptedScheduler:
    """Sends what it is told to, and hands out what the worker says, kind by kind."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self.connection = SocketConnection(ours, role="worker", kind="unix", peer="worker")
        self.worker_end = SocketConnection(theirs, role="worker", kind="unix", peer="scheduler")
        self.credentials = Credentials.new("test")
        self.heard: list[m.Message] = []
        self._unread: list[m.Message] = []
        self._functions: dict[bytes, int] = {}
        self._ids = itertools.count(1)

    def start(self, **options: Any) -> Worker:
        """Make a worker and take it in."""
        self.send(m.Registered(WORKER_NUMBER, "test"))
        worker = Worker(
            "unix:///nowhere", self.credentials, connection=self.worker_end, name="w", **options
        )
        worker.start(TIMEOUT)
        self.expect(m.Register)
        return worker

    def close(self) -> None:
        self.connection.close()
        self.worker_end.close()

    # -- out -------------------------------------------------------------------------------------

    def send(self, *messages: m.Message) -> None:
        for message in messages:
            self.connection.send(m.encode(message))

    def function(self, function: Callable[..., Any]) -> int:
        """Tell the worker of a function; return its number."""
        digest, blob = dumps_function(function)
        number = self._functions.get(digest)
        if number is None:
            number = self._functions[digest] = len(self._functions)
            self.send(m.Functions([number], [digest], [blob]))
        return number

    def compute(
        self,
        function: Callable[..., Any],
        *args: Any,
        inputs: tuple[int, ...] = (),
        holders: dict[int, list[int]] | None = None,
        wanted: bool = True,
    ) -> int:
        """Send one task; return its id."""
        return self.compute_many(function, [args], inputs=[inputs], holders=holders, wanted=wanted)[
            0
        ]

    def compute_many(
        self,
        function: Callable[..., Any],
        calls: list[tuple[Any, ...]],
        *,
        inputs: list[tuple[int, ...]] | None = None,
        holders: dict[int, list[int]] | None = None,
        wanted: bool = True,
    ) -> list[int]:
        """Send several calls of a function in one message; return their ids."""
        number = self.function(function)
        ids = [next(self._ids) for _ in calls]
        given = inputs or [()] * len(calls)
        blobs = [dumps_args(args if args or not own else None)
                 for args, own in zip(calls, given, strict=True)]  # fmt: skip
        positions = list(range(len(ids))) if wanted else []
        numbers = [number] * len(ids)
        self.send(m.Compute(ids, numbers, ids, blobs, given, positions, holders or {}, {}))
        return ids

    # -- in --------------------------------------------------------------------------------------

    def expect(self, *kinds: type[m.Message]) -> Any:
        """Return the next message of one of these kinds; heartbeats and others are set aside."""
        for n, message in enumerate(self._unread):
            if isinstance(message, kinds):
                return self._unread.pop(n)
        while True:
            came = [m.decode_from_worker(frame) for frame in self.connection.recv(TIMEOUT)]
            self.heard += came
            for n, message in enumerate(came):
                if isinstance(message, kinds):
                    self._unread += came[:n] + came[n + 1 :]
                    return message
            self._unread += came

    def finished(self, *ids: int) -> dict[int, m.Finished]:
        """Wait until all of these are finished; return by id the message that said so."""
        found: dict[int, m.Finished] = {}
        while not set(ids) <= set(found):
            message = self.expect(m.Finished, m.Failed)
            if isinstance(message, m.Failed):
                raise AssertionError(f"task {message.id} failed:\n{message.error.text}")
            found |= dict.fromkeys(message.ids, message)
        return found

    def value(self, id: int) -> Any:
        """Wait for a task, and return its small result."""
        import pickle

        message = self.finished(id)[id]
        return pickle.loads(message.values[message.ids.index(id)])


def times(column: bytes) -> tuple[float, ...]:
    """A column of times as numbers."""
    return struct.unpack(f"<{len(column) // 8}d", column)

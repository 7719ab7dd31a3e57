"""Functions that clients run on workers outside of tasks: who was asked, and who has answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treadle.cluster.scheduler.queries import named_workers
from treadle.protocol import messages as m

if TYPE_CHECKING:
    from treadle.cluster.scheduler.clients import ClientPeer
    from treadle.cluster.scheduler.scheduler import Scheduler
    from treadle.cluster.scheduler.workers import WorkerPeer


class _Call:
    """One `RunOnWorkers` on its way."""

    def __init__(self, client: ClientPeer, number: int, workers: list[WorkerPeer]):
        self.client = client
        self.number = number
        self.names = [worker.name for worker in workers]
        self.waiting = {worker.number: worker.name for worker in workers}


class FunctionCalls:
    """All calls that have not been answered by everybody."""

    def __init__(self, scheduler: Scheduler):
        self._scheduler = scheduler
        self._calls: dict[int, _Call] = {}
        self._next = 0

    def begin(self, client: ClientPeer, message: m.RunOnWorkers) -> None:
        """Ask the workers that a client names."""
        workers = named_workers(self._scheduler, message.workers)
        if message.workers is not None and not workers:
            client.send(m.Answer(message.number, None, f"no worker is one of {message.workers}"))
            return
        number = self._next
        self._next += 1
        call = self._calls[number] = _Call(client, message.number, workers)
        for worker in workers:
            worker.send(m.RunFunction(number, message.blob))
        self._end_if_complete(number, call)

    def answered(self, worker: WorkerPeer, message: m.RunResult) -> None:
        """A worker has called the function."""
        call = self._calls.get(message.number)
        if call is None or call.waiting.pop(worker.number, None) is None:
            return
        call.client.send(m.RunResult(call.number, worker.name, message.value, message.error))
        self._end_if_complete(message.number, call)

    def worker_left(self, worker: WorkerPeer, reason: str) -> None:
        """A worker will answer nothing any more."""
        for number, call in list(self._calls.items()):
            name = call.waiting.pop(worker.number, None)
            if name is not None:
                text = f"the worker {name} ended before it answered: {reason}"
                error = m.TaskError("treadle.errors.WorkerDied", text, text)
                call.client.send(m.RunResult(call.number, name, b"", error))
                self._end_if_complete(number, call)

    def _end_if_complete(self, number: int, call: _Call) -> None:
        if not call.waiting:
            del self._calls[number]
            call.client.send(m.Answer(call.number, call.names))

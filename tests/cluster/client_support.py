"""A whole cluster in this process: the real scheduler, and workers as threads."""

from __future__ import annotations

import itertools
from types import TracebackType

from treadle.cluster.client.client import Client
from treadle.cluster.scheduler.scheduler import Scheduler
from treadle.cluster.worker.worker import Worker
from treadle.comm.credentials import Credentials

_numbers = itertools.count()

TIMEOUT = 30.0


class ThreadCluster:
    """A scheduler and workers, each with threads of its own; what a client takes for a cluster."""

    def __init__(self, workers: int = 2, nthreads: int = 1, **options):
        self.name = f"test-{next(_numbers)}"
        self.credentials = Credentials.new(self.name)
        self.scheduler = Scheduler(self.credentials, ["inproc://"], name=self.name)
        self.scheduler.start_in_thread()
        self.address = self.scheduler.addresses[0]
        self.workers: list[Worker] = []
        for _ in range(workers):
            self.add_worker(nthreads, **options)

    def add_worker(self, nthreads: int = 1, name: str | None = None, **options) -> Worker:
        """Start one more."""
        worker = Worker(
            self.address,
            self.credentials,
            nthreads=nthreads,
            name=name or f"worker-{len(self.workers)}",
            **options,
        )
        worker.start()
        self.workers.append(worker)
        return worker

    def client(self, **options) -> Client:
        """Return a client that sees all workers."""
        client = Client(self, **options)
        client.wait_for_workers(len(self.workers), TIMEOUT)
        return client

    def close(self, timeout: float = TIMEOUT) -> None:
        """Stop everything."""
        for worker in self.workers:
            worker.close()
        self.scheduler.close()

    def __enter__(self) -> ThreadCluster:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

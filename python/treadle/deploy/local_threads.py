"""A local cluster within this process: a scheduler in a thread, workers as threads.

For NumPy-like work, which releases the GIL, and for looking at tasks with a debugger: nothing is
copied between processes, and nothing is safe from a task that crashes.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from treadle.cluster.scheduler.scheduler import Scheduler
from treadle.cluster.worker.worker import Worker
from treadle.errors import TreadleError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from treadle.comm.credentials import Credentials
    from treadle.feedserver.server import FeedServer


class ThreadLaunch:
    """The threads of one cluster.

    Parameters
    ----------
    name : str
    credentials : Credentials
    addresses : sequence of str
        Where other processes find the scheduler.
    worker : dict
        ``nthreads``, ``memory_limit`` and ``resources`` of each worker.
    insecure : bool
        As in `Scheduler`.
    """

    def __init__(
        self,
        name: str,
        credentials: Credentials,
        addresses: Sequence[str],
        worker: dict[str, Any],
        *,
        insecure: bool = False,
    ):
        self.name = name
        self.detached = False
        self.record_error = ""
        self.end: str | None = None
        self._worker = worker
        self._workers: list[Worker] = []
        self._last = 0
        self._lock = threading.Lock()
        self._feed: FeedServer | None = None
        self._recorded = threading.Event()
        self._ended = threading.Event()
        self._scheduler = Scheduler(
            credentials, ["inproc://", *addresses], name=name, manager=self, insecure=insecure
        )

    @property
    def addresses(self) -> list[str]:
        """Where the scheduler listens."""
        return list(self._scheduler.addresses)

    def start(self, *, n: int, label: str) -> None:
        """Start scheduler and workers; the feed follows in a thread of its own.

        Raises
        ------
        TreadleError
            If that fails; nothing is left running then.
        """
        self._scheduler.start_in_thread()
        try:
            self._resize(n)
        except BaseException:
            self.close(1.0)
            raise
        threading.Thread(target=self._serve_feed, args=(label,), daemon=True).start()

    def wait_recorded(self, timeout: float) -> bool:
        """Wait until the record is written, or can't be."""
        return self._recorded.wait(timeout)

    def wait_end(self, timeout: float | None) -> None:
        """Wait until everything has ended."""
        self._ended.wait(timeout)

    def release(self) -> None:
        """Threads end with their process."""

    def close(self, timeout: float) -> None:
        """End all of it."""
        with self._lock:
            if self.end is not None:
                return
            self.end = "stopped"
            workers, self._workers = self._workers, []
        for worker in workers:
            worker.close("the cluster is closing")
        self._scheduler.close(timeout)
        self._recorded.wait(timeout)  # that thread is at work, or done
        if self._feed is not None:
            self._feed.close()
        self._ended.set()

    # ---- what the scheduler asks for, in its own thread: starting a worker waits for it ----

    def scale(self, n: int) -> None:
        """Have ``n`` workers, soon."""
        threading.Thread(target=self._resize, args=(n,), daemon=True).start()

    def restart(self) -> None:
        """Replace all workers by new ones."""
        threading.Thread(target=self._restart, daemon=True).start()

    def stop(self) -> None:
        """End the cluster."""
        threading.Thread(target=self.close, args=(5.0,), daemon=True).start()

    def _restart(self) -> None:
        with self._lock:
            n = len(self._workers)
        self._resize(0)
        self._resize(n)

    def _resize(self, n: int) -> None:
        with self._lock:
            if self.end is not None:
                return
            self._workers = [worker for worker in self._workers if not worker.reason]
            surplus = self._workers[n:]
            del self._workers[n:]
            for worker in surplus:
                worker.close("the cluster has been made smaller")
            while len(self._workers) < n:
                self._last += 1
                self._workers.append(self._start_worker(f"worker-{self._last}"))

    def _start_worker(self, name: str) -> Worker:
        worker = Worker(
            self._scheduler.addresses[0],
            self._scheduler.credentials.only("worker"),
            name=name,
            connection=self._scheduler.connect_inproc("worker"),
            **self._worker,
        )
        worker.start()
        return worker

    def _serve_feed(self, label: str) -> None:
        from treadle import feedserver

        scheduler = self._scheduler
        secrets = scheduler.credentials.secrets
        try:
            self._feed = feedserver.serve(
                scheduler.hub,
                kind="cluster",
                label=label,
                name=self.name,
                # not those that this process alone can reach
                addresses=[a for a in scheduler.addresses if not a.startswith("inproc:")],
                client_secret=secrets["client"],
                worker_secret=secrets["worker"],
                cluster=scheduler.credentials.cluster,
            )
        except (TreadleError, OSError) as error:
            self.record_error = str(error)
        except Exception:
            # While the interpreter ends, modules that are being imported fail in their own ways.
            if threading.main_thread().is_alive():
                raise
        finally:
            self._recorded.set()

"""Threads that fetch results from other workers.

The state machine says what to ask whom, and bounds how much is in flight; here it is asked.
Threads are started when they are needed, up to the number of requests there may be, and end when
the worker does.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from treadle.comm.transfer import DataClient
from treadle.errors import CommError
from treadle.scheduling.worker.instructions import Fetch


class Fetchers:
    """Carries out `Fetch` instructions.

    Parameters
    ----------
    client : DataClient
    addresses : dict
        Worker number -> addresses of its data.
    done : callable
        ``done(fetch, values)`` with the values that came, by id; None when the peer can't be
        reached.
    broken : callable
        Called when a thread fails for a reason of its own.
    """

    def __init__(
        self,
        client: DataClient,
        addresses: dict[int, list[str]],
        done: Callable[[Fetch, dict[int, Any] | None], None],
        broken: Callable[[BaseException], None],
        name: str = "treadle",
    ):
        self._client = client
        self._addresses = addresses
        self._done = done
        self._broken = broken
        self._name = name
        self._queue: SimpleQueue[Fetch | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._pending = 0  # requests given and not done
        self._threads: list[threading.Thread] = []

    def fetch(self, request: Fetch) -> None:
        """Begin; returns at once."""
        with self._lock:
            self._pending += 1
            if self._pending > len(self._threads):
                name = f"{self._name}-fetch-{len(self._threads) + 1}"
                thread = threading.Thread(target=self._work, name=name, daemon=True)
                self._threads.append(thread)
                thread.start()
        self._queue.put(request)

    def close(self, timeout: float = 1.0) -> None:
        """End the threads.  The client must be closed first: that ends what they wait for."""
        with self._lock:
            threads = list(self._threads)
        for _ in threads:
            self._queue.put(None)
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(timeout)

    def _work(self) -> None:
        while (request := self._queue.get()) is not None:
            try:
                self._done(request, self._ask(request))
            except BaseException as error:
                self._broken(error)
                return
            finally:
                with self._lock:
                    self._pending -= 1

    def _ask(self, request: Fetch) -> dict[int, Any] | None:
        addresses = self._addresses.get(request.worker)
        if not addresses:
            return None
        try:
            return self._client.fetch(addresses, request.ids)
        except CommError:
            return None

"""How many workers each cluster has: told by its feed, at the slowest rate that there is.

A browser that shows the list costs every cluster one reader, whatever the number of browsers; a
feed that is being watched anyway is the same one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from treadle.telemetry import events

if TYPE_CHECKING:
    from collections.abc import Collection

    from treadle.lab.relay import Relays, View

HZ = 1.0


class Counts:
    """Workers and threads of the clusters that it follows.

    Parameters
    ----------
    relays : Relays
    """

    def __init__(self, relays: Relays):
        self._relays = relays
        self._readers: dict[str, _Reader] = {}

    def follow(self, names: Collection[str]) -> None:
        """Listen to these clusters, and to no others."""
        for name in self._readers.keys() - set(names):
            self._readers.pop(name).close()
        for name in names:
            if name not in self._readers:
                self._readers[name] = _Reader(self._relays, name)

    def of(self, name: str) -> tuple[int, int] | None:
        """Workers and threads of a cluster; None if it has not said so."""
        reader = self._readers.get(name)
        return None if reader is None else reader.count

    def stop(self) -> None:
        """Listen to none."""
        self.follow(())


class _Reader:
    """A browser of our own, which wants to know of workers alone."""

    def __init__(self, relays: Relays, name: str):
        self.count: tuple[int, int] | None = None
        self._relays = relays
        self._view: View | None = None
        self._view = relays.join(name, self._wake)
        self._view.subscribe(events.Subscribe(topics=["workers"], max_hz=HZ))

    def close(self) -> None:
        view, self._view = self._view, None
        if view is not None:
            self._relays.leave(view)

    def _wake(self) -> None:
        if self._view is None:
            return
        for text in self._view.messages(0.0):
            if isinstance(text, bytes):
                continue
            message = events.decode_answer(text)
            if isinstance(message, events.Workers):
                threads = sum(worker.nthreads for worker in message.workers)
                self.count = (len(message.workers), threads)
            elif isinstance(message, events.Lost):
                self.count = None

"""Looks for clusters while somebody wants to know, and tells when there is a change."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from treadle.telemetry import events

if TYPE_CHECKING:
    from treadle.lab.fleet import Fleet

WATCH_SECONDS = 0.5
"""Between two looks: a few small files, and whether their processes live."""


class Watcher(Protocol):
    """Whoever wants to be told."""

    def send(self, text: str) -> None: ...


class Watch:
    """Tells watchers of the clusters; looks at nothing while there are none."""

    def __init__(self, fleet: Fleet, interval: float = WATCH_SECONDS):
        self._fleet = fleet
        self._interval = interval
        self._watchers: set[Watcher] = set()
        self._last = ""
        self._task: asyncio.Task[None] | None = None

    @property
    def is_looking(self) -> bool:
        """Is anybody there to look for?"""
        return self._task is not None

    def join(self, watcher: Watcher) -> None:
        """Tell a new watcher what there is, and all what has changed meanwhile."""
        self._watchers.add(watcher)
        if not self._look():
            watcher.send(self._last)
        if self._task is None:
            self._task = asyncio.create_task(self._keep_looking(), name="treadle watch")

    def leave(self, watcher: Watcher) -> None:
        """One watcher fewer; after the last one nothing is looked at."""
        self._watchers.discard(watcher)
        if not self._watchers:
            self.stop()

    def stop(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._fleet.rest()
        self._last = ""

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(self._interval)
            self._look()

    def _look(self) -> bool:
        """Tell all watchers if there is a change; was there one?"""
        text = events.encode(events.Clusters(clusters=self._fleet.list(follow=True)))
        if text == self._last:
            return False
        self._last = text
        for watcher in tuple(self._watchers):
            watcher.send(text)
        return True

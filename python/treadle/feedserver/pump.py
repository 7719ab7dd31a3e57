"""Keeps one websocket fed: when to send, not what.

    wake ---> messages of the reader ---> write, wait until the socket took it ---> rest ---> ...
              (all that has changed)      (a slow reader skips ticks)           (at most max_hz)

Both ends of the relay use it: the feed server towards its readers, the Jupyter server towards
its browsers.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Protocol

from tornado.websocket import WebSocketClosedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tornado.websocket import WebSocketHandler

MOST_HZ = 10.0
"""Ticks a second, however often a reader subscribes anew."""

log = logging.getLogger("treadle.feedserver")


class Reader(Protocol):
    """What a socket is fed from."""

    @property
    def max_hz(self) -> float:
        """Ticks a second, at most."""

    @property
    def has_more(self) -> bool:
        """Is a further tick due though nobody wakes us?"""

    def messages(self, now: float) -> Sequence[str | bytes]:
        """What has changed since the last call."""


class Pump:
    """Sends to a socket what its reader has not got yet, from `start` to `stop`.

    Parameters
    ----------
    reader : Reader
    socket : WebSocketHandler
    clock : callable
        Epoch seconds.
    """

    def __init__(self, reader: Reader, socket: WebSocketHandler, clock: Callable[[], float]):
        self._reader = reader
        self._socket = socket
        self._clock = clock
        self._awake = asyncio.Event()
        self._renewed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self, *first: str) -> None:
        """Begin with these messages."""
        self._task = asyncio.create_task(self._run(first))

    def wake(self) -> None:
        """Something may have changed."""
        self._awake.set()

    def renew(self) -> None:
        """The subscription has changed: no need to rest for as long as the last one said."""
        self._renewed.set()
        self._awake.set()

    def stop(self) -> None:
        """Send no more."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self, first: Sequence[str]) -> None:
        try:
            await self._write(first)
            while True:
                await self._awake.wait()
                self._awake.clear()  # before reading: what changes from here on wakes us again
                await self._write(self._reader.messages(self._clock()))
                if self._reader.has_more:
                    self._awake.set()
                await self._rest()
        except WebSocketClosedError:
            pass
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("a reader of the feed can't be served any longer")
            self._socket.close(1011, "internal error")

    async def _write(self, messages: Sequence[str | bytes]) -> None:
        for message in messages:
            await self._socket.write_message(message, binary=isinstance(message, bytes))

    async def _rest(self) -> None:
        self._renewed.clear()
        await asyncio.sleep(1 / MOST_HZ)
        rest = 1 / self._reader.max_hz - 1 / MOST_HZ
        if rest > 0:
            try:
                await asyncio.wait_for(self._renewed.wait(), rest)
            except TimeoutError:
                pass

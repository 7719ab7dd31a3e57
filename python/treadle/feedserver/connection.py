"""One websocket of the feed server: who is let in, and what they may say.

    connect -- Host, Origin, room? --> hello -- token? --> welcome --> subscribe, subscribe, ...
                403,  403,    503      4401 (in 5 s)                   4400

The observer token is the guard; the rest keeps pages of the owner's browser and idle strangers
from getting as far as that.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
from tornado.web import HTTPError
from tornado.websocket import WebSocketHandler

from treadle.feedserver.pump import Pump
from treadle.feedserver.session import Session
from treadle.telemetry import events

if TYPE_CHECKING:
    from treadle.feedserver.server import FeedServer

MAX_READERS = 16
"""Admitted readers at a time."""

MAX_PENDING = 8
"""Websockets at a time that have not shown the token yet."""

BAD_REQUEST = 4400
NOT_ADMITTED = 4401


class FeedHandler(WebSocketHandler):
    """One reader."""

    def initialize(self, server: FeedServer) -> None:
        self.server = server
        self.session: Session | None = None
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pump: Pump | None = None
        self._deadline: asyncio.TimerHandle | None = None

    # ---- before the upgrade ----

    async def get(self, *args: Any, **kwargs: Any) -> None:
        headers, own = self.request.headers, f"127.0.0.1:{self.server.port}"
        if headers.get("Host") != own:
            raise HTTPError(403)  # a name that was made to point here
        if "Origin" in headers and headers.get_list("Origin") != [f"http://{own}"]:
            raise HTTPError(403)  # another page of the owner's browser
        readers = self.server.readers
        pending = sum(reader.session is None for reader in readers)
        if pending >= MAX_PENDING or len(readers) - pending >= MAX_READERS:
            raise HTTPError(503)
        await super().get(*args, **kwargs)

    def check_origin(self, origin: str) -> bool:
        return True  # `get` has compared it: Tornado asks here only if its own guess says "foreign"

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        return events.SUBPROTOCOL if events.SUBPROTOCOL in subprotocols else None

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        self.finish()  # the status says it; nothing of the request is sent back

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        if not isinstance(value, HTTPError):  # a stranger's request is no news for a notebook
            super().log_exception(typ, value, tb)

    # ---- after it ----

    def open(self, *args: str, **kwargs: str) -> None:
        self.server.readers.add(self)
        self.set_nodelay(True)
        self._deadline = asyncio.get_running_loop().call_later(
            self.server.hello_seconds, self.close, NOT_ADMITTED, "no hello in time"
        )

    def on_message(self, message: str | bytes) -> None:
        if self.close_code is not None or self.closed.done():
            return
        try:
            request = events.decode_request(message)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            if self.session is None:
                self.close(NOT_ADMITTED, "not admitted")
            else:
                self.close(BAD_REQUEST, str(error)[:120])  # a reason holds 123 bytes
            return
        if self.session is None:
            self._greet(request)
        elif isinstance(request, events.Subscribe):
            self.session.subscribe(request)
            if self._pump is not None:
                self._pump.renew()
        else:
            self.close(BAD_REQUEST, "hello came twice")

    def _greet(self, request: events.Request) -> None:
        record = self.server.record
        admitted = (
            isinstance(request, events.Hello)
            and request.version == events.VERSION
            and record.observer_token.matches(request.token)
        )
        if self._deadline is not None:
            self._deadline.cancel()
        if not admitted:
            self.close(NOT_ADMITTED, "not admitted")
            return
        self.session = Session(self.server.hub)
        self.server.listen_to_hub(True)
        self._pump = Pump(self.session, self, self.server.clock)
        self._pump.start(events.encode(self._welcome()))

    def _welcome(self) -> events.Welcome:
        record = self.server.record
        return events.Welcome(
            version=events.VERSION,
            source=events.Source(
                name=record.name,
                kind=record.kind,
                label=record.label,
                pid=record.pid,
                instance=record.instance,
            ),
            now=self.server.clock(),
            next=self.server.hub.next,
        )

    def wake(self) -> None:
        """Something may have changed."""
        if self._pump is not None:
            self._pump.wake()

    def on_close(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        if self._pump is not None:
            self._pump.stop()
        self.server.leave(self)
        if not self.closed.done():
            self.closed.set_result(None)

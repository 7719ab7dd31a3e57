"""The feed server: a websocket on loopback, in a daemon thread with its own event loop.

Decides who may read (the observer token, first message, within five seconds; a foreign Origin
never) and when: at most ``max_hz`` ticks a second, none while the last write is not flushed, none
while nothing runs or nobody wants anything.  What is sent at a tick is `session.py`.

    connect -- Origin, Host, room? --> hello -- token? --> subscribe --> tick, tick, ... --> close
                403, 403, 503          4401                 4400          awaits each flush
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import threading
import time
from typing import TYPE_CHECKING, Any

import msgspec
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, HTTPError
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from treadle.feedserver import records
from treadle.feedserver.session import Session
from treadle.telemetry import events

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from pathlib import Path

    from tornado.iostream import IOStream

    from treadle.telemetry.hub import EventHub

MAX_READERS = 16
"""Admitted readers at a time."""

MAX_PENDING = 8
"""Websockets at a time that have not shown the token yet."""

MOST_HZ = 10.0
"""Ticks a second, however often a reader subscribes anew."""

MAX_CONNECTIONS = 64
"""Sockets open at a time: what has sent no request yet counts too."""

HELLO_SECONDS = 5.0
CLOSE_SECONDS = 2.0

BAD_REQUEST = 4400
NOT_ADMITTED = 4401

log = logging.getLogger("treadle.feedserver")


class FeedServer:
    """Serves one hub.  Made by `treadle.feedserver.serve`.

    Parameters
    ----------
    hub : EventHub
    kind, label, kernel_id
        For the record.
    directory : Path, optional
        Where the record goes; Jupyter's runtime directory unless told otherwise.
    hello_seconds : float
        How long a new connection may keep silent.
    clock : callable
        Epoch seconds.
    """

    def __init__(
        self,
        hub: EventHub,
        *,
        kind: str,
        label: str,
        kernel_id: str | None = None,
        directory: Path | None = None,
        hello_seconds: float = HELLO_SECONDS,
        clock: Callable[[], float] = time.time,
    ):
        self.hub = hub
        self.hello_seconds = hello_seconds
        self.clock = clock
        self.readers: set[FeedHandler] = set()
        self._directory = records.records_directory() if directory is None else directory
        self._description = (kind, label, kernel_id)
        self._record: records.Record | None = None
        self._sockets: list[socket.socket] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self._unsubscribe: Callable[[], None] | None = None
        self._wake_is_due = False

    # ---- called from any thread of the kernel ----

    @property
    def is_open(self) -> bool:
        """Is it listening?"""
        return self._thread is not None and self._thread.is_alive()

    @property
    def record(self) -> records.Record:
        """The record by which others find this server; its token prints as stars."""
        assert self._record is not None
        return self._record

    @property
    def name(self) -> str:
        """Name of the record."""
        return self.record.name

    @property
    def port(self) -> int:
        """The port on 127.0.0.1."""
        return self.record.port

    def start(self) -> None:
        """Listen, and write the record once that is so."""
        import treadle

        kind, label, kernel_id = self._description
        self._sockets = bind_sockets(0, "127.0.0.1")
        pid = os.getpid()
        self._record = records.Record(
            name=records.record_name(kind, kernel_id),
            kind=kind,
            label=events.clean_label(label),
            pid=pid,
            started=records.process_started(pid) or self.clock(),
            port=self._sockets[0].getsockname()[1],
            observer_token=records.Secret(secrets.token_hex(32)),
            instance=secrets.token_hex(8),
            kernel_id=kernel_id,
            treadle=getattr(treadle, "__version__", "0.1.0"),
        )
        listening = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(listening,), name="treadle-feed", daemon=True
        )
        self._thread.start()
        listening.wait()
        try:
            records.write_record(self._record, self._directory)
        except BaseException:
            self.close()  # unfindable, so useless
            raise

    def close(self) -> None:
        """Remove the record, say goodbye to readers and stop the thread.  May be called twice."""
        loop, stop, thread = self._loop, self._stop, self._thread
        self._thread = None
        if thread is None or loop is None or stop is None:
            return
        records.remove_record(self.record, self._directory)
        try:
            loop.call_soon_threadsafe(stop.set)
        except RuntimeError:
            return  # the loop has ended by itself
        if thread is not threading.current_thread():
            thread.join(CLOSE_SECONDS)

    def forget(self) -> None:
        """In a forked child: drop the parent's sockets; its thread and record are not ours."""
        self._thread = None
        for sock in self._sockets:
            sock.close()

    # ---- in the server's own thread ----

    def _run(self, listening: threading.Event) -> None:
        try:
            asyncio.run(self._serve(listening))
        finally:
            listening.set()  # whoever waits for it must not wait for ever

    async def _serve(self, listening: threading.Event) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        application = Application(
            [("/feed", FeedHandler, {"server": self})],
            log_function=_log_nothing,
            websocket_max_message_size=events.MAX_REQUEST_BYTES,
            websocket_ping_interval=25,
            websocket_ping_timeout=10,
        )
        http = _LimitedServer(
            application,
            idle_connection_timeout=self.hello_seconds,  # a request has to come by then
            max_header_size=8192,
            max_buffer_size=16_384,
        )
        http.add_sockets(self._sockets)
        listening.set()
        try:
            await self._stop.wait()
        finally:
            http.stop()
            self._listen_to_hub(False)
            for reader in tuple(self.readers):
                reader.close(1001, "the kernel has ended")
            if self.readers:
                await asyncio.wait([r.closed for r in self.readers], timeout=CLOSE_SECONDS / 2)
            await http.close_all_connections()

    def admit(self, reader: FeedHandler) -> None:
        """A reader has shown the token."""
        self._listen_to_hub(True)

    def leave(self, reader: FeedHandler) -> None:
        """A reader has gone."""
        self.readers.discard(reader)
        if not any(other.session for other in self.readers):
            self._listen_to_hub(False)  # nobody reads: runs cost nothing at all

    def _listen_to_hub(self, wanted: bool) -> None:
        if wanted and self._unsubscribe is None:
            self._unsubscribe = self.hub.subscribe(self._on_run_changed)
        elif not wanted and self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None

    def _on_run_changed(self) -> None:
        """In a kernel's thread.  One wake-up serves any number of runs."""
        if self._wake_is_due or self._loop is None:
            return
        self._wake_is_due = True
        try:
            self._loop.call_soon_threadsafe(self._wake_readers)
        except RuntimeError:
            pass  # closed meanwhile

    def _wake_readers(self) -> None:
        self._wake_is_due = False
        for reader in self.readers:
            reader.wake()


class _LimitedServer(HTTPServer):
    """Refuses sockets beyond a number, before it reads anything from them."""

    def handle_stream(self, stream: IOStream, address: tuple[Any, ...]) -> None:
        if len(self._connections) >= MAX_CONNECTIONS:
            stream.close()
            return
        super().handle_stream(stream, address)


class FeedHandler(WebSocketHandler):
    """One reader."""

    def initialize(self, server: FeedServer) -> None:
        self.server = server
        self.session: Session | None = None
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._awake = asyncio.Event()
        self._renewed = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None
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
            self._renewed.set()
            self.wake()
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
        self.server.admit(self)
        self._pump = asyncio.create_task(self._send_ticks(self.session))

    def wake(self) -> None:
        """Something may have changed."""
        self._awake.set()

    async def _send_ticks(self, session: Session) -> None:
        hub, clock, record = self.server.hub, self.server.clock, self.server.record
        welcome = events.Welcome(
            version=events.VERSION,
            source=events.Source(
                name=record.name,
                kind=record.kind,
                label=record.label,
                pid=record.pid,
                instance=record.instance,
            ),
            now=clock(),
            next=hub.since(-1).next,
        )
        try:
            await self.write_message(events.encode(welcome))
            while True:
                await self._awake.wait()
                self._awake.clear()  # before reading: what changes from here on wakes us again
                if not session.wants_anything:
                    continue
                for message in session.messages(clock()):
                    # waits until the reader's socket took it: a slow one skips ticks
                    await self.write_message(message, binary=isinstance(message, bytes))
                if hub.is_live or session.is_behind:
                    self._awake.set()
                await self._rest(session)
        except WebSocketClosedError:
            pass
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("the feed of %s ended", record.name)
            self.close(1011, "internal error")

    async def _rest(self, session: Session) -> None:
        """Until the next tick is due; a new subscription cuts a long rest short."""
        self._renewed.clear()
        await asyncio.sleep(1 / MOST_HZ)
        rest = 1 / session.max_hz - 1 / MOST_HZ
        if rest > 0:
            try:
                await asyncio.wait_for(self._renewed.wait(), rest)
            except TimeoutError:
                pass

    def on_close(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        if self._pump is not None:
            self._pump.cancel()
        self.server.leave(self)
        if not self.closed.done():
            self.closed.set_result(None)


def _log_nothing(handler: Any) -> None:
    """Requests on this port are of no interest to the kernel's log."""

"""The feed server: a websocket on loopback, in a daemon thread with its own event loop.

Decides when it starts and ends, and that it costs nothing while nobody reads.  Who may read is
`connection.py`, what they get `session.py`, when they get it `pump.py`.

    kernel's threads:  start() ... run opens or closes --> one wake-up ... close()
                          |                                  |              |
    own thread:           loop, socket                    readers' pumps    goodbye, loop ends
"""

from __future__ import annotations

import asyncio
import os
import secrets
import threading
import time
from typing import TYPE_CHECKING, Any

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application

from treadle.feedserver import records
from treadle.feedserver.connection import FeedHandler
from treadle.telemetry import events
from treadle.utils.secret import new_secret

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tornado.iostream import IOStream

    from treadle.telemetry.hub import EventHub
    from treadle.utils.secret import Secret

MAX_CONNECTIONS = 64
"""Sockets open at a time: what has sent no request yet counts too."""

HELLO_SECONDS = 5.0
CLOSE_SECONDS = 2.0


class FeedServer:
    """Serves one hub.  Made by `treadle.feedserver.serve`.

    Parameters
    ----------
    hub : EventHub
    kind, label, kernel_id, name, addresses, client_secret, worker_secret, cluster
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
        name: str | None = None,
        addresses: Sequence[str] = (),
        client_secret: Secret | None = None,
        worker_secret: Secret | None = None,
        cluster: str = "",
        directory: Path | None = None,
        hello_seconds: float = HELLO_SECONDS,
        clock: Callable[[], float] = time.time,
    ):
        self.hub = hub
        self.hello_seconds = hello_seconds
        self.clock = clock
        self.readers: set[FeedHandler] = set()
        self._directory = records.records_directory() if directory is None else directory
        self._kind = kind
        self._description = (label, kernel_id, name)
        self._cluster: dict[str, Any] = {
            "addresses": list(addresses),
            "client_secret": client_secret,
            "worker_secret": worker_secret,
            "cluster": cluster,
        }
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

        kind = self._kind
        label, kernel_id, name = self._description
        if name is not None:
            records.check_free(name, self._directory)
        self._sockets = bind_sockets(0, "127.0.0.1")
        pid = os.getpid()
        self._record = records.Record(
            name=name or records.record_name(kind, kernel_id),
            kind=kind,
            label=events.clean_label(label),
            pid=pid,
            started=records.process_started(pid) or self.clock(),
            port=self._sockets[0].getsockname()[1],
            observer_token=new_secret(),
            instance=secrets.token_hex(8),
            kernel_id=kernel_id,
            treadle=getattr(treadle, "__version__", "0.1.0"),
            **self._cluster,
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
            self.listen_to_hub(False)
            for reader in tuple(self.readers):
                reader.close(1001, f"the {self._kind} has ended")
            if self.readers:
                await asyncio.wait([r.closed for r in self.readers], timeout=CLOSE_SECONDS / 2)
            await http.close_all_connections()

    def leave(self, reader: FeedHandler) -> None:
        """A reader has gone."""
        self.readers.discard(reader)
        if not any(other.session for other in self.readers):
            self.listen_to_hub(False)  # nobody reads: runs cost nothing at all

    def listen_to_hub(self, wanted: bool) -> None:
        """Be told of runs, or not."""
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


def _log_nothing(handler: Any) -> None:
    """Requests on this port are of no interest to the kernel's log."""

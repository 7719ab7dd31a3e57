"""One connection to a cluster's feed, and any number of browsers behind it.

    feed server --(observer token, union of what browsers want)--> Relay --> View --> browser
                                                                        \\--> View --> browser

The cluster is asked for rows from where the relay's own `History` ends, so from 0 at first:
a browser that comes late, or comes back after a reload, is served from the history and costs the
kernel nothing.  A relay lives while a browser is there; it tries again while the cluster is lost.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

import msgspec
from tornado.httpclient import HTTPError, HTTPRequest
from tornado.websocket import WebSocketClientConnection, WebSocketClosedError, websocket_connect

from treadle.lab.history import History
from treadle.telemetry import events
from treadle.telemetry.frames import TaskFrame

if TYPE_CHECKING:
    from collections.abc import Callable

    from treadle.feedserver.records import Record
    from treadle.lab.clusters import Clusters

CONNECT_SECONDS = 5.0
RETRY_SECONDS = (0.25, 0.5, 1.0, 2.0)
"""Pauses between attempts; the last one repeats."""

STATES = ("runs", "lanes", "workers")
"""Topics of which only the last message matters."""

MAX_ANSWER_BYTES = 32_000_000

log = logging.getLogger("treadle.lab")


class FeedRefusedError(Exception):
    """What answers is not the feed of the record."""


class View:
    """What one browser wants and has been sent.  No socket in it."""

    def __init__(self, relay: Relay, wake: Callable[[], None]):
        self.max_hz = 10.0
        self.topics: frozenset[str] = frozenset()
        self.has_more = False  # rows were left over for the next tick
        self.wake = wake
        self._relay = relay
        self._since: int | None = None  # as asked for; becomes a cursor once the feed is there
        self._cursor = 0
        self._instance = ""
        self._sent: dict[str, int] = {}

    def subscribe(self, request: events.Subscribe) -> None:
        """Replace what the browser wants; state is sent anew, rows from ``since`` on."""
        self.topics = frozenset(request.topics)
        self.max_hz = request.max_hz
        self._since = request.since.tasks
        for topic in STATES:
            self._sent.pop(topic, None)
        self._relay.update_subscription()
        self.wake()

    def messages(self, now: float) -> list[str | bytes]:
        """What has changed since the last call, ready to be written."""
        relay = self._relay
        messages: list[str | bytes] = []
        greeting = relay.greeting(now)
        is_news = greeting is not None and self._sent.get("greeting") != relay.greeted
        self._sent["greeting"] = relay.greeted
        if is_news and not relay.is_lost:
            messages.append(events.encode(greeting))  # type: ignore[arg-type]
        if relay.instance != self._instance:
            self._instance, self._cursor = relay.instance, 0
        for topic in STATES:
            number, text = relay.state.get(topic, (0, ""))
            if topic in self.topics and number and self._sent.get(topic) != number:
                self._sent[topic] = number
                messages.append(text)
        self.has_more = False
        if "tasks" in self.topics and relay.instance:
            self._settle_cursor()
            frames, self.has_more = relay.history.after(self._cursor)
            for frame in frames:
                messages.append(frame.data)
                self._cursor = frame.next
        if is_news and relay.is_lost:
            messages.append(events.encode(greeting))  # type: ignore[arg-type]
        return messages

    def _settle_cursor(self) -> None:
        if self._since is not None:
            newest = self._relay.newest
            self._cursor = newest if self._since < 0 else min(self._since, newest)
            self._since = None


class Relay:
    """The feed of one cluster, read once.

    Parameters
    ----------
    name : str
    clusters : Clusters
        Tells where the cluster is.
    retry_seconds : tuple of float
    """

    def __init__(
        self, name: str, clusters: Clusters, retry_seconds: tuple[float, ...] = RETRY_SECONDS
    ):
        self.name = name
        self.instance = ""
        self.history = History()
        self.greeted = 0  # counts welcomes and losses
        self.is_lost = False
        self.state: dict[str, tuple[int, str]] = {}  # topic -> (count, last message)
        self.views: set[View] = set()
        self._clusters = clusters
        self._retry_seconds = retry_seconds
        self._welcome: events.Welcome | None = None
        self._lost = events.Lost(reason="")
        self._connection: WebSocketClientConnection | None = None
        self._subscribed: tuple[frozenset[str], float] = (frozenset(), 0.0)
        self._task: asyncio.Task[None] | None = None
        self._changes = 0
        self._who = "the kernel" if name.startswith("kernel-") else "the cluster"

    # ---- for browsers ----

    def join(self, wake: Callable[[], None]) -> View:
        """A browser has come; ``wake`` is called whenever there may be news for it."""
        view = View(self, wake)
        self.views.add(view)
        if self._task is None:
            self._task = asyncio.create_task(self._follow(), name=f"relay of {self.name}")
        return view

    def leave(self, view: View) -> None:
        """A browser has gone; with the last one the cluster is let go."""
        self.views.discard(view)
        if not self.views:
            self.stop()
        else:
            self.update_subscription()

    def stop(self) -> None:
        """Let the cluster go."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    @property
    def newest(self) -> int:
        """As far as is known, the sequence number that the cluster's next row will have."""
        return max(self.history.next, 0 if self._welcome is None else self._welcome.next)

    def greeting(self, now: float) -> events.Welcome | events.Lost | None:
        """What a browser should know of the connection; None while it is still being made."""
        if self.is_lost:
            return self._lost
        return self._welcome and msgspec.structs.replace(self._welcome, now=now)

    def update_subscription(self) -> None:
        """Ask the cluster for all that any browser wants, and for no more."""
        if self._connection is None:
            return
        topics: frozenset[str] = frozenset().union(*(view.topics for view in self.views))
        max_hz = max((view.max_hz for view in self.views if view.topics), default=0.1)
        if (topics, max_hz) == self._subscribed:
            return
        for topic in self._subscribed[0] - topics:
            self.state.pop(topic, None)  # grows stale from now on
        self._subscribed = (topics, max_hz)
        request = events.Subscribe(
            topics=sorted(topics),  # type: ignore[arg-type]
            since=events.Since(tasks=self.history.next),
            max_hz=max_hz,
        )
        self._send(self._connection, request)

    def _send(self, connection: WebSocketClientConnection, request: events.Message) -> None:
        try:
            connection.write_message(events.encode(request))
        except WebSocketClosedError:
            pass  # the reading end sees it too, and says why

    # ---- the way to the cluster ----

    async def _follow(self) -> None:
        attempt = 0
        try:
            while True:
                record = self._clusters.find_running(self.name)
                if record is not None:
                    self._who = f"the {record.kind}"
                who = self._who
                reason = f"{who} is not running"
                if record is not None:
                    try:
                        await self._read(record)
                        reason = f"{who} closed the feed"
                        attempt = 0
                    except FeedRefusedError as error:
                        reason = str(error)
                    except (OSError, HTTPError, WebSocketClosedError, TimeoutError):
                        reason = f"{who} does not answer"
                    except Exception:
                        if not self.is_lost:  # once, not at every attempt
                            log.exception("the feed of %s can't be read", self.name)
                        reason = "the feed can't be read"
                self._lose(reason)
                await asyncio.sleep(self._retry_seconds[min(attempt, len(self._retry_seconds) - 1)])
                attempt += 1
        finally:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    async def _read(self, record: Record) -> None:
        """Connect, be admitted, and take in what comes until the other end closes."""
        url = f"ws://{record.host}:{record.port}/feed"
        connecting = asyncio.ensure_future(
            websocket_connect(
                HTTPRequest(url, connect_timeout=CONNECT_SECONDS, request_timeout=CONNECT_SECONDS),
                subprotocols=[events.SUBPROTOCOL],
                max_message_size=MAX_ANSWER_BYTES,
                ping_interval=25,
                ping_timeout=10,
            )
        )
        try:
            connection = await asyncio.shield(connecting)
        except asyncio.CancelledError:
            connecting.add_done_callback(_close_late)  # nobody is left to want it
            raise
        try:
            token = record.observer_token.reveal()
            self._send(connection, events.Hello(version=events.VERSION, token=token))
            first = await asyncio.wait_for(connection.read_message(), CONNECT_SECONDS)
            welcome = None if first is None else events.decode_answer(first)
            if not isinstance(welcome, events.Welcome):
                raise FeedRefusedError(f"{self._who} refuses its own token")
            if welcome.source.instance != record.instance:
                raise FeedRefusedError("another process answers in its place")
            self._welcome_back(welcome, connection)
            while (message := await connection.read_message()) is not None:
                self._take_in(message)
        finally:
            self._connection = None
            connection.close()

    def _welcome_back(self, welcome: events.Welcome, connection: WebSocketClientConnection) -> None:
        if welcome.source.instance != self.instance:
            self.instance = welcome.source.instance
            self.history = History()
        self._welcome = welcome
        self._connection = connection
        self.is_lost = False
        self.greeted += 1
        self._subscribed = (frozenset(), 0.0)
        self.state.clear()
        self.update_subscription()
        self._wake_all()

    def _take_in(self, message: str | bytes) -> None:
        if isinstance(message, bytes):
            self.history.add(TaskFrame.parse(message))
        else:
            answer = events.decode_answer(message)
            topic = str(answer.__struct_config__.tag)
            if topic in STATES:
                self._changes += 1
                self.state[topic] = (self._changes, message)
        self._wake_all()

    def _lose(self, reason: str) -> None:
        if self.is_lost and self._lost.reason == reason:
            return
        self.is_lost = True
        self._lost = events.Lost(reason=reason)
        self.greeted += 1
        self._wake_all()

    def _wake_all(self) -> None:
        for view in self.views:
            view.wake()


def _close_late(connecting: asyncio.Future[WebSocketClientConnection]) -> None:
    if not connecting.cancelled() and connecting.exception() is None:
        connecting.result().close()


class Relays:
    """The relays of a server, one a cluster that is being watched."""

    def __init__(self, clusters: Clusters, clock: Callable[[], float] = time.time):
        self.clusters = clusters
        self.clock = clock
        self._relays: dict[str, Relay] = {}

    def join(self, name: str, wake: Callable[[], None]) -> View:
        """Let a browser watch a cluster."""
        relay = self._relays.get(name)
        if relay is None:
            relay = self._relays[name] = Relay(name, self.clusters)
        return relay.join(wake)

    def leave(self, view: View) -> None:
        """A browser has gone."""
        relay = view._relay
        relay.leave(view)
        if not relay.views:
            self._relays.pop(relay.name, None)

    def stop(self) -> None:
        """Let all clusters go."""
        for relay in self._relays.values():
            relay.stop()
        self._relays.clear()

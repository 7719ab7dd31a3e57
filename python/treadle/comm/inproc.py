"""Connections within one process: no socket, and the same two interfaces.

    thread                                     event loop
    connection.send() -> list ---one wake-up a turn---> channel.user.frames()
    connection.recv() <- queue <--one put a turn------- channel.write()

Listeners register a name here, so that ``connect("inproc://name", ...)`` finds them.
"""

from __future__ import annotations

import hmac
import itertools
import logging
import os
import queue
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeAlias
from weakref import WeakSet

from treadle.comm.base import DEFAULT_LIMITS, Buffer, Channel, ChannelUser, Connection, Limits
from treadle.comm.credentials import Credentials
from treadle.errors import (
    AddressError,
    CommError,
    ConnectError,
    ConnectionClosed,
    HandshakeError,
)
from treadle.protocol.frames import header

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

logger = logging.getLogger("treadle.comm")

Factory: TypeAlias = "Callable[[Channel], ChannelUser]"
Acceptor: TypeAlias = Callable[[Credentials, str], Connection]

_listeners: dict[str, tuple[int, Acceptor]] = {}
_numbers = itertools.count(1)


class InprocConnection(Connection):
    """The thread's end.  Its frames reach the channel's user in the loop."""

    def __init__(self, loop: AbstractEventLoop, role: str, limits: Limits):
        self.role = role
        self.kind = "inproc"
        self.peer = "this process"
        self.peer_uid = os.geteuid() if hasattr(os, "geteuid") else None
        self.peer_pid = os.getpid()
        self.channel: InprocChannel  # the other end, set by pair()
        self._loop = loop
        self._limits = limits
        self._lock = threading.Lock()
        self._closed = False
        self._outgoing: list[bytes] = []  # sent, and not yet taken over by the loop
        self._inbox: queue.SimpleQueue[list[bytes] | None] = queue.SimpleQueue()
        self._unread = 0  # bytes put into the inbox and not yet received
        _connections.add(self)

    @property
    def closed(self) -> bool:
        return self._closed

    def send(self, *buffers: Buffer) -> None:
        payload = b"".join(buffers)
        header(len(payload), self._limits.max_frame)  # checks its length
        with self._lock:
            if self._closed:
                raise ConnectionClosed("the connection within this process is closed")
            self._outgoing.append(payload)
            if len(self._outgoing) == 1:
                self._wake(self.channel._deliver)

    def recv(self, timeout: float | None = None) -> list[bytes]:
        try:
            frames = self._inbox.get(timeout=timeout)
        except queue.Empty:
            raise TimeoutError("nothing came in time") from None
        if frames is not None:
            try:
                while (more := self._inbox.get_nowait()) is not None:
                    frames += more
                self._inbox.put(None)  # the end stays
            except queue.Empty:
                pass
            with self._lock:
                self._unread -= sum(map(len, frames))
            return frames
        self._inbox.put(None)  # for the next who asks
        raise ConnectionClosed("the connection within this process is closed")

    def close(self) -> None:
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._inbox.put(None)
            try:
                self._wake(self.channel._peer_closed)
            except ConnectionClosed:
                pass  # the loop has gone, and everything with it

    def send_raw(self, buffers: Iterable[Buffer]) -> None:
        raise CommError("connections to an event loop of this process carry frames only")

    def recv_into(self, view: memoryview) -> None:
        raise CommError("connections to an event loop of this process carry frames only")

    def set_buffers(self, nbytes: int) -> None:
        pass

    def set_patience(self, seconds: float) -> None:
        pass

    def _wake(self, callback: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(callback)
        except RuntimeError as error:  # the loop is closed
            self._closed = True
            self._inbox.put(None)
            raise ConnectionClosed("the connection within this process is closed") from error

    # ---- called by the channel ----

    def _take(self) -> list[bytes]:
        with self._lock:
            frames, self._outgoing = self._outgoing, []
            return frames

    def _put(self, frames: list[bytes], nbytes: int) -> int:
        """Hand frames to the thread; return how many bytes wait for it now."""
        with self._lock:
            self._unread += nbytes
            unread = self._unread
        self._inbox.put(frames)
        return unread

    def _end(self) -> None:
        with self._lock:
            self._closed = True
        self._inbox.put(None)


class InprocChannel(Channel):
    """The loop's end."""

    def __init__(
        self, loop: AbstractEventLoop, connection: InprocConnection, role: str, limits: Limits
    ):
        self.role = role
        self.kind = "inproc"
        self.peer = "this process"
        self.peer_uid = connection.peer_uid
        self.user = None
        self.data: Any = None
        self.on_end: Callable[[InprocChannel], None] | None = None
        self._loop = loop
        self._connection = connection
        self._limits = limits
        self._outgoing: list[bytes] = []
        self._unsent = 0
        self._closing = False
        self._early: list[bytes] = []  # came before there was a user

    @property
    def closing(self) -> bool:
        return self._closing

    def start(self, user: ChannelUser) -> None:
        """Set the user, and hand over what has come already."""
        self.user = user
        early, self._early = self._early, []
        if early:
            self._hand_over(early)

    def write(self, payload: bytes) -> None:
        header(len(payload), self._limits.max_frame)  # checks its length
        if self._closing:
            return
        self._outgoing.append(payload)
        self._unsent += len(payload)
        if len(self._outgoing) == 1:
            self._loop.call_soon(self._flush)

    def close(self, reason: str = "") -> None:
        if self._closing:
            return
        self._flush()
        self._finish(reason)

    def _flush(self) -> None:
        frames, self._outgoing = self._outgoing, []
        nbytes, self._unsent = self._unsent, 0
        if frames and not self._closing:
            unread = self._connection._put(frames, nbytes)
            if unread > self._limits.max_unsent:
                self._finish(f"{unread} bytes wait for it, and it does not read")

    def _deliver(self) -> None:
        frames = self._connection._take()
        if frames and not self._closing:
            self._hand_over(frames)

    def _hand_over(self, frames: list[bytes]) -> None:
        if self.user is None:
            self._early += frames
            return
        try:
            self.user.frames(self, frames)
        except CommError as error:  # what it sent is not allowed
            logger.warning("ended the connection from %s: %s", self.peer, error)
            self.close(str(error))
        except Exception as error:
            logger.exception("frames from %s could not be handled", self.peer)
            self.close(f"internal error: {type(error).__name__}")

    def _peer_closed(self) -> None:
        self._finish("the other side closed the connection")

    def _finish(self, reason: str) -> None:
        if self._closing:
            return
        self._closing = True
        self._connection._end()
        self._loop.call_soon(self._tell, reason)

    def _tell(self, reason: str) -> None:
        if self.on_end is not None:
            self.on_end(self)
        if self.user is not None:
            self.user.closed(self, reason)


def pair(
    loop: AbstractEventLoop, role: str = "client", *, limits: Limits = DEFAULT_LIMITS
) -> tuple[InprocConnection, InprocChannel]:
    """Two ends of one connection: the first for threads, the second for ``loop``.

    Give the channel its user in the loop, with ``channel.start(user)``; frames wait until then.

    Examples
    --------
    >>> import asyncio
    >>> class Echo:
    ...     def frames(self, channel, frames):
    ...         for frame in frames:
    ...             channel.write(frame)
    ...     def closed(self, channel, reason):
    ...         pass
    >>> async def main():
    ...     connection, channel = pair(asyncio.get_running_loop())
    ...     channel.start(Echo())
    ...     connection.send(b"hello")
    ...     return await asyncio.to_thread(connection.recv, 30)
    >>> asyncio.run(main())
    [b'hello']
    """
    connection = InprocConnection(loop, role, limits)
    channel = InprocChannel(loop, connection, role, limits)
    connection.channel = channel
    return connection, channel


_connections: WeakSet[InprocConnection] = WeakSet()


def _close_in_child() -> None:
    """A fork has no thread for the loop: its ends of our connections are closed."""
    for connection in list(_connections):
        connection._closed = True
        connection._lock = threading.Lock()
        connection._inbox = queue.SimpleQueue()
        connection._inbox.put(None)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_in_child)

# ---- listeners of this process ----


def register(name: str, acceptor: Acceptor) -> str:
    """Let ``connect("inproc://<name>")`` find a listener; without a name it is given one."""
    name = name or f"{os.getpid()}-{next(_numbers)}"
    held = _listeners.get(name)
    if held is not None and held[0] == os.getpid():
        raise AddressError(f"can't listen at inproc://{name}: somebody does already")
    _listeners[name] = (os.getpid(), acceptor)
    return name


def unregister(name: str) -> None:
    """The listener of that name has closed."""
    _listeners.pop(name, None)


def connect(name: str, credentials: Credentials, role: str) -> Connection:
    """Connect to a listener of this process.

    Raises
    ------
    ConnectError
        If there is none of that name here.
    HandshakeError
        If it does not let these credentials in.
    """
    pid, acceptor = _listeners.get(name, (0, None))
    if acceptor is None or pid != os.getpid():  # a fork has the names, and not the threads
        raise ConnectError(f"inproc://{name}", "nobody in this process listens there")
    return acceptor(credentials, role)


def check(ours: Credentials, theirs: Credentials, role: str) -> None:
    """The handshake, between two who see each other's memory: the same secret for the role."""
    if not theirs.holds(role):
        raise ValueError(f"{theirs!r} hold no secret for a {role}")
    if not ours.holds(role) or not hmac.compare_digest(ours.key_for(role), theirs.key_for(role)):
        raise HandshakeError("inproc://", f"another secret is expected of a {role} here")

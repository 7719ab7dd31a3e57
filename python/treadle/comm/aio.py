"""Connections for an event loop: `listen`, and a `Channel` for each that is let in.

On bare `asyncio.Protocol`: no streams, no task a connection, no await on the way of a frame.

    data_received    handshake until both have proved themselves, then parser -> user.frames()
    write()          collected; one transport.write() a channel at the end of the loop's turn
    unsent > limit   the peer does not read: dropped

Accepting is done here and not by asyncio, so that strangers are counted, and those of another user
closed, before anything is set up for them.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Iterable
from typing import TypeAlias, cast

from treadle.comm import inproc
from treadle.comm.address import Address, Kind, parse
from treadle.comm.base import DEFAULT_LIMITS, Channel, ChannelUser, Connection, Limits
from treadle.comm.credentials import Credentials
from treadle.comm.handshake import Server
from treadle.comm.refusals import Refusals
from treadle.comm.sockets import (
    BACK_OFF_SECONDS,
    EXHAUSTED,
    Spare,
    bind,
    is_own_peer,
    keep_from_children,
    peer_credentials,
    tune,
    unlink_socket,
)
from treadle.errors import CommError, ConnectError, FrameError
from treadle.protocol.frames import FrameParser, header

__all__ = ["AioListener", "Channel", "ChannelUser", "Limits", "listen"]

logger = logging.getLogger("treadle.comm")

#: Called for each connection that is let in; returns who is told of its frames and its end.
Factory: TypeAlias = Callable[[Channel], ChannelUser]

#: What was written before close() may take this long to leave.
LINGER_SECONDS = 5.0

_ACCEPTS_A_TURN = 64


class SocketChannel(asyncio.Protocol, Channel):
    """See `Channel`.  Begins with the handshake; the user hears of it only when that is over."""

    def __init__(self, listener: AioListener, kind: Kind, peer: str):
        self.role = ""
        self.kind = kind
        self.peer = peer
        self.peer_uid = None
        self.user = None
        self.data = None
        self._listener = listener
        self._loop = listener._loop
        self._limits = listener._limits
        self._transport: asyncio.Transport | None = None
        self._handshake: Server | None = Server(listener._credentials)
        self._parser = FrameParser(self._limits.max_frame)
        self._timer: asyncio.TimerHandle | None = None
        self._outgoing: list[bytes] = []
        self._reason: str | None = None  # why it ends, once it does

    # ---- for the user ----

    @property
    def closing(self) -> bool:
        return self._reason is not None

    def write(self, payload: bytes) -> None:
        head = header(len(payload), self._limits.max_frame)
        if self._reason is not None:
            return
        if not self._outgoing:
            self._listener._flush_later(self)
        self._outgoing += (head, payload)

    def close(self, reason: str = "") -> None:
        if self._reason is not None:
            return
        if not self._flush():
            return
        self._reason = reason
        if self._transport is not None:
            self._transport.close()
            self._linger(self._transport)

    # ---- for the loop ----

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        # The limit is ours to check: nothing is to be paused and resumed.
        self._transport.set_write_buffer_limits(high=self._limits.max_unsent * 2)
        if self._reason is not None:  # evicted, or the listener closed, in the meantime
            self._transport.abort()
            return
        self._set_timer(self._limits.handshake_seconds, self._too_slow)

    def data_received(self, data: bytes) -> None:
        if self._reason is not None:
            return
        try:
            if self._handshake is not None:
                data = self._greet(data)
                if not data:
                    return
            frames = self._parser.feed(data)
        except FrameError as error:
            self._drop(str(error))
            return
        if frames and self.user is not None:
            try:
                self.user.frames(self, frames)
            except CommError as error:  # what it sent is not allowed
                logger.warning("ended the connection from %s: %s", self.peer, error)
                self.close(str(error))
            except Exception as error:
                logger.exception("frames from %s could not be handled", self.peer)
                self.close(f"internal error: {type(error).__name__}")

    def eof_received(self) -> None:
        self._reason = self._reason or "the other side closed the connection"
        if self._transport is not None:
            self._linger(self._transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        reason = self._reason
        if reason is None:
            reason = f"the connection broke: {error}" if error else "the connection ended"
        self._reason = reason
        self._outgoing.clear()
        self._listener._forget(self)
        if self._handshake is not None:
            self._listener._refusals.add(self.peer, self._handshake.failed or reason)
        elif self.user is not None:
            self.user.closed(self, reason)

    # ---- for the listener, and inside ----

    def _greet(self, data: bytes) -> bytes:
        """Go on with the handshake; return what came after its end."""
        side = self._handshake
        assert side is not None
        assert self._transport is not None
        out = side.feed(data)
        if out:
            self._transport.write(out)
        if side.failed is not None:
            self._reason = side.failed
            self._transport.close()
        if not side.done:
            return b""
        self._handshake = None
        self.role = side.role
        if self._timer is not None:
            self._timer.cancel()
        self._listener._let_in(self)
        return side.leftover if self._reason is None else b""

    def _too_slow(self) -> None:
        self._drop("it takes too long to prove itself")

    def _flush(self) -> bool:
        """Hand what was written to the transport, as one buffer; False if it was too much."""
        outgoing, self._outgoing = self._outgoing, []
        if self._transport is None or not outgoing:
            return True
        self._transport.write(b"".join(outgoing))
        unsent = self._transport.get_write_buffer_size()
        if unsent <= self._limits.max_unsent:
            return True
        self._drop(f"{unsent} bytes wait for it, and it does not read")
        return False

    def _drop(self, reason: str) -> None:
        """End it now, without sending what is left."""
        if self._reason is None:
            self._reason = reason
        self._outgoing.clear()
        if self._transport is not None:
            self._transport.abort()

    def _linger(self, transport: asyncio.Transport) -> None:
        """What is not sent may leave, but not for ever."""
        self._set_timer(LINGER_SECONDS, transport.abort)

    def _set_timer(self, seconds: float, callback: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(seconds, callback)


class AioListener:
    """Made by `listen`; all of it belongs to the loop's thread.

    Attributes
    ----------
    addresses : list of str
        Where it listens, with the ports it got.
    channels : set of Channel
        Those that have been let in and have not ended.
    refused : int
        How many were not let in.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        credentials: Credentials,
        factory: Factory,
        limits: Limits,
    ):
        self.addresses: list[str] = []
        self.channels: set[Channel] = set()
        self._loop = loop
        self._credentials = credentials
        self._factory = factory
        self._limits = limits
        self._refusals = Refusals()
        self._closed = False
        self._pending: dict[SocketChannel, None] = {}  # in the order they came
        self._dirty: list[SocketChannel] = []
        self._tasks: set[asyncio.Task[object]] = set()
        self._listening: dict[socket.socket, Address] = {}
        self._names: list[str] = []
        self._spare = Spare()
        self._all_gone: asyncio.Future[None] | None = None

    @property
    def refused(self) -> int:
        return self._refusals.count

    def close(self, reason: str = "the listener has been closed") -> None:
        """Stop listening and end all channels; `wait_closed` waits for them."""
        if self._closed:
            return
        self._closed = True
        for name in self._names:
            inproc.unregister(name)
        for sock, address in self._listening.items():
            self._loop.remove_reader(sock)
            sock.close()
            unlink_socket(address)
        self._spare.close()
        for pending in list(self._pending):
            pending._drop(reason)
        for channel in list(self.channels):
            channel.close(reason)

    async def wait_closed(self) -> None:
        """Wait until the last channel has ended: a few seconds, if its peer does not read."""
        while self._pending or self.channels or self._tasks:
            self._all_gone = self._loop.create_future()
            await self._all_gone

    def connect(self, role: str) -> Connection:
        """A connection from this process, for a thread: no secret is asked for.

        Raises
        ------
        ConnectError
            If the listener has been closed.
        """
        connection, channel = inproc.pair(self._loop, role, limits=self._limits)
        try:
            self._loop.call_soon_threadsafe(self._let_in_inproc, channel)
        except RuntimeError:  # the loop is closed
            raise ConnectError("inproc://", "the listener has been closed") from None
        return connection

    # ---- opening: called by listen() ----

    def _open(self, addresses: Iterable[str], insecure: bool) -> None:
        try:
            for text in addresses:
                address = parse(text)
                if address.kind == "inproc":
                    name = inproc.register(address.path, self._connect_inproc)
                    self._names.append(name)
                    self.addresses.append(f"inproc://{name}")
                    continue
                sock, address = bind(address, insecure=insecure)
                self._listening[sock] = address
                self.addresses.append(str(address))
                self._loop.add_reader(sock, self._accept, sock)
        except BaseException:
            self.close()
            raise

    def _connect_inproc(self, credentials: Credentials, role: str) -> Connection:
        """Called in the thread that connects."""
        inproc.check(self._credentials, credentials, role)
        return self.connect(role)

    # ---- accepting ----

    def _accept(self, listening: socket.socket) -> None:
        address = self._listening[listening]
        for _ in range(_ACCEPTS_A_TURN):  # then it is the turn of those who are in
            try:
                sock, where = listening.accept()
            except OSError as error:
                if error.errno in EXHAUSTED:
                    self._back_off(listening, address)
                return
            peer = f"tcp://{where[0]}:{where[1]}" if address.kind == "tcp" else str(address)
            if address.kind == "unix" and not is_own_peer(sock):
                sock.close()
                self._refusals.add(peer, "a process of another user")
                continue
            self._admit(sock, address.kind, peer)

    def _back_off(self, listening: socket.socket, address: Address) -> None:
        self._refusals.add(str(address), "no descriptors or memory are left")
        self._spare.turn_away(listening)
        self._loop.remove_reader(listening)
        self._loop.call_later(BACK_OFF_SECONDS, self._accept_again, listening)

    def _accept_again(self, listening: socket.socket) -> None:
        if not self._closed:
            self._loop.add_reader(listening, self._accept, listening)

    def _admit(self, sock: socket.socket, kind: Kind, peer: str) -> None:
        channel = SocketChannel(self, kind, peer)
        try:
            sock.setblocking(False)
            tune(keep_from_children(sock))
            if kind == "unix":
                channel.peer_uid = peer_credentials(sock)[1]
        except OSError:
            sock.close()  # it has gone already
            return
        if len(self._pending) >= self._limits.max_pending:
            # Who came first and has proved nothing yet is the least likely to.
            oldest = next(iter(self._pending))
            del self._pending[oldest]
            oldest._drop("others were waiting, and it had proved nothing")
        self._pending[channel] = None
        task = self._loop.create_task(self._connect(sock, channel))
        self._tasks.add(task)
        task.add_done_callback(self._connected)

    async def _connect(self, sock: socket.socket, channel: SocketChannel) -> None:
        try:
            await self._loop.connect_accepted_socket(lambda: channel, sock)
        except OSError as error:
            sock.close()
            channel.connection_lost(error)
        except asyncio.CancelledError:
            sock.close()
            raise

    def _connected(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        self._check_gone()

    # ---- channels ----

    def _let_in(self, channel: SocketChannel) -> None:
        self._pending.pop(channel, None)
        self._adopt(channel)

    def _adopt(self, channel: SocketChannel | inproc.InprocChannel) -> ChannelUser | None:
        self.channels.add(channel)
        try:
            channel.user = self._factory(channel)
        except CommError as error:
            self._refusals.add(channel.peer, str(error))
            channel.close(str(error))
        except Exception as error:
            logger.exception("a connection from %s could not be taken over", channel.peer)
            channel.close(f"internal error: {type(error).__name__}")
        return channel.user

    def _let_in_inproc(self, channel: inproc.InprocChannel) -> None:
        if self._closed:
            channel.close("the listener has been closed")
            return
        channel.on_end = self._forget
        user = self._adopt(channel)
        if user is not None:
            channel.start(user)

    def _forget(self, channel: Channel) -> None:
        self.channels.discard(channel)
        if isinstance(channel, SocketChannel):
            self._pending.pop(channel, None)
        self._check_gone()

    def _check_gone(self) -> None:
        if self._all_gone is not None and not self._all_gone.done():
            self._all_gone.set_result(None)

    def _flush_later(self, channel: SocketChannel) -> None:
        if not self._dirty:
            self._loop.call_soon(self._flush)
        self._dirty.append(channel)

    def _flush(self) -> None:
        dirty, self._dirty = self._dirty, []
        for channel in dirty:
            channel._flush()


async def listen(
    addresses: Iterable[str],
    credentials: Credentials,
    factory: Factory,
    *,
    limits: Limits = DEFAULT_LIMITS,
    insecure: bool = False,
) -> AioListener:
    """Listen in the running loop; ``factory(channel)`` is called for each that is let in.

    Parameters
    ----------
    addresses : iterable of str
        ``tcp://127.0.0.1:0`` takes any free port; the directory of a ``unix://`` path must be
        ours alone; ``inproc://`` gets a name.
    credentials : Credentials
        With the secrets of all roles that may come in.
    factory : callable
        Returns the `ChannelUser` of a channel; may write to it at once.  `CommError` refuses it.
    limits : Limits
    insecure : bool
        Allow addresses that other machines can reach.

    Raises
    ------
    AddressError
        If an address can't be had, or would not be safe.

    Examples
    --------
    >>> from treadle.comm.blocking import connect
    >>> class Echo:
    ...     def frames(self, channel, frames):
    ...         for frame in frames:
    ...             channel.write(frame)
    ...     def closed(self, channel, reason):
    ...         print(reason)
    >>> def talk(address, credentials):
    ...     with connect(address, credentials, "client") as connection:
    ...         connection.send(b"hello")
    ...         print(connection.recv(timeout=30))
    >>> async def main():
    ...     credentials = Credentials.new("abc")
    ...     listener = await listen(["tcp://127.0.0.1:0"], credentials, lambda channel: Echo())
    ...     await asyncio.to_thread(talk, listener.addresses[0], credentials)
    ...     listener.close()
    ...     await listener.wait_closed()
    >>> asyncio.run(main())
    [b'hello']
    the other side closed the connection
    """
    listener = AioListener(asyncio.get_running_loop(), credentials, factory, limits)
    listener._open(addresses, insecure)
    if insecure:
        logger.warning("listening without encryption at %s", ", ".join(listener.addresses))
    return listener

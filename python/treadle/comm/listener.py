"""Listening with threads: one that accepts, and one for each connection.

    accept thread    another user? closed    too many unproved? the oldest of them is closed
    its own thread   handshake, 5 s at most, then serve(connection); closed when that returns

Strangers can cost no more than 64 threads that end within 5 seconds.
"""

from __future__ import annotations

import logging
import os
import select
import socket
import threading
import time
from collections.abc import Callable, Iterable

from treadle.comm import inproc
from treadle.comm.address import Address, parse
from treadle.comm.base import DEFAULT_LIMITS, Connection, Limits
from treadle.comm.credentials import Credentials
from treadle.comm.handshake import Client, Server
from treadle.comm.refusals import Refusals
from treadle.comm.sockets import (
    BACK_OFF_SECONDS,
    EXHAUSTED,
    Spare,
    bind,
    is_own_peer,
    tune,
    unlink_socket,
)
from treadle.comm.stream import SocketConnection
from treadle.errors import CommError, HandshakeError

logger = logging.getLogger("treadle.comm")

Serve = Callable[[Connection], None]

CLOSE_SECONDS = 2.0


def shake_hands(sock: socket.socket, side: Client | Server, deadline: float, peer: str) -> None:
    """Carry out one side of the handshake; reads not a byte more than belongs to it.

    Raises
    ------
    HandshakeError
        If it fails, or is not over at ``deadline`` (monotonic).
    """
    try:
        out = side.feed(b"")
        while True:
            sock.settimeout(max(0.001, deadline - time.monotonic()))
            if out:
                sock.sendall(out)
            if side.failed is not None:
                raise HandshakeError(peer, side.failed)
            if side.done:
                return
            if time.monotonic() > deadline:
                raise TimeoutError
            data = sock.recv(side.wanted)
            if not data:
                raise HandshakeError(peer, "the other side closed the connection")
            out = side.feed(data)
    except TimeoutError:
        raise HandshakeError(peer, "it takes too long") from None
    except HandshakeError:
        raise
    except OSError as error:
        raise HandshakeError(peer, (error.strerror or str(error)).lower()) from error


class Listener:
    """Made by `listen`.

    Attributes
    ----------
    addresses : list of str
        Where it listens, with the ports it got.
    refused : int
        How many were not let in.
    """

    def __init__(self, credentials: Credentials, serve: Serve, limits: Limits):
        self.addresses: list[str] = []
        self._credentials = credentials
        self._serve = serve
        self._limits = limits
        self._refusals = Refusals()
        self._lock = threading.Lock()
        self._closed = False
        self._pending: dict[socket.socket, None] = {}  # in the order they came
        self._connections: set[SocketConnection] = set()
        self._threads: set[threading.Thread] = set()
        self._listening: dict[socket.socket, Address] = {}
        self._names: list[str] = []
        self._wake_read, self._wake_write = os.pipe()
        self._spare = Spare()
        self._acceptor = threading.Thread(
            target=self._accept_all, name="treadle-accept", daemon=True
        )

    @property
    def refused(self) -> int:
        return self._refusals.count

    def close(self) -> None:
        """Stop listening, end all connections, and wait for their threads a little."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            connections = list(self._connections)
            for sock in self._pending:
                _shut(sock)
            os.write(self._wake_write, b"x")
        for name in self._names:
            inproc.unregister(name)
        for connection in connections:
            connection.close()
        deadline = time.monotonic() + CLOSE_SECONDS
        with self._lock:
            threads = [self._acceptor, *self._threads]
        for thread in threads:
            if thread is not threading.current_thread() and thread.ident is not None:
                thread.join(max(0.0, deadline - time.monotonic()))

    def __enter__(self) -> Listener:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

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
            self._acceptor.start()
        except BaseException:
            for name in self._names:
                inproc.unregister(name)
            self._leave()
            raise

    def _leave(self) -> None:
        """Close everything that the accept thread uses."""
        for sock, address in self._listening.items():
            sock.close()
            unlink_socket(address)
        self._spare.close()
        with self._lock:  # close() has written to the pipe, or does so no more
            self._closed = True
            os.close(self._wake_read)
            os.close(self._wake_write)

    # ---- the accept thread ----

    def _accept_all(self) -> None:
        poll = select.poll()
        poll.register(self._wake_read, select.POLLIN)
        for sock in self._listening:
            poll.register(sock, select.POLLIN)
        by_descriptor = {sock.fileno(): sock for sock in self._listening}
        try:
            while not self._closed:
                for descriptor, _ in poll.poll():
                    if descriptor in by_descriptor and not self._closed:
                        self._accept(by_descriptor[descriptor])
        finally:
            self._leave()

    def _accept(self, listening: socket.socket) -> None:
        address = self._listening[listening]
        try:
            sock, where = listening.accept()
        except OSError as error:
            if error.errno in EXHAUSTED:
                self._refusals.add(str(address), "no descriptors or memory are left")
                self._spare.turn_away(listening)
                # Waits, but not for a close(): that wakes it.
                select.select([self._wake_read], [], [], BACK_OFF_SECONDS)
            return
        peer = f"tcp://{where[0]}:{where[1]}" if address.kind == "tcp" else str(address)
        if address.kind == "unix" and not is_own_peer(sock):
            sock.close()
            self._refusals.add(peer, "a process of another user")
            return
        self._admit(sock, address, peer)

    def _admit(self, sock: socket.socket, address: Address, peer: str) -> None:
        with self._lock:
            if self._closed:
                sock.close()
                return
            if len(self._pending) >= self._limits.max_pending:
                # Who came first and has proved nothing yet is the least likely to.
                oldest = next(iter(self._pending))
                del self._pending[oldest]
                _shut(oldest)
            self._pending[sock] = None
            thread = threading.Thread(
                target=self._greet,
                args=(sock, address, peer),
                name="treadle-serve",
                daemon=True,
            )
            self._threads.add(thread)
        try:
            thread.start()
        except RuntimeError:  # no more threads
            self._refusals.add(peer, "no threads are left")
            with self._lock:
                self._pending.pop(sock, None)
                self._threads.discard(thread)
                sock.close()

    # ---- the thread of one connection ----

    def _greet(self, sock: socket.socket, address: Address, peer: str) -> None:
        try:
            connection = self._prove(sock, address, peer)
            if connection is not None:
                self._run(connection)
        finally:
            with self._lock:
                self._threads.discard(threading.current_thread())

    def _prove(self, sock: socket.socket, address: Address, peer: str) -> SocketConnection | None:
        side = Server(self._credentials)
        connection = None
        try:
            tune(sock)
            deadline = time.monotonic() + self._limits.handshake_seconds
            shake_hands(sock, side, deadline, peer)
            connection = SocketConnection(
                sock, role=side.role, kind=address.kind, peer=peer, limits=self._limits
            )
        except HandshakeError as error:
            self._refusals.add(peer, error.reason)
        except OSError as error:
            self._refusals.add(peer, str(error))
        with self._lock:
            # Whoever ends a pending connection does so under this lock, while it is open.
            self._pending.pop(sock, None)
            if connection is None:
                sock.close()
            elif self._closed:
                connection.close()
                connection = None
            else:
                self._connections.add(connection)
        return connection

    def _run(self, connection: SocketConnection) -> None:
        try:
            self._serve(connection)
        except CommError:
            pass  # the usual end of a connection
        except Exception:
            logger.exception("serving %s has failed", connection.peer)
        finally:
            connection.close()
            with self._lock:
                self._connections.discard(connection)

    # ---- connecting from this process ----

    def _connect_inproc(self, credentials: Credentials, role: str) -> Connection:
        inproc.check(self._credentials, credentials, role)
        ours, theirs = socket.socketpair()
        pair = [
            SocketConnection(
                sock, role=role, kind="inproc", peer="this process", limits=self._limits
            )
            for sock in (ours, theirs)
        ]
        thread = threading.Thread(
            target=self._serve_inproc, args=(pair[0],), name="treadle-serve", daemon=True
        )
        with self._lock:
            if not self._closed:
                self._connections.add(pair[0])
                self._threads.add(thread)
                thread.start()
                return pair[1]
        for connection in pair:
            connection.close()
        raise HandshakeError("inproc://", "the listener has been closed")

    def _serve_inproc(self, connection: SocketConnection) -> None:
        try:
            self._run(connection)
        finally:
            with self._lock:
                self._threads.discard(threading.current_thread())


def listen(
    addresses: Iterable[str],
    credentials: Credentials,
    serve: Serve,
    *,
    limits: Limits = DEFAULT_LIMITS,
    insecure: bool = False,
) -> Listener:
    """Listen, and run ``serve(connection)`` in a thread of its own for each that is let in.

    Parameters
    ----------
    addresses : iterable of str
        ``tcp://127.0.0.1:0`` takes any free port; the directory of a ``unix://`` path must be
        ours alone; ``inproc://`` gets a name.
    credentials : Credentials
        With the secrets of all roles that may come in.
    serve : callable
        The connection is closed when it returns.  `CommError` ends it quietly.
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
    >>> credentials = Credentials.new("abc")
    >>> def echo(connection):
    ...     while True:
    ...         for frame in connection.recv():
    ...             connection.send(frame)
    >>> with listen(["tcp://127.0.0.1:0"], credentials, echo) as listener:
    ...     with connect(listener.addresses[0], credentials, "client") as connection:
    ...         connection.send(b"hello ", b"there")
    ...         connection.recv()
    [b'hello there']
    """
    listener = Listener(credentials, serve, limits)
    listener._open(addresses, insecure)
    if insecure:
        logger.warning("listening without encryption at %s", ", ".join(listener.addresses))
    return listener


def _shut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # the other side was quicker

"""A connection over a socket, for threads.

Who sends writes to the socket itself: no thread and no queue in between.  The socket blocks, and
the kernel ends a send that makes no progress, so that a small frame costs one system call.

    send     lock | header + payload -> one send(); the rest of it in a loop
    recv     lock | one recv_into() of 256 KiB -> parser -> frames
    close    shutdown() wakes both; the last one out closes the descriptor, so that its number is
             never somebody else's while a call with it is under way
"""

from __future__ import annotations

import os
import select
import socket
import struct
import threading
import time
from collections.abc import Iterable
from weakref import WeakSet

from treadle.comm.address import Kind
from treadle.comm.base import DEFAULT_LIMITS, Buffer, Connection, Limits
from treadle.comm.sockets import peer_credentials, send_timeout
from treadle.errors import CommError, ConnectionClosed
from treadle.protocol.frames import FrameParser, header

READ_BYTES = 256 * 1024

#: Up to here buffers are copied together: cheaper than telling the kernel where each of them is.
JOINED_BYTES = 16 * 1024

_MAX_BUFFERS = 512  # in one sendmsg(); the kernel takes 1024


class SocketConnection(Connection):
    """See `Connection`.  Takes over a connected socket whose peer has proved who it is."""

    def __init__(
        self,
        sock: socket.socket,
        *,
        role: str,
        kind: Kind,
        peer: str,
        limits: Limits = DEFAULT_LIMITS,
    ):
        self.role = role
        self.kind = kind
        self.peer = peer
        self.peer_pid, self.peer_uid = _peer_of(sock, kind)
        self._sock = sock
        self._limits = limits
        self._parser = FrameParser(limits.max_frame)
        self._buffer: memoryview | None = None  # made when first read into
        self._send_lock = threading.Lock()
        self._recv_lock = threading.Lock()
        self._release_lock = threading.RLock()  # a signal handler may close while we release
        self._closed = False
        send_timeout(sock, limits.send_seconds)
        _connections.add(self)

    @property
    def closed(self) -> bool:
        return self._closed

    def fileno(self) -> int:
        """The descriptor, for setting options; -1 once it is closed."""
        return self._sock.fileno()

    def set_buffers(self, nbytes: int) -> None:
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, nbytes)
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, nbytes)

    def set_patience(self, seconds: float) -> None:
        whole = int(seconds)
        timeout = struct.pack("@ll", whole, int((seconds - whole) * 1e6))
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeout)

    # ---- sending ----

    def send(self, *buffers: Buffer) -> None:
        nbytes = 0
        for buffer in buffers:
            nbytes += len(buffer) if type(buffer) is bytes else memoryview(buffer).nbytes
        parts: list[Buffer] = [header(nbytes, self._limits.max_frame), *buffers]
        if nbytes <= JOINED_BYTES:
            parts = [b"".join(parts)]
        try:
            with self._send_lock:
                self._send_all(parts)
        finally:
            if self._closed:
                self._release()

    def send_raw(self, buffers: Iterable[Buffer]) -> None:
        parts = [part for part in buffers if memoryview(part).nbytes]
        try:
            with self._send_lock:
                self._send_all(parts)
        finally:
            if self._closed:
                self._release()

    def _send_all(self, parts: list[Buffer]) -> None:
        """Send it all, or nothing, or break the connection."""
        if self._closed:
            raise ConnectionClosed(f"the connection to {self.peer} is closed")
        sent: list[int] = []
        try:
            self._push(parts, sent)
        except OSError as error:
            self._break()
            reason = "takes nothing" if isinstance(error, BlockingIOError) else "is gone"
            raise ConnectionClosed(f"{self.peer} {reason}") from error
        except BaseException:
            # A KeyboardInterrupt.  Half a frame would spoil all that come after it.
            rest = _after(parts, sum(sent)) if sent else []
            try:
                self._push(rest, [])
            except BaseException:
                self._break()  # asked twice
            raise

    def _push(self, rest: list[Buffer], sent: list[int]) -> None:
        """Send, and note in ``sent`` how much of it is out, whatever happens."""
        while rest:
            # The exception of a signal may come up as soon as send() has returned, before its
            # answer is stored.  Stored by C code, it is never lost.
            if len(rest) == 1:
                sent.extend(map(self._sock.send, rest))
            else:
                sent.extend(map(self._sock.sendmsg, (rest[:_MAX_BUFFERS],)))
            rest = _after(rest, sent[-1])

    # ---- receiving ----

    def recv(self, timeout: float | None = None) -> list[bytes]:
        deadline = None if timeout is None else time.monotonic() + timeout
        got: list[int] = []
        try:
            with self._recv_lock:
                if self._buffer is None:
                    self._buffer = memoryview(bytearray(READ_BYTES))
                while True:
                    if deadline is not None:
                        self._wait(deadline)
                    self._read(self._buffer, got)
                    frames = self._parser.feed(bytes(self._buffer[: got[-1]]))
                    if frames:
                        return frames
                    got.clear()
        except BaseException as error:
            self._read_failed(error, got)
            raise
        finally:
            if self._closed:
                self._release()

    def recv_into(self, view: memoryview) -> None:
        view = view.cast("B") if view.format != "B" or view.ndim != 1 else view
        done, total = 0, view.nbytes
        got: list[int] = []
        try:
            with self._recv_lock:
                while done < total:
                    self._read(view[done:] if done else view, got)
                    done += got[-1]
        except BaseException as error:
            self._read_failed(error, got)
            raise
        finally:
            if self._closed:
                self._release()

    def _read_failed(self, error: BaseException, got: list[int]) -> None:
        # Bytes that were read and not handed on are lost, whatever came in between: a timeout in
        # the middle of a block, or a KeyboardInterrupt.  There is no going on after that.
        if got or isinstance(error, CommError):
            self._break()

    def _read(self, view: memoryview, got: list[int]) -> None:
        """One read; adds to ``got`` how many bytes came, at least one."""
        if self._closed:
            raise ConnectionClosed(f"the connection to {self.peer} is closed")
        try:
            got.extend(map(self._sock.recv_into, (view,)))  # by C code, as in _push()
        except BlockingIOError as error:
            raise TimeoutError(f"nothing came from {self.peer} in time") from error
        except OSError as error:
            raise ConnectionClosed(f"{self.peer} is gone: {error.strerror}") from error
        if not got[-1]:
            who = "we" if self._closed else self.peer
            raise ConnectionClosed(f"{who} closed the connection")

    def _wait(self, deadline: float) -> None:
        """Wait until there is something to read, or the end of it."""
        if self._closed:
            return
        poll = select.poll()
        poll.register(self._sock, select.POLLIN)
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            raise TimeoutError(f"nothing came from {self.peer} in time")

    # ---- ending ----

    def close(self) -> None:
        self._break()
        self._release()

    def _break(self) -> None:
        """No more bytes either way; wakes whoever waits."""
        if not self._closed:
            self._closed = True
            try:
                self._sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # the other side was quicker

    def _release(self) -> None:
        """Close the descriptor, unless somebody is still using it: they do it on leaving."""
        with self._release_lock:
            if self._send_lock.acquire(blocking=False):
                if self._recv_lock.acquire(blocking=False):
                    self._sock.close()
                    self._recv_lock.release()
                self._send_lock.release()


_connections: WeakSet[SocketConnection] = WeakSet()


def _close_in_child() -> None:
    """A fork has our connections, and none of the threads that use them: it closes its copies.

    The connection itself lives on in the parent, and ends with it; and a lock that a thread held
    at the time is nobody's in the child.
    """
    for connection in list(_connections):
        connection._closed = True
        connection._send_lock = threading.Lock()
        connection._recv_lock = threading.Lock()
        connection._sock.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_in_child)


def _after(parts: list[Buffer], nbytes: int) -> list[Buffer]:
    """What is left of ``parts`` once the first ``nbytes`` are gone."""
    for index, part in enumerate(parts):
        view = memoryview(part).cast("B")
        if nbytes < view.nbytes:
            return [view[nbytes:], *parts[index + 1 :]]
        nbytes -= view.nbytes
    return []


def _peer_of(sock: socket.socket, kind: Kind) -> tuple[int | None, int | None]:
    if kind == "tcp":
        return None, None
    try:
        return peer_credentials(sock)
    except OSError:
        return None, None

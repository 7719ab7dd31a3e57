"""What a connection looks like from a thread, and from an event loop.

    Connection    one side in threads: send() and recv() block        blocking.py, inproc.py
    Channel       one side in an event loop: write() and callbacks    aio.py, inproc.py

Either end of a wire may be either of them: they carry the same frames.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, TypeAlias

from treadle.comm.address import Kind
from treadle.protocol.frames import MAX_FRAME

#: What can be sent: bytes, or anything that shows its memory as plain bytes.
Buffer: TypeAlias = bytes | bytearray | memoryview


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a peer may ask of us.

    Parameters
    ----------
    max_frame : int
        The longest payload of a frame, in bytes.
    max_pending : int
        Connections at a time that have proved nothing yet; one more ends the oldest of them.
    handshake_seconds : float
        How long a new connection may take to prove itself.
    send_seconds : float
        How long a peer may take nothing of what we send before the connection ends (threads).
    max_unsent : int
        Bytes that may wait for a peer that does not read (event loop).

    Examples
    --------
    >>> Limits(max_frame=4096).max_pending
    64
    """

    max_frame: int = MAX_FRAME
    max_pending: int = 64
    handshake_seconds: float = 5.0
    send_seconds: float = 30.0
    max_unsent: int = 256 * 2**20


DEFAULT_LIMITS = Limits()


class Connection(ABC):
    """A connection as threads use it.  All methods may be called from any thread.

    Attributes
    ----------
    role : str
        What the side that connected has proved to be: "client", "worker", "task", ...
    kind : str
        "unix", "tcp" or "inproc".
    peer : str
        Who is at the other end, for people.
    peer_uid, peer_pid : int or None
        User and process at the other end, where the kernel says so (UNIX sockets, in-process).
    """

    role: str
    kind: Kind
    peer: str
    peer_uid: int | None
    peer_pid: int | None

    @property
    @abstractmethod
    def closed(self) -> bool:
        """Has this side been closed, or has sending found it broken?"""

    @abstractmethod
    def send(self, *buffers: Buffer) -> None:
        """Send one frame made of these buffers.

        A frame is sent as a whole or not at all, even if an exception such as KeyboardInterrupt
        comes in between.

        Raises
        ------
        ConnectionClosed
            If it can't be sent any more, or the other side takes nothing for too long.
        FrameError
            If the frame is empty or too long.
        """

    @abstractmethod
    def recv(self, timeout: float | None = None) -> list[bytes]:
        """Wait for frames; return all that are complete, at least one.

        Raises
        ------
        ConnectionClosed
            If none will come any more.
        TimeoutError
            If none came in ``timeout`` seconds.
        FrameError
            If what came is no frame; the connection is closed then.
        """

    @abstractmethod
    def close(self) -> None:
        """End it.  Whoever waits in `recv` or `send` gets `ConnectionClosed`."""

    @abstractmethod
    def send_raw(self, buffers: Iterable[Buffer]) -> None:
        """Send bytes as they are, without a frame's header."""

    @abstractmethod
    def recv_into(self, view: memoryview) -> None:
        """Fill ``view`` with the next bytes.  Don't mix with `recv` on one connection."""

    def recv_exact(self, nbytes: int) -> bytearray:
        """Return the next ``nbytes`` bytes.  Whoever calls checks that number first."""
        data = bytearray(nbytes)
        with memoryview(data) as view:
            self.recv_into(view)
        return data

    @abstractmethod
    def set_buffers(self, nbytes: int) -> None:
        """Ask for buffers of this size, for bulk; without a socket there are none."""

    @abstractmethod
    def set_patience(self, seconds: float) -> None:
        """Give up a read that gets nothing for so long (`TimeoutError`); 0 waits for ever."""

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        state = " closed" if self.closed else ""
        return f"<{type(self).__name__} {self.role} {self.peer}{state}>"


class ChannelUser(Protocol):
    """What is told of a channel's life, in its event loop."""

    def frames(self, channel: Channel, frames: list[bytes], /) -> None:
        """Frames have come, at least one.

        An exception ends the channel: `CommError` says why and is no fault of ours, any other is
        logged with its traceback.
        """

    def closed(self, channel: Channel, reason: str, /) -> None:
        """It has ended: called once, and nothing after it."""


class Channel(ABC):
    """A connection as an event loop uses it.  All methods belong to the loop's thread.

    Attributes
    ----------
    role, kind, peer, peer_uid
        As for `Connection`.
    user : ChannelUser or None
        Who is told.
    data : object
        Whatever the user keeps with a channel.
    """

    role: str
    kind: Kind
    peer: str
    peer_uid: int | None
    user: ChannelUser | None
    data: Any = None

    @property
    @abstractmethod
    def closing(self) -> bool:
        """Has it been closed, or is it ending?  What is written now goes nowhere."""

    @abstractmethod
    def write(self, payload: bytes) -> None:
        """Send one frame at the end of this turn of the loop, along with all others of it.

        Never raises for a peer that is gone: `ChannelUser.closed` tells.
        """

    @abstractmethod
    def close(self, reason: str = "") -> None:
        """Send what was written, then end it; no frames come any more."""

    def __repr__(self) -> str:
        state = " closing" if self.closing else ""
        return f"<{type(self).__name__} {self.role} {self.peer}{state}>"

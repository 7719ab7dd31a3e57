"""Sockets: opened, tuned, and checked for who is at the other end.

UNIX sockets lie in a directory that only their owner may enter, and the kernel tells the user of
the process at the other end, so strangers are turned away before a byte is read.  TCP goes over
loopback; anything else must be asked for, since what goes over it can be read on its way.
"""

from __future__ import annotations

import errno
import os
import socket
import stat
import struct
import sys
import time
from pathlib import Path
from typing import Any
from weakref import WeakSet

from treadle.comm.address import Address
from treadle.errors import AddressError, ConnectError

BACKLOG = 2048

#: A peer whose host has gone silent is given up after this many seconds.
SILENT_SECONDS = 15

#: Errors of accept() that mean: not now, for lack of descriptors or memory.
EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

#: How long to leave a listening socket alone then.
BACK_OFF_SECONDS = 0.1

_UNIX_PATH_BYTES = 107 if sys.platform == "linux" else 103


_kept_from_children: WeakSet[socket.socket] = WeakSet()


def keep_from_children(sock: socket.socket) -> socket.socket:
    """Close a socket in every fork of this process, so that it ends when this process does.

    A task may fork.  If its child held our sockets open, nobody would notice when we die.
    """
    _kept_from_children.add(sock)
    return sock


def _close_in_child() -> None:
    for sock in list(_kept_from_children):
        sock.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_in_child)


def socket_directory() -> Path:
    """A directory of ours alone with a short path, for UNIX sockets; made if it is missing.

    Raises
    ------
    AddressError
        If somebody else could have made it, or may enter it.
    """
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if runtime.startswith("/") and len(runtime) <= 40:
        try:
            return _private_directory(Path(runtime, "treadle"))
        except (AddressError, OSError):
            pass  # not made for this user, or gone: sessions end, their processes may go on
    return _private_directory(Path("/tmp", f"treadle-{os.geteuid()}"))


def _private_directory(path: Path) -> Path:
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        pass
    check_directory(path)
    return path


def check_directory(path: Path) -> None:
    """Refuse a directory that is not ours, or that others may enter.

    Raises
    ------
    AddressError
    """
    try:
        status = os.lstat(path)
    except OSError as error:
        raise AddressError(f"can't use {path} for sockets: {error.strerror}") from error
    if not stat.S_ISDIR(status.st_mode):
        raise AddressError(f"can't use {path} for sockets: it is not a directory")
    if status.st_uid != os.geteuid():
        raise AddressError(f"can't use {path} for sockets: it belongs to another user")
    if status.st_mode & 0o077:
        mode = stat.S_IMODE(status.st_mode)
        raise AddressError(
            f"can't use {path} for sockets: it is open to other users (mode {mode:04o}); "
            "make it 0700"
        )


def peer_credentials(sock: socket.socket) -> tuple[int | None, int]:
    """Process and user at the other end of a UNIX socket, as the kernel has noted them.

    Raises
    ------
    OSError
        If this system does not tell.
    """
    if hasattr(socket, "SO_PEERCRED"):
        pid, uid, _ = struct.unpack(
            "iII", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        )
        return pid, uid
    if sys.platform == "darwin":
        _, uid = struct.unpack_from("II", sock.getsockopt(0, 0x001, 76))  # LOCAL_PEERCRED
        return None, uid
    raise OSError(errno.ENOSYS, "this system does not tell who is at the other end of a socket")


def is_own_peer(sock: socket.socket) -> bool:
    """Is the process at the other end of a UNIX socket run by our user?"""
    try:
        return peer_credentials(sock)[1] == os.geteuid()
    except OSError:
        return False  # it went already, or nobody knows


def is_loopback(host: str) -> bool:
    """Does this numeric address stay on this machine?

    Examples
    --------
    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("10.0.0.1")
    (True, True, False)
    """
    return host.startswith(("127.", "::ffff:127.")) or host == "::1"


def _resolve(address: Address, insecure: bool) -> tuple[int, tuple[Any, ...]]:
    """Family and numeric address of a TCP address."""
    found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    family, _, _, _, numeric = found[0]
    if not insecure and not is_loopback(str(numeric[0])):
        raise AddressError(
            f"{address} can be reached from other machines, and connections are not encrypted: "
            "whoever is on the way could read and change what they carry. "
            "Use loopback or a UNIX socket, or pass insecure=True on a network you trust"
        )
    return family, numeric


def tune(sock: socket.socket) -> None:
    """TCP: send small frames at once, and notice within 15 s that a host has gone."""
    if sock.family == socket.AF_UNIX:
        return
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    options = {
        "TCP_KEEPIDLE": SILENT_SECONDS // 3,
        "TCP_KEEPINTVL": 2,
        "TCP_KEEPCNT": SILENT_SECONDS // 3,
        "TCP_USER_TIMEOUT": SILENT_SECONDS * 1000,
    }
    for name, value in options.items():
        option = getattr(socket, name, None)
        if option is not None:
            sock.setsockopt(socket.IPPROTO_TCP, option, value)


def bind(address: Address, *, insecure: bool = False) -> tuple[socket.socket, Address]:
    """Listen at a TCP or UNIX address; return the socket and where it really is.

    Raises
    ------
    AddressError
        If it would not be safe, or the address can't be had.
    """
    try:
        if address.kind == "unix":
            return _bind_unix(address), address
        family, numeric = _resolve(address, insecure)
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(numeric)
            sock.listen(BACKLOG)
        except BaseException:
            sock.close()
            raise
        sock.setblocking(False)
        keep_from_children(sock)
        return sock, Address("tcp", host=address.host, port=sock.getsockname()[1])
    except AddressError:
        raise
    except OSError as error:
        raise AddressError(f"can't listen at {address}: {error.strerror or error}") from error


def _bind_unix(address: Address) -> socket.socket:
    path = Path(address.path)
    if len(os.fsencode(path)) > _UNIX_PATH_BYTES:
        raise AddressError(
            f"{address} is too long for a UNIX socket: {_UNIX_PATH_BYTES} bytes is the most; "
            "treadle.comm.sockets.socket_directory() is a short place"
        )
    check_directory(path.parent)
    _remove_stale(path)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.bind(str(path))
        os.chmod(path, 0o600)
        sock.listen(BACKLOG)
    except BaseException:
        sock.close()
        raise
    sock.setblocking(False)
    return keep_from_children(sock)


def _remove_stale(path: Path) -> None:
    """Remove the socket of a process that has died; leave everything else alone."""
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(status.st_mode):
        raise AddressError(f"can't listen at unix://{path}: a file of that name is there")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            os.unlink(path)
        except OSError:
            pass  # somebody listens; bind() says so


def unlink_socket(address: Address) -> None:
    """Remove the file of a UNIX socket that has been closed."""
    if address.kind == "unix":
        try:
            os.unlink(address.path)
        except OSError:
            pass  # its directory has gone first


def dial(address: Address, deadline: float, *, insecure: bool = False) -> socket.socket:
    """Connect, until ``deadline`` on the monotonic clock.  The socket has a timeout set.

    Raises
    ------
    ConnectError
        If nobody listens there, or it takes too long.
    AddressError
        If it would not be safe.
    """
    try:
        if address.kind == "unix":
            return _dial_unix(address, deadline)
        family, numeric = _resolve(address, insecure)
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(max(0.001, deadline - time.monotonic()))
            sock.connect(numeric)
            tune(sock)
        except BaseException:
            sock.close()
            raise
        return sock
    except (AddressError, ConnectError):
        raise
    except TimeoutError as error:
        raise ConnectError(str(address), "it takes too long") from error
    except OSError as error:
        raise ConnectError(str(address), (error.strerror or str(error)).lower()) from error


def _dial_unix(address: Address, deadline: float) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _connect_unix(sock, address.path, deadline)
        if not is_own_peer(sock):
            raise ConnectError(str(address), "a process of another user listens there")
    except BaseException:
        sock.close()
        raise
    return sock


def _connect_unix(sock: socket.socket, path: str, deadline: float) -> None:
    while True:
        try:
            # With a timeout a full backlog is an error at once, and without one it never ends.
            sock.settimeout(max(0.001, deadline - time.monotonic()))
            sock.connect(path)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise TimeoutError from None
            time.sleep(0.005)


class Spare:
    """One descriptor kept for the day when there are no more: to turn away who comes then.

    Without it a connection that can't be accepted stays in the backlog, and the listening socket
    is ready to accept for ever.
    """

    def __init__(self) -> None:
        self._descriptor = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)

    def turn_away(self, listening: socket.socket) -> None:
        """Accept one connection with the spare descriptor, and close it at once."""
        self.close()
        try:
            listening.accept()[0].close()
        except OSError:
            pass  # somebody took the descriptor meanwhile, or who came has gone
        try:
            self._descriptor = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            self._descriptor = -1

    def close(self) -> None:
        """Give the descriptor back."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


def send_timeout(sock: socket.socket, seconds: float) -> None:
    """Let the kernel give up a blocking send that makes no progress; no poll() before each."""
    sock.setblocking(True)
    whole = int(seconds)
    sock.setsockopt(
        socket.SOL_SOCKET,
        socket.SO_SNDTIMEO,
        struct.pack("@ll", whole, int((seconds - whole) * 1e6)),
    )

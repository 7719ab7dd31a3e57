"""Where a worker serves its data: as near as its scheduler is, and never further."""

from __future__ import annotations

import os
import socket

from treadle.comm.address import parse
from treadle.comm.base import Connection
from treadle.comm.sockets import socket_directory
from treadle.comm.stream import SocketConnection


def data_addresses(scheduler: str, connection: Connection) -> list[str]:
    """Return where to listen, best first.

    Whoever is on the same machine comes by a UNIX socket, whichever way the scheduler is reached.
    When that is another machine, others may be as well: they come by TCP, at the address by which
    this machine reaches the scheduler.

    Examples
    --------
    >>> import socket
    >>> ours, theirs = socket.socketpair()
    >>> with theirs, SocketConnection(ours, role="worker", kind="unix", peer="x") as connection:
    ...     [address] = data_addresses("unix:///run/scheduler.sock", connection)
    >>> address.startswith("unix:///")
    True
    """
    addresses = [f"unix://{socket_directory()}/data-{os.urandom(6).hex()}.sock"]
    if parse(scheduler).kind == "tcp" and isinstance(connection, SocketConnection):
        addresses.append(f"tcp://{_own_host(connection)}:0")
    return addresses


def _own_host(connection: SocketConnection) -> str:
    """The numeric address of our end."""
    with socket.socket(fileno=socket.dup(connection.fileno())) as sock:
        host = str(sock.getsockname()[0])
    return f"[{host}]" if ":" in host else host

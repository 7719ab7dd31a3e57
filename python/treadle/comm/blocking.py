"""Connections for threads: `connect` and `listen`.

>>> credentials = Credentials.new("abc")
>>> with listen(["inproc://"], credentials, lambda connection: connection.send(b"hi")) as listener:
...     with connect(listener.addresses[0], credentials, "client") as connection:
...         connection.recv()
[b'hi']
"""

from __future__ import annotations

import time

from treadle.comm import inproc
from treadle.comm.address import parse
from treadle.comm.base import DEFAULT_LIMITS, Connection, Limits
from treadle.comm.credentials import Credentials
from treadle.comm.handshake import Client
from treadle.comm.listener import Listener, listen, shake_hands
from treadle.comm.sockets import dial
from treadle.comm.stream import SocketConnection

__all__ = ["Connection", "Limits", "Listener", "connect", "listen"]


def connect(
    address: str,
    credentials: Credentials,
    role: str,
    *,
    timeout: float = 5.0,
    limits: Limits = DEFAULT_LIMITS,
    insecure: bool = False,
) -> Connection:
    """Connect, and prove each other who we are.

    Parameters
    ----------
    address : str
    credentials : Credentials
        With the secret of ``role``.
    role : str
        "client", "worker", "task", "observer" or "manager".
    timeout : float
        Seconds until it is given up, all in all.
    limits : Limits
    insecure : bool
        Allow addresses on other machines: what is sent there is not encrypted.

    Raises
    ------
    AddressError
        If ``address`` is none, or would not be safe.
    ConnectError
        If nobody listens there.
    HandshakeError
        If who listens does not know the secret, refuses ours, or is of another version.
    """
    where = parse(address)
    if where.kind == "inproc":
        return inproc.connect(where.path, credentials, role)
    side = Client(credentials, role)
    deadline = time.monotonic() + timeout
    sock = dial(where, deadline, insecure=insecure)
    try:
        shake_hands(sock, side, deadline, str(where))
        return SocketConnection(sock, role=role, kind=where.kind, peer=str(where), limits=limits)
    except BaseException:
        sock.close()
        raise

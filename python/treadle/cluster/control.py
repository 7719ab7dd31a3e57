"""Telling a running cluster what to do: one connection, one question, one answer.

For those who manage clusters and run nothing on them: the command line, the Jupyter server, a
`LocalCluster`.  Connects in the role "manager"; nothing here can read or write a pickle.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from treadle.comm.blocking import connect
from treadle.comm.credentials import Credentials
from treadle.errors import CommError, ConnectError, ConnectionClosed, RecordError, TreadleError
from treadle.protocol import messages as m

if TYPE_CHECKING:
    from treadle.comm.base import Connection
    from treadle.feedserver.records import Record

TIMEOUT = 5.0


def describe(record: Record, *, timeout: float = TIMEOUT) -> dict[str, Any]:
    """Return how a cluster is: ``workers``, ``tasks`` by state, ``clients``, ``addresses``.

    Parameters
    ----------
    record : Record
    timeout : float
        Seconds for all of it.

    Raises
    ------
    CommError
        If it can't be reached, or does not answer in time.
    """
    return dict(ask(*_access(record), lambda n: m.Query(n, "info"), timeout=timeout))


def scale(record: Record, n: int, *, timeout: float = TIMEOUT) -> None:
    """Have ``n`` workers, sooner or later.

    Raises
    ------
    CommError
        If it can't be reached, or does not answer in time.
    TreadleError
        If nobody starts workers for this cluster.
    """
    ask(*_access(record), lambda number: m.Manage(number, "scale", n=n), timeout=timeout)


def stop(record: Record, *, timeout: float = TIMEOUT) -> None:
    """End a cluster; return when its scheduler has gone.

    Raises
    ------
    CommError
        If it can't be reached, or is still there.
    """
    addresses, credentials = _access(record)
    ask(addresses, credentials, lambda n: m.Manage(n, "stop"), timeout=timeout, until_end=True)


def ask(
    addresses: Sequence[str],
    credentials: Credentials,
    make: Callable[[int], m.Message],
    *,
    timeout: float = TIMEOUT,
    until_end: bool = False,
) -> Any:
    """Send the message that ``make`` makes of a number; return the value of its answer.

    Parameters
    ----------
    addresses : sequence of str
        The first that answers is used.
    credentials : Credentials
        With the secret of clients.
    make : callable
    timeout : float
        Seconds for all of it.
    until_end : bool
        Then wait for the scheduler to close the connection, which may be all of the answer.

    Raises
    ------
    CommError, TreadleError
    """
    deadline = time.monotonic() + timeout
    with _connect(addresses, credentials, deadline) as connection:
        connection.send(m.encode(make(1)))
        answer = None
        try:
            while answer is None or until_end:
                for frame in connection.recv(max(0.01, deadline - time.monotonic())):
                    message = m.decode_to_client(frame)
                    if isinstance(message, m.Answer) and message.number == 1:
                        answer = message
                if answer is not None and answer.error:
                    break
        except TimeoutError:
            doing = "answered" if answer is None else "ended"
            raise CommError(f"the scheduler has not {doing} within {timeout:g} s") from None
        except ConnectionClosed:
            if not until_end:
                raise
    if answer is None:
        return None
    if answer.error:
        raise TreadleError(answer.error)
    return answer.value


def _connect(addresses: Sequence[str], credentials: Credentials, deadline: float) -> Connection:
    refused: ConnectError | None = None
    for address in addresses:
        patience = max(0.01, deadline - time.monotonic())
        try:
            return connect(address, credentials, "manager", timeout=patience)
        except ConnectError as error:
            refused = refused or error
    raise refused or CommError("the cluster has no address to connect to")


def _access(record: Record) -> tuple[list[str], Credentials]:
    if record.client_secret is None:
        raise RecordError(f"{record.name!r} is a {record.kind}, which can't be managed")
    return record.addresses, Credentials(record.cluster, {"client": record.client_secret})

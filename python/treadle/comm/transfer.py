"""The data plane: results from where they are to where they are needed.

Every worker has a `DataServer`; whoever needs results, workers and clients alike, has a
`DataClient`.  Their connections carry nothing else, so a large result delays no control message.

    DataClient.fetch() --- GET ids --->  DataServer --- get(ids) ---> the worker's memory
                       <-- values -----
    DataClient.put()   --- values ---->  DataServer --- put({id: value})

Within one process values are handed over as they are.

>>> from treadle.comm.credentials import Credentials
>>> credentials = Credentials.new("abc")
>>> data = {7: "seven"}
>>> def get(ids):
...     return [data.get(id, MISSING) for id in ids]
>>> server = DataServer(["inproc://"], credentials, get, data.update)
>>> with server, DataClient(credentials, "client") as client:
...     client.put(server.addresses, {8: "eight"})
...     client.fetch(server.addresses, [7, 8, 9])
{7: 'seven', 8: 'eight'}
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from treadle.comm import inproc
from treadle.comm.base import Connection
from treadle.comm.blocking import connect, listen
from treadle.comm.credentials import Credentials
from treadle.comm.transfer_link import MISSING, Link
from treadle.errors import CommError, ConnectError, ConnectionClosed
from treadle.protocol.payloads import dump_payload

__all__ = ["MISSING", "DataClient", "DataServer"]

_ROLES = frozenset(("client", "worker", "task"))

_IDLE_SECONDS = 60.0  # a connection is kept so long after its last use
_SERVER_IDLE_SECONDS = 150.0  # and closed by the other side if its owner has forgotten it
_MOST_IDLE = 4  # connections kept to one place

Result = TypeVar("Result")

# Address -> (process, server): servers of this process, whose values need no wire.
_here: dict[str, tuple[int, DataServer]] = {}


def _physical_memory() -> int:
    """The most that could arrive and be kept."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return 1 << 40


class DataServer:
    """Serves values by id, each connection in a thread of its own.

    Parameters
    ----------
    addresses : list of str
        Where to listen, best first.
    credentials : Credentials
    get : callable
        ``get(ids)`` returns one value for each id, `MISSING` for those that aren't here.
    put : callable
        ``put({id: value})`` keeps values that somebody brings.
    limit : int, optional
        The most bytes to take in one part; the memory of this machine unless said otherwise.
    patience : float, optional
        Seconds that a peer may say nothing in the middle of an exchange.
    by_memory : bool, optional
        Whether processes of this machine may read values straight out of our memory.
    insecure : bool, optional
        Allow addresses that other machines can reach.

    Attributes
    ----------
    addresses : list of str
        Where it listens really.
    """

    def __init__(
        self,
        addresses: Iterable[str],
        credentials: Credentials,
        get: Callable[[list[int]], Iterable[Any]],
        put: Callable[[dict[int, Any]], None],
        *,
        limit: int | None = None,
        patience: float = 30.0,
        by_memory: bool = True,
        insecure: bool = False,
    ):
        self._credentials = credentials
        self._get = get
        self._put = put
        self._limit = limit or _physical_memory()
        self._patience = patience
        self._by_memory = by_memory
        self._listener = listen(addresses, credentials, self._serve, insecure=insecure)
        self.addresses: list[str] = list(self._listener.addresses)
        for address in self.addresses:
            _here[address] = (os.getpid(), self)

    def close(self) -> None:
        """Stop listening, and end all connections."""
        for address in self.addresses:
            _here.pop(address, None)
        self._listener.close()

    def __enter__(self) -> DataServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _serve(self, connection: Connection) -> None:
        if connection.role not in _ROLES:
            return
        link = Link(
            connection, limit=self._limit, patience=self._patience, by_memory=self._by_memory
        )
        try:
            link.welcome()
            while True:
                connection.set_patience(_SERVER_IDLE_SECONDS)
                link.answer(self._get, self._put)
        except CommError:
            raise
        except OSError as error:  # a timeout: nobody needs it any more, or who did has stopped
            if not connection.closed and not isinstance(error, TimeoutError):
                raise


class DataClient:
    """Fetches values from data servers and brings them there.  Any thread may use it.

    Parameters
    ----------
    credentials : Credentials
    role : {"client", "worker", "task"}
    timeout : float, optional
        Seconds that connecting may take.
    limit : int, optional
        The most bytes to take in one part; the memory of this machine unless said otherwise.
    patience : float, optional
        Seconds that a server may say nothing in the middle of an exchange.  There is no limit to
        how long an exchange takes that goes on.
    by_memory : bool, optional
        Whether values on this machine may be read straight out of the memory of their process.
    insecure : bool, optional
        Allow addresses on other machines.
    """

    def __init__(
        self,
        credentials: Credentials,
        role: str,
        *,
        timeout: float = 5.0,
        limit: int | None = None,
        patience: float = 30.0,
        by_memory: bool = True,
        insecure: bool = False,
    ):
        self._credentials = credentials
        self._role = role
        self._timeout = timeout
        self._limit = limit or _physical_memory()
        self._patience = patience
        self._by_memory = by_memory
        self._insecure = insecure
        self._lock = threading.Lock()
        self._closed = False
        self._idle: dict[tuple[str, ...], list[tuple[float, Link]]] = {}
        self._busy: set[Link] = set()

    def fetch(self, addresses: Sequence[str], ids: Sequence[int]) -> dict[int, Any]:
        """Return values by id.

        Parameters
        ----------
        addresses : list of str
            Of one server, best first.
        ids : list of int

        Returns
        -------
        dict
            Without the ids that the server doesn't have.  A value that could not be pickled
            there, or unpickled here, is a `DeserializeFailure`.

        Raises
        ------
        CommError
            If the server can't be reached, or goes away meanwhile.
        """
        server = self._find_here(addresses)
        if server is not None:
            values = zip(ids, server._get(list(ids)), strict=True)
            return {id: value for id, value in values if value is not MISSING}
        return self._exchange(tuple(addresses), lambda link: link.get(ids))

    def put(self, addresses: Sequence[str], values: Mapping[int, Any]) -> None:
        """Bring values to a server.

        Parameters
        ----------
        addresses : list of str
            Of one server, best first.
        values : dict
            By id.

        Raises
        ------
        UnpicklableError
            Before anything is sent.
        DeserializeError
            If the server could not unpickle one of them; it keeps the others.
        CommError
            If the server can't be reached, or goes away meanwhile.
        """
        server = self._find_here(addresses)
        if server is not None:
            server._put(dict(values))
            return
        # Functions and classes of the user's modules go along by value, as they do with tasks.
        payloads = [
            (id, dump_payload(value, name="value", local_by_value=True))
            for id, value in values.items()
        ]
        self._exchange(tuple(addresses), lambda link: link.put(payloads))

    def close(self) -> None:
        """End all connections; whoever waits for one gets `ConnectionClosed`."""
        with self._lock:
            self._closed = True
            links = [link for idle in self._idle.values() for _, link in idle]
            links.extend(self._busy)
            self._idle.clear()
        for link in links:
            link.close()

    def __enter__(self) -> DataClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- connections -----------------------------------------------------------------------------

    def _find_here(self, addresses: Sequence[str]) -> DataServer | None:
        """Return a server of this process that listens at one of these addresses."""
        for address in addresses:
            pid, server = _here.get(address, (0, None))
            if server is not None and pid == os.getpid():
                self._check_open()
                inproc.check(server._credentials, self._credentials, self._role)
                return server
        return None

    def _exchange(self, addresses: tuple[str, ...], talk: Callable[[Link], Result]) -> Result:
        """Talk to a server over a connection of its own; over a new one if the kept one is dead."""
        while True:
            link, fresh = self._take(addresses)
            try:
                result = talk(link)
            except (CommError, TimeoutError) as error:
                self._drop(link)
                if not fresh and not link.answered and not self._closed:
                    continue  # the other side had closed it since
                if isinstance(error, CommError):
                    raise
                raise ConnectionClosed(
                    f"{link.connection.peer} has said nothing for {self._patience:g} seconds"
                ) from error
            except BaseException:
                self._drop(link)
                raise
            self._give_back(addresses, link)
            return result

    def _take(self, addresses: tuple[str, ...]) -> tuple[Link, bool]:
        """Return a link for this thread alone, and whether it is new."""
        with self._lock:
            self._check_open()
            idle = self._idle.get(addresses)
            if idle:
                # Here and in _give_back(): first in, then out. An interrupt in between leaves it
                # where close() finds it.
                _, link = idle[-1]
                self._busy.add(link)
                idle.pop()
                return link, False
        link = self._open(addresses)
        try:
            with self._lock:
                self._check_open()
                self._busy.add(link)
        except BaseException:
            link.close()
            raise
        return link, True

    def _check_open(self) -> None:
        if self._closed:
            raise ConnectionClosed("this client of the data plane is closed")

    def _open(self, addresses: tuple[str, ...]) -> Link:
        failure: CommError | None = None
        for address in addresses:
            try:
                connection = connect(
                    address,
                    self._credentials,
                    self._role,
                    timeout=self._timeout,
                    insecure=self._insecure,
                )
            except CommError as error:
                failure = failure or error
                continue
            try:
                link = Link(
                    connection,
                    limit=self._limit,
                    patience=self._patience,
                    by_memory=self._by_memory,
                )
                link.greet()
                return link
            except OSError as error:  # a CommError, a timeout, or closed meanwhile
                connection.close()
                failure = failure or ConnectError(address, str(error))
            except BaseException:
                connection.close()
                raise
        raise failure or ConnectError("nowhere", "it has no addresses")

    def _give_back(self, addresses: tuple[str, ...], link: Link) -> None:
        now = time.monotonic()
        stale: list[Link] = []
        with self._lock:
            if self._closed:
                stale.append(link)
            else:
                self._idle.setdefault(addresses, []).append((now, link))
                self._busy.discard(link)
                for place, idle in list(self._idle.items()):
                    kept = [(used, one) for used, one in idle if now - used < _IDLE_SECONDS]
                    kept = kept[-_MOST_IDLE:]
                    if len(kept) < len(idle):
                        stale += [one for _, one in idle if one not in {k for _, k in kept}]
                        self._busy.update(stale)
                        self._idle[place] = kept
                    if not kept:
                        del self._idle[place]
        for one in stale:
            self._drop(one)

    def _drop(self, link: Link) -> None:
        link.close()
        with self._lock:
            self._busy.discard(link)

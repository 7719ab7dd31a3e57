"""Results into the client: small ones came along, the others are fetched from workers.

A worker that does not have what it should, or can't be reached, is told of to the scheduler, who
says where else to look, or has the result made again.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from treadle.cluster.client.ledger import FINISHED, PENDING
from treadle.cluster.client.waiting import wait_all
from treadle.errors import CommError
from treadle.protocol.messages import MissingResults, Query
from treadle.protocol.serialize import DeserializeFailure, loads_value

if TYPE_CHECKING:
    from treadle.cluster.client.client import Client
    from treadle.cluster.client.future import Future

#: How often a result is looked for in vain before that is an error.
ATTEMPTS = 8

#: Seconds between two attempts, times the number of the attempt.
PAUSE = 0.02


class Failed:
    """Stands for the value of a future that has none."""

    __slots__ = ("future",)

    def __init__(self, future: Future):
        self.future = future

    def reason(self, note: bool = True) -> BaseException:
        """Return why: what the task raised, or what became of it."""
        return self.future._why_not(note)

    def throw(self) -> None:
        """Raise why."""
        __tracebackhide__ = True
        self.future._raise()


class Unreadable(Failed):
    """Stands for a value that came and could not be unpickled."""

    __slots__ = ("error",)

    def __init__(self, future: Future, error: BaseException):
        super().__init__(future)
        self.error = error

    def reason(self, note: bool = True) -> BaseException:
        return self.error

    def throw(self) -> None:
        __tracebackhide__ = True
        raise self.error


def values_of(client: Client, futures: list[Future], timeout: float | None) -> list[Any]:
    """Return the value of each future, or a `Failed` in its place, once all have ended.

    Raises
    ------
    TimeoutError
        If a result was lost and is not there again in time.
    """
    values: list[Any] = []
    distant: list[int] = []
    for position, future in enumerate(futures):
        content = future._batch.content[future._index]
        if type(content) is bytes:
            values.append(_load(future, content))
        elif future._batch.state[future._index] <= FINISHED:
            values.append(None)
            distant.append(position)
        else:
            values.append(Failed(future))
    if distant:
        fetched = _fetch(client, [futures[position] for position in distant], timeout)
        for position in distant:
            values[position] = fetched[futures[position]._handle]
    return values


def _load(future: Future, blob: bytes) -> Any:
    try:
        return loads_value(blob)
    except Exception as error:
        return Unreadable(future, error)


def _fetch(client: Client, futures: list[Future], timeout: float | None) -> dict[int, Any]:
    """Return the values of futures whose results lie on workers, by handle."""
    deadline = None if timeout is None else time.monotonic() + timeout
    values: dict[int, Any] = {}
    wanted = {future._handle: future for future in futures}
    attempt = 0
    while True:
        # What was there a moment ago may be lost, and on its way again.
        remaining = None if deadline is None else deadline - time.monotonic()
        wait_all(list(wanted.values()), remaining)
        places: dict[int, dict[int, Future]] = {}  # worker -> id -> future
        for future in wanted.values():
            content = future._batch.content[future._index]
            if type(content) is bytes:
                values[future._handle] = _load(future, content)
            elif type(content) is tuple:
                places.setdefault(content[1], {})[content[0]] = future
            elif future._batch.state[future._index] > FINISHED:
                values[future._handle] = Failed(future)
        _fetch_from_all(client, places, values)
        wanted = {handle: future for handle, future in wanted.items() if handle not in values}
        if not wanted:
            return values
        attempt += 1
        if attempt == ATTEMPTS:
            break
        if attempt > 1:
            time.sleep(PAUSE * attempt)
        _look_again(client, list(wanted.values()))
    future = next(iter(wanted.values()))
    raise CommError(
        f"the result of {future.key!r} could not be fetched from any worker; "
        "is every worker's data address reachable from here?"
    )


def _fetch_from_all(
    client: Client, places: dict[int, dict[int, Future]], values: dict[int, Any]
) -> None:
    """Fetch from several workers at once."""
    workers = list(places)
    if not workers:
        return
    if len(workers) == 1:
        _fetch_from(client, workers[0], places[workers[0]], values)
        return
    errors: list[BaseException] = []

    def work() -> None:
        try:
            while workers:
                try:
                    worker = workers.pop()
                except IndexError:
                    return
                _fetch_from(client, worker, places[worker], values)
        except BaseException as error:
            errors.append(error)

    threads = [
        threading.Thread(target=work, name="treadle-client-fetch", daemon=True)
        for _ in range(min(4, len(workers)))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def _fetch_from(
    client: Client, worker: int, wanted: dict[int, Future], values: dict[int, Any]
) -> None:
    """Fetch from one worker what it has, and tell the scheduler of what it has not."""
    session = client._session
    info = session.workers.get(worker)
    if info is None:
        return  # it has left: the scheduler knows
    try:
        found = client._data.fetch(info.addresses, list(wanted))
    except CommError:
        found = {}
    for id, value in found.items():
        future = wanted.get(id)
        if future is None:
            continue
        if type(value) is DeserializeFailure:
            value = Unreadable(future, value.error)
        values[future._handle] = value
    missing = [id for id, future in wanted.items() if id not in found]
    if missing:
        session.send(MissingResults(missing, worker))


def _look_again(client: Client, futures: list[Future]) -> None:
    """Ask the scheduler where results are; what is nowhere is pending until it is made again."""
    session = client._session
    before = {future._handle: future._batch.content[future._index] for future in futures}
    found = session.ask(lambda number: Query(number, "where", {"handles": list(before)})) or {}
    for future in futures:
        batch, index = future._batch, future._index
        content = before[future._handle]
        place = found.get(future._handle)
        with batch.ledger.lock:
            # A message may have come in between that knows better.
            if batch.content[index] is not content or batch.state[index] != FINISHED:
                continue
            if place is not None and place[1]:
                id, workers = place
                worker = next((n for n in workers if n in session.workers), workers[0])
                batch.content[index] = (id, worker, content[2])
            else:
                batch.state[index] = PENDING
                batch.content[index] = None

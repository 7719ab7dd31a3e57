"""Values from the client to workers: `Client.scatter`.

The scheduler says where; the client puts the values there itself, over the data plane.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from treadle.cluster.client.connected import Connected
from treadle.cluster.client.future import Future
from treadle.cluster.client.session import ANSWER_TIMEOUT
from treadle.cluster.client.submission import MAX_BYTES, Columns, function_spec, send
from treadle.errors import CommError
from treadle.graph.naming import unique_key
from treadle.graph.table import literal
from treadle.graph.tokenize import tokenize
from treadle.protocol.messages import Scatter
from treadle.protocol.serialize import dumps_args
from treadle.utils.duration import seconds
from treadle.utils.sizeof import sizeof

#: How often values are put on workers that die meanwhile, and seconds in between, times the number.
ATTEMPTS = 8
PAUSE = 0.05


class Scattering(Connected):
    """The part of a client that puts values on workers."""

    def scatter(
        self,
        data: Any,
        workers: str | Iterable[str] | None = None,
        broadcast: bool = False,
        direct: bool | None = None,
        hash: bool = True,
        timeout: float | str | None = None,
        asynchronous: bool | None = None,
    ) -> Any:
        """Put values on workers, to be used by many tasks.

        Parameters
        ----------
        data : list, tuple, set, dict or object
            Of a collection each item is scattered; anything else as one value.
        workers : str or iterable of str, optional
            Names or hosts.
        broadcast : bool
            A copy on each worker.
        hash : bool
            Name them by their content, so that equal values are kept once.
        timeout : float, optional
            Seconds to wait for a worker.
        direct
            Taken for Dask's sake: values always go to the workers directly.

        Returns
        -------
        Future, or a collection of them of the same kind
            A value that is lost with its worker can't be made again.

        Examples
        --------
        >>> from treadle import Client
        >>> with Client(processes=False, n_workers=1) as client:
        ...     table = client.scatter({"a": 1})["a"]
        ...     client.submit(max, table, 0).result()
        1
        """
        return self._sync(self._scatter, data, workers, broadcast, hash, seconds(timeout))

    def _scatter(
        self,
        data: Any,
        workers: str | Iterable[str] | None,
        broadcast: bool,
        by_content: bool,
        timeout: float | None,
    ) -> Any:
        names = [workers] if isinstance(workers, str) else list(workers) if workers else None
        if isinstance(data, dict):
            values = list(data.values())
            futures = self._put(values, names, broadcast, by_content, timeout)
            return dict(zip(data, futures, strict=True))
        kind = type(data)
        if kind in (list, tuple, set, frozenset):
            return kind(self._put(list(data), names, broadcast, by_content, timeout))
        if isinstance(data, range) or hasattr(data, "__next__"):
            return self._put(list(data), names, broadcast, by_content, timeout)
        return self._put([data], names, broadcast, by_content, timeout)[0]

    def _put(
        self,
        values: list[Any],
        workers: list[str] | None,
        broadcast: bool,
        by_content: bool,
        timeout: float | None,
    ) -> list[Future]:
        """Put values on workers, and return a future of each.

        A worker may die while they are on their way: then another gets them.
        """
        if not values:
            return []
        session = self._session
        session.check()
        texts = [_value_key(value) if by_content else unique_key("data") for value in values]
        futures: dict[int, Future] = {}
        missing = list(range(len(values)))
        for attempt in range(ATTEMPTS):
            placed, errors = self._put_once(
                [values[n] for n in missing],
                [texts[n] for n in missing],
                workers,
                broadcast,
                timeout,
            )
            futures.update(zip(missing, placed, strict=True))
            missing = [n for n, error in zip(missing, errors, strict=True) if error is not None]
            if not missing:
                return [futures[n] for n in range(len(values))]
            time.sleep(PAUSE * (attempt + 1))  # until the scheduler has noticed, too
        error = next(error for error in errors if error is not None)
        raise CommError(f"{len(missing)} values could not be put on any worker: {error}") from error

    def _put_once(
        self,
        values: list[Any],
        texts: list[str],
        workers: list[str] | None,
        broadcast: bool,
        timeout: float | None,
    ) -> tuple[list[Future], list[CommError | None]]:
        """Put values where the scheduler says; return futures, and what went wrong with each."""
        session = self._session
        limit = ANSWER_TIMEOUT if timeout is None else timeout
        with session.workers_changed:
            if not session.workers_changed.wait_for(
                lambda: session.workers or session.lost_reason is not None, limit
            ):
                raise TimeoutError("no worker has come to scatter to; see client.wait_for_workers")
        batch = session.ledger.open(texts, self)
        futures = [Future(batch, index, text) for index, text in enumerate(texts)]
        question = session.expect(batch.base)
        try:
            nbytes = [max(0, sizeof(value)) for value in values]
            session.send(Scatter(batch.base, texts, nbytes, workers, broadcast))
            if not question.signal.wait(limit):
                raise TimeoutError(f"the scheduler has not answered within {limit:g} seconds")
        finally:
            session.forget(batch.base)
        session.check_answer(question)
        parcels: dict[int, dict[int, Any]] = {}  # worker -> id -> value
        places: dict[int, list[int]] = {}  # worker -> positions
        reply = question.answer
        for handle, id, targets in zip(reply.handles, reply.ids, reply.targets, strict=True):
            for worker in targets:
                parcels.setdefault(worker, {})[id] = values[handle - batch.base]
                places.setdefault(worker, []).append(handle - batch.base)
        errors: list[CommError | None] = [None] * len(values)
        for worker, parcel in parcels.items():
            try:
                info = session.workers.get(worker)
                if info is None:
                    raise CommError(f"worker {session.names.get(worker, worker)!r} has left")
                self._data.put(info.addresses, parcel)
            except CommError as error:
                session.check()
                for position in places[worker]:
                    errors[position] = error
        return futures, errors

    def _ship(self, value: Any) -> Future:
        """Make a value that tasks of this client take a task of its own."""
        size = sizeof(value)
        if size > MAX_BYTES:
            return self._put([value], None, False, False, None)[0]
        blob = dumps_args((value,))
        session = self._session
        spec = function_spec(literal)
        batch = session.ledger.open([unique_key("data")], self)
        future = Future(batch, 0, batch.keys[0])
        columns = Columns(batch.keys, [spec], [0], [blob], [()], [0], groups=[""], group=[0])
        send(session, batch.base, columns)
        return future


def _value_key(value: Any) -> str:
    return f"{type(value).__name__}-{tokenize(value)}"

"""Which peer is asked for what, and when: copies of results that lie on other workers.

An id is *wanted* while a task here waits for it or the scheduler asked for a copy. It stands in
the queue of every worker that holds it; the first of them that is free is asked for it::

    want()          request()         arrived(), or forget() while it travels
    -------> queued ---------> in flight -------------------------------------> gone
               ^                   | failed(): another holder is left
               |-------------------|
               |  more holders     | failed(): none is left: the state says `Missing` once
               |---- stranded <----'

A request can't be interrupted. What nobody wants any more when it arrives is thrown away.
Requests are bounded: one a peer, a few altogether, and so many bytes in each and in all.

>>> fetches = Fetches()
>>> fetches.want(7, [1, 2], 100)
>>> fetches.want(8, [1], 100)
>>> fetches.request(), fetches.request()
((1, [7, 8]), (-1, []))
>>> fetches.answered(1, [7, 8])
>>> fetches.failed(7, 1), fetches.arrived(8)
(True, True)
>>> fetches.request()
(2, [7])
"""

from __future__ import annotations

from collections import deque


class Fetches:
    """Everything that is wanted from other workers.

    Parameters
    ----------
    max_requests : int
        Requests in flight; a peer has at most one.
    max_ids : int
        Ids in one request.
    request_bytes, total_bytes : int
        Bytes in one request and in all of them, as far as sizes are known.  One id may always
        travel, however large it is.

    Attributes
    ----------
    holders : dict
        Wanted id -> workers that have not failed to give it yet.
    source : dict
        Id in flight -> the worker that was asked, whether it is still wanted or not.
    """

    def __init__(
        self,
        max_requests: int = 8,
        max_ids: int = 256,
        request_bytes: int = 64 << 20,
        total_bytes: int = 256 << 20,
    ) -> None:
        self.holders: dict[int, list[int]] = {}
        self.source: dict[int, int] = {}
        self.tried: dict[int, list[int]] = {}  # wanted id -> holders that failed
        self.sizes: dict[int, int] = {}  # wanted id -> bytes
        self.queues: dict[int, deque[int]] = {}  # worker -> ids, some of them no longer wanted
        self.requests: dict[int, list[int]] = {}  # worker -> ids it has not answered
        self.bytes_of: dict[int, int] = {}  # worker -> bytes of its request
        self.turns: deque[int] = deque()  # workers with a queue and no request
        self.max_requests = max_requests
        self.max_ids = max_ids
        self.request_bytes = request_bytes
        self.total_bytes = total_bytes
        self.bytes_in_flight = 0

    def want(self, id: int, holders: list[int], nbytes: int) -> None:
        """``id`` is wanted, and these workers hold it: they replace those known before."""
        before = self.holders.get(id, [])
        self.holders[id] = list(holders)
        self.sizes[id] = nbytes
        if id in self.tried:
            del self.tried[id]
        if id not in self.source:
            for worker in holders:
                if worker not in before:
                    self._queue(worker, id)

    def forget(self, id: int) -> None:
        """``id`` is wanted no more.  If it is in flight, it is thrown away on arrival."""
        if id in self.holders:
            del self.holders[id]
            del self.sizes[id]
            if id in self.tried:
                del self.tried[id]

    def arrived(self, id: int) -> bool:
        """Return whether ``id``, which has come, is wanted; it isn't from now on."""
        wanted = id in self.holders
        if wanted:
            self.forget(id)
        return wanted

    def failed(self, id: int, worker: int) -> bool:
        """``worker`` could not give ``id``.  Return False when no holder is left to ask.

        True as well when it is not wanted, or on its way from elsewhere.
        """
        holders = self.holders.get(id)
        if holders is None:
            return True
        if worker in holders:
            holders.remove(worker)
            tried = self.tried.get(id)
            if tried is None:
                self.tried[id] = [worker]
            else:
                tried.append(worker)
        if id in self.source:
            return True
        for other in holders:
            self._queue(other, id)
        return len(holders) > 0

    def answered(self, worker: int, ids: list[int]) -> None:
        """``worker`` was asked for these, and the answer is here, whatever it is."""
        source = self.source
        request = self.requests.get(worker)
        for id in ids:
            if source.get(id, -1) == worker:
                del source[id]
            if request is not None and id in request:
                request.remove(id)
        if request is not None and len(request) == 0:
            del self.requests[worker]
            self.bytes_in_flight -= self.bytes_of.pop(worker)
            if worker in self.queues:
                self.turns.append(worker)

    def give_up(self, worker: int) -> list[int]:
        """Return what only waits for ``worker``, which can't be reached, and empty its queue."""
        queue = self.queues.pop(worker, None)
        if queue is None:
            return []
        if worker not in self.requests:
            self.turns.remove(worker)
        return [id for id in queue if worker in self.holders.get(id, ())]

    def request(self) -> tuple[int, list[int]]:
        """Return a worker and what to ask it for; worker -1 when there is nothing to ask now."""
        turns = self.turns
        for _ in range(len(turns)):
            if len(self.requests) >= self.max_requests or self.bytes_in_flight >= self.total_bytes:
                break
            worker = turns.popleft()
            ids = self._choose(worker)
            if ids:
                self.requests[worker] = ids
                return worker, list(ids)
            if worker in self.queues:
                turns.append(worker)  # its next id is too large for what is left
        return -1, []

    def _queue(self, worker: int, id: int) -> None:
        queue = self.queues.get(worker)
        if queue is None:
            self.queues[worker] = deque([id])
            if worker not in self.requests:
                self.turns.append(worker)
        else:
            queue.append(id)

    def _choose(self, worker: int) -> list[int]:
        """Take from the queue of ``worker`` what fits into one request."""
        queue = self.queues[worker]
        ids: list[int] = []
        nbytes = 0
        room = min(self.request_bytes, self.total_bytes - self.bytes_in_flight)
        while queue and len(ids) < self.max_ids:
            id = queue[0]
            holders = self.holders.get(id)
            if holders is None or id in self.source or worker not in holders:
                queue.popleft()  # it has come, is coming, or is not wanted
                continue
            size = self.sizes[id]
            if nbytes + size > room and (ids or self.requests):
                break
            queue.popleft()
            ids.append(id)
            self.source[id] = worker
            nbytes += size
        if not queue:
            del self.queues[worker]
        if ids:
            self.bytes_of[worker] = nbytes
            self.bytes_in_flight += nbytes
        return ids

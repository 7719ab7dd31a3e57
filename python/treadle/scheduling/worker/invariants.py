"""What always holds for a :class:`~treadle.scheduling.worker.state.WorkerState` between two calls.

For tests and the simulator: it reads everything, so it costs in proportion to what is there.
"""

from __future__ import annotations

from treadle.scheduling.worker.fetching import Fetches
from treadle.scheduling.worker.state import ABANDONED, EXECUTING, READY, WAITING, WorkerState


def validate(state: WorkerState) -> None:
    """Raise AssertionError, saying what is wrong, unless all of it holds.

    Examples
    --------
    >>> state = WorkerState(1)
    >>> state.compute([1, 2], [0, 0], [0, 1], [b"", b""], [(), (1,)], [], {}, {})
    >>> validate(state)
    >>> state.busy = 1
    >>> validate(state)
    Traceback (most recent call last):
        ...
    AssertionError: 1 threads are busy, and 0 tasks run
    """
    _check_tasks(state)
    _check_waiting(state)
    _check_wanted(state)
    _check_fetches(state.fetches)


def _check_tasks(state: WorkerState) -> None:
    status = state.status
    assert state.tasks.keys() == status.keys(), "a task without a state, or the reverse"
    running = [id for id, code in status.items() if code in (EXECUTING, ABANDONED)]
    for id in state._seceded:
        assert id in running, f"{id} has seceded and does not run"
    busy = len(running) - len(state._seceded)
    assert state.busy == busy, f"{state.busy} threads are busy, and {busy} tasks run"
    assert state.managed == sum(state.nbytes.values()), "the sum of bytes is off"
    for id, code in status.items():
        assert code in (WAITING, READY, EXECUTING, ABANDONED), f"{id} is in no known state"
        assert code == ABANDONED or id not in state.nbytes, f"{id} is here and made here"
    ready = [id for id, code in status.items() if code == READY]
    queued = {id for _, id in state._queue}
    assert state.ready == len(ready), f"{state.ready} count as ready, {len(ready)} are"
    for id in ready:
        assert id in queued, f"{id} is ready and not in the queue"
        gone = [other for other in state.tasks[id][2] if other not in state.nbytes]
        assert not gone, f"{id} is ready without its inputs {gone}"


def _check_waiting(state: WorkerState) -> None:
    waiting = [id for id, code in state.status.items() if code == WAITING]
    assert list(state._missing.keys() ^ waiting) == [], "waiting tasks and counters differ"
    assert list(state._ranks.keys() ^ waiting) == [], "waiting tasks and ranks differ"
    edges: dict[int, list[int]] = {}
    for id in waiting:
        missing = state.waits_for(id)
        assert missing, f"{id} waits for nothing"
        count = state._missing[id]
        assert count == len(missing), f"{id} counts {count} inputs, {missing} are missing"
        for other in missing:
            edges.setdefault(other, []).append(id)
    assert edges.keys() == state._waiters.keys(), "what is waited for is not what is missing"
    for other, tasks in edges.items():
        assert sorted(tasks) == sorted(state._waiters[other]), f"who waits for {other} is off"


def _check_wanted(state: WorkerState) -> None:
    fetches = state.fetches
    for id in state._replicas:
        assert id not in state.nbytes, f"a copy of {id} is here and still asked for"
        assert id in fetches.holders, f"a copy of {id} was asked for, and nobody fetches it"
    for id in fetches.holders:
        assert id not in state.nbytes, f"{id} is here and wanted"
        made = state.status.get(id, ABANDONED) != ABANDONED
        assert not made, f"{id} is wanted from others, and made here"
        used = id in state._waiters or id in state._replicas or id in fetches.source
        assert used, f"{id} is wanted by nobody"


def _check_fetches(fetches: Fetches) -> None:
    assert fetches.sizes.keys() == fetches.holders.keys(), "wanted ids and sizes differ"
    assert fetches.tried.keys() <= fetches.holders.keys(), "tried for what is not wanted"
    for id, holders in fetches.holders.items():
        if id not in fetches.source:
            for worker in holders:
                assert id in fetches.queues.get(worker, ()), f"{id} is in no queue of {worker}"
    for id, worker in fetches.source.items():
        assert id in fetches.requests.get(worker, []), f"{id} is in no request to {worker}"
    assert fetches.requests.keys() == fetches.bytes_of.keys(), "requests and bytes differ"
    assert fetches.bytes_in_flight == sum(fetches.bytes_of.values()), "bytes in flight are off"
    assert len(fetches.requests) <= fetches.max_requests, "too many requests"
    assert all(fetches.requests.values()), "a request that asks for nothing"
    assert all(fetches.queues.values()), "an empty queue"
    free = [worker for worker in fetches.queues if worker not in fetches.requests]
    assert sorted(fetches.turns) == sorted(free), "whose turn it is does not fit the queues"
    if not fetches.requests:
        idle = [id for id in fetches.holders if fetches.holders[id]]
        assert not idle, f"{idle} could be asked for, and nothing is in flight"

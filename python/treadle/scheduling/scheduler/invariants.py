"""What must hold between any two events; numbers are those of the list in docs/developer/states.md.

Slow, in proportion to all there is: for tests and the simulator.
"""

from __future__ import annotations

from collections import Counter

from treadle.scheduling.scheduler.columns import (
    DATA,
    ERRED,
    FORGOTTEN,
    MEMORY,
    NO_WORKER,
    PROCESSING,
    QUEUED,
    RELEASED,
    ROW,
    RUNNING,
    SECEDED,
    SHARED,
    STATES,
    WAITING,
    WANTED,
    Columns,
)
from treadle.scheduling.scheduler.lifecycle import is_in_play


def validate(s: Columns) -> None:
    """Raise AssertionError, with the task and its columns in words, where something is wrong."""
    _check_links(s)
    for row in range(len(s.ids)):
        if s.state[row] != FORGOTTEN:
            _check_row(s, row)
    _check_workers(s)
    _check_queues(s)
    _check_progress(s)


def describe(s: Columns, row: int) -> str:
    """Return all columns of a row in one line."""
    return (
        f"row {row} {s.keys[row]!r}: {STATES[s.state[row]]}, flags {s.flags[row]}, "
        f"id {s.ids[row]}, inputs {s.inputs[row]}, dependents {s.dependents[row]}, "
        f"missing {s.missing[row]}, unassigned {s.unassigned[row]}, users {s.users[row]}, "
        f"links {s.links[row]}, worker {s.worker[row]}, replicas {s.replicas.get(row)}"
    )


def _check(s: Columns, row: int, holds: bool, text: str) -> None:
    if not holds:
        raise AssertionError(f"{text}: {describe(s, row)}")


def _check_links(s: Columns) -> None:
    """1, 2, 4: edges stand on both ends; keys and rows name each other."""
    links: Counter[int] = Counter()
    users: Counter[int] = Counter()
    for row in range(len(s.ids)):
        if s.state[row] == FORGOTTEN:
            continue
        for other in s.inputs[row]:
            _check(s, row, s.state[other] != FORGOTTEN, "takes a forgotten row")
            links[other] += 1
            if is_in_play(s.state[row]):
                users[other] += 1
        for other, count in Counter(s.inputs[row]).items():
            listed = (s.dependents[other] or []).count(row)
            _check(s, row, listed == count, f"is listed {listed} times at row {other}")
    for row in range(len(s.ids)):
        if s.state[row] == FORGOTTEN:
            continue
        _check(s, row, s.row_of.get(s.keys[row]) == row, "its key names another row")
        _check(s, row, s.links[row] == links[row], f"links must be {links[row]}")
        wants = 1 if s.flags[row] & WANTED else 0
        wants += sum(s.others[row].values()) if row in s.others else 0
        expected = users[row] + wants
        _check(s, row, s.users[row] == expected, f"users must be {expected}")
    live = sum(1 for state in s.state if state != FORGOTTEN)
    assert live == len(s.row_of), f"{live} rows are live, {len(s.row_of)} keys are known"
    assert len(set(s.free_rows)) == len(s.free_rows), "a row is free twice"
    for row in s.free_rows:
        _check(s, row, s.state[row] == FORGOTTEN, "free and alive")


def _check_row(s: Columns, row: int) -> None:
    """6 to 16: what its state says of a row."""
    state = s.state[row]
    states = [s.state[other] for other in s.inputs[row]]
    missing = sum(1 for other in states if other != MEMORY)
    unassigned = sum(1 for other in states if other not in (MEMORY, PROCESSING))
    if state == WAITING:
        _check(s, row, s.missing[row] == missing > 0, f"missing must be {missing}, and not 0")
        _check(s, row, s.unassigned[row] == unassigned, f"unassigned must be {unassigned}")
    if state in (QUEUED, NO_WORKER):
        _check(s, row, missing == 0, "ready without its inputs")
    if state == NO_WORKER:
        _check(s, row, row in s.no_worker, "not among those without a worker")
    if state == PROCESSING:
        worker = s.workers.get(s.worker[row])
        _check(s, row, worker is not None, "on a worker that is gone")
        assert worker is not None
        _check(s, row, row in worker.processing, "its worker does not know")
    if state == MEMORY:
        for number in s.holders(row):
            worker = s.workers.get(number)
            _check(s, row, worker is not None, "held by a worker that is gone")
            assert worker is not None
            _check(s, row, row in worker.holding, f"worker {number} does not hold it")
        _check(s, row, len(set(s.holders(row))) == len(s.holders(row)), "a holder stands twice")
        _check(s, row, s.users[row] > 0, "in memory, and nobody needs it")
    else:
        _check(s, row, row not in s.replicas, "has replicas and is not in memory")
    if state != MEMORY and state != PROCESSING:
        _check(s, row, s.worker[row] == -1, "has a worker")
    if is_in_play(state):
        _check(s, row, s.users[row] > 0, "in play, and nobody needs it")
        for other in s.inputs[row]:
            alive = s.state[other] not in (ERRED, FORGOTTEN)
            _check(s, row, alive, f"stands on row {other}, which has failed")
            if state != PROCESSING:
                _check(s, row, s.state[other] != RELEASED, f"waits for row {other}, not in play")
    if state == ERRED:
        _check(s, row, row in s.errors and row in s.blame, "failed, and nobody is blamed")
    else:
        _check(s, row, row not in s.errors, "has an error and did not fail")
    wanted = s.is_wanted(row)
    _check(s, row, not (wanted and state == RELEASED), "wanted and released")
    _check(s, row, bool(s.flags[row] & SHARED) == (row in s.others), "sharing is not marked")
    _check(s, row, bool(wanted or s.links[row] or _is_known(s, row)), "should be forgotten")


def _is_known(s: Columns, row: int) -> bool:
    """A client has a handle on it, wanted or not."""
    client = s.clients.get(s.client[row])
    if client is not None and client.handles.get(s.handle[row]) == row:
        return True
    return row in s.others


def _check_workers(s: Columns) -> None:
    """8, 9, 21, 22: what workers have is what rows say."""
    for number, worker in s.workers.items():
        counts: Counter[int] = Counter()
        seceded = 0
        for row in worker.processing:
            _check(s, row, s.state[row] == PROCESSING, f"worker {number} processes it")
            _check(s, row, s.worker[row] == number, f"worker {number} processes it too")
            counts[s.function[row]] += 1
            seceded += bool(s.flags[row] & SECEDED)
        assert worker.counts == dict(counts), f"worker {number} counts {worker.counts}"
        assert worker.nseceded == seceded, f"worker {number}: {worker.nseceded} seceded"
        nbytes = 0
        for row in worker.holding:
            _check(s, row, s.state[row] == MEMORY, f"worker {number} holds it")
            _check(s, row, s.is_holder(row, number), f"worker {number} holds it unseen")
            nbytes += s.nbytes[row]
        assert worker.nbytes == nbytes, f"worker {number} holds {nbytes}, not {worker.nbytes}"
        for name, amount in worker.free.items():
            taken = sum(
                (s.options[row].resources or {}).get(name, 0.0)
                for row in worker.processing
                if row in s.options
            )
            total = worker.resources[name]
            assert amount >= -1e-9, f"worker {number} gave more {name} than it has"
            assert abs(amount + taken - total) < 1e-9, f"{name} of worker {number}"
        assert worker.is_idle == (number in s.idle)


def _check_queues(s: Columns) -> None:
    """12: what is queued stands in a queue."""
    queued = {entry & ROW for entry in (*s.queue, *s.suspects)}
    for worker in s.workers.values():
        queued.update(entry & ROW for entry in worker.own)
    for heap in s.starved.values():
        queued.update(entry & ROW for entry in heap)
    for row in range(len(s.ids)):
        if s.state[row] == QUEUED:
            _check(s, row, row in queued, "queued nowhere")
    left = [*s.ready, *s.following, *s.touched, *s.dirty, *s.told]
    assert not left, f"left over at the end of the turn: {left}"


def _check_progress(s: Columns) -> None:
    """17, 20: nothing waits that could run, and what waits, waits for something in play."""
    has_queue = any(s.state[entry & ROW] == QUEUED for entry in s.queue)
    for number, worker in s.workers.items():
        if worker.status != RUNNING or worker.is_solo or s.draining == number:
            continue
        free = len(worker.processing) - worker.nseceded < worker.nthreads
        assert not (free and has_queue), f"worker {number} has a free thread and tasks are queued"
        own = [entry & ROW for entry in worker.own if s.state[entry & ROW] == QUEUED]
        assert not (free and own), f"worker {number} has a free thread and tasks of its own"
    for row in range(len(s.ids)):
        if s.state[row] == WAITING:
            moving = any(is_in_play(s.state[other]) for other in s.inputs[row])
            _check(s, row, moving, "waits for nothing that moves")
        if s.flags[row] & DATA and s.state[row] in (WAITING, QUEUED):
            raise AssertionError(f"data is to be computed: {describe(s, row)}")

"""Giving a task to a worker, and with it those that follow from it there.

A task follows when all that it takes is on the worker, or made there by tasks that it was given.
Chains and trees then need no further word.  Where the parts of two workers meet, a task takes
results of both: it follows as well when what lies elsewhere is in memory and small, and the worker
would have to wait for a further word about it.  It fetches while it works::

    given to worker 0     a  b  c  x        x takes b, c and p: it goes along with c
    made by worker 1            p  q  r

How much a worker may have is measured here, too; what waits is handed out in `queuing.py`.
"""

from __future__ import annotations

from treadle.scheduling.scheduler.columns import (
    MEMORY,
    PROCESSING,
    RARE,
    RUNNING,
    SUSPECT,
    WAITING,
    WANTED,
    Columns,
    Function,
    Worker,
)
from treadle.scheduling.scheduler.instructions import Compute
from treadle.scheduling.scheduler.placement import LATENCY, seconds_before

#: Seconds of known work that a thread of a worker is given ahead.
WINDOW = 0.02

#: Most tasks that a worker has, whatever they take.
MAX_DEPTH = 1024

#: Most tasks that a worker has, with those that follow.
MAX_AHEAD = 2 * MAX_DEPTH

#: Bytes of results that may be made ahead of their use, a worker.
MAX_AHEAD_BYTES = 64e6

#: Bytes that are fetched from elsewhere for a task that follows.
MAX_FETCH_AHEAD = 250_000


def assign(s: Columns, row: int, worker: Worker) -> None:
    """Give a task to a worker, and those that follow from it there."""
    compute = worker.compute
    if compute is None:
        if not worker.release and not worker.take_back:
            s.dirty.append(worker)
        compute = worker.compute = Compute(worker.number, [], [], [], [], [], {}, {})
    _give(s, row, worker, compute)
    state = s.state
    unassigned = s.unassigned
    todo = [row]
    while todo:
        dependents = s.dependents[todo.pop()]
        if dependents is None:
            continue
        for other in dependents:
            if state[other] != WAITING:
                continue
            left = unassigned[other] - 1
            unassigned[other] = left
            if left == 0 and _may_follow(s, other, worker):
                _give(s, other, worker, compute)
                todo.append(other)


def follow(s: Columns) -> None:
    """Look again at what waits for few results, all of which are being made: it may follow now."""
    rows = s.following
    s.following = []
    for row in rows:
        if s.state[row] == WAITING:
            worker = _maker(s, row)
            if (
                worker is not None
                and has_room(s, worker, s.function[row])
                and _may_follow(s, row, worker)
            ):
                assign(s, row, worker)
                note_crowded(s, worker)


def _maker(s: Columns, row: int) -> Worker | None:
    """Return the worker that makes the first input of a row that is being made."""
    for other in s.inputs[row]:
        if s.state[other] == PROCESSING:
            return s.workers.get(s.worker[other])
    return None


def _may_follow(s: Columns, row: int, worker: Worker) -> bool:
    """Tell whether a row all of whose inputs are there, or given to workers, goes to this one."""
    if worker.is_solo or s.flags[row] & (RARE | SUSPECT) or len(worker.processing) >= MAX_AHEAD:
        return False
    number = worker.number
    nbytes = 0
    is_near = True
    deaths = s.deaths
    for other in s.inputs[row]:
        if s.worker[other] == number:
            if deaths and other in deaths and s.state[other] == PROCESSING:
                return False  # should this worker die as well, it would not be known of which
            continue
        if s.state[other] != MEMORY:
            return False
        if not s.is_holder(other, number):
            is_near = False
            nbytes += s.nbytes[other]
    return is_near or (nbytes <= MAX_FETCH_AHEAD and _is_soon_done(s, row, worker))


def _is_soon_done(s: Columns, row: int, worker: Worker) -> bool:
    """Tell whether a worker ends a task, and what it has, before it could fetch anything."""
    known = s.functions.get(s.function[row])
    if known is None or known.count == 0:
        return False
    before = seconds_before(s, worker)
    return before + known.duration < LATENCY and room(s, worker, known, before)


def _give(s: Columns, row: int, worker: Worker, compute: Compute) -> None:
    s.state[row] = PROCESSING
    number = worker.number
    s.worker[row] = number
    worker.processing[row] = True
    function = s.function[row]
    counts = worker.counts
    counts[function] = counts.get(function, 0) + 1
    flags = s.flags[row]
    if flags & WANTED:
        compute.wanted.append(len(compute.ids))
    ids = s.ids
    compute.ids.append(ids[row])
    compute.rows.append(row)
    compute.ranks.append(s.rank[row])
    inputs = s.inputs[row]
    if not inputs:
        compute.inputs.append(())
        return
    names = []
    for other in inputs:
        id = ids[other]
        names.append(id)
        if s.worker[other] != number and not s.is_holder(other, number):
            compute.holders[id] = s.holders(other)
            compute.nbytes[id] = s.nbytes[other]
    compute.inputs.append(tuple(names))


# -- how much ------------------------------------------------------------------------------------


def has_room(s: Columns, worker: Worker, function: int) -> bool:
    """Tell whether a worker should be given one more task of a function."""
    return room(s, worker, s.functions.get(function), seconds_before(s, worker))


def room(s: Columns, worker: Worker, function: Function | None, before: float) -> bool:
    """Tell the same for ``before`` seconds of work that each of its threads has."""
    if worker.status != RUNNING or worker.is_solo or worker.number == s.draining:
        return False
    load = len(worker.processing) - worker.nseceded
    if load < worker.nthreads:
        return True
    if function is None or function.count == 0:
        return load == worker.nthreads
    if load >= MAX_DEPTH or before >= WINDOW:
        return False
    return function.nbytes * (load - worker.nthreads) < MAX_AHEAD_BYTES


def note_crowded(s: Columns, worker: Worker) -> None:
    """A worker that has more than it can run at once may be asked for some of it."""
    if len(worker.processing) > worker.nthreads:
        s.crowded[worker.number] = True

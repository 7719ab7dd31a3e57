"""Handing tasks to workers: as much as keeps them from waiting, and no more.

A worker is given a few milliseconds of known work, measured by the mean duration of the functions
it has, and of longer tasks as many as it has threads; of functions that nobody has seen end, one
more than that.  So short tasks travel in hundreds, and long ones, and those with large results,
stay here until they can begin: memory stays bounded, and little has ever to be taken back.
"""

from __future__ import annotations

from heapq import heappop, heappush

from treadle.scheduling.scheduler.columns import (
    NO_WORKER,
    QUEUED,
    RARE,
    ROW,
    RUNNING,
    SUSPECT,
    WAITING,
    Columns,
    Worker,
)
from treadle.scheduling.scheduler.giving import WINDOW, assign, has_room, note_crowded, room
from treadle.scheduling.scheduler.lifecycle import touch
from treadle.scheduling.scheduler.placement import (
    place,
    place_restricted,
    seconds_before,
    seconds_to_fetch,
    signature,
)

#: No entry of a heap: those of tasks with a priority are negative.
NO_ENTRY = -(1 << 100)

#: The number of no function: nothing is known of how long it takes.
UNSEEN = -2

#: Seconds that a task of an unknown function is taken for, when others are measured by it.
UNKNOWN = 0.0005


# -- what has become ready in this turn ----------------------------------------------------------


def sort_ready(s: Columns) -> None:
    """Give what has become ready to the workers that hold its inputs, or queue it."""
    ready = s.ready
    if not ready:
        return
    s.ready = []
    for row in ready:
        if s.state[row] != WAITING or s.missing[row] > 0:
            continue  # given along already, or something of it was lost in this turn
        flags = s.flags[row]
        if flags & SUSPECT:
            s.state[row] = QUEUED
            heappush(s.suspects, s.rank[row] << 32 | row)
        elif flags & RARE and not is_free(s, row):
            give_restricted(s, row)
        elif not s.inputs[row]:
            s.state[row] = QUEUED
            heappush(s.queue, s.rank[row] << 32 | row)
        else:
            _sort_by_inputs(s, row)


def is_free(s: Columns, row: int) -> bool:
    """Tell whether a row with options may run anywhere."""
    options = s.options[row]
    return options.workers is None and options.resources is None


def _sort_by_inputs(s: Columns, row: int) -> None:
    idle: Worker | None = None
    for number in s.idle:
        idle = s.workers[number]
        break
    worker = place(s, row, idle)
    if worker is None:
        s.state[row] = QUEUED
        heappush(s.queue, s.rank[row] << 32 | row)
    elif not worker.own and has_room(s, worker, s.function[row]):
        assign(s, row, worker)
        note_crowded(s, worker)
    else:
        s.state[row] = QUEUED
        heappush(worker.own, s.rank[row] << 32 | row)
        touch(s, worker)
        s.crowded[worker.number] = True


# -- handing out ---------------------------------------------------------------------------------


def fill(s: Columns) -> None:
    """Hand queued tasks to workers with room: to idle ones, to those of this turn, to open ones."""
    _fill_listed(s, s.idle)
    touched = s.touched
    while touched:
        worker = touched.pop()
        worker.is_touched = False
        if worker.number in s.workers:
            hand_out(s, worker)
    _fill_listed(s, s.idle)
    _fill_listed(s, s.open)


def _fill_listed(s: Columns, listed: dict[int, bool]) -> None:
    """Hand tasks to listed workers, until none is left or one finds none for itself."""
    while listed and (s.queue or s.suspects):
        number = next(iter(listed))
        worker = s.workers[number]
        before = len(worker.processing)
        hand_out(s, worker)
        if len(worker.processing) == before and number in listed:
            break


def hand_out(s: Columns, worker: Worker) -> None:
    """Give one worker what it has room for."""
    leave_lists(s, worker)
    if worker.status != RUNNING:
        return
    if s.suspects and _prepare_suspect(s, worker):
        return
    before = seconds_before(s, worker)
    nthreads = worker.nthreads
    has_more = True
    # What is left is shared out in shrinking parts (guided self-scheduling, Polychronopoulos and
    # Kuck 1987), so that none has much when others have nothing.
    free = nthreads - len(worker.processing) + worker.nseceded
    share = max(free, -(-len(s.queue) * nthreads // s.nthreads))
    while True:
        entry = _next_entry(s, worker)
        if entry == NO_ENTRY:
            has_more = False
            break
        row = entry & ROW
        known = s.functions.get(s.function[row])
        if not room(s, worker, known, before):
            break
        if s.idle and len(worker.processing) - worker.nseceded >= nthreads and before <= 0.0:
            break  # nothing is known of how long its tasks take, and others have nothing at all
        if worker.own and worker.own[0] == entry:
            heappop(worker.own)
        elif share > 0:
            heappop(s.queue)
            share -= 1
        else:
            break
        already = len(worker.processing)
        assign(s, row, worker)
        each = UNKNOWN if known is None or known.count == 0 else known.duration
        # Those that went along count as much as the task they follow from: near enough.
        before += each * (len(worker.processing) - already) / nthreads
    if len(worker.processing) > nthreads or worker.own:
        s.crowded[worker.number] = True
    else:
        s.crowded.pop(worker.number, None)
    if has_more or worker.is_solo:
        return
    if len(worker.processing) - worker.nseceded < nthreads:
        s.idle[worker.number] = True
        worker.is_idle = True
        s.is_newly_idle = True
    elif before < WINDOW:
        s.open[worker.number] = True


def leave_lists(s: Columns, worker: Worker) -> None:
    """A worker is neither idle nor open, until it is found to be."""
    if worker.is_idle:
        del s.idle[worker.number]
        worker.is_idle = False
    s.open.pop(worker.number, None)


def _next_entry(s: Columns, worker: Worker) -> int:
    """Return the queued task that this worker should have next, without taking it."""
    entry = _top(s, worker.own)
    other = _top(s, s.queue)
    if entry == NO_ENTRY:
        return other
    return entry if other == NO_ENTRY or entry < other else other


def _top(s: Columns, heap: list[int]) -> int:
    """Return the lowest entry that is still queued; entries of rows that moved on are dropped."""
    while heap:
        entry = heap[0]
        row = entry & ROW
        is_queued = s.state[row] == QUEUED and s.rank[row] == entry >> 32
        if is_queued and (heap is s.suspects or not s.flags[row] & SUSPECT):
            return entry
        heappop(heap)
    return NO_ENTRY


def _prepare_suspect(s: Columns, worker: Worker) -> bool:
    """Give a task that was on a worker when it died to one that has nothing else.

    One worker at a time is given nothing more until it has ended what it has; tell whether it
    is this one, or has a suspect now.
    """
    entry = _top(s, s.suspects)
    if entry == NO_ENTRY:
        s.draining = -1
        return False
    if s.draining >= 0 and s.draining != worker.number:
        return False
    if worker.processing:
        s.draining = worker.number
        return True
    s.draining = -1
    heappop(s.suspects)
    worker.is_solo = True
    assign(s, entry & ROW, worker)
    return True


# -- restrictions --------------------------------------------------------------------------------


def give_restricted(s: Columns, row: int) -> None:
    """Give a task with wishes to a worker that meets them, or let it wait for one."""
    options = s.options[row]
    worker, possible = place_restricted(s, row, options)
    if not possible:
        s.state[row] = NO_WORKER
        s.no_worker[row] = True
    elif worker is not None and (options.resources is not None or has_room(s, worker, UNSEEN)):
        _take_resources(s, row, worker)
        assign(s, row, worker)
        note_crowded(s, worker)
    else:
        s.state[row] = QUEUED
        heap = s.starved.setdefault(signature(options), [])
        heappush(heap, s.rank[row] << 32 | row)


def _take_resources(s: Columns, row: int, worker: Worker) -> None:
    options = s.options[row]
    if options.resources is not None:
        for name, amount in options.resources.items():
            worker.free[name] -= amount


def feed_starved(s: Columns) -> None:
    """Try again what waits for resources or for a named worker's room: heads of queues only."""
    for name in list(s.starved):
        heap = s.starved[name]
        while True:
            entry = _top(s, heap)
            if entry == NO_ENTRY:
                del s.starved[name]
                break
            row = entry & ROW
            heappop(heap)
            s.state[row] = WAITING
            give_restricted(s, row)
            if s.state[row] == QUEUED:
                break  # it is back in the heap


def retry_without_worker(s: Columns) -> None:
    """A worker has joined: look again at tasks that none could run."""
    waiting = list(s.no_worker)
    s.no_worker.clear()
    for row in waiting:
        if s.state[row] == NO_WORKER:
            s.state[row] = WAITING
            give_restricted(s, row)


# -- stealing from queues here -------------------------------------------------------------------


def take_from_own(s: Columns, victim: Worker, thief: Worker) -> int:
    """Give tasks that are queued here for a crowded worker to one that idles; return how many.

    A task moves when fetching its inputs takes less than half of what it would wait.
    """
    moved = 0
    while victim.own:
        entry = _top(s, victim.own)
        if entry == NO_ENTRY:
            break
        row = entry & ROW
        function = s.function[row]
        if not has_room(s, thief, function):
            break
        mean = s.mean_duration(function)
        waits = seconds_before(s, victim)
        waits += (UNKNOWN if mean < 0 else mean) * len(victim.own) / victim.nthreads
        if 2 * seconds_to_fetch(s, row, thief) > waits:
            break
        heappop(victim.own)
        assign(s, row, thief)
        moved += 1
    return moved

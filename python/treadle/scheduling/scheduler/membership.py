"""Workers that come and go."""

from __future__ import annotations

from treadle.scheduling.scheduler.columns import (
    DATA,
    GENERATION,
    MEMORY,
    RELEASED,
    SUSPECT,
    WAITING,
    Columns,
    Worker,
)
from treadle.scheduling.scheduler.events import WorkerExecuting, WorkerJoined, WorkerLeft
from treadle.scheduling.scheduler.instructions import Fault
from treadle.scheduling.scheduler.lifecycle import (
    back_to_waiting,
    err,
    lose,
    lose_data,
    lose_replica,
    need_lost,
    touch,
    wait_again,
)
from treadle.scheduling.scheduler.queuing import is_free, retry_without_worker
from treadle.scheduling.scheduler.retiring import copy_all_elsewhere, hand_back_queue

#: Workers that may die while they run a task before the task is blamed.
ALLOWED_DEATHS = 2


def worker_joined(s: Columns, event: WorkerJoined) -> None:
    """A worker is there: tasks that no other could run may have found one."""
    worker = Worker(
        event.worker, event.name, event.host, event.nthreads, event.memory_limit, event.resources
    )
    worker.last_report = s.now
    s.workers[worker.number] = worker
    s.nthreads += worker.nthreads
    touch(s, worker)
    if s.no_worker:
        retry_without_worker(s)
    copy_all_elsewhere(s)


def worker_executing(s: Columns, event: WorkerExecuting) -> None:
    """Remember what a worker's threads are in, in case it dies."""
    worker = s.workers.get(event.worker)
    if worker is not None:
        worker.executing = event.ids


def worker_left(s: Columns, event: WorkerLeft) -> None:
    """A worker is gone: what it ran runs elsewhere, what only it held is made again."""
    worker = s.workers.pop(event.worker, None)
    if worker is None:
        return
    number = worker.number
    s.nthreads -= worker.nthreads
    s.idle.pop(number, None)
    s.open.pop(number, None)
    s.crowded.pop(number, None)
    if s.draining == number:
        s.draining = -1
    if worker in s.dirty:
        s.dirty.remove(worker)
    processing = list(worker.processing)
    for row in processing:
        _leave_dead(s, row)
    lost: list[int] = []
    for row in list(worker.holding):
        if s.state[row] == MEMORY and not lose_replica(s, row, number):
            lost.append(row)
    for row in lost:
        if s.flags[row] & DATA:
            s.state[row] = RELEASED
            s.worker[row] = -1
            s.ids[row] += GENERATION
            lose_data(s, row)
        else:
            lose(s, row)
    need_lost(s, lost)
    _settle_processing(s, worker, processing, event)
    hand_back_queue(s, worker)
    copy_all_elsewhere(s)


def _leave_dead(s: Columns, row: int) -> None:
    """As `back_to_waiting`, when the worker is not in the books any more."""
    back_to_waiting(s, row)
    s.missing[row] = 1  # until all are counted: see _settle_processing
    s.unassigned[row] = len(s.inputs[row]) + 1


def _settle_processing(
    s: Columns, worker: Worker, processing: list[int], event: WorkerLeft
) -> None:
    """Send what a dead worker had back to wait; count its death against what it was running."""
    running = _suspects(s, worker, processing) if not event.expected else {}
    for row in processing:
        if s.state[row] != WAITING:
            continue
        if s.flags[row] & DATA:
            lose_data(s, row)
            continue
        if row in running:
            deaths = s.deaths.get(row, 0) + 1
            s.deaths[row] = deaths
            if deaths > ALLOWED_DEATHS:
                text = (
                    f"{deaths} workers died while they ran {s.keys[row]!r}; the last was "
                    f"{worker.name}: {event.reason}"
                )
                err(s, row, Fault("WorkerDied", text))
                continue
            if row not in s.options or is_free(s, row):
                s.flags[row] |= SUSPECT  # those that are bound to workers can't be set apart
    for row in processing:
        if s.state[row] == WAITING:
            wait_again(s, row)


def _suspects(s: Columns, worker: Worker, processing: list[int]) -> dict[int, bool]:
    """Return what a worker may have been running when it died.

    What its last heartbeat named and is not finished; else all that could have begun: these run
    alone from now on, so the next death names the culprit.
    """
    told: dict[int, bool] = {}
    given = dict.fromkeys(processing, True)
    for id in worker.executing:
        row = id & 0xFFFFFFFF
        # its generation has grown by one when the row left the worker
        if row in given and s.ids[row] == id + GENERATION:
            told[row] = True
    if len(told) >= worker.nthreads:
        return told
    for row in processing:
        ready = True
        for other in s.inputs[row]:
            if other in given:
                ready = False
                break
        if ready:
            told[row] = True
    return told

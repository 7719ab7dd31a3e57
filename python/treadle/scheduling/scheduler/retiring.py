"""Workers that are to go: they get nothing new, and what only they hold is copied first."""

from __future__ import annotations

from treadle.scheduling.scheduler.columns import (
    MEMORY,
    PAUSED,
    QUEUED,
    RETIRING,
    ROW,
    RUNNING,
    WAITING,
    Columns,
    Worker,
)
from treadle.scheduling.scheduler.events import WorkerPaused, WorkerRetiring
from treadle.scheduling.scheduler.instructions import Replicate, Stop
from treadle.scheduling.scheduler.lifecycle import touch
from treadle.scheduling.scheduler.placement import load_in_memory
from treadle.scheduling.scheduler.queuing import leave_lists


def worker_paused(s: Columns, event: WorkerPaused) -> None:
    """A worker can take nothing more for now, or (``resumed``) again."""
    worker = s.workers.get(event.worker)
    if worker is None or worker.status == RETIRING:
        return
    worker.status = RUNNING if event.resumed else PAUSED
    leave_lists(s, worker)
    hand_back_queue(s, worker)
    touch(s, worker)


def worker_retiring(s: Columns, event: WorkerRetiring) -> None:
    """Let a worker end what it runs, and copy elsewhere what it alone holds."""
    worker = s.workers.get(event.worker)
    if worker is None or worker.status == RETIRING:
        return
    worker.status = RETIRING
    s.crowded.pop(worker.number, None)
    leave_lists(s, worker)
    hand_back_queue(s, worker)
    for row in worker.holding:
        if not _stays(s, row):
            worker.leaving[row] = True
    stop_if_empty(s, worker)
    copy_all_elsewhere(s)  # what others were to copy to this one, too


def hand_back_queue(s: Columns, worker: Worker) -> None:
    """Tasks that were queued for a worker that takes none any more are ready for any other."""
    for entry in worker.own:
        row = entry & ROW
        if s.state[row] == QUEUED and s.rank[row] == entry >> 32:
            s.state[row] = WAITING
            s.ready.append(row)
    worker.own = []


def copy_all_elsewhere(s: Columns) -> None:
    """Workers have come or gone: where copies were to go may be no place any more."""
    for worker in s.workers.values():
        if worker.leaving:
            copy_elsewhere(s, worker)


def _stays(s: Columns, row: int) -> bool:
    """Does a worker hold a row that is not about to go itself?"""
    workers = (s.workers.get(number) for number in s.holders(row))
    return any(worker is not None and worker.status != RETIRING for worker in workers)


def copy_elsewhere(s: Columns, worker: Worker) -> None:
    """Spread what only this worker holds over the others, those with least first."""
    others = [other for other in s.workers.values() if other.status == RUNNING]
    if not others:
        return
    others.sort(key=load_in_memory)
    orders: dict[int, Replicate] = {}
    for position, row in enumerate(worker.leaving):
        target = others[position % len(others)]
        order = orders.get(target.number)
        if order is None:
            order = orders[target.number] = Replicate(target.number, {}, {})
        order.holders[s.ids[row]] = [worker.number]
        order.nbytes[s.ids[row]] = s.nbytes[row]
    s.instructions.extend(orders.values())


def note_copied(s: Columns, row: int) -> None:
    """A further worker holds a row: those that only waited for that may go."""
    if s.state[row] != MEMORY or not _stays(s, row):
        return
    for number in s.holders(row):
        worker = s.workers.get(number)
        if worker is not None and worker.status == RETIRING:
            worker.leaving.pop(row, None)
            stop_if_empty(s, worker)


def stop_if_empty(s: Columns, worker: Worker) -> None:
    """Tell a retiring worker to go when it runs nothing and nothing would be lost."""
    if worker.status == RETIRING and not worker.processing and not worker.leaving:
        s.instructions.append(Stop(worker.number))


def follow_retiring(s: Columns, worker: Worker) -> None:
    """A retiring worker was looked at: copy what it has made since, or let it go."""
    fresh = False
    for row in worker.holding:
        if row not in worker.leaving and not _stays(s, row):
            worker.leaving[row] = True
            fresh = True
    if fresh:
        copy_elsewhere(s, worker)
    stop_if_empty(s, worker)

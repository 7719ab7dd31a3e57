"""What workers report: tasks that ended, failed, were given back, or lack their inputs."""

from __future__ import annotations

from treadle.scheduling.scheduler.columns import (
    DATA,
    MEMORY,
    PROCESSING,
    RARE,
    RECALLED,
    SECEDED,
    SHARED,
    SUSPECT,
    WAITING,
    WANTED,
    WATCHED,
    Columns,
    Function,
    Worker,
)
from treadle.scheduling.scheduler.events import (
    InputsMissing,
    TakenBack,
    TaskFailed,
    TaskSeceded,
    TasksFinished,
)
from treadle.scheduling.scheduler.instructions import Holders
from treadle.scheduling.scheduler.lifecycle import (
    back_to_waiting,
    err,
    leave_worker,
    let_go,
    lose,
    lose_replica,
    need_lost,
    recall,
    touch,
    unneed,
    wait_again,
)
from treadle.scheduling.scheduler.notices import (
    tell_done,
    tell_release,
    tell_watched,
)
from treadle.scheduling.scheduler.retiring import note_copied

#: Weight of the newest task in the means of a function: few outliers, quick to learn.
FADING = 0.1

#: Ended tasks from which on a mean fades; before, it is the plain mean.
PLAIN = 10

#: Inputs that a task may lack to be given along: one that lacks many is not looked at each time.
FEW_MISSING = 4


def tasks_finished(s: Columns, event: TasksFinished) -> None:
    """Take in a batch of ended tasks."""
    worker = s.workers.get(event.worker)
    if worker is None:
        return  # declared dead: what it says counts no more
    worker.last_report = s.now
    if event.added:
        _copies_added(s, worker, event.added)
    number = worker.number
    state = s.state
    flags_of = s.flags
    holding = worker.holding
    values = event.values
    nbytes = event.nbytes
    durations = event.durations
    known: Function | None = None
    last = -2
    position = -1
    for id in event.ids:
        position += 1
        row = s.live_row(id)
        if (
            row < 0
            or state[row] != PROCESSING
            # Data that is put on several workers is wherever it arrives first.
            or (s.worker[row] != number and not flags_of[row] & DATA)
        ):
            _late_result(s, worker, id, row)
            continue
        flags = flags_of[row]
        size = nbytes[position]
        function = s.function[row]
        if flags & (RECALLED | RARE | SUSPECT | SECEDED | DATA):
            leave_worker(s, row)
            if flags & SUSPECT:
                s.deaths.pop(row, None)
            flags &= ~(SUSPECT | RECALLED | SECEDED)
            flags_of[row] = flags
            s.worker[row] = number
        else:
            # The same as `leave_worker`, for the many.
            del worker.processing[row]
            left = worker.counts[function] - 1
            if left:
                worker.counts[function] = left
            else:
                del worker.counts[function]
        if function != last:
            last = function
            known = s.functions.get(function)
            if known is None:
                known = s.functions[function] = Function()
        assert known is not None
        count = known.count + 1
        known.count = count
        weight = 1.0 / count if count < PLAIN else FADING
        known.duration += weight * (durations[position] - known.duration)
        known.nbytes += weight * (size - known.nbytes)
        s.nbytes[row] = size
        state[row] = MEMORY
        holding[row] = True
        worker.nbytes += size
        if flags & WATCHED:
            tell_watched(s, row, position)
        if flags & (WANTED | SHARED):
            tell_done(s, row, values.get(position))
        _went_well(s, row)
    touch(s, worker)


def _went_well(s: Columns, row: int) -> None:
    """A row is in memory: its inputs are needed that much less, its users wait for less."""
    users = s.users
    for other in s.inputs[row]:
        left = users[other] - 1
        users[other] = left
        if left == 0:
            unneed(s, other)
    dependents = s.dependents[row]
    if dependents is not None:
        state = s.state
        missing = s.missing
        for other in dependents:
            if state[other] == WAITING:
                left = missing[other] - 1
                missing[other] = left
                if left == 0:
                    s.ready.append(other)
                elif left <= FEW_MISSING and s.unassigned[other] == 0:
                    s.following.append(other)
    if users[row] == 0:
        unneed(s, row)


def _late_result(s: Columns, worker: Worker, id: int, row: int) -> None:
    """An answer about an attempt that counts no more, or a further copy of data."""
    if row >= 0 and s.state[row] == MEMORY:
        if not s.is_holder(row, worker.number):
            _add_copy(s, worker, row)
        return
    tell_release(s, worker, id)


def _copies_added(s: Columns, worker: Worker, ids: list[int]) -> None:
    for id in ids:
        row = s.live_row(id)
        if row < 0 or s.state[row] != MEMORY:
            tell_release(s, worker, id)
        elif not s.is_holder(row, worker.number):
            _add_copy(s, worker, row)


def _add_copy(s: Columns, worker: Worker, row: int) -> None:
    s.replicas.setdefault(row, []).append(worker.number)
    worker.holding[row] = True
    worker.nbytes += s.nbytes[row]
    note_copied(s, row)


def task_failed(s: Columns, event: TaskFailed) -> None:
    """A task has raised: run it again if it may, else it and all that stand on it have failed."""
    worker = s.workers.get(event.worker)
    if worker is None:
        return
    worker.last_report = s.now
    row = s.live_row(event.id)
    if row < 0 or s.state[row] != PROCESSING or s.worker[row] != worker.number:
        return
    left = s.retries.get(row, 0)
    if left > 0:
        s.retries[row] = left - 1
        back_to_waiting(s, row)
        s.flags[row] &= ~SUSPECT
        wait_again(s, row)
        return
    err(s, row, event.error)


def taken_back(s: Columns, event: TakenBack) -> None:
    """A worker has given tasks back, or keeps them as they have begun."""
    worker = s.workers.get(event.worker)
    if worker is None:
        return
    worker.last_report = s.now
    worker.is_recalling = False
    dropped: list[int] = []
    for id in event.dropped:
        row = s.live_row(id)
        if row >= 0 and s.state[row] == PROCESSING and s.worker[row] == worker.number:
            back_to_waiting(s, row)
            dropped.append(row)
    for row in dropped:
        if s.state[row] == WAITING:
            wait_again(s, row)
    for id in event.kept:
        row = s.live_row(id)
        if row >= 0 and s.state[row] == PROCESSING and s.worker[row] == worker.number:
            s.flags[row] &= ~RECALLED
    touch(s, worker)


def inputs_missing(s: Columns, event: InputsMissing) -> None:
    """Inputs could not be got from a holder: name others to the worker, or make them again.

    Clients say so too, as worker -1: they ask again where the results are.
    """
    worker = s.workers.get(event.worker)
    holder = s.workers.get(event.holder)
    found = Holders(event.worker, {}, {})
    lost: list[int] = []
    for id in event.ids:
        row = s.live_row(id)
        if row < 0 or s.state[row] != MEMORY:
            continue  # it is being made again, and its users were asked back
        if s.is_holder(row, event.holder):
            remains = lose_replica(s, row, event.holder)
            if holder is not None:
                _recall_users(s, holder, row)
                let_go(s, holder, row)
                tell_release(s, holder, id)
            if not remains:
                lost.append(row)
                continue
        found.holders[id] = s.holders(row)
        found.nbytes[id] = s.nbytes[row]
    if found.holders and worker is not None:
        s.instructions.append(found)
    for row in lost:
        lose(s, row)
    need_lost(s, lost)


def _recall_users(s: Columns, holder: Worker, row: int) -> None:
    """Ask a holder for the tasks back that count on finding there what it is told to drop."""
    dependents = s.dependents[row]
    if dependents is not None:
        for other in dependents:
            if s.state[other] == PROCESSING and s.worker[other] == holder.number:
                recall(s, other)


def task_seceded(s: Columns, event: TaskSeceded) -> None:
    """A task has left its slot, which is free for others, or has come back to it."""
    row = s.live_row(event.id)
    worker = s.workers.get(event.worker)
    if worker is None or row < 0 or s.state[row] != PROCESSING or s.worker[row] != event.worker:
        return
    if event.back and s.flags[row] & SECEDED:
        s.flags[row] &= ~SECEDED
        worker.nseceded -= 1
    elif not event.back and not s.flags[row] & SECEDED:
        s.flags[row] |= SECEDED
        worker.nseceded += 1
        worker.is_solo = False
        touch(s, worker)

"""How a task comes into play, ends, fails, is lost, and goes.

    released --need--> waiting --(inputs in memory)--> ready --assign--> processing --> memory
        ^                 ^                          (queuing.py)            |            |
        |                 +------ taken back, worker lost, retry ------------+            |
        +---------------- nobody needs it (unneed, drop) ------------------- lost --------+

The functions here keep the counters of neighbours; who runs what is decided in `queuing.py`.
Walks over the graph use a list of their own, never recursion: graphs are deep.
"""

from __future__ import annotations

from treadle.scheduling.scheduler.columns import (
    DATA,
    ERRED,
    GENERATION,
    MEMORY,
    NO_WORKER,
    PROCESSING,
    RARE,
    RECALLED,
    RELEASED,
    SECEDED,
    SUSPECT,
    WAITING,
    Columns,
    Worker,
)
from treadle.scheduling.scheduler.instructions import Fault
from treadle.scheduling.scheduler.notices import (
    tell_erred,
    tell_lost,
    tell_release,
    tell_take_back,
)


def is_in_play(state: int) -> bool:
    """Tell whether a task in this state is going to run, and so needs its inputs."""
    return WAITING <= state <= PROCESSING


# -- into play -----------------------------------------------------------------------------------


def need(s: Columns, row: int) -> None:
    """Bring a released row into play, and the released ones it stands on.

    Its users are counted already.  When something it stands on has failed, it fails as well.
    """
    state = s.state
    users = s.users
    todo = [row]
    entered: list[int] = []
    while todo:
        row = todo.pop()
        if state[row] != RELEASED or users[row] == 0:
            continue  # without users: what took it has failed in this walk
        if s.flags[row] & DATA:
            lose_data(s, row)
            continue
        state[row] = WAITING
        entered.append(row)
        for other in s.inputs[row]:
            users[other] += 1
            if state[other] == RELEASED:
                todo.append(other)
    for row in entered:
        if state[row] == WAITING:
            count_inputs(s, row)


def count_inputs(s: Columns, row: int) -> None:
    """Count what a waiting row waits for; it may be ready, or stand on a failure."""
    state = s.state
    missing = 0
    unassigned = 0
    for other in s.inputs[row]:
        before = state[other]
        if before == MEMORY:
            continue
        missing += 1
        if before != PROCESSING:
            unassigned += 1
            if before == ERRED:
                inherit_error(s, row, other)
                return
    s.missing[row] = missing
    s.unassigned[row] = unassigned
    if missing == 0:
        s.ready.append(row)


# -- out of play ---------------------------------------------------------------------------------


def leave_worker(s: Columns, row: int) -> Worker | None:
    """A processing row leaves its worker; its state is for the caller to set."""
    worker = s.workers.get(s.worker[row])
    s.worker[row] = -1
    flags = s.flags[row]
    s.flags[row] = flags & ~(RECALLED | SECEDED)
    if worker is None:
        return None
    del worker.processing[row]
    function = s.function[row]
    left = worker.counts[function] - 1
    if left:
        worker.counts[function] = left
    else:
        del worker.counts[function]
    if flags & SUSPECT:
        worker.is_solo = False
    if flags & SECEDED:
        worker.nseceded -= 1
    if flags & RARE:
        give_back_resources(s, row, worker)
    if flags & DATA:
        s.putting.pop(row, None)
    touch(s, worker)
    return worker


def give_back_resources(s: Columns, row: int, worker: Worker) -> None:
    """The resources that a task took are free again."""
    options = s.options.get(row)
    if options is not None and options.resources is not None:
        for name, amount in options.resources.items():
            worker.free[name] += amount


def touch(s: Columns, worker: Worker) -> None:
    """This worker may have room: look at it in this turn."""
    if not worker.is_touched:
        worker.is_touched = True
        s.touched.append(worker)


def unneed(s: Columns, row: int) -> None:
    """Nobody takes or wants this row any more: drop it, and what it alone needed."""
    state = s.state
    todo = [row]
    dropped: list[int] = []
    while todo:
        row = todo.pop()
        if s.users[row] > 0:
            continue
        before = state[row]
        dropped.append(row)
        if before == MEMORY:
            drop(s, row)
            continue
        if not is_in_play(before):
            continue
        if before == PROCESSING:
            id = s.ids[row]
            worker = leave_worker(s, row)
            if worker is not None:
                tell_release(s, worker, id)
        elif before == NO_WORKER:
            s.no_worker.pop(row, None)
        state[row] = RELEASED
        s.ids[row] += GENERATION
        for other in s.inputs[row]:
            left = s.users[other] - 1
            s.users[other] = left
            if left == 0:
                todo.append(other)
    for row in dropped:
        s.forget_if_unused(row)


def drop(s: Columns, row: int) -> None:
    """Nobody needs the result of a row in memory: its holders drop it."""
    id = s.ids[row]
    worker = s.workers.get(s.worker[row])
    if worker is not None:
        let_go(s, worker, row)
        tell_release(s, worker, id)
    more = s.replicas.pop(row, None)
    if more is not None:
        for number in more:
            worker = s.workers.get(number)
            if worker is not None:
                let_go(s, worker, row)
                tell_release(s, worker, id)
    s.worker[row] = -1
    s.state[row] = RELEASED
    s.ids[row] += GENERATION


def let_go(s: Columns, worker: Worker, row: int) -> None:
    """A worker holds this result no more."""
    if worker.holding.pop(row, False):
        worker.nbytes -= s.nbytes[row]
    if worker.leaving:
        worker.leaving.pop(row, None)


def release_inputs(s: Columns, row: int) -> None:
    """A row has ended: it needs its inputs no more."""
    users = s.users
    for other in s.inputs[row]:
        left = users[other] - 1
        users[other] = left
        if left == 0:
            unneed(s, other)


# -- failure -------------------------------------------------------------------------------------


def err(s: Columns, row: int, error: object) -> None:
    """A row has failed for good, and all that stand on it with it."""
    s.blame[row] = (s.keys[row], row)
    _spread(s, row, error)


def inherit_error(s: Columns, row: int, source: int) -> None:
    """A row in play stands on one that has failed."""
    s.blame[row] = s.blame[source]
    _spread(s, row, s.errors[source])


def _spread(s: Columns, row: int, error: object) -> None:
    state = s.state
    blame = s.blame[row]
    failed = [row]
    todo = [row]
    while todo:
        row = todo.pop()
        before = state[row]
        if before == PROCESSING:
            id = s.ids[row]
            worker = leave_worker(s, row)
            if worker is not None:
                tell_release(s, worker, id)
        elif before == NO_WORKER:
            s.no_worker.pop(row, None)
        state[row] = ERRED
        s.ids[row] += GENERATION
        s.flags[row] &= ~SUSPECT
        s.errors[row] = error
        s.blame[row] = blame
        tell_erred(s, row)
        dependents = s.dependents[row]
        if dependents is not None:
            for other in dependents:
                if is_in_play(state[other]) and other not in s.errors:
                    s.errors[other] = error
                    failed.append(other)
                    todo.append(other)
    for row in failed:
        release_inputs(s, row)
    for row in failed:
        s.forget_if_unused(row)


def lose_data(s: Columns, row: int) -> None:
    """Data that a client put on workers is gone, and can't be computed."""
    text = (
        f"the data of {s.keys[row]!r} was released, or scattered to workers that are gone, and "
        "can't be computed again; scatter it once more"
    )
    err(s, row, Fault("DataLost", text))


# -- loss ----------------------------------------------------------------------------------------


def lose_replica(s: Columns, row: int, number: int) -> bool:
    """A worker has no copy of a row in memory any more; tell whether another has."""
    more = s.replicas.get(row)
    if s.worker[row] == number:
        if more is None:
            return False
        s.worker[row] = more.pop(0)
    elif more is not None and number in more:
        more.remove(number)
    if more is not None and not more:
        del s.replicas[row]
    return True


def lose(s: Columns, row: int) -> None:
    """The last copy of a result is gone: users go back to waiting, and it is made again if needed.

    Users that were given to workers are taken back: each may have what it takes already.
    """
    s.state[row] = RELEASED
    s.worker[row] = -1
    s.ids[row] += GENERATION
    if s.users[row] == 0:
        s.forget_if_unused(row)
        return
    tell_lost(s, row)
    dependents = s.dependents[row]
    if dependents is not None:
        for other in dependents:
            before = s.state[other]
            if WAITING <= before <= NO_WORKER:
                if before != WAITING:
                    s.no_worker.pop(other, None)
                    s.state[other] = WAITING
                    s.missing[other] = 0
                    s.unassigned[other] = 0
                s.missing[other] += 1
                s.unassigned[other] += 1
            elif before == PROCESSING:
                recall(s, other)


def need_lost(s: Columns, rows: list[int]) -> None:
    """Make lost results again that somebody waits for.

    What only tasks on workers take is left until those come back: they may have had it in time.
    """
    for row in rows:
        if s.state[row] == RELEASED and s.users[row] > 0 and _is_awaited(s, row):
            need(s, row)


def _is_awaited(s: Columns, row: int) -> bool:
    if s.is_wanted(row):
        return True
    dependents = s.dependents[row]
    if dependents is not None:
        for other in dependents:
            if s.state[other] == WAITING:
                return True
    return False


def recall(s: Columns, row: int) -> None:
    """Ask a worker for a task back, once."""
    if s.flags[row] & RECALLED:
        return
    worker = s.workers.get(s.worker[row])
    if worker is not None:
        s.flags[row] |= RECALLED
        tell_take_back(s, worker, s.ids[row])


def back_to_waiting(s: Columns, row: int) -> None:
    """A row that was given to a worker is nobody's again; its inputs are counted by the caller.

    What was given along to the same worker waits there for an id that never comes: it is recalled.
    """
    leave_worker(s, row)
    s.state[row] = WAITING
    s.ids[row] += GENERATION
    dependents = s.dependents[row]
    if dependents is not None:
        for other in dependents:
            if s.state[other] == WAITING:
                s.unassigned[other] += 1
            elif s.state[other] == PROCESSING:
                recall(s, other)


def wait_again(s: Columns, row: int) -> None:
    """Count what a row waits for that has come back, and need what is missing of it."""
    for other in s.inputs[row]:
        if s.state[other] == RELEASED:
            need(s, other)
    if s.state[row] == WAITING:
        count_inputs(s, row)

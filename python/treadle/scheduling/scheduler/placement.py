"""Which worker a ready task is best off on: policies, as functions of the state.

A worker costs a task the seconds until it would begin there: the work that is before it, and the
time to fetch the inputs that are elsewhere.  The cheapest wins, ties go to the lowest number, so
a run replays exactly.  Only workers that hold an input, and one that idles, are looked at: the
cost of a decision does not grow with the cluster.
"""

from __future__ import annotations

from treadle.scheduling.scheduler.columns import RUNNING, Columns, Worker
from treadle.scheduling.scheduler.events import Options

#: Bytes a second between two workers, as decisions assume it.
BANDWIDTH = 500e6

#: Seconds that fetching takes however small the input is.
LATENCY = 0.0005

#: Holders of inputs that are looked at.
MAX_CANDIDATES = 12


def seconds_to_fetch(s: Columns, row: int, worker: Worker) -> float:
    """Return how long a worker would fetch the inputs of a row for."""
    nbytes = 0
    number = worker.number
    is_far = False
    for other in s.inputs[row]:
        if s.worker[other] != number and not s.is_holder(other, number):
            nbytes += s.nbytes[other]
            is_far = True
    return LATENCY + nbytes / BANDWIDTH if is_far else 0.0


def seconds_before(s: Columns, worker: Worker) -> float:
    """Return how long the work that a worker has keeps a thread of it."""
    return s.occupancy(worker) / worker.nthreads


def place(s: Columns, row: int, idle: Worker | None) -> Worker | None:
    """Choose a worker for a ready task that has inputs, among their holders and an idle one.

    Returns None when none of them may take it.
    """
    best: Worker | None = None
    lowest = 0.0
    seen: list[int] = []
    for other in s.inputs[row]:
        number = s.worker[other]
        if number not in seen:
            seen.append(number)
            if len(seen) >= MAX_CANDIDATES:
                break
    if idle is not None and idle.number not in seen:
        seen.append(idle.number)
    if len(seen) == 1:
        only = s.workers.get(seen[0])
        return only if only is not None and only.status == RUNNING else None
    seen.sort()
    for number in seen:
        worker = s.workers.get(number)
        if worker is None or worker.status != RUNNING:
            continue
        cost = seconds_before(s, worker) + seconds_to_fetch(s, row, worker)
        if best is None or cost < lowest:
            best = worker
            lowest = cost
    return best


def load_in_memory(worker: Worker) -> tuple[int, int]:
    """Order workers by the bytes that they hold, for data that may go anywhere."""
    return worker.nbytes, worker.number


# -- restrictions --------------------------------------------------------------------------------


def signature(options: Options) -> str:
    """Name what a task asks for: tasks that ask alike wait in one queue."""
    workers = sorted(options.workers) if options.workers is not None else []
    resources = sorted(options.resources.items()) if options.resources is not None else []
    return f"{workers} {options.allow_other} {resources}"


def matches(worker: Worker, options: Options) -> bool:
    """Tell whether a worker could ever run a task with these wishes."""
    if options.workers is not None and not options.allow_other and not is_named(worker, options):
        return False
    if options.resources is not None:
        for name, amount in options.resources.items():
            if worker.resources.get(name, 0.0) < amount:
                return False
    return True


def is_named(worker: Worker, options: Options) -> bool:
    """Tell whether a task's wishes name this worker, or its host."""
    names = options.workers
    return names is None or (
        worker.name in names
        or worker.host in names
        or f"{worker.host}:{worker.name}" in names
        or str(worker.number) in names
    )


def has_free(worker: Worker, options: Options) -> bool:
    """Tell whether a worker has what the task takes, at this moment."""
    if options.resources is not None:
        for name, amount in options.resources.items():
            if worker.free.get(name, 0.0) < amount:
                return False
    return True


def place_restricted(s: Columns, row: int, options: Options) -> tuple[Worker | None, bool]:
    """Choose a worker for a task with wishes; also tell whether any could ever run it.

    Looks at all workers: such tasks are few, and so are the workers they name.
    """
    best: Worker | None = None
    lowest = 0.0
    possible = False
    for worker in s.workers.values():
        if worker.status == RUNNING and matches(worker, options):
            possible = True
            if not has_free(worker, options):
                continue
            if options.resources is not None and len(worker.processing) > 2 * worker.nthreads:
                continue  # what it takes would lie idle behind other tasks
            cost = seconds_before(s, worker) + seconds_to_fetch(s, row, worker)
            if options.allow_other and not is_named(worker, options):
                cost += 1e6
            if best is None or cost < lowest:
                best = worker
                lowest = cost
    return best, possible

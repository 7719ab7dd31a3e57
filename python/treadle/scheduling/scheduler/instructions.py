"""What a scheduler's state machine tells its shell to do.  Grouped by receiver, in order."""

from __future__ import annotations

from typing import Any


class Instruction:
    """Base of what :meth:`~treadle.scheduling.scheduler.state.SchedulerState.handle` returns."""


# -- to workers ----------------------------------------------------------------------------------


class Compute(Instruction):
    """Run these tasks, lowest rank first, each as soon as its inputs are there.

    ``inputs`` are ids; those in ``holders`` (id -> worker numbers) lie on other workers, all
    others are on this worker, or made there by tasks it was given before or is given here.
    ``wanted`` are positions whose small results travel with the report.
    """

    def __init__(
        self,
        worker: int,
        ids: list[int],
        rows: list[int],
        ranks: list[int],
        inputs: list[tuple[int, ...]],
        wanted: list[int],
        holders: dict[int, list[int]],
        nbytes: dict[int, int],
    ) -> None:
        self.worker = worker
        self.ids = ids
        self.rows = rows  # where the shell finds functions and arguments
        self.ranks = ranks
        self.inputs = inputs
        self.wanted = wanted
        self.holders = holders
        self.nbytes = nbytes  # of the inputs in ``holders``


class Release(Instruction):
    """Drop these: data that is held, tasks that have not begun; results of those that run."""

    def __init__(self, worker: int, ids: list[int]) -> None:
        self.worker = worker
        self.ids = ids


class TakeBack(Instruction):
    """Give these tasks back if they have not begun; always answered by `TakenBack`."""

    def __init__(self, worker: int, ids: list[int]) -> None:
        self.worker = worker
        self.ids = ids


class Replicate(Instruction):
    """Fetch copies of these (id -> holders) and report them as ``added``."""

    def __init__(self, worker: int, holders: dict[int, list[int]], nbytes: dict[int, int]) -> None:
        self.worker = worker
        self.holders = holders
        self.nbytes = nbytes


class Holders(Instruction):
    """Where inputs are that this worker waits for: after `InputsMissing`, or when they moved."""

    def __init__(self, worker: int, holders: dict[int, list[int]], nbytes: dict[int, int]) -> None:
        self.worker = worker
        self.holders = holders
        self.nbytes = nbytes


class Stop(Instruction):
    """A retiring worker holds nothing that is needed: it may go."""

    def __init__(self, worker: int) -> None:
        self.worker = worker


# -- to clients ----------------------------------------------------------------------------------


class Done(Instruction):
    """Wanted tasks are in memory, on these workers; ``values`` by position if they came along."""

    def __init__(
        self,
        client: int,
        handles: list[int],
        ids: list[int],
        nbytes: list[int],
        workers: list[int],
        values: dict[int, bytes],
    ) -> None:
        self.client = client
        self.handles = handles
        self.ids = ids
        self.nbytes = nbytes
        self.workers = workers
        self.values = values


class Watched(Instruction):
    """Tasks of a watched graph have ended on a worker.

    ``positions`` are those in the `TasksFinished` that is being handled: one event a turn.
    """

    def __init__(self, client: int, worker: int, handles: list[int], positions: list[int]) -> None:
        self.client = client
        self.worker = worker
        self.handles = handles
        self.positions = positions


class Erred(Instruction):
    """Tasks failed, or need one that failed.

    ``blame`` holds for each the key of the task that raised, ``blame_handles`` this client's
    handle of it, or -1 when it is not its own.
    """

    def __init__(
        self,
        client: int,
        handles: list[int],
        errors: list[Any],
        blame: list[str],
        blame_handles: list[int],
    ) -> None:
        self.client = client
        self.handles = handles
        self.errors = errors
        self.blame = blame
        self.blame_handles = blame_handles


class Lost(Instruction):
    """Results that were there are gone and being made again: the futures are pending again."""

    def __init__(self, client: int, handles: list[int]) -> None:
        self.client = client
        self.handles = handles


class Cancelled(Instruction):
    """Tasks that this client wanted were cancelled."""

    def __init__(self, client: int, handles: list[int], reason: str) -> None:
        self.client = client
        self.handles = handles
        self.reason = reason


class Refused(Instruction):
    """A submission can't be taken: nothing of it was.  ``kind`` names the class of the error."""

    def __init__(self, client: int, handles: list[int], kind: str, reason: str) -> None:
        self.client = client
        self.handles = handles
        self.kind = kind
        self.reason = reason


class ScatterTo(Instruction):
    """Put value ``n`` under ``ids[n]`` on the workers ``targets[n]``."""

    def __init__(
        self, client: int, handles: list[int], ids: list[int], targets: list[list[int]]
    ) -> None:
        self.client = client
        self.handles = handles
        self.ids = ids
        self.targets = targets


# -- to the shell itself -------------------------------------------------------------------------


class Forget(Instruction):
    """Rows are gone: functions (one number a row) are used that much less."""

    def __init__(self, functions: list[int]) -> None:
        self.functions = functions


class Fault:
    """An error that the scheduler itself lays on a task; the shell gives it a form.

    ``kind`` is the name of a class in `treadle.errors`.
    """

    def __init__(self, kind: str, text: str) -> None:
        self.kind = kind
        self.text = text

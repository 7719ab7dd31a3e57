"""What a worker's state machine tells its shell to do, in order."""

from __future__ import annotations


class Instruction:
    """Base of what :meth:`~treadle.scheduling.worker.state.WorkerState.drain` returns."""


class Fetch(Instruction):
    """Ask ``worker`` for these in one request.

    Every id is answered once: by ``fetched``, ``fetch_missing`` or ``fetch_unreachable``.
    """

    def __init__(self, worker: int, ids: list[int]) -> None:
        self.worker = worker
        self.ids = ids

    def __repr__(self) -> str:
        return f"Fetch({self.worker}, {self.ids})"


class Drop(Instruction):
    """Forget the values of these."""

    def __init__(self, ids: list[int]) -> None:
        self.ids = ids

    def __repr__(self) -> str:
        return f"Drop({self.ids})"


class Missing(Instruction):
    """Tell the scheduler that ``holder`` has not given these: said once, then `Holders` decide."""

    def __init__(self, ids: list[int], holder: int) -> None:
        self.ids = ids
        self.holder = holder

    def __repr__(self) -> str:
        return f"Missing({self.ids}, {self.holder})"


class Added(Instruction):
    """Tell the scheduler, with the next report, that copies of these are here now."""

    def __init__(self, ids: list[int]) -> None:
        self.ids = ids

    def __repr__(self) -> str:
        return f"Added({self.ids})"

"""The scheduler's state machine: events in, instructions out.

It holds no clock, no socket and no value of any task; time comes in as ``now``, arguments, results
and errors as opaque bytes.  The shell carries instructions out and decides nothing.

>>> from treadle.scheduling.scheduler.events import ClientJoined, GraphSubmitted, WorkerJoined
>>> state = SchedulerState()
>>> _ = state.handle([WorkerJoined(0, "w", "host", 1, 0, {}), ClientJoined(0)], 0.0)
>>> graph = GraphSubmitted(0, 0, ["x", "y"], [7, 7], [0, 0], [b"", b""], [(), (0,)], [1],
...                        False, 0.0, {}, {})
>>> (compute,) = state.handle([graph], 0.0)
>>> compute.worker, compute.ids, compute.inputs
(0, [0, 1], [(), (0,)])
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from treadle.scheduling.scheduler import membership, reports, requests, retiring
from treadle.scheduling.scheduler.columns import RETIRING, Columns
from treadle.scheduling.scheduler.events import (
    ClientJoined,
    ClientLeft,
    DataScattered,
    Event,
    GraphSubmitted,
    HandlesCancelled,
    HandlesReleased,
    HandlesRetried,
    HandlesWanted,
    InputsMissing,
    KeysWanted,
    TakenBack,
    TaskFailed,
    TaskSeceded,
    TasksFinished,
    WorkerExecuting,
    WorkerJoined,
    WorkerLeft,
    WorkerPaused,
    WorkerRetiring,
)
from treadle.scheduling.scheduler.giving import follow
from treadle.scheduling.scheduler.instructions import Instruction
from treadle.scheduling.scheduler.invariants import validate
from treadle.scheduling.scheduler.notices import collect
from treadle.scheduling.scheduler.queuing import feed_starved, fill, sort_ready
from treadle.scheduling.scheduler.stealing import balance, is_restless
from treadle.scheduling.scheduler.story import Log

_HANDLERS: dict[type, Callable[[Columns, Any], None]] = {
    TasksFinished: reports.tasks_finished,
    GraphSubmitted: requests.graph_submitted,
    HandlesReleased: requests.handles_released,
    TaskFailed: reports.task_failed,
    TakenBack: reports.taken_back,
    InputsMissing: reports.inputs_missing,
    TaskSeceded: reports.task_seceded,
    KeysWanted: requests.keys_wanted,
    HandlesWanted: requests.handles_wanted,
    HandlesCancelled: requests.handles_cancelled,
    HandlesRetried: requests.handles_retried,
    DataScattered: requests.data_scattered,
    ClientJoined: requests.client_joined,
    ClientLeft: requests.client_left,
    WorkerJoined: membership.worker_joined,
    WorkerLeft: membership.worker_left,
    WorkerExecuting: membership.worker_executing,
    WorkerRetiring: retiring.worker_retiring,
    WorkerPaused: retiring.worker_paused,
}


class SchedulerState:
    """All tasks, workers and clients of one cluster, and what is to be done next.

    Attributes
    ----------
    columns : Columns
        What is known.  Read it, never write.
    log : Log
        The last events and instructions, for :meth:`Log.story`.
    """

    def __init__(self) -> None:
        self.columns = Columns()
        self.log = Log()

    def handle(self, events: Sequence[Event], now: float) -> list[Instruction]:
        """Take in what has happened, and return what is to be done about it.

        Parameters
        ----------
        events : sequence of Event
            May be empty: time alone may change a decision while :attr:`is_restless`.
        now : float
            Seconds on a clock that never goes back.

        Returns
        -------
        list of Instruction
            To be carried out in this order.
        """
        columns = self.columns
        columns.now = now
        log = self.log
        for event in events:
            log.heard(now, event)
            _HANDLERS[type(event)](columns, event)
        if columns.starved:
            feed_starved(columns)
        while columns.ready or columns.touched:
            follow(columns)
            sort_ready(columns)
            touched = [worker for worker in columns.touched if worker.status == RETIRING]
            fill(columns)
            for worker in touched:
                retiring.follow_retiring(columns, worker)
        if columns.idle or columns.open:
            fill(columns)
            if columns.crowded:
                balance(columns)
        instructions = collect(columns)
        for instruction in instructions:
            log.said(now, instruction)
        return instructions

    @property
    def is_restless(self) -> bool:
        """Should :meth:`handle` be called again soon, though nothing happens?"""
        return is_restless(self.columns)

    def validate(self) -> None:
        """Raise AssertionError if any invariant does not hold; slow."""
        validate(self.columns)

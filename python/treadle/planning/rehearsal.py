"""Plays a table of tasks through without running them, and sees how much is held at a time.

Every lane runs one task a round, all of equal length.  On threads a lane goes on with a task that
it freed, else takes the one that became ready last; elsewhere low numbers go first.  A result stays
where it was made, and where it was taken to, until its last user has ended.

>>> from treadle.graph.dictgraph import table_from_dict
>>> table = table_from_dict({"x": (abs, -1), "y": (max, "x", 2)}, ["y"])
>>> rehearse(table, [10.0, 5.0], [0.0, 1.0], [0])
16.0
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush

from treadle.graph.table import TaskTable
from treadle.scheduling.local import NONE, LocalState, count_users


def rehearse(
    table: TaskTable,
    nbytes: Sequence[float],
    extra: Sequence[float],
    lanes: Sequence[int],
    *,
    by_number: bool = False,
) -> float:
    """Return the most bytes that one worker holds at a time.

    Parameters
    ----------
    table : TaskTable
    nbytes, extra : sequence of float
        Bytes of each task's result, and of what it holds beside that while it runs.
    lanes : sequence of int
        The worker of each lane, counted from 0.
    by_number : bool, default False
        Of the tasks that are ready the lowest number goes first; a lane follows nothing.
    """
    state = LocalState(table)
    users = count_users(table)
    one = len(set(lanes)) == 1
    holders: dict[int, set[int]] = {}
    held = [0.0] * (max(lanes) + 1)
    peak = list(held)
    following = [NONE] * len(lanes)
    numbers = sorted(state.ready) if by_number else []  # a heap
    if by_number:
        state.ready.clear()

    def hold(number: int, worker: int) -> None:
        at = holders.setdefault(number, set())
        if worker not in at:
            at.add(worker)
            held[worker] += nbytes[number]

    while state.unfinished:
        running = []
        for lane, worker in enumerate(lanes):
            number = following[lane]
            if number < 0:
                if not (numbers or state.ready):
                    continue
                number = heappop(numbers) if by_number else state.ready.pop()
            following[lane] = NONE
            running.append((lane, worker, number))
            if not one:
                for other in table.inputs[number]:
                    hold(other, worker)
        now = list(held)
        for _, worker, number in running:
            now[worker] += nbytes[number] + extra[number]
        peak = [max(pair) for pair in zip(peak, now, strict=True)]
        for lane, worker, number in running:
            freed = state.finish(number, True)
            if by_number:
                for other in (freed, *state.ready) if freed >= 0 else state.ready:
                    heappush(numbers, other)
                state.ready.clear()
            else:
                following[lane] = freed
            if users[number]:
                hold(number, worker)
            for other in table.inputs[number]:
                users[other] -= 1
                if not users[other]:
                    for at in holders.pop(other):
                        held[at] -= nbytes[other]
    return max(peak)

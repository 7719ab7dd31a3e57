"""What runs next on one machine: the state behind the local engines.

A task is in one of these states, and moves only to the right::

    waiting ---> ready ---> processing ---> memory ---> released
    (missing>0)  (on the    (a lane         (value      (nobody needs
                  stack)     took it)        is held)     it any more)
                                 \\--------> erred

The state holds columns indexed by task number and no value's meaning: no clock, no thread, no
lock.  An engine calls :meth:`LocalState.finish` when a task has ended and is told which one to run
at once; others that became ready are on the stack.

A ready task runs on the lane that freed it (last ready, first run), so intermediate results are
consumed while they are fresh.  After a failure only tasks numbered below it are still handed out:
when all is done, the lowest failure is the one that a serial run would have met.

>>> from operator import add
>>> from treadle.graph import Graph, Task, TaskRef, compile_graph
>>> graph = Graph.of(Task("x", int, ("1",)), Task("y", add, (TaskRef("x"), 10)))
>>> state = LocalState(compile_graph(graph, ["y"]))
>>> state.ready
[0]
>>> number = state.ready.pop()
>>> state.finish(number, 1)
1
>>> state.finish(1, 11), state.values, state.unfinished
(-1, [None, 11], 0)
"""

from __future__ import annotations

from typing import Any

from treadle.graph.table import TaskTable

#: "No task": what :meth:`LocalState.finish` returns when it freed none.
NONE = -1


def count_users(table: TaskTable) -> list[int]:
    """Return row -> how often its result is taken, by tasks and as an output."""
    users = [0] * len(table)
    for row in table.inputs:
        for number in row:
            users[number] += 1
    for number in table.outputs:
        users[number] += 1
    return users


class LocalState:
    """Counters of one table's tasks.

    Attributes
    ----------
    values : list
        Results by task number; None before a task ran and after the last user took its result.
    ready : list of int
        Tasks that may run, the next one last.
    unfinished : int
        Tasks not yet in memory, released, erred or dropped.
    failure : tuple of (int, BaseException) or None
        The lowest task that failed, and how.
    """

    __slots__ = (
        "_dependents",
        "_inputs",
        "_missing",
        "_users",
        "failure",
        "ready",
        "unfinished",
        "values",
    )

    def __init__(self, table: TaskTable):
        size = len(table)
        inputs = table.inputs
        dependents: list[list[int] | None] = [None] * size
        missing = [0] * size
        ready = []
        for number, row in enumerate(inputs):
            if row:
                missing[number] = len(row)
                for other in row:
                    users = dependents[other]
                    if users is None:
                        dependents[other] = [number]
                    else:
                        users.append(number)
            else:
                ready.append(number)
        ready.reverse()
        users_of = [len(users) if users else 0 for users in dependents]
        for number in table.outputs:
            users_of[number] += 1
        self._inputs = inputs
        self._dependents = dependents
        self._missing = missing
        self._users = users_of
        self.values: list[Any] = [None] * size
        self.ready: list[int] = ready
        self.unfinished = size
        self.failure: tuple[int, BaseException] | None = None

    def finish(self, number: int, value: Any) -> int:
        """A task returned ``value``.  Return the task to run next on this lane, or ``NONE``."""
        values = self.values
        users = self._users
        if users[number]:
            values[number] = value
        for other in self._inputs[number]:
            left = users[other] = users[other] - 1
            if not left:
                values[other] = None
        self.unfinished -= 1
        dependents = self._dependents[number]
        if dependents is None:
            return NONE
        missing = self._missing
        following = NONE
        for other in dependents:
            left = missing[other] = missing[other] - 1
            if not left:
                if following < 0:
                    following = other
                else:
                    self.ready.append(other)
        if self.failure is not None:
            self._drop_after_failure()
            if following > self.failure[0]:
                return NONE
        return following

    def fail(self, number: int, error: BaseException) -> None:
        """A task raised.  Keep only what a serial run would still have run before it."""
        self.unfinished -= 1
        if self.failure is None or number < self.failure[0]:
            self.failure = (number, error)
        self._drop_after_failure()

    def _drop_after_failure(self) -> None:
        assert self.failure is not None
        first = self.failure[0]
        self.ready[:] = [number for number in self.ready if number < first]

    def drop_ready(self) -> None:
        """The run was cancelled: hand nothing out any more."""
        self.ready.clear()
        self._missing = [-1] * len(self._missing)  # so nothing becomes ready again

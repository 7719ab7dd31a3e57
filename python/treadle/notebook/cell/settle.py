"""Barriers: run everything that waits, and say how it went.

Operations that wait become one table, in program order, for an engine.  Ordered ones (``print``)
are not in it: they run on the main thread, each as soon as all before it are done.

When an operation finds that its result may not be read beside others (`NeedsOrder`), all from
there on run again on the main thread, one after the other, as in the serial cell.
"""

from __future__ import annotations

import contextvars
from typing import TYPE_CHECKING, Any, NamedTuple

from treadle.graph.source import Source
from treadle.graph.table import TableBuilder, TaskTable
from treadle.notebook.cell.lazies import MISSING, NeedsOrder
from treadle.notebook.cell.operators import bound_method

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from treadle.engines import Engine
    from treadle.notebook.cell.lazies import Operation
    from treadle.telemetry.recorder import RunRecorder

#: Seconds between two looks at whether a print has its turn.
LOOK = 0.05


class Failure(NamedTuple):
    """The first operation in program order that failed."""

    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody calls
    exception: BaseException


class Runner:
    """Runs operations on an engine, one barrier after the other.

    Attributes
    ----------
    ntasks : int
        Tasks that ran, all barriers together.
    seconds : float
        Time they took, added up.
    nbarriers : int
    """

    def __init__(
        self,
        engine: Engine,
        open_recorder: Callable[[], RunRecorder | None],
        filename: str,
    ):
        self._engine = engine
        self._open_recorder = open_recorder
        self.recorder: RunRecorder | None = None
        self._filename = filename
        self._shapes: list[tuple[Sequence[Any], list[tuple[int, ...]]]] = []
        self.ntasks = 0
        self.seconds = 0.0
        self.nbarriers = 0
        self.finished = self.cancelled = self.still_running = 0

    def run(
        self, operations: list[Operation], check: Callable[[Any], bool] | None
    ) -> Failure | None:
        """Run all; their results are in `Operation.value` where somebody holds the lazy."""
        self.nbarriers += 1
        context = contextvars.copy_context()
        tasks = []
        for operation in operations:
            operation.wanted = operation.lazy() is not None
            operation.context = context
            operation.check = None if operation.function is bound_method else check
            if operation.ordered:
                for each in operation.inputs:
                    each.wanted = True
            else:
                tasks.append(operation)
        effects = Effects(operations)
        failure = self._run_tasks(tasks, effects) if tasks else None
        try:
            if failure is not None and isinstance(failure.exception, NeedsOrder):
                return self._run_in_order(operations, failure.index, effects)
            return effects.flush(failure.index if failure else len(operations)) or failure
        finally:
            self._count(tasks)

    def _run_tasks(self, tasks: list[Operation], effects: Effects) -> Failure | None:
        table = self._compile(tasks)
        if self.recorder is None:
            self.recorder = self._open_recorder()
        segment = None
        if self.recorder is not None:
            segment = self.recorder.add_table(table, self._engine.num_workers)
        run = self._engine.submit(table, segment=segment)
        try:
            if effects:
                while not run.wait(LOOK):
                    failed = effects.flush_done()
                    if failed is not None:
                        run.cancel()
                        run.wait()
                        if run.failure is None or tasks[run.failure.number].index > failed.index:
                            return failed
                        break
            else:
                run.wait()
        except KeyboardInterrupt as interrupt:
            self._count_interrupted(tasks)
            return Failure(first_undone(tasks), interrupt)
        if run.failure is not None:
            return Failure(tasks[run.failure.number].index, run.failure.exception)
        return None

    def _compile(self, tasks: Sequence[Operation]) -> TaskTable:
        builder = TableBuilder()
        row_of: dict[int, int] = {}
        for operation in tasks:
            inputs = tuple([row_of[each.index] for each in operation.inputs])
            prefix = "" if operation.hidden else operation.label
            key = (prefix, self.ntasks + len(row_of)) if prefix else ("", len(row_of))
            row_of[operation.index] = builder.add(key, operation, None, inputs)
            site = operation.site
            if site.source is None:
                site.source = Source(self._filename, site.line)
            builder.mark_source(site.source)
        table = builder.finish([])
        self._shapes.append((table.keys, table.inputs))
        return table

    def picture(self) -> TaskTable | None:
        """All tables one after the other, without functions and values: who needs whom."""
        keys: list[Any] = []
        inputs: list[tuple[int, ...]] = []
        for some_keys, some_inputs in self._shapes:
            offset = len(keys)
            keys += some_keys
            inputs += [tuple([offset + number for number in row]) for row in some_inputs]
        if not keys:
            return None
        size = len(keys)
        return TaskTable(keys, [_nothing], [0] * size, [None] * size, inputs, [])

    def _run_in_order(
        self, operations: list[Operation], first: int, effects: Effects
    ) -> Failure | None:
        failed = effects.flush(first)
        if failed is not None:
            return failed
        for operation in operations[first:]:
            operation.value = MISSING
            operation.done = False
        for operation in operations[first:]:
            try:
                operation.run_in_order()
            except BaseException as error:
                return Failure(operation.index, error)
        for operation in operations[:first]:
            if operation.wanted and operation.value is MISSING:
                operation.run_in_order()
        return None

    def _count(self, tasks: list[Operation]) -> None:
        shown = [each for each in tasks if not each.hidden and each.done]
        self.ntasks += len(shown)
        self.seconds += sum([each.seconds for each in shown])

    def _count_interrupted(self, tasks: list[Operation]) -> None:
        shown = [each for each in tasks if not each.hidden]
        self.finished = self.ntasks + sum(each.done for each in shown)
        self.still_running = sum(each.running and not each.done for each in shown)
        self.cancelled = len(shown) - sum(each.done for each in shown) - self.still_running


class Effects:
    """Ordered operations, run one by one when all before them are done."""

    def __init__(self, operations: list[Operation]):
        self._operations = operations
        self._next = 0
        self._left = sum(each.ordered for each in operations)

    def __bool__(self) -> bool:
        return self._left > 0

    def flush_done(self) -> Failure | None:
        """Run those whose turn has come."""
        operations = self._operations
        while self._next < len(operations):
            operation = operations[self._next]
            if operation.ordered:
                failed = self._perform(operation)
                if failed is not None:
                    return failed
            elif not operation.done:
                return None
            self._next += 1
        return None

    def flush(self, end: int) -> Failure | None:
        """Run those before ``end``."""
        while self._next < end:
            operation = self._operations[self._next]
            self._next += 1
            if operation.ordered:
                failed = self._perform(operation)
                if failed is not None:
                    return failed
        return None

    def _perform(self, operation: Operation) -> Failure | None:
        self._left -= 1
        try:
            operation.run_in_order()
        except BaseException as error:
            return Failure(operation.index, error)
        return None


def _nothing(*_: Any) -> None:
    """Stands for every function in a picture."""


def first_undone(tasks: list[Operation]) -> int:
    """Return the index of the first operation that is not done, or the one after all."""
    return next((each.index for each in tasks if not each.done), tasks[-1].index + 1)

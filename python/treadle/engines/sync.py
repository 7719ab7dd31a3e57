"""The serial engine: the caller's thread, in the order of task numbers.

Everything happens inside ``wait``, in a fixed order, so a debugger stops where the user expects.
"""

from __future__ import annotations

from time import perf_counter, thread_time
from typing import Any

from treadle.engines.base import Capabilities, Run
from treadle.graph.spec import call
from treadle.graph.table import TaskTable
from treadle.scheduling.local import count_users
from treadle.telemetry.recorder import CHUNK, Segment


class SyncEngine:
    """Runs one task after the other in the thread that waits.

    Examples
    --------
    >>> import treadle
    >>> treadle.get({"x": 1, "y": (max, "x", 10)}, "y", scheduler="sync")
    10
    """

    name = "sync"
    num_workers = 1
    capabilities = Capabilities()

    def submit(self, table: TaskTable, *, segment: Segment | None = None) -> Run:
        """Return the run; its tasks run when it is waited for."""
        return SyncRun(table, segment)


class SyncRun(Run):
    """A table that runs when it is waited for."""

    def __init__(self, table: TaskTable, segment: Segment | None):
        super().__init__(table)
        self._segment = segment

    def wait(self, timeout: float | None = None) -> bool:
        """Run all tasks; ``timeout`` has no meaning here, since the caller does the work."""
        if self.state == "running":
            self.values = [None] * len(self.table)
            try:
                self._execute()
            except BaseException:  # an interrupt, not a task's own error
                self.state = "cancelled"
                raise
            if self.state == "running":
                self.state = "finished"
        return True

    def cancel(self, force: bool = False) -> None:
        """Forget a run that was not waited for yet."""
        if self.state == "running":
            self.state = "cancelled"

    def _execute(self) -> None:
        table = self.table
        values = self.values
        users = count_users(table)
        functions = table.functions
        lane = self._segment.lane(0) if self._segment is not None else None
        cpu_before = thread_time()
        clock = perf_counter
        rows = zip(table.function_index, table.templates, table.inputs, strict=True)
        started = 0.0
        value: Any = None
        error: BaseException | None = None
        try:
            for number, (function, template, row) in enumerate(rows):
                if lane is not None:
                    started = clock()
                    lane.current_start = started
                    lane.current = number
                try:
                    if template is None:
                        value = functions[function](*[values[other] for other in row])
                    elif type(template) is tuple:
                        value = functions[function](*template)
                    else:
                        inputs = [values[other] for other in row]
                        value = call(functions[function], template, inputs)
                except KeyboardInterrupt:
                    raise
                except BaseException as raised:
                    error = raised
                if lane is not None:
                    lane.numbers.append(number)
                    lane.starts.append(started)
                    lane.stops.append(clock())
                    if len(lane.stops) >= CHUNK:
                        lane.rotate()
                if error is not None:
                    if self._segment is not None:
                        self._segment.failed(number)
                    self._failed(number, error)
                    return
                if users[number]:
                    values[number] = value
                for other in row:
                    left = users[other] = users[other] - 1
                    if not left:
                        values[other] = None
        finally:
            if lane is not None:
                lane.current = -1
                lane.cpu_seconds += thread_time() - cpu_before
            value = error = None  # neither may outlive its users in this frame

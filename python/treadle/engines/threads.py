"""The threads engine: lanes that share one stack of ready tasks behind one lock.

A lane is one thread at work on one run.  It runs a task, and then at once a dependent which that
task has freed, so a chain never changes threads.  The first lane starts alone: handing a task to
another thread costs more than a small task does.  Others join

- when a task took longer than ``HAND_OVER`` and more are ready, and
- when the waiting caller, who looks on as a supervisor, finds tasks ready and little progress.

The caller's thread never runs tasks, so that an interrupt reaches it whatever a task is doing.
A task that computes something itself is already on a lane, and works through its own run there:
nested runs take no thread away from anyone, and cannot deadlock.
"""

from __future__ import annotations

import ctypes
import threading
from functools import partial
from time import perf_counter
from typing import Any

from treadle.engines.base import Capabilities, Run
from treadle.engines.crew import shared_crew
from treadle.engines.lane_clock import LaneClock
from treadle.graph.spec import call
from treadle.graph.table import TaskTable
from treadle.scheduling.local import NONE, LocalState
from treadle.telemetry.recorder import CHUNK, LaneRecorder, Segment

#: Seconds a task must have taken for the next ready one to be worth another thread.
HAND_OVER = 20e-6

#: Seconds an idle lane waits for work before it leaves the run.
PATIENCE = 0.005

#: Seconds between two looks of the supervisor: the first, and at most.
FIRST_LOOK, LAST_LOOK = 0.0005, 0.02

#: Seconds that an interrupted caller waits for running tasks to stop.
GRACE = 0.4


class TaskInterrupted(BaseException):
    """Raised inside a running task to stop it.  Not an Exception: tasks must not swallow it."""


class ThreadsEngine:
    """Runs tasks on threads of this process.

    Parameters
    ----------
    num_workers : int
        Tasks at once.

    Examples
    --------
    >>> import treadle
    >>> treadle.get({"x": 1, "y": (max, "x", 10)}, "y", scheduler="threads", num_workers=2)
    10
    """

    name = "threads"
    capabilities = Capabilities(cancel_running=True, parallel=True)

    def __init__(self, num_workers: int):
        self.num_workers = num_workers

    def submit(self, table: TaskTable, *, segment: Segment | None = None) -> Run:
        """Start the table's tasks; returns at once."""
        return ThreadsRun(table, self.num_workers, segment)


class ThreadsRun(Run):
    """A table at work on up to ``num_workers`` lanes."""

    def __init__(self, table: TaskTable, num_workers: int, segment: Segment | None):
        super().__init__(table)
        self._state = LocalState(table)
        self.values = self._state.values
        self._segment = segment
        self._num_workers = num_workers
        self._crew = shared_crew()
        self._nested = self._crew.is_member()
        self._lock = threading.Lock()
        self._more = threading.Condition(self._lock)
        self._ended = threading.Event()
        self._supervised = False
        self._stopping = False
        self._idle = 0  # lanes that wait for work
        self._free_lanes = list(range(num_workers - 1, -1, -1))
        self._thread_of: dict[int, int] = {}  # lane -> thread, while it runs tasks
        if not len(table):
            self._finish()
        elif not self._nested:
            with self._lock:
                self._start_lane()

    # -- the caller's side -------------------------------------------------------------------

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the run ended; an interrupt stops its tasks and is raised."""
        try:
            if self._nested:
                self._work_through()
            return self._supervise(timeout)
        except BaseException:
            self.cancel(force=True)
            self._ended.wait(GRACE)
            raise

    def _work_through(self) -> None:
        """Be a lane of this run for as long as it has work: the caller is on a thread of ours."""
        while not self._ended.is_set():
            with self._lock:
                index = self._free_lanes.pop()
            self._work(index)

    def _supervise(self, timeout: float | None) -> bool:
        """Wait, and let another lane join whenever tasks are ready and progress is slow."""
        deadline = None if timeout is None else perf_counter() + timeout
        look = FIRST_LOOK
        before = len(self.table)
        self._supervised = True
        try:
            while True:
                pause = look
                if deadline is not None:
                    pause = min(pause, deadline - perf_counter())
                if pause <= 0:
                    return self._ended.is_set()
                if self._ended.wait(pause):
                    return True
                with self._lock:
                    done = before - self._state.unfinished
                    before = self._state.unfinished
                    if done * HAND_OVER < look:
                        for _ in range(len(self._state.ready)):
                            if not self._call_another_lane():
                                break
                look = min(2 * look, LAST_LOOK)
        finally:
            self._supervised = False

    def cancel(self, force: bool = False) -> None:
        """Start nothing more; with ``force``, raise inside tasks that are running Python code."""
        with self._lock:
            if self._ended.is_set():
                return
            self._stopping = True
            self._state.drop_ready()
            self._more.notify_all()
            if force:
                # A lane needs this lock to leave its task, so the exception can't come too late.
                for thread in self._thread_of.values():
                    if thread != threading.get_ident():
                        ctypes.pythonapi.PyThreadState_SetAsyncExc(
                            ctypes.c_ulong(thread), ctypes.py_object(TaskInterrupted)
                        )
            if not self._thread_of:
                self._finish()

    def _finish(self) -> None:
        """Nothing runs and nothing is ready: the run has ended."""
        if self._ended.is_set():
            return
        failure = self._state.failure
        if failure is not None:
            self._failed(*failure)
        elif self._stopping:
            self.state = "cancelled"
        else:
            self.state = "finished"
        self._ended.set()
        if self._idle:
            self._more.notify_all()

    # -- lanes -------------------------------------------------------------------------------

    def _start_lane(self) -> bool:
        """Bring in one more thread, if there is one to be had.  Called with the lock held."""
        if not self._free_lanes or (self._nested and self._crew.active >= self._num_workers):
            return False
        self._crew.start(partial(self._work, self._free_lanes.pop()))
        return True

    def _call_another_lane(self) -> bool:
        """Wake an idle lane or start one.  Called with the lock held."""
        if self._idle:
            self._more.notify()
            return False  # it takes what it finds, and calls the next one itself
        return self._start_lane()

    def _work(self, index: int) -> None:
        """Be a lane: run tasks until there are none for a while."""
        recorder = self._segment.lane(index) if self._segment is not None else None
        clock = LaneClock()
        try:
            while (number := self._take(index)) != NONE:
                try:
                    self._run_from(number, index, recorder)
                finally:
                    if recorder is not None:  # before the run can end: its report needs this
                        recorder.current = -1
                        clock.tell(recorder)
        except TaskInterrupted:
            if self._nested:
                raise  # the task around this run is to stop too
        finally:
            with self._lock:
                self._thread_of.pop(index, None)
                self._free_lanes.append(index)
                if not self._thread_of and not self._state.ready:
                    self._finish()

    def _take(self, index: int) -> int:
        """Return a ready task, waiting a little for one; ``NONE`` when this lane should leave."""
        with self._lock:
            self._thread_of.pop(index, None)
            ready = self._state.ready
            if not ready:
                if not self._thread_of:
                    self._finish()
                    return NONE
                self._idle += 1
                try:
                    self._more.wait(PATIENCE)
                finally:
                    self._idle -= 1
                if not ready:
                    return NONE
            self._thread_of[index] = threading.get_ident()
            return ready.pop()

    def _run_from(self, number: int, index: int, recorder: LaneRecorder | None) -> None:
        """Run a task, what it freed, and what else is ready, until nothing is."""
        state, lock, table = self._state, self._lock, self.table
        values, ready = state.values, state.ready
        functions, function_index = table.functions, table.function_index
        templates, inputs = table.templates, table.inputs
        free_lanes, clock = self._free_lanes, perf_counter
        while number >= 0:
            started = clock()
            if recorder is not None:
                recorder.current_start = started
                recorder.current = number
            value: Any = None
            error: BaseException | None = None
            try:
                template = templates[number]
                function = functions[function_index[number]]
                if template is None:
                    value = function(*[values[other] for other in inputs[number]])
                elif type(template) is tuple:
                    value = function(*template)
                else:
                    value = call(function, template, [values[other] for other in inputs[number]])
            except TaskInterrupted:
                self._stopping = True
                raise
            except BaseException as raised:
                error = raised
            stopped = clock()
            if recorder is not None:
                recorder.numbers.append(number)
                recorder.starts.append(started)
                stops = recorder.stops
                stops.append(stopped)
                if len(stops) >= CHUNK:
                    recorder.rotate()
                if error is not None and self._segment is not None:
                    self._segment.failed(number)
            with lock:
                if error is None:
                    number = state.finish(number, value)
                else:
                    state.fail(number, error)
                    number = NONE
                if number < 0 and ready:
                    number = ready.pop()
                if (
                    ready
                    and (free_lanes or self._idle)
                    and (stopped - started > HAND_OVER or not self._supervised)
                ):
                    self._call_another_lane()
                if self._stopping:
                    return

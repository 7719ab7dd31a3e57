"""The threads of a worker that run tasks.

A *slot* is the right to run a task, a number below ``nthreads``; a *lane* is a thread, with a slot
or without.

    ready tasks ──take──> a lane with a slot ──run──> value kept, a row in the report ──> take …
                               │      ^
                        secede │      │ rejoin, when a lane with a slot ends its task or is idle
                               v      │
                          a lane without (its task waits for others; a new thread has the slot)

A lane that finds nothing ready sends the report and sleeps.  It is woken by whoever finds tasks
ready.  The others are woken one by one, each by the one before, and only when tasks are not tiny:
threads that share an interpreter gain nothing from tasks of microseconds.

One lock guards the state, the data, the report and all attributes here.
"""

from __future__ import annotations

import pickle
import sys
import threading
from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from time import perf_counter
from typing import Any

from treadle.cluster.worker import context as worker_context
from treadle.cluster.worker.output import Slate, speak_on
from treadle.cluster.worker.report import Report
from treadle.cluster.worker.runner import LONG, OURS, Function, check_inputs, describe, run_task
from treadle.protocol.messages import Failed, Seceded
from treadle.protocol.pickling import PROTOCOL
from treadle.protocol.serialize import SMALL, loads_args, small_value
from treadle.scheduling.worker.state import WorkerState
from treadle.utils.sizeof import sizeof

#: Seconds after which a finished task is reported, although more tasks are ready.
PATIENCE = 1e-3

#: Seconds a task must be expected to take for another thread to be woken for the next.
HAND_OVER = 50e-6

#: How the arguments of most tasks begin: the pickle of a tuple.
PLAIN_ARGS = pickle.dumps((), PROTOCOL)[:1]

#: Types whose pickles need no care.
SCALARS = frozenset((int, float, bool, type(None)))

OURS.add(__file__)


class Lane:
    """One compute thread.

    Attributes
    ----------
    index : int
        Its slot; from ``nthreads`` on a number for people only.
    id : int
        The task it is in, or -1.
    start : float
        When that began (``perf_counter``).
    """

    __slots__ = ("id", "index", "leaving", "slate", "start", "thread", "wake")

    def __init__(self, index: int, notify: Callable[[], None]):
        self.index = index
        self.id = -1
        self.start = 0.0
        self.leaving = False  # ends as soon as it has no task
        self.slate = Slate(notify)
        self.wake = threading.Lock()
        self.wake.acquire()
        self.thread: threading.Thread | None = None


class Lanes:
    """All compute threads of a worker, and what they share.

    Parameters
    ----------
    worker
        Handed to tasks that ask for it.
    state : WorkerState
    lock
        Guards everything.
    report : Report
    data : dict
        id -> result.
    functions : dict
        number -> `Function`.
    origin : float
        Add it to ``perf_counter()`` for the time of day that is reported.
    arm : callable
        Makes somebody look, a few milliseconds later, whether a report lies about.
    broken : callable
        Called when a thread fails outside of any task.
    """

    def __init__(
        self,
        worker: Any,
        state: WorkerState,
        lock: threading.RLock,
        report: Report,
        data: dict[int, Any],
        functions: dict[int, Function],
        origin: float,
        arm: Callable[[], None],
        broken: Callable[[BaseException], None],
    ):
        self._worker = worker
        self._state = state
        self._lock = lock
        self._report = report
        self._data = data
        self._functions = functions
        self._origin = origin
        self._arm = arm
        self._broken = broken
        self._nthreads: int = worker.nthreads
        self._all: set[Lane] = set()
        self._extra: list[int] = []  # free numbers for lanes without a slot
        self._next_extra = self._nthreads
        self._rejoining: deque[tuple[Lane, threading.Lock]] = deque()
        self._closed = False
        #: Some thread is to leave, now or at any time: look closer between tasks.
        self.attention = False
        #: Inputs that could not be unpickled have come: look at each from now on.
        self.spoiled = False
        self.idle: list[Lane] = []

    # -- threads ---------------------------------------------------------------------------------

    def start(self) -> None:
        """Start a thread for each slot."""
        for index in range(self._nthreads):
            self._start_lane(index)

    def _start_lane(self, index: int) -> None:
        lane = Lane(index, self._arm)
        name = f"treadle-{self._worker.name}-{index + 1}"
        lane.thread = threading.Thread(target=self._live, args=(lane,), name=name, daemon=True)
        self._all.add(lane)
        lane.thread.start()

    def close(self, timeout: float = 1.0) -> None:
        """Let idle threads end, and those in a task when it ends; wait a little for them."""
        with self._lock:
            self._closed = self.attention = True
            idle = list(self.idle)
            self.idle.clear()
            waiting = list(self._rejoining)
            self._rejoining.clear()
            every = list(self._all)
        for lane in idle:
            lane.wake.release()
        for _, gate in waiting:
            gate.release()
        deadline = perf_counter() + timeout
        for lane in every:
            if lane.id < 0 and lane.thread is not threading.current_thread():
                lane.thread.join(max(0.0, deadline - perf_counter()))  # type: ignore[union-attr]

    def executing(self) -> list[tuple[int, int, float]]:
        """Thread, id and start of what runs now, for the heartbeat."""
        with self._lock:
            return [
                (lane.index, lane.id, lane.start + self._origin)
                for lane in self._all
                if lane.id >= 0
            ]

    def slates(self) -> list[Slate]:
        """What the tasks that run now have said goes there.  Called with the lock held."""
        return [lane.slate for lane in self._all]

    def are_slow(self, now: float, seconds: float) -> bool:
        """Tell whether a task runs for that long already.  Called with the lock held."""
        return any(lane.id >= 0 and now - lane.start > seconds for lane in self._all)

    def wake_one(self) -> None:
        """Wake an idle lane.  Called with the lock held, when a task is ready."""
        if self.idle:
            self.idle.pop().wake.release()

    # -- leaving the slot ------------------------------------------------------------------------

    def secede(self, lane: Lane) -> None:
        """The task of this lane gives its slot to others and goes on.  Called on its thread."""
        with self._lock:
            if lane.leaving or self._closed:
                return
            self._state.seceded(lane.id)
            self._tell(Seceded(lane.id))
            slot = lane.index
            if self._extra:
                lane.index = heappop(self._extra)
            else:
                lane.index = self._next_extra
                self._next_extra += 1
            lane.leaving = self.attention = True
            self._start_lane(slot)
        self._report.flush()

    def rejoin(self, lane: Lane) -> None:
        """Come back into a slot; waits for one.  Called on the thread of the task."""
        gate: threading.Lock | None = None
        with self._lock:
            if not lane.leaving or self._closed:
                return
            if self.idle:
                other = self.idle.pop()
                self._hand_over(other, lane)
                other.wake.release()
            else:
                gate = threading.Lock()
                gate.acquire()
                self._rejoining.append((lane, gate))
                self.attention = True
        if gate is not None:
            gate.acquire()
        self._report.flush()

    def _hand_over(self, giver: Lane, taker: Lane) -> None:
        """Give a slot to a lane that had left its own.  Called with the lock held."""
        giver.index, taker.index = taker.index, giver.index
        giver.leaving, taker.leaving = True, False
        self.attention = True
        self._state.rejoined(taker.id)
        self._tell(Seceded(taker.id, True))

    def _tell(self, message: Seceded) -> None:
        report = self._report
        report.before.append(message)
        report.since = report.since or perf_counter()

    # -- the life of a thread --------------------------------------------------------------------

    def _live(self, lane: Lane) -> None:
        worker_context.enter(self._worker, self, lane)
        speak_on(lane.slate)
        try:
            self._work(lane)
            self._report.flush()  # what it did without a slot
        except BaseException as error:  # a bug of ours: never without a trace
            self._broken(error)
        finally:
            with self._lock:
                self._all.discard(lane)
                if lane.index >= self._nthreads:
                    heappush(self._extra, lane.index)
                self.attention = (
                    self._closed
                    or bool(self._rejoining)
                    or any(other.leaving for other in self._all)
                )

    def _work(self, lane: Lane) -> None:
        """Take tasks and run them.  The hot path: everything it needs is in a local name."""
        state, lock, report, data = self._state, self._lock, self._report, self._data
        functions, origin, clock = self._functions, self._origin, perf_counter
        take, finish, tasks = state.take, state.finish, state.tasks
        unpickle, dumps, getsizeof = pickle.loads, pickle.dumps, sys.getsizeof
        slate, idle = lane.slate, self.idle
        value: Any = None
        inputs: Any = ()
        plain: Any = ()
        lock.acquire()
        try:
            while not (self.attention and self._leaves(lane)):
                id = take()
                if id < 0:
                    if report.since:
                        lock.release()
                        report.flush()
                        lock.acquire()
                        continue  # something may have become ready meanwhile
                    idle.append(lane)
                    lock.release()
                    value, args = None, b""  # whatever it was, an idle thread holds nothing
                    lane.wake.acquire()
                    lock.acquire()
                    continue
                number, args, ids, wanted = tasks[id]
                if ids:
                    inputs = [data[other] for other in ids]
                function = functions[number]
                lane.id = slate.id = id
                last = function.last
                if idle and last > HAND_OVER and state.ready:
                    idle.pop().wake.release()
                since = report.since
                lock.release()
                value = blob = None  # the last result may be released while this task runs
                lane.start = start = clock()
                if since:
                    if last >= LONG or start - since > PATIENCE:
                        report.flush()
                        lane.start = start = clock()
                    else:
                        self._arm()
                try:
                    call = function.call or function.load()
                    if ids:
                        if self.spoiled:
                            check_inputs(inputs)
                        value = run_task(call, args, inputs)
                    elif args[:1] == PLAIN_ARGS:  # as run_task does it: two calls less
                        try:
                            plain = unpickle(args)
                        except Exception:
                            plain = loads_args(args)  # says what is wrong with them
                        value = call(*plain)
                        plain = ()
                    else:
                        value = run_task(call, args, inputs)
                    stop = clock()
                    if type(value) in SCALARS:  # as sizeof and small_value do it
                        nbytes = getsizeof(value)
                        if wanted and nbytes <= SMALL:
                            blob = dumps(value, PROTOCOL)
                    else:
                        nbytes = sizeof(value)
                        if wanted:
                            blob = small_value(value)
                except BaseException as error:
                    stop = clock()
                    function.last = stop - start
                    self._failed(lane, error, start, stop)
                    inputs = plain = ()
                    lock.acquire()
                    continue
                function.last = stop - start
                inputs = ()  # lets go of them while the lock is free
                lock.acquire()
                lane.id = -1
                if finish(id, nbytes):
                    data[id] = value
                    rows = report.rows
                    if blob is not None:
                        report.values[len(rows)] = blob
                    rows.append((id, nbytes, lane.index, start + origin, stop + origin))
                    if not report.since:
                        report.since = stop
                if slate.used:
                    report.say(slate.end(), stop)
        finally:
            try:
                lock.release()
            except RuntimeError:
                pass  # it failed while it did not hold it

    def _failed(self, lane: Lane, error: BaseException, start: float, stop: float) -> None:
        """Report that the task of this lane raised.  Called without the lock."""
        described = describe(error)  # runs code of the user's: __str__, __reduce__
        report, origin = self._report, self._origin
        with self._lock:
            id, lane.id = lane.id, -1
            if lane.slate.used:
                report.say(lane.slate.end(), stop)
            if self._state.fail(id):
                failed = Failed(id, described, lane.index, start + origin, stop + origin)
                report.after.append(failed)
                report.since = report.since or stop

    def _leaves(self, lane: Lane) -> bool:
        """Return whether this thread is to end.  Called with the lock held, between two tasks."""
        if not (self._closed or lane.leaving) and self._rejoining:
            taker, gate = self._rejoining.popleft()
            self._hand_over(lane, taker)
            gate.release()
        return self._closed or lane.leaving

"""What a worker runs, fetches and keeps: decisions only, over integers.

For every id the worker knows three things, and nothing else decides what happens to it::

    intent    none      compute            replica
              |         `tasks`            `fetches.holders`: a task here waits for it, or a
              |                            copy was asked for
    activity  idle      executing          fetching
                        `busy` counts it   `fetches.source`
    data      no        `nbytes` has it

An activity can't be interrupted.  When it ends, the intent is looked at and decides.  A task moves
through these states::

    compute()                            take()              finish()
    --------> waiting ------> ready -------------> executing ---------> memory
              (inputs are     (in the              |      | fail()
               missing)        queue)    release() |      '-------> gone
                                                   v
                                              abandoned: keeps its slot until its thread comes
                                              back, then its result is thrown away

The shell calls everything under one lock, and carries out what :meth:`WorkerState.drain` returns
before it lets go of that lock.  Here are no clock, no thread and no value.

>>> state = WorkerState(1)
>>> state.compute([1, 2], [0, 0], [10, 11], [b"", b""], [(), (1,)], [1], {}, {})
>>> state.take(), state.take()
(1, -1)
>>> state.finish(1, 28)
True
>>> state.take(), state.task(2)
(2, (0, b'', (1,), True))
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush

from treadle.scheduling.worker.fetching import Fetches
from treadle.scheduling.worker.instructions import Added, Drop, Fetch, Instruction, Missing

NONE = -1

# States of a task.  One that has ended is in `nbytes`, or nowhere.
WAITING = 1
READY = 2
EXECUTING = 3
ABANDONED = 4

#: Failed tasks that are remembered, so that none of them is said to be given back unstarted.
MAX_FAILED = 1024


class WorkerState:
    """The decisions of one worker.

    Parameters
    ----------
    nthreads : int
        Tasks that may run at a time.
    fetches : Fetches, optional
        Bounds of what is fetched at a time.

    Attributes
    ----------
    nbytes : dict
        Id -> bytes, of everything that is held here.
    managed : int
        Sum of these.
    tasks : dict
        Id -> (function, args, inputs, wanted) of every task that is not over.
    busy : int
        Threads in a task, those that have seceded not counted.
    """

    def __init__(self, nthreads: int, fetches: Fetches | None = None) -> None:
        self.nthreads = nthreads
        self.nbytes: dict[int, int] = {}
        self.managed = 0
        self.tasks: dict[int, tuple[int, bytes, tuple[int, ...], bool]] = {}
        self.busy = 0
        self.status: dict[int, int] = {}
        self.fetches = Fetches() if fetches is None else fetches
        # (rank, id); those that were dropped since stay here until they come up.
        self._queue: list[tuple[int, int]] = []
        self._stale = 0
        self._missing: dict[int, int] = {}  # waiting task -> inputs that are not here
        self._ranks: dict[int, int] = {}  # waiting task -> rank
        self._waiters: dict[int, list[int]] = {}  # what is not here -> tasks that wait for it
        self._replicas: dict[int, None] = {}  # copies that were asked for and are not here
        self._seceded: dict[int, None] = {}
        self._failed: dict[int, None] = {}
        self._instructions: list[Instruction] = []

    # -- the hot path -----------------------------------------------------------------------------

    def take(self) -> int:
        """Begin the ready task of the lowest rank and return its id; -1 if there is none."""
        if self.busy >= self.nthreads:
            return NONE
        queue = self._queue
        status = self.status
        while queue:
            id = heappop(queue)[1]
            if status.get(id) == READY:
                status[id] = EXECUTING
                self.busy += 1
                return id
            self._stale -= 1
        return NONE

    def task(self, id: int) -> tuple[int, bytes, tuple[int, ...], bool]:
        """Return (function, args, inputs, whether its small result is wanted) of a task."""
        return self.tasks[id]

    def finish(self, id: int, nbytes: int) -> bool:
        """A task returned.  Return whether its value is kept and reported."""
        status = self.status.pop(id)
        del self.tasks[id]
        if self._seceded and id in self._seceded:
            del self._seceded[id]
        else:
            self.busy -= 1
        if status != EXECUTING:
            return False
        self.nbytes[id] = nbytes
        self.managed += nbytes
        if id in self._waiters:
            self._count_down(self._waiters.pop(id))
        return True

    def fail(self, id: int) -> bool:
        """A task raised.  Return whether that is reported.

        What waits for it here goes on waiting: the scheduler releases it.
        """
        status = self.status.pop(id)
        del self.tasks[id]
        if id in self._seceded:
            del self._seceded[id]
        else:
            self.busy -= 1
        if status != EXECUTING:
            return False
        self._failed[id] = None
        if len(self._failed) > MAX_FAILED:
            del self._failed[next(iter(self._failed))]
        return True

    @property
    def ready(self) -> int:
        """Number of tasks that could begin now, if a thread were free."""
        return len(self._queue) - self._stale

    # -- what the scheduler says ------------------------------------------------------------------

    def compute(
        self,
        ids: list[int],
        functions: list[int],
        ranks: list[int],
        args: list[bytes],
        inputs: list[tuple[int, ...]],
        wanted: list[int],
        holders: dict[int, list[int]],
        nbytes: dict[int, int],
    ) -> None:
        """Run these, each as soon as its inputs are here; fetch those in ``holders``.

        A task that is here already, or has ended here and is held, is not run again.
        """
        status = self.status
        data = self.nbytes
        tasks = self.tasks
        waiters = self._waiters
        queue = self._queue
        chosen = set(wanted)
        for position, id in enumerate(ids):
            if id in status or id in data:
                self._compute_again(id)
                continue
            needs = inputs[position]
            tasks[id] = (functions[position], args[position], needs, position in chosen)
            missing = 0
            for other in needs:
                if other not in data:
                    missing += 1
                    if other in waiters:
                        waiters[other].append(id)
                    else:
                        waiters[other] = [id]
            if missing:
                status[id] = WAITING
                self._missing[id] = missing
                self._ranks[id] = ranks[position]
            else:
                status[id] = READY
                heappush(queue, (ranks[position], id))
        if self.fetches.holders or self._failed:
            self._renew(ids)
        if holders:
            for id, workers in holders.items():
                if id in waiters:
                    self._want(id, workers, nbytes.get(id, 0))
            self._request()

    def release(self, ids: list[int]) -> None:
        """Drop data, tasks that have not begun, and the results of those that run."""
        status = self.status
        unstarted: list[int] = []
        dropped: list[int] = []
        for id in ids:
            if id in self.nbytes:
                self.managed -= self.nbytes.pop(id)
                dropped.append(id)
                continue
            state = status.get(id, 0)
            if state == EXECUTING:
                status[id] = ABANDONED
            elif state in (WAITING, READY):
                unstarted.append(id)
            elif id in self._failed:
                del self._failed[id]
            if id in self._replicas:
                del self._replicas[id]
            if id not in self._waiters:
                self.fetches.forget(id)
        if unstarted:
            self._drop_tasks(unstarted, False)
        if dropped:
            self._instructions.append(Drop(dropped))

    def take_back(self, ids: list[int]) -> tuple[list[int], list[int]]:
        """Give tasks back that have not begun.  Return those dropped, and those kept.

        Their inputs that are here, or on their way, stay as copies.
        """
        dropped: list[int] = []
        unstarted: list[int] = []
        kept: list[int] = []
        for id in ids:
            state = self.status.get(id, 0)
            if state == EXECUTING or id in self.nbytes or id in self._failed:
                kept.append(id)
                continue
            dropped.append(id)
            if state in (WAITING, READY):
                unstarted.append(id)
        if unstarted:
            self._drop_tasks(unstarted, True)
        return dropped, kept

    def replicate(self, holders: dict[int, list[int]], nbytes: dict[int, int]) -> None:
        """Fetch copies of these and say `Added`, at once for those that are here."""
        here: list[int] = []
        for id, workers in holders.items():
            if id in self.nbytes:
                here.append(id)
            elif self.status.get(id, ABANDONED) == ABANDONED:
                self._replicas[id] = None
                self._want(id, workers, nbytes.get(id, 0))
        if here:
            self._instructions.append(Added(here))
        self._request()

    def holders(self, holders: dict[int, list[int]], nbytes: dict[int, int]) -> None:
        """Inputs that are waited for lie on these workers now."""
        for id, workers in holders.items():
            if id in self._waiters or id in self._replicas:
                self._want(id, workers, nbytes.get(id, 0))
        self._request()

    # -- what peers and clients say ---------------------------------------------------------------

    def fetched(self, worker: int, ids: list[int], sizes: list[int]) -> None:
        """Copies of these have come from ``worker``; `Drop` those that nobody wants any more."""
        self.fetches.answered(worker, ids)
        added: list[int] = []
        unwanted: list[int] = []
        for position, id in enumerate(ids):
            if self.fetches.arrived(id):
                self._hold(id, sizes[position])
                added.append(id)
            elif id not in self.nbytes:
                unwanted.append(id)
        if added:
            self._instructions.append(Added(added))
        if unwanted:
            self._instructions.append(Drop(unwanted))
        self._request()

    def fetch_missing(self, worker: int, ids: list[int]) -> None:
        """``worker`` has answered that it does not hold these."""
        self.fetches.answered(worker, ids)
        self._try_elsewhere(worker, ids)
        self._request()

    def fetch_unreachable(self, worker: int, ids: list[int]) -> None:
        """``worker`` could not be asked for these, nor for anything else."""
        self.fetches.answered(worker, ids)
        self._try_elsewhere(worker, ids)
        self._try_elsewhere(worker, self.fetches.give_up(worker))
        self._request()

    def put(self, ids: list[int], nbytes: list[int]) -> list[int]:
        """A client has put values here.  Return those that are reported as finished.

        `Drop` those that stand for tasks of ours: nothing takes the place of a task that runs.
        """
        kept: list[int] = []
        refused: list[int] = []
        for position, id in enumerate(ids):
            if self.status.get(id, ABANDONED) != ABANDONED:
                refused.append(id)
                continue
            kept.append(id)
            if id not in self.nbytes:
                self.fetches.forget(id)
                self._hold(id, nbytes[position])
        if refused:
            self._instructions.append(Drop(refused))
        return kept

    # -- what tasks say ---------------------------------------------------------------------------

    def seceded(self, id: int) -> None:
        """A running task left its slot: another one may run beside it."""
        if id not in self._seceded and self.status.get(id, 0) >= EXECUTING:
            self._seceded[id] = None
            self.busy -= 1

    def rejoined(self, id: int) -> None:
        """A task is back in its slot.  It never waits; new tasks do until there is room."""
        if id in self._seceded:
            del self._seceded[id]
            self.busy += 1

    # -- for the shell and for people -------------------------------------------------------------

    def drain(self) -> list[Instruction]:
        """Return what is to be done since the last call, in order."""
        instructions = self._instructions
        if instructions:
            self._instructions = []
        return instructions

    def describe(self, id: int) -> str:
        """Return the state of ``id`` in a word.

        Examples
        --------
        >>> state = WorkerState(1)
        >>> state.compute([1, 2], [0, 0], [0, 1], [b"", b""], [(), (1,)], [], {}, {})
        >>> state.describe(1), state.describe(2), state.describe(3)
        ('ready', 'waiting', 'unknown')
        """
        if id in self.nbytes:
            return "memory"
        state = self.status.get(id, 0)
        if state == WAITING:
            return "waiting"
        if state == READY:
            return "ready"
        if state == EXECUTING:
            return "long-running" if id in self._seceded else "executing"
        if id in self.fetches.source:
            return "fetching" if id in self.fetches.holders else "discarded"
        if id in self.fetches.holders:
            return "wanted"
        if id in self._failed:
            return "erred"
        return "abandoned" if state == ABANDONED else "unknown"

    def waits_for(self, id: int) -> list[int]:
        """Return the inputs of a task that are not here."""
        if self.status.get(id, 0) != WAITING:
            return []
        return [other for other in self.tasks[id][2] if other not in self.nbytes]

    # -- inside -----------------------------------------------------------------------------------

    def _count_down(self, waiters: list[int]) -> None:
        """An input of these is here."""
        missing = self._missing
        for id in waiters:
            left = missing[id] - 1
            if left:
                missing[id] = left
            else:
                del missing[id]
                self.status[id] = READY
                heappush(self._queue, (self._ranks.pop(id), id))

    def _hold(self, id: int, nbytes: int) -> None:
        """A value that was made elsewhere is here."""
        self.nbytes[id] = nbytes
        self.managed += nbytes
        if id in self._replicas:
            del self._replicas[id]
        if id in self._waiters:
            self._count_down(self._waiters.pop(id))

    def _want(self, id: int, holders: list[int], nbytes: int) -> None:
        """Fetch ``id`` unless it is here or made here."""
        if id not in self.nbytes and self.status.get(id, ABANDONED) == ABANDONED:
            self.fetches.want(id, holders, nbytes)

    def _request(self) -> None:
        """Ask peers for what is wanted, as far as the bounds allow."""
        fetches = self.fetches
        while fetches.turns:
            worker, ids = fetches.request()
            if worker < 0:
                break
            self._instructions.append(Fetch(worker, ids))

    def _try_elsewhere(self, worker: int, ids: list[int]) -> None:
        """``worker`` did not give these: ask other holders, or tell the scheduler once."""
        fetches = self.fetches
        missing: dict[int, list[int]] = {}  # holder -> ids
        for id in ids:
            if id not in self._waiters and id not in self._replicas:
                fetches.forget(id)
            elif not fetches.failed(id, worker):
                for holder in fetches.tried.pop(id, []):
                    if holder in missing:
                        missing[holder].append(id)
                    else:
                        missing[holder] = [id]
                if id not in self._waiters:  # a copy: the scheduler may ask for it again
                    del self._replicas[id]
                    fetches.forget(id)
        for holder, gone in missing.items():
            self._instructions.append(Missing(gone, holder))

    def _renew(self, ids: list[int]) -> None:
        """These are to be computed here: the newer intent."""
        for id in ids:
            self.fetches.forget(id)
            if id in self._replicas:
                del self._replicas[id]
            if id in self._failed:
                del self._failed[id]

    def _compute_again(self, id: int) -> None:
        """A task that is known was sent again: run on if it was abandoned, else as before."""
        if self.status.get(id, 0) == ABANDONED and id not in self.nbytes:
            self.status[id] = EXECUTING

    def _drop_tasks(self, ids: list[int], keep_arriving: bool) -> None:
        """Forget tasks that have not begun, and what is wanted for them alone.

        With ``keep_arriving`` inputs that are on their way become copies.
        """
        status = self.status
        touched: dict[int, None] = {}
        for id in ids:
            state = status.pop(id, 0)
            if state == 0:
                continue  # named twice
            needs = self.tasks.pop(id)[2]
            if state == READY:
                self._stale += 1
                continue
            del self._missing[id]
            del self._ranks[id]
            for other in needs:
                if other in self._waiters:
                    touched[other] = None
        for other in touched:
            left = [id for id in self._waiters[other] if id in status]
            if left:
                self._waiters[other] = left
                continue
            del self._waiters[other]
            travels = other in self.fetches.source
            if other in self._replicas:
                if travels or self.fetches.holders[other]:
                    continue
                del self._replicas[other]  # nobody gives it, and that was said
            if not (travels and keep_arriving):
                self.fetches.forget(other)
        if self._stale > 64 and self._stale * 2 > len(self._queue):
            self._queue = list(dict.fromkeys([e for e in self._queue if status.get(e[1]) == READY]))
            heapify(self._queue)
            self._stale = 0

"""The scheduler's memory: tasks as columns, workers and clients as objects.

A task is a row: a position in each of the columns below.  Counters of a row that must be kept up
by its neighbours are kept only while they are of use:

``missing``, ``unassigned``
    of a waiting row: inputs (counted as often as they are taken) that are not in memory, and
    those that are neither in memory nor given to a worker
``users``
    rows in play that take this one's result, and clients that want it; data is held while it
    is positive
``links``
    rows not forgotten that take this one's result; without any, and unwanted, a row is forgotten

``dependents`` may hold forgotten rows: a list is cleaned when half of it is, and more than a few,
or when none is alive; only then are they free to be used again.  So forgetting costs the same
however wide a graph is, and a graph that is forgotten as a whole is never cleaned.
"""

from __future__ import annotations

from treadle.scheduling.scheduler.events import Options
from treadle.scheduling.scheduler.instructions import Compute, Instruction, Watched

RELEASED, WAITING, QUEUED, NO_WORKER, PROCESSING, MEMORY, ERRED, FORGOTTEN = range(8)

#: What people call the states, by number.
STATES = (
    "released", "waiting", "queued", "no-worker", "processing", "memory", "erred", "forgotten",
)  # fmt: skip

#: One generation of an id.
GENERATION = 1 << 32
ROW = GENERATION - 1

# Flags of a row.
WANTED = 1  # by the client in the columns ``client`` and ``handle``
WATCHED = 2  # that client is told when it ends
RARE = 4  # has options: see ``options``
SUSPECT = 8  # a worker died while it had this; it runs alone until it has ended
RECALLED = 16  # a TakeBack is on its way
DATA = 32  # put there by a client: can't be computed
SHARED = 64  # further clients: see ``others``
SECEDED = 128  # runs outside of its worker's slots

# In the column ``client``: a row that is being made, and one whose first client let it go.
NOBODY_YET, NOBODY = -1, -2

#: Forgotten rows that a list of dependents may hold beside live ones, however short it is.
FEW_STALE = 4

# Status of a worker.
RUNNING, PAUSED, RETIRING = range(3)


class Worker:
    """One worker, and what is on its way to it in this turn."""

    def __init__(
        self, number: int, name: str, host: str, nthreads: int, memory_limit: int,
        resources: dict[str, float],
    ) -> None:  # fmt: skip
        self.number = number
        self.name = name
        self.host = host
        self.nthreads = nthreads
        self.memory_limit = memory_limit
        self.resources = resources
        self.free = dict(resources)
        self.status = RUNNING
        #: Rows given to it, in the order in which they were given: inputs before users.
        self.processing: dict[int, bool] = {}
        #: Function -> how many of ``processing`` call it.
        self.counts: dict[int, int] = {}
        #: Rows of which it has a copy.
        self.holding: dict[int, bool] = {}
        self.nbytes = 0
        #: Ready rows that are better off here, lowest rank first: a heap of rank << 32 | row.
        self.own: list[int] = []
        self.is_touched = False
        self.is_idle = False
        self.is_solo = False  # runs a suspect, and nothing beside it
        self.nseceded = 0
        self.last_report = 0.0
        self.is_recalling = False  # a TakeBack for others' sake is on its way
        self.executing: list[int] = []
        #: Rows that no other worker has yet, while it retires.
        self.leaving: dict[int, bool] = {}
        self.compute: Compute | None = None
        self.release: list[int] = []
        self.take_back: list[int] = []


class Client:
    """One client: its handles, and what it is told in this turn."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.handles: dict[int, int] = {}
        self.watched: Watched | None = None
        #: In the order in which things happened; what comes in a row is told in one.
        self.messages: list[Instruction] = []


class Function:
    """What is known of the tasks that call one function."""

    def __init__(self) -> None:
        self.count = 0
        self.duration = 0.0  # seconds, a running mean
        self.nbytes = 0.0  # of its results, a running mean


class Columns:
    """All that the scheduler knows.  Changed by the modules beside this one, and only there."""

    def __init__(self) -> None:
        self.now = 0.0
        # one entry a row
        self.ids: list[int] = []
        self.keys: list[str] = []
        self.state: list[int] = []
        self.flags: list[int] = []
        self.function: list[int] = []
        self.group: list[int] = []
        self.args: list[bytes] = []
        self.inputs: list[tuple[int, ...]] = []
        self.dependents: list[list[int] | None] = []
        self.missing: list[int] = []
        self.unassigned: list[int] = []
        self.users: list[int] = []
        self.links: list[int] = []
        self.worker: list[int] = []  # that processes it, or the first that holds it; else -1
        self.rank: list[int] = []
        self.nbytes: list[int] = []
        self.client: list[int] = []
        self.handle: list[int] = []
        self.free_rows: list[int] = []
        self.stale: dict[int, int] = {}  # row -> forgotten rows among its dependents
        self.next_rank = 0
        # rare facts, by row
        self.replicas: dict[int, list[int]] = {}  # holders beside the first
        # Beside the first: row -> (client, handle) -> is wanted.
        self.others: dict[int, dict[tuple[int, int], int]] = {}
        self.options: dict[int, Options] = {}
        self.retries: dict[int, int] = {}
        self.deaths: dict[int, int] = {}
        self.errors: dict[int, object] = {}
        self.blame: dict[int, tuple[str, int]] = {}  # key and row of the task that raised
        self.definitions: dict[int, bytes] = {}
        self.putting: dict[int, list[int]] = {}  # data on its way -> clients that put it
        # by key and by number
        self.row_of: dict[str, int] = {}
        self.workers: dict[int, Worker] = {}
        self.nthreads = 0  # of all workers
        self.clients: dict[int, Client] = {}
        self.functions: dict[int, Function] = {}
        # what waits for a worker: heaps of rank << 32 | row
        self.ready: list[int] = []  # rows that became ready in this turn
        self.following: list[int] = []  # may follow from others, since this turn
        self.queue: list[int] = []
        self.suspects: list[int] = []
        self.draining = -1  # the worker that ends what it has, to run a suspect
        self.starved: dict[str, list[int]] = {}  # rows with restrictions, by what they ask for
        self.no_worker: dict[int, bool] = {}
        self.touched: list[Worker] = []  # may have room for more, since this turn
        self.idle: dict[int, bool] = {}  # have a free thread and found nothing for it
        self.open: dict[int, bool] = {}  # are busy, and have room for more ahead
        self.is_newly_idle = False  # somebody found nothing in this turn
        self.balanced_at = 0.0
        self.crowded: dict[int, bool] = {}  # have more than they can run at once
        # what has been decided in this turn
        self.dirty: list[Worker] = []
        self.told: list[Client] = []
        self.instructions: list[Instruction] = []
        self.forgotten: list[int] = []  # functions of forgotten rows

    def live_row(self, id: int) -> int:
        """Return the row that an id names, or -1 when it is out of date."""
        row = id & ROW
        if row < len(self.ids) and self.ids[row] == id and self.state[row] != FORGOTTEN:
            return row
        return -1

    def holders(self, row: int) -> list[int]:
        """Return the workers that have the result of a row in memory."""
        if self.state[row] != MEMORY:
            return []
        more = self.replicas.get(row)
        return [self.worker[row]] if more is None else [self.worker[row], *more]

    def is_holder(self, row: int, number: int) -> bool:
        """Tell whether a worker has the result of a row, which is in memory."""
        if self.worker[row] == number:
            return True
        more = self.replicas.get(row)
        return more is not None and number in more

    def is_wanted(self, row: int) -> bool:
        """Tell whether any client wants a row."""
        flags = self.flags[row]
        if flags & WANTED:
            return True
        if flags & SHARED:
            for wanted in self.others[row].values():
                if wanted:
                    return True
        return False

    def mean_duration(self, function: int) -> float:
        """Return how long such tasks take, in seconds; -1 when none has ended yet."""
        known = self.functions.get(function)
        return -1.0 if known is None or known.count == 0 else known.duration

    def occupancy(self, worker: Worker) -> float:
        """Return the seconds of known work that a worker has, over all its threads."""
        total = 0.0
        functions = self.functions
        for function, count in worker.counts.items():
            known = functions.get(function)
            if known is not None:
                total += known.duration * count
        return total

    # -- rows ------------------------------------------------------------------------------------

    def add_row(self, key: str) -> int:
        """Return a fresh released row of this key."""
        if self.free_rows:
            row = self.free_rows.pop()
            self.keys[row] = key
            self.state[row] = RELEASED
            self.flags[row] = 0
            self.inputs[row] = ()
            self.dependents[row] = None
            self.users[row] = 0
            self.links[row] = 0
            self.worker[row] = -1
            self.nbytes[row] = 0
            self.client[row] = -1
            self.handle[row] = -1
        else:
            row = len(self.ids)
            self.extend([key])
        self.row_of[key] = row
        return row

    def extend(self, keys: list[str]) -> int:
        """Append released rows without registering their keys; return the first of them."""
        first = len(self.ids)
        count = len(keys)
        nothing = [0] * count
        minus = [-1] * count
        self.ids.extend(range(first, first + count))
        self.keys.extend(keys)
        self.state.extend(nothing)
        self.flags.extend(nothing)
        self.function.extend(nothing)
        self.group.extend(nothing)
        self.args.extend([b""] * count)
        self.inputs.extend([()] * count)
        self.dependents.extend([None] * count)
        self.missing.extend(nothing)
        self.unassigned.extend(nothing)
        self.users.extend(nothing)
        self.links.extend(nothing)
        self.worker.extend(minus)
        self.rank.extend(nothing)
        self.nbytes.extend(nothing)
        self.client.extend(minus)
        self.handle.extend(minus)
        return first

    def forget(self, row: int) -> None:
        """Let a released, erred row go that nobody wants or takes, and what it alone linked to."""
        state = self.state
        links = self.links
        stale = self.stale
        todo = [row]
        while todo:
            row = todo.pop()
            if state[row] == FORGOTTEN:
                continue
            state[row] = FORGOTTEN
            self.ids[row] += GENERATION
            self.forgotten.append(self.function[row])
            del self.row_of[self.keys[row]]
            self._forget_rare(row)
            self.args[row] = b""
            self.keys[row] = ""
            held = 0
            listed: list[int] = []
            for other in self.inputs[row]:
                if state[other] == FORGOTTEN:
                    continue
                held += 1
                left = links[other] - 1
                links[other] = left
                if left == 0 and self._is_forgettable(other):
                    todo.append(other)  # its list goes with it
                else:
                    count = stale.get(other, 0) + 1
                    stale[other] = count
                    if left == 0 or count >= FEW_STALE:
                        listed.append(other)
            # From here on ``links`` counts the lists of others in which the row still stands.
            links[row] = held
            dependents = self.dependents[row]
            if dependents is not None:
                self.dependents[row] = None
                stale.pop(row, None)
                self._unlist(dependents)
            if held == 0:
                self.free_rows.append(row)
            for other in listed:  # only now: a row that stands there may become free
                self._clean(other)
            self.inputs[row] = ()

    def _is_forgettable(self, row: int) -> bool:
        return (
            self.links[row] == 0
            and (self.state[row] == RELEASED or self.state[row] == ERRED)
            and not self.is_wanted(row)
        )

    def forget_if_unused(self, row: int) -> None:
        """Forget a row that is not in play, if nobody wants or takes it."""
        if self._is_forgettable(row):
            self.forget(row)

    def _clean(self, row: int) -> None:
        """Drop forgotten rows from the dependents of a row when they are half of them."""
        dependents = self.dependents[row]
        stale = self.stale.get(row, 0)
        if dependents is None or 2 * stale < len(dependents):
            return
        kept = [other for other in dependents if self.state[other] != FORGOTTEN]
        gone = [other for other in dependents if self.state[other] == FORGOTTEN]
        self.dependents[row] = kept if kept else None
        self.stale.pop(row, None)
        self._unlist(gone)

    def _unlist(self, rows: list[int]) -> None:
        """These stand in one list less: forgotten ones that stand in none are free again."""
        state = self.state
        links = self.links
        for row in rows:
            if state[row] == FORGOTTEN:
                left = links[row] - 1
                links[row] = left
                if left == 0:
                    self.free_rows.append(row)

    def _forget_rare(self, row: int) -> None:
        client = self.clients.get(self.client[row])
        if client is not None:
            client.handles.pop(self.handle[row], None)
        flags = self.flags[row]
        if flags & SHARED:
            for number, handle in self.others.pop(row):
                other = self.clients.get(number)
                if other is not None:
                    other.handles.pop(handle, None)
        if flags & RARE:
            self.options.pop(row, None)
            self.retries.pop(row, None)
        if self.deaths:
            self.deaths.pop(row, None)
        if self.errors:
            self.errors.pop(row, None)
            self.blame.pop(row, None)
        if self.definitions:
            self.definitions.pop(row, None)
        self.flags[row] = 0

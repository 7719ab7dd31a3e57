"""What clients ask for: graphs, results, releases, cancels, retries, places for their data."""

from __future__ import annotations

from treadle.scheduling.scheduler.columns import (
    DATA,
    ERRED,
    FORGOTTEN,
    MEMORY,
    NOBODY,
    NOBODY_YET,
    PROCESSING,
    RARE,
    RELEASED,
    RUNNING,
    SHARED,
    WANTED,
    WATCHED,
    Client,
    Columns,
    Worker,
)
from treadle.scheduling.scheduler.events import (
    ClientJoined,
    ClientLeft,
    DataScattered,
    GraphSubmitted,
    HandlesCancelled,
    HandlesReleased,
    HandlesRetried,
    HandlesWanted,
    KeysWanted,
    Options,
)
from treadle.scheduling.scheduler.instructions import Refused, ScatterTo
from treadle.scheduling.scheduler.lifecycle import is_in_play, lose_data, need, unneed
from treadle.scheduling.scheduler.notices import tell_cancelled, tell_done_to, tell_erred_to
from treadle.scheduling.scheduler.placement import is_named, load_in_memory

#: A priority of 1 goes before all that has this rank or more beyond its own.
PRIORITY_STEP = 1 << 44

#: Priorities beyond this make no difference.
MAX_PRIORITY = float(1 << 15)


def client_joined(s: Columns, event: ClientJoined) -> None:
    """A client is there."""
    s.clients[event.client] = Client(event.client)


def client_left(s: Columns, event: ClientLeft) -> None:
    """A client is gone: nothing is wanted for it any more."""
    client = s.clients.get(event.client)
    if client is None:
        return
    release(s, client, list(client.handles))
    del s.clients[event.client]
    for row, clients in list(s.putting.items()):
        if event.client in clients:
            clients.remove(event.client)
            if not clients and s.state[row] == PROCESSING:
                lose_data(s, row)  # others want it, and nobody puts it any more
    if client in s.told:
        s.told = [other for other in s.told if other is not client]


# -- graphs --------------------------------------------------------------------------------------


def graph_submitted(s: Columns, event: GraphSubmitted) -> None:
    """Take tasks in, all of them or none."""
    client = s.clients.get(event.client)
    if client is None:
        return
    kind, reason = _find_fault(s, client, event)
    if kind:
        handles = [event.base + n for n in range(len(event.keys))]
        s.instructions.append(Refused(event.client, handles, kind, reason))
        return
    rows, is_fresh = _admit(s, client, event)
    users = s.users
    flags = s.flags
    for position in event.wanted:
        row = rows[position]
        if is_fresh:
            flags[row] |= WANTED
            users[row] += 1
        else:
            _want(s, client, event.base + position, row)
    for position in event.wanted:
        row = rows[position]
        if s.state[row] == RELEASED:
            need(s, row)
        elif not is_fresh:
            _tell_state(s, client.number, event.base + position, row)


def _find_fault(s: Columns, client: Client, event: GraphSubmitted) -> tuple[str, str]:
    """Say why a graph can't be taken: the class of the error, and the reason."""
    size = len(event.keys)
    row_of = s.row_of
    for position, digest in event.definitions.items():
        if not 0 <= position < size:
            return "GraphError", f"there is no row {position}"
        key = event.keys[position]
        row = row_of.get(key, -1)
        if row >= 0 and s.definitions.get(row, digest) != digest:
            return "KeyConflict", (
                f"the key {key!r} is in use for another computation; choose another key, or "
                "release the futures of that one first"
            )
    if not (
        len(event.functions) == len(event.groups) == len(event.args) == len(event.inputs) == size
    ):
        return "GraphError", "its columns differ in length"
    base = event.base
    handles = client.handles
    for position, row_inputs in enumerate(event.inputs):
        for handle in row_inputs:
            if handle >= base + position or (handle < base and handle not in handles):
                return "GraphError", (
                    f"{event.keys[position]!r} takes a result that is unknown here; it was "
                    "released or cancelled before: compute it again"
                )
    for position in (*event.wanted, *event.options):
        if not 0 <= position < size:
            return "GraphError", f"there is no row {position}"
    return "", ""


def _admit(s: Columns, client: Client, event: GraphSubmitted) -> tuple[list[int], bool]:
    """Give every task its row; also tell whether all rows are new."""
    keys = event.keys
    size = len(keys)
    row_of = s.row_of
    known = len(row_of)
    is_fresh = row_of.keys().isdisjoint(keys)
    if is_fresh and len(s.free_rows) < size:
        first = s.extend(keys)
        rows = list(range(first, first + size))
        row_of.update(zip(keys, rows, strict=True))
        is_fresh = len(row_of) == known + size
        if not is_fresh:  # a key stands twice in the message itself: the first counts
            for position in range(size - 1, -1, -1):
                row_of[keys[position]] = rows[position]
            for position in range(size):
                row = row_of[keys[position]]
                if row != rows[position]:
                    s.state[rows[position]] = FORGOTTEN
                    s.free_rows.append(rows[position])
                    rows[position] = row
    else:
        rows = []
        fresh = is_fresh
        for key in keys:
            row = row_of.get(key, -1)
            if row < 0:
                row = s.add_row(key)
            else:
                fresh = False
            rows.append(row)
        is_fresh = fresh
    _fill_columns(s, client, event, rows, known)
    return rows, is_fresh


def _fill_columns(
    s: Columns, client: Client, event: GraphSubmitted, rows: list[int], known: int
) -> None:
    """Write the columns of new rows; rows that were there keep theirs."""
    number = client.number
    base = event.base
    handles = client.handles
    mark = WATCHED if event.watch else 0
    shift = _steps(event.priority)
    rank = s.next_rank
    s.next_rank += len(rows)
    position = -1
    for row in rows:
        position += 1
        handle = base + position
        handles[handle] = row
        if s.client[row] != NOBODY_YET:
            _share(s, row, number, handle)
            continue
        s.client[row] = number
        s.handle[row] = handle
        s.flags[row] |= mark
        s.function[row] = event.functions[position]
        s.group[row] = event.groups[position]
        s.args[row] = event.args[position]
        s.rank[row] = rank + position - shift
        names = event.inputs[position]
        if names:
            inputs = []
            for name in names:
                other = rows[name - base] if name >= base else handles[name]
                inputs.append(other)
                s.links[other] += 1
                dependents = s.dependents[other]
                if dependents is None:
                    s.dependents[other] = [row]
                else:
                    dependents.append(row)
            s.inputs[row] = tuple(inputs)
    for position, digest in event.definitions.items():
        s.definitions[rows[position]] = digest
    for position, options in event.options.items():
        row = rows[position]
        if s.client[row] == number and s.handle[row] == base + position:  # it is new
            _set_options(s, row, options)


def _set_options(s: Columns, row: int, options: Options) -> None:
    s.flags[row] |= RARE
    s.options[row] = options
    if options.retries:
        s.retries[row] = options.retries
    if options.priority:
        s.rank[row] -= _steps(options.priority)


def _steps(priority: float) -> int:
    """Return by how much a priority lowers a rank; whatever a client sends is a number here."""
    return int(max(-MAX_PRIORITY, min(MAX_PRIORITY, priority)) * PRIORITY_STEP)


def _share(s: Columns, row: int, number: int, handle: int) -> None:
    """A further handle stands for a row."""
    s.flags[row] |= SHARED
    s.others.setdefault(row, {})[number, handle] = 0


def _want(s: Columns, client: Client, handle: int, row: int) -> bool:
    """Note that a client wants a row; tell whether that is new."""
    if s.client[row] == client.number and s.handle[row] == handle:
        if s.flags[row] & WANTED:
            return False
        s.flags[row] |= WANTED
    else:
        others = s.others[row]
        if others[client.number, handle]:
            return False
        others[client.number, handle] = 1
    s.users[row] += 1
    return True


def _tell_state(s: Columns, number: int, handle: int, row: int) -> None:
    """Tell a client at once what is known of a row that it has begun to want."""
    if s.state[row] == MEMORY:
        tell_done_to(s, number, handle, row)
    elif s.state[row] == ERRED:
        tell_erred_to(s, number, handle, row)


def keys_wanted(s: Columns, event: KeysWanted) -> None:
    """A client wants what others have submitted."""
    client = s.clients.get(event.client)
    if client is None:
        return
    unknown: list[int] = []
    for position, key in enumerate(event.keys):
        handle = event.base + position
        row = s.row_of.get(key, -1)
        if row < 0:
            unknown.append(handle)
            continue
        client.handles[handle] = row
        _share(s, row, client.number, handle)
        _begin_to_want(s, client, handle, row)
    if unknown:
        reason = "nobody holds a result of this key any more; compute it again"
        s.instructions.append(Refused(client.number, unknown, "UnknownKey", reason))


def handles_wanted(s: Columns, event: HandlesWanted) -> None:
    """A client wants tasks that it has sent before."""
    client = s.clients.get(event.client)
    if client is None:
        return
    unknown: list[int] = []
    for handle in event.handles:
        row = client.handles.get(handle, -1)
        if row >= 0:
            _begin_to_want(s, client, handle, row)
        else:
            unknown.append(handle)
    if unknown:
        reason = "it was released, or needed by nothing any more; compute it again"
        s.instructions.append(Refused(client.number, unknown, "UnknownKey", reason))


def _begin_to_want(s: Columns, client: Client, handle: int, row: int) -> None:
    _want(s, client, handle, row)
    if s.state[row] == RELEASED:
        need(s, row)
    else:
        _tell_state(s, client.number, handle, row)


# -- letting go ----------------------------------------------------------------------------------


def handles_released(s: Columns, event: HandlesReleased) -> None:
    """A client wants these no more."""
    client = s.clients.get(event.client)
    if client is not None:
        release(s, client, event.handles)


def release(s: Columns, client: Client, handles: list[int]) -> None:
    """Drop a client's interest in rows, and what nobody needs then."""
    # Users first: they let go of what they take, and each row is looked at once.
    released: list[int] = []
    for handle in handles:
        row = client.handles.pop(handle, -1)
        if row < 0:
            continue
        if s.client[row] == client.number and s.handle[row] == handle:
            wanted = s.flags[row] & WANTED
            s.flags[row] &= ~(WANTED | WATCHED)
            s.handle[row] = -1
            s.client[row] = NOBODY
        else:
            others = s.others[row]
            wanted = others.pop((client.number, handle))
            if not others:
                del s.others[row]
                s.flags[row] &= ~SHARED
        if wanted:
            s.users[row] -= 1
        released.append(row)
    for row in reversed(released):
        if s.users[row] == 0:
            unneed(s, row)


def handles_cancelled(s: Columns, event: HandlesCancelled) -> None:
    """Cancel for this client; with ``force`` the tasks, and what stands on them, for all."""
    client = s.clients.get(event.client)
    if client is None:
        return
    if event.force:
        reason = "it, or something it stands on, was cancelled by another client"
        rows = [client.handles[handle] for handle in event.handles if handle in client.handles]
        seen = dict.fromkeys(rows, True)
        while rows:
            row = rows.pop()
            _cancel_for_all(s, client, row, reason)
            for other in s.dependents[row] or ():
                if other not in seen and is_in_play(s.state[other]):
                    seen[other] = True
                    rows.append(other)
    release(s, client, event.handles)


def _cancel_for_all(s: Columns, by: Client, row: int, reason: str) -> None:
    wants = []
    if s.flags[row] & WANTED:
        wants.append((s.client[row], s.handle[row]))
    if s.flags[row] & SHARED:
        wants += [who for who, wanted in s.others[row].items() if wanted]
    for number, handle in wants:
        other = s.clients.get(number)
        if other is not None and other is not by:
            tell_cancelled(s, number, handle, reason)
            release(s, other, [handle])


def handles_retried(s: Columns, event: HandlesRetried) -> None:
    """Run failed tasks again, with the failed ones that they stand on."""
    client = s.clients.get(event.client)
    if client is None:
        return
    again: list[int] = []
    for handle in event.handles:
        row = client.handles.get(handle, -1)
        todo = [row] if row >= 0 else []
        while todo:
            row = todo.pop()
            if s.state[row] == ERRED:
                s.state[row] = RELEASED
                s.errors.pop(row, None)
                s.blame.pop(row, None)
                s.deaths.pop(row, None)
                again.append(row)
                todo.extend(s.inputs[row])
    for row in again:
        if s.state[row] == RELEASED and s.users[row] > 0:
            need(s, row)


# -- scattering ----------------------------------------------------------------------------------


def data_scattered(s: Columns, event: DataScattered) -> None:
    """Choose where a client puts its values."""
    client = s.clients.get(event.client)
    if client is None:
        return
    workers = _scatter_workers(s, event.workers)
    if not workers:
        handles = [event.base + n for n in range(len(event.keys))]
        whom = f" of {event.workers}" if event.workers is not None else ""
        reason = f"no worker{whom} is there to hold the data; wait for one (wait_for_workers)"
        s.instructions.append(Refused(client.number, handles, "NoWorkers", reason))
        return
    answer = ScatterTo(client.number, [], [], [])
    for position, key in enumerate(event.keys):
        handle = event.base + position
        row = s.row_of.get(key, -1)
        is_there = row >= 0 and s.state[row] == MEMORY
        is_coming = row >= 0 and s.state[row] == PROCESSING
        if row < 0:
            row = s.add_row(key)
            s.function[row] = -1
            s.group[row] = -1
            s.args[row] = b""
            s.flags[row] = DATA
            s.rank[row] = 0
            s.client[row] = NOBODY
        client.handles[handle] = row
        _share(s, row, client.number, handle)
        _want(s, client, handle, row)
        if is_there:
            _tell_state(s, client.number, handle, row)
            targets: list[Worker] = []
        elif is_coming:  # it may never come from the other client: this one puts it too
            targets = [s.workers[s.worker[row]]]
            s.putting.setdefault(row, []).append(client.number)
        else:
            targets = workers if event.broadcast else workers[position % len(workers) :][:1]
            worker = targets[0]
            s.errors.pop(row, None)
            s.blame.pop(row, None)
            s.state[row] = PROCESSING
            s.worker[row] = worker.number
            s.putting[row] = [client.number]
            worker.processing[row] = True
            worker.counts[-1] = worker.counts.get(-1, 0) + 1
        answer.handles.append(handle)
        answer.ids.append(s.ids[row])
        answer.targets.append([worker.number for worker in targets])
    s.instructions.append(answer)


def _scatter_workers(s: Columns, names: list[str] | None) -> list[Worker]:
    """Return the workers that may get data, those that hold least first."""
    wishes = Options(workers=names)
    found = [w for w in s.workers.values() if w.status == RUNNING and is_named(w, wishes)]
    found.sort(key=load_in_memory)
    return found

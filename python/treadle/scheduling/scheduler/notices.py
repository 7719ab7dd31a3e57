"""What clients and workers are told in a turn: appended to as it is decided, sent in one piece."""

from __future__ import annotations

from treadle.scheduling.scheduler.columns import SHARED, WANTED, WATCHED, Client, Columns, Worker
from treadle.scheduling.scheduler.instructions import (
    Cancelled,
    Done,
    Erred,
    Forget,
    Instruction,
    Lost,
    Release,
    TakeBack,
    Watched,
)


def tell_done(s: Columns, row: int, value: bytes | None) -> None:
    """Tell every client that wants a row that it is in memory."""
    flags = s.flags[row]
    if flags & WANTED:
        _done(s, s.client[row], s.handle[row], row, value)
    if flags & SHARED:
        for (number, handle), wanted in s.others[row].items():
            if wanted:
                _done(s, number, handle, row, value)


def _done(s: Columns, number: int, handle: int, row: int, value: bytes | None) -> None:
    client = s.clients.get(number)
    if client is None:
        return
    messages = client.messages
    last = messages[-1] if messages else None
    if isinstance(last, Done):
        done = last
    else:
        done = Done(number, [], [], [], [], {})
        _tell(s, client, done)
    if value is not None:
        done.values[len(done.handles)] = value
    done.handles.append(handle)
    done.ids.append(s.ids[row])
    done.nbytes.append(s.nbytes[row])
    done.workers.append(s.worker[row])


def _tell(s: Columns, client: Client, message: Instruction) -> None:
    if not client.messages and client.watched is None:
        s.told.append(client)
    client.messages.append(message)


def tell_done_to(s: Columns, number: int, handle: int, row: int) -> None:
    """Tell one client, who has just asked, that a row is in memory already."""
    _done(s, number, handle, row, None)


def tell_watched(s: Columns, row: int, position: int) -> None:
    """Tell the client that watches a row's graph that the row has ended."""
    if not s.flags[row] & WATCHED:
        return
    client = s.clients.get(s.client[row])
    if client is None:
        return
    watched = client.watched
    if watched is None:
        if not client.messages:
            s.told.append(client)
        watched = client.watched = Watched(client.number, s.worker[row], [], [])
    watched.handles.append(s.handle[row])
    watched.positions.append(position)


def tell_erred(s: Columns, row: int) -> None:
    """Tell every client that wants a row that it has failed, and whose fault it is."""
    flags = s.flags[row]
    if flags & (WANTED | WATCHED):
        tell_erred_to(s, s.client[row], s.handle[row], row)
    if flags & SHARED:
        for (number, handle), wanted in s.others[row].items():
            if wanted:
                tell_erred_to(s, number, handle, row)


def tell_erred_to(s: Columns, number: int, handle: int, row: int) -> None:
    """Tell one client."""
    client = s.clients.get(number)
    if client is None:
        return
    last = client.messages[-1] if client.messages else None
    if isinstance(last, Erred):
        erred = last
    else:
        erred = Erred(number, [], [], [], [])
        _tell(s, client, erred)
    key, culprit = s.blame[row]
    erred.handles.append(handle)
    erred.errors.append(s.errors[row])
    erred.blame.append(key)
    same = culprit >= 0 and s.keys[culprit] == key and s.client[culprit] == number
    erred.blame_handles.append(s.handle[culprit] if same else -1)


def tell_lost(s: Columns, row: int) -> None:
    """Tell every client that wants a row that its result is gone and made again."""
    if s.flags[row] & WANTED:
        _lost(s, s.client[row], s.handle[row])
    if s.flags[row] & SHARED:
        for (number, handle), wanted in s.others[row].items():
            if wanted:
                _lost(s, number, handle)


def _lost(s: Columns, number: int, handle: int) -> None:
    client = s.clients.get(number)
    if client is None:
        return
    last = client.messages[-1] if client.messages else None
    if isinstance(last, Lost):
        last.handles.append(handle)
    else:
        _tell(s, client, Lost(number, [handle]))


def tell_cancelled(s: Columns, number: int, handle: int, reason: str) -> None:
    """Tell a client that what it wanted was cancelled."""
    client = s.clients.get(number)
    if client is None:
        return
    last = client.messages[-1] if client.messages else None
    if isinstance(last, Cancelled):
        last.handles.append(handle)
    else:
        _tell(s, client, Cancelled(number, [handle], reason))


def tell_release(s: Columns, worker: Worker, id: int) -> None:
    """Tell a worker to drop an id."""
    if not worker.release and worker.compute is None and not worker.take_back:
        s.dirty.append(worker)
    worker.release.append(id)


def tell_take_back(s: Columns, worker: Worker, id: int) -> None:
    """Ask a worker to give an id back."""
    if not worker.release and worker.compute is None and not worker.take_back:
        s.dirty.append(worker)
    worker.take_back.append(id)


def collect(s: Columns) -> list[Instruction]:
    """Return what was decided since the last call, grouped by receiver, in a fixed order."""
    instructions = s.instructions
    s.instructions = []
    for worker in s.dirty:
        # What was given in this turn may be asked back in it.
        compute = worker.compute
        if compute is not None:
            instructions.append(compute)
            worker.compute = None
        if worker.take_back:
            instructions.append(TakeBack(worker.number, worker.take_back))
            worker.take_back = []
        if worker.release:
            instructions.append(Release(worker.number, worker.release))
            worker.release = []
    s.dirty.clear()
    for client in s.told:
        watched = client.watched
        if watched is not None:  # spans before the ends
            client.watched = None
            instructions.append(watched)
        instructions.extend(client.messages)
        client.messages = []
    s.told.clear()
    if s.forgotten:
        instructions.append(Forget(s.forgotten))
        s.forgotten = []
    return instructions

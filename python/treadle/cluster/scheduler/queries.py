"""Answers to what clients ask: plain values, made of what the state knows at this moment."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from time import monotonic, time
from typing import TYPE_CHECKING, Any

from treadle.scheduling.scheduler.columns import MEMORY, STATES
from treadle.scheduling.scheduler.story import why

if TYPE_CHECKING:
    from treadle.cluster.scheduler.clients import ClientPeer
    from treadle.cluster.scheduler.scheduler import Scheduler
    from treadle.cluster.scheduler.workers import WorkerPeer

Args = Mapping[str, Any]


def answer_query(peer: ClientPeer, what: str, args: Args) -> Any:
    """Answer one question.

    Raises
    ------
    ValueError
        If there is no such question.
    KeyError, TypeError
        If it lacks something.
    """
    query = _QUERIES.get(what)
    if query is None:
        raise ValueError(f"unknown question {what!r}")
    return query(peer, args)


def named_workers(scheduler: Scheduler, names: Iterable[str] | None) -> list[WorkerPeer]:
    """Return the workers of these names, hosts or addresses; all for None."""
    found = [peer for peer in scheduler.workers.values() if peer.info is not None]
    if names is None:
        return found
    wanted = set(names)
    return [peer for peer in found if wanted & _names(peer)]


def _names(peer: WorkerPeer) -> set[str]:
    assert peer.info is not None
    return {peer.name, peer.info.host, str(peer.number), *peer.info.addresses}


def _rows(peer: ClientPeer, handles: Iterable[int]) -> dict[int, int]:
    known = peer.scheduler.state.columns.clients[peer.number].handles
    return {handle: known[handle] for handle in handles if handle in known}


def _holders(scheduler: Scheduler, row: int) -> list[int]:
    return scheduler.state.columns.holders(row)


def _where(peer: ClientPeer, args: Args) -> dict[int, list[Any]]:
    """For fetching: handle -> id and numbers of the workers that hold it."""
    columns = peer.scheduler.state.columns
    return {
        handle: [columns.ids[row], _holders(peer.scheduler, row)]
        for handle, row in _rows(peer, args["handles"]).items()
    }


def _who_has(peer: ClientPeer, args: Args) -> dict[str, list[str]]:
    scheduler = peer.scheduler
    columns = scheduler.state.columns
    handles = args.get("handles")
    if handles is None:
        rows = [row for row in columns.row_of.values() if columns.state[row] == MEMORY]
    else:
        rows = list(_rows(peer, handles).values())
    return {
        columns.keys[row]: [scheduler.workers[n].name for n in _holders(scheduler, row)]
        for row in rows
    }


def _has_what(peer: ClientPeer, args: Args) -> dict[str, list[str]]:
    columns = peer.scheduler.state.columns
    return {
        worker.name: [columns.keys[row] for row in columns.workers[worker.number].holding]
        for worker in named_workers(peer.scheduler, args.get("workers"))
    }


def _processing(peer: ClientPeer, args: Args) -> dict[str, list[str]]:
    columns = peer.scheduler.state.columns
    return {
        worker.name: [columns.keys[row] for row in columns.workers[worker.number].processing]
        for worker in named_workers(peer.scheduler, args.get("workers"))
    }


def _nbytes(peer: ClientPeer, args: Args) -> dict[str, int]:
    columns = peer.scheduler.state.columns
    keys = args.get("keys")
    rows = (
        columns.row_of.values()
        if keys is None
        else [columns.row_of[key] for key in keys if key in columns.row_of]
    )
    return {columns.keys[row]: columns.nbytes[row] for row in rows if columns.state[row] == MEMORY}


def _story(peer: ClientPeer, args: Args) -> list[tuple[float, str]]:
    state = peer.scheduler.state
    offset = time() - monotonic()
    return [
        (moment + offset, words) for moment, words in state.log.story(state.columns, args["key"])
    ]


def _why(peer: ClientPeer, args: Args) -> str:
    return why(peer.scheduler.state.columns, str(args["key"]))


def _info(peer: ClientPeer, args: Args) -> dict[str, Any]:
    scheduler = peer.scheduler
    columns = scheduler.state.columns
    counts = dict.fromkeys(STATES[:-1], 0)
    for state in columns.state:
        if state < len(counts):
            counts[STATES[state]] += 1
    return {
        "name": scheduler.name,
        "cluster": scheduler.credentials.cluster,
        "addresses": scheduler.addresses,
        "pid": os.getpid(),
        "tasks": counts,
        "clients": len(scheduler.clients),
        "workers": [
            {
                "number": worker.number,
                "name": worker.name,
                "host": worker.info.host,
                "pid": worker.info.pid,
                "nthreads": worker.info.nthreads,
                "memory_limit": worker.info.memory_limit,
                "addresses": worker.info.addresses,
                "resources": worker.info.resources,
                "nbytes": columns.workers[worker.number].nbytes,
                "processing": len(columns.workers[worker.number].processing),
            }
            for worker in named_workers(scheduler, None)
            if worker.info is not None and worker.number in columns.workers
        ],
    }


def _datasets(peer: ClientPeer, args: Args) -> list[str]:
    return sorted(peer.scheduler.datasets)


def _dataset(peer: ClientPeer, args: Args) -> bytes:
    name = args["name"]
    if name not in peer.scheduler.datasets:
        raise KeyError(f"no dataset of the name {name!r} is published")
    return peer.scheduler.datasets[name][0]


def _unpublish(peer: ClientPeer, args: Args) -> None:
    peer.unpublish(args["name"])


_QUERIES: dict[str, Callable[[ClientPeer, Args], Any]] = {
    "where": _where,
    "who_has": _who_has,
    "has_what": _has_what,
    "processing": _processing,
    "nbytes": _nbytes,
    "story": _story,
    "why": _why,
    "info": _info,
    "datasets": _datasets,
    "dataset": _dataset,
    "unpublish": _unpublish,
}

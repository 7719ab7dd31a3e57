"""Clusters of this user, by name: where they are, and the secrets that let one in.

What a record is, and when one is trusted, is `treadle.feedserver.records`.  Here are those of
clusters; kernels, which have records too, take no clients.
"""

from __future__ import annotations

import difflib
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from treadle.errors import RecordError
from treadle.feedserver import records

if TYPE_CHECKING:
    from pathlib import Path

    from treadle.comm.credentials import Credentials
    from treadle.feedserver.records import Record

#: Seconds that the record of a cluster, started here a moment ago, may need.
RECORD_SECONDS = 10.0

_announced: dict[str, Callable[[float], bool]] = {}
_lock = threading.Lock()


def announce(name: str, wait: Callable[[float], bool] | None) -> None:
    """Note that a cluster of this process will have a record soon; ``wait(timeout)`` for it."""
    with _lock:
        if wait is None:
            _announced.pop(name, None)
        else:
            _announced[name] = wait


def find(name: str, directory: Path | None = None) -> Record:
    """Return the record of a cluster that runs.

    Parameters
    ----------
    name : str
    directory : Path, optional
        Where records are.

    Raises
    ------
    RecordError
        If there is none, or it can't be trusted.
    """
    with _lock:
        wait = _announced.get(name)
    if wait is not None and directory is None:
        wait(RECORD_SECONDS)
    where = records.records_directory() if directory is None else directory
    if not records.is_name(name):
        raise RecordError(f"{name!r} can't be the name of a cluster")
    if not (where / f"{name}.json").exists():
        raise RecordError(f"no cluster is called {name!r}{_others(name, where)}")
    record = records.read_record(where / f"{name}.json")
    if record.kind != "cluster" or not record.addresses:
        raise RecordError(f"{name!r} is a {record.kind}, which takes no clients")
    if not records.is_alive(record):
        raise RecordError(f"the cluster {name!r} has ended, and left its record behind")
    return record


def all_records(directory: Path | None = None) -> list[Record]:
    """Return the records of all clusters that run, by name."""
    where = records.records_directory() if directory is None else directory
    return [
        record
        for record in records.list_records(where)
        if record.kind == "cluster" and record.addresses and records.is_alive(record)
    ]


def credentials(record: Record, *roles: str) -> Credentials:
    """Return the secrets in a record: all of them, or those of ``roles``.

    Raises
    ------
    RecordError
        If it lacks one of them.
    """
    from treadle.comm.credentials import Credentials

    secrets = {"client": record.client_secret, "worker": record.worker_secret}
    held = {role: secret for role, secret in secrets.items() if secret is not None}
    for role in roles:
        if role not in held:
            raise RecordError(f"the record of {record.name!r} holds no secret for a {role}")
    return Credentials(
        record.cluster, {role: held[role] for role in (roles or held) if role in held}
    )


def _others(name: str, directory: Path) -> str:
    names = [record.name for record in all_records(directory)]
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; there are {', '.join(map(repr, names))}" if names else "; none is running"

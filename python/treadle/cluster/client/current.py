"""Which client is meant when nobody names one: that of the task around this, or the default one.

>>> get_client()
Traceback (most recent call last):
    ...
ValueError: there is no client here; make one: client = treadle.Client()
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from treadle.cluster.client.client import Client

_default: list[Client] = []  # the one made last is the last
_here = threading.local()

#: In a worker: returns the client of the task that this thread runs, or None outside of tasks.
_task_client: Callable[[], Client | None] = lambda: None


def set_task_client(find: Callable[[], Client | None]) -> None:
    """Say, in a worker, how a task comes to its client."""
    global _task_client
    _task_client = find


def push_default(client: Client) -> None:
    """Make ``client`` the one that is meant."""
    _default.append(client)


def drop_default(client: Client) -> None:
    """A client was closed: the one before it is meant again."""
    while client in _default:
        _default.remove(client)


def forget_defaults() -> None:
    """The process was forked: its parent's clients are not its own."""
    _default.clear()


def default_client() -> Client | None:
    """Return the client that was made last and is open, or None."""
    return _default[-1] if _default else None


@contextmanager
def as_current(client: Client) -> Iterator[None]:
    """Make ``client`` the one that is meant in this thread, for a while."""
    before = getattr(_here, "client", None)
    _here.client = client
    try:
        yield
    finally:
        _here.client = before


def find_client() -> Client | None:
    """Return the client that `get_client` would, or None."""
    return getattr(_here, "client", None) or _task_client() or default_client()


def get_client(
    address: str | None = None, timeout: float | None = None, resolve_address: bool = True
) -> Client:
    """Return the client of the task that runs here, or the one that this process made last.

    Parameters
    ----------
    address, timeout, resolve_address
        Taken for Dask's sake.

    Raises
    ------
    ValueError
        If there is none.

    Examples
    --------
    >>> from treadle import Client, get_client
    >>> with Client(processes=False, n_workers=1) as client:
    ...     get_client() is client
    True
    """
    client = find_client()
    if client is None:
        raise ValueError("there is no client here; make one: client = treadle.Client()")
    return client

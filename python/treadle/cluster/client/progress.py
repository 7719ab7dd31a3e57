"""A bar that grows as futures end, for terminals and notebooks.

>>> print(bar(3, 4, 1.5))
[##############################          ]  75% of 4 tasks, 1.5 s
"""

from __future__ import annotations

import sys
import time
from typing import Any

from treadle.cluster.client.ledger import PENDING
from treadle.cluster.client.waiting import wait_all

_WIDTH = 40


def bar(done: int, total: int, seconds: float) -> str:
    """Return one line of text."""
    share = done / total if total else 1.0
    full = "#" * int(share * _WIDTH)
    return f"[{full:<{_WIDTH}}] {share:4.0%} of {total} tasks, {seconds:.1f} s"


def progress(
    *futures: Any, notebook: bool | None = None, multi: bool = True, complete: bool = True,
    group_by: str = "prefix", interval: float = 0.1, **kwargs: Any,
) -> None:  # fmt: skip
    """Show how many tasks have ended until all have; an interrupt ends the showing only.

    Parameters
    ----------
    *futures : Future, persisted collection, or nested collection of them
    interval : float
        Seconds between two looks.
    notebook, multi, complete, group_by
        Taken for Dask's sake.

    Examples
    --------
    >>> from treadle import Client, progress
    >>> with Client(processes=False, n_workers=1) as client:
    ...     progress(client.map(abs, [-1, 2]))  # doctest: +ELLIPSIS
    [...] 100% of 2 tasks, ... s
    """
    from treadle.cluster.client.nested import futures_of

    found = futures_of(list(futures))
    if not found:
        return
    started = time.monotonic()
    shown = ""
    client = found[0].client
    # On a terminal and in a notebook a line can be written over; elsewhere only the last is kept.
    live = sys.stdout.isatty() or type(sys.stdout).__module__.startswith("ipykernel")
    with client._waiting():
        while True:
            pending = [f for f in found if f._batch.state[f._index] == PENDING]
            shown = bar(len(found) - len(pending), len(found), time.monotonic() - started)
            if live:
                sys.stdout.write("\r" + shown)
                sys.stdout.flush()
            if not pending:
                break
            try:
                wait_all(pending[-1:], interval, ask=False)
            except TimeoutError:
                continue
            except KeyboardInterrupt:
                break
    sys.stdout.write("\n" if live else shown + "\n")

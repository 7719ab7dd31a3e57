"""A process that is a worker and nothing else.

    worker_main(spec) ── start ── ready() ── wait ──┬── SIGTERM: says goodbye, returns
                                                    └── the scheduler has gone: returns

It returns when the worker has ended; whoever called ends the process then, whatever threads tasks
may have left behind.
"""

from __future__ import annotations

import gc
import importlib
import os
import signal
import threading
from collections.abc import Callable, Mapping
from typing import Any

from treadle.cluster.worker.worker import Worker
from treadle.comm.credentials import Credentials
from treadle.utils.process import limit_memory
from treadle.utils.secret import Secret


def worker_main(spec: Mapping[str, Any], ready: Callable[[Worker], None] | None = None) -> str:
    """Be a worker until it is told to end, or its scheduler has gone.

    Parameters
    ----------
    spec : mapping
        ``address`` of the scheduler; ``cluster`` and ``secrets`` (role -> hex digits) as in
        `Credentials`, or ``credentials`` themselves; and, as in `Worker`, ``nthreads``, ``name``,
        ``memory_limit``, ``resources``, ``listen``, ``insecure``.  ``preload`` are modules to
        import first.
        ``echo`` False when whoever sees our streams is a client, too, and would read twice what
        no task said.
        With ``foreground`` Ctrl-C ends the worker; without, it is left to whoever owns it.
    ready : callable, optional
        Called with the worker when the scheduler has taken it in.

    Returns
    -------
    str
        Why it ended.

    Raises
    ------
    CommError
        If the scheduler can't be reached or refuses.
    """
    for module in spec.get("preload") or ():
        importlib.import_module(module)
    limit_memory(spec.get("memory_limit") or 0)
    worker = Worker(
        spec["address"],
        credentials_of(spec),
        nthreads=spec.get("nthreads") or 1,
        name=spec.get("name"),
        memory_limit=spec.get("memory_limit") or 0,
        resources=spec.get("resources"),
        listen=spec.get("listen"),
        capture=True,
        echo=spec.get("echo", True),
        insecure=bool(spec.get("insecure")),
    )
    told = _listen_to_signals(bool(spec.get("foreground")))
    # What was imported lives as long as the process: collections need not look at it again.
    gc.collect()
    gc.freeze()
    worker.start(spec.get("timeout") or 10.0)
    if ready is not None:
        ready(worker)
    threading.Thread(target=_end_when_told, args=(worker, told), daemon=True).start()
    worker.join()
    return worker.reason


def credentials_of(spec: Mapping[str, Any]) -> Credentials:
    """Return the credentials in a spec, which has crossed a process boundary as text."""
    given = spec.get("credentials")
    if given is not None:
        assert isinstance(given, Credentials)
        return given
    secrets = {role: Secret(text) for role, text in spec["secrets"].items()}
    return Credentials(spec["cluster"], secrets)


def _listen_to_signals(foreground: bool) -> threading.Event:
    """Return what is set when a signal asks the process to end.

    Ctrl-C in a terminal reaches everything in it: a worker in the background leaves it to its
    owner, and a task that interrupts the main thread gets nowhere.  A handler, and not SIG_IGN,
    which processes that a task starts would inherit.
    """
    told = threading.Event()

    def end(*_: object) -> None:
        told.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end if foreground else lambda *_: None)
    _give_back_signals_in_children()
    return told


def _give_back_signals_in_children() -> None:
    """In a process that a task forks nobody listens, so signals do there what they always do.

    ``multiprocessing`` ends its processes with SIGTERM, and then waits for them.  One that is sent
    before the child has come this far waits, too.
    """
    if not hasattr(os, "register_at_fork"):
        return
    masks = threading.local()

    def before() -> None:
        masks.old = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGINT])

    def after() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, masks.old)

    def after_in_child() -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        after()

    os.register_at_fork(before=before, after_in_parent=after, after_in_child=after_in_child)


def _end_when_told(worker: Worker, told: threading.Event) -> None:
    told.wait()
    worker.close("it was told to end")

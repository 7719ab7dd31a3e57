"""The owner's end of a nanny: starts the process, gives orders, and hears what happens.

One nanny serves all local clusters that a process starts, one after the other and at once, and
stays for the next: then workers are a few milliseconds away.  It ends with the process.

A forked copy of the owner has nothing to do with its parent's nanny; it starts its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import IO, Any

from treadle.cluster.nanny.lines import Channel, Line
from treadle.utils.process import exit_text

_PROGRAM = "from treadle.cluster.nanny.nanny import main; main()"

# Libraries that start a thread for each core would do so in each worker. As set before, if so.
_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_TRIM_THRESHOLD_": "65536",
}

Listener = Callable[[Line], None]


def worker_environment() -> dict[str, str]:
    """This process's environment, with one thread a numeric library unless it says otherwise."""
    return {**_ENVIRONMENT, **os.environ}


class NannyProcess:
    """A nanny that this process has started.

    Parameters
    ----------
    detached : bool
        Let it live on when this process ends; it then ends with its last cluster.
    log : file, optional
        Where it and, without an owner, its children write; our stderr otherwise.
    """

    def __init__(self, *, detached: bool = False, log: IO[bytes] | None = None):
        import socket

        self._listeners: dict[str, Listener] = {}
        self._lock = threading.Lock()
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, *_flags(), "-c", _PROGRAM),
                    *(str(theirs.fileno()), str(0 if detached else os.getpid()), "treadle"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL if log is None else log,
                stderr=log,
                env=worker_environment(),
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._channel = Channel(ours.detach())
        self._thread = threading.Thread(target=self._read, name="treadle-nanny", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int:
        """Of the nanny."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Does it still answer?"""
        return self._thread.is_alive()

    def listen(self, cluster: str, listener: Listener | None) -> None:
        """Be told, in a thread, of what happens to a cluster: see `treadle.cluster.nanny.nanny`.

        The end of the nanny is told to each listener as ``{"event": "stopped"}``.
        """
        with self._lock:
            if listener is None:
                self._listeners.pop(cluster, None)
            else:
                self._listeners[cluster] = listener

    def send(self, op: str, **fields: Any) -> None:
        """Give an order.  One to a nanny that has ended is answered by its end."""
        with self._lock:
            self._channel.send(op, **fields)

    def close(self, timeout: float = 5.0) -> None:
        """End the nanny and all that it started.  May be called twice."""
        if self._process.returncode is None:
            self.send("end")
            self._thread.join(timeout)
            if self._thread.is_alive():
                self._process.kill()
                self._thread.join(timeout)

    def release(self) -> None:
        """Leave a detached nanny alone."""
        import socket

        with socket.socket(fileno=os.dup(self._channel.fd)) as sock:
            sock.shutdown(socket.SHUT_RDWR)  # closing alone would not wake our thread
        self._thread.join(5)

    def forget(self) -> None:
        """In a forked copy of this process: it is not ours."""
        self._process.returncode = 0
        self._channel.close()

    def _read(self) -> None:
        while (line := self._channel.receive()) is not None:
            with self._lock:
                listener = self._listeners.get(line["cluster"])
            if listener is not None:
                _call(listener, line)
            elif line["event"] == "output":
                sys.stderr.write(line["text"])
        if self._process.returncode is None:
            self._process.wait()
        with self._lock:
            self._channel.close()
            listeners, self._listeners = list(self._listeners.values()), {}
        reason = f"its nanny {exit_text(self._process.returncode or 0)}"
        for listener in listeners:
            _call(listener, {"event": "stopped", "reason": reason, "log": ""})


def _call(listener: Listener, line: Line) -> None:
    """One that fails must not keep the others from hearing."""
    try:
        listener(line)
    except Exception:
        import logging

        logging.getLogger("treadle.cluster").exception("could not take in %r", line["event"])


def _flags() -> list[str]:
    """Options that this interpreter was started with; and none starts from its own folder."""
    flags = list(subprocess._args_from_interpreter_flags())  # type: ignore[attr-defined]
    return flags if "-P" in flags else [*flags, "-P"]


_shared: NannyProcess | None = None
_shared_lock = threading.Lock()


def shared_nanny() -> NannyProcess:
    """The nanny of this process; started on the first call and when the last one has ended."""
    global _shared
    with _shared_lock:
        if _shared is None or not _shared.is_alive:
            _shared = NannyProcess()
            _close_at_exit()
        return _shared


def close_shared_nanny() -> None:
    """End the nanny of this process, if there is one, with all its clusters."""
    global _shared
    with _shared_lock:
        nanny, _shared = _shared, None
    if nanny is not None:
        nanny.close()


def _forget_in_child() -> None:
    global _shared, _shared_lock
    _shared_lock = threading.Lock()  # another thread may have held the old one
    if _shared is not None:
        _shared.forget()
        _shared = None


_at_exit = False


def _close_at_exit() -> None:
    """Once."""
    global _at_exit
    if not _at_exit:
        import atexit

        _at_exit = True
        atexit.register(close_shared_nanny)
        os.register_at_fork(after_in_child=_forget_in_child)

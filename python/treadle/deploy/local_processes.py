"""A local cluster whose scheduler and workers are processes, started by a nanny.

launch = ProcessLaunch(order, ...)     the nanny is told, and starts them
launch.wait(timeout)                   until the first worker is ready: usable from then on
launch.close(timeout)
"""

from __future__ import annotations

import os
import stat
import sys
import threading
from typing import IO, TYPE_CHECKING, Any

from treadle.cluster.nanny.process import NannyProcess, shared_nanny, worker_environment
from treadle.errors import ClusterError

if TYPE_CHECKING:
    from treadle.cluster.nanny.lines import Line


class ProcessLaunch:
    """The processes of one cluster.

    Parameters
    ----------
    name : str
    detached : bool
        Give it a nanny of its own, which does not end with this process.
    """

    def __init__(self, name: str, *, detached: bool = False):
        self.name = name
        self.detached = detached
        self.record_error = ""
        self._told = threading.Condition()
        self._said: dict[str, Line] = {}
        self._ready: set[str] = set()
        self._given_up: Line | None = None
        self._n_workers = 0
        self._nanny: NannyProcess
        if detached:
            log = _open_log(name)
            try:
                self._nanny = NannyProcess(detached=True, log=log)
            finally:
                if log is not None:
                    log.close()
        else:
            self._nanny = shared_nanny()

    @property
    def addresses(self) -> list[str]:
        """Where the scheduler listens."""
        with self._told:
            return list(self._said["listening"]["addresses"])

    @property
    def end(self) -> str | None:
        """Why the cluster has ended; None as long as it has not."""
        with self._told:
            stopped = self._said.get("stopped")
        return None if stopped is None else str(stopped["reason"])

    def start(
        self, scheduler: Line, worker: Line, *, n: int, sockets: str, preload: tuple[str, ...]
    ) -> None:
        """Order the processes; returns at once.

        Parameters
        ----------
        scheduler, worker : dict
            Specs, for `treadle.cluster.scheduler.main` and `treadle.cluster.worker.main`.
        n : int
            Workers.
        sockets : str
            What the paths of UNIX sockets begin with.
        preload : tuple of str
            Modules that the nanny imports, for all its workers.
        """
        self._n_workers = n
        self._nanny.listen(self.name, self._hear)
        self._nanny.send(
            "start",
            cluster=self.name,
            scheduler=scheduler,
            worker=worker,
            n=n,
            sockets=sockets,
            preload=preload,
            spawn=sys.platform == "darwin",  # its libraries do not like to be forked
            surroundings={
                "environ": worker_environment(),
                "cwd": _cwd(),
                "path": [entry for entry in sys.path if isinstance(entry, str)],
            },
        )

    def wait(self, timeout: float) -> None:
        """Return when the scheduler listens and the first worker, if there is to be any, is ready.

        Raises
        ------
        ClusterError
            If that fails or takes too long; nothing is left running then.
        """
        with self._told:
            done = self._told.wait_for(self._is_decided, timeout)
            failure = self._said.get("stopped") or self._given_up
        if done and failure is None:
            return
        if failure is None:
            reason, log = f"it did not start within {timeout:g} s", ""
        else:
            reason, log = failure["reason"], failure["log"]
        raise ClusterError(f"{self.name} could not be started: {reason}", log)

    def wait_recorded(self, timeout: float) -> bool:
        """Wait until the record is written, or can't be."""
        with self._told:
            self._told.wait_for(lambda: self._said.keys() & {"recorded", "stopped"}, timeout)
            return "recorded" in self._said

    def wait_end(self, timeout: float | None) -> None:
        """Wait until everything has ended."""
        with self._told:
            self._told.wait_for(lambda: "stopped" in self._said, timeout)

    def release(self) -> None:
        """Leave a detached cluster to itself."""
        self._nanny.listen(self.name, None)
        self._nanny.release()

    def close(self, timeout: float) -> None:
        """End all processes; killed, if they take more than about half of ``timeout``."""
        if self.end is None:
            self._nanny.send("stop", cluster=self.name, grace=timeout / 2)
            with self._told:
                self._told.wait_for(lambda: "stopped" in self._said, timeout)
        self._nanny.listen(self.name, None)
        if self.detached:
            self._nanny.close(timeout)

    def _is_decided(self) -> bool:
        if "stopped" in self._said or self._given_up is not None:
            return True
        return "listening" in self._said and (bool(self._ready) or self._n_workers == 0)

    def _hear(self, said: Line) -> None:
        """In the thread that listens to the nanny."""
        event = said["event"]
        if event == "output":
            sys.stderr.write(said["text"])
            return
        if event == "exited":
            _log_exit(said)
        with self._told:
            if event == "ready":
                self._ready.add(said["name"])
            elif event == "exited":
                self._ready.discard(said["name"])
                if not said.get("restarting") and not self._ready:
                    self._given_up = said | {"reason": f"{said['name']} {said['reason']}"}
            elif event == "recorded":
                self.record_error = said.get("error") or ""
            self._said[event] = said
            self._told.notify_all()


def _log_exit(said: Line) -> None:
    import logging

    again = "; starting it again" if said.get("restarting") else ""
    log = f"\n{said['log']}" if said.get("log") else ""
    logging.getLogger("treadle.cluster").warning(
        "%s %s%s%s", said["name"], said["reason"], again, log
    )


def _open_log(name: str) -> IO[bytes] | None:
    """Where a cluster that outlives us writes: to our stderr if that is a file, else to a log."""
    try:
        if stat.S_ISREG(os.fstat(2).st_mode):
            return None
    except OSError:
        pass  # closed
    from treadle.feedserver import records

    directory = records.records_directory()
    records.make_directory(directory)
    path = directory / f"{name}.log"
    path.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
    return open(os.open(path, flags, 0o600), "wb")


def _cwd() -> Any:
    try:
        return os.getcwd()
    except OSError:
        return None  # it has been removed

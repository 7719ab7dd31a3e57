"""The processes of one cluster on one host, as their nanny sees them.

    start ---> scheduler --listening--> workers are told to go --ready--> ...
                   |                        |
                   | ends                   | dies: reported with its last words, started again
                   v                        | leaves: on purpose, its place goes with it
               workers are ended, "stopped"

A cluster without a scheduler of its own is a number of workers for one that runs elsewhere; it
ends when the last of them has left.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from treadle.cluster.nanny.child import Child, Process
from treadle.cluster.nanny.restarts import Restarts
from treadle.cluster.nanny.stopped import PATIENCE_SECONDS, StoppedWorkers
from treadle.utils.process import exit_text

if TYPE_CHECKING:
    from treadle.cluster.nanny.lines import Line
    from treadle.cluster.nanny.loop import Loop

SCHEDULER = "scheduler"
GRACE_SECONDS = 2.0
"""How long processes that are told to end may take."""

RESTART_SECONDS = 1.0
RETIRE_SECONDS = 60.0
"""How long a worker may need until its data is elsewhere."""

MAX_WORKERS = 4096

_ENTRIES = {
    "scheduler": "treadle.cluster.scheduler.main:run",
    "worker": "treadle.cluster.worker.child:run",
}


class ClusterProcesses:
    """Scheduler and workers of one cluster.

    Parameters
    ----------
    loop : Loop
    name : str
    order : dict
        What the owner said: ``scheduler`` and ``worker`` are specs, handed to the entries (a spec
        may name another one as ``entry``); ``n`` workers; ``surroundings`` and ``spawn`` as in
        `Child`; ``sockets`` is how the paths of its UNIX sockets begin, for they are removed when
        a process is killed and can't do it; ``patience`` is how long a worker may be stopped.
    report : callable
        ``report(event, **fields)``: what the owner hears of.
    make : callable
        ``make(spawn)`` returns a process that waits for its task.
    on_child, on_settled, on_stopped : callable
        A child has been started; all workers are ready; nothing of the cluster is left.
    """

    def __init__(
        self,
        loop: Loop,
        name: str,
        order: Line,
        *,
        report: Callable[..., None],
        make: Callable[[bool], Process],
        on_child: Callable[[ClusterProcesses, Child], None],
        on_settled: Callable[[], None],
        on_stopped: Callable[[ClusterProcesses], None],
    ):
        self.name = name
        self.scheduler: Child | None = None
        self.is_stopping = False
        self._loop = loop
        self._order = order
        self._report = report
        self._make = make
        self._on_child = on_child
        self._on_settled = on_settled
        self._on_stopped = on_stopped
        self._workers: dict[str, Child] = {}
        self._restarts: dict[str, Restarts] = {}
        self._due: set[str] = set()  # dead, to be started again in a moment
        self._last = 0
        self._reason = ""
        self._log = ""
        # Where workers find their scheduler; None until it listens.
        self._go: Line | None = None if order.get("scheduler") else {"op": "go"}

    def start_scheduler(self) -> None:
        """First of all, and alone: it needs longer than any other to be ready."""
        spec = self._order.get("scheduler")
        if spec:
            try:
                self.scheduler = self._start(
                    SCHEDULER, "scheduler", "treadle-sched", {"name": self.name, **spec}
                )
            except OSError as error:
                self.stop(f"the scheduler can't be started: {error}")

    def start_workers(self) -> None:
        """As many as were ordered."""
        self.scale(self._order.get("n", 0))
        patience = self._order.get("patience") or PATIENCE_SECONDS
        StoppedWorkers(self._loop, self._watched_workers, patience).begin()

    def _watched_workers(self) -> list[Child] | None:
        return None if self.is_stopping else list(self._workers.values())

    def scale(self, n: int) -> None:
        """Have ``n`` workers; the youngest leave first."""
        if self.is_stopping:
            return
        places = [name for name, child in self._workers.items() if not child.is_leaving]
        places += self._due
        surplus = len(places) - max(0, min(int(n), MAX_WORKERS))
        if surplus > 0:
            # With nobody left there is no place for what they hold.
            self._dismiss(places[-surplus:], retire=surplus < len(places))
        for _ in range(-surplus):
            self._last += 1
            self._start_worker(f"{self._order.get('prefix', 'worker-')}{self._last}")
        self._check_end()

    def restart(self) -> None:
        """Replace all workers by new ones, of the same names; those that were to leave go now."""
        for child in self._workers.values():
            child.is_restarting = not child.is_leaving
            child.signal(signal.SIGTERM)
            self._kill_later(child, RESTART_SECONDS)

    def stop(self, reason: str, grace: float = GRACE_SECONDS) -> None:
        """End everything: asked first, told after half of ``grace``, killed after all of it."""
        if self.is_stopping:
            return
        self.is_stopping = True
        self._reason = reason
        self._due.clear()
        if self.scheduler is not None:
            self.scheduler.send(op="stop", reason=reason)
            self._loop.call_later(grace / 2, lambda: self._signal_all(signal.SIGTERM))
        else:
            self._signal_all(signal.SIGTERM)
        self._loop.call_later(grace, self.kill)
        self._check_end()

    def kill(self) -> None:
        """End everything at once."""
        self._signal_all(signal.SIGKILL)

    def ended(self, child: Child, code: int) -> None:
        """A child has ended, and so has what it had started."""
        if child is self.scheduler:
            self._scheduler_ended(child, code)
        elif self._workers.get(child.name) is child:
            del self._workers[child.name]
            _unlink(self._socket(child.name))
            self._worker_ended(child, code)
        self._check_end()

    # ---- children ----

    def _start(self, name: str, role: str, title: str, spec: Line) -> Child:
        task = {
            "title": title,
            "entry": spec.get("entry") or _ENTRIES[role],
            "spec": spec,
            "surroundings": self._order.get("surroundings") or {},
        }
        child = Child(
            self._loop, name=name, task=task, on_line=self._on_line, on_output=self._on_output
        )
        child.start(self._make(bool(self._order.get("spawn"))))
        self._on_child(self, child)
        self._report("started", name=name, pid=child.pid)
        return child

    def _start_worker(self, name: str) -> None:
        self._due.discard(name)
        spec = {**self._order.get("worker", {}), "name": name}
        if self._socket(name):
            spec["listen"] = [f"unix://{self._socket(name)}"]
        try:
            child = self._start(name, "worker", f"treadle-w{name.rpartition('-')[2]}", spec)
        except OSError as error:
            self._try_again(name, f"can't be started: {error}", "", was_ready=False)
            return
        self._workers[name] = child
        if self._go is not None:
            child.send(**self._go)

    def _socket(self, name: str) -> str | None:
        """Where a worker serves its data, when nobody but processes of this host wants it."""
        prefix = self._order.get("sockets")
        return f"{prefix}-{name}.sock" if prefix else None

    def _dismiss(self, names: list[str], *, retire: bool) -> None:
        """Let workers go; ``retire``: the scheduler sees to it that nothing they hold is lost."""
        retiring = []
        for name in names:
            self._due.discard(name)
            child = self._workers.get(name)
            if child is None:
                continue
            child.is_leaving = True
            if retire and self.scheduler is not None and child.is_ready:
                retiring.append(name)
                self._kill_later(child, RETIRE_SECONDS)
            else:
                child.signal(signal.SIGTERM)
                self._kill_later(child, GRACE_SECONDS)
        if self.scheduler is not None and retiring:
            self.scheduler.send(op="retire", names=retiring)

    def _kill_later(self, child: Child, seconds: float) -> None:
        def kill() -> None:
            if self._workers.get(child.name) is child:
                child.signal(signal.SIGKILL)

        self._loop.call_later(seconds, kill)

    def _signal_all(self, number: int) -> None:
        for child in [self.scheduler, *self._workers.values()]:
            if child is not None:
                child.signal(number)

    # ---- what they say ----

    def _on_line(self, child: Child, line: Line) -> None:
        op = line.get("op")
        if child is self.scheduler:
            self._scheduler_said(op, line)
        elif op == "ready":
            child.is_ready = True
            self._report("ready", name=child.name, pid=child.pid)
            if all(worker.is_ready for worker in self._workers.values()):
                self._on_settled()
        elif op == "leaving":
            child.is_leaving = True

    def _scheduler_said(self, op: Any, line: Line) -> None:
        match op:
            case "listening":
                self._go = {"op": "go", "addresses": line["addresses"]}
                for worker in self._workers.values():
                    worker.send(**self._go)
                self._report("listening", addresses=line["addresses"])
            case "recorded":
                self._report("recorded", record=line.get("record"))
            case "scale":
                self.scale(line["n"])
            case "restart":
                self.restart()
            case "stop":
                self.stop(line.get("reason") or "stopped")
            case "leaving":
                assert self.scheduler is not None
                self.scheduler.is_leaving = True

    def _on_output(self, child: Child, data: bytes) -> None:
        if self.is_stopping:
            return  # what is cut off in the middle of something complains
        self._report("output", name=child.name, text=data.decode(errors="replace"))

    # ---- how they end ----

    def _scheduler_ended(self, child: Child, code: int) -> None:
        self.scheduler = None
        reason = exit_text(code)
        if not self.is_stopping and not child.is_leaving:
            self._log = child.tail
            self._report("exited", name=child.name, pid=child.pid, reason=reason, log=child.tail)
            self._reason = f"the scheduler was {reason}" if code < 0 else f"the scheduler {reason}"
        self.is_stopping = True
        self._due.clear()
        self._reason = self._reason or "stopped"
        self._signal_all(signal.SIGTERM)
        self._loop.call_later(GRACE_SECONDS / 2, self.kill)

    def _worker_ended(self, child: Child, code: int) -> None:
        reason = child.verdict or exit_text(code)
        if self.is_stopping:
            return
        if child.is_restarting:
            self._tell_scheduler(child.name, child.pid, "restarted", "")
            self._start_worker(child.name)
            return
        if child.is_leaving:
            self._tell_scheduler(child.name, child.pid, reason, "")
            self._report("left", name=child.name, pid=child.pid)
            self._reason = self._reason or "its workers have left"
            return
        self._try_again(child.name, reason, child.tail, was_ready=child.is_ready, pid=child.pid)

    def _try_again(
        self, name: str, reason: str, log: str, *, was_ready: bool, pid: int = -1
    ) -> None:
        restarts = self._restarts.setdefault(name, Restarts())
        delay = restarts.delay(time.monotonic(), was_ready=was_ready)
        self._report(
            "exited", name=name, pid=pid, reason=reason, log=log, restarting=delay is not None
        )
        self._tell_scheduler(name, pid, reason, log)
        if delay is None:
            self._reason, self._log = f"{name} {reason}, again and again", log
        else:
            self._due.add(name)
            self._loop.call_later(delay, lambda: self._restart(name))

    def _tell_scheduler(self, name: str, pid: int, reason: str, log: str) -> None:
        if self.scheduler is not None:
            self.scheduler.send(op="exited", name=name, pid=pid, reason=reason, log=log)

    def _restart(self, name: str) -> None:
        if name in self._due:  # not dismissed meanwhile
            self._start_worker(name)

    def _check_end(self) -> None:
        """No scheduler and no worker, now or soon: that was it."""
        if self.scheduler is None and not self._workers and not self._due:
            if self._order.get("scheduler") and not self.is_stopping:
                return  # not started yet
            self.is_stopping = True
            if self._order.get("sockets"):
                _unlink(f"{self._order['sockets']}.sock")
            self._report("stopped", reason=self._reason, log=self._log)
            self._on_stopped(self)


def _unlink(path: str | None) -> None:
    if path is not None:
        try:
            os.unlink(path)
        except OSError:
            pass  # its owner was tidy

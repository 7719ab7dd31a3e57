"""A nanny: one light process that starts the processes of clusters on this host and watches them.

It has imported what schedulers and workers need, so a child is a fork away: a few milliseconds
instead of an interpreter's start and all imports.  It has one thread, opens no port, and speaks
only with the process that started it and with its own children, over sockets without a name.

    owner --- preload, start, scale, stop ---> nanny      JSON lines, secrets included
    owner <-- started, listening, recorded, ready, exited, left, output, stopped --- nanny

Nothing outlives its reason: when the owner ends (its socket closes, or its pid is gone) all
children are told to end and soon killed; when the nanny is killed, the kernel kills its children
and the guard what they had started.
"""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from treadle.cluster.nanny.cluster import GRACE_SECONDS, ClusterProcesses
from treadle.cluster.nanny.guard import Guard
from treadle.cluster.nanny.loop import READ, Loop, Wire
from treadle.cluster.nanny.spares import Spares
from treadle.utils import process

if TYPE_CHECKING:
    from treadle.cluster.nanny.child import Child

ORPHAN_GRACE_SECONDS = 0.8
"""The owner is gone: nobody waits for a tidy end, but records and sockets should go."""

MAX_OUTPUT_WAITING = 2**20
MOST_SPARES = 5
SPARE_SECONDS = 60.0
"""How long processes wait in reserve: each has 10 MB that it shares with nobody."""

BUSY_SECONDS = 0.5
"""How long after the start of a cluster its processes need the cores, at most."""

# What scheduler and workers both need; then what only one of them does.
SHARED_MODULES = ("treadle.protocol.messages", "treadle.comm.blocking")
WORKER_MODULES = ("treadle.cluster.worker.child",)
SCHEDULER_MODULES = (
    "treadle.cluster.scheduler.main",
    "treadle.feedserver.server",
    "tornado.platform.asyncio",
    "jupyter_core.paths",
)
RESERVE_MODULES = ("treadle.cluster.nanny.rehearsal",)


class Nanny:
    """Runs until its owner ends or says so, or, without one, until its clusters have ended.

    Parameters
    ----------
    owner : int, optional
        Descriptor of a socket.
    owner_pid : int, optional
        A process to die with.  None: the nanny is on its own (detached, or the command line).

    Attributes
    ----------
    last_words : str
        Why the last cluster has ended, when there is no owner to be told.
    has_failed : bool
        Was that a failure?
    """

    def __init__(self, owner: int | None = None, *, owner_pid: int | None = None):
        self._loop = Loop()
        self._guard = Guard(self._loop)
        self._clusters: dict[str, ClusterProcesses] = {}
        self._children: dict[int, tuple[ClusterProcesses, Child]] = {}
        self._is_ending = False
        self._spares = Spares(self._loop, self._guard)
        self._reserve = 0
        self._imports: list[str] = []
        self._preparation = 0
        self._busy_until = 0.0
        self._dies_with_owner = owner_pid is not None
        self.last_words = ""
        self.has_failed = False
        self._owner: Wire | None = None
        if owner is not None:
            self._owner = Wire(self._loop, owner, self.handle, self._owner_closed)
        if owner_pid is not None:
            self._watch_owner(owner_pid)

    def run(self) -> None:
        """Serve until the end."""
        self._loop.on_signal(signal.SIGCHLD, self._reap)
        self._loop.on_signal(signal.SIGTERM, lambda: self.end("terminated"))
        self._loop.on_signal(signal.SIGHUP, lambda: self.end("terminated"))
        if self._dies_with_owner:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # meant for the owner
        else:
            self._loop.on_signal(signal.SIGINT, lambda: self.end("interrupted"))
        process.adopt_orphans()
        self._start_guard()
        self._reap()  # what ended before we listened
        self.preload(SHARED_MODULES)
        try:
            while not self._is_done():
                self._loop.turn()
        finally:
            for cluster in self._clusters.values():
                cluster.kill()
            self._loop.close()
            self._guard.wait()

    def handle(self, line: dict[str, Any]) -> None:
        """Do what the owner says."""
        name = line.get("cluster", "")
        cluster = self._clusters.get(name)
        match line.get("op"):
            case "preload":
                self.preload(line["modules"])
            case "start":
                self.start(name, line)
            case "scale" if cluster is not None:
                cluster.scale(line["n"])
            case "stop" if cluster is not None:
                cluster.stop(line.get("reason") or "stopped", line.get("grace", GRACE_SECONDS))
            case "stop":
                self._report(name, "stopped", reason="not running", log="")
            case "end":
                self.end("the nanny was told to end")

    def start(self, name: str, order: dict[str, Any]) -> None:
        """Start a cluster; ``order`` is described in `ClusterProcesses`."""
        cluster = ClusterProcesses(
            self._loop,
            name,
            order,
            report=lambda event, **fields: self._report(name, event, **fields),
            make=lambda spawn: self._spares.take(spawn=spawn),
            on_child=self._child_started,
            on_settled=self._settled,
            on_stopped=self._cluster_stopped,
        )
        self._clusters[name] = cluster
        forks = not order.get("spawn")
        if forks:
            self._import(SHARED_MODULES, {})
        cluster.start_scheduler()
        if forks:
            # While the scheduler starts, on another core.
            self._import([*WORKER_MODULES, *(order.get("preload") or ())], order)
        cluster.start_workers()
        self._busy_until = time.monotonic() + BUSY_SECONDS
        if forks and self._dies_with_owner:
            # Not now, when everybody needs the cores: for the next cluster of this owner.
            self._reserve = min(1 + order.get("n", 0), MOST_SPARES)
            self.preload(SCHEDULER_MODULES + RESERVE_MODULES)

    def preload(self, modules: Sequence[str]) -> None:
        """Import for children to come, one module a turn, so that orders need not wait."""
        self._imports += [name for name in modules if name not in sys.modules]
        self._prepare()

    def end(self, reason: str, grace: float = GRACE_SECONDS) -> None:
        """Stop all clusters, then run no longer."""
        self._is_ending = True
        self._spares.drop()
        for cluster in list(self._clusters.values()):
            cluster.stop(reason, grace)

    # ---- the owner ----

    def _report(self, cluster: str, event: str, **fields: Any) -> None:
        owner = self._owner
        if owner is None or not owner.is_open:
            if event == "output":
                sys.stderr.write(fields["text"])
                sys.stderr.flush()
            elif event == "exited":
                again = "; starting it again" if fields.get("restarting") else ""
                self._tell(f"{fields['name']} {fields['reason']}{again}")
            elif event == "left":
                self._tell(f"{fields['name']} has left")
            elif event == "stopped":
                self.last_words = fields["reason"]
                self.has_failed = bool(fields["log"])
        elif event != "output" or owner.waiting < MAX_OUTPUT_WAITING:
            owner.send(event=event, cluster=cluster, **fields)

    @staticmethod
    def _tell(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    def _owner_closed(self) -> None:
        if self._dies_with_owner:
            self.end("its owner has ended", ORPHAN_GRACE_SECONDS)

    def _watch_owner(self, pid: int) -> None:
        """A forked copy of the owner may hold its socket open: the pid tells better."""
        if os.getppid() != pid:
            self.end("its owner has ended")
        elif hasattr(os, "pidfd_open"):
            try:
                fd = os.pidfd_open(pid)
            except OSError:
                return  # an old kernel: the socket will have to do
            self._loop.watch(fd, READ, lambda _events: self._owner_ended(fd))

    def _owner_ended(self, fd: int) -> None:
        self._loop.forget(fd)
        self.end("its owner has ended", ORPHAN_GRACE_SECONDS)

    # ---- children ----

    def _child_started(self, cluster: ClusterProcesses, child: Child) -> None:
        self._children[child.pid] = (cluster, child)

    def _settled(self) -> None:
        self._busy_until = 0.0
        self._prepare()

    def _cluster_stopped(self, cluster: ClusterProcesses) -> None:
        if self._clusters.get(cluster.name) is cluster:
            del self._clusters[cluster.name]

    def _reap(self) -> None:
        """Children are left as zombies until their groups are killed: their numbers stay taken."""
        while True:
            try:
                found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if found is None:
                return
            pid = found.si_pid
            known = self._children.pop(pid, None)
            if known is not None:
                known[1].ended()
            else:
                self._spares.ended(pid)
            self._guard.remove(pid)
            _, status = os.waitpid(pid, 0)
            if pid == self._guard.pid and not self._is_ending:
                self._start_guard()
            if known is not None:
                known[0].ended(known[1], os.waitstatus_to_exitcode(status))

    def _start_guard(self) -> None:
        try:
            self._guard.start()
        except OSError as error:
            print(f"no guard for this nanny: {error}", file=sys.stderr, flush=True)

    def _is_done(self) -> bool:
        if self._clusters:
            return False
        return self._is_ending or self._owner is None or not self._owner.is_open

    # ---- what is done while nobody waits ----

    def _prepare(self) -> None:
        """Begin, or begin anew, as soon as nobody else needs the cores."""
        self._preparation += 1
        number = self._preparation
        wait = max(0.0, self._busy_until - time.monotonic())
        self._loop.call_later(wait, lambda: self._prepare_a_little(number))

    def _prepare_a_little(self, number: int) -> None:
        """One import or one fork, so that orders need not wait long."""
        if self._is_ending or number != self._preparation:
            return
        if time.monotonic() < self._busy_until:
            pass  # a cluster has been started since
        elif self._imports:
            self._import([self._imports.pop(0)], {})
        elif len(self._spares.pids) >= self._reserve or not self._spares.add():
            self._report("", "reserve", pids=self._spares.pids)
            self._loop.call_later(SPARE_SECONDS, lambda: self._rest(number))
            return
        self._prepare()

    def _rest(self, number: int) -> None:
        """Nothing has been started for a while: spares are memory for nothing."""
        if number == self._preparation:
            self._spares.drop()

    def _import(self, modules: Sequence[str], order: dict[str, Any]) -> None:
        """A module that can't be imported here is the children's trouble, who tell of it."""
        modules = [name for name in modules if name not in sys.modules]
        if not modules:
            return
        path = list(sys.path)
        sys.path[:] = (order.get("surroundings") or {}).get("path") or path
        try:
            for name in modules:
                try:
                    importlib.import_module(name)
                except Exception:
                    continue
        finally:
            sys.path[:] = path
        self._spares.drop()  # they lack what has been imported
        # Children share what never changes, and their collectors need not look at it.
        gc.collect()
        gc.freeze()


def main() -> None:
    """Entry of the process, with ``OWNER_FD OWNER_PID`` on the command line; pid 0 detaches."""
    fd, owner_pid = int(sys.argv[1]), int(sys.argv[2])
    os.set_inheritable(fd, False)
    if not owner_pid and os.fork():
        os._exit(0)  # whoever started us has nobody to wait for
    process.set_process_name("treadle-nanny")
    gc.disable()  # what is imported stays; children collect again
    Nanny(fd, owner_pid=owner_pid or None).run()

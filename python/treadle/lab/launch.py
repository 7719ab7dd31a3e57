"""Clusters that are being started or stopped for browsers.  What runs is `clusters.py`.

    start   a process of its own session: <python> -P -m treadle cluster start --detach ...
      |         starting    until its record is there and its process lives
      |         failed      it ended without, or took too long; until it is dismissed
      v                     and if the cluster ends again at once
    (record)    running     found by anybody, whatever becomes of this server
      |
    stop        stopping    until the record is gone

A cluster is told what to do over a connection of its own (`Control`), with the secret of its
record; never by signals to a process that may be another by now.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Protocol

from treadle.errors import TreadleError
from treadle.feedserver import records
from treadle.lab import logs
from treadle.telemetry import events

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from treadle.lab.bodies import StartCluster
    from treadle.lab.clusters import Clusters
    from treadle.lab.environments import Environment

START_SECONDS = 60.0
"""A cluster that is not there by then has failed."""

RECORD_SECONDS = 5.0
"""The same, counted from when the command that starts it has ended well."""

SETTLE_SECONDS = 5.0
"""A cluster that ends by itself within this time after it was there has failed to start."""

STOP_SECONDS = 20.0
"""A cluster that is still there by then is not stopping."""

TERM_SECONDS = 3.0
LOOK_SECONDS = 0.1
MAX_STARTING = 8

log = logging.getLogger("treadle.lab")


class LaunchError(Exception):
    """What was asked for can't be done; ``status`` is that of HTTP."""

    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status = status


class Control(Protocol):
    """How a running cluster is told what to do.  Blocks, but not for long."""

    def scale(self, record: records.Record, n: int) -> None: ...

    def stop(self, record: records.Record) -> None: ...


class ClusterControl:
    """Over a client's connection."""

    def scale(self, record: records.Record, n: int) -> None:
        """Have ``n`` workers."""
        from treadle.cluster import control

        control.scale(record, n)

    def stop(self, record: records.Record) -> None:
        """End, all processes of it."""
        from treadle.cluster import control

        control.stop(record)


class Launch:
    """A cluster that is being started, or could not be."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], started: float):
        self.name = name
        self.process = process
        self.started = started
        self.error = ""
        self.is_cancelled = False
        self.task: asyncio.Task[None] | None = None


class Launcher:
    """Starts, scales and stops clusters.

    Parameters
    ----------
    clusters : Clusters
        Tells what runs, and where records are.
    control : Control
    clock : callable
        Seconds that only grow.
    """

    def __init__(
        self,
        clusters: Clusters,
        control: Control | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._clusters = clusters
        self._control = control or ClusterControl()
        self._clock = clock
        self._launches: dict[str, Launch] = {}
        self._stopping: dict[str, float] = {}  # instance -> since

    @property
    def directory(self) -> Path:
        """Where records and logs are."""
        return self._clusters.directory

    # ---- for lists ----

    def launches(self) -> list[events.Cluster]:
        """What is being started, and what could not be."""
        return [
            events.Cluster(
                name=launch.name,
                kind="cluster",
                label=launch.name,
                pid=launch.process.pid,
                started=launch.started,
                kernel_id=None,
                state="failed" if launch.error else "starting",
                workers=None,
                threads=None,
                error=launch.error,
                has_log=True,
            )
            for launch in self._launches.values()
        ]

    def is_stopping(self, instance: str) -> bool:
        """Has this cluster been told to stop a moment ago?"""
        since = self._stopping.get(instance)
        if since is not None and self._clock() - since > STOP_SECONDS:
            del self._stopping[instance]
            return False
        return since is not None

    def has_log(self, name: str) -> bool:
        """Was it started here?"""
        return logs.log_path(self.directory, name).exists()

    # ---- what browsers ask for ----

    def start(self, wanted: StartCluster, environment: Environment, folder: Path) -> str:
        """Begin to start a cluster; return its name.

        Parameters
        ----------
        wanted : StartCluster
        environment : Environment
            In which Python.
        folder : Path
            Where its processes begin.

        Raises
        ------
        LaunchError
            If the name is taken, or too much is being started.
        """
        name = wanted.name or self._free_name()
        self._check_name(name)
        if sum(not launch.error for launch in self._launches.values()) >= MAX_STARTING:
            raise LaunchError(429, "too many clusters are being started")
        command = [environment.python, "-P", "-m", "treadle", "cluster", "start", "--detach"]
        options = {
            "--name": name,
            "--n-workers": wanted.n_workers,
            "--threads-per-worker": wanted.threads_per_worker,
            "--memory-limit": wanted.memory_limit,
        }
        for option, value in options.items():
            if value is not None:
                command += [option, str(value)]
        try:
            logs.remove_stale(self.directory)
            output = logs.open_log(self.directory, name)
        except OSError as error:
            raise LaunchError(500, f"no log can be written: {error}") from error
        # the records that it writes have to be where this server looks
        runtime = {"JUPYTER_RUNTIME_DIR": str(self.directory.parent)}
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=folder,
                env={**environment.variables, **runtime},
                start_new_session=True,
            )
        except OSError as error:
            raise LaunchError(422, f"{environment.python} can't be run: {error}") from error
        finally:
            os.close(output)
        launch = Launch(name, process, time.time())
        launch.task = asyncio.create_task(self._follow(launch), name=f"start of {name}")
        self._launches[name] = launch
        return name

    async def scale(self, name: str, n: int) -> None:
        """Tell a cluster to have ``n`` workers.

        Raises
        ------
        LaunchError
        """
        record = self._find(name)
        await self._tell(name, lambda: self._control.scale(record, n))

    async def stop(self, name: str) -> None:
        """Stop a cluster, give up its start, or forget that it failed or was lost.

        Raises
        ------
        LaunchError
        """
        launch = self._launches.get(name)
        if launch is not None:
            if launch.error:
                del self._launches[name]
                logs.log_path(self.directory, name).unlink(missing_ok=True)
            elif not launch.is_cancelled:
                launch.is_cancelled = True
                await self._kill(launch)
            return
        if self._clusters.find_running(name) is None:
            lost = self._clusters.find(name)
            if lost is not None and lost.kind == "cluster":
                records.remove_record(lost, self.directory)
                return
        record = self._find(name)
        self._stopping[record.instance] = self._clock()
        try:
            await self._tell(name, lambda: self._control.stop(record))
        except LaunchError:
            self._stopping.pop(record.instance, None)
            raise

    def close(self) -> None:
        """Follow nothing any more.  What is being started goes on: its record will be found."""
        for launch in self._launches.values():
            if launch.task is not None:
                launch.task.cancel()
            if launch.process.poll() is None:
                launch.process.returncode = 0  # it is nobody's child from now on: no warning
        self._launches.clear()

    # ---- inside ----

    def _free_name(self) -> str:
        number = 1
        while self._is_taken(f"local-{number}"):
            number += 1
        return f"local-{number}"

    def _is_taken(self, name: str) -> bool:
        return name in self._launches or self._clusters.find(name) is not None

    def _check_name(self, name: str) -> None:
        if not records.is_name(name) or name.startswith("kernel-"):
            raise LaunchError(400, f"{name!r} can't be the name of a cluster")
        launch = self._launches.get(name)
        if launch is not None and launch.error:
            del self._launches[name]  # once more
        elif launch is not None or self._clusters.find_running(name) is not None:
            raise LaunchError(409, f"there is a cluster called {name!r} already")

    def _find(self, name: str) -> records.Record:
        record = self._clusters.find_running(name)
        if record is None:
            raise LaunchError(404, f"no cluster is called {name!r}")
        if record.kind != "cluster":
            raise LaunchError(409, f"a {record.kind} can't be scaled or stopped from here")
        return record

    async def _tell(self, name: str, call: Callable[[], None]) -> None:
        try:
            await asyncio.to_thread(call)
        except (TreadleError, OSError) as error:
            raise LaunchError(502, f"{name} does not do it: {error}") from error

    async def _follow(self, launch: Launch) -> None:
        """Wait for the record, or for the end."""
        began = self._clock()
        ended = None
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            record = self._clusters.find_running(launch.name)
            if record is not None:
                self._launches.pop(launch.name, None)
                if launch.is_cancelled:  # it was quicker
                    await self.stop(launch.name)
                await self._settle(launch, record.instance)
                return
            now = self._clock()
            code = launch.process.poll()
            if code is not None and ended is None:
                ended = now
            if launch.is_cancelled and ended is not None and now - ended > RECORD_SECONDS / 5:
                self._launches.pop(launch.name, None)
                logs.log_path(self.directory, launch.name).unlink(missing_ok=True)
                return
            if code and not launch.is_cancelled:
                launch.error = f"{in_words(code)}: {self._last_words(launch.name)}".rstrip(": ")
                return
            if ended is not None and now - ended > RECORD_SECONDS:
                launch.error = "the command ended, and there is no cluster"
                return
            if now - began > START_SECONDS:
                launch.error = f"not there after {START_SECONDS:.0f} s"
                await self._kill(launch)
                return

    async def _settle(self, launch: Launch, instance: str) -> None:
        """See that the cluster stays, and take in how the command ended, when it does."""
        began = self._clock()
        while self._clock() - began < SETTLE_SECONDS:
            await asyncio.sleep(LOOK_SECONDS)
            if instance in self._stopping or launch.name in self._launches:
                break
            if self._clusters.find(launch.name) is None:
                launch.error = f"it ended again: {self._last_words(launch.name)}".rstrip(": ")
                self._launches[launch.name] = launch
                break
        while launch.process.poll() is None:  # one that stays with its cluster may never end
            await asyncio.sleep(5 * LOOK_SECONDS)

    async def _kill(self, launch: Launch) -> None:
        """End the command and what it has started in its session."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if launch.process.poll() is not None:
                return
            try:
                os.killpg(launch.process.pid, number)
            except ProcessLookupError:
                return
            deadline = self._clock() + TERM_SECONDS
            while launch.process.poll() is None and self._clock() < deadline:
                await asyncio.sleep(LOOK_SECONDS / 2)

    def _last_words(self, name: str) -> str:
        found = logs.read_log(self.directory, name)
        return "" if found is None else events.clean_label(logs.last_line(found[0]))


def in_words(code: int) -> str:
    """How a command ended.

    >>> in_words(1), in_words(-9)
    ('exit code 1', 'killed by SIGKILL')
    """
    if code >= 0:
        return f"exit code {code}"
    return f"killed by {signal.Signals(-code).name}"

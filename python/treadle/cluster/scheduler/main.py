"""A process that is a scheduler and nothing else, with its record and its feed.

    nanny  == lines ==>  scheduler_main  ── Scheduler.run() ── listening ── feed and record
           <============ manager: scale, restart, stop

The feed server and what it imports come a moment after the scheduler listens, in a thread:
clients and workers need not wait for panes.  Runs under a nanny, which it asks for workers, or
alone.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from treadle.cluster.scheduler.scheduler import Scheduler
from treadle.cluster.scheduler.sealed import seal_process
from treadle.comm.credentials import Credentials
from treadle.scheduling.scheduler import events as ev

if TYPE_CHECKING:
    from treadle.cluster.nanny.lines import Channel, Line
    from treadle.feedserver.server import FeedServer

#: Seconds after which the feed is served: workers and clients come first.
FEED_SECONDS = 0.1


def run(spec: Line, channel: Channel) -> None:
    """Be the scheduler of a cluster whose workers a nanny starts.  An entry of `nanny_child`."""
    scheduler_main(spec, channel)


def scheduler_main(
    spec: Line,
    channel: Channel | None = None,
    started: Callable[[Scheduler], None] | None = None,
) -> None:
    """Be a scheduler until somebody says stop; this process never unpickles again.

    Parameters
    ----------
    spec : dict
        ``name`` for people and for the record; ``cluster`` and ``secrets`` as in `Credentials`;
        ``addresses`` to listen at; ``insecure`` as in `Scheduler`; ``record`` False to be found
        by nobody.
    channel : Channel, optional
        To the nanny; its end is ours.
    started : callable, optional
        Called when it listens.
    """
    seal_process()
    # Whoever debugs (python -X dev) debugs a program of theirs, not this loop.
    asyncio.run(_SchedulerProcess(spec, channel).run(started), debug=False)


class NannyManager:
    """What the scheduler asks of the nanny that has started it."""

    def __init__(self, channel: Channel):
        self._channel = channel

    def scale(self, n: int) -> None:
        """Have ``n`` workers."""
        self._channel.send("scale", n=n)

    def restart(self) -> None:
        """Replace all workers by new ones."""
        self._channel.send("restart")

    def stop(self) -> None:
        """End the cluster."""
        self._channel.send("stop", reason="stopped by a client")


class _SchedulerProcess:
    """Wires a scheduler to nanny, signals and feed."""

    def __init__(self, spec: Line, channel: Channel | None):
        self._spec = spec
        self._channel = channel
        self._feed: FeedServer | None = None
        self._feed_thread: threading.Thread | None = None
        self._scheduler = Scheduler(
            Credentials.revealed(spec["cluster"], spec["secrets"]),
            spec["addresses"],
            name=spec["name"],
            manager=None if channel is None else NannyManager(channel),
            insecure=bool(spec.get("insecure")),
        )

    async def run(self, started: Callable[[Scheduler], None] | None) -> None:
        """Everything, from the first socket to the last."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, self._scheduler.close)
        if self._channel is not None:
            loop.add_reader(self._channel.fd, self._hear)

        def listening() -> None:
            if self._channel is not None:
                self._channel.send("listening", addresses=self._scheduler.addresses)
            if started is not None:
                started(self._scheduler)
            if self._spec.get("record", True):
                loop.call_later(FEED_SECONDS, self._start_feed)
            # What was imported lives as long as the process: collections need not look at it.
            gc.collect()
            gc.freeze()

        try:
            await self._scheduler.run(listening)
        finally:
            if self._channel is not None:
                loop.remove_reader(self._channel.fd)
            if self._feed_thread is not None:
                self._feed_thread.join(5.0)
            if self._feed is not None:
                self._feed.close()

    def _hear(self) -> None:
        """What the nanny says."""
        assert self._channel is not None
        lines = self._channel.read()
        for line in [{"op": "stop"}] if lines is None else lines:
            if line["op"] == "stop":
                self._scheduler.close()
            elif line["op"] == "exited":
                self._scheduler.worker_exited(line["name"], _in_words(line))
            elif line["op"] == "retire":
                self._retire(set(line["names"]))

    def _retire(self, names: set[str]) -> None:
        """Move what these workers hold, then let them go."""
        scheduler = self._scheduler
        for number, peer in list(scheduler.workers.items()):
            if peer.name in names:
                scheduler.handle(ev.WorkerRetiring(number))

    def _start_feed(self) -> None:
        self._feed_thread = threading.Thread(target=self._serve_feed, daemon=True)
        self._feed_thread.start()

    def _serve_feed(self) -> None:
        """In a thread of its own: imports take longer than all the rest."""
        from treadle import feedserver
        from treadle.errors import TreadleError

        scheduler, spec = self._scheduler, self._spec
        secrets = scheduler.credentials.secrets
        answer: dict[str, Any] = {"record": scheduler.name}
        try:
            self._feed = feedserver.serve(
                scheduler.hub,
                kind="cluster",
                label=spec.get("label") or scheduler.name,
                name=scheduler.name,
                addresses=scheduler.addresses,
                client_secret=secrets["client"],
                worker_secret=secrets["worker"],
                cluster=scheduler.credentials.cluster,
            )
        except (TreadleError, OSError) as error:
            answer["error"] = str(error)
            print(f"{scheduler.name} can't be found by name: {error}", file=sys.stderr)
        if self._channel is not None:
            self._channel.send("recorded", **answer)


def _in_words(line: Line) -> str:
    """Why a worker ended, with what it wrote last."""
    log = line.get("log")
    return f"{line['reason']}\n{log}" if log else str(line["reason"])

"""What a scheduler hears from a client, and says to it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import msgspec

from treadle.cluster.scheduler.queries import answer_query, named_workers
from treadle.comm.aio import Channel
from treadle.errors import CommError, GraphError, TreadleError
from treadle.protocol import messages as m
from treadle.scheduling.scheduler import events as ev

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from treadle.cluster.scheduler.scheduler import Scheduler
    from treadle.telemetry.views import RunState

logger = logging.getLogger("treadle.scheduler")

#: The worker that a client is, where a worker is expected to say that data is missing.
NO_WORKER = -1

#: What may be asked with the role "manager", whose owner speaks no pickles.
MANAGING = (m.Manage, m.Query, m.Goodbye)

#: What a task may not do with its worker's secret.
OWNERS_ONLY = (m.Manage, m.RunOnWorkers)


class ClientPeer:
    """One client, seen from the scheduler."""

    def __init__(self, scheduler: Scheduler, channel: Channel, number: int):
        self.scheduler = scheduler
        self.channel = channel
        self.number = number
        self._runs: dict[int, int] = {}  # handle -> run, of wanted tasks that have not ended

    def send(self, message: m.Message) -> None:
        """Queue a message."""
        self.channel.write(m.encode(message))

    def frames(self, channel: Channel, frames: list[bytes]) -> None:
        """Take in what has come."""
        for frame in frames:
            try:
                message = m.decode_from_client(frame)
                self._check_right(message)
                _HANDLERS[type(message)](self, message)
            except (msgspec.DecodeError, CommError) as error:
                logger.warning("client %d: %s", self.number, error)
                channel.close(f"not understood: {error}")
                return

    def closed(self, channel: Channel, reason: str) -> None:
        """The connection has ended: nothing is wanted for it any more."""
        scheduler = self.scheduler
        if scheduler.clients.pop(self.number, None) is None:
            return
        self.settle(list(self._runs), "cancelled")
        scheduler.handle(ev.ClientLeft(self.number))

    def _check_right(self, message: m.Message) -> None:
        role = self.channel.role
        if (role == "manager" and not isinstance(message, MANAGING)) or (
            role == "task" and isinstance(message, OWNERS_ONLY)
        ):
            raise CommError(f"a {role} may not send {type(message).__name__}")

    # -- graphs ----------------------------------------------------------------------------------

    def _submit(self, message: m.SubmitGraph) -> None:
        scheduler = self.scheduler
        size = len(message.keys)
        try:
            if len(message.function) != size:
                raise GraphError("its columns differ in length")
            functions = scheduler.functions.intern(message.functions, message.function)
        except GraphError as error:
            handles = [message.base + position for position in range(size)]
            self.send(m.Refused(handles, "treadle.errors.GraphError", str(error)))
            return
        run = scheduler.feed.open_run(
            message.run or f"client-{self.number}", message.label or f"client {self.number}"
        )
        scheduler.feed.await_tasks(run, len(message.wanted))
        base = message.base
        self._runs.update(dict.fromkeys([base + position for position in message.wanted], run))
        options = {
            row: ev.Options(o.retries, o.priority, o.workers, o.allow_other, o.resources)
            for row, o in message.options.items()
        }
        scheduler.handle(
            ev.GraphSubmitted(
                self.number, base, message.keys, functions, self._groups(run, message, functions),
                message.args, message.inputs, message.wanted, message.watch, message.priority,
                options, message.definitions,
            )
        )  # fmt: skip

    def _groups(self, run: int, message: m.SubmitGraph, functions: list[int]) -> list[int]:
        """Return the number of each task's group; without groups, functions are taken for them."""
        feed = self.scheduler.feed
        size = len(message.keys)
        if not message.groups:
            if len(message.functions) == 1:
                return [feed.group(run, message.functions[0].name, size)] * size
            names = [spec.name for spec in message.functions]
            columns = message.function
        else:
            names, columns = message.groups, message.group
        counts = [0] * len(names)
        for position in columns:
            if position < len(counts):
                counts[position] += 1
        numbers = [feed.group(run, name, count) for name, count in zip(names, counts, strict=True)]
        last = len(numbers) - 1
        return [numbers[min(position, last)] for position in columns]

    def settle(self, handles: Iterable[int], state: RunState) -> None:
        """These ended, in this way: runs whose last task that was are over."""
        runs = self._runs
        counts: dict[int, int] = {}
        for handle in handles:
            run = runs.pop(handle, -1)
            if run >= 0:
                counts[run] = counts.get(run, 0) + 1
        for run, count in counts.items():
            self.scheduler.feed.settle(run, count, state)

    def _want_keys(self, message: m.WantKeys) -> None:
        self.scheduler.handle(ev.KeysWanted(self.number, message.base, message.keys))

    def _want_handles(self, message: m.WantHandles) -> None:
        self.scheduler.handle(ev.HandlesWanted(self.number, message.handles))

    def _release(self, message: m.ReleaseHandles) -> None:
        self.settle(message.handles, "cancelled")
        self.scheduler.handle(ev.HandlesReleased(self.number, message.handles))

    def _cancel(self, message: m.CancelHandles) -> None:
        self.settle(message.handles, "cancelled")
        self.scheduler.handle(ev.HandlesCancelled(self.number, message.handles, message.force))

    def _retry(self, message: m.RetryHandles) -> None:
        self.scheduler.handle(ev.HandlesRetried(self.number, message.handles))

    def _scatter(self, message: m.Scatter) -> None:
        if len(message.nbytes) != len(message.keys):
            raise CommError("its columns differ in length")
        self.scheduler.handle(
            ev.DataScattered(
                self.number, message.base, message.keys, message.nbytes, message.workers,
                message.broadcast,
            )
        )  # fmt: skip

    def _missing(self, message: m.MissingResults) -> None:
        self.scheduler.handle(ev.InputsMissing(NO_WORKER, message.ids, message.worker))

    def _fire_and_forget(self, message: m.FireAndForget) -> None:
        from treadle.cluster.scheduler.scheduler import FORGOTTEN

        keys = self._keys(message.handles)
        base = self.scheduler.new_handles(len(keys))
        self.scheduler.handle(ev.KeysWanted(FORGOTTEN, base, keys))

    def _keys(self, handles: Iterable[int]) -> list[str]:
        columns = self.scheduler.state.columns
        known = columns.clients[self.number].handles
        return [columns.keys[known[handle]] for handle in handles if handle in known]

    # -- questions -------------------------------------------------------------------------------

    def _query(self, message: m.Query) -> None:
        self._answer(message.number, lambda: answer_query(self, message.what, message.args))

    def _answer(self, number: int, work: Callable[[], Any]) -> None:
        try:
            self.send(m.Answer(number, work()))
        except (TreadleError, KeyError, TypeError, ValueError) as error:
            text = str(error.args[0]) if len(error.args) == 1 else str(error)
            self.send(m.Answer(number, None, text or type(error).__name__))

    def _publish(self, message: m.Publish) -> None:
        self._answer(message.number, lambda: self._publish_now(message))

    def _publish_now(self, message: m.Publish) -> None:
        from treadle.cluster.scheduler.scheduler import PUBLISHED

        scheduler = self.scheduler
        if message.name in scheduler.datasets:
            if not message.override:
                raise KeyError(
                    f"a dataset of the name {message.name!r} is published already; "
                    "unpublish it first, or publish with override=True"
                )
            self.unpublish(message.name)
        keys = self._keys(message.handles)
        base = scheduler.new_handles(len(keys))
        scheduler.datasets[message.name] = (message.blob, list(range(base, base + len(keys))))
        scheduler.handle(ev.KeysWanted(PUBLISHED, base, keys))

    def unpublish(self, name: str) -> None:
        """Keep a published collection no longer."""
        from treadle.cluster.scheduler.scheduler import PUBLISHED

        if name not in self.scheduler.datasets:
            raise KeyError(f"no dataset of the name {name!r} is published")
        _, handles = self.scheduler.datasets.pop(name)
        self.scheduler.handle(ev.HandlesReleased(PUBLISHED, handles))

    def _run(self, message: m.RunOnWorkers) -> None:
        self.scheduler.calls.begin(self, message)

    def _manage(self, message: m.Manage) -> None:
        self._answer(message.number, lambda: self._manage_now(message))

    def _manage_now(self, message: m.Manage) -> Any:
        scheduler = self.scheduler
        if message.action == "retire":
            found = named_workers(scheduler, message.workers)
            for peer in found:
                scheduler.handle(ev.WorkerRetiring(peer.number))
            return [peer.name for peer in found]
        if message.action == "stop":
            if scheduler.manager is not None:
                scheduler.manager.stop()
            else:
                scheduler.close()
            return None
        if scheduler.manager is None:
            raise CommError(
                "nobody manages the workers of this cluster; start and stop them where they are"
            )
        if message.action == "scale":
            if not 0 <= message.n <= 100_000:
                raise ValueError(f"a cluster can't have {message.n} workers")
            scheduler.manager.scale(message.n)
            scheduler.scaled_to = message.n
        elif message.action == "restart":
            scheduler.manager.restart()
            return scheduler.scaled_to
        else:
            raise ValueError(f"unknown action {message.action!r}")
        return None

    def _goodbye(self, message: m.Goodbye) -> None:
        self.channel.close(message.reason)


_HANDLERS: dict[type, Callable[[ClientPeer, Any], None]] = {
    m.SubmitGraph: ClientPeer._submit,
    m.WantKeys: ClientPeer._want_keys,
    m.WantHandles: ClientPeer._want_handles,
    m.ReleaseHandles: ClientPeer._release,
    m.CancelHandles: ClientPeer._cancel,
    m.RetryHandles: ClientPeer._retry,
    m.Scatter: ClientPeer._scatter,
    m.Query: ClientPeer._query,
    m.Publish: ClientPeer._publish,
    m.RunOnWorkers: ClientPeer._run,
    m.Manage: ClientPeer._manage,
    m.MissingResults: ClientPeer._missing,
    m.FireAndForget: ClientPeer._fire_and_forget,
    m.Goodbye: ClientPeer._goodbye,
}

"""A pretended client: what it has asked for, what it was told, and whether that may be."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.sim.world import World

#: Classes of errors that a refusal may name, and what of the world explains them.
FAULTS = {"WorkerDied", "DataLost"}


class Handle:
    """What a client knows of one of its handles."""

    def __init__(self, key: str, variant: bytes, is_wanted: bool, graph: int = -1):
        self.key = key
        self.graph = graph  # what it was sent with: the first handle of that message
        self.variant = variant  # empty, or the label that this client means by a named key
        self.is_wanted = is_wanted
        self.status = "pending"
        self.is_asked_again = False  # so it may be told twice that it is done
        self.id = -1
        self.worker = -1


class PretendClient:
    """One client process."""

    def __init__(self, world: World, number: int):
        self.world = world
        self.number = number
        self.handles: dict[int, Handle] = {}  # not released
        self.next = 0
        self.inbox: deque[Any] = deque()
        self.outbox: deque[Any] = deque()
        self.scattered: dict[int, str] = {}  # handle -> key, until it is told where to put it
        self.to_put: list[tuple[int, str, list[int]]] = []  # (id, key, workers)

    # -- what it asks for -------------------------------------------------------------------------

    def submit(self, targets: list[str], as_handles: bool, watch: bool, variant: bool) -> None:
        """Send the graph of these keys; with ``as_handles`` what is wanted already is named."""
        universe = self.world.universe
        for key in dict.fromkeys(o for target in targets for o in universe.ancestors(target)):
            if universe.specs[key].is_data and key not in self._known():
                self.scatter(key, self.world.chance(4))
        known = self._known()
        if not as_handles:
            known = {key: n for key, n in known.items() if universe.specs[key].is_data}
        rows = self._rows(targets, known)
        if not rows:
            return
        base = self.next
        self.next += len(rows)
        place = {key: base + n for n, key in enumerate(rows)}
        specs = [universe.specs[key] for key in rows]
        labels = {spec.key: spec.label for spec in specs}
        varied = ""
        if variant:  # the last row is nobody's input here: mean something else by its key
            spec = specs[-1]
            if spec.is_named and spec.key in targets:
                varied = spec.key
                labels[varied] = b"v" + spec.label
        options = {
            n: self.events.Options(
                spec.retries, spec.priority, spec.workers, spec.allow_other, spec.resources or None
            )
            for n, spec in enumerate(specs)
            if spec.has_options
        }
        definitions = {n: labels[s.key] for n, s in enumerate(specs) if s.is_named}
        wanted = [place[key] - base for key in dict.fromkeys(targets) if key in place]
        inputs = [tuple(place.get(o, known.get(o, -1)) for o in spec.inputs) for spec in specs]
        for n, key in enumerate(rows):
            variant_label = labels[key] if key == varied else b""
            self.handles[base + n] = Handle(key, variant_label, n in wanted, base)
        self.send(
            self.events.GraphSubmitted(
                self.number, base, rows, [s.function for s in specs], [0] * len(rows),
                [labels[s.key] for s in specs], inputs, wanted, watch, 0.0, options, definitions,
            )
        )  # fmt: skip

    def _known(self) -> dict[str, int]:
        """Return what this client wants, as far as it knows: key -> handle."""
        return {
            held.key: handle
            for handle, held in self.handles.items()
            if held.is_wanted and not held.variant and held.status not in ("refused", "cancelled")
        }

    def _rows(self, targets: list[str], known: dict[str, int]) -> list[str]:
        """Return what must be sent, inputs first; keys of ``known`` are named by their handles."""
        universe = self.world.universe
        needed: dict[str, None] = {}
        todo = [key for key in targets if key not in known]
        while todo:
            key = todo.pop()
            if key not in needed and key not in known:
                needed[key] = None
                todo.extend(universe.specs[key].inputs)
        return [key for key in universe.keys if key in needed]

    def want_keys(self, keys: list[str]) -> None:
        """Ask for results that somebody may have submitted."""
        self.world.losses += 1  # they may stand on data that was released since
        for n, key in enumerate(keys):
            self.handles[self.next + n] = Handle(key, b"", True)
        self.send(self.events.KeysWanted(self.number, self.next, keys))
        self.next += len(keys)

    def want(self, handles: list[int]) -> None:
        """Want rows that were sent along with others."""
        for handle in handles:
            self.handles[handle].is_wanted = True
            self.handles[handle].graph = -1
            self.handles[handle].is_asked_again = True
        self.world.losses += 1  # it may stand on data that was released since
        self.send(self.events.HandlesWanted(self.number, handles))

    def release(self, handles: list[int]) -> None:
        for handle in handles:
            del self.handles[handle]
        self.send(self.events.HandlesReleased(self.number, handles))

    def cancel(self, handles: list[int], force: bool) -> None:
        for handle in handles:
            del self.handles[handle]
        self.world.is_forced |= force
        self.send(self.events.HandlesCancelled(self.number, handles, force))

    def retry(self, handles: list[int]) -> None:
        """Run failed ones again: they are pending from now on."""
        for handle in handles:
            self.handles[handle].status = "retried"
        self.world.is_retried = True
        self.world.losses += 1
        self.send(self.events.HandlesRetried(self.number, handles))

    def miss(self, handle: int) -> None:
        """Say that a result could not be fetched from where it was said to be."""
        held = self.handles[handle]
        self.world.losses += 1
        self.send(self.events.InputsMissing(-1, [held.id], held.worker))

    def scatter(self, key: str, broadcast: bool) -> None:
        """Ask where to put a value.  What was lost of it is there again."""
        self.world.is_retried = True
        self.handles[self.next] = Handle(key, b"", True)
        self.scattered[self.next] = key
        self.send(self.events.DataScattered(self.number, self.next, [key], [100], None, broadcast))
        self.next += 1

    def put(self) -> None:
        """Put one value on the workers that were named, as far as they live."""
        id, key, workers = self.to_put.pop(0)
        for number in workers:
            worker = self.world.alive(number)
            if worker is not None:
                worker.put(id, self.world.universe.value(key), 100)

    # -- what it is told --------------------------------------------------------------------------

    def receive(self) -> None:
        message = self.inbox.popleft()
        getattr(self, f"_{type(message).__name__.lower()}")(message)

    def _done(self, message: Any) -> None:
        for position, handle in enumerate(message.handles):
            held = self.handles.get(handle)
            if held is None:
                continue  # released while this was on its way
            allowed = ["pending", "retried", "erred" if self.world.is_retried else ""]
            if held.is_asked_again:
                allowed.append("done")
            assert held.status in allowed, f"{held.key} was {held.status}, and is done"
            held.status = "done"
            held.id = message.ids[position]
            held.worker = message.workers[position]
            value = message.values.get(position)
            if value is not None:
                assert value == b"%d" % self.expected(held), f"a wrong value of {held.key}"

    def expected(self, held: Handle) -> int:
        """Return the value that a handle must have."""
        return self.world.universe.value(held.key, held.variant)

    def _watched(self, message: Any) -> None:
        assert len(message.handles) == len(message.positions)

    def _erred(self, message: Any) -> None:
        for position, handle in enumerate(message.handles):
            blame = message.blame[position]
            error = message.errors[position]
            held = self.handles.get(handle)
            if held is None:
                continue
            kind = getattr(error, "kind", "")
            assert kind in ("", *FAULTS), f"{held.key} failed of {kind}"
            may = self.world.may_fail(blame, kind)
            assert may, f"{held.key} failed, and {blame} is blamed, which can't fail"
            assert blame in self.world.universe.ancestors(held.key), (
                f"{blame} is not below {held.key}"
            )
            if not kind:
                assert error == blame, f"the error of {error} for what {blame} is blamed for"
            if held.is_wanted:
                held.status = "erred"

    def _lost(self, message: Any) -> None:
        for handle in message.handles:
            held = self.handles.get(handle)
            if held is not None:
                assert held.status == "done", f"{held.key} was {held.status}, and is lost"
                held.status = "pending"

    def _cancelled(self, message: Any) -> None:
        assert self.world.is_forced, "cancelled, and nobody has cancelled with force"
        for handle in message.handles:
            if handle in self.handles:
                self.handles[handle].status = "cancelled"

    def _refused(self, message: Any) -> None:
        kinds = {"KeyConflict": True, "UnknownKey": True, "NoWorkers": True}
        # It took what was cancelled for all, or data that was refused.
        kinds["GraphError"] = self.world.is_forced or self.world.is_refused
        for handle in message.handles:
            held = self.handles.get(handle)
            if held is None:
                continue
            assert kinds.get(message.kind), f"refused: {message.kind}: {message.reason}"
            allowed = ("pending", "refused")  # one that was refused may have been wanted again
            assert held.status in allowed, f"{held.key} was {held.status}, and is refused"
            held.status = "refused"

    def _scatterto(self, message: Any) -> None:
        for position, handle in enumerate(message.handles):
            key = self.scattered.pop(handle)
            if message.targets[position]:  # put it even if it was released meanwhile
                self.to_put.append((message.ids[position], key, message.targets[position]))

    # -- inside -----------------------------------------------------------------------------------

    @property
    def events(self) -> Any:
        return self.world.machines.events

    def send(self, event: Any) -> None:
        self.outbox.append(event)

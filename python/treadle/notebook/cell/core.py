"""The heart of a running cell: what waits, who holds lazies, and the barrier.

Every hook of the rewritten cell ends here.  The law is that of the serial cell; two invariants
keep it:

- code that was not rewritten only ever runs when nothing waits and no lazy is to be seen, or when
  it is known to be pure and is given concrete values only;
- an object that a waiting operation can reach does not change.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from treadle.notebook.cell.journal import Journal
from treadle.notebook.cell.kinds import kind_of, only_atomic
from treadle.notebook.cell.lazies import Lazy, Operation, Place
from treadle.notebook.cell.reach import Walk
from treadle.notebook.cell.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from treadle.notebook.cell.screen import Screen
    from treadle.notebook.cell.settle import Failure, Runner
    from treadle.notebook.cell.sites import Site

#: Operations that may wait before they are run, so that memory stays bounded.
MAX_WAITING = 50_000

#: Calls of one site that wait before the first are run to learn what they cost.
PROBE = 64


class Region(NamedTuple):
    """A call that takes results one by one, and may fail between two of them.

    Attributes
    ----------
    start : int
        Operations that stood before it.
    look : callable
        Given the index of a failed operation, tells whether the call had failed before.
    """

    start: int
    look: Callable[[int], Failure | None]
    site: Site
    places: tuple[Place, ...]


class Core:
    """State of one cell on its way.

    Parameters
    ----------
    namespace : dict
        The notebook's names.
    sites : list of Site
        Places in the cell; hooks are given their number.
    min_task : float
        Seconds a call must take to be worth a task; 0 makes tasks of all that can be.
    """

    def __init__(
        self,
        namespace: dict[str, Any],
        sites: list[Site],
        screen: Screen,
        runner: Runner,
        filename: str,
        min_task: float,
    ):
        self.namespace = namespace
        self.sites = sites
        self.screen = screen
        self.runner = runner
        self.filename = filename
        self.min_task = min_task
        self.operations: list[Operation] = []
        self.journal = Journal()
        self.holders: dict[int, Any] = {}  # lists and dicts with lazies in them
        self.reached: dict[int, Any] = {}  # what waiting operations can reach
        self.read_globals: set[tuple[int, str]] = set()
        self.lazy_names: set[str] = set()
        self.regions: list[Region] = []
        self.hooks = 0  # how often the cell asked: the price of being rewritten
        self.last_task = 0  # the same, when something was last made to wait
        self.quiet_iterators: dict[int, Any] = {}  # made here over what is quiet to iterate over
        self.failed_places: tuple[Place, ...] = ()
        self.failed_site: Site | None = None

    # -- making operations ---------------------------------------------------------------------

    def record(
        self,
        site: Site,
        label: str,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any] | None = None,
        walk: Walk | None = None,
        *,
        hidden: bool = False,
        ordered: bool = False,
    ) -> Lazy:
        """Make a call wait, and return the stand-in for its result."""
        operations = self.operations
        if len(operations) >= MAX_WAITING:
            self.settle(site)
            operations = self.operations
            args = tuple([self.resolve(arg) for arg in args])
            kwargs = {name: self.resolve(arg) for name, arg in (kwargs or {}).items()}
            if walk is not None:
                walk.slots = []
        operation = Operation(
            len(operations), site, label, function, args, kwargs or {},
            walk.slots if walk is not None else (),
            hidden=hidden, ordered=ordered,
        )  # fmt: skip
        operation.places = self.places()
        operations.append(operation)
        if walk is not None:
            self.reached.update(walk.seen)
            self.read_globals |= walk.globals
        self.last_task = self.hooks
        return operation.make_lazy()

    def places(self) -> tuple[Place, ...]:
        """Where the cell is now: its frames, outermost first."""
        found = []
        frame: FrameType | None = sys._getframe(2)
        while frame is not None:
            if frame.f_code.co_filename == self.filename:
                found.append(Place(frame, frame.f_lasti, frame.f_lineno))
                if frame.f_code.co_name == "<module>":
                    break
            frame = frame.f_back
        return tuple(reversed(found))

    def walk(self, *values: Any) -> Walk:
        """Look at what values can reach."""
        walk = Walk(self.screen, self.reached)
        for value in values:
            walk.add(value)
        return walk

    def is_plain(self, value: Any) -> bool:
        """Tell whether reading a value is harmless without a closer look."""
        kind = kind_of(value)
        if kind == "atomic":
            return True
        if kind in ("list", "tuple", "set", "dict") and type(value) is not slice:
            if len(value) > 1000:
                return False
            if kind == "dict":
                return only_atomic(value) and only_atomic(value.values())
            return only_atomic(value)
        return kind in ("module", "leaf")

    # -- values --------------------------------------------------------------------------------

    def resolve(self, value: Any) -> Any:
        """Return the value of a lazy that is there already."""
        return value.value if type(value) is Lazy and value.done else value

    def force(self, site: Site, value: Any, reason: Reason) -> Any:
        """Return a concrete value, waiting for it if it must be."""
        if type(value) is not Lazy:
            return value
        if not value.done:
            self.settle(site, reason)
        return value.value

    def hold(self, container: Any) -> Any:
        """Remember a list or dict that has lazies in it."""
        self.holders[id(container)] = container
        return container

    # -- changes -------------------------------------------------------------------------------

    def before_change(self, site: Site, container: Any) -> None:
        """An object is about to change: nobody who waits may see that."""
        if id(container) in self.reached:
            self.settle(site, Reason("PAR125"))

    def before_binding(self, site: Site, name: str) -> None:
        """A name is about to be bound or deleted."""
        if self.operations:
            if (id(self.namespace), name) in self.read_globals:
                self.settle(site, Reason("PAR124", name))
            else:
                self.journal.name(len(self.operations), self.namespace, name)

    # -- the barrier ---------------------------------------------------------------------------

    def settle(self, site: Site | None = None, reason: Reason | None = None) -> None:
        """Run all that waits; afterwards every place that held a lazy holds its value."""
        if not self.operations:
            return
        if site is not None and reason is not None:
            site.decide("barrier", reason)
        operations, self.operations = self.operations, []
        try:
            failure = self.runner.run(operations, self.is_safe_result)
        except KeyboardInterrupt as interrupt:
            from treadle.notebook.cell.settle import Failure

            failure = Failure(0, interrupt)
        if failure is not None:
            failure = self._first_in_regions(failure, operations) or failure
            self.journal.undo_after(failure.index)
        self._learn(operations)
        self._hand_out(operations, failure.index if failure else len(operations))
        self._forget()
        if failure is not None:
            if failure.index < len(operations) and self.failed_site is None:
                self.failed_places = operations[failure.index].places
                self.failed_site = operations[failure.index].site
            raise failure.exception

    def abandon(self, interrupt: BaseException) -> None:
        """The main thread was interrupted: what waits has not happened."""
        operations, self.operations = self.operations, []
        if operations:
            self.journal.undo_after(0)
            self._forget()

    def is_safe_result(self, value: Any) -> bool:
        """Tell whether other waiting operations may read a result beside each other."""
        if self.is_plain(value):
            return True
        return Walk(self.screen, {}).check(value)

    def _first_in_regions(self, failure: Failure, operations: list[Operation]) -> Failure | None:
        """A call that takes items one by one may have failed before the item that failed."""
        for operation in operations[: failure.index]:
            lazy = operation.lazy()
            if lazy is not None and operation.done:
                lazy.value, lazy.done = operation.value, True
        for region in self.regions:
            if region.start <= failure.index:
                earlier = region.look(failure.index)
                if earlier is not None:
                    self.failed_places, self.failed_site = region.places, region.site
                    return earlier
        return None

    def _learn(self, operations: list[Operation]) -> None:
        if self.min_task <= 0:
            return
        for operation in operations:
            if operation.seconds and not operation.hidden and not operation.ordered:
                operation.site.sample(operation.seconds, self.min_task)

    def _hand_out(self, operations: list[Operation], end: int) -> None:
        for operation in operations[:end]:
            lazy = operation.lazy()
            if lazy is not None:
                lazy.value, lazy.done = operation.value, True
        namespace = self.namespace
        for name in self.lazy_names:
            value = namespace.get(name)
            if type(value) is Lazy and value.done:
                namespace[name] = value.value
        for holder in self.holders.values():
            pairs = enumerate(holder) if type(holder) is list else list(holder.items())
            for key, value in pairs:
                if type(value) is Lazy and value.done:
                    holder[key] = value.value

    def _forget(self) -> None:
        self.journal.clear()
        self.holders.clear()
        self.reached.clear()
        self.read_globals.clear()
        self.lazy_names.clear()
        self.regions.clear()

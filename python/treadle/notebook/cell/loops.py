"""Hooks for loops and comprehensions.

A loop in which nothing waits pays for its hooks and gets nothing.  So every loop is compiled
twice: rewritten, and as it was written.  The rewritten one hands its iterator over to the other as
soon as many hooks in a row had nothing to do, and nothing waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from types import GeneratorType
from typing import TYPE_CHECKING, Any

from treadle.notebook.cell.calls import HERE, Calls
from treadle.notebook.cell.core import Region
from treadle.notebook.cell.kinds import kind_of
from treadle.notebook.cell.lazies import Lazy
from treadle.notebook.cell.reasons import Reason

if TYPE_CHECKING:
    from treadle.notebook.cell.names import Shape
    from treadle.notebook.cell.settle import Failure
    from treadle.notebook.cell.sites import Site

#: Calls that take items one by one, and may fail between two of them.
_ONE_BY_ONE = (sum, min, max, set, frozenset)

#: Calls that take all items before they look at one.
_ALL_FIRST = (list, tuple, sorted)


class Loops(Calls):
    """Loops, comprehensions, and calls that take all of a generator."""

    #: Hooks in a row with nothing to do, after which a loop runs as it was written: when nothing
    #: waits, and when something does and has to be waited for first.
    idle_limit = 2_000
    held_limit = 20_000

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._sources: dict[int, Iterator[Any]] = {}
        self._rest: dict[int, Iterator[Any]] = {}
        self._stopped: set[int] = set()

    def _goes_raw(self, site: Site) -> bool:
        """Tell whether a loop had better run as it was written."""
        idle = self.hooks - self.last_task
        if not self.operations:
            site.raw = site.raw or idle > self.idle_limit
            return site.raw
        if idle > self.held_limit:
            self.settle(site, Reason("PAR401"))
            site.raw = True
            return True
        return False

    def _iterator(self, number: int, iterable: Any) -> tuple[Iterator[Any], bool]:
        site = self.sites[number]
        iterable = self.resolve(iterable)
        if type(iterable) is Lazy and iterable.parts is not None:
            iterable = self.display(list(iterable.parts))
        iterable = self.force(site, iterable, Reason("PAR122"))
        if type(iterable) is _Mapped:
            return iterable, True
        quiet = self.is_quiet_iterable(iterable)
        if not quiet:
            self.settle(site, Reason("PAR122"))
        return iter(iterable), quiet

    def loop(
        self, number: int, iterable: Any, shape: Shape | None, names: tuple[str, ...]
    ) -> Iterator[Any]:
        """Items of a ``for`` statement, until it is over or goes raw."""
        iterator, quiet = self._iterator(number, iterable)
        return self._loop(number, iterator, quiet, shape, names)

    def _loop(
        self,
        number: int,
        iterator: Iterator[Any],
        quiet: bool,
        shape: Shape | None,
        names: tuple[str, ...],
    ) -> Iterator[Any]:
        site = self.sites[number]
        self._rest[number] = iter(())
        while True:
            self.hooks += 1
            if self._goes_raw(site):
                self._rest[number] = (
                    iterator.as_written() if type(iterator) is _Mapped else iterator
                )
                return
            if not quiet:
                self.settle(site, Reason("PAR122"))
            try:
                item = next(iterator)
            except StopIteration:
                return
            if self.operations or names:
                if shape is None:
                    item = self.bind(number, names, self.item(item))
                else:
                    item = self.unpack(number, item, shape, names)
            yield item

    def rest(self, number: int) -> Iterator[Any]:
        """What a loop that went raw left over."""
        return self._rest.pop(number, iter(()))

    def go_on(self, number: int) -> bool:
        """Tell a ``while`` statement whether to go on in its rewritten form."""
        self.hooks += 1
        if self._goes_raw(self.sites[number]):
            self._stopped.add(number)
            return False
        return True

    def stopped(self, number: int) -> bool:
        """Tell whether a ``while`` statement went raw, rather than ended."""
        if number in self._stopped:
            self._stopped.discard(number)
            return True
        return False

    # -- comprehensions ------------------------------------------------------------------------

    def comprehend(self, number: int, iterable: Any, shape: Shape | None) -> Iterator[Any]:
        """Items of a ``for`` in a comprehension; the first one of it may go raw."""
        iterator, quiet = self._iterator(number, iterable)
        self._sources[number] = iterator
        return self._loop(number, iterator, quiet, shape, ())

    def comprehend_inner(self, number: int, iterable: Any, shape: Shape | None) -> Iterator[Any]:
        """Items of a further ``for`` in a comprehension."""
        iterator, quiet = self._iterator(number, iterable)
        site = self.sites[number]
        while True:
            if not quiet:
                self.settle(site, Reason("PAR122"))
            try:
                item = next(iterator)
            except StopIteration:
                return
            yield self.parts(site, item, shape) if shape is not None else self.item(item)

    def comprehended(self, number: int, first: Any, rest: Any) -> Any:
        """The result of a comprehension: what was rewritten, then what was not."""
        self.display(first)
        if type(first) is dict:
            first.update(rest)
            return first
        if not rest:
            return first
        rest[:0] = first  # nothing waits: what is left over is the longer one
        return rest

    def comprehended_set(
        self, number: int, first: list[Any], rest: Callable[[], Iterator[Any]] | None = None
    ) -> Any:
        """The result of a set comprehension; ``first`` holds its items in order."""
        site = self.sites[number]
        first = self.display(first)
        if not any(type(item) is Lazy for item in first):
            made = set(first)
            if rest is not None:
                made.update(rest())  # one by one: the order of a set depends on it
            return made
        walk = self.walk(first)
        return self.record(site, "set", set, (first,), walk=walk, hidden=True)

    def hashed(self, number: int, value: Any) -> Any:
        """An item of a set: hashing it may fail, in program order."""
        self.hooks += 1
        site = self.sites[number]
        value = self.item(value)
        if type(value) is Lazy:
            self.record(site, "hash", hash, (value,), hidden=True)
            return value
        if self.operations and not self.is_plain(value):
            self.settle(site, Reason("PAR126"))
            value = self.concrete(value)
        hash(value)
        return value

    # -- calls of a generator --------------------------------------------------------------------

    def mapped(self, number: int, function: Any, called: Any, *iterables: Any) -> Any:
        """``map(called, ...)`` where all of it is taken at once."""
        if function is not map or not iterables:
            return self.call_now(number, function, called, *iterables)
        return _Mapped(self, number, called, iterables)

    def consumes_here(self, number: int, function: Any, /, *args: Any, **kwargs: Any) -> bool:
        """`calls_here` for a call that takes all of a generator."""
        self.value = self.consume(number, function, *args, **kwargs)
        return self.value is HERE

    def consume(
        self,
        number: int,
        function: Any,
        items: Iterator[Any],
        rest: Callable[[], Iterator[Any]] | None,
        /,
        **kwargs: Any,
    ) -> Any:
        """``function(item for ...)``: ``items`` is the rewritten generator."""
        self.hooks += 1
        site = self.sites[number]
        if type(items) not in (_Mapped, GeneratorType):  # what a `map` of the user's made
            return self.call(number, function, items, **kwargs)
        if function not in (*_ONE_BY_ONE, *_ALL_FIRST) or (
            kwargs and function not in (sum, min, max, sorted)
        ):
            return self._consume_unknown(number, function, items, rest, kwargs)
        if type(items) is _Mapped:
            items.may_go_raw = True
            rest = items.left_over
        if function in _ALL_FIRST:
            taken = [self.item(item) for item in items]
            taken = self.display(taken)
            if rest is not None:
                taken.extend(rest())
            if function is list:
                return taken
            if function is tuple:
                return self.tupled(tuple(taken))
            return self.call(number, function, taken, **kwargs)
        return self._consume_one_by_one(number, site, function, items, rest, kwargs)

    def _consume_unknown(
        self,
        number: int,
        function: Any,
        items: Iterator[Any],
        rest: Callable[[], Iterator[Any]] | None,
        kwargs: dict[str, Any],
    ) -> Any:
        """Let an unknown function take the generator as it was written."""
        site = self.sites[number]
        self.settle(site, Reason("PAR111"))
        function = self.resolve(function)
        kwargs = {name: self.concrete(value) for name, value in kwargs.items()}
        site.decide("inline", Reason("PAR111"))
        if type(items) is _Mapped:
            return self.here(function, (items.as_written(),), kwargs)
        assert rest is not None
        self._rest[number] = self._sources.pop(number)
        return self.here(function, (rest(),), kwargs)

    def _consume_one_by_one(
        self,
        number: int,
        site: Site,
        function: Any,
        items: Iterator[Any],
        rest: Callable[[], Iterator[Any]] | None,
        kwargs: dict[str, Any],
    ) -> Any:
        taken: list[Any] = []
        marks: list[int] = []
        kwargs = {name: self.item(value) for name, value in kwargs.items()}
        if any(kind_of(value) != "atomic" for value in kwargs.values()):
            self.settle(site, Reason("PAR127"))
            kwargs = {name: self.concrete(value) for name, value in kwargs.items()}
            return function(chain(map(self._forced, items), _later(rest)), **kwargs)

        def look(index: int) -> Failure | None:
            before = [self.resolve(v) for v, m in zip(taken, marks, strict=True) if m <= index]
            return _failure_of(function, before, kwargs, index)

        places = self.places()
        region = Region(len(self.operations), look, site, places)
        known = (int, float, bool, str) if function in (set, frozenset) else (int, float, bool)
        for item in items:
            item = self.item(item)
            if type(item) is not Lazy and type(item) not in known:
                # what the call does with it can't be foreseen: take one by one from here on
                self.settle(site, Reason("PAR127"))
                taken = [self.concrete(each) for each in [*taken, item]]
                return function(chain(taken, map(self._forced, items), _later(rest)), **kwargs)
            if self.operations and region not in self.regions:
                region = region._replace(start=0) if taken else region
                marks = [0] * len(taken)
                self.regions.append(region)
            taken.append(item)
            marks.append(len(self.operations))
        taken = [self.resolve(each) for each in taken]
        if not any(type(each) is Lazy for each in taken):
            following = chain(taken, rest()) if rest is not None else taken
            return self.here(function, (following,), kwargs)
        return self.call(number, function, self.display(taken), **kwargs)

    def _forced(self, item: Any) -> Any:
        self.settle(self.sites[0], Reason("PAR127"))
        return self.concrete(item)


class _Mapped:
    """``map(...)`` whose calls go through the tracer."""

    def __init__(self, tracer: Loops, number: int, called: Any, iterables: tuple[Any, ...]):
        self._tracer = tracer
        self._number = number
        self._called = called
        self._quiet = True
        self.may_go_raw = False  # whoever takes all of it asks for the rest
        self._went_raw = False
        self._iterators = []
        for iterable in iterables:
            iterator, quiet = tracer._iterator(number, iterable)
            self._iterators.append(iterator)
            self._quiet = self._quiet and quiet

    def __iter__(self) -> _Mapped:
        return self

    def __next__(self) -> Any:
        tracer = self._tracer
        if self.may_go_raw and tracer._goes_raw(tracer.sites[self._number]):
            self._went_raw = True
            raise StopIteration
        if not self._quiet:
            tracer.settle(tracer.sites[self._number], Reason("PAR122"))
        args = [tracer.item(next(iterator)) for iterator in self._iterators]
        return tracer.call_now(self._number, self._called, *args)

    def left_over(self) -> Iterator[Any]:
        """What is to be taken from the plain ``map`` object: nothing if this one is over."""
        return self.as_written() if self._went_raw else iter(())

    def as_written(self) -> Any:
        """The plain ``map`` object over what is left."""
        return map(self._tracer.resolve(self._called), *self._iterators)


def _later(rest: Callable[[], Iterator[Any]] | None) -> Iterator[Any]:
    if rest is not None:
        yield from rest()


def _failure_of(
    function: Any, items: list[Any], kwargs: dict[str, Any], index: int
) -> Failure | None:
    from treadle.notebook.cell.settle import Failure

    if not items:
        return None
    try:
        function(items, **kwargs)
    except Exception as error:
        return Failure(index, error)
    return None

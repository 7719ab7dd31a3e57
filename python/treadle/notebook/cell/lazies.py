"""Results that are not there yet, and the operations that will make them.

While a cell runs, a call that may wait becomes an `Operation` in a list in program order, and the
cell goes on with a `Lazy`, the stand-in for its result.  A lazy lives only until the next barrier:
then every operation runs, and every place that held a lazy holds the value.

A lazy has no operators on purpose.  The rewritten cell asks the tracer before it uses any value;
a lazy that code outside the cell can touch is a bug here, and must be loud.
"""

from __future__ import annotations

import weakref
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType

    from treadle.notebook.cell.sites import Site

MISSING: Any = type("Missing", (), {"__repr__": lambda self: "<missing>"})()


class NeedsOrder(Exception):
    """An operation found out that it may not run beside others: the main thread takes over."""


class Place(NamedTuple):
    """One frame of the cell, as a traceback shows it."""

    frame: FrameType
    instruction: int
    line: int


class Slot(NamedTuple):
    """A list or dict item that holds a lazy: where the value goes before a call sees it."""

    container: Any
    key: Any
    operation: Operation


class Input:
    """Stands in the arguments of an operation for the result of another one."""

    __slots__ = ("operation",)

    def __init__(self, operation: Operation):
        self.operation = operation


class Operation:
    """One call that waits for its turn.

    Attributes
    ----------
    index : int
        Its place in program order since the last barrier.
    hidden : bool
        Bookkeeping, such as taking one item of a tuple: not shown, not counted.
    ordered : bool
        An effect: runs on the main thread when its turn comes (``print``).
    inputs : list of Operation
        Those whose results it takes; all have a lower index.
    """

    __slots__ = (
        "__weakref__",
        "args",
        "check",
        "context",
        "done",
        "function",
        "hidden",
        "index",
        "inputs",
        "kwargs",
        "label",
        "lazy",
        "ordered",
        "places",
        "running",
        "seconds",
        "shared",
        "site",
        "slots",
        "value",
        "wanted",
    )

    def __init__(
        self,
        index: int,
        site: Site,
        label: str,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        slots: Sequence[Slot] = (),
        *,
        hidden: bool = False,
        ordered: bool = False,
    ):
        self.index = index
        self.site = site
        self.label = label
        self.function = function
        self.slots = slots
        self.hidden = hidden
        self.ordered = ordered
        self.done = False
        self.running = False
        self.wanted = False  # somebody outside holds the lazy
        self.shared = False  # another waiting operation takes the result
        self.seconds = 0.0
        self.value: Any = MISSING
        self.context: Any = None
        self.places: tuple[Place, ...] = ()
        self.check: Callable[[Any], bool] | None = None  # may others read the result?
        self.lazy: Callable[[], Lazy | None] = _nobody
        inputs: dict[int, Operation] = {}
        self.args = tuple([_as_input(arg, inputs) for arg in args]) if args else args
        self.kwargs = {name: _as_input(arg, inputs) for name, arg in kwargs.items()}
        for slot in slots:
            inputs[slot.operation.index] = slot.operation
        self.inputs = list(inputs.values())
        for operation in self.inputs:
            operation.shared = True

    def make_lazy(self) -> Lazy:
        """Return the stand-in for the result; call it once."""
        lazy = Lazy(self)
        self.lazy = weakref.ref(lazy)
        return lazy

    @property
    def __name__(self) -> str:
        return self.label

    def __call__(self, *values: Any) -> Any:
        """Run as a task, given the results of `inputs`: what an engine calls."""
        self.running = True
        started = perf_counter()
        results = dict(zip([each.index for each in self.inputs], values, strict=True))
        args, kwargs = self._arguments(results)
        if self.context is not None:
            value = self.context.copy().run(self.function, *args, **kwargs)
        else:
            value = self.function(*args, **kwargs)
        self.seconds = perf_counter() - started
        if self.shared and self.check is not None and not self.check(value):
            raise NeedsOrder
        if self.wanted:
            self.value = value
        self.done = True
        return value

    def run_in_order(self) -> Any:
        """Run on the main thread, after all before it; results that were let go are made anew."""
        results = {
            each.index: each.value if each.value is not MISSING else each.run_in_order()
            for each in self.inputs
        }
        args, kwargs = self._arguments(results)
        function = getattr(self.function, "in_order", self.function)
        self.value = function(*args, **kwargs)
        self.done = True
        return self.value

    def _arguments(self, results: dict[int, Any]) -> tuple[list[Any], dict[str, Any]]:
        for container, key, operation in self.slots:
            container[key] = results[operation.index]
        args = [results[a.operation.index] if type(a) is Input else a for a in self.args]
        kwargs = {
            name: results[a.operation.index] if type(a) is Input else a
            for name, a in self.kwargs.items()
        }
        return args, kwargs


class Lazy:
    """Stands for the result of an operation until the next barrier.

    Attributes
    ----------
    parts : tuple or None
        Of a tuple display with lazies in it: its items, so that it can be unpacked without waiting.
    uses : int
        How often it was handed on; an in-place operator may copy what nobody else sees.
    """

    __slots__ = ("__weakref__", "done", "operation", "parts", "uses", "value")

    def __init__(self, operation: Operation):
        self.operation = operation
        self.parts: tuple[Any, ...] | None = None
        self.uses = 0
        self.done = False
        self.value: Any = None

    def __repr__(self) -> str:
        return f"<Lazy {self.operation.label} {self.operation.index}>"

    def _refuse(self, *_: Any) -> Any:
        raise RuntimeError(
            "a result that is not there yet was used outside the cell: this is a bug of treadle; "
            "run the cell without %%parallel"
        )

    __bool__ = __iter__ = __len__ = __getitem__ = __int__ = __float__ = _refuse
    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = __ne__ = _refuse
    __add__ = __radd__ = __mul__ = __rmul__ = __sub__ = __rsub__ = _refuse
    __index__ = __contains__ = __truediv__ = __rtruediv__ = __str__ = _refuse
    __array_ufunc__ = None
    __hash__ = object.__hash__


class LazyMethod:
    """A method of a lazy, between its attribute access and its call."""

    __slots__ = ("bound", "name")

    def __init__(self, bound: Lazy, name: str):
        self.bound = bound
        self.name = name


def _nobody() -> None:
    return None


def _as_input(value: Any, inputs: dict[int, Operation]) -> Any:
    if type(value) is not Lazy:
        return value
    value.uses += 1
    inputs[value.operation.index] = value.operation
    return Input(value.operation)

"""What the screen found out about a function, and how fresh a value in it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FunctionType

    from treadle.notebook.cell.reasons import Reason

ABSENT: Any = object()


class Freshness(IntEnum):
    """Who else may hold a value.

    SHARED: it, or what it is, may be reached from outside: an argument, a global.
    TOP: the object itself was made here; what it holds may be shared.
    DEEP: everything it holds was made here, or can't change.
    """

    SHARED = 0
    TOP = 1
    DEEP = 2


@dataclass(slots=True)
class Verdict:
    """May calls of one function wait, and run beside others?

    Attributes
    ----------
    reason : Reason or None
        Why not; None if they may.
    returns : Freshness
        Of what it returns.
    reads : dict
        (id of globals, name) -> (globals, name): what it and its callees look up.
    bindings : list
        (globals, name, value) of the functions, classes and modules it found there: when one is
        bound anew, the verdict no longer holds.
    functions : list
        The callees written in Python: their closures and defaults are inputs too.
    methods : set of str
        Methods it calls on values that it did not make.
    differs : str
        Why its result is another one in another process; empty if it isn't.
    """

    reason: Reason | None = None
    returns: Freshness = Freshness.DEEP
    reads: dict[tuple[int, str], tuple[dict[str, Any], str]] = field(default_factory=dict)
    bindings: list[tuple[dict[str, Any], str, Any]] = field(default_factory=list)
    functions: list[FunctionType] = field(default_factory=list)
    methods: set[str] = field(default_factory=set)
    differs: str = ""

    @property
    def is_pure(self) -> bool:
        """No effect, and nothing changed that others see."""
        return self.reason is None

    def still_holds(self) -> bool:
        """Tell whether the names it looked up are still bound to the same functions."""
        return all(names.get(name, ABSENT) is value for names, name, value in self.bindings)

    def include(self, other: Verdict) -> None:
        """Take over what a callee reads."""
        self.reads.update(other.reads)
        self.bindings.extend(other.bindings)
        self.functions.extend(other.functions)
        self.methods |= other.methods
        self.differs = self.differs or other.differs

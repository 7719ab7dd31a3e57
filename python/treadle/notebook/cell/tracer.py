"""The object that a rewritten cell talks to: all hooks together."""

from __future__ import annotations

import builtins
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from treadle.notebook.cell.loops import Loops
from treadle.notebook.cell.reasons import Reason
from treadle.notebook.cell.rewrite_expressions import TRACER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from treadle.notebook.cell.sites import Row


class Tracer(Loops):
    """All hooks; what each does stands in the class it comes from.

    ``Core`` (waiting, the barrier) < ``Names`` (binding, displays) < ``Operations`` (operators,
    items, text) < ``Calls`` < ``Loops``
    """

    last_value: Any = None

    def result(self, value: Any) -> None:
        """The value of the cell's last expression."""
        self.last_value = value

    def stand_still(self, number: int, code: str) -> None:
        """The next statement runs as it was written."""
        site = self.sites[number]
        reason = Reason(code)
        site.decide("inline", reason)
        self.settle(site, reason)

    def slice(self, start: Any, stop: Any, step: Any) -> slice:
        """``start:stop:step`` in brackets."""
        return slice(start, stop, step)

    def finish(self) -> Any:
        """The cell is over: everything happens, and the last value is there."""
        value, self.last_value = self.last_value, None
        self.settle()
        self.args, self.kwargs, self.function = (), {}, None
        self.left = self.right = self.value = None
        return self.concrete(value)

    def rows(self) -> list[Row]:
        """All decisions, by line."""
        rows = [row for site in self.sites for row in site.rows()]
        return sorted(rows, key=lambda row: row.line)

    @contextmanager
    def in_builtins(self) -> Iterator[None]:
        """Let the cell find this tracer."""
        setattr(builtins, TRACER, self)
        try:
            yield
        finally:
            delattr(builtins, TRACER)

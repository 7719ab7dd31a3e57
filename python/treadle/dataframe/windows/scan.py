"""Running results over all partitions: each alone first, then with what was before it. ::

    alone   cumsum of partition 0     of partition 1      of partition 2
    last        its last row  ------>   its last row
                     |                       |
    finish           +--> added to 1         +--> both added to 2

What is carried is a row or so, and the data is gone through once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from treadle.dataframe.build import new_collection
from treadle.dataframe.expr import Columns, FrameExpr
from treadle.dataframe.windows.around import made_of_one_row
from treadle.dataframe.windows.chain import carried
from treadle.graph.blockwise import Axis, Blockwise, Operand
from treadle.graph.tokenize import tokenize


class Running:
    """How a running result is made; its functions take partitions and small frames.

    Subclasses hold what they need as attributes and say what stands for them in tokens.
    """

    backward = False

    def alone(self, part: Any) -> Any:
        """Return what a partition becomes if nothing is before it, or what it takes for that."""
        return part

    def last(self, alone: Any) -> Any:
        """Return what others need to know of it."""
        raise NotImplementedError

    def join(self, carried: Any, piece: Any) -> Any:
        """Return what is known of two neighbours."""
        raise NotImplementedError

    def finish(self, carried: Any, alone: Any) -> Any:
        """Return a partition of the result; nothing is carried (None) to the first."""
        raise NotImplementedError

    def __treadle_tokenize__(self) -> Any:
        return type(self).__name__, sorted(vars(self).items())


class Scan(FrameExpr):
    """A running result, column by column."""

    __slots__ = ("running",)
    passes_columns = True

    def __init__(self, name: str, meta: Any, frame: FrameExpr, running: Running, **options: Any):
        super().__init__(name, meta, frame.divisions, (frame,), layout=frame.layout, **options)
        self.running = running

    def needs(self) -> list[Columns | None]:
        return [self.columns]

    def narrow(self, columns: Columns) -> FrameExpr:
        return self if self.columns is None else self._narrowed(columns)

    def lower(self) -> Blockwise:
        running = self.running
        options: dict[str, Any] = {"source": self.source, "annotations": self.annotations}
        if self.npartitions == 1:
            return Blockwise.call(
                self.name, self.numblocks, Whole(running), [self.operand(0)], **options
            )
        prefix, _, token = self.name.rpartition("-")
        alone = self.operand(0)
        if type(running).alone is not Running.alone:
            grid = Blockwise.call(
                f"{prefix}-alone-{token}", self.numblocks, running.alone, [alone], **options
            )
            alone = Operand(grid, (Axis(0),))
        pieces = Blockwise.call(
            f"{prefix}-last-{token}", self.numblocks, running.last, [alone], **options
        )
        before = carried(
            f"{prefix}-carried-{token}", pieces, running.join, running.backward, **options
        )
        return Blockwise.call(
            self.name, self.numblocks, running.finish,
            [Operand(before, (Axis(0),)), alone], **options,
        )  # fmt: skip


class Whole:
    """Makes the result of the only partition."""

    __slots__ = ("running",)

    def __init__(self, running: Running):
        self.running = running

    @property
    def __name__(self) -> str:
        return type(self.running).__name__.lower()

    def __call__(self, part: Any) -> Any:
        return self.running.finish(None, self.running.alone(part))

    def __reduce__(self) -> tuple[Any, ...]:
        return Whole, (self.running,)


def scanned(label: str, frame: Any, running: Running, pandas: Callable[[Any], Any]) -> Any:
    """Return the collection of a running result.

    Parameters
    ----------
    pandas : callable
        What pandas does; called with one row for the meta.
    """
    expr = frame.expr
    meta = made_of_one_row(pandas, expr.meta)
    name = f"{label}-{tokenize(label, expr.name, running)}"
    return new_collection(Scan(name, meta, expr, running))

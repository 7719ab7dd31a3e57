"""Some of the rows of every partition, chosen by a function that looks at few columns.

A function chooses rows by the index, by columns of its own, or by a value that each partition has
for itself (a border, a seed). All columns of a chosen row are kept, so a user of two columns reads
these two and those that are looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from treadle.dataframe.expr import Columns, Divisions, FrameExpr
from treadle.graph.blockwise import Axis, Blockwise, Operand, Values
from treadle.graph.program import Reg
from treadle.graph.tokenize import tokenize


class Rows(FrameExpr):
    """Rows that a function chooses from each partition.

    Parameters
    ----------
    label : str
        What tasks are called.
    frame : FrameExpr
    func : callable
        Takes a partition, its value if there are ``values``, and ``kwargs``; returns rows of it.
    values : sequence, optional
        One for each partition.
    kwargs : mapping, optional
    reads : list, optional
        Columns that the function looks at; None for all of them.
    divisions : tuple, optional
        Those of the frame without it.
    """

    __slots__ = ("func", "kwargs", "reads", "values")
    passes_columns = True

    def __init__(
        self,
        label: str,
        frame: FrameExpr,
        func: Callable[..., Any],
        *,
        values: Sequence[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
        reads: Columns | None = None,
        divisions: Divisions | None = None,
    ):
        kwargs = dict(kwargs or {})
        values = None if values is None else list(values)
        super().__init__(
            f"{label}-{tokenize(label, frame.name, func, values, kwargs, divisions)}",
            frame.meta, divisions or frame.divisions, (frame,), layout=frame.layout,
        )  # fmt: skip
        assert values is None or len(values) == self.npartitions
        self.func = func
        self.values = values
        self.kwargs = kwargs
        self.reads = reads

    def needs(self) -> list[Columns | None]:
        return [self.columns]

    def narrow(self, columns: Columns) -> FrameExpr:
        if self.columns is None or self.reads is None:
            return self
        return self._narrowed([*columns, *self.reads])

    def lower(self) -> Blockwise:
        if self.values is None:
            return self.calls(self.func, Reg(0), **self.kwargs)
        own = Operand(Values(self.numblocks, self.values), (Axis(0),))
        return Blockwise.call(
            self.name, self.numblocks, self.func, [self.operand(0), own], self.kwargs,
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

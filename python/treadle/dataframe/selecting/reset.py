"""The index as columns; only columns that are used are read all the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from treadle.dataframe.calls import Method
from treadle.dataframe.expr import Columns, FrameExpr
from treadle.graph.blockwise import Blockwise
from treadle.graph.program import Reg
from treadle.graph.tokenize import tokenize


class ResetIndex(FrameExpr):
    """A frame whose index, or a level of it, has become columns.

    Parameters
    ----------
    frame : FrameExpr
    kwargs : mapping
        Of pandas' ``reset_index``.
    """

    __slots__ = ("kwargs", "theirs")
    passes_columns = True
    keeps_length = True

    def __init__(self, frame: FrameExpr, kwargs: Mapping[str, Any]):
        kwargs = dict(kwargs)
        meta = Method("reset_index")(frame.meta, **kwargs)
        super().__init__(
            f"reset-index-{tokenize('reset_index', frame.name, kwargs)}",
            meta, (None,) * (frame.npartitions + 1), (frame,), layout=frame.layout,
        )  # fmt: skip
        self.kwargs = kwargs
        #: Columns of the frame that it passes on; None if they can't be told apart by labels.
        self.theirs = frame.columns if self.columns is not None else None

    def needs(self) -> list[Columns | None]:
        return [self.theirs]

    def narrow(self, columns: Columns) -> FrameExpr:
        if self.theirs is None:
            return self
        wanted, theirs = set(columns), set(self.theirs)
        made = [label for label in self.meta.columns if label not in theirs]
        new = self._narrowed([*made, *(label for label in self.theirs if label in wanted)])
        return new.replace(theirs=[label for label in self.theirs if label in wanted])

    def lower(self) -> Blockwise:
        return self.calls(Method("reset_index"), Reg(0), **self.kwargs)

    def describe(self) -> str:
        return "reset index"

"""Columns under other labels: a node that knows which label was which.

Whoever wants ``b`` of ``df.rename(columns={"a": "b"})`` makes sources read ``a``, and no more.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from treadle.dataframe.expr import Columns, Filter, FrameExpr, Partwise, Projection
from treadle.graph.blockwise import Blockwise
from treadle.graph.expr import walk
from treadle.graph.naming import key_prefix
from treadle.graph.program import Reg
from treadle.graph.tokenize import tokenize


class Relabel(FrameExpr):
    """A frame whose columns have other labels, in the same order.

    Parameters
    ----------
    frame : FrameExpr
    labels : Index
        One for each column.
    """

    __slots__ = ("before",)
    passes_columns = True
    keeps_length = True

    def __init__(self, frame: FrameExpr, labels: pd.Index[Any]):
        super().__init__(
            f"rename-{tokenize('rename', frame.name, labels)}",
            relabelled(frame.meta, labels), frame.divisions, (frame,), layout=frame.layout,
        )  # fmt: skip
        #: Labels of the columns of the frame; None if columns can't be told apart by labels.
        self.before = frame.columns if self.columns is not None else None

    def needs(self) -> list[Columns | None]:
        return [self.before]

    def narrow(self, columns: Columns) -> FrameExpr:
        if self.before is None:
            return self
        new = self._narrowed(columns)
        kept = set(new.meta.columns)
        pairs = zip(self.before, self.meta.columns, strict=True)
        return new.replace(before=[before for before, label in pairs if label in kept])

    def filtered(self, predicate: FrameExpr) -> FrameExpr | None:
        """Return this node on the rows that a predicate on its columns chooses, if it can."""
        (frame,) = self.inputs
        assert isinstance(frame, FrameExpr)
        below = self._translated(predicate, frame)
        return None if below is None else Relabel(Filter(frame, below), self.meta.columns)

    def _translated(self, predicate: FrameExpr, frame: FrameExpr) -> FrameExpr | None:
        """Return a predicate that looks at columns of ``frame`` by their old labels."""
        if self.before is None:
            return None
        old = dict(zip(self.meta.columns, self.before, strict=True))
        found: dict[str, FrameExpr] = {}
        for item in walk([predicate]):
            if any(inner.name == self.name for inner in item.inputs):
                if not isinstance(item, Projection) or isinstance(item.wanted, list):
                    return None
                found[item.name] = Projection(frame, old[item.wanted])
            elif any(inner.name in found for inner in item.inputs):
                if not isinstance(item, Partwise) or not item.rowwise:
                    return None
                inputs = tuple(found.get(inner.name, inner) for inner in item.inputs)
                token = tokenize(item.name, [inner.name for inner in inputs])
                name = f"{key_prefix(item.name)}-{token}"
                found[item.name] = item.replace(name=name, inputs=inputs)
        return found.get(predicate.name)

    def lower(self) -> Blockwise:
        return self.calls(relabelled, Reg(0), self.meta.columns)

    def describe(self) -> str:
        return "rename columns"


def relabelled(frame: Any, labels: pd.Index[Any]) -> Any:
    """Return a frame under other labels; columns are shared."""
    frame = frame.copy(deep=False)
    frame.columns = labels
    return frame

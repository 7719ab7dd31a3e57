"""How many bytes partitions have, before there are any.

Readers know, or can tell from bytes and a few records, how many rows they will make; what is done
row by row keeps them, and filters make no more. A row takes what its dtypes say, and text what it
takes in the first rows. ::

    read_parquet   1,000,000 rows in the footer    x  8 + 8 + 21 bytes
    filter         1,000,000 rows at most
    mean by key    some hundred groups: a guess, and said to be one
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from treadle.dataframe.expr import FrameExpr, Held, Partitions, Source
from treadle.dataframe.frame import is_frame_like
from treadle.dataframe.join.expr import Merge
from treadle.dataframe.reducing.tree import TreeReduction
from treadle.graph.blockwise import Blockwise, fuse_blockwise
from treadle.graph.expr import Expr, rewrite, simplify, walk
from treadle.graph.gather import Blocks
from treadle.utils.sizeof import sizeof

Counts = npt.NDArray[np.float64]

#: Bytes of a text, where none is at hand to be measured.
TEXT = 24.0

#: Groups, or other rows, that a partial result is taken to have.
FEW = 1000.0

#: What a value by itself takes, as an object of Python.
OBJECT = 64.0


class FrameSizes:
    """Bytes of partitions by name, as :class:`treadle.planning.plan.Sizes` has them."""

    def __init__(self, roots: Sequence[Expr]):
        self.known: dict[str, Counts] = {}
        self.alike: set[str] = set()
        self.read: dict[str, float] = {}
        self.extra: dict[str, float] = {}
        self.irregular: set[str] = set()
        self.guessed: set[str] = set()
        self._rows: dict[str, Counts] = {}
        self._text: dict[Any, float] = {}
        simple = simplify(roots)
        for expr in walk(simple):
            self._add(expr)
        lowered = rewrite(simple, self._lowered)
        self.fused = fuse_blockwise(lowered)
        self._add_fused(lowered)

    def _add(self, expr: Expr) -> None:
        if not isinstance(expr, FrameExpr):
            if isinstance(expr, Blocks):
                self.known[expr.name] = np.zeros(len(expr.values))
            return
        rows = self._rows_of(expr)
        self._rows[expr.name] = rows
        here = isinstance(expr, Held) or (isinstance(expr, Source) and expr.reading.in_memory)
        self.known[expr.name] = np.zeros_like(rows) if here else rows * self._width(expr.meta)

    def _rows_of(self, expr: FrameExpr) -> Counts:
        """Return the rows of each partition, as far as they are known."""
        count = expr.npartitions
        inputs = [self._rows[item.name] for item in expr.inputs if item.name in self._rows]
        match expr:
            case Source():
                self._look(expr)
                lengths = expr.reading.about_lengths()
                if not expr.reading.in_memory:
                    own = None if lengths is None else sum(lengths) * self._width(expr.meta)
                    told: float | None = expr.reading.nbytes()
                    if told is None and expr.reading.lengths() is None:
                        told = own  # else rows are made up, not read
                    self.read[expr.name] = float(told or 0.0)
                if lengths is None:
                    self.guessed.add(expr.name)
                    return np.full(count, FEW)
                return np.array(lengths, float)
            case Held():
                lengths = [len(v) if is_frame_like(v) else 1 for v in expr.values]
                return np.array(lengths, float)
            case Partitions():
                return inputs[0][list(expr.chosen)]
            case TreeReduction():
                if not expr.numblocks:
                    return np.ones(1)
                self.guessed.add(expr.name)
                total = max((float(rows.sum()) for rows in inputs), default=0.0)
                return np.full(count, min(FEW, total))
            case Merge():
                most = max((float(rows.sum()) for rows in inputs), default=0.0)
                return np.full(count, most / count)
        if inputs and len(inputs[0]) == count:
            return inputs[0]
        return np.full(count, sum(float(rows.sum()) for rows in inputs) / max(count, 1))

    def _look(self, source: Source) -> None:
        """Measure texts in the first rows, if these are at hand."""
        rows = source.reading.first_rows(100)
        if isinstance(rows, pd.DataFrame) and len(rows):
            for label, dtype in rows.dtypes.items():
                if dtype.kind == "O":
                    self._text.setdefault(label, sizeof(rows[label]) / len(rows))

    def _width(self, meta: Any) -> float:
        """Return the bytes of a row."""
        if isinstance(meta, pd.DataFrame):
            pairs = zip(meta.columns, meta.dtypes, strict=True)
            return sum(self._value(label, dtype) for label, dtype in pairs) or 1.0
        if isinstance(meta, pd.Series | pd.Index):
            return self._value(meta.name, meta.dtype)
        return OBJECT

    def _value(self, label: Any, dtype: Any) -> float:
        if isinstance(dtype, pd.CategoricalDtype):
            return 4.0
        if getattr(dtype, "kind", "O") == "O":
            return self._text.get(label, TEXT)
        return float(getattr(dtype, "itemsize", 8))

    # -- what is lowered and fused -----------------------------------------------------------------

    def _lowered(self, expr: Expr) -> Expr:
        lower = expr.lower()
        if isinstance(expr, TreeReduction) and lower is not expr:
            outside = {item.name for item in walk(expr.inputs)}
            for inner in walk([lower]):
                if inner.name not in outside and inner.name not in self.known:
                    width = self._width(expr.meta)
                    rows = self._rows[expr.name].max() if expr.numblocks else 1.0
                    self.known[inner.name] = np.full(_blocks(inner), rows * width)
        return lower

    def _add_fused(self, lowered: Sequence[Expr]) -> None:
        before = {expr.name: expr for expr in walk(lowered)}
        left = {expr.name for expr in walk(self.fused)}
        for expr in walk(self.fused):
            if not isinstance(expr, Blockwise) or expr.name not in before:
                continue
            inside = _inside(before[expr.name], left)
            known = [self.known[item.name] for item in inside if item.name in self.known]
            # A step's result is there while the next is made of it.
            most = max((float(found.max(initial=0.0)) for found in known), default=0.0)
            self.extra[expr.name] = most if len(inside) > 1 else 0.0
            read = sum(self.read.pop(item.name, 0.0) for item in inside)
            if read:
                self.read[expr.name] = read
                # The bytes of a file are there until they are parsed.
                self.extra[expr.name] += read / _blocks(expr)
                self.known.setdefault(expr.name, np.full(_blocks(expr), most))
            if any(item.name in self.guessed for item in inside):
                self.guessed.add(expr.name)


def _inside(expr: Expr, left: set[str]) -> list[Expr]:
    """Return an expression and what was fused into it, which is not among what is left."""
    found: dict[str, Expr] = {}
    stack = [expr]
    while stack:
        item = stack.pop()
        if item.name not in found:
            found[item.name] = item
            stack += [other for other in item.inputs if other.name not in left]
    return list(found.values())


def _blocks(expr: Expr) -> int:
    return int(np.prod(expr.numblocks, dtype=np.int64))

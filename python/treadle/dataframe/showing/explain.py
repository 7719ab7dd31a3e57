"""What would be computed, as a tree: the optimised expression, before it is written as tasks.

>>> import pandas as pd
>>> import treadle.dataframe as dd
>>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2, 3], "y": [4, 5, 6]}), npartitions=2)
>>> df[df.x > 1][["x"]].explain()
columns ['x']              2 partitions, 1 column, 0 to 2
  filter x > 1             2 partitions, 1 column, 0 to 2
    from memory            2 partitions, 1 column, 0 to 2
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd

from treadle.dataframe.expr import Assign, Filter, FrameExpr, Projection
from treadle.dataframe.showing.formulas import formula
from treadle.graph.expr import Expr, simplify
from treadle.graph.naming import key_prefix
from treadle.graph.program import Reg
from treadle.utils.format import count

# The second column stands below itself in fonts of one width only, and if no line is broken.
_STYLE = "background:none;margin:0;white-space:pre;overflow-x:auto;font-family:monospace"


#: What comes out of longer lines stands right behind them, not below that of the others.
_LONG = 80


@dataclass(frozen=True, slots=True)
class Explanation:
    """Lines of a tree: how deep, what is done, and what comes out."""

    lines: tuple[tuple[int, str, str], ...]

    def __repr__(self) -> str:
        texts = ["  " * depth + what for depth, what, _ in self.lines]
        width = max(26, *(len(text) + 2 for text in texts if len(text) <= _LONG))
        rows = zip(texts, self.lines, strict=True)
        return "\n".join(f"{text:<{width}} {out}".rstrip() for text, (_, _, out) in rows)

    def _repr_html_(self) -> str:
        return f'<pre style="{_STYLE}">{escape(repr(self))}</pre>'


def explain(*collections: Any, optimize: bool = True) -> Explanation:
    """Return what computing collections together would do, as a tree; nothing is computed.

    Parameters
    ----------
    *collections : DataFrame, Series, Index or Scalar
    optimize : bool
        Show it as it would run; otherwise as it was written.

    Returns
    -------
    Explanation
        Shows itself as text: a line an operation, what it takes below it. What several take is
        written out where it is met first.

    Examples
    --------
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2], "y": [3, 4]}), npartitions=2)
    >>> dd.explain(df.x + df.y, optimize=False)
    x + y                      2 partitions, 0 to 1
      from memory              2 partitions, 2 columns, 0 to 1
    """
    roots: Sequence[Expr] = [item.expr for item in collections]
    if optimize:
        roots = simplify(roots)
    writer = _Writer(roots)
    for root in roots:
        writer.add(root, 0)
    return Explanation(tuple(writer.lines))


class _Writer:
    def __init__(self, roots: Sequence[Expr]):
        self.lines: list[tuple[int, str, str]] = []
        self.numbers: dict[str, int] = {}
        self.shown: dict[str, int] = {}

    def add(self, expr: Expr, depth: int) -> None:
        while isinstance(expr, Assign) and not expr.items:  # nobody wants what was assigned
            expr = expr.inputs[0]
        if expr.name in self.shown:
            line = self.shown[expr.name]
            level, what, out = self.lines[line]
            number = self.numbers.setdefault(expr.name, len(self.numbers) + 1)
            if not what.endswith(f" ({number})"):
                self.lines[line] = (level, f"{what} ({number})", out)
            self.lines.append((depth, f"({number})", ""))
            return
        what, inputs = _described(expr)
        if inputs:  # a source is short enough to be written again
            self.shown[expr.name] = len(self.lines)
        self.lines.append((depth, what, _outcome(expr)))
        for item in inputs:
            self.add(item, depth + 1)


def _described(expr: Expr) -> tuple[str, list[Expr]]:
    """Return what an expression does, and the inputs that this does not tell."""
    if isinstance(expr, Filter):
        frame, predicate = expr.inputs
        text = formula(predicate, _names(frame))
        return (f"filter {text}", [frame]) if text else ("filter", [frame, predicate])
    if isinstance(expr, Assign):
        return _assignment(expr)
    frames = {item.name: item for item in _frames_below(expr)}
    if len(frames) == 1 and isinstance(expr, FrameExpr) and not isinstance(expr.meta, pd.DataFrame):
        (frame,) = frames.values()
        text = formula(expr, _names(frame))
        if text is not None:
            return text, [frame]
    if isinstance(expr, FrameExpr):
        return expr.describe(), list({item.name: item for item in expr.inputs}.values())
    return key_prefix(expr.name), list(expr.inputs)


def _names(frame: Expr) -> set[str]:
    """Return the names of a frame, and of what it shows some columns of."""
    return {frame.name, *(_names(frame.inputs[0]) if isinstance(frame, Projection) else ())}


def _frames_below(expr: Expr) -> list[Expr]:
    """Return the frames that a chain of series and scalars stands on."""
    found: list[Expr] = []
    stack, seen = list(expr.inputs), set()
    while stack:
        item = stack.pop()
        if item.name in seen:
            continue
        seen.add(item.name)
        if isinstance(item, FrameExpr) and isinstance(item.meta, pd.DataFrame):
            found.append(item)
        else:
            stack.extend(item.inputs)
    return found


def _assignment(expr: Assign) -> tuple[str, list[Expr]]:
    frame = below = expr.inputs[0]
    texts, others = [], []
    for label, value in expr.items:
        if type(value) is Reg:
            series = expr.inputs[value.index]
            text = formula(series, _names(frame))
            if text is None:
                others.append(series)
            texts.append(f"{label} = {text or '...'}")
        else:
            texts.append(f"{label} = {value!r}")
    assigned = f"assign {', '.join(texts)}"
    if isinstance(frame, Projection):  # formulas speak of columns that it leaves out
        below = frame.inputs[0]
        assigned = f"{frame.describe()}, {assigned}"
    return assigned, [below, *others]


def _outcome(expr: Expr) -> str:
    if not expr.numblocks:
        return "one value"
    parts = [count(expr.numblocks[0], "partition")]
    meta = expr.meta if isinstance(expr, FrameExpr) else None
    if isinstance(meta, pd.DataFrame):
        parts.append(count(meta.shape[1], "column"))
    if isinstance(expr, FrameExpr) and expr.known_divisions and expr.divisions:
        parts.append(f"{expr.divisions[0]} to {expr.divisions[-1]}")
    return ", ".join(parts)

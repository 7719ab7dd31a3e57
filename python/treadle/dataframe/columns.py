"""Reading only the columns that are used.

One walk from the results down asks every node which columns it needs of its inputs; what several
users need of one node is put together, so that a file is read once. A second walk, from the sources
up, builds the nodes anew on narrower inputs. ::

    mean of delay by month            needs month, delay
      filter distance > 1000          needs month, delay       and distance for the predicate
        read_csv                      reads month, delay, distance of 19 columns

A node with other columns makes other values, and has another name; results keep theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from treadle.dataframe.expr import Columns, FrameExpr, Projection
from treadle.graph.expr import Expr, walk


def prune_columns(roots: Sequence[Expr]) -> list[Expr]:
    """Return expressions of the same names and values that read fewer columns."""
    order = list(walk(roots))
    narrow = _narrowed(order, roots)
    done: dict[str, Expr] = {}
    for expr in order:
        if expr.name not in narrow:
            continue  # only columns needed it that nobody wants
        new, needs = narrow[expr.name]
        passes = isinstance(new, FrameExpr) and new.passes_columns
        below = [done[item.name] for item in new.inputs]
        inputs = tuple(map(_only, below, needs)) if passes else tuple(below)
        if any(a is not b for a, b in zip(inputs, new.inputs, strict=True)):
            new = new.with_inputs(inputs)
        done[expr.name] = new
    return [done[root.name] for root in roots]


def _narrowed(
    order: Sequence[Expr], roots: Sequence[Expr]
) -> dict[str, tuple[Expr, list[Columns | None]]]:
    """Return the node that each becomes, on its old inputs, and what it needs of each of these."""
    wanted: dict[str, set[Any] | None] = {root.name: None for root in roots}
    narrow: dict[str, tuple[Expr, list[Columns | None]]] = {}
    for expr in reversed(order):
        if expr.name not in wanted:
            continue
        columns = wanted[expr.name]
        own = expr.columns if isinstance(expr, FrameExpr) else None
        if columns is not None and own is not None and len(columns) < len(own):
            assert isinstance(expr, FrameExpr)
            new: Expr = expr.narrow([label for label in own if label in columns])
        else:
            new = expr
        needs: list[Columns | None] = [None] * len(new.inputs)
        if isinstance(new, FrameExpr):
            needs = new.needs()
        narrow[expr.name] = new, needs
        for item, needed in zip(new.inputs, needs, strict=True):
            known = wanted.get(item.name, set())
            wanted[item.name] = None if needed is None or known is None else known | set(needed)
    return narrow


def _only(there: Expr, needed: Columns | None) -> Expr:
    """Return an input with just the columns that are needed: others would be in the way."""
    if needed is None or not isinstance(there, FrameExpr) or there.columns in (None, needed):
        return there
    return Projection(there, needed)

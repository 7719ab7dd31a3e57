"""The first rows of a frame, where they cost next to nothing: no file is read for a repr.

Sources say whether they have rows at hand; what is done row by row to these is done here, on a
handful of them, with functions of pandas' and our own only.
"""

from __future__ import annotations

from typing import Any

from treadle.dataframe.expr import (
    Assign,
    FrameExpr,
    Held,
    Partwise,
    Projection,
    Source,
    assigned,
    project,
)
from treadle.dataframe.frame import is_frame_like
from treadle.graph.expr import Expr, walk
from treadle.graph.program import Reg

_TRUSTED = ("treadle", "pandas", "numpy", "operator", "_operator", "builtins")


def first_rows(expr: FrameExpr, rows: int = 5) -> Any:
    """Return the first rows of a frame or series; None if they aren't at hand.

    Examples
    --------
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> x = dd.from_pandas(pd.Series(range(100)), npartitions=10)
    >>> first_rows((x * 2).expr, 2).tolist()
    [0, 2]
    """
    nodes = list(walk([expr]))
    if not all(map(_is_simple, nodes)):
        return None
    known: dict[str, Any] = {}
    for node in nodes:
        value = _value(node, known, rows)
        if value is None:
            return None
        known[node.name] = value
    return known[expr.name]


def _is_simple(node: Expr) -> bool:
    if isinstance(node, Partwise):
        module = getattr(node.func, "__module__", None) or type(node.func).__module__
        user = any(callable(value) for value in (*node.args, *node.kwargs.values()))
        return node.rowwise and module.partition(".")[0] in _TRUSTED and not user
    return isinstance(node, Source | Held | Projection | Assign) and bool(node.numblocks)


def _value(node: Any, known: dict[str, Any], rows: int) -> Any:
    def given(value: Any) -> Any:
        return known[node.inputs[value.index].name] if type(value) is Reg else value

    try:
        match node:
            case Source():
                return node.reading.first_rows(rows)
            case Held():
                return node.values[0][:rows] if is_frame_like(node.values[0]) else None
            case Projection():
                return project(known[node.inputs[0].name], node.wanted)
            case Assign():
                items = [part for label, value in node.items for part in (label, given(value))]
                return assigned(known[node.inputs[0].name], *items)
            case _:
                options = {key: given(value) for key, value in node.kwargs.items()}
                return node.func(*map(given, node.args), **options)
    except Exception:  # whatever is wrong, computing will tell; a repr does not
        return None

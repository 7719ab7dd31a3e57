"""The first rows of a frame, without its partitions where that can be.

Some sources have rows at hand. Where every step from there makes a row of a row, the steps are done
to these rows alone. Three want them: ``head``, which must have the rows of the first partition and
all it asked for; functions of users, which are tried on a few real rows; and texts of frames, for
which no engine is asked and no function of a user is called.

>>> import pandas as pd
>>> import treadle.dataframe as dd
>>> x = dd.from_pandas(pd.Series(range(100)), npartitions=10)
>>> rows_at_hand((x * 2).expr, 3).tolist()
[0, 2, 4]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from treadle import base
from treadle.dataframe.build import new_collection
from treadle.dataframe.expr import (
    Assign,
    FrameExpr,
    Held,
    Partitions,
    Partwise,
    Projection,
    Source,
    assigned,
    project,
)
from treadle.dataframe.frame import is_frame_like
from treadle.graph.expr import Expr, simplify, walk
from treadle.graph.naming import key_prefix
from treadle.graph.program import Reg
from treadle.graph.tokenize import tokenize

#: Rows that a function of a user is tried on.
ROWS_TRIED = 10

_TRUSTED = ("treadle", "pandas", "numpy", "operator", "_operator", "builtins")


def first_rows(expr: FrameExpr, count: int = ROWS_TRIED) -> Any:
    """Return some rows from the beginning of a frame; none only if it has none.

    They are computed: from what sources have at hand, or else partition by partition, until one
    has rows.

    Examples
    --------
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2, 3]}), npartitions=3)
    >>> first_rows(df[df.x > 1].expr).x.tolist()
    [2]
    """
    few = on_first_rows(expr, count)
    if few is not None:
        found = new_collection(few).compute()
        if len(found):
            return found
    return first_rows_together([expr], count)[0]


def first_rows_together(frames: Sequence[FrameExpr], count: int = ROWS_TRIED) -> list[Any]:
    """Return the first rows of frames that correspond, of the first partition that has some.

    Examples
    --------
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2, 3]}), npartitions=3)
    >>> first_rows_together([df.expr, df.x.expr])[1].tolist()
    [1]
    """
    found = [frame.meta for frame in frames]
    for number in range(frames[0].npartitions):
        parts = [new_collection(Partitions(frame, [number])) for frame in frames]
        found = [_first(part, count) for part in base.compute(*parts)]
        if len(found[0]):
            break
    return found


def on_first_rows(
    expr: FrameExpr, count: int, of_first_partition: bool = False
) -> FrameExpr | None:
    """Return an expression of the first rows on what sources have at hand; None if they haven't.

    Parameters
    ----------
    expr : FrameExpr
    count : int
    of_first_partition : bool
        Whether rows have to be those of the first partition, and as many as it has up to
        ``count``. Otherwise there may be fewer, and some of later partitions.
    """
    (expr,) = simplify([expr])  # type: ignore[assignment]
    nodes = list(walk([expr]))
    if not _go_together([node for node in nodes if not node.inputs]):
        return None
    made: dict[str, Expr] = {}
    for node in nodes:
        if isinstance(node, Source | Held):
            rows = _rows_of(node, count, of_first_partition)
            if rows is None:
                return None
            made[node.name] = _held(node, rows, count)
        elif not isinstance(node, FrameExpr) or not _makes_rows_of_rows(node):
            return None
        else:
            made[node.name] = node.replace(
                name=_name(node, count), inputs=tuple(made[item.name] for item in node.inputs),
                numblocks=(1,), divisions=(None, None), layout="first",
            )  # fmt: skip
    found = made[expr.name]
    assert isinstance(found, FrameExpr)
    return found


def rows_at_hand(expr: FrameExpr, count: int = 5) -> Any:
    """Return the first rows of a frame or series; None if they aren't at hand.

    They are made here and now, of functions of pandas and our own.
    """
    if not all(map(_is_trusted, walk([expr]))):
        return None
    try:
        few = on_first_rows(expr, count)
        if few is None:
            return None
        known: dict[str, Any] = {}
        for node in walk([few]):
            known[node.name] = _value(node, known)
        return _first(known[few.name], count)
    except Exception:  # whatever is wrong, computing will tell; a text does not
        return None


# -- which expressions -----------------------------------------------------------------------------


def _go_together(leaves: list[Expr]) -> bool:
    """Tell whether the first rows of all leaves are the same rows.

    Of different origins the n-th rows may have different labels, and pandas goes by labels.
    """
    if len(leaves) == 1:
        return True
    layouts = {leaf.layout if isinstance(leaf, Source) else leaf.name for leaf in leaves}
    return len(layouts) == 1


def _makes_rows_of_rows(node: FrameExpr) -> bool:
    from treadle.dataframe.selecting.relabel import Relabel

    if not node.numblocks:
        return False
    if isinstance(node, Partwise):
        return node.rowwise and not node.whole
    return isinstance(node, Projection | Assign | Relabel)


def _is_trusted(node: Expr) -> bool:
    """Tell whether no function of a user runs for a node."""
    if not isinstance(node, Partwise):
        return True
    module = getattr(node.func, "__module__", None) or type(node.func).__module__
    user = any(callable(value) for value in (*node.args, *node.kwargs.values()))
    return module.partition(".")[0] in _TRUSTED and not user


# -- their rows ------------------------------------------------------------------------------------


def _rows_of(node: Source | Held, count: int, of_first_partition: bool) -> Any:
    if isinstance(node, Held):
        part = node.values[0]  # or a future of it
        if not is_frame_like(part):
            return None
        enough = not of_first_partition or node.npartitions == 1 or len(part) >= count
        return _first(part, count) if enough else None
    if of_first_partition:
        lengths = node.reading.lengths()
        if lengths is not None and (not len(lengths) or lengths[0] < count):
            return None
    rows = node.reading.first_rows(count)
    if rows is None or list(getattr(rows, "columns", ())) != (node.columns or []):
        return None
    return _first(rows, count)


def _held(node: FrameExpr, rows: Any, count: int) -> Held:
    return Held(_name(node, count), node.meta, (None, None), [rows], layout="first")


def _name(node: Expr, count: int) -> str:
    return f"{key_prefix(node.name)}-{tokenize(node.name, 'first', count)}"


def _first(part: Any, count: int) -> Any:
    return part.iloc[:count] if isinstance(part, pd.DataFrame | pd.Series) else part[:count]


def _value(node: Any, known: dict[str, Any]) -> Any:
    from treadle.dataframe.selecting.relabel import Relabel, relabelled

    def given(value: Any) -> Any:
        return known[node.inputs[value.index].name] if type(value) is Reg else value

    match node:
        case Held():
            return node.values[0]
        case Projection():
            return project(known[node.inputs[0].name], node.wanted)
        case Assign():
            items = [part for label, value in node.items for part in (label, given(value))]
            return assigned(known[node.inputs[0].name], *items)
        case Relabel():
            return relabelled(known[node.inputs[0].name], node.meta.columns)
        case _:
            kwargs = {key: given(value) for key, value in node.kwargs.items()}
            return node.func(*map(given, node.args), **kwargs)

"""How collections are made of calls on partitions.

>>> import pandas as pd
>>> import treadle.dataframe as dd
>>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2, 3]}), npartitions=2)
>>> partwise("double", lambda part: part * 2, df, rowwise=True).x.compute().tolist()
[2, 4, 6]
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from treadle import base
from treadle.collection import ExprCollection
from treadle.dataframe.calls import Attribute, Method
from treadle.dataframe.expr import Columns, FrameExpr, Partwise
from treadle.graph.expr import CollectionExpr, Expr
from treadle.graph.program import Reg
from treadle.graph.tokenize import tokenize

#: pandas' own mark for an argument that was not given.
NO_DEFAULT: Any = pd.api.extensions.no_default
#: "Not given", where None is a value, for arguments that pandas does not have.
NOT_GIVEN: Any = type("NotGiven", (), {"__repr__": lambda self: "<not given>"})()


def new_collection(expr: FrameExpr) -> Any:
    """Return the collection of the kind that an expression's meta says."""
    from treadle.dataframe import core

    if expr.divisions is None:
        return core.Scalar(expr)
    if isinstance(expr.meta, pd.DataFrame):
        return core.DataFrame(expr)
    if isinstance(expr.meta, pd.Series):
        return core.Series(expr)
    if isinstance(expr.meta, pd.Index):
        return core.Index(expr)
    raise TypeError(
        f"a partition has to be a DataFrame, a Series or an Index, not {type(expr.meta).__name__}"
    )


def as_expr(value: Any) -> Expr | None:
    """Return the expression of a collection; None for values that are none."""
    if isinstance(value, Expr):
        return value
    if isinstance(value, ExprCollection):
        found: Expr = value.expr
        return found
    if base.is_treadle_collection(value):
        return CollectionExpr(f"value-{tokenize(value)}", value)
    return None


def meta_of(value: Any) -> Any:
    """Return the meta of an expression of frames or arrays; other values as they are."""
    if isinstance(value, FrameExpr):
        return value.meta
    if isinstance(value, Expr) and hasattr(value, "chunks"):  # an array
        return np.ones((0, *value.shape[1:]) if value.numblocks else (), value.dtype)  # type: ignore[attr-defined]
    return value


def emptied(value: Any) -> Any:
    """Return a frame, series or index without its rows."""
    return value.iloc[:0] if isinstance(value, pd.DataFrame | pd.Series) else value[:0]


def meta_from(func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Return what a function of pandas' own makes of metas, without rows.

    Not for functions of users, which need not stand frames without rows.
    """
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        found = func(
            *(meta_of(arg) for arg in args), **{key: meta_of(arg) for key, arg in kwargs.items()}
        )
    return emptied(found) if isinstance(found, pd.DataFrame | pd.Series | pd.Index) else found


def partwise(
    label: str,
    func: Callable[..., Any],
    *args: Any,
    meta: Any = NOT_GIVEN,
    divisions: Any = "first",
    rowwise: bool = False,
    columnwise: bool = False,
    reads: Sequence[Columns | None] | None = None,
    whole: Sequence[Any] = (),
    align: bool = True,
    layout: str | None = None,
    token: Any = None,
    kwargs: dict[str, Any] | None = None,
) -> Any:
    """Return the collection of a call on each partition.

    Parameters
    ----------
    label : str
        What tasks are called.
    func : callable
    *args
        Collections stand for their partitions, or for their value; the rest is passed on. Frames
        have to correspond; see :func:`aligned`.
    meta : object, optional
        The result without rows; without it ``func`` is called with metas.
    divisions : tuple, "first" or None
        Of the result: those of the first frame, others, or None for not known.
    rowwise, columnwise, reads
        What is known of the function; see :class:`treadle.dataframe.expr.Partwise`. ``reads``
        goes by the collections among the arguments, in order.
    whole : sequence of collections
        Those among the arguments of which every call takes the one partition they have.
    align : bool
        False for frames of which only the number of partitions has to agree.
    layout : str, optional
        Of the result; that of the first frame without it, since what a function makes of a
        partition comes from that partition.
    token : object, optional
        Stands for ``func`` in the name, if it can't be tokenized well.
    kwargs : dict, optional
        Of the call; may hold collections as well.
    """
    kwargs = kwargs or {}
    values = [*args, *kwargs.values()]
    everywhere = {expr.name for item in whole if (expr := as_expr(item)) is not None}
    exprs = [as_expr(value) for value in values]
    frames = [
        expr
        for expr in exprs
        if expr is not None and expr.numblocks and expr.name not in everywhere
    ]
    found_frames = aligned(frames) if align else frames
    better = dict(zip((f.name for f in frames), found_frames, strict=True))
    inputs: dict[str, Expr] = {}
    if frames and reads is None:  # rows are those of the first input, which no scalar has
        inputs[found_frames[0].name] = found_frames[0]
    placed: list[Any] = []
    for value, expr in zip(values, exprs, strict=True):
        if expr is None:
            placed.append(value)
        else:
            expr = better.get(expr.name, expr)
            inputs.setdefault(expr.name, expr)
            placed.append(Reg(list(inputs).index(expr.name)))
    found = tuple(inputs.values())
    call_args, call_kwargs = (
        placed[: len(args)],
        dict(zip(kwargs, placed[len(args) :], strict=True)),
    )
    derived = meta is NOT_GIVEN
    if derived:
        metas = [meta_of(found[v.index]) if type(v) is Reg else v for v in placed]
        meta = meta_from(
            func, *metas[: len(args)], **dict(zip(kwargs, metas[len(args) :], strict=True))
        )
    first = next((e for e in better.values() if isinstance(e, FrameExpr)), None)
    if not frames:
        borders = None
    elif isinstance(divisions, tuple):
        borders = divisions
    elif divisions == "first" and first is not None:
        borders = first.divisions
    else:
        borders = (None,) * (next(iter(better.values())).numblocks[0] + 1)
    names = [found[v.index].name if type(v) is Reg else v for v in placed]
    stands_for = [func if token is None else token, list(kwargs), len(args), sorted(everywhere)]
    expr = Partwise(
        f"{label}-{tokenize(label, stands_for, names)}",
        meta, borders, found, func, tuple(call_args), call_kwargs,
        whole=frozenset(n for n, item in enumerate(found) if item.name in everywhere),
        rowwise=rowwise, columnwise=columnwise, reads=None if reads is None else tuple(reads),
        layout=layout or (first.layout if first is not None else None), derived=derived,
    )  # fmt: skip
    return new_collection(expr)


def method(frame: Any, name: str, *args: Any, **options: Any) -> Any:
    """Return the collection of a method of pandas called on each partition; see `partwise`."""
    return partwise(name, Method(name), frame, *args, **options)


def attribute(frame: Any, name: str, **options: Any) -> Any:
    """Return the collection of an attribute of each partition."""
    return partwise(name, Attribute(name), frame, **options)


def aligned(frames: Sequence[Expr]) -> list[Any]:
    """Return expressions that correspond partition by partition, with the same rows as these.

    They do if they are of one layout, or have equal known divisions, or one partition each. Known
    divisions are made equal.

    Raises
    ------
    ValueError
        If nobody knows which partitions belong together.
    """
    known = [expr for expr in frames if isinstance(expr, FrameExpr)]
    if len({expr.numblocks[0] for expr in frames}) <= 1:
        if len({expr.layout for expr in known}) <= 1 or all(e.npartitions == 1 for e in known):
            return list(frames)
        if all(e.known_divisions and e.divisions == known[0].divisions for e in known):
            return list(frames)
    if len(known) == len(frames) and all(expr.known_divisions for expr in known):
        from treadle.dataframe.arranging.divisions import with_equal_divisions

        return with_equal_divisions(known)
    sizes = sorted({expr.numblocks[0] for expr in frames})
    raise ValueError(
        f"it is not known which rows belong together: frames of {sizes} partitions have different "
        "origins, and the labels between partitions (divisions) are not known for all of them; "
        "set_index() both, or compute() the smaller one"
    )

"""How collections are made of what is done row by row.

A call on each partition gives the rows that the same call on all of the frame gives there. What
this file adds to `partwise` is what can stand beside a frame, and what is known of the result::

    other operand                            becomes
    frame, series in memory                  partitions of its own, by label
    array, list, extension array in memory   pieces of the lengths of the partitions
    treadle array                            its blocks, of the same lengths

    result is an Index                       divisions are not known: these are other labels
    result is an array (of an Index)         a series with the labels of the index

>>> import pandas as pd
>>> import treadle.dataframe as dd
>>> x = dd.from_pandas(pd.Series([1, 2, 3]), npartitions=2)
>>> import operator
>>> rowwise("add", operator.add, x, beside(x, [10, 20, 30])).compute().tolist()
[11, 22, 33]
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import accumulate, pairwise
from types import BuiltinFunctionType
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray

from treadle import base
from treadle.dataframe.build import NOT_GIVEN, as_expr, meta_from, meta_of, partwise
from treadle.dataframe.calls import Attribute, Method
from treadle.dataframe.expr import Assign, Filter, FrameExpr, Partwise, Projection, Source
from treadle.graph.expr import Expr
from treadle.graph.tokenize import tokenize


class RowCall:
    """A function of rows that keeps their labels; what it holds stands in ``__slots__``."""

    __slots__ = ()

    def _state(self) -> tuple[Any, ...]:
        return tuple(
            getattr(self, slot)
            for kind in reversed(type(self).__mro__)
            for slot in getattr(kind, "__slots__", ())
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(type(self).__name__)

    def __repr__(self) -> str:
        return f"{type(self).__name__}{self._state()!r}"

    def __treadle_tokenize__(self) -> Hashable:
        return type(self).__qualname__, self._state()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self._state()


class RowMethod(Method):
    """Calls a method that keeps rows and their labels."""

    __slots__ = ()


class RowAttribute(Attribute):
    """Returns an attribute that has a value for each row."""

    __slots__ = ()


class Labelled(RowCall):
    """Puts labels to the array that a function makes of an index."""

    __slots__ = ("func",)

    def __init__(self, func: Callable[..., Any]):
        self.func = func

    def __call__(self, labels: Any, *args: Any, **kwargs: Any) -> Any:
        return pd.Series(self.func(*args, **kwargs), index=labels, copy=False)


def rowwise(
    label: str,
    func: Callable[..., Any],
    *args: Any,
    meta: Any = NOT_GIVEN,
    keeps_rows: bool = True,
    kwargs: dict[str, Any] | None = None,
    **options: Any,
) -> Any:
    """Return the collection of a call on each partition that makes a row of each row.

    Parameters
    ----------
    label, func, *args, kwargs, **options
        As of :func:`treadle.dataframe.build.partwise`.
    meta : object, optional
        The result without rows; pandas is asked without it.
    keeps_rows : bool
        False if there may be more or fewer rows than in the first frame.
    """
    whole = {expr.name for item in options.get("whole", ()) if (expr := as_expr(item)) is not None}
    found = [e for v in (*args, *(kwargs or {}).values()) if (e := as_expr(v)) is not None]
    frames = [e for e in found if e.numblocks and e.name not in whole]
    if meta is NOT_GIVEN:
        meta = meta_from(
            func, *(_sample(v) for v in args), **{k: _sample(v) for k, v in (kwargs or {}).items()}
        )
    indexes = [e for e in frames if isinstance(e, FrameExpr) and isinstance(e.meta, pd.Index)]
    if indexes and isinstance(meta, np.ndarray | ExtensionArray):
        labels = _labels_of(indexes[0])
        func, args = Labelled(func), (labels, *args)
        meta = pd.Series(meta, index=labels.meta)
    elif isinstance(meta, pd.Index):
        options.setdefault("divisions", None)  # those were of other labels
    return partwise(
        label, func, *args, meta=meta, kwargs=kwargs,
        rowwise=keeps_rows and same_rows(frames), **options,
    )  # fmt: skip


def _labels_of(index: FrameExpr) -> FrameExpr:
    """Return the index of a frame that another index was made of, row by row: hours of times."""
    while isinstance(index, Partwise) and index.rowwise and _keeps_labels(index.func):
        below = index.inputs[0]
        if not isinstance(below, FrameExpr) or not isinstance(below.meta, pd.Index):
            break
        index = below
    return index


def _sample(value: Any) -> Any:
    """Return what stands for an argument where pandas is asked for a meta."""
    expr = as_expr(value)
    if expr is None:
        return value
    found = meta_of(expr)
    if not expr.numblocks and isinstance(found, int | float | np.number) and not found:
        kind: Any = type(found)
        return kind(1)  # a division by zero says another dtype, or fails
    return found


# -- frames of the same rows -----------------------------------------------------------------------

#: Methods of pandas that keep rows, their order and their labels.
KEEP_LABELS = frozenset(
    "abs round clip fillna isna notna isnull notnull astype where mask replace isin between map "
    "to_frame copy add sub mul div truediv floordiv mod pow radd rsub rmul rdiv rtruediv rfloordiv "
    "rmod rpow eq ne lt le gt ge index".split()
)


def rows_of(expr: Expr) -> Expr:
    """Return the expression whose rows another one has: it adds, drops and relabels none."""
    while True:
        match expr:
            case Projection() | Assign():
                expr = expr.inputs[0]
            case Partwise(rowwise=True) if _keeps_labels(expr.func):
                if not expr.inputs[0].numblocks or 0 in expr.whole:
                    return expr
                expr = expr.inputs[0]
            case _:
                return expr


def _keeps_labels(func: Any) -> bool:
    if isinstance(func, RowCall | RowMethod | RowAttribute | BuiltinFunctionType | np.ufunc):
        return True
    return type(func) in (Method, Attribute) and func.__name__ in KEEP_LABELS


def same_rows(frames: Sequence[Any]) -> bool:
    """Tell whether frames are known to have the same rows; pandas need not match their labels."""
    if len(frames) <= 1:
        return True
    if not all(isinstance(frame, FrameExpr) for frame in frames):
        return True  # arrays go by position
    return len({rows_of(frame).name for frame in frames}) == 1


def some_unmatched(left: Any, right: Any) -> bool:
    """Tell whether some rows of one frame were dropped in another: what has no partner is missing,
    and integers become floats."""
    if any(isinstance(value._meta, pd.Index) for value in (left, right)):
        return False
    roots = [rows_of(value.expr) for value in (left, right)]
    return roots[0].name != roots[1].name and any(isinstance(root, Filter) for root in roots)


def same_columns(*values: Any) -> bool:
    """Tell whether all collections that are frames have the same columns, and no frame in memory
    stands beside them."""
    if any(isinstance(value, pd.DataFrame | pd.Series) for value in values):
        return False
    metas = [e.meta for v in values if isinstance(e := as_expr(v), FrameExpr)]
    columns = [meta.columns for meta in metas if isinstance(meta, pd.DataFrame)]
    return bool(columns) and all(columns[0].equals(other) for other in columns[1:])


def by_column(frame: Any, *values: Any) -> bool:
    """Tell whether what stands beside a frame leaves its columns apart from each other.

    Series do, if rows go by their labels, and so do plain values.
    """
    for value in values:
        expr = as_expr(value)
        if expr is None:
            if np.ndim(value):
                return False
        elif expr.numblocks and not (isinstance(expr, FrameExpr) and hasattr(expr.meta, "index")):
            return False
    return frame.ndim == 2 and same_columns(frame, *values)


# -- what stands beside a frame --------------------------------------------------------------------

_PLAIN = frozenset({int, float, complex, bool, str, bytes, type(None), pd.Timestamp, pd.Timedelta})


def beside(frame: Any, other: Any) -> Any:
    """Return an operand in partitions as those of a frame; plain values as they are.

    Raises
    ------
    ValueError
        If an array does not fit, or nobody knows where to cut it.
    """
    if type(other) in _PLAIN:
        return other
    expr = as_expr(other)
    if isinstance(expr, FrameExpr):
        return other
    if expr is not None:
        return _blocks(frame, other, expr)
    if isinstance(other, pd.DataFrame | pd.Series):
        from treadle.dataframe.creating import from_pandas

        return from_pandas(other, npartitions=1)
    if isinstance(other, list | tuple | range):
        other = np.asarray(other)
    if isinstance(other, np.ndarray | ExtensionArray | pd.Index) and other.ndim:
        return _pieces(frame, other)
    return other


def _blocks(frame: Any, other: Any, expr: Expr) -> Any:
    if not hasattr(expr, "chunks"):
        raise TypeError(
            f"what a {type(other).__name__} holds is not known; "
            "make a series of it by from_delayed, or compute it first"
        )
    if len(expr.numblocks) > 1 and expr.numblocks[1] > 1:
        other = other.rechunk({1: -1})
    if expr.numblocks and expr.numblocks[0] != frame.npartitions:
        raise ValueError(
            f"an array of {expr.numblocks[0]} blocks does not fit {frame.npartitions} partitions; "
            "rechunk() it to the lengths of the partitions"
        )
    return other


def _pieces(frame: Any, values: Any) -> Source:
    """Return an array cut as a frame is."""
    from treadle.dataframe.creating import InMemory
    from treadle.dataframe.windows.around import lengths_of

    lengths = lengths_of(frame.expr)
    if lengths is None and frame.npartitions == 1:
        lengths = [len(values)]
    if lengths is None:
        raise ValueError(
            f"an array of {len(values)} elements can't be cut into {frame.npartitions} partitions "
            "whose lengths are not known; make it a series with the labels of the frame"
        )
    if sum(lengths) != len(values):
        raise ValueError(f"{len(values)} elements do not fit {sum(lengths)} rows")
    borders = [0, *accumulate(lengths)]
    parts = [values[a:b] for a, b in pairwise(borders)]
    return Source(
        f"values-{tokenize('values', values, borders)}",
        InMemory(parts, (None,) * len(borders), values[:0]), layout=frame.expr.layout,
    )  # fmt: skip


def is_collection(value: Any) -> bool:
    """Tell whether a value is computed later."""
    return isinstance(value, Expr) or base.is_treadle_collection(value)

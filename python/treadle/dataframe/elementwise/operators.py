"""Operators: arithmetic, comparisons and logic, row by row.

Between a frame and a series of one partition, such as a mean of its columns, labels of the series
are columns. Series and frames beside each other match row by row; which rows belong together is
known of frames of one origin, and of those with known divisions.

>>> import pandas as pd
>>> import treadle.dataframe as dd
>>> x = dd.from_pandas(pd.Series([1, 2, 3]), npartitions=2)
>>> (2 ** x > 3).compute().tolist()
[False, True, True]
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.build import as_expr, meta_from, partwise
from treadle.dataframe.elementwise.rows import RowCall, beside, by_column, rowwise, some_unmatched
from treadle.dataframe.expr import FrameExpr
from treadle.dataframe.frame import FrameCollection
from treadle.dataframe.one_row import one_row


def binary(label: str, func: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    """Return ``func`` of two operands, one of them a collection, partition by partition."""
    frames = [v for v in (left, right) if isinstance(v, FrameCollection)]
    if not frames:
        return _of_scalars(label, func, left, right)
    frame = next((v for v in frames if v.ndim == 2), frames[0])
    if frame.ndim == 2 and any(_is_row(v) for v in (left, right)):
        return with_row(label, func, left, right)
    if frame.ndim == 1 or not isinstance(right if frame is left else left, pd.Series | list):
        left, right = (_operand(frame, v) for v in (left, right))
    meta = _meta_by_zero(func, left, right) if func in _DIVISIONS else {}
    if len(frames) == 2 and func not in COMPARISONS and some_unmatched(left, right):
        meta = {"meta": meta_from(func, one_row(left._meta), right._meta)}
    return rowwise(label, func, left, right, columnwise=by_column(frame, left, right), **meta)


def _operand(frame: Any, value: Any) -> Any:
    if frame.ndim == 2 and isinstance(value, np.ndarray | pd.Index) and value.ndim == 1:
        return value  # a value for each column
    return value if isinstance(value, FrameCollection) else beside(frame, value)


#: They refuse labels that differ, where arithmetic puts missing values.
COMPARISONS = frozenset(
    {operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge}
)
_DIVISIONS = (operator.floordiv, operator.mod)


def _meta_by_zero(func: Any, left: Any, right: Any) -> dict[str, Any]:
    """Ask pandas with one row: integers by zero are no integers, which it sees by their values."""
    expr = as_expr(left)
    if type(right) is not int or right or not isinstance(expr, FrameExpr):
        return {}
    return (
        {} if isinstance(expr.meta, pd.Index) else {"meta": meta_from(func, one_row(expr.meta), 0)}
    )


# -- a frame and a series whose labels are columns -------------------------------------------------


def _is_row(value: Any) -> bool:
    return isinstance(value, FrameCollection) and isinstance(value._meta, pd.Series)


class WithRow(RowCall):
    """A function of a frame and a series that has a value for each of its columns."""

    __slots__ = ("columns", "func")

    def __init__(self, columns: pd.Index[Any], func: Callable[[Any, Any], Any]):
        self.func = func
        self.columns = columns

    def __call__(self, left: Any, right: Any, **kwargs: Any) -> Any:
        row = left if isinstance(left, pd.Series) else right
        if not (row.index.equals(self.columns) or set(row.index) == set(self.columns)):
            raise ValueError(
                f"the labels of the series, {list(row.index)}, are not the columns, "
                f"{list(self.columns)}: select the columns first, or compute() the series"
            )
        return self.func(left, right, **kwargs)


def with_row(label: str, func: Callable[..., Any], left: Any, right: Any, **kwargs: Any) -> Any:
    """Return a function of a frame and a series of one partition, labels of columns."""
    row = left if _is_row(left) else right
    frame = right if row is left else left
    if row.npartitions > 1:
        raise ValueError(
            f"an operator matches the labels of a series with columns, and this one has "
            f"{row.npartitions} partitions; to match them with rows, use a method such as "
            f"df.{METHOD_OF.get(func, 'add')}(series, axis=0)"
        )
    columns = frame._meta.columns
    sample = pd.Series(one_row(row._meta).array.take([0] * len(columns)), index=columns)
    metas = [sample if value is row else value._meta for value in (left, right)]
    return partwise(
        label, WithRow(columns, func), left, right, meta=meta_from(func, *metas, **kwargs),
        rowwise=True, whole=[row], divisions=frame.expr.divisions, layout=frame.expr.layout,
        kwargs=kwargs,
    )  # fmt: skip


# -- scalars ---------------------------------------------------------------------------------------


def _of_scalars(label: str, func: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    if any(isinstance(v, pd.DataFrame | pd.Series) for v in (left, right)):
        from treadle.dataframe.creating import from_pandas

        left, right = (
            from_pandas(v, npartitions=1, sort=False) if isinstance(v, pd.DataFrame | pd.Series)
            else v for v in (left, right)
        )  # fmt: skip
        return binary(label, func, left, right)
    if any(isinstance(e := as_expr(v), FrameExpr) and e.numblocks for v in (left, right)):
        return NotImplemented
    return rowwise(label, func, left, right)


# -- methods of operators --------------------------------------------------------------------------

#: Functions of the operators by the names of methods.
OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "truediv": operator.truediv,
    "div": operator.truediv, "floordiv": operator.floordiv, "mod": operator.mod,
    "pow": operator.pow, "eq": operator.eq, "ne": operator.ne, "lt": operator.lt,
    "le": operator.le, "gt": operator.gt, "ge": operator.ge,
}  # fmt: skip
METHOD_OF = {func: name for name, func in OPERATORS.items() if name != "div"}


def _forward(func: Callable[[Any, Any], Any]) -> Any:
    label = func.__name__.strip("_")

    def method(self: Any, other: Any) -> Any:
        return binary(label, func, self, other)

    return method


def _reflected(func: Callable[[Any, Any], Any]) -> Any:
    label = func.__name__.strip("_")

    def method(self: Any, other: Any) -> Any:
        return binary(label, func, other, self)

    return method


def _unary(func: Callable[[Any], Any]) -> Any:
    label = func.__name__.strip("_")

    def method(self: Any) -> Any:
        return rowwise(label, func, self, columnwise=True)

    return method


class _Arithmetic:
    """Operators that frames, series, indexes and scalars have."""

    __slots__ = ()

    #: Frames of pandas leave operators beside ours to us.
    __pandas_priority__ = 5000

    __add__, __radd__ = _forward(operator.add), _reflected(operator.add)
    __sub__, __rsub__ = _forward(operator.sub), _reflected(operator.sub)
    __mul__, __rmul__ = _forward(operator.mul), _reflected(operator.mul)
    __truediv__, __rtruediv__ = _forward(operator.truediv), _reflected(operator.truediv)
    __floordiv__, __rfloordiv__ = _forward(operator.floordiv), _reflected(operator.floordiv)
    __mod__, __rmod__ = _forward(operator.mod), _reflected(operator.mod)
    __pow__, __rpow__ = _forward(operator.pow), _reflected(operator.pow)
    __and__, __rand__ = _forward(operator.and_), _reflected(operator.and_)
    __or__, __ror__ = _forward(operator.or_), _reflected(operator.or_)
    __xor__, __rxor__ = _forward(operator.xor), _reflected(operator.xor)
    __lt__, __le__ = _forward(operator.lt), _forward(operator.le)
    __gt__, __ge__ = _forward(operator.gt), _forward(operator.ge)
    __eq__, __ne__ = _forward(operator.eq), _forward(operator.ne)
    __neg__, __pos__ = _unary(operator.neg), _unary(operator.pos)
    __invert__, __abs__ = _unary(operator.invert), _unary(operator.abs)
    __hash__ = object.__hash__

    def __divmod__(self, other: Any) -> tuple[Any, Any]:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> tuple[Any, Any]:
        return other // self, other % self

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        from treadle.dataframe.elementwise.ufuncs import apply_ufunc

        return apply_ufunc(ufunc, method, inputs, kwargs)


class Operators(_Arithmetic, FrameCollection):
    """Operators of frames, series and indexes."""

    __slots__ = ()

    def __bool__(self) -> bool:
        raise ValueError(
            f"whether a {type(self).__name__} is true is ambiguous; use any() or all() of it, "
            "or len()"
        )


class ScalarOperators(_Arithmetic):
    """Operators of scalars."""

    __slots__ = ()

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.asarray(self.compute(), dtype=dtype)  # type: ignore[attr-defined]

    def _refused(self) -> Any:
        raise TypeError("its value is not known before it is computed; call compute()")

    __int__ = __float__ = __complex__ = __index__ = _refused

    def __round__(self, ndigits: int | None = None) -> Any:
        return rowwise("round", round, self, ndigits)

"""Operators: arithmetic, comparisons and logic, row by row."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import pandas as pd

from treadle.dataframe.build import as_expr, partwise
from treadle.dataframe.expr import FrameExpr
from treadle.dataframe.frame import FrameCollection


def binary(label: str, func: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    """Return ``func`` of two operands, one of them a collection, partition by partition."""
    frames = [expr for v in (left, right) if isinstance(expr := as_expr(v), FrameExpr)]
    whole = []
    if any(isinstance(expr.meta, pd.DataFrame) for expr in frames):
        # The labels of a series are the frame's columns: all of it goes to every partition.
        whole = [v for v in (left, right) if _is_short_series(as_expr(v))]
    plain = not any(isinstance(v, pd.DataFrame | pd.Series | list | dict) for v in (left, right))
    metas = [expr.meta for expr in frames if isinstance(expr.meta, pd.DataFrame)]
    same = all(meta.columns.equals(metas[0].columns) for meta in metas)
    return partwise(
        label, func, left, right, rowwise=True, whole=whole,
        columnwise=bool(metas) and same and plain and not whole
        and all(isinstance(e.meta, pd.DataFrame) or not e.numblocks for e in frames),
    )  # fmt: skip


def _is_short_series(expr: Any) -> bool:
    return (
        isinstance(expr, FrameExpr) and isinstance(expr.meta, pd.Series) and expr.npartitions == 1
    )


def _forward(func: Callable[[Any, Any], Any]) -> Any:
    def method(self: Any, other: Any) -> Any:
        return binary(func.__name__.strip("_"), func, self, other)

    return method


def _reflected(func: Callable[[Any, Any], Any]) -> Any:
    def method(self: Any, other: Any) -> Any:
        return binary(func.__name__.strip("_"), func, other, self)

    return method


def _unary(func: Callable[[Any], Any]) -> Any:
    def method(self: Any) -> Any:
        return partwise(func.__name__.strip("_"), func, self, rowwise=True, columnwise=True)

    return method


class _Arithmetic:
    """Operators that frames, series, indexes and scalars have."""

    __slots__ = ()

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


class Operators(_Arithmetic, FrameCollection):
    """Operators of frames, series and indexes."""

    __slots__ = ()


class ScalarOperators(_Arithmetic):
    """Operators of scalars."""

    __slots__ = ()

"""Texts of plain comparisons as what the operators of columns make.

``df.query("x > 1 and y == 'a'")`` becomes ``df[(df.x > 1) & (df.y == "a")]``: the same rows, by
nodes that the optimiser understands, so that a source may skip what is not wanted. Whatever is
more than comparisons of columns with plain values is left to pandas.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Mapping
from functools import reduce
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

_TEXTS = re.compile(r"('(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\")")
_COMPARISONS: dict[type[ast.cmpop], Any] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge, ast.Eq: operator.eq, ast.NotEq: operator.ne,
}  # fmt: skip

#: How names with an ``@`` are spelled for the parser.
_LOCAL = "__local_"


class _TooMuch(Exception):
    """The expression is more than comparisons."""


def as_comparisons(frame: Any, expression: str, values: Mapping[str, Any]) -> Any:
    """Return a series of booleans, or None if the expression says more than comparisons.

    Examples
    --------
    >>> import treadle.dataframe as dd
    >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2, 3]}), npartitions=2)
    >>> as_comparisons(df, "1 < x & x < @n", {"n": 3}).compute().tolist()
    [False, True, False]
    >>> as_comparisons(df, "x + 1 > 2", {})
    """
    if frame.expr.columns is None or not expression.isascii():
        return None
    try:
        tree = ast.parse(_spelled(expression).strip(), mode="eval")
        found = _truth(tree.body, frame, values)
    except (_TooMuch, SyntaxError):
        return None
    return found


def _spelled(expression: str) -> str:
    """Return an expression as Python reads it: ``&`` binds as ``and`` does."""
    pieces = _TEXTS.split(expression)
    for n in range(0, len(pieces), 2):  # texts stand between
        piece = pieces[n].replace("&", " and ").replace("|", " or ")
        pieces[n] = re.sub(r"@\s*(?=[^\W\d])", _LOCAL, piece)
    return "".join(pieces)


def _truth(node: ast.expr, frame: Any, values: Mapping[str, Any]) -> Any:
    match node:
        case ast.BoolOp(op=op, values=parts):
            combine = operator.and_ if isinstance(op, ast.And) else operator.or_
            return reduce(combine, [_truth(part, frame, values) for part in parts])
        case ast.UnaryOp(op=ast.Not() | ast.Invert(), operand=inner):
            return ~_truth(inner, frame, values)
        case ast.Compare(left=left, ops=ops, comparators=others):
            pairs = zip(pairwise([left, *others]), ops, strict=True)
            parts = [_comparison(a, op, b, frame, values) for (a, b), op in pairs]
            return reduce(operator.and_, parts)
    raise _TooMuch


def _comparison(
    left: ast.expr, op: ast.cmpop, right: ast.expr, frame: Any, values: Mapping[str, Any]
) -> Any:
    compare = _COMPARISONS.get(type(op))
    if compare is None:
        raise _TooMuch
    a, b = _side(left, frame, values), _side(right, frame, values)
    columns = [side for side in (a, b) if hasattr(side, "expr")]
    if not columns:
        raise _TooMuch
    dtypes = [column._meta.dtype for column in columns]
    if len(columns) == 2:
        if not all(map(_is_number, dtypes)):
            raise _TooMuch
        return compare(a, b)
    if columns[0] is a:
        return compare(a, _fitting(b, dtypes[0]))
    return compare(_fitting(a, dtypes[0]), b)


def _side(node: ast.expr, frame: Any, values: Mapping[str, Any]) -> Any:
    match node:
        case ast.Name(id=name) if name.startswith(_LOCAL) and name[len(_LOCAL) :] in values:
            return values[name[len(_LOCAL) :]]
        case ast.Name(id=name) if name in frame.expr.columns:
            return frame[name]
        case ast.Constant(value=value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
    raise _TooMuch


def _fitting(value: Any, dtype: Any) -> Any:
    """Return a value that a column is compared with as pandas' expressions do it."""
    if _is_number(dtype) and _is_plain_number(value):
        return value
    if isinstance(value, str) and isinstance(dtype, pd.StringDtype):
        return value
    if isinstance(dtype, np.dtype) and dtype.kind == "M":
        if isinstance(value, str):
            return pd.Timestamp(value)
        if isinstance(value, pd.Timestamp) and value.tz is None:
            return value
    raise _TooMuch


def _is_number(dtype: Any) -> bool:
    return isinstance(dtype, np.dtype) and dtype.kind in "iuf"


def _is_plain_number(value: Any) -> bool:
    number = isinstance(value, int | float | np.integer | np.floating)
    return number and not isinstance(value, bool) and value == value

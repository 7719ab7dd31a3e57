"""Series that are made row by row of a frame's columns, as people would write them.

>>> import pandas as pd
>>> import treadle.dataframe as dd
>>> df = dd.from_pandas(pd.DataFrame({"x": [1], "y": [2]}), npartitions=1)
>>> formula((df.x + 1 > df.y).expr, {df.expr.name})
'x + 1 > y'
"""

from __future__ import annotations

import operator
from functools import partial
from typing import Any

from treadle.dataframe.calls import Attribute, Method
from treadle.dataframe.elementwise.accessors import AccessorAttribute, AccessorCall
from treadle.dataframe.expr import FrameExpr, Partwise, Projection
from treadle.graph.expr import Expr
from treadle.graph.naming import function_name, key_prefix
from treadle.graph.program import Reg

#: Sign and how strongly it binds.
_SIGNS: dict[Any, tuple[str, int]] = {
    operator.lt: ("<", 1), operator.le: ("<=", 1), operator.gt: (">", 1),
    operator.ge: (">=", 1), operator.eq: ("==", 1), operator.ne: ("!=", 1),
    operator.or_: ("|", 2), operator.xor: ("^", 3), operator.and_: ("&", 4),
    operator.add: ("+", 5), operator.sub: ("-", 5), operator.mul: ("*", 6),
    operator.truediv: ("/", 6), operator.floordiv: ("//", 6), operator.mod: ("%", 6),
    operator.pow: ("**", 7),
}  # fmt: skip
_BEFORE: dict[Any, str] = {operator.invert: "~", operator.neg: "-", operator.pos: "+"}

_LONGEST = 72


def formula(expr: Expr, frames: set[str]) -> str | None:
    """Return what a series is made of, as text; None if it is made of other frames as well.

    Parameters
    ----------
    expr : Expr
    frames : set of str
        Names of the frames whose columns are called by their labels.
    """
    found = _written(expr, frames)
    if found is None:
        return None
    text = found[0]
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _written(expr: Expr, frames: set[str]) -> tuple[str, int] | None:
    """Return text, and how strongly its outermost sign binds."""
    if isinstance(expr, Projection):
        if not _shows(expr.inputs[0], frames):
            return None
        return (f"frame[{expr.wanted}]" if isinstance(expr.wanted, list) else str(expr.wanted)), 9
    if isinstance(expr, FrameExpr) and not expr.numblocks and not isinstance(expr, Partwise):
        return expr.describe(), 9
    if not isinstance(expr, Partwise):
        return None
    args: list[tuple[str, int]] = []
    for value in expr.args:
        if type(value) is Reg:
            item = expr.inputs[value.index]
            text = ("frame", 9) if item.name in frames else _written(item, frames)
            if text is None:
                return None
            args.append(text)
        else:
            args.append((_short(value), 9))
    if expr.func in _SIGNS and len(args) == 2:
        sign, strength = _SIGNS[expr.func]
        left, right = _in(args[0], strength), _in(args[1], strength + 1)
        return f"{left} {sign} {right}", strength
    if expr.func in _BEFORE and len(args) == 1:
        return f"{_BEFORE[expr.func]}{_in(args[0], 8)}", 8
    options = [f"{key}={_short(value)}" for key, value in expr.kwargs.items()]
    called = _called(expr.func)
    if called is not None and args:
        name, is_call = called
        given = ", ".join([text for text, _ in args[1:]] + options)
        return f"{_in(args[0], 9)}.{name}{f'({given})' if is_call else ''}", 9
    given = ", ".join([*_user_function(expr.func), *(text for text, _ in args), *options])
    return f"{_name_of(expr)}({given})", 9


def _shows(expr: Expr, frames: set[str]) -> bool:
    """Tell whether an expression is one of the frames, or some columns of one."""
    while expr.name not in frames:
        if not isinstance(expr, Projection):
            return False
        expr = expr.inputs[0]
    return True


def _name_of(expr: Partwise) -> str:
    """Return what a call is known by: functions by their names, other callables by the label."""
    if hasattr(expr.func, "__name__") or isinstance(expr.func, partial):
        return function_name(expr.func)
    return key_prefix(expr.name)


def _user_function(func: Any) -> list[str]:
    """Return the name of the function that another one was given to call, if it has a name."""
    inner: Any = None if isinstance(func, partial) else getattr(func, "func", None)
    return [function_name(inner)] if hasattr(inner, "__name__") else []


def _called(func: Any) -> tuple[str, bool] | None:
    """Return the method or attribute that a function stands for, and whether it is called."""
    if isinstance(func, AccessorCall):
        return f"{func.accessor}.{func.name}", not isinstance(func, AccessorAttribute)
    if isinstance(func, Method):
        return func.__name__, not isinstance(func, Attribute)
    return None


def _in(part: tuple[str, int], strength: int) -> str:
    text, own = part
    return text if own >= strength else f"({text})"


def _short(value: Any) -> str:
    text = function_name(value) if callable(value) else repr(value)
    return text if len(text) <= 24 else f"{text[:21]}..."

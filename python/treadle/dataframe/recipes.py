"""How collections were made: the method that was called, and what it was called with.

Nodes of expressions keep dtypes, for the results that they are to make. When an input turns out to
have other dtypes, they are made anew by the call that made them::

    flights.groupby("month").delay.mean()     recipe: SeriesGroupBy.mean, (groups of flights,)

Collections change when columns are assigned, and expressions do not: so recipes hold expressions.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import fields, is_dataclass, replace
from inspect import getattr_static
from types import FunctionType
from typing import Any

from treadle.collection import ExprCollection
from treadle.dataframe.expr import FrameExpr
from treadle.graph.expr import Expr

_calls = threading.local()

#: Methods that run what is there and make nothing new of it, or look at variables of their caller.
_LEFT_ALONE = {"compute", "persist", "visualize", "query", "eval"}


class Of:
    """Stands for a collection in a recipe."""

    __slots__ = ("expr",)

    def __init__(self, expr: FrameExpr):
        self.expr = expr

    def __reduce__(self) -> tuple[Any, ...]:
        return Of, (self.expr,)


def remember_calls(*kinds: type) -> None:
    """Have public methods of classes note in what they make how it was made."""
    for kind in kinds:
        for name in dir(kind):
            method = getattr_static(kind, name)
            if name[0] != "_" and name not in _LEFT_ALONE and isinstance(method, FunctionType):
                setattr(kind, name, _remembering(method))


def _remembering(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        if getattr(_calls, "depth", 0):
            return method(*args, **kwargs)  # the outermost call is what counts
        # Before the call: it may change the collections that it is given.
        kept = (method, _kept(args), _kept(kwargs))
        _calls.depth = 1
        try:
            found = method(*args, **kwargs)
        finally:
            _calls.depth = 0
        if isinstance(found, ExprCollection) and isinstance(found._expr, FrameExpr):
            expr = found._expr
            if expr.inputs and all(expr is not item for item in expressions(kept[1:])):
                expr.recipe = kept
        return found

    return call


def _kept(value: Any) -> Any:
    """Return arguments with collections replaced by what stands for them."""
    if isinstance(value, ExprCollection):
        return Of(value.expr) if isinstance(value.expr, FrameExpr) else value
    if type(value) in (list, tuple):
        return type(value)(map(_kept, value))
    if type(value) is dict:
        return {key: _kept(item) for key, item in value.items()}
    return value


def expressions(value: Any) -> Iterator[Expr]:
    """Yield the expressions of frames in the arguments of a recipe."""
    if isinstance(value, FrameExpr):
        yield value
    elif isinstance(value, Of | ExprCollection):
        yield value.expr
    else:
        for part in _parts(value):
            yield from expressions(part)


def _parts(value: Any) -> list[Any]:
    if isinstance(value, list | tuple):
        return list(value)
    if type(value) is dict:
        return list(value.values())
    if _is_ours(value):
        if is_dataclass(value):
            return [getattr(value, field.name) for field in fields(value)]
        return [getattr(value, slot) for slot in _slots(value)]
    return []


def placed(value: Any, done: Mapping[str, Any]) -> Any:
    """Return the arguments of a recipe with expressions as they were made anew."""
    from treadle.dataframe.build import new_collection

    if isinstance(value, FrameExpr):
        return done[value.name]
    if isinstance(value, Of):
        return new_collection(done[value.expr.name])
    if type(value) in (list, tuple):
        return type(value)(placed(item, done) for item in value)
    if type(value) is dict:
        return {key: placed(item, done) for key, item in value.items()}
    if not _is_ours(value) or not any(True for _ in expressions(value)):
        return value
    if isinstance(value, ExprCollection):
        return new_collection(done[value.expr.name])
    if is_dataclass(value) and not isinstance(value, type):
        found = {f.name: placed(getattr(value, f.name), done) for f in fields(value)}
        return replace(value, **found)
    new = copy(value)
    for slot in _slots(value):
        object.__setattr__(new, slot, placed(getattr(value, slot), done))
    return new


def _is_ours(value: Any) -> bool:
    """Tell whether a value is an object of this package that may hold frames, such as groups."""
    kind = type(value)
    return kind.__module__.startswith("treadle.dataframe.") and not isinstance(value, Expr | type)


def _slots(value: Any) -> list[str]:
    names = [slot for kind in type(value).__mro__ for slot in _declared(kind)]
    return [name for name in (*names, *getattr(value, "__dict__", {})) if hasattr(value, name)]


def _declared(kind: type) -> list[str]:
    slots = getattr(kind, "__slots__", ())
    several = [slots] if isinstance(slots, str) else list(slots)
    return [slot for slot in several if not slot.startswith("__")]

"""Choosing rows where they are read, and before work is done on those nobody wants.

Three things, in this order::

    Filter(Filter(x, p), q)            becomes   Filter(x, p & q)
    Filter(Projection(x, columns), p)  becomes   Projection(Filter(x, p), columns)
    Filter(Assign(x, columns), p)      becomes   Assign(Filter(x, p), columns)
    Filter(Merge(x, y), p)             becomes   Merge(Filter(x, p), y)
    Filter(Source, p)                  becomes   Source that reads rows with p

A filter goes below a node only if nobody else takes what that node makes: work is moved, and never
done twice. The names of results stay, since their values do.
"""

from __future__ import annotations

import operator
from collections import defaultdict
from collections.abc import Sequence
from functools import reduce
from itertools import product
from typing import Any, TypeAlias

import pandas as pd

from treadle.dataframe.calls import Method
from treadle.dataframe.expr import Assign, Filter, FrameExpr, Partwise, Projection, Source
from treadle.graph.expr import Expr, rewrite, walk
from treadle.graph.naming import key_prefix
from treadle.graph.program import Reg
from treadle.graph.tokenize import tokenize

#: Terms of a filter as readers take them: (label, operator, value).
Term: TypeAlias = tuple[Any, str, Any]

#: Names of the expressions that take each name.
Users: TypeAlias = "dict[str, set[str]]"

#: Lists of terms that a filter may become; more would cost more than they save.
MOST_LISTS = 16

_COMPARISONS: dict[Any, str] = {
    operator.lt: "<", operator.le: "<=", operator.gt: ">",
    operator.ge: ">=", operator.eq: "==", operator.ne: "!=",
}  # fmt: skip


def push_filters(roots: Sequence[Expr]) -> list[Expr]:
    """Return expressions of the same names and values that choose rows as early as they can."""
    roots = list(roots)
    # One at a time: who uses what changes with each.
    while (better := _first_pushed(roots)) is not None:
        roots = rewrite(roots, _Replaces(better))
    return roots


def _first_pushed(roots: Sequence[Expr]) -> Expr | None:
    users = _users(roots)
    kept = {root.name for root in roots}
    for expr in walk(roots):
        if isinstance(expr, Filter) and (better := _pushed(expr, users, kept)) is not expr:
            return better
    return None


class _Replaces:
    """A step of rewriting: one expression stands where another of its name stood."""

    def __init__(self, better: Expr):
        self.better = better

    def __call__(self, expr: Expr) -> Expr:
        better = self.better
        if expr.name != better.name or self._is_better(expr):
            return expr
        return better

    def _is_better(self, expr: Expr) -> bool:
        """Tell whether it is the better one already, perhaps on other objects of equal names."""
        return type(expr) is type(self.better) and [i.name for i in expr.inputs] == [
            i.name for i in self.better.inputs
        ]


def _users(roots: Sequence[Expr]) -> Users:
    found: Users = defaultdict(set)
    for expr in walk(roots):
        for item in expr.inputs:
            found[item.name].add(expr.name)
    return found


def _pushed(expr: Filter, users: Users, kept: set[str]) -> Expr:
    frame, predicate = expr.inputs
    assert isinstance(frame, FrameExpr)
    assert isinstance(predicate, FrameExpr)
    if frame.name in kept or not _only_below(frame, expr, users):
        return expr
    match frame:
        case Filter():
            below = replaced(predicate, frame.name, _frame(frame.inputs[0]))
            if below is not None:
                first = frame.inputs[1]
                assert isinstance(first, FrameExpr)
                return _renamed(Filter(_frame(frame.inputs[0]), both(first, below)), expr)
        case Projection():
            # The predicate may go on looking at the columns alone.
            chosen = Filter(_frame(frame.inputs[0]), predicate)
            return _renamed(Projection(chosen, frame.wanted), expr)
        case Assign():
            return _below_assign(expr, frame, predicate)
        case Source():
            return _read_less(expr, frame, predicate)
        case _ if hasattr(frame, "filtered"):
            found: Expr | None = frame.filtered(predicate)
            return expr if found is None else _renamed(found, expr)
    return expr


def _frame(expr: Expr) -> FrameExpr:
    assert isinstance(expr, FrameExpr)
    return expr


def _renamed(new: Any, old: Expr) -> Expr:
    found: Expr = new.replace(name=old.name)
    return found


def _only_below(frame: FrameExpr, expr: Filter, users: Users) -> bool:
    """Tell whether a frame is used by this filter alone, by its predicate too."""
    own = {expr.name, *(item.name for item in _between(expr.inputs[1], frame.name))}
    return all(users[name] <= own for name in (own - {expr.name}) | {frame.name})


def _between(expr: Expr, name: str) -> list[Expr]:
    """Return the expressions from ``expr`` down to the users of ``name``."""
    found: dict[str, bool] = {}
    for item in walk([expr]):
        found[item.name] = any(i.name == name or found[i.name] for i in item.inputs)
    return [item for item in walk([expr]) if found[item.name]]


def replaced(expr: FrameExpr, name: str, new: FrameExpr) -> FrameExpr | None:
    """Return an expression that stands on ``new`` where it stood on ``name``.

    None if a row of it is made of more than a row there, or beside rows of other frames, or if it
    reads a column that ``new`` has not.
    """
    found: dict[str, FrameExpr] = {name: new}
    for item in walk([expr]):
        if item.name in found or not any(i.name in found for i in item.inputs):
            continue
        inputs = tuple(found.get(i.name, i) for i in item.inputs)
        if isinstance(item, Projection):
            labels = item.wanted if isinstance(item.wanted, list) else [item.wanted]
            there = _frame(inputs[0]).columns
            if there is None or not set(labels) <= set(there):
                return None
            found[item.name] = Projection(_frame(inputs[0]), item.wanted)
        elif isinstance(item, Partwise) and item.rowwise and _all_replaced(item, found):
            if any(i.name == name for i in item.inputs):
                return None  # it takes the frame as such, whatever columns that has
            token = tokenize(item.name, [i.name for i in inputs])
            found[item.name] = item.replace(
                name=f"{key_prefix(item.name)}-{token}", inputs=inputs,
                layout=new.layout, divisions=new.divisions,
            )  # fmt: skip
        else:
            return None
    return found.get(expr.name, expr)


def _all_replaced(item: Partwise, found: dict[str, FrameExpr]) -> bool:
    """Tell whether all partitions that a call takes are of the new frame, row by row."""
    return all(
        i.name in found or not i.numblocks or n in item.whole for n, i in enumerate(item.inputs)
    )


def both(one: FrameExpr, other: FrameExpr) -> FrameExpr:
    """Return the predicate that two others are both true."""
    return Partwise(
        f"and-{tokenize('and', one.name, other.name)}", one.meta, one.divisions, (one, other),
        operator.and_, (Reg(0), Reg(1)), rowwise=True, layout=one.layout,
    )  # fmt: skip


def _below_assign(expr: Filter, frame: Assign, predicate: FrameExpr) -> Expr:
    """Filter before columns are added, if these are made of the frame alone, row by row."""
    inner = _frame(frame.inputs[0])
    added = {label for label, _ in frame.items}
    looked_at = {
        label
        for item in walk([predicate])
        if isinstance(item, Projection) and item.inputs[0].name == frame.name
        for label in (item.wanted if isinstance(item.wanted, list) else [item.wanted])
    }
    if added & looked_at:
        return expr
    below = replaced(predicate, frame.name, inner)
    if below is None:
        return expr
    fewer = Filter(inner, below)
    items: list[tuple[Any, Any]] = []
    for label, value in frame.items:
        if type(value) is Reg:
            series = _frame(frame.inputs[value.index])
            chosen = replaced(series, inner.name, fewer)
            if chosen is None or chosen is series:
                return expr
            items.append((label, chosen))
        else:
            items.append((label, value))
    return _renamed(Assign(fewer, items), expr)


# -- into sources ----------------------------------------------------------------------------------


def _read_less(expr: Filter, source: Source, predicate: FrameExpr) -> Expr:
    """Let the source choose rows by those parts of a predicate that it understands."""
    chosen, rest = [], []
    reading = source.reading
    for part in conjuncts(predicate):
        filters = lists_of_terms(part, source)
        better = reading.select(filters) if filters is not None else None
        if better is None:
            rest.append(part)
        else:
            reading = better
            chosen.append(part.name)
    if not chosen:
        return expr
    if not rest:
        return source.replace(name=expr.name, reading=reading)
    fewer = source.replace(
        name=f"{key_prefix(source.name)}-{tokenize(source.name, chosen)}", reading=reading
    )
    moved = [found for part in rest if (found := replaced(part, source.name, fewer)) is not None]
    if len(moved) < len(rest):
        return expr
    return _renamed(Filter(fewer, reduce(both, moved)), expr)


def conjuncts(predicate: FrameExpr) -> list[FrameExpr]:
    """Return predicates that all have to be true."""
    if not isinstance(predicate, Partwise) or predicate.func is not operator.and_:
        return [predicate]
    if not all(type(arg) is Reg for arg in predicate.args):
        return [predicate]
    inputs = [_frame(predicate.inputs[arg.index]) for arg in predicate.args]
    return [part for item in inputs for part in conjuncts(item)]


def lists_of_terms(predicate: Expr, source: Expr) -> list[list[Term]] | None:
    """Return a predicate as lists of terms, of which one list has to be fulfilled; or None.

    Only comparisons of columns of ``source`` with plain values can be said in terms.
    """
    if not isinstance(predicate, Partwise):
        return None
    if predicate.func in (operator.and_, operator.or_):
        one, other = (
            lists_of_terms(predicate.inputs[arg.index], source) if type(arg) is Reg else None
            for arg in predicate.args
        )
        if one is None or other is None:
            return None
        if predicate.func is operator.or_:
            found = [*one, *other]
        else:
            found = [first + second for first, second in product(one, other)]
        return found if len(found) <= MOST_LISTS else None
    return _term(predicate, source)


def _term(predicate: Partwise, source: Expr) -> list[list[Term]] | None:
    func, args = predicate.func, predicate.args
    if func in _COMPARISONS and len(args) == 2 and not predicate.kwargs:
        op = _COMPARISONS[func]
        label = _label(predicate, args[0], source)
        if label is None or not _is_plain(args[1]):
            return None
        return [[(label, op, args[1])]]
    if isinstance(func, Method) and len(args) == 2 and func.__name__ == "isin":
        label, values = _label(predicate, args[0], source), args[1]
        if label is None or not isinstance(values, list | tuple | set | frozenset):
            return None
        return [[(label, "in", list(values))]] if all(map(_is_plain, values)) else None
    if isinstance(func, Method) and func.__name__ == "between":
        return _between_terms(predicate, source)
    return None


def _between_terms(predicate: Partwise, source: Expr) -> list[list[Term]] | None:
    given = dict(zip(("left", "right", "inclusive"), predicate.args[1:], strict=False))
    given.update(predicate.kwargs)
    label = _label(predicate, predicate.args[0], source)
    low, high, inclusive = given.get("left"), given.get("right"), given.get("inclusive", "both")
    if label is None or not _is_plain(low) or not _is_plain(high):
        return None
    above = ">=" if inclusive in ("both", "left") else ">"
    below = "<=" if inclusive in ("both", "right") else "<"
    return [[(label, above, low), (label, below, high)]]


def _label(predicate: Partwise, arg: Any, source: Expr) -> Any:
    """Return the label of the source's column that an argument is; None if it is none."""
    if type(arg) is not Reg:
        return None
    column = predicate.inputs[arg.index]
    if isinstance(column, Projection) and not isinstance(column.wanted, list):
        return column.wanted if column.inputs[0].name == source.name else None
    return None


def _is_plain(value: Any) -> bool:
    scalar = bool(pd.api.types.is_scalar(value)) and type(value) is not Reg
    return scalar and not bool(pd.isna(value))

"""Rows chosen before a merge instead of after it, where that is the same.

A condition on columns of one side can be asked of that side, unless its rows appear also where
they match nothing: then rows would come back as missing ones. ::

    Filter(Merge(x, y), p(x) & q(y))   becomes   Merge(Filter(x, p), Filter(y, q))
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

from treadle.dataframe.expr import Filter, FrameExpr, Partwise, Projection
from treadle.graph.expr import walk
from treadle.graph.naming import key_prefix
from treadle.graph.tokenize import tokenize

if TYPE_CHECKING:
    from treadle.dataframe.join.expr import Merge

# Joins of which each row has a row of the left side, and of the right side.
_OF_LEFT = {"inner", "left", "cross", "left_anti", "leftsemi", "leftanti"}
_OF_RIGHT = {"inner", "right", "cross", "right_anti"}


def merge_of_filtered(merge: Merge, predicate: FrameExpr) -> FrameExpr | None:
    """Return a merge, with those conditions that can be asked before it; None if none can."""
    from treadle.dataframe.filters import both, conjuncts

    if merge.sides.plan.validate is not None:
        return None  # rows that are filtered out are checked, too
    chosen: list[list[FrameExpr]] = [[], []]
    rest = []
    for part in conjuncts(predicate):
        for number in (0, 1):
            found = _on_side(merge, part, number)
            if found is not None:
                chosen[number].append(found)
                break
        else:
            rest.append(part)
    if not any(chosen):
        return None
    inputs: list[Any] = list(merge.inputs)
    for number, parts in enumerate(chosen):
        if parts:
            inputs[number] = Filter(inputs[number], reduce(both, parts))
    names = [item.name for item in inputs]
    new = merge.replace(
        name=f"{key_prefix(merge.name)}-{tokenize(merge.name, names)}", inputs=tuple(inputs)
    )
    new.layout = new.name
    if not rest:
        return new
    labels = {label: label for label in merge.meta.columns}
    moved = [translated(part, merge.name, new, labels) for part in rest]
    if any(part is None for part in moved):
        return None
    return Filter(new, reduce(both, moved))  # type: ignore[arg-type]


def _on_side(merge: Merge, predicate: FrameExpr, number: int) -> FrameExpr | None:
    """Return a condition on columns of a merge as one on columns of a side; None if it is not."""
    if merge.sides.plan.how not in (_OF_LEFT, _OF_RIGHT)[number]:
        return None
    side = merge.inputs[number]
    assert isinstance(side, FrameExpr)
    labels = {}
    for label in merge.meta.columns:
        own = merge.sides.origin(label)[number]
        if own is not None and merge.meta[label].dtype == side.meta[own].dtype:
            labels[label] = own
    return translated(predicate, merge.name, side, labels)


def translated(
    predicate: FrameExpr, name: str, frame: FrameExpr, labels: dict[Any, Any]
) -> FrameExpr | None:
    """Return a condition that looks at another frame, where columns may have other labels.

    Parameters
    ----------
    name : str
        Of the frame that it looks at now.
    labels : dict
        What columns are called in ``frame``; of those that are no columns there, nothing.

    Returns
    -------
    FrameExpr or None
        None if it looks at something else, or not row by row.
    """
    found: dict[str, FrameExpr] = {}
    for item in walk([predicate]):
        if any(inner.name == name for inner in item.inputs):
            if not isinstance(item, Projection) or isinstance(item.wanted, list):
                return None
            if item.wanted not in labels:
                return None
            found[item.name] = Projection(frame, labels[item.wanted])
        elif any(inner.name in found for inner in item.inputs):
            if not isinstance(item, Partwise) or not item.rowwise:
                return None
            for number, inner in enumerate(item.inputs):
                if inner.numblocks and inner.name not in found and number not in item.whole:
                    return None
            inputs = tuple(found.get(inner.name, inner) for inner in item.inputs)
            token = tokenize(item.name, [inner.name for inner in inputs])
            found[item.name] = item.replace(
                name=f"{key_prefix(item.name)}-{token}", inputs=inputs,
                layout=frame.layout, divisions=frame.divisions,
            )  # fmt: skip
    return found.get(predicate.name)

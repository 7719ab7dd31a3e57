"""Running results over all partitions, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any

from treadle.bag.core import Bag, new_bag
from treadle.graph.expr import GraphExpr
from treadle.graph.graph import Graph
from treadle.graph.source import outside_caller
from treadle.graph.spec import Task, TaskRef

_FIRST, _LAST = itemgetter(0), itemgetter(1)


def accumulate(bag: Bag, binop: Callable[[Any, Any], Any], *initial: Any) -> Bag:
    """Return running results of a binary function, over all partitions.

    Parameters
    ----------
    binop : callable
        Takes the result before and an element.
    *initial : object, optional
        What it begins with; it is the first element then.

    Examples
    --------
    >>> import treadle.bag as db
    >>> from operator import add
    >>> db.from_sequence([1, 2, 3, 4], npartitions=2).accumulate(add).compute()
    [1, 3, 6, 10]
    """
    source = outside_caller()

    def body(name: str) -> GraphExpr:
        def nodes() -> Graph:
            graph = Graph()
            before: Any = list(initial)
            for n in range(bag.npartitions):
                part = (f"{name}-part", n)
                args = (binop, before, n == 0, TaskRef((bag.name, n)))
                graph.add(Task(part, running, args, source=source))
                graph.add(Task((name, n), _FIRST, (TaskRef(part),), source=source))
                last = (f"{name}-last", n)
                graph.add(Task(last, _LAST, (TaskRef(part),), source=source))
                before = TaskRef(last)
            return graph

        return GraphExpr(name, (bag.npartitions,), (bag.expr,), nodes, source=source)

    return new_bag("accumulate", (bag.name, binop, initial), body)


def running(
    binop: Callable[[Any, Any], Any], before: list[Any], is_first: bool, items: Iterable[Any]
) -> tuple[list[Any], list[Any]]:
    """Return the running results of a partition, and the last one, if any, in a list."""
    found = list(before) if is_first else []
    last = list(before)
    for item in items:
        last = [binop(last[0], item) if last else item]
        found += last
    return found, last

"""What comes before each partition, or after it, brought along a chain of small values.

Every partition gives a piece: its last rows, a running total. A piece joined with what was carried
so far is carried on; what reaches a partition is all that lies on its one side. ::

    piece 0 ----> piece 1 ----> piece 2        block 0  None
       |  join       |  join                   block 1  piece 0
       +-> block 1   +-> block 2               block 2  join(piece 0, piece 1)
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from treadle.graph.expr import Expr, GraphExpr
from treadle.graph.gather import Blocks, Gather
from treadle.graph.graph import Graph
from treadle.graph.layer import Inputs
from treadle.graph.spec import Alias, DataNode, Task, TaskRef
from treadle.types import Key


def carried(
    name: str, pieces: Expr, join: Callable[[Any, Any], Any], backward: bool = False, **options: Any
) -> Expr:
    """Return for every partition the pieces of all before it in one; None for the first.

    Parameters
    ----------
    name : str
    pieces : Expr
        Of one dimension.
    join : callable
        ``join(carried, piece)``: what is carried on.
    backward : bool
        Of all partitions after each instead, the nearest one joined last; None for the last.
    """
    nodes = partial(_chain, name, pieces.name, pieces.numblocks[0], join, backward)
    return GraphExpr(name, pieces.numblocks, (pieces,), nodes, **options)


def _chain(name: str, pieces: str, count: int, join: Any, backward: bool) -> Graph:
    graph = Graph()
    places = list(range(count))[::-1] if backward else list(range(count))
    before: Key | None = None
    for step, (place, earlier) in enumerate(zip(places, [None, *places], strict=False)):
        key: Key = (name, place)
        if earlier is None:
            graph.add(DataNode(key, None))
        elif step == 1:
            graph.add(Alias(key, (pieces, earlier)))
        else:
            assert before is not None
            graph.add(Task(key, join, (TaskRef(before), TaskRef((pieces, earlier)))))
        before = key
    return graph


def neighbours(name: str, pieces: Expr, backward: bool = False, **options: Any) -> Expr:
    """Return for every partition the piece of the one before it, or after it; None at the end."""
    (count,) = pieces.numblocks
    nothing = Blocks(f"{name}-none", (1,), [None])

    def rows() -> Inputs:
        block = np.arange(count) + (1 if backward else -1)
        edge = count - 1 if backward else 0
        producer = np.zeros(count, np.int64)
        producer[edge], block[edge] = 1, 0
        return Inputs([pieces.name, nothing.name], np.arange(count + 1), producer, block)

    return Gather.aliases(name, (count,), (pieces, nothing), rows, **options)

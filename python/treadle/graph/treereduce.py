"""Reductions of a row of blocks by a tree: a few blocks at a time become one.

>>> from treadle.graph.gather import Blocks
>>> leaves = Blocks("x-1", (20,), list(range(20)))
>>> root = tree_reduce("total-1", leaves, sum, split_every=4)
>>> root.numblocks, root.inputs[0].numblocks, root.inputs[0].inputs[0].numblocks
((), (2,), (5,))
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from treadle.graph.expr import Expr
from treadle.graph.gather import Gather
from treadle.graph.layer import Inputs
from treadle.graph.naming import function_name


class OnList:
    """Calls a function on the list of its arguments."""

    __slots__ = ("__name__", "func")

    def __init__(self, func: Callable[[list[Any]], Any]):
        self.func = func
        self.__name__ = function_name(func)

    def __call__(self, *parts: Any) -> Any:
        return self.func(list(parts))

    def __reduce__(self) -> tuple[Any, ...]:
        return OnList, (self.func,)


def tree_reduce(
    name: str,
    leaves: Expr,
    combine: Callable[[list[Any]], Any],
    aggregate: Callable[[list[Any]], Any] | None = None,
    *,
    split_every: int = 8,
    numblocks: tuple[int, ...] = (),
    **options: Any,
) -> Expr:
    """Return the expression, of one block, of all blocks reduced to one.

    Parameters
    ----------
    leaves : Expr
        Of one dimension.
    combine : callable
        Makes one value of a list of values; called on every level but the last.
    aggregate : callable, optional
        Makes the result of a list of values; ``combine`` without it.
    split_every : int
        Values that a call takes at most.
    numblocks : tuple of int
        Of the result: ``()``, or ``(1,)`` for a partition of a frame.
    """
    if split_every < 2:
        raise ValueError(f"split_every must be 2 or more, not {split_every}")
    level = leaves
    while level.numblocks[0] > split_every:
        (count,) = level.numblocks
        width = -(-count // split_every)
        level = Gather(
            f"{name}-{count}", (width,), (level,), OnList(combine),
            _Groups(level.name, count, split_every), **options,
        )  # fmt: skip
    (count,) = level.numblocks
    return Gather(
        name, numblocks, (level,), OnList(aggregate or combine),
        _Groups(level.name, count, max(count, 1)), **options,
    )  # fmt: skip


class _Groups:
    """Neighbouring blocks, so many a row."""

    def __init__(self, producer: str, count: int, size: int):
        self.producer = producer
        self.count = count
        self.size = size

    def __call__(self) -> Inputs:
        borders = np.append(np.arange(0, self.count, self.size), self.count)
        if not self.count:
            borders = np.zeros(2, np.int64)
        numbers = np.arange(self.count)
        return Inputs([self.producer], borders, np.zeros_like(numbers), numbers)

"""Running results within groups: rows stay in their partitions, totals of groups are handed on.

What partitions before one add up to is put together of totals of ever larger runs of them, as
numbers are of digits: with runs of 8, partition 83 goes on from partitions 0-63, 64-71, 72-79, 80,
81 and 82. So there is one call for each partition, and none waits for a long chain of others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from treadle.dataframe.build import new_collection
from treadle.dataframe.expr import Columns, FrameExpr
from treadle.dataframe.groupby.asked import Groups
from treadle.dataframe.groupby.scan import ScanPlan, plan_scan
from treadle.graph.blockwise import Axis, Blockwise, Operand
from treadle.graph.expr import Expr
from treadle.graph.gather import Gather
from treadle.graph.layer import Inputs
from treadle.graph.tokenize import tokenize
from treadle.graph.treereduce import OnList

#: Partitions, or runs of them, that make the next larger run.
RUN = 8


class GroupbyScan(FrameExpr):
    """A running result within groups."""

    __slots__ = ("plan", "reads")

    def __init__(self, name: str, groups: Groups, plan: ScanPlan):
        frame = groups.frame
        meta = plan.meta.set_axis(frame.meta.index)
        super().__init__(name, meta, frame.divisions, groups.inputs, layout=frame.layout)
        self.plan = plan
        columns = list(dict.fromkeys([*plan.totals.columns, *(groups.columns or [])]))
        whole = groups.columns is None and plan.method != "cumcount"
        self.reads = groups.reads(None if whole else columns)

    def needs(self) -> list[Columns | None]:
        return list(self.reads)

    def lower(self) -> Blockwise:
        prefix, _, token = self.name.rpartition("-")
        options: dict[str, Any] = {"source": self.source, "annotations": self.annotations}
        parts = [self.operand(n) for n in range(len(self.inputs))]
        chunks = Blockwise.call(
            f"{prefix}-chunk-{token}", self.numblocks, self.plan.chunk, parts, **options
        )
        carry = before(f"{prefix}-before-{token}", chunks, Carry(self.plan), **options)
        return Blockwise.call(
            self.name, self.numblocks, GoOn(self.plan), [Operand(carry, (Axis(0),)), *parts],
            **options,
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Carry:
    """Totals of some partitions; None of none."""

    plan: ScanPlan

    def __call__(self, partials: list[Any]) -> Any:
        return self.plan.combine(partials) if partials else None


@dataclass(frozen=True, eq=False)
class GoOn:
    """A partition's rows, gone on from the totals before it."""

    plan: ScanPlan

    def __call__(self, carry: Any, part: Any, *beside: Any) -> Any:
        return self.plan.apply(part, carry, *beside)


def before(name: str, blocks: Expr, combine: Any, **options: Any) -> Expr:
    """Return a grid of what all blocks before each one combine to.

    Examples
    --------
    >>> from treadle.graph.gather import Blocks
    >>> grid = before("before-1", Blocks("x-1", (100,), list(range(100))), sum)
    >>> [(item.name, item.numblocks) for item in grid.inputs]
    [('x-1', (100,)), ('before-1-100', (12,)), ('before-1-12', (1,))]
    """
    levels = [blocks]
    while (count := levels[-1].numblocks[0]) > RUN:
        runs = count // RUN
        levels.append(
            Gather(
                f"{name}-{count}",
                (runs,),
                (levels[-1],),
                OnList(combine),
                _Runs(levels[-1].name, runs),
                **options,
            )
        )
    (count,) = blocks.numblocks
    names = [level.name for level in levels]
    return Gather(name, (count,), tuple(levels), OnList(combine), _Before(names, count), **options)


class _Runs:
    """Full runs of neighbouring blocks."""

    def __init__(self, producer: str, runs: int):
        self.producer = producer
        self.runs = runs

    def __call__(self) -> Inputs:
        numbers = np.arange(self.runs * RUN)
        borders = np.arange(self.runs + 1) * RUN
        return Inputs([self.producer], borders, np.zeros_like(numbers), numbers)


class _Before:
    """For each block the runs, from large to small, that make up all blocks before it."""

    def __init__(self, producers: Sequence[str], count: int):
        self.producers = list(producers)
        self.count = count

    def __call__(self) -> Inputs:
        levels: list[int] = []
        blocks: list[int] = []
        borders = [0]
        last = len(self.producers) - 1
        for number in range(self.count):
            start = 0
            for level in range(last, -1, -1):
                end = number // RUN**level
                levels.extend([level] * (end - start))
                blocks.extend(range(start, end))
                start = end * RUN
            borders.append(len(levels))
        return Inputs(
            list(self.producers), np.array(borders), np.array(levels, np.int64),
            np.array(blocks, np.int64),
        )  # fmt: skip


def running(groups: Groups, method: str) -> Any:
    """Return the collection of a running result with pandas' default options."""
    plan = plan_scan(groups.frame.meta, groups.by, method, **groups.options)
    name = tokenize("groupby", groups.token, method)
    return new_collection(GroupbyScan(f"groupby-{method}-{name}", groups, plan))

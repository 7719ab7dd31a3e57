"""Groups reduced over partitions: partial results by a tree, or by a hash of the keys.

::

    partition 0 --chunk--> partial --+                 split_out=1: one partition
    partition 1 --chunk--> partial --+-- combine --> finish
    partition 2 --chunk--> partial --+

    partition 0 --chunk--> partial --split--> [piece, piece] --+-- finish --> partition 0
    partition 1 --chunk--> partial --split--> [piece, piece] --+-- finish --> partition 1

Partial results have a row for each group. With very many groups the tree's last call would hold
them all: then ``split_out`` gives groups to several partitions.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from operator import getitem
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.build import new_collection
from treadle.dataframe.expr import FrameExpr
from treadle.dataframe.first_rows import first_rows_together
from treadle.dataframe.groupby.asked import Groups
from treadle.dataframe.groupby.coded import coded_keys
from treadle.dataframe.groupby.counts import plan_value_counts
from treadle.dataframe.groupby.finish import OfRows
from treadle.dataframe.groupby.kernels import AggPlan, Partial, plan_agg, renumbered
from treadle.dataframe.groupby.pairs import plan_pairs
from treadle.dataframe.groupby.parts import Custom
from treadle.dataframe.one_row import one_row
from treadle.dataframe.reducing.tree import TreeReduction, width_of
from treadle.dataframe.shuffle.key_hash import hash_keys, partition_numbers
from treadle.graph.blockwise import Axis, Blockwise, Operand, Values
from treadle.graph.expr import Expr, Users
from treadle.graph.tokenize import tokenize


class GroupbyAgg(TreeReduction):
    """Groups reduced, to as many partitions as ``divisions`` tell."""

    __slots__ = ("keys", "plan")

    def __init__(
        self,
        *args: Any,
        keys: tuple[Hashable, ...],
        plan: AggPlan | None = None,
        **options: Any,
    ):
        super().__init__(*args, **options)
        self.keys = keys
        self.plan = plan

    def simplify(self, users: Users) -> GroupbyAgg:
        if self.plan is None:
            return self
        found = coded_keys(self.inputs[0], self.plan, users)
        if found is None:
            return self
        source, chunk = found
        return self.replace(inputs=(source, *self.inputs[1:]), chunk=chunk, plan=None)

    def lower(self) -> Expr:
        if not self.numblocks or self.numblocks[0] == 1:
            return super().lower()
        prefix, _, token = self.name.rpartition("-")
        (targets,) = self.numblocks
        chunks = self.chunks()
        (count,) = chunks.numblocks
        options: dict[str, Any] = {"source": self.source, "annotations": self.annotations}
        splits = Blockwise.call(
            f"{prefix}-split-{token}", (count,), split_partial,
            [Operand(chunks, (Axis(0),)), targets], **options,
        )  # fmt: skip
        numbers = Operand(Values((targets,), list(range(targets))), (Axis(0),))
        pieces = Blockwise.call(
            f"{prefix}-piece-{token}", (targets, count), getitem,
            [Operand(splits, (Axis(1),)), numbers], **options,
        )  # fmt: skip
        return Blockwise.call(
            self.name, (targets,), self.aggregate, [Operand(pieces, (Axis(0), Axis(1)))],
            contracted=(count,), **options,
        )  # fmt: skip

    def describe(self) -> str:
        what = self.name.partition("-")[2].rpartition("-")[0]
        return f"{what} by {', '.join(map(str, self.keys))}"


def split_partial(partial: Partial, targets: int) -> list[Partial]:
    """Cut a partial result so that equal keys go to the same place, from every partition."""
    columns = [partial.keys[place] for place in partial.keys]
    if not len(partial):
        return [partial] * targets
    numbers = partition_numbers(hash_keys(columns), targets)
    return [_chosen(partial, np.flatnonzero(numbers == target)) for target in range(targets)]


def _chosen(partial: Partial, places: Any) -> Partial:
    """Return some groups of a partial result."""
    renumber = np.full(len(partial), -1, dtype=np.int64)
    renumber[places] = np.arange(len(places))
    tables = {}
    for name, table in partial.tables.items():
        table = renumbered(table, renumber)
        tables[name] = table[table["group"] >= 0]
    keys, values = (
        frame.take(places).reset_index(drop=True) for frame in (partial.keys, partial.values)
    )
    return Partial(keys, values, tables)


def tree(
    groups: Groups,
    label: str,
    plan: Any,
    meta: Any,
    token: Any,
    *,
    aggregate: Callable[[list[Any]], Any] | None = None,
    split_every: int | bool | None = None,
    split_out: int = 1,
) -> FrameExpr:
    """Return the expression of a plan with ``chunk``, ``combine`` and ``finish``."""
    width = width_of(split_every, groups.frame.npartitions)
    if not groups.observed and split_out > 1 and groups.has_categories:
        raise NotImplementedError(
            "split_out= with observed=False: which partition should a category have that no row "
            "belongs to? Use observed=True, or split_out=1"
        )
    divisions = (None,) * (split_out + 1)
    name = tokenize("groupby", groups.token, label, token, width, split_out)
    return GroupbyAgg(
        f"groupby-{label}-{name}", meta, divisions, groups.inputs, plan.chunk, plan.combine,
        aggregate or Finish(plan), reads=groups.reads(plan.columns), split_every=width,
        plan=plan if isinstance(plan, AggPlan) else None,
        keys=tuple(k.meta.name if isinstance(k, FrameExpr) else k for k in groups.keys),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Finish:
    """Combines, and finishes."""

    plan: Any

    def __call__(self, partials: list[Any]) -> Any:
        return self.plan.finish(self.plan.combine(partials))


def check_split_out(split_out: Any) -> int:
    """Return the number of partitions of a result."""
    if split_out is None or split_out is True:
        return 1
    if not isinstance(split_out, int) or split_out < 1:
        raise ValueError(f"split_out must be 1 or more, not {split_out!r}")
    return split_out


def aggregated(
    groups: Groups,
    spec: Any,
    args: tuple[Any, ...] = (),
    options: dict[str, Any] | None = None,
    *,
    label: str = "agg",
    split_every: int | bool | None = None,
    split_out: Any = 1,
) -> Any:
    """Return the collection of an aggregation; ``spec`` is what pandas' ``agg`` takes."""
    options = dict(options or {})
    split_out = check_split_out(split_out)
    plan = plan_agg(
        groups.frame.meta, groups.by, spec, *args,
        options=options, as_index=groups.as_index, **groups.options,
    )  # fmt: skip
    token = (spec, args, options)
    meta = meta_of_plan(plan, groups)
    unobserved = not groups.observed and groups.has_categories
    if not plan.holistic or groups.frame.npartitions == 1 or unobserved:
        return new_collection(
            tree(groups, label, plan, meta, token, split_every=split_every, split_out=split_out)
        )
    from treadle.dataframe.groupby.regroup import aggregated_whole

    width = width_of(split_every, groups.frame.npartitions)
    return new_collection(aggregated_whole(groups, label, plan, meta, token, width, split_out))


def meta_of_plan(plan: AggPlan, groups: Groups) -> Any:
    """Return the result without rows; functions of the user are tried on the first real rows."""
    users = any(isinstance(part, Custom) for part in plan.parts) or any(
        isinstance(finish, OfRows) and callable(finish.func) for finish in plan.finishes
    )
    if not users:
        return plan.meta
    rows = first_rows_together(groups.inputs)
    return plan.whole(*rows).iloc[:0] if len(rows[0]) else plan.meta


def counted_values(
    groups: Groups,
    options: dict[str, Any],
    split_every: int | bool | None = None,
    split_out: Any = 1,
) -> Any:
    """Return the collection of ``value_counts``."""
    asked = groups.options
    plan = plan_value_counts(
        groups.frame.meta, groups.by, selection=groups.selection, group_sort=asked["sort"],
        group_dropna=asked["dropna"], observed=asked["observed"], **options,
    )  # fmt: skip
    return new_collection(
        tree(
            groups,
            "value_counts",
            plan,
            _tried(plan, groups),
            options,
            split_every=split_every,
            split_out=check_split_out(split_out),
        )
    )


def compared_columns(
    groups: Groups,
    method: str,
    options: dict[str, Any],
    split_every: int | bool | None = None,
    split_out: Any = 1,
) -> Any:
    """Return the collection of ``cov`` or ``corr``."""
    plan = plan_pairs(groups.frame.meta, groups.by, method, **options, **groups.options)
    return new_collection(
        tree(
            groups,
            method,
            plan,
            _tried(plan, groups),
            options,
            split_every=split_every,
            split_out=check_split_out(split_out),
        )
    )


def _tried(plan: Any, groups: Groups) -> Any:
    """What a plan that runs nothing of the user's makes of one made-up row, without it."""
    row = one_row(groups.frame.meta)
    beside = [one_row(series.meta).set_axis(row.index) for series in groups.beside]
    found: pd.DataFrame | pd.Series = plan.finish(plan.chunk(row, *beside))
    return found.iloc[:0]

"""As-of merges as expressions: a partition meets those it overlaps, and the borders of the others.

Borders of all partitions before (after) one are made one from the other::

    right     part 0      part 1        part 2
    tails     tail 0 ---> tail 0..1 --> tail 0..2
    left                  needs tail 0..0, part 1, part 2
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from treadle.dataframe.expr import Columns, Divisions, FrameExpr
from treadle.dataframe.join.asof import AsofPlan, asof_border, combine_borders, merge_asof_parts
from treadle.graph.expr import GraphExpr
from treadle.graph.graph import Graph
from treadle.graph.spec import Task, TaskRef
from treadle.graph.tokenize import tokenize


@dataclass(frozen=True, slots=True)
class Span:
    """The partitions of the right side that one of the left side looks at.

    Attributes
    ----------
    first, last : int
        Those it overlaps; none if ``last`` is less than ``first``.
    """

    first: int
    last: int


class AsofMerge(FrameExpr):
    """Each row of the left side with the nearest row of the right.

    Parameters
    ----------
    left, right : FrameExpr
        Sorted by the key, from partition to partition too.
    plan : AsofPlan
    spans : sequence of Span or None
        One for each partition of the left side; None for one without rows.
    """

    __slots__ = ("plan", "reads", "spans")
    passes_columns = True

    def __init__(
        self,
        left: FrameExpr,
        right: FrameExpr,
        plan: AsofPlan,
        spans: Sequence[Span | None],
        divisions: Divisions | None = None,
    ):
        super().__init__(
            f"merge_asof-{tokenize('merge_asof', left.name, right.name, plan.options)}",
            plan.meta, divisions or (None,) * (left.npartitions + 1), (left, right),
        )  # fmt: skip
        self.plan = plan
        self.spans = tuple(spans)
        self.reads: tuple[Columns | None, Columns | None] = (left.columns, right.columns)

    def needs(self) -> list[Columns | None]:
        return list(self.reads)

    def narrow(self, columns: Columns) -> FrameExpr:
        left, right = self.reads
        if left is None or right is None or self.columns is None:
            return self
        keys = _keys(self.plan.options)
        shared = set(keys[0]) & set(keys[1])
        # Of two columns with one name both are read, or the one would lose its suffix.
        pairs = {label for label in left if label in right and label not in shared}
        suffixes = self.plan.options.get("suffixes", ("_x", "_y"))
        wanted = set(columns)
        shown = {
            label: [label if s is None else f"{label}{s}" for s in suffixes] for label in pairs
        }
        wanted |= {label for label, both in shown.items() if wanted.intersection(both)}
        reads: list[Columns] = []
        made: set[Any] = set()
        for number, labels in enumerate((left, right)):
            kept = [label for label in labels if label in wanted or label in keys[number]]
            kept += [x for x in labels if x in pairs and x in keys[1 - number] and x not in kept]
            kept = [label for label in labels if label in kept]
            made.update(shown[x][number] if x in pairs else x for x in kept)
            reads.append(kept)
        meta = self.plan.meta[[label for label in self.plan.meta.columns if label in made]]
        new = self._narrowed(list(meta.columns), plan=replace(self.plan, meta=meta))
        return new.replace(reads=(reads[0], reads[1]))

    def lower(self) -> GraphExpr:
        left, right = self.inputs
        name, spans, count = self.name, self.spans, right.numblocks[0]

        def nodes() -> Graph:
            graph = Graph()
            filled = [span for span in spans if span is not None]
            tails = [span.first for span in filled if self.plan.needs_tail]
            heads = [span.last + 1 for span in filled if self.plan.needs_head]
            for end, order in (
                ("tail", range(max(tails, default=0))),
                ("head", range(count - 1, min(heads, default=count) - 1, -1)),
            ):
                border = Border(self.plan, end)
                before: tuple[Any, ...] = ()
                for n in order:
                    key = (f"{name}-{end}", n)
                    beyond = (TaskRef((right.name, n)), *before)
                    graph.add(Task(key, border, beyond, source=self.source))
                    before = (TaskRef(key),)
            merge = MergeAsof(self.plan, right.meta)  # type: ignore[attr-defined]
            for n, span in enumerate(spans):
                parts = []
                if span is not None:
                    parts = [TaskRef((right.name, m)) for m in range(span.first, span.last + 1)]
                    if self.plan.needs_tail and span.first > 0:
                        parts.insert(0, TaskRef((f"{name}-tail", span.first - 1)))
                    if self.plan.needs_head and span.last + 1 < count:
                        parts.append(TaskRef((f"{name}-head", span.last + 1)))
                args = (TaskRef((left.name, n)), *parts)
                graph.add(Task((name, n), merge, args, source=self.source))
            return graph

        return GraphExpr(
            name, self.numblocks, self.inputs, nodes,
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def describe(self) -> str:
        return f"{self.plan.options.get('direction', 'backward')} as-of merge"


def _keys(options: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    """Return the labels that each side is merged by."""

    def listed(value: Any) -> list[Any]:
        if value is None:
            return []
        return list(value) if isinstance(value, list | tuple) else [value]

    both = [*listed(options.get("on")), *listed(options.get("by"))]
    left = [*listed(options.get("left_on")), *listed(options.get("left_by"))]
    right = [*listed(options.get("right_on")), *listed(options.get("right_by"))]
    return both + left, both + right


class Border:
    """Makes the border of a partition and of all those beyond it."""

    __slots__ = ("end", "plan")
    __name__ = "border"

    def __init__(self, plan: AsofPlan, end: str):
        self.plan = plan
        self.end = end

    def __call__(self, part: Any, *beyond: Any) -> Any:
        border = asof_border(part, self.plan, self.end)
        if not beyond:
            return border
        both = [*beyond, border] if self.end == "tail" else [border, *beyond]
        return combine_borders(both, self.plan, self.end)

    def __reduce__(self) -> tuple[Any, ...]:
        return Border, (self.plan, self.end)


class MergeAsof:
    """Merges a partition with those that it may match."""

    __slots__ = ("plan", "right")
    __name__ = "merge_asof"

    def __init__(self, plan: AsofPlan, right: Any):
        self.plan = plan
        self.right = right

    def __call__(self, left: Any, *rights: Any) -> Any:
        return merge_asof_parts(left, rights or (self.right,), self.plan)

    def __reduce__(self) -> tuple[Any, ...]:
        return MergeAsof, (self.plan, self.right)

"""Which column of a merge comes from which side, so that others need not be read.

Of columns with one name on both sides, pandas tells by suffixes which is which. A merge that is
asked for one of such a pair would lose the suffix with the other one; so columns get their final
names before the sides meet::

    left   k  x        renamed   k  x_x
    right  k  x  y     renamed   k  x_y  y      merged   k  x_x  x_y  y

>>> import pandas as pd
>>> from treadle.dataframe.join.kernels import plan_join
>>> left, right = pd.DataFrame({"k": [1], "x": [2]}), pd.DataFrame({"k": [1], "x": [3], "y": [4]})
>>> sides_of(left, right, plan_join(left, right, on="k")).names
({'x': 'x_x'}, {'x': 'x_y'})
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from treadle.dataframe.expr import Columns
from treadle.dataframe.join.kernels import FILTERS, JoinPlan, plan_join


@dataclass(frozen=True, slots=True)
class Sides:
    """A plan, and what it reads of both sides.

    Attributes
    ----------
    plan : JoinPlan
        For sides whose columns have their final names.
    names : tuple of dict
        For each side the final names of those columns that have another one.
    reads : tuple
        For each side the labels it is read for, as the side has them; None for all, where labels
        come twice or have levels.
    """

    plan: JoinPlan
    names: tuple[Mapping[Any, Any], Mapping[Any, Any]]
    reads: tuple[Columns | None, Columns | None]

    def narrow(self, columns: Columns) -> Sides:
        """Return what makes these columns, and the keys.

        Examples
        --------
        >>> import pandas as pd
        >>> left, right = pd.DataFrame({"k": [1], "x": [2]}), pd.DataFrame({"k": [1], "x": [3]})
        >>> sides = sides_of(left, right, plan_join(left, right, on="k")).narrow(["x_y"])
        >>> sides.reads, list(sides.plan.meta.columns)
        ((['k'], ['k', 'x']), ['k', 'x_y'])
        """
        plan = self.plan
        if self.reads[0] is None or self.reads[1] is None:
            return self
        made: set[Any] = set()
        reads: list[Columns] = []
        for labels, names, keys in zip(
            self.reads, self.names, (plan.left_on, plan.right_on), strict=True
        ):
            wanted = {*columns, *(keys or ())}
            kept = [label for label in labels or [] if names.get(label, label) in wanted]
            made.update(names.get(label, label) for label in kept)
            reads.append(kept)
        shown = _indicator(plan)
        indicator = plan.indicator if shown in columns else False
        if indicator:
            made.add(shown)
        meta = plan.meta[[label for label in plan.meta.columns if label in made]]
        promoted = tuple(label for label in plan.promoted if label in made)
        narrower = replace(plan, meta=meta, promoted=promoted, indicator=indicator)
        return Sides(narrower, self.names, (reads[0], reads[1]))

    def origin(self, label: Any) -> tuple[Any, Any]:
        """Return the labels that a column of the result has in both sides; None for neither.

        Examples
        --------
        >>> import pandas as pd
        >>> left, right = pd.DataFrame({"k": [1], "x": [2]}), pd.DataFrame({"k": [1], "y": [3]})
        >>> sides = sides_of(left, right, plan_join(left, right, on="k"))
        >>> sides.origin("k"), sides.origin("y")
        (('k', 'k'), (None, 'y'))
        """
        found: list[Any] = []
        for number, (labels, names) in enumerate(zip(self.reads, self.names, strict=True)):
            if number and self.plan.how in FILTERS:
                labels = []
            there = [own for own in labels or [] if names.get(own, own) == label]
            found.append(there[0] if there else None)
        return found[0], found[1]


def _indicator(plan: JoinPlan) -> Any:
    """The label of the column that tells where rows come from; None if there is none."""
    if not plan.indicator:
        return None
    return plan.indicator if isinstance(plan.indicator, str) else "_merge"


def sides_of(left: pd.DataFrame, right: pd.DataFrame, plan: JoinPlan) -> Sides:
    """Return what a plan reads of two metas."""
    frames = left, right
    plain = all(df.columns.is_unique and df.columns.nlevels == 1 for df in frames)
    if not plain or not plan.meta.columns.is_unique:
        return Sides(plan, ({}, {}), (None, None))
    if plan.how in FILTERS:
        keys = [label for label in right.columns if label in (plan.right_on or [])]
        return Sides(plan, ({}, {}), (list(left.columns), keys))
    shared = {a for a, b in zip(plan.left_on or (), plan.right_on or (), strict=False) if a == b}
    both = [x for x in left.columns if x in set(right.columns) and x not in shared]
    names = tuple(
        {label: f"{label}{suffix}" for label in both if suffix is not None}
        for suffix in plan.suffixes
    )
    reads: tuple[Columns | None, Columns | None] = (list(left.columns), list(right.columns))
    if not both:
        return Sides(plan, ({}, {}), reads)
    renamed = plan_join(
        left.rename(columns=names[0]), right.rename(columns=names[1]), how=plan.how,
        left_on=_renamed(plan.left_on, names[0]), right_on=_renamed(plan.right_on, names[1]),
        left_index=plan.left_index, right_index=plan.right_index,
        suffixes=plan.suffixes, indicator=plan.indicator, validate=plan.validate,
    )  # fmt: skip
    if not renamed.meta.columns.equals(plan.meta.columns):
        return Sides(plan, ({}, {}), (None, None))
    return Sides(renamed, (names[0], names[1]), reads)


def _renamed(keys: list[Any] | None, names: Mapping[Any, Any]) -> list[Any] | None:
    return None if keys is None else [names.get(key, key) for key in keys]


def renamed(part: pd.DataFrame, names: Mapping[Any, Any]) -> pd.DataFrame:
    """Return a partition with some columns renamed; nothing is copied."""
    if not names:
        return part
    return part.set_axis(
        pd.Index([names.get(label, label) for label in part.columns], name=part.columns.name),
        axis=1,
    )

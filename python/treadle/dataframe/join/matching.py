"""Both sides of a merge with equal keys in partitions of equal numbers."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.expr import Divisions, FrameExpr, Partitions
from treadle.dataframe.join.kernels import KEEPS_LEFT, KEEPS_RIGHT, JoinPlan
from treadle.dataframe.shuffle.expr import ByDivisions, ByHash, Shuffle, Split
from treadle.dataframe.shuffle.reuse import partitioning


@dataclass(frozen=True, slots=True)
class Matched:
    """Sides that correspond, and what is known of the rows of their merge."""

    left: FrameExpr
    right: FrameExpr
    divisions: Divisions | None = None
    split: Split | None = None


# -- by hash ---------------------------------------------------------------------------------------


def by_hash(
    left: FrameExpr, right: FrameExpr, plan: JoinPlan, npartitions: int | None = None
) -> Matched:
    """Return sides whose rows lie by a hash of their keys; those that do already, as they are."""
    keys = (
        None if plan.left_index else plan.left_on,
        None if plan.right_index else plan.right_on,
    )
    counts = [
        split.npartitions
        for frame, by in zip((left, right), keys, strict=True)
        if isinstance(split := partitioning(frame), ByHash) and split.by == by
    ]
    count = npartitions or max(counts, default=max(left.npartitions, right.npartitions))
    splits = ByHash(keys[0], count), ByHash(keys[1], count)
    return Matched(
        _moved(left, splits[0]), _moved(right, splits[1]), split=_split_of_result(plan, splits)
    )


def _moved(frame: FrameExpr, split: Split) -> FrameExpr:
    return frame if partitioning(frame) == split else Shuffle(frame, split)


def _split_of_result(plan: JoinPlan, splits: tuple[ByHash, ByHash]) -> Split | None:
    """What tells the partition of rows of the result: keys that no row is without.

    Keys keep their names unless both sides have columns of that name that are not the same key.
    """
    if plan.left_index != plan.right_index:
        return None  # the result has the index of the side whose columns are the key
    left, right = splits
    if plan.left_index or plan.left_on == plan.right_on:
        return left
    for split, others in ((left, KEEPS_RIGHT), (right, KEEPS_LEFT)):
        if plan.how not in others and all(key in plan.meta.columns for key in split.by or []):
            return split
    return None


# -- by the index of both --------------------------------------------------------------------------


def by_index(left: FrameExpr, right: FrameExpr, plan: JoinPlan) -> Matched | None:
    """Return sides cut at the same labels of their indexes; None if none are known that serve."""
    if not _comparable(left.meta.index, right.meta.index):
        return None
    if left.known_divisions and right.known_divisions:
        return _cut_alike(left, right, plan)
    for frame, other, keeps in ((left, right, KEEPS_RIGHT), (right, left, KEEPS_LEFT)):
        if frame.known_divisions and 2 * frame.npartitions >= other.npartitions:
            divisions = frame.divisions or ()
            moved = _moved(other, ByDivisions(None, divisions))
            sides = (frame, moved) if frame is left else (moved, frame)
            # Rows of the other side may have labels beyond all of these.
            within = plan.how not in keeps
            return Matched(*sides, divisions=divisions if within else None)
    return None


def _cut_alike(left: FrameExpr, right: FrameExpr, plan: JoinPlan) -> Matched:
    from treadle.dataframe.arranging.divisions import with_equal_divisions

    ours, theirs = left.divisions or (), right.divisions or ()
    if ours != theirs:
        left, right = with_equal_divisions([left, right])
    cuts: Any = left.divisions
    low, high = min(ours[0], theirs[0]), max(ours[-1], theirs[-1])
    if plan.how not in KEEPS_RIGHT:
        low, high = max(low, ours[0]), min(high, ours[-1])
    if plan.how not in KEEPS_LEFT:
        low, high = max(low, theirs[0]), min(high, theirs[-1])
    # The last partition includes its last label.
    count = len(cuts) - 1
    first = min(max(bisect_right(cuts, low) - 1, 0), count - 1)
    last = min(max(bisect_right(cuts, high) - 1, first), count - 1)
    if (first, last) != (0, count - 1):
        chosen = range(first, last + 1)
        left, right = Partitions(left, chosen), Partitions(right, chosen)
    return Matched(left, right, divisions=left.divisions)


# -- by divisions of one side ----------------------------------------------------------------------


def by_divisions(left: FrameExpr, right: FrameExpr, plan: JoinPlan) -> Matched | None:
    """Return one side cut where the other, whose index is the key, is cut; None if it can't be."""
    if plan.left_index == plan.right_index:
        return None
    frame, other = (left, right) if plan.left_index else (right, left)
    keys = (plan.right_on if plan.left_index else plan.left_on) or []
    if not frame.known_divisions or len(keys) != 1 or 2 * frame.npartitions < other.npartitions:
        return None
    (key,) = keys
    if key not in other.meta.columns or not _comparable(frame.meta.index, other.meta[key]):
        return None
    moved = _moved(other, ByDivisions(key, frame.divisions or ()))
    return Matched(*((frame, moved) if plan.left_index else (moved, frame)))


def _comparable(one: Any, other: Any) -> bool:
    """Whether values of two columns or indexes stand in one order, whichever side they are of."""
    if isinstance(one, pd.MultiIndex) or isinstance(other, pd.MultiIndex):
        return False
    dtypes: Any = one.dtype, other.dtype
    if any(isinstance(dtype, pd.CategoricalDtype) for dtype in dtypes):
        return False
    if dtypes[0] == dtypes[1]:
        return True
    return all(isinstance(dtype, np.dtype) and dtype.kind in "iuf" for dtype in dtypes)

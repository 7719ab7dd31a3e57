"""``merge_asof``: where partitions begin and end, and which of them meet.

>>> spans_of([(0, 4), (5, 9)], [(1, 2), (3, 6), (8, 9)])
[Span(first=0, last=1), Span(first=1, last=2)]
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, TypeAlias

import pandas as pd

from treadle import base
from treadle.dataframe.build import new_collection
from treadle.dataframe.expr import FrameExpr
from treadle.dataframe.frame import FrameCollection
from treadle.dataframe.join.asof import plan_asof
from treadle.dataframe.join.asof_expr import AsofMerge, Span
from treadle.dataframe.join.merging import as_frame
from treadle.dataframe.plain import plain
from treadle.dataframe.reducing.tree import reduced
from treadle.dataframe.shuffle.pieces import key_columns

#: The least and the greatest key of a partition; None if it has no rows.
Ends: TypeAlias = tuple[Any, Any] | None


def merge_asof(
    left: Any,
    right: Any,
    on: Any = None,
    left_on: Any = None,
    right_on: Any = None,
    left_index: bool = False,
    right_index: bool = False,
    by: Any = None,
    left_by: Any = None,
    right_by: Any = None,
    suffixes: tuple[str | None, str | None] = ("_x", "_y"),
    tolerance: Any = None,
    allow_exact_matches: bool = True,
    direction: str = "backward",
) -> Any:
    """Merge each row of the left side with the nearest row of the right side before it.

    Both sides have to be sorted by the key. If it is the index, divisions say which partitions
    meet. If it is a column, or divisions are not known, the least and the greatest key of every
    partition are computed when the merge is written.

    Parameters
    ----------
    left, right : DataFrame or named Series
        In partitions or of pandas; one of them has to be in partitions.
    on, left_on, right_on : label, optional
        A column of numbers or times.
    left_index, right_index : bool
        The index of that side is the key.
    by, left_by, right_by : label or list, optional
        Columns that have to be equal.
    suffixes : (str or None, str or None)
        For columns of one name on both sides.
    tolerance : number or Timedelta, optional
        How far away a row may be.
    allow_exact_matches : bool
        Whether a row with an equal key matches.
    direction : {"backward", "forward", "nearest"}

    Returns
    -------
    DataFrame
        Partitions as those of the left side. Unless an index is a key, rows are numbered
        from 0 in each.

    Raises
    ------
    ValueError, KeyError, pandas.errors.MergeError
        What pandas raises for the same arguments, and if keys are not sorted.

    Examples
    --------
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> trades = dd.from_pandas(pd.DataFrame({"price": [1, 2]}, index=[5, 7]), npartitions=2)
    >>> quotes = dd.from_pandas(pd.DataFrame({"bid": [10, 30, 60]}, index=[1, 3, 6]), npartitions=2)
    >>> dd.merge_asof(trades, quotes, left_index=True, right_index=True).compute()
       price  bid
    5      1   30
    7      2   60
    """
    if not isinstance(left, FrameCollection) and not isinstance(right, FrameCollection):
        raise TypeError(
            "merge_asof takes a frame in partitions at least on one side; see from_pandas"
        )
    mine, theirs = as_frame(left), as_frame(right)
    if all(key is None for key in (on, left_on, right_on)) and not left_index and not right_index:
        common = [label for label in mine.meta.columns if label in theirs.meta.columns]
        on = common[0] if len(common) == 1 else None
    options: dict[str, Any] = {
        "on": on, "left_on": left_on, "right_on": right_on, "left_index": left_index,
        "right_index": right_index, "by": by, "left_by": left_by, "right_by": right_by,
        "suffixes": suffixes, "tolerance": tolerance, "allow_exact_matches": allow_exact_matches,
        "direction": direction,
    }  # fmt: skip
    plan = plan_asof(mine.meta, theirs.meta, **options)
    keys = [
        None if index else _one(on if on is not None else own)
        for index, own in ((left_index, left_on), (right_index, right_on))
    ]
    ends = _ends_of([mine, theirs], keys)
    spans = spans_of(*ends)
    divisions = mine.divisions if left_index or right_index else None
    return new_collection(AsofMerge(mine, theirs, plan, spans, divisions))


def _one(key: Any) -> Any:
    return key[0] if isinstance(key, list | tuple) else key


def _ends_of(frames: Sequence[FrameExpr], keys: Sequence[Any]) -> list[list[Ends]]:
    """Return the ends of the keys of all partitions of both sides; computed where not known."""
    found: list[Any] = []
    for frame, key in zip(frames, keys, strict=True):
        is_index = key is None or (key not in frame.meta.columns and key in frame.meta.index.names)
        if is_index and frame.known_divisions:
            borders = frame.divisions or ()
            found.append(list(pairwise(borders)))
        else:
            reads = ([] if is_index else [key],) if frame.columns is not None else None
            found.append(
                reduced(
                    "key_ends", new_collection(frame), KeyEnds(key), all_ends, meta=[], reads=reads
                )
            )
    lazy = [n for n, item in enumerate(found) if not isinstance(item, list)]
    for n, ends in zip(lazy, base.compute(*(found[n] for n in lazy)), strict=True):
        _check_sorted(ends, ("left", "right")[n])
        found[n] = [None if item is None else item[:2] for item in ends]
    return found


class KeyEnds:
    """Returns the least and the greatest key of a partition, and whether it is sorted."""

    __slots__ = ("key",)
    __name__ = "key_ends"

    def __init__(self, key: Any):
        self.key = key

    def __call__(self, part: pd.DataFrame) -> list[Any]:
        (keys,) = key_columns(part, None if self.key is None else [self.key])
        keys = pd.Index(keys)
        if not len(keys):
            return [None]
        low, high = plain(keys.min()), plain(keys.max())
        return [(low, high, bool(keys.is_monotonic_increasing))]

    def __treadle_tokenize__(self) -> Any:
        return "KeyEnds", self.key

    def __reduce__(self) -> tuple[Any, ...]:
        return KeyEnds, (self.key,)


def all_ends(parts: list[list[Any]]) -> list[Any]:
    """Return the ends of all partitions in one list."""
    return [ends for part in parts for ends in part]


def _check_sorted(ends: Sequence[Any], side: str) -> None:
    before: Any = None
    for number, found in enumerate(ends):
        if found is None:
            continue
        low, high, is_sorted = found
        if not is_sorted:
            raise ValueError(
                f"{side} keys must be sorted: those of partition {number} are not, or some are "
                "missing; use sort_values() first"
            )
        if before is not None and low < before:
            raise ValueError(
                f"{side} keys must be sorted: partition {number} begins at {low!r}, below "
                f"{before!r} in a partition before it; use sort_values() first"
            )
        before = high


def spans_of(left: Sequence[Ends], right: Sequence[Ends]) -> list[Span | None]:
    """Return for each left partition the right partitions it overlaps.

    What lies before the first of them has lower keys only, and after the last one greater ones.
    """
    filled = [(n, *ends) for n, ends in enumerate(right) if ends is not None]
    lows, highs = [low for _, low, _ in filled], [high for _, _, high in filled]
    places = [n for n, _, _ in filled]
    spans: list[Span | None] = []
    for ends in left:
        if ends is None:
            spans.append(None)
            continue
        first, behind = bisect_left(highs, ends[0]), bisect_right(lows, ends[1])
        begin = places[first] if first < len(filled) else len(right)
        spans.append(Span(begin, places[behind - 1] if behind > first else begin - 1))
    return spans

"""Frames in the order of their values: what has to be known before rows can move.

Partitions are cut where a sketch of the keys says that they come out even. Where the divisions are
part of the collection, for those of an index, sketches are computed when it is built; to sort by
values, they are a part of the graph. ::

    keys ── sketch_keys ──> sketches ──┬─ in order already ──> rows stay where they are
             (now, or later)           └─ else: divisions ──> Shuffle ──> SetIndex or Sorted
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import pandas as pd

from treadle.dataframe.build import aligned, new_collection, partwise
from treadle.dataframe.expr import (
    Assign,
    Divisions,
    Filter,
    FrameExpr,
    Partitions,
    Partwise,
    Projection,
    Source,
)
from treadle.dataframe.frame import FrameCollection
from treadle.dataframe.reducing.tree import reduced
from treadle.dataframe.shuffle.expr import ByDivisions, ByLearned, Shuffle
from treadle.dataframe.shuffle.key_sketch import (
    KeySketch,
    divisions_of,
    sketch_keys,
    sorted_divisions,
)
from treadle.dataframe.shuffle.sorting import Renumbered, SetIndex, Sorted, sorted_labels
from treadle.graph.expr import Expr, simplify, walk
from treadle.utils.sizeof import sizeof

#: The column that holds a key which is none of the frame's own.
KEY = "__treadle_key__"

#: Values that stand for the keys of a partition.
SKETCHED = 1024


# -- what is known of keys -------------------------------------------------------------------------


class Sketch:
    """Sketches the keys of a partition: a column, or the index; with the bytes of the partition."""

    __slots__ = ("by", "size", "weigh")
    __name__ = "sketch"

    def __init__(self, by: list[Any] | None, size: int, weigh: bool = False):
        self.by = by
        self.size = size
        self.weigh = weigh

    def __call__(self, part: Any) -> list[tuple[KeySketch, int]]:
        keys = part.index if self.by is None else part[self.by[0]]
        return [(sketch_keys(keys, self.size), sizeof(part) if self.weigh else 0)]

    def __treadle_tokenize__(self) -> Any:
        return "Sketch", self.by, self.size, self.weigh

    def __reduce__(self) -> tuple[Any, ...]:
        return Sketch, (self.by, self.size, self.weigh)


def in_one_list(lists: Sequence[list[Any]]) -> list[Any]:
    """Return the items of all lists."""
    return [item for items in lists for item in items]


def sketched(
    frame: FrameExpr, by: list[Any] | None, upsample: float = 1.0, weigh: bool = False
) -> tuple[list[KeySketch], int]:
    """Compute sketches of the keys of all partitions, and the bytes of all together if asked."""
    sketch = Sketch(by, max(int(SKETCHED * upsample), 16), weigh)
    reads = None if weigh or frame.columns is None else [by or []]
    found = reduced(
        "sketch", new_collection(frame), sketch, in_one_list, meta=0, reads=reads
    ).compute()
    return [one for one, _ in found], sum(nbytes for _, nbytes in found)


def lengths_of(part: Any) -> list[int]:
    """Return the number of rows, in a list."""
    return [len(part)]


def numbered(frame: FrameExpr) -> FrameExpr:
    """Return a frame labelled by the numbers of its rows."""
    lengths = reduced(
        "lengths", new_collection(frame), lengths_of, in_one_list, meta=0,
        reads=[[]] if frame.columns is not None else None,
    )  # fmt: skip
    return Renumbered(frame, lengths.expr)


# -- set_index -------------------------------------------------------------------------------------


def set_index(
    df: FrameCollection,
    other: Any,
    *,
    drop: bool,
    sorted: bool,
    npartitions: int | str | None,
    divisions: Sequence[Any] | None,
    sort: bool,
    upsample: float,
    partition_size: float,
) -> FrameExpr:
    """Return a frame with another index."""
    frame, key, label = _with_key(df.expr, other)
    if label is not None:
        drop = True
    if not sort:
        unknown = (None,) * (frame.npartitions + 1)
        return SetIndex(frame, key, unknown, drop=drop, label=label, ordered=False)
    if divisions is not None:
        borders = _checked_divisions(divisions)
        if sorted:
            if len(borders) != frame.npartitions + 1:
                raise ValueError(
                    f"{len(borders)} divisions are for {len(borders) - 1} partitions, and there "
                    f"are {frame.npartitions}; with sorted=True rows stay where they are"
                )
        else:
            frame = Shuffle(frame, ByDivisions(key, borders))
        return SetIndex(frame, key, borders, drop=drop, label=label, checked=True)
    if npartitions == "auto" and sorted:
        npartitions = None
    sketches, nbytes = sketched(frame, [key], upsample, weigh=npartitions == "auto")
    if npartitions == "auto":
        npartitions = min(max(round(nbytes / partition_size), 1), frame.npartitions)
    count = _checked_count(npartitions, frame)
    found = sorted_divisions(sketches)
    if found is not None and (sorted or count == frame.npartitions):
        ends, kept = found
        if len(kept) < frame.npartitions:
            frame = Partitions(frame, kept)
        known = _known(ends, sketches, frame.meta[key])
        return SetIndex(frame, key, known, drop=drop, label=label, ordered=False)
    if sorted:
        ends = _touching(sketches, key if label is None else label[0])
    else:
        ends = divisions_of(sketches, count)
    if len(ends) > 2:
        frame = Shuffle(frame, ByDivisions(key, ends))
    else:
        frame = _in_one(frame)
    return SetIndex(frame, key, _known(ends, sketches, frame.meta[key]), drop=drop, label=label)


def _with_key(frame: FrameExpr, other: Any) -> tuple[FrameExpr, Any, tuple[Any] | None]:
    """Return a frame, the label of a key in it, and, if it was added, the name the key had."""
    if isinstance(other, list):
        if len(other) != 1:
            raise NotImplementedError(
                f"an index of several columns, {other!r}, has no divisions here; set one of them "
                "as the index, or put them together in one column first"
            )
        (other,) = other
    if isinstance(other, FrameCollection):
        if not isinstance(other._meta, pd.Series):
            raise NotImplementedError(
                f"set_index takes a column or a Series, not a {type(other).__name__}; turn it "
                "into a Series of the frame's rows first"
            )
        frame, series = aligned([frame, other.expr])
        return Assign(frame, [(KEY, series)]), KEY, (other._meta.name,)
    if isinstance(other, pd.Series | pd.Index):
        raise TypeError(
            f"set_index takes a column or a Series in partitions, not {type(other).__name__} of "
            "pandas; assign it to the frame first"
        )
    _check_columns(frame, [other])
    return frame, other, None


def _check_columns(frame: FrameExpr, labels: Sequence[Any]) -> None:
    columns = frame.meta.columns
    for label in labels:
        try:
            count = int((columns == label).sum()) if label in columns else 0
        except TypeError as error:
            raise TypeError(f"{label!r} is no label of a column") from error
        if not count:
            raise KeyError(f"{label!r} is no column; there are {', '.join(map(repr, columns))}")
        if count > 1:
            raise ValueError(f"{count} columns are named {label!r}; rename them first")


def _checked_divisions(divisions: Sequence[Any]) -> Divisions:
    borders = tuple(divisions)
    if len(borders) < 2:
        raise ValueError(f"divisions need two labels or more, not {borders!r}")
    if any(pd.isna(label) for label in borders):
        raise ValueError(f"divisions may not be missing: {borders!r}")
    pairs = list(pairwise(borders))
    if any(a >= b for a, b in pairs[:-1]) or pairs[-1][0] > pairs[-1][1]:
        raise ValueError(f"divisions have to increase, and no two may be equal: {borders!r}")
    return borders


def _checked_count(npartitions: Any, frame: FrameExpr) -> int:
    if npartitions is None:
        return frame.npartitions
    if isinstance(npartitions, bool) or not isinstance(npartitions, int) or npartitions < 1:
        raise ValueError(f"npartitions must be 1 or more, not {npartitions!r}")
    return npartitions


def _known(ends: Sequence[Any], sketches: Sequence[KeySketch], keys: Any) -> Divisions:
    """Divisions of an index, if labels have the order of their values and all have a place."""
    if not ends:
        return (None, None)
    if isinstance(keys.dtype, pd.CategoricalDtype) or any(one.missing for one in sketches):
        return (None,) * len(ends)
    return tuple(ends)


def _touching(sketches: Sequence[KeySketch], name: Any) -> list[Any]:
    """Divisions of sorted partitions of which each may begin with the last key of that before."""
    filled = [(n, one) for n, one in enumerate(sketches) if len(one.sample)]
    for n, one in filled:
        if not one.is_sorted:
            raise ValueError(
                f"partition {n} is not sorted by {name!r}, though sorted=True says so; leave "
                "sorted=True out"
            )
    for (_, before), (n, one) in pairwise(filled):
        if one.lowest < before.highest:
            raise ValueError(
                f"partition {n} begins with {one.lowest!r}, below {before.highest!r} at the end "
                f"of the one before, so {name!r} is not sorted; leave sorted=True out"
            )
    if not filled:
        return []
    lowest = dict.fromkeys(one.lowest for _, one in filled)
    return [*lowest, filled[-1][1].highest]


def _in_one(frame: FrameExpr) -> FrameExpr:
    """All rows in one partition."""
    return frame if frame.npartitions == 1 else Shuffle(frame, ByDivisions(None, [None, None]))


# -- sort_values, sort_index -----------------------------------------------------------------------


def sort_values(
    frame: FrameExpr,
    by: Any,
    *,
    npartitions: int | None,
    ascending: bool | Sequence[bool],
    na_position: str,
    upsample: float,
    sort_function: Callable[..., Any] | None,
    sort_function_kwargs: dict[str, Any] | None,
) -> FrameExpr:
    """Return a frame with its rows sorted by columns."""
    labels = list(by) if isinstance(by, list | tuple) and by not in _labels(frame) else [by]
    if not labels:
        raise ValueError("there is no column to sort by; give one label or more")
    _check_columns(frame, labels)
    if isinstance(ascending, list | tuple):
        rising = [_checked_bool(value) for value in ascending]
        if len(rising) != len(labels):
            raise ValueError(
                f"{len(rising)} values of ascending are given for {len(labels)} columns"
            )
    else:
        rising = [_checked_bool(ascending)] * len(labels)
    if na_position not in ("first", "last"):
        raise ValueError(f"na_position is {na_position!r}; use 'first' or 'last'")
    count = _checked_count(npartitions, frame)
    if frame.npartitions > 1 or count > 1:
        learned = divisions_later(frame, labels[0], count, upsample)
        split = ByLearned(labels[0], count, learned, rising[0], na_position)
        frame = Shuffle(frame, split, learned=learned)
    return Sorted(frame, labels, rising, na_position, sort_function, sort_function_kwargs)


def divisions_later(frame: FrameExpr, by: Any, count: int, upsample: float) -> FrameExpr:
    """Return the scalar of divisions that cut the rows of a frame evenly by a column."""
    sketch = Sketch([by], max(int(SKETCHED * upsample), 16))
    keys = Projection(frame, [by])
    if all(map(_is_quick, walk([keys]))):
        # The keys are read by themselves: or all columns of all partitions would have to be
        # kept until the divisions are known.
        (keys,) = simplify([keys])  # type: ignore[assignment]
    found = reduced("divisions", new_collection(keys), sketch, Divided(count), in_one_list, meta=0)
    expr: FrameExpr = found.expr
    return expr


def _is_quick(expr: Expr) -> bool:
    """Tell whether making partitions a second time is quicker than keeping them all."""
    if isinstance(expr, Partwise):
        return expr.rowwise
    return isinstance(expr, Source | Projection | Filter | Assign)


class Divided:
    """Makes divisions of lists of sketches."""

    __slots__ = ("count",)
    __name__ = "divisions"

    def __init__(self, count: int):
        self.count = count

    def __call__(self, lists: Sequence[list[Any]]) -> list[Any]:
        return divisions_of([one for one, _ in in_one_list(lists)], self.count)

    def __treadle_tokenize__(self) -> Any:
        return "Divided", self.count

    def __reduce__(self) -> tuple[Any, ...]:
        return Divided, (self.count,)


def _labels(frame: FrameExpr) -> list[Any]:
    return list(frame.meta.columns)


def _checked_bool(value: Any) -> bool:
    if value not in (True, False):
        raise ValueError(f"ascending takes True or False, not {value!r}")
    return bool(value)


def by_first_key(
    frame: FrameExpr,
    by: list[Any] | None,
    ascending: bool,
    na_position: str,
    npartitions: int | None,
    upsample: float = 1.0,
) -> tuple[FrameExpr, Divisions | None]:
    """Return a frame whose partitions, not the rows in them, are in the order of a key.

    Returns
    -------
    (FrameExpr, tuple or None)
        The frame, and the keys between partitions, if they are known and rise.
    """
    if na_position not in ("first", "last"):
        raise ValueError(f"na_position is {na_position!r}; use 'first' or 'last'")
    count = _checked_count(npartitions, frame)
    if frame.npartitions == 1 and count == 1:
        return frame, None
    sketches, _ = sketched(frame, by, upsample)
    keys = frame.meta.index if by is None else frame.meta[by[0]]
    found = sorted_divisions(sketches)
    if found is not None and count == frame.npartitions:
        ends, kept = found
        kept = kept if ascending else kept[::-1]
        if kept != list(range(count)):
            frame = Partitions(frame, kept)
    else:
        ends = divisions_of(sketches, count)
        if len(ends) <= 2:
            frame = _in_one(frame)
        else:
            key = None if by is None else by[0]
            frame = Shuffle(frame, ByDivisions(key, ends, ascending, na_position))
    return frame, _known(ends, sketches, keys) if ascending else None


def sort_index(
    frame: FrameExpr, *, ascending: bool, na_position: str, npartitions: int | None
) -> FrameExpr:
    """Return a frame or series sorted by its index."""
    ascending = _checked_bool(ascending)
    if isinstance(frame.meta.index, pd.MultiIndex):
        raise NotImplementedError(
            "rows can't be sorted by an index of several levels; reset_index(), and sort_values() "
            "by its columns"
        )
    if frame.known_divisions and _checked_count(npartitions, frame) == frame.npartitions:
        if na_position not in ("first", "last"):
            raise ValueError(f"na_position is {na_position!r}; use 'first' or 'last'")
        divisions = frame.divisions if ascending else None
        if not ascending and frame.npartitions > 1:
            frame = Partitions(frame, range(frame.npartitions)[::-1])
    else:
        frame, divisions = by_first_key(frame, None, ascending, na_position, npartitions)
    found = partwise(
        "sort_index", sorted_labels, new_collection(frame), ascending, na_position,
        meta=frame.meta, divisions=divisions, rowwise=False, columnwise=True, layout="",
    )  # fmt: skip
    result: FrameExpr = found.expr
    return result.replace(layout=result.name)

"""Rows of equal keys into one partition: ``shuffle``."""

from __future__ import annotations

from typing import Any

import pandas as pd

from treadle.dataframe.build import aligned, new_collection, partwise
from treadle.dataframe.expr import Assign, FrameExpr, Projection
from treadle.dataframe.frame import FrameCollection
from treadle.dataframe.shuffle.expr import ByHash, Shuffle
from treadle.dataframe.shuffle.ordering import KEY
from treadle.dataframe.shuffle.reuse import partitioning
from treadle.dataframe.shuffle.sorting import only

#: What Dask calls ways to shuffle. There is one here: by tasks, with a disk behind their memory.
METHODS = (None, "tasks", "disk", "p2p")


def check_method(shuffle_method: Any) -> None:
    """Refuse a way to shuffle that nobody knows."""
    if shuffle_method not in METHODS:
        raise ValueError(
            f"there is no shuffle_method {shuffle_method!r}; leave it out: rows move by tasks, "
            "and lie on disk meanwhile if memory is short"
        )


def shuffled(
    frame: FrameExpr,
    on: Any,
    *,
    on_index: bool,
    npartitions: int | None,
    ignore_index: bool,
    force: bool,
) -> FrameExpr:
    """Return a frame whose rows of equal keys are in one partition."""
    if (on is None) != on_index:
        raise TypeError("say what rows are to go together by: either on= or on_index=True")
    count = frame.npartitions if npartitions is None else npartitions
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise ValueError(f"npartitions must be 1 or more, not {npartitions!r}")
    columns = frame.meta.columns
    keyed, by = _keyed(frame, on)
    split = ByHash(by, count)
    if force or partitioning(keyed) != split:
        moved = only(Shuffle(keyed, split), columns)
    else:
        moved = frame
    return without_labels(moved) if ignore_index else moved


def _keyed(frame: FrameExpr, on: Any) -> tuple[FrameExpr, list[Any] | None]:
    """Return a frame with the keys in it, and their labels."""
    if on is None:
        return frame, None
    if isinstance(on, FrameCollection):
        frame, keys = aligned([frame, on.expr])
        if isinstance(on._meta, pd.DataFrame):
            labels = [f"{KEY}{n}" for n in range(len(on._meta.columns))]
            series: list[Any] = [Projection(keys, label) for label in on._meta.columns]
        else:
            labels, series = [KEY], [keys]
        return Assign(frame, list(zip(labels, series, strict=True))), labels
    by = list(on) if isinstance(on, list) else [on]
    known = [*frame.meta.columns, *filter(None, frame.meta.index.names)]
    for label in by:
        if label not in known:
            raise KeyError(
                f"{label!r} is neither a column nor a level of the index; there are "
                f"{', '.join(map(repr, known))}"
            )
    if not by:
        raise ValueError("there is no column to shuffle by; give one label or more")
    return frame, by


def without_labels(frame: FrameExpr) -> FrameExpr:
    """Return a frame whose partitions are numbered each from 0."""
    found = partwise(
        "ignore_index", reset_labels, new_collection(frame),
        divisions=None, rowwise=True, columnwise=True, layout=f"{frame.layout}, unlabelled",
    )  # fmt: skip
    result: FrameExpr = found.expr
    return result


def reset_labels(part: Any) -> Any:
    """Return a partition labelled by the numbers of its rows."""
    return part.reset_index(drop=True)


#: The column that holds the values of a series while they move.
VALUES = "__treadle_values__"


def as_frame(series: FrameExpr) -> FrameExpr:
    """Return a series as a frame of one column."""
    found = partwise("to_frame", framed, new_collection(series), rowwise=True)
    result: FrameExpr = found.expr
    return result


def framed(part: Any) -> Any:
    """Return a series as a frame of one column."""
    return part.to_frame(name=VALUES)


def as_series(frame: FrameExpr, name: Any) -> FrameExpr:
    """Return the values of `as_frame` as a series again."""
    found = partwise("to_series", unframed, new_collection(frame), name, rowwise=True)
    result: FrameExpr = found.expr
    return result


def unframed(part: Any, name: Any) -> Any:
    """Return the one column of a frame."""
    return part[VALUES].rename(name)

"""Which partitions may have a label, where divisions are known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.expr import Divisions


def borders_of(index: pd.Index[Any], divisions: Sequence[Any]) -> pd.Index[Any]:
    """Return labels between partitions as an index like that of the frame."""
    found: pd.Index[Any] = pd.Index(list(divisions))
    if found.dtype != index.dtype:
        found = found.astype(index.dtype)
    return found


def partitions_between(
    index: pd.Index[Any], divisions: Divisions, start: Any, stop: Any
) -> tuple[int, int]:
    """Return the first and the last partition that may have labels from ``start`` to ``stop``.

    There is always one, if only to say that there are no such rows.

    Parameters
    ----------
    index : Index
        That of the meta.
    divisions : tuple
        Known ones.
    start, stop : label or None
        Texts may stand for times.

    Examples
    --------
    >>> partitions_between(pd.Index([0]), (0, 10, 20, 30), 10, 19)
    (1, 1)
    >>> days = pd.date_range("2020-01-01", periods=4)
    >>> partitions_between(days, tuple(days), "2020-01-02", "2020-01-02 12:00")
    (1, 1)
    """
    if isinstance(index, pd.CategoricalIndex):
        return 0, len(divisions) - 2  # the order is that of categories, which metas may not know
    borders = borders_of(index, divisions)
    most = len(divisions) - 2
    first, last = 0, most
    if start is not None:
        # The first border that is not below; labels before it are in the partition before.
        place = int(borders.get_slice_bound(start, "left"))
        exact = place <= most and _is_label(borders[place], start)
        first = place if exact else place - 1
    if stop is not None:
        last = int(borders.get_slice_bound(stop, "right")) - 1
    first = min(max(first, 0), most)
    return first, min(max(last, first), most)


def _is_label(border: Any, label: Any) -> bool:
    """Tell whether a label is a border; of a text for a time, that is where it begins."""
    if isinstance(label, str) and isinstance(border, pd.Timestamp):
        label = pd.Timestamp(label)
        if label.tz is None and border.tz is not None:
            label = label.tz_localize(border.tz)
    try:
        return bool(border == label)
    except TypeError:
        return False


def partitions_of(index: pd.Index[Any], divisions: Divisions, labels: list[Any]) -> list[int]:
    """Return for each label the partition that has it, if any has.

    Raises
    ------
    KeyError
        If labels lie outside all partitions.
    """
    borders = borders_of(index, divisions)
    wanted: pd.Index[Any] = pd.Index(labels)
    if isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex):
        wanted = wanted.astype(index.dtype)
    try:
        outside = np.asarray((wanted < borders[0]) | (wanted > borders[-1]))
        places = np.asarray(borders[:-1].searchsorted(wanted, side="right")) - 1
    except TypeError as error:
        raise KeyError(f"none of {labels!r} is a label of an index of {index.dtype}") from error
    if outside.any():
        missing = [label for label, out in zip(labels, outside, strict=True) if out]
        raise KeyError(f"{missing!r} not in index")
    return [int(n) for n in places]

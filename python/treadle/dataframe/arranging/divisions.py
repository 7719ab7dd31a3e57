"""Frames cut at other labels."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pandas as pd

from treadle.dataframe.arranging.regroup import Between, Piece, Regroup
from treadle.dataframe.expr import Divisions, FrameExpr


def with_equal_divisions(frames: Sequence[FrameExpr]) -> list[Any]:
    """Return frames with the divisions of all of them, so that partitions correspond.

    Raises
    ------
    ValueError
        If the labels of the frames can't be compared.
    """
    every = {label: None for frame in frames for label in frame.divisions or ()}
    try:
        together = _with_end(sorted(every))
    except TypeError as error:
        kinds = sorted({type(label).__name__ for label in every})
        raise ValueError(
            f"labels of {', '.join(kinds)} have no common order, so frames can't be cut at them"
        ) from error
    return [cut_at(frame, together, force=True) for frame in frames]


def _with_end(labels: list[Any]) -> Divisions:
    """Return divisions of these labels; of one partition if there is only one label."""
    return tuple(labels) if len(labels) > 1 else (labels[0], labels[0])


def cut_at(frame: FrameExpr, divisions: Sequence[Any], *, force: bool = False) -> FrameExpr:
    """Return a frame with other divisions.

    Parameters
    ----------
    frame : FrameExpr
        With known divisions.
    divisions : sequence
        In ascending order; only the last two may be equal.
    force : bool
        They may begin earlier and end later than those there are.

    Raises
    ------
    ValueError
        If divisions are not in order, or don't hold all that there is.
    """
    new: Divisions = tuple(divisions)
    old = frame.divisions
    assert old is not None
    check_divisions(new)
    if new == old:
        return frame
    outside = new[0] > old[0] or new[-1] < old[-1]
    if outside or not (force or (new[0] == old[0] and new[-1] == old[-1])):
        raise ValueError(
            f"the frame has labels from {old[0]!r} to {old[-1]!r}, and the new divisions go from "
            f"{new[0]!r} to {new[-1]!r}; "
            + ("they have to hold all labels" if outside else "force=True allows wider ones")
        )
    return Regroup(frame, _groups(old, new), new)


def check_divisions(divisions: Divisions) -> None:
    """Raise ValueError unless divisions are at least two, in ascending order.

    >>> check_divisions((1, 3, 2))
    Traceback (most recent call last):
    ...
    ValueError: divisions have to be in ascending order, but 3 comes before 2
    """
    if len(divisions) < 2:
        raise ValueError(f"divisions are at least two labels, not {divisions!r}")
    for number, (low, high) in enumerate(pairwise(divisions)):
        if pd.isna(low) or pd.isna(high):
            raise ValueError(f"divisions can't be missing values: {divisions!r}")
        if low > high or (low == high and number < len(divisions) - 2):
            raise ValueError(
                f"divisions have to be in ascending order, but {low!r} comes before {high!r}"
            )


def _groups(old: Divisions, new: Divisions) -> list[list[Piece]]:
    """Return the pieces of old partitions that make each new one; two fingers, one walk."""
    groups: list[list[Piece]] = []
    n, last_old, last_new = 0, len(old) - 2, len(new) - 2
    for number, (low, high) in enumerate(pairwise(new)):
        closed = number == last_new
        while n < last_old and old[n + 1] <= low:
            n += 1
        group: list[Piece] = []
        at = n
        while at <= last_old and (not group or old[at] < high or (closed and old[at] <= high)):
            group.append((at, _cut(old, at, low, high, closed)))
            at += 1
        groups.append(group)
    return groups


def _cut(old: Divisions, n: int, low: Any, high: Any, closed: bool) -> Between | None:
    """Return what cuts partition ``n``; None if all of it lies between ``low`` and ``high``."""
    ends_with = n == len(old) - 2  # its last label may be the border itself
    below = low if low > old[n] else None
    inside = old[n + 1] <= high if (closed or not ends_with) else old[n + 1] < high
    if below is None and inside:
        return None
    return Between(below, None if inside else high, closed)

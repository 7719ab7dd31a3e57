"""The tasks that move rows: cutting partitions, taking pieces, putting these together. ::

    partition 0 --cut--> [piece, piece, piece] --+--together--> partition 0
    partition 1 --cut--> [piece, piece, piece] --+--together--> partition 1
                                                 +--together--> partition 2

A cut makes all pieces of a partition in one go. Pieces have keys of their own, so that each
travels alone; and an engine that lost some makes again only the cuts they came from.

Of n partitions to m there are n * m pieces, and each costs some time however few rows it has. With
many of them rows move twice: first to the group of targets where they belong, together with those
of neighbouring partitions, then to the target within. That makes about 2 * n * sqrt(m) pieces. ::

    512 partitions to 512:   262,144 pieces, or 512 * 23 + 23 * 512 = 23,552 in two steps
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, sqrt
from operator import getitem
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.shuffle.pieces import concat_parts, split_by_numbers
from treadle.dataframe.shuffle.pool import POOL, Piece, Pieces, Room
from treadle.graph.blockwise import Axis, Blockwise, Operand, Values
from treadle.graph.expr import Expr
from treadle.graph.gather import Gather
from treadle.graph.layer import Inputs
from treadle.graph.naming import key_prefix

#: With more pieces than this, rows move in two steps.
MANY_PIECES = 4096

#: Pieces of fewer rows than this, on average, share their memory: it would not be worth freeing.
FEW_ROWS = 200


def moved(
    name: str, frame: Operand, split: Any, *, learned: Operand | None = None, **options: Any
) -> Gather:
    """Return the grid of partitions to which a split sends the rows of a frame.

    Parameters
    ----------
    name : str
    frame : Operand
        A grid of one dimension.
    split : Split
    learned : Operand, optional
        A value that the split is completed by.
    **options
        Of every node: where it was written, wishes for the scheduler.
    """
    assert isinstance(frame.of, Expr)
    (count,) = frame.of.numblocks
    targets = split.npartitions
    if targets == 1:
        return _together(name, frame.of, [range(count)], **options)
    cutting = _Cutting(name, split, learned, Room.configured(), options)
    if count * targets <= MANY_PIECES:
        cuts = cutting.cuts("cut", frame, count)
        pieces = cutting.pieces("piece", cuts, count, targets)
        rows = [range(n, count * targets, targets) for n in range(targets)]
        return _together(name, pieces, rows, **options)
    return _in_two_steps(name, frame, cutting, **options)


def _in_two_steps(name: str, frame: Operand, cutting: _Cutting, **options: Any) -> Gather:
    (count,) = frame.of.numblocks
    targets = cutting.split.npartitions
    width = ceil(sqrt(targets))  # targets of a group
    groups = ceil(targets / width)
    bunch = ceil(count / ceil(sqrt(count)))  # partitions whose rows go on together
    bunches = ceil(count / bunch)

    cuts = cutting.cuts("cut", frame, count, width=width)
    pieces = cutting.pieces("piece", cuts, count, groups)
    rows = [
        range(first * groups + group, min(first + bunch, count) * groups, groups)
        for first in range(0, count, bunch)
        for group in range(groups)
    ]
    prefix, token = key_prefix(name), name.rpartition("-")[2]
    halfway = _together(f"{prefix}-halfway-{token}", pieces, rows, (bunches, groups), **options)

    finer = cutting.cuts(
        "cut-finer", Operand(halfway, (Axis(0), Axis(1))), bunches, width=width, groups=groups
    )
    group_of = tuple(n // width for n in range(targets))
    last = cutting.pieces("piece-finer", finer, bunches, targets, width=width, group_of=group_of)
    rows = [range(n, bunches * targets, targets) for n in range(targets)]
    return _together(name, last, rows, **options)


class _Cutting:
    """Makes the grids of cuts and of pieces of one shuffle."""

    def __init__(
        self, name: str, split: Any, learned: Operand | None, room: Room, options: dict[str, Any]
    ):
        self.learned = [] if learned is None else [learned]
        self.prefix, self.token = key_prefix(name), name.rpartition("-")[2]
        self.split = split
        self.room = room
        self.options = options

    def cuts(
        self, label: str, frame: Operand, count: int, *, width: int = 1, groups: int | None = None
    ) -> Blockwise:
        name = f"{self.prefix}-{label}-{self.token}"
        cut = Cut(self.split, self.room, width, finer=groups is not None)
        if groups is None:
            args = [frame, 0, *self.learned] if self.learned else [frame]
            return Blockwise.call(name, (count,), cut, args, **self.options)
        numbers = Operand(Values((groups,), list(range(groups))), (Axis(1),))
        args = [frame, numbers, *self.learned]
        return Blockwise.call(name, (count, groups), cut, args, **self.options)

    def pieces(
        self, label: str, cuts: Expr, count: int, targets: int, *,
        width: int | None = None, group_of: tuple[int, ...] = (),
    ) -> Blockwise:  # fmt: skip
        name = f"{self.prefix}-{label}-{self.token}"
        axes = (Axis(0),) if width is None else (Axis(0), Axis(1, group_of))
        places = [n % (width or targets) for n in range(targets)]
        numbers = Operand(Values((targets,), places), (Axis(1),))
        return Blockwise.call(
            name, (count, targets), getitem, [Operand(cuts, axes), numbers], **self.options
        )


def _together(
    name: str,
    of: Expr,
    rows: Sequence[range],
    numblocks: tuple[int, ...] | None = None,
    **options: Any,
) -> Gather:
    """Return the grid of partitions put together; number ``n`` of the blocks ``rows[n]``."""

    def inputs() -> Inputs:
        blocks = np.concatenate([np.asarray(row, np.int64) for row in rows])
        borders = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
        return Inputs([of.name], borders, np.zeros_like(blocks), blocks)

    return Gather(name, numblocks or (len(rows),), (of,), together, inputs, **options)


class Cut:
    """Cuts a partition into pieces.

    Parameters
    ----------
    split : Split
    room : Room
    width : int
        Targets of a group, if a piece is what belongs to a group of targets.
    finer : bool
        Cuts what belongs to one group into pieces for each of its targets.
    """

    __slots__ = ("finer", "room", "split", "width")
    __name__ = "cut"

    def __init__(self, split: Any, room: Room, width: int = 1, finer: bool = False):
        self.split = split
        self.room = room
        self.width = width
        self.finer = finer

    def __call__(self, part: Any, group: int = 0, *learned: Any) -> Pieces:
        split = self.split.of(*learned) if learned else self.split
        numbers = split.numbers(part)
        if self.finer:
            numbers = numbers - numbers.dtype.type(group * self.width)
            count = self.width
        else:
            numbers = numbers // numbers.dtype.type(self.width) if self.width > 1 else numbers
            count = ceil(self.split.npartitions / self.width)
        # Pieces with memory of their own are freed one by one, as new partitions are made.
        own = len(part) >= count * FEW_ROWS
        return POOL.keep(split_by_numbers(part, numbers, count, own=own), self.room)

    def __reduce__(self) -> tuple[Any, ...]:
        return Cut, (self.split, self.room, self.width, self.finer)


def together(*parts: Any) -> Any:
    """Return pieces, or whole partitions, as one partition."""
    frames = [part.load() if isinstance(part, Piece) else part for part in parts]
    if isinstance(frames[0], pd.Series):
        found: Any = concat_parts([frame.to_frame(name=0) for frame in frames])[0]
        found.name = frames[0].name
        return found
    return concat_parts(frames)

"""Rows to other partitions: methods."""

from __future__ import annotations

from treadle.dataframe.frame import FrameCollection


class ShufflingFrame(FrameCollection):
    """Methods of frames and series."""

    __slots__ = ()


class ShufflingDataFrame(FrameCollection):
    """Methods of frames."""

    __slots__ = ()


class ShufflingSeries(FrameCollection):
    """Methods of series."""

    __slots__ = ()

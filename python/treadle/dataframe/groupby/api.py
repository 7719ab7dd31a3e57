"""``groupby`` of frames and series."""

from __future__ import annotations

from treadle.dataframe.frame import FrameCollection


class GroupingFrame(FrameCollection):
    """Methods of frames and series."""

    __slots__ = ()


class GroupingDataFrame(FrameCollection):
    """Methods of frames."""

    __slots__ = ()


class GroupingSeries(FrameCollection):
    """Methods of series."""

    __slots__ = ()

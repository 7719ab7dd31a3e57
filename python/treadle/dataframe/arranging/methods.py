"""Partitions and the order of rows: methods."""

from __future__ import annotations

from treadle.dataframe.frame import FrameCollection


class ArrangingFrame(FrameCollection):
    """Methods of frames and series."""

    __slots__ = ()


class ArrangingDataFrame(FrameCollection):
    """Methods of frames."""

    __slots__ = ()


class ArrangingSeries(FrameCollection):
    """Methods of series."""

    __slots__ = ()

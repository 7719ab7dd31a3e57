"""Reductions: methods."""

from __future__ import annotations

from treadle.dataframe.frame import FrameCollection
from treadle.dataframe.reducing.statistics import Statistics


class ReducingFrame(Statistics):
    """Methods of frames and series."""

    __slots__ = ()


class ReducingDataFrame(FrameCollection):
    """Methods of frames."""

    __slots__ = ()


class ReducingSeries(FrameCollection):
    """Methods of series."""

    __slots__ = ()


class ReducingIndex(FrameCollection):
    """Methods of indexes."""

    __slots__ = ()

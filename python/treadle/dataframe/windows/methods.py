"""Rows and those around them: methods."""

from __future__ import annotations

from treadle.dataframe.frame import FrameCollection


class WindowFrame(FrameCollection):
    """Methods of frames and series."""

    __slots__ = ()


class WindowSeries(FrameCollection):
    """Methods of series."""

    __slots__ = ()


class WindowIndex(FrameCollection):
    """Methods of indexes."""

    __slots__ = ()

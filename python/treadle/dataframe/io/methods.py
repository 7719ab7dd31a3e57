"""Writing, and becoming another collection: methods."""

from __future__ import annotations

from treadle.dataframe.frame import FrameCollection


class OutputFrame(FrameCollection):
    """Methods of frames and series."""

    __slots__ = ()


class OutputDataFrame(FrameCollection):
    """Methods of frames."""

    __slots__ = ()


class OutputSeries(FrameCollection):
    """Methods of series."""

    __slots__ = ()

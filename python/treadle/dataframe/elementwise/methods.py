"""Row by row: methods."""

from __future__ import annotations

from treadle.dataframe.frame import FrameCollection


class ElementwiseFrame(FrameCollection):
    """Methods of frames and series."""

    __slots__ = ()


class ElementwiseDataFrame(FrameCollection):
    """Methods of frames."""

    __slots__ = ()


class ElementwiseSeries(FrameCollection):
    """Methods of series."""

    __slots__ = ()


class ElementwiseIndex(FrameCollection):
    """Methods of indexes."""

    __slots__ = ()

"""How frames show what they are: methods."""

from __future__ import annotations

from treadle.dataframe.frame import FrameCollection


class Showing(FrameCollection):
    """Methods of frames, series and indexes."""

    __slots__ = ()

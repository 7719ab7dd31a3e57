"""Merging and joining: methods."""

from __future__ import annotations

from treadle.dataframe.frame import FrameCollection


class JoiningDataFrame(FrameCollection):
    """Methods of frames."""

    __slots__ = ()


class JoiningSeries(FrameCollection):
    """Methods of series."""

    __slots__ = ()

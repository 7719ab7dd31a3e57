"""Frames cut at other labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from treadle.dataframe.expr import FrameExpr


def with_equal_divisions(frames: Sequence[FrameExpr]) -> list[Any]:
    """Return frames with the divisions of all of them, so that partitions correspond."""
    raise NotImplementedError

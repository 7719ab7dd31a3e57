"""Choosing rows and columns: methods."""

from __future__ import annotations

from typing import Any

import pandas as pd

from treadle.dataframe.build import aligned, attribute, new_collection
from treadle.dataframe.expr import Assign, Filter, Projection
from treadle.dataframe.frame import FrameCollection


class SelectingFrame(FrameCollection):
    """Methods of frames and series."""

    __slots__ = ()

    @property
    def index(self) -> Any:
        """The labels of the rows."""
        return attribute(self, "index", rowwise=True)


class SelectingDataFrame(FrameCollection):
    """Methods of frames."""

    __slots__ = ()

    @property
    def columns(self) -> pd.Index[Any]:
        """Labels of the columns."""
        found: pd.Index[Any] = self._meta.columns
        return found

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, FrameCollection):
            frame, predicate = aligned([self.expr, key.expr])
            return new_collection(Filter(frame, predicate))
        if isinstance(key, list | pd.Index):
            key = list(key)
        return new_collection(Projection(self.expr, key))

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("__") and name in self._meta.columns:
            return self[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def assign(self, **columns: Any) -> Any:
        """Return a frame with columns added or replaced."""
        found = self.expr
        for label, value in columns.items():
            value = value(new_collection(found)) if callable(value) else value
            value = value.expr if isinstance(value, FrameCollection) else value
            found = Assign(found, [(label, value)])
        return new_collection(found)


class SelectingSeries(FrameCollection):
    """Methods of series."""

    __slots__ = ()

    def __getitem__(self, key: Any) -> Any:
        frame, predicate = aligned([self.expr, key.expr])
        return new_collection(Filter(frame, predicate))


class SelectingIndex(FrameCollection):
    """Methods of indexes."""

    __slots__ = ()

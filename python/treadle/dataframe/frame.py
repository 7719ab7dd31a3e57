"""What data frames, series and indexes in partitions have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from treadle.collection import ExprCollection
from treadle.dataframe.build import new_collection
from treadle.dataframe.expr import FrameExpr, Held, Partitions
from treadle.dataframe.joined import joined_parts
from treadle.dataframe.mending import Mendable
from treadle.graph.spec import DataNode
from treadle.types import Key


class FrameCollection(Mendable, ExprCollection[FrameExpr]):
    """Partitions of a frame, a series or an index."""

    __slots__ = ()

    @property
    def _meta(self) -> Any:
        return self.expr.meta

    @property
    def npartitions(self) -> int:
        """Number of partitions."""
        return self.expr.npartitions

    @property
    def divisions(self) -> tuple[Any, ...]:
        """Labels of the index between partitions; all None where they are not known."""
        return self._expr.divisions or ()

    @property
    def known_divisions(self) -> bool:
        """Whether the labels between partitions are known."""
        return self.expr.known_divisions

    @property
    def ndim(self) -> int:
        """Dimensions: 2 of a frame, 1 of a series or an index."""
        found: int = self._meta.ndim
        return found

    def __treadle_postcompute__(self, results: list[Any]) -> Any:
        return joined_parts(results, self._meta)

    def __treadle_postpersist__(self, nodes: Mapping[Key, DataNode]) -> Any:
        expr = self._expr
        values = [nodes[expr.name, n].value for n in range(expr.npartitions)]
        return new_collection(
            Held(expr.name, expr.meta, expr.divisions, values, layout=expr.layout)
        )

    def __len__(self) -> int:
        from treadle.dataframe.reducing.tree import Length

        return int(new_collection(Length(self._expr)).compute())

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.asarray(self.compute(), dtype=dtype)

    def get_partition(self, n: int) -> Any:
        """Return partition ``n`` as a collection of one partition.

        Raises
        ------
        IndexError
            If there is no such partition.
        """
        if not -self.npartitions <= n < self.npartitions:
            raise IndexError(f"there is no partition {n}: there are {self.npartitions}")
        return new_collection(Partitions(self._expr, [n % self.npartitions]))

    @property
    def partitions(self) -> PartitionAccessor:
        """Partitions by number: ``df.partitions[0]``, ``df.partitions[2:5]``.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": range(6)}), npartitions=3)
        >>> df.partitions[1:].npartitions
        2
        """
        return PartitionAccessor(self)


class PartitionAccessor:
    """``df.partitions[...]``."""

    __slots__ = ("_frame",)

    def __init__(self, frame: FrameCollection):
        self._frame = frame

    def __getitem__(self, which: Any) -> Any:
        numbers = np.arange(self._frame.npartitions)
        try:
            chosen = np.atleast_1d(numbers[which])
        except IndexError as error:
            raise IndexError(
                f"there is no partition {which!r}: there are {len(numbers)}"
            ) from error
        return new_collection(Partitions(self._frame.expr, chosen.tolist()))

    def __iter__(self) -> Any:
        return (self[n] for n in range(self._frame.npartitions))

    def __len__(self) -> int:
        return self._frame.npartitions


def is_frame_like(value: Any) -> bool:
    """Tell whether a value is a frame, series or index of pandas."""
    return isinstance(value, pd.DataFrame | pd.Series | pd.Index)

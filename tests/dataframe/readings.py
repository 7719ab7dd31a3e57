"""A source that says what was asked of it, for tests of what optimising does."""

from __future__ import annotations

from typing import Any

import pandas as pd

from treadle.dataframe.build import emptied, new_collection
from treadle.dataframe.expr import FrameExpr, Source
from treadle.dataframe.reading import Reading
from treadle.graph.expr import simplify, walk


class Told(Reading):
    """Parts of a frame; remembers columns and filters."""

    def __init__(self, data: pd.DataFrame, npartitions: int = 3, filters: tuple[Any, ...] = ()):
        self.data = data
        self.filters = filters
        self.meta = emptied(data)
        self.parts = [data.iloc[n::npartitions] for n in range(npartitions)]
        self.divisions = (None,) * (npartitions + 1)

    def function(self) -> Any:
        return Chosen(self.filters, list(self.meta.columns))

    def project(self, columns: list[Any]) -> Reading:
        found = Told(self.data, len(self.parts), self.filters)
        found.meta = self.meta[columns]
        return found

    def select(self, filters: Any) -> Reading | None:
        if any(term[1] == "in" for terms in filters for term in terms):
            return None  # as if it could not
        found = Told(self.data, len(self.parts), (*self.filters, filters))
        found.meta = self.meta
        return found

    def describe(self) -> str:
        return f"told {list(self.meta.columns)}"


class Chosen:
    """Reads a part as it was told."""

    def __init__(self, filters: tuple[Any, ...], columns: list[Any]):
        self.filters = filters
        self.columns = columns

    def __call__(self, part: pd.DataFrame) -> pd.DataFrame:
        compare = {
            "<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne",
        }  # fmt: skip
        for lists in self.filters:
            wanted = pd.Series(False, part.index)
            for terms in lists:
                all_of = pd.Series(True, part.index)
                for label, op, value in terms:
                    all_of &= getattr(part[label], compare[op])(value)
                wanted |= all_of
            part = part[wanted]
        return part[self.columns]


def told(data: pd.DataFrame, npartitions: int = 3) -> Any:
    """Return a frame that is read by a `Told`."""
    return new_collection(Source("told-1", Told(data, npartitions)))


def sources(*collections: Any) -> list[Source]:
    """Return the sources that are read when collections are computed together."""
    roots = simplify([item.expr for item in collections])
    return [expr for expr in walk(roots) if isinstance(expr, Source)]


def columns_read(*collections: Any) -> list[list[Any]]:
    """Return the columns that each source reads."""
    return [list(source.reading.meta.columns) for source in sources(*collections)]


def filters_read(*collections: Any) -> list[Any]:
    """Return the filters that each source applies."""
    return [source.reading.filters for source in sources(*collections)]  # type: ignore[attr-defined]


def nodes(*collections: Any) -> list[FrameExpr]:
    """Return all optimised expressions of frames."""
    roots = simplify([item.expr for item in collections])
    return [expr for expr in walk(roots) if isinstance(expr, FrameExpr)]

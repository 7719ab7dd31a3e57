"""Keys of text that a source can read as categories: numbers are there already, no text is hashed.

A partial result has its keys as text again, so nothing after it knows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from treadle.dataframe.coded import coded_source, is_text
from treadle.dataframe.expr import FrameExpr, Source
from treadle.dataframe.groupby.kernels import AggPlan, Partial
from treadle.graph.expr import Users


@dataclass(frozen=True, eq=False)
class TextKeys:
    """A chunk of an aggregation whose keys of categories become text."""

    chunk: Callable[..., Partial]
    #: By the places of keys.
    dtypes: Mapping[int, Any]

    def __call__(self, part: Any, *beside: Any) -> Partial:
        found = self.chunk(part, *beside)
        return Partial(found.keys.astype(dict(self.dtypes)), found.values, found.tables)


def coded_keys(frame: Any, plan: AggPlan, users: Users) -> tuple[FrameExpr, TextKeys] | None:
    """Return a source that reads keys of text as categories, and the chunk for its partitions.

    None if nothing is gained, or if keys are values as well.
    """
    if not isinstance(frame, Source) or frame.meta.ndim != 2:
        return None
    values = {*plan.raw.values(), *plan.floats.values()}
    places = {
        place: label
        for place, label in enumerate(plan.grouping.by)
        if label in frame.meta.columns and is_text(frame, label) and label not in values
    }
    source = coded_source(frame, list(dict.fromkeys(places.values())), users)
    if source is None:
        return None
    dtypes = {place: frame.meta[label].dtype for place, label in places.items()}
    return source, TextKeys(plan.chunk, dtypes)

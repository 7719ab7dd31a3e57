"""Keys of text that a source can read as categories: numbers are there already, no text is hashed.

A partial result has its keys as text again, so nothing after it knows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from treadle.dataframe.expr import FrameExpr, Source
from treadle.dataframe.groupby.kernels import AggPlan, Partial
from treadle.graph.expr import Users
from treadle.graph.naming import key_prefix
from treadle.graph.tokenize import tokenize


@dataclass(frozen=True, eq=False)
class TextKeys:
    """A chunk of an aggregation whose keys of categories become text."""

    chunk: Callable[..., Partial]
    #: By the places of keys.
    dtypes: Mapping[int, Any]

    def __call__(self, part: Any, *beside: Any) -> Partial:
        found = self.chunk(part, *beside)
        return Partial(found.keys.astype(dict(self.dtypes)), found.values, found.tables)


def coded_source(frame: Any, plan: AggPlan, users: Users) -> tuple[FrameExpr, TextKeys] | None:
    """Return a source that reads keys of text as categories, and the chunk for its partitions.

    None if nothing is gained: it is no source that can, keys are no text, or are values as well;
    or others read the source too, and it would be read twice.
    """
    if not isinstance(frame, Source) or users.get(frame.name, 0) != 1 or frame.meta.ndim != 2:
        return None
    values = {*plan.raw.values(), *plan.floats.values()}
    places = {
        place: label
        for place, label in enumerate(plan.grouping.by)
        if label in frame.meta.columns
        and isinstance(frame.meta[label].dtype, pd.StringDtype)
        and label not in values
    }
    reading = frame.reading.categorise(list(dict.fromkeys(places.values()))) if places else None
    if reading is None:
        return None
    name = f"{key_prefix(frame.name)}-{tokenize(frame.name, 'categories', list(places.values()))}"
    source = Source(
        name, reading, layout=frame.layout, source=frame.source, annotations=frame.annotations
    )
    dtypes = {place: frame.meta[label].dtype for place, label in places.items()}
    return source, TextKeys(plan.chunk, dtypes)

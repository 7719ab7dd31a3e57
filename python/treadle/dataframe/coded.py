"""Text that a source can read as categories: files have codes of it, and no text is hashed."""

from __future__ import annotations

from typing import Any

import pandas as pd

from treadle.dataframe.expr import Source
from treadle.graph.expr import Users
from treadle.graph.naming import key_prefix
from treadle.graph.tokenize import tokenize


def is_text(source: Source, label: Any) -> bool:
    """Tell whether a column of a source holds text."""
    return isinstance(source.meta[label].dtype, pd.StringDtype)


def coded_source(source: Any, labels: list[Any], users: Users) -> Source | None:
    """Return a source that reads columns of text as categories.

    None if nothing is gained: it is no source that can, there are no such columns, or others read
    the source too, and it would be read twice.
    """
    if not isinstance(source, Source) or not labels or users.get(source.name, 0) != 1:
        return None
    reading = source.reading.categorise(labels)
    if reading is None:
        return None
    name = f"{key_prefix(source.name)}-{tokenize(source.name, 'categories', labels)}"
    return Source(
        name, reading, layout=source.layout, source=source.source, annotations=source.annotations
    )

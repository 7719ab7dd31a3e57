"""Names of series."""

from __future__ import annotations

from typing import Any

import pandas as pd

from treadle.dataframe.build import partwise
from treadle.dataframe.calls import Method
from treadle.dataframe.selecting.labels import renamed_meta


def with_name(series: Any, name: Any) -> Any:
    """Return a series under another name."""
    hash(name)
    return partwise("rename", Method("rename"), series, name, rowwise=True)


def rename(series: Any, index: Any, sorted_index: bool) -> Any:
    """Return a series under another name, or with other labels of rows."""
    if not callable(index) and not isinstance(index, dict | pd.Series):
        return with_name(series, index)
    divisions = None
    if sorted_index and series.known_divisions:
        borders = pd.Series(0, index=list(series.divisions)).rename(index)
        divisions = tuple(borders.index.tolist())
        if not borders.index.is_monotonic_increasing or not borders.index[:-1].is_unique:
            raise ValueError(f"new labels are not in order: divisions would be {divisions!r}")
    kwargs = {"index": index}
    return partwise(
        "rename", Method("rename"), series, meta=renamed_meta(series, index, kwargs),
        divisions=divisions, rowwise=True, kwargs=kwargs,
    )  # fmt: skip

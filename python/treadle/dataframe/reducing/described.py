"""``describe``: counts, means, spreads and quantiles of columns of numbers and times; of others
counts and the most frequent value.

>>> import pandas as pd
>>> import treadle.dataframe as dd
>>> x = dd.from_pandas(pd.Series([1.0, 2.0, 3.0, 4.0]), npartitions=2)
>>> describe(x).compute().tolist()
[4.0, 2.5, 1.2909944487358056, 1.0, 1.75, 2.5, 3.25, 4.0]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.build import emptied, new_collection, partwise
from treadle.dataframe.expr import Projection
from treadle.dataframe.reducing.chosen import example
from treadle.dataframe.reducing.counts import Mode
from treadle.dataframe.reducing.means import spread
from treadle.dataframe.reducing.quantiles import exact_quantile
from treadle.dataframe.reducing.tree import reduced


def is_measured(dtype: Any) -> bool:
    """Tell whether a column is described by mean and quantiles."""
    if pd.api.types.is_bool_dtype(dtype):
        return False
    return bool(pd.api.types.is_numeric_dtype(dtype)) or getattr(dtype, "kind", "O") in "mM"


@dataclass(frozen=True)
class Tops:
    """Steps of the description of columns that are not measured."""

    mode: Mode

    def aggregate(self, parts: list[list[pd.Series[Any]]]) -> pd.DataFrame:
        """Return the descriptions of columns, side by side."""
        found = [self._of(counts) for counts in self.mode.combine(parts)]
        return pd.concat(found, axis=1, ignore_index=True)

    def _of(self, counts: pd.Series[Any]) -> pd.Series[Any]:
        counts = counts[counts.index.notna()]
        counts = counts[counts > 0].sort_values(ascending=False, kind="stable")
        top: list[Any] = [counts.index[0], counts.iloc[0]] if len(counts) else [np.nan, np.nan]
        values = [counts.sum(), len(counts), *top]
        return pd.Series(values, index=["count", "unique", "top", "freq"], dtype=object)


@dataclass(frozen=True)
class Description:
    """Puts descriptions of columns together as pandas does."""

    meta: Any
    percents: tuple[str, ...]

    def __call__(self, *found: pd.DataFrame) -> Any:
        rest = list(found)
        kinds = [is_measured(dtype) for dtype in _dtypes(self.meta)]
        measured = (rest.pop(0), rest.pop(0)) if any(kinds) else None
        columns = []
        place = {True: 0, False: 0}
        for kind, dtype in zip(kinds, _dtypes(self.meta), strict=True):
            n = place[kind]
            place[kind] += 1
            if measured is not None and kind:
                moments, quantiles = (frame.iloc[:, n] for frame in measured)
                columns.append(self._measured(moments, quantiles, dtype))
            else:
                top = rest[0].iloc[:, n]
                # pandas lets the values tell the dtype, unless there are none.
                columns.append(top if top.isna().any() else pd.Series(list(top), index=top.index))
        if self.meta.ndim == 1:
            return columns[0].rename(self.meta.name)
        names = list(dict.fromkeys(x for one in sorted(columns, key=len) for x in one.index))
        frame = pd.concat(columns, axis=1, ignore_index=True, sort=False).reindex(names)
        return frame.set_axis(self.meta.columns, axis=1)

    def _measured(self, moments: Any, quantiles: Any, dtype: Any) -> Any:
        count = int(moments.loc["count"])
        rows = {"count": count, "mean": moments.loc["mean"], "std": moments.loc["std"]}
        if getattr(dtype, "kind", "O") == "M":
            del rows["std"]
        names = ["min", *self.percents, "max"]
        rows.update(zip(names, quantiles.tolist(), strict=True))
        return pd.Series(list(rows.values()), index=list(rows), dtype=_described_dtype(dtype))


def _dtypes(meta: Any) -> list[Any]:
    return [meta.dtype] if meta.ndim == 1 else list(meta.dtypes)


def _described_dtype(dtype: Any) -> Any:
    """Return the dtype of the description of a measured column; None if its values tell it."""
    if getattr(dtype, "kind", "O") in "mM":
        return None
    if isinstance(dtype, pd.ArrowDtype):
        import pyarrow as pa

        return pd.ArrowDtype(pa.float64())
    if isinstance(dtype, np.dtype):
        return np.dtype("f8") if dtype.kind in "iuf" else None
    return pd.Float64Dtype()


def describe(
    frame: Any,
    percentiles: Sequence[float] | None = None,
    include: Any = None,
    exclude: Any = None,
    split_every: int | bool | None = None,
) -> Any:
    """Return the collection of the description of columns; quantiles in it are exact."""
    meta = frame._meta
    if meta.ndim == 2:
        numbered = example(meta).set_axis(range(meta.shape[1]), axis=1)
        found = numbered.describe(percentiles=percentiles, include=include, exclude=exclude)
        places = list(found.columns)
        meta = meta.iloc[:, places]
        if not meta.columns.is_unique:
            raise NotImplementedError("describe() needs columns with labels of their own")
        frame = new_collection(Projection(frame.expr, list(meta.columns)))
        like = emptied(found).set_axis(meta.columns, axis=1)
    else:
        like = emptied(example(meta).describe(percentiles=percentiles))
    meta = emptied(meta)
    asked: Any = percentiles
    plain = pd.Series([0.0]).describe(percentiles=asked).index[4:-1]
    q = [0.25, 0.5, 0.75] if percentiles is None else sorted(set(percentiles))
    made: list[Any] = []
    measured = [is_measured(dtype) for dtype in _dtypes(meta)]
    if any(measured):
        part = _columns(frame, meta, measured)
        made.append(spread(part, ("count", "mean", "std"), split_every=split_every, as_rows=True))
        labels = ["min", *plain, "max"]
        made.append(exact_quantile(part, [0, *q, 1], labels=labels, split_every=split_every))
    if not all(measured):
        part = _columns(frame, meta, [not kind for kind in measured])
        mode = Mode(emptied(part._meta), True)
        shape: Any = pd.DataFrame(columns=range(measured.count(False)), dtype=object)
        made.append(
            reduced(
                "tops", part, mode.chunk, Tops(mode).aggregate, mode.combine, meta=shape,
                split_every=split_every, token="tops",
            )
        )  # fmt: skip
    put = Description(meta, tuple(plain))
    return partwise(
        "describe", put, *made, meta=like, divisions=None, token=("describe", tuple(plain))
    )


def _columns(frame: Any, meta: Any, kept: Sequence[bool]) -> Any:
    if meta.ndim == 1 or all(kept):
        return frame
    labels = [label for label, keep in zip(meta.columns, kept, strict=True) if keep]
    return new_collection(Projection(frame.expr, labels))

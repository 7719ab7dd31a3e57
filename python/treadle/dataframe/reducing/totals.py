"""Sums, products, extremes and their like: what is made of partial results as of rows.

>>> import pandas as pd
>>> import treadle.dataframe as dd
>>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2, 3], "y": ["a", "c", "b"]}), npartitions=2)
>>> total(df, "max").compute()
x    3
y    c
dtype: object
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from treadle.dataframe.build import emptied
from treadle.dataframe.reducing.chosen import Chosen, choose, example, is_bool, is_numeric, stacked
from treadle.dataframe.reducing.tree import Length, reduced


@dataclass(frozen=True)
class Totals:
    """Steps of a reduction by a method of pandas; see `total`.

    A partial result has for each dtype a series of values, and how many there were if that
    matters; it is None for a partition without rows, which may say nothing about dtypes.
    """

    how: str
    chosen: Chosen
    like: Any
    options: dict[str, Any]
    min_count: int = 0
    as_row: bool = False

    def chunk(self, part: Any) -> Any:
        """Reduce a partition."""
        if not len(part):
            return None
        blocks = self.chosen.blocks(part)
        found = [getattr(block, self.how)(**self.options) for block in blocks]
        return found, [block.count() for block in blocks] if self.min_count > 0 else None

    def combine(self, partials: list[Any]) -> Any:
        """Reduce partial results."""
        there = [partial for partial in partials if partial is not None]
        if len(there) < 2:
            return there[0] if there else None
        how = "sum" if self.how == "count" else self.how
        options = {} if self.how == "count" else self.options
        values = [
            getattr(stacked(rows), how)(**options)
            for rows in zip(*(values for values, _ in there), strict=True)
        ]
        counts = None
        if self.min_count > 0:
            counts = [
                stacked(rows).sum() for rows in zip(*(counts for _, counts in there), strict=True)
            ]
        return values, counts

    def aggregate(self, partials: list[Any]) -> Any:
        """Return the result."""
        together = self.combine(partials)
        if together is None:
            return self._of_nothing()
        values, counts = together
        if counts is not None:
            values = [
                value.mask(number.to_numpy() < self.min_count)
                for value, number in zip(values, counts, strict=True)
            ]
        if self.as_row:
            return self.chosen.row(values, self.how)
        return self.chosen.result(values, self.like)

    def _of_nothing(self) -> Any:
        options = {**self.options, **({"min_count": self.min_count} if self.min_count else {})}
        if self.how == "count":
            options = {}
        meta = self.chosen.meta
        found = getattr(meta, self.how)(**options)
        if self.as_row:
            found = pd.DataFrame([list(found)], index=[self.how], columns=meta.columns)
        return found


def total(
    frame: Any,
    how: str,
    *,
    skipna: bool | None = True,
    numeric_only: bool = False,
    bool_only: bool = False,
    min_count: int = 0,
    split_every: int | bool | None = None,
    as_row: bool = False,
) -> Any:
    """Return the collection of a reduction by a method of pandas of which partial results, reduced
    again, are the result: sum, prod, min, max, any, all; and count.

    Parameters
    ----------
    as_row : bool
        A frame of one row, whose columns keep their dtypes, instead of a series.
    """
    meta = frame._meta
    wanted = is_numeric if numeric_only else is_bool if bool_only else None
    if meta.ndim == 1 and numeric_only and not is_numeric(meta.dtype):
        raise TypeError(f"numeric_only=True can't be had of a series of {meta.dtype}")
    if how == "count" and meta.ndim == 1 and _never_missing(meta.dtype):
        return _count(frame)
    chosen = choose(meta, wanted)
    options: dict[str, Any] = {} if how == "count" else {"skipna": bool(skipna)}
    like = _asked(chosen.meta, how, options)
    kernel = Totals(how, chosen, emptied_result(like), options, max(min_count, 0), as_row)
    result = kernel.like
    if as_row:
        result = emptied(Totals(how, chosen, like, options, 0, True).aggregate(
            [Totals(how, chosen, like, options).chunk(example(chosen.meta))]
        ))  # fmt: skip
    return reduced(
        how, frame, kernel.chunk, kernel.aggregate, kernel.combine, meta=result,
        reads=None if chosen.columns is None else [chosen.columns], split_every=split_every,
        divisions=(None, None),
        token=("total", how, options, numeric_only, bool_only, min_count, as_row),
    )  # fmt: skip


def _never_missing(dtype: Any) -> bool:
    return getattr(dtype, "kind", "O") in "iub" and not pd.api.types.is_extension_array_dtype(dtype)


def _count(frame: Any) -> Any:
    """Return the count of a column that can't have missing values: its length."""
    from treadle.dataframe.build import new_collection

    return new_collection(Length(frame.expr))


def _asked(meta: Any, how: str, options: dict[str, Any]) -> Any:
    """Ask pandas about one made-up row; raises what pandas raises about dtypes."""
    return getattr(example(meta), how)(**options)


def emptied_result(value: Any) -> Any:
    """Return a result without rows; a scalar as it is."""
    return emptied(value) if isinstance(value, pd.Series | pd.DataFrame) else value

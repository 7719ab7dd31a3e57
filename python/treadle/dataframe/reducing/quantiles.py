"""Quantiles and medians of the columns of a frame, exact.

>>> import pandas as pd
>>> import treadle.dataframe as dd
>>> df = dd.from_pandas(pd.DataFrame({"x": [1, 5, 2], "y": [1.0, None, 3.0]}), npartitions=2)
>>> exact_median(df).compute()
x    2.0
y    2.0
dtype: float64
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from treadle.dataframe.build import emptied, new_collection
from treadle.dataframe.expr import FrameExpr, Partwise
from treadle.dataframe.reducing import selection
from treadle.dataframe.reducing.chosen import Chosen, choose, example, integers, is_numeric
from treadle.dataframe.reducing.selection import Brackets
from treadle.dataframe.reducing.totals import emptied_result
from treadle.dataframe.reducing.tree import TreeReduction, width_of
from treadle.graph.program import Reg
from treadle.graph.tokenize import tokenize


@dataclass(frozen=True)
class Settled:
    """Values of the wanted ranks of one column; ``again`` are brackets of those ``missed``."""

    count: int
    values: Any = None
    missed: Any = None
    again: Brackets | None = None


@dataclass(frozen=True)
class Quantiles:
    """Steps of quantiles of numbers: sample, bracket, gather, interpolate.

    Attributes
    ----------
    q : tuple of float
    dtypes : tuple
        Of the result, for each block of columns.
    form : {"scalar", "list", "rows"}
        One quantile; several, as pandas returns them; or a frame of several, with the labels
        ``labels``.
    """

    q: tuple[float, ...]
    interpolation: str
    chosen: Chosen
    dtypes: tuple[Any, ...]
    like: Any
    form: str
    name: Any = None
    labels: tuple[Any, ...] = ()
    skipna: bool = True

    def sample(self, columns: Any) -> list[list[selection.Sample]]:
        """Return the samples of a partition, one for each column."""
        return [[selection.sample(values)] for values, _ in columns]

    def collect(self, parts: list[Any]) -> list[list[selection.Sample]]:
        """Return samples of several partitions together."""
        return [list(chain.from_iterable(column)) for column in zip(*parts, strict=True)]

    def bracket(self, parts: list[Any]) -> list[tuple[int, Brackets | None]]:
        """Return for each column how many values there are, and brackets of the wanted ranks."""
        found: list[tuple[int, Brackets | None]] = []
        for samples in self.collect(parts):
            count = sum(one.size for one in samples)
            ranks = np.concatenate(selection.ranks_of(count, self._q, self.interpolation)[:2])
            found.append((count, selection.brackets_of(samples, ranks) if count else None))
        return found

    @property
    def _q(self) -> NDArray[np.float64]:
        # As pandas does, by percents, which rounds.
        return np.asarray(self.q, np.float64) * 100 / 100

    def gather(self, columns: Any, brackets: Any) -> Any:
        """Return what a partition has in the brackets."""
        found = [
            None if bracket is None else selection.between(values, bracket)
            for (values, _), (_, bracket) in zip(columns, brackets, strict=True)
        ]
        return brackets, found, [missing for _, missing in columns]

    def together(self, parts: list[Any]) -> Any:
        """Return what several partitions have in the brackets."""
        found = [
            None if same[0] is None else selection.joined(same)
            for same in zip(*(columns for _, columns, _ in parts), strict=True)
        ]
        missing = [sum(same) for same in zip(*(missing for *_, missing in parts), strict=True)]
        return parts[0][0], found, missing

    def settle(self, parts: list[Any]) -> list[Settled]:
        """Return the values of ranks, and brackets of those that were missed."""
        settled = []
        for (count, bracket), found, missing in zip(*self.together(parts), strict=True):
            if bracket is None or (missing and not self.skipna):
                settled.append(Settled(0))
            else:
                settled.append(Settled(count, *selection.values_of(bracket, [found])))
        return settled

    def gather_missed(self, columns: Any, settled: list[Settled]) -> Any:
        """Return what a partition has in the brackets of ranks that were missed: mostly nothing."""
        found = [
            None if one.again is None else selection.between(values, one.again)
            for (values, _), one in zip(columns, settled, strict=True)
        ]
        return settled, found, [0] * len(found)

    def finish(self, parts: list[Any]) -> Any:
        """Return the result."""
        settled, found, _ = self.together(parts)
        columns = []
        for one, late in zip(settled, found, strict=True):
            values = one.values
            if one.again is not None:
                values = values.copy()
                values[one.missed] = selection.values_of(one.again, [late])[0]
            columns.append((one.count, values))
        rest = iter(columns)
        blocks = []
        for places, dtype in zip(self.chosen.places, self.dtypes, strict=True):
            block = [self._column(*next(rest), dtype) for _ in places]
            blocks.append(pd.DataFrame(dict(enumerate(block))))
        return self._formed(blocks)

    def _column(self, count: int, values: Any, dtype: Any) -> pd.Series[Any]:
        if not count:
            return nothing(len(self.q), dtype)
        low, _, share = selection.ranks_of(count, self._q, self.interpolation)
        lower, upper = values[: len(low)], values[len(low) :]
        found = selection.interpolated(lower, upper, share)
        if getattr(dtype, "kind", "O") in "mM":
            # Times of other ranks are as pandas rounds them, by floats; those that are there stay.
            found = np.where(share == 0, lower, np.where(share == 1, upper, found.astype(np.int64)))
        return as_dtype(found, dtype)

    def _formed(self, blocks: Sequence[pd.DataFrame]) -> Any:
        if self.form == "scalar":
            found = self.chosen.result([block.iloc[0] for block in blocks], self.like)
            if self.chosen.meta.ndim == 2:
                found.name = self.name
            return found
        labels: Any = list(self.labels) if self.form == "rows" else pd.Index(self.q, dtype="f8")
        if not blocks:
            return pd.DataFrame(index=pd.Index(labels), columns=self.chosen.meta.columns)
        frame = self.chosen.rows(blocks, labels)
        if self.form == "list" and self.chosen.meta.ndim == 1:
            return frame[0].rename(self.chosen.meta.name)
        return frame


def numbers(column: Any) -> tuple[NDArray[Any], int]:
    """Return the values of a column as numbers, and how many are missing; a view if none is."""
    dtype = column.dtype
    size = len(column)
    kind = getattr(dtype, "kind", "O")
    if kind in "mM":
        values, missing = integers(column)
        values = values[~missing] if missing.any() else values
    elif isinstance(dtype, np.dtype) and kind in "iufb":
        values = column.to_numpy()
        if kind == "f" and np.isnan(values.sum()):
            values = values[~np.isnan(values)]
    else:
        plain = getattr(dtype, "numpy_dtype", np.dtype("f8")) if kind in "iuf" else np.dtype("f8")
        values = column.dropna().to_numpy(dtype=plain)
    return values.view(np.uint8) if values.dtype.kind == "b" else values, size - len(values)


def as_dtype(values: NDArray[Any], dtype: Any) -> pd.Series[Any]:
    """Return numbers as values of a dtype; times are counted in its unit."""
    from treadle.dataframe.reducing.means import _as_time

    if getattr(dtype, "kind", "O") in "mM":
        return _as_time(values.astype(np.int64), dtype)
    if isinstance(dtype, np.dtype):
        return pd.Series(values.astype(dtype))
    return pd.Series(pd.array(values, dtype=dtype))


def nothing(count: int, dtype: Any) -> pd.Series[Any]:
    """Return missing values of a dtype, or of floats if it has none."""
    if isinstance(dtype, np.dtype) and dtype.kind in "iub":
        dtype = np.dtype("f8")
    return pd.Series([None] * count, dtype=dtype)


def exact_quantile(
    frame: Any,
    q: Any = 0.5,
    *,
    numeric_only: bool = False,
    interpolation: str = "linear",
    labels: Sequence[Any] | None = None,
    split_every: int | bool | None = None,
) -> Any:
    """Return the collection of quantiles; with ``labels`` a frame of rows that are called so."""
    if interpolation not in selection.INTERPOLATIONS:
        raise ValueError(
            f"interpolation is {interpolation!r}; use one of {', '.join(selection.INTERPOLATIONS)}"
        )
    wanted = check_quantiles(q)
    several = np.ndim(q) > 0
    check_ordered(frame._meta, numeric_only)
    chosen = choose(frame._meta, is_numeric if numeric_only else None)
    asked: Any = example(chosen.meta)
    # Of one made-up row and one quantile; the rows of the result are another matter.
    plain = asked.quantile(list(wanted) or [0.5], interpolation=interpolation)
    like = emptied(plain)
    if not several:
        like = emptied_result(asked.quantile(q, interpolation=interpolation))
    blocks: list[Any] = chosen.blocks(asked)
    dtypes = tuple(
        block.quantile([0.5], interpolation=interpolation).dtypes.iloc[0] for block in blocks
    )
    form = "list" if several else "scalar"
    name = None if several or frame._meta.ndim == 1 else q
    kernel = Quantiles(wanted, interpolation, chosen, dtypes, like, form, name, tuple(labels or ()))
    if labels is not None:
        like = plain.iloc[:0] if plain.ndim == 2 else plain.to_frame(name=0).iloc[:0]
        like.index = pd.Index(labels)[:0]
        kernel = Quantiles(wanted, interpolation, chosen, dtypes, like, "rows", None, tuple(labels))
    return selected("quantile", frame, kernel, split_every)


def exact_median(
    frame: Any,
    *,
    skipna: bool = True,
    numeric_only: bool = False,
    split_every: int | bool | None = None,
) -> Any:
    """Return the collection of medians."""
    chosen = choose(frame._meta, is_numeric if numeric_only else None)
    asked = example(chosen.meta)
    like = emptied_result(asked.median())
    dtypes = tuple(block.median().dtype for block in chosen.blocks(asked))
    kernel = Quantiles((0.5,), "linear", chosen, dtypes, like, "scalar", skipna=bool(skipna))
    return selected("median", frame, kernel, split_every)


def check_ordered(meta: Any, numeric_only: bool) -> None:
    """Raise unless there is something between two values of each column."""
    columns = [(meta.name, meta.dtype)] if meta.ndim == 1 else list(meta.dtypes.items())
    for label, dtype in columns:
        if numeric_only and not is_numeric(dtype):
            continue
        kind = "O" if isinstance(dtype, pd.CategoricalDtype) else getattr(dtype, "kind", "O")
        if kind not in "iufmM":
            raise TypeError(
                f"quantiles are of numbers and times, and {label!r} is of {dtype}; "
                "convert it, or leave it out (numeric_only=True)"
            )


def check_quantiles(q: Any) -> tuple[float, ...]:
    """Return quantiles as a tuple; raises what pandas raises for those outside of 0 and 1."""
    found = np.atleast_1d(np.asarray(q, dtype=np.float64))
    if found.ndim != 1:
        raise ValueError(f"q must be a number or a list of numbers, not {q!r}")
    if not ((found >= 0) & (found <= 1)).all():
        raise ValueError(f"percentiles should all be in the interval [0, 1]; q is {q!r}")
    return tuple(found.tolist())


def selected(label: str, frame: Any, kernel: Quantiles, split_every: int | bool | None) -> Any:
    """Return the collection of a kernel's steps."""
    expr: FrameExpr = frame.expr
    count = expr.npartitions
    width = width_of(split_every, count)
    reads = None if kernel.chosen.columns is None else (kernel.chosen.columns,)
    token = tokenize(
        label, expr.name, kernel.q, kernel.interpolation, kernel.form, kernel.labels,
        kernel.skipna, list(map(str, kernel.dtypes)), kernel.chosen.places, kernel.chosen.columns,
        width,
    )  # fmt: skip
    asked = tokenize("numbers", expr.name, kernel.chosen.places, kernel.chosen.columns)
    values = Partwise(
        f"numbers-{asked}", kernel.chosen.meta, (None,) * (count + 1), (expr,),
        Numbers(kernel.chosen), (Reg(0),), reads=reads, layout=expr.layout,
    )  # fmt: skip
    brackets = TreeReduction(
        f"{label}-brackets-{token}", None, None, (values,),
        kernel.sample, kernel.collect, kernel.bracket, split_every=width,
    )  # fmt: skip
    settled = TreeReduction(
        f"{label}-settled-{token}", None, None, (values, brackets),
        kernel.gather, kernel.together, kernel.settle, split_every=width,
    )  # fmt: skip
    frame_like = isinstance(kernel.like, pd.DataFrame | pd.Series)
    result = TreeReduction(
        f"{label}-{token}", kernel.like, (None, None) if frame_like else None,
        (values, settled), kernel.gather_missed, kernel.together, kernel.finish,
        split_every=width,
    )  # fmt: skip
    return new_collection(result)


class Numbers:
    """Returns for each column its values as numbers, and how many are missing.

    Several quantiles of the same columns share it.
    """

    __slots__ = ("chosen",)
    __name__ = "numbers"

    def __init__(self, chosen: Chosen):
        self.chosen = chosen

    def __call__(self, part: Any) -> Any:
        blocks = self.chosen.blocks(part)
        return [numbers(block.iloc[:, n]) for block in blocks for n in range(block.shape[1])]

    def __reduce__(self) -> tuple[Any, ...]:
        return Numbers, (self.chosen,)

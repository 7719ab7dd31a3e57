"""Means, variances and the like of the columns of a frame, in their dtypes.

>>> import pandas as pd
>>> import treadle.dataframe as dd
>>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2, 4], "y": [1.0, None, 3.0]}), npartitions=2)
>>> spread(df, "mean").compute()
x    2.333333
y    2.000000
dtype: float64
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from treadle.dataframe.build import emptied
from treadle.dataframe.reducing.chosen import Chosen, choose, example, integers, is_numeric
from treadle.dataframe.reducing.moments import ORDER, finished, merged, moments_of
from treadle.dataframe.reducing.totals import emptied_result
from treadle.dataframe.reducing.tree import reduced


@dataclass(frozen=True)
class Spread:
    """Steps of means and of what is like them; see `spread`.

    A partial result is the number of rows, and for each dtype moments and, of dates and spans of
    time, exact sums.
    """

    hows: tuple[str, ...]
    chosen: Chosen
    like: Any
    dtypes: tuple[tuple[Any, ...], ...]  # of results: for each of hows those of each block
    skipna: bool = True
    ddof: int = 1
    as_rows: bool = False

    @property
    def order(self) -> int:
        """Highest power of distances that is needed."""
        return max(ORDER[how] for how in self.hows)

    def chunk(self, part: Any) -> Any:
        """Return the moments of a partition."""
        found = []
        for block in self.chosen.blocks(part):
            if _is_time(block.dtypes.iloc[0]):
                found.append(self._of_times(block))
            else:
                found.append((moments_of(as_rows_of_floats(block), self.order), None))
        return len(part), found

    def _of_times(self, block: pd.DataFrame) -> Any:
        columns = [integers(block.iloc[:, n]) for n in range(block.shape[1])]
        floats = [np.where(missing, np.nan, values) for values, missing in columns]
        # Sums of what lies above and below 32 bits: neither can overflow.
        sums = []
        for values, missing in columns:
            there = values[~missing] if missing.any() else values
            sums.append((int((there >> 32).sum()) << 32) + int((there & 0xFFFFFFFF).sum()))
        return moments_of(np.array(floats).reshape(len(floats), len(block)), self.order), sums

    def combine(self, partials: list[Any]) -> Any:
        """Merge partial results."""
        rows = sum(rows for rows, _ in partials)
        found = []
        for states in zip(*(states for _, states in partials), strict=True):
            moments = reduce(merged, (moments for moments, _ in states))
            sums = None
            if states[0][1] is not None:
                sums = [sum(values) for values in zip(*(s for _, s in states), strict=True)]
            found.append((moments, sums))
        return rows, found

    def aggregate(self, partials: list[Any]) -> Any:
        """Return the result."""
        rows, states = self.combine(partials)
        found = [
            [
                self._values(how, state, rows, dtype)
                for state, dtype in zip(states, dtypes, strict=True)
            ]
            for how, dtypes in zip(self.hows, self.dtypes, strict=True)
        ]
        if not self.as_rows:
            return self.chosen.result(found[0], self.like)
        return pd.concat([self.chosen.row(v, how) for v, how in zip(found, self.hows, strict=True)])

    def _values(self, how: str, state: Any, rows: int, dtype: Any) -> pd.Series[Any]:
        moments, sums = state
        values = finished(how, moments, self.ddof)
        count = moments[0]
        unknown = np.isnan(values) if self.skipna or how == "count" else count < rows
        if how == "count":
            return pd.Series(values.astype(np.int64))
        if dtype.kind not in "mM":
            values = np.where(unknown, np.nan, values)
            if isinstance(dtype, np.dtype):
                return pd.Series(values, dtype=dtype if dtype.kind in "fO" else None)
            return pd.Series(pd.array(values, dtype=dtype))
        with np.errstate(all="ignore"):
            whole = np.where(np.isnan(values), 0, values).astype(np.int64)
        if how == "mean":
            # Towards zero, as a cast to whole numbers goes.
            exact = [
                abs(s) // int(n) * (1 if s >= 0 else -1) if n else 0
                for s, n in zip(sums, count, strict=True)
            ]
            whole = np.array(exact, np.int64)
        whole[unknown] = np.iinfo(np.int64).min
        return _as_time(whole, dtype)


def _is_time(dtype: Any) -> bool:
    return getattr(dtype, "kind", "O") in "mM"


def _as_time(values: NDArray[np.int64], dtype: Any) -> pd.Series[Any]:
    if isinstance(dtype, pd.DatetimeTZDtype):
        plain = pd.Series(values.view(f"M8[{dtype.unit}]"))
        return plain.dt.tz_localize("UTC").dt.tz_convert(dtype.tz)
    if isinstance(dtype, np.dtype):
        return pd.Series(values.view(dtype))
    unit = dtype.pyarrow_dtype.unit
    plain = pd.Series(values.view(f"{dtype.kind}8[{unit}]"))
    if getattr(dtype.pyarrow_dtype, "tz", None):
        plain = plain.dt.tz_localize("UTC")
    return plain.astype(dtype)


def as_rows_of_floats(block: pd.DataFrame) -> NDArray[Any]:
    """Return columns of numbers as the rows of an array, of NaN where they are missing."""
    dtype = block.dtypes.iloc[0]
    if isinstance(dtype, np.dtype):
        if dtype.kind in "iufb":
            values = block.to_numpy().T
            return values.astype(np.float32) if dtype == np.float16 else values
        if dtype.kind == "c":
            raise NotImplementedError("moments of complex numbers: take .real and .imag apart")
        return block.to_numpy().T.astype(np.float64)
    return block.to_numpy(dtype=np.float64, na_value=np.nan).T


def spread(
    frame: Any,
    how: str | tuple[str, ...],
    *,
    skipna: bool | None = True,
    ddof: int = 1,
    numeric_only: bool = False,
    split_every: int | bool | None = None,
    as_rows: bool = False,
) -> Any:
    """Return the collection of mean, var, std, sem, skew or kurt; or a frame with rows of several.

    Parameters
    ----------
    as_rows : bool
        A frame with a row for each of ``how``, whose columns keep their dtypes.
    """
    hows = (how,) if isinstance(how, str) else how
    meta = frame._meta
    if meta.ndim == 1 and numeric_only and not is_numeric(meta.dtype):
        raise TypeError(f"numeric_only=True can't be had of a series of {meta.dtype}")
    chosen = choose(meta, is_numeric if numeric_only else None)
    sample = example(chosen.meta)
    results = [_asked(sample, name, ddof) for name in hows]
    dtypes = tuple(
        tuple(_dtype(_asked(block, name, ddof)) for block in chosen.blocks(sample)) for name in hows
    )
    like = emptied_result(results[0])
    kernel = Spread(hows, chosen, like, dtypes, bool(skipna), ddof, as_rows)
    result = like
    if as_rows:
        result = emptied(kernel.aggregate([kernel.chunk(sample)]))
    return reduced(
        hows[0], frame, kernel.chunk, kernel.aggregate, kernel.combine, meta=result,
        reads=None if chosen.columns is None else [chosen.columns], split_every=split_every,
        token=("spread", hows, bool(skipna), ddof, numeric_only, as_rows),
    )  # fmt: skip


def _asked(sample: Any, how: str, ddof: int) -> Any:
    """Ask pandas about one made-up row; raises what pandas raises about dtypes."""
    with np.errstate(all="ignore"):
        if how in ("var", "std", "sem"):
            return getattr(sample, how)(ddof=min(ddof, 0))
        return getattr(sample, how)()


def _dtype(result: Any) -> Any:
    return result.dtype

"""Approximate quantiles and counts of distinct values, by sketches of the ``datasketches`` package.

A sketch is a few kilobytes however many rows it has seen, and two are merged into one. They travel
as bytes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.build import emptied
from treadle.dataframe.reducing.chosen import Chosen, choose, example, integers, is_numeric
from treadle.dataframe.reducing.quantiles import (
    as_dtype,
    check_ordered,
    check_quantiles,
    nothing,
)
from treadle.dataframe.reducing.totals import emptied_result
from treadle.dataframe.reducing.tree import reduced
from treadle.dataframe.shuffle.key_hash import hash_keys

#: Log2 of the registers that count distinct values: 2**14 tell them to about 0.8 percent.
REGISTERS = 14


def datasketches() -> Any:
    """Return the package.

    Raises
    ------
    ImportError
        Says how it is installed.
    """
    try:
        import datasketches as found
    except ImportError as error:
        raise ImportError(
            "approximate quantiles and counts need the datasketches package: "
            "install it with 'pip install \"treadle[dataframe]\"'"
        ) from error
    return found


@dataclass(frozen=True)
class Sketched:
    """Steps of approximate quantiles.

    A partial result has for each column the bytes of its sketch, and how many values are missing.
    """

    method: str
    q: tuple[float, ...]
    chosen: Chosen
    dtypes: tuple[Any, ...]
    like: Any
    several: bool
    name: Any = None

    def _empty(self) -> Any:
        package = datasketches()
        if self.method == "tdigest":
            return package.tdigest_double(200)
        return package.kll_doubles_sketch(512)

    def chunk(self, part: Any) -> list[bytes]:
        """Return the sketches of a partition."""
        found = []
        for block in self.chosen.blocks(part):
            for n in range(block.shape[1]):
                sketch = self._empty()
                sketch.update(_floats(block.iloc[:, n]))
                found.append(sketch.serialize())
        return found

    def combine(self, parts: list[list[bytes]]) -> list[bytes]:
        """Merge sketches."""
        return [self._merged(same).serialize() for same in zip(*parts, strict=True)]

    def _merged(self, sketches: Sequence[bytes]) -> Any:
        whole = self._empty()
        for data in sketches:
            whole.merge(type(whole).deserialize(data))
        return whole

    def aggregate(self, parts: list[list[bytes]]) -> Any:
        """Return the quantiles."""
        sketches = iter([self._merged(same) for same in zip(*parts, strict=True)])
        blocks = []
        for places, dtype in zip(self.chosen.places, self.dtypes, strict=True):
            columns = [self._quantiles(next(sketches), dtype) for _ in places]
            blocks.append(pd.DataFrame(dict(enumerate(columns))))
        if not self.several:
            found = self.chosen.result([block.iloc[0] for block in blocks], self.like)
            if self.chosen.meta.ndim == 2:
                found.name = self.name
            return found
        frame = self.chosen.rows(blocks, self.q)
        return frame[0].rename(self.chosen.meta.name) if self.chosen.meta.ndim == 1 else frame

    def _quantiles(self, sketch: Any, dtype: Any) -> Any:
        if sketch.is_empty():
            return nothing(len(self.q), dtype)
        values = np.array([sketch.get_quantile(q) for q in self.q])
        return as_dtype(values, dtype)


def _floats(column: Any) -> Any:
    """Return the values of a column, times in their unit, without missing ones."""
    column = column.dropna()
    if getattr(column.dtype, "kind", "O") in "mM":
        return integers(column)[0].astype(np.float64)
    # Sketches take arrays that could be written to.
    return np.require(column.to_numpy(dtype=np.float64), requirements=["C", "W"])


def approximate_quantile(
    frame: Any,
    q: Any = 0.5,
    *,
    method: str = "tdigest",
    numeric_only: bool = False,
    name: Any = None,
    split_every: int | bool | None = None,
) -> Any:
    """Return the collection of quantiles by sketches: ``tdigest`` or ``kll``."""
    datasketches()
    wanted = check_quantiles(q)
    check_ordered(frame._meta, numeric_only)
    chosen = choose(frame._meta, is_numeric if numeric_only else None)
    asked = example(chosen.meta)
    several = np.ndim(q) > 0
    like = asked.quantile(list(wanted) if several else q)
    dtypes = tuple(block.quantile([0.5]).dtypes.iloc[0] for block in chosen.blocks(asked))
    like = emptied(like) if several else emptied_result(like)
    kernel = Sketched(method, wanted, chosen, dtypes, like, several, None if several else q)
    return reduced(
        "quantile", frame, kernel.chunk, kernel.aggregate, kernel.combine, meta=like,
        reads=None if chosen.columns is None else [chosen.columns], split_every=split_every,
        token=("sketched", method, wanted, several, numeric_only),
    )  # fmt: skip


# -- distinct values -------------------------------------------------------------------------------


def count_distinct(part: Any) -> bytes:
    """Return the sketch of the distinct values, or rows, of a partition."""
    package = datasketches()
    sketch = package.hll_sketch(REGISTERS)
    if isinstance(part, pd.DataFrame):
        columns: list[Any] = [part.iloc[:, n] for n in range(part.shape[1])]
    else:
        columns = [part[part.notna()]]
    if len(part):
        # Hashed by columns; only what is distinct is handed over one by one.
        distinct = pd.unique(hash_keys(columns))
        deque(map(sketch.update, distinct.view(np.int64).tolist()), maxlen=0)
    return bytes(sketch.serialize_compact())


def merge_distinct(sketches: list[bytes]) -> bytes:
    """Return the sketch of what several have seen."""
    package = datasketches()
    union = package.hll_union(REGISTERS)
    for data in sketches:
        union.update(package.hll_sketch.deserialize(data))
    return bytes(union.get_result(package.tgt_hll_type.HLL_8).serialize_compact())


def estimate_distinct(sketches: list[bytes]) -> int:
    """Return about how many values several sketches have seen."""
    package = datasketches()
    estimate: float = package.hll_sketch.deserialize(merge_distinct(sketches)).get_estimate()
    return round(estimate)


def approximate_nunique(frame: Any, split_every: int | bool | None = None) -> Any:
    """Return the collection of about how many distinct values, or rows, there are."""
    datasketches()
    return reduced(
        "nunique_approx", frame, count_distinct, estimate_distinct, merge_distinct, meta=0,
        split_every=split_every,
    )  # fmt: skip

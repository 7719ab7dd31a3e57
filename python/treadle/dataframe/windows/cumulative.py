"""Running sums, products and extremes."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.build import partwise
from treadle.dataframe.calls import Method
from treadle.dataframe.windows.around import made_of_one_row
from treadle.dataframe.windows.filling import last_valid
from treadle.dataframe.windows.scan import Running, scanned
from treadle.dataframe.windows.shifting import is_rows

#: By method of pandas: the ufunc, and what leaves other values alone.
_KINDS: dict[str, tuple[np.ufunc, float]] = {
    "cumsum": (np.add, 0),
    "cumprod": (np.multiply, 1),
    "cummin": (np.minimum, np.inf),
    "cummax": (np.maximum, -np.inf),
}


def cumulative(frame: Any, method: str, axis: Any, skipna: bool, numeric_only: bool) -> Any:
    """Return a running result by the name of pandas' method."""
    if numeric_only:
        frame = frame[list(frame._meta.select_dtypes(["number", "bool"]).columns)]
    options: dict[str, Any] = {"skipna": bool(skipna)}
    if is_rows(frame, axis):
        func = partial(Method(method), axis=1, **options)
        return partwise(method, func, frame, meta=made_of_one_row(func, frame._meta), rowwise=True)
    return scanned(
        method, frame, Cumulative(method, bool(skipna)), partial(Method(method), **options)
    )


class Cumulative(Running):
    """Running results of one kind; a partition's last row is what others need of it."""

    def __init__(self, method: str, skipna: bool):
        self.method = method
        self.skipna = skipna

    def alone(self, part: Any) -> Any:
        return getattr(part, self.method)(skipna=self.skipna)

    def last(self, alone: Any) -> Any:
        return last_valid(alone) if self.skipna else alone.iloc[-1:].copy()

    def join(self, carried: Any, piece: Any) -> Any:
        if not len(carried) or not len(piece):
            return carried if len(carried) else piece
        found = self.finish(carried, piece)
        if self.skipna:
            # Where a partition has no value at all, what was before it goes on.
            carried = carried.set_axis(found.index)
            found = found.where(found.notna(), carried)
        return found

    def finish(self, carried: Any, alone: Any) -> Any:
        if carried is None or not len(carried) or not len(alone):
            return alone
        if isinstance(alone, pd.Series):
            return self._column(alone, carried.iloc[0])
        dtypes = set(alone.dtypes)
        if len(dtypes) == 1 and isinstance(dtype := dtypes.pop(), np.dtype) and dtype.kind in "if":
            return self._block(alone, carried)
        columns = {
            n: self._column(alone.iloc[:, n], carried.iloc[0, n]) for n in range(alone.shape[1])
        }
        return pd.DataFrame(columns, index=alone.index).set_axis(alone.columns, axis=1)

    def _block(self, alone: Any, carried: Any) -> Any:
        """All columns in one go, if they are numbers of one dtype."""
        func, nothing = _KINDS[self.method]
        before = carried.to_numpy()[0]
        if self.skipna and before.dtype.kind == "f":
            before = np.where(np.isnan(before), before.dtype.type(nothing), before)
        return pd.DataFrame(
            func(alone.to_numpy(), before), index=alone.index, columns=alone.columns
        )

    def _column(self, alone: Any, before: Any) -> Any:
        if pd.isna(before):
            if self.skipna:
                return alone
            return pd.Series(before, index=alone.index, dtype=alone.dtype, name=alone.name)
        match self.method:
            case "cumsum":
                found = before + alone  # in this order, since text is put together too
            case "cumprod":
                found = before * alone
            case "cummin":
                found = alone.where((alone <= before) | alone.isna(), before)
            case _:
                found = alone.where((alone >= before) | alone.isna(), before)
        return found if found.dtype == alone.dtype else found.astype(alone.dtype)

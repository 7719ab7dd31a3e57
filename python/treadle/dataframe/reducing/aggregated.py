"""``agg``: one reduction by its name, several, or some for each column.

>>> import pandas as pd
>>> import treadle.dataframe as dd
>>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2, 3], "y": [0.5, 1, 2]}), npartitions=2)
>>> agg(df, {"x": "sum", "y": "max"}).compute()
x    6.0
y    2.0
dtype: float64
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.build import as_expr, emptied, new_collection, partwise
from treadle.dataframe.expr import Partwise
from treadle.dataframe.reducing.chosen import example
from treadle.dataframe.reducing.means import spread
from treadle.dataframe.reducing.totals import total
from treadle.graph.expr import Expr
from treadle.graph.program import Reg
from treadle.graph.tokenize import tokenize

#: Reductions that keep the dtypes of columns apart.
TOTALS = ("sum", "prod", "min", "max", "any", "all", "count")
SPREADS = ("mean", "var", "std", "sem", "skew", "kurt")
OTHERS = ("median", "nunique", "idxmin", "idxmax", "size")
_ALIASES = {"product": "prod", "kurtosis": "kurt"}


def name_of(func: Any) -> str:
    """Return the name of a reduction: of a string, or of ``numpy.mean`` and its like.

    Raises
    ------
    NotImplementedError
        For functions that are not known to be reductions by parts.
    AttributeError
        For names that are none.
    """
    if isinstance(func, str):
        known = _ALIASES.get(func, func)
        if known not in (*TOTALS, *SPREADS, *OTHERS):
            raise AttributeError(f"{func!r} is not a reduction that agg() knows")
        return func
    name = getattr(func, "__name__", "")
    if getattr(np, name, None) is func and name in ("sum", "prod", "min", "max", "mean"):
        return str(name)
    raise NotImplementedError(
        f"agg() does not know how to put together what {name or func!r} makes of parts; use "
        "the name of a reduction, or reduction(chunk, aggregate)"
    )


def agg(frame: Any, func: Any = None, axis: Any = 0, *args: Any, **kwargs: Any) -> Any:
    """Return the collection of what pandas' ``agg`` makes."""
    if frame.ndim == 2 and axis in (1, "columns"):
        if isinstance(func, str):
            return getattr(frame, func)(*args, axis=1, **kwargs)
        raise NotImplementedError("agg(axis=1) takes the name of one reduction")
    if func is None:
        raise NotImplementedError(
            "agg() with named results is there after groupby(); give a name, a list, or a dict"
        )
    if isinstance(func, str):
        found = getattr(frame, func)
        return found(*args, **kwargs) if callable(found) else found
    if args or kwargs:
        raise NotImplementedError(
            f"agg() passes arguments to one reduction only, and there are several: {func!r}"
        )
    if isinstance(func, Mapping):
        return _by_keys(frame, func)
    if isinstance(func, Sequence):
        return _several(frame, [name_of(one) for one in func])
    return getattr(frame, name_of(func))()


def _several(frame: Any, names: list[str]) -> Any:
    """Return a frame with a row for each name, or of a series a series."""
    like = emptied(example(frame._meta).agg(names))
    if frame.ndim == 1:
        return gathered("agg", _Labelled(names, frame._meta.name), _scalars(frame, names), like)
    rows = []
    spreads = tuple(name for name in names if _ALIASES.get(name, name) in SPREADS)
    if spreads:
        plain = tuple(_ALIASES.get(name, name) for name in spreads)
        rows.append(spread(frame, plain, as_rows=True))
    labels = [*spreads]
    for name in names:
        plain_name = _ALIASES.get(name, name)
        if plain_name in TOTALS:
            rows.append(total(frame, plain_name, as_row=True))
        elif name not in spreads:
            series = getattr(frame, name)()
            shape = pd.DataFrame(columns=frame._meta.columns, dtype=object)
            rows.append(partwise("row", as_row, series, meta=shape, divisions=None))
        if name not in spreads:
            labels.append(name)
    return gathered("agg", _Below(labels, names), rows, like)


def _scalars(series: Any, names: Sequence[str]) -> list[Any]:
    found = [getattr(series, name) for name in names]
    return [one() if callable(one) else one for one in found]


def _by_keys(frame: Any, func: Mapping[Any, Any]) -> Any:
    """Return reductions of some columns, or of a series under names of their own."""
    plain: dict[Any, Any] = {
        key: [name_of(one) for one in value]
        if isinstance(value, Sequence) and not isinstance(value, str)
        else name_of(value)
        for key, value in func.items()
    }
    like = emptied(example(frame._meta).agg(plain))  # raises what pandas raises
    columns = [frame if frame.ndim == 1 else frame[key] for key in plain]
    if all(isinstance(value, str) for value in plain.values()):
        found = [
            getattr(column, name)() if name != "size" else column.size
            for column, name in zip(columns, plain.values(), strict=True)
        ]
        return gathered("agg", _Labelled(list(plain), like.name), found, like)
    series = [
        _several(column, [value] if isinstance(value, str) else value)
        for column, value in zip(columns, plain.values(), strict=True)
    ]
    return gathered("agg", _Beside(list(plain)), series, like)


def gathered(label: str, func: Callable[..., Any], parts: Sequence[Any], like: Any) -> Any:
    """Return the collection of one call on results: scalars, or frames of one partition."""
    exprs: dict[str, Expr] = {}
    places = []
    for part in parts:
        expr = as_expr(part)
        assert expr is not None
        exprs.setdefault(expr.name, expr)
        places.append(Reg(list(exprs).index(expr.name)))
    names = [list(exprs)[place.index] for place in places]
    name = f"{label}-{tokenize(label, func, names)}"
    inputs = tuple(exprs.values())
    return new_collection(Partwise(name, like, (None, None), inputs, func, tuple(places)))


def as_row(series: pd.Series[Any]) -> pd.DataFrame:
    """Return a series as a frame of one row."""
    return pd.DataFrame([series.tolist()], columns=series.index).infer_objects()


class _Assembly:
    """Puts results together; called with them."""

    __slots__ = ("options",)
    __name__ = "agg"

    def __init__(self, *options: Any):
        self.options = options

    def __treadle_tokenize__(self) -> Any:
        return type(self).__name__, self.options

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self.options


class _Labelled(_Assembly):
    """A series of scalars, with labels and a name."""

    __slots__ = ()

    def __call__(self, *values: Any) -> pd.Series[Any]:
        labels, name = self.options
        return pd.Series(list(values), index=labels, name=name)


class _Below(_Assembly):
    """Frames of rows below each other, in another order than they come."""

    __slots__ = ()

    def __call__(self, *rows: pd.DataFrame) -> pd.DataFrame:
        labels, names = self.options
        together = pd.concat(rows).set_axis(labels, axis=0)
        return together.take([labels.index(name) for name in names])


class _Beside(_Assembly):
    """Series beside each other; labels that one has not are missing there."""

    __slots__ = ()

    def __call__(self, *columns: pd.Series[Any]) -> pd.DataFrame:
        (labels,) = self.options
        found = pd.concat(columns, axis=1, keys=range(len(labels)))
        return found.set_axis(labels, axis=1)

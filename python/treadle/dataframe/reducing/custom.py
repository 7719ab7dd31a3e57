"""Reductions by functions of the user.

>>> import pandas as pd
>>> import treadle.dataframe as dd
>>> x = dd.from_pandas(pd.Series([1, 2, 3]), npartitions=3)
>>> reduction(x, lambda part: (part ** 2).sum(), lambda squares: squares.sum()).compute()
np.int64(14)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from treadle.dataframe.build import NOT_GIVEN, emptied
from treadle.dataframe.reducing.tree import reduced
from treadle.graph.naming import function_name


class Chunk:
    """Calls a function on a partition."""

    __slots__ = ("__name__", "func", "kwargs")

    def __init__(self, func: Callable[..., Any], kwargs: Mapping[str, Any]):
        self.func = func
        self.kwargs = dict(kwargs)
        self.__name__ = function_name(func)

    def __call__(self, part: Any) -> Any:
        return self.func(part, **self.kwargs)

    def __treadle_tokenize__(self) -> Any:
        return type(self).__name__, self.func, self.kwargs

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.func, self.kwargs)


class Together(Chunk):
    """Calls a function on partial results, put together."""

    __slots__ = ()

    def __call__(self, parts: list[Any]) -> Any:
        return self.func(together(parts), **self.kwargs)


def together(parts: list[Any]) -> Any:
    """Return partial results as one: frames below each other, series as rows, values as a series.

    >>> together([pd.Series({"a": 1}), pd.Series({"a": 2})])
       a
    0  1
    1  2
    """
    if isinstance(parts[0], pd.DataFrame):
        return pd.concat(parts)
    if isinstance(parts[0], pd.Series):
        return pd.DataFrame(parts).reset_index(drop=True)
    if isinstance(parts[0], pd.Index):
        return parts[0].append(parts[1:])
    return pd.Series(parts)


def reduction(
    frame: Any,
    chunk: Callable[..., Any],
    aggregate: Callable[..., Any] | None = None,
    combine: Callable[..., Any] | None = None,
    meta: Any = NOT_GIVEN,
    token: str | None = None,
    split_every: int | bool | None = None,
    chunk_kwargs: Mapping[str, Any] | None = None,
    aggregate_kwargs: Mapping[str, Any] | None = None,
    combine_kwargs: Mapping[str, Any] | None = None,
    **kwargs: Any,
) -> Any:
    """Return the collection of a reduction by functions."""
    for name, func in (("chunk", chunk), ("aggregate", aggregate), ("combine", combine)):
        if func is not None and not callable(func):
            raise TypeError(f"{name} must be a function, not {func!r}")
        if func is None and name == "chunk":
            raise TypeError("chunk must be a function")
    first = {**kwargs, **(chunk_kwargs or {})}
    last = {**kwargs, **(aggregate_kwargs or {})} if aggregate else dict(aggregate_kwargs or {})
    middle = {**kwargs, **(combine_kwargs or {})} if combine else dict(combine_kwargs or {})
    if aggregate is None and aggregate_kwargs:
        raise ValueError("aggregate_kwargs are for aggregate, which is not given")
    if combine is None and combine_kwargs:
        raise ValueError("combine_kwargs are for combine, which is not given")
    final = aggregate or chunk
    if aggregate is None:
        last = first
    one = Chunk(chunk, first)
    end = Together(final, last)
    between = Together(combine, middle) if combine is not None else end
    if combine is None and split_every is None:
        # Not every aggregate can take its own results: it sees all partial results in one go.
        split_every = False
    if meta is NOT_GIVEN:
        meta = _tried(frame, one, end)
    elif isinstance(meta, pd.DataFrame | pd.Series | pd.Index):
        meta = emptied(meta)
    return reduced(
        token or function_name(chunk), frame, one, end, between, meta=meta,
        split_every=split_every,
        token=(one, end, between),
    )  # fmt: skip


def _tried(frame: Any, chunk: Chunk, aggregate: Together) -> Any:
    """Return the result without rows, by trying the functions on the first rows there are."""
    for n in range(frame.npartitions):
        rows = frame.get_partition(n).compute()
        if len(rows):
            rows = rows[:5] if isinstance(rows, pd.Index) else rows.iloc[:5]
            break
    else:
        rows = frame._meta
    found = aggregate([chunk(rows)])
    return emptied(found) if isinstance(found, pd.DataFrame | pd.Series | pd.Index) else found

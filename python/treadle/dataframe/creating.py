"""Frames of what is in memory, of calls of a function, and of delayed values."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from treadle import base
from treadle.dataframe.build import NOT_GIVEN, emptied, new_collection
from treadle.dataframe.expr import FrameExpr, Source
from treadle.dataframe.plain import plain
from treadle.dataframe.reading import Reading
from treadle.graph.expr import CollectionExpr, distinct
from treadle.graph.gather import Gather
from treadle.graph.layer import Inputs
from treadle.graph.naming import function_name
from treadle.graph.tokenize import tokenize


class InMemory(Reading):
    """Parts of a frame that is there."""

    in_memory = True

    def __init__(self, parts: list[Any], divisions: tuple[Any, ...], meta: Any):
        self.parts = parts
        self.divisions = divisions
        self.meta = meta

    def function(self) -> Callable[[Any], Any]:
        return itself

    def project(self, columns: list[Any]) -> Reading:
        places = [self.meta.columns.get_loc(label) for label in columns]
        # By their places: to find labels in each part would take five times as long.
        parts = [part.take(places, axis=1) for part in self.parts]
        return InMemory(parts, self.divisions, self.meta[columns])

    def lengths(self) -> Sequence[int]:
        return [len(part) for part in self.parts]

    def first_rows(self, count: int) -> Any:
        if not isinstance(self.parts[0], pd.DataFrame | pd.Series):
            found = self.parts[0][:count]  # an array, or an index
            return found if len(found) == count or len(self.parts) == 1 else None
        found = self.parts[0].iloc[:count]
        for part in self.parts[1:]:
            if len(found) >= count:
                break
            found = pd.concat([found, part.iloc[: count - len(found)]])
        return found

    def nbytes(self) -> int:
        from treadle.utils.sizeof import sizeof

        return sum(sizeof(part) for part in self.parts)

    def describe(self) -> str:
        return "from memory"


def itself(part: Any) -> Any:
    """Return a part, which is the partition."""
    return part


def from_pandas(
    data: pd.DataFrame | pd.Series[Any],
    npartitions: int | None = None,
    sort: bool = True,
    chunksize: int | None = None,
) -> Any:
    """Return a frame or series of pandas in partitions.

    Parameters
    ----------
    data : DataFrame or Series
    npartitions : int, optional
        How many; rows with equal labels stay together, so there may be fewer. One without it.
    sort : bool
        Sort by the index, so that divisions are known; otherwise rows keep their order.
    chunksize : int, optional
        Rows of a partition, instead of ``npartitions``.

    Examples
    --------
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> dd.from_pandas(pd.DataFrame({"x": range(6)}), npartitions=3).divisions
    (0, 2, 4, 5)
    """
    if not isinstance(data, pd.DataFrame | pd.Series):
        raise TypeError(f"from_pandas takes a DataFrame or Series, not {type(data).__name__}")
    if npartitions is not None and chunksize is not None:
        raise ValueError("give either npartitions or chunksize")
    rows = len(data)
    if chunksize is not None:
        if chunksize < 1:
            raise ValueError(f"chunksize must be 1 or more, not {chunksize}")
        npartitions = max(-(-rows // chunksize), 1)
    npartitions = 1 if npartitions is None else npartitions
    if npartitions < 1:
        raise ValueError(f"npartitions must be 1 or more, not {npartitions}")
    # Categories have an order of their own, which labels between partitions do not show.
    unordered = isinstance(data.index, pd.MultiIndex | pd.CategoricalIndex)
    known = sort and not unordered and not data.index.hasnans
    if sort and not data.index.is_monotonic_increasing:
        data = data.sort_index(kind="stable")
    size = -(-rows // npartitions) if rows else 1
    places = list(range(0, rows, chunksize or size)) or [0]
    if chunksize is None:
        places = np.unique(np.linspace(0, rows, npartitions + 1).astype(int)[:-1]).tolist() or [0]
    divisions: tuple[Any, ...]
    if known and rows:
        index = data.index
        starts = sorted({int(index.searchsorted(index[place])) for place in places})
        divisions = (*(plain(index[place]) for place in starts), plain(index[-1]))
    else:
        starts = places
        divisions = (None,) * (len(starts) + 1)
    parts = [data.iloc[a:b] for a, b in pairwise([*starts, rows])]
    name = f"from_pandas-{tokenize('from_pandas', data, starts)}"
    return new_collection(Source(name, InMemory(parts, divisions, emptied(data))))


def from_dict(
    data: Any,
    npartitions: int,
    orient: str = "columns",
    dtype: Any = None,
    columns: Any = None,
) -> Any:
    """Return a frame of a dict in partitions.

    Parameters
    ----------
    data : dict
    npartitions : int
    orient : {"columns", "index", "tight"}
        What the keys of the dict are.
    dtype : dtype, optional
    columns : list, optional
        Labels of the columns if keys are those of rows.

    Examples
    --------
    >>> import treadle.dataframe as dd
    >>> dd.from_dict({"x": [1, 2, 3], "y": [4, 5, 6]}, npartitions=2).y.sum().compute()
    np.int64(15)
    """
    if base.is_treadle_collection(data) or any(
        map(base.is_treadle_collection, getattr(data, "values", tuple)())
    ):
        raise NotImplementedError(
            "from_dict takes values in memory; assign() columns in partitions to a frame instead"
        )
    frame: Any = pd.DataFrame.from_dict(data, orient, dtype, columns)  # type: ignore[call-overload]
    return from_pandas(frame, npartitions)


# -- of calls --------------------------------------------------------------------------------------


class Mapped(Reading):
    """Partitions that calls of a function make."""

    def __init__(self, call: MappedCall, parts: list[Any], meta: Any, divisions: tuple[Any, ...]):
        self.call = call
        self.parts = parts
        self.meta = meta
        self.divisions = divisions

    def function(self) -> Callable[[Any], Any]:
        return self.call

    def project(self, columns: list[Any]) -> Reading:
        if not self.call.takes_columns:
            return self
        meta = self.meta[columns]
        return Mapped(self.call.of_columns(columns, meta), self.parts, meta, self.divisions)

    def describe(self) -> str:
        return f"from_map {self.call.__name__}"


class MappedCall:
    """Calls a function for a part, the tuple of its first arguments."""

    __slots__ = ("args", "enforce", "func", "kwargs", "meta", "takes_columns")

    def __init__(
        self,
        func: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        meta: Any,
        enforce: bool,
        takes_columns: bool,
    ):
        self.func = func
        self.args = args
        self.kwargs = kwargs
        self.meta = meta
        self.enforce = enforce
        self.takes_columns = takes_columns

    @property
    def __name__(self) -> str:
        return function_name(self.func)

    def __call__(self, part: tuple[Any, ...]) -> Any:
        found = self.func(*part, *self.args, **self.kwargs)
        return verified(found, self.meta, self.__name__) if self.enforce else found

    def of_columns(self, columns: list[Any], meta: Any) -> MappedCall:
        """Return the call that makes only these columns."""
        kwargs = {**self.kwargs, "columns": columns}
        return MappedCall(self.func, self.args, kwargs, meta, self.enforce, True)

    def __reduce__(self) -> tuple[Any, ...]:
        return MappedCall, (
            self.func, self.args, self.kwargs, self.meta, self.enforce, self.takes_columns
        )  # fmt: skip


def from_map(
    func: Callable[..., Any],
    *iterables: Iterable[Any],
    args: Sequence[Any] | None = None,
    meta: Any = NOT_GIVEN,
    divisions: Sequence[Any] | None = None,
    label: str | None = None,
    enforce_metadata: bool = False,
    **kwargs: Any,
) -> Any:
    """Return a frame whose partitions are what a function returns.

    Parameters
    ----------
    func : callable
        Returns a DataFrame, a Series or an Index. If it has a parameter ``columns``, it is called
        with the columns that are used, where these are not all.
    *iterables : iterable
        Of equal lengths; a partition is made of one item of each.
    args : sequence, optional
        Arguments that follow the items.
    meta : DataFrame, Series or Index, optional
        A partition without rows. Without it the function is called now for the first partition.
    divisions : sequence, optional
        Labels of the index between partitions, if they are known.
    label : str, optional
        What tasks are called.
    enforce_metadata : bool
        Check that partitions have the columns and dtypes that the meta says.
    **kwargs
        For the function.

    Raises
    ------
    ValueError
        If there is nothing to go over, or iterables have different lengths.
    TypeError
        If ``func`` can't be called, or an item is a collection.

    Examples
    --------
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> def rows(n):
    ...     return pd.DataFrame({"n": [n], "square": [n * n]})
    >>> dd.from_map(rows, [1, 2, 3]).square.sum().compute()
    np.int64(14)
    """
    if not callable(func):
        raise TypeError(f"from_map takes a function, not {func!r}")
    if not iterables:
        raise ValueError("from_map needs something to go over: from_map(func, items)")
    columns = [list(items) for items in iterables]
    lengths = sorted({len(items) for items in columns})
    if len(lengths) > 1:
        raise ValueError(f"iterables have different lengths: {lengths}")
    if not lengths[0]:
        raise ValueError("from_map needs an item at least, for one partition")
    parts = list(zip(*columns, strict=True))
    arguments = tuple(args or ())
    if any(map(base.is_treadle_collection, [x for part in parts for x in part])) or any(
        map(base.is_treadle_collection, [*arguments, *kwargs.values()])
    ):
        raise TypeError("from_map takes plain values; see from_delayed() for values not there yet")
    if meta is NOT_GIVEN:
        meta = func(*parts[0], *arguments, **kwargs)
    if not isinstance(meta, pd.DataFrame | pd.Series | pd.Index):
        raise TypeError(
            f"a partition has to be a DataFrame, a Series or an Index, not {type(meta).__name__}"
        )
    meta = emptied(meta)
    borders = checked_divisions(divisions, len(parts))
    takes = isinstance(meta, pd.DataFrame) and meta.columns.is_unique and _takes_columns(func)
    call = MappedCall(func, arguments, kwargs, meta, enforce_metadata, takes)
    name = label or function_name(func)
    token = tokenize(func, parts, arguments, kwargs, meta, borders, enforce_metadata)
    return new_collection(Source(f"{name}-{token}", Mapped(call, parts, meta, borders)))


def _takes_columns(func: Callable[..., Any]) -> bool:
    try:
        return "columns" in inspect.signature(func).parameters
    except (TypeError, ValueError):
        return False


def checked_divisions(divisions: Sequence[Any] | None, npartitions: int) -> tuple[Any, ...]:
    """Return divisions of so many partitions; all None for None.

    Raises
    ------
    ValueError
        If there are more or fewer, or they are not in order.
    """
    if divisions is None:
        return (None,) * (npartitions + 1)
    found = tuple(divisions)
    if len(found) != npartitions + 1:
        raise ValueError(
            f"{npartitions} partitions have {npartitions + 1} divisions, not {len(found)}"
        )
    if any(label is None for label in found):
        if any(label is not None for label in found):
            raise ValueError(f"either all divisions are known, or none: {found}")
        return found
    if any(b < a for a, b in pairwise(found)):
        raise ValueError(f"divisions have to be in order: {found}")
    return found


def verified(found: Any, meta: Any, whence: str) -> Any:
    """Return a partition, if it is what its meta promised.

    Raises
    ------
    ValueError
        Says in what it differs.
    """
    kinds = [
        next((k.__name__ for k in (pd.DataFrame, pd.Series, pd.Index) if isinstance(x, k)), None)
        for x in (found, meta)
    ]
    if kinds[0] is None or kinds[0] != kinds[1]:
        raise ValueError(f"{whence} gave a {type(found).__name__}, and the meta is a {kinds[1]}")
    if isinstance(found, pd.DataFrame):
        if list(found.columns) != list(meta.columns):
            raise ValueError(
                f"{whence} gave columns {list(found.columns)}, and the meta has "
                f"{list(meta.columns)}"
            )
        pairs = zip(found.columns, found.dtypes, meta.dtypes, strict=True)
    else:
        pairs = zip([found.name], [found.dtype], [meta.dtype], strict=True)
    for column, dtype, promised in pairs:
        both = isinstance(dtype, pd.CategoricalDtype) and isinstance(promised, pd.CategoricalDtype)
        if dtype != promised and not both:
            raise ValueError(
                f"{whence} gave dtype {dtype} in {column!r}, and the meta has {promised}; give "
                "another meta=, or cast"
            )
    return found


# -- of delayed values -----------------------------------------------------------------------------


class OfValues(FrameExpr):
    """Partitions that are values of other collections."""

    __slots__ = ("call", "order")

    def __init__(
        self,
        name: str,
        meta: Any,
        divisions: tuple[Any, ...],
        values: Sequence[CollectionExpr],
        call: Callable[[Any], Any],
        **options: Any,
    ):
        super().__init__(name, meta, divisions, distinct(values), **options)
        places = {item.name: n for n, item in enumerate(self.inputs)}
        self.order = [places[value.name] for value in values]
        self.call = call

    def lower(self) -> Gather:
        order = np.array(self.order, np.int64)

        def rows() -> Inputs:
            names = [item.name for item in self.inputs]
            return Inputs(list(names), np.arange(len(order) + 1), order, np.zeros_like(order))

        return Gather(
            self.name, self.numblocks, self.inputs, self.call, rows,
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def describe(self) -> str:
        return "from delayed values"


class Verify:
    """Compares a partition with what was promised."""

    __slots__ = ("meta",)
    __name__ = "verify"

    def __init__(self, meta: Any):
        self.meta = meta

    def __call__(self, part: Any) -> Any:
        return verified(part, self.meta, "a delayed value")

    def __reduce__(self) -> tuple[Any, ...]:
        return Verify, (self.meta,)


def from_delayed(
    dfs: Any,
    meta: Any = None,
    divisions: Sequence[Any] | None = None,
    prefix: str = "from-delayed",
    verify_meta: bool = True,
) -> Any:
    """Return a frame whose partitions are delayed values.

    Parameters
    ----------
    dfs : Delayed, or sequence of Delayed
        Each computes to a DataFrame, a Series or an Index.
    meta : DataFrame, Series or Index, optional
        A partition without rows. Without it the first value is computed now.
    divisions : sequence, optional
        Labels of the index between partitions, if they are known.
    prefix : str
        What tasks are called.
    verify_meta : bool
        Check that values have the columns and dtypes that the meta says.

    Raises
    ------
    ValueError
        If there are no values; when computed, if one is not as the meta says.

    Examples
    --------
    >>> import pandas as pd
    >>> import treadle
    >>> import treadle.dataframe as dd
    >>> load = treadle.delayed(lambda n: pd.DataFrame({"x": [n, n + 1]}))
    >>> dd.from_delayed([load(1), load(5)]).x.max().compute()
    np.int64(6)
    """
    from treadle.delayed import Delayed, delayed

    parts = list(dfs) if isinstance(dfs, list | tuple) else [dfs]
    if not parts:
        raise ValueError("from_delayed needs a value at least, for one partition")
    parts = [part if isinstance(part, Delayed) else delayed(part) for part in parts]
    if meta is None:
        meta = delayed(without_rows)(parts[0]).compute()
    if not isinstance(meta, pd.DataFrame | pd.Series | pd.Index):
        raise TypeError(
            f"a partition has to be a DataFrame, a Series or an Index, not {type(meta).__name__}"
        )
    meta = emptied(meta)
    borders = checked_divisions(divisions, len(parts))
    values = [CollectionExpr(f"delayed-{tokenize(part)}", part) for part in parts]
    token = tokenize([value.name for value in values], meta, borders, verify_meta)
    call: Callable[[Any], Any] = Verify(meta) if verify_meta else itself
    return new_collection(OfValues(f"{prefix}-{token}", meta, borders, values, call))


def without_rows(value: Any) -> Any:
    """Return a frame, series or index without its rows; other values as they are."""
    return emptied(value) if isinstance(value, pd.DataFrame | pd.Series | pd.Index) else value

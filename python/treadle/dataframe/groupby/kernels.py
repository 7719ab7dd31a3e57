"""Aggregations of groups in three steps, for one partition, a few partial results, and the end.

::

    partition --chunk--> Partial --\\
    partition --chunk--> Partial ---- combine --> Partial -- finish --> what pandas returns
    partition --chunk--> Partial --/  (any tree)

`plan_agg` makes an `AggPlan` of what pandas' ``agg`` takes. A plan is small and can be pickled; it
knows the columns it reads (``columns``) and whether partial results stay as large as the data
(``holistic``: medians, quantiles, functions of the user), so that a shuffle that brings whole
groups together is the better way; ``plan.whole`` then finishes a partition alone.

A result equals that of pandas for the whole frame: values, dtypes, index, names, order of groups.

>>> import pandas as pd
>>> frame = pd.DataFrame({"day": ["sat", "sun", "sat"], "delay": [4, 0, 8]})
>>> plan = plan_agg(frame.iloc[:0], ["day"], {"delay": ["mean", "max"]})
>>> plan.finish(plan.combine([plan.chunk(frame[:2]), plan.chunk(frame[2:])]))
    delay    
     mean max
day          
sat   6.0   8
sun   0.0   0
"""  # noqa: W291

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.groupby.finish import Finish, Kept, Mean, Ready
from treadle.dataframe.groupby.keys import Aligned, Rows, key_columns, number_groups, stack
from treadle.dataframe.groupby.methods import Needs, how_to
from treadle.dataframe.groupby.parts import Part, Reduced, State, as_float, reduce_all
from treadle.dataframe.groupby.spec import Grouping, is_label, read_spec


@dataclass
class Partial:
    """What is known of groups: their keys, columns in the same order, tables that point to them."""

    keys: pd.DataFrame
    values: pd.DataFrame
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.keys)


@dataclass(frozen=True)
class AggPlan:
    """How groups are aggregated: see `plan_agg`."""

    grouping: Grouping
    names: tuple[Hashable, ...]
    parts: tuple[Part, ...]
    finishes: tuple[Finish, ...]
    #: Columns of the partition by the names that parts know them by: as they are, and as floats.
    raw: Mapping[str, Hashable]
    floats: Mapping[str, Hashable]
    #: The name that parts know the index's labels by, if any part wants them.
    labels: str | None
    template: Any
    indexed: Any
    #: Whether partial results grow with rows, not with groups.
    holistic: bool

    @property
    def columns(self) -> list[Hashable]:
        """Labels of columns that a partition must have."""
        keys = [key for key in self.grouping.by if is_label(key)]
        return list(dict.fromkeys([*keys, *self.raw.values(), *self.floats.values()]))

    @property
    def meta(self) -> Any:
        """The result without rows."""
        dtypes = [finish.dtype if isinstance(finish, Mean) else None for finish in self.finishes]
        # Sums of short integers are as short only if all of them fit: nobody knows before.
        dtypes = [
            np.result_type(finish.short, np.int64 if finish.short.kind == "i" else np.uint64)
            if isinstance(finish, Kept) and finish.short is not None
            else dtype
            for finish, dtype in zip(self.finishes, dtypes, strict=True)
        ]
        return with_dtypes(self.template.iloc[:0], dtypes)

    def chunk(self, part: pd.DataFrame | pd.Series, *beside: pd.Series) -> Partial:
        """Aggregate one partition; ``beside`` are the keys that are no columns of it."""
        frame = as_frame(part)
        keys = key_columns(frame, self.grouping.by, beside)
        groups = number_groups(keys, dropna=self.grouping.dropna, sort=self.grouping.sort)
        columns: dict[Any, Any] = {name: frame[label].array for name, label in self.raw.items()}

        for name, label in self.floats.items():
            columns[name] = as_float(frame[label])
        if self.labels is not None:
            index = frame.index
            columns[self.labels] = index.to_flat_index() if index.nlevels > 1 else index.array
        rows = Rows(
            pd.DataFrame(columns, index=frame.index, copy=False),
            groups.codes,
            groups.count,
            groups.sizes,
        )
        state = State()
        for batch in batches(self.parts):
            if isinstance(batch[0], Reduced):
                reduce_all(batch, [part.column for part in batch], rows, state)  # type: ignore[arg-type,attr-defined]
            else:
                batch[0].chunk(rows, state)
        return partial_of(groups.keys, state)

    def combine(self, partials: Sequence[Partial]) -> Partial:
        """Make one partial result of a few, in the order of their rows."""
        if len(partials) == 1:
            return partials[0]
        keys = stack([partial.keys for partial in partials])
        groups = number_groups(
            [keys[column] for column in keys], dropna=False, sort=self.grouping.sort
        )
        values = stack([partial.values for partial in partials])
        tables = stack_tables(partials, groups.codes)
        state = self._combined(values, groups.codes, groups.count, tables)
        return partial_of(groups.keys, state)

    def finish(self, partial: Partial) -> Any:
        """Return the result of a partial result that holds everything."""
        index, places = final_groups(partial.keys, self.names, self.grouping)
        count = len(index)
        if (places < 0).any():
            # Groups without rows, for categories that nothing was observed of: pandas' own
            # reductions say what is known of nothing, and what that does to a dtype.
            renumber = np.empty(len(partial), dtype=np.int64)
            renumber[places[places >= 0]] = np.flatnonzero(places >= 0)
            tables = {n: renumbered(table, renumber) for n, table in partial.tables.items()}
            state = self._combined(partial.values, renumber, count, tables)
            ready = Ready(state.columns, state.tables, count)
        elif count == len(partial) and (places == np.arange(count)).all():
            kept = {str(name): column.array for name, column in partial.values.items()}
            ready = Ready(kept, partial.tables, count)
        else:
            renumber = np.full(len(partial), -1, dtype=np.int64)
            renumber[places] = np.arange(count)
            values = partial.values.take(places)
            tables = {n: renumbered(table, renumber) for n, table in partial.tables.items()}
            ready = Ready(
                {str(name): column.array for name, column in values.items()}, tables, count
            )
        return self.dressed([finish(ready) for finish in self.finishes], index)

    def settled(self, partial: Partial) -> Partial:
        """Return a partial result whose values are the result's columns, groups in any order."""
        kept = {str(name): column.array for name, column in partial.values.items()}
        ready = Ready(kept, partial.tables, len(partial))
        columns = {n: pd.Series(finish(ready)).array for n, finish in enumerate(self.finishes)}
        values = pd.DataFrame(columns, index=partial.keys.index, copy=False)
        return Partial(partial.keys, values)

    def aggregate(self, partials: Sequence[Partial]) -> Any:
        """Combine, and finish."""
        return self.finish(self.combine(partials))

    def whole(self, part: pd.DataFrame | pd.Series, *beside: pd.Series) -> Any:
        """Return the result for a partition whose groups have all their rows in it."""
        return self.finish(self.chunk(part, *beside))

    def _combined(
        self, values: pd.DataFrame, codes: Any, count: int, tables: dict[str, pd.DataFrame]
    ) -> State:
        rows = Rows(values, codes, count)
        state = State(tables=tables)
        for batch in batches(self.parts):
            if isinstance(batch[0], Reduced):
                reduce_all(batch, [part.name for part in batch], rows, state)  # type: ignore[arg-type]
            else:
                batch[0].combine(rows, state)
        return state

    def dressed(self, columns: list[Any], index: pd.Index) -> Any:
        """Return the result of its columns and the index of groups."""
        if self.indexed.ndim == 1 and self.grouping.as_index:
            return pd.Series(columns[0], index=index, name=self.indexed.name, copy=False)
        if self.grouping.as_index:
            frame = pd.DataFrame(dict(enumerate(columns)), index=index, copy=False)
            return frame.set_axis(self.indexed.columns, axis=1)
        keys = [index.get_level_values(level).array for level in range(index.nlevels)]
        wanted = [*keys, *columns][-self.template.shape[1] :]
        plain = [getattr(column, "array", column) for column in wanted]
        frame = pd.DataFrame(dict(enumerate(plain)), index=range(len(index)), copy=False)
        return frame.set_axis(self.template.columns, axis=1)


def with_dtypes(meta: Any, dtypes: Sequence[Any]) -> Any:
    """Return a result without rows whose last columns have other dtypes; None keeps one."""
    if meta.ndim == 1:
        return meta if dtypes[0] is None else meta.astype(dtypes[0])
    start = meta.shape[1] - len(dtypes)
    changed = {n: dtype for n, dtype in enumerate(dtypes, start) if dtype is not None}
    return (
        meta.set_axis(range(meta.shape[1]), axis=1).astype(changed).set_axis(meta.columns, axis=1)
    )


def plan_agg(
    meta: pd.DataFrame | pd.Series,
    by: Sequence[Any],
    spec: Any = None,
    *args: Any,
    sort: bool = True,
    dropna: bool = True,
    observed: bool = True,
    as_index: bool = True,
    selection: Any = None,
    options: Mapping[str, Any] | None = None,
    **more: Any,
) -> AggPlan:
    """Plan an aggregation of groups.

    Parameters
    ----------
    meta : DataFrame or Series
        The frame to be grouped, without rows; rows it has are not looked at.
    by : sequence
        Keys: labels of columns (or of levels of the index), `Level`, functions of the index's
        labels, and metas of series that will come beside each partition, in this order.
    spec : str, callable, Aggregation, list or dict, optional
        What pandas' ``agg`` takes. Without it keywords name the results:
        ``longest=("delay", "max")``.
    *args, **more
        Go to the functions, as in pandas.
    options : dict, optional
        More of those, for names that are taken here: ``{"dropna": False}`` for ``nunique``.
    selection : label or list of labels, optional
        Aggregated columns: what stands in brackets after ``groupby``.

    Raises
    ------
    KeyError, TypeError, pandas.errors.SpecificationError
        What pandas raises for the same request.

    Examples
    --------
    >>> frame = pd.DataFrame({"k": [1, 2, 1], "x": [3.0, 4.0, 5.0]})
    >>> plan = plan_agg(frame, ["k"], "mean", selection="x")
    >>> plan.columns, plan.holistic
    (['k', 'x'], False)
    >>> plan.whole(frame)
    k
    1    4.0
    2    4.0
    Name: x, dtype: float64
    """
    grouping = read_grouping(by, sort, dropna, observed, as_index, selection)
    options = {**(options or {}), **more}
    frame = as_frame(meta)
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise ValueError(f"column {twice!r} is there twice; rename one of them before grouping")
    asked = read_spec(meta, grouping, spec, args, options)
    needs = Needs(frame)
    dtypes = [asked.indexed.dtype] if asked.indexed.ndim == 1 else list(asked.indexed.dtypes)
    finishes = tuple(
        how_to(request, needs, dtype) for request, dtype in zip(asked.requests, dtypes, strict=True)
    )
    return AggPlan(
        grouping, key_names(frame, grouping), tuple(needs.parts), finishes,
        needs.raw, needs.floats, needs.labels, asked.template, asked.indexed, needs.holistic,
    )  # fmt: skip


def read_grouping(
    by: Sequence[Any],
    sort: bool = True,
    dropna: bool = True,
    observed: bool = True,
    as_index: bool = True,
    selection: Any = None,
) -> Grouping:
    """Return how rows are grouped; series among the keys are metas of those that come beside."""
    beside = tuple(key for key in by if isinstance(key, pd.Series))
    keys: list[Any] = []
    for key in by:
        if isinstance(key, pd.Series):
            keys.append(Aligned(sum(isinstance(known, Aligned) for known in keys)))
        else:
            keys.append(key)
    return Grouping(tuple(keys), sort, dropna, observed, as_index, selection, beside)


def as_frame(part: pd.DataFrame | pd.Series) -> pd.DataFrame:
    """Return a frame; a series becomes its one column, called as the series is."""
    if isinstance(part, pd.Series):
        return pd.DataFrame({0: part}).set_axis([part.name], axis=1)
    return part


def key_names(frame: pd.DataFrame, grouping: Grouping) -> tuple[Hashable, ...]:
    """Return what the levels of a result's index are called."""
    plain = frame.iloc[:0]
    names: list[Hashable] = []
    for key in grouping.by:
        if callable(key):
            names.append(None)
        elif isinstance(key, Aligned):
            names.append(grouping.beside[key.place].name)
        else:
            names.append(key_columns(plain, [key], ())[0].name)
    return tuple(names)


def partial_of(keys: pd.DataFrame, state: State) -> Partial:
    """Return a partial result with the columns of a state."""
    values = pd.DataFrame(state.columns, index=pd.RangeIndex(len(keys)), copy=False)
    return Partial(keys, values, state.tables)


def batches(parts: Sequence[Part]) -> list[list[Part]]:
    """Put parts together that one call of pandas computes."""

    def method(part: Part) -> str:
        return f"{part.method}{part.options}" if isinstance(part, Reduced) else f"|{part.name}"

    return [list(batch) for _, batch in groupby(sorted(parts, key=method), key=method)]


def renumbered(table: pd.DataFrame, numbers: np.ndarray[Any, Any]) -> pd.DataFrame:
    """Return a table that points to groups by their new numbers."""
    return table.assign(group=numbers[table["group"].to_numpy()])


def stack_tables(partials: Sequence[Partial], codes: Any) -> dict[str, pd.DataFrame]:
    """Stack tables of partial results; ``codes`` number their groups, one after the other."""
    names = dict.fromkeys(name for partial in partials for name in partial.tables)
    starts = np.cumsum([0, *(len(partial) for partial in partials)])
    return {
        name: stack(
            [
                renumbered(partial.tables[name], codes[start : start + len(partial)])
                for start, partial in zip(starts, partials, strict=False)
            ],
            keep_index=True,
        )
        for name in names
    }


def final_groups(
    keys: pd.DataFrame, names: Sequence[Hashable], grouping: Grouping
) -> tuple[pd.Index, np.ndarray[Any, Any]]:
    """Return the index of a result, and which group each of its labels is (-1: none)."""
    columns: Any = [keys[place].set_axis(keys.index) for place in range(len(names))]
    for column, name in zip(columns, names, strict=True):
        column.name = name
    numbers = pd.Series(np.arange(len(keys))).groupby(
        columns, sort=grouping.sort, observed=grouping.observed, dropna=grouping.dropna
    )
    places = numbers.first()
    return places.index, places.fillna(-1).to_numpy(dtype=np.int64)

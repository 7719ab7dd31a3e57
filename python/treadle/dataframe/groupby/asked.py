"""What was asked of ``groupby``: a frame, its keys, and the options.

A key is the label of a column, or a series that corresponds to the frame: levels of the index,
functions of its labels and series of the user all become such series.

>>> import pandas as pd
>>> import treadle.dataframe as dd
>>> df = dd.from_pandas(pd.DataFrame({"k": [1, 2], "x": [3, 4]}), npartitions=1)
>>> groups = read_by(df.expr, ["k", df.x > 3], None)
>>> groups.labels, [series.meta.dtype for series in groups.beside]
(['k'], [dtype('bool')])
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.build import aligned, emptied, new_collection, partwise
from treadle.dataframe.expr import Columns, FrameExpr, Projection
from treadle.dataframe.first_rows import first_rows
from treadle.dataframe.frame import FrameCollection
from treadle.dataframe.groupby.kernels import as_frame, read_grouping
from treadle.dataframe.groupby.keys import Level, key_columns
from treadle.dataframe.groupby.spec import Grouping, value_columns


@dataclass(frozen=True)
class Groups:
    """A frame or series, and how its rows are grouped."""

    frame: FrameExpr
    #: Labels of columns, and expressions of series that correspond to the frame.
    keys: tuple[Any, ...]
    sort: bool = True
    dropna: bool = True
    observed: bool = True
    as_index: bool = True
    group_keys: bool = True
    selection: Any = None
    #: Whether keys were given as a list: then a group is named by a tuple.
    listed: bool = False

    @property
    def labels(self) -> list[Any]:
        """Keys that are columns."""
        return [key for key in self.keys if not isinstance(key, FrameExpr)]

    @property
    def beside(self) -> list[FrameExpr]:
        """Keys that are series."""
        return [key for key in self.keys if isinstance(key, FrameExpr)]

    @property
    def inputs(self) -> tuple[FrameExpr, ...]:
        """The frame, and the series beside it."""
        return (self.frame, *self.beside)

    @property
    def by(self) -> list[Any]:
        """Keys as plans take them: series by their metas."""
        return [key.meta if isinstance(key, FrameExpr) else key for key in self.keys]

    @property
    def grouping(self) -> Grouping:
        """Keys and options as kernels take them."""
        return read_grouping(
            self.by, self.sort, self.dropna, self.observed, self.as_index, self.selection
        )

    @property
    def options(self) -> dict[str, Any]:
        """Options of every plan."""
        return {
            "sort": self.sort, "dropna": self.dropna, "observed": self.observed,
            "selection": self.selection,
        }  # fmt: skip

    @property
    def token(self) -> list[Any]:
        """Stands for all of it in names."""
        keys = [("beside", k.name) if isinstance(k, FrameExpr) else k for k in self.keys]
        options = [self.sort, self.dropna, self.observed, self.as_index, self.group_keys]
        return [self.frame.name, keys, options, self.selection]

    @property
    def values(self) -> FrameExpr:
        """The columns that are selected, rows as they are; all columns without a selection."""
        if self.selection is None or self.frame.meta.ndim == 1:
            return self.frame
        return Projection(self.frame, self.selection)

    @property
    def series_of_keys(self) -> list[FrameExpr]:
        """A series for each key."""
        return [
            key if isinstance(key, FrameExpr) else Projection(self.frame, key) for key in self.keys
        ]

    @property
    def has_categories(self) -> bool:
        """Whether groups may be asked for that no row belongs to."""
        return any(isinstance(key.meta.dtype, pd.CategoricalDtype) for key in self.series_of_keys)

    def reads(self, columns: Columns | None) -> tuple[Columns | None, ...]:
        """Return the columns read of each input, if these are read of the frame."""
        if columns is None or self.frame.meta.ndim == 1:
            return (None,) * len(self.inputs)
        own = set(columns)
        mine = [label for label in self.frame.meta.columns if label in own]
        return (mine, *(None for _ in self.beside))

    @property
    def columns(self) -> Columns | None:
        """Columns that have to be there for what is selected; None for all, or for a series."""
        if self.frame.meta.ndim == 1 or self.selection is None:
            return None
        return list(dict.fromkeys([*self.labels, *value_columns(self.frame.meta, self.grouping)]))

    def select(self, selection: Any) -> Groups:
        """Return the groups of some columns, or of one.

        Raises
        ------
        KeyError
            If there is no such column.
        """
        columns = self.frame.meta.columns
        wanted = selection if isinstance(selection, list) else [selection]
        lost = [label for label in wanted if label not in columns]
        if lost:
            raise KeyError(f"Columns not found: {', '.join(map(repr, lost))}")
        return replace(self, selection=selection)

    def with_numbers_only(self) -> Groups:
        """Return the groups with those of the selected columns that are numbers or truths."""
        if self.frame.meta.ndim == 1 or not (
            self.selection is None or isinstance(self.selection, list)
        ):
            return self
        dtypes = self.frame.meta.dtypes
        kept = [
            label
            for label in value_columns(self.frame.meta, self.grouping)
            if pd.api.types.is_numeric_dtype(dtypes[label])
            or pd.api.types.is_bool_dtype(dtypes[label])
        ]
        return replace(self, selection=kept)


def read_by(frame: FrameExpr, by: Any, level: Any, **options: Any) -> Groups:
    """Return the groups that the arguments of ``groupby`` stand for.

    Raises
    ------
    KeyError, TypeError, ValueError
        As pandas raises them.
    NotImplementedError
        For keys that have no meaning over partitions.
    """
    if by is None and level is None:
        raise TypeError("You have to supply one of 'by' and 'level'")
    if level is not None:
        if by is not None:
            raise ValueError("give either 'by' or 'level'; put names of levels into 'by' instead")
        listed = isinstance(level, list | tuple)
        keys = [_level(frame, item) for item in (level if listed else [level])]
    else:
        listed = isinstance(by, list)
        keys = [_key(frame, key) for key in (by if listed else [by])]
    if not keys:
        raise ValueError("No group keys passed!")
    beside = [key for key in keys if isinstance(key, FrameExpr)]
    found = iter(aligned([frame, *beside]))
    frame = next(found)
    keys = [next(found) if isinstance(key, FrameExpr) else key for key in keys]
    return Groups(frame, tuple(keys), listed=listed, **options)


def _key(frame: FrameExpr, key: Any) -> Any:
    if isinstance(key, FrameCollection):
        expr = key.expr
        if isinstance(expr.meta, pd.Index):
            return _partwise_series("groupby-key", IndexValues(), frame, expr)
        if not isinstance(expr.meta, pd.Series):
            raise TypeError(
                f"a key of groupby is one column, not a {type(key).__name__}; give their labels"
            )
        if isinstance(expr, Projection) and not isinstance(expr.wanted, list):
            own = expr.inputs[0].name == frame.name and frame.meta.ndim == 2
            return expr.wanted if own else expr
        return expr
    if isinstance(key, pd.Series | pd.Index | np.ndarray | pd.api.extensions.ExtensionArray):
        raise TypeError(
            f"a key in memory ({type(key).__name__}) can't be matched with partitions; put it into "
            "partitions by from_pandas, or join it as a column first"
        )
    if isinstance(key, pd.Grouper):
        raise NotImplementedError(
            "groupby takes no pandas.Grouper: group by a column made of the key, such as "
            "df.time.dt.floor('1h'), or use resample for an index of times"
        )
    if isinstance(key, Mapping):
        return _function(frame, OfMapping(dict(key)))
    if callable(key):
        return _function(frame, key)
    if frame.meta.ndim == 2 and key in frame.meta.columns:
        if key in frame.meta.index.names:
            raise ValueError(
                f"{key!r} is both an index level and a column label, which is ambiguous."
            )
        return key
    if key is not None and key in frame.meta.index.names:
        return _level(frame, key)
    raise KeyError(key)


def _level(frame: FrameExpr, level: Any) -> FrameExpr:
    index = frame.meta.index
    if isinstance(index, pd.MultiIndex):
        index._get_level_number(level)  # type: ignore[attr-defined]
    elif level not in (0, -1) and level != index.name:
        raise ValueError(f"level name {level} is not the name of the index")
    return _partwise_series("groupby-level", LevelValues(level), frame)


def _partwise_series(
    label: str, func: Callable[..., Any], *frames: Any, **options: Any
) -> FrameExpr:
    first = frames[0]
    reads: list[Columns | None] = [
        [] if first.meta.ndim == 2 else None,
        *(None for _ in frames[1:]),
    ]
    made: FrameExpr = partwise(label, func, *frames, rowwise=True, reads=reads, **options).expr
    return made


def _function(frame: FrameExpr, func: Callable[[Any], Any]) -> FrameExpr:
    """A key that is a function of labels; run on the first rows for the dtype of what it makes."""
    rows = first_rows(_partwise_series("index", no_columns, frame))
    made = LabelValues(func, None)(rows)
    meta = emptied(made).set_axis(frame.meta.index)
    return _partwise_series("groupby-key", LabelValues(func, meta), frame, meta=meta)


def no_columns(part: Any) -> pd.DataFrame:
    """Return a frame with the labels of rows alone."""
    return pd.DataFrame(index=part.index)


@dataclass(frozen=True, eq=False)
class LevelValues:
    """A level of the index as a series."""

    level: Any

    def __call__(self, part: Any) -> pd.Series:
        return key_columns(part, [Level(self.level)], ())[0]


@dataclass(frozen=True, eq=False)
class IndexValues:
    """An index as a series of the frame's rows."""

    def __call__(self, part: Any, values: pd.Index) -> pd.Series:
        return pd.Series(values, index=part.index, name=values.name)


@dataclass(frozen=True, eq=False)
class LabelValues:
    """A function of the index's labels as a series."""

    func: Callable[[Any], Any]
    #: What it makes of no rows.
    meta: pd.Series | None

    def __call__(self, part: Any) -> pd.Series:
        if not len(part) and self.meta is not None:
            return self.meta.set_axis(part.index)
        return key_columns(as_frame(part), [self.func], ())[0]


@dataclass(frozen=True, eq=False)
class OfMapping:
    """Looks labels up; those that are not there belong to no group."""

    known: Mapping[Any, Any]

    def __call__(self, label: Any) -> Any:
        return self.known.get(label, np.nan)


def collection(expr: FrameExpr) -> Any:
    """Return the collection of an expression."""
    return new_collection(expr)

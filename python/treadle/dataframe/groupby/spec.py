"""What was asked of groups: one request for each column of the result, and the result's frame.

Which columns a result has, what they are called and which requests are wrong is pandas' own answer:
it is asked with one made-up row. Functions of the user are not called for that: others stand in.

>>> import pandas as pd
>>> meta = pd.DataFrame({"k": [1], "x": [1.0], "y": [1]}).iloc[:0]
>>> asked = read_spec(meta, Grouping(("k",)), {"x": ["sum", "mean"], "y": "max"})
>>> [(request.column, request.func) for request in asked.requests]
[('x', 'sum'), ('x', 'mean'), ('y', 'max')]
>>> asked.template.columns.to_list()
[('x', 'sum'), ('x', 'mean'), ('y', 'max')]
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pandas as pd

from treadle.dataframe.groupby.custom import Aggregation
from treadle.dataframe.groupby.keys import Aligned, Level
from treadle.dataframe.one_row import one_row


@dataclass(frozen=True)
class Grouping:
    """How rows are grouped: the keys and the options of pandas' ``groupby``."""

    #: Labels of columns, `Level`, `Aligned`, functions of the index's labels.
    by: tuple[Any, ...]
    sort: bool = True
    dropna: bool = True
    observed: bool = True
    as_index: bool = True
    #: Selected columns: a list of labels, one label, or nothing for all that are no keys.
    selection: Any = None
    #: Metas of the series that come beside the frame.
    beside: tuple[pd.Series, ...] = ()


@dataclass(frozen=True)
class Request:
    """One column of the result: a function of one column of the frame."""

    column: Hashable
    #: A name that pandas knows, a callable, or an `Aggregation`.
    func: Any
    args: tuple[Any, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """All requests, and what pandas makes of them for one made-up row."""

    requests: tuple[Request, ...]
    template: Any
    #: The template with keys as the index, whatever was asked.
    indexed: Any


def read_spec(
    meta: pd.DataFrame | pd.Series,
    grouping: Grouping,
    spec: Any = None,
    args: tuple[Any, ...] = (),
    options: Mapping[str, Any] | None = None,
) -> Asked:
    """Return the requests that an argument of ``agg`` stands for.

    Parameters
    ----------
    spec : str, callable, Aggregation, list, dict or None
        As for pandas' ``agg``; None with named aggregations in ``options``.

    Raises
    ------
    KeyError, TypeError, pandas.errors.SpecificationError
        What pandas raises for the same request.
    """
    options = dict(options or {})
    template = _ask_pandas(meta, grouping, spec, args, options)
    indexed = template
    if not grouping.as_index:
        indexed = _ask_pandas(meta, grouping, spec, args, options, as_index=True)
    requests = tuple(_requests(meta, grouping, spec, args, options, indexed))
    return Asked(requests, template, indexed)


def _requests(
    meta: Any,
    grouping: Grouping,
    spec: Any,
    args: tuple[Any, ...],
    options: dict[str, Any],
    indexed: Any,
) -> Iterator[Request]:
    if spec is None:
        for named in options.values():
            if isinstance(named, pd.NamedAgg):
                more, keywords = getattr(named, "args", ()), getattr(named, "kwargs", {})
                yield Request(named.column, named.aggfunc, tuple(more), dict(keywords))
            elif isinstance(named, tuple) and meta.ndim == 2:
                yield Request(named[0], named[1])
            else:
                yield Request(_the_column(meta, grouping), named)
    elif isinstance(spec, Mapping):
        for column, funcs in spec.items():
            for func in _listed(funcs):
                yield Request(column, func, args, options)
    elif isinstance(spec, list | tuple):
        for column in value_columns(meta, grouping):
            for func in _listed(spec):
                yield Request(column, func, args, options)
    elif indexed.ndim == 1:
        column = None if spec == "size" else _the_column(meta, grouping)
        if isinstance(spec, str):
            options.pop("numeric_only", None)
        yield Request(column, spec, args, options)
    else:
        options.pop("numeric_only", None)
        for column in indexed.columns:
            yield Request(column, spec, args, options)


def _listed(funcs: Any) -> list[Any]:
    """Functions of a list, without the names that pairs give them."""
    if not isinstance(funcs, list | tuple):
        return [funcs]
    return [func[1] if isinstance(func, tuple) else func for func in funcs]


def value_columns(meta: pd.DataFrame | pd.Series, grouping: Grouping) -> list[Hashable]:
    """Return the labels of columns that are aggregated."""
    if isinstance(meta, pd.Series):
        return [meta.name]
    if isinstance(grouping.selection, list):
        return list(grouping.selection)
    if grouping.selection is not None:
        return [grouping.selection]
    keys = {key for key in grouping.by if is_label(key)}
    return [column for column in meta.columns if column not in keys]


def is_label(key: Any) -> bool:
    """Whether a key is the label of a column or, without one, of a level of the index."""
    return not isinstance(key, Level | Aligned) and not callable(key)


def _the_column(meta: Any, grouping: Grouping) -> Hashable:
    (column,) = value_columns(meta, grouping)
    return column


def _ask_pandas(
    meta: Any,
    grouping: Grouping,
    spec: Any,
    args: tuple[Any, ...],
    options: dict[str, Any],
    as_index: bool | None = None,
) -> Any:
    groups = _one_group(meta, grouping, grouping.as_index if as_index is None else as_index)
    if spec is None:
        return groups.agg(**{name: _stand_in_pair(named) for name, named in options.items()})
    if isinstance(spec, str):
        method = getattr(groups, spec, None)
        if method is None:
            return groups.agg(spec)  # raises
        # One made-up row has too few values for more than one of them.
        options = {key: value for key, value in options.items() if key != "min_count"}
        return method(*args, **options)
    return groups.agg(_stand_in(spec), *args, **options)


def _one_group(meta: Any, grouping: Grouping, as_index: bool) -> Any:
    row = one_row(meta)
    keys: list[Any] = []
    for key in grouping.by:
        if isinstance(key, Aligned):
            keys.append(one_row(grouping.beside[key.place]).set_axis(row.index))
        elif isinstance(key, Level):
            name = row.index.names[key.level] if isinstance(key.level, int) else key.level
            keys.append(pd.Series(row.index.get_level_values(key.level), row.index, name=name))
        elif callable(key):
            keys.append(pd.Series([0], row.index))
        else:
            keys.append(key)
    series = meta.ndim == 1
    groups = row.groupby(keys, observed=True, **({} if series else {"as_index": as_index}))
    if grouping.selection is not None and not series:
        groups = groups[grouping.selection]
    return groups


def _stand_in_pair(named: Any) -> Any:
    if isinstance(named, pd.NamedAgg):
        more, keywords = getattr(named, "args", ()), getattr(named, "kwargs", {})
        return pd.NamedAgg(named.column, _stand_in(named.aggfunc), *more, **keywords)
    if isinstance(named, tuple):
        return (named[0], _stand_in(named[1]))
    return _stand_in(named)


def _stand_in(spec: Any) -> Any:
    """Replace a user's functions: their names make the result's columns, their code stays unrun."""
    if isinstance(spec, Mapping):
        return {column: _stand_in(funcs) for column, funcs in spec.items()}
    if isinstance(spec, list):
        if any(isinstance(func, tuple) for func in spec):
            # Beside pairs, pandas calls a function's column by the function itself.
            return [_stand_in_pair(f if not callable(f) else (f, f)) for f in spec]
        return [_stand_in_pair(func) for func in spec]
    if not callable(spec) and not isinstance(spec, Aggregation):
        return spec

    def missing(values: Any, *args: Any, **options: Any) -> float:
        return float("nan")

    missing.__name__ = function_name(spec)
    return missing


def function_name(func: Any) -> str:
    """Return the name that pandas gives a function's column."""
    while isinstance(func, partial):
        func = func.func
    return getattr(func, "__name__", type(func).__name__)

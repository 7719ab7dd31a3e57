"""Rows made of values, and columns made of categories."""

from __future__ import annotations

from typing import Any

import pandas as pd

from treadle.dataframe.build import NO_DEFAULT, meta_from, partwise
from treadle.dataframe.calls import Method
from treadle.dataframe.elementwise.categories import is_text
from treadle.dataframe.elementwise.rows import RowCall, rowwise
from treadle.dataframe.expr import Columns, FrameExpr, Partwise
from treadle.dataframe.frame import FrameCollection
from treadle.dataframe.one_row import one_row
from treadle.graph.program import Reg
from treadle.graph.tokenize import tokenize


class Explode(Partwise):
    """A row for each element of the lists in some columns.

    These columns are needed for the number of rows, whatever columns are wanted.
    """

    __slots__ = ("lists",)

    def __init__(self, frame: FrameExpr, lists: Any):
        super().__init__(
            f"explode-{tokenize('explode', frame.name, lists)}",
            meta_from(Method("explode"), frame.meta, lists), frame.divisions, (frame,),
            Method("explode"), (Reg(0), lists), layout=frame.layout,
        )  # fmt: skip
        self.lists = lists if isinstance(lists, list) else [lists]

    @property
    def passes_columns(self) -> bool:  # type: ignore[override]
        return True

    def needs(self) -> list[Columns | None]:
        return [self.columns]

    def narrow(self, columns: Columns) -> FrameExpr:
        return self if self.columns is None else self._narrowed([*columns, *self.lists])

    def describe(self) -> str:
        return f"explode {', '.join(map(str, self.lists))}"


def exploded(frame: Any, column: Any, ignore_index: bool) -> Any:
    """Return a frame or series with a row for each element of lists."""
    from treadle.dataframe.build import new_collection

    if ignore_index:
        raise NotImplementedError(
            "explode(ignore_index=True) would number rows across partitions; "
            "use reset_index(drop=True) after it"
        )
    if frame.ndim == 1:
        return partwise("explode", Method("explode"), frame)
    if isinstance(column, tuple) and column not in frame._meta.columns:
        column = list(column)
    return new_collection(Explode(frame.expr, column))


def melted(frame: Any, **options: Any) -> Any:
    """Return a frame with a row for each value of some columns."""
    if options.pop("col_level") is not None:
        raise NotImplementedError("melt(col_level=...): give the columns one level first")
    options = {name: value for name, value in options.items() if value is not None}
    given = [options.get("id_vars", []), options.get("value_vars")]
    reads = None
    if given[1] is not None:
        reads = [[label for item in given for label in _labels(item)]]
        _check_columns(frame, reads[0])
    meta = meta_from(Method("melt"), one_row(frame._meta), **options)
    return partwise(
        "melt", Method("melt"), frame, kwargs=options, meta=meta, divisions=None, reads=reads
    )


def melt(
    frame: Any,
    id_vars: Any = None,
    value_vars: Any = None,
    var_name: Any = None,
    value_name: Any = "value",
    col_level: Any = None,
) -> Any:
    """Make a row of each value of some columns; see :meth:`DataFrame.melt`.

    Parameters
    ----------
    frame : DataFrame
    id_vars, value_vars, var_name, value_name, col_level
        As of :func:`pandas.melt`.

    Examples
    --------
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> df = dd.from_pandas(pd.DataFrame({"k": ["a"], "x": [1], "y": [2]}), npartitions=1)
    >>> dd.melt(df, id_vars="k").compute().value.tolist()
    [1, 2]
    """
    return frame.melt(id_vars, value_vars, var_name, value_name, col_level)


def stacked(frame: Any, level: Any, dropna: Any, sort: Any, future_stack: bool) -> Any:
    """Return a row for each value, under the label of its row and that of its column."""
    if not future_stack or dropna not in (True, NO_DEFAULT) or sort not in (True, NO_DEFAULT):
        raise NotImplementedError(
            "stack() does what pandas does with future_stack=True: use dropna() and sort_index() "
            "after it"
        )
    options = {"level": level, "future_stack": True}
    meta = meta_from(Method("stack"), one_row(frame._meta), **options)
    return partwise("stack", Method("stack"), frame, kwargs=options, meta=meta, divisions=None)


def _labels(item: Any) -> list[Any]:
    return list(item) if isinstance(item, list | tuple | pd.Index) else [item]


def _check_columns(frame: Any, labels: list[Any]) -> None:
    missing = [label for label in labels if label not in frame._meta.columns]
    if missing:
        raise KeyError(f"{missing} are no columns of the frame")


class GetDummies(RowCall):
    """``get_dummies`` of a partition."""

    __slots__ = ("options",)

    def __init__(self, options: dict[str, Any]):
        self.options = options

    def __call__(self, part: Any) -> Any:
        return pd.get_dummies(part, **self.options)


def get_dummies(
    data: Any,
    prefix: Any = None,
    prefix_sep: Any = "_",
    dummy_na: bool = False,
    columns: Any = None,
    sparse: bool = False,
    drop_first: bool = False,
    dtype: Any = None,
) -> Any:
    """Return a column for each category, true where a row is of it.

    Parameters
    ----------
    data : DataFrame or Series
        What is encoded has to be categorical, of known categories.
    prefix, prefix_sep, dummy_na, columns, sparse, drop_first, dtype
        As of :func:`pandas.get_dummies`.

    Raises
    ------
    NotImplementedError
        If categories are not known, since columns have to be: ``categorize()`` finds them.

    Examples
    --------
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> s = dd.from_pandas(pd.Series(["a", "b"], dtype="category"), npartitions=2)
    >>> list(dd.get_dummies(s).columns)
    ['a', 'b']
    """
    options = {
        "prefix": prefix, "prefix_sep": prefix_sep, "dummy_na": dummy_na, "sparse": sparse,
        "drop_first": drop_first, "dtype": dtype,
    }  # fmt: skip
    if not isinstance(data, FrameCollection):
        return pd.get_dummies(data, columns=columns, **options)
    meta = data._meta
    if data.ndim == 1:
        _check_encoded("the series", meta.dtype)
        return rowwise("get_dummies", GetDummies(options), data)
    if columns is None:
        encoded = [
            label
            for label, dtype in meta.dtypes.items()
            if is_text(dtype) or isinstance(dtype, pd.CategoricalDtype)
        ]
    else:
        encoded = _labels(columns)
        _check_columns(data, encoded)
    for label in encoded:
        _check_encoded(f"column {label!r}", meta[label].dtype)
    return rowwise("get_dummies", GetDummies({**options, "columns": encoded}), data)


def _check_encoded(what: str, dtype: Any) -> None:
    if not isinstance(dtype, pd.CategoricalDtype):
        raise NotImplementedError(
            f"get_dummies() makes a column for each category, and {what} is {dtype}: use "
            "categorize() first, or astype() with the categories"
        )
    if not len(dtype.categories):
        raise NotImplementedError(
            f"get_dummies() makes a column for each category, and those of {what} are not known: "
            "use categorize(), or .cat.as_known(), first"
        )

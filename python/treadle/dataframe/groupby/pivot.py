"""Pivot tables: a row for each value of one column, a column for each category of another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from treadle.dataframe.build import partwise

AGGREGATIONS = ("mean", "sum", "count", "first", "last", "list", "min", "max", "size")


def pivot_table(
    df: Any,
    values: Any = None,
    index: Any = None,
    columns: Any = None,
    aggfunc: str = "mean",
    fill_value: Any = None,
) -> Any:
    """Return a table with a row for each value of one column, and columns for another's.

    Parameters
    ----------
    df : DataFrame
    values : label or list of labels
        Aggregated columns.
    index : label
        Its values label the rows.
    columns : label
        A column of categories that are known: there is a column for each of them, even if no row
        has it.
    aggfunc : {"mean", "sum", "count", "first", "last", "min", "max", "list"}
    fill_value : scalar, optional
        Stands where there are no rows.

    Returns
    -------
    DataFrame
        One partition.

    Raises
    ------
    ValueError, KeyError
        If a label is missing, or the categories aren't known.

    Examples
    --------
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> frame = pd.DataFrame({"day": [1, 1, 2], "kind": ["a", "b", "a"], "x": [3, 4, 5]})
    >>> frame["kind"] = frame["kind"].astype("category")
    >>> df = dd.from_pandas(frame, npartitions=2)
    >>> dd.pivot_table(df, values="x", index="day", columns="kind", aggfunc="sum").compute()
    kind    a    b
    day
    1     3.0  4.0
    2     5.0  NaN
    """
    for name, label in (("index", index), ("columns", columns)):
        if label is None or isinstance(label, list) or label not in df.columns:
            raise ValueError(f"{name}= must be the label of one column, not {label!r}")
    listed = isinstance(values, list)
    lost = [v for v in (values if listed else [values]) if v is None or v not in df.columns]
    if lost:
        raise ValueError(f"values= must be labels of columns, not {values!r}")
    dtype = df._meta[columns].dtype
    if not isinstance(dtype, pd.CategoricalDtype):
        raise ValueError(
            f"columns={columns!r} must be of categories, since they are the result's columns; "
            "call df.categorize() first"
        )
    if aggfunc not in AGGREGATIONS:
        raise ValueError(f"aggfunc must be one of {', '.join(AGGREGATIONS)}, not {aggfunc!r}")
    grouped = df.groupby([index, columns])[values].agg(aggfunc)
    call = Spread(columns, dtype, fill_value)
    return partwise("pivot_table", call, grouped, divisions=None)


@dataclass(frozen=True, eq=False)
class Spread:
    """Aggregated groups of two keys as a table."""

    columns: Any
    dtype: pd.CategoricalDtype
    fill_value: Any

    def __call__(self, groups: Any) -> pd.DataFrame:
        table: pd.DataFrame = groups.unstack(self.columns)
        categories = pd.CategoricalIndex(self.dtype.categories, dtype=self.dtype, name=self.columns)
        if groups.ndim == 1:
            table = table.reindex(columns=categories)
        else:
            wanted = pd.MultiIndex.from_product(
                [groups.columns, categories], names=[None, self.columns]
            )
            table = table.reindex(columns=wanted)
        return table if self.fill_value is None else table.fillna(self.fill_value)

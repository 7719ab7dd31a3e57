"""Pivot tables have the rows of pandas', and a column for every category."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import treadle.dataframe as dd
from treadle.dataframe.testing import assert_eq

PDF = pd.DataFrame(
    {
        "day": [1, 2, 1, 3, 2, 1],
        "kind": pd.Categorical(list("abaaab"), categories=list("ab")),
        "x": [1.0, 2.5, 3.0, None, 5.0, 6.0],
        "y": range(6),
    }
)
DF = dd.from_pandas(PDF, npartitions=3)


@pytest.mark.parametrize("aggfunc", ["mean", "sum", "count", "first", "last", "min", "max"])
@pytest.mark.parametrize("values", ["y", ["x"], ["x", "y"]])
def test_pivot_tables_are_those_of_pandas(aggfunc: str, values: Any):
    asked: dict[str, Any] = {"index": "day", "columns": "kind", "values": values}
    expected = PDF.pivot_table(aggfunc=aggfunc, dropna=False, **asked)
    assert_eq(DF.pivot_table(aggfunc=aggfunc, **asked), expected, check_dtype=False)
    assert_eq(dd.pivot_table(DF, aggfunc=aggfunc, **asked), expected, check_dtype=False)


def test_a_category_that_no_row_has_is_a_column():
    pdf = PDF.assign(kind=PDF.kind.cat.add_categories("c"))
    df = dd.from_pandas(pdf, npartitions=2)
    got = df.pivot_table(values="y", index="day", columns="kind", aggfunc="sum", fill_value=0)
    assert list(got.columns) == ["a", "b", "c"]
    assert got.compute()["c"].tolist() == [0, 0, 0]


def test_values_can_be_put_into_lists():
    got = DF.pivot_table(values="y", index="day", columns="kind", aggfunc="list").compute()
    assert got.loc[1, "a"] == [0, 2]


def test_pivot_tables_without_known_categories_are_refused():
    with pytest.raises(ValueError, match="categorize"):
        DF.pivot_table(values="y", index="kind", columns="day")
    with pytest.raises(ValueError, match="nothing"):
        DF.pivot_table(values="nothing", index="day", columns="kind")
    with pytest.raises(ValueError, match="index="):
        DF.pivot_table(values="y", columns="kind")
    with pytest.raises(ValueError, match="aggfunc"):
        DF.pivot_table(values="y", index="day", columns="kind", aggfunc="median")

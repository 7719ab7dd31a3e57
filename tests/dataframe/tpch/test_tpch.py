"""TPC-H, in pandas' words and in SQL: two engines, one answer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.dataframe.tpch.queries import QUERIES
from tests.dataframe.tpch.queries_sql import SQL

import treadle.dataframe as dd
from treadle.dataframe.expr import Source
from treadle.dataframe.join import merging
from treadle.graph.expr import simplify, walk


@pytest.fixture(scope="session")
def tables(folders):
    return {name: dd.read_parquet(folder) for name, folder in folders.items()}


def plain(df):
    """Columns in the dtypes that numbers, times and text are compared in."""
    found = {}
    for label in df.columns:
        values = df[label]
        if values.dtype.kind == "M":
            found[label] = values.astype("datetime64[us]")
        elif values.dtype.kind == "f":
            found[label] = values.astype("float64")
        elif values.dtype.kind in "iu":
            found[label] = values.astype("int64")
        else:
            found[label] = values.astype("str")
    return pd.DataFrame(found).reset_index(drop=True)


def assert_same_answer(result, expected):
    """Values, columns and kinds of dtypes; sums come in another order, so not to the last bit."""
    if not isinstance(result, pd.DataFrame):
        result = pd.DataFrame({expected.columns[0]: [result]})
    assert list(result.columns) == list(expected.columns)
    for label in result.columns:
        ours, theirs = result[label], expected[label]
        if theirs.dtype.kind == "f" and np.array_equal(theirs, theirs.round()):
            continue  # sums of integers are wide numbers there
        assert ours.dtype.kind == theirs.dtype.kind, label
    pd.testing.assert_frame_equal(
        plain(result).astype(plain(expected).dtypes), plain(expected), rtol=1e-9, atol=1e-6
    )


@pytest.mark.parametrize("number", QUERIES)
def test_a_query_is_answered_as_by_duckdb(number, tables, answers):
    query = QUERIES[number](tables)

    result = query.compute(scheduler="threads")

    expected = answers(SQL[number])
    assert len(expected) > 0
    assert not expected.isna().any(axis=None)
    assert_same_answer(result, expected)


@pytest.mark.parametrize("number", [3, 5, 9, 13, 16, 18, 21])
def test_an_answer_is_the_same_if_all_sides_of_merges_are_shuffled(
    number, tables, answers, monkeypatch
):
    monkeypatch.setattr(merging, "MOST_BYTES", -1)
    monkeypatch.setattr(merging, "_FEW_BYTES", -1)

    result = QUERIES[number](tables).compute(scheduler="threads")

    assert_same_answer(result, answers(SQL[number]))


@pytest.mark.parametrize("number", QUERIES)
def test_text_that_a_query_does_not_look_at_is_not_read(number, tables):
    query = QUERIES[number](tables)

    sources = [expr for expr in walk(simplify([query.expr])) if isinstance(expr, Source)]

    read = {label for source in sources for label in source.meta.columns}
    comments = {label for label in read if label.endswith("_comment")}
    assert {label for label in comments if label not in SQL[number]} == set()
    assert len(read) < 25

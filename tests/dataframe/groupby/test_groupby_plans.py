"""Groups read the columns they need, and move rows only where they have to."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import treadle.dataframe as dd
from treadle.dataframe.expr import Source
from treadle.dataframe.shuffle.expr import Shuffle
from treadle.dataframe.testing import assert_eq
from treadle.graph.expr import simplify, walk

PDF = pd.DataFrame(
    {"k": [1, 2, 1, 3] * 5, "j": [0, 1] * 10, "x": range(20), "y": range(20), "z": range(20)}
)
DF = dd.from_pandas(PDF, npartitions=4)


def nodes(collection: Any, kind: type) -> list[Any]:
    return [node for node in walk(simplify([collection.expr])) if isinstance(node, kind)]


def columns_read(collection: Any) -> list[str]:
    (source,) = nodes(collection, Source)
    return list(source.meta.columns)


@pytest.mark.parametrize(
    ("ask", "columns"),
    [
        (lambda f: f.groupby("k").x.mean(), ["k", "x"]),
        (lambda f: f.groupby(["k", "j"]).agg({"y": "max"}), ["k", "j", "y"]),
        (lambda f: f.groupby("k").size(), ["k"]),
        (lambda f: f.groupby("k").x.median(), ["k", "x"]),
        (lambda f: f.groupby([f.j + 1, "k"]).x.median(), ["k", "j", "x"]),
        (lambda f: f.x.groupby(f.k).sum(), ["k", "x"]),
        (lambda f: f.groupby(level=0).x.sum(), ["x"]),
        (lambda f: f.groupby("k").x.transform("mean"), ["k", "x"]),
        (lambda f: f.groupby("k").x.cumsum(), ["k", "x"]),
        (lambda f: f.groupby("k").x.shift(), ["k", "x"]),
        (lambda f: f.groupby("k").cumcount(), ["k"]),
        (lambda f: f.groupby("k").ngroup(), ["k"]),
        (lambda f: f.groupby("k").x.head(2), ["k", "x"]),
        (lambda f: f.groupby("k").x.value_counts(), ["k", "x"]),
        (lambda f: f.groupby("k").x.rolling(2).sum(), ["k", "x"]),
        (lambda f: f.groupby("k")[["x", "y"]].cov(), ["k", "x", "y"]),
        (lambda f: f[f.z > 3].groupby("k").x.sum(), ["k", "x", "z"]),
        (lambda f: f.assign(w=f.y + 1).groupby("k").w.sum(), ["k", "y"]),
    ],
)
def test_columns_that_no_group_needs_are_not_read(ask: Any, columns: list[str]):
    got = ask(DF)
    assert columns_read(got) == columns
    assert_eq(got, ask(PDF), sort_results=True)


@pytest.mark.parametrize(
    "ask",
    [
        lambda f: f.groupby("k").x.mean(),
        lambda f: f.groupby("k").x.nunique(),
        lambda f: f.groupby("k").x.transform("sum"),
        lambda f: f.groupby("k").x.cumsum(),
        lambda f: f.groupby("k").x.ffill(),
        lambda f: f.groupby("k").tail(1),
        lambda f: f.groupby("k").ngroup(),
        lambda f: f.groupby(level=0).x.median(),
    ],
)
def test_rows_stay_where_they_are_for_what_parts_tell(ask: Any):
    assert not nodes(ask(DF), Shuffle)


def test_rows_that_lie_together_are_not_moved_again():
    df = dd.from_pandas(PDF.set_index("k").sort_index(), npartitions=3)
    assert not nodes(df.groupby("k").x.median(), Shuffle)
    moved = dd.DataFrame(Shuffle(DF.expr, nodes(DF.groupby("k").x.median(), Shuffle)[0].split))
    assert len(nodes(moved.groupby("k").x.median(), Shuffle)) == 1
    assert_eq(moved.groupby("k").x.median(), PDF.groupby("k").x.median())


def test_two_medians_of_the_same_groups_move_rows_once():
    groups = DF.groupby("k")
    both = groups.x.median() + groups.y.median()
    assert len(nodes(both, Shuffle)) == 1
    assert_eq(both, PDF.groupby("k").x.median() + PDF.groupby("k").y.median())


def test_equal_requests_have_equal_names():
    assert DF.groupby("k").x.mean().expr.name == DF.groupby("k").x.mean().expr.name
    assert DF.groupby("k").x.mean().expr.name != DF.groupby("k", sort=False).x.mean().expr.name
    assert DF.groupby("k").x.shift().expr.name != DF.groupby("k").x.shift(2).expr.name
    assert DF.groupby("k").x.head(1).expr.name != DF.groupby("k").x.head(2).expr.name


def test_groups_say_what_they_are():
    assert repr(DF.groupby(["k", DF.j])) == "<treadle.dataframe.DataFrameGroupBy by 'k', 'j'>"
    assert "x" in dir(DF.groupby("k"))
    assert DF.groupby("k").ndim == 2
    assert DF.groupby("k").x.ndim == 1
    assert "by k" in DF.groupby("k").x.mean().expr.describe()

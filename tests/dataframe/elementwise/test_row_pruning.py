"""What is done row by row reads the columns that it needs, and no rows twice."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import treadle.dataframe as dd
from treadle.dataframe.elementwise.rows import rows_of
from treadle.dataframe.expr import Source
from treadle.dataframe.testing import assert_eq
from treadle.graph.expr import simplify, walk

FRAME = pd.DataFrame({label: np.arange(6.0) for label in "abcdef"})


@pytest.fixture
def frame():
    """The frame in two partitions."""
    return dd.from_pandas(FRAME, npartitions=2)


def columns_read(collection):
    """Labels of columns that sources read."""
    (expr,) = simplify([collection.expr])
    return [list(item.meta.columns) for item in walk([expr]) if isinstance(item, Source)]


CASES = {
    "an operator": (lambda d: (d + 1).a, ["a"]),
    "two frames": (lambda d: (d + d * 2).a, ["a"]),
    "a comparison": (lambda d: (d > 1)[["b"]], ["b"]),
    "not": (lambda d: (~(d > 1)).b, ["b"]),
    "a series along rows": (lambda d: d.add(d.f, axis=0).a, ["a", "f"]),
    "fill_value": (lambda d: d.add(d, fill_value=1).a, ["a"]),
    "astype": (lambda d: d.astype({"a": "int64", "b": "int64"}).a, ["a"]),
    "astype of all": (lambda d: d.astype("int64").c, ["c"]),
    "fillna": (lambda d: d.fillna({"a": 1, "b": 2})[["a"]], ["a"]),
    "clip": (lambda d: d.clip(1, 2).b, ["b"]),
    "where": (lambda d: d.where(d.f > 1).a, ["a", "f"]),
    "mask": (lambda d: d.mask(d > 1, d * 2).a, ["a"]),
    "round": (lambda d: d.round({"a": 1}).b, ["b"]),
    "isin": (lambda d: d.isin({"a": [1]}).b, ["b"]),
    "replace": (lambda d: d.replace({"a": {1: 5}}).a, ["a"]),
    "isna": (lambda d: d.isna().a, ["a"]),
    "map": (lambda d: d.map(abs, meta=FRAME).a, ["a"]),
    "a function of NumPy": (lambda d: np.log(d + 1).a, ["a"]),
    "melt": (lambda d: d.melt("a", ["b"]).value, ["a", "b"]),
    "explode": (lambda d: d.explode("b").a, ["a", "b"]),
    "get": (lambda d: dd.to_datetime(d.a).dt.year, ["a"]),
}


@pytest.mark.parametrize("case", CASES)
def test_only_the_columns_that_are_needed_are_read(frame, case):
    make, expected = CASES[case]

    assert columns_read(make(frame)) == [expected]
    if case not in ("melt", "get"):
        assert_eq(make(frame), make(FRAME) if case != "map" else FRAME.map(abs).a)


def test_a_chain_is_one_call_a_partition(frame):
    chain = ((frame.a + 1) * frame.b).clip(0, 10).round(1) > 2

    assert len(chain.__treadle_keys__()) == 2
    from treadle.graph.expr import add_expressions
    from treadle.graph.graph import Graph

    graph = Graph()
    add_expressions([chain.expr], graph)
    assert len(graph.layers) == 1


def test_the_rows_of_a_chain_are_those_of_its_source(frame):
    chain = (5 - frame.a).abs().where(frame.b > 1).astype("float32")

    assert rows_of(chain.expr).name == frame.expr.name
    assert len(chain) == 6
    filtered = frame[frame.a > 1]
    assert rows_of((filtered.a + 1).expr).name == filtered.expr.name


def test_the_length_of_a_chain_reads_no_columns(frame):
    from treadle.dataframe.build import new_collection
    from treadle.dataframe.reducing.tree import Length

    (expr,) = simplify([Length((frame.fillna(1) + frame.a.sum()).expr)])
    assert not any(isinstance(item, Source) for item in walk([expr]))
    assert new_collection(Length((frame.sum().sum() - frame).expr)).compute() == 6

"""Expressions of columns, and functions, in place of what they make of a frame."""

from __future__ import annotations

import pandas as pd
import pytest
from pandas import col
from tests.dataframe.readings import columns_read, told

import treadle
import treadle.dataframe as dd
from treadle.dataframe.testing import assert_eq

FRAME = pd.DataFrame({"x": range(6), "y": [1.5, None, 3, 4, 5, 6], "t": list("abcabc")})


@pytest.fixture
def df():
    return dd.from_pandas(FRAME, npartitions=3)


PROGRAMS = {
    "rows by an expression": lambda df: df[(col("x") > 1) & (col("t") != "c")],
    "rows by loc": lambda df: df.loc[col("x") > 1, ["x", "y"]],
    "columns one after another": lambda df: df.assign(z=col("x") + 1, w=col("z") * 2),
    "accessors and reductions": lambda df: df.assign(u=col("t").str.upper(), m=col("y").max()),
    "methods of columns": lambda df: df.assign(y=col("y").fillna(0).where(col("x") > 2, -1)),
    "elements": lambda df: df[["x", "y"]].where(col("x") > 1, 0),
    "filtered by an expression": lambda df: df.filter(col("y") > 3),
    "filtered by a function": lambda df: df.filter(lambda frame: frame.y > 3),
    "filtered by a series": lambda df: df.filter(cond=df.y > 3),
    "filtered by labels": lambda df: df.filter(["y", "nothing"]),
    "filtered by items": lambda df: df.filter(items=["t"]),
    "selected by labels": lambda df: df.select("t", "x"),
    "selected by a list": lambda df: df.select(["t", col("x") + 1]),
    "selected and computed": lambda df: df.select("t", y=col("y") * 2, z=lambda f: f.y + 1, one=1),
    "a series filtered": lambda df: df.x.filter(lambda x: x > 2),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_expressions_mean_what_they_mean_to_pandas(df, name):
    assert_eq(PROGRAMS[name](df), PROGRAMS[name](FRAME))


@pytest.mark.parametrize("na", [False, True])
def test_missing_truths_are_what_one_says(na):
    frame = pd.DataFrame({"x": pd.array([True, None, False, True], "boolean")})

    assert_eq(
        dd.from_pandas(frame, npartitions=2).filter(col("x"), na=na), frame.filter(col("x"), na=na)
    )


def test_bad_filters_are_refused(df):
    with pytest.raises(TypeError, match="exactly one"):
        df.filter(["x"], like="x")
    with pytest.raises(TypeError, match="a truth for each row"):
        df.filter(lambda frame: frame[["x"]] > 1)
    with pytest.raises(NotImplementedError, match="na='raise'"):
        df.filter(col("x") > 1, na="raise")
    with pytest.raises(NotImplementedError, match="axis=1"):
        df.filter(lambda frame: frame.x > 1, axis=1)


def test_bad_selections_are_refused(df):
    with pytest.raises(KeyError, match="nothing"):
        df.select("nothing")
    with pytest.raises(TypeError, match="one list"):
        df.select(["x"], "y")
    with pytest.raises(TypeError, match="without a name"):
        df.select(col("x") + col("y"))
    with pytest.raises(TypeError, match="no column"):
        df.select(col("x").sum())
    with pytest.raises(NotImplementedError, match="twice"):
        df.select("x", col("x") + 1)


def test_only_columns_of_an_expression_are_read():
    found = told(FRAME).assign(z=col("x") * 2)[["z"]]

    assert columns_read(found) == [["x"]]


def test_a_delayed_value_is_no_function(df):
    with pytest.raises(TypeError, match="Delayed"):
        df.assign(z=treadle.delayed(abs)(-3))

"""``query`` and ``eval``: what they find, and what is read for it."""

from __future__ import annotations

import pandas as pd
import pytest

import treadle.dataframe as dd
from treadle.dataframe.expr import Source
from treadle.dataframe.selecting.comparisons import as_comparisons
from treadle.dataframe.selecting.expressions import columns_read as words_read
from treadle.dataframe.testing import assert_eq
from treadle.graph.expr import simplify, walk

FRAME = pd.DataFrame(
    {
        "x": [1, 2, 3, 4, 5, 6],
        "y": [1.5, None, 3.5, 4.5, None, 6.5],
        "text": ["a", "b", None, "d", "e", "x"],
        "two words": [6, 5, 4, 3, 2, 1],
    }
)
LEAST = 3


@pytest.fixture(params=[1, 3])
def frame(request):
    """The frame in one partition and in three."""
    return dd.from_pandas(FRAME, npartitions=request.param)


def columns_read(collection):
    """Labels of columns that sources read."""
    (expr,) = simplify([collection.expr])
    return [list(item.meta.columns) for item in walk([expr]) if isinstance(item, Source)]


QUERIES = [
    "x > 2", "x > 2 and y < 6", "x > 2 & y < 6", "not x > 2", "1 < x <= 4", "x in [1, 3]",
    "text == 'x'", "text.str.upper() == 'A'", "`two words` > x", "index > 3", "y.isna()",
    "x + y > 5 or text == 'a'", "text not in ['a', 'b']", "x.between(2, 4)",
]  # fmt: skip


@pytest.mark.parametrize("query", QUERIES)
def test_rows_are_those_that_pandas_finds(frame, query):
    assert_eq(frame.query(query), FRAME.query(query))


def test_variables_of_the_caller_are_found(frame):
    most = 5  # noqa: F841
    assert_eq(frame.query("@LEAST <= x < @most"), FRAME.query("@LEAST <= x < @most"))
    assert_eq(frame.query("x < @n", local_dict={"n": 2}), FRAME.query("x < 2"))
    with pytest.raises(NameError, match="nowhere"):
        frame.query("x < @nowhere")


def test_variables_are_looked_up_when_the_query_is_made(frame):
    most = 5
    found = frame.query("x < @most")
    most = 0

    assert len(found) == 4
    assert most == 0


EXPRESSIONS = ["x + y", "x * 2 > y", "x ** 2", "sqrt(x)", "`two words` - x", "text.str.upper()"]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expressions_make_the_series_that_pandas_makes(frame, expression):
    assert_eq(frame.eval(expression), FRAME.eval(expression))


@pytest.mark.parametrize(
    "expression", ["z = x + y", "x = x * 2", "z = x * 2\nw = z + @LEAST\n", "z = 1.5"]
)
def test_expressions_assign_columns(frame, expression):
    assert_eq(frame.eval(expression), FRAME.eval(expression))


@pytest.mark.parametrize("expression", ["x > x.mean()", "x.cumsum() > 3", "x - x.min()"])
def test_what_depends_on_all_rows_is_refused(frame, expression):
    with pytest.raises(NotImplementedError, match="each partition by itself"):
        frame.eval(expression)
    with pytest.raises(NotImplementedError, match="each partition by itself"):
        frame.query(expression)


def test_bad_expressions_raise_at_once(frame):
    with pytest.raises(pd.errors.UndefinedVariableError):
        frame.query("nothing > 2")
    with pytest.raises(SyntaxError):
        frame.query("x >")
    with pytest.raises(TypeError, match="not booleans"):
        frame.query("x + 1")
    with pytest.raises(ValueError, match="string"):
        frame.query(3)
    with pytest.raises(ValueError, match="empty"):
        frame.eval("  ")


def test_only_columns_that_stand_in_the_expression_are_read(frame):
    assert columns_read(frame.query("x > 2")["y"]) == [["x", "y"]]
    assert columns_read(frame.query("`two words` > 2")[["two words"]]) == [["two words"]]
    assert columns_read(frame.eval("x + y")) == [["x", "y"]]
    assert columns_read(frame.eval("z = x + 1\nw = y * 2")["w"]) == [["y"]]


def test_plain_comparisons_are_what_operators_make(frame):
    least = 2  # noqa: F841
    assert frame.query("x > @least").expr.name == frame[frame.x > 2].expr.name
    assert (
        frame.query("x > 1 & text == 'a'").expr.name
        == frame[(frame.x > 1) & (frame.text == "a")].expr.name
    )


COMPARISONS = [
    "-1 < x",
    "not (x > 2 or y < 2)",
    "x > y",
    "x == 2 | x == 3",
    "'a' != text",
    "~(x>2)",
]


@pytest.mark.parametrize("query", COMPARISONS)
def test_plain_comparisons_mean_the_same(frame, query):
    assert as_comparisons(frame, query, {}) is not None
    assert_eq(frame.query(query), FRAME.query(query))


@pytest.mark.parametrize("query", ["x == 'a'", "x in [1]", "x > 1 + 1", "index > 2", "x == [1, 2]"])
def test_more_than_comparisons_is_left_to_pandas(frame, query):
    assert as_comparisons(frame, query, {}) is None


def test_dates_are_compared_with_texts():
    there = pd.DataFrame({"when": pd.date_range("2020-01-01", periods=6)})
    frame = dd.from_pandas(there, npartitions=2)

    for query in ("when > '2020-01-03'", "'2020-01-02' <= when < '2020-01-05'"):
        assert as_comparisons(frame, query, {}) is not None
        assert_eq(frame.query(query), there.query(query))


def test_words_that_are_no_labels_read_nothing():
    assert words_read("xx > 1 and xy < 2", ["x", "y", 1]) == []
    assert words_read("x1 > `a-b`", ["x1", "a", "b", "a-b", "c"]) == ["x1", "a", "b", "a-b"]
    assert words_read("ä > 1", ["x", "ä"]) == ["x", "ä"]


@pytest.mark.parametrize("scheduler", ["threads", "processes"])
def test_queries_run_on_every_engine(scheduler):
    frame = dd.from_pandas(FRAME, npartitions=3)

    assert_eq(frame.query("x > @LEAST"), FRAME.query("x > @LEAST"), scheduler=scheduler)

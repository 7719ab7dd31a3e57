"""What frames show of themselves: structure, first rows, and what computing would do."""

from __future__ import annotations

import html
import re

import pandas as pd
import pytest
from tests.dataframe.readings import told

import treadle.dataframe as dd
from treadle.dataframe.showing.first_rows import first_rows
from treadle.dataframe.showing.formulas import formula


@pytest.fixture
def df():
    data = pd.DataFrame({"x": range(20), "y": [1.5] * 20, "name": list("abcd") * 5})
    return dd.from_pandas(data, npartitions=4)


def test_the_text_names_partitions_divisions_columns_and_dtypes(df):
    lines = repr(df).splitlines()

    assert lines[0] == "DataFrame of 4 partitions, divisions 0 to 19"
    assert lines[1:4] == ["  x     int64", "  y     float64", "  name  str"]
    assert lines[-1].split() == ["4", "4", "1.5", "a"]


def test_first_rows_are_those_of_what_is_shown_not_of_its_source(df):
    shown = df.assign(z=df.x * 10)[["z", "name"]]

    assert first_rows(shown.expr, 2).to_dict("list") == {"z": [0, 10], "name": ["a", "b"]}


def test_no_first_rows_where_work_would_have_to_be_done(df):
    assert first_rows(df.x[df.x > 3].expr) is None
    assert first_rows(told(pd.DataFrame({"a": [1]})).expr) is None
    assert "First rows" not in repr(df[df.x > 3])


def test_no_function_of_the_user_runs_for_a_repr(df):
    def trap(part):
        raise AssertionError("it was called")

    from treadle.dataframe.build import partwise

    shown = partwise("trap", trap, df.x, meta=df.x._meta, rowwise=True)

    assert "First rows" not in repr(shown)


def test_a_frame_of_many_columns_names_some():
    wide = dd.from_pandas(pd.DataFrame({f"c{n}": [n] for n in range(100)}), npartitions=1)

    assert "70 more columns" in repr(wide)
    assert repr(wide).count("int64") == 30


def test_the_notebook_shows_a_table_without_colours(df):
    page = df._repr_html_()
    text = html.unescape(re.sub(r"<[^>]*>", " ", page))

    assert "4 partitions" in text
    for shown in ("x", "float64", "name", "1.5"):
        assert shown in text.split()
    assert "<script" not in page
    assert not re.search(r"#[0-9a-f]{3,6}|rgb\(|white|black", page)


def test_labels_of_users_are_escaped_in_the_notebook():
    odd = dd.from_pandas(pd.DataFrame({"<b>": ["<script>alert(1)</script>"]}), npartitions=1)

    assert "<b>" not in odd._repr_html_()
    assert "<script>" not in odd._repr_html_()


def test_a_series_and_an_index_are_shown_as_well(df):
    assert repr(df.y).splitlines()[:2] == [
        "Series of 4 partitions, divisions 0 to 19",
        "  y  float64",
    ]  # fmt: skip
    assert repr(df.index).splitlines()[0].startswith("Index of 4 partitions")
    assert "float64" in df.y._repr_html_()
    assert "int64" in df.index._repr_html_()


def test_an_empty_frame_is_shown():
    empty = dd.from_pandas(pd.DataFrame({"x": pd.Series([], dtype="int64")}), npartitions=1)

    assert "x  int64" in repr(empty)
    assert "int64" in empty._repr_html_()


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda df: df.x + 1, "x + 1"),
        (lambda df: (df.x + 1) * 2, "(x + 1) * 2"),
        (lambda df: df.x - (df.y - 1), "x - (y - 1)"),
        (lambda df: (df.x > 1) & ~(df.y == 2), "(x > 1) & ~(y == 2)"),
        (lambda df: -df.x, "-x"),
    ],
)
def test_formulas_are_written_as_python_is(df, make, text):
    assert formula(make(df).expr, {df.expr.name}) == text


def test_formulas_over_two_frames_are_none(df):
    other = df[df.x > 1]

    assert formula((df.x + other.x).expr, {df.expr.name}) is None


def test_explain_shows_the_plan_from_the_result_down_to_what_is_read():
    df = told(pd.DataFrame({"a": [1], "b": [2], "c": [3]}))
    found = df.assign(d=df.b + 1)[df.c > 2].d

    lines = [line.strip() for line in repr(found.explain(optimize=False)).splitlines()]
    assert [line.split("  ")[0] for line in lines] == [
        "d", "filter", "assign d = b + 1", "told ['a', 'b', 'c']", "c > 2", "told ['a', 'b', 'c']",
    ]  # fmt: skip
    best = repr(found.explain())
    assert "told ['b']" in best
    assert "told ['a'" not in best


def test_explain_numbers_what_several_take():
    df = told(pd.DataFrame({"a": [1], "b": [2]}))
    some = df[df.a > df.b]

    text = repr(dd.explain(some.a, some.b))

    assert text.count("filter") == 1
    assert text.count("(1)") == 2


def test_explain_is_text_in_the_notebook(df):
    assert (df.x + 1).explain()._repr_html_().startswith("<pre")

"""What frames show of themselves: structure, first rows, and what computing would do."""

from __future__ import annotations

import html
import re

import pandas as pd
import pytest
from tests.dataframe.readings import told

import treadle.dataframe as dd
from treadle.dataframe.first_rows import rows_at_hand
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

    assert rows_at_hand(shown.expr, 2).to_dict("list") == {"z": [0, 10], "name": ["a", "b"]}


def test_no_first_rows_where_work_would_have_to_be_done(df):
    assert rows_at_hand(df.x[df.x > 3].expr) is None
    assert rows_at_hand(told(pd.DataFrame({"a": [1]})).expr) is None
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
    assert not re.search(r"#[0-9a-f]{3,6}|rgb\(|white(?!-space)|black", page)


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


def test_explain_writes_assignments_as_they_were_written_whatever_columns_are_left():
    df = told(pd.DataFrame({"year": [2013], "month": [1], "day": [2], "delay": [3]}))
    day = dd.to_datetime(df[["year", "month", "day"]])
    late = df.assign(weekday=day.dt.day_name()).groupby("weekday").delay.mean()

    lines = [line.strip() for line in repr(late.explain()).splitlines()]

    assert len(lines) == 3
    written = "to_datetime(frame[['year', 'month', 'day']]).dt.day_name()"
    assert lines[1].startswith(f"columns ['delay'], assign weekday = {written}")


def test_explain_leaves_out_assignments_of_which_nothing_is_left():
    df = told(pd.DataFrame({"a": [1], "b": [2]}))
    merged = df.assign(c=df.a).merge(df, on="b")[["b", "a_x"]]

    assert "as it is" not in repr(merged.explain())


def test_explain_speaks_of_calls_as_users_wrote_them(df):
    assert repr(df.groupby("name").y.rolling(2).mean().explain()).startswith("groupby-rolling_mean")
    assert "map_partitions(scaled, x)" in repr(
        df.x.map_partitions(scaled, meta=("x", "f8")).explain()
    )


def scaled(part):
    return part * 2.0


def test_explain_names_types_by_their_names(df):
    assert "x.astype(float)" in repr(df.assign(x=df.x.astype(float)).explain())


def test_a_long_line_of_explain_does_not_move_the_other_lines():
    df = told(pd.DataFrame({"a": [1]}))
    long = df.assign(**{f"column_{n}": df.a + n for n in range(9)}).sum()

    lines = repr(long.explain()).splitlines()

    assert len(lines[1]) > 120
    assert len(lines[0]) < 120


def test_the_notebook_names_all_levels_of_the_index_and_their_dtypes(df):
    page = df.groupby(["name", "x"]).y.sum()._repr_html_()

    assert ">name, x</th>" in page
    assert ">str, int64</th>" in page


def test_the_text_does_not_say_how_few_rows_it_shows():
    wide = dd.from_pandas(pd.DataFrame({f"column_{n}": [n] for n in range(40)}), npartitions=1)

    assert "..." in repr(wide)
    assert "rows x" not in repr(wide)


def test_explain_is_text_in_the_notebook(df):
    assert (df.x + 1).explain()._repr_html_().startswith("<pre")

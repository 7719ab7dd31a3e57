"""As-of merges of frames in partitions are those of pandas."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import treadle.dataframe as dd
from treadle.dataframe.expr import Source
from treadle.dataframe.testing import assert_eq
from treadle.graph.expr import simplify, walk

ROWS = st.lists(st.tuples(st.integers(0, 12), st.sampled_from(["a", "b"])), max_size=14)


def frame(rows, name):
    rows = sorted(rows, key=lambda row: row[0])
    df = pd.DataFrame({"t": [t for t, _ in rows], "g": [g for _, g in rows]})
    return df.astype({"t": "int64", "g": "str"}).assign(**{name: 0.5}, v=range(len(rows)))


@settings(deadline=None, max_examples=30)
@given(
    ROWS, ROWS, st.sampled_from(["backward", "forward", "nearest"]), st.booleans(), st.booleans(),
    st.sampled_from([None, 2]), st.tuples(st.integers(1, 4), st.integers(1, 4)), st.booleans(),
)  # fmt: skip
def test_an_asof_merge_by_a_column_is_that_of_pandas(
    mine, theirs, direction, exact, grouped, tolerance, parts, pruned
):
    left, right = frame(mine, "p"), frame(theirs, "q")
    options = {"on": "t", "direction": direction, "allow_exact_matches": exact,
               "tolerance": tolerance, "by": "g" if grouped else None}  # fmt: skip
    a, b = (
        dd.from_pandas(df, npartitions=n, sort=False)
        for df, n in zip((left, right), parts, strict=True)
    )

    result = dd.merge_asof(a, b, **options)

    wanted = pd.merge_asof(left, right, **options)
    if pruned:
        result, wanted = result[["q", "v_x"]], wanted[["q", "v_x"]]
    assert_eq(result, wanted, check_index=False, check_dtype=False)


@pytest.mark.parametrize("direction", ["backward", "forward", "nearest"])
@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("scheduler", ["sync", "threads", "processes"])
def test_an_asof_merge_by_the_index_keeps_it(direction, known, scheduler):
    times = pd.date_range("2024-01-01", periods=8, freq="h", tz="Europe/Oslo")
    left = pd.DataFrame({"p": range(8)}, index=times)
    right = pd.DataFrame({"q": range(5)}, index=times[2:7] + pd.Timedelta("5min"))
    a, b = (dd.from_pandas(df, npartitions=3, sort=known) for df in (left, right))
    options = {"left_index": True, "right_index": True, "direction": direction}

    result = dd.merge_asof(a, b, **options)

    assert result.divisions == a.divisions
    wanted = pd.merge_asof(left, right, **options)
    assert_eq(result, wanted, check_dtype=False, scheduler=scheduler)


def test_an_index_and_a_column():
    left = pd.DataFrame({"p": range(6)}, index=[2, 3, 4, 7, 8, 9])
    right = pd.DataFrame({"t": [2, 5, 8], "q": [1.0, 2.0, 3.0]})
    a, b = dd.from_pandas(left, npartitions=2), dd.from_pandas(right, npartitions=2)

    assert_eq(
        dd.merge_asof(a, b, left_index=True, right_on="t"),
        pd.merge_asof(left, right, left_index=True, right_on="t"), check_dtype=False,
    )  # fmt: skip
    assert_eq(
        dd.merge_asof(b, a, left_on="t", right_index=True),
        pd.merge_asof(right, left, left_on="t", right_index=True), check_dtype=False,
    )  # fmt: skip
    assert_eq(
        dd.merge_asof(a, right, left_index=True, right_on="t"),
        pd.merge_asof(left, right, left_index=True, right_on="t"), check_dtype=False,
    )  # fmt: skip


def test_partitions_are_looked_at_where_they_overlap():
    left = pd.DataFrame({"p": range(8)})
    right = pd.DataFrame({"q": range(8)})
    a, b = dd.from_pandas(left, npartitions=4), dd.from_pandas(right, npartitions=4)

    expr = dd.merge_asof(a, b, left_index=True, right_index=True).expr

    assert [(span.first, span.last) for span in expr.spans] == [(0, 1), (0, 2), (1, 3), (2, 3)]


def test_the_one_common_column_is_the_key_if_none_is_named():
    left, right = pd.DataFrame({"t": [2, 5, 9]}), pd.DataFrame({"t": [1, 5], "q": [1.5, 2.5]})
    a = dd.from_pandas(left, npartitions=2)

    assert_eq(dd.merge_asof(a, right), pd.merge_asof(left, right), check_index=False)


def test_only_columns_that_are_used_are_read():
    left = frame([(1, "a"), (2, "b")], "p")
    right = frame([(1, "a"), (2, "b")], "q").assign(z="text")
    a, b = dd.from_pandas(left, npartitions=2), dd.from_pandas(right, npartitions=2)

    result = dd.merge_asof(a, b, on="t", by="g")[["q"]]

    sources = [e for e in walk(simplify([result.expr])) if isinstance(e, Source)]
    assert [list(e.meta.columns) for e in sources] == [["t", "g"], ["t", "g", "q"]]
    assert_eq(result, pd.merge_asof(left, right, on="t", by="g")[["q"]], check_index=False)


def test_keys_out_of_order_are_refused_when_the_merge_is_written():
    left = pd.DataFrame({"t": [1, 2, 3, 4]})
    wrong = pd.DataFrame({"t": [3, 4, 1, 2]})
    a, b = (dd.from_pandas(df, npartitions=2, sort=False) for df in (left, wrong))
    unsorted = dd.from_pandas(wrong[::-1], npartitions=2, sort=False)

    with pytest.raises(ValueError, match="right keys must be sorted: partition 1 begins at 1"):
        dd.merge_asof(a, b, on="t")
    with pytest.raises(ValueError, match="left keys must be sorted: those of partition 0 are not"):
        dd.merge_asof(unsorted, a, on="t")
    with pytest.raises(pd.errors.MergeError, match="right_on"):
        dd.merge_asof(a, a, left_on="t")
    with pytest.raises(KeyError, match="nope"):
        dd.merge_asof(a, a, on="nope")
    with pytest.raises(TypeError, match="at least on one side"):
        dd.merge_asof(left, left, on="t")

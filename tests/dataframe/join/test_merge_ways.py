"""Which way a merge takes: what moves, what is read, and what is known of the result."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import treadle.dataframe as dd
from treadle.dataframe.expr import Source
from treadle.dataframe.join import merging
from treadle.dataframe.join.expr import Gathered, MarkedMerge, Merge
from treadle.dataframe.join.sizes import estimated_nbytes
from treadle.dataframe.shuffle.expr import ByDivisions, ByHash, Shuffle
from treadle.dataframe.shuffle.reuse import partitioning
from treadle.dataframe.testing import assert_eq
from treadle.graph.expr import simplify, walk


def frame(rows=24, npartitions=4, sort=True, **columns):
    df = pd.DataFrame({"k": np.arange(rows) % 7, "x": np.arange(rows), **columns})
    return dd.from_pandas(df, npartitions=npartitions, sort=sort)


def kinds(df):
    return [type(expr).__name__ for expr in walk([df.expr]) if not isinstance(expr, Source)]


def columns_read(df):
    return [list(e.meta.columns) for e in walk(simplify([df.expr])) if isinstance(e, Source)]


@pytest.fixture
def large(monkeypatch):
    """Everything is too large to be broadcast."""
    monkeypatch.setattr(merging, "_FEW_BYTES", -1)
    monkeypatch.setattr(merging, "MOST_BYTES", -1)


def test_a_small_side_meets_all_partitions_of_the_other():
    assert kinds(frame().merge(frame(npartitions=1), on="k")) == ["Merge"]
    assert kinds(frame().merge(frame(npartitions=2), on="k")) == ["Gathered", "Merge"]
    assert kinds(frame().merge(frame(npartitions=2), on="k", broadcast=False)) == [
        "Shuffle", "Shuffle", "Merge",
    ]  # fmt: skip


def test_a_small_side_whose_rows_stay_is_broadcast_with_marks():
    a, b = frame(), frame(npartitions=1)

    assert isinstance(a.merge(b, on="k", how="outer").expr, MarkedMerge)
    assert isinstance(a.merge(b, on="k", how="right").expr, MarkedMerge)
    assert a.merge(b, on="k", how="right").npartitions == 5
    assert kinds(b.merge(a, on="k", how="leftsemi")) == ["Gathered", "Merge"]
    assert kinds(b.merge(a, on="k", how="left_anti", broadcast=False)) == [
        "Shuffle", "Shuffle", "Merge",
    ]  # fmt: skip


def test_what_is_large_is_shuffled(large):
    assert kinds(frame().merge(frame(npartitions=2), on="k")) == ["Shuffle", "Shuffle", "Merge"]
    assert kinds(frame().merge(frame(npartitions=1), on="k")) == ["Merge"]
    assert kinds(frame().merge(frame(), on="k", broadcast=True)) == ["Gathered", "Merge"]


def test_where_nothing_is_known_few_partitions_are_small(monkeypatch):
    monkeypatch.setattr(merging, "estimated_nbytes", lambda expr: None)
    many = frame(rows=200, npartitions=100)

    assert "Gathered" in kinds(many.merge(frame(npartitions=2), on="k"))
    assert "Gathered" not in kinds(many.merge(frame(npartitions=6), on="k"))
    assert "Gathered" in kinds(many.merge(frame(npartitions=6), on="k", broadcast=1.5))


def test_the_result_has_as_many_partitions_as_the_larger_side_or_as_asked(large):
    a, b = frame(npartitions=4), frame(npartitions=2)

    assert a.merge(b, on="k").npartitions == 4
    assert a.merge(b, on="k", npartitions=3).npartitions == 3


def test_a_side_that_lies_by_its_keys_is_not_moved_again(large):
    a, b, c = frame(), frame(npartitions=2), frame(npartitions=3)
    ab = a.merge(b, on="k")

    assert partitioning(ab.expr) == ByHash(["k"], 4)
    abc = ab.merge(c, on="k")
    assert kinds(abc) == ["Shuffle", "Shuffle", "Merge", "Shuffle", "Merge"]
    moved = dd.DataFrame(Shuffle(a.expr, ByHash(["k"], 6)))
    assert moved.merge(b, on="k").npartitions == 6
    assert kinds(moved.merge(moved, on="k")) == ["Shuffle", "Merge"]


@pytest.mark.parametrize("how", ["inner", "left", "right", "outer"])
def test_what_is_said_of_the_place_of_rows_is_true(large, how):
    a, b = frame(), dd.from_pandas(pd.DataFrame({"q": [1, 2, 9, 10, 11]}), npartitions=2)

    result = a.merge(b, left_on="k", right_on="q", how=how)

    split = partitioning(result.expr)
    assert (split is None) == (how == "outer")
    for n in range(result.npartitions if split else 0):
        part = result.get_partition(n).compute()
        assert set(split.numbers(part)) <= {n}


def test_indexes_with_known_divisions_are_not_shuffled(large):
    a, b = frame(), frame(npartitions=3)[["x"]]
    result = a[["k"]].merge(b, left_index=True, right_index=True)

    assert "Shuffle" not in kinds(result)
    assert result.known_divisions
    wanted = a[["k"]].compute().merge(b.compute(), left_index=True, right_index=True)
    assert_eq(result, wanted)


def test_partitions_that_can_hold_nothing_are_left_out(large):
    left = dd.from_pandas(pd.DataFrame({"a": range(10)}), npartitions=5)
    right = pd.DataFrame({"b": range(4)}, index=range(4, 8))
    options = {"left_index": True, "right_index": True}

    for how in ("inner", "left", "right", "outer"):
        result = left.merge(dd.from_pandas(right, npartitions=2), how=how, **options)
        wanted = left.compute().merge(right, how=how, **options)
        assert_eq(result, wanted, check_dtype=False)
        low, high = wanted.index.min(), wanted.index.max()
        assert result.divisions[0] <= low < result.divisions[1]
        assert result.divisions[-2] <= high <= result.divisions[-1]


def test_a_side_without_divisions_is_cut_at_those_of_the_other(large):
    a, b = frame(), frame(sort=False)
    result = a[["k"]].merge(b[["x"]], left_index=True, right_index=True)

    assert kinds(result).count("Shuffle") == 1
    assert result.divisions == a.divisions
    assert (
        not a[["k"]].merge(b[["x"]], how="outer", left_index=True, right_index=True).known_divisions
    )
    by_column = b.merge(a[["k"]].assign(y=1)[["y"]], left_on="x", right_index=True)
    (shuffle,) = [e for e in walk([by_column.expr]) if isinstance(e, Shuffle)]
    assert shuffle.split == ByDivisions("x", a.divisions)
    assert_eq(
        by_column,
        b.compute().merge(a.compute().assign(y=1)[["y"]], left_on="x", right_index=True),
        sort_results=True,
    )


def test_divisions_stay_where_the_index_does():
    a, small = frame(), pd.DataFrame({"y": [1, 2]}, index=[3, 5])

    assert a.merge(small, left_index=True, right_index=True).divisions == a.divisions
    assert a.merge(small, how="left", left_on="k", right_index=True).divisions == a.divisions
    assert not a.merge(small, how="right", left_on="k", right_index=True).known_divisions
    assert not a.merge(small, left_on="k", right_on="y").known_divisions
    assert not a.merge(small, how="left", left_index=True, right_on="y").known_divisions


# -- columns ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("broadcast", [True, False])
def test_only_keys_and_columns_that_are_used_are_read(broadcast):
    a = frame(a=1, b=2.5, c="text")
    b = frame(npartitions=2, d=1, e="text")

    result = a.merge(b, on="k", broadcast=broadcast)[["a", "e"]]

    assert columns_read(result) == [["k", "a"], ["k", "e"]]
    wanted = a.compute().merge(b.compute(), on="k")[["a", "e"]]
    assert_eq(result, wanted, sort_results=True, check_index=False)


@pytest.mark.parametrize("how", ["inner", "left", "right", "outer"])
@pytest.mark.parametrize("broadcast", [True, False])
@pytest.mark.parametrize("wanted", [["x_x"], ["x_y"], ["y", "x_y"], ["k"], ["_merge", "x_x"]])
def test_one_of_two_columns_with_one_name_keeps_its_suffix(how, broadcast, wanted):
    a = frame(y=1.5)
    b = frame(rows=9, npartitions=2)

    merged = a.merge(b, on="k", how=how, broadcast=broadcast, indicator=True)

    for label, columns in (("x_x", [["k", "x"], ["k"]]), ("x_y", [["k"], ["k", "x"]])):
        assert columns_read(merged[[label]]) == columns
    pandas = a.compute().merge(b.compute(), on="k", how=how, indicator=True)
    assert_eq(
        merged[wanted], pandas[wanted], sort_results=True, check_index=False, check_dtype=False
    )


def test_a_key_with_a_suffix_is_still_the_key():
    a, b = frame(y=1.5), frame(rows=9, npartitions=2, y=np.arange(9) % 3)
    options = {"left_on": "k", "right_on": "y"}
    pandas = a.compute().merge(b.compute(), **options)

    for broadcast in (True, False):
        merged = a.merge(b, broadcast=broadcast, **options)
        assert list(merged.columns) == list(pandas.columns)
        assert_eq(merged, pandas, sort_results=True, check_index=False)
        assert_eq(merged[["y_x"]], pandas[["y_x"]], sort_results=True, check_index=False)


def test_filters_read_only_keys_of_the_right_side():
    a, b = frame(y=1.5), frame(rows=5, z="text")

    for how in ("leftsemi", "leftanti"):
        result = a.merge(b, on="k", how=how)
        assert columns_read(result) == [["k", "x", "y"], ["k"]]
        assert columns_read(result[["y"]]) == [["k", "y"], ["k"]]


def test_labels_that_come_twice_are_read_whole():
    left = pd.DataFrame([[1, 2, 3]], columns=["k", "a", "a"])
    a = dd.from_pandas(left, npartitions=1)
    b = frame()

    assert_eq(
        a.merge(b, on="k"), left.merge(b.compute(), on="k"), check_index=False, sort_results=False
    )


def test_sizes_follow_columns_and_are_guessed_for_merges():
    a, b = frame(rows=1000, y=1.5), frame(rows=10, npartitions=1)
    size = estimated_nbytes(a.expr)

    assert 24_000 <= size < 40_000
    assert estimated_nbytes(a[a.x > 3].expr) == size
    assert estimated_nbytes(a[["x"]].expr) < size / 2
    merged = a.merge(b, on="k", broadcast=False)
    assert isinstance(merged.expr, Merge)
    assert size < estimated_nbytes(merged.expr) < 2 * size
    assert estimated_nbytes(Gathered(a.expr)) == size


# -- filters ---------------------------------------------------------------------------------------


def below_merges(df):
    """What stands below merges after simplifying: filters, and what was shuffled there."""
    merges = [e for e in walk(simplify([df.expr])) if isinstance(e, Merge)]
    return [[type(item).__name__ for item in walk(e.inputs)] for e in merges]


@pytest.mark.parametrize("how", ["inner", "left", "right", "outer", "leftsemi", "left_anti"])
@pytest.mark.parametrize("broadcast", [True, False])
def test_rows_are_chosen_before_a_merge_where_that_is_the_same(how, broadcast):
    a, b = frame(y=np.arange(24) / 2), frame(rows=9, npartitions=2, z=np.arange(9) * 1.5)
    ours, theirs = a.compute(), b.compute()
    merged = a.merge(b, on="k", how=how, broadcast=broadcast)
    wanted = ours.merge(theirs, on="k", how="inner" if how == "leftsemi" else how)
    if how == "leftsemi":
        wanted = ours[ours.k.isin(theirs.k)]
    options = {"sort_results": True, "check_index": False, "check_dtype": False}

    assert_eq(merged[merged.y > 3], wanted[wanted.y > 3], **options)
    assert_eq(merged[merged.k == 2], wanted[wanted.k == 2], **options)
    if how != "leftsemi":
        chosen = merged[(merged.z < 9) & (merged.y > 3) & (merged.x_x > merged.x_y)]
        rows = wanted[(wanted.z < 9) & (wanted.y > 3) & (wanted.x_x > wanted.x_y)]
        assert_eq(chosen, rows, **options)


def test_a_filter_goes_below_the_shuffle_of_its_side():
    a, b = frame(y=1.5), frame(npartitions=2, z=2.5)
    merged = a.merge(b, on="k", broadcast=False)

    assert below_merges(merged[merged.y > 1]) == [
        ["Source", "Projection", "Partwise", "Filter", "Shuffle", "Source", "Shuffle"]
    ]
    assert "Filter" not in below_merges(merged[merged.x_x > merged.x_y])[0]
    assert below_merges(merged[(merged.x_x > 1) & (merged.z > 1)])[0].count("Filter") == 2
    left = a.merge(b, on="k", how="left", broadcast=False)
    assert "Filter" in below_merges(left[left.y > 1])[0]
    assert "Filter" not in below_merges(left[left.z > 1])[0]
    outer = a.merge(b, on="k", how="outer", broadcast=False)
    assert "Filter" not in below_merges(outer[outer.y > 1])[0]
    checked = a.merge(b, on="k", validate="m:m")
    assert "Filter" not in below_merges(checked[checked.y > 1])[0]


def test_a_shuffle_that_others_need_whole_is_not_filtered():
    a = frame(y=1.5)
    merged = a.merge(a, on="k", broadcast=False)

    result = merged[merged.y_x > 1]

    shuffles = [e for e in walk(simplify([result.expr])) if isinstance(e, Shuffle)]
    assert len(shuffles) == 1
    wanted = a.compute().merge(a.compute(), on="k")
    assert_eq(result, wanted[wanted.y_x > 1], sort_results=True, check_index=False)


@pytest.mark.parametrize("how", ["inner", "left", "outer", "leftsemi"])
@pytest.mark.parametrize("npartitions", [1, 3])
def test_keys_that_nobody_wants_are_gone_from_the_result(how, npartitions):
    left = pd.DataFrame({"k": list("abcd") * 5, "x": range(20)})
    right = pd.DataFrame({"k": list("abe"), "y": [1.5, 2.5, 3.5]})
    ours = dd.from_pandas(left, npartitions=4).merge(
        dd.from_pandas(right, npartitions=npartitions), on="k", how=how
    )
    label = "x" if how == "leftsemi" else "y"

    theirs = left[left.k.isin(right.k)] if how == "leftsemi" else left.merge(right, on="k", how=how)

    assert_eq(ours[[label]], theirs[[label]], check_index=False, sort_results=True)
    assert len(ours) == len(theirs)

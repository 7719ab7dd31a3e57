"""Counts of values, modes, and distinct values equal those of pandas, in their order too."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import treadle.dataframe as dd
from treadle.dataframe.build import partwise
from treadle.dataframe.reducing.counts import value_counts
from treadle.dataframe.testing import assert_eq

SERIES = {
    "int": pd.Series([3, 1, 2, 1, 3, 1, 2, 9, 9], name="x"),
    "float": pd.Series([0.5, np.nan, 2.0, 0.5, 9.0, np.nan, 2.0, 2.0, np.nan], name="x"),
    "bool": pd.Series([True, False, True, True, False, True, True, True, False]),
    "str": pd.Series(["b", None, "a", "d", "b", "a", "z", None, "c"], dtype="str", name="x"),
    "object": pd.Series(["b", None, 1, "d", "b", 1, "z", None, "c"], dtype=object),
    "Int64": pd.Series([3, None, 2, 2, 3, 1, 3, None, 0], dtype="Int64", name="x"),
    "arrow": pd.Series(["b", None, "a", "d", "b", "a", "z", None, "c"], dtype="string[pyarrow]"),
    "date": pd.to_datetime(pd.Series(["2020-02-01", None, "2020-02-01", *["2021-01-01"] * 6])),
    "zoned": pd.Series(pd.date_range("2020", periods=3, tz="Europe/Berlin").repeat(3), name="x"),
    "cat": pd.Series(pd.Categorical(list("abcabcaba"), categories=list("cxba")), name="x"),
    "holes": pd.Series(pd.Categorical(["a", None, "b", "b"], categories=list("cba"))),
    "empty": pd.Series([], dtype="int64", name="x"),
}


def in_parts(data, count=3):
    return dd.from_pandas(data, npartitions=count)


@pytest.mark.parametrize("kind", SERIES)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"ascending": True},
        {"dropna": False},
        {"normalize": True},
        {"sort": False},
        {"normalize": True, "dropna": False},
    ],
)
def test_counts_are_those_of_pandas_in_its_order(kind, options):
    series = SERIES[kind]

    assert_eq(in_parts(series).value_counts(**options), series.value_counts(**options))


@pytest.mark.parametrize("kind", ["int", "float", "str", "Int64", "arrow", "date", "cat"])
def test_counts_in_several_partitions_are_the_same_in_any_order(kind):
    series = SERIES[kind]

    found = in_parts(series).value_counts(split_out=2)

    assert found.npartitions == 2
    assert_eq(found, series.value_counts(), sort_results=True)


def test_counts_in_several_partitions_have_no_order():
    with pytest.raises(NotImplementedError, match="split_out=1"):
        in_parts(SERIES["int"]).value_counts(split_out=2, sort=True)
    with pytest.raises(ValueError, match="split_out"):
        in_parts(SERIES["int"]).value_counts(split_out=0)


def test_values_that_lie_as_categories_are_counted_as_what_they_are():
    series = SERIES["str"]
    coded = partwise("coded", as_categories, in_parts(series), meta=series.iloc[:0])

    assert_eq(value_counts(coded), series.value_counts())
    assert_eq(value_counts(coded, dropna=False), series.value_counts(dropna=False))


def as_categories(part):
    return part.astype("category")


def test_categories_of_partitions_may_differ():
    series = pd.Series(["a", "b", "b", "c", "c", "c"])
    coded = partwise(
        "coded", as_categories, in_parts(series), meta=series.iloc[:0].astype("category")
    )

    found = coded.value_counts().compute()

    assert found.to_dict() == {"c": 3, "b": 2, "a": 1}


@settings(deadline=None, max_examples=50)
@given(st.lists(st.sampled_from(["a", "b", "c", "d", None])), st.integers(1, 4))
def test_counts_of_any_strings_are_those_of_pandas(values, count):
    series = pd.Series(values, dtype="str", name="x")

    assert_eq(in_parts(series, count).value_counts(split_every=2), series.value_counts())


@pytest.mark.parametrize("kind", SERIES)
@pytest.mark.parametrize("dropna", [True, False])
def test_a_mode_is_that_of_pandas(kind, dropna):
    series = SERIES[kind]

    if kind == "object":
        series = series.map(str)
    assert_eq(in_parts(series).mode(dropna=dropna), series.mode(dropna=dropna))


def test_the_modes_of_a_frame_stand_beside_each_other():
    frame = pd.DataFrame({"x": [1, 2, 2, 3], "y": ["a", "b", "c", "c"], "z": [1.0, 2.0, 3.0, 4.0]})

    assert_eq(in_parts(frame, 2).mode(), frame.mode(), check_dtype=False)
    assert_eq(
        in_parts(frame, 2).mode(numeric_only=True), frame.mode(numeric_only=True), check_dtype=False
    )


@pytest.mark.parametrize("kind", SERIES)
def test_distinct_values_come_in_the_order_of_pandas(kind):
    series = SERIES[kind]

    found = in_parts(series).unique().compute()

    expected = pd.Series(series.unique(), dtype=series.dtype, name=series.name)
    pd.testing.assert_series_equal(found, expected, check_categorical=False)
    assert in_parts(series).nunique().compute() == series.nunique()
    assert in_parts(series).nunique(dropna=False).compute() == series.nunique(dropna=False)


def test_distinct_values_may_lie_in_several_partitions():
    found = in_parts(SERIES["str"]).unique(split_out=2).compute()

    assert sorted(found.dropna()) == ["a", "b", "c", "d", "z"]
    assert found.isna().sum() == 1


def test_the_distinct_values_of_each_column_are_counted():
    frame = pd.DataFrame(
        {k: s.iloc[:4].reset_index(drop=True) for k, s in SERIES.items() if k != "empty"}
    )

    assert_eq(in_parts(frame).nunique(), frame.nunique())
    assert_eq(in_parts(frame).nunique(dropna=False), frame.nunique(dropna=False))
    assert_eq(
        in_parts(frame[["int", "float"]]).nunique(axis=1), frame[["int", "float"]].nunique(axis=1)
    )


FRAME = pd.DataFrame(
    {"x": [1, 2, 1, 2, 1, 3], "y": list("abacaa"), "z": range(6)}, index=list("abcdef")
)


@pytest.mark.parametrize("keep", ["first", "last"])
@pytest.mark.parametrize("subset", [None, "x", ["x", "y"]])
@pytest.mark.parametrize("ignore_index", [False, True])
def test_rows_that_repeat_others_are_dropped(keep, subset, ignore_index):
    data = FRAME if subset is not None else FRAME[["x", "y"]]
    options = {"keep": keep, "ignore_index": ignore_index}

    assert_eq(
        in_parts(data).drop_duplicates(subset, **options), data.drop_duplicates(subset, **options)
    )


@pytest.mark.parametrize("keep", ["first", "last"])
@pytest.mark.parametrize("split_out", [2, True])
def test_rows_may_be_dropped_by_a_shuffle(keep, split_out):
    assert_eq(
        in_parts(FRAME).drop_duplicates(["x", "y"], keep=keep, split_out=split_out),
        FRAME.drop_duplicates(["x", "y"], keep=keep),
        sort_results=True,
    )
    assert_eq(
        in_parts(FRAME[["y"]]).drop_duplicates(keep=keep, split_out=split_out),
        FRAME[["y"]].drop_duplicates(keep=keep),
        sort_results=True,
    )
    assert_eq(
        in_parts(FRAME.y).drop_duplicates(keep=keep, split_out=split_out),
        FRAME.y.drop_duplicates(keep=keep),
        sort_results=True,
    )


def test_values_that_repeat_others_are_dropped():
    assert_eq(in_parts(FRAME.y).drop_duplicates(), FRAME.y.drop_duplicates())
    assert_eq(in_parts(FRAME.y).drop_duplicates(keep="last"), FRAME.y.drop_duplicates(keep="last"))


def test_what_can_not_be_dropped_is_refused():
    df = in_parts(FRAME)

    with pytest.raises(NotImplementedError, match="keep=False"):
        df.drop_duplicates(keep=False)
    with pytest.raises(KeyError, match="'q'"):
        df.drop_duplicates("q")
    with pytest.raises(ValueError, match="keep"):
        df.drop_duplicates(keep="some")
    with pytest.raises(NotImplementedError, match="ignore_index"):
        df.drop_duplicates(split_out=2, ignore_index=True)


@pytest.mark.parametrize("subset", [None, "x", ["x"], ["y", "x"], ["w", "y"]])
@pytest.mark.parametrize("options", [{}, {"dropna": False}, {"normalize": True}, {"sort": False}])
def test_rows_are_counted_as_in_pandas(subset, options):
    data = FRAME.assign(w=[1.5, None, 1.5, 2, None, 1.5]).drop(columns="z")

    assert_eq(in_parts(data).value_counts(subset, **options), data.value_counts(subset, **options))


def test_whether_rows_repeat_others_is_refused():
    with pytest.raises(NotImplementedError, match="drop_duplicates"):
        in_parts(FRAME).duplicated()
    with pytest.raises(NotImplementedError, match="drop_duplicates"):
        in_parts(FRAME.x).duplicated()


def test_an_index_has_distinct_labels_and_counts():
    series = pd.Series(range(6), index=pd.Index(["a", "b", "b", "c", "c", "c"], name="i"))
    index = in_parts(series).index

    assert_eq(index.unique(), series.index.unique())
    assert_eq(index.drop_duplicates(), series.index.drop_duplicates())
    assert_eq(index.value_counts(), series.index.value_counts())
    assert_eq(index.nunique(), 3)
    assert_eq(index.min(), "a")
    assert_eq(index.max(), "c")
    assert_eq(index.count(), 6)


@pytest.mark.parametrize("scheduler", ["threads", "processes"])
def test_counts_run_on_other_engines(scheduler):
    series = SERIES["str"]

    assert_eq(in_parts(series).value_counts(), series.value_counts(), scheduler=scheduler)
    assert_eq(in_parts(series).nunique(), series.nunique(), scheduler=scheduler)
    assert_eq(
        in_parts(FRAME).drop_duplicates("x", split_out=2), FRAME.drop_duplicates("x"),
        sort_results=True, scheduler=scheduler,
    )  # fmt: skip


def test_labels_of_several_levels_are_counted():
    index = pd.MultiIndex.from_tuples([(1, "a"), (1, "b"), (1, "b"), (2, "c")], names=["n", "l"])
    series = pd.Series(range(4), index=index)

    found = in_parts(series, 2).index

    assert_eq(found.value_counts(), index.value_counts())
    assert_eq(found.nunique(), 3)
    assert_eq(found.unique(), index.unique())

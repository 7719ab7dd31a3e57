"""Sums, extremes, means and moments equal those of pandas, in value and dtype."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import treadle.dataframe as dd
from treadle.dataframe.testing import assert_eq
from treadle.graph.expr import simplify, walk

TOTALS = ["sum", "prod", "min", "max", "any", "all", "count"]
SPREADS = ["mean", "var", "std", "sem", "skew", "kurt", "median"]

COLUMNS = {
    "int": pd.Series([3, 1, 2, 7, 5, 1, 4]),
    "small": pd.Series([3, 1, 2, 7, 5, 1, 4], dtype="uint8"),
    "float": pd.Series([0.5, np.nan, 2.0, -1.0, 9.0, np.nan, 4.0]),
    "bool": pd.Series([True, False, True, True, False, True, True]),
    "gone": pd.Series([np.nan] * 7),
    "Int64": pd.Series([3, None, 2, 7, 5, 1, 4], dtype="Int64"),
    "Float64": pd.Series([3, None, 2.5, 7, 5, 1, 4], dtype="Float64"),
    "boolean": pd.Series([True, None, True, True, False, True, True], dtype="boolean"),
    "arrow": pd.Series([3, None, 2, 7, 5, 1, 4], dtype="int64[pyarrow]"),
    "far": pd.Series([1e5 + 1, 1e5 + 2, 1e5, 1e5 + 4, 1e5 + 7, 1e5 + 3, 1e5]),
    "equal": pd.Series([0.1] * 7),
}
MORE = {
    "str": pd.Series(["b", None, "a", "d", "c", "a", "z"], dtype="str"),
    "date": pd.to_datetime(
        pd.Series(["2020-02-01", None, *["2021-03-04", "1999-01-01"] * 2, "2000-05-05"])
    ),
    "zoned": pd.Series(pd.date_range("2020-01-01", periods=7, freq="7h", tz="Europe/Berlin")),
    "span": pd.to_timedelta(pd.Series([3, 1, None, 8, 2, 9, 4]), unit="s"),
    "cat": pd.Series(pd.Categorical(list("abcabca"), categories=list("cba"), ordered=True)),
    "object": pd.Series([3, 1, 2, 7, 5, 1, 4], dtype=object),
}
FRAME = pd.DataFrame({**COLUMNS, **MORE})


def in_parts(data, count=3):
    return dd.from_pandas(data, npartitions=count)


@pytest.mark.parametrize("column", FRAME.columns)
@pytest.mark.parametrize("how", TOTALS + SPREADS)
def test_a_reduction_of_a_column_is_that_of_pandas(how, column):
    series = FRAME[column]
    try:
        expected = getattr(series, how)()
    except (TypeError, ValueError, NotImplementedError):
        with pytest.raises((TypeError, ValueError, NotImplementedError)):
            getattr(in_parts(series), how)()
        return

    found = getattr(in_parts(series), how)()

    assert_eq(found, expected, rtol=1e-7, check_dtype=how != "count" and column != "object")


@pytest.mark.parametrize("how", TOTALS + SPREADS)
@pytest.mark.parametrize("count", [1, 3, 7])
def test_a_reduction_of_a_frame_of_numbers_is_that_of_pandas(how, count):
    numbers = FRAME[list(COLUMNS)]

    assert_eq(getattr(in_parts(numbers, count), how)(), getattr(numbers, how)(), rtol=1e-7)


@pytest.mark.parametrize("columns", [["int", "small"], ["float", "far"], ["int", "float"]])
@pytest.mark.parametrize("how", TOTALS + SPREADS)
def test_the_dtype_of_the_result_is_that_of_pandas(how, columns):
    frame = FRAME[columns]

    assert_eq(getattr(in_parts(frame), how)(), getattr(frame, how)())


@pytest.mark.parametrize("how", ["min", "max", "count"])
@pytest.mark.parametrize(
    "columns", [["int", "str"], ["date", "zoned"], ["date"], ["cat", "int"], ["str"]]
)
def test_columns_of_several_kinds_make_one_row(how, columns):
    frame = FRAME[columns].dropna()

    assert_eq(getattr(in_parts(frame), how)(), getattr(frame, how)())


@pytest.mark.parametrize("how", TOTALS[:4] + SPREADS)
def test_numeric_only_leaves_out_columns_that_are_no_numbers(how):
    assert_eq(
        getattr(in_parts(FRAME.drop(columns="object")), how)(numeric_only=True),
        getattr(FRAME.drop(columns="object"), how)(numeric_only=True),
        rtol=1e-7,
    )


@pytest.mark.parametrize("column", ["int", "float", "Int64", "date", "boolean"])
@pytest.mark.parametrize("how", ["sum", "min", "max", "mean", "std", "any", "all", "median"])
def test_missing_values_may_count(how, column):
    series = FRAME[column]
    try:
        expected = getattr(series, how)(skipna=False)
    except TypeError:
        return

    assert_eq(getattr(in_parts(series), how)(skipna=False), expected)


@pytest.mark.parametrize("count", [0, 1, 5, 6, 7, 8])
@pytest.mark.parametrize("how", ["sum", "prod"])
def test_with_fewer_values_than_min_count_a_total_is_missing(how, count):
    frame = FRAME[["int", "float", "Int64"]]

    assert_eq(getattr(in_parts(frame), how)(min_count=count), getattr(frame, how)(min_count=count))
    assert_eq(
        getattr(in_parts(frame.int), how)(min_count=count), getattr(frame.int, how)(min_count=count)
    )


@pytest.mark.parametrize("how", TOTALS + SPREADS)
def test_a_reduction_across_columns_has_a_value_for_each_row(how):
    frame = FRAME[["int", "float", "far"]]

    assert_eq(getattr(in_parts(frame), how)(axis=1), getattr(frame, how)(axis=1))


@pytest.mark.parametrize("how", TOTALS + SPREADS)
def test_empty_partitions_say_nothing(how):
    df = in_parts(FRAME[["int", "float"]], 7)

    assert_eq(
        getattr(df[df.int > 4], how)(), getattr(FRAME.loc[FRAME.int > 4, ["int", "float"]], how)()
    )
    assert_eq(
        getattr(df.int[df.int > 4], how)(),
        getattr(FRAME.int[FRAME.int > 4], how)(),
        check_dtype=how != "count",
    )


@pytest.mark.parametrize("how", TOTALS + SPREADS)
def test_no_rows_at_all_give_what_pandas_gives(how):
    df = in_parts(FRAME[["int", "float"]], 3)
    nothing = FRAME.iloc[:0]

    found = getattr(df[df.int > 99], how)().compute()

    pd.testing.assert_series_equal(
        found, getattr(nothing[["int", "float"]], how)(), check_dtype=False
    )
    found = getattr(df.float[df.int > 99], how)().compute()
    np.testing.assert_equal(found, getattr(nothing.float, how)())


def test_columns_may_have_one_label():
    frame = pd.DataFrame([[1, 2.5], [3, 4.5]], columns=["x", "x"])

    assert_eq(in_parts(frame, 2).sum(), frame.sum())
    assert_eq(in_parts(frame, 2).mean(), frame.mean())


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.floats(-1e6, 1e6) | st.just(float("nan")), min_size=1, max_size=40),
    st.integers(1, 5),
    st.sampled_from(["mean", "var", "skew", "kurt", "median", "sum", "min"]),
)
def test_any_floats_in_any_partitions_have_the_result_of_pandas(values, count, how):
    series = pd.Series(np.round(values, 2))

    assert_eq(getattr(in_parts(series, count), how)(), getattr(series, how)(), rtol=1e-6, atol=1e-6)


def columns_read(collection):
    """Return the columns that sources are asked for."""
    (root,) = simplify([collection.expr])
    return [e.columns for e in walk([root]) if type(e).__name__ == "Source"]


def test_only_the_columns_of_the_result_are_read():
    df = in_parts(FRAME)

    assert columns_read(df[["int", "far"]].mean()) == [["int", "far"]]
    assert columns_read(df.float.max()) == [["float"]]
    assert columns_read(df[df.int > 2].far.var()) == [["int", "far"]]
    assert columns_read(df[["int", "str"]].sum(numeric_only=True)) == [["int"]]
    assert columns_read(df.far.median()) == [["far"]]
    assert columns_read(df.int.count()) == []


@pytest.mark.parametrize("scheduler", ["threads", "processes"])
def test_reductions_run_on_other_engines(scheduler):
    frame = FRAME[["int", "float"]]

    assert_eq(in_parts(frame).var(split_every=2), frame.var(), scheduler=scheduler)
    assert_eq(in_parts(frame).sum(split_every=False), frame.sum(), scheduler=scheduler)
    assert_eq(in_parts(frame).median(), frame.median(), scheduler=scheduler)


def test_bad_arguments_are_refused_at_once():
    df = in_parts(FRAME)

    with pytest.raises(TypeError):
        df.str.mean()
    with pytest.raises(ValueError, match="No axis named 2"):
        df.sum(axis=2)
    with pytest.raises(ValueError, match="split_every"):
        df.int.sum(split_every=1)
    with pytest.raises(NotImplementedError, match="axis=None"):
        df.sum(axis=None)


def test_columns_may_have_labels_of_several_levels():
    labels = pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)])
    frame = pd.DataFrame(np.arange(12).reshape(4, 3), columns=labels)

    for how in ("sum", "mean", "median", "std", "nunique", "describe", "idxmax", "corr"):
        assert_eq(getattr(in_parts(frame), how)(), getattr(frame, how)())


@pytest.mark.parametrize("how", ["min", "max", "mean", "median", "std", "nunique", "quantile"])
@pytest.mark.parametrize("dtype", ["timestamp[ns][pyarrow]", "duration[us][pyarrow]"])
def test_times_of_arrow_are_reduced_as_in_pandas(how, dtype):
    series = pd.Series(pd.array([10**6, None, 10**9, 5 * 10**6], dtype="int64[pyarrow]")).astype(
        dtype
    )

    assert_eq(getattr(in_parts(series), how)(), getattr(series, how)())


def test_the_mean_of_times_is_exact():
    series = pd.Series(pd.date_range("2020", periods=5, freq="7ns"))

    assert in_parts(series).mean().compute() == series[2]

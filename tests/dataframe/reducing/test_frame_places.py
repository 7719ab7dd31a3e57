"""Places of extremes, largest and smallest rows, order and sizes equal those of pandas."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest

import treadle.dataframe as dd
from treadle.dataframe.testing import assert_eq

FRAME = pd.DataFrame(
    {"x": [3, 1, 7, 7, 1, 2], "y": [np.nan, 2.5, 2.5, -1, np.nan, 0.5], "s": list("bcadef")},
    index=pd.Index(list("abcdef"), name="i"),
)


def in_parts(data, count=3):
    return dd.from_pandas(data, npartitions=count)


@pytest.mark.parametrize("how", ["idxmin", "idxmax"])
def test_labels_of_extremes_are_those_of_pandas(how):
    numbers = FRAME[["x", "y"]]

    assert_eq(getattr(in_parts(numbers), how)(), getattr(numbers, how)())
    assert_eq(
        getattr(in_parts(FRAME), how)(numeric_only=True), getattr(FRAME, how)(numeric_only=True)
    )
    assert_eq(getattr(in_parts(numbers), how)(axis=1), getattr(numbers, how)(axis=1))
    for column in FRAME:
        assert_eq(getattr(in_parts(FRAME[column]), how)(), getattr(FRAME[column], how)())


@pytest.mark.parametrize("how", ["idxmin", "idxmax"])
def test_labels_may_be_numbers_dates_or_tuples(how):
    for index in (
        range(6),
        pd.date_range("2020", periods=6),
        pd.MultiIndex.from_product([[1, 2, 3], ["a", "b"]]),
    ):
        data = FRAME[["x", "y"]].set_axis(index, axis=0)

        assert_eq(getattr(in_parts(data), how)(), getattr(data, how)())
        assert_eq(getattr(in_parts(data.x), how)(), getattr(data.x, how)())


def test_without_values_there_is_no_place_as_in_pandas():
    gone = pd.Series([np.nan, np.nan])
    reasons = "all NA|NA value|empty sequence"

    with pytest.raises(ValueError, match=f"(?i){reasons}"):
        in_parts(gone).idxmin().compute()
    with pytest.raises(ValueError, match=f"(?i){reasons}"):
        in_parts(gone.to_frame()).idxmin().compute()
    with pytest.raises(ValueError, match=f"(?i){reasons}"):
        in_parts(FRAME.y).idxmax(skipna=False).compute()
    df = in_parts(FRAME)
    with pytest.raises(ValueError, match=f"(?i){reasons}"):
        df.x[df.x > 99].idxmax().compute()


@pytest.mark.parametrize("how", ["nlargest", "nsmallest"])
@pytest.mark.parametrize("keep", ["first", "last", "all"])
@pytest.mark.parametrize("n", [0, 1, 2, 3, 99])
def test_the_largest_rows_are_those_of_pandas(how, keep, n):
    for columns in ("x", ["x", "y"], ["y"]):
        assert_eq(
            getattr(in_parts(FRAME), how)(n, columns, keep=keep),
            getattr(FRAME, how)(n, columns, keep=keep),
        )
    for column in ("x", "y"):
        assert_eq(
            getattr(in_parts(FRAME[column]), how)(n, keep=keep),
            getattr(FRAME[column], how)(n, keep=keep),
        )


def test_largest_rows_of_what_has_no_order_are_refused():
    with pytest.raises(TypeError, match="columns"):
        in_parts(FRAME).nlargest(3)
    with pytest.raises(KeyError):
        in_parts(FRAME).nlargest(3, "q")
    with pytest.raises(TypeError):
        in_parts(FRAME).nlargest(3, "s")


@pytest.mark.parametrize(
    "values", [[1, 2, 2, 5], [5, 2, 2, 1], [1, 3, 2, 9], [1.0, np.nan, 2, 3], [4], [1, 1, 1, 1]]
)
def test_order_is_told_as_in_pandas(values):
    series = pd.Series(values)
    for count in (1, 2, 4):
        x = in_parts(series, count)

        assert x.is_monotonic_increasing.compute() == series.is_monotonic_increasing
        assert x.is_monotonic_decreasing.compute() == series.is_monotonic_decreasing
    by_label = dd.from_pandas(
        pd.Series(range(len(values)), index=values), npartitions=2, sort=False
    )
    assert by_label.index.is_monotonic_increasing.compute() == series.is_monotonic_increasing


def test_bytes_are_those_of_pandas():
    plain = FRAME.reset_index(drop=True)[["x", "y"]]
    df = in_parts(plain)

    assert_eq(df.memory_usage(index=False), plain.memory_usage(index=False))
    assert df.x.memory_usage(index=False).compute() == plain.x.memory_usage(index=False)
    assert df.memory_usage_per_partition(index=False).compute().tolist() == [32, 32, 32]
    assert df.memory_usage_per_partition(index=False).sum().compute() == 96
    assert "Index" in df.memory_usage().compute().index


def test_sizes_are_known_without_reading():
    df = in_parts(FRAME)

    assert df.size.compute() == FRAME.size
    assert df.x.size.compute() == 6
    assert df.index.size.compute() == 6
    assert df.x.count().compute() == 6


def test_info_counts_only_if_asked():
    df, short, long = in_parts(FRAME), io.StringIO(), io.StringIO()

    df.info(short)
    df.info(long, verbose=True, memory_usage=True)

    assert "Columns: 3 entries, x to s" in short.getvalue()
    assert "float64(1), int64(1), str(1)" in short.getvalue()
    assert "4 non-null" in long.getvalue()
    assert "6 entries" in long.getvalue()
    assert "memory usage" in long.getvalue()

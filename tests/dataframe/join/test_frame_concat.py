"""Frames below and beside each other are as pandas puts them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import treadle.dataframe as dd
from treadle.dataframe.expr import Source
from treadle.dataframe.testing import assert_eq
from treadle.graph.expr import simplify, walk

DTYPES = ["int64", "int8", "float64", "bool", "str", "object", "Int64", "datetime64[ns]",
          "category", "int64[pyarrow]"]  # fmt: skip


def column(dtype, n):
    values = pd.Series(np.arange(n) % 2)
    if dtype in ("str", "object", "category"):
        return values.map({0: "a", 1: "b"}).astype(dtype)
    return values.astype(dtype)


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from(DTYPES), st.sampled_from(DTYPES), st.sampled_from(["outer", "inner"]),
    st.booleans(), st.booleans(),
)  # fmt: skip
def test_columns_and_dtypes_below_each_other_are_those_of_pandas(one, other, join, more, sort):
    a = pd.DataFrame({"z": column(one, 5), "y": column(one, 5)})
    b = pd.DataFrame({"z": column(other, 4), ("y" if more else "w"): column(other, 4)})
    frames = [dd.from_pandas(a, npartitions=2), dd.from_pandas(b, npartitions=3)]

    result = dd.concat(frames, join=join, sort=sort)

    assert_eq(result, pd.concat([a, b], join=join, sort=sort))


def test_divisions_are_known_if_frames_follow_each_other():
    a = pd.DataFrame({"x": range(6)})
    b = pd.DataFrame({"x": range(4)}, index=range(10, 14))
    first, second = dd.from_pandas(a, npartitions=3), dd.from_pandas(b, npartitions=2)

    assert dd.concat([first, second]).divisions == (0, 2, 4, 10, 12, 13)
    assert not dd.concat([second, first]).known_divisions
    assert not dd.concat([first, first]).known_divisions
    assert not dd.concat([first, dd.from_pandas(b, npartitions=2, sort=False)]).known_divisions
    assert_eq(dd.concat([second, first]), pd.concat([b, a]))


def test_frames_that_overlap_are_interleaved_if_asked():
    a = pd.DataFrame({"x": range(6)}, index=[0, 2, 4, 6, 8, 10])
    b = pd.DataFrame({"x": range(4), "y": 1.5}, index=[1, 2, 9, 12])

    frames = [dd.from_pandas(a, npartitions=3), dd.from_pandas(b, npartitions=2)]
    result = dd.concat(frames, interleave_partitions=True)

    assert result.known_divisions
    assert_eq(result, pd.concat([a, b]).sort_index(kind="stable"))


def test_series_and_frames_below_each_other():
    a = pd.DataFrame({"x": range(6), "y": 1.5})
    x = dd.from_pandas(a, npartitions=2)

    assert_eq(dd.concat([x.x, x.y]), pd.concat([a.x, a.y]))
    assert_eq(dd.concat([x.x, x.x]), pd.concat([a.x, a.x]))
    assert_eq(dd.concat([x, x.x]), pd.concat([a, a.x]))
    assert_eq(dd.concat([x, a.y.rename(None)]), pd.concat([a, a.y.rename(None)]))


def test_what_is_of_pandas_or_none_can_be_among_them():
    a = pd.DataFrame({"x": range(6)})
    x = dd.from_pandas(a, npartitions=2)

    assert_eq(dd.concat([x, None, a + 1]), pd.concat([a, None, a + 1]))
    assert_eq(dd.concat([x]), a)
    assert_eq(dd.concat([a, a]), pd.concat([a, a]))
    assert_eq(
        dd.concat([x, a], ignore_index=True), pd.concat([a, a], ignore_index=True),
        check_index=False,
    )  # fmt: skip


def test_categories_are_united():
    a = pd.DataFrame({"x": pd.Categorical(["a", "b"])})
    b = pd.DataFrame({"x": pd.Categorical(["c"])})
    low = pd.Series(pd.Categorical(["lo"], ["lo", "hi"], ordered=True))
    high = pd.Series(pd.Categorical(["hi"], ["hi", "lo"], ordered=True))

    result = dd.concat([dd.from_pandas(a, npartitions=1), b])

    assert list(result._meta.x.dtype.categories) == ["a", "b", "c"]
    assert result.compute().x.dtype == pd.CategoricalDtype(["a", "b", "c"])
    both = [dd.from_pandas(item, npartitions=1) for item in (low, high)]
    assert dd.concat(both)._meta.dtype == pd.concat([low, high]).dtype
    unordered = dd.concat(both, ignore_order=True)
    assert not unordered._meta.dtype.ordered
    assert unordered.compute().dtype == pd.CategoricalDtype(["lo", "hi"])


def columns_read(df):
    return [list(e.meta.columns) for e in walk(simplify([df.expr])) if isinstance(e, Source)]


def test_only_columns_that_are_used_are_read():
    a = dd.from_pandas(pd.DataFrame({"x": range(6), "y": 1, "z": 2}), npartitions=2)
    b = dd.from_pandas(pd.DataFrame({"z": range(5), "y": 1.5, "q": "a"}), npartitions=2)

    assert columns_read(dd.concat([a, b])[["y"]]) == [["y"], ["y"]]
    assert columns_read(dd.concat([a, b])[["x"]]) == [["x"], []]
    assert columns_read(dd.concat([a[["x", "y"]], b[["z", "q"]]], axis=1)[["x"]]) == [["x"], []]
    wanted = pd.concat([a.compute(), b.compute()])
    assert_eq(dd.concat([a, b])[["x"]], wanted[["x"]])
    assert_eq(dd.concat([a, b])["q"], wanted["q"])


# -- beside each other -----------------------------------------------------------------------------


def test_frames_that_correspond_beside_each_other():
    a = pd.DataFrame({"x": range(6), "y": 1.5})
    x = dd.from_pandas(a, npartitions=3)

    assert_eq(dd.concat([x, (x + 1)[["y"]]], axis=1), pd.concat([a, (a + 1)[["y"]]], axis=1))
    assert_eq(dd.concat([x.x, x.y], axis="columns"), pd.concat([a.x, a.y], axis=1))
    assert dd.concat([x.x, x.y], axis=1).divisions == x.divisions
    assert_eq(dd.concat([x.x, x.y], axis=1)[["y"]], a[["y"]])


@pytest.mark.parametrize("join", ["outer", "inner"])
def test_frames_of_other_divisions_beside_each_other(join):
    a = pd.DataFrame({"x": range(6)})
    b = pd.DataFrame({"y": range(4)}, index=range(3, 7))
    frames = dd.from_pandas(a, npartitions=3), dd.from_pandas(b, npartitions=2)

    result = dd.concat(frames, axis=1, join=join)

    assert_eq(result, pd.concat([a, b], axis=1, join=join), check_dtype=False)


def test_partitions_of_unknown_labels_correspond_only_if_somebody_says_so():
    a = pd.DataFrame({"x": range(6)})
    b = pd.DataFrame({"y": range(6)})
    x, y = (dd.from_pandas(df, npartitions=2, sort=False) for df in (a, b))

    with pytest.raises(ValueError, match="not known which rows belong together"):
        dd.concat([x, y], axis=1)
    result = dd.concat([x, y], axis=1, ignore_unknown_divisions=True)
    assert_eq(result, pd.concat([a, b], axis=1))
    three = dd.from_pandas(b, npartitions=3, sort=False)
    with pytest.raises(ValueError, match="repartition"):
        dd.concat([x, three], axis=1, ignore_unknown_divisions=True)


def test_wrong_arguments_are_refused():
    x = dd.from_pandas(pd.DataFrame({"x": range(6)}), npartitions=2)

    with pytest.raises(ValueError, match="nothing to concatenate"):
        dd.concat([])
    with pytest.raises(TypeError, match="a list of frames"):
        dd.concat(x)
    with pytest.raises(TypeError, match="not int"):
        dd.concat([x, 1])
    with pytest.raises(ValueError, match="join is 'left'"):
        dd.concat([x, x], join="left")
    with pytest.raises(ValueError, match="there is no axis 2"):
        dd.concat([x, x], axis=2)
    with pytest.raises(NotImplementedError, match="keys of a mapping"):
        dd.concat({"a": x})
    with pytest.raises(NotImplementedError, match="columns are not numbered"):
        dd.concat([x, x], axis=1, ignore_index=True)

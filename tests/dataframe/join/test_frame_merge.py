"""Merges of frames in partitions are those of pandas, whichever way rows are brought together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import treadle.dataframe as dd
from treadle.dataframe.testing import assert_eq

HOWS = ["inner", "left", "right", "outer", "left_anti", "right_anti", "leftsemi", "leftanti"]
KEYS = st.lists(st.sampled_from([0, 1, 2, 3, None]), max_size=9)
DTYPES = ["float64", "Int64", "str", "object", "category", "time", "zone", "arrow"]


def keys_of(values, dtype):
    numbers = pd.Series(values, dtype="Int64")
    texts = numbers.astype("float64").map({0: "a", 1: "b", 2: "c", 3: "dd"}).astype("str")
    match dtype:
        case "float64" | "Int64":
            return numbers.astype(dtype)
        case "time" | "zone":
            times = pd.to_datetime(numbers.astype("float64"), unit="D")
            return times.dt.tz_localize("Europe/Oslo") if dtype == "zone" else times
        case "category":
            return texts.astype(pd.CategoricalDtype(["b", "a", "dd", "c"]))
        case "arrow":
            return numbers.astype("int64[pyarrow]")
        case _:
            return texts.astype(dtype)


def left_frame(keys, dtype="Int64"):
    return pd.DataFrame({"k": keys_of(keys, dtype), "v": np.arange(float(len(keys)))})


def right_frame(keys, dtype="Int64"):
    names = pd.Series([f"w{n}" for n in range(len(keys))], dtype="str")
    return pd.DataFrame({"k": keys_of(keys, dtype), "v": np.arange(len(keys)) / 2, "w": names})


def expected(left, right, how, **options):
    """What pandas makes of it; of ways that it has not, what they are said to do."""
    if how not in ("leftsemi", "leftanti"):
        return left.merge(right, how=how, **options)
    matched = left.merge(right[["k"]].drop_duplicates(), on="k", how="left", indicator=True)
    wanted = "both" if how == "leftsemi" else "left_only"
    return left[(matched._merge == wanted).to_numpy()]


def check(left, right, how, parts=(3, 2), **options):
    frames = [
        dd.from_pandas(df, npartitions=n, sort=False)
        for df, n in zip((left, right), parts, strict=True)
    ]
    moving = {key: options.pop(key) for key in ("broadcast", "npartitions") if key in options}
    result = frames[0].merge(frames[1], how=how, **options, **moving)
    wanted = expected(left, right, how, **options)
    assert list(result.columns) == list(wanted.columns)
    assert_same(result, wanted)


def assert_same(result, wanted):
    """Rows in any order; of what is empty, dtypes of the meta are as good."""
    found = result.compute()
    assert len(found) == len(wanted)
    if len(wanted):
        pd.testing.assert_frame_equal(by_rows(found), by_rows(wanted))


def by_rows(df):
    rows = sorted(range(len(df)), key=lambda n: [str(v) for v in df.iloc[n]])
    return df.iloc[rows].reset_index(drop=True)


@settings(deadline=None, max_examples=30)
@given(
    KEYS, KEYS, st.sampled_from(HOWS), st.sampled_from(DTYPES),
    st.tuples(st.integers(1, 4), st.integers(1, 4)), st.sampled_from([None, True, False, 2.0]),
)  # fmt: skip
def test_a_merge_by_a_column_is_that_of_pandas(mine, theirs, how, dtype, parts, broadcast):
    left, right = left_frame(mine, dtype), right_frame(theirs, dtype)

    check(left, right, how, parts, on="k", broadcast=broadcast)


@settings(deadline=None, max_examples=20)
@given(
    st.lists(st.integers(0, 5), max_size=9), st.lists(st.integers(0, 5), max_size=9),
    st.sampled_from(HOWS[:4]), st.tuples(st.integers(1, 4), st.integers(1, 4)),
    st.booleans(), st.booleans(), st.sampled_from([None, False]),
)  # fmt: skip
def test_a_merge_by_indexes_is_that_of_pandas(
    mine, theirs, how, parts, left_known, right_known, broadcast
):
    left = left_frame(mine).set_axis(pd.Index(mine, dtype="int64", name="i")).drop(columns="k")
    right = right_frame(theirs).set_axis(pd.Index(theirs, dtype="int64", name="i"))
    frames = [
        dd.from_pandas(df, npartitions=n, sort=known)
        for df, n, known in zip((left, right), parts, (left_known, right_known), strict=True)
    ]

    result = frames[0].merge(
        frames[1], how=how, left_index=True, right_index=True, broadcast=broadcast
    )

    wanted = left.merge(right, how=how, left_index=True, right_index=True)
    if len(wanted):
        assert_eq(result, wanted, sort_results=True, check_dtype=False)
    else:
        assert len(result) == 0


@pytest.mark.parametrize("how", ["inner", "left", "right", "outer"])
@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("broadcast", [None, False])
def test_a_column_is_merged_with_an_index(how, known, broadcast):
    left = left_frame([3, 1, 2, 2, 0, 1], "float64")
    right = right_frame([0, 1, 2, 2, 5], "float64").drop(columns="k")
    right.index = pd.Index([0.0, 1.0, 2.0, 2.0, 5.0], name="i")
    a = dd.from_pandas(left, npartitions=3, sort=False)
    b = dd.from_pandas(right, npartitions=3, sort=known)

    result = a.merge(b, how=how, left_on="k", right_index=True, broadcast=broadcast)
    other = b.merge(a, how=how, left_index=True, right_on="k", broadcast=broadcast)

    wanted = left.merge(right, how=how, left_on="k", right_index=True)
    assert_eq(result, wanted, sort_results=True, check_dtype=False)
    wanted = right.merge(left, how=how, left_index=True, right_on="k")
    assert_eq(other, wanted, sort_results=True, check_dtype=False)


@pytest.mark.parametrize("dtypes", [("int64", "float64"), ("int64", "Int64"), ("int32", "int64"),
                                    ("str", "object"), ("category", "str")])  # fmt: skip
@pytest.mark.parametrize("broadcast", [None, False])
def test_keys_of_two_dtypes_meet_as_in_pandas(dtypes, broadcast):
    left, right = left_frame([0, 1, 2, 1, 3]), right_frame([1, 2, 2, 0])
    for frame, dtype in ((left, dtypes[0]), (right, dtypes[1])):
        if dtype in ("str", "object", "category"):
            frame["k"] = frame["k"].map("key {}".format).astype(dtype)
        else:
            frame["k"] = frame["k"].astype(dtype)

    for how in ("inner", "outer"):
        check(left, right, how, (3, 2), on="k", broadcast=broadcast)


@pytest.mark.parametrize("broadcast", [None, False, True])
def test_several_keys_suffixes_and_an_indicator(broadcast):
    left = left_frame([0, 1, 1, 2, None, 3]).assign(g=list("aababb"), x=1)
    right = right_frame([1, 1, None, 2, 7]).assign(g=list("abbaa"), x=2.5)

    for how in ("inner", "left", "outer"):
        check(
            left, right, how, on=["k", "g"], suffixes=("_l", "_r"), indicator=True,
            broadcast=broadcast,
        )  # fmt: skip
        check(
            left, right.rename(columns={"k": "q"}), how, left_on=["k"], right_on=["q"],
            indicator="whence", suffixes=(None, "_r"), broadcast=broadcast,
        )  # fmt: skip


def test_all_common_columns_are_keys_if_none_are_named():
    left, right = left_frame([0, 1, 2, 3]), right_frame([0, 3, 2, 1])

    check(left, right, "inner")
    check(left, right, "outer", broadcast=False)


def test_a_cross_join_takes_all_pairs():
    left, right = left_frame([0, 1, 2]), right_frame([3, 4])

    check(left, right, "cross", (2, 2))
    check(left, right, "cross", (2, 1))


def test_levels_of_an_index_are_keys_too():
    left = left_frame([0, 1, 2, 1]).set_index("k")
    right = right_frame([1, 2, 2])
    a = dd.from_pandas(left, npartitions=2, sort=False)
    b = dd.from_pandas(right, npartitions=2, sort=False)

    for broadcast in (None, False):
        result = a.merge(b, on="k", broadcast=broadcast)
        assert_same(result, left.merge(right, on="k"))


def test_a_frame_of_pandas_and_a_series_can_be_merged():
    left, right = left_frame([0, 1, 2, 1]), right_frame([1, 2, 2])
    a = dd.from_pandas(left, npartitions=3)
    series = pd.Series([10.0, 20.0, 30.0], name="s")

    assert_eq(a.merge(right, on="k"), left.merge(right, on="k"), check_index=False)
    assert_eq(dd.merge(right, a, on="k"), right.merge(left, on="k"), sort_results=True,
              check_index=False)  # fmt: skip
    by_index = {"left_index": True, "right_index": True}
    assert_eq(a.merge(series, **by_index), left.merge(series, **by_index))
    assert_eq(
        a.merge(dd.from_pandas(series, npartitions=2), **by_index), left.merge(series, **by_index)
    )


def test_a_broadcast_keeps_the_order_of_the_side_that_stays():
    left, right = left_frame([2, 0, 1, 1, 0, 2]), right_frame([2, 1, 0, 1])
    a = dd.from_pandas(left, npartitions=3)

    assert_eq(a.merge(right, on="k"), left.merge(right, on="k"), check_index=False)
    assert_eq(
        a.merge(right, on="k", how="left"), left.merge(right, on="k", how="left"), check_index=False
    )


def test_a_merge_with_itself():
    left = left_frame([2, 0, 1, 1, 0, 2])
    a = dd.from_pandas(left, npartitions=3)

    for broadcast in (None, False):
        result = a.merge(a, on="k", broadcast=broadcast)
        assert_eq(result, left.merge(left, on="k"), sort_results=True, check_index=False)
        assert_eq(
            result[["v_y"]], left.merge(left, on="k")[["v_y"]], sort_results=True, check_index=False
        )


def test_rows_of_missing_keys_meet():
    left, right = left_frame([None, 1, None]), right_frame([None, None, 2])

    check(left, right, "inner", on="k", broadcast=False)
    check(left, right, "outer", on="k", broadcast=False)


@pytest.mark.parametrize("validate", ["1:1", "one_to_many", "m:1"])
def test_keys_that_have_to_be_unique_are_checked_over_all_partitions(validate):
    left, right = left_frame([0, 1, 2, 0]), right_frame([2, 1, 0, 2])
    a, b = dd.from_pandas(left, npartitions=2), dd.from_pandas(right, npartitions=2)

    with pytest.raises(pd.errors.MergeError, match="not unique"):
        a.merge(b, on="k", validate=validate).compute()
    unique = dd.from_pandas(left.iloc[:3], npartitions=2), dd.from_pandas(right[:3], npartitions=2)
    result = unique[0].merge(unique[1], on="k", validate=validate)
    assert_same(result, left[:3].merge(right[:3], on="k"))


@pytest.mark.parametrize("scheduler", ["threads", "processes"])
@pytest.mark.parametrize("broadcast", [True, False])
def test_merges_run_on_other_engines(scheduler, broadcast):
    left, right = left_frame([0, 1, 2, 3] * 3), right_frame([1, 2, 5])
    a, b = dd.from_pandas(left, npartitions=3), dd.from_pandas(right, npartitions=2)

    result = a.merge(b, on="k", how="outer", broadcast=broadcast)

    assert_eq(
        result, left.merge(right, on="k", how="outer"), scheduler=scheduler,
        sort_results=True, check_index=False,
    )  # fmt: skip


# -- join ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["left", "right", "inner", "outer"])
@pytest.mark.parametrize("known", [True, False])
def test_join_adds_columns_by_the_index(how, known):
    left = left_frame([0, 1, 2, 3, 0, 1]).rename(columns={"v": "x"})
    right = right_frame([0, 1, 2, 3]).set_axis([1, 3, 4, 9]).drop(columns="k")
    a = dd.from_pandas(left, npartitions=3, sort=known)
    b = dd.from_pandas(right, npartitions=2, sort=known)

    assert_eq(a.join(b, how=how), left.join(right, how=how), sort_results=True)
    assert_eq(a.join(right.w, how=how), left.join(right.w, how=how), sort_results=True)


def test_join_looks_columns_up_in_an_index():
    left = left_frame([0, 1, 2, 3, 0, 1])
    right = right_frame([0, 1, 2]).set_index("k")
    a, b = dd.from_pandas(left, npartitions=3), dd.from_pandas(right, npartitions=2)

    result = a.join(b, on="k", lsuffix="_l", rsuffix="_r")

    wanted = left.join(right, on="k", suffixes=("_l", "_r"))
    assert_eq(result, wanted, sort_results=True, check_dtype=False)
    assert_eq(a.join(b, on="k", suffixes=("_l", "_r")), result)
    with pytest.raises(ValueError, match="columns overlap but no suffix"):
        a.join(b, on="k")


@pytest.mark.parametrize("how", ["left", "inner", "outer"])
def test_join_takes_several_frames(how):
    left = left_frame([0, 1, 2, 3, 0, 1])
    others = [pd.DataFrame({"a": [1.0, 2]}, index=[1, 4]), pd.Series([5.0], index=[2], name="b")]
    a = dd.from_pandas(left, npartitions=3)

    result = a.join([dd.from_pandas(others[0], npartitions=2), others[1]], how=how)

    assert_eq(result, left.join(others, how=how), sort_results=True)


def test_wrong_arguments_are_refused_when_the_merge_is_written():
    left, right = left_frame([0, 1]), right_frame([0, 1])
    a, b = dd.from_pandas(left, npartitions=2), dd.from_pandas(right, npartitions=2)

    with pytest.raises(KeyError, match="nope"):
        a.merge(b, on="nope")
    with pytest.raises(ValueError, match="how is 'sideways'"):
        a.merge(b, on="k", how="sideways")
    with pytest.raises(NotImplementedError, match="sort the result"):
        a.merge(b, on="k", sort=True)
    with pytest.raises(NotImplementedError, match="add it to the frame with assign"):
        a.merge(b, left_on=a.k, right_on="k")
    with pytest.raises(TypeError, match="broadcast must be True, False or a number"):
        a.merge(b, on="k", broadcast="yes")
    with pytest.raises(ValueError, match="npartitions must be 1 or more"):
        a.merge(b, on="k", npartitions=0)
    with pytest.raises(ValueError, match="a series without a name"):
        a.merge(pd.Series([1]), left_index=True, right_index=True)
    with pytest.raises(TypeError, match="not list"):
        a.merge([1, 2], on="k")
    with pytest.raises(TypeError, match="in partitions at least on one side"):
        dd.merge(left, right, on="k")
    with pytest.raises(ValueError, match="a cross join has no keys"):
        a.join(b, on="k", how="cross")
    with pytest.raises(ValueError, match="leave out on"):
        a.join([b], on="k")
    with pytest.raises(ValueError, match="suffixes can't be given"):
        a.join([b], lsuffix="_l")
    with pytest.raises(ValueError, match="not 'right'"):
        a.join([b], how="right")
    with pytest.raises(ValueError, match=r"columns \['k', 'v'\] are in more than one frame"):
        a.join([b])

"""Partitions merged one by one are what pandas merges as a whole."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pandas.testing as tm
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treadle.dataframe.join.broadcast import merge_marking, unmet_rows
from treadle.dataframe.join.kernels import (
    conform,
    merge_parts,
    plan_join,
)
from treadle.dataframe.shuffle.pieces import concat_parts, split_by_hash

HOWS = ["inner", "left", "right", "outer", "left_anti", "right_anti"]
KEYS = st.lists(st.sampled_from([0, 1, 2, 3, None]), max_size=8)
DTYPES = st.sampled_from(["float64", "Int64", "str", "category", "object", "time"])


def left_frame(keys, dtype="Int64"):
    k = pd.Series(keys, dtype="Int64").astype("float64").map({0: "a", 1: "b", 2: "c", 3: "dd"})
    if dtype == "time":
        k = pd.to_datetime(pd.Series(keys, dtype="float64"), unit="s")
    elif dtype in ("float64", "Int64"):
        k = pd.Series(keys, dtype="Int64").astype(dtype)
    elif dtype == "category":
        k = k.astype("str").astype(pd.CategoricalDtype(["b", "a", "dd", "c"]))
    else:
        k = k.astype("str").astype(dtype)
    return pd.DataFrame({"k": k, "v": np.arange(len(keys)), "flag": np.arange(len(keys)) % 2 == 0})


def right_frame(keys, dtype="Int64"):
    df = left_frame(keys, dtype).rename(columns={"flag": "w"})
    return df.assign(w=df.w.map({True: "yes", False: "no"}).astype("str"))


def by_rows(df):
    """Rows in an order of their own: that of a shuffled merge is not pandas'."""
    rows = sorted(range(len(df)), key=lambda n: [str(v) for v in df.iloc[n]])
    return df.iloc[rows].reset_index(drop=True)


def parts_of(df, n):
    return split_by_hash(df, "k", n)


def shuffled(left, right, plan, n=3):
    pairs = zip(parts_of(left, n), parts_of(right, n), strict=True)
    return concat_parts([merge_parts(a, b, plan) for a, b in pairs])


def assert_same_rows(result, expected):
    """Values, columns and dtypes; a filtered category or a promoted integer is what it was."""
    tm.assert_frame_equal(by_rows(result), by_rows(expected))


@settings(deadline=None, max_examples=40)
@given(KEYS, KEYS, st.sampled_from(HOWS), DTYPES)
def test_a_hashed_merge_is_that_of_pandas(left_keys, right_keys, how, dtype):
    left, right = left_frame(left_keys, dtype), right_frame(right_keys, dtype)
    plan = plan_join(left, right, how=how, on="k", indicator=True, suffixes=("_l", "_r"))

    result = shuffled(left, right, plan)

    expected = left.merge(right, how=how, on="k", indicator=True, suffixes=("_l", "_r"))
    assert list(plan.meta.columns) == list(expected.columns)
    if len(expected):
        assert_same_rows(result, expected)
    else:
        assert len(result) == 0


@settings(deadline=None, max_examples=40)
@given(KEYS, KEYS, st.sampled_from(["leftsemi", "leftanti"]), DTYPES, st.booleans())
def test_filters_keep_the_rows_of_the_left_that_match_or_do_not(
    left_keys, right_keys, how, dtype, named
):
    left, right = left_frame(left_keys, dtype), right_frame(right_keys, dtype)
    options = {"left_on": "k", "right_on": "q"} if named else {"on": "k"}
    other = right.rename(columns={"k": "q"}) if named else right
    plan = plan_join(left, other, how=how, **options)

    result = merge_parts(left, other, plan)

    matched = left.merge(right[["k"]].drop_duplicates(), on="k", how="left", indicator=True)
    wanted = "both" if how == "leftsemi" else "left_only"
    expected = left[(matched._merge == wanted).to_numpy()].reset_index(drop=True)
    tm.assert_frame_equal(result, expected)
    tm.assert_series_equal(result.dtypes, plan.meta.dtypes)


@settings(deadline=None, max_examples=25)
@given(KEYS, KEYS, st.sampled_from(["leftsemi", "leftanti"]))
def test_filters_by_index_keep_the_index(left_keys, right_keys, how):
    left = left_frame(left_keys, "str").set_index("k")
    right = right_frame(right_keys, "str").set_index("k")
    plan = plan_join(left, right, how=how, left_index=True, right_index=True)

    result = merge_parts(left, right, plan)

    inside = left.index.isin(right.index) | (left.index.isna() & right.index.isna().any())
    expected = left[inside if how == "leftsemi" else ~inside]
    tm.assert_frame_equal(result.sort_values("v"), expected)


@settings(deadline=None, max_examples=25)
@given(KEYS, KEYS, st.sampled_from(HOWS[:4]), st.sampled_from(["left", "right"]))
def test_a_marked_broadcast_gives_the_rows_of_the_whole_merge(left_keys, right_keys, how, side):
    left, right = left_frame(left_keys), right_frame(right_keys)
    plan = plan_join(left, right, how=how, on="k", indicator=True)
    small, big = (left, right) if side == "left" else (right, left)

    pairs = [merge_marking(big.iloc[n : n + 3], small, plan, side) for n in range(0, len(big), 3)]
    parts = [part for part, _ in pairs]
    if how in ("outer", side):
        parts.append(unmet_rows(small, [met for _, met in pairs], plan, side, big.iloc[:0]))

    expected = left.merge(right, how=how, on="k", indicator=True)
    result = concat_parts(parts, plan.meta)
    assert len(result) == len(expected)
    if len(expected):
        assert_same_rows(result, expected)


@settings(deadline=None, max_examples=25)
@given(KEYS, KEYS, st.sampled_from(HOWS))
def test_a_side_that_may_be_broadcast_meets_every_part_of_the_other(left_keys, right_keys, how):
    left, right = left_frame(left_keys), right_frame(right_keys)
    plan = plan_join(left, right, how=how, on="k")
    expected = by_rows(left.merge(right, how=how, on="k"))

    if plan.can_broadcast("right"):
        parts = [merge_parts(part, right, plan) for part in parts_of(left, 2)]
        tm.assert_frame_equal(by_rows(concat_parts(parts)), expected, check_dtype=len(expected) > 0)
    if plan.can_broadcast("left"):
        parts = [merge_parts(left, part, plan) for part in parts_of(right, 2)]
        tm.assert_frame_equal(by_rows(concat_parts(parts)), expected, check_dtype=len(expected) > 0)
    assert plan.can_broadcast("right") == (how in ("inner", "left", "left_anti"))
    assert plan.can_broadcast("left") == (how in ("inner", "right", "right_anti"))


def test_keys_that_have_to_be_unique_forbid_to_look_at_parts_alone():
    df = left_frame([1])

    def sides(validate, how="inner"):
        plan = plan_join(df, df, how=how, on="k", validate=validate)
        return [side for side in ("left", "right") if plan.can_broadcast(side)]

    assert sides(None) == ["left", "right"]
    assert sides("1:1") == []
    assert sides("one_to_many") == ["left"]
    assert sides("m:1") == ["right"]
    assert sides("many_to_many") == ["left", "right"]


def test_repeated_keys_are_found_where_they_meet():
    left, right = left_frame([1, 2, 3]), right_frame([1, 1])
    plan = plan_join(left, right, on="k", validate="one_to_one")
    filtering = plan_join(left, right, how="leftsemi", on="k", validate="m:1")

    for wrong in (plan, filtering):
        with pytest.raises(pd.errors.MergeError, match="not unique in right"):
            merge_parts(left, right, wrong)


def test_wrong_arguments_are_refused_before_anything_runs():
    left, right = left_frame([1]), right_frame([1], "str")

    with pytest.raises(ValueError, match="You are trying to merge on Int64 and str columns"):
        plan_join(left, right, on="k")
    with pytest.raises(KeyError, match="nope"):
        plan_join(left, left, on="nope")
    with pytest.raises(ValueError, match="how is 'sideways'; use one of 'inner'"):
        plan_join(left, left, how="sideways")
    with pytest.raises(pd.errors.MergeError, match="no column with the same name"):
        plan_join(left, pd.DataFrame({"z": [1]}))
    with pytest.raises(pd.errors.MergeError, match="either on, or keys"):
        plan_join(left, left, on="k", left_on="k")
    with pytest.raises(ValueError, match="keeps no column that could tell"):
        plan_join(left, left, how="leftsemi", indicator=True)
    with pytest.raises(ValueError, match="there is no side 'top'"):
        plan_join(left, left).can_broadcast("top")


def test_columns_of_both_are_the_keys_if_none_are_given():
    plan = plan_join(left_frame([1]), right_frame([1]))

    assert (plan.left_on, plan.right_on) == (["k", "v"], ["k", "v"])


def test_filters_may_match_levels_columns_and_indexes():
    left = pd.DataFrame({"a": [1, 1, 2], "b": ["x", "y", "x"], "v": [0, 1, 2]})
    right = pd.DataFrame({"p": [1, 2, 1], "q": ["y", "x", "y"]})
    names, levels = {"left_on": ["a", "b"]}, {"right_on": ["p", "q"]}
    by_level = {"left_index": True}, {"right_index": True}
    indexed = left.set_index(["a", "b"]), right.set_index(["p", "q"])

    def kept(a, b, how="leftsemi", **options):
        return merge_parts(a, b, plan_join(a, b, how=how, **options)).v.tolist()

    assert kept(left, right, **names, **levels) == [1, 2]
    assert kept(left, right, "leftanti", **names, **levels) == [0]
    assert kept(indexed[0], indexed[1], **by_level[0], **by_level[1]) == [1, 2]
    assert kept(indexed[0], right, **by_level[0], **levels) == [1, 2]
    assert kept(left, indexed[1], **names, **by_level[1]) == [1, 2]
    assert kept(left, indexed[1], **names, **levels) == [1, 2]


UNIQUE = st.lists(st.sampled_from([0, 1, 2, 3, 4]), max_size=5, unique=True)


@settings(deadline=None, max_examples=80)
@given(
    st.lists(st.sampled_from([0, 1, 2, 3, 9]), max_size=8), st.one_of(UNIQUE, KEYS),
    st.sampled_from(["inner", "left"]),
    st.sampled_from(["str", "int64", "uint8", "uint64", "sparse", "datetime64[us]"]),
    st.booleans(), st.booleans(),
)  # fmt: skip
def test_a_look_up_is_the_merge_of_pandas_in_every_detail(
    left_keys, right_keys, how, dtype, same_name, missing
):
    left = pd.DataFrame({"v": np.arange(len(left_keys)), "k": keys_of(left_keys, dtype, missing)})
    left.index = left.index + 5
    right = right_frame(right_keys).assign(
        k=keys_of([0 if key is None else key for key in right_keys], dtype, missing),
        truth=True, size=np.arange(len(right_keys), dtype="int8"),
    )  # fmt: skip
    options = {"on": "k"} if same_name else {"left_on": "k", "right_on": "q"}
    right = right if same_name else right.rename(columns={"k": "q"})
    plan = plan_join(left, right, how=how, **options)
    assert plan.looks_up

    result = merge_parts(left, right, plan)

    expected = left.merge(right, how=how, **options)
    tm.assert_frame_equal(result, conform(expected, plan.meta), check_index_type=True)
    if len(expected):
        tm.assert_frame_equal(result, expected)


def keys_of(values, dtype, missing):
    """Keys 0, 1, ... in a dtype, with something missing for 3 if it can be."""
    numbers = pd.Series(values, dtype="int64")
    if dtype == "str":
        keys = numbers.map("key {}".format).astype("str")
    elif dtype == "sparse":  # far from each other, and at the ends of what there is
        keys = numbers.map({0: -(2**63), 1: 0, 2: 2**63 - 1, 3: 7, 4: 2**62, 9: -1})
    else:
        keys = numbers.astype(dtype)
    return keys.mask(numbers == 3) if missing and dtype in ("str", "datetime64[us]") else keys


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3)),
    st.lists(st.integers(-3, 3) | st.sampled_from([-(2**63), 2**63 - 1]), unique=True),
)
def test_integers_anywhere_are_found_where_they_are(keys, table):
    left = pd.DataFrame({"k": pd.Series(keys, dtype="int64")})
    right = pd.DataFrame({"k": pd.Series(table, dtype="int64"), "n": range(len(table))})

    result = merge_parts(left, right, plan_join(left, right, how="left"))

    places = [table.index(key) if key in table else np.nan for key in keys]
    np.testing.assert_array_equal(result.n.to_numpy("float64"), np.array(places, "float64"))


def test_a_look_up_is_left_to_pandas_where_it_would_differ():
    df = left_frame([1]).astype({"k": "int64"})

    def looks_up(right=df, **options):
        return plan_join(df, right, **options).looks_up

    assert looks_up(on="k")
    assert looks_up(on="k", how="left", validate="m:1")
    assert not looks_up(on="k", how="outer")
    assert not looks_up(on="k", indicator=True)
    assert not looks_up(on="k", validate="1:1")
    assert not looks_up(on=["k", "v"])
    assert not looks_up(on="k", right=df.astype({"k": "int32"}))
    assert not looks_up(left_index=True, right_index=True)


def test_a_cross_join_takes_all_pairs():
    left, right = left_frame([1, 2]), right_frame([3])
    plan = plan_join(left, right, how="cross")

    result = concat_parts([merge_parts(left.iloc[n : n + 1], right, plan) for n in range(2)])

    tm.assert_frame_equal(result.reset_index(drop=True), left.merge(right, how="cross"))


def test_columns_that_change_their_dtype_where_rows_are_missing_are_told():
    left, right = left_frame([1]), right_frame([2])
    plan = plan_join(left, right, how="outer", on="k")

    assert plan.promoted == ("v_x", "flag", "v_y")
    part = merge_parts(left, right, plan)
    changed = [name for name in part if part[name].dtype != plan.meta[name].dtype]
    assert tuple(changed) == plan.promoted
    assert plan_join(left, right, how="inner", on="k").promoted == ()


@pytest.mark.parametrize("how", [*HOWS, "leftsemi", "leftanti"])
@pytest.mark.parametrize("dtype", ["Int64", "float64", "str", "category"])
def test_empty_partitions_have_the_columns_and_dtypes_of_the_meta(how, dtype):
    left, right = left_frame([], dtype), right_frame([], dtype)
    plan = plan_join(left, right, how=how, on="k")

    tm.assert_frame_equal(merge_parts(left, right, plan), plan.meta)


def test_keys_of_another_dtype_keep_that_of_the_meta_if_a_side_is_empty():
    left, right = left_frame([1], "category"), right_frame([1], "str")
    plan = plan_join(left, right, how="left", on="k")

    result = merge_parts(left, right.iloc[:0], plan)

    assert result.k.dtype == plan.meta.k.dtype == left.merge(right, how="left", on="k").k.dtype


def test_a_merge_of_columns_with_an_index_is_that_of_pandas():
    left, right = left_frame([1, 2, 1]), right_frame([1, 3]).set_index("k")
    plan = plan_join(left, right, left_on="k", right_index=True)

    result = merge_parts(left, right, plan)

    tm.assert_frame_equal(result, left.merge(right, left_on="k", right_index=True))


def test_conforming_leaves_values_that_do_not_fit_as_they_are():
    meta = pd.DataFrame({"c": pd.Categorical(["a"]), "n": [1], "b": [True]})
    part = pd.DataFrame({"c": ["z", "a"], "n": [1.5, 2], "b": [True, None]})

    tm.assert_frame_equal(conform(part, meta), part)
    fitting = conform(part.iloc[1:].assign(c="a"), meta)
    assert fitting.c.dtype == meta.c.dtype

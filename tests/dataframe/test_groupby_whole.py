"""Counts of values, covariances, and what needs whole groups, equal pandas."""

from __future__ import annotations

import pickle
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest

from treadle.dataframe.groupby.counts import plan_value_counts
from treadle.dataframe.groupby.pairs import plan_pairs
from treadle.dataframe.groupby.whole import Call, plan_whole

ROWS = 150


def table() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "few": rng.integers(0, 5, ROWS),
            "text": rng.choice(["a", "b", None], ROWS),
            "kind": pd.Categorical(rng.choice(["u", "v", "w"], ROWS), categories=list("zwuv")),
            "x": rng.normal(size=ROWS),
            "y": 1e6 + rng.normal(size=ROWS),
            "number": rng.integers(0, 9, ROWS),
            "word": rng.choice(["p", "q", None, "r"], ROWS),
        }
    )
    frame.loc[rng.random(ROWS) > 0.8, "x"] = np.nan
    frame.loc[rng.random(ROWS) > 0.8, "y"] = np.nan
    return frame


FRAME = table()
KEYS = [["few"], ["few", "text"], ["kind"], ["kind", "few"]]


def in_parts(plan: Any) -> Any:
    plan = pickle.loads(pickle.dumps(plan))
    parts = [plan.chunk(FRAME.iloc[a:b]) for a, b in pairwise([0, 0, 40, 41, 100, ROWS])]
    return plan.finish(plan.combine([plan.combine(parts[:3]), plan.combine(parts[3:])]))


@pytest.mark.parametrize("keys", KEYS, ids=str)
@pytest.mark.parametrize("method", ["cov", "corr"])
@pytest.mark.filterwarnings("ignore:Mean of empty slice")  # pandas' own, for unseen categories
def test_covariances_and_correlations_equal_pandas(keys: list[str], method: str):
    columns = ["x", "y", "number"]
    for options in ({}, {"sort": False}, {"dropna": False}, {"observed": False}):
        if options == {"observed": False} and method == "cov" and "kind" in keys:
            continue  # pandas warns of slices that are empty
        got = in_parts(plan_pairs(FRAME.iloc[:0], keys, method, selection=columns, **options))

        expected = getattr(FRAME.groupby(keys, **options)[columns], method)()
        pd.testing.assert_frame_equal(got, expected)


def test_covariances_heed_their_options():
    columns = ["x", "y"]
    fewest = plan_pairs(FRAME, ["few"], "cov", selection=columns, min_periods=20, ddof=0)
    numeric = plan_pairs(FRAME, ["few"], "corr", numeric_only=True)

    groups = FRAME.groupby("few")
    expected = groups[columns].cov(min_periods=20, ddof=0)
    pd.testing.assert_frame_equal(in_parts(fewest), expected)
    pd.testing.assert_frame_equal(in_parts(numeric), groups.corr(numeric_only=True))


def test_texts_have_no_covariance():
    with pytest.raises(ValueError, match="could not convert"):
        plan_pairs(FRAME, ["few"], "cov", selection=["x", "word"])


@pytest.mark.parametrize("keys", KEYS, ids=str)
@pytest.mark.parametrize("column", ["word", "x"])
def test_counts_of_values_equal_pandas_in_order_too(keys: list[str], column: str):
    for group in ({}, {"sort": False}, {"dropna": False}, {"observed": False}):
        for options in (
            {}, {"normalize": True}, {"ascending": True}, {"sort": False}, {"dropna": False},
        ):  # fmt: skip
            renamed = {{"observed": "observed"}.get(k, f"group_{k}"): v for k, v in group.items()}
            plan = plan_value_counts(FRAME, keys, selection=column, **renamed, **options)

            expected = FRAME.groupby(keys, **group)[column].value_counts(**options)
            pd.testing.assert_series_equal(in_parts(plan), expected)


@pytest.mark.parametrize(
    "calls",
    [
        [Call("cumsum")],
        [Call("shift", (1,))],
        [Call("ffill")],
        [Call("rank")],
        [Call("rolling", (3,)), Call("mean")],
        [Call("transform", ("sum",))],
        [Call("head", (2,))],
        [Call("describe")],
    ],
    ids=lambda calls: calls[0].method,
)
def test_partitions_of_whole_groups_give_pandas_results_and_meta(calls: list[Call]):
    plan = plan_whole(FRAME.iloc[:0], ["few"], calls, selection=["x", "number"])

    expected: Any = FRAME.groupby("few")[["x", "number"]]
    for call in calls:
        expected = call(expected)
    pd.testing.assert_frame_equal(plan(FRAME), expected)
    assert plan.meta.columns.equals(expected.columns)
    assert plan.meta.dtypes.equals(expected.dtypes)
    assert len(plan(FRAME.iloc[:0])) == 0


def test_planning_runs_no_function_of_the_user():
    def refuse(group: Any) -> Any:
        raise AssertionError("called while planning")

    assert plan_whole(FRAME, ["few"], [Call("apply", (refuse,))]).meta is None
    assert plan_whole(FRAME, [refuse], [Call("cumsum")], selection=["x"]).meta is None


def test_a_given_meta_stands_for_parts_without_rows():
    meta = pd.Series([], dtype="float64", name="mine")
    plan = plan_whole(FRAME, ["few"], [Call("apply", (len,))], result_meta=meta, selection=["x"])

    assert plan(FRAME.iloc[:0]) is meta
    assert plan(FRAME).tolist() == FRAME.groupby("few").size().tolist()


def test_keys_beside_the_frame_and_options_of_groupby_are_heeded():
    plan = plan_whole(
        FRAME[["x"]], [FRAME["text"].iloc[:0]], [Call("cumcount")], dropna=False, sort=False
    )

    got = plan(FRAME[["x"]], FRAME["text"])

    expected = FRAME[["x"]].groupby(FRAME["text"], dropna=False).cumcount()
    pd.testing.assert_series_equal(got, expected)

"""An as-of merge by partitions and their borders is that of pandas."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd
import pandas.testing as tm
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treadle.dataframe.join.asof import (
    asof_border,
    combine_borders,
    merge_asof_parts,
    plan_asof,
)

ROWS = st.lists(st.tuples(st.integers(0, 12), st.sampled_from(["a", "b", None])), max_size=14)
CUTS = st.lists(st.integers(0, 14), max_size=3).map(sorted)


def frame(rows, name):
    rows = sorted(rows, key=lambda row: row[0])
    df = pd.DataFrame({"t": [t for t, _ in rows], "g": [g for _, g in rows]})
    return df.astype({"t": "int64", "g": "str"}).assign(**{name: range(len(rows))})


def cut(df, cuts):
    """Partitions of a sorted frame, cut anywhere: equal times may lie on both sides."""
    borders = [0, *(min(place, len(df)) for place in cuts), len(df)]
    return [df.iloc[a:b] for a, b in pairwise(borders)]


def by_partitions(lefts, rights, plan):
    """The plainest use: every left partition meets a tail, one partition, and a head."""
    results = []
    for left in lefts:
        if not len(left):
            continue
        on = left.index if plan.right_on is None else left["t"]
        low, high = on.min(), on.max()
        times = [part.index if plan.right_on is None else part["t"] for part in rights]
        before = [n for n, t in enumerate(times) if len(t) and t.max() < low]
        after = [n for n, t in enumerate(times) if len(t) and t.min() > high]
        around = [rights[n] for n in range(len(rights)) if n not in {*before, *after}]
        pieces = [rights[0].iloc[:0], *around]
        if before:
            tails = [asof_border(rights[n], plan, "tail") for n in before]
            pieces.insert(0, combine_borders(tails, plan, "tail"))
        if after:
            heads = [asof_border(rights[n], plan, "head") for n in after]
            pieces.append(combine_borders(heads, plan, "head"))
        results.append(merge_asof_parts(left, pieces, plan))
    return pd.concat(results)


@settings(deadline=None, max_examples=150)
@given(
    ROWS.filter(bool), ROWS, CUTS, CUTS, st.sampled_from(["backward", "forward", "nearest"]),
    st.booleans(), st.booleans(), st.sampled_from([None, 2]), st.booleans(),
)  # fmt: skip
def test_partitions_with_borders_give_what_pandas_gives(
    left_rows, right_rows, left_cuts, right_cuts, direction, exact, by, tolerance, indexed
):
    left, right = frame(left_rows, "v"), frame(right_rows, "w")
    options = {"direction": direction, "allow_exact_matches": exact, "tolerance": tolerance}
    options |= {"by": "g"} if by else {}
    if indexed:
        left, right = left.set_index("t"), right.set_index("t")
        options |= {"left_index": True, "right_index": True}
    else:
        options |= {"on": "t"}
    plan = plan_asof(left, right, **options)

    result = by_partitions(cut(left, left_cuts), cut(right, right_cuts), plan)

    expected = pd.merge_asof(left, right, **options)
    if not indexed:
        result = result.reset_index(drop=True)
    tm.assert_frame_equal(result, expected, check_dtype=False)


def test_a_border_is_small():
    df = pd.DataFrame({"t": range(1000), "g": ["a", "b"] * 500})
    plan = plan_asof(df, df, on="t", by="g", direction="nearest")

    assert asof_border(df, plan, "tail").t.tolist() == [996, 997, 998, 999]
    assert asof_border(df, plan, "head").t.tolist() == [0, 1, 2, 3]
    assert (plan.needs_tail, plan.needs_head) == (True, True)


def test_of_equal_times_the_border_keeps_the_one_that_pandas_takes_and_one_before():
    df = pd.DataFrame({"t": [1, 2, 2], "w": [0, 1, 2]})
    plan = plan_asof(df, df, on="t")

    assert asof_border(df, plan, "tail").w.tolist() == [0, 2]


def test_wrong_arguments_are_refused_by_pandas_before_anything_runs():
    df = pd.DataFrame({"t": [1]})

    with pytest.raises(pd.errors.MergeError):
        plan_asof(df, df, on="t", direction="sideways")
    with pytest.raises(ValueError, match="there is no end 'middle'"):
        asof_border(df, plan_asof(df, df, on="t"), "middle")

"""Running results within groups, handed from partition to partition, equal pandas."""

from __future__ import annotations

import pickle
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest

from treadle.dataframe.groupby.scan import TOTALS, ScanPlan, plan_scan

ROWS = 90
BORDERS = [0, 0, 20, 21, 60, ROWS]


def table() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    frame = pd.DataFrame(
        {
            "few": rng.integers(0, 4, ROWS),
            "text": rng.choice(["a", "b", None], ROWS),
            "x": rng.normal(size=ROWS),
            "number": rng.integers(-9, 9, ROWS),
            "nullable": pd.array(rng.choice([1, 2, None], ROWS), dtype="Int64"),
        },
        index=pd.Index(rng.permutation(ROWS), name="place"),
    )
    frame.loc[rng.random(ROWS) > 0.7, "x"] = np.nan
    return frame


FRAME = table()


def in_parts(plan: ScanPlan, frame: Any, *beside: pd.Series) -> Any:
    plan = pickle.loads(pickle.dumps(plan))
    carry, results = None, []
    for a, b in pairwise(BORDERS):
        more = [series.iloc[a:b] for series in beside]
        results.append(plan.apply(frame.iloc[a:b], carry, *more))
        total = plan.chunk(frame.iloc[a:b], *more)
        carry = total if carry is None else plan.combine([carry, total])
    return pd.concat([result for result in results if len(result)])


@pytest.mark.parametrize("method", TOTALS)
@pytest.mark.parametrize("keys", [["few"], ["few", "text"]], ids=str)
@pytest.mark.parametrize("dropna", [True, False])
def test_rows_equal_those_of_pandas(method: str, keys: list[str], dropna: bool):
    columns = ["x", "number", "nullable"]
    plan = plan_scan(FRAME.iloc[:0], keys, method, selection=columns, dropna=dropna)

    got = in_parts(plan, FRAME)

    expected: Any = getattr(FRAME.groupby(keys, dropna=dropna)[columns], method)()
    if expected.ndim == 1:
        pd.testing.assert_series_equal(got, expected)
    else:
        pd.testing.assert_frame_equal(got, expected)


def test_a_series_goes_on_too():
    plan = plan_scan(FRAME["x"].iloc[:0], [FRAME["text"].iloc[:0]], "cummax")

    got = in_parts(plan, FRAME["x"], FRAME["text"])

    pd.testing.assert_series_equal(got, FRAME["x"].groupby(FRAME["text"]).cummax())


def test_texts_are_filled_from_partitions_before():
    plan = plan_scan(FRAME, ["few"], "ffill", selection="text")

    pd.testing.assert_series_equal(in_parts(plan, FRAME), FRAME.groupby("few")["text"].ffill())


def test_what_needs_whole_groups_is_refused():
    with pytest.raises(ValueError, match="'rank' can't go on from totals"):
        plan_scan(FRAME, ["few"], "rank")

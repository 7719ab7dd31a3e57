"""Methods that make a row of each row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import treadle.array as da
import treadle.dataframe as dd
from treadle.dataframe.testing import assert_eq

FRAME = pd.DataFrame(
    {
        "x": [3, 1, 4, 1, 5, 9, 2],
        "y": [0.25, None, -2.5, 3.55, None, 5.5, 6.5],
        "text": ["a", "b", None, "d", "e", "a", "g"],
        "kind": pd.Categorical(list("abababa")),
        "when": pd.date_range("2026-03-27", periods=7, tz="Europe/Berlin"),
        "whole": pd.array([1, None, 3, 4, 5, None, 7], dtype="Int64"),
    }
)
NUMBERS = FRAME[["x", "y"]]


@pytest.fixture(params=[1, 3])
def frame(request):
    """The frame in one partition and in three."""
    return dd.from_pandas(FRAME, npartitions=request.param)


SAME = {
    "abs": lambda d: d[["x", "y"]].abs(),
    "abs of a series": lambda d: d.y.abs(),
    "round": lambda d: d[["x", "y"]].round(1),
    "round by column": lambda d: d[["x", "y"]].round({"y": 0}),
    "isna": lambda d: d.isna(),
    "notna": lambda d: d.text.notna(),
    "isnull": lambda d: d.isnull(),
    "notnull": lambda d: d.whole.notnull(),
    "clip": lambda d: d[["x", "y"]].clip(1, 4),
    "clip above": lambda d: d.x.clip(upper=3),
    "clip by floats": lambda d: d.x.clip(1.5, 3.5),
    "clip by series": lambda d: d.x.clip(d.y, d.y + 2),
    "clip rows": lambda d: d[["x", "y"]].clip(d.x, axis=0),
    "clip columns": lambda d: d[["x", "y"]].clip(pd.Series({"x": 2, "y": 0}), axis=1),
    "fillna": lambda d: d[["x", "y"]].fillna(0),
    "fillna by column": lambda d: d.fillna({"y": 1.5, "text": "?", "whole": 0}),
    "fillna of a series": lambda d: d.y.fillna(d.x),
    "fillna in memory": lambda d: d.y.fillna(FRAME.x),
    "fillna of a frame": lambda d: d[["x", "y"]].fillna(d[["x", "y"]] * 2),
    "fillna of means": lambda d: d[["x", "y"]].fillna(d[["x", "y"]].mean()),
    "astype": lambda d: d.x.astype("float32"),
    "astype by column": lambda d: d.astype({"x": "Int64", "kind": "str"}),
    "astype categories": lambda d: d.text.astype(pd.CategoricalDtype(list("abdeg"))),
    "where": lambda d: d.y.where(d.x > 2),
    "where other": lambda d: d.x.where(d.x > 2, 0),
    "where other series": lambda d: d.x.where(d.x > 2, d.y),
    "where of a frame": lambda d: d[["x", "y"]].where(d[["x", "y"]] > 2, -1),
    "where callable": lambda d: d.x.where(lambda s: s > 2, lambda s: -s),
    "where in memory": lambda d: d.y.where(FRAME.x > 2),
    "where array": lambda d: d.y.where(np.arange(7) > 2, 0),
    "mask": lambda d: d.y.mask(d.x > 2),
    "mask frame": lambda d: d[["y"]].mask(d.x > 2),
    "mask along rows": lambda d: d[["x", "y"]].mask(d.x > 2, d.y, axis=0),
    "replace": lambda d: d.replace({"text": {"a": "z"}}),
    "replace by pattern": lambda d: d.text.replace("^[ab]", "q", regex=True),
    "replace a list": lambda d: d.x.replace([1, 9], 0),
    "isin": lambda d: d.text.isin(["a", "g"]),
    "isin a set": lambda d: d.x.isin({1, 9}),
    "isin by column": lambda d: d.isin({"x": [1], "text": ["b"]}),
    "isin times": lambda d: d.when.isin([pd.Timestamp("2026-03-29", tz="Europe/Berlin")]),
    "isin a series": lambda d: d.x.isin(pd.Series([1, 9])),
    "between": lambda d: d.x.between(2, 5),
    "between others": lambda d: d.x.between(d.y, 5, inclusive="neither"),
    "combine_first": lambda d: d.y.combine_first(d.x),
    "combine_first of frames": lambda d: d[["y"]].combine_first(d[["x", "y"]] * 2),
    "combine_first of few": lambda d: d[d.x > 4].y.combine_first(d.x.astype(float)),
    "combine": lambda d: d.x.combine(d.x * 2, max),
    "combine with a scalar": lambda d: d.x.combine(3, min),
    "combine frames": lambda d: d[["x", "y"]].combine(d[["x", "y"]] * 2, np.minimum),
    "case_when": lambda d: d.x.case_when([(d.x > 4, 40), (d.y > 3, d.x * 2)]),
    "case_when callable": lambda d: d.x.case_when([(lambda s: s > 4, 0)]),
    "to_frame": lambda d: d.x.to_frame(),
    "to_frame renamed": lambda d: d.x.to_frame("z"),
    "squeeze": lambda d: d[["x"]].squeeze(axis=1),
    "squeeze nothing": lambda d: d.squeeze(),
    "copy": lambda d: d.copy(),
    "pipe": lambda d: d.pipe(lambda f, n: f.x + n, 3),
    "pipe by name": lambda d: d.pipe((lambda n, f: f.x + n, "f"), 3),
    "index isin": lambda d: d[d.index.isin([1, 5])],
    "index to_series": lambda d: d.index.to_series(name="q"),
    "index to_frame": lambda d: d.index.to_frame(name="q"),
    "index astype": lambda d: d.index.astype("float64"),
    "index fillna": lambda d: d.index.fillna(0),
    "index map": lambda d: d.index.map(lambda n: n * 2),
    "index map dict": lambda d: d.index.map({n: f"r{n}" for n in range(7)}),
}


@pytest.mark.parametrize("case", SAME)
def test_a_method_gives_what_pandas_gives(frame, case):
    with np.errstate(all="ignore"):
        assert_eq(SAME[case](frame), SAME[case](FRAME))


@pytest.mark.parametrize("case", ["fillna by column", "where other", "case_when", "isin"])
@pytest.mark.parametrize("scheduler", ["threads", "processes"])
def test_methods_run_anywhere(scheduler, case):
    frame = dd.from_pandas(FRAME, npartitions=3)

    assert_eq(SAME[case](frame), SAME[case](FRAME), scheduler=scheduler)


@pytest.mark.parametrize("case", ["clip", "astype by column", "where of a frame"])
def test_partitions_without_rows_are_no_trouble(case):
    frame = dd.from_pandas(FRAME, npartitions=3)
    few = frame[frame.x > 4]

    assert_eq(SAME[case](few), SAME[case](FRAME[FRAME.x > 4]))
    none = SAME[case](frame[frame.x > 100]).compute()
    assert len(none) == 0


def test_duplicate_labels_stay(frame):
    twice = FRAME.set_axis([0, 0, 1, 1, 2, 2, 2])
    ours = dd.from_pandas(twice, npartitions=3)

    assert_eq(ours.y.fillna(0).round() + ours.x, twice.y.fillna(0).round() + twice.x)


def test_rows_with_labels_of_two_levels_are_no_trouble():
    theirs = FRAME.set_index(["x", "text"])
    ours = dd.from_pandas(theirs, npartitions=3, sort=False)

    assert_eq(ours.y.fillna(0) + ours.whole, theirs.y.fillna(0) + theirs.whole)


def test_blocks_of_an_array_are_a_condition():
    frame = dd.from_pandas(FRAME, npartitions=3)
    lengths = tuple(len(part.compute()) for part in frame.partitions)
    array = da.from_array(np.arange(7), chunks=(lengths,))

    assert_eq(frame.x.where(array > 2, 0), FRAME.x.where(np.arange(7) > 2, 0))


def test_periods_become_times_with_known_divisions():
    theirs = FRAME[["x"]].set_axis(pd.period_range("2026-01", periods=7, freq="M"))
    ours = dd.from_pandas(theirs, npartitions=3)

    assert_eq(ours.to_timestamp(), theirs.to_timestamp())
    assert ours.to_timestamp().known_divisions
    assert_eq(ours.x.to_timestamp(how="end"), theirs.x.to_timestamp(how="end"))
    assert_eq(ours.to_timestamp().to_period("M"), theirs)


REFUSED = {
    "fillna limit": (lambda d: d.fillna(1, limit=1), NotImplementedError, "limit=1"),
    "fillna None": (lambda d: d.fillna(), ValueError, "None"),
    "fillna rows": (lambda d: d.fillna(d.x), ValueError, "3 partitions"),
    "isin lazy": (lambda d: d.x.isin(d.y), NotImplementedError, "merge"),
    "isin text": (lambda d: d.x.isin("abc"), TypeError, "list"),
    "astype": (lambda d: d.astype({"nothing": int}), KeyError, "nothing"),
    "where level": (lambda d: d.x.where(d.x > 1, level=0), NotImplementedError, "level"),
    "replace lazy": (lambda d: d.x.replace(1, d.y), NotImplementedError, "where"),
    "squeeze rows": (lambda d: d.squeeze(axis=0), NotImplementedError, "compute"),
    "case_when": (lambda d: d.x.case_when([(d.x > 1,)]), ValueError, "pair"),
    "to_period": (lambda d: d.to_period(), ValueError, "freq"),
    "to_frame": (lambda d: d.index.to_frame(index=False), NotImplementedError, "reset_index"),
    "combine": (lambda d: d.x.combine(d.y, "max"), TypeError, "function"),
    "combine_first": (lambda d: d.x.combine_first(3), TypeError, "fillna"),
    "map lazy": (lambda d: d.x.map(d.y), NotImplementedError, "merge"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_can_not_be_done_is_refused_at_once(case):
    call, error, text = REFUSED[case]

    with pytest.raises(error, match=text):
        call(dd.from_pandas(FRAME, npartitions=3))

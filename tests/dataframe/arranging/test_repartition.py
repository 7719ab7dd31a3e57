"""The same rows in other partitions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import treadle.dataframe as dd
from treadle.dataframe.arranging.divisions import cut_at, with_equal_divisions
from treadle.dataframe.arranging.repartition import interpolated
from treadle.dataframe.build import new_collection
from treadle.dataframe.expr import Source
from treadle.dataframe.testing import assert_eq
from treadle.graph.expr import simplify, walk

FRAME = pd.DataFrame({"x": range(20), "y": pd.Categorical(list("ab") * 10), "z": list("cdefg") * 4})
DAYS = pd.DataFrame(
    {"x": range(100)}, index=pd.date_range("2020-01-05 06:00", periods=100, freq="7h")
)


def lengths(frame):
    """Rows of each partition."""
    return [len(part.compute()) for part in frame.partitions]


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 8), st.integers(1, 12), st.booleans())
def test_any_number_of_partitions_has_the_same_rows(before, after, known):
    frame = dd.from_pandas(FRAME, npartitions=before)
    frame = frame if known else frame.clear_divisions()

    found = frame.repartition(npartitions=after)

    assert found.npartitions == after
    assert_eq(found, FRAME)
    assert_eq(found.y, FRAME.y)


def test_fewer_partitions_are_neighbours_together():
    frame = dd.from_pandas(FRAME, npartitions=10)

    found = frame.repartition(npartitions=3)

    assert found.divisions == (0, 6, 12, 19)
    assert lengths(found) == [6, 6, 8]


def test_partitions_of_unknown_divisions_are_cut_into_equal_shares():
    frame = dd.from_pandas(FRAME, npartitions=2).clear_divisions()

    found = frame.repartition(npartitions=5)

    assert lengths(found) == [5, 5, 3, 3, 4]
    assert not found.known_divisions


def test_labels_that_are_no_numbers_are_cut_into_shares():
    there = pd.DataFrame({"x": range(6)}, index=list("abcdef"))

    found = dd.from_pandas(there, npartitions=2).repartition(npartitions=4)

    assert_eq(found, there)
    assert lengths(found) == [1, 2, 1, 2]


@pytest.mark.parametrize(
    "labels",
    [
        pd.date_range("2020-01-01", periods=8, tz="Europe/Berlin"),
        pd.timedelta_range("1h", periods=8), pd.Index(np.arange(8) / 4), pd.Index([3] * 8),
    ],
    ids=["zone", "timedelta", "float", "same"],
)  # fmt: skip
def test_labels_of_many_kinds_are_cut(labels):
    there = pd.DataFrame({"x": range(8)}, index=labels)

    found = dd.from_pandas(there, npartitions=2).repartition(npartitions=3)

    assert_eq(found, there)


def test_divisions_between_others_keep_the_ends():
    assert interpolated((0, 1), 4) == (0, 1)
    assert interpolated((0, 3, 4), 4) == (0, 2, 3, 4)
    assert interpolated((5, 5), 3) is None
    assert interpolated((0.0, 1.0), 2) == (0.0, 0.5, 1.0)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.integers(-2, 40), min_size=1, max_size=30),
    st.integers(1, 6),
    st.lists(st.integers(-10, 50), max_size=8, unique=True),
    st.booleans(),
)
def test_frames_are_cut_at_any_labels(index, npartitions, inner, doubled):
    there = pd.DataFrame({"x": range(len(index))}, index=sorted(index))
    frame = dd.from_pandas(there, npartitions=npartitions)
    low, high = frame.divisions[0], frame.divisions[-1]
    labels = sorted({low, high, *inner})
    divisions = (*labels, labels[-1]) if doubled or len(labels) == 1 else tuple(labels)

    found = frame.repartition(divisions=divisions, force=True)

    assert found.divisions == divisions
    assert_eq(found, there)


def test_whole_partitions_are_not_cut():
    frame = dd.from_pandas(FRAME, npartitions=4)

    found = cut_at(frame.expr, (0, 5, 10, 19))

    assert [[cut for _, cut in group] for group in found.groups] == [[None], [None], [None, None]]


def test_divisions_that_do_not_fit_are_refused():
    frame = dd.from_pandas(FRAME, npartitions=4)

    with pytest.raises(ValueError, match="force=True"):
        frame.repartition(divisions=(-5, 19))
    with pytest.raises(ValueError, match="hold all labels"):
        frame.repartition(divisions=(3, 19), force=True)
    with pytest.raises(ValueError, match="ascending order"):
        frame.repartition(divisions=(0, 9, 5, 19))
    with pytest.raises(ValueError, match="at least two"):
        frame.repartition(divisions=(0,))
    with pytest.raises(ValueError, match="not known"):
        frame.clear_divisions().repartition(divisions=(0, 19))
    with pytest.raises(ValueError, match="exactly one"):
        frame.repartition(npartitions=3, divisions=(0, 19))
    with pytest.raises(ValueError, match="1 or more"):
        frame.repartition(npartitions=0)
    with pytest.raises(TypeError, match="integer"):
        frame.repartition(npartitions=2.5)


@pytest.mark.parametrize("freq", ["1D", "12h", "MS", "W", "36h"])
def test_partitions_of_one_time_each(freq):
    found = dd.from_pandas(DAYS, npartitions=3).repartition(freq=freq)

    assert_eq(found, DAYS)
    steps = pd.date_range(found.divisions[0], found.divisions[-1], freq=freq)
    assert [d for d in found.divisions if d not in steps and d != found.divisions[0]] == []


def test_days_begin_at_midnight():
    found = dd.from_pandas(DAYS, npartitions=3).repartition(freq="1D")

    assert {label.hour for label in found.divisions} == {0}
    assert found.npartitions == 30
    assert [set(part.compute().index.date) for part in found.partitions] == [
        {label.date()} for label in found.divisions[:-1]
    ]


def test_times_cut_frames_of_times_only():
    with pytest.raises(TypeError, match="int64"):
        dd.from_pandas(FRAME, npartitions=2).repartition(freq="1D")


def test_partitions_of_so_many_bytes():
    frame = dd.from_pandas(pd.DataFrame({"x": np.zeros(8000)}), npartitions=4)

    small = frame.repartition(partition_size=8000)
    large = frame.repartition(partition_size="40 kB")

    assert_eq(small, frame.compute(), check_divisions=False)
    assert lengths(large) == [4000, 4000]
    assert max(lengths(small)) * 8 <= 8000
    assert large.known_divisions
    with pytest.raises(ValueError, match="at least one byte"):
        frame.repartition(partition_size=0)


def test_only_columns_that_are_used_are_read():
    frame = dd.from_pandas(FRAME, npartitions=4)

    found = frame.repartition(npartitions=2)[["x"]]

    (expr,) = simplify([found.expr])
    assert [list(item.meta.columns) for item in walk([expr]) if isinstance(item, Source)] == [["x"]]
    assert_eq(found, FRAME[["x"]])


def test_frames_that_correspond_are_regrouped_alike():
    frame = dd.from_pandas(FRAME, npartitions=4).clear_divisions()

    found = frame.repartition(npartitions=2)

    assert_eq(found.x + (frame.x * 2).repartition(npartitions=2), FRAME.x * 3)


def test_partitions_without_rows_come_together():
    frame = dd.from_pandas(FRAME, npartitions=4)
    frame = frame[frame.x > 12]

    assert_eq(frame.repartition(npartitions=1), FRAME[13:])
    assert_eq(frame.repartition(npartitions=9), FRAME[13:])
    assert_eq(frame[frame.x > 99].repartition(npartitions=2), FRAME[:0])


def test_an_index_in_no_order_is_cut_by_its_labels():
    there = FRAME.sample(frac=1, random_state=0)
    frame = new_collection(dd.from_pandas(FRAME, npartitions=1).expr).map_partitions(
        lambda part: part.sample(frac=1, random_state=0), meta=FRAME.iloc[:0]
    )
    frame = frame.compute_current_divisions(set_divisions=True)

    assert_eq(frame.repartition(npartitions=3), there, sort_results=True)


def test_two_frames_are_cut_at_the_labels_of_both():
    one = dd.from_pandas(FRAME, npartitions=3)
    other = dd.from_pandas(FRAME.set_axis(range(5, 25)), npartitions=2)

    first, second = with_equal_divisions([one.expr, other.expr])

    assert first.divisions == second.divisions == (0, 5, 6, 13, 15, 19, 24)
    assert_eq(new_collection(first), FRAME)
    assert_eq(new_collection(second), FRAME.set_axis(range(5, 25)))
    assert_eq(one.x + other.x, FRAME.x + FRAME.set_axis(range(5, 25)).x, check_dtype=False)


def test_labels_that_can_not_be_compared_are_refused():
    one = dd.from_pandas(FRAME, npartitions=3)
    other = dd.from_pandas(pd.DataFrame({"x": [1, 2]}, index=["a", "b"]), npartitions=2)

    with pytest.raises(ValueError, match="int, str have no common order"):
        with_equal_divisions([one.expr, other.expr])


@pytest.mark.parametrize("scheduler", ["threads", "processes"])
def test_partitions_on_every_engine(scheduler):
    frame = dd.from_pandas(FRAME, npartitions=4)

    assert_eq(frame.repartition(npartitions=3), FRAME, scheduler=scheduler)
    assert_eq(frame.repartition(divisions=(0, 7, 19)), FRAME, scheduler=scheduler)

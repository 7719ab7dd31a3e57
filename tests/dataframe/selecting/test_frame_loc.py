"""Rows by label, in the partitions that may have them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import treadle.dataframe as dd
from treadle.dataframe.testing import assert_eq

NUMBERS = pd.DataFrame({"x": range(12), "y": list("abcdefghijkl")}, index=range(0, 24, 2))
DAYS = pd.DataFrame({"x": range(60)}, index=pd.date_range("2020-01-20", periods=60, freq="12h"))
ZONES = DAYS.tz_localize("America/New_York")
TEXTS = pd.DataFrame({"x": range(6)}, index=list("bdfhjl"))
SAME = pd.DataFrame({"x": range(6)}, index=[1, 1, 1, 2, 2, 3])


@settings(deadline=None, max_examples=40)
@given(
    st.one_of(st.none(), st.integers(-3, 27)),
    st.one_of(st.none(), st.integers(-3, 27)),
    st.integers(1, 6),
    st.booleans(),
)
def test_slices_have_the_rows_that_pandas_finds(start, stop, npartitions, known):
    frame = dd.from_pandas(NUMBERS, npartitions=npartitions)
    frame = frame if known else frame.clear_divisions()

    assert_eq(frame.loc[start:stop], NUMBERS.loc[start:stop])


@pytest.mark.parametrize(
    "rows",
    [
        slice("2020-01-22", "2020-01-25"), slice("2020-02", None), slice(None, "2020-01"),
        slice("2020-01-22 12:00", "2020-01-23 11:00"), slice("2019", "2021"),
        slice(pd.Timestamp("2020-01-22"), pd.Timestamp("2020-01-25")), "2020-02",
        "2020-01-31", "2020",
    ],
)  # fmt: skip
@pytest.mark.parametrize("npartitions", [1, 7])
@pytest.mark.parametrize("known", [True, False])
def test_parts_of_dates_stand_for_all_times_in_them(rows, npartitions, known):
    frame = dd.from_pandas(DAYS, npartitions=npartitions)
    frame = frame if known else frame.clear_divisions()

    assert_eq(frame.loc[rows], DAYS.loc[rows])
    assert_eq(frame.x.loc[rows], DAYS.x.loc[rows])


@pytest.mark.parametrize("rows", [slice("2020-01-22", "2020-01-25"), "2020-02", "2020-01-31"])
def test_parts_of_dates_with_a_zone(rows):
    assert_eq(dd.from_pandas(ZONES, npartitions=7).loc[rows], ZONES.loc[rows])


def test_a_day_takes_the_partitions_that_have_it():
    frame = dd.from_pandas(DAYS, npartitions=30)

    assert frame.loc["2020-01-25"].npartitions == 1
    assert frame.loc["2020-01-25":"2020-01-26"].npartitions == 2
    assert frame.loc["2020-02"].npartitions == 18


@pytest.mark.parametrize("there", [NUMBERS, TEXTS, SAME], ids=["numbers", "texts", "same"])
@pytest.mark.parametrize("npartitions", [1, 3])
def test_lists_of_labels_come_in_their_order(there, npartitions):
    frame = dd.from_pandas(there, npartitions=npartitions)
    first, middle, last = there.index[0], there.index[3], there.index[-1]

    for labels in ([first], [first, middle, last], [last, first, middle], [middle, middle], []):
        assert_eq(frame.loc[labels], there.loc[labels])
        assert_eq(frame.clear_divisions().loc[labels], there.loc[labels])
        assert_eq(frame.x.loc[np.array(labels, dtype=object)], there.x.loc[labels])


def test_a_label_gives_all_its_rows():
    frame = dd.from_pandas(SAME, npartitions=3)

    assert_eq(frame.loc[1], SAME.loc[[1]])
    assert_eq(frame.loc[3], SAME.loc[[3]])
    assert_eq(frame.x.loc[2], SAME.x.loc[[2]])
    assert_eq(frame.x[2], SAME.x.loc[[2]])
    assert frame.loc[1].npartitions == 1


def test_labels_outside_of_divisions_are_missing_at_once():
    frame = dd.from_pandas(NUMBERS, npartitions=3)

    with pytest.raises(KeyError, match="99"):
        frame.loc[99]
    with pytest.raises(KeyError, match="-1"):
        frame.loc[[0, -1]]


@pytest.mark.parametrize("labels", [3, [2, 3], [4, 3, 2]])
@pytest.mark.parametrize("known", [True, False])
def test_labels_that_are_not_there_are_missing_when_computed(labels, known):
    frame = dd.from_pandas(NUMBERS, npartitions=3)
    frame = frame if known else frame.clear_divisions()

    with pytest.raises(KeyError):
        frame.loc[labels].compute()


@pytest.mark.parametrize(
    "columns", ["x", ["y"], ["y", "x"], slice("x", "y"), slice(None), [True, False], []]
)
def test_columns_are_chosen_as_well(columns):
    frame = dd.from_pandas(NUMBERS, npartitions=3)

    assert_eq(frame.loc[:, columns], NUMBERS.loc[:, columns])
    assert_eq(frame.loc[4:9, columns], NUMBERS.loc[4:9, columns])
    assert_eq(frame.loc[frame.x > 3, columns], NUMBERS.loc[NUMBERS.x > 3, columns])


def test_callables_and_booleans_choose_rows():
    frame = dd.from_pandas(NUMBERS, npartitions=3)

    assert_eq(frame.loc[lambda d: d.x > 3], NUMBERS[NUMBERS.x > 3])
    assert_eq(frame.loc[frame.x > 3], NUMBERS[NUMBERS.x > 3])
    assert_eq(frame.x.loc[frame.x > 3], NUMBERS.x[NUMBERS.x > 3])
    one = dd.from_pandas(NUMBERS, npartitions=1)
    flags = [True, False] * 6
    assert_eq(one.loc[flags], NUMBERS.loc[flags])
    with pytest.raises(NotImplementedError, match="belong to which partition"):
        frame.loc[flags]


def test_rows_of_a_partition_need_not_be_in_order():
    frame = dd.from_pandas(DAYS, npartitions=3).sample(frac=1, random_state=1)

    assert_eq(frame.loc["2020-01-25":"2020-02-03"], DAYS["2020-01-25":"2020-02-03"],
              sort_results=True)  # fmt: skip


@pytest.mark.parametrize("rows", [slice(2.0, None), slice(None, 3.0), slice(1.0, 2.0)])
def test_missing_labels_come_after_all_others(rows):
    there = pd.DataFrame({"x": range(5)}, index=[1.0, np.nan, 2.0, 3.0, np.nan])

    found = dd.from_pandas(there, npartitions=2).loc[rows]

    assert_eq(found, there.sort_index(kind="stable").loc[rows])


def test_categories_are_labels():
    there = pd.DataFrame({"x": range(4)}, index=pd.CategoricalIndex(list("aabb")))
    frame = dd.from_pandas(there, npartitions=2)

    assert_eq(frame.loc[["b"]], there.loc[["b"]])


def test_partitions_without_rows():
    frame = dd.from_pandas(NUMBERS, npartitions=3)
    frame = frame[frame.x > 5]

    assert_eq(frame.loc[2:14], NUMBERS[NUMBERS.x > 5].loc[2:14])
    assert_eq(frame.loc[2:3], NUMBERS.iloc[:0])


def test_what_loc_can_not_do_is_refused():
    frame = dd.from_pandas(NUMBERS, npartitions=3)

    with pytest.raises(NotImplementedError, match="where"):
        frame.loc[3] = 1
    with pytest.raises(NotImplementedError, match="no steps"):
        frame.loc[::2]
    with pytest.raises(KeyError):
        frame.loc[:, "nothing"]
    with pytest.raises(pd.errors.IndexingError):
        frame.x.loc[1, 2]


def test_truncate_is_a_slice_of_labels():
    frame = dd.from_pandas(NUMBERS, npartitions=3)

    assert_eq(frame.truncate(4, 9), NUMBERS.truncate(4, 9))
    assert_eq(frame.x.truncate(after=9), NUMBERS.x.truncate(after=9))
    assert_eq(frame.truncate("y", axis=1), NUMBERS.truncate("y", axis=1))
    assert_eq(dd.from_pandas(DAYS, npartitions=4).truncate("2020-02-03"),
              DAYS.truncate("2020-02-03"))  # fmt: skip
    with pytest.raises(ValueError, match="after"):
        frame.truncate(9, 4)


def test_hours_of_the_day():
    frame = dd.from_pandas(DAYS, npartitions=4)

    assert_eq(frame.between_time("11:00", "13:00"), DAYS.between_time("11:00", "13:00"))
    assert_eq(frame.x.at_time("12:00"), DAYS.x.at_time("12:00"))
    with pytest.raises(TypeError):
        dd.from_pandas(NUMBERS, npartitions=2).at_time("12:00")


@pytest.mark.parametrize("key", [0, -1, [0, 1], [-1, 0], slice(1, None), [True, False], []])
def test_columns_are_chosen_by_position(key):
    assert_eq(dd.from_pandas(NUMBERS, npartitions=3).iloc[:, key], NUMBERS.iloc[:, key])


def test_rows_have_no_positions():
    frame = dd.from_pandas(NUMBERS, npartitions=3)

    with pytest.raises(NotImplementedError, match="no positions"):
        frame.iloc[0]
    with pytest.raises(NotImplementedError, match="no positions"):
        frame.iloc[:3, 0]
    with pytest.raises(IndexError, match="there are 2 columns"):
        frame.iloc[:, 2]
    with pytest.raises(TypeError, match="integers"):
        frame.iloc[:, ["x"]]

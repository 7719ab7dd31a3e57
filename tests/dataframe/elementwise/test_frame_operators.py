"""Operators between frames, series, scalars, arrays and what is in memory."""

from __future__ import annotations

import operator

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import treadle.array as da
import treadle.dataframe as dd
from treadle.dataframe.testing import assert_eq

FRAME = pd.DataFrame(
    {
        "x": [3, 1, 4, 1, 5, 9, 2],
        "y": [0.5, None, 2.5, 3.5, None, 5.5, 6.5],
        "flag": [True, False, True, True, False, False, True],
        "text": ["a", "b", None, "d", "e", "a", "g"],
        "kind": pd.Categorical(list("abababa")),
        "when": pd.date_range("2026-03-27", periods=7, tz="Europe/Berlin"),
        "whole": pd.array([1, None, 3, 4, 5, None, 7], dtype="Int64"),
        "arrow": pd.array([1, 2, None, 4, 5, 6, 7], dtype="int32[pyarrow]"),
    }
)
NUMBERS = FRAME[["x", "y"]]


@pytest.fixture(params=[1, 3])
def frame(request):
    """The frame in one partition and in three."""
    return dd.from_pandas(FRAME, npartitions=request.param)


ARITHMETIC = [operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv,
              operator.mod, operator.pow]  # fmt: skip
COMPARISONS = [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge]


@pytest.mark.parametrize("op", [*ARITHMETIC, *COMPARISONS])
def test_an_operator_gives_what_pandas_gives(frame, op):
    assert_eq(op(frame.x, 2), op(FRAME.x, 2))
    assert_eq(op(2, frame.y), op(2, FRAME.y))
    assert_eq(op(frame.x, frame.y), op(FRAME.x, FRAME.y))
    assert_eq(op(frame[["x", "y"]], 2), op(NUMBERS, 2))
    assert_eq(op(frame[["x", "y"]], frame[["x", "y"]]), op(NUMBERS, NUMBERS))


@pytest.mark.parametrize("op", [operator.floordiv, operator.mod])
def test_division_of_integers_by_zero_makes_floats(frame, op):
    assert_eq(op(frame.x, 0), op(FRAME.x, 0))


@pytest.mark.parametrize("op", [operator.and_, operator.or_, operator.xor])
def test_logic_goes_row_by_row(frame, op):
    assert_eq(op(frame.flag, frame.x > 2), op(FRAME.flag, FRAME.x > 2))
    assert_eq(op(True, frame.flag), op(True, FRAME.flag))


@pytest.mark.parametrize("op", [operator.neg, operator.pos, operator.abs])
def test_unary_operators_take_frames_and_series(frame, op):
    assert_eq(op(frame.y), op(FRAME.y))
    assert_eq(op(frame[["x", "y"]]), op(NUMBERS))


def test_not_inverts_booleans(frame):
    assert_eq(~frame.flag, ~FRAME.flag)


@pytest.mark.parametrize(
    ("column", "value"),
    [("text", "a"), ("kind", "a"), ("when", pd.Timestamp("2026-03-29", tz="UTC")),
     ("whole", 3), ("arrow", 4), ("flag", True)],
)  # fmt: skip
def test_comparisons_keep_what_dtypes_mean(frame, column, value):
    assert_eq(frame[column] == value, FRAME[column] == value)
    assert_eq(frame[column] != value, FRAME[column] != value)


def test_times_with_a_zone_are_subtracted(frame):
    assert_eq(frame.when - frame.when.dt.floor("D"), FRAME.when - FRAME.when.dt.floor("D"))
    assert_eq(frame.when + pd.Timedelta("1h"), FRAME.when + pd.Timedelta("1h"))


def test_nullable_and_arrow_numbers_are_added(frame):
    assert_eq(frame.whole + frame.arrow.astype("Int64"), FRAME.whole + FRAME.arrow.astype("Int64"))
    assert_eq(frame.text + "!", FRAME.text + "!")


def test_divmod_gives_two_series(frame):
    for ours, theirs in zip(divmod(frame.x, 2), divmod(FRAME.x, 2), strict=True):
        assert_eq(ours, theirs)
    for ours, theirs in zip(frame.x.rdivmod(20), FRAME.x.rdivmod(20), strict=True):
        assert_eq(ours, theirs)


# -- alignment -------------------------------------------------------------------------------------


def test_rows_that_were_dropped_on_one_side_are_missing(frame):
    assert_eq(frame.x + frame[frame.x > 2].x, FRAME.x + FRAME[FRAME.x > 2].x, check_dtype=False)
    assert len(frame[frame.x > 2].x + frame.x) == len(FRAME)


def test_series_of_other_origin_and_unknown_divisions_are_refused():
    one = dd.from_pandas(FRAME, npartitions=3, sort=False)
    other = dd.from_pandas(FRAME, npartitions=2, sort=False)

    with pytest.raises(ValueError, match="not known which rows belong together"):
        one.x + other.x


def test_series_of_one_partition_each_are_matched_by_label():
    shuffled = FRAME.x.iloc[::-1]
    one = dd.from_pandas(FRAME.x, npartitions=1, sort=False)
    other = dd.from_pandas(shuffled, npartitions=1, sort=False)

    assert_eq(one + other, FRAME.x + shuffled)


def test_a_reduction_by_columns_goes_to_every_partition(frame):
    numbers = frame[["x", "y"]]

    assert_eq(numbers - numbers.sum(), NUMBERS - NUMBERS.sum())
    assert_eq(numbers.sum() - numbers, NUMBERS.sum() - NUMBERS)
    assert_eq(numbers / numbers.max(), NUMBERS / NUMBERS.max())
    assert_eq(numbers.sub(numbers.sum(), axis="columns"), NUMBERS - NUMBERS.sum())


def test_labels_that_are_no_columns_are_reported():
    numbers = dd.from_pandas(NUMBERS, npartitions=3)

    with pytest.raises(ValueError, match="are not the columns"):
        (numbers - numbers[["x"]].sum()).compute()
    with pytest.raises(ValueError, match="axis=0"):
        numbers - numbers.x


def test_frames_with_other_columns_are_put_together_by_label(frame):
    assert_eq(frame[["x", "y"]] + frame[["y", "x"]], NUMBERS + NUMBERS[["y", "x"]])
    assert_eq(frame[["x"]] + frame[["x", "y"]], NUMBERS[["x"]] + NUMBERS)
    with pytest.raises(ValueError, match="identically-labeled"):
        operator.eq(frame[["x"]], frame[["x", "y"]])


# -- what is in memory -----------------------------------------------------------------------------


def test_arrays_in_memory_are_cut_as_partitions_are(frame):
    values = np.arange(7)

    assert_eq(frame.x + values, FRAME.x + values)
    assert_eq(values - frame.x, values - FRAME.x)
    assert_eq(frame.x * list(values), FRAME.x * list(values))
    assert_eq(frame.x + pd.array(values, dtype="Int64"), FRAME.x + pd.array(values, dtype="Int64"))
    both = np.arange(14).reshape(7, 2)
    assert_eq(frame[["x", "y"]] * both, NUMBERS * both)


def test_an_array_of_another_length_is_refused(frame):
    with pytest.raises(ValueError, match="3 elements do not fit 7 rows"):
        frame.x + np.arange(3)


def test_an_array_beside_partitions_of_unknown_lengths_is_refused():
    frame = dd.from_pandas(FRAME, npartitions=3)

    with pytest.raises(ValueError, match="lengths are not known"):
        frame[frame.x > 2].x + np.arange(4)


def test_a_value_for_each_column_may_be_a_list(frame):
    assert_eq(frame[["x", "y"]] * [1, 2], NUMBERS * [1, 2])
    assert_eq(frame[["x", "y"]] + np.array([1, 2]), NUMBERS + np.array([1, 2]))
    row = pd.Series({"x": 1, "y": 2})
    assert_eq(frame[["x", "y"]] * row, NUMBERS * row)
    assert_eq(row * frame[["x", "y"]], row * NUMBERS)


def test_a_frame_in_memory_is_matched_by_label():
    frame = dd.from_pandas(FRAME, npartitions=1)

    assert_eq(frame.x + FRAME.x.iloc[::-1], FRAME.x * 2)
    assert_eq(FRAME.x + frame.x, FRAME.x * 2)
    assert_eq(NUMBERS + frame[["x", "y"]], NUMBERS * 2)


def test_blocks_of_an_array_fit_partitions():
    frame = dd.from_pandas(FRAME, npartitions=3)
    lengths = tuple(len(part.compute()) for part in frame.partitions)
    array = da.from_array(np.arange(7), chunks=(lengths,))

    assert_eq(frame.x + array, FRAME.x + np.arange(7))
    assert_eq(array * frame.x, np.arange(7) * FRAME.x)
    assert_eq(frame.x - array.sum(), FRAME.x - 21)
    with pytest.raises(ValueError, match="2 blocks does not fit 3 partitions"):
        frame.x + da.ones(7, chunks=4)


# -- scalars ---------------------------------------------------------------------------------------


def test_scalars_are_computed_with(frame):
    total, most = frame.x.sum(), frame.y.max()

    assert_eq(frame.x / total, FRAME.x / 25)
    assert_eq(total - frame.x, 25 - FRAME.x)
    assert_eq(total + most, 25 + 6.5)
    assert (-total).compute() == -25
    assert (total // 4).compute() == 6
    assert [part.compute() for part in divmod(total, 4)] == [6, 1]
    assert np.sqrt(total).compute() == 5.0
    assert len(total - frame.x) == 7


def test_a_scalar_and_what_is_in_memory_give_what_pandas_gives(frame):
    total = frame.x.sum()

    assert_eq(FRAME.x + total, FRAME.x + 25)
    assert (np.array([1, 2]) * total).compute().tolist() == [25, 50]
    assert np.asarray(total).tolist() == 25


@pytest.mark.parametrize("convert", [int, float, complex, bool, operator.index])
def test_a_scalar_is_no_number_of_python(frame, convert):
    with pytest.raises(TypeError, match="call compute"):
        convert(frame.x.sum())


def test_the_truth_of_a_frame_is_ambiguous(frame):
    with pytest.raises(ValueError, match="ambiguous"):
        bool(frame)


# -- indexes and functions of NumPy ----------------------------------------------------------------


def test_operators_of_an_index_give_an_index_without_divisions(frame):
    assert_eq(frame.index + 1, FRAME.index + 1)
    assert not (frame.index + 1).known_divisions


def test_a_comparison_of_an_index_chooses_rows(frame):
    assert_eq(frame.index > 3, pd.Series(FRAME.index > 3))
    assert_eq(frame[frame.index > 3], FRAME[FRAME.index > 3])
    assert_eq(frame[(frame.index > 3) & frame.flag], FRAME[(FRAME.index > 3) & FRAME.flag])


@pytest.mark.parametrize("function", [np.log, np.sqrt, np.isnan, np.floor, np.negative])
def test_functions_of_numpy_take_frames(frame, function):
    assert_eq(function(frame.y), function(FRAME.y))
    assert_eq(function(frame[["x", "y"]]), function(NUMBERS))


@pytest.mark.parametrize("function", [np.add, np.maximum, np.hypot, np.greater, np.power])
def test_functions_of_two_operands_match_rows(frame, function):
    assert_eq(function(frame.x, frame.y), function(FRAME.x, FRAME.y))
    assert_eq(function(2, frame.y), function(2, FRAME.y))
    assert_eq(function(frame[["x", "y"]], 2), function(NUMBERS, 2))


def test_a_function_of_two_results_gives_two_series(frame):
    for ours, theirs in zip(np.modf(frame.y), np.modf(FRAME.y), strict=True):
        assert_eq(ours, theirs)


def test_functions_that_write_are_refused(frame):
    with pytest.raises(TypeError):
        np.add(frame.x, 1, out=np.zeros(7))


@pytest.mark.parametrize("scheduler", ["threads", "processes"])
def test_operators_run_anywhere(scheduler):
    frame = dd.from_pandas(FRAME, npartitions=3)

    assert_eq(frame.x + np.log(frame.y) > 1, FRAME.x + np.log(FRAME.y) > 1, scheduler=scheduler)


def test_partitions_without_rows_keep_dtypes():
    frame = dd.from_pandas(FRAME, npartitions=3)
    few = frame[frame.x > 100]

    assert_eq(few.x + few.whole, FRAME[FRAME.x > 100].x + FRAME[FRAME.x > 100].whole)


def test_the_name_stands_for_the_values(frame):
    assert (frame.x + 1).expr.name == (frame.x + 1).expr.name
    assert (frame.x + 1).expr.name != (1 + frame.x).expr.name
    assert (frame.x + 1).expr.name != (frame.x + 1.0).expr.name


def test_an_array_is_cut_as_held_partitions_are(frame):
    held = frame[frame.x > FRAME.x.min()].persist(scheduler="sync")
    expected = FRAME[FRAME.x > FRAME.x.min()]

    assert_eq(held.x + np.arange(len(expected)), expected.x + np.arange(len(expected)))
    with pytest.raises(ValueError, match="do not fit"):
        held.x + np.arange(len(expected) + 1)


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.floats(-1e6, 1e6) | st.none(), min_size=1, max_size=12),
    st.floats(-1e3, 1e3),
    st.sampled_from([*ARITHMETIC[:4], *COMPARISONS]),
    st.integers(1, 4),
)
def test_any_values_give_what_pandas_gives(values, other, op, npartitions):
    series = pd.Series(values, dtype="float64")
    ours = dd.from_pandas(series, npartitions=npartitions)

    assert_eq(op(ours, other), op(series, other))
    assert_eq(op(ours, ours * 2), op(series, series * 2))

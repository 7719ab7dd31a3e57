"""Functions of users: ``map``, ``apply`` and ``map_partitions``."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import treadle.dataframe as dd
from treadle.dataframe.elementwise.metas import as_meta
from treadle.dataframe.first_rows import first_rows
from treadle.dataframe.testing import assert_eq

FRAME = pd.DataFrame(
    {
        "x": [3, 1, 4, 1, 5, 9, 2],
        "y": [0.5, None, 2.5, 3.5, None, 5.5, 6.5],
        "text": ["a", "b", None, "d", "e", "a", "g"],
        "kind": pd.Categorical(list("abababa")),
    }
)


@pytest.fixture(params=[1, 3])
def frame(request):
    """The frame in one partition and in three."""
    return dd.from_pandas(FRAME, npartitions=request.param)


def triple(value):
    return value * 3


SAME = {
    "map": lambda d: d.x.map(triple),
    "map a dict": lambda d: d.x.map({n: f"n{n}" for n in range(10)}),
    "map a series": lambda d: d.x.map(pd.Series(np.arange(10) / 4)),
    "map nothing": lambda d: d.x.map({}),
    "map texts": lambda d: d.text.map(str.upper, na_action="ignore"),
    "map categories": lambda d: d.kind.map(str.upper),
    "map categories by a dict": lambda d: d.kind.map({"a": "q", "b": "r"}),
    "map a frame": lambda d: d[["x", "y"]].map(triple),
    "map a frame, not what is missing": lambda d: d[["y"]].map(triple, na_action="ignore"),
    "apply": lambda d: d.x.apply(triple),
    "apply with arguments": lambda d: d.x.apply(
        lambda v, by, plus: v * by + plus, args=(2,), plus=1
    ),
    "apply a function of NumPy": lambda d: d.y.apply(np.sqrt),
    "apply to rows": lambda d: d.apply(lambda row: row.x * 2 + len(str(row.text)), axis=1),
    "apply makes columns": lambda d: d.apply(
        lambda row: pd.Series({"a": row.x, "b": str(row.text)}), axis=1
    ),
    "apply expands": lambda d: d[["x", "y"]].apply(
        lambda row: [row.x, 1], axis="columns", result_type="expand"
    ),
    "apply raw": lambda d: d[["x", "y"]].apply(np.max, axis=1, raw=True),
}


@pytest.mark.parametrize("case", SAME)
def test_a_function_gives_what_it_gives_with_pandas(frame, case):
    assert_eq(SAME[case](frame), SAME[case](FRAME))


@pytest.mark.parametrize("scheduler", ["threads", "processes"])
def test_functions_run_anywhere(scheduler):
    frame = dd.from_pandas(FRAME, npartitions=3)

    assert_eq(frame.x.map(triple), FRAME.x.map(triple), scheduler=scheduler)


def test_a_function_with_a_meta_is_not_called_before():
    calls = []

    def count(value):
        calls.append(value)
        return value * 0.5

    frame = dd.from_pandas(FRAME, npartitions=3)
    for meta in (("x", "f8"), "float64", pd.Series([], dtype="f8", name="x")):
        ours = frame.x.map(count, meta=meta)
        assert calls == []
        assert ours.dtype == "float64"
    assert_eq(ours, FRAME.x * 0.5)


def test_a_function_without_a_meta_is_tried_on_the_first_rows_only():
    seen = []

    def note(value):
        seen.append(value)
        return value

    long = dd.from_pandas(pd.Series(range(1000)), npartitions=2)
    long.map(note)

    assert seen == list(range(10))


def test_the_first_rows_are_those_of_the_first_partition_that_has_some():
    frame = dd.from_pandas(FRAME, npartitions=3)
    few = frame[frame.x == 2]

    assert first_rows(few.expr).x.tolist() == [2]
    assert_eq(few.x.map(str), FRAME[FRAME.x == 2].x.map(str))
    none = frame[frame.x > 100]
    assert len(none.x.map(triple).compute()) == 0


def test_an_error_of_a_function_says_that_it_was_tried(frame):
    with pytest.raises(ZeroDivisionError) as raised:
        frame.x.map(lambda value: value // 0 if False else 1 // (value - value))
    assert "meta=" in raised.value.__notes__[0]


def test_columns_that_were_not_promised_are_reported():
    frame = dd.from_pandas(FRAME, npartitions=3)
    ours = frame.apply(lambda row: pd.Series({"a": 1} if row.x != 9 else {"b": 1, "a": 1}), axis=1)

    with pytest.raises(ValueError, match=r"returned the columns \['"):
        ours.compute()


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda d: d.apply(triple), NotImplementedError, "axis=1"),
        (lambda d: d.apply("sum", axis=1), NotImplementedError, r"\.sum\(\)"),
        (lambda d: d.x.apply(["sum", "max"]), NotImplementedError, "agg"),
        (lambda d: d.x.apply(triple, by_row=False), NotImplementedError, "map_partitions"),
        (lambda d: d.x.map(3), TypeError, "function"),
        (lambda d: d.x.map(triple, na_action="skip"), ValueError, "skip"),
        (lambda d: d.map_partitions(3), TypeError, "function"),
        (lambda d: d.x.map(triple, meta=object()), TypeError, "meta"),
    ],
)
def test_what_is_no_function_of_values_is_refused(frame, call, error, text):
    with pytest.raises(error, match=text):
        call(frame)


def test_a_meta_may_be_said_in_many_ways():
    index = pd.RangeIndex(0)

    assert as_meta({"a": "i8", "b": "f8"}, index).dtypes.to_dict() == {"a": "i8", "b": "f8"}
    assert list(as_meta([("a", "i8"), ("a", "f8")], index).columns) == ["a", "a"]
    assert as_meta(("n", "str"), index).name == "n"
    assert as_meta("i4", index, "z").name == "z"
    assert len(as_meta(FRAME, index)) == 0
    with pytest.raises(TypeError, match="dtypes"):
        as_meta("no dtype", index)


# -- map_partitions --------------------------------------------------------------------------------


def test_a_function_takes_partitions_in_places_of_collections(frame):
    def shifted(part, by, *, of):
        return part.x + by + of.y

    assert_eq(frame.map_partitions(shifted, 10, of=frame), (FRAME.x + 10 + FRAME.y).rename(None))
    assert_eq(dd.map_partitions(triple, frame.x), FRAME.x * 3)
    assert_eq(frame.index.map_partitions(lambda labels: labels + 1), FRAME.index + 1)
    assert_eq(frame.map_partitions(lambda part, most: part.x / most, frame.x.max()), FRAME.x / 9)


def test_divisions_stay_unless_labels_change(frame):
    assert frame.map_partitions(lambda part: part).divisions == frame.divisions
    cleared = frame.map_partitions(
        lambda part: part.set_axis(part.index + 50), clear_divisions=True
    )
    assert not cleared.known_divisions
    assert_eq(cleared, FRAME.set_axis(FRAME.index + 50))
    assert not frame.map_partitions(lambda part: part.set_index("text")).known_divisions


def test_labels_beyond_divisions_are_reported():
    frame = dd.from_pandas(FRAME, npartitions=3)

    with pytest.raises(ValueError, match="clear_divisions"):
        frame.map_partitions(lambda part: part.reset_index(drop=True)).compute()


def test_divisions_of_an_index_are_transformed_if_asked():
    frame = dd.from_pandas(FRAME, npartitions=3)
    ours = frame.index.map_partitions(lambda labels: labels * 2, transform_divisions=True)

    assert ours.divisions == tuple(2 * label for label in frame.divisions)
    assert_eq(ours, FRAME.index * 2)


def test_one_value_for_each_partition_makes_a_series():
    frame = dd.from_pandas(FRAME, npartitions=3)
    lengths = frame.map_partitions(len)

    assert lengths.compute().tolist() == [len(part.compute()) for part in frame.partitions]
    assert lengths.divisions == (0, 1, 2, 2)
    assert_eq(lengths.sum(), 7)


def test_a_function_may_ask_which_partition_it_has():
    frame = dd.from_pandas(FRAME, npartitions=3)

    def numbered(part, partition_info=None):
        place = partition_info or {"number": 0, "division": 0}
        return part.assign(n=place["number"], first=place["division"])[["n", "first"]]

    ours = frame.map_partitions(numbered)
    assert ours.n.unique().compute().tolist() == [0, 1, 2]
    assert_eq(ours, ours.compute())
    assert ours.partitions[2].compute().n.unique().tolist() == [2]


def test_a_frame_of_one_partition_goes_to_every_call(frame):
    small = dd.from_pandas(pd.Series([1, 2]), npartitions=1)

    assert_eq(frame.map_partitions(lambda part, few: part.x * few.sum(), small), FRAME.x * 3)


def test_partitions_go_by_number_or_by_divisions():
    one = dd.from_pandas(FRAME, npartitions=3)
    other = dd.from_pandas(FRAME, npartitions=2)

    with pytest.raises(ValueError, match="align_dataframes=True"):
        dd.map_partitions(lambda a, b: a.x, one, other)
    unknown = dd.from_pandas(FRAME, npartitions=3, sort=False)
    assert dd.map_partitions(lambda a, b: a.x, unknown, one).npartitions == 3


def test_what_a_function_returns_is_checked():
    frame = dd.from_pandas(FRAME, npartitions=3)

    with pytest.raises(ValueError, match="expected"):
        frame.map_partitions(lambda part: part[["x"]], meta=FRAME[["y"]]).compute()
    with pytest.raises(ValueError, match="where a DataFrame was expected"):
        frame.map_partitions(lambda part: part.x, meta=FRAME[["x"]]).compute()
    with pytest.raises(AttributeError) as raised:
        frame.map_partitions(lambda part: part.nothing)
    assert "without rows" in raised.value.__notes__[0]
    with pytest.raises(TypeError, match="ndarray"):
        frame.map_partitions(lambda part: part.x.to_numpy())
    loose = frame.map_partitions(lambda part: part.x, meta=FRAME.y, enforce_metadata=False)
    assert loose.compute().name == "x"


def test_equal_calls_have_equal_names(frame):
    assert frame.x.map_partitions(triple).name == "x"
    names = {frame.x.map_partitions(triple).expr.name for _ in range(2)}
    assert len(names) == 1
    assert frame.x.map(triple).expr.name == frame.x.map(triple).expr.name
    assert frame.x.map(triple).expr.name != frame.x.map(str).expr.name

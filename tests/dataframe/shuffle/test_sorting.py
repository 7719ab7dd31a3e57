"""set_index, sort_values and sort_index against pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import treadle.dataframe as dd
from treadle.dataframe.expr import Source
from treadle.dataframe.shuffle.expr import Shuffle
from treadle.dataframe.testing import assert_eq
from treadle.graph.expr import simplify, walk


def rows(count=60, seed=0):
    """A frame of many dtypes, unsorted, with equal keys."""
    numbers = np.random.default_rng(seed).integers(0, max(count // 2, 1), count)
    return pd.DataFrame(
        {
            "k": numbers,
            "f": np.where(numbers % 7 == 3, np.nan, numbers / 4),
            "text": pd.array([f"t{n:03}" for n in numbers], dtype="str"),
            "when": pd.Timestamp("2024", tz="UTC") + pd.to_timedelta(numbers, unit="h"),
            "maybe": pd.array([None if n % 5 == 0 else n for n in numbers.tolist()], dtype="Int64"),
            "group": pd.Categorical([["lo", "hi", "mid"][n % 3] for n in numbers]),
            "row": np.arange(count),
        },
        index=pd.Index(np.arange(count)[::-1] * 10, name="id"),
    )


def partitioned(df, npartitions=4):
    return dd.from_pandas(df, npartitions=npartitions, sort=False)


def kinds(collection):
    return [type(expr) for expr in walk(simplify([collection.expr]))]


def columns_read(collection):
    """Columns of the source whose rows are in the result; others are read for the divisions."""
    exprs = walk(simplify([collection.expr]))
    return max((list(e.meta.columns) for e in exprs if isinstance(e, Source)), key=len)


@pytest.fixture(params=["sync", "threads", "processes"])
def engine(request):
    return request.param


# -- set_index -------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["k", "text", "when", "f", "maybe"])
@pytest.mark.parametrize("npartitions", [None, 1, 7])
def test_set_index_is_that_of_pandas_sorted(key, npartitions):
    df = rows()

    result = partitioned(df).set_index(key, npartitions=npartitions)

    assert_eq(result, df.set_index(key).sort_index(kind="stable"))
    assert result.known_divisions == (not df[key].hasnans)


def test_set_index_on_every_engine(engine):
    df = rows()

    result = partitioned(df).set_index("text", drop=False)

    assert_eq(result, df.set_index("text", drop=False).sort_index(kind="stable"), scheduler=engine)


def test_divisions_are_known_and_keys_lie_between_them():
    result = partitioned(rows()).set_index("k")

    assert result.npartitions == 4
    assert result.divisions[0] == 0
    assert list(result.divisions) == sorted(result.divisions)


def test_a_categorical_index_is_in_the_order_of_its_categories():
    df = rows()

    result = partitioned(df).set_index("group")

    assert not result.known_divisions
    assert_eq(result, df.sort_values("group", kind="stable").set_index("group"))


def test_set_index_of_a_series_keeps_all_columns():
    df = rows()
    parts = partitioned(df)

    result = parts.set_index(parts.k % 10)

    assert_eq(result, df.set_index(df.k % 10).sort_index(kind="stable"))
    assert result.index.name == "k"


def test_set_index_without_sorting_moves_nothing_and_computes_nothing(monkeypatch):
    df = rows()
    monkeypatch.setattr("treadle.dataframe.shuffle.ordering.sketched", None)

    result = partitioned(df).set_index("text", sort=False)

    assert not result.known_divisions
    assert_eq(result, df.set_index("text"))


def test_keys_in_order_move_nothing():
    df = rows().sort_values("k", kind="stable")
    parts = dd.from_pandas(df.assign(k=np.arange(60) // 2).reset_index(drop=True), npartitions=3)

    result = parts.set_index("k")

    assert Shuffle not in kinds(result)
    assert result.divisions == (0, 10, 20, 29)
    assert_eq(result, parts.compute().set_index("k"))


def test_partitions_without_rows_are_left_out_of_a_sorted_index():
    df = dd.from_pandas(pd.DataFrame({"k": range(12), "x": range(12)}), npartitions=4)

    result = df[(df.x < 3) | (df.x >= 9)].set_index("k", sorted=True)

    assert result.divisions == (0, 9, 11)
    assert_eq(result, df.compute().loc[[0, 1, 2, 9, 10, 11]].set_index("k"))


def test_sorted_keys_that_go_on_in_the_next_partition_come_together():
    df = pd.DataFrame({"k": [1, 2, 2, 2, 3, 4, 4, 5, 6], "x": range(9)})

    result = partitioned(df, 3).set_index("k", sorted=True)

    assert result.known_divisions
    assert_eq(result, df.set_index("k"))


@pytest.mark.parametrize("keys", [[3, 1, 2, 4], [3, 4, 1, 2]])
def test_keys_that_are_not_sorted_though_they_should_be_are_refused(keys):
    df = partitioned(pd.DataFrame({"k": keys}), 2)

    with pytest.raises(ValueError, match="leave sorted=True out"):
        df.set_index("k", sorted=True)


def test_given_divisions_are_those_of_the_result(monkeypatch):
    df = rows()
    monkeypatch.setattr("treadle.dataframe.shuffle.ordering.sketched", None)

    result = partitioned(df).set_index("k", divisions=[0, 10, 29])

    assert result.divisions == (0, 10, 29)
    assert_eq(result, df.set_index("k").sort_index(kind="stable"))


@pytest.mark.parametrize(("key", "text"), [("k", "divisions that hold all keys"), ("f", "missing")])
def test_keys_outside_of_given_divisions_are_an_error_when_they_are_met(key, text):
    result = partitioned(rows()).set_index(key, divisions=[0, 2, 7])

    with pytest.raises(ValueError, match=text):
        result.compute()


def test_given_divisions_of_sorted_partitions_are_checked_too():
    df = partitioned(pd.DataFrame({"k": range(6)}), 2)

    assert_eq(df.set_index("k", sorted=True, divisions=[0, 3, 5]), df.compute().set_index("k"))
    with pytest.raises(ValueError, match="give divisions that hold all keys"):
        df.set_index("k", sorted=True, divisions=[0, 2, 5]).compute()
    with pytest.raises(ValueError, match="2 divisions are for 1 partitions, and there are 2"):
        df.set_index("k", sorted=True, divisions=[0, 5])


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"other": "z"}, KeyError, "'z' is no column"),
        ({"other": ["k", "f"]}, NotImplementedError, "several columns"),
        ({"other": "k", "append": True}, NotImplementedError, "several levels"),
        ({"other": "k", "divisions": [3]}, ValueError, "two labels or more"),
        ({"other": "k", "divisions": [3, 1, 2]}, ValueError, "have to increase"),
        ({"other": "k", "divisions": [1, None]}, ValueError, "may not be missing"),
        ({"other": "k", "npartitions": 0}, ValueError, "must be 1 or more, not 0"),
        ({"other": "k", "shuffle_method": "magic"}, ValueError, "no shuffle_method 'magic'"),
        ({"other": pd.Series([1])}, TypeError, "not Series of pandas"),
    ],
)
def test_set_index_refuses_what_makes_no_sense(options, error, text):
    with pytest.raises(error, match=text):
        partitioned(rows()).set_index(**options)


def test_auto_takes_as_many_partitions_as_the_size_asks_for():
    df = partitioned(pd.DataFrame({"k": np.arange(10_000) % 97, "x": 1.0}), 8)

    assert df.set_index("k", npartitions="auto").npartitions == 1
    assert df.set_index("k", npartitions="auto", partition_size=50_000).npartitions == 3
    assert df.set_index("k", npartitions="auto", partition_size=10).npartitions == 8


def test_a_frame_without_rows_and_one_whose_keys_are_all_missing():
    empty = rows(0)
    missing = pd.DataFrame({"k": [np.nan, np.nan, np.nan], "x": [1, 2, 3]})

    assert_eq(partitioned(empty).set_index("k"), empty.set_index("k"))
    assert_eq(partitioned(missing, 3).set_index("k"), missing.set_index("k"))


def test_only_the_key_and_the_columns_that_are_used_are_read():
    parts = partitioned(rows())

    assert columns_read(parts.set_index("k").f) == ["k", "f"]
    assert columns_read(parts.set_index("k", drop=False)[["row"]]) == ["k", "row"]
    assert columns_read(parts.sort_values(["k", "f"]).row) == ["k", "f", "row"]
    assert columns_read(parts.shuffle("text")[["row", "f"]]) == ["f", "text", "row"]
    assert columns_read(parts.sort_index().text) == ["text"]
    assert columns_read(parts.sort_values("k", ignore_index=True)[["f"]]) == ["k", "f"]
    assert_eq(
        parts.set_index("k", drop=False)[["row"]],
        rows().set_index("k").sort_index(kind="stable")[["row"]],
    )


def test_keys_that_cannot_be_compared_are_named():
    df = partitioned(pd.DataFrame({"k": pd.Series([1, "a", 2, "b"], dtype=object)}), 2)

    with pytest.raises(TypeError, match="types int and str"):
        df.set_index("k")


# -- sort_values -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "by", ["k", "f", "text", "when", "maybe", "group", ["group", "k"], ["f", "text"]]
)
@pytest.mark.parametrize("ascending", [True, False])
@pytest.mark.parametrize("na_position", ["first", "last"])
def test_sort_values_is_the_stable_sort_of_pandas(by, ascending, na_position):
    df = rows()

    result = partitioned(df).sort_values(by, ascending=ascending, na_position=na_position)

    expected = df.sort_values(by, ascending=ascending, na_position=na_position, kind="stable")
    assert_eq(result, expected)


def test_sort_values_on_every_engine(engine):
    df = rows()

    result = partitioned(df).sort_values(["group", "f"], ascending=[False, True], ignore_index=True)

    expected = df.sort_values(
        ["group", "f"], ascending=[False, True], ignore_index=True, kind="stable"
    )
    assert_eq(result, expected, scheduler=engine)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.sampled_from([None, 0.0, 1.0, 1.5, 2.0, 9.0]), max_size=25),
    st.integers(1, 5), st.integers(1, 5), st.booleans(), st.sampled_from(["first", "last"]),
)  # fmt: skip
def test_any_values_are_sorted_stably(values, before, after, ascending, na_position):
    df = pd.DataFrame({"x": np.array(values, dtype="float64"), "row": np.arange(len(values))})
    options = {"ascending": ascending, "na_position": na_position}

    result = partitioned(df, before).sort_values("x", npartitions=after, **options)

    assert_eq(result, df.sort_values("x", kind="stable", **options))


def test_sorting_by_values_computes_nothing_before(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("something was computed")

    df = dd.from_pandas(pd.DataFrame({"x": range(12)}), npartitions=3)
    monkeypatch.setattr("treadle.base.compute", refuse)

    assert df.sort_values("x").npartitions == 3


def test_the_keys_alone_are_read_for_the_divisions_where_reading_is_quick():
    df = dd.from_pandas(pd.DataFrame({"x": [3, 1, 2], "y": 1, "z": 2}), npartitions=3)
    exprs = walk(simplify([df.sort_values("x").expr]))

    assert sorted(len(e.meta.columns) for e in exprs if isinstance(e, Source)) == [1, 3]


def test_values_in_order_stay_so_both_ways():
    df = dd.from_pandas(pd.DataFrame({"x": range(12)}), npartitions=3)

    assert_eq(df.sort_values("x"), df.compute())
    assert_eq(df.sort_values("x", ascending=False), df.compute().sort_values("x", ascending=False))


def by_length(part, by, ascending, na_position, extra=0):
    assert (by, ascending, na_position, extra) == ("text", True, "last", 5)
    return part.sort_values(by, ascending=False)


def test_a_function_may_sort_partitions():
    df = rows()

    result = partitioned(df).sort_values(
        "text", npartitions=1, sort_function=by_length, sort_function_kwargs={"extra": 5}
    )

    assert result.text.compute().tolist() == sorted(df.text, reverse=True)


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"by": "z"}, KeyError, "'z' is no column"),
        ({"by": []}, ValueError, "no column to sort by"),
        ({"by": ["k", "f"], "ascending": [True]}, ValueError, "1 values of ascending .* 2 columns"),
        ({"by": "k", "ascending": "down"}, ValueError, "True or False, not 'down'"),
        ({"by": "k", "na_position": "middle"}, ValueError, "na_position is 'middle'"),
        ({"by": "k", "npartitions": -1}, ValueError, "must be 1 or more, not -1"),
    ],
)
def test_sort_values_refuses_what_makes_no_sense(options, error, text):
    with pytest.raises(error, match=text):
        partitioned(rows()).sort_values(**options)


@pytest.mark.parametrize("ascending", [True, False])
def test_series_are_sorted_by_their_values(ascending):
    df = rows()

    for name in ("f", "text", "group"):
        result = partitioned(df)[name].sort_values(ascending=ascending)
        assert_eq(result, df[name].sort_values(ascending=ascending, kind="stable"))
    assert_eq(
        partitioned(df).k.sort_values(ignore_index=True),
        df.k.sort_values(ignore_index=True, kind="stable"),
    )


# -- sort_index ------------------------------------------------------------------------------------


@pytest.mark.parametrize("ascending", [True, False])
@pytest.mark.parametrize("npartitions", [None, 2])
def test_sort_index_is_that_of_pandas(ascending, npartitions):
    df = rows()
    options = {"ascending": ascending}

    frame = partitioned(df).sort_index(npartitions=npartitions, **options)
    series = partitioned(df).text.sort_index(npartitions=npartitions, **options)

    assert frame.known_divisions == ascending
    assert_eq(frame, df.sort_index(kind="stable", **options))
    assert_eq(series, df.text.sort_index(kind="stable", **options))


@pytest.mark.parametrize("ascending", [True, False])
def test_known_divisions_need_no_keys_to_be_computed(ascending, monkeypatch):
    monkeypatch.setattr("treadle.dataframe.shuffle.ordering.sketched", None)
    df = dd.from_pandas(rows(), npartitions=3)

    result = df.sort_index(ascending=ascending)

    assert Shuffle not in kinds(result)
    assert result.known_divisions == ascending
    assert_eq(result, rows().sort_index(ascending=ascending))


def test_missing_and_equal_labels_are_sorted_as_pandas_does():
    df = pd.DataFrame({"x": range(6)}, index=[2.0, None, 1.0, 2.0, None, 0.0])

    for na_position in ("first", "last"):
        result = partitioned(df, 3).sort_index(na_position=na_position)
        assert_eq(result, df.sort_index(na_position=na_position, kind="stable"))


def test_an_index_of_several_levels_is_refused():
    index = pd.MultiIndex.from_product([[1, 2], ["a", "b"]])
    df = partitioned(pd.DataFrame({"x": range(4)}, index=index), 2)

    with pytest.raises(NotImplementedError, match="several levels"):
        df.sort_index()

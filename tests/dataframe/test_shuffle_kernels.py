"""Rows are cut by hash and by divisions, and put together again, without loss or change."""

from __future__ import annotations

import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pandas.testing as tm
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treadle.dataframe.shuffle.pieces import (
    concat_parts,
    key_columns,
    numbers_by_divisions,
    split_by_hash,
    split_by_numbers,
)

KEYS = st.lists(st.sampled_from([0, 1, 2, 3, 5, 8, 13]), max_size=30)


def split_by_divisions(df, by, divisions, **options):
    numbers = numbers_by_divisions(df[by], divisions, **options)
    return split_by_numbers(df, numbers, max(len(divisions) - 1, 1))


def frame(keys):
    """A frame of many dtypes, with a number for every row."""
    count = len(keys)
    names = pd.Series([f"name {key}" for key in keys], dtype="str")
    return pd.DataFrame(
        {
            "key": np.array(keys, dtype="int64"),
            "name": names,
            "group": names.astype("category"),
            "when": pd.date_range("2024", periods=count, tz="Europe/Berlin"),
            "maybe": pd.array([None if key == 5 else key for key in keys], dtype="Int64"),
            "thing": pd.Series([(key,) for key in keys], dtype=object),
            "row": np.arange(count),
        },
        index=pd.Index(np.arange(count) * 10, name="id"),
    )


@settings(deadline=None, max_examples=60)
@given(KEYS, st.integers(1, 300), st.booleans())
def test_pieces_of_a_hash_split_hold_all_rows_in_order_and_equal_keys_together(keys, n, own):
    df = frame(keys)

    pieces = split_by_hash(df, "key", n, own=own)

    assert len(pieces) == n
    tm.assert_frame_equal(concat_parts(pieces).sort_values("row"), df)
    assert sum(piece.key.nunique() for piece in pieces) == df.key.nunique()
    assert all(piece.row.is_monotonic_increasing for piece in pieces)


@settings(deadline=None, max_examples=60)
@given(KEYS, KEYS, st.sampled_from(["float64", "object", "Int64", "category"]))
def test_two_frames_are_cut_alike_whatever_their_keys_are_stored_as(left, right, dtype):
    a, b = frame(left), frame(right)
    b["key"] = b["key"].astype(dtype)

    pairs = zip(split_by_hash(a, "key", 5), split_by_hash(b, ["key"], 5), strict=True)

    met = sum(len(x.merge(y.astype({"key": "int64"}), on="key")) for x, y in pairs)
    assert met == len(a.merge(b.astype({"key": "int64"}), on="key"))


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.one_of(st.none(), st.floats(allow_nan=False)), max_size=30),
    st.lists(st.floats(allow_nan=False), min_size=2, max_size=6, unique=True).map(sorted),
    st.booleans(),
    st.sampled_from(["first", "last"]),
)
def test_pieces_of_a_split_by_divisions_lie_between_their_borders(values, borders, ascending, na):
    df = pd.DataFrame({"x": pd.Series(values, dtype="float64")})

    pieces = split_by_divisions(df, "x", borders, ascending=ascending, na_position=na)

    assert sum(map(len, pieces)) == len(df)
    at = -1 if na == "last" else 0
    assert pieces[at].x.isna().sum() == df.x.isna().sum()
    for number, piece in enumerate(pieces if ascending else pieces[::-1]):
        x = piece.x.dropna()
        assert number == 0 or (x >= borders[number]).all()
        assert number == len(pieces) - 1 or (x < borders[number + 1]).all()


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text()), st.lists(st.text(), min_size=3, unique=True).map(sorted))
def test_texts_are_divided_as_python_compares_them(values, borders):
    expected = [
        max(0, min(sum(border <= value for border in borders) - 1, len(borders) - 2))
        for value in values
    ]
    columns = [pd.Series(values, dtype="object"), pd.Series(values, dtype="str")]

    assert [numbers_by_divisions(c, borders).tolist() for c in columns] == [expected] * 2


COLUMNS = {
    "int64": (pd.Series([1, 5, 9]), [0, 5, 7, 9]),
    "UInt8": (pd.Series([1, 5, 9], dtype="UInt8"), [0, 5, 7, 9]),
    "arrow": (pd.Series([1, 5, 9], dtype="int64[pyarrow]"), [0, 5, 7, 9]),
    "large": (pd.Series([2**62 + n for n in range(3)]), [0, 2**62 + 1, 2**62 + 2, 2**62 + 9]),
    "str": (pd.Series(["b", "e", "f"]), ["a", "c", "f", "g"]),
    "category": (pd.Series(["b", "e", "f"], dtype="category"), ["b", "e", "f", "f"]),
    "time": (pd.Series(pd.date_range("2024", periods=3)), pd.date_range("2024", periods=4)),
    "utc": (
        pd.Series(pd.date_range("2024", periods=3, tz="UTC")),
        list(pd.date_range("2024", periods=4, tz="Asia/Tokyo", unit="ns") - pd.Timedelta(8, "h")),
    ),
    "span": (pd.Series(pd.to_timedelta([1, 5, 9], "s")), pd.to_timedelta([1, 5, 9, 9], "s")),
    "period": (pd.Series(pd.period_range("2024", periods=3)), pd.period_range("2024", periods=4)),
    "tuples": (pd.Series([(1, 2), (1, 3), (2, 0)]), [(0,), (1, 3), (2, 0), (3,)]),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_values_of_every_dtype_are_divided(name):
    column, divisions = COLUMNS[name]

    assert numbers_by_divisions(column, divisions).tolist() == [0, 1, 2]
    assert numbers_by_divisions(pd.Index(column), divisions).tolist() == [0, 1, 2]


@pytest.mark.parametrize("name", sorted(COLUMNS.keys() - {"int64", "large"}))
def test_missing_values_of_every_dtype_go_where_they_should(name):
    column, divisions = COLUMNS[name]
    gap = column.shift(-1)

    assert gap.dtype == column.dtype
    first = numbers_by_divisions(gap, divisions, na_position="first", ascending=False)
    assert numbers_by_divisions(gap, divisions).tolist() == [1, 2, 2]
    assert first.tolist() == [1, 0, 0]


def test_a_division_that_is_no_category_is_named():
    with pytest.raises(ValueError, match="'z' is a division, and no category"):
        numbers_by_divisions(pd.Series(["a"], dtype="category"), ["a", "z", "zz"])


def test_one_partition_takes_everything():
    df = frame([1, 2])

    assert [len(piece) for piece in split_by_hash(df, "key", 1)] == [2]
    assert [len(piece) for piece in split_by_divisions(df, "key", [0, 9])] == [2]
    assert [len(piece) for piece in split_by_divisions(df, "key", [])] == [2]


def test_rows_that_lie_in_order_are_not_moved():
    df = pd.DataFrame({"x": np.arange(6.0)})

    pieces = split_by_divisions(df, "x", [0, 3, 6])

    assert all(np.shares_memory(piece.x.to_numpy(), df.x.to_numpy()) for piece in pieces)


def test_pieces_with_memory_of_their_own_share_none():
    df = pd.DataFrame({"x": np.arange(6.0)})

    for order in ([0, 0, 0, 1, 1, 1], [1, 0, 1, 0, 1, 0]):
        first, second = split_by_numbers(df, order, 2, own=True)
        assert first.x.to_numpy().base is None or not np.shares_memory(
            first.x.to_numpy().base, second.x.to_numpy()
        )


def test_a_pickled_piece_takes_no_more_than_its_rows():
    df = pd.DataFrame({"x": np.arange(10_000), "s": pd.Series(["text"] * 10_000)})

    pieces = split_by_hash(df, "x", 100)

    assert len(pickle.dumps(pieces[0], 5)) < 6_000


def test_keys_may_be_levels_columns_and_arrays():
    df = frame([1, 2])

    columns = key_columns(df, ["id", "key", np.array([7, 8])])

    assert [list(column) for column in columns] == [[0, 10], [1, 2], [7, 8]]
    assert list(key_columns(df)[0]) == [0, 10]
    by_tuple = pd.DataFrame({("a", 1): [5]})
    assert list(key_columns(by_tuple, ("a", 1))[0]) == [5]


def test_wrong_keys_are_refused_and_named():
    df = frame([1])

    with pytest.raises(KeyError, match=r"'kye' is neither a column .* 'key', 'name'"):
        key_columns(df, "kye")
    with pytest.raises(ValueError, match="2 values for 1 rows"):
        key_columns(df, pd.Series([1, 2]))
    with pytest.raises(ValueError, match="2 columns are named 'a'"):
        key_columns(pd.DataFrame([[1, 2]], columns=["a", "a"]), "a")


@pytest.mark.parametrize(
    ("numbers", "text"), [([0, 2], "no partition 2"), ([-1, 0], "partition -1")]
)
def test_numbers_of_partitions_that_are_not_there_are_refused(numbers, text):
    with pytest.raises(ValueError, match=text):
        split_by_numbers(frame([1, 2]), numbers, 2)


def test_numbers_of_partitions_may_be_floats_that_are_whole():
    assert [len(p) for p in split_by_numbers(frame([1, 2]), [1.0, 1.0], 2)] == [0, 2]
    with pytest.raises(ValueError, match="have to be whole"):
        split_by_numbers(frame([1, 2]), [0.5, 1.0], 2)


def test_empty_pieces_have_no_say_in_dtypes():
    empty = pd.DataFrame({"x": pd.Series([], dtype=object)})

    assert concat_parts([empty, pd.DataFrame({"x": [1]}), empty]).x.dtype == "int64"
    assert concat_parts([empty, empty]) is empty


def test_no_pieces_at_all_are_the_meta():
    meta = frame([1])

    tm.assert_frame_equal(concat_parts([], meta), meta.iloc[:0])
    with pytest.raises(ValueError, match="no meta that says its columns"):
        concat_parts([])


def test_text_of_many_pieces_lies_in_one():
    parts = [frame([n]) for n in range(3)]

    whole = concat_parts(parts)

    tm.assert_frame_equal(whole, pd.concat(parts).assign(group=whole.group))
    assert getattr(whole.name.array.__arrow_array__(), "num_chunks", 1) == 1


def test_categories_that_differ_are_united_and_those_of_the_meta_come_first():
    parts = [pd.DataFrame({"x": pd.Categorical([v])}) for v in "bca"]
    meta = pd.DataFrame({"x": pd.Categorical([], categories=["a", "z"])})

    assert concat_parts(parts).x.dtype.categories.tolist() == ["b", "c", "a"]
    assert concat_parts(parts, meta).x.dtype.categories.tolist() == ["a", "z", "b", "c"]
    assert concat_parts(parts, meta).x.tolist() == ["b", "c", "a"]


def test_the_same_categories_in_another_order_keep_their_values():
    a = pd.DataFrame({"x": pd.Categorical(["a", "b"], categories=["a", "b"])})
    b = pd.DataFrame({"x": pd.Categorical(["a", "b"], categories=["b", "a"])})

    whole = concat_parts([a, b])

    assert whole.x.tolist() == ["a", "b", "a", "b"]
    assert whole.x.dtype.categories.tolist() == ["a", "b"]


def test_categories_with_different_orders_become_objects_as_in_pandas():
    a = pd.DataFrame({"x": pd.Categorical(["a"], categories=["a", "b"], ordered=True)})
    b = pd.DataFrame({"x": pd.Categorical(["a"], categories=["b", "a"], ordered=True)})

    tm.assert_frame_equal(concat_parts([a, b]), pd.concat([a, b]))


def test_an_index_of_categories_is_united():
    parts = [pd.DataFrame({"x": [1]}, index=pd.CategoricalIndex([v], name="i")) for v in "ba"]

    whole = concat_parts(parts)

    assert whole.index.tolist() == ["b", "a"]
    assert whole.index.categories.tolist() == ["b", "a"]
    assert whole.index.name == "i"


def test_frames_are_cut_the_same_without_arrow():
    program = (
        "import sys\n"
        "sys.modules['pyarrow'] = None\n"
        "import pandas as pd\n"
        "from treadle.dataframe.shuffle.pieces import numbers_by_divisions, split_by_hash\n"
        "df = pd.DataFrame({'s': ['a', 'b', 'c', None, 'text of some length']})\n"
        "print([piece.s.fillna('-').tolist() for piece in split_by_hash(df, 's', 3)])\n"
        "print(numbers_by_divisions(df.s, ['a', 'b', 'c', 'd']).tolist())"
    )
    df = pd.DataFrame({"s": ["a", "b", "c", None, "text of some length"]})

    run = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=True)

    assert run.stdout.decode().splitlines() == [
        str([piece.s.fillna("-").tolist() for piece in split_by_hash(df, "s", 3)]),
        str([0, 1, 2, 2, 2]),
    ]

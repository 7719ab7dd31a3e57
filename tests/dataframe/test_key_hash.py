"""Keys that a merge matches have the same hash, in every process and dtype."""

from __future__ import annotations

import datetime
import decimal
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treadle.dataframe.shuffle.key_hash import hash_keys, hash_values, partition_numbers
from treadle.dataframe.shuffle.utf8 import Texts, _from_objects, first_words, hash_texts

texts = st.lists(st.one_of(st.none(), st.text()), max_size=20)


def same(*columns):
    """Whether all columns hash alike."""
    first, *others = map(hash_values, columns)
    return all((first == other).all() for other in others)


@pytest.mark.parametrize(
    "dtype",
    ["int8", "uint8", "int32", "uint64", "float32", "float64", "Int64", "Float64", "UInt8",
     "int64[pyarrow]", "double[pyarrow]", "object", "complex128"],
)  # fmt: skip
def test_equal_numbers_hash_the_same_in_every_dtype(dtype):
    numbers = pd.Series([0, 1, 2, 100])

    assert same(numbers, numbers.astype(dtype))


def test_decimals_and_dictionaries_of_arrow_hash_as_their_values():
    pa = pytest.importorskip("pyarrow")
    numbers, names = pa.array([1, 2]), pa.array(["a", None])

    assert same(pd.Series([1, 2]), arrow(numbers.cast(pa.decimal128(22, 1))))
    assert same(pd.Series(["a", None]), arrow(names.dictionary_encode()), arrow(names))


def arrow(array):
    return pd.Series(pd.arrays.ArrowExtensionArray(array))


@pytest.mark.parametrize("dtype", ["boolean", "bool[pyarrow]", "object", "int8", "category"])
def test_booleans_hash_as_zero_and_one(dtype):
    assert same(pd.Series([True, False]), pd.Series([True, False]).astype(dtype))


def test_zeros_of_both_signs_hash_the_same():
    assert same(pd.Series([0.0]), pd.Series([-0.0]), pd.Series([0]))


def test_objects_that_are_equal_numbers_hash_the_same():
    values = [1, 1.0, True, np.int8(1), decimal.Decimal(1), 1 + 0j]

    assert len(set(hash_values(pd.Series([*values, "x"], dtype=object))[:-1])) == 1
    assert hash_values(pd.Series([1]))[0] == hash_values(pd.Series([*values, "x"]))[0]


def test_integers_that_no_float_reaches_have_hashes():
    huge = pd.Series([10**400, 1, -(10**400), None], dtype=object)

    assert len(set(hash_values(huge))) == 4


def test_all_that_is_missing_hashes_the_same():
    columns = [
        pd.Series([np.nan]), pd.Series([None], dtype=object), pd.Series([pd.NaT]),
        pd.Series([None], dtype="str"), pd.Series([pd.NA], dtype="Int64"),
        pd.Series([None], dtype="category"), pd.Series([pd.NaT], dtype="timedelta64[s]"),
        pd.Series([None], dtype="timestamp[us][pyarrow]"), pd.Series([None], dtype="Period[D]"),
        pd.Series([None], dtype="string[pyarrow]"), pd.Series([None, "x", 1], dtype=object)[:1],
    ]  # fmt: skip

    assert same(*columns)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_times_hash_the_same_in_every_unit(unit):
    times = pd.Series(["1969-12-31 23:59:59", "2024-02-29", None], dtype="datetime64[s]")
    spans = times - pd.Timestamp("1999-01-01").as_unit("s")

    assert same(times, times.astype(f"datetime64[{unit}]"), times.astype(object))
    assert same(times, times.astype(f"timestamp[{unit}][pyarrow]"))
    assert same(spans, spans.astype(f"timedelta64[{unit}]"), spans.astype(object))


def test_times_beyond_the_range_of_nanoseconds_agree_between_units():
    far = pd.Series(["0001-01-01", "9999-12-31"], dtype="datetime64[s]")

    assert same(far, far.astype("datetime64[us]"))


def test_zones_do_not_matter_only_moments_do():
    times = pd.Series(pd.to_datetime(["2024-03-31 01:00"])).dt.tz_localize("UTC")

    assert same(times, times.dt.tz_convert("Europe/Berlin"), times.astype(object))


@pytest.mark.parametrize(
    "dtype",
    ["object", "category", "string[python]", "string[pyarrow]", "large_string[pyarrow]"],
)  # fmt: skip
def test_equal_texts_hash_the_same_however_they_are_stored(dtype):
    column = pd.Series(["", "a", "eight by", "nine byte", "ß" * 700, None], dtype="str")

    assert same(column, column.astype(dtype))


@settings(deadline=None, max_examples=60)
@given(texts)
def test_texts_hash_the_same_with_and_without_arrow(values):
    column = np.array([*values, None], dtype=object)

    quick, plain = hash_texts(Texts.of(column)), hash_texts(_from_objects(column))

    assert quick.tolist() == plain.tolist()


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(max_size=12), min_size=1, unique=True))
def test_different_texts_have_different_hashes(values):
    assert len(set(hash_values(pd.Series(values)).tolist())) == len(values)


@settings(deadline=None, max_examples=60)
@given(texts)
def test_texts_hash_the_same_when_they_are_a_slice_or_lie_in_chunks(values):
    column = pd.Series([*values, "end"], dtype="str")
    chunks = pd.concat([column.iloc[:1], column.iloc[1:]])

    assert same(column, chunks)
    assert hash_values(column.iloc[1:]).tolist() == hash_values(column)[1:].tolist()


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(), min_size=1))
def test_first_words_sort_as_texts_do(values):
    words = first_words(Texts.of(_objects(values)))

    order = sorted(range(len(values)), key=lambda n: (words[n], values[n]))

    assert [values[n] for n in order] == sorted(values)


def _objects(values):
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def test_half_surrogates_have_hashes():
    assert len(set(hash_values(pd.Series(["\ud800", "\ud801", "a"], dtype=object)))) == 3


def test_tuples_intervals_periods_dates_and_bytes_have_hashes():
    columns = [
        pd.Series([(1, "a"), (1, "b"), (2,), ()]),
        pd.Series(pd.interval_range(0, 3)),
        pd.Series(pd.period_range("2024", periods=3, freq="M")),
        pd.Series([datetime.date(2024, 1, 1), datetime.date(2024, 1, 2)]),
        pd.Series([b"a", b"b"]),
        pd.Series(pd.arrays.SparseArray([0, 0, 1]))[1:],
    ]

    assert [len(set(hash_values(column))) for column in columns] == [4, 3, 3, 2, 2, 2]
    assert hash_values(pd.Series([(1, "a")])) == hash_values(pd.Series([(1.0, "a")]))


def test_an_index_of_levels_hashes_as_its_levels():
    index = pd.MultiIndex.from_arrays([[1, 2], ["a", None]])

    assert (hash_values(index) == hash_keys([pd.Series([1.0, 2.0]), pd.Series(["a", None])])).all()


def test_values_without_hash_are_named():
    with pytest.raises(TypeError, match=r"can't be shuffled by \[1\]: a value of type list"):
        hash_values(pd.Series([[1], [2]]))


def test_hashes_are_the_same_in_another_process():
    program = (
        "import pandas as pd\n"
        "from treadle.dataframe.shuffle.key_hash import hash_keys\n"
        "columns = [pd.Series(['tea', None]), pd.Series([1, 2]), pd.Series([(1, 'x'), 'y'])]\n"
        "print(hash_keys(columns).tolist())"
    )
    columns = [pd.Series(["tea", None]), pd.Series([1, 2]), pd.Series([(1, "x"), "y"])]

    run = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=True)

    assert run.stdout.decode().strip() == str(hash_keys(columns).tolist())


def test_the_hashes_of_today_stay():
    """Pieces of a shuffle may come from workers of another version."""
    columns = [pd.Series([1]), pd.Series(["treadle"]), pd.Series([None], dtype="str")]

    assert [int(hash_values(column)[0]) for column in columns] == PINNED


PINNED = [3035652100526550566, 2525285800509899562, 6876268150643060327]


@pytest.mark.parametrize(
    "keys",
    [np.arange(50_000), np.arange(50_000) * 4096, np.arange(50_000) / 3,
     pd.Series(range(50_000)).map("customer-{}".format),
     pd.date_range("2024", periods=50_000, freq="s")],
    ids=["counted", "steps", "thirds", "texts", "seconds"],
)  # fmt: skip
def test_partitions_of_regular_keys_are_even(keys):
    counts = np.bincount(partition_numbers(hash_values(keys), 50), minlength=50)

    assert counts.min() > 800
    assert counts.max() < 1200

"""Frames of arrays and bags, and arrays, records and bags of frames."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import treadle.array as da
import treadle.bag as db
import treadle.dataframe as dd
from treadle.dataframe.testing import assert_eq

FRAME = pd.DataFrame(
    {"n": [3, 1, 4, 1, 5], "x": [0.5, None, 2, 3, 4], "t": list("abcde")},
    index=pd.Index([0, 2, 4, 6, 8], name="i"),
)


@pytest.fixture
def df():
    return dd.from_pandas(FRAME, npartitions=3)


# -- arrays ----------------------------------------------------------------------------------------


def test_an_array_in_memory_becomes_a_frame():
    array = np.arange(10.0).reshape(5, 2)

    df = dd.from_array(array, chunksize=2, columns=["a", "b"])

    assert df.divisions == (0, 2, 4, 4)
    assert_eq(df, pd.DataFrame(array, columns=["a", "b"]))
    assert_eq(dd.from_array(array), pd.DataFrame(array))
    array[0, 0] = 99
    assert df.compute(scheduler="sync").iloc[0, 0] == 0


def test_arrays_of_one_dimension_become_series_or_frames():
    array = np.array(["x", "y", "zz"])

    assert_eq(dd.from_array(array, chunksize=2, columns="t"), pd.Series(array, name="t"))
    assert_eq(dd.from_array([1, 2, 3]), pd.Series([1, 2, 3]))
    assert_eq(dd.from_array([1, 2, 3], columns=["n"]), pd.DataFrame({"n": [1, 2, 3]}))


def test_structured_arrays_have_a_column_for_each_field():
    array = np.array(
        [(1, 2.5, b"x"), (3, 4.5, b"y")], dtype=[("n", "i4"), ("x", "f8"), ("b", "S1")]
    )

    df = dd.from_array(array, chunksize=1)

    assert_eq(df, pd.DataFrame({name: array[name] for name in array.dtype.names}))
    assert_eq(
        dd.from_array(array, chunksize=1, columns=["a", "b", "c"]).a,
        pd.Series(array["n"], name="a"),
    )


def test_arrays_in_blocks_keep_their_blocks():
    x = da.arange(12, chunks=6).reshape(6, 2).rechunk((4, 1))

    df = dd.from_array(x * 2)

    assert df.divisions == (0, 4, 5)
    assert_eq(df, pd.DataFrame(np.arange(12).reshape(6, 2) * 2))


def test_arrays_of_unknown_lengths_have_unknown_divisions():
    x = da.arange(6, chunks=3)

    found = dd.from_array(x[x % 2 == 0], columns="even")

    assert not found.known_divisions
    assert found.compute(scheduler="sync").tolist() == [0, 2, 4]


def test_an_array_takes_the_labels_of_an_index(df):
    x = df.n.to_array() * 10

    assert_eq(dd.from_array(x, columns="n", index=df.index), FRAME.n * 10)
    with pytest.raises(ValueError, match="rechunk"):
        dd.from_array(da.arange(5, chunks=5), index=df.index)
    with pytest.raises(TypeError, match="from_pandas"):
        dd.from_array(x, index=FRAME.index)


@pytest.mark.parametrize(
    ("array", "options"),
    [
        (np.zeros((2, 2, 2)), {}),
        (np.zeros((2, 2)), {"columns": ["a"]}),
        (np.zeros(2), {"columns": ["a", "b"]}),
        (np.zeros(2), {"chunksize": 0}),
        (np.float64(3), {}),
    ],
)
def test_arrays_that_are_no_tables_are_refused(array, options):
    with pytest.raises(ValueError):  # noqa: PT011
        dd.from_array(array, **options)


def test_a_frame_becomes_an_array(df):
    numbers = df[["n", "x"]]

    x = numbers.to_array()

    assert (x.shape, x.chunks[1], x.dtype) == ((5, 2), (2,), np.dtype("float64"))
    np.testing.assert_array_equal(x.compute(scheduler="sync"), FRAME[["n", "x"]].to_numpy())
    text = df[["n", "t"]].values.compute(scheduler="sync")
    assert text.tolist() == FRAME[["n", "t"]].to_numpy().tolist()
    np.testing.assert_array_equal(df.n.values.sum().compute(scheduler="sync"), 14)
    np.testing.assert_array_equal(df.index.values.compute(scheduler="sync"), FRAME.index)


def test_lengths_of_arrays_are_known_computed_or_given(df):
    few = df[df.n > 1]

    assert np.isnan(few.n.to_array().shape[0])
    assert sum(few.n.to_array(lengths=True).chunks[0]) == 3
    chunks = few.n.to_array(lengths=True).chunks[0]
    assert few.n.to_array(lengths=list(chunks)).chunks == (chunks,)
    np.testing.assert_array_equal(few.n.to_array().compute(scheduler="sync"), [3, 4, 5])
    with pytest.raises(ValueError, match="3 partitions"):
        few.n.to_array(lengths=[1, 2])


def test_a_frame_becomes_an_array_of_records(df):
    found = df.to_records(index=True).compute(scheduler="sync")

    expected = FRAME.to_records(index=True)
    assert found.dtype.names == ("i", "n", "x", "t")
    assert found["n"].tolist() == expected["n"].tolist()
    assert df[["n"]].to_records(lengths=True).shape == (5,)


@pytest.mark.parametrize("dtype", ["Int64", "float64[pyarrow]", "boolean", "int64[pyarrow]"])
def test_nullable_values_have_a_dtype_with_room_for_missing_ones(dtype):
    series = pd.Series([1, 0, None], dtype=dtype)

    found = dd.from_pandas(series, npartitions=3).to_array()

    assert found.dtype == series.to_numpy().dtype
    blocks = found.compute(scheduler="sync")
    assert blocks.dtype == found.dtype
    assert blocks[0] == 1
    assert pd.isna(blocks[2])


# -- bags ------------------------------------------------------------------------------------------


def test_rows_become_elements_of_a_bag(df):
    frame = FRAME[["n", "t"]]
    ours = df[["n", "t"]]

    assert ours.to_bag().compute(scheduler="sync") == list(frame.itertuples(index=False, name=None))
    assert ours.to_bag(index=True).compute(scheduler="sync") == list(frame.itertuples(name=None))
    assert ours.to_bag(format="dict").compute(scheduler="sync") == frame.to_dict("records")
    assert ours.to_bag(index=True, format="dict").take(1) == ({"i": 0, "n": 3, "t": "a"},)
    assert [len(part) for part in ours.to_bag(format="frame").compute(scheduler="sync")] == [
        1,
        2,
        2,
    ]
    assert df.n.to_bag().compute(scheduler="sync") == [3, 1, 4, 1, 5]
    assert df.n.to_bag(index=True).take(2, npartitions=-1) == ((0, 3), (2, 1))
    assert df.n.to_bag(format="dict").take(1) == ({"n": 3},)
    assert df.index.to_bag().compute(scheduler="sync") == [0, 2, 4, 6, 8]
    with pytest.raises(ValueError, match="'list'"):
        df.to_bag(format="list")


PEOPLE = [{"name": "Ann", "age": 31}, {"name": "Bo", "age": 25}, {"name": "Cy", "age": 44}]


def test_records_become_rows():
    bag = db.from_sequence(PEOPLE, npartitions=2)

    found = bag.to_dataframe()

    assert not found.known_divisions
    assert_eq(found, pd.DataFrame(PEOPLE), check_index=False)
    assert_eq(found.age.max(), np.int64(44))


def test_tuples_and_values_become_rows():
    pairs = db.from_sequence([(1, "a"), (2, "b")], npartitions=2)

    assert_eq(
        pairs.to_dataframe(columns=["n", "t"]),
        pd.DataFrame({"n": [1, 2], "t": ["a", "b"]}),
        check_index=False,
    )
    values = db.from_sequence([1, 2, 3], npartitions=2).to_dataframe(columns=["n"])
    assert_eq(values.n.sum(), np.int64(6))


@pytest.mark.parametrize(
    "meta",
    [
        pd.DataFrame({"age": pd.Series(dtype="float64")}),
        {"age": "float64"},
        [("age", "float64")],
    ],
)
def test_a_meta_says_columns_and_dtypes(meta):
    bag = db.from_sequence([], npartitions=1).map(lambda record: record)
    full = db.from_sequence(PEOPLE, npartitions=3)

    assert bag.to_dataframe(meta=meta).compute(scheduler="sync").dtypes.age == "float64"
    assert_eq(
        full.to_dataframe(meta=meta).age, pd.DataFrame(PEOPLE).age.astype("f8"), check_index=False
    )


def test_records_unlike_the_first_ones_are_an_error_that_says_so():
    bag = db.from_sequence([{"n": 1}, {"n": "many"}], npartitions=2)

    with pytest.raises(ValueError, match="give meta="):
        bag.to_dataframe().compute(scheduler="sync")
    with pytest.raises(ValueError, match="no records"):
        db.from_sequence([], npartitions=1).to_dataframe()


@pytest.mark.parametrize("scheduler", ["threads", "processes"])
def test_conversions_on_every_engine(df, scheduler):
    bag = df[["n", "t"]].to_bag(format="dict")

    assert_eq(bag.to_dataframe(), FRAME[["n", "t"]], check_index=False, scheduler=scheduler)
    assert df.n.values.sum().compute(scheduler=scheduler) == 14

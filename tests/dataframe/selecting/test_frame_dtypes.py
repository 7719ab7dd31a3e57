"""Choosing and setting among dtypes that are not NumPy's."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest

import treadle.dataframe as dd
from treadle.dataframe.testing import assert_eq

PLAIN = pd.DataFrame(
    {
        "i": [1, None, 3, 4], "f": [1.5, 2.5, None, 4.5], "s": ["a", None, "c", "d"],
        "b": [True, False, None, True],
        "t": pd.to_datetime(["2020-01-01", None, "2020-01-03", "2020-01-04"]),
    }
)  # fmt: skip
FRAMES = {
    "nullable": PLAIN.convert_dtypes(),
    "arrow": PLAIN.convert_dtypes(dtype_backend="pyarrow"),
}


@pytest.fixture(params=list(FRAMES))
def there(request):
    """A frame of pandas."""
    return FRAMES[request.param]


@pytest.fixture
def frame(there):
    """The same in partitions."""
    return dd.from_pandas(there, npartitions=2)


def test_missing_values_in_a_mask_choose_nothing(frame, there):
    assert_eq(frame[frame.i > 1], there[there.i > 1])
    assert_eq(frame[frame.b], there[there.b])
    assert_eq(frame.s[frame.f > 2], there.s[there.f > 2])


def test_rows_are_chosen(frame, there):
    assert_eq(frame.loc[1:2], there.loc[1:2])
    assert_eq(frame.loc[[3, 0], ["s", "i"]], there.loc[[3, 0], ["s", "i"]])
    assert_eq(frame.dropna(), there.dropna())
    assert_eq(frame.dropna(subset="s"), there.dropna(subset="s"))


def test_queries_are_those_of_pandas(frame, there):
    for query in ("f > 2", "s == 'c'", "i > 1 and f < 4"):
        assert_eq(frame.query(query), there.query(query))


def test_columns_are_set_and_renamed(frame, there):
    assert_eq(frame.assign(z=frame.i + 1, w="x"), there.assign(z=there.i + 1, w="x"))
    assert_eq(frame.rename(columns=str.upper), there.rename(columns=str.upper))
    assert_eq(frame.select_dtypes("number"), there.select_dtypes("number"))


def test_rows_are_repartitioned(frame, there):
    assert_eq(frame.repartition(npartitions=1), there)
    assert_eq(frame.repartition(npartitions=3), there)


@pytest.mark.parametrize(
    "index",
    [
        pd.Index([1, 2, 3, 4], dtype="Int64"), pd.Index(list("abcd"), dtype="string"),
        pd.Index([1, 2, 3, 4], dtype=pd.ArrowDtype(pa.int64())),
        pd.Index(list("abcd"), dtype=object), pd.period_range("2020-01", periods=4, freq="M"),
    ],
    ids=["Int64", "string", "arrow", "object", "period"],
)  # fmt: skip
def test_labels_of_many_dtypes(index):
    there = PLAIN.set_axis(index)
    frame = dd.from_pandas(there, npartitions=2)
    low, middle, high = index[0], index[2], index[3]

    assert_eq(frame.loc[middle:], there.loc[middle:])
    assert_eq(frame.loc[low:middle], there.loc[low:middle])
    assert_eq(frame.loc[[high, low]], there.loc[[high, low]])
    assert_eq(frame.loc[high], there.loc[[high]])
    assert_eq(frame.repartition(npartitions=3), there)
    if index.dtype != object:  # of which reset_index makes what the values are
        parts = [part.compute().reset_index() for part in frame.partitions]
        assert_eq(frame.reset_index(), pd.concat(parts))

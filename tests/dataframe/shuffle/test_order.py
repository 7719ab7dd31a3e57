"""Positions of rows in their order, against pandas' stable sort."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treadle.dataframe.shuffle import order as order_module
from treadle.dataframe.shuffle.order import order_of

EXTREMES = [-(2**63), -1, 0, 1, 2**16, 2**63 - 1]
FLOATS = [-np.inf, -1.5, -0.0, 0.0, 5e-324, 1.0, np.inf, np.nan]
COLUMNS = {
    "int64": pd.Series(EXTREMES * 2),
    "int8": pd.Series([3, -128, 127, 3, -1], dtype="int8"),
    "uint64": pd.Series([2**64 - 1, 0, 2**63, 0], dtype="uint64"),
    "float64": pd.Series(FLOATS * 2),
    "float32": pd.Series([1.5, -np.inf, np.nan, 0.1], dtype="float32"),
    "bool": pd.Series([True, False, True, False]),
    "datetime": pd.to_datetime(pd.Series(["2024", None, "1678", "2024"])),
    "zone": pd.to_datetime(pd.Series(["2024", None, "1900", "2024"])).dt.tz_localize("UTC"),
    "timedelta": pd.to_timedelta(pd.Series([3, None, -2, 3], dtype="float64"), unit="h"),
    "category": pd.Series(pd.Categorical(["b", None, "a", "b"], categories=["b", "a"])),
    "Int64": pd.Series(
        [2**62, None, -5, 2**62], dtype="Int64"
    ),
    "boolean": pd.Series([True, None, False, True], dtype="boolean"),
    "arrow": pd.Series([2.5, None, -1.0, 2.5], dtype="float64[pyarrow]"),
    "text": pd.Series(["b", None, "a", "b"], dtype="str"),
    "object": pd.Series([3, None, 1, 3], dtype=object),
    "period": pd.Series(pd.PeriodIndex(["2024-02", "2023-01", "2024-02"], freq="M")),
}  # fmt: skip


@pytest.fixture(params=[0, 2000])
def few(request, monkeypatch):
    monkeypatch.setattr(order_module, "_FEW", request.param)


def placed(frame, order):
    return frame if order is None else frame.take(order)


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("ascending", [True, False])
@pytest.mark.parametrize("na_position", ["first", "last"])
@pytest.mark.usefixtures("few")
def test_columns_of_every_dtype_are_sorted_as_pandas_sorts_them(name, ascending, na_position):
    df = pd.DataFrame({"x": COLUMNS[name], "row": range(len(COLUMNS[name]))})

    order = order_of([df.x], [ascending], na_position)

    options = {"ascending": ascending, "na_position": na_position, "kind": "stable"}
    assert placed(df, order).row.tolist() == df.sort_values("x", **options).row.tolist()


@settings(deadline=None, max_examples=60)
@given(
    # Without infinities: to pandas these are missing as well, where several columns are sorted.
    st.lists(
        st.tuples(st.sampled_from([-(2**40), 0, 7]), st.sampled_from([*FLOATS[1:-2], np.nan])),
        max_size=40,
    ),
    st.booleans(), st.booleans(), st.sampled_from(["first", "last"]), st.sampled_from([0, 2000]),
)  # fmt: skip
def test_several_columns_are_sorted_the_first_counting_most(rows, first, second, na, few):
    df = pd.DataFrame(rows, columns=["a", "b"]).astype({"a": "int64", "b": "float64"})
    df["row"] = range(len(df))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(order_module, "_FEW", few)
        order = order_of([df.a, df.b], [first, second], na)

    expected = df.sort_values(["a", "b"], ascending=[first, second], na_position=na)
    assert placed(df, order).row.tolist() == expected.row.tolist()


@pytest.mark.usefixtures("few")
def test_many_numbers_are_sorted_digit_by_digit():
    values = np.random.default_rng(0).integers(-(2**62), 2**62, 5000)

    for column in (values, values.astype("float64"), values % 70_000, values % 10):
        order = order_of([pd.Series(column)], [True])
        assert (order == np.argsort(column, kind="stable")).all()


def test_rows_in_order_need_no_order():
    assert order_of([pd.Series([1, 1, 2])], [True]) is None
    assert order_of([pd.Series([2, 1, 1])], [False]) is None
    assert order_of([pd.Index([], dtype="int64")], [True]) is None

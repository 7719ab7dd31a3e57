"""Quantiles are exact, and are those of pandas; sketches are near them."""

from __future__ import annotations

import builtins
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import treadle.dataframe as dd
from treadle.dataframe.reducing import selection
from treadle.dataframe.testing import assert_eq

FRAME = pd.DataFrame(
    {
        "int": [3, 1, 2, 7, 5, 1, 4],
        "small": np.array([3, 1, 2, 200, 5, 1, 4], "uint8"),
        "float": [0.5, np.nan, 2.0, -1.0, 9.0, np.nan, 4.0],
        "half": np.array([0.5, 1, 2.0, -1.0, 9.0, 2, 4], "float32"),
        "gone": [np.nan] * 7,
    }
)
TIMES = pd.DataFrame(
    {
        "date": pd.to_datetime(
            ["2020-02-01", None, *["2021-03-04", "1999-01-01"] * 2, "2000-05-05"]
        ),
        "zoned": pd.date_range("2020-01-01", periods=7, freq="7h", tz="Europe/Berlin"),
        "span": pd.to_timedelta([3, 1, None, 8, 2, 9, 4], unit="s"),
    }
)
NULLABLE = pd.DataFrame(
    {
        "Int64": pd.array([3, None, 2, 7, 5, 1, 4], dtype="Int64"),
        "Float64": pd.array([3, None, 2.5, 7, 5, 1, 4], dtype="Float64"),
        "arrow": pd.array([3, None, 2, 7, 5, 1, 4], dtype="int64[pyarrow]"),
    }
)
METHODS = ["linear", "lower", "higher", "midpoint", "nearest"]


def in_parts(data, count=3):
    return dd.from_pandas(data, npartitions=count)


@pytest.mark.parametrize("data", [FRAME, TIMES, NULLABLE], ids=["numbers", "times", "nullable"])
@pytest.mark.parametrize("interpolation", METHODS)
@pytest.mark.parametrize("q", [0.5, 0.3, [0, 0.25, 0.9, 1]])
def test_the_quantile_of_a_column_is_that_of_pandas(data, interpolation, q):
    for column in data:
        expected = data[column].quantile(q, interpolation=interpolation)

        found = in_parts(data[column]).quantile(q, interpolation=interpolation)

        check = data is not FRAME or column != "half"
        assert_eq(found, expected, rtol=1e-6, check_dtype=check)


@pytest.mark.parametrize("interpolation", METHODS)
@pytest.mark.parametrize("q", [0.5, [0.25, 0.9]])
@pytest.mark.parametrize("columns", [["int", "float"], ["int"], ["small", "half", "gone"]])
def test_quantiles_of_a_frame_are_those_of_pandas(interpolation, q, columns):
    frame = FRAME[columns]

    assert_eq(
        in_parts(frame).quantile(q, interpolation=interpolation),
        frame.quantile(q, interpolation=interpolation),
        rtol=1e-6, check_dtype="half" not in columns,
    )  # fmt: skip


def test_quantiles_of_times_stand_beside_numbers():
    frame = pd.concat([FRAME[["int"]], TIMES], axis=1)

    assert_eq(in_parts(frame).quantile([0.25, 0.5]), frame.quantile([0.25, 0.5]))
    assert_eq(in_parts(TIMES).median(), TIMES.median())
    assert_eq(
        in_parts(frame).quantile(0.25, numeric_only=True), frame.quantile(0.25, numeric_only=True)
    )


def test_quantiles_across_columns():
    frame = FRAME[["int", "small"]]

    assert_eq(in_parts(frame).quantile(0.25, axis=1), frame.quantile(0.25, axis=1))
    with pytest.raises(NotImplementedError, match="axis=1"):
        in_parts(frame).quantile([0.1], axis=1)


def test_bad_quantiles_are_refused():
    x = in_parts(FRAME.int)

    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        x.quantile(2)
    with pytest.raises(ValueError, match="interpolation"):
        x.quantile(0.5, interpolation="cubic")
    with pytest.raises(ValueError, match="method"):
        x.quantile(0.5, method="guess")
    with pytest.raises((TypeError, ValueError)):
        in_parts(pd.Series(["a", "b"])).quantile(0.5)


def selected(parts, size, ranks):
    """Return values of ranks, as the steps of a quantile find them."""
    brackets = selection.brackets_of([selection.sample(part, size) for part in parts], ranks)
    gathered = [selection.between(part, brackets) for part in parts]
    found, missed, again = selection.values_of(brackets, gathered)
    if again is not None:
        late = [selection.between(part, again) for part in parts]
        found[missed], _, again = selection.values_of(again, late)
    assert again is None
    return found


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.lists(st.integers(-5, 5) | st.integers(-(2**40), 2**40), max_size=60), max_size=6),
    st.integers(2, 9),
    st.floats(0, 6),
    st.data(),
)
def test_values_of_ranks_are_exact_however_bad_the_samples_are(parts, size, certain, data):
    parts = [np.array(part, np.int64) for part in parts]
    everything = np.sort(np.concatenate([np.zeros(0, np.int64), *parts]))
    if not len(everything):
        return
    ranks = np.array(data.draw(st.lists(st.integers(0, len(everything) - 1), min_size=1)))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(selection, "CERTAIN", certain)
        found = selected(parts, size, ranks)

    assert found.tolist() == everything[ranks].tolist()


def test_few_values_are_gathered_for_a_rank():
    rng = np.random.default_rng(1)
    parts = [rng.normal(size=100_000) for _ in range(4)]
    brackets = selection.brackets_of([selection.sample(p) for p in parts], np.array([200_000]))

    gathered = [selection.between(part, brackets)[0][2] for part in parts]

    assert sum(map(len, gathered)) < 400_000 * 0.05


def test_values_that_come_often_are_not_gathered():
    parts = [np.tile(np.arange(3), 10_000) for _ in range(4)]
    brackets = selection.brackets_of([selection.sample(p) for p in parts], np.array([60_000]))

    assert all(len(selection.between(part, brackets)[0][2]) == 0 for part in parts)


def test_ranks_that_samples_miss_are_found_by_looking_again(monkeypatch):
    monkeypatch.setattr(selection, "CERTAIN", 0)
    monkeypatch.setattr(selection.sample, "__defaults__", (4,))
    series = pd.Series(np.random.default_rng(4).normal(size=500))

    assert_eq(in_parts(series, 5).quantile([0.1, 0.5, 0.8]), series.quantile([0.1, 0.5, 0.8]))


@pytest.mark.parametrize("method", ["tdigest", "kll"])
def test_sketches_are_near_the_quantiles(method):
    pytest.importorskip("datasketches")
    frame = pd.DataFrame({"x": np.random.default_rng(2).normal(size=20_000), "y": range(20_000)})
    frame["when"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(frame.y, unit="s")
    df = in_parts(frame, 5)

    ranks = frame.x.rank(pct=True)
    for q in (0.1, 0.5, 0.99):
        found = df.x.quantile(q, method=method).compute()
        assert abs(ranks[frame.x <= found].max() - q) < 0.02
    many = df[["x", "y"]].quantile([0.25, 0.5], method=method).compute()
    assert list(many.columns) == ["x", "y"]
    assert abs(many.y.loc[0.5] - 10_000) < 300
    assert abs(df.y.median_approximate(method=method).compute() - 10_000) < 300
    late = df.when.quantile(0.5, method=method).compute()
    assert abs(late - frame.when.quantile(0.5)) < pd.Timedelta("300s")


def test_distinct_values_are_counted_about():
    pytest.importorskip("datasketches")
    frame = pd.DataFrame({"x": np.arange(30_000) % 7_000, "y": ["a", "b"] * 15_000})
    df = in_parts(frame, 4)

    assert abs(df.x.nunique_approx().compute() - 7_000) < 7_000 * 0.03
    assert df.y.nunique_approx().compute() == 2
    assert abs(df.nunique_approx().compute() - len(frame.drop_duplicates())) < 14_000 * 0.03
    assert df.index.nunique_approx().compute() > 29_000


def test_without_datasketches_the_error_says_what_to_install(monkeypatch):
    monkeypatch.delitem(sys.modules, "datasketches", raising=False)
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "datasketches":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)

    with pytest.raises(ImportError, match=r"treadle\[dataframe\]"):
        in_parts(FRAME.int).nunique_approx()
    with pytest.raises(ImportError, match=r"treadle\[dataframe\]"):
        in_parts(FRAME.int).quantile(method="kll")


@pytest.mark.parametrize("scheduler", ["threads", "processes"])
def test_quantiles_run_on_other_engines(scheduler):
    assert_eq(
        in_parts(FRAME[["int"]]).quantile([0.1, 0.7], split_every=2),
        FRAME[["int"]].quantile([0.1, 0.7]), scheduler=scheduler,
    )  # fmt: skip

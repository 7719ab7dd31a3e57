"""Made-up frames: the same values whatever is asked for."""

from __future__ import annotations

import pandas as pd
import pytest

from treadle.dataframe.datasets import NAMES, timeseries
from treadle.dataframe.expr import Source
from treadle.dataframe.testing import assert_eq
from treadle.graph.expr import simplify, walk

KINDS = {"i": int, "f": float, "s": str, "c": "category", "b": bool, "g": "float32", "j": "int16"}


def make(**options):
    """Three days, hour by hour."""
    given = {"freq": "1h", "dtypes": KINDS, "seed": 1, **options}
    return timeseries("2020-01-01", "2020-01-04", **given)


def test_columns_have_their_dtypes():
    frame = make()

    rows = frame.compute()

    assert rows.dtypes.astype(str).to_dict() == {
        "i": "int64", "f": "float64", "s": "str", "c": "category", "b": "bool", "g": "float32",
        "j": "int16",
    }  # fmt: skip
    assert rows.index.name == "timestamp"
    assert_eq(frame, rows)
    assert rows.f.between(-1, 1).all()
    assert set(rows.s) <= set(NAMES)


def test_the_index_goes_on_from_partition_to_partition():
    frame = make()

    assert frame.divisions == tuple(pd.date_range("2020-01-01", periods=4))
    expected = pd.date_range("2020-01-01", periods=72, freq="h", name="timestamp")
    pd.testing.assert_index_equal(frame.index.compute(), expected, exact="equiv")


@pytest.mark.parametrize("freq", ["7h", "50h", "1D", "1MS", "90s"])
@pytest.mark.parametrize("partition_freq", ["1D", "1MS", "10h"])
def test_steps_do_not_depend_on_partitions(freq, partition_freq):
    frame = timeseries("2020-01-30", "2020-02-04", freq, partition_freq, {"x": int}, seed=0)

    found = frame.index.compute()

    expected = pd.date_range("2020-01-30", "2020-02-04", freq=freq, inclusive="left")
    if freq == "1MS":
        expected = expected[expected >= "2020-01-30"]
    assert list(found) == list(expected)
    assert len(frame) == len(expected)
    assert_eq(frame, frame.compute())


def test_values_do_not_depend_on_what_else_is_asked_for():
    frame = make()
    rows = frame.compute()

    for label in KINDS:
        pd.testing.assert_series_equal(frame[label].compute(), rows[label])
    pd.testing.assert_frame_equal(frame[["s", "i"]].compute(), rows[["s", "i"]])
    pd.testing.assert_frame_equal(frame.partitions[1].compute(), rows["2020-01-02":"2020-01-02"])


def test_only_columns_that_are_asked_for_are_made():
    (expr,) = simplify([make()[["s", "i"]].expr])

    (source,) = [item for item in walk([expr]) if isinstance(item, Source)]

    assert [label for label, _, _ in source.reading.columns] == ["i", "s"]


def test_seeds_make_values():
    assert make().expr.name == make().expr.name
    assert make(seed=2).compute().f.tolist() != make().compute().f.tolist()
    assert make(seed=None).compute().f.tolist() != make(seed=None).compute().f.tolist()


def test_the_same_values_on_every_engine():
    frame = make()

    rows = frame.compute(scheduler="sync")

    for scheduler in ("threads", "processes"):
        pd.testing.assert_frame_equal(frame.compute(scheduler=scheduler), rows)


def test_means_of_integers_can_be_given():
    assert make(i_lam=5).i.compute().max() < 50


def test_bad_arguments_are_refused():
    with pytest.raises(TypeError, match="no option 'k_lam'"):
        make(k_lam=5)
    with pytest.raises(ValueError, match="no time between"):
        timeseries("2020-01-02", "2020-01-02")
    with pytest.raises(ValueError, match="no columns"):
        make(dtypes={})
    with pytest.raises(ValueError, match="can't be made of"):
        make(dtypes={"x": "M8[ns]"})

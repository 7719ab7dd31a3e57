"""Frames among other collections: computed together, persisted, pickled, annotated."""

from __future__ import annotations

import pickle

import cloudpickle
import numpy as np
import pandas as pd
import pytest

import treadle
import treadle.array as da
import treadle.bag as db
import treadle.dataframe as dd
from treadle.dataframe.testing import assert_eq

FRAME = pd.DataFrame({"x": range(6), "y": list("aabbcc")})


@pytest.fixture
def df():
    return dd.from_pandas(FRAME, npartitions=3)


@pytest.mark.parametrize("scheduler", ["sync", "threads", "processes"])
def test_collections_of_all_kinds_are_computed_together(df, scheduler):
    lazy = treadle.delayed(len)(df)
    array = da.ones(4, chunks=2)
    bag = db.from_sequence([1, 2])

    frame, total, count, ones, items, nested = treadle.compute(
        df, df.x.sum(), lazy, array, bag, {"there": [df.y]}, scheduler=scheduler
    )

    pd.testing.assert_frame_equal(frame, FRAME)
    assert (total, count, ones.tolist(), items) == (15, 6, [1.0] * 4, [1, 2])
    pd.testing.assert_series_equal(nested["there"][0], FRAME.y)


def test_delayed_functions_take_frames(df):
    @treadle.delayed
    def described(frame, total):
        return len(frame), total

    assert described(df[df.x > 2], df.x.sum()).compute(scheduler="sync") == (3, 15)


def test_persisted_frames_hold_their_partitions(df):
    calls = []

    def counted(part):
        calls.append(len(part))
        return part

    held = df.map_partitions(counted, meta=FRAME).persist(scheduler="sync")
    before = len(calls)

    assert_eq(held, FRAME)
    assert_eq(held.x.sum(), np.int64(15))
    assert len(calls) == before == 3
    assert held.divisions == df.divisions


@pytest.mark.parametrize("pickler", [pickle, cloudpickle])
def test_frames_pickle(df, pickler):
    made = [
        df.x.cumsum().shift(1),
        df.rolling(2)["x"].sum(),
        df.to_bag().to_dataframe(columns=["x", "y"]),
        dd.from_array(np.arange(4), chunksize=2),
        dd.from_map(lambda n: FRAME, [1, 2]),
        dd.from_delayed(df.to_delayed()),
    ]

    for frame in made:
        again = pickler.loads(pickler.dumps(frame))
        assert (again.expr.name, again.divisions) == (frame.expr.name, frame.divisions)
        assert_eq(again.compute(scheduler="sync"), frame.compute(scheduler="sync"))


def test_frames_take_annotations(df):
    with treadle.annotate(priority=3):
        made = [df.x.shift(1), df.x.cumsum(), dd.from_map(lambda n: FRAME, [1])]

    assert all(frame.expr.annotations == {"priority": 3} for frame in made)
    assert_eq(made[0] + made[1], FRAME.x.shift(1) + FRAME.x.cumsum())


def test_equal_frames_have_equal_names(df):
    again = dd.from_pandas(FRAME, npartitions=3)

    for make in (
        lambda f: f.x.cumsum(),
        lambda f: f.x.shift(2),
        lambda f: f.x.rolling(3, center=True).mean(),
        lambda f: f.ffill(limit=2),
        lambda f: f.to_bag(),
        lambda f: f.to_array(),
    ):
        assert make(df).expr.name == make(again).expr.name
    assert df.x.shift(2).expr.name != df.x.shift(3).expr.name

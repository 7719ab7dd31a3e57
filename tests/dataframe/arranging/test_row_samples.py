"""Rows by chance, and divisions known or not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import treadle.dataframe as dd
from treadle.dataframe.arranging.borders import Divided
from treadle.dataframe.build import new_collection
from treadle.dataframe.expr import Source
from treadle.dataframe.shuffle.expr import ByHash, Shuffle
from treadle.dataframe.shuffle.reuse import partitioning
from treadle.dataframe.testing import assert_eq
from treadle.graph.expr import simplify, walk

FRAME = pd.DataFrame({"x": range(1000), "y": np.arange(1000) % 7})


@pytest.fixture
def frame():
    """A frame of four partitions."""
    return dd.from_pandas(FRAME, npartitions=4)


def test_a_sample_has_a_share_of_the_rows(frame):
    found = frame.sample(frac=0.3, random_state=1)

    rows = found.compute()
    assert len(rows) == 300
    assert rows.index.is_unique
    assert_eq(found, FRAME.loc[rows.index])
    assert found.divisions == frame.divisions


def test_the_same_seed_gives_the_same_rows_on_every_engine(frame):
    found = frame.sample(frac=0.2, random_state=7)
    rows = found.compute(scheduler="sync")

    for scheduler in ("threads", "processes"):
        pd.testing.assert_frame_equal(found.compute(scheduler=scheduler), rows)
    pd.testing.assert_frame_equal(frame.sample(frac=0.2, random_state=7).compute(), rows)
    assert list(frame[["x"]].sample(frac=0.2, random_state=7).compute().x) == list(rows.x)
    assert list(frame.x.sample(frac=0.2, random_state=7).compute()) == list(rows.x)
    assert frame.sample(frac=0.2, random_state=8).compute().x.tolist() != rows.x.tolist()


def test_samples_without_a_seed_differ_but_stay_what_they_are(frame):
    found = frame.sample(frac=0.2)

    assert found.compute().x.tolist() == found.compute().x.tolist()
    assert found.compute().x.tolist() != frame.sample(frac=0.2).compute().x.tolist()


def test_many_small_partitions_give_as_many_rows_as_one():
    frame = dd.from_pandas(FRAME, npartitions=500)

    assert 250 < len(frame.sample(frac=0.3, random_state=0)) < 350


def test_rows_may_be_drawn_more_than_once(frame):
    rows = frame.sample(frac=2, replace=True, random_state=0).compute()

    assert len(rows) == 2000
    assert not rows.index.is_unique


@pytest.mark.parametrize(
    "random_state",
    [np.random.default_rng(0), np.random.RandomState(0), np.random.PCG64(0), [1, 2], None],
)
def test_seeds_of_many_kinds(frame, random_state):
    assert len(frame.sample(frac=0.5, random_state=random_state)) == 500


def test_bad_shares_are_refused(frame):
    with pytest.raises(NotImplementedError, match="frac="):
        frame.sample(5)
    with pytest.raises(ValueError, match="frac="):
        frame.sample()
    with pytest.raises(ValueError, match="negative"):
        frame.sample(frac=-1)
    with pytest.raises(ValueError, match="replace=True"):
        frame.sample(frac=2)
    with pytest.raises(ValueError, match="sum to 1"):
        frame.random_split([0.5, 0.6])


@pytest.mark.parametrize("shuffle", [True, False])
def test_every_row_falls_to_one_of_the_splits(frame, shuffle):
    splits = frame.random_split([0.7, 0.2, 0.1], random_state=3, shuffle=shuffle)

    rows = [split.compute() for split in splits]
    assert sorted(pd.concat(rows).x) == list(range(1000))
    assert [round(len(part), -2) for part in rows] == [700, 200, 100]
    assert rows[0].index.is_monotonic_increasing is not shuffle
    assert_eq(splits[0], FRAME.loc[rows[0].index])


def test_samples_of_empty_partitions_are_empty(frame):
    few = frame[frame.x > 900]

    assert len(few.sample(frac=0.5, random_state=0)) in (49, 50)
    assert len(frame[frame.x > 9999].sample(frac=0.5, replace=True)) == 0


def test_samples_read_only_what_is_used(frame):
    found = frame.sample(frac=0.5, random_state=0)["x"]

    (expr,) = simplify([found.expr])
    assert [list(item.meta.columns) for item in walk([expr]) if isinstance(item, Source)] == [["x"]]


# -- divisions -------------------------------------------------------------------------------------


def test_divisions_are_forgotten_and_found_again(frame):
    unknown = frame.clear_divisions()

    assert unknown.divisions == (None,) * 5
    assert_eq(unknown, FRAME)
    assert unknown.compute_current_divisions() == frame.divisions
    assert unknown.x.compute_current_divisions() == frame.divisions
    assert frame.compute_current_divisions("x") == frame.divisions
    known = unknown.compute_current_divisions(set_divisions=True)
    assert known.divisions == frame.divisions
    assert_eq(known, FRAME)
    assert_eq(frame.x + known.x, FRAME.x * 2)


def test_partitions_that_overlap_have_no_divisions(frame):
    with pytest.raises(ValueError, match="overlap"):
        frame.compute_current_divisions("y")
    with pytest.raises(ValueError, match="no rows"):
        frame[frame.x > 900].compute_current_divisions()
    with pytest.raises(ValueError, match="set_index"):
        frame.compute_current_divisions("x", set_divisions=True)


def test_partitions_are_held_to_their_divisions(frame):
    assert_eq(frame.enforce_runtime_divisions(), FRAME)
    wrong = new_collection(Divided(frame.expr, (0, 100, 500, 750, 999)))
    with pytest.raises(RuntimeError, match="partition 0 has labels from 0 to 249"):
        wrong.enforce_runtime_divisions().compute()
    with pytest.raises(ValueError, match="not known"):
        frame.clear_divisions().enforce_runtime_divisions()


def test_forgetting_divisions_costs_no_tasks(frame):
    found = frame.clear_divisions() + 1

    assert_eq(found, FRAME + 1)
    assert frame.clear_divisions().clear_divisions().expr.name == frame.clear_divisions().expr.name


def test_rows_that_stay_in_their_partitions_need_no_second_shuffle(frame):
    moved = new_collection(Shuffle(frame.expr, ByHash(["y"], 3)))

    assert partitioning(moved.dropna().sample(frac=0.5).expr) == ByHash(["y"], 3)

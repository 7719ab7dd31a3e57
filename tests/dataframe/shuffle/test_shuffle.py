"""Rows in other partitions: all of them, equal keys together, whatever memory there is."""

from __future__ import annotations

import gc
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import treadle
import treadle.dataframe as dd
from treadle.dataframe.build import partwise
from treadle.dataframe.shuffle import moving
from treadle.dataframe.shuffle.expr import Shuffle
from treadle.dataframe.shuffle.pool import POOL
from treadle.dataframe.testing import assert_eq
from treadle.errors import SpillError
from treadle.graph.expr import simplify, walk


def rows(count=400):
    """A frame of some dtypes, with equal keys."""
    numbers = np.random.default_rng(1).integers(0, count // 3, count)
    return pd.DataFrame(
        {
            "k": numbers,
            "text": pd.array([f"t{n % 50}" for n in numbers], dtype="str"),
            "maybe": pd.array([None if n % 5 == 0 else n for n in numbers.tolist()], dtype="Int64"),
            "group": pd.Categorical([["lo", "hi", "mid"][n % 3] for n in numbers]),
            "row": np.arange(count),
        },
        index=pd.Index(np.arange(count) * 2, name="id"),
    )


def partitions_of(result, column, scheduler="sync"):
    parts = treadle.compute([part[column] for part in result.partitions], scheduler=scheduler)[0]
    return [set(part) for part in parts]


def is_disjoint(sets):
    return sum(map(len, sets)) == len(set().union(*sets))


@pytest.mark.parametrize("memory", [0.25, 0])
@pytest.mark.parametrize("many", [10_000, 1])
def test_all_rows_arrive_on_every_engine_in_one_step_and_in_two(engine, memory, many, monkeypatch):
    monkeypatch.setattr(moving, "MANY_PIECES", many)
    df = rows(4000)

    with treadle.config.set({"dataframe.shuffle.memory": memory}):
        result = dd.from_pandas(df, npartitions=5).shuffle("k", npartitions=7)
        assert_eq(result, df, sort_results=True, scheduler=engine)
        assert is_disjoint(partitions_of(result, "k", engine))


@pytest.mark.parametrize(("before", "after"), [(1, 1), (1, 6), (6, 1), (2, 2), (9, 11), (30, 17)])
@pytest.mark.parametrize("many", [10_000, 1])
def test_any_number_of_partitions_becomes_any_other(before, after, many, monkeypatch):
    monkeypatch.setattr(moving, "MANY_PIECES", many)
    df = rows()
    parts = dd.from_pandas(df, npartitions=before)

    assert_eq(parts.shuffle("text", npartitions=after), df, sort_results=True)
    # Rows of equal keys are in the order they had.
    together = parts.shuffle("text", npartitions=after).compute()
    assert together.groupby("text").row.apply(lambda x: x.is_monotonic_increasing).all()


@pytest.mark.parametrize("on", ["k", ["group", "text"], "maybe", "id"])
def test_equal_keys_come_together(on):
    result = dd.from_pandas(rows(), npartitions=6).shuffle(on)

    keys = on if isinstance(on, list) else [on]
    parts = [part.compute().reset_index()[keys] for part in result.partitions]
    assert is_disjoint([set(map(tuple, part.fillna(-1).astype(str).to_numpy())) for part in parts])
    assert_eq(result, rows(), sort_results=True)


def test_the_index_and_other_collections_may_be_keys():
    df = rows().set_index("k")
    parts = dd.from_pandas(df, npartitions=4, sort=False)

    by_index = parts.shuffle(on_index=True)
    assert is_disjoint([set(part.index.compute()) for part in by_index.partitions])
    by_series = parts.shuffle(on=parts.row % 10)
    assert is_disjoint([set(s) for s in partitions_of(by_series.assign(t=by_series.row % 10), "t")])
    by_frame = parts.shuffle(on=parts[["text", "group"]])
    for result in (by_index, by_series, by_frame):
        assert_eq(result, df, sort_results=True)


def test_series_are_shuffled_too():
    df = rows()
    series = dd.from_pandas(df, npartitions=4).text

    result = series.shuffle(on=series, npartitions=3)

    assert result.npartitions == 3
    assert is_disjoint([set(part.compute()) for part in result.partitions])
    assert_eq(result, df.text, sort_results=True)
    assert_eq(series.shuffle(on_index=True), df.text, sort_results=True)


def test_labels_may_be_ignored():
    result = dd.from_pandas(rows(), npartitions=3).shuffle("k", ignore_index=True)

    parts = [part.compute() for part in result.partitions]
    assert all(part.index.equals(pd.RangeIndex(len(part))) for part in parts)
    assert sorted(result.row.compute()) == list(range(400))


def test_rows_that_are_where_they_belong_stay_there_unless_forced():
    once = dd.from_pandas(rows(), npartitions=3).shuffle("k")

    def shuffles(df):
        return sum(isinstance(expr, Shuffle) for expr in walk(simplify([df.expr])))

    assert shuffles(once[once.row > 5].shuffle("k")) == 1
    assert shuffles(once.shuffle("k", force=True)) == 2
    assert shuffles(once.shuffle("k", npartitions=5)) == 2
    assert shuffles(once.shuffle("text")) == 2


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({}, TypeError, "either on= or on_index=True"),
        ({"on": "k", "on_index": True}, TypeError, "either on= or on_index=True"),
        ({"on": "z"}, KeyError, "'z' is neither a column"),
        ({"on": []}, ValueError, "no column to shuffle by"),
        ({"on": "k", "npartitions": 0}, ValueError, "must be 1 or more, not 0"),
        ({"on": "k", "shuffle_method": "magic"}, ValueError, "no shuffle_method 'magic'"),
    ],
)
def test_shuffle_refuses_what_makes_no_sense(options, error, text):
    with pytest.raises(error, match=text):
        dd.from_pandas(rows(), npartitions=2).shuffle(**options)


# -- memory and disk -------------------------------------------------------------------------------


def failing(part):
    raise ValueError("no more of this")


def test_nothing_lies_about_after_success_or_an_error(tmp_path):
    settings = {"dataframe.shuffle.memory": 20_000, "temporary-directory": str(tmp_path)}
    df = dd.from_pandas(rows(40_000), npartitions=4)
    gc.collect()
    assert POOL.nbytes_on_disk == 0

    with treadle.config.set(settings):
        df.shuffle("k").compute(scheduler="sync")
        assert (POOL.nbytes, POOL.nbytes_on_disk) == (0, 0)
        with pytest.raises(ValueError, match="no more of this"):
            partwise("fail", failing, df.shuffle("k"), meta=df._meta).compute(scheduler="sync")

    gc.collect()
    assert (POOL.nbytes, POOL.nbytes_on_disk) == (0, 0)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_an_error_that_names_it(engine, tmp_path):
    settings = {"dataframe.shuffle.memory": 0, "temporary-directory": str(tmp_path / "gone")}
    df = dd.from_pandas(rows(4000), npartitions=2)

    with treadle.config.set(settings), pytest.raises(SpillError, match=r"gone.*choose another"):
        df.shuffle("k").compute(scheduler=engine)


@pytest.mark.skipif(os.name != "posix", reason="needs a limit on the size of files")
def test_a_disk_that_is_full_is_an_error_and_no_hang(tmp_path):
    program = (
        "import resource, sys, pandas as pd, treadle, treadle.dataframe as dd\n"
        "from treadle.errors import SpillError\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "treadle.config.set({'dataframe.shuffle.memory': 0, 'temporary-directory': sys.argv[1]})\n"
        "df = dd.from_pandas(pd.DataFrame({'x': range(100_000)}), npartitions=4)\n"
        "try:\n"
        "    df.shuffle('x').compute()\n"
        "except SpillError as error:\n"
        "    print(error)\n"
    )

    run = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, timeout=60,
        check=True,
    )  # fmt: skip

    assert "File too large" in run.stdout
    assert str(tmp_path) in run.stdout
    assert list(tmp_path.iterdir()) == []

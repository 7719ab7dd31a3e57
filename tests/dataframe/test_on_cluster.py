"""A day's work on frames, on a cluster and on other processes: files in, files out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import treadle
import treadle.dataframe as dd
from treadle import Client, LocalCluster
from treadle.dataframe.testing import assert_eq

ROWS = 3_000


def flights() -> pd.DataFrame:
    random = np.random.default_rng(5)
    delay = random.exponential(20, ROWS).round(1)
    delay[random.random(ROWS) < 0.05] = np.nan
    return pd.DataFrame(
        {
            "at": pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(ROWS) * 7, unit="min"),
            "origin": random.choice(["EWR", "JFK", "LGA"], ROWS),
            "plane": random.integers(0, 200, ROWS),
            "distance": random.integers(100, 3000, ROWS),
            "delay": delay,
        }
    )


FLIGHTS = flights()
PLANES = pd.DataFrame({"plane": range(0, 200, 2), "seats": np.arange(100) % 7 * 50 + 50})


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("flights")
    for number, rows in enumerate(np.array_split(np.arange(ROWS), 4)):
        FLIGHTS.iloc[rows].to_csv(folder / f"{number}.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def cluster():
    with LocalCluster(n_workers=2, threads_per_worker=1) as cluster, Client(cluster) as client:
        yield client


@pytest.fixture(params=["cluster", "processes"])
def anywhere(request):
    """A cluster of two processes, and two processes without one."""
    if request.param == "cluster":
        request.getfixturevalue("cluster")
        yield
    else:
        with treadle.config.set(scheduler="processes", num_workers=2):
            yield


def read(files):
    df = dd.read_csv(f"{files}/*.csv", parse_dates=["at"], blocksize=40_000)
    assert df.npartitions > 2
    return df


def chosen(frame):
    """Steps that are the same for pandas."""
    frame = frame[(frame.distance > 500) & frame.delay.notna()]
    return frame.assign(speed=frame.distance / (frame.delay + 60), hour=frame["at"].dt.hour)


EXPECTED = chosen(FLIGHTS)


def test_filtered_assigned_and_grouped(files, anywhere):
    found = (
        chosen(read(files))
        .groupby(["origin", "hour"])
        .agg(flights=("plane", "count"), late=("delay", "mean"), fastest=("speed", "max"))
    )

    expected = EXPECTED.groupby(["origin", "hour"]).agg(
        flights=("plane", "count"), late=("delay", "mean"), fastest=("speed", "max")
    )
    assert_eq(found.compute(), expected)


def test_groups_whose_rows_have_to_move(files, anywhere):
    found = chosen(read(files)).groupby("origin").delay.median().compute()

    assert_eq(found.sort_index(), EXPECTED.groupby("origin").delay.median())


@pytest.mark.parametrize("npartitions", [1, 3])
def test_merged_and_counted(files, anywhere, npartitions):
    planes = dd.from_pandas(PLANES, npartitions=npartitions)
    options = {} if npartitions == 1 else {"shuffle_method": "tasks", "broadcast": False}

    merged = chosen(read(files)).merge(planes, on="plane", how="left", **options)
    found = merged.groupby("seats").distance.sum().compute()

    expected = EXPECTED.merge(PLANES, on="plane", how="left").groupby("seats").distance.sum()
    assert_eq(found.sort_index(), expected)


def test_kept_in_memory_indexed_and_rolled(files, anywhere):
    kept = chosen(read(files)).persist()
    by_time = kept.set_index("at")

    found = by_time.delay.rolling("3h").mean().compute()

    assert_eq(found, EXPECTED.set_index("at").delay.rolling("3h").mean())
    assert len(kept) == len(EXPECTED)
    noon = by_time.loc["2024-01-05":"2024-01-06"].compute()
    assert_eq(noon, EXPECTED.set_index("at").loc["2024-01-05":"2024-01-06"])


def test_written_and_read_again(files, anywhere, tmp_path):
    df = chosen(read(files)).set_index("plane")

    df.to_parquet(tmp_path / "out")
    found = dd.read_parquet(tmp_path / "out")[["origin", "delay"]].compute()

    expected = EXPECTED.set_index("plane")[["origin", "delay"]]
    order = ["plane", "delay", "origin"]
    assert_eq(
        found.reset_index().sort_values(order, ignore_index=True),
        expected.reset_index().sort_values(order, ignore_index=True),
    )


def test_several_results_at_once(files, anywhere):
    df = chosen(read(files))

    rows, mean, most, first = treadle.compute(
        df.shape[0], df.delay.mean(), df.origin.value_counts(), df.nlargest(3, "speed")
    )

    assert rows == len(EXPECTED)
    assert mean == pytest.approx(EXPECTED.delay.mean())
    assert_eq(most, EXPECTED.origin.value_counts())
    assert first.speed.tolist() == EXPECTED.nlargest(3, "speed").speed.tolist()


def test_the_first_rows_of_what_is_held_elsewhere(files, anywhere):
    kept = read(files).persist()

    assert_eq(kept.head(3), FLIGHTS.head(3))
    assert "DataFrame of" in repr(kept)

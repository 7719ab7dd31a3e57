"""Plans of frames: what computing would take, compared with what it takes."""

from __future__ import annotations

import tracemalloc
from functools import partial

import numpy as np
import pandas as pd
import pytest

import treadle.dataframe as dd
from treadle.dataframe.build import new_collection
from treadle.dataframe.expr import Source
from treadle.dataframe.reading import Reading
from treadle.errors import PlanWarning

MiB = 2**20
ROWS = 400_000


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plans")
    rng = np.random.default_rng(0)
    data = pd.DataFrame({label: rng.random(ROWS) for label in "abcd"})
    data["key"] = rng.integers(0, 50, ROWS)
    for n in range(8):
        part = data.iloc[n * ROWS // 8 : (n + 1) * ROWS // 8]
        part.to_parquet(folder / f"{n}.parquet")
    return str(folder)


def measured(collection):
    """Return the peak of computing on one lane, in bytes that Python and NumPy asked for."""
    collection.compute(scheduler="sync")  # what is imported and kept is there now
    tracemalloc.start()
    try:
        collection.compute(scheduler="sync")
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


class Made(Reading):
    """Frames of numbers, made when they are read. Files are no good here: pyarrow takes memory in
    ways that tracemalloc does not stand."""

    def __init__(self, columns: list[str]):
        self.columns = columns
        self.parts = list(range(8))
        self.divisions = (None,) * 9
        self.meta = make(0, columns).iloc[:0]

    def function(self):
        return partial(make, columns=self.columns)

    def project(self, columns):
        return Made(columns)

    def lengths(self):
        return [ROWS // 8] * 8


def make(number: int, columns: list[str]) -> pd.DataFrame:
    """Return a part: columns of floats, and keys."""
    rng = np.random.default_rng(number)
    whole = {label: rng.random(ROWS // 8) for label in columns if label != "key"}
    if "key" in columns:
        whole["key"] = rng.integers(0, 50, ROWS // 8)
    return pd.DataFrame(whole, columns=columns)


GRAPHS = {
    "a frame": lambda df: df,
    "new columns": lambda df: df.assign(e=df.a + df.b, f=df.c * 2),
    "a sum": lambda df: (df.a * 2 + df.b).sum(),
    "groups": lambda df: df.groupby("key").a.mean(),
    "rows in other partitions": lambda df: df[["a", "key"]].shuffle("key"),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_the_peak_is_about_what_is_held(name):
    collection = GRAPHS[name](new_collection(Source("made-1", Made([*"abcd", "key"]))))

    predicted = collection.plan(scheduler="sync").peak_memory
    held = measured(collection)

    assert held <= predicted * 2 + MiB, f"{held / MiB:.1f} MiB were held"
    assert predicted <= held * 4 + MiB, f"{predicted / MiB:.1f} MiB were said"


def test_the_bytes_of_files_are_held_while_they_are_parsed(tmp_path):
    data = pd.DataFrame({"a": np.arange(100_000), "b": ["some text"] * 100_000})
    data.to_csv(tmp_path / "1.csv", index=False)
    total = dd.read_csv(tmp_path / "1.csv").a.sum()

    predicted = total.plan(scheduler="sync").peak_memory

    size = (tmp_path / "1.csv").stat().st_size
    assert size <= measured(total) <= predicted <= 4 * size


def test_bytes_that_are_read_are_those_of_the_columns(files):
    df = dd.read_parquet(files)

    one, all_of_it = df.a.sum().plan().bytes_read, df.plan().bytes_read

    assert 0.15 * all_of_it < one < 0.35 * all_of_it


def test_results_have_the_bytes_of_their_rows(files):
    assert dd.read_parquet(files)[["a", "b"]].plan().bytes_results == ROWS * 16


def test_what_nobody_can_know_is_said_to_be_a_guess(files):
    df = dd.read_parquet(files)

    assert df[df.a > 0.5].b.plan().not_known == 0, "no more rows than without the filter"
    assert df.groupby("key").a.mean().plan().not_known > 0


def test_nothing_is_read_for_what_is_in_memory():
    df = dd.from_pandas(pd.DataFrame({"x": range(1000)}), npartitions=4)

    assert (df + 1).plan().bytes_read == 0
    assert (df + 1).plan(num_workers=3).threads == 3


def test_a_warning_says_what_to_do_when_it_does_not_fit(files):
    with pytest.warns(PlanWarning, match="smaller partitions"):
        found = dd.read_parquet(files).plan(memory_limit="1 MiB")

    assert not found.fits
    assert "does not fit" in repr(found)


def test_records_of_a_csv_file_are_guessed_by_the_first_ones(tmp_path):
    pd.DataFrame({"x": np.arange(10_000) + 10_000, "y": 1.5}).to_csv(
        tmp_path / "a.csv", index=False
    )
    df = dd.read_csv(tmp_path / "a.csv", blocksize=20_000)

    found = df.plan()

    assert df.npartitions > 3
    assert found.bytes_results == pytest.approx(10_000 * 16, rel=0.1)
    assert found.bytes_read == (tmp_path / "a.csv").stat().st_size


def test_what_is_made_up_is_not_read():
    ts = dd.datasets.timeseries(end="2000-01-03", freq="1min", seed=0)

    assert ts.plan().bytes_read == 0
    assert ts.plan().bytes_results > 2 * 1440 * 32


def test_warnings_name_the_line_of_the_user(files):
    df = dd.read_parquet(files)

    with pytest.warns(PlanWarning) as one:
        df.plan(memory_limit="1 MiB")
    with pytest.warns(PlanWarning) as several:
        dd.plan(df, memory_limit="1 MiB")
    with pytest.warns(UserWarning, match="found 0 rows") as heads:
        df[df.a > 2].head(3)

    assert {warning.filename for warning in [*one, *several, *heads]} == {__file__}

"""Values that no sample showed: the computation runs again, and the frame is what pandas reads."""

from __future__ import annotations

import pickle
import warnings

import pandas as pd
import pytest

import treadle
import treadle.dataframe as dd
from treadle import Client
from treadle.dataframe.build import partwise
from treadle.dataframe.io import csv_plan, csv_samples
from treadle.dataframe.testing import assert_eq
from treadle.errors import CsvDtypeError, LateDtypeWarning


@pytest.fixture(autouse=True)
def few_samples(monkeypatch):
    monkeypatch.setattr(csv_samples, "WINDOW", 64)
    monkeypatch.setattr(csv_plan, "WINDOW", 64)
    monkeypatch.setattr(csv_samples, "WINDOWS", 3)


@pytest.fixture
def late(tmp_path):
    """A file of integers whose column ``x`` has one float, and ``y`` one text, far from samples."""
    path = tmp_path / "late.csv"
    rows = [[n, n % 7, n * 2] for n in range(3000)]
    rows[1300][1] = 2.5
    rows[2100][2] = "many"
    path.write_text("n,x,y\n" + "".join(f"{a},{b},{c}\n" for a, b, c in rows))
    return path


def read(path, **options):
    return dd.read_csv(path, blocksize=2000, sample=500, **options)


def test_a_late_float_ends_in_the_frame_of_pandas_and_a_warning_that_says_where(late):
    df = read(late)[["n", "x"]]
    assert df.dtypes["x"] == "int64"

    with pytest.warns(LateDtypeWarning, match=r"late.csv, byte \d+, column 'x'.*'2.5'.*dtype="):
        found = df.compute()

    expected = pd.read_csv(late)[["n", "x"]]
    pd.testing.assert_frame_equal(found.reset_index(drop=True), expected)
    assert df._meta.dtypes["x"] == "float64"


def test_afterwards_what_the_frame_promises_is_true_and_nothing_runs_twice(late):
    df = read(late)
    half = df.x + 1
    with pytest.warns(LateDtypeWarning):
        df[["x", "y"]].compute()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert df._meta.dtypes.astype(str).to_dict() == {"n": "int64", "x": "float64", "y": "str"}
        assert half._meta.dtype == "float64"
        assert_eq(df, pd.read_csv(late), check_index=False)
        assert_eq(half, pd.read_csv(late).x + 1, check_index=False)


@pytest.mark.parametrize("scheduler", ["sync", "threads", "processes"])
def test_what_stands_on_the_frame_is_made_anew_everywhere(late, scheduler):
    df, expected = read(late), pd.read_csv(late)
    df["z"] = df.x * 2
    expected["z"] = expected.x * 2
    chosen = df[df.z > 3][["n", "z"]]

    with pytest.warns(LateDtypeWarning):
        found = chosen.compute(scheduler=scheduler)

    wanted = expected[expected.z > 3][["n", "z"]].reset_index(drop=True)
    pd.testing.assert_frame_equal(found.reset_index(drop=True), wanted)
    assert chosen._meta.dtypes["z"] == "float64"


def test_reductions_of_late_values_are_right(late):
    df, expected = read(late), pd.read_csv(late)
    with pytest.warns(LateDtypeWarning):
        assert (df.x.mean() + 1).compute() == pytest.approx(expected.x.mean() + 1)
    assert df.x.max().compute() == expected.x.max()


def test_several_collections_at_once_agree(late):
    df = read(late)
    with pytest.warns(LateDtypeWarning):
        x, frame = treadle.compute(df.x, df[["n", "x"]])

    assert x.dtype == frame.x.dtype == "float64"


def test_persisting_promotes_as_well(late):
    df = read(late)[["n", "x"]]
    with pytest.warns(LateDtypeWarning):
        held = df.persist()

    assert held._meta.dtypes["x"] == "float64"
    assert_eq(held, pd.read_csv(late)[["n", "x"]], check_index=False)


def test_a_dtype_that_the_user_gave_is_never_changed(late):
    df = read(late, dtype={"x": "int64"})
    with pytest.raises(CsvDtypeError, match=r"late.csv, byte \d+, column 'x'.*give another dtype"):
        df.x.compute()


def test_a_frame_that_was_pickled_mends_itself_too(late):
    df = pickle.loads(pickle.dumps(read(late)[["x"]]))
    with pytest.warns(LateDtypeWarning):
        found = df.compute()
    assert found.x.tolist() == pd.read_csv(late).x.tolist()


STANDING = {
    "mean": lambda df: df.x.mean(),
    "sums of a frame": lambda df: df[["n", "x"]].sum(),
    "describe": lambda df: df[["x"]].describe(),
    "groups": lambda df: df.groupby("n").x.sum(),
    "groups by a late key": lambda df: df.groupby(df.x // 2)[["n"]].max(),
    "several of groups": lambda df: df.groupby("n").agg({"x": ["mean", "max"]}),
    "values of groups": lambda df: df.groupby("n").x.transform("sum"),
    "counts": lambda df: df.x.value_counts(),
    "running": lambda df: df.x.cumsum(),
    "windows": lambda df: df.x.rolling(3).mean(),
    "nunique": lambda df: df.x.nunique(),
    "merge": lambda df: df.merge(df[["n", "x"]].assign(z=1), on="x", how="inner").z.sum(),
    "dates": lambda df: df.assign(half=df.x / 2, twice=df.x + df.x)[["half", "twice"]].max(),
    "chain": lambda df: (df[df.x > 1].x.clip(0, 4).sum() + df.x.max()) * 2,
}


@pytest.mark.parametrize("name", STANDING)
def test_whatever_stands_on_late_values_is_what_pandas_makes(late, name):
    made = STANDING[name](read(late))

    with pytest.warns(LateDtypeWarning, match="column 'x'"):
        found = made.compute()

    expected = STANDING[name](pd.read_csv(late))
    if isinstance(found, pd.DataFrame | pd.Series):
        assert made._meta.dtypes.equals(expected.dtypes) if found.ndim == 2 else True
        if name in ("running", "windows", "values of groups"):
            found = found.reset_index(drop=True)
        found, expected = found.sort_index(), expected.sort_index()
        assert_eq(found, expected, sort_results=name == "counts")
    else:
        assert found == pytest.approx(expected)


def test_workers_of_a_cluster_run_again_too(late):
    df = read(late)
    with Client(n_workers=1, threads_per_worker=2, set_as_default=False) as client:
        with pytest.warns(LateDtypeWarning, match=r"late.csv, byte \d+, column 'x'"):
            total = df.x.sum().compute(scheduler=client)
        held = df[["n", "x"]].persist(scheduler=client)
        assert held.x.max().compute(scheduler=client) == pd.read_csv(late).x.max()
    assert total == pytest.approx(pd.read_csv(late).x.sum())


def test_columns_assigned_since_do_not_change_what_was_made(late):
    df = read(late)
    total = df.groupby("n").x.sum().sum()
    df["x"] = 0
    with pytest.warns(LateDtypeWarning):
        assert total.compute() == pytest.approx(pd.read_csv(late).x.sum())
    assert df.x.sum().compute() == 0


def test_what_pandas_refuses_of_the_wider_dtype_is_refused(late):
    df = read(late)
    with pytest.raises(TypeError, match="string dtype"):
        df.y.mean().compute()


def test_a_node_that_keeps_dtypes_of_its_own_is_not_run_again(late):
    df = read(late)
    meta = pd.Series([], dtype="int64", name="x")
    cast = partwise("cast", Cast(meta), df.x, meta=meta)
    with pytest.raises(CsvDtypeError, match="give dtype=") as caught:
        cast.compute()
    assert "knows this dtype now" in caught.value.__notes__[-1]
    assert df.dtypes["x"] == "float64"
    assert partwise("cast", Cast(df._meta.x), df.x, meta=df._meta.x).compute().sum() > 0


class Cast:
    def __init__(self, meta):
        self.meta = meta

    def __call__(self, part):
        return part.astype(self.meta.dtype)


def test_columns_that_nobody_reads_are_never_looked_at(late):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read(late).n.compute().tolist() == list(range(3000))
        assert len(read(late)) == 3000

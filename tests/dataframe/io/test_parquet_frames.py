"""Parquet data sets read into frames and written from them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import treadle.dataframe as dd
from treadle.dataframe.build import new_collection
from treadle.dataframe.expr import Filter, Source
from treadle.dataframe.testing import assert_eq
from treadle.graph.expr import simplify, walk


@pytest.fixture
def frame():
    n = np.arange(200)
    return pd.DataFrame(
        {
            "a": n,
            "b": n / 3,
            "c": pd.Series([f"s{i % 7}" for i in n], dtype="str"),
            "d": pd.date_range("2024-01-01", periods=200, freq="h", tz="UTC"),
            "e": pd.Series(n % 5, dtype="Int64").where(n % 11 > 0),
        }
    )


@pytest.fixture
def path(tmp_path, frame):
    frame.to_parquet(tmp_path / "a.parquet", row_group_size=20)
    return tmp_path / "a.parquet"


def stored(frame):
    """A frame whose index was written as a field."""
    return frame.set_axis(pd.Index(frame.index.to_numpy()))


def sources(*collections):
    roots = [c.expr for c in collections]
    for run in roots[0].passes():
        roots = run(simplify(roots))
    return [e for e in walk(simplify(roots)) if isinstance(e, Source)]


@pytest.mark.parametrize("scheduler", ["sync", "threads", "processes"])
def test_partitions_are_row_groups_with_known_divisions_and_lengths(path, frame, scheduler):
    df = dd.read_parquet(path, split_row_groups=True)

    assert df.npartitions == 10
    assert df.divisions == (*range(0, 200, 20), 199)
    assert_eq(df, frame, scheduler=scheduler)
    (source,) = sources(df)
    assert source.reading.lengths() == [20] * 10
    assert len(df) == 200


def test_only_columns_that_are_used_are_read(path, frame):
    df = dd.read_parquet(path, split_row_groups=True)
    chosen = df[["a", "c"]].c

    assert_eq(chosen, frame.c)
    (source,) = sources(chosen)
    assert list(source.meta.columns) == ["c"]
    assert source.describe() == "read_parquet a.parquet, 1 of 5 columns, 10 partitions"
    assert source.reading.nbytes() < df.expr.reading.nbytes()


def test_filters_choose_row_groups_and_keep_labels(path, frame):
    df = dd.read_parquet(path, split_row_groups=True)
    chosen = df[df.a > 150][["b"]]

    assert_eq(chosen, frame[frame.a > 150][["b"]])
    (source,) = sources(chosen)
    assert "3 of them with rows to look at" in source.describe()
    assert source.npartitions == 10


def test_filters_that_mean_something_else_to_files_are_left_to_pandas(path, frame):
    df = dd.read_parquet(path, split_row_groups=True)
    reading = df.expr.reading

    assert reading.select([[("e", "!=", 3)]]) is None
    assert reading.select([[("nowhere", "==", 3)]]) is None
    filtered = new_collection(Filter(df.expr, (df.e != 3).expr))
    assert_eq(filtered, frame[frame.e != 3])


def test_filters_of_the_call_return_rows_only(path, frame):
    df = dd.read_parquet(path, filters=[("a", ">=", 190)], columns=["a", "b"])

    assert_eq(df, frame[frame.a >= 190][["a", "b"]].reset_index(drop=True))
    assert df.expr.reading.lengths() is None
    assert df.expr.reading.select([[("a", "<", 195)]]) is None
    assert_eq(df[df.a < 195], frame[(frame.a >= 190) & (frame.a < 195)][["a", "b"]]
              .reset_index(drop=True))  # fmt: skip


def test_one_column_as_a_string_is_a_series(path, frame):
    assert_eq(dd.read_parquet(path, columns="b"), frame.b)


def test_options_of_the_index_and_of_divisions(path, frame):
    assert not dd.read_parquet(path, calculate_divisions=False).known_divisions
    assert_eq(dd.read_parquet(path, index="a", split_row_groups=3), frame.set_index("a"))
    assert dd.read_parquet(path, index="a", split_row_groups=5).divisions == (0, 100, 199)
    with pytest.raises(ValueError, match="engine can't be 'fastparquet'"):
        dd.read_parquet(path, engine="fastparquet")
    with pytest.raises(FileNotFoundError):
        dd.read_parquet(path.with_name("b.parquet"))
    with pytest.raises(KeyError, match="no column 'z'"):
        dd.read_parquet(path, columns=["z"])


def test_names_change_with_the_file_and_with_options_only(path, frame):
    one = dd.read_parquet(path)
    assert dd.read_parquet(path).name == one.name
    assert dd.read_parquet(path, columns=["a"]).name != one.name
    frame.iloc[:50].to_parquet(path)
    assert dd.read_parquet(path).name != one.name


def test_dtype_backends_come_through(path, frame):
    df = dd.read_parquet(path, dtype_backend="pyarrow")
    assert_eq(df, pd.read_parquet(path, dtype_backend="pyarrow"))


def test_categories_and_extremes_are_there_for_those_who_ask(path, frame):
    reading = dd.read_parquet(path, split_row_groups=True).expr.reading
    coded = reading.categorise(["c"])

    assert coded.meta.c.dtype == "category"
    assert coded.function()(coded.parts[0]).c.dtype == "category"
    assert [(e.least, e.greatest) for e in reading.extremes("a")][:2] == [(0, 19), (20, 39)]


def test_first_rows_are_had_without_reading_a_partition(path, frame):
    reading = dd.read_parquet(path).expr.reading
    assert reading.first_rows(5).equals(frame.head(5))
    narrow = reading.project(["c"])
    pd.testing.assert_frame_equal(narrow.first_rows(3), frame[["c"]].head(3))


# -- writing ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheduler", ["sync", "threads", "processes"])
def test_what_is_written_is_read_again(tmp_path, frame, scheduler):
    df = dd.from_pandas(frame, npartitions=4)

    paths = df.to_parquet(tmp_path / "out", compute_kwargs={"scheduler": scheduler})

    assert [p.rpartition("/")[2] for p in paths] == [f"part.0000{n}.parquet" for n in range(4)]
    assert_eq(dd.read_parquet(tmp_path / "out"), stored(frame))
    assert dd.read_parquet(tmp_path / "out").divisions == (0, 50, 100, 150, 199)


def test_folders_for_values_of_a_column(tmp_path, frame):
    dd.from_pandas(frame, npartitions=3).to_parquet(tmp_path / "out", partition_on="c")

    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [f"c=s{n}" for n in range(7)]
    found = dd.read_parquet(tmp_path / "out").compute().sort_index()
    pd.testing.assert_series_equal(found.b, frame.b)


def test_appending_and_overwriting(tmp_path, frame):
    first, second = frame.iloc[:100], frame.iloc[100:]
    out = tmp_path / "out"
    dd.from_pandas(first, npartitions=2).to_parquet(out)
    with pytest.raises(FileExistsError, match="overwrite=True"):
        dd.from_pandas(second, npartitions=2).to_parquet(out)

    dd.from_pandas(second, npartitions=2).to_parquet(out, append=True)
    assert_eq(dd.read_parquet(out), stored(frame))

    with pytest.raises(ValueError, match="ignore_divisions=True"):
        dd.from_pandas(second, npartitions=2).to_parquet(out, append=True)

    dd.from_pandas(second, npartitions=1).to_parquet(out, overwrite=True)
    assert_eq(dd.read_parquet(out), stored(second))


def test_a_data_set_that_is_read_is_not_overwritten(tmp_path, frame):
    out = tmp_path / "out"
    dd.from_pandas(frame, npartitions=2).to_parquet(out)
    df = dd.read_parquet(out)
    with pytest.raises(ValueError, match="is read by the frame that would replace it"):
        df[df.a > 3].to_parquet(out, overwrite=True)
    assert_eq(dd.read_parquet(out), stored(frame))


def test_a_write_that_fails_leaves_the_old_data_and_no_litter(tmp_path, frame):
    out = tmp_path / "out"
    dd.from_pandas(frame, npartitions=2).to_parquet(out)
    before = sorted(p.name for p in out.rglob("*"))
    from treadle.dataframe.build import partwise

    bad = partwise("fail", fail_late, dd.from_pandas(frame, npartitions=4), meta=frame.iloc[:0])

    with pytest.raises(RuntimeError, match="no more"):
        bad.to_parquet(out, overwrite=True)

    assert sorted(p.name for p in out.rglob("*")) == before
    assert_eq(dd.read_parquet(out), stored(frame))


def fail_late(part):
    if part.a.iloc[0] > 100:
        raise RuntimeError("no more")
    return part


def test_writing_later_and_names_of_ones_own(tmp_path, frame):
    out = tmp_path / "out"
    later = dd.from_pandas(frame, npartitions=2).to_parquet(
        out, compute=False, name_function=lambda n: f"x{n}.parquet", write_metadata_file=True
    )
    assert not out.exists()
    later.compute()
    assert sorted(p.name for p in out.iterdir()) == ["_metadata", "x0.parquet", "x1.parquet"]
    assert_eq(dd.read_parquet(out), stored(frame))


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"name_function": str}, ValueError, "end with .parquet"),
        ({"engine": "fastparquet"}, ValueError, "pyarrow"),
        ({"partition_on": "z"}, ValueError, "no column 'z'"),
        ({"append": True, "overwrite": True}, ValueError, "either append or overwrite"),
    ],
)
def test_what_means_nothing_is_refused_at_once(tmp_path, frame, options, error, text):
    with pytest.raises(error, match=text):
        dd.from_pandas(frame, npartitions=2).to_parquet(tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()

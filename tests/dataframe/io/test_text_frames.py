"""CSV, JSON and ORC written by partitions and read again."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest

import treadle.dataframe as dd
from treadle.dataframe.build import partwise
from treadle.dataframe.testing import assert_eq


@pytest.fixture
def frame():
    n = np.arange(60)
    return pd.DataFrame(
        {"a": n, "b": n / 8, "c": pd.Series([f'x,"{i}"\n' for i in n], dtype="str")},
        index=pd.Index(n * 2, name="k"),
    )


def fail_late(part):
    if part.index[0] > 50:
        raise RuntimeError("no more")
    return part


def names(folder):
    return sorted(p.name for p in folder.iterdir())


# -- CSV -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheduler", ["sync", "threads", "processes"])
def test_a_file_for_each_partition(tmp_path, frame, scheduler):
    df = dd.from_pandas(frame, npartitions=3)

    paths = df.to_csv(tmp_path / "a-*.csv", scheduler=scheduler)

    assert paths == [f"{tmp_path}/a-{n}.csv" for n in range(3)]
    assert names(tmp_path) == ["a-0.csv", "a-1.csv", "a-2.csv"]
    pd.testing.assert_frame_equal(pd.read_csv(paths[1], index_col="k"), frame.iloc[20:40])
    again = dd.read_csv(tmp_path / "a-*.csv", index_col="k")
    assert_eq(again, frame)


@pytest.mark.parametrize("ending", ["", ".gz", ".bz2", ".xz", ".zst"])
def test_one_file_for_all_is_what_pandas_writes(tmp_path, frame, ending):
    path = tmp_path / f"all.csv{ending}"

    found = dd.from_pandas(frame, npartitions=4).to_csv(path, single_file=True)

    assert found == [str(path)]
    assert names(tmp_path) == [path.name]
    assert_eq(dd.read_csv(path, index_col="k"), frame)
    if not ending:
        assert path.read_text() == frame.to_csv()


def test_marks_of_the_byte_order_stand_once_in_a_file(tmp_path, frame):
    df = dd.from_pandas(frame, npartitions=3)
    for encoding in ("utf-16", "utf-8-sig"):
        df.to_csv(tmp_path / "a.csv", single_file=True, encoding=encoding)
        pd.testing.assert_frame_equal(
            pd.read_csv(tmp_path / "a.csv", encoding=encoding, index_col="k"), frame
        )


def test_a_directory_names_of_ones_own_and_a_list(tmp_path, frame):
    df = dd.from_pandas(frame, npartitions=2)
    df.to_csv(tmp_path / "dir")
    assert names(tmp_path / "dir") == ["0.csv", "1.csv"]
    df.to_csv(tmp_path / "b-*.csv.gz", name_function=lambda n: "xy"[n], index=False)
    assert gzip.decompress((tmp_path / "b-y.csv.gz").read_bytes()).startswith(b"a,b,c\n30,")
    df.to_csv([tmp_path / "one.csv", tmp_path / "two.csv"], header_first_partition_only=True)
    assert (tmp_path / "two.csv").read_text().startswith("60,30,")


def test_adding_to_files_and_refusing_to_replace_them(tmp_path, frame):
    path = tmp_path / "a.csv"
    df = dd.from_pandas(frame, npartitions=3)
    df.to_csv(path, single_file=True)
    df.to_csv(path, single_file=True, mode="a", header=False)
    assert path.read_text() == frame.to_csv() + frame.to_csv(header=False)
    with pytest.raises(FileExistsError, match="is there"):
        df.to_csv(path, single_file=True, mode="x")
    assert names(tmp_path) == ["a.csv"]


@pytest.mark.parametrize("single", [False, True])
def test_a_write_that_fails_leaves_what_was_there_and_no_litter(tmp_path, frame, single):
    path = tmp_path / ("a.csv" if single else "a-*.csv")
    df = dd.from_pandas(frame, npartitions=3)
    df.to_csv(path, single_file=single)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    bad = partwise("fail", fail_late, df + df, meta=frame.iloc[:0])

    with pytest.raises(RuntimeError, match="no more"):
        bad.to_csv(path, single_file=single)

    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_writing_later_and_series(tmp_path, frame):
    later = dd.from_pandas(frame, npartitions=2).a.to_csv(tmp_path / "*.csv", compute=False)
    assert names(tmp_path) == []
    later.compute()
    assert (tmp_path / "1.csv").read_text() == frame.a.iloc[30:].to_csv()


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"mode": "r"}, ValueError, "mode is one of"),
        ({"compression": "rar"}, ValueError, "not written with compression 'rar'"),
        ({"name_function": lambda n: "x"}, ValueError, "two partitions would go to one file"),
        ({"nonsense": 1}, TypeError, "nonsense"),
        (
            {"single_file": True, "header_first_partition_only": False},
            ValueError,
            "one file has one header",
        ),
    ],
)
def test_what_means_nothing_is_refused_at_once(tmp_path, frame, options, error, text):
    with pytest.raises(error, match=text):
        dd.from_pandas(frame, npartitions=2).to_csv(tmp_path / "*.csv", **options)
    with pytest.raises(ValueError, match="2 partitions, and 1 names"):
        dd.from_pandas(frame, npartitions=2).to_csv([tmp_path / "a.csv"])


# -- JSON ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheduler", ["sync", "threads", "processes"])
@pytest.mark.parametrize("name", ["*.jsonl", "*.json.gz"])
def test_records_in_lines_come_back(tmp_path, frame, scheduler, name):
    df = dd.from_pandas(frame, npartitions=3)

    paths = df.to_json(tmp_path / name, compute_kwargs={"scheduler": scheduler})

    assert len(paths) == 3
    back = dd.read_json(paths)
    assert_eq(back, frame.reset_index(drop=True), check_index=False)
    assert_eq(back.b, frame.b.reset_index(drop=True), check_index=False, scheduler=scheduler)


def test_lines_are_cut_into_blocks_and_only_the_columns_used_are_parsed(tmp_path, frame):
    frame.to_json(tmp_path / "a.jsonl", orient="records", lines=True)
    df = dd.read_json(tmp_path / "a.jsonl", blocksize=500)

    assert df.npartitions > 3
    assert len(df) == 60
    assert_eq(df[["a"]], frame[["a"]], check_index=False)
    reading = df.expr.reading.project(["a"])
    assert reading.describe().startswith("read_json a.jsonl, 1 of 3 columns, ")
    assert dd.read_json(tmp_path / "a.jsonl", blocksize=500).name == df.name


def test_files_that_are_one_text_each(tmp_path, frame):
    df = dd.from_pandas(frame, npartitions=2)
    df.to_json(tmp_path / "*.json", orient="split")
    back = dd.read_json(tmp_path / "*.json", orient="split", lines=False)
    assert back.a.compute().tolist() == frame.a.tolist()
    with pytest.raises(ValueError, match="lines are records"):
        df.to_json(tmp_path / "*.json", orient="split", lines=True)


def test_json_that_fails_leaves_no_litter(tmp_path, frame):
    df = dd.from_pandas(frame, npartitions=3)
    bad = partwise("fail", fail_late, df + df, meta=frame.iloc[:0])
    with pytest.raises(RuntimeError, match="no more"):
        bad.to_json(tmp_path / "*.json")
    assert names(tmp_path) == []


# -- ORC -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheduler", ["sync", "processes"])
def test_orc_files_come_back(tmp_path, frame, scheduler):
    df = dd.from_pandas(frame.astype({"c": "category"}), npartitions=3)

    paths = df.to_orc(tmp_path / "out", compute_kwargs={"scheduler": scheduler})

    assert [p.rpartition("/")[2] for p in paths] == [f"part.0000{n}.orc" for n in range(3)]
    assert_eq(dd.read_orc(tmp_path / "out", index="k"), frame, scheduler=scheduler)
    narrow = dd.read_orc(tmp_path / "out", columns=["b", "a"])
    assert len(narrow) == 60
    assert narrow.divisions == (0, 20, 40, 59)
    assert_eq(narrow.a, frame.a.reset_index(drop=True))
    assert_eq(dd.read_orc(tmp_path / "out", columns="b"), frame.b.reset_index(drop=True))


def test_orc_refuses_what_it_can_not_hold(tmp_path, frame):
    with pytest.raises(ValueError, match="must be strings in ORC"):
        dd.from_pandas(frame.rename(columns={"a": 1}), npartitions=1).to_orc(tmp_path)
    with pytest.raises(ValueError, match="engine can't be"):
        dd.read_orc(tmp_path, engine="other")

"""Files elsewhere: on a stand-in of S3 and on web servers of this machine, plain and compressed."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest

import treadle.dataframe as dd
from treadle.dataframe.build import partwise
from treadle.dataframe.testing import assert_eq

pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")


@pytest.fixture
def frame():
    n = np.arange(400)
    return pd.DataFrame({"a": n, "b": n / 8, "c": pd.Series([f"name {i}" for i in n], dtype="str")})


def fail_late(part):
    if part.index[0] > 50:
        raise RuntimeError("no more")
    return part


# -- S3 --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheduler", ["threads", "processes"])
def test_csv_on_s3_is_written_listed_and_read_in_blocks(s3, frame, scheduler):
    df = dd.from_pandas(frame, npartitions=3)

    paths = df.to_csv(
        "s3://frames/csv/a-*.csv", index=False, storage_options=s3, scheduler=scheduler
    )

    assert paths == [f"frames/csv/a-{n}.csv" for n in range(3)]
    back = dd.read_csv("s3://frames/csv/*.csv", blocksize=1000, storage_options=s3)
    assert back.npartitions > 3
    assert_eq(back, frame, check_index=False, scheduler=scheduler)
    assert len(back) == 400
    assert back.expr.reading.first_rows(5).equals(frame.head(5))


def test_compressed_csv_on_s3(s3, frame):
    dd.from_pandas(frame, npartitions=2).to_csv(
        "s3://frames/gz/all.csv.gz", single_file=True, index=False, storage_options=s3
    )
    back = dd.read_csv("s3://frames/gz/all.csv.gz", storage_options=s3)
    assert_eq(back, frame)


@pytest.mark.parametrize("scheduler", ["threads", "processes"])
def test_parquet_on_s3_is_written_appended_overwritten_and_read(s3, frame, scheduler):
    df = dd.from_pandas(frame, npartitions=4)
    where = f"s3://frames/pq-{scheduler}"
    options = {"storage_options": s3, "compute_kwargs": {"scheduler": scheduler}}

    df.partitions[:2].to_parquet(where, **options)
    df.partitions[2:].to_parquet(where, append=True, **options)
    back = dd.read_parquet(where, storage_options=s3)
    assert back.divisions == (0, 100, 200, 300, 399)
    assert_eq(back[back.a > 250].b, frame[frame.a > 250].b, scheduler=scheduler, check_index=False)

    df.to_parquet(where, overwrite=True, **options)
    assert_eq(dd.read_parquet(where, storage_options=s3), frame, check_index=False)


def test_json_on_s3(s3, frame):
    dd.from_pandas(frame, npartitions=2).to_json("s3://frames/js/*.jsonl", storage_options=s3)
    back = dd.read_json("s3://frames/js/*.jsonl", blocksize=2000, storage_options=s3)
    assert back.npartitions > 2
    assert_eq(back, frame, check_index=False)


def test_a_failed_write_leaves_nothing_on_s3(s3, frame):
    import s3fs

    fs = s3fs.S3FileSystem(**s3)
    bad = partwise("fail", fail_late, dd.from_pandas(frame, npartitions=2), meta=frame.iloc[:0])
    with pytest.raises(RuntimeError, match="no more"):
        bad.to_csv("s3://frames/bad/*.csv", storage_options=s3)
    fs.invalidate_cache()
    assert not fs.exists("s3://frames/bad")


def test_names_that_stand_for_no_file(s3):
    for read, end in ((dd.read_csv, "csv"), (dd.read_parquet, "parquet"), (dd.read_json, "json")):
        with pytest.raises(FileNotFoundError):
            read(f"s3://frames/nowhere/*.{end}", storage_options=s3)


# -- HTTP ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheduler", ["threads", "processes"])
def test_csv_from_a_web_server(web, tmp_path, frame, scheduler):
    frame.to_csv(tmp_path / "a.csv", index=False)
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress((tmp_path / "a.csv").read_bytes()))

    df = dd.read_csv(f"{web}/a.csv", blocksize=2000)

    assert_eq(df, frame, check_index=False, scheduler=scheduler)
    both = dd.read_csv([f"{web}/a.csv", f"{web}/b.csv.gz"])
    assert_eq(both, pd.concat([frame, frame]), check_index=False, scheduler=scheduler)


def test_only_servers_that_know_ranges_are_asked_for_blocks(web, tmp_path, frame, request):
    frame.to_csv(tmp_path / "a.csv", index=False)
    blocks = dd.read_csv(f"{web}/a.csv", blocksize=2000).npartitions
    assert (blocks > 1) == ("ranges" in request.node.callspec.params.values())


def test_json_from_a_web_server(web, tmp_path, frame):
    frame.to_json(tmp_path / "a.jsonl", orient="records", lines=True)
    df = dd.read_json(f"{web}/a.jsonl", blocksize=2000, sample=300)
    assert_eq(df, frame, check_index=False)


def test_parquet_from_a_web_server(web, tmp_path, frame):
    frame.to_parquet(tmp_path / "a.parquet", row_group_size=100)
    df = dd.read_parquet(f"{web}/a.parquet", split_row_groups=True)
    assert_eq(df.b, frame.b)


# -- others ----------------------------------------------------------------------------------------


def test_buckets_of_google_go_to_their_file_system(monkeypatch):
    import fsspec

    seen = []

    class Gone(Exception):
        pass

    def asked(name, *args, **kwargs):
        seen.append(name)
        raise Gone

    monkeypatch.setattr(fsspec.core, "get_filesystem_class", asked)
    for read in (dd.read_csv, dd.read_parquet, dd.read_json):
        with pytest.raises(Gone):
            read("gcs://bucket/a.csv")
    assert seen == ["gcs"] * 3


def test_memory_and_local_names_with_a_protocol(tmp_path, frame):
    df = dd.from_pandas(frame, npartitions=2)
    df.to_csv(f"file://{tmp_path}/*.csv", index=False)
    assert_eq(dd.read_csv(f"file://{tmp_path}/*.csv"), frame, check_index=False)
    df.to_parquet("memory://out/pq", compute_kwargs={"scheduler": "threads"})
    assert_eq(dd.read_parquet("memory://out/pq"), frame, check_index=False, scheduler="threads")

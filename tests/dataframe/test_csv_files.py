"""Files of CSV: several, compressed, remote, empty, or with headers that differ."""

from __future__ import annotations

import bz2
import gzip
import http.server
import lzma
import pickle
import threading
import zipfile

import pandas as pd
import pyarrow as pa
import pytest

from treadle.dataframe.io.csv_plan import plan_csv
from treadle.dataframe.io.csv_read import read_csv_block
from treadle.dataframe.io.csv_source import find_sources, read_head
from treadle.errors import CsvDtypeError, CsvError

HEAD, ROWS = b"i,s\n", b"".join(b"%d,x%d\n" % (n, n) for n in range(300))


def read(urlpath, columns=None, **options):
    plan = pickle.loads(pickle.dumps(plan_csv(urlpath, **options)))
    frames = [read_csv_block(block, plan.reading, columns) for block in plan.blocks]
    return pd.concat(frames, ignore_index=True)


def wanted(count=1):
    frame = pd.DataFrame({"i": range(300), "s": [f"x{n}" for n in range(300)]})
    return pd.concat([frame] * count, ignore_index=True)


def zipped(path, data):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", data)


COMPRESSED = {
    "gz": lambda path, data: path.write_bytes(gzip.compress(data)),
    "bz2": lambda path, data: path.write_bytes(bz2.compress(data)),
    "xz": lambda path, data: path.write_bytes(lzma.compress(data)),
    "zst": lambda path, data: path.write_bytes(pa.compress(data, "zstd", asbytes=True)),
    "zip": zipped,
}


@pytest.mark.parametrize("ending", COMPRESSED)
def test_a_compressed_file_is_one_block(tmp_path, ending):
    path = tmp_path / f"a.csv.{ending}"
    COMPRESSED[ending](path, HEAD + ROWS)

    plan = plan_csv(path, blocksize=100)

    assert len(plan.blocks) == 1
    pd.testing.assert_frame_equal(read(path), wanted())


def test_compression_can_be_named(tmp_path):
    path = tmp_path / "a.data"
    path.write_bytes(gzip.compress(HEAD + ROWS))

    pd.testing.assert_frame_equal(read(path, compression="gzip"), wanted())
    with pytest.raises(ValueError, match="unknown compression 'rar'"):
        read(path, compression="rar")


def test_an_archive_of_several_files_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.csv", "")
        archive.writestr("b.csv", "")

    with pytest.raises(CsvError, match="holds 2 files"):
        plan_csv(tmp_path / "a.zip")


def test_patterns_and_lists_stand_for_files_in_order(tmp_path):
    for name in "ba":
        (tmp_path / f"{name}.csv").write_bytes(HEAD + ROWS)

    by_pattern = plan_csv(tmp_path / "*.csv", include_path_column="from")
    by_list = plan_csv([tmp_path / "b.csv", tmp_path / "a.csv"])

    assert [b.source.path[-5:] for b in by_pattern.blocks] == ["a.csv", "b.csv"]
    assert [b.source.path[-5:] for b in by_list.blocks] == ["b.csv", "a.csv"]
    frame = read_csv_block(by_pattern.blocks[1], by_pattern.reading)
    assert frame["from"].astype(str).unique().tolist() == [str(tmp_path / "b.csv")]
    assert frame.dtypes.equals(by_pattern.meta.dtypes)


def test_a_name_without_a_file_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.csv"):
        plan_csv(tmp_path / "none.csv")
    with pytest.raises(FileNotFoundError, match=r"\*\.csv"):
        plan_csv(tmp_path / "*.csv")
    with pytest.raises(IsADirectoryError):
        plan_csv(tmp_path)


def test_an_empty_file_is_an_error_and_one_among_others_has_no_rows(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"")
    (tmp_path / "b.csv").write_bytes(HEAD + ROWS)
    (tmp_path / "c.csv").write_bytes(HEAD)

    with pytest.raises(CsvError, match="there is nothing in it"):
        plan_csv(tmp_path / "a.csv")

    pd.testing.assert_frame_equal(read(tmp_path / "*.csv"), wanted())


def test_a_file_of_blank_lines_is_empty(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"\n\n  \n")

    with pytest.raises(CsvError, match="there is nothing in it"):
        plan_csv(tmp_path / "a.csv")


@pytest.mark.parametrize("blocksize", [None, 200])
def test_columns_in_another_order_go_by_their_names(tmp_path, blocksize):
    (tmp_path / "a.csv").write_bytes(HEAD + ROWS)
    (tmp_path / "b.csv").write_bytes(b"s,i\n" + b"".join(b"x%d,%d\n" % (n, n) for n in range(300)))

    frame = read(tmp_path / "*.csv", blocksize=blocksize)

    pd.testing.assert_frame_equal(frame, wanted(2))
    one = read(tmp_path / "*.csv", ["s"], blocksize=blocksize)
    pd.testing.assert_frame_equal(one, wanted(2)[["s"]])


@pytest.mark.parametrize("blocksize", [None, 200])
def test_other_columns_are_an_error_that_names_the_file(tmp_path, blocksize):
    (tmp_path / "a.csv").write_bytes(HEAD + ROWS)
    (tmp_path / "b.csv").write_bytes(b"i,t\n" + ROWS)

    with pytest.raises(CsvError, match=r"b\.csv.*lacks \['s'\] and has \['t'\]"):
        read(tmp_path / "*.csv", blocksize=blocksize)


def test_dtypes_come_from_all_files(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"a,b\n1,2\n")
    (tmp_path / "b.csv").write_bytes(b"b,a\nx,1.5\n")

    assert plan_csv(tmp_path / "*.csv").meta.dtypes.astype(str).to_dict() == {
        "a": "float64",
        "b": "str",
    }


def test_a_file_that_changes_changes_the_marks(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(HEAD + ROWS)
    before = plan_csv(path).marks
    path.write_bytes(HEAD + ROWS + ROWS)

    assert plan_csv(path).marks != before


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"nrows": 3}, "use df.head"),
        ({"chunksize": 3}, "use blocksize"),
        ({"dtype_backend": "pyarrow"}, "give dtype"),
        ({"blocksize": 0}, "blocksize must be 1 or more"),
        ({"usecols": ["q"]}, "usecols names"),
        ({"index_col": "q"}, "index_col names 'q'"),
        ({"parse_dates": ["q"]}, "parse_dates names 'q'"),
        ({"names": ["a", "a"]}, "names must differ"),
        ({"include_path_column": "i"}, "have a column 'i'"),
    ],
    ids=str,
)
def test_options_without_a_meaning_are_refused(tmp_path, options, text):
    (tmp_path / "a.csv").write_bytes(HEAD + ROWS)

    with pytest.raises(ValueError, match=text):
        plan_csv(tmp_path / "a.csv", **options)


def test_memory_files_of_fsspec_are_read_in_blocks():
    fsspec = pytest.importorskip("fsspec")
    fsspec.filesystem("memory").pipe("/csv/a.csv", HEAD + ROWS)

    plan = plan_csv("memory://csv/*.csv", blocksize=500)

    assert len(plan.blocks) > 2
    pd.testing.assert_frame_equal(read("memory://csv/*.csv", blocksize=500), wanted())


def test_options_reach_the_file_system(tmp_path):
    (tmp_path / "a.csv").write_bytes(HEAD + ROWS)

    [source] = find_sources(f"file://{tmp_path}/a.csv", storage_options={"auto_mkdir": True})

    assert source.options == {"auto_mkdir": True}
    assert read_head(source, 4) == HEAD


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves one file, with or without ranges."""

    ranges = True
    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self.answer(False)

    def do_GET(self):
        self.answer(True)

    def answer(self, body):
        data, status = HEAD + ROWS, 200
        wish = self.headers.get("Range")
        if wish and self.ranges:
            begin, end = wish.removeprefix("bytes=").split("-")
            total, status = len(data), 206
            data = data[int(begin) : int(end or total) + 1]
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        if self.ranges:
            self.send_header("Accept-Ranges", "bytes")
        if status == 206:
            first = int(begin)
            self.send_header("Content-Range", f"bytes {first}-{first + len(data) - 1}/{total}")
        self.end_headers()
        if body:
            self.wfile.write(data)

    def log_message(self, *args):
        pass


@pytest.fixture(params=[True, False], ids=["ranges", "no ranges"])
def server(request):
    handler = type("Serving", (Handler,), {"ranges": request.param})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/a.csv", request.param
    server.shutdown()
    thread.join()
    server.server_close()


def test_files_on_a_web_server_come_in_blocks_if_it_knows_ranges(server):
    pytest.importorskip("aiohttp")
    url, ranges = server

    plan = plan_csv(url, blocksize=500)

    assert (len(plan.blocks) > 2) == ranges
    pd.testing.assert_frame_equal(read(url, blocksize=500), wanted())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_files_on_s3_come_in_blocks(monkeypatch):
    pytest.importorskip("s3fs")
    moto = pytest.importorskip("moto.server")
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        monkeypatch.setenv(f"AWS_{name}", "stand-in")
    standin = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    standin.start()
    try:
        host, port = standin.get_host_and_port()
        options = {"client_kwargs": {"endpoint_url": f"http://{host}:{port}"}}
        import s3fs

        fs = s3fs.S3FileSystem(**options)
        fs.mkdir("bucket")
        fs.pipe("bucket/a.csv", HEAD + ROWS)
        fs.pipe("bucket/b.csv", HEAD + ROWS)

        frame = read("s3://bucket/*.csv", blocksize=500, storage_options=options)

        pd.testing.assert_frame_equal(frame, wanted(2))
    finally:
        standin.stop()


def test_errors_of_compressed_files_name_places_in_the_text(tmp_path):
    path = tmp_path / "a.csv.gz"
    text = b"a,b\n" + b"1,2\n" * 1000 + b"x,2\n"
    path.write_bytes(gzip.compress(text))
    plan = plan_csv(path, sample=100)

    with pytest.raises(CsvDtypeError) as caught:
        read_csv_block(plan.blocks[0], plan.reading)

    assert caught.value.offset == text.index(b"x")


def test_late_values_in_files_that_are_read_whole_are_errors_too(tmp_path):
    for name, value in zip("abcd", ["1", "1.5", "2", "3"], strict=True):
        (tmp_path / f"{name}.csv").write_text(f"x,y\n{value},5 # why\n")
    plan = plan_csv(tmp_path / "*.csv", comment="#")

    with pytest.raises(CsvDtypeError, match=r"b\.csv, column 'x': holds values") as caught:
        read_csv_block(plan.blocks[1], plan.reading)

    assert caught.value.promotion == {"x": "float64"}
    plan = plan.promoted(caught.value.promotion)
    frames = [read_csv_block(block, plan.reading) for block in plan.blocks]
    assert pd.concat(frames).x.tolist() == [1, 1.5, 2, 3]

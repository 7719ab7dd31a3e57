"""Pieces of a shuffle: no more memory than allowed, nothing changed, nothing left behind."""

from __future__ import annotations

import errno
import os
import pickle
import subprocess
import sys
import threading

import numpy as np
import pandas as pd
import pandas.testing as tm
import pytest

from treadle.dataframe.shuffle import pool as pool_module
from treadle.dataframe.shuffle.pieces import numbers_by_hash, split_by_numbers
from treadle.dataframe.shuffle.pool import Pool, Room
from treadle.dataframe.shuffle.spill_file import SpillFile
from treadle.errors import SpillError
from treadle.protocol.payloads import dump_payload, load_payload
from treadle.utils.sizeof import sizeof


def part(number, rows=2000):
    """An input partition of many dtypes."""
    values = np.arange(rows) + number * rows
    return pd.DataFrame(
        {
            "n": values,
            "text": pd.Series([f"text {value}" for value in values], dtype="str"),
            "group": pd.Categorical([["a", "b", "c"][value % 3] for value in values]),
            "maybe": pd.array([None if value % 5 else value for value in values], dtype="Int64"),
            "when": pd.date_range("2024", periods=rows, tz="UTC"),
            "thing": pd.Series([[value, None][value % 2] for value in values], dtype=object),
        },
        index=pd.Index(values * 2, name="id"),
    )


def cut(df, count):
    return split_by_numbers(df, numbers_by_hash(df, "n", count), count, own=True)


@pytest.fixture
def pool(monkeypatch):
    """A pool of this test, empty when it ends."""
    pool = Pool()
    monkeypatch.setattr(pool_module, "POOL", pool)
    yield pool
    assert (pool.nbytes, pool.nbytes_on_disk) == (0, 0)
    assert not pool._files
    assert not pool._writers


@pytest.mark.parametrize("memory", [0, 200_000, 10**9])
def test_pieces_come_back_as_they_were_wherever_they_lay(pool, memory):
    frames = [piece for number in range(6) for piece in cut(part(number), 5)]

    pieces = pool.keep(frames, Room(memory))

    assert pool.nbytes <= memory
    assert (pool.nbytes_on_disk > 0) == (memory < 10**9)
    for piece, wanted in zip(pieces, frames, strict=True):
        tm.assert_frame_equal(piece.load(), wanted)
        tm.assert_frame_equal(piece.load(), wanted)


def test_dropping_pieces_frees_their_memory_and_their_place_on_disk(pool):
    pieces = pool.keep(cut(part(0), 4), Room(100_000))
    assert 0 < pool.nbytes <= 100_000
    before = pool.nbytes + pool.nbytes_on_disk

    while pieces:
        pieces.pop()
        assert pool.nbytes + pool.nbytes_on_disk < before
        before = pool.nbytes + pool.nbytes_on_disk


def test_series_and_empty_pieces_are_kept_as_well(pool):
    series = part(0).text

    pieces = pool.keep([series, series.iloc[:0]], Room(0))

    tm.assert_series_equal(pieces[0].load(), series)
    tm.assert_series_equal(pieces[1].load(), series.iloc[:0])


@pytest.mark.parametrize("here", [0, 10**9])
@pytest.mark.parametrize("there", [0, 10**9])
def test_a_piece_that_travels_lies_in_the_pool_where_it_arrives(pool, monkeypatch, here, there):
    (frame,) = cut(part(0), 1)
    (piece,) = pool.keep([frame], Room(here))
    payload = dump_payload(piece)
    monkeypatch.setattr(Room, "limit", lambda self: there)

    copy = load_payload(b"".join(payload.pickle), payload.buffers)

    tm.assert_frame_equal(copy.load(), frame)
    assert copy.rows == len(frame)
    assert (copy.nbytes == 0) == (there == 0)
    tm.assert_frame_equal(pickle.loads(pickle.dumps(copy, 5)).load(), frame)


def test_sizes_are_what_lies_in_memory_and_of_all_pieces_what_would_travel(pool):
    frame = part(0)
    (inside,) = pool.keep([frame], Room(10**9))
    spilled = pool.keep([frame], Room(0))

    assert sizeof(inside) == pytest.approx(sizeof(frame), rel=0.1)
    assert sizeof(spilled[0]) < 1000
    assert sizeof(spilled) == pytest.approx(sizeof(frame), rel=0.1)


def test_memory_may_be_a_part_of_that_of_the_process(monkeypatch):
    monkeypatch.setattr(pool_module, "process_memory", lambda: 1000)

    assert Room(0.5).limit() == 500
    assert Room("0.1 kB").limit() == 100
    assert Room(0).limit() == 0
    assert Room().limit() == 250


def test_many_threads_may_keep_and_drop(pool):
    failures = []

    def work(number):
        try:
            for source in range(number, 24, 4):
                frames = cut(part(source, 500), 3)
                for piece, wanted in zip(pool.keep(frames, Room(50_000)), frames, strict=True):
                    tm.assert_frame_equal(piece.load(), wanted)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not failures


@pytest.mark.skipif(os.name != "posix", reason="files have names on Windows while they are open")
def test_no_file_can_be_seen_even_while_it_is_in_use(pool, tmp_path):
    pieces = pool.keep([part(0)], Room(0, str(tmp_path)))

    assert pool.nbytes_on_disk > 0
    assert list(tmp_path.iterdir()) == []
    del pieces


@pytest.mark.skipif(os.name != "posix", reason="Windows frees the file when its handle is closed")
def test_nothing_is_left_of_a_process_that_was_killed(tmp_path):
    program = (
        "import os, sys, pandas as pd\n"
        "from treadle.dataframe.shuffle.pool import POOL, Room\n"
        "pieces = POOL.keep([pd.DataFrame({'x': range(1000)})], Room(0, sys.argv[1]))\n"
        "assert POOL.nbytes_on_disk > 8000\n"
        "os.kill(os.getpid(), 9)"
    )

    run = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)

    assert run.returncode == -9
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_process_that_was_forked_does_not_touch_the_file_of_its_parent(pool):
    (piece,) = pool.keep([part(0)], Room(0))
    written = pool.nbytes_on_disk

    child = os.fork()
    if child == 0:
        pool.forget(piece)
        os._exit(0 if pool.nbytes_on_disk == written else 1)
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0
    tm.assert_frame_equal(piece.load(), part(0))


@pytest.mark.skipif(not hasattr(os, "pwrite"), reason="the disk is filled by way of pwrite")
def test_a_full_disk_is_named(pool, tmp_path, monkeypatch):
    def full(fd, data, offset):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(SpillError, match=r"No space left on device, and .* bytes are free") as e:
        pool.keep([part(1)], Room(0, str(tmp_path)))

    assert e.value.directory == str(tmp_path)
    assert e.value.nbytes > 1000
    e.value.__traceback__ = None


def test_a_folder_that_is_not_there_is_named(pool, tmp_path):
    with pytest.raises(SpillError, match="gone"):
        pool.keep([part(0)], Room(0, str(tmp_path / "gone")))


def test_a_piece_that_finds_no_place_where_it_arrives_fails_whoever_needs_it(pool, tmp_path):
    record = [bytes(10_000)]

    piece = pool.take_in(record, 1, Room(0, str(tmp_path / "gone")))

    with pytest.raises(SpillError, match="gone"):
        piece.load()


@pytest.mark.skipif(not hasattr(os, "pwrite"), reason="counts what pwrite is given")
def test_a_write_that_stops_halfway_goes_on(monkeypatch):
    plain = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda fd, data, offset: plain(fd, data[:100], offset))
    file = SpillFile()

    extent = file.write([b"x" * 1000, b"", b"y"])

    assert [bytes(buffer) for buffer in file.read(extent)] == [b"x" * 1000, b"", b"y"]
    file.close()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="holes are made on Linux only")
def test_the_space_of_an_extent_is_freed_with_it_and_the_file_with_the_last_one(tmp_path):
    file = SpillFile(str(tmp_path))
    first, second = file.write([b"a" * 2**20]), file.write([b"b" * 2**20])

    def on_disk():
        return os.fstat(file._file.fileno()).st_blocks * 512

    both = on_disk()
    file.free(first)
    assert on_disk() <= both - 2**20 + 8192
    assert bytes(file.read(second)[0]) == b"b" * 2**20
    file.free(second)

    assert os.fstat(file._file.fileno()).st_size == 0
    assert file.nbytes == 0
    file.close()

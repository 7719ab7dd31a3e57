"""Pieces of a shuffle: none lost, none twice, no more memory than allowed, nothing left behind."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading

import numpy as np
import pandas as pd
import pandas.testing as tm
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treadle.dataframe.shuffle.pieces import split_by_hash
from treadle.dataframe.shuffle.shard_store import ShardStore
from treadle.dataframe.shuffle.spill_file import SpillFile
from treadle.errors import SpillError


def part(number, rows=200):
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


def test_what_was_spilled_comes_back_as_it_was():
    parts = [part(number) for number in range(12)]

    with ShardStore(memory_limit=30_000) as store:
        for number, df in enumerate(parts):
            store.append(number, split_by_hash(df, "n", 5))
            assert store.nbytes_in_memory <= 15_000
        assert store.nbytes_on_disk > 100_000
        back = [store.read(target) for target in range(5)]
        assert (store.nbytes_in_memory, store.nbytes_on_disk) == (0, 0)

    expected = split_by_hash(pd.concat(parts), "n", 5)
    for result, wanted in zip(back, expected, strict=True):
        tm.assert_frame_equal(result, wanted)


@settings(deadline=None, max_examples=30)
@given(st.permutations(range(6)), st.sampled_from([1, 5_000, 10**9]), st.integers(1, 200))
def test_rows_come_in_the_order_of_sources_whenever_these_arrived(order, limit, npartitions):
    with ShardStore(memory_limit=limit) as store:
        for source in order:
            store.append(source, split_by_hash(part(source, 20), "n", npartitions))
        back = pd.concat([store.read(target) for target in range(npartitions)])

    assert sorted(back.n) == list(range(120))
    expected = pd.concat([part(source, 20) for source in range(6)])
    wanted = pd.concat(split_by_hash(expected, "n", npartitions))
    tm.assert_frame_equal(back, wanted)


@pytest.mark.parametrize("limit", [1, 10**9])
def test_a_source_that_comes_again_is_ignored(limit):
    with ShardStore(memory_limit=limit) as store:
        assert store.append(3, {0: part(0, 2)}) is True
        assert store.append(3, {0: part(1, 2)}) is False
        assert store.has(3)
        assert not store.has(0)
        tm.assert_frame_equal(store.read(0), part(0, 2))


@pytest.mark.parametrize("limit", [1, 10**9])
def test_a_partition_may_be_kept_for_another_reader(limit):
    with ShardStore(memory_limit=limit) as store:
        store.append(0, [part(0, 5)])

        tm.assert_frame_equal(store.read(0, keep=True), store.read(0))
        assert len(store.read(0)) == 0


def test_a_partition_without_rows_has_columns_and_dtypes():
    meta = part(0).iloc[:0]

    with ShardStore(100) as store:
        with pytest.raises(KeyError, match="nothing came for partition 7, and there is no meta"):
            store.read(7)
        store.append(0, {0: part(0, 3)})
        tm.assert_frame_equal(store.read(7), meta)
    with ShardStore(100, meta=meta) as store:
        tm.assert_frame_equal(store.read(7), meta)


def test_many_threads_may_append():
    store = ShardStore(memory_limit=20_000)

    def append(sources):
        for source in sources:
            store.append(source, split_by_hash(part(source, 40), "n", 3))

    threads = [threading.Thread(target=append, args=(range(k, 40, 4),)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    back = [store.read(target) for target in range(3)]
    store.close()
    expected = split_by_hash(pd.concat([part(n, 40) for n in range(40)]), "n", 3)
    for result, wanted in zip(back, expected, strict=True):
        tm.assert_frame_equal(result, wanted)


def test_no_file_can_be_seen_even_while_the_store_is_in_use(tmp_path):
    store = ShardStore(memory_limit=1, directory=str(tmp_path))

    store.append(0, [part(0)])

    assert store.nbytes_on_disk > 0
    if os.name == "posix":
        assert list(tmp_path.iterdir()) == []
    store.close()
    assert store.nbytes_on_disk == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="Windows frees the file when its handle is closed")
def test_nothing_is_left_of_a_process_that_was_killed(tmp_path):
    program = (
        "import os, sys, pandas as pd\n"
        "from treadle.dataframe.shuffle.shard_store import ShardStore\n"
        "store = ShardStore(1, directory=sys.argv[1])\n"
        "store.append(0, [pd.DataFrame({'x': range(1000)})])\n"
        "assert store.nbytes_on_disk > 8000\n"
        "os.kill(os.getpid(), 9)"
    )

    run = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)

    assert run.returncode == -9
    assert list(tmp_path.iterdir()) == []


def test_a_closed_store_says_so():
    store = ShardStore(100)
    store.close()
    store.close()

    for use in (lambda: store.append(0, []), lambda: store.read(0)):
        with pytest.raises(ValueError, match="the store of a shuffle is closed"):
            use()


@pytest.mark.skipif(not hasattr(os, "pwrite"), reason="the disk is filled by way of pwrite")
def test_a_full_disk_is_named_and_nothing_is_lost(tmp_path, monkeypatch):
    store = ShardStore(memory_limit=20_000, directory=str(tmp_path))
    store.append(0, split_by_hash(part(0), "n", 3))
    written = store.nbytes_on_disk
    assert written > 0

    def full(fd, data, offset):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        with pytest.raises(
            SpillError, match=r"No space left on device, and .* bytes are free"
        ) as e:
            store.append(1, split_by_hash(part(1), "n", 3))
    assert e.value.directory == str(tmp_path)
    assert e.value.nbytes > 1000
    assert store.nbytes_on_disk == written

    store.spill()  # there is space again
    assert store.nbytes_in_memory == 0
    expected = split_by_hash(pd.concat([part(0), part(1)]), "n", 3)
    for target, wanted in enumerate(expected):
        tm.assert_frame_equal(store.read(target), wanted)
    store.close()


def test_a_folder_that_is_not_there_is_named(tmp_path):
    store = ShardStore(1, directory=str(tmp_path / "gone"))

    with pytest.raises(SpillError, match="gone"):
        store.append(0, [part(0)])


@pytest.mark.skipif(not hasattr(os, "pwrite"), reason="counts what pwrite is given")
def test_a_write_that_stops_halfway_goes_on(monkeypatch):
    plain = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda fd, data, offset: plain(fd, data[:100], offset))
    file = SpillFile()

    extent = file.write([b"x" * 1000, b"", b"y"])

    assert [bytes(buffer) for buffer in file.read(extent)] == [b"x" * 1000, b"", b"y"]
    file.close()


def test_the_space_of_a_file_is_freed_with_its_last_extent():
    file = SpillFile()
    first, second = file.write([b"a" * 500]), file.write([b"b" * 500])

    file.free(first)
    assert os.fstat(file._file.fileno()).st_size == 1024
    assert bytes(file.read(second)[0]) == b"b" * 500
    file.free(second)

    assert os.fstat(file._file.fileno()).st_size == 0
    assert file.nbytes == 0
    file.close()

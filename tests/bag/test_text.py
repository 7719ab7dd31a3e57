"""Text files in and out of bags."""

from __future__ import annotations

import gzip

import pytest

import treadle.bag as db

LINES = [f"line {n} äöü\n" for n in range(100)]


@pytest.fixture
def files(tmp_path):
    for n in range(4):
        part = LINES[n * 25 : (n + 1) * 25]
        (tmp_path / f"{n}.txt").write_text("".join(part), encoding="utf-8")
    return tmp_path


def test_files_are_partitions_of_lines(files, engine):
    b = db.read_text(files / "*.txt")

    assert b.npartitions == 4
    assert b.compute(scheduler=engine) == LINES


@pytest.mark.parametrize("blocksize", [1, 10, 97, "1kB", 10**6])
def test_blocks_of_files_have_every_line_once(files, blocksize):
    b = db.read_text([files / f"{n}.txt" for n in range(4)], blocksize=blocksize)

    assert b.compute(scheduler="sync") == LINES


def test_small_files_share_a_partition(files):
    b = db.read_text(files / "*.txt", files_per_partition=3)

    assert b.npartitions == 2
    assert b.compute() == LINES


def test_lines_know_their_file(files):
    line, path = db.read_text(files / "*.txt", include_path=True).compute()[30]

    assert line == LINES[30]
    assert path.endswith("1.txt")


def test_compressed_files_are_read_and_cannot_be_cut(tmp_path):
    with gzip.open(tmp_path / "a.txt.gz", "wt", encoding="utf-8") as stream:
        stream.writelines(LINES)

    assert db.read_text(tmp_path / "a.txt.gz").compute() == LINES
    with pytest.raises(ValueError, match="compressed"):
        db.read_text(tmp_path / "a.txt.gz", blocksize=100)


def test_other_ends_of_lines(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"one\r\ntwo\rthree;four")

    assert db.read_text(tmp_path / "a.txt").compute() == ["one\n", "two\n", "three;four"]
    assert db.read_text(tmp_path / "a.txt", linedelimiter=";").compute() == [
        "one\r\ntwo\rthree;", "four"
    ]  # fmt: skip


def test_a_file_that_is_changed_is_read_again(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("one\n")
    before = db.read_text(path)
    path.write_text("one\ntwo\n")

    assert db.read_text(path).name != before.name
    assert db.read_text(path).compute() == ["one\n", "two\n"]


def test_files_that_are_not_there_are_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing"):
        db.read_text(tmp_path / "nothing-*.txt")
    with pytest.raises(FileNotFoundError):
        db.read_text(tmp_path / "nothing.txt").compute()


@pytest.mark.parametrize("ending", ["txt", "txt.gz"])
def test_what_is_written_is_read_again(tmp_path, engine, ending):
    lines = [line.rstrip("\n") for line in LINES]
    b = db.from_sequence(lines, npartitions=12)

    paths = b.to_textfiles(tmp_path / "out" / f"*.{ending}", scheduler=engine)

    assert len(paths) == 12
    assert db.read_text(tmp_path / "out" / f"*.{ending}").str.strip().compute() == lines


def test_names_of_files(tmp_path):
    b = db.from_sequence("ab", npartitions=2)

    b.to_textfiles(tmp_path / "part-*.txt", name_function=lambda n: "xy"[n])
    b.to_textfiles([tmp_path / "first", tmp_path / "second"], last_endline=True)
    later = b.to_textfiles(tmp_path / "later-*", compute=False)

    assert {path.name for path in tmp_path.iterdir()} == {
        "part-x.txt",
        "part-y.txt",
        "first",
        "second",
    }
    assert (tmp_path / "first").read_bytes() == b"a\n"
    later.compute()
    assert (tmp_path / "later-1").read_bytes() == b"b"
    with pytest.raises(ValueError, match="names for"):
        b.to_textfiles([tmp_path / "one"])


def test_elements_that_are_no_strings_are_refused(tmp_path):
    with pytest.raises(TypeError, match="json"):
        db.from_sequence([{"a": 1}]).to_textfiles(tmp_path / "*.json")
    assert list(tmp_path.iterdir()) == []


def test_avro_files_go_round(tmp_path):
    pytest.importorskip("fastavro")
    schema = {"name": "r", "type": "record", "fields": [{"name": "n", "type": "int"}]}
    b = db.from_sequence([{"n": n} for n in range(10)], npartitions=3)

    b.to_avro(str(tmp_path / "*.avro"), schema)

    assert db.read_avro(str(tmp_path / "*.avro")).compute() == [{"n": n} for n in range(10)]

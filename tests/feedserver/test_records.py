"""Who may write a record, who may read it, and which are stale."""

from __future__ import annotations

import os
import subprocess
import sys

import msgspec
import pytest

from treadle.errors import RecordError
from treadle.feedserver import records
from treadle.feedserver.records import Record
from treadle.utils.secret import Secret

TOKEN = "c0ffee00" * 8


def record(name: str = "kernel-0f3a9c21", **changes) -> Record:
    values = {
        "name": name,
        "kind": "kernel",
        "label": "flights.ipynb",
        "pid": os.getpid(),
        "started": records.process_started(os.getpid()),
        "port": 40123,
        "observer_token": Secret(TOKEN),
        "instance": "5f0c6ab1d2e3f405",
        "kernel_id": None,
        "treadle": "0.1.0",
    }
    return Record(**{**values, **changes})


@pytest.fixture
def directory(tmp_path):
    path = tmp_path / "treadle"
    path.mkdir(mode=0o700)
    return path


def test_a_record_reads_as_it_was_written_and_is_private(tmp_path):
    path = records.write_record(record(), tmp_path / "runtime" / "treadle")

    read = records.read_record(path)

    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert list(path.parent.iterdir()) == [path]
    assert read.observer_token.matches(TOKEN)
    same = {"observer_token": Secret("")}
    assert repr(msgspec.structs.replace(read, **same)) == repr(
        msgspec.structs.replace(record(), **same)
    )


def test_a_record_is_private_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        path = records.write_record(record(), tmp_path / "treadle")
    finally:
        os.umask(before)

    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_token_never_shows_itself():
    shown = repr(record()) + str(record()) + f"{record().observer_token}"

    assert "c0ffee" not in shown


@pytest.mark.parametrize(
    "name",
    ["", "..", "../x", "a/b", "A", "-a", "a.b", "a\x00", "a\n", "a" * 64, "watch", "%2e%2e", "é"],
)
def test_a_name_that_is_none_is_refused(name, directory):
    assert not records.is_name(name)
    with pytest.raises(RecordError, match="can't be the name"):
        records.write_record(record(name), directory)


@pytest.mark.parametrize(
    ("kernel_id", "name"),
    [
        ("0f3a9c21-7d11-4b0e", "kernel-0f3a9c21"),
        ("0F3A9C21", "kernel-0f3a9c21"),
        ("../../etc/passwd", "kernel-etcpassw"),
    ],
)
def test_a_kernel_is_called_by_its_id(kernel_id, name):
    assert records.record_name("kernel", kernel_id) == name
    assert records.is_name(name)


def test_a_kernel_without_id_gets_a_name_of_its_own():
    names = {records.record_name("kernel", None) for _ in range(3)}

    assert len(names) == 3
    assert all(map(records.is_name, names))


def test_writing_into_a_directory_open_to_others_is_refused(tmp_path):
    directory = tmp_path / "treadle"
    directory.mkdir()
    directory.chmod(0o755)

    with pytest.raises(RecordError, match="open to other users"):
        records.write_record(record(), directory)


def damage_mode(path):
    path.chmod(0o640)


def damage_link(path):
    path.rename(path.with_suffix(".real"))
    path.symlink_to(path.with_suffix(".real"))


def damage_pipe(path):
    path.unlink()
    os.mkfifo(path, 0o600)


def damage_directory(path):
    path.unlink()
    path.mkdir(mode=0o700)


def damage_size(path):
    path.write_bytes(path.read_bytes() + b" " * records.MAX_RECORD_BYTES)


def damage_json(path):
    path.write_bytes(b"[" * 10_000)


def damage_encoding(path):
    path.write_bytes(path.read_bytes().replace(b"flights", b"\xff\xfe"))


def damage_host(path):
    path.write_bytes(path.read_bytes().replace(b"127.0.0.1", b"10.0.0.99"))


def damage_port(path):
    path.write_bytes(path.read_bytes().replace(b"40123", b"70000"))


def damage_name(path):
    path.write_bytes(path.read_bytes().replace(b"kernel-0f3a9c21", b"kernel-ffffffff"))


def damage_token(path):
    path.write_bytes(path.read_bytes().replace(TOKEN.encode(), b"short"))


def damage_folder_mode(path):
    path.parent.chmod(0o750)


DAMAGES = [value for name, value in list(globals().items()) if name.startswith("damage_")]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_record_that_cannot_be_trusted_is_neither_read_nor_listed(damage, directory):
    path = records.write_record(record(), directory)
    damage(path)

    with pytest.raises(RecordError) as caught:
        records.read_record(path)
    listed = records.list_records(directory)

    assert "c0ffee" not in str(caught.value)
    assert listed == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root to chown")
def test_a_record_of_another_user_is_refused(directory):
    path = records.write_record(record(), directory)
    os.chown(path, 65534, 65534)

    with pytest.raises(RecordError, match="belongs to another user"):
        records.read_record(path)


def test_records_are_listed_by_name_and_strangers_passed_over(directory):
    records.write_record(record("b"), directory)
    records.write_record(record("a"), directory)
    (directory / "notes.txt").write_text("x")
    (directory / "UPPER.json").write_text("{}")

    assert [r.name for r in records.list_records(directory)] == ["a", "b"]
    assert records.list_records(directory / "none") == []


def test_a_record_is_removed_by_its_own_process_only(directory):
    mine = record(instance="mine")
    path = records.write_record(record(instance="another"), directory)

    records.remove_record(mine, directory)
    survived = path.exists()
    records.write_record(mine, directory)
    records.remove_record(mine, directory)

    assert survived
    assert not path.exists()


def test_a_process_is_known_by_its_pid_and_its_start():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    started = records.process_started(child.pid)
    of_child = record(pid=child.pid, started=started)
    recycled = record(pid=child.pid, started=started - 3600)

    while_alive = records.is_alive(of_child), records.is_alive(recycled)
    child.communicate(b"\n", timeout=30)

    assert while_alive == (True, False)
    assert not records.is_alive(of_child)


def test_the_record_of_a_cluster_tells_where_it_is_and_hides_its_secret(directory):
    written = record(
        "local-1",
        kind="cluster",
        addresses=["unix:///run/x", "tcp://127.0.0.1:4000"],
        client_secret=Secret("ab" * 32),
        cluster="c1",
    )

    read = records.read_record(records.write_record(written, directory))

    assert read.addresses == written.addresses
    assert read.client_secret.matches("ab" * 32)
    assert read.cluster == "c1"
    assert "abab" not in repr(read)


def test_a_record_of_before_there_were_clusters_can_be_read(directory):
    path = records.write_record(record(), directory)
    fields = msgspec.json.decode(path.read_bytes())
    for name in ("addresses", "client_secret", "cluster"):
        del fields[name]
    path.write_bytes(msgspec.json.encode(fields))

    read = records.read_record(path)

    assert (read.addresses, read.client_secret, read.cluster) == ([], None, "")


def test_a_name_is_free_unless_a_process_that_runs_has_it(directory):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        other = record(
            "local-1", pid=process.pid, started=records.process_started(process.pid), instance="x"
        )
        records.write_record(other, directory)
        records.check_free("local-2", directory)
        with pytest.raises(RecordError, match="running already"):
            records.check_free("local-1", directory)
        process.communicate(b"\n", timeout=30)
    records.check_free("local-1", directory)

"""Clusters are found by name, with their secrets; passes hold one of them."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from treadle.comm.credentials import Credentials
from treadle.deploy import passes, records
from treadle.errors import ConfigError, RecordError
from treadle.feedserver.records import Record, process_started, write_record
from treadle.utils.secret import Secret

CLIENT, WORKER, OBSERVER = (Secret(digit * 64) for digit in "abc")


def make_record(name: str = "here", **changes) -> Record:
    facts = {
        "name": name,
        "kind": "cluster",
        "label": name,
        "pid": os.getpid(),
        "started": process_started(os.getpid()),
        "port": 1234,
        "observer_token": OBSERVER,
        "instance": "0",
        "kernel_id": None,
        "treadle": "0",
        "addresses": ["tcp://127.0.0.1:8786"],
        "client_secret": CLIENT,
        "worker_secret": WORKER,
        "cluster": "id",
    }
    return Record(**(facts | changes))


def test_a_cluster_that_runs_is_found_with_its_secrets(runtime: Path):
    write_record(make_record(), runtime)

    record = records.find("here")

    assert record.addresses == ["tcp://127.0.0.1:8786"]
    assert records.credentials(record).roles == ("client", "manager", "task", "worker")
    assert records.credentials(record, "worker").roles == ("task", "worker")
    assert [found.name for found in records.all_records()] == ["here"]


def test_a_name_that_nobody_has_is_refused_with_those_that_there_are(runtime: Path):
    write_record(make_record("first"), runtime)

    with pytest.raises(RecordError, match="no cluster is called 'frist'; did you mean 'first'"):
        records.find("frist")
    with pytest.raises(RecordError, match="no cluster is called 'other'; there are 'first'"):
        records.find("other")
    with pytest.raises(RecordError, match="can't be the name"):
        records.find("../first")


def test_kernels_and_clusters_that_have_ended_are_not_found(runtime: Path):
    write_record(make_record("kernel-1", kind="kernel", addresses=[]), runtime)
    write_record(make_record("ended", started=1.0), runtime)

    with pytest.raises(RecordError, match="is a kernel, which takes no clients"):
        records.find("kernel-1")
    with pytest.raises(RecordError, match="has ended"):
        records.find("ended")
    assert records.all_records() == []


def test_a_cluster_that_has_just_been_started_here_is_waited_for(runtime: Path):
    asked = []

    def wait(timeout: float) -> bool:
        asked.append(timeout)
        write_record(make_record("new"), runtime)
        return True

    records.announce("new", wait)
    try:
        assert records.find("new").name == "new"
    finally:
        records.announce("new", None)
    assert len(asked) == 1


def test_a_record_without_a_secret_gives_no_credentials_for_it():
    record = make_record(worker_secret=None)

    with pytest.raises(RecordError, match="holds no secret for a worker"):
        records.credentials(record, "worker")
    with pytest.raises(RecordError, match="holds no secret for a worker"):
        passes.make_pass(record, "worker")


@pytest.mark.parametrize("role", passes.ROLES)
def test_a_pass_holds_the_secrets_of_its_role_and_no_other(role: str, tmp_path: Path):
    path = tmp_path / "pass.json"
    mine = {"client": {CLIENT, WORKER}, "worker": {WORKER}}[role]

    passes.write_pass(path, passes.make_pass(make_record(), role))
    read = passes.read_pass(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (read.name, read.role) == ("here", role)
    assert read.credentials.holds(role)
    text = path.read_text()
    assert {secret for secret in (CLIENT, WORKER, OBSERVER) if secret.reveal() in text} == mine
    assert "aaaa" not in repr(read) + repr(read.credentials)


def test_a_pass_leads_to_an_address_that_can_be_reached_from_here(tmp_path: Path):
    here = tmp_path / "socket"
    here.touch()
    addresses = [f"unix://{here}", "tcp://10.0.0.5:8786"]
    passes.write_pass(
        tmp_path / "pass.json", passes.make_pass(make_record(addresses=addresses), "worker")
    )
    read = passes.read_pass(tmp_path / "pass.json")

    assert read.address == addresses[0]
    here.unlink()
    assert read.address == addresses[1]


def test_a_pass_to_a_cluster_without_a_network_address_is_no_use_elsewhere(tmp_path: Path):
    record = make_record(addresses=["unix:///nowhere/socket"])
    passes.write_pass(tmp_path / "pass.json", passes.make_pass(record, "worker"))

    with pytest.raises(ConfigError, match="on another machine"):
        passes.read_pass(tmp_path / "pass.json").address  # noqa: B018


def test_a_pass_is_never_written_over_a_file(tmp_path: Path):
    path = tmp_path / "pass.json"
    path.write_text("mine")

    with pytest.raises(RecordError, match="can't write"):
        passes.write_pass(path, b"{}")

    assert path.read_text() == "mine"


def spoil(path: Path, how: str) -> None:
    match how:
        case "open":
            path.chmod(0o644)
        case "link":
            path.rename(path.with_suffix(".real"))
            path.symlink_to(path.with_suffix(".real"))
        case "pipe":
            path.unlink()
            os.mkfifo(path, 0o600)
        case "long":
            path.write_bytes(path.read_bytes() + b" " * passes.MAX_BYTES)
        case "missing":
            path.unlink()
        case "text":
            path.write_text("not json: " + CLIENT.reveal())
        case "short":
            path.write_text(json.dumps(json.loads(path.read_text()) | {"secrets": {}}))


@pytest.mark.parametrize("how", ["open", "link", "pipe", "long", "missing", "text", "short"])
def test_a_pass_that_cannot_be_trusted_is_refused_without_repeating_it(how: str, tmp_path: Path):
    path = tmp_path / "pass.json"
    passes.write_pass(path, passes.make_pass(make_record(), "client"))
    spoil(path, how)

    with pytest.raises(RecordError) as refused:
        passes.read_pass(path)

    assert CLIENT.reveal() not in str(refused.value)


def test_secrets_are_kept_for_a_scheduler_that_is_started_again(tmp_path: Path):
    path = tmp_path / "secrets.json"
    credentials = Credentials.new("abc")

    passes.write_secrets(path, credentials)
    read = passes.read_secrets(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (read.cluster, read.reveal()) == ("abc", credentials.reveal())


@pytest.mark.parametrize("kept", [{"client": "a" * 64}, {"nobody": "a" * 64}])
def test_a_file_that_lacks_secrets_is_refused(kept: dict[str, str], tmp_path: Path):
    path = tmp_path / "secrets.json"
    passes.write_pass(
        path, json.dumps({"treadle_secrets": 1, "cluster": "x", "secrets": kept}).encode()
    )

    with pytest.raises(RecordError):
        passes.read_secrets(path)

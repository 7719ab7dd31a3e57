"""Commands on real processes: schedulers, workers and clusters from the command line."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from tests.cluster.nanny_tools import TIMEOUT, pidfd, wait_gone

from treadle import Client, LocalCluster
from treadle.cli.main import main
from treadle.deploy import records

pytestmark = pytest.mark.slow


@pytest.fixture
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(1, 1, name="here", host="127.0.0.1") as cluster:
        assert cluster.record.name == "here"
        yield cluster


@contextlib.contextmanager
def command(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run a command beside the test; killed at the end, if it is still there."""
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "treadle", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def inc(x: int) -> int:
    return x + 1


def test_clusters_are_listed_with_their_workers(cluster: LocalCluster, capsys):
    assert main(["cluster", "list"]) == 0
    header, line = capsys.readouterr().out.splitlines()
    assert main(["cluster", "list", "--json"]) == 0
    (facts,) = json.loads(capsys.readouterr().out)

    assert header.split() == ["name", "workers", "threads", "tasks", "up", "address"]
    assert line.split()[:4] == ["here", "1", "1", "0"]
    assert (facts["name"], facts["workers"], facts["addresses"]) == ("here", 1, cluster.addresses)


def test_a_cluster_that_does_not_answer_is_listed_all_the_same(cluster: LocalCluster, capsys):
    scheduler = cluster.record.pid
    os.kill(scheduler, signal.SIGSTOP)
    try:
        assert main(["cluster", "list"]) == 0
    finally:
        os.kill(scheduler, signal.SIGCONT)

    assert capsys.readouterr().out.splitlines()[1].split()[:4] == ["here", "?", "?", "?"]


def test_one_cluster_is_described_worker_by_worker(cluster: LocalCluster, capsys):
    assert main(["cluster", "info", "here"]) == 0
    text = capsys.readouterr().out
    assert main(["cluster", "info", "here", "--json"]) == 0

    assert "worker-1" in text
    assert json.loads(capsys.readouterr().out)["workers"][0]["name"] == "worker-1"


def test_a_cluster_is_scaled_and_stopped(cluster: LocalCluster, capsys):
    with Client(cluster) as client:
        assert main(["cluster", "scale", "here", "2"]) == 0
        client.wait_for_workers(2, TIMEOUT)

    assert main(["cluster", "stop", "here", "nobody"]) == 1  # one of them is not there
    assert cluster.wait_closed(TIMEOUT) is not None
    assert "no cluster is called 'nobody'" in capsys.readouterr().err


def test_a_cluster_cannot_have_a_negative_number_of_workers(cluster: LocalCluster, capsys):
    assert main(["cluster", "scale", "here", "-2"]) == 1

    assert "can't have -2 workers" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_cluster_in_the_foreground_ends_with_a_signal_and_leaves_nothing(number: int):
    with command("cluster", "start", "--name", "mine", "--n-workers", "1") as process:
        assert first_line(process).startswith("cluster 'mine' listens at unix://")
        with Client("mine") as client:
            assert client.submit(inc, 1).result(TIMEOUT) == 2
        record = records.find("mine")
        scheduler = pidfd(record.pid)

        process.send_signal(number)
        _, errors = process.communicate(timeout=TIMEOUT)

    assert (process.returncode, errors) == (0, "")
    assert wait_gone(scheduler)
    assert records.all_records() == []


def test_a_cluster_in_the_foreground_ends_when_it_is_stopped_by_name():
    with command("cluster", "start", "--name", "mine", "--n-workers", "1") as process:
        first_line(process)

        assert main(["cluster", "stop", "mine"]) == 0
        _, errors = process.communicate(timeout=TIMEOUT)

    assert (process.returncode, errors) == (0, "")


def test_a_detached_cluster_is_there_when_the_command_returns_and_its_log_is_private(
    runtime: Path,
):
    arguments = ["--name", "mine", "--n-workers", "1", "--threads-per-worker", "2"]
    with command("cluster", "start", "--detach", *arguments, "--memory-limit", "1 GB") as process:
        out, errors = process.communicate(timeout=TIMEOUT)

    assert (process.returncode, errors) == (0, "")
    assert out.startswith("cluster 'mine' listens at ")
    record = records.find("mine")
    nanny = psutil.Process(record.pid).parent()
    assert nanny is not None
    assert os.getsid(nanny.pid) not in (os.getsid(0), process.pid)
    log = runtime / "mine.log"
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    everything = [pidfd(pid) for pid in (nanny.pid, record.pid)]
    assert main(["cluster", "stop", "mine"]) == 0
    assert wait_gone(*everything)


def test_a_detached_cluster_whose_name_is_taken_fails_and_says_so(cluster: LocalCluster):
    with command("cluster", "start", "--detach", "--name", "here") as process:
        out, errors = process.communicate(timeout=TIMEOUT)

    assert (process.returncode, out) == (1, "")
    assert errors.startswith("treadle: ")
    assert len(cluster.workers) == 1


def test_workers_join_by_name_and_leave_with_a_signal(cluster: LocalCluster):
    arguments = ["--nworkers", "2", "--nthreads", "3", "--name", "extra", "--resources", "GPU=1"]
    with (
        Client(cluster) as client,
        command("worker", "here", *arguments, "--memory-limit", "1 GB") as process,
    ):
        assert first_line(process) == "2 workers of 3 threads for 'here'; Ctrl-C ends them\n"
        client.wait_for_workers(3, TIMEOUT)
        extra = cluster.workers["extra-2"]
        gone = [pidfd(cluster.workers[name]["pid"]) for name in ("extra-1", "extra-2")]

        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=TIMEOUT)

    assert (extra["nthreads"], extra["memory_limit"]) == (3, 10**9)
    assert extra["resources"] == {"GPU": 1.0}
    assert (process.returncode, errors) == (0, "")
    assert wait_gone(*gone)


def test_a_killed_worker_is_started_again_and_that_is_told(cluster: LocalCluster):
    with Client(cluster) as client, command("worker", "here", "--name", "extra") as process:
        client.wait_for_workers(2, TIMEOUT)
        first = cluster.workers["extra-1"]["pid"]

        os.kill(first, signal.SIGKILL)

        assert process.stderr is not None
        assert process.stderr.readline() == (
            "extra-1 killed by signal 9 (SIGKILL); starting it again\n"
        )


def test_workers_give_up_when_the_scheduler_has_gone(cluster: LocalCluster):
    with Client(cluster) as client, command("worker", "here", "--name", "extra") as process:
        client.wait_for_workers(2, TIMEOUT)
        scheduler = cluster.record.pid
        gone = pidfd(cluster.workers["extra-1"]["pid"])

        os.kill(scheduler, signal.SIGKILL)
        _, errors = process.communicate(timeout=TIMEOUT)

    assert process.returncode == 1
    assert "extra-1 exited with code 1, again and again" in errors
    assert wait_gone(gone)


def test_workers_end_quietly_when_the_cluster_is_stopped(cluster: LocalCluster):
    with Client(cluster) as client, command("worker", "here", "--name", "extra") as process:
        client.wait_for_workers(2, TIMEOUT)

        assert main(["cluster", "stop", "here"]) == 0
        _, errors = process.communicate(timeout=TIMEOUT)

    assert process.returncode == 0
    assert errors == "extra-1 has left\n"


def test_a_killed_command_leaves_no_workers(cluster: LocalCluster):
    with Client(cluster) as client, command("worker", "here", "--name", "extra") as process:
        client.wait_for_workers(2, TIMEOUT)
        gone = pidfd(cluster.workers["extra-1"]["pid"])

        process.kill()

        assert wait_gone(gone, timeout=2.0)


def test_a_pass_lets_workers_in_who_have_no_record(
    cluster: LocalCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
):
    file = tmp_path / "worker.json"
    assert main(["cluster", "export", "here", "--role", "worker", "--output", str(file)]) == 0
    assert main(["cluster", "export", "here", "--role", "client"]) == 0
    shown = json.loads(capsys.readouterr().out)
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "elsewhere"))

    with Client(cluster) as client, command("worker", "--record", str(file)):
        client.wait_for_workers(2, TIMEOUT)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert shown["role"] == "client"
    assert sorted(shown["secrets"]) == ["client", "worker"]
    assert list(json.loads(file.read_text())["secrets"]) == ["worker"]
    assert main(["worker", "--record", str(client_file(tmp_path, shown))]) == 1


def client_file(folder: Path, content: dict[str, object]) -> Path:
    path = folder / "client.json"
    path.touch(0o600)
    path.write_text(json.dumps(content))
    return path


def test_a_scheduler_alone_takes_workers_and_clients_and_keeps_its_secrets(tmp_path: Path):
    secrets = tmp_path / "secrets.json"
    arguments = ["--name", "alone", "--host", "127.0.0.1", "--secret-file", str(secrets)]
    kept = []
    for _ in range(2):
        with command("scheduler", *arguments) as process:
            line = first_line(process)
            assert re.match(
                r"scheduler 'alone' listens at unix:///.*, tcp://127\.0\.0\.1:\d+\n", line
            )
            kept.append(secrets.read_text())
            wait_for_record("alone")
            with command("worker", "alone"), Client("alone") as client:
                client.wait_for_workers(1, TIMEOUT)
                assert client.submit(inc, 1).result(TIMEOUT) == 2
            assert main(["cluster", "scale", "alone", "2"]) == 1  # nobody starts workers for it
            assert main(["cluster", "stop", "alone"]) == 0
            assert process.wait(TIMEOUT) == 0

    assert kept[0] == kept[1]


def test_a_scheduler_refuses_to_be_reached_by_other_machines_unless_told():
    with command("scheduler", "--host", "0.0.0.0") as process:
        _, errors = process.communicate(timeout=TIMEOUT)

    assert process.returncode == 1
    assert "can be reached from other machines" in errors


def wait_for_record(name: str) -> None:
    """The scheduler listens before it can be found; each look reads the folder."""
    for _ in range(100_000):
        if any(record.name == name for record in records.all_records()):
            return
    raise AssertionError(f"no record of {name}")

"""Clusters that browsers start, scale and stop: a process that behaves like one, and the routes."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import sys
from pathlib import Path

import msgspec
import pytest
from tornado.httpclient import HTTPClientError

from treadle.errors import TreadleError
from treadle.feedserver import records
from treadle.lab import launch, logs
from treadle.lab.bodies import StartCluster
from treadle.lab.extension import TreadleExtension

from .fake_cluster import FakeControl

BODY = {"n_workers": 2, "threads_per_worker": 3, "kernelspec": "fake"}
DEADLINE = 30.0


@pytest.fixture(autouse=True)
def fake_kernel(jp_data_dir, tmp_path):
    """A kernel whose Python is our stand-in."""
    python = tmp_path / "python3"
    fake = Path(__file__).with_name("fake_cluster.py")
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" -W error "{fake}" "$@"\n')
    python.chmod(0o755)
    argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    write_kernel(jp_data_dir, "fake", argv)
    return python


def write_kernel(data, name, argv, language="python", env=None):
    folder = data / "kernels" / name
    folder.mkdir(parents=True)
    spec = {"argv": argv, "display_name": name, "language": language, "env": env or {}}
    (folder / "kernel.json").write_text(json.dumps(spec))


@pytest.fixture(autouse=True)
def settle_soon(monkeypatch):
    monkeypatch.setattr(launch, "SETTLE_SECONDS", 0.2)


@pytest.fixture(autouse=True)
def fake_control(extension):
    extension.launcher._control = FakeControl()


@pytest.fixture
def ask(jp_fetch):
    """A request of a browser: its status and its answer."""

    async def fetch(method, *path, body=None):
        text = None if method in ("GET", "DELETE") else json.dumps({} if body is None else body)
        try:
            answer = await jp_fetch("treadle/api/clusters", *path, method=method, body=text)
        except HTTPClientError as error:
            answer = error.response
        return answer.code, json.loads(answer.body) if answer.body else None

    return fetch


@pytest.fixture
def watch(open_socket):
    """Wait until the list that browsers see is as wanted."""

    async def until(condition):
        browser = await open_socket("watch")
        async with asyncio.timeout(DEADLINE):
            while True:
                clusters = (await browser.next("clusters"))["clusters"]
                if condition({cluster["name"]: cluster for cluster in clusters}):
                    await browser.close()
                    return clusters

    return until


def is_state(name, state):
    return lambda clusters: name in clusters and clusters[name]["state"] == state


@pytest.fixture
def started(ask, watch, extension):
    """A cluster called local-1 with two workers, and its end."""

    async def start(**more):
        assert (await ask("POST", body={**BODY, **more}))[0] == 202
        name = more.get("name", "local-1")
        return await watch(is_state(name, "running"))

    return start


@pytest.fixture(autouse=True)
def stop_all(extension, jp_asyncio_loop):
    yield

    async def stop():
        async with asyncio.timeout(DEADLINE):
            for record in records.list_records(extension.clusters.directory):
                if record.kind == "cluster" and records.is_alive(record):
                    await asyncio.to_thread(FakeControl().stop, record)
            for one in list(extension.launcher._launches.values()):
                await extension.launcher.stop(one.name)
                await asyncio.wait([one.task])
            while any(t.get_name().startswith("start of") for t in asyncio.all_tasks()):
                await asyncio.sleep(0.01)

    jp_asyncio_loop.run_until_complete(stop())


async def test_a_cluster_is_started_watched_scaled_and_stopped(ask, watch, extension):
    code, entry = await ask("POST", body=BODY)
    assert (code, entry["name"], entry["state"], entry["kind"]) == (
        202, "local-1", "starting", "cluster",
    )  # fmt: skip

    def has_workers(workers, threads):
        return lambda clusters: (
            [(c["workers"], c["threads"]) for c in clusters.values()] == [(workers, threads)]
        )

    await watch(has_workers(2, 6))
    assert await ask("POST", "local-1", "scale", body={"n": 4}) == (202, None)
    await watch(has_workers(4, 12))
    assert await ask("DELETE", "local-1") == (202, None)
    await watch(lambda clusters: not clusters)
    assert (await ask("DELETE", "local-1"))[0] == 404


async def test_a_browser_sees_the_workers_of_a_cluster_and_their_lanes(started, open_socket):
    await started()
    browser = await open_socket("local-1/feed")
    await browser.subscribe("workers", "lanes")

    workers = (await browser.next("workers"))["workers"]
    lanes = (await browser.next("lanes"))["lanes"]

    assert [(w["name"], w["host"], w["nthreads"]) for w in workers] == [
        ("worker-0", "here", 3),
        ("worker-1", "here", 3),
    ]
    assert [lane["name"] for lane in lanes] == [
        f"worker-{worker} / thread {thread}" for worker in (0, 1) for thread in (1, 2, 3)
    ]


async def test_a_cluster_that_was_told_to_stop_is_stopping_until_it_is_gone(
    started, ask, extension, watch
):
    await started()
    told = asyncio.Event()
    loop = asyncio.get_running_loop()

    class Deaf(FakeControl):
        def stop(self, record):
            loop.call_soon_threadsafe(told.set)

    extension.launcher._control = Deaf()
    await ask("DELETE", "local-1")
    await told.wait()

    (cluster,) = await watch(is_state("local-1", "stopping"))

    assert cluster["kind"] == "cluster"


async def test_a_start_that_fails_is_listed_with_the_reason_and_the_log(
    ask, watch, monkeypatch, extension
):
    monkeypatch.setenv("FAKE_CLUSTER", "error")
    await ask("POST", body=BODY)

    (cluster,) = await watch(is_state("local-1", "failed"))
    code, log = await ask("GET", "local-1", "log")

    assert cluster["error"] == "exit code 3: ModuleNotFoundError: no <b>treadle</b>"
    assert (code, log["is_cut"]) == (200, False)
    lines = ["starting local-1", "Traceback", "ModuleNotFoundError: no <b>treadle</b>"]
    assert log["text"].splitlines() == lines
    path = logs.log_path(extension.launcher.directory, "local-1")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (await ask("DELETE", "local-1"))[0] == 202
    assert (await ask("GET"))[1] == {"clusters": []}
    assert not path.exists()


async def test_a_start_that_failed_can_be_tried_again_under_its_name(
    ask, watch, monkeypatch, extension
):
    monkeypatch.setenv("FAKE_CLUSTER", "error")
    await ask("POST", body={**BODY, "name": "mine"})
    await watch(is_state("mine", "failed"))
    monkeypatch.delenv("FAKE_CLUSTER")

    code, _ = await ask("POST", body={**BODY, "name": "mine"})
    (cluster,) = await watch(is_state("mine", "running"))

    assert (code, cluster["error"], cluster["has_log"]) == (202, "", True)


async def test_a_command_that_ends_without_a_cluster_has_failed(ask, watch, monkeypatch, extension):
    monkeypatch.setenv("FAKE_CLUSTER", "silent")
    monkeypatch.setattr(launch, "RECORD_SECONDS", 0.2)
    await ask("POST", body=BODY)

    (cluster,) = await watch(is_state("local-1", "failed"))

    assert cluster["error"] == "the command ended, and there is no cluster"


async def test_a_cluster_that_ends_by_itself_as_soon_as_it_is_there_has_failed(
    started, watch, monkeypatch, extension
):
    monkeypatch.setattr(launch, "SETTLE_SECONDS", DEADLINE)
    await started()
    (record,) = records.list_records(extension.clusters.directory)
    await asyncio.to_thread(FakeControl().stop, record)  # not by way of this server

    (cluster,) = await watch(is_state("local-1", "failed"))

    assert cluster["error"] == "it ended again: 2 workers"


async def test_a_start_that_takes_too_long_is_ended(ask, watch, monkeypatch, extension):
    monkeypatch.setenv("FAKE_CLUSTER", "hang")
    monkeypatch.setattr(launch, "START_SECONDS", 0.5)
    _, entry = await ask("POST", body=BODY)

    (cluster,) = await watch(is_state("local-1", "failed"))
    (one,) = extension.launcher._launches.values()
    await asyncio.wait([one.task])

    assert "not there after" in cluster["error"]
    assert records.process_started(entry["pid"]) is None


async def test_a_start_can_be_given_up(ask, watch, monkeypatch, extension):
    monkeypatch.setenv("FAKE_CLUSTER", "hang")
    _, entry = await ask("POST", body=BODY)

    code, _ = await ask("DELETE", "local-1")
    await watch(lambda clusters: not clusters)

    assert code == 202
    assert records.process_started(entry["pid"]) is None


async def test_a_cluster_that_is_killed_is_lost_and_can_be_dismissed(
    started, ask, watch, extension
):
    (cluster,) = await started()
    os.kill(cluster["pid"], 9)

    await watch(is_state("local-1", "lost"))

    assert (await ask("POST", "local-1", "scale", body={"n": 1}))[0] == 404
    assert (await ask("DELETE", "local-1"))[0] == 202
    assert (await ask("GET"))[1] == {"clusters": []}


async def test_another_server_finds_the_clusters_of_the_one_before(
    started, extension, jp_serverapp, ask, watch
):
    await started()
    await ask("POST", body={**BODY, "name": "second"})
    jp_serverapp.web_app.settings["treadle"].launcher.close()  # in the middle of a start

    again = TreadleExtension()
    again.settings = jp_serverapp.web_app.settings
    extension.watch.stop()
    again.initialize_settings()
    again.settings["treadle"].launcher._control = FakeControl()
    clusters = await watch(is_state("second", "running"))

    assert {c["name"]: c["state"] for c in clusters} == {"local-1": "running", "second": "running"}
    assert all(c["has_log"] for c in clusters)
    for name in ("local-1", "second"):
        assert (await ask("DELETE", name))[0] == 202
    await watch(lambda clusters: not clusters)


async def test_a_name_is_used_once(started, ask, start_kernel):
    await started(name="mine")
    kernel = start_kernel()

    codes = [
        (await ask("POST", body={**BODY, "name": name}))[0]
        for name in ("mine", "kernel-mine", "watch", kernel.name)
    ]

    assert codes == [409, 400, 400, 400]


async def test_free_names_are_made_up(started, ask, watch):
    await started()
    assert (await ask("POST", body=BODY))[1]["name"] == "local-2"
    await watch(is_state("local-2", "running"))


async def test_a_kernel_is_neither_scaled_nor_stopped(ask, kernel):
    codes = [
        (await ask("DELETE", kernel.name))[0],
        (await ask("POST", kernel.name, "scale", body={"n": 3}))[0],
        (await ask("GET", kernel.name, "log"))[0],
    ]

    assert codes == [409, 409, 404]


async def test_a_lost_kernel_is_not_dismissed(ask, start_kernel, monkeypatch, extension):
    kernel = start_kernel()
    monkeypatch.setattr(extension.clusters, "_is_alive", lambda record: False)

    assert (await ask("DELETE", kernel.name))[0] == 404
    assert extension.clusters.find(kernel.name) is not None


async def test_a_cluster_that_refuses_is_told_of(started, ask, extension):
    await started()

    class Refusing:
        def scale(self, record, n):
            raise TreadleError("no room")

        def stop(self, record):
            raise ConnectionRefusedError("gone")

    extension.launcher._control = Refusing()

    assert (await ask("POST", "local-1", "scale", body={"n": 9})) == (
        502, {"message": "local-1 does not do it: no room", "reason": None},
    )  # fmt: skip
    assert (await ask("DELETE", "local-1"))[0] == 502
    (cluster,) = (await ask("GET"))[1]["clusters"]
    assert cluster["state"] == "running"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({**BODY, "n_workers": 0}, "$.n_workers"),
        ({**BODY, "n_workers": 10**9}, "$.n_workers"),
        ({**BODY, "n_workers": "3; rm"}, "$.n_workers"),
        ({**BODY, "n_workers": True}, "$.n_workers"),
        ({**BODY, "threads_per_worker": -1}, "$.threads_per_worker"),
        ({**BODY, "name": "../x"}, "$.name"),
        ({**BODY, "name": "--help"}, "$.name"),
        ({**BODY, "name": "a\n"}, "$.name"),
        ({**BODY, "name": "x" * 64}, "$.name"),
        ({**BODY, "kernelspec": "../../etc"}, "$.kernelspec"),
        ({**BODY, "memory_limit": "$(reboot)"}, "$.memory_limit"),
        ({**BODY, "memory_limit": "4 GB\n--x"}, "$.memory_limit"),
        ({**BODY, "command": "os.system"}, "command"),
        ({**BODY, "factory": "os.system"}, "factory"),
        ({**BODY, "name": "n" * 5000}, "longer than"),
        ([1], "Expected `object`"),
    ],
)
async def test_a_body_that_is_none_starts_nothing(ask, body, says, extension):
    code, answer = await ask("POST", body=body)

    assert code == 400
    assert says in answer["message"]
    assert extension.launcher.launches() == []


@pytest.mark.parametrize("text", ["", "[" * 4000, "\x00", '{"n_workers":1e400}'])
async def test_text_that_is_no_body_starts_nothing(jp_fetch, text):
    with pytest.raises(HTTPClientError) as caught:
        await jp_fetch("treadle/api/clusters", method="POST", body=text)

    assert caught.value.code == 400


async def test_only_kernels_with_a_python_of_their_own_have_an_environment(ask, jp_data_dir):
    python = ["/usr/bin/python3", "-m", "ipykernel_launcher"]
    write_kernel(jp_data_dir, "shell", ["bash", "-c", "python -m ipykernel_launcher"])
    write_kernel(jp_data_dir, "julia", ["julia", "kernel.jl"], "julia")
    write_kernel(jp_data_dir, "wrapped", [*python[:2], "wrapper.runner", *python])
    write_kernel(jp_data_dir, "gone", ["/nowhere/python3", *python[1:]])

    answers = {
        name: await ask("POST", body={**BODY, "kernelspec": name})
        for name in ("shell", "julia", "wrapped", "gone", "unknown")
    }

    assert {name: code for name, (code, _) in answers.items()} == {
        "shell": 422, "julia": 422, "wrapped": 422, "gone": 422, "unknown": 404,
    }  # fmt: skip
    assert "julia" in answers["julia"][1]["message"]
    assert "can't be run" in answers["gone"][1]["message"]


async def test_the_environment_of_the_kernelspec_is_that_of_the_cluster(
    ask, watch, jp_data_dir, fake_kernel
):
    argv = [str(fake_kernel), "-m", "ipykernel_launcher"]
    write_kernel(jp_data_dir, "failing", argv, env={"FAKE_CLUSTER": "error"})
    await ask("POST", body={**BODY, "kernelspec": "failing"})

    (cluster,) = await watch(is_state("local-1", "failed"))

    assert cluster["error"].startswith("exit code 3")


async def test_starts_at_the_same_time_are_limited(ask, monkeypatch, extension):
    monkeypatch.setenv("FAKE_CLUSTER", "hang")
    monkeypatch.setattr(launch, "MAX_STARTING", 2)

    codes = [(await ask("POST", body=BODY))[0] for _ in range(3)]

    assert codes == [202, 202, 429]


async def test_nothing_of_a_cluster_is_followed_when_nobody_looks(started, extension, open_socket):
    await started()
    while extension.watch.is_looking:
        await asyncio.sleep(0)

    assert extension.relays._relays == {}


def test_a_log_is_cut_from_its_beginning(tmp_path):
    directory = tmp_path / "treadle"
    with open(logs.open_log(directory, "a"), "wb") as file:
        file.write(b"x" * logs.MAX_SHOWN_BYTES + b"\xff\x1b]8;;http://e\x07link\x1b]8;;\x07\nend")

    text, is_cut = logs.read_log(directory, "a")

    assert is_cut
    assert text.endswith("\N{REPLACEMENT CHARACTER}link\nend")


def test_a_log_is_not_read_through_a_link(tmp_path):
    directory = tmp_path / "treadle"
    directory.mkdir(mode=0o700)
    (tmp_path / "secret").write_text("secret")
    (directory / "a.log").symlink_to(tmp_path / "secret")
    os.mkfifo(directory / "b.log")

    assert logs.read_log(directory, "a") is None
    assert logs.read_log(directory, "b") is None
    with open(logs.open_log(directory, "a"), "wb") as file:
        file.write(b"new")
    assert (tmp_path / "secret").read_text() == "secret"


def test_logs_of_clusters_that_are_no_more_are_deleted_after_a_day(tmp_path):
    directory = tmp_path / "treadle"
    for name in ("gone", "here"):
        os.close(logs.open_log(directory, name))
    (directory / "here.json").touch()

    logs.remove_stale(directory)
    kept = sorted(path.name for path in directory.iterdir())
    logs.remove_stale(directory, wall=2e10)

    assert kept == ["gone.log", "here.json", "here.log"]
    assert sorted(path.name for path in directory.iterdir()) == ["here.json", "here.log"]


def test_limits_of_memory_are_words_of_one_form():
    def accepts(text):
        body = msgspec.json.encode({**BODY, "memory_limit": text})
        try:
            return msgspec.json.decode(body, type=StartCluster).memory_limit == text
        except msgspec.ValidationError:
            return False

    good = ["auto", "4 GB", "512MB", "1.5 GiB", "100 kB", "400000B"]
    bad = ["", "-1 GB", "4 GB;", "GB", "1e9", "--x", "4  GB", "auto "]
    assert [text for text in good + bad if accepts(text)] == good

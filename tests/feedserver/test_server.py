"""The feed server over a real socket: who is let in, what comes, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import socket
import subprocess
import sys
import threading
import time
from array import array
from typing import ClassVar

import pytest
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

import treadle.feedserver
from treadle.feedserver import connection, records, server
from treadle.feedserver.server import FeedServer
from treadle.telemetry.frames import TaskFrame
from treadle.telemetry.hub import EventHub
from treadle.utils.secret import Secret

DEADLINE = 10.0


class Table:
    prefixes = ("load",)
    prefix_index = array("i", [0] * 100)

    def __len__(self) -> int:
        return 100


@pytest.fixture
def hub():
    return EventHub()


@pytest.fixture
def feed(hub, tmp_path):
    feed = FeedServer(
        hub, kind="kernel", label="test", kernel_id="abcd1234-x", directory=tmp_path / "treadle"
    )
    feed.start()
    yield feed
    feed.close()
    assert not feed.is_open
    gc.collect()  # a socket or task left behind is reported here, not in another test


class Client:
    """A websocket client whose every wait has a deadline."""

    opened: ClassVar = []

    def __init__(self, connection):
        self.connection = connection
        self.has_ended = False
        self.opened.append(self)

    @classmethod
    async def connect(cls, feed, headers=None, path="/feed", **options):
        request = HTTPRequest(f"ws://127.0.0.1:{feed.port}{path}", headers=headers or {})
        return cls(await asyncio.wait_for(websocket_connect(request, **options), DEADLINE))

    @classmethod
    async def admitted(cls, feed):
        client = await cls.connect(feed, subprotocols=["treadle.v1"])
        await client.send(hello(feed))
        return client, await client.next("welcome")

    async def send(self, message):
        text = message if isinstance(message, str | bytes) else json.dumps(message)
        await self.connection.write_message(text, binary=isinstance(text, bytes))

    async def read(self):
        message = await asyncio.wait_for(self.connection.read_message(), DEADLINE)
        self.has_ended = message is None
        return message

    async def next(self, kind):
        """The next message of a type, others skipped."""
        while True:
            message = await self.read()
            assert message is not None, f"closed: {self.connection.close_code}"
            if isinstance(message, bytes):
                if kind == "tasks":
                    return TaskFrame.parse(message)
            elif (decoded := json.loads(message))["type"] == kind:
                return decoded

    async def close_code(self):
        while not self.has_ended:
            await self.read()
        return self.connection.close_code


def run(scenario):
    """Run a scenario in a new loop, and leave no connection open behind it."""

    async def to_the_end():
        try:
            return await scenario
        finally:
            while Client.opened:
                client = Client.opened.pop()
                client.connection.close()
                await client.close_code()

    return asyncio.run(to_the_end())


def hello(feed):
    return {"type": "hello", "version": 1, "token": feed.record.observer_token.reveal()}


def subscribe(*topics, **more):
    return {"type": "subscribe", "topics": list(topics), **more}


def append_rows(lane, count):
    for number in range(count):
        lane.numbers.append(number)
        lane.starts.append(time.perf_counter())
        lane.stops.append(time.perf_counter())


def test_a_reader_is_welcomed_and_told_of_runs_lanes_and_tasks(hub, feed):
    async def scenario():
        client, welcome = await Client.admitted(feed)
        await client.send(subscribe("runs", "lanes", "tasks"))
        empty = await client.next("runs")
        opened = hub.open_run("cell 1", "threads")
        lane = opened.add_table(Table(), nlanes=2).lane(0)
        append_rows(lane, 5)
        frame = await client.next("tasks")
        append_rows(lane, 3)
        later = await client.next("tasks")
        opened.close("finished")
        while (runs := await client.next("runs"))["runs"][0]["state"] != "finished":
            pass
        return client.connection.selected_subprotocol, welcome, empty, frame, later, runs

    protocol, welcome, empty, frame, later, runs = run(scenario())

    assert protocol == "treadle.v1"
    assert welcome["source"] == {
        "name": "kernel-abcd1234",
        "kind": "kernel",
        "label": "test",
        "pid": os.getpid(),
        "instance": feed.record.instance,
    }
    assert empty == {"type": "runs", "runs": []}
    assert (frame.header.first, later.header.first) == (0, 5)
    assert later.column("number") == [0, 1, 2]
    assert runs["runs"][0]["groups"][0]["done"] == 8


def test_a_reader_comes_back_to_where_it_left_off(hub, feed):
    append_rows(hub.open_run("cell 1", "sync").add_table(Table(), 1).lane(0), 10)

    async def scenario():
        client, _ = await Client.admitted(feed)
        await client.send(subscribe("tasks", since={"tasks": 7}))
        return await client.next("tasks")

    frame = run(scenario())

    assert (frame.header.first, frame.column("number")) == (7, [7, 8, 9])


def test_the_server_listens_to_the_hub_only_while_somebody_is_admitted(hub, feed):
    async def scenario():
        counts = [len(hub._subscribers)]
        stranger = await Client.connect(feed)
        counts.append(len(hub._subscribers))
        client, _ = await Client.admitted(feed)
        counts.append(len(hub._subscribers))
        (reader,) = (r for r in feed.readers if r.session is not None)
        client.connection.close()
        await asyncio.wait_for(asyncio.to_thread(wait_until_closed, feed, reader), DEADLINE)
        counts.append(len(hub._subscribers))
        assert stranger.connection.close_code is None
        return counts

    assert run(scenario()) == [0, 0, 1, 0]


def wait_until_closed(feed, reader):
    async def closed():
        await reader.closed

    asyncio.run_coroutine_threadsafe(closed(), feed._loop).result(DEADLINE)


def test_a_reader_that_wants_nothing_is_never_sent_anything(hub, feed):
    async def scenario():
        client, _ = await Client.admitted(feed)
        await client.send(subscribe())
        hub.open_run("cell 1", "sync").close("finished")
        opened = hub.open_run("cell 2", "sync")
        await client.send(subscribe("runs"))
        first = json.loads(await client.read())
        opened.close("finished")
        return first

    first = run(scenario())

    assert [run["label"] for run in first["runs"]] == ["cell 2"]


@pytest.mark.parametrize(
    "first",
    [
        pytest.param({"type": "hello", "version": 1, "token": "0" * 64}, id="wrong token"),
        pytest.param({"type": "hello", "version": 1, "token": ""}, id="empty token"),
        pytest.param({"type": "hello", "version": 1}, id="no token"),
        pytest.param({"type": "hello", "version": 1, "token": "0" * 65}, id="long token"),
        pytest.param({"type": "subscribe", "topics": ["runs"]}, id="subscribe before hello"),
        pytest.param("[" * 4000, id="deep"),
        pytest.param(b"cos\nsystem\n(S'true'\ntR.", id="pickle"),
        pytest.param(b"\xff\xfe", id="not unicode"),
    ],
)
def test_whoever_does_not_show_the_token_first_is_sent_away(feed, first):
    async def scenario():
        client = await Client.connect(feed)
        await client.send(first)
        return await client.close_code()

    assert run(scenario()) == 4401


def test_another_version_of_hello_is_sent_away(feed):
    async def scenario():
        client = await Client.connect(feed)
        await client.send({**hello(feed), "version": 2})
        return await client.close_code()

    assert run(scenario()) == 4401


def test_whoever_keeps_silent_is_sent_away(hub, tmp_path):
    feed = FeedServer(hub, kind="kernel", label="x", directory=tmp_path / "t", hello_seconds=0.05)
    feed.start()

    async def scenario():
        return await (await Client.connect(feed)).close_code()

    with contextlib.closing(feed):
        assert run(scenario()) == 4401


@pytest.mark.parametrize(
    "message",
    [
        {"type": "subscribe", "topics": ["files"]},
        {"type": "subscribe", "topics": ["runs"], "max_hz": 1000},
        {"type": "cancel", "run": "x"},
        "not json",
    ],
)
def test_an_admitted_reader_that_talks_nonsense_is_told_why(feed, message):
    async def scenario():
        client, _ = await Client.admitted(feed)
        await client.send(message)
        return await client.close_code(), client.connection.close_reason

    code, reason = run(scenario())

    assert code == 4400
    assert reason


def test_hello_twice_is_refused(feed):
    async def scenario():
        client, _ = await Client.admitted(feed)
        await client.send(hello(feed))
        return await client.close_code()

    assert run(scenario()) == 4400


def test_a_message_over_the_limit_ends_the_connection(feed):
    async def scenario():
        client, _ = await Client.admitted(feed)
        await client.send("x" * 4097)
        return await client.close_code()

    assert run(scenario()) in (1009, 1006)


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "http://127.0.0.1",
        "http://127.0.0.1:1",
        "https://127.0.0.1:{port}",
        "http://127.0.0.1:{port}.evil.example",
        "http://localhost:{port}",
        "HTTP://127.0.0.1:{port}",
        "null",
        "",
    ],
)
def test_a_foreign_origin_is_refused(feed, origin):
    headers = {"Origin": origin.format(port=feed.port), "Sec-Fetch-Site": "same-origin"}

    with pytest.raises(HTTPClientError) as caught:
        run(Client.connect(feed, headers))

    assert caught.value.code == 403


def test_its_own_origin_is_allowed(feed):
    async def scenario():
        client = await Client.connect(feed, {"Origin": f"http://127.0.0.1:{feed.port}"})
        await client.send(hello(feed))
        return await client.next("welcome")

    assert run(scenario())["type"] == "welcome"


def test_a_host_name_that_was_rebound_is_refused(feed):
    with pytest.raises(HTTPClientError) as caught:
        run(Client.connect(feed, {"Host": f"evil.example:{feed.port}"}))

    assert caught.value.code == 403


def test_there_is_nothing_else_on_the_port(feed):
    async def scenario():
        codes = []
        for path in ("/", "/feed/", "/feed/../x", "/api"):
            with pytest.raises(HTTPClientError) as caught:
                await Client.connect(feed, path=path)
            codes.append(caught.value.code)
        return codes

    assert run(scenario()) == [404, 404, 404, 404]


def test_only_loopback_is_bound(feed):
    assert {s.getsockname()[0] for s in feed._sockets} == {"127.0.0.1"}


def test_strangers_are_limited_and_do_not_disturb_readers(hub, feed, monkeypatch):
    monkeypatch.setattr(connection, "MAX_PENDING", 2)

    async def scenario():
        client, _ = await Client.admitted(feed)
        for _ in range(2):
            await Client.connect(feed)
        with pytest.raises(HTTPClientError) as caught:
            await Client.connect(feed)
        await client.send(subscribe("runs"))
        runs = await client.next("runs")
        return caught.value.code, runs

    assert run(scenario()) == (503, {"type": "runs", "runs": []})


def test_sockets_are_limited_before_they_send_anything(feed, monkeypatch):
    monkeypatch.setattr(server, "MAX_CONNECTIONS", 3)
    silent = [socket.create_connection(("127.0.0.1", feed.port), DEADLINE) for _ in range(3)]

    with contextlib.ExitStack() as stack:
        for sock in silent:
            stack.enter_context(sock)
        beyond = stack.enter_context(socket.create_connection(("127.0.0.1", feed.port), DEADLINE))
        refused = beyond.recv(1)

    assert refused == b""


def test_closing_says_goodbye_removes_the_record_and_may_be_repeated(hub, tmp_path):
    feed = FeedServer(hub, kind="kernel", label="x", directory=tmp_path / "treadle")
    feed.start()

    async def scenario():
        client, _ = await Client.admitted(feed)
        await asyncio.to_thread(feed.close)
        return await client.close_code()

    listed = [record.name for record in records.list_records(tmp_path / "treadle")]
    code = run(scenario())
    feed.close()

    assert listed == [feed.name]
    assert code == 1001
    assert records.list_records(tmp_path / "treadle") == []
    assert not [t for t in threading.enumerate() if t.name == "treadle-feed"]


def test_a_server_that_cannot_be_found_does_not_run(hub, tmp_path):
    (tmp_path / "treadle").mkdir()
    (tmp_path / "treadle").chmod(0o777)

    feed = FeedServer(hub, kind="kernel", label="x", directory=tmp_path / "treadle")
    with pytest.raises(records.RecordError, match="open to other users"):
        feed.start()

    assert not [t for t in threading.enumerate() if t.name == "treadle-feed"]


def test_the_token_is_nowhere_in_reprs(feed):
    token = feed.record.observer_token.reveal()

    assert token not in repr(feed) + repr(feed.record) + repr(vars(feed))


SCRIPT = """
import os, sys, threading
import treadle.feedserver as f
from treadle.telemetry.hub import default_hub
light = {"tornado", "msgspec", "numpy", "asyncio"} & set(sys.modules)
first = f.ensure_served(label="script", kernel_id="feedfeed-1")
again = f.ensure_served(label="other")
print(light or "light", first is again, sorted(os.listdir(first._directory)))
"""


def run_script(script, tmp_path):
    return subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "JUPYTER_RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=50,
        check=True,
    )


def test_a_process_serves_once_and_cleans_up_when_it_exits(tmp_path):
    done = run_script(SCRIPT, tmp_path)

    assert done.stdout.strip() == "light True ['kernel-feedfeed.json']"
    assert done.stderr == ""
    assert list((tmp_path / "treadle").iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_forgets_the_server_and_leaves_the_record(tmp_path):
    script = (
        SCRIPT
        + """
pid = os.fork()
if pid == 0:
    print(f._server, first.is_open, default_hub().runs(), flush=True)
    first.close()
    sys.exit(0)    # runs what was registered at exit
os.waitpid(pid, 0)
print(first.is_open, sorted(os.listdir(first._directory)))
"""
    )

    done = run_script(script, tmp_path)

    assert done.stdout.splitlines()[1:] == ["None False []", "True ['kernel-feedfeed.json']"]


def test_serving_goes_on_after_it_was_closed(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(treadle.feedserver, "_server", None)
    hub = EventHub()

    first = treadle.feedserver.ensure_served(hub, label="x")
    while_open = treadle.feedserver.served()
    first.close()
    when_closed = treadle.feedserver.served()
    second = treadle.feedserver.ensure_served(hub, label="x")
    second.close()

    assert while_open is first
    assert when_closed is None
    assert second is not first


def test_a_cluster_is_served_under_the_name_it_was_given(hub, tmp_path):
    secret = Secret("ab" * 32)
    server = FeedServer(
        hub,
        kind="cluster",
        label="mine",
        name="local-1",
        addresses=("unix:///run/x",),
        client_secret=secret,
        cluster="c1",
        directory=tmp_path / "treadle",
    )
    server.start()
    try:
        read = records.read_record(tmp_path / "treadle" / "local-1.json")
    finally:
        server.close()

    assert (read.kind, read.addresses, read.cluster) == ("cluster", ["unix:///run/x"], "c1")
    assert read.client_secret.matches(secret.reveal())

"""A real feed server, the real relay, and real browsers."""

from __future__ import annotations

import asyncio
import json
import os
import sys

import pytest

from treadle.feedserver import records
from treadle.telemetry.hub import EventHub
from treadle.utils.secret import Secret

from .tables import append_rows, open_lane


async def test_clusters_are_listed(jp_fetch, kernel):
    answer = json.loads((await jp_fetch("treadle/api/clusters")).body)

    (cluster,) = answer["clusters"]
    assert cluster == {
        "name": "kernel-abcd1234",
        "kind": "kernel",
        "label": "flights.ipynb",
        "pid": os.getpid(),
        "started": kernel.record.started,
        "kernel_id": "abcd1234-0000",
        "state": "running",
        "workers": None,
        "threads": None,
        "error": "",
        "has_log": False,
    }


async def test_a_watcher_is_told_at_once_and_of_every_change(open_socket, start_kernel, extension):
    browser = await open_socket("watch")

    lists = [await browser.next("clusters")]
    kernel = start_kernel()
    lists.append(await browser.next("clusters"))
    await asyncio.to_thread(kernel.close)
    lists.append(await browser.next("clusters"))
    looking = extension.watch.is_looking
    await browser.close()
    while extension.sockets:
        await asyncio.sleep(0)

    assert [[c["name"] for c in one["clusters"]] for one in lists] == [[], [kernel.name], []]
    assert looking
    assert not extension.watch.is_looking


async def test_a_second_watcher_is_told_at_once_too(open_socket, kernel):
    first = await open_socket("watch")
    await first.next("clusters")

    second = await open_socket("watch")

    assert (await second.next("clusters"))["clusters"][0]["name"] == kernel.name


async def test_a_watcher_that_talks_is_closed(open_socket, kernel):
    browser = await open_socket("watch")

    await browser.send({"type": "subscribe", "topics": ["runs"]})

    assert await browser.close_code() == 4400


async def test_a_browser_sees_runs_lanes_and_tasks(open_socket, kernel, hub):
    browser = await open_socket(f"{kernel.name}/feed")
    welcome = await browser.next("welcome")
    await browser.subscribe("runs", "lanes", "tasks")

    run, lane = open_lane(hub, 5)
    lane.current_start, lane.current = 1.0, 4
    append_rows(lane, [0, 1, 2])
    numbers = await browser.rows(3)
    while not (lanes := await browser.next("lanes"))["lanes"]:
        pass
    lane.current = -1
    run.close("finished")
    while (await browser.next("runs"))["runs"][0]["state"] != "finished":
        pass

    assert browser.connection.selected_subprotocol == "treadle.v1"
    assert welcome["source"]["instance"] == kernel.record.instance
    assert numbers == [0, 1, 2]
    assert lanes["lanes"][0]["busy"]["group"] == "load"


async def test_one_connection_serves_all_browsers_each_from_where_it_wants(
    open_socket, kernel, hub
):
    _, lane = open_lane(hub)
    append_rows(lane, range(10))
    path = f"{kernel.name}/feed"

    first = await open_socket(path)
    await first.subscribe("tasks")
    from_start = await first.rows(10)
    late = await open_socket(path)
    await late.subscribe("tasks")
    from_history = await late.rows(10)
    back = await open_socket(path)
    await back.subscribe("tasks", since={"tasks": 7})
    resumed = await back.rows(3)
    new = await open_socket(path)
    await new.subscribe("runs", "tasks", since={"tasks": -1})
    await new.next("runs")  # so the subscription has arrived
    append_rows(lane, range(10, 12))
    rest = [await browser.rows(2) for browser in (first, late, back, new)]

    assert len(kernel.readers) == 1
    assert from_start == from_history == list(range(10))
    assert resumed == [7, 8, 9]
    assert rest == [[10, 11]] * 4


async def test_the_cluster_is_asked_for_no_more_than_browsers_want(open_socket, kernel, hub):
    path = f"{kernel.name}/feed"
    runs_only = await open_socket(path)
    await runs_only.subscribe("runs", max_hz=2)
    await runs_only.next("runs")
    (reader,) = kernel.readers
    asked = [(reader.session._topics, reader.session.max_hz)]
    tasks_too = await open_socket(path)
    await tasks_too.subscribe("tasks")
    append_rows(open_lane(hub)[1], [0])
    await tasks_too.rows(1)
    asked.append((reader.session._topics, reader.session.max_hz))

    assert asked == [({"runs"}, 2), ({"runs", "tasks"}, 10)]


async def test_a_browser_that_wants_state_later_gets_it_at_once(open_socket, kernel, hub):
    path = f"{kernel.name}/feed"
    open_lane(hub)[0].close("finished")
    first = await open_socket(path)
    await first.subscribe("runs")
    await first.next("runs")

    second = await open_socket(path)
    await second.subscribe("runs", "lanes")

    assert (await second.next("runs"))["runs"][0]["label"] == "cell 1"
    assert (await second.next("lanes"))["lanes"][0]["name"] == "thread 1"


async def test_with_the_last_browser_the_cluster_is_let_go(open_socket, kernel, hub, extension):
    browser = await open_socket(f"{kernel.name}/feed")
    await browser.next("welcome")
    (reader,) = kernel.readers

    await browser.close()
    closed = asyncio.run_coroutine_threadsafe(wait_for(reader.closed), kernel._loop)
    await asyncio.wait_for(asyncio.wrap_future(closed), 10)

    assert kernel.readers == set()
    assert hub._subscribers == []
    assert extension.relays._relays == {}


async def wait_for(future):
    await future


async def test_a_lost_cluster_is_told_and_so_is_its_return(open_socket, start_kernel, hub):
    kernel = start_kernel()
    append_rows(open_lane(hub)[1], range(3))
    browser = await open_socket(f"{kernel.name}/feed")
    first = await browser.next("welcome")
    await browser.subscribe("tasks")
    before = await browser.rows(3)

    await asyncio.to_thread(kernel.close)
    lost = await browser.next("lost")
    restarted_hub = EventHub()
    append_rows(open_lane(restarted_hub)[1], range(100, 102))
    start_kernel(served=restarted_hub)
    again = await browser.next("welcome")
    after = await browser.next("tasks")

    assert lost["reason"] in ("the kernel closed the feed", "the kernel is not running")
    assert before == [0, 1, 2]
    assert again["source"]["name"] == first["source"]["name"]
    assert again["source"]["instance"] != first["source"]["instance"]
    assert (after.header.first, after.column("number")) == (0, [100, 101])


async def test_a_browser_that_comes_while_the_cluster_is_lost_is_told(
    open_socket, kernel, extension
):
    extension.clusters._is_alive = lambda record: False

    browser = await open_socket(f"{kernel.name}/feed")
    lost = await browser.next("lost")
    extension.clusters._is_alive = lambda record: True
    welcome = await browser.next("welcome")

    assert lost["reason"] == "the kernel is not running"
    assert welcome["source"]["name"] == kernel.name


async def test_a_connection_that_breaks_goes_on_without_a_gap_or_a_repetition(
    open_socket, kernel, hub
):
    _, lane = open_lane(hub)
    append_rows(lane, range(5))
    browser = await open_socket(f"{kernel.name}/feed")
    await browser.subscribe("tasks")
    before = await browser.rows(5)

    (reader,) = kernel.readers
    kernel._loop.call_soon_threadsafe(reader.close)
    await browser.next("lost")
    append_rows(lane, range(5, 8))
    await browser.next("welcome")
    after = await browser.next("tasks")

    assert before == [0, 1, 2, 3, 4]
    assert (after.header.first, after.header.missed) == (5, 0)
    assert after.column("number") == [5, 6, 7]


async def test_whoever_answers_in_the_kernel_s_place_is_not_believed(
    open_socket, start_kernel, extension
):
    real = start_kernel()
    other = start_kernel(kernel_id="ffff0000")
    forged = records.Record(
        name=real.name,
        kind="kernel",
        label="x",
        pid=os.getpid(),
        started=real.record.started,
        port=other.port,
        observer_token=other.record.observer_token,
        instance=real.record.instance,
        kernel_id=None,
        treadle="0.1.0",
    )
    records.write_record(forged, extension.clusters.directory)

    browser = await open_socket(f"{real.name}/feed")

    assert "another process" in (await browser.next("lost"))["reason"]


async def test_a_kernel_that_refuses_the_token_is_lost(open_socket, kernel, extension):
    import msgspec

    wrong = msgspec.structs.replace(kernel.record, observer_token=Secret("0" * 64))
    records.write_record(wrong, extension.clusters.directory)

    browser = await open_socket(f"{kernel.name}/feed")

    assert "refuses" in (await browser.next("lost"))["reason"]


KERNEL = """
import sys
import treadle
from treadle.feedserver import ensure_served
from treadle.telemetry.hub import default_hub
ensure_served(label="real", kernel_id="12345678-real")
treadle.compute(*[treadle.delayed(abs)(-i) for i in range(20)], scheduler="threads")
print("ready", flush=True)
sys.stdin.read()
"""


async def test_a_real_process_is_read_and_when_it_is_killed_it_is_lost(open_socket, extension):
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        KERNEL,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "JUPYTER_RUNTIME_DIR": str(extension.clusters.directory.parent)},
    )
    await asyncio.wait_for(process.stdout.readline(), 30)
    watcher = await open_socket("watch")
    listed = [await watcher.next("clusters")]
    browser = await open_socket("kernel-12345678/feed")
    await browser.subscribe("runs", "tasks")
    numbers = await browser.rows(20)
    runs = await browser.next("runs")

    process.kill()
    await process.wait()
    lost = await browser.next("lost")
    listed.append(await watcher.next("clusters"))
    process.stdin.close()

    assert sorted(numbers) == list(range(20))
    assert runs["runs"][0]["groups"][0]["done"] == 20
    assert lost["reason"]
    states = [[(c["label"], c["state"]) for c in one["clusters"]] for one in listed]
    assert states == [[("real", "running")], [("real", "lost")]]


@pytest.mark.parametrize("label", ["<img src=x onerror=alert(1)>", "a\x1b[2J", "\u202eabc"])
async def test_labels_reach_the_browser_as_plain_text(open_socket, kernel, hub, label):
    run = hub.open_run(label, "threads")
    browser = await open_socket(f"{kernel.name}/feed")
    await browser.subscribe("runs")

    seen = (await browser.next("runs"))["runs"][0]["label"]
    run.close("finished")

    assert seen.isprintable()
    assert seen.startswith("<img") == label.startswith("<img")

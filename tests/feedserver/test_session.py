"""What a reader gets at each tick, without a socket."""

from __future__ import annotations

import json
from array import array

import pytest

from treadle.feedserver.session import Session
from treadle.telemetry import events
from treadle.telemetry.cluster import ClusterRecorder
from treadle.telemetry.frames import TaskFrame
from treadle.telemetry.hub import EventHub


class Table:
    prefixes = ("load",)

    def __init__(self, count: int):
        self.prefix_index = array("i", [0] * count)

    def __len__(self) -> int:
        return len(self.prefix_index)


def record_rows(hub: EventHub, count: int):
    run = hub.open_run("cell 1", "threads")
    lane = run.add_table(Table(count), nlanes=1).lane(0)
    for number in range(count):
        lane.numbers.append(number)
        lane.starts.append(1.0)
        lane.stops.append(1.5)
    return run, lane


def subscribed(hub: EventHub, *topics: str, since: int = 0) -> Session:
    session = Session(hub)
    session.subscribe(events.Subscribe(topics=list(topics), since=events.Since(tasks=since)))
    return session


def rows(messages) -> list[int]:
    return [
        n for m in messages if isinstance(m, bytes) for n in TaskFrame.parse(m).column("number")
    ]


def test_nothing_is_sent_before_anything_is_asked_for():
    hub = EventHub()
    record_rows(hub, 3)

    session = Session(hub)

    assert not session.has_more
    assert session.messages(0.0) == []


def test_only_the_topics_asked_for_are_sent():
    hub = EventHub()
    record_rows(hub, 3)

    kinds = {}
    for topic in ("runs", "lanes", "tasks"):
        (message,) = subscribed(hub, topic).messages(0.0)
        kinds[topic] = "frame" if isinstance(message, bytes) else json.loads(message)["type"]

    assert kinds == {"runs": "runs", "lanes": "lanes", "tasks": "frame"}


def test_what_has_not_changed_is_not_sent_again():
    hub = EventHub(wall=lambda: 1e6, clock=lambda: 1.0)
    run, lane = record_rows(hub, 3)
    session = subscribed(hub, "runs", "lanes", "tasks")

    first = session.messages(0.0)
    second = session.messages(0.1)
    lane.current = 2  # has just ended, so the lane idles
    third = session.messages(0.2)
    run.close("finished")
    (fourth,) = session.messages(0.3)

    assert (len(first), second, third) == (3, [], [])
    assert json.loads(fourth)["runs"][0]["state"] == "finished"


def test_more_rows_than_a_frame_holds_follow_at_the_next_tick(monkeypatch):
    monkeypatch.setattr(events, "MAX_FRAME_ROWS", 4)
    hub = EventHub()
    record_rows(hub, 10)[0].close("finished")
    session = subscribed(hub, "tasks")

    ticks = []
    for _ in range(4):
        ticks.append((rows(session.messages(0.0)), session.has_more))

    assert ticks == [
        ([0, 1, 2, 3], True),
        ([4, 5, 6, 7], True),
        ([8, 9], False),
        ([], False),
    ]


@pytest.mark.parametrize(("since", "expected"), [(0, [0, 1, 2]), (2, [2]), (3, []), (-1, [])])
def test_rows_begin_where_the_reader_left_off(since, expected):
    hub = EventHub()
    record_rows(hub, 3)

    assert rows(subscribed(hub, "tasks", since=since).messages(0.0)) == expected


def test_minus_one_means_from_now_on():
    hub = EventHub()
    record_rows(hub, 3)
    session = subscribed(hub, "tasks", since=-1)

    record_rows(hub, 2)

    assert rows(session.messages(0.0)) == [0, 1]


def test_subscribing_anew_sends_the_state_anew():
    hub = EventHub()
    record_rows(hub, 1)[0].close("finished")
    session = subscribed(hub, "runs")

    first = session.messages(0.0)
    session.subscribe(events.Subscribe(topics=["runs"], max_hz=0.5))

    assert session.messages(0.1) == first
    assert session.max_hz == 0.5


def test_a_reader_that_was_overtaken_is_told_even_when_nothing_is_left_to_send():
    hub = EventHub(capacity=4)
    session = subscribed(hub, "tasks")
    record_rows(hub, 10)

    (frame,) = session.messages(0.0)

    assert TaskFrame.parse(frame).header.missed == 6


def cluster_of(count: int):
    hub = EventHub()
    recorder = ClusterRecorder(hub)
    for worker in range(count):
        recorder.worker_joined(worker, f"worker-{worker}")
    return hub, recorder


def kinds(messages) -> list[str]:
    return [json.loads(message)["type"] for message in messages]


def test_workers_are_told_at_once_when_one_comes_and_else_once_a_second():
    hub, recorder = cluster_of(1)
    session = subscribed(hub, "workers")

    sent = [kinds(session.messages(0.0))]
    recorder.metrics(0, cpu=0.5, memory=1, ready=0)
    sent.append(kinds(session.messages(0.5)))
    due = session.has_more
    recorder.worker_joined(1, "worker-1")
    sent.append(kinds(session.messages(0.6)))
    recorder.metrics(0, cpu=0.6, memory=1, ready=0)
    sent += [kinds(session.messages(now)) for now in (1.5, 1.7, 1.8)]

    assert sent == [["workers"], [], ["workers"], [], ["workers"], []]
    assert due
    assert not session.has_more


def test_a_thousand_busy_lanes_are_told_less_often():
    hub, recorder = cluster_of(1000)
    run = recorder.open_run("ab", "cell 1")
    load = recorder.group(run, "load")
    session = subscribed(hub, "lanes")

    sent = [len(session.messages(0.0))]
    for tick in range(1, 5):
        recorder.executing(0, [(0, load, float(tick))])
        sent.append(len(session.messages(tick / 10)))

    assert sent == [1, 0, 1, 0, 1]


def test_a_worker_that_lies_is_told_in_numbers_that_a_browser_can_read():
    hub, recorder = cluster_of(1)
    recorder.metrics(0, cpu=float("nan"), memory=2**70, ready=-3)

    (message,) = subscribed(hub, "workers").messages(0.0)
    (worker,) = json.loads(message)["workers"]

    assert (worker["cpu"], worker["memory"], worker["ready"]) == (0.0, 2**53 - 1, 0)


def test_a_run_that_goes_on_after_its_end_was_told_is_told_anew():
    hub, recorder = cluster_of(1)
    session = subscribed(hub, "runs")
    states = []
    for _ in range(2):
        run = recorder.open_run("client-1", "client 1")
        recorder.add_total(recorder.group(run, "inc"), 1)
        states.append(json.loads(session.messages(0.0)[0])["runs"][0]["groups"][0]["total"])
        recorder.close_run(run, "finished")
        states.append(json.loads(session.messages(0.0)[0])["runs"][0]["state"])

    assert states == [1, "finished", 2, "finished"]

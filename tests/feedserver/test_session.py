"""What a reader gets at each tick, without a socket."""

from __future__ import annotations

import json
from array import array

import pytest

from treadle.feedserver.session import Session
from treadle.telemetry import events
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

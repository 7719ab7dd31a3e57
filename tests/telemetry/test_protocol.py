"""Messages, frames, and the files made from them."""

from __future__ import annotations

import importlib.util
import json
import struct
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.telemetry import events
from treadle.telemetry.frames import TaskFrame, encode_tasks
from treadle.telemetry.views import BusyWith, Group, LaneState, RunReport, TaskBatch

ROOT = Path(__file__).parents[2]


def load_generator():
    path = ROOT / "labextension/scripts/generate_protocol.py"
    spec = importlib.util.spec_from_file_location("generate_protocol", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def batch_of(count: int, *, first: int = 0, missed: int = 0) -> TaskBatch:
    numbers = np.arange(first, first + count)
    columns = {"start": numbers / 4, "stop": numbers / 2}
    for name in ("lane", "group", "run", "kind", "status"):
        columns[name] = np.zeros(count, np.int32)
    return TaskBatch(first, count, missed, ["a"], {**columns, "number": numbers.astype("i4")})


def test_generated_files_are_fresh():
    stale = [str(path.relative_to(ROOT)) for path in load_generator().stale()]

    assert stale == [], "run: python labextension/scripts/generate_protocol.py"


@pytest.mark.parametrize(
    "name", ["welcome", "runs", "runs-empty", "lanes", "workers", "lost", "clusters"]
)
def test_golden_messages_decode_and_encode_to_themselves(name):
    text = (ROOT / f"tests/golden/feed/{name}.json").read_text()

    message = events.decode_answer(text)

    assert json.loads(events.encode(message)) == json.loads(text)


@pytest.mark.parametrize("name", ["tasks", "tasks-missed", "tasks-empty"])
def test_golden_frames_decode_to_what_is_written_beside_them(name):
    data = (ROOT / f"tests/golden/feed/{name}.bin").read_bytes()
    expected = json.loads((ROOT / f"tests/golden/feed/{name}.expected.json").read_text())

    frame = TaskFrame.parse(data)

    assert {column: frame.column(column) for column in expected["columns"]} == expected["columns"]
    assert frame.header.strings == expected["strings"]
    assert (frame.header.first, frame.header.missed) == (expected["first"], expected["missed"])


@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_every_column_of_a_frame_is_aligned_to_eight_bytes(count):
    data = encode_tasks(batch_of(count))

    (length,) = struct.unpack_from("<I", data)
    header = json.loads(data[4 : 4 + length])

    assert (4 + length) % 8 == 0
    assert len(data) % 8 == 0
    assert all(column["offset"] % 8 == 0 for column in header["columns"])
    assert (header["type"], header["count"]) == ("tasks", count)


@given(count=st.integers(0, 12), first=st.integers(0, 30), wanted=st.integers(0, 42))
def test_a_frame_resumed_anywhere_holds_just_the_rows_that_are_wanted(count, first, wanted):
    frame = TaskFrame.parse(encode_tasks(batch_of(count, first=first, missed=3)))
    wanted = min(wanted, frame.next)

    resumed = frame.resume(wanted)

    assert resumed.column("number") == list(range(max(first, wanted), first + count))
    assert resumed.column("stop") == [n / 2 for n in resumed.column("number")]
    assert resumed.header.missed == max(0, first - wanted)
    assert resumed.header.first == max(first, wanted)


@given(cut=st.integers(0, 10_000))
def test_a_frame_cut_short_anywhere_is_refused(cut):
    data = encode_tasks(batch_of(5))

    with pytest.raises(ValueError, match=r".+"):
        TaskFrame.parse(data[: cut % (len(data) - 4)])  # the last four bytes are padding


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "truncated"),
        ("[]", "Expected `object`"),
        ('{"topics":[]}', "missing required field `type`"),
        ('{"type":"fetch"}', "Invalid value 'fetch'"),
        ('{"type":"subscribe","topics":["secrets"]}', "$.topics[0]"),
        ('{"type":"subscribe","topics":["runs"],"max_hz":11}', "$.max_hz"),
        ('{"type":"subscribe","topics":["runs"],"max_hz":0}', "$.max_hz"),
        ('{"type":"subscribe","topics":["runs"],"max_hz":NaN}', "malformed"),
        ('{"type":"subscribe","topics":["runs"],"since":{"tasks":-2}}', "$.since.tasks"),
        ('{"type":"subscribe","topics":["runs"],"since":{"tasks":1e400}}', "$.since.tasks"),
        ('{"type":"subscribe","topics":' + '["runs",' * 9 + "]}", ""),
        ('{"type":"hello","version":"1","token":"x"}', "$.version"),
    ],
)
def test_a_message_that_is_none_is_refused_with_its_field(text, says):
    with pytest.raises(msgspec.DecodeError) as caught:
        events.decode_request(text)

    assert says in str(caught.value)


def test_a_hello_never_shows_its_token():
    hello = events.Hello(version=1, token="c0ffee" * 8)

    assert "c0ffee" not in repr(hello) + str(hello) + str(list(hello.__rich_repr__()))


@pytest.mark.parametrize(
    "label", ["a\x1b[2Jb", "x\u202ey", "null\x00", "\ud800", "l" * 10_000, "<img onerror=1>"]
)
def test_labels_are_cut_and_made_printable(label):
    cleaned = events.clean_label(label)

    assert cleaned.isprintable()
    assert len(cleaned) <= events.MAX_LABEL
    cleaned.encode()


def test_reports_and_lanes_become_messages():
    report = RunReport(
        "ab" * 8, "cell\n1", "sync", "running", 1.0, None, 2.0, 1, 0.5, 0.25,
        (Group("load", 2, 1, 0, 1, 0.5),),
    )  # fmt: skip

    run = events.run_message(report)
    lane = events.lane_message(LaneState(0, "thread 1", BusyWith("load", 1.5, "ab" * 8)))

    assert json.loads(events.encode(run)) == {
        "run": "ab" * 8,
        "label": "cell\N{REPLACEMENT CHARACTER}1",
        "engine": "sync",
        "state": "running",
        "started": 1.0,
        "ended": None,
        "elapsed": 2.0,
        "nlanes": 1,
        "busy_seconds": 0.5,
        "cpu_seconds": 0.25,
        "groups": [
            {"name": "load", "total": 2, "done": 1, "failed": 0, "running": 1, "seconds": 0.5}
        ],
    }
    assert json.loads(events.encode(lane)) == {
        "lane": 0,
        "name": "thread 1",
        "busy": {"group": "load", "start": 1.5, "run": "ab" * 8},
    }

"""The rows that a relay keeps for browsers that come late or come back."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from treadle.lab.history import History
from treadle.telemetry.frames import TaskFrame, encode_tasks
from treadle.telemetry.views import TaskBatch


def frame(first: int, count: int, *, missed: int = 0, groups=("a", "b")) -> TaskFrame:
    """Rows whose group is told by their number, in a string table of the frame's own."""
    numbers = np.arange(first, first + count)
    strings = [*groups, "thread 1", "run"]
    wanted = ["a" if n % 2 else "b" for n in numbers]
    columns = {
        "start": numbers * 1.0,
        "stop": numbers + 0.5,
        "lane": np.full(count, strings.index("thread 1"), np.int32),
        "group": np.array([strings.index(name) for name in wanted], np.int32),
        "run": np.full(count, strings.index("run"), np.int32),
        "kind": np.zeros(count, np.int32),
        "status": np.zeros(count, np.int32),
        "number": numbers.astype(np.int32),
    }
    return TaskFrame.parse(encode_tasks(TaskBatch(first, count, missed, strings, columns)))


def numbers(frames) -> list[int]:
    return [n for f in frames for n in f.column("number")]


def read_all(history: History, seq: int) -> tuple[list[int], int]:
    """All rows from ``seq`` on as a browser gets them, and how many it is told it missed."""
    rows, missed, is_behind = [], 0, True
    while is_behind:
        frames, is_behind = history.after(seq)
        for one in frames:
            rows += one.column("number")
            missed += one.header.missed
            seq = one.next
    return rows, missed


@given(
    sizes=st.lists(st.integers(0, 6), max_size=12),
    wanted=st.integers(0, 80),
    swap=st.booleans(),
)
def test_any_browser_gets_just_the_rows_it_lacks(sizes, wanted, swap):
    history, first = History(), 0
    for i, size in enumerate(sizes):
        history.add(frame(first, size, groups=("b", "a") if swap and i % 2 else ("a", "b")))
        first += size

    frames, is_behind = history.after(min(wanted, first))

    assert not is_behind
    assert numbers(frames) == list(range(wanted, first))
    for one in frames:
        names = [one.header.strings[int(i)] for i in one.column("group")]
        assert names == ["a" if n % 2 else "b" for n in one.column("number")]
        assert {one.header.strings[int(i)] for i in one.column("lane")} == {"thread 1"}


def test_short_frames_are_joined_and_the_cluster_s_rows_counted_once():
    history = History()
    for first in range(0, 100, 2):
        history.add(frame(first, 2))

    assert len(history._frames) == 1
    assert history._rows == 100
    assert history.next == 100


def test_the_oldest_rows_go_and_a_late_browser_is_told_how_many():
    history = History(max_rows=10_000)
    for first in range(0, 30_000, 5000):
        history.add(frame(first, 5000))

    rows, missed = read_all(history, 3)

    assert rows == list(range(20_000, 30_000))
    assert missed == 20_000 - 3


def test_memory_is_bounded_in_bytes_too():
    history = History(max_bytes=500_000)
    for first in range(0, 50_000, 5000):
        history.add(frame(first, 5000))

    assert history._bytes <= 500_000
    assert len(history._frames) == 2


def test_rows_that_the_relay_itself_missed_are_missed_by_browsers():
    history = History()
    history.add(frame(0, 3))
    history.add(frame(10, 2, missed=7))

    assert read_all(history, 0) == ([0, 1, 2, 10, 11], 7)
    assert read_all(history, 1) == ([1, 2, 10, 11], 7)


def test_rows_that_come_twice_are_kept_once():
    history = History()
    history.add(frame(0, 5))
    history.add(frame(0, 5))
    history.add(frame(3, 4))

    assert read_all(history, 0) == (list(range(7)), 0)
    assert history.next == 7


def test_a_browser_gets_no_more_rows_at_a_time_than_a_frame_may_hold():
    history = History()
    for first in range(0, 45_000, 9000):
        history.add(frame(first, 9000))

    frames, is_behind = history.after(0)

    assert (len(numbers(frames)), is_behind) == (18_000, True)
    assert read_all(history, 0) == (list(range(45_000)), 0)

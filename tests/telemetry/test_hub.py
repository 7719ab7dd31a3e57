"""Runs, rows and counts, driven by hand with clocks that stand still."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from treadle.telemetry.hub import MAX_ENDED_RUNS, MAX_UNREAD_CHUNKS, EventHub, default_hub
from treadle.telemetry.recorder import CHUNK
from treadle.telemetry.views import BusyWith, Group, LaneState, RunReport

from .tables import FakeTable, begin, end, hub_with_clocks, run_all


def test_a_span_becomes_a_row_in_epoch_seconds():
    hub, _, _ = hub_with_clocks(perf=100.0, wall=1_000_000.0)
    run = hub.open_run("cell 1", "threads")
    lane = run.add_table(FakeTable("load", "add"), nlanes=1).lane(0)

    end(lane, 1, 101.0, 101.5)
    batch = hub.since(0)

    assert (batch.first, batch.count, batch.missed) == (0, 1, 0)
    columns = {name: column.tolist() for name, column in batch.columns.items()}
    names = {name: batch.strings[columns.pop(name)[0]] for name in ("lane", "group", "run")}
    assert columns == {
        "start": [1_000_001.0],
        "stop": [1_000_001.5],
        "kind": [0],
        "status": [0],
        "number": [1],
    }
    assert names == {"lane": "thread 1", "group": "add", "run": run.id}


def test_a_report_counts_groups_in_order_of_first_appearance():
    hub, _, epoch = hub_with_clocks()
    run = hub.open_run("cell 1", "threads")
    segment = run.add_table(FakeTable("load", "load", "add", "load"), nlanes=2)

    run_all(segment.lane(0), [0])
    begin(segment.lane(1), 1, 100.0)
    segment.lane(0).cpu_seconds = 0.75
    epoch.now += 3
    report = run.report()

    assert report == RunReport(
        run=run.id,
        label="cell 1",
        engine="threads",
        state="running",
        started=1_000_000.0,
        ended=None,
        elapsed=3.0,
        nlanes=2,
        busy_seconds=1.0,
        cpu_seconds=0.75,
        groups=(Group("load", 3, 1, 0, 1, 1.0), Group("add", 1, 0, 0, 0, 0.0)),
    )
    assert (report.total, report.done, report.failed) == (4, 1, 0)


def test_a_task_that_has_just_ended_is_not_running_too():
    hub, _, _ = hub_with_clocks()
    run = hub.open_run("cell 1", "threads")
    lane = run.add_table(FakeTable("load", "load"), nlanes=1).lane(0)

    begin(lane, 0, 100.0)
    end(lane, 0, 100.0, 101.0)  # and the lane has not come round to its next task

    assert run.report().groups == (Group("load", 2, 1, 0, 0, 1.0),)


def test_literals_are_neither_counted_nor_shown():
    hub, _, _ = hub_with_clocks()
    run = hub.open_run("cell 1", "sync")
    lane = run.add_table(FakeTable("", "load", ""), nlanes=1).lane(0)

    run_all(lane, [0, 1, 2])
    begin(lane, 2, 200.0)

    assert run.report().groups == (Group("load", 1, 1, 0, 0, 1.0),)
    assert hub.since(0).columns["number"].tolist() == [1]
    assert hub.lanes() == [LaneState(0, "thread 1", None)]


def test_several_tables_of_a_run_add_up():
    hub, _, _ = hub_with_clocks()
    run = hub.open_run("cell 1", "threads")

    run_all(run.add_table(FakeTable("load", "load"), nlanes=1).lane(0), [0, 1])
    run_all(run.add_table(FakeTable("add", "load"), nlanes=3).lane(0), [0, 1])
    run.close("finished")
    report = run.report()

    assert report.groups == (Group("load", 3, 3, 0, 0, 3.0), Group("add", 1, 1, 0, 0, 1.0))
    assert report.nlanes == 3
    assert [lane.name for lane in hub.lanes()] == ["thread 1", "thread 2", "thread 3"]


@pytest.mark.parametrize("told", ["before its span", "after it was read", "without a span"])
def test_a_failed_task_is_counted_once_and_not_as_done(told):
    hub, _, _ = hub_with_clocks()
    run = hub.open_run("cell 1", "threads")
    run_all(run.add_table(FakeTable("load", "load"), nlanes=1).lane(0), [0, 1])
    segment = run.add_table(FakeTable("load", "load"), nlanes=1)

    if told == "before its span":
        segment.failed(1)
    if told != "without a span":
        run_all(segment.lane(0), [0, 1])
    hub.runs()
    segment.failed(1)
    run.close("failed", "ZeroDivisionError: division by zero")
    report = run.report()

    (group,) = report.groups
    assert (group.total, group.failed) == (4, 1)
    assert group.done == (2 if told == "without a span" else 3)
    assert report.error == "ZeroDivisionError: division by zero"
    spans = 2 if told == "without a span" else 4
    assert hub.since(0).columns["status"].tolist() == [0, 0, 0, 1][:spans]


def test_rows_are_paged_by_sequence_number():
    hub, _, _ = hub_with_clocks()
    run = hub.open_run("cell 1", "sync")
    run_all(run.add_table(FakeTable(*["load"] * 5), nlanes=1).lane(0), range(5))

    first = hub.since(0, limit=3)
    second = hub.since(first.next, limit=3)

    assert first.columns["number"].tolist() == [0, 1, 2]
    assert second.columns["number"].tolist() == [3, 4]
    assert hub.since(second.next).count == 0


def test_minus_one_asks_for_nothing_but_what_comes_later():
    hub, _, _ = hub_with_clocks()
    run = hub.open_run("cell 1", "sync")
    lane = run.add_table(FakeTable(*["load"] * 3), nlanes=1).lane(0)
    run_all(lane, [0, 1])

    batch = hub.since(-1)
    run_all(lane, [2])

    assert (batch.first, batch.count, batch.missed) == (2, 0, 0)
    assert hub.since(batch.next).columns["number"].tolist() == [2]


def test_a_slow_reader_is_told_how_many_rows_it_missed():
    hub, _, _ = hub_with_clocks(capacity=4)
    run = hub.open_run("cell 1", "sync")
    lane = run.add_table(FakeTable(*["load"] * 10), nlanes=1).lane(0)
    run_all(lane, range(3))
    reader = hub.since(0).next

    run_all(lane, range(3, 10))
    batch = hub.since(reader)

    assert (batch.first, batch.missed) == (6, 3)
    assert batch.columns["number"].tolist() == [6, 7, 8, 9]


def test_a_sequence_number_from_the_future_reads_nothing():
    batch = EventHub().since(12)

    assert (batch.first, batch.count, batch.missed) == (0, 0, 0)


def test_rotated_arrays_keep_their_rows_and_their_order():
    hub, _, _ = hub_with_clocks()
    run = hub.open_run("cell 1", "sync")
    lane = run.add_table(FakeTable(*["load"] * 6), nlanes=1).lane(0)

    run_all(lane, [0, 1])
    lane.rotate()
    run_all(lane, [2])
    hub.runs()
    run_all(lane, [3])
    lane.rotate()
    lane.rotate()
    run_all(lane, [4, 5])

    assert hub.since(0).columns["number"].tolist() == [0, 1, 2, 3, 4, 5]


def test_memory_stays_bounded_though_nobody_reads():
    hub, _, _ = hub_with_clocks(capacity=1000)
    run = hub.open_run("cell 1", "sync")
    ntasks = CHUNK * MAX_UNREAD_CHUNKS * 2
    lane = run.add_table(FakeTable(*["load"] * ntasks), nlanes=1).lane(0)

    most_chunks = 0
    for begin_at in range(0, ntasks, CHUNK):
        run_all(lane, range(begin_at, begin_at + CHUNK))
        lane.rotate()
        most_chunks = max(most_chunks, len(lane._chunks))
    report = run.report()

    assert most_chunks <= MAX_UNREAD_CHUNKS
    assert (report.done, hub.since(0).count) == (ntasks, 1000)


def test_many_small_tables_do_not_pile_up_though_nobody_reads():
    hub, _, _ = hub_with_clocks()
    run = hub.open_run("loop", "sync")

    for _ in range(1000):
        run_all(run.add_table(FakeTable("load"), nlanes=1).lane(0), [0])

    assert len(hub._unread) <= 257
    assert run.report().done == 1000


def test_history_holds_the_last_runs_and_all_live_ones_newest_last():
    hub, _, epoch = hub_with_clocks()
    live = hub.open_run("live", "threads")
    for i in range(MAX_ENDED_RUNS + 5):
        epoch.now += 1
        run = hub.open_run(f"run {i}", "sync")
        run.add_table(FakeTable("load"), nlanes=1)
        run.close("cancelled")

    labels = [report.label for report in hub.runs()]

    assert labels == ["live", *(f"run {i}" for i in range(5, MAX_ENDED_RUNS + 5))]
    assert live.report().state == "running"


def test_a_run_without_tasks_is_not_listed_once_it_is_closed():
    hub, _, _ = hub_with_clocks()
    run = hub.open_run("only literals", "sync")
    run.add_table(FakeTable("", ""), nlanes=1)

    while_open = [report.label for report in hub.runs()]
    run.close("finished")

    assert while_open == ["only literals"]
    assert hub.runs() == []


def test_closing_twice_keeps_the_first_state():
    hub, _, epoch = hub_with_clocks()
    run = hub.open_run("cell 1", "sync")
    run.add_table(FakeTable("load"), nlanes=1)

    run.close("failed", "first")
    epoch.now += 5
    run.close("finished")

    report = run.report()
    assert (report.state, report.error, report.elapsed) == ("failed", "first", 0.0)


def test_runs_at_the_same_time_never_share_a_lane():
    hub, _, _ = hub_with_clocks()
    outer = hub.open_run("outer", "threads")
    inner = hub.open_run("inner", "threads")
    outer_lanes = outer.add_table(FakeTable("load"), nlanes=2).lanes
    inner_lane = inner.add_table(FakeTable("add"), nlanes=1).lane(0)

    begin(outer_lanes[0], 0, 101.0)
    begin(inner_lane, 0, 102.0)
    during = hub.lanes()
    inner.close("finished")
    again = inner_lane.slot in {
        lane.slot for lane in hub.open_run("next", "sync").add_table(FakeTable("a"), 1).lanes
    }

    assert during == [
        LaneState(0, "thread 1", BusyWith("load", 1_000_001.0, outer.id)),
        LaneState(1, "thread 2", None),
        LaneState(2, "thread 3", BusyWith("add", 1_000_002.0, inner.id)),
    ]
    assert again


def test_subscribers_hear_of_runs_that_open_and_close():
    hub, _, _ = hub_with_clocks()
    heard = []
    unsubscribe = hub.subscribe(lambda: heard.append(len(hub.runs())))

    run = hub.open_run("cell 1", "sync")
    run.close("finished")
    unsubscribe()
    hub.open_run("cell 2", "sync")

    assert heard == [1, 0]


def test_names_of_forgotten_rows_are_forgotten():
    hub, _, _ = hub_with_clocks(capacity=10)
    for i in range(6000):
        run = hub.open_run(f"run {i}", "sync")
        run_all(run.add_table(FakeTable(f"group {i}"), nlanes=1).lane(0), [0])
        run.close("finished")

    batch = hub.since(0)

    groups = [batch.strings[i] for i in batch.columns["group"].tolist()]
    assert groups == [f"group {i}" for i in range(5990, 6000)]
    assert len(hub._ring.names.strings) < 4096


def test_readers_see_every_row_once_while_lanes_write():
    hub = EventHub(capacity=50_000)
    run = hub.open_run("cell 1", "threads")
    per_lane, nlanes = 10_000, 3
    segment = run.add_table(FakeTable(*["a", "b"] * (per_lane * nlanes // 2)), nlanes)
    started = threading.Barrier(nlanes + 1)

    def work(k: int) -> None:
        started.wait()
        lane = segment.lane(k)
        for number in range(k * per_lane, (k + 1) * per_lane):
            begin(lane, number, 1.0)
            end(lane, number, 1.0, 2.0)
            if len(lane.stops) >= 128:
                lane.rotate()
        lane.current = -1

    threads = [threading.Thread(target=work, args=(k,)) for k in range(nlanes)]
    for thread in threads:
        thread.start()
    started.wait()
    seen, seq, reports = [], 0, []
    while any(thread.is_alive() for thread in threads):
        batch = hub.since(seq)
        seq = batch.next
        seen += batch.columns["number"].tolist()
        reports.append(run.report())
    seen += hub.since(seq, limit=50_000).columns["number"].tolist()

    assert sorted(seen) == list(range(per_lane * nlanes))
    for k in range(nlanes):  # each lane's rows stay in order
        mine = [n for n in seen if k * per_lane <= n < (k + 1) * per_lane]
        assert mine == sorted(mine)
    for report in reports:
        assert all(group.waiting >= 0 for group in report.groups)
    assert run.report().done == per_lane * nlanes


def test_recording_and_closing_a_run_loads_no_library():
    script = """
import sys
from array import array
from treadle.telemetry.hub import default_hub
class Table:
    prefixes = ["load"]
    prefix_index = array("i", [0])
    def __len__(self): return 1
run = default_hub().open_run("cell 1", "sync")
lane = run.add_table(Table(), 1).lane(0)
lane.numbers.append(0); lane.starts.append(1.0); lane.stops.append(2.0)
lane.rotate()
run.close("finished")
heavy = {"numpy", "msgspec", "tornado", "asyncio", "pandas"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=30)


def test_the_process_has_one_hub():
    assert default_hub() is default_hub()

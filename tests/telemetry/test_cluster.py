"""What a scheduler records, and what readers of its hub get."""

from __future__ import annotations

import subprocess
import sys
import threading
from array import array

import pytest

from treadle.telemetry.cluster import MAX_GROUPS, REOPEN_SECONDS, ClusterRecorder
from treadle.telemetry.hub import MAX_ENDED_RUNS, MAX_UNREAD_CHUNKS
from treadle.telemetry.recorder import CHUNK
from treadle.telemetry.views import BusyWith, Group, LaneState, WorkerState

from .tables import FakeTable, hub_with_clocks, run_all

NOW = 1_000_000.0


def recorder_with_clock(**options):
    hub, _, wall = hub_with_clocks(wall=NOW, **options)
    return ClusterRecorder(hub), hub, wall


def times(*values):
    return array("d", [NOW + value for value in values])


def rows_of(hub, seq=0):
    batch = hub.since(seq)
    columns = {name: column.tolist() for name, column in batch.columns.items()}
    named = [[batch.strings[i] for i in columns[name]] for name in ("lane", "group", "run")]
    spans = zip(columns["start"], columns["stop"], strict=True)
    return list(zip(*named, [(a - NOW, b - NOW) for a, b in spans], strict=True))


def test_a_batch_becomes_rows_named_by_worker_group_and_run():
    recorder, hub, _ = recorder_with_clock()
    run = recorder.open_run("ab", "cell 3")
    load, add = recorder.group(run, "load"), recorder.group(run, "add")
    first, second = recorder.lane(1, 0, "worker-1"), recorder.lane(7, 1, "worker-7")

    recorder.finished([load, add], [first, second], times(0, 1), times(0.5, 3))

    assert rows_of(hub) == [
        ("worker-1 / thread 1", "load", "ab", (0.0, 0.5)),
        ("worker-7 / thread 2", "add", "ab", (1.0, 3.0)),
    ]


def test_a_report_counts_groups_in_order_of_first_appearance():
    recorder, hub, wall = recorder_with_clock()
    run = recorder.open_run("ab", "cell 3")
    load, add = recorder.group(run, "load"), recorder.group(run, "add")
    recorder.add_total(load, 3)
    recorder.add_total(add, 1)
    lane = recorder.lane(1, 0, "worker-1")
    recorder.finished([load], [lane], times(0), times(0.5))
    recorder.finished([load], [lane], times(1), times(1.25), failed=True)
    recorder.executing(1, [(0, load, NOW + 2)])
    wall.now += 3

    (report,) = hub.runs()

    assert report.groups == (Group("load", 3, 1, 1, 1, 0.75), Group("add", 1, 0, 0, 0, 0.0))
    assert (report.run, report.label, report.engine) == ("ab", "cell 3", "cluster")
    assert (report.state, report.elapsed, report.nlanes) == ("running", 3.0, 1)
    assert hub.since(0).columns["status"].tolist() == [0, 1]


def test_transfers_are_shown_and_not_counted():
    recorder, hub, _ = recorder_with_clock()
    run = recorder.open_run("ab", "cell 3")
    load = recorder.group(run, "load")
    recorder.add_total(load, 1)

    recorder.finished([load], [recorder.lane(1, 0, "w")], times(0), times(1), kind=1)

    assert hub.runs()[0].groups == (Group("load", 1, 0, 0, 0, 0.0),)
    assert hub.since(0).columns["kind"].tolist() == [1]


def test_tasks_that_ran_twice_never_leave_less_than_none_waiting():
    recorder, hub, _ = recorder_with_clock()
    run = recorder.open_run("ab", "cell 3")
    load, lane = recorder.group(run, "load"), recorder.lane(1, 0, "w")
    recorder.add_total(load, 2)
    recorder.finished([load] * 3, [lane] * 3, times(0, 1, 2), times(1, 2, 3))
    recorder.executing(1, [(0, load, NOW + 4)])

    (group,) = hub.runs()[0].groups

    assert (group.total, group.done, group.running, group.waiting) == (3, 3, 0, 0)


def test_an_empty_prefix_is_neither_counted_nor_shown():
    recorder, hub, _ = recorder_with_clock()
    run = recorder.open_run("ab", "cell 3")
    hidden, lane = recorder.group(run, ""), recorder.lane(1, 0, "w")
    recorder.add_total(hidden, 5)

    recorder.finished([hidden], [lane], times(0), times(1))

    assert rows_of(hub) == []
    assert hub.runs()[0].groups == ()


def test_columns_of_unequal_length_are_refused_whole():
    recorder, hub, _ = recorder_with_clock()
    run = recorder.open_run("ab", "cell 3")
    load, lane = recorder.group(run, "load"), recorder.lane(1, 0, "w")

    with pytest.raises(ValueError, match="2 groups, 2 lanes, 2 starts, 1 stops"):
        recorder.finished([load] * 2, [lane] * 2, times(0, 1), times(1))
    span = times(0)
    for count in (1, 2):
        for groups, lanes in ((["x"], [lane]), ([load], ["x"])):
            with pytest.raises(TypeError):
                recorder.finished(groups * count, lanes * count, span * count, span * count)
    recorder.finished([load], [lane], times(5), times(6))

    assert [row[3] for row in rows_of(hub)] == [(5.0, 6.0)]


def test_times_that_are_none_harm_nobody():
    recorder, hub, _ = recorder_with_clock()
    run = recorder.open_run("ab", "cell 3")
    load, lane = recorder.group(run, "load"), recorder.lane(1, 0, "w")
    nan, inf = float("nan"), float("inf")

    starts = array("d", [nan, NOW, NOW + 2, NOW, NOW])
    stops = array("d", [NOW, inf, NOW + 1, NOW + 1e6, NOW + 1])
    recorder.finished([load] * 5, [lane] * 5, starts, stops)

    assert [row[3] for row in rows_of(hub)] == [(2.0, 2.0), (0.0, 1.0)]
    (group,) = hub.runs()[0].groups
    assert (group.done, group.seconds) == (3, 1e6 + 1)


def test_rows_of_strange_groups_and_lanes_are_dropped():
    recorder, hub, _ = recorder_with_clock()
    run = recorder.open_run("ab", "cell 3")
    load, lane = recorder.group(run, "load"), recorder.lane(1, 0, "w")

    recorder.finished(
        [load, -5, 99, load], [lane, lane, lane, 42], times(*range(4)), times(*[9] * 4)
    )

    assert [row[3] for row in rows_of(hub)] == [(0.0, 9.0)]
    assert recorder.group(99, "load") == recorder.group(run, "")


def test_a_lane_is_busy_until_a_row_says_that_its_task_has_ended():
    recorder, hub, _ = recorder_with_clock()
    run = recorder.open_run("ab", "cell 3")
    load = recorder.group(run, "load")
    recorder.worker_joined(1, "worker-1", nthreads=2)
    recorder.executing(1, [(1, load, NOW + 1)])

    assert hub.lanes() == [
        LaneState(0, "worker-1 / thread 1", None),
        LaneState(1, "worker-1 / thread 2", BusyWith("load", NOW + 1, "ab")),
    ]
    recorder.finished([load], [recorder.lane(1, 1, "worker-1")], times(1.0001), times(2))
    assert [state.busy for state in hub.lanes()] == [None, None]
    recorder.executing(1, [(1, load, NOW + 2)])
    assert [state.busy is not None for state in hub.lanes()] == [False, True]


def test_lanes_go_with_their_worker_and_rows_stay():
    recorder, hub, _ = recorder_with_clock()
    run = recorder.open_run("ab", "cell 3")
    load = recorder.group(run, "load")
    for worker in (1, 2):
        recorder.worker_joined(worker, f"worker-{worker}")
    lane = recorder.lane(1, 0, "worker-1")
    recorder.finished([load], [lane], times(0), times(1))
    recorder.worker_left(1)

    assert [state.name for state in hub.lanes()] == ["worker-2 / thread 1"]
    assert [row[0] for row in rows_of(hub)] == ["worker-1 / thread 1"]
    assert [worker.name for worker in hub.workers()] == ["worker-2"]


def test_workers_tell_what_their_heartbeats_say():
    recorder, hub, wall = recorder_with_clock()
    run = recorder.open_run("ab", "cell 3")
    recorder.worker_joined(3, "worker-3", "node", nthreads=4, memory_limit=2**30)
    wall.now += 5

    recorder.metrics(3, cpu=1.5, memory=2**20, ready=7)
    recorder.executing(3, [(0, recorder.group(run, "load"), NOW)])
    recorder.metrics(9, cpu=1.5, memory=2**20, ready=7)  # nobody it knows

    assert hub.workers() == [
        WorkerState(3, "worker-3", "node", 4, 1.5, 2**20, 2**30, 7, 1, NOW + 5)
    ]


def test_a_run_that_is_opened_again_at_once_goes_on():
    recorder, hub, wall = recorder_with_clock()
    lane = recorder.lane(1, 0, "w")
    for _ in range(3):
        run = recorder.open_run("client-1", "client 1")
        assert recorder.open_run("client-1", "client 1") == run
        inc = recorder.group(run, "inc")
        recorder.add_total(inc, 1)
        recorder.finished([inc], [lane], times(0), times(1))
        recorder.close_run(run, "finished")
        wall.now += REOPEN_SECONDS / 2

    (report,) = hub.runs()
    assert (report.run, report.total, report.done, report.state) == ("client-1", 3, 3, "finished")
    assert not hub.is_live


def test_a_run_that_is_opened_again_later_is_another():
    recorder, hub, wall = recorder_with_clock()
    numbers = []
    for _ in range(2):
        run = recorder.open_run("client-1", "client 1")
        recorder.add_total(recorder.group(run, "inc"), 1)
        recorder.close_run(run, "finished")
        numbers.append(run)
        wall.now += REOPEN_SECONDS + 1

    assert len(set(numbers)) == 2
    assert [report.run for report in hub.runs()] == ["client-1", f"client-1.{numbers[1]}"]


def test_a_run_that_nobody_watched_knows_how_many_threads_it_had():
    recorder, hub, _ = recorder_with_clock()
    recorder.worker_joined(1, "w", nthreads=3)
    run = recorder.open_run("ab", "cell 3")
    recorder.add_total(recorder.group(run, "load"), 1)
    recorder.close_run(run, "finished")
    recorder.worker_left(1)

    assert hub.runs()[0].nlanes == 3


def test_only_the_last_ended_runs_are_kept_and_late_rows_of_others_are_dropped():
    recorder, hub, wall = recorder_with_clock()
    lane = recorder.lane(1, 0, "w")
    first = None
    for i in range(MAX_ENDED_RUNS + 3):
        run = recorder.open_run(f"run {i}", f"cell {i}")
        group = recorder.group(run, "load")
        first = group if first is None else first
        recorder.close_run(run, "finished")
        wall.now += 1
    recorder.close_run(recorder.open_run("empty", "without a task"), "finished")

    recorder.finished([first, group], [lane, lane], times(0, 1), times(1, 2))

    assert [report.label for report in hub.runs()] == [f"cell {i}" for i in range(3, 23)]
    assert [row[2] for row in rows_of(hub)] == ["run 22"]
    assert hub.runs()[-1].done == 1


def test_groups_of_a_run_are_bounded():
    recorder, hub, _ = recorder_with_clock()
    run = recorder.open_run("ab", "cell 3")

    numbers = [recorder.group(run, f"task {i}") for i in range(MAX_GROUPS + 50)]

    assert len(set(numbers)) == MAX_GROUPS + 1
    assert [group.name for group in hub.runs()[0].groups[-2:]] == ["task 999", "(others)"]


def test_one_hub_serves_its_own_runs_and_a_clusters():
    recorder, hub, wall = recorder_with_clock()
    own = hub.open_run("cell 1", "threads")
    wall.now += 1
    run = recorder.open_run("ab", "cell 2")
    run_all(own.add_table(FakeTable("load"), nlanes=1).lane(0), [0])
    load, lane = recorder.group(run, "load"), recorder.lane(1, 0, "worker-1")
    recorder.finished([load], [lane], times(0), times(1))

    assert [report.label for report in hub.runs()] == ["cell 1", "cell 2"]
    assert [(s.lane, s.name) for s in hub.lanes()] == [(0, "thread 1"), (1, "worker-1 / thread 1")]
    assert sorted(row[0] for row in rows_of(hub)) == ["thread 1", "worker-1 / thread 1"]
    own.close("finished")
    assert hub.is_live
    recorder.close_run(run, "finished")
    assert not hub.is_live


def test_a_million_rows_that_nobody_reads_take_bounded_memory():
    recorder, hub, _ = recorder_with_clock(capacity=1000)
    run = recorder.open_run("ab", "cell 3")
    load, lane = recorder.group(run, "load"), recorder.lane(1, 0, "w")
    batch, starts = 2048, times(*[0] * 2048)

    most = 0
    for _ in range(500):
        recorder.finished([load] * batch, [lane] * batch, starts, starts)
        most = max(most, len(recorder._chunks))

    assert most <= 4 * MAX_UNREAD_CHUNKS + 2
    assert hub.runs()[0].done == 500 * batch
    assert 500 * batch > 2 * CHUNK * MAX_UNREAD_CHUNKS


def test_a_reader_beside_the_writer_gets_every_row_once():
    recorder, hub, _ = recorder_with_clock()
    run = recorder.open_run("ab", "cell 3")
    load, lane = recorder.group(run, "load"), recorder.lane(1, 0, "w")

    def write():
        for i in range(3000):
            count = i % 7
            column = times(*[i / 100] * count)
            recorder.finished([load] * count, [lane] * count, column, column)

    writer = threading.Thread(target=write)
    writer.start()
    seen, seq = [], 0
    while writer.is_alive() or seq < hub.next:
        batch = hub.since(seq)
        seen += batch.columns["start"].tolist()
        seq = batch.next
    writer.join(30)

    assert seen == [NOW + i / 100 for i in range(3000) for _ in range(i % 7)]


def test_a_scheduler_that_nobody_watches_needs_no_numpy():
    program = """
import sys
from array import array
from treadle.telemetry.cluster import ClusterRecorder
from treadle.telemetry.hub import EventHub
hub = EventHub()
recorder = ClusterRecorder(hub)
run = recorder.open_run("ab", "cell")
recorder.worker_joined(1, "worker-1")
hub.next, hub.runs(), hub.lanes(), hub.workers()
recorder.finished([recorder.group(run, "a")], [1], array("d", [0.0]), array("d", [1.0]))
print("numpy" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True
    )

    assert done.stdout.split() == ["False"]

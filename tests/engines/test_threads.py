"""What is special about threads: concurrency, interrupts, and who works when."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

import pytest

import treadle
from treadle.engines import crew as crew_module
from treadle.engines import get_engine
from treadle.engines.threads import TaskInterrupted
from treadle.errors import ConfigError, UnknownSchedulerError
from treadle.graph.dictgraph import table_from_dict


def inc(x):
    return x + 1


@pytest.mark.parametrize("workers", [2, 4])
def test_as_many_tasks_run_at_once_as_there_are_workers(workers):
    together = threading.Barrier(workers)
    graph = {("t", i): (together.wait, 30) for i in range(workers)}

    numbers = treadle.get(graph, list(graph), "threads", num_workers=workers)

    assert sorted(numbers) == list(range(workers))


def test_never_more_tasks_run_at_once_than_there_are_workers():
    lock = threading.Lock()
    running = peak = 0

    def task(i):
        nonlocal running, peak
        with lock:
            running += 1
            peak = max(peak, running)
        sum(range(20_000))
        with lock:
            running -= 1

    treadle.get({("t", i): (task, i) for i in range(200)}, [("t", 199)], "threads", num_workers=2)
    graph = {("t", i): (task, i) for i in range(200)}
    treadle.get(graph, list(graph), "threads", num_workers=2)

    assert peak <= 2


def test_a_task_freed_late_is_taken_by_a_second_lane():
    """After a chain, two tasks become ready that wait for each other."""
    together = threading.Barrier(2)

    def meet(_):
        return together.wait(30)

    graph = {"a": (inc, 0), "b": (inc, "a"), "x": (meet, "b"), "y": (meet, "b")}

    assert sorted(treadle.get(graph, ["x", "y"], "threads", num_workers=2)) == [0, 1]


def test_lanes_that_left_come_back_when_there_is_work_again():
    together = threading.Barrier(2)
    quiet = threading.Event()

    def pause(_):
        assert not quiet.wait(0.03)  # longer than an idle lane's patience

    def meet(_):
        return together.wait(30)

    graph = {"r1": (inc, 0), "r2": (inc, 0), "long": (pause, "r1")}
    graph.update({"x": (meet, "long"), "y": (meet, "long")})

    assert sorted(treadle.get(graph, ["x", "y", "r2"], "threads", num_workers=2)[:2]) == [0, 1]


def test_tasks_run_on_other_threads_than_the_callers():
    graph = {"x": (threading.get_ident,)}

    assert treadle.get(graph, "x", "threads") != threading.get_ident()
    assert treadle.get(graph, "x", "sync") == threading.get_ident()


def test_an_unsupervised_run_uses_its_lanes_too():
    together = threading.Barrier(2)
    graph = {("t", i): (together.wait, 30) for i in range(2)}
    graph["first"] = (inc, 0)
    run = get_engine("threads", 2).submit(table_from_dict(graph, ["first", ("t", 0), ("t", 1)]))

    assert run.wait(30)
    assert sorted(run.result()[1:]) == [0, 1]


def test_waiting_ends_at_the_time_out():
    go = threading.Event()
    run = get_engine("threads", 2).submit(table_from_dict({"x": (go.wait, 30)}, ["x"]))

    assert run.wait(0.01) is False
    assert run.state == "running"
    go.set()
    assert run.wait(30) is True


def test_an_interrupt_ends_the_run_and_stops_its_tasks():
    stopped = threading.Semaphore(0)
    main = threading.main_thread().ident
    both = threading.Barrier(2)

    def forever(first):
        both.wait(30)
        if first:
            signal.pthread_kill(main, signal.SIGINT)
        try:
            while True:
                time.sleep(0.001)
        except TaskInterrupted:
            stopped.release()
            raise

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        treadle.get({"a": (forever, True), "b": (forever, False)}, ["a", "b"], num_workers=2)

    assert time.monotonic() - began < 30
    assert stopped.acquire(timeout=30)
    assert stopped.acquire(timeout=30)
    assert treadle.get({"x": (inc, 1)}, "x") == 2  # the threads are good for the next run


def test_an_interrupt_stops_nested_runs_too():
    main = threading.main_thread().ident
    stopped = threading.Event()

    def inner():
        signal.pthread_kill(main, signal.SIGINT)
        try:
            while True:
                time.sleep(0.001)
        except TaskInterrupted:
            stopped.set()
            raise

    def outer():
        return treadle.get({"x": (inner,)}, "x", "threads", num_workers=2)

    with pytest.raises(KeyboardInterrupt):
        treadle.get({"x": (outer,)}, "x", "threads", num_workers=2)

    assert stopped.wait(30)


def test_cancelling_by_force_stops_a_running_task_and_runs_no_other():
    started = threading.Event()
    ran = []

    def forever():
        started.set()
        while True:
            time.sleep(0.001)

    graph = {"a": (forever,), "b": (ran.append, "a")}
    run = get_engine("threads", 1).submit(table_from_dict(graph, ["b"]))
    assert started.wait(30)

    run.cancel(force=True)

    assert run.wait(30)
    assert (run.state, ran) == ("cancelled", [])


def test_a_task_may_swallow_nothing_of_the_next_run():
    """The stop of one run never reaches a task of another."""
    engine = get_engine("threads", 2)
    for _ in range(50):
        go = threading.Event()
        graph = {("t", i): (go.wait, 30) for i in range(2)}
        run = engine.submit(table_from_dict(graph, list(graph)))
        go.set()
        run.cancel(force=True)
        run.wait(30)
        assert engine.submit(table_from_dict({"x": (inc, 1)}, ["x"])).result() == [2]


def test_idle_threads_end(monkeypatch):
    monkeypatch.setattr(crew_module, "LINGER", 0.01)
    crew = crew_module.Crew()
    threads = []
    crew.start(lambda: threads.append(threading.current_thread()))
    while not threads:
        os.sched_yield()

    threads[0].join(30)

    assert not threads[0].is_alive()
    assert crew.active == 0


def test_a_forked_child_can_compute():
    treadle.get({"x": (inc, 1)}, "x", "threads")  # threads exist in the parent
    code = (
        "import os, treadle\n"
        "inc = lambda x: x + 1\n"
        "treadle.get({'x': (inc, 1)}, 'x', 'threads')\n"
        "pid = os.fork()\n"
        "if pid == 0:\n"
        "    os._exit(treadle.get({'x': (inc, 41)}, 'x', 'threads'))\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
    )
    import subprocess

    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=60
    )

    assert (result.stdout.strip(), result.stderr) == ("42", "")


def test_a_scheduler_nobody_knows_is_refused_with_the_known_ones():
    with pytest.raises(UnknownSchedulerError, match="'thraeds'; use one of 'threads', 'sync'"):
        treadle.get({"x": 1}, "x", scheduler="thraeds")
    with pytest.raises(UnknownSchedulerError, match="unknown scheduler 7"):
        treadle.get({"x": 1}, "x", scheduler=7)


@pytest.mark.parametrize("workers", [0, -1, 1.5, "2", True])
def test_a_number_of_workers_that_means_nothing_is_refused(workers):
    with pytest.raises(ConfigError, match="num_workers must be a positive integer"):
        treadle.get({"x": 1}, "x", num_workers=workers)

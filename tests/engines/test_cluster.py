"""What is special about clusters: what a failure leaves to run, and what tasks say."""

from __future__ import annotations

import signal
import threading

import pytest
from tests.cluster import gates
from tests.cluster.client_support import TIMEOUT, ThreadCluster

from treadle.engines.cluster import ClusterEngine
from treadle.errors import SchedulerLost
from treadle.graph.dictgraph import table_from_dict


@pytest.fixture(scope="module")
def cluster():
    with ThreadCluster(workers=2) as cluster:
        yield cluster


@pytest.fixture
def engine(cluster):
    with cluster.client(set_as_default=False) as client:
        yield ClusterEngine(client)


def stand_at(name):
    gates.at(name).pass_through()
    return name


def fail(*args):
    raise ValueError(args)


def fail_after(name):
    gates.at(name).wait_for_arrival()
    raise ValueError("after")


def touch(path, *args):
    open(path, "x").close()


def say(text):
    print(text)


def test_what_stands_below_a_failure_runs_though_nobody_needs_it(engine, tmp_path):
    path = tmp_path / "ran"
    graph = {
        "slow": (stand_at, "below"),
        "then": (touch, str(path), "slow"),
        "fails": (fail_after, "below"),
        "end": (max, "then", "fails"),
    }
    with gates.gate("below") as gate:
        run = engine.submit(table_from_dict(graph, ["end"]))
        gate.wait_for_arrival()
        assert not run.wait(0.05)
        gate.open.set()

        assert run.wait(TIMEOUT)

    assert run.failure.number == list(run.table.keys).index("fails")
    assert str(run.failure.exception) == "after"
    assert path.exists()


def test_a_failure_further_down_takes_the_blame(engine):
    graph = {
        "slow": (stand_at, "further"),
        "lower": (fail, "slow"),
        "fails": (fail_after, "further"),
        "end": (max, "lower", "fails"),
    }
    with gates.gate("further") as gate:
        run = engine.submit(table_from_dict(graph, ["end"]))
        gate.wait_for_arrival()
        gate.open.set()

        assert run.wait(TIMEOUT)

    assert run.failure.number == list(run.table.keys).index("lower")


def test_what_stands_above_a_failure_is_not_run(engine, tmp_path):
    path = tmp_path / "ran"
    graph = {"first": (fail,), "slow": (stand_at, "above"), "late": (touch, str(path), "slow")}
    with gates.gate("above") as gate:
        run = engine.submit(table_from_dict(graph, list(graph)))
        assert run.wait(TIMEOUT)
        engine.client.run(len, "")  # by now the workers have heard of it
        gate.open.set()

    assert run.failure.number == 0
    assert engine.submit(table_from_dict({"x": (int, "1")}, ["x"])).result() == [1]
    assert not path.exists()


def test_an_interrupt_cancels_the_run(engine, tmp_path):
    path = tmp_path / "ran"
    graph = {"slow": (stand_at, "stopped"), "late": (touch, str(path), "slow")}
    main = threading.main_thread().ident
    with gates.gate("stopped") as gate:
        run = engine.submit(table_from_dict(graph, ["late"]))
        gate.wait_for_arrival()
        threading.Timer(0.05, signal.pthread_kill, (main, signal.SIGINT)).start()

        with pytest.raises(KeyboardInterrupt):
            run.result()
        engine.client.run(len, "")  # by now the workers have heard of it
        gate.open.set()

    assert run.state == "cancelled"
    assert engine.submit(table_from_dict({"x": (int, "1")}, ["x"])).result() == [1]
    assert not path.exists()


def test_output_of_tasks_is_told_with_their_numbers():
    said = []
    graph = {"a": (say, "one"), "b": (say, "two")}
    with ThreadCluster(workers=1, capture=True) as cluster, cluster.client() as client:
        run = ClusterEngine(client).submit(
            table_from_dict(graph, ["a", "b"]),
            on_output=lambda row, kind, text, detail: said.append((row, kind, text)),
        )
        run.result()

    assert sorted(said) == [(0, "stdout", "one\n"), (1, "stdout", "two\n")]


def test_after_a_run_nothing_of_it_is_left(engine):
    graph = {("t", n): (int, "1") for n in range(50)}
    graph["end"] = (sum, list(graph))
    run = engine.submit(table_from_dict(graph, ["end"]))
    assert run.result() == [50]

    engine.client._session.flush_releases()
    assert len(engine.client._session.ledger) == 0
    assert engine.client.nbytes() == {}
    assert engine.client.scheduler_info()["tasks"] == dict.fromkeys(
        engine.client.scheduler_info()["tasks"], 0
    )


def test_a_result_that_cannot_be_read_is_the_failure_of_its_task(engine):
    run = engine.submit(table_from_dict({"a": (int, "1"), "b": (Unreadable,)}, ["a", "b"]))

    assert run.wait(TIMEOUT)
    assert run.state == "failed"
    assert run.failure.number == 1
    assert run.values[0] == 1


class Unreadable:
    def __reduce__(self):
        return explode, ()


def explode():
    raise ValueError("not readable")


def test_when_the_scheduler_goes_the_run_ends_with_that_error():
    with ThreadCluster(workers=1) as cluster, gates.gate("lost") as gate:
        client = cluster.client(set_as_default=False)
        run = ClusterEngine(client).submit(table_from_dict({"x": (stand_at, "lost")}, ["x"]))
        gate.wait_for_arrival()
        stopper = threading.Thread(target=cluster.scheduler.close)
        stopper.start()
        with pytest.raises(SchedulerLost):
            run.result()
        stopper.join(TIMEOUT)
        client.close()

    assert run.state == "failed"


def test_a_graph_of_several_messages_is_one_graph(engine):
    size = 30_000
    graph = {("leaf", n): (int, n) for n in range(size)}
    graph.update({("pair", n): (max, ("leaf", n), ("leaf", size - 1 - n)) for n in range(size)})
    graph["total"] = (sum, [("pair", n) for n in range(size)])

    assert engine.submit(table_from_dict(graph, ["total"])).result() == [
        sum(max(n, size - 1 - n) for n in range(size))
    ]

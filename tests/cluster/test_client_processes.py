"""A client and the processes of this machine: how it finds them, and what happens when they go."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from treadle import Client, LocalCluster
from treadle.engines import get_engine
from treadle.errors import ClientClosed, ConfigError, RecordError, SchedulerLost

pytestmark = pytest.mark.slow

TIMEOUT = 30.0


@pytest.fixture
def cluster():
    with LocalCluster(n_workers=2, threads_per_worker=1) as cluster:
        yield cluster


def inc(x):
    return x + 1


def sleep_and(x, seconds):
    time.sleep(seconds)
    return x


def test_a_client_without_an_address_has_a_cluster_of_its_own():
    with Client(n_workers=1, threads_per_worker=2) as client:
        assert client.submit(os.getpid).result(TIMEOUT) != os.getpid()
        assert list(client.nthreads().values()) == [2]
        cluster = client.cluster

    assert cluster.status == "closed"


def test_a_cluster_is_found_by_itself_its_name_and_its_address(cluster):
    ways = [cluster, cluster.record.name, cluster.address]

    for way in ways:
        with Client(way, set_as_default=False) as client:
            assert client.submit(inc, 1).result(TIMEOUT) == 2
    assert get_engine(cluster.name).submit is not None
    with pytest.raises(RecordError, match="no cluster is called 'nobody'"):
        Client("nobody")
    with pytest.raises(ConfigError, match="no cluster of yours is at"):
        Client("unix:///nowhere/else")
    with pytest.raises(ConfigError, match="not 7"):
        Client(7)


def test_a_worker_that_is_killed_costs_time_and_no_results(cluster):
    with Client(cluster) as client:
        client.wait_for_workers(2, TIMEOUT)
        pids = [worker["pid"] for worker in client.scheduler_info()["workers"].values()]
        first = client.map(sleep_and, range(200), seconds=0.002)
        second = client.map(inc, first)
        first[20].result(TIMEOUT)

        os.kill(pids[0], signal.SIGKILL)

        assert client.gather(second) == list(range(1, 201))


def test_when_the_scheduler_is_killed_every_future_ends_soon(cluster):
    client = Client(cluster)
    there = client.submit(inc, 1)
    assert there.result(TIMEOUT) == 2
    pending = client.map(sleep_and, range(1_000), seconds=1_000)
    killed = cluster.record.pid

    os.kill(killed, signal.SIGKILL)

    for future in pending:
        with pytest.raises(SchedulerLost):
            future.result(TIMEOUT)
    assert {future.status for future in pending} == {"lost"}
    assert there.result(TIMEOUT) == 2
    with pytest.raises(SchedulerLost):
        client.submit(inc, 2)
    client.close()
    with pytest.raises(ClientClosed):
        client.submit(inc, 2)


def test_workers_are_started_anew_and_futures_of_before_are_gone(cluster):
    with Client(cluster) as client:
        client.wait_for_workers(2, TIMEOUT)
        before = set(client.run(os.getpid).values())
        future = client.submit(sleep_and, 1, 1_000)

        client.restart(timeout=TIMEOUT)

        assert set(client.run(os.getpid).values()).isdisjoint(before)
        assert client.submit(inc, 1).result(TIMEOUT) == 2
        assert future.cancelled()


def test_a_worker_that_retires_hands_over_what_it_holds(cluster):
    with Client(cluster) as client:
        client.wait_for_workers(2, TIMEOUT)
        futures = client.map(bytes, range(10_000, 10_020))
        expected = [len(value) for value in client.gather(futures)]

        client.retire_workers(next(iter(client.nthreads())))

        assert [len(value) for value in client.gather(futures)] == expected


def test_a_shutdown_ends_the_cluster(cluster):
    client = Client(cluster)

    client.shutdown()

    assert client.status == "closed"
    assert cluster.status == "closed"


def test_a_program_that_forgets_to_close_ends_all_the_same():
    program = """if __name__ == "__main__":
        import time, treadle
        client = treadle.Client(n_workers=1)
        print(client.submit(max, 1, 2).result())
        pending = client.submit(time.sleep, 1000)
    """

    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=TIMEOUT
    )

    assert (run.stdout, run.returncode) == ("2\n", 0)
    assert run.stderr == ""

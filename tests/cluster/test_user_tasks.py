"""Tasks that do what ordinary programs do, in processes: fork, print from threads, draw numbers."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import threading
import time
from random import random as draw

import pytest

from treadle import Client, LocalCluster, delayed, get_client

pytestmark = pytest.mark.slow

TIMEOUT = 30.0


@pytest.fixture(scope="module")
def cluster():
    with LocalCluster(n_workers=2, threads_per_worker=1) as cluster:
        yield cluster


@pytest.fixture
def client(cluster):
    with Client(cluster) as client:
        client.wait_for_workers(2, TIMEOUT)
        yield client


def test_a_process_that_a_task_forks_ends_when_it_is_told_to(client):
    def fork_and_terminate():
        process = multiprocessing.get_context("fork").Process(target=signal.pause)
        process.start()
        process.terminate()
        process.join(TIMEOUT)
        return process.exitcode

    assert client.submit(fork_and_terminate).result(TIMEOUT) == -signal.SIGTERM


def test_a_task_may_have_a_pool_of_processes(client):
    def pool(n):
        with multiprocessing.get_context("fork").Pool(2) as pool:
            return pool.map(abs, [-n, n])

    assert client.gather(client.map(pool, range(5))) == [[n, n] for n in range(5)]


def test_what_a_thread_of_a_task_prints_appears_once(client, capfd):
    def talk():
        # This worker has a client inside now, which must not hand the line round.
        assert get_client().submit(abs, -1).result() == 1
        thread = threading.Thread(target=print, args=("said by a thread",))
        thread.start()
        thread.join()

    for worker in client.nthreads():
        client.submit(talk, workers=worker, pure=False).result(TIMEOUT)
    seen = capfd.readouterr()
    deadline = time.monotonic() + TIMEOUT
    while seen.out.count("said by a thread") < 2 and time.monotonic() < deadline:
        client.submit(abs, -1, pure=False).result(TIMEOUT)
        more = capfd.readouterr()
        seen = type(seen)(seen.out + more.out, seen.err + more.err)
    client.gather(client.map(abs, range(200), pure=False))  # what went round would be here by now
    more = capfd.readouterr()

    assert (seen.out + more.out).count("said by a thread") == 2
    assert "said by a thread" not in seen.err + more.err


def test_the_functions_of_random_draw_where_they_run(client):
    calls = [random.random, draw, lambda: random.random(), lambda: draw()]
    for call in calls:
        numbers = client.gather([client.submit(call, pure=False) for _ in range(6)])
        assert len(set(numbers)) == 6


def test_those_of_numpy_too(client):
    numpy = pytest.importorskip("numpy")

    drawn = client.gather([client.submit(numpy.random.rand, pure=False) for _ in range(6)])

    assert len(set(drawn)) == 6


def test_a_restart_does_not_wait_for_workers_that_were_to_leave():
    with Client(n_workers=4, threads_per_worker=1) as client:
        client.wait_for_workers(4, TIMEOUT)
        running = client.map(time.sleep, [1_000] * 4, pure=False)
        before = set(client.run(os.getpid).values())

        client.cluster.scale(1)
        client.restart(timeout=TIMEOUT)

        assert set(client.run(os.getpid).values()).isdisjoint(before)
        assert len(client.nthreads()) == 1
        assert all(future.cancelled() for future in running)


def test_a_forked_child_computes_where_there_is_no_client(client):
    read, write = os.pipe()
    if (pid := os.fork()) == 0:
        try:
            os.write(write, str(delayed(abs)(-7).compute()).encode())
        except BaseException as error:
            os.write(write, repr(error).encode())
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    os.close(write)

    with open(read, "rb") as end:
        assert end.read() == b"7"


def test_a_worker_that_dies_before_values_come_costs_nothing(client):
    pids = {name: worker["pid"] for name, worker in client.scheduler_info()["workers"].items()}
    stopped = next(iter(pids.values()))
    os.kill(stopped, signal.SIGSTOP)  # takes nothing, and is thought to be there
    dies = threading.Timer(0.1, os.kill, (stopped, signal.SIGKILL))
    dies.start()

    futures = client.scatter([bytes([n]) * 3_000_000 for n in range(6)], hash=False)
    sizes = client.map(len, futures)

    assert client.gather(sizes) == [3_000_000] * 6
    assert client.submit(len, bytes(8_000_000)).result(TIMEOUT) == 8_000_000
    dies.join(TIMEOUT)
    client.wait_for_workers(2, TIMEOUT)

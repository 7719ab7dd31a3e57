"""Waiting, as people do it: timeouts in words, iterators, futures that go away meanwhile."""

from __future__ import annotations

import asyncio
import os
import threading
import traceback

import pytest
from tests.cluster import gates
from tests.cluster.client_support import TIMEOUT, ThreadCluster

from treadle.cluster.client.as_completed import as_completed
from treadle.cluster.client.client import Client
from treadle.cluster.client.future import CancelledError
from treadle.cluster.client.nested import fire_and_forget
from treadle.cluster.client.waiting import FIRST_COMPLETED, FIRST_EXCEPTION, wait
from treadle.errors import ClientClosed


@pytest.fixture(scope="module")
def cluster():
    with ThreadCluster(workers=1, nthreads=1) as cluster:
        yield cluster


@pytest.fixture
def client(cluster):
    with cluster.client(set_as_default=False) as client:
        yield client


def inc(x):
    return x + 1


def stand_at(name):
    gates.at(name).pass_through()
    return name


def test_a_timeout_says_what_the_task_waits_for(client):
    with gates.gate("busy") as gate:
        running = client.submit(stand_at, "busy")
        waiting = client.submit(inc, running)
        gate.wait_for_arrival()

        with pytest.raises(TimeoutError, match=r"within 0.1 seconds: it runs on worker-0"):
            running.result(timeout=0.1)
        with pytest.raises(TimeoutError, match=r"waits? (there )?for 'stand_at-"):
            waiting.exception(timeout="100 ms")
        with pytest.raises(
            TimeoutError, match=r"2 of 2 futures have not ended within 0.1 seconds;"
        ):
            wait([running, waiting], timeout="0.1s")
        with pytest.raises(TimeoutError, match="2 of 2 futures"):
            wait([running, waiting], timeout=0.1, return_when=FIRST_COMPLETED)
        with pytest.raises(TimeoutError, match="1 future has not ended in time"):
            next(as_completed([running], timeout="100ms"))


def test_a_look_without_waiting_asks_nobody(client):
    with gates.gate("look") as gate:
        future = client.submit(stand_at, "look")
        gate.wait_for_arrival()

        with pytest.raises(TimeoutError, match=r"has not ended within 0 seconds$"):
            future.result(timeout=0)


@pytest.mark.parametrize("timeout", ["soon", "5 parsecs", [1]])
def test_a_timeout_that_is_none_is_refused(client, timeout):
    with pytest.raises((TypeError, ValueError), match=r"duration|number of seconds"):
        client.submit(inc, 1).result(timeout=timeout)


def test_on_a_loop_a_timeout_says_it_too(cluster):
    async def main():
        async with Client(cluster, asynchronous=True, set_as_default=False) as client:
            with gates.gate("loop") as gate:
                future = client.submit(stand_at, "loop")
                await asyncio.to_thread(gate.wait_for_arrival)
                with pytest.raises(TimeoutError, match="it runs on worker-0"):
                    await future.result(timeout=0.1)
                for when in (FIRST_COMPLETED, FIRST_EXCEPTION):
                    with pytest.raises(TimeoutError, match="it runs on worker-0"):
                        await wait([future], timeout=0.1, return_when=when)
            done, _ = await wait([future], timeout="30 s", return_when=FIRST_COMPLETED)
            assert done == {future}

    asyncio.run(main())


def test_iterators_and_views_of_futures_are_taken(client):
    futures = dict(enumerate(client.map(inc, range(3))))

    assert client.gather(f for f in futures.values()) == [1, 2, 3]
    assert client.gather(futures.values()) == [1, 2, 3]
    fire_and_forget(iter(futures.values()))
    client.cancel(f for f in futures.values())
    assert all(future.cancelled() for future in futures.values())


def test_whoever_waits_for_a_future_that_is_released_is_told(client):
    with gates.gate("kept"):
        future = client.submit(stand_at, "kept")
        future.release()

        with pytest.raises(CancelledError, match="its future was released"):
            future.result(timeout=TIMEOUT)


def test_when_a_client_is_closed_questions_end_as_what_they_are(cluster):
    client = cluster.client(set_as_default=False)
    errors = []

    def ask():
        try:
            client.run(stand_at, "asked")
        except Exception as error:
            errors.append(error)

    with gates.gate("asked") as gate:
        thread = threading.Thread(target=ask)
        thread.start()
        gate.wait_for_arrival()
        client.close()
        thread.join(TIMEOUT)

    assert [type(error) for error in errors] == [ClientClosed]


def test_a_future_of_another_cluster_is_refused(client):
    with ThreadCluster(workers=1) as other, other.client(set_as_default=False) as elsewhere:
        future = elsewhere.submit(inc, 1)
        with pytest.raises(ValueError, match="belongs to another cluster"):
            client.submit(inc, future)


def fail():
    raise KeyError("no")


def test_an_error_that_is_raised_again_and_again_keeps_its_length(client):
    future = client.submit(fail)
    lengths = set()

    for _ in range(3):
        with pytest.raises(KeyError) as caught:
            future.result(TIMEOUT)
        lengths.add(len(traceback.extract_tb(caught.value.__traceback__)))

    assert len(lengths) == 1
    assert traceback.extract_tb(future.traceback())[-1].name == "fail"


def test_a_function_that_names_its_client_has_the_one_of_its_task(client):
    def outer(x):
        return client.submit(inc, x).result()

    assert client.submit(outer, 1).result(TIMEOUT) == 2


def test_a_module_is_no_large_argument(client):
    assert client.submit(getattr, os, "sep").result(TIMEOUT) == os.sep  # warnings are errors here

"""The executor: what `concurrent.futures` promises, on a cluster."""

from __future__ import annotations

import concurrent.futures
import threading

import pytest
from tests.cluster import gates
from tests.cluster.client_support import TIMEOUT, ThreadCluster


@pytest.fixture(scope="module")
def cluster():
    with ThreadCluster(workers=2, nthreads=2) as cluster:
        yield cluster


@pytest.fixture
def client(cluster):
    with cluster.client() as client:
        yield client


@pytest.fixture
def executor(client):
    with client.get_executor() as executor:
        yield executor


def fail():
    raise ValueError("no")


def stand_at(name):
    gates.at(name).pass_through()
    return name


def named(**kwargs):
    return kwargs


def test_futures_are_those_of_concurrent_futures(executor):
    future = executor.submit(pow, 2, 8)

    assert isinstance(future, concurrent.futures.Future)
    assert future.result(TIMEOUT) == 256
    assert concurrent.futures.wait([future], TIMEOUT).done == {future}
    assert list(concurrent.futures.as_completed([future], TIMEOUT)) == [future]


def test_errors_are_raised_from_results(executor):
    future = executor.submit(fail)

    assert isinstance(future.exception(TIMEOUT), ValueError)
    with pytest.raises(ValueError, match="no"):
        future.result(TIMEOUT)


def test_equal_calls_are_two_calls(executor):
    first, second = executor.submit(object), executor.submit(object)

    assert first.result(TIMEOUT) is not second.result(TIMEOUT)


def test_map_keeps_the_order_and_raises_in_its_place(executor):
    assert list(executor.map(pow, range(5), range(5), timeout=TIMEOUT)) == [1, 1, 4, 27, 256]
    results = executor.map(divmod, [1, 1, 1], [1, 0, 1], timeout=TIMEOUT)
    assert next(results) == (1, 0)
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_names_of_our_options_are_the_functions_when_it_is_called_with_them(executor):
    assert executor.submit(named, priority=1, key="k").result(TIMEOUT) == {
        "priority": 1, "key": "k",
    }  # fmt: skip


def test_a_call_that_is_cancelled_says_so(executor):
    with gates.gate("executor") as gate:
        running = executor.submit(stand_at, "executor")
        gate.wait_for_arrival()
        assert not running.done()

        assert running.cancel()

        assert running.cancelled()
        with pytest.raises(concurrent.futures.CancelledError):
            running.result(TIMEOUT)
    done = executor.submit(int)
    done.result(TIMEOUT)
    assert not done.cancel()


def test_callbacks_are_called(executor):
    called = threading.Event()
    executor.submit(int).add_done_callback(lambda future: called.set())

    assert called.wait(TIMEOUT)


def test_after_the_shutdown_nothing_is_taken(client):
    executor = client.get_executor()
    future = executor.submit(int)

    executor.shutdown()

    assert future.done()
    with pytest.raises(RuntimeError, match="after shutdown"):
        executor.submit(int)
    with pytest.raises(RuntimeError, match="after shutdown"):
        executor.map(int, [1])


def test_a_shutdown_cancels_what_has_not_begun_when_asked(client):
    executor = client.get_executor()
    with gates.gate("shutdown") as gate:
        futures = [executor.submit(stand_at, "shutdown") for _ in range(12)]
        gate.wait_for_arrival()

        executor.shutdown(wait=False, cancel_futures=True)

        assert futures[-1].cancelled()
        assert not futures[0].cancelled()
        gate.open.set()
        assert futures[0].result(TIMEOUT) == "shutdown"


def test_calls_are_made_though_nobody_keeps_their_futures(client, tmp_path):
    with client.get_executor() as executor:
        executor.submit(touch, str(tmp_path / "submitted"))
        executor.map(touch, [str(tmp_path / "mapped")])

    assert sorted(path.name for path in tmp_path.iterdir()) == ["mapped", "submitted"]


def touch(path):
    open(path, "x").close()


def test_options_are_checked(client):
    with pytest.raises(TypeError, match="unknown options of an executor: retrys"):
        client.get_executor(retrys=1)
    assert client.get_executor(retries=1, pure=True).submit(int).result(TIMEOUT) == 0

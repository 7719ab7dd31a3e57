"""What a client asks about a cluster, has its workers do, and publishes on it."""

from __future__ import annotations

import pytest
from tests.cluster.client_support import TIMEOUT, ThreadCluster

from treadle.cluster.client.waiting import wait


@pytest.fixture(scope="module")
def cluster():
    with ThreadCluster(workers=2, nthreads=2) as cluster:
        yield cluster


@pytest.fixture
def client(cluster):
    with cluster.client() as client:
        yield client


def inc(x):
    return x + 1


def fail(message="no"):
    raise ValueError(message)


def test_functions_can_be_run_on_each_worker(client):
    assert client.run(len, "abc") == {"worker-0": 3, "worker-1": 3}
    assert client.run(inc, x=1, workers=["worker-1"]) == {"worker-1": 2}
    with pytest.raises(ValueError, match="no"):
        client.run(fail)
    assert [type(e) for e in client.run(fail, on_error="return").values()] == [ValueError] * 2
    assert client.run(fail, on_error="ignore") == {}


def test_questions_are_answered(client):
    future = client.submit(inc, 5)
    wait(future, TIMEOUT)

    (holder,) = client.who_has(future)[future.key]
    assert client.who_has()[future.key] == [holder]
    assert future.key in client.has_what()[holder]
    assert set(client.processing()) == {"worker-0", "worker-1"}
    assert client.nbytes()["inc"] > 0
    assert client.nthreads() == client.ncores() == {"worker-0": 2, "worker-1": 2}
    assert set(client.scheduler_info()["workers"]) == {"worker-0", "worker-1"}
    assert client.why(future)
    assert any("submitted" in words for _, words in client.story(future))


def test_published_results_are_found_by_others_and_outlive_their_client(cluster, client):
    with cluster.client(set_as_default=False) as author:
        author.publish_dataset(numbers=author.map(inc, range(3)))
        author.datasets["one"] = author.submit(inc, 0)
        assert author.list_datasets() == ("numbers", "one")

    assert client.gather(client.get_dataset("numbers")) == [1, 2, 3]
    assert client.datasets["one"].result(TIMEOUT) == 1
    with pytest.raises(Exception, match="published already"):
        client.publish_dataset(one=client.submit(inc, 1))
    client.unpublish_dataset("one")
    del client.datasets["numbers"]
    assert len(client.datasets) == 0
    assert client.get_dataset("one", default=None) is None
    with pytest.raises(KeyError, match="no dataset is called 'one'"):
        client.get_dataset("one")

"""Collections and graphs through a client."""

from __future__ import annotations

from operator import add

import pytest
from tests.cluster.client_support import TIMEOUT, ThreadCluster

import treadle
import treadle.array as da
from treadle import config, delayed, wait
from treadle.cluster.client.nested import futures_of
from treadle.engines import get_engine
from treadle.errors import UnknownSchedulerError


@pytest.fixture(scope="module")
def cluster():
    with ThreadCluster(workers=2) as cluster:
        yield cluster


@pytest.fixture
def client(cluster):
    with cluster.client() as client:
        yield client


def inc(x):
    return x + 1


def where():
    from treadle.cluster.worker.context import get_worker

    return get_worker().name


def test_a_collection_gives_a_future_under_its_own_key(client):
    total = delayed(sum)([delayed(inc)(n) for n in range(4)])

    future = client.compute(total)

    assert future.key == total.key
    assert future.result(TIMEOUT) == 10
    assert client.compute(total, sync=True) == 10


def test_several_collections_share_what_they_have_in_common(client):
    base = delayed(inc)(1)
    futures = client.compute([base + 1, base * 10, "plain"])

    assert client.gather(futures) == [3, 20, "plain"]


def test_collections_within_containers_are_computed_too(client):
    one = delayed(inc)(0)

    assert client.compute({"a": [one]}, sync=True) == {"a": [1]}
    assert client.compute([(one, 2), one], sync=True) == [(1, 2), 1]


def test_a_persisted_collection_stands_on_its_futures(client):
    there = client.persist(delayed(inc)(1))

    (future,) = futures_of(there)
    assert future.result(TIMEOUT) == 2
    assert (there + 1).compute() == 3
    assert client.compute(there, sync=True) == 2
    assert client.persist([there, delayed(inc)(5)])[1].compute() == 6


def test_persisted_collections_are_waited_for(client):
    arrays = client.persist([da.ones(4, chunks=2) + 1, da.ones(2, chunks=1)])

    assert len(wait(arrays, TIMEOUT).done) == 4
    assert len(wait(arrays[0], TIMEOUT).done) == 2
    with pytest.raises(TypeError, match="persisted"):
        wait(da.ones(4, chunks=2))
    with pytest.raises(TypeError, match="not int"):
        wait([1])


def test_persisted_collections_are_published_and_found(cluster, client):
    client.publish_dataset(there=client.persist(delayed(inc)(41)))

    with cluster.client(set_as_default=False) as other:
        assert other.compute(other.get_dataset("there"), sync=True) == 42
    client.unpublish_dataset("there")


def test_graphs_of_tuples_run_and_their_keys_are_their_own(client):
    assert client.get({"x": 1, "y": (add, "x", 10)}, ["y", ["x"]]) == [11, [1]]
    assert client.get({"x": 2, "y": (add, "x", 10)}, "y") == 12
    future = client.get({"x": (inc, 1)}, "x", sync=False)
    assert future.result(TIMEOUT) == 2


def test_futures_in_graphs_stand_for_their_results(client):
    future = client.submit(inc, 1)

    assert client.get({"y": (add, future, 1)}, "y") == 3
    assert (
        client.compute(delayed(add)(future, b=1) if False else delayed(add)(future, 2)).result(
            TIMEOUT
        )
        == 4
    )


def test_annotations_reach_the_scheduler(client):
    with treadle.annotate(workers="worker-1"):
        tasks = [delayed(where)() for _ in range(4)]

    assert client.compute(tasks, sync=True) == ["worker-1"] * 4


def test_collections_compute_where_the_last_client_is(cluster):
    before = config.get("scheduler")
    with cluster.client() as client:
        assert get_engine().client is client
        assert delayed(where)().compute() in ("worker-0", "worker-1")
        with cluster.client() as second:
            assert get_engine().client is second
        assert get_engine().client is client
        with config.set(scheduler="sync"):
            assert get_engine().name == "sync"

    assert config.get("scheduler") == before


def test_a_client_is_a_scheduler_by_itself(cluster):
    with cluster.client(set_as_default=False) as client:
        assert delayed(where)().compute(scheduler=client) in ("worker-0", "worker-1")

    with pytest.raises(UnknownSchedulerError):
        get_engine("cluster")
    with pytest.raises(UnknownSchedulerError):
        get_engine(object())


def test_a_task_that_computes_uses_its_own_cluster(client):
    def nested(n):
        return treadle.compute(delayed(inc)(n), scheduler="processes")[0]

    assert client.gather(client.map(nested, range(3))) == [1, 2, 3]


def test_progress_ends_with_a_full_bar(client, capsys):
    treadle.progress(client.map(inc, range(3)), client.persist(delayed(inc)(7)))

    assert "100% of 4 tasks" in capsys.readouterr().out


def test_a_cancelled_collection_is_cancelled(client):
    there = client.persist(delayed(inc)(1000))
    client.cancel(there)

    assert futures_of(there)[0].cancelled()


def test_large_values_written_into_a_graph_travel_with_it(client):
    large = bytes(8_000_000)

    assert delayed(len)(large).compute() == 8_000_000
    assert delayed(sum)([delayed(len)(large), delayed(len)(large)]).compute() == 16_000_000

"""A client on an event loop."""

from __future__ import annotations

import asyncio

import pytest
from tests.cluster import gates
from tests.cluster.client_support import TIMEOUT, ThreadCluster

from treadle.cluster.client.as_completed import as_completed
from treadle.cluster.client.client import Client
from treadle.cluster.client.waiting import wait
from treadle.errors import ClientClosed


@pytest.fixture(scope="module")
def cluster():
    with ThreadCluster(workers=1, nthreads=2) as cluster:
        yield cluster


def inc(x):
    return x + 1


def fail():
    raise ValueError("no")


def stand_at(name):
    gates.at(name).pass_through()
    return name


def run(main, cluster):
    """Run a coroutine function that takes an asynchronous client."""

    async def whole():
        async with Client(cluster, asynchronous=True, set_as_default=False) as client:
            return await asyncio.wait_for(main(client), TIMEOUT)

    return asyncio.run(whole())


def test_futures_are_awaited(cluster):
    async def main(client):
        future = client.submit(inc, 1)
        return await future, await future.result(), await future.exception()

    assert run(main, cluster) == (2, 2, None)


def test_gather_and_scatter_are_awaited(cluster):
    async def main(client):
        futures = client.map(inc, range(5))
        value = await client.scatter(10)
        return await client.gather([*futures, client.submit(inc, value)])

    assert run(main, cluster) == [1, 2, 3, 4, 5, 11]


def test_large_results_do_not_stop_the_loop(cluster):
    async def main(client):
        return len(await client.submit(bytes, 2_000_000))

    assert run(main, cluster) == 2_000_000


def test_errors_are_raised_where_they_are_awaited(cluster):
    async def main(client):
        future = client.submit(fail, pure=False)
        with pytest.raises(ValueError, match="no"):
            await future
        with pytest.raises(ValueError, match="no"):
            await client.gather([future])
        assert await client.gather([future], errors="skip") == []
        return await future.traceback()

    assert run(main, cluster) is not None


def test_futures_are_iterated_over_as_they_end(cluster):
    async def main(client):
        seen = [await future async for future in as_completed(client.map(inc, range(5)))]
        pairs = as_completed(client.map(bytes, [0, 100_000]), with_results=True)
        sizes = [len(value) async for _, value in pairs]
        return sorted(seen), sorted(sizes)

    assert run(main, cluster) == ([1, 2, 3, 4, 5], [0, 100_000])


def test_waiting_for_the_first_leaves_the_others(cluster):
    async def main(client):
        with gates.gate("async") as gate:
            slow = client.submit(stand_at, "async", pure=False)
            quick = client.submit(inc, 1, pure=False)
            first = await wait([slow, quick], return_when="FIRST_COMPLETED")
            with pytest.raises(TimeoutError):
                await wait([slow], 0.001)
            gate.open.set()
            both = await wait([slow, quick])
        return first == ({quick}, {slow}), both == ({quick, slow}, set())

    assert run(main, cluster) == (True, True)


def test_a_result_in_time_or_a_time_out(cluster):
    async def main(client):
        with gates.gate("async-late") as gate:
            slow = client.submit(stand_at, "async-late", pure=False)
            with pytest.raises(TimeoutError):
                await slow.result(0.001)
            gate.open.set()
            return await slow.result(TIMEOUT)

    assert run(main, cluster) == "async-late"


def test_questions_are_awaited(cluster):
    async def main(client):
        future = client.submit(inc, 1)
        await future
        holders = await client.who_has(future)
        ran = await client.run(len, "abc")
        await client.publish_dataset(one=future)
        names = await client.list_datasets()
        await client.unpublish_dataset("one")
        await client.cancel(future)
        return list(holders.values()), ran, names

    assert run(main, cluster) == ([["worker-0"]], {"worker-0": 3}, ("one",))


def test_an_asynchronous_client_is_opened_by_awaiting_it(cluster):
    async def main():
        client = Client(cluster, asynchronous=True, set_as_default=False)
        with pytest.raises(ClientClosed, match="await Client"):
            client.submit(inc, 1)
        with pytest.raises(TypeError, match="async with"), client:
            pass
        opened = await client
        assert opened is client
        result = await client.submit(inc, 1)
        await client.close()
        return result

    assert asyncio.run(main()) == 2


def test_ordinary_futures_are_awaited_too(cluster):
    with cluster.client(set_as_default=False) as client:

        async def main():
            return await asyncio.wait_for(client.submit(inc, 1), TIMEOUT)

        assert asyncio.run(main()) == 2

"""A real cluster, by way of the routes: what `test_launch` does with a stand-in."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest

from treadle.feedserver import records

DEADLINE = 50.0

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def leave_none(extension):
    yield
    from treadle.cluster import control

    for record in records.list_records(extension.clusters.directory):
        if records.is_alive(record) and record.kind == "cluster":
            control.stop(record)


async def test_a_real_cluster_is_started_scaled_and_stopped(jp_fetch, open_socket, extension):
    async def ask(method, *path, **body):
        text = None if method == "DELETE" else json.dumps(body)
        return await jp_fetch("treadle/api/clusters", *path, method=method, body=text)

    watch = await open_socket("watch")

    async def until(condition):
        async with asyncio.timeout(DEADLINE):
            while True:
                clusters = (await watch.next("clusters"))["clusters"]
                if condition(clusters):
                    return clusters

    def has_workers(workers, threads):
        return lambda clusters: any(
            (c["state"], c["workers"], c["threads"]) == ("running", workers, threads)
            for c in clusters
        )

    await ask("POST", name="real", n_workers=2, threads_per_worker=2, memory_limit="1 GB")
    (cluster,) = await until(has_workers(2, 4))
    browser = await open_socket("real/feed")
    await browser.subscribe("workers")
    workers = (await browser.next("workers"))["workers"]
    log = json.loads((await jp_fetch("treadle/api/clusters", "real", "log")).body)
    imported = loaded_by(cluster["pid"])
    await ask("POST", "real", "scale", n=1)
    await until(has_workers(1, 2))
    await ask("DELETE", "real")
    await until(lambda clusters: not clusters)

    assert [(w["nthreads"], w["limit"]) for w in workers] == [(2, 10**9)] * 2
    assert "real" in log["text"]
    assert records.process_started(cluster["pid"]) is None
    assert "numpy" not in imported  # nobody has asked for tasks: watching the list is cheap


def loaded_by(pid):
    """Files that a process has in memory, where the system tells."""
    return Path(f"/proc/{pid}/maps").read_text() if sys.platform == "linux" else ""

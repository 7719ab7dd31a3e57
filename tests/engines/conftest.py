"""The engines that the contract is held against."""

from __future__ import annotations

import pytest

from treadle.engines import get_engine
from treadle.engines.cluster import ClusterEngine

# Clusters are started once, for the first test that asks for them.
_clusters: dict[str, object] = {}


def _cluster() -> ClusterEngine:
    """Two workers that are threads of this process, behind real connections."""
    if "cluster" not in _clusters:
        from tests.cluster.client_support import ThreadCluster

        cluster = ThreadCluster(workers=2, nthreads=2)
        _clusters["cluster"] = (cluster, cluster.client(set_as_default=False))
    return ClusterEngine(_clusters["cluster"][1])


ENGINES = {
    "sync": lambda: get_engine("sync"),
    "threads-1": lambda: get_engine("threads", num_workers=1),
    "threads-4": lambda: get_engine("threads", num_workers=4),
    "cluster": _cluster,
    "processes-2": lambda: get_engine("processes", num_workers=2),
}


@pytest.fixture(scope="session", autouse=True)
def _stop_clusters():
    yield
    for cluster, client in _clusters.values():
        client.close()
        cluster.close()


@pytest.fixture(params=ENGINES)
def engine(request):
    """Each engine in turn."""
    return ENGINES[request.param]()


@pytest.fixture
def in_process(engine):
    """The engines whose tasks share the memory of this process."""
    if not engine.capabilities.in_process:
        pytest.skip("tasks run in other processes: they get copies")
    return engine


@pytest.fixture(params=[name for name in ENGINES if name.startswith("threads")])
def threads(request):
    """The engines that run tasks on threads of their own."""
    return ENGINES[request.param]()

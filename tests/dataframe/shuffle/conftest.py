"""Engines for the tests of shuffles."""

from __future__ import annotations

import pytest

from treadle import Client


@pytest.fixture(scope="session")
def cluster_client():
    """A client of two workers with one thread each, for all tests of shuffles."""
    with Client(n_workers=2, threads_per_worker=1, set_as_default=False) as client:
        yield client


@pytest.fixture(params=["sync", "threads", "processes", "cluster"])
def engine(request):
    """Every engine: what ``scheduler=`` takes."""
    if request.param == "cluster":
        return request.getfixturevalue("cluster_client")
    return request.param

"""The engines that the contract is held against."""

from __future__ import annotations

import pytest

from treadle.engines import get_engine

ENGINES = {
    "sync": lambda: get_engine("sync"),
    "threads-1": lambda: get_engine("threads", num_workers=1),
    "threads-4": lambda: get_engine("threads", num_workers=4),
}


@pytest.fixture(params=ENGINES)
def engine(request):
    """Each engine in turn."""
    return ENGINES[request.param]()


@pytest.fixture(params=[name for name in ENGINES if name != "sync"])
def threads(request):
    """The engines that run tasks on threads of their own."""
    return ENGINES[request.param]()

"""Engines for the tests of bags."""

from __future__ import annotations

import pytest


@pytest.fixture(params=["sync", "threads", "processes"])
def engine(request):
    """What ``scheduler=`` takes."""
    return request.param

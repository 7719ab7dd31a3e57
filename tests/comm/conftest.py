"""Both kinds of listeners, over every kind of connection, and what they leave behind."""

from __future__ import annotations

import asyncio
import os
import threading

import pytest

from treadle.comm import aio, blocking
from treadle.comm.credentials import Credentials

from .tools import DEADLINE, LoopThread


@pytest.fixture(scope="session")
def credentials():
    return Credentials.new("abc")


@pytest.fixture
def loop():
    thread = LoopThread()
    yield thread
    thread.close()


@pytest.fixture
def address(request, tmp_path):
    """Where to listen, for a kind of connection given by parameter."""
    kinds = {
        "tcp": "tcp://127.0.0.1:0",
        "unix": f"unix://{tmp_path}/s",
        "inproc": "inproc://",
    }
    return kinds[request.param]


@pytest.fixture
def listen(credentials):
    """Listen with threads; closed at the end."""
    opened = []

    def listen(addresses, serve, **options):
        listener = blocking.listen(addresses, credentials, serve, **options)
        opened.append(listener)
        return listener

    yield listen
    for listener in opened:
        listener.close()


@pytest.fixture
def aio_listen(credentials, loop):
    """Listen in an event loop; closed at the end."""
    opened = []

    def listen(addresses, factory, **options):
        listener = loop.run(aio.listen(addresses, credentials, factory, **options))
        opened.append(listener)
        return listener

    async def close_all():
        for listener in opened:
            listener.close()
            await asyncio.wait_for(listener.wait_closed(), DEADLINE)

    yield listen
    loop.run(close_all())


@pytest.fixture(autouse=True)
def nothing_is_left():
    """Every test ends with the threads and descriptors it began with."""
    descriptors = len(os.listdir("/proc/self/fd"))
    threads = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - threads:
        if thread.name.startswith("treadle"):
            thread.join(DEADLINE)
            assert not thread.is_alive()
    assert len(os.listdir("/proc/self/fd")) <= descriptors

"""A Jupyter server with the extension, and browsers for it.

pytest-jupyter's fixtures and hooks are taken in here, so that only these tests run under them.
"""

from __future__ import annotations

import asyncio
import gc
import json

import pytest
from pytest_jupyter.jupyter_server import *  # noqa: F403
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from treadle.feedserver.server import FeedServer
from treadle.telemetry.frames import TaskFrame
from treadle.telemetry.hub import EventHub

DEADLINE = 10.0


class Browser:
    """A websocket client whose every wait has a deadline."""

    def __init__(self, connection):
        self.connection = connection
        self.has_ended = False
        self.waiting = {}

    async def send(self, message):
        text = message if isinstance(message, str | bytes) else json.dumps(message)
        await self.connection.write_message(text, binary=isinstance(text, bytes))

    async def subscribe(self, *topics, **more):
        await self.send({"type": "subscribe", "topics": list(topics), **more})

    async def read(self):
        message = await asyncio.wait_for(self.connection.read_message(), DEADLINE)
        self.has_ended = message is None
        if isinstance(message, bytes):
            return TaskFrame.parse(message)
        return message and json.loads(message)

    async def next(self, kind):
        """The next message of a type; those of other types wait for their turn."""
        waiting = self.waiting.setdefault(kind, [])
        async with asyncio.timeout(DEADLINE):
            while not waiting:
                message = await self.read()
                assert message is not None, f"closed: {self.connection.close_code}"
                came = "tasks" if isinstance(message, TaskFrame) else message["type"]
                self.waiting.setdefault(came, []).append(message)
        return waiting.pop(0)

    async def rows(self, count):
        """Task numbers from frames until there are that many."""
        numbers = []
        while len(numbers) < count:
            numbers += (await self.next("tasks")).column("number")
        return numbers

    async def close_code(self):
        while not self.has_ended:
            await self.read()
        return self.connection.close_code

    async def close(self):
        self.connection.close()
        await self.close_code()


@pytest.fixture
def jp_server_config():
    return {"ServerApp": {"jpserver_extensions": {"treadle.lab": True}}}


@pytest.fixture
def extension(jp_serverapp):
    """What the handlers share."""
    return jp_serverapp.web_app.settings["treadle"]


@pytest.fixture
def open_socket(jp_serverapp, http_server_client, jp_asyncio_loop, jp_base_url, jp_auth_header):
    """Open a websocket with exactly the headers given (the token's by default)."""
    opened = []
    host = f"127.0.0.1:{http_server_client.get_http_port()}"

    async def connect(path, headers=None, query=""):
        url = f"ws://{host}{jp_base_url}treadle/api/clusters/{path}{query}"
        request = HTTPRequest(url, headers=jp_auth_header if headers is None else headers)
        connecting = websocket_connect(request, subprotocols=["treadle.v1"])
        browser = Browser(await asyncio.wait_for(connecting, DEADLINE))
        opened.append(browser)
        return browser

    async def close_all():
        for browser in opened:
            await browser.close()

    connect.host = host
    yield connect
    jp_asyncio_loop.run_until_complete(close_all())
    gc.collect()  # what was left open is reported here, not in another test


@pytest.fixture
def hub():
    return EventHub()


@pytest.fixture
def start_kernel(extension, hub, jp_asyncio_loop):
    """Serve a hub as a kernel would; called again, as that kernel would after a restart."""
    servers = []

    def start(kernel_id="abcd1234-0000", served=hub):
        server = FeedServer(
            served,
            kind="kernel",
            label="flights.ipynb",
            kernel_id=kernel_id,
            directory=extension.clusters.directory,
        )
        server.start()
        servers.append(server)
        return server

    yield start
    for server in servers:  # while the relay's loop runs: it answers the goodbye
        jp_asyncio_loop.run_until_complete(asyncio.to_thread(server.close))


@pytest.fixture
def kernel(start_kernel):
    return start_kernel()

"""An event loop in a thread, users of channels that note what they hear, and bare sockets."""

from __future__ import annotations

import asyncio
import queue
import socket
import threading

from treadle.comm.address import parse

DEADLINE = 30.0


class LoopThread:
    """An event loop that tests talk to from outside."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, coroutine):
        """Run a coroutine in the loop; return its result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(DEADLINE)

    def call(self, function, *args):
        """Call a function in the loop; return its result."""

        async def call():
            return function(*args)

        return self.run(call())

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(DEADLINE)
        self.loop.close()


class Echo:
    """Sends everything back."""

    def frames(self, channel, frames):
        for frame in frames:
            channel.write(frame)

    def closed(self, channel, reason):
        pass


class Notes:
    """Notes what it is told, for the test's thread; is its own factory."""

    def __init__(self):
        self.channels = queue.Queue()
        self.batches = queue.Queue()
        self.reasons = queue.Queue()

    def __call__(self, channel):
        self.channels.put(channel)
        return self

    def frames(self, channel, frames):
        self.batches.put(frames)

    def closed(self, channel, reason):
        self.reasons.put(reason)


def echo(connection):
    """Send everything back, until the connection ends."""
    while True:
        for frame in connection.recv():
            connection.send(frame)


def bare_socket(address):
    """A socket connected to an address, with a deadline, and no handshake."""
    where = parse(address)
    if where.kind == "tcp":
        return socket.create_connection((where.host, where.port), timeout=DEADLINE)
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(DEADLINE)
    sock.connect(where.path)
    return sock


def read_to_end(sock):
    """All bytes until the other side closes, or resets, the connection."""
    data = b""
    try:
        while piece := sock.recv(65536):
            data += piece
    except ConnectionError:
        pass
    return data

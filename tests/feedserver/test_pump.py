"""When a reader is sent what: never ahead of its socket, never for nothing."""

from __future__ import annotations

import asyncio

from tornado.websocket import WebSocketClosedError

from treadle.feedserver.pump import Pump

DEADLINE = 10.0


class Reader:
    """Counts how often it was asked."""

    def __init__(self, *, max_hz=10.0, has_more=False, fails=False):
        self.max_hz = max_hz
        self.has_more = has_more
        self.asked = 0
        self._fails = fails

    def messages(self, now):
        self.asked += 1
        if self._fails:
            raise ZeroDivisionError("a bug")
        return [f"{self.asked} at {now}"]


class Socket:
    """Takes a message only when the test lets it."""

    def __init__(self, *, is_open=True):
        self.written = asyncio.Queue()
        self.room = asyncio.Semaphore(0)
        self.closed_with = asyncio.get_running_loop().create_future()
        self._is_open = is_open

    async def write_message(self, message, binary=False):
        if not self._is_open:
            raise WebSocketClosedError
        self.written.put_nowait((message, binary))
        await self.room.acquire()

    def close(self, code, reason):
        self.closed_with.set_result(code)

    async def next(self):
        return await asyncio.wait_for(self.written.get(), DEADLINE)


def run(scenario):
    return asyncio.run(asyncio.wait_for(scenario(), DEADLINE))


def test_a_reader_is_not_asked_again_before_its_socket_took_the_last_message():
    async def scenario():
        reader, socket = Reader(has_more=True), Socket()
        pump = Pump(reader, socket, clock=lambda: 7.0)
        pump.start()
        pump.wake()
        first = await socket.next()
        for _ in range(50):  # however often it is woken, and however long the loop turns
            pump.wake()
            await asyncio.sleep(0)
        asked_while_stuck = reader.asked
        socket.room.release()
        second = await socket.next()
        pump.stop()
        return first, asked_while_stuck, second

    assert run(scenario) == (("1 at 7.0", False), 1, ("2 at 7.0", False))


def test_nobody_is_asked_who_was_not_woken():
    async def scenario():
        reader, socket = Reader(), Socket()
        socket.room.release()
        pump = Pump(reader, socket, clock=lambda: 0.0)
        pump.start("hello")
        hello = await socket.next()
        for _ in range(50):
            await asyncio.sleep(0)
        pump.stop()
        return hello, reader.asked

    assert run(scenario) == (("hello", False), 0)


def test_a_new_subscription_cuts_a_long_rest_short():
    async def scenario():
        reader, socket = Reader(max_hz=0.001), Socket()
        pump = Pump(reader, socket, clock=lambda: 0.0)
        pump.start()
        pump.wake()
        await socket.next()
        socket.room.release()
        while reader.asked == 1:
            pump.renew()
            await asyncio.sleep(0)
        pump.stop()
        return await socket.next()

    assert run(scenario) == ("2 at 0.0", False)


def test_a_bug_ends_the_connection_and_is_logged(caplog):
    async def scenario():
        socket = Socket()
        pump = Pump(Reader(fails=True), socket, clock=lambda: 0.0)
        pump.start()
        pump.wake()
        return await socket.closed_with

    assert run(scenario) == 1011
    assert "ZeroDivisionError: a bug" in caplog.text


def test_a_socket_that_has_closed_ends_the_pump_quietly(caplog):
    async def scenario():
        pump = Pump(Reader(), Socket(is_open=False), clock=lambda: 0.0)
        pump.start("hello")
        await pump._task

    run(scenario)

    assert caplog.text == ""

"""Channels of an event loop: batches, ends, and peers that behave badly."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading

import pytest

from treadle.comm.base import Limits
from treadle.comm.blocking import connect
from treadle.comm.credentials import Credentials
from treadle.errors import (
    CommError,
    ConnectError,
    ConnectionClosed,
    FrameError,
    HandshakeError,
)
from treadle.protocol.frames import frame

from .tools import DEADLINE, Echo, Notes

every_kind = pytest.mark.parametrize("address", ["tcp", "unix", "inproc"], indirect=True)


@pytest.fixture
def notes():
    return Notes()


def channel_of(notes):
    return notes.channels.get(timeout=DEADLINE)


def receive(connection, count):
    frames = []
    while len(frames) < count:
        frames += connection.recv(DEADLINE)
    return frames


@every_kind
def test_frames_come_back_as_they_were_sent(aio_listen, credentials, address):
    listener = aio_listen([address], lambda channel: Echo())

    with connect(listener.addresses[0], credentials, "client") as connection:
        connection.send(b"one")
        connection.send(b"t", bytearray(b"w"), memoryview(b"o"))

        assert receive(connection, 2) == [b"one", b"two"]


@every_kind
@pytest.mark.parametrize("size", [1, 262_140, 262_144, 5_000_000])
def test_frames_of_every_size_are_whole(aio_listen, credentials, address, size):
    payload = (bytes(range(251)) * (size // 251 + 1))[:size]
    listener = aio_listen([address], lambda channel: Echo())

    with connect(listener.addresses[0], credentials, "client") as connection:
        connection.send(payload)

        assert receive(connection, 1) == [payload]


@every_kind
def test_a_channel_knows_who_connected(aio_listen, loop, credentials, address, notes):
    listener = aio_listen([address], notes)

    with connect(listener.addresses[0], credentials, "worker") as connection:
        channel = channel_of(notes)

        assert (channel.role, channel.kind) == ("worker", connection.kind)
        assert channel.peer_uid == connection.peer_uid
        assert loop.call(lambda: set(listener.channels)) == {channel}


@every_kind
def test_a_factory_may_write_at_once(aio_listen, credentials, address):
    def factory(channel):
        channel.write(b"welcome")
        return Echo()

    listener = aio_listen([address], factory)
    with connect(listener.addresses[0], credentials, "client") as connection:
        assert connection.recv(DEADLINE) == [b"welcome"]


def test_what_is_written_in_one_turn_of_the_loop_is_one_write(aio_listen, loop, credentials, notes):
    listener = aio_listen(["tcp://127.0.0.1:0"], notes)
    with connect(listener.addresses[0], credentials, "client") as connection:
        channel = channel_of(notes)
        written = []

        def write_three():
            write = channel._transport.write
            channel._transport.write = lambda data: written.append(data) or write(data)
            for payload in (b"a", b"b", b"c"):
                channel.write(payload)
            assert written == []

        loop.call(write_three)

        assert receive(connection, 3) == [b"a", b"b", b"c"]
        assert written == [frame(b"a") + frame(b"b") + frame(b"c")]


@every_kind
def test_frames_that_come_together_are_handed_over_together(
    aio_listen, loop, credentials, address, notes
):
    listener = aio_listen([address], notes)
    with connect(listener.addresses[0], credentials, "client") as connection:
        channel_of(notes)
        held, go_on = threading.Event(), threading.Event()
        loop.loop.call_soon_threadsafe(lambda: held.set() or go_on.wait(DEADLINE))
        held.wait(DEADLINE)
        for payload in (b"a", b"b", b"c"):
            connection.send(payload)
        go_on.set()

        assert notes.batches.get(timeout=DEADLINE) == [b"a", b"b", b"c"]


@every_kind
def test_the_end_of_the_other_side_is_told_once(aio_listen, credentials, address, notes):
    listener = aio_listen([address], notes)

    with connect(listener.addresses[0], credentials, "client") as connection:
        connection.send(b"last")

    assert notes.reasons.get(timeout=DEADLINE) == "the other side closed the connection"
    assert notes.batches.get(timeout=DEADLINE) == [b"last"]
    listener_channels = listener.channels
    assert listener_channels == set()
    assert notes.reasons.empty()


@every_kind
def test_what_was_written_before_closing_arrives(aio_listen, loop, credentials, address, notes):
    listener = aio_listen([address], notes)
    with connect(listener.addresses[0], credentials, "client") as connection:
        channel = channel_of(notes)

        def finish():
            channel.write(b"x" * 3_000_000)
            channel.write(b"goodbye")
            channel.close("on purpose")
            channel.close("twice")
            channel.write(b"too late")
            assert channel.closing

        loop.call(finish)

        assert receive(connection, 2)[1] == b"goodbye"
        with pytest.raises(ConnectionClosed):
            connection.recv(DEADLINE)
    assert notes.reasons.get(timeout=DEADLINE) == "on purpose"
    assert notes.reasons.empty()


@every_kind
def test_nothing_is_heard_of_a_channel_after_closing_it(
    aio_listen, loop, credentials, address, notes
):
    listener = aio_listen([address], notes)
    with connect(listener.addresses[0], credentials, "client") as connection:
        channel = channel_of(notes)
        held, go_on = threading.Event(), threading.Event()

        def close():
            held.set()
            go_on.wait(DEADLINE)
            channel.close("enough")

        loop.loop.call_soon_threadsafe(close)
        held.wait(DEADLINE)
        connection.send(b"too late")
        go_on.set()

        assert notes.reasons.get(timeout=DEADLINE) == "enough"
    assert notes.batches.empty()


@every_kind
def test_a_user_that_fails_loses_its_channel_and_no_other(aio_listen, credentials, address, caplog):
    reasons = queue.Queue()

    class Fails(Echo):
        def frames(self, channel, frames):
            if b"fail" in frames:
                raise RuntimeError("on purpose")
            super().frames(channel, frames)

        def closed(self, channel, reason):
            reasons.put(reason)

    listener = aio_listen([address], lambda channel: Fails())
    with (
        connect(listener.addresses[0], credentials, "client") as good,
        connect(listener.addresses[0], credentials, "client") as bad,
    ):
        bad.send(b"fail")
        with pytest.raises(ConnectionClosed):
            bad.recv(DEADLINE)
        good.send(b"x")

        assert good.recv(DEADLINE) == [b"x"]
        assert reasons.get(timeout=DEADLINE) == "internal error: RuntimeError"
    assert "on purpose" in caplog.text


@every_kind
def test_a_user_may_end_a_channel_for_what_came(aio_listen, credentials, address, caplog):
    reasons = queue.Queue()

    class Refuses(Echo):
        def frames(self, channel, frames):
            raise CommError("an observer may not submit")

        def closed(self, channel, reason):
            reasons.put(reason)

    listener = aio_listen([address], lambda channel: Refuses())
    with connect(listener.addresses[0], credentials, "observer") as connection:
        connection.send(b"x")
        with pytest.raises(ConnectionClosed):
            connection.recv(DEADLINE)

    assert reasons.get(timeout=DEADLINE) == "an observer may not submit"
    assert "Traceback" not in caplog.text


@every_kind
def test_a_factory_that_fails_ends_that_connection(aio_listen, credentials, address, caplog):
    def factory(channel):
        raise RuntimeError("on purpose")

    listener = aio_listen([address], factory)

    with (
        pytest.raises(ConnectionClosed),
        connect(listener.addresses[0], credentials, "client") as connection,
    ):
        connection.recv(DEADLINE)
    assert "on purpose" in caplog.text


@every_kind
def test_a_factory_may_refuse_a_connection(aio_listen, credentials, address, caplog):
    def factory(channel):
        raise CommError(f"the role {channel.role!r} has no business here")

    listener = aio_listen([address], factory)

    with (
        pytest.raises(ConnectionClosed),
        connect(listener.addresses[0], credentials, "observer") as connection,
    ):
        connection.recv(DEADLINE)
    assert listener.refused == 1
    (message,) = caplog.messages
    assert message.endswith("the role 'observer' has no business here")


@every_kind
def test_a_peer_that_does_not_read_is_dropped(aio_listen, loop, credentials, address, notes):
    listener = aio_listen([address], notes, limits=Limits(max_unsent=1_000_000))

    with connect(listener.addresses[0], credentials, "client") as silent:
        channel = channel_of(notes)
        while notes.reasons.empty():
            loop.call(channel.write, bytes(200_000))

        reason = notes.reasons.get(timeout=DEADLINE)

        assert reason.endswith("bytes wait for it, and it does not read")
        with pytest.raises(ConnectionClosed):
            receive(silent, 1_000_000)


@every_kind
def test_a_peer_that_reads_slowly_is_not(aio_listen, loop, credentials, address, notes):
    listener = aio_listen([address], notes, limits=Limits(max_unsent=1_000_000))

    with connect(listener.addresses[0], credentials, "client") as connection:
        channel = channel_of(notes)
        for _ in range(40):
            loop.call(channel.write, bytes(200_000))
            assert receive(connection, 1) == [bytes(200_000)]

    assert notes.reasons.get(timeout=DEADLINE) == "the other side closed the connection"


@pytest.mark.parametrize("bad", [b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x65\0\0\0"])
def test_a_wrong_length_ends_the_channel_and_no_other(aio_listen, credentials, notes, bad):
    listener = aio_listen(["tcp://127.0.0.1:0"], notes, limits=Limits(max_frame=100))
    with (
        connect(listener.addresses[0], credentials, "client") as good,
        connect(listener.addresses[0], credentials, "client") as hostile,
    ):
        hostile.send_raw([bad])

        with pytest.raises(ConnectionClosed):
            hostile.recv(DEADLINE)
        assert "frame" in notes.reasons.get(timeout=DEADLINE)
        good.send(b"x")
        assert notes.batches.get(timeout=DEADLINE) == [b"x"]


@every_kind
def test_frames_that_the_other_side_would_refuse_are_not_written(
    aio_listen, loop, credentials, address, notes
):
    listener = aio_listen([address], notes, limits=Limits(max_frame=100))
    with connect(listener.addresses[0], credentials, "client"):
        channel = channel_of(notes)

        for payload in (b"", b"x" * 101):
            with pytest.raises(FrameError):
                loop.call(channel.write, payload)


@every_kind
def test_a_listener_that_closes_ends_all_of_its_channels(
    aio_listen, loop, credentials, address, notes
):
    listener = aio_listen([address], notes)
    connection = connect(listener.addresses[0], credentials, "client")
    channel_of(notes)

    loop.call(listener.close, "going home")
    loop.run(listener.wait_closed())

    assert notes.reasons.get(timeout=DEADLINE) == "going home"
    with pytest.raises(ConnectionClosed):
        connection.recv(DEADLINE)
    with pytest.raises(ConnectError):
        connect(listener.addresses[0], credentials, "client")
    connection.close()


@every_kind
def test_another_secret_is_refused_and_counted(aio_listen, address, notes):
    listener = aio_listen([address], notes)

    with pytest.raises(HandshakeError):
        connect(listener.addresses[0], Credentials.new("abc"), "client")

    assert notes.channels.empty()


def test_connecting_from_within_the_process_needs_no_secret(aio_listen):
    listener = aio_listen(["inproc://"], lambda channel: Echo())

    with listener.connect("worker") as connection:
        connection.send(b"x")

        assert connection.recv(DEADLINE) == [b"x"]


EXHAUSTED = """
import asyncio, logging, os, resource, socket, sys
from treadle.comm import aio, blocking
from treadle.comm.credentials import Credentials
from tests.comm.tools import Echo, LoopThread, echo

credentials = Credentials.new("abc")
if sys.argv[1] == "aio":
    loop = LoopThread()
    listener = loop.run(
        aio.listen(["tcp://127.0.0.1:0"], credentials, lambda channel: Echo())
    )
else:
    listener = blocking.listen(["tcp://127.0.0.1:0"], credentials, echo)
address = listener.addresses[0]
before = blocking.connect(address, credentials, "client")
before.send(b"before")
assert before.recv(30) == [b"before"]

used = len(os.listdir("/proc/self/fd"))
resource.setrlimit(resource.RLIMIT_NOFILE, (used + 20, used + 20))
crowd = []
where = ("127.0.0.1", int(address.rpartition(":")[2]))
try:
    while True:
        crowd.append(socket.create_connection(where, timeout=30))
except OSError:
    pass
before.send(b"meanwhile")
assert before.recv(30) == [b"meanwhile"]
while listener.refused == 0:
    before.send(b"tick")
    before.recv(30)
for sock in crowd:
    sock.close()
while True:
    try:
        after = blocking.connect(address, credentials, "client", timeout=30)
        break
    except OSError:
        before.send(b"tick")  # a turn for the listener, to hear of those who have gone
        before.recv(30)
after.send(b"after")
assert after.recv(30) == [b"after"]
print("served again")
os._exit(0)
"""


@pytest.mark.parametrize("kind", ["aio", "blocking"])
def test_without_descriptors_those_who_are_in_are_served_and_others_later(kind):
    run = subprocess.run(
        [sys.executable, "-c", EXHAUSTED, kind], capture_output=True, text=True, timeout=DEADLINE
    )

    assert (run.stdout, run.returncode) == ("served again\n", 0), run.stderr
    assert run.stderr.count("refused a connection") == 1

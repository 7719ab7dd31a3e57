"""Connections between threads carry whole frames both ways, and end for both."""

from __future__ import annotations

import queue
import signal
import socket
import threading
import time

import pytest

from treadle.comm.base import Limits
from treadle.comm.blocking import connect
from treadle.comm.credentials import Credentials
from treadle.comm.stream import SocketConnection
from treadle.errors import (
    AddressError,
    CommError,
    ConnectError,
    ConnectionClosed,
    FrameError,
    HandshakeError,
)

from .tools import DEADLINE, echo

every_kind = pytest.mark.parametrize("address", ["tcp", "unix", "inproc"], indirect=True)


def receive(connection, count):
    """The next ``count`` frames."""
    frames = []
    while len(frames) < count:
        frames += connection.recv(DEADLINE)
    return frames


def in_thread(function):
    """Call it in a thread; give a function that waits for what came of it."""
    answers = queue.Queue()

    def run():
        try:
            answers.put(function())
        except BaseException as error:
            answers.put(error)

    threading.Thread(target=run, daemon=True).start()
    return lambda: answers.get(timeout=DEADLINE)


@every_kind
def test_frames_come_back_as_they_were_sent(listen, credentials, address):
    listener = listen([address], echo)

    with connect(listener.addresses[0], credentials, "client") as connection:
        connection.send(b"one")
        connection.send(b"t", bytearray(b"w"), memoryview(b"o"))
        frames = receive(connection, 2)

    assert frames == [b"one", b"two"]
    assert connection.closed


@every_kind
def test_both_ends_know_who_connected(listen, credentials, address):
    seen = queue.Queue()
    listener = listen([address], lambda c: seen.put((c.role, c.kind, c.peer_uid)) or c.recv())

    with connect(listener.addresses[0], credentials, "task") as connection:
        theirs = seen.get(timeout=DEADLINE)

    assert theirs == ("task", connection.kind, connection.peer_uid)
    assert listener.addresses[0].startswith(connection.kind)
    assert (connection.peer_uid is None) == (connection.kind == "tcp")


@every_kind
@pytest.mark.parametrize("size", [1, 16_383, 16_384, 16_385, 262_144, 5_000_000])
def test_frames_of_every_size_are_whole(listen, credentials, address, size):
    payload = bytes(range(251)) * (size // 251 + 1)
    listener = listen([address], echo)

    with connect(listener.addresses[0], credentials, "client") as connection:
        sending = in_thread(lambda: connection.send(payload[:size]))
        frames = receive(connection, 1)

        assert sending() is None
    assert frames == [payload[:size]]


def test_more_buffers_than_the_kernel_takes_at_once_make_one_frame(listen, credentials):
    listener = listen(["tcp://127.0.0.1:0"], echo)
    parts = [bytes([n % 256]) * 50 for n in range(3000)]

    with connect(listener.addresses[0], credentials, "client") as connection:
        connection.send(*parts)
        frames = receive(connection, 1)

    assert frames == [b"".join(parts)]


@every_kind
def test_frames_of_many_threads_are_never_mixed(listen, credentials, address):
    listener = listen([address], echo)

    with connect(listener.addresses[0], credentials, "client") as connection:

        def send(letter):
            for length in (1, 20_000, 300):
                connection.send(letter * length, letter * length)

        threads = [in_thread(lambda n=n: send(bytes([n]))) for n in range(65, 81)]
        frames = receive(connection, 48)

        assert [thread() for thread in threads] == [None] * 16
    assert sorted(frames) == sorted(
        bytes([n]) * 2 * length for n in range(65, 81) for length in (1, 20_000, 300)
    )


@every_kind
def test_raw_bytes_go_in_and_come_out_as_asked_for(listen, credentials, address):
    def serve(connection):
        connection.send_raw([connection.recv_exact(1_000_000), b"", memoryview(b"end")])
        connection.recv()

    listener = listen([address], serve)
    with connect(listener.addresses[0], credentials, "client") as connection:
        connection.set_buffers(2**20)
        sending = in_thread(lambda: connection.send_raw([b"ab" * 250_000] * 2))
        data = bytearray(1_000_001)
        connection.recv_into(memoryview(data))
        rest = connection.recv_exact(2)

        assert sending() is None
    assert data == b"ab" * 500_000 + b"e"
    assert rest == b"nd"


@every_kind
def test_closing_wakes_whoever_waits_on_either_side(listen, credentials, address):
    ended = queue.Queue()

    def serve(connection):
        try:
            connection.recv()
        except ConnectionClosed as error:
            ended.put(str(error))

    listener = listen([address], serve)
    connection = connect(listener.addresses[0], credentials, "client")
    waiting = in_thread(connection.recv)

    connection.close()

    assert isinstance(waiting(), ConnectionClosed)
    assert "closed the connection" in ended.get(timeout=DEADLINE)


@every_kind
def test_a_listener_that_closes_ends_all_of_its_connections(listen, credentials, address):
    listener = listen([address], echo)
    connection = connect(listener.addresses[0], credentials, "client")
    waiting = in_thread(connection.recv)

    listener.close()

    assert isinstance(waiting(), ConnectionClosed)
    with pytest.raises(ConnectionClosed):
        connection.send(b"x")
    with pytest.raises(ConnectError):
        connect(listener.addresses[0], credentials, "client")


@every_kind
def test_a_closed_connection_stays_closed(listen, credentials, address):
    listener = listen([address], echo)
    connection = connect(listener.addresses[0], credentials, "client")

    connection.close()
    connection.close()

    for use in (
        lambda: connection.send(b"x"),
        lambda: connection.recv(),
        lambda: connection.recv(1.0),
        lambda: connection.send_raw([b"x"]),
        lambda: connection.recv_exact(1),
    ):
        with pytest.raises(ConnectionClosed):
            use()


@every_kind
def test_frames_sent_before_the_end_are_received_before_it(listen, credentials, address):
    listener = listen([address], lambda connection: connection.send(b"bye"))

    with connect(listener.addresses[0], credentials, "client") as connection:
        frames = connection.recv(DEADLINE)
        with pytest.raises(ConnectionClosed):
            connection.recv(DEADLINE)

    assert frames == [b"bye"]


@every_kind
def test_a_wait_with_a_timeout_ends_and_harms_nothing(listen, credentials, address):
    listener = listen([address], echo)

    with connect(listener.addresses[0], credentials, "client") as connection:
        with pytest.raises(TimeoutError):
            connection.recv(0.01)
        connection.send(b"x")

        assert connection.recv(DEADLINE) == [b"x"]


def test_half_a_frame_is_kept_over_a_timeout(listen, credentials):
    go_on = threading.Event()

    def serve(connection):
        connection.send_raw([b"\x04\0\0\0ab"])
        go_on.wait(DEADLINE)
        connection.send_raw([b"cd"])

    listener = listen(["tcp://127.0.0.1:0"], serve)
    with connect(listener.addresses[0], credentials, "client") as connection:
        with pytest.raises(TimeoutError):
            connection.recv(0.05)
        go_on.set()

        assert connection.recv(DEADLINE) == [b"abcd"]


def test_a_block_that_stops_in_the_middle_ends_the_connection(listen, credentials):
    def serve(connection):
        connection.send_raw([b"half"])
        connection.recv()

    listener = listen(["tcp://127.0.0.1:0"], serve)
    with connect(listener.addresses[0], credentials, "client") as connection:
        connection.set_patience(0.05)

        with pytest.raises(TimeoutError, match="nothing came from tcp:"):
            connection.recv_exact(8)

        assert connection.closed


@every_kind
def test_frames_that_the_other_side_would_refuse_are_not_sent(listen, credentials, address):
    listener = listen([address], echo, limits=Limits(max_frame=100))
    limits = Limits(max_frame=10)

    with connect(listener.addresses[0], credentials, "client", limits=limits) as connection:
        for payload in (b"", b"x" * 101):
            with pytest.raises(FrameError):
                connection.send(payload)
        connection.send(b"x" * 10)

        assert connection.recv(DEADLINE) == [b"x" * 10]


@pytest.mark.parametrize("bad", [b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x65\0\0\0"])
def test_a_wrong_length_ends_the_connection_and_no_other(listen, credentials, bad):
    ended = queue.Queue()

    def serve(connection):
        try:
            echo(connection)
        except CommError as error:
            ended.put(type(error))
            raise

    listener = listen(["tcp://127.0.0.1:0"], serve, limits=Limits(max_frame=100))
    with (
        connect(listener.addresses[0], credentials, "client") as good,
        connect(listener.addresses[0], credentials, "client") as hostile,
    ):
        hostile.send_raw([bad])

        with pytest.raises(ConnectionClosed):
            hostile.recv(DEADLINE)
        assert ended.get(timeout=DEADLINE) is FrameError
        good.send(b"x")
        assert good.recv(DEADLINE) == [b"x"]


@pytest.mark.parametrize("address", ["tcp", "unix"], indirect=True)
def test_a_peer_that_takes_nothing_ends_the_send(listen, credentials, address):
    never = threading.Event()
    listener = listen([address], lambda connection: never.wait(DEADLINE))
    limits = Limits(send_seconds=0.05)

    with connect(listener.addresses[0], credentials, "client", limits=limits) as connection:
        with pytest.raises(ConnectionClosed, match="takes nothing"):
            connection.send(bytes(60_000_000))

        assert connection.closed
        never.set()


def test_closing_ends_a_send_that_waits(listen, credentials):
    never = threading.Event()
    listener = listen(["tcp://127.0.0.1:0"], lambda connection: never.wait(DEADLINE))
    connection = connect(listener.addresses[0], credentials, "client")
    sending = in_thread(lambda: connection.send(bytes(60_000_000)))

    connection.close()
    never.set()

    assert isinstance(sending(), ConnectionClosed)


def test_an_exception_while_serving_ends_that_connection_and_is_logged(listen, credentials, caplog):
    def serve(connection):
        while (frames := connection.recv()) != [b"fail"]:
            connection.send(*frames)
        raise RuntimeError("on purpose")

    listener = listen(["tcp://127.0.0.1:0"], serve)
    with (
        connect(listener.addresses[0], credentials, "client") as good,
        connect(listener.addresses[0], credentials, "client") as bad,
    ):
        bad.send(b"fail")
        with pytest.raises(ConnectionClosed):
            bad.recv(DEADLINE)
        good.send(b"x")

        assert good.recv(DEADLINE) == [b"x"]
    assert "on purpose" in caplog.text


@pytest.mark.parametrize("seed", range(5))
def test_an_interrupt_while_sending_never_leaves_half_a_frame(listen, credentials, seed):
    """The main thread is interrupted again and again; what arrives are whole frames."""
    got = queue.Queue()

    def serve(connection):
        while True:
            for frame in connection.recv():
                got.put(frame)

    def interrupt(signum, frame):
        while frame is not None:
            if frame.f_code is SocketConnection.send.__code__:
                raise KeyboardInterrupt
            frame = frame.f_back  # else the test itself is at work

    listener = listen(["tcp://127.0.0.1:0"], serve)
    whole = {bytes([n]) * size for n, size in enumerate([30, 5_000_000, 30, 20_000])}
    interrupts = 0
    before = signal.signal(signal.SIGALRM, interrupt)
    connection = connect(listener.addresses[0], credentials, "client")
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.001 + seed / 3000, 0.002 + seed / 1000)
        while interrupts < 20:
            try:
                for payload in whole:
                    connection.send(payload)
            except KeyboardInterrupt:
                interrupts += 1
            except ConnectionClosed:
                break  # interrupted twice in one frame: given up, and nothing comes after it
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    connection.close()
    listener.close()

    frames = set()
    while not got.empty():
        frames.add(got.get())
    assert frames <= whole


def test_an_interrupt_while_waiting_harms_nothing(listen, credentials):
    def interrupt(signum, frame):
        raise KeyboardInterrupt

    listener = listen(["tcp://127.0.0.1:0"], echo)
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with connect(listener.addresses[0], credentials, "client") as connection:
            signal.setitimer(signal.ITIMER_REAL, 0.02)
            with pytest.raises(KeyboardInterrupt):
                connection.recv()
            connection.send(b"x")

            assert connection.recv(DEADLINE) == [b"x"]
    finally:
        signal.signal(signal.SIGALRM, before)


# ---- connecting ----


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "unix:///nowhere/s", "inproc://nobody"])
def test_where_nobody_listens_the_address_is_named(credentials, address):
    with pytest.raises(ConnectError, match=f"can't connect to {address}: "):
        connect(address, credentials, "client")


@every_kind
def test_another_secret_is_refused(listen, address):
    listener = listen([address], echo)

    with pytest.raises(HandshakeError):
        connect(listener.addresses[0], Credentials.new("abc"), "client")


@every_kind
def test_a_role_without_its_secret_can_not_even_be_asked_for(listen, credentials, address):
    listener = listen([address], echo)

    with pytest.raises(ValueError, match="hold no secret for a worker"):
        connect(listener.addresses[0], credentials.only("client"), "worker")


def test_several_addresses_are_served_alike(listen, credentials, tmp_path):
    listener = listen(["tcp://127.0.0.1:0", f"unix://{tmp_path}/s", "inproc://"], echo)

    answers = []
    for address in listener.addresses:
        with connect(address, credentials, "client") as connection:
            connection.send(address.encode())
            answers += connection.recv(DEADLINE)

    assert answers == [address.encode() for address in listener.addresses]


def test_an_address_that_is_taken_is_an_error_and_leaves_nothing_open(listen):
    first = listen(["tcp://127.0.0.1:0", "inproc://mine"], echo)

    for taken in first.addresses:
        with pytest.raises(AddressError, match="can't listen at"):
            listen(["inproc://other", taken], echo)

    listen(["inproc://other"], echo)


def test_a_server_that_says_nothing_is_given_up(credentials):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        begin = time.monotonic()

        with pytest.raises(HandshakeError, match="it takes too long"):
            connect(address, credentials, "client", timeout=0.1)

        assert time.monotonic() - begin < DEADLINE

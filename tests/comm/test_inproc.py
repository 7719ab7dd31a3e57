"""Pairs within a process: what only they can do."""

from __future__ import annotations

import os
import threading

import pytest

from treadle.comm import inproc
from treadle.comm.blocking import connect
from treadle.errors import CommError, ConnectError, ConnectionClosed

from .tools import DEADLINE, Echo, LoopThread, Notes


@pytest.fixture
def ends(loop):
    """A connection, and the channel at its other end, without a user yet."""
    return loop.call(inproc.pair, loop.loop, "worker")


def test_a_pair_carries_frames_both_ways(loop, ends):
    connection, channel = ends
    loop.call(channel.start, Echo())

    connection.send(b"on", b"e")

    assert connection.recv(DEADLINE) == [b"one"]
    assert (connection.role, channel.role) == ("worker", "worker")
    assert connection.peer_pid == os.getpid()


def test_frames_wait_for_the_user_of_a_channel(loop, ends):
    connection, channel = ends
    notes = Notes()
    connection.send(b"early")
    loop.call(lambda: None)

    loop.call(channel.start, notes)

    assert notes.batches.get(timeout=DEADLINE) == [b"early"]


def test_many_frames_wake_the_loop_once(loop, ends):
    connection, channel = ends
    notes = Notes()
    loop.call(channel.start, notes)
    held, go_on = threading.Event(), threading.Event()
    loop.loop.call_soon_threadsafe(lambda: held.set() or go_on.wait(DEADLINE))
    held.wait(DEADLINE)

    for n in range(1000):
        connection.send(str(n).encode())
    go_on.set()

    assert notes.batches.get(timeout=DEADLINE) == [str(n).encode() for n in range(1000)]


def test_what_was_sent_before_closing_arrives_before_the_end(loop, ends):
    connection, channel = ends
    notes = Notes()
    loop.call(channel.start, notes)

    connection.send(b"last")
    connection.close()
    connection.close()

    assert notes.batches.get(timeout=DEADLINE) == [b"last"]
    assert notes.reasons.get(timeout=DEADLINE) == "the other side closed the connection"


def test_every_thread_that_waits_learns_of_the_end(loop, ends):
    connection, channel = ends
    outcomes = []

    def wait():
        try:
            connection.recv(DEADLINE)
        except ConnectionClosed as error:
            outcomes.append(error)

    threads = [threading.Thread(target=wait, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    loop.call(channel.close)
    for thread in threads:
        thread.join(DEADLINE)

    assert len(outcomes) == 4


def test_raw_bytes_have_no_meaning_to_a_loop(ends):
    connection, _ = ends

    with pytest.raises(CommError):
        connection.send_raw([b"x"])
    with pytest.raises(CommError):
        connection.recv_exact(1)


def test_a_loop_that_has_closed_is_a_closed_connection():
    loop = LoopThread()
    connection, _ = loop.call(inproc.pair, loop.loop)
    loop.close()

    with pytest.raises(ConnectionClosed):
        connection.send(b"x")
    with pytest.raises(ConnectionClosed):
        connection.recv(DEADLINE)
    connection.close()


def test_a_fork_does_not_find_the_listeners_of_its_parent(aio_listen, credentials):
    listener = aio_listen(["inproc://"], lambda channel: Echo())
    pid, acceptor = inproc._listeners[listener.addresses[0].removeprefix("inproc://")]
    name = inproc.register("", acceptor)
    inproc._listeners[name] = (pid + 1, acceptor)

    with pytest.raises(ConnectError, match="nobody in this process"):
        connect(f"inproc://{name}", credentials, "client")

    inproc.unregister(name)

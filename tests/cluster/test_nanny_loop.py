"""The lines that a nanny speaks, and the loop that it runs in."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.cluster.nanny import lines
from treadle.cluster.nanny.guard import groups_in_session
from treadle.cluster.nanny.lines import Channel, LineBuffer, encode
from treadle.cluster.nanny.loop import Loop, Wire, fork
from treadle.cluster.nanny.restarts import LONGEST_DELAY, Restarts

SAID = [{"op": "start", "n": 2}, {"op": "text", "text": "a\nb \udce9 é"}, {}]


@pytest.mark.parametrize("cut", range(len(b"".join(map(encode, SAID))) + 1))
def test_lines_are_the_same_wherever_the_stream_is_cut(cut: int):
    data = b"".join(map(encode, SAID))
    buffer = LineBuffer()

    assert [*buffer.feed(data[:cut]), *buffer.feed(data[cut:])] == SAID


@pytest.mark.parametrize("data", [b"[1]\n", b"no json\n", b"\xff\n"])
def test_what_is_no_object_is_refused(data: bytes):
    with pytest.raises(ValueError, match=r"not an object|Expecting value|can't decode"):
        LineBuffer().feed(data)


def test_a_line_without_an_end_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lines, "LONGEST_LINE", 10)

    with pytest.raises(ValueError, match="more than 10 bytes"):
        LineBuffer().feed(b"x" * 11)


@pytest.fixture
def loop() -> Iterator[Loop]:
    loop = Loop()
    yield loop
    loop.close()


@pytest.fixture
def peers(loop: Loop) -> Iterator[tuple[Wire, Channel, list[object]]]:
    ours, theirs = socket.socketpair()
    heard: list[object] = []
    wire = Wire(loop, ours.detach(), heard.append, lambda: heard.append("end"))
    channel = Channel(theirs.detach())
    yield wire, channel, heard
    channel.close()
    wire.close()


def test_a_wire_carries_lines_both_ways_and_tells_of_the_end(loop: Loop, peers):
    wire, channel, heard = peers

    wire.send(op="go", n=1)
    channel.send("ready")
    loop.turn()
    channel.close()
    loop.turn()

    assert heard == [{"op": "ready"}, "end"]
    assert not wire.is_open
    wire.send(op="late")  # to nobody


def test_what_a_slow_peer_does_not_take_waits_and_is_in_order(loop: Loop, peers):
    wire, channel, _ = peers

    for number in range(2000):
        wire.send(op="n", number=number, text="x" * 1000)
    assert wire.waiting > 0
    said = []
    while len(said) < 2000:
        said += channel.read() or []
        if wire.waiting:
            loop.call_later(0.001, lambda: None)  # there may be no room yet
            loop.turn()

    assert [line["number"] for line in said] == list(range(2000))


def test_a_peer_that_never_reads_is_given_up(loop: Loop, peers, monkeypatch):
    wire, _, heard = peers
    monkeypatch.setattr("treadle.cluster.nanny.loop.MAX_OUTBOX", 1000)

    wire.send(op="text", text="x" * 2**22)

    assert heard == ["end"]


def test_a_peer_that_speaks_no_json_is_given_up(loop: Loop, peers):
    _, channel, heard = peers

    os.write(channel.fd, b"hello?\n")
    loop.turn()

    assert heard == ["end"]


def test_last_words_are_heard_when_a_child_has_ended(peers):
    wire, channel, heard = peers
    channel.send("leaving")
    channel.close()

    wire.drain()

    assert heard == [{"op": "leaving"}, "end"]


def test_deadlines_come_in_their_order_and_those_of_one_moment_in_the_order_of_asking(loop: Loop):
    came: list[int] = []
    for number, seconds in enumerate((0.002, 0.0, 0.001, 0.0)):
        loop.call_later(seconds, lambda number=number: came.append(number))

    while len(came) < 4:
        loop.turn()

    assert came == [1, 3, 2, 0]


def test_a_signal_to_a_child_just_forked_is_not_its_parents(loop: Loop):
    came: list[str] = []
    loop.on_signal(signal.SIGTERM, lambda: came.append("term"))
    loop.on_signal(signal.SIGCHLD, lambda: came.append("child"))

    for _ in range(50):
        pid = fork(loop)
        if pid == 0:
            signal.alarm(10)
            signal.pause()
        os.kill(pid, signal.SIGTERM)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGTERM
        loop.turn()

    assert set(came) == {"child"}


def test_a_forked_child_has_none_of_the_loops_descriptors(loop: Loop, peers):
    pid = fork(loop)
    if pid == 0:
        still_open = 0
        for fd in loop.fds:
            try:
                os.fstat(fd)
                still_open += 1
            except OSError:
                pass
        os._exit(still_open)

    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_a_process_group_is_found_in_its_session_and_in_no_other():
    assert os.getpgid(0) in groups_in_session(os.getsid(0))
    assert os.getpgid(0) not in groups_in_session(0x7FFFFFFF)


@given(st.lists(st.tuples(st.floats(0, 100), st.booleans()), max_size=40))
def test_a_worker_that_had_started_well_is_always_started_again(deaths):
    restarts, now = Restarts(), 0.0
    for passed, was_ready in deaths:
        now += passed
        delay = restarts.delay(now, was_ready=was_ready)
        assert delay is not None or not was_ready
        assert delay is None or 0 <= delay <= LONGEST_DELAY

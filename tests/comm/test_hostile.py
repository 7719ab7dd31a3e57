"""What strangers send: they are refused and counted, run nothing, and disturb nobody.

Every test ends with somebody honest being served by the same listener.
"""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
import socket
import struct
import threading
import time
from pathlib import Path

import pytest

from treadle.comm.base import Limits
from treadle.comm.blocking import connect
from treadle.comm.credentials import Credentials
from treadle.comm.handshake import HELLO_BYTES, REFUSED, Client, Server
from treadle.comm.refusals import Refusals
from treadle.errors import HandshakeError

from .tools import DEADLINE, Echo, bare_socket, echo, read_to_end

SOON = Limits(handshake_seconds=0.2)


@pytest.fixture(params=["threads", "loop"])
def start(request):
    """Start an echo server, of either kind."""
    if request.param == "threads":
        listen = request.getfixturevalue("listen")
        return lambda address, **options: listen([address], echo, **options)
    listen = request.getfixturevalue("aio_listen")
    return lambda address, **options: listen([address], lambda channel: Echo(), **options)


@pytest.fixture
def serves(credentials):
    """Check that somebody honest is served."""

    def check(listener, refused):
        with connect(listener.addresses[0], credentials, "client", timeout=DEADLINE) as connection:
            connection.send(b"honest")
            assert connection.recv(DEADLINE) == [b"honest"]
        deadline = time.monotonic() + DEADLINE
        while listener.refused < refused and time.monotonic() < deadline:
            with connect(listener.addresses[0], credentials, "client", timeout=DEADLINE):
                pass  # its threads get their turn meanwhile
        assert listener.refused == refused

    return check


on_sockets = pytest.mark.parametrize("address", ["tcp", "unix"], indirect=True)


class Canary:
    """Unpickling it makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (os.mkdir, (self.path,))


def first_words(tmp_path):
    pickled = pickle.dumps(Canary(str(tmp_path / "canary")))
    return {
        "http": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
        "pickle": pickled,
        "framed pickle": struct.pack("<I", len(pickled)) + pickled,
        "text pickle": f"cos\nmkdir\n(S'{tmp_path}/canary'\ntR.".encode(),
        "length": struct.pack("<Q", 2**63),
        "empty": struct.pack("<I", 0),
        "magic": b"treadle\x00" + bytes(56),
        "version 0": b"treadle\x01" + bytes(56),
        "version 65535": b"treadle\x01\xff\xff" + bytes(54),
        "4 kB": b"treadle\x01" + bytes(4089),
        "1 MB": bytes(1_000_000),
    }


@on_sockets
@pytest.mark.parametrize("name", first_words(Path()))
def test_strangers_first_words_get_a_refusal(start, serves, address, tmp_path, name):
    listener = start(address)

    with bare_socket(listener.addresses[0]) as stranger:
        try:
            stranger.sendall(first_words(tmp_path)[name])
        except ConnectionError:
            pass  # refused before we were through
        answer = read_to_end(stranger)

    # Of the answer to what is too long a reset may leave nothing.
    assert answer[-1:] in (REFUSED, b"")
    assert len(answer) <= HELLO_BYTES + 1
    serves(listener, refused=1)
    assert not (tmp_path / "canary").exists()


@on_sockets
@pytest.mark.parametrize("length", [0, 1, 63])
@pytest.mark.parametrize("reset", [False, True])
def test_a_hello_that_stops_in_the_middle_is_forgotten(
    start, serves, credentials, address, length, reset
):
    listener = start(address)
    stranger = bare_socket(listener.addresses[0])
    stranger.sendall(Client(credentials, "client").feed(b"")[:length])

    if reset:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    stranger.close()

    serves(listener, refused=1)


@on_sockets
def test_silence_is_given_up_after_a_while(start, serves, address):
    listener = start(address, limits=SOON)

    with bare_socket(listener.addresses[0]) as stranger:
        assert read_to_end(stranger) == b""

    serves(listener, refused=1)


@on_sockets
def test_a_hello_that_comes_drop_by_drop_is_given_up_too(start, serves, credentials, address):
    listener = start(address, limits=SOON)
    hello = Client(credentials, "client").feed(b"")

    with bare_socket(listener.addresses[0]) as stranger:
        stranger.settimeout(0.02)
        for index in range(len(hello)):
            try:
                stranger.sendall(hello[index : index + 1])
                if stranger.recv(1) == b"":
                    break
            except TimeoutError:
                continue  # a drop every 20 ms: 64 of them take longer than the limit
            except ConnectionError:
                break
        else:
            pytest.fail("it listened to the end")

    serves(listener, refused=1)


@on_sockets
def test_the_honest_are_served_while_a_crowd_says_nothing(start, serves, address):
    listener = start(address, limits=Limits(handshake_seconds=DEADLINE))
    crowd = []
    try:
        for _ in range(300):
            crowd.append(bare_socket(listener.addresses[0]))

        serves(listener, refused=300 - 63)  # of 64 that may wait one is the honest
    finally:
        for stranger in crowd:
            stranger.close()


@on_sockets
@pytest.mark.parametrize("proof", ["none", "reflected", "other cluster", "replayed"])
def test_a_hello_without_the_right_proof_is_refused(start, serves, credentials, address, proof):
    listener = start(address)
    honest = Client(credentials, "client")
    hello = honest.feed(b"")
    recorded = honest.feed(Server(credentials).feed(hello))
    other = Client(Credentials.new("abc"), "client")
    other._ours = hello

    with bare_socket(listener.addresses[0]) as stranger:
        stranger.sendall(hello)
        answer = b""
        while len(answer) < 96:
            answer += stranger.recv(96 - len(answer))
        stranger.sendall(
            {
                "none": bytes(32),
                "reflected": answer[64:],
                "other cluster": other._credentials.key_for("client"),
                "replayed": recorded,
            }[proof]
        )
        verdict = read_to_end(stranger)

    assert verdict == REFUSED
    serves(listener, refused=1)


def test_frames_before_the_proof_are_never_looked_at(start, serves, credentials):
    listener = start("tcp://127.0.0.1:0")
    hello = Client(credentials, "client").feed(b"")

    with bare_socket(listener.addresses[0]) as stranger:
        stranger.sendall(hello + bytes(32) + b"\x05\0\0\0hello")
        answer = read_to_end(stranger)

    assert b"hello" not in answer
    assert answer[96:] in (REFUSED, b"")
    serves(listener, refused=1)


@pytest.mark.parametrize("answer", ["nothing", "garbage", "http", "our own hello", "recorded"])
def test_a_client_tells_no_secret_to_whoever_has_taken_a_port(credentials, answer):
    """The hello is all that a false server sees, and it holds nothing but a nonce."""
    earlier = Client(credentials, "client")
    words = {
        "nothing": lambda hello: b"",
        "garbage": lambda hello: bytes(97),
        "http": lambda hello: b"HTTP/1.1 400 Bad Request\r\n\r\n",
        "our own hello": lambda hello: hello + bytes(32),
        "recorded": lambda hello: Server(credentials).feed(earlier.feed(b"")),
    }
    with socket.create_server(("127.0.0.1", 0)) as false_server:
        false_server.settimeout(DEADLINE)
        address = f"tcp://127.0.0.1:{false_server.getsockname()[1]}"
        seen = []

        def serve():
            sock, _ = false_server.accept()
            with sock:
                sock.settimeout(DEADLINE)
                seen.append(sock.recv(4096))
                with contextlib.suppress(OSError):  # the client may have hung up already
                    sock.sendall(words[answer](seen[0]))
                    sock.shutdown(socket.SHUT_WR)
                    seen[0] += read_to_end(sock)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        with pytest.raises(HandshakeError, match=address.replace(".", r"\.")):
            connect(address, credentials, "client")
        thread.join(DEADLINE)

    assert [len(words) for words in seen] == [HELLO_BYTES]


def test_refusals_are_all_counted_and_few_are_written(caplog):
    now = [0.0]
    refusals = Refusals(clock=lambda: now[0])

    with caplog.at_level(logging.WARNING, logger="treadle.comm"):
        for _ in range(100):
            refusals.add("tcp://127.0.0.1:9", "it does not speak our protocol")
        now[0] = 11.0
        refusals.add("tcp://127.0.0.1:9", "it takes too long")

    assert refusals.count == 101
    assert caplog.messages == [
        "refused a connection from tcp://127.0.0.1:9: it does not speak our protocol",
        "refused a connection from tcp://127.0.0.1:9: it takes too long "
        "(99 others were refused meanwhile)",
    ]

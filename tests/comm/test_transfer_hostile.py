"""A peer that lies, breaks off or says nothing costs one error, and no memory to speak of."""

from __future__ import annotations

import os
import struct
import threading

import numpy as np
import pytest

from treadle.comm import transfer, transfer_link
from treadle.comm.blocking import connect
from treadle.comm.transfer import MISSING, DataClient, DataServer
from treadle.comm.transfer_link import GET, PUT, READ, Link
from treadle.comm.transfer_memory import can_read_memory, make_room, read_memory
from treadle.errors import CommError, ConnectionClosed, FrameError
from treadle.protocol.payloads import HEADER, LAST, PART, dump_payload, encode_part

from .tools import DEADLINE

HELLO = transfer_link._HELLO
REQUEST = transfer_link._REQUEST
GREETING = HELLO.pack(b"TRDLdata", 1, 0, 0, 0, 0, bytes(16))

needs_memory = pytest.mark.skipif(not can_read_memory(), reason="no process_vm_readv here")


@pytest.fixture
def client(credentials):
    with DataClient(credentials, "worker", patience=10.0) as client:
        yield client


@pytest.fixture
def fake(listen, tmp_path):
    """A server that greets rightly and then says what a test wants, whatever is asked."""

    def fake(answer=b"", *, greeting=GREETING, stay=False):
        gone = threading.Event()

        def serve(connection):
            connection.recv_exact(HELLO.size)
            connection.send_raw([greeting])
            connection.recv_exact(REQUEST.size + 8)
            connection.send_raw([answer])
            if stay:
                gone.wait(DEADLINE)

        fake.gone = gone
        return listen([f"unix://{tmp_path}/fake"], serve).addresses

    yield fake
    if hasattr(fake, "gone"):
        fake.gone.set()


def a_part(id: int = 1, value: object = "x", last: bool = True) -> bytes:
    return b"".join(encode_part([(id, dump_payload(value))], last, None)[0])


def test_a_right_answer_of_a_fake_server_is_taken(fake, client):
    assert client.fetch(fake(a_part()), [1]) == {1: "x"}


ANSWERS = {
    "nothing": b"",
    "half a header": a_part()[:10],
    "half a head": a_part()[:-1],
    "one part of two": a_part(last=False),
    "another protocol": b"HTTP/1.1 400 Bad Request\r\n\r\n" * 3,
    "a pickle": b"cos\nsystem\n(S'echo'\ntR." * 3,
    "2**63 bytes of head": HEADER.pack(PART, LAST, 0, 1, 1 << 63, 0),
    "2**63 bytes behind it": HEADER.pack(PART, LAST, 0, 1, 24, 1 << 63),
    "2**32 items": HEADER.pack(PART, LAST, 0, 2**32 - 1, 1 << 30, 0),
    "a buffer of 2**60 bytes": HEADER.pack(PART, LAST, 0, 1, 40, 0)
    + struct.pack("<QBBHIQ", 1, 0, 0, 0, 1, 0)
    + struct.pack("<QQ", 1 << 60, 0),
    "what was not asked for": a_part(id=2),
    "an unknown status": HEADER.pack(PART, LAST, 0, 1, 24, 0)
    + struct.pack("<QBBHIQ", 1, 9, 0, 0, 0, 0),
    "an address without leave": HEADER.pack(PART, LAST | 2, 0, 1, 40, 0)
    + struct.pack("<QBBHIQ", 1, 0, 0, 0, 1, 0)
    + struct.pack("<QQ", 1 << 20, 4096),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_wrong_answer_is_an_error(fake, client, name):
    with pytest.raises(CommError):
        client.fetch(fake(ANSWERS[name]), [1])

    assert client._idle == {}
    assert client._busy == set()


@pytest.mark.parametrize(
    "greeting",
    [
        b"\0" * HELLO.size,
        HELLO.pack(b"TRDLdata", 999, 0, 0, 0, 0, bytes(16)),
        HELLO.pack(b"otherdat", 1, 0, 0, 0, 0, bytes(16)),
    ],
)
def test_a_wrong_greeting_is_an_error(fake, client, greeting):
    with pytest.raises(CommError, match="does not speak"):
        client.fetch(fake(greeting=greeting), [1])


@pytest.mark.parametrize("answer", [b"", a_part()[:30]], ids=["nothing", "half a part"])
def test_a_server_that_says_no_more_is_given_up(fake, credentials, answer):
    addresses = fake(answer, stay=True)

    with (
        DataClient(credentials, "worker", patience=0.1) as client,
        pytest.raises(ConnectionClosed, match=r"has said nothing for 0\.1 seconds"),
    ):
        client.fetch(addresses, [1])


def test_more_than_the_limit_is_refused(fake, credentials):
    with (
        DataClient(credentials, "worker", limit=1000) as client,
        pytest.raises(FrameError, match="refused"),
    ):
        client.fetch(fake(a_part(value="x" * 2000)), [1])


# -- hostile clients ------------------------------------------------------------------------------

REQUESTS = {
    "an unknown request": REQUEST.pack(77, 0, 0, 0),
    "2**32 ids": REQUEST.pack(GET, 0, 0, 2**32 - 1),
    "a read out of turn": REQUEST.pack(READ, 0, 0, 0),
    "a put of 2**63 bytes": REQUEST.pack(PUT, 0, 0, 0) + HEADER.pack(PART, LAST, 0, 1, 1 << 63, 0),
    "a put of garbage": REQUEST.pack(PUT, 0, 0, 0) + b"\xff" * 200,
    "a put that breaks off": REQUEST.pack(PUT, 0, 0, 0) + a_part()[:30],
    "a pickle": b"cos\nsystem\n(S'echo'\ntR.",
}


@pytest.mark.parametrize("name", REQUESTS)
def test_a_wrong_request_ends_its_own_connection_only(name, credentials, tmp_path, monkeypatch):
    monkeypatch.setattr(transfer, "_here", {})
    data = {1: "one"}
    get = lambda ids: [data.get(id, MISSING) for id in ids]
    with DataServer([f"unix://{tmp_path}/s"], credentials, get, data.update) as server:
        transfer._here.clear()
        with connect(server.addresses[0], credentials, "worker") as hostile:
            hostile.send_raw([GREETING])
            hostile.recv_exact(HELLO.size)
            hostile.send_raw([REQUESTS[name]])
            if "breaks off" in name:
                hostile.close()
            else:
                hostile.set_patience(DEADLINE)
                with pytest.raises(ConnectionClosed):
                    hostile.recv_exact(1)

        with DataClient(credentials, "worker") as client:
            assert client.fetch(server.addresses, [1]) == {1: "one"}
    assert data == {1: "one"}


# -- memory ---------------------------------------------------------------------------------------


@needs_memory
def test_memory_of_a_process_is_read():
    source = bytearray(os.urandom(100_000))
    room = make_room(len(source))

    read_memory(os.getpid(), transfer_link.address_of(memoryview(source)), memoryview(room))

    assert bytes(room) == source


@needs_memory
@pytest.mark.parametrize("address", [0, 4096, 2**63])
def test_an_address_that_is_nobodys_is_an_error(address):
    with pytest.raises(ConnectionClosed):
        read_memory(os.getpid(), address, memoryview(bytearray(100)))


@needs_memory
def test_a_process_that_is_gone_is_an_error():
    pid = os.fork()
    if not pid:
        os._exit(0)
    os.waitpid(pid, 0)

    with pytest.raises(ConnectionClosed, match="can't be read"):
        read_memory(pid, 4096, memoryview(bytearray(100)))


def test_room_is_writable_whatever_its_size():
    for nbytes in (0, 1, 1 << 20, (1 << 20) + 1):
        view = memoryview(make_room(nbytes))
        assert view.nbytes == nbytes
        assert not view.readonly


class Pipe:
    """Two links on one socket pair, in one process that may read its own memory."""

    def __init__(self, listen, credentials, path):
        self.links: dict[str, Link] = {}
        ready = threading.Event()
        self.done = threading.Event()

        def serve(connection):
            self.links["server"] = self._link(connection)
            self.links["server"].welcome()
            ready.set()
            self.done.wait(DEADLINE)

        listener = listen([path], serve)
        connection = connect(listener.addresses[0], credentials, "worker")
        self.links["client"] = self._link(connection)
        self.links["client"].greet()
        assert ready.wait(DEADLINE)

    @staticmethod
    def _link(connection):
        link = Link(connection, limit=1 << 30, patience=DEADLINE)
        link._pid = os.getpid()
        return link

    def close(self):
        self.done.set()
        self.links["client"].close()


@pytest.fixture
def pipe(listen, credentials, tmp_path):
    pipe = Pipe(listen, credentials, f"unix://{tmp_path}/s")
    yield pipe
    pipe.close()


@needs_memory
def test_large_buffers_are_read_and_held_until_they_have_been(pipe):
    client, server = pipe.links["client"], pipe.links["server"]
    large = np.arange(1_000_000)
    answering = threading.Thread(
        target=server.answer, args=(lambda ids: [large[::2], "x"], lambda values: None)
    )
    answering.start()

    values = client.get([1, 2])
    answering.join(DEADLINE)

    np.testing.assert_array_equal(values[1], large[::2])
    assert values[2] == "x"
    assert client._we_read
    assert server._peer_reads


@needs_memory
def test_a_sender_that_is_gone_after_it_was_read_is_not_believed(pipe):
    client, server = pipe.links["client"], pipe.links["server"]
    large = dump_payload(np.arange(1_000_000))

    def answer_and_go():
        server.connection.recv_exact(REQUEST.size + 8)
        head, _ = encode_part([(1, large)], True, server._address)
        server.connection.send_raw(head)
        server.connection.recv_exact(REQUEST.size)  # it has been read
        server.close()

    going = threading.Thread(target=answer_and_go)
    going.start()

    with pytest.raises(ConnectionClosed):
        client.get([1])
    going.join(DEADLINE)


@needs_memory
def test_memory_is_not_read_where_the_proof_fails(listen, credentials, tmp_path):
    pipe = Pipe.__new__(Pipe)
    lies = HELLO.pack(b"TRDLdata", 1, 1, 0, 0, 4096, bytes(16))
    listener = listen(
        [f"unix://{tmp_path}/s"],
        lambda connection: connection.send_raw([lies]) or connection.recv_exact(HELLO.size + 1),
    )

    with connect(listener.addresses[0], credentials, "worker") as connection:
        link = pipe._link(connection)
        link.greet()

        assert not link._we_read


def test_memory_is_not_read_over_tcp_nor_of_ourselves(listen, credentials, tmp_path):
    listener = listen(
        ["tcp://127.0.0.1:0", f"unix://{tmp_path}/s"],
        lambda connection: connection.recv_exact(1),
    )

    for address in listener.addresses:
        with connect(address, credentials, "worker") as connection:
            assert Link(connection, limit=1, patience=1)._pid is None

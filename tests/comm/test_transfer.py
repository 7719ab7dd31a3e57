"""Results come from where they are to where they are needed, whole, or with the reason why not."""

from __future__ import annotations

import os
import threading
from typing import Any

import numpy as np
import pandas as pd
import pytest

from treadle.comm import transfer
from treadle.comm.blocking import connect
from treadle.comm.credentials import Credentials
from treadle.comm.transfer import MISSING, DataClient, DataServer
from treadle.comm.transfer_link import Link
from treadle.errors import (
    CommError,
    ConnectError,
    ConnectionClosed,
    DeserializeError,
    HandshakeError,
    UnpicklableError,
)
from treadle.protocol.serialize import DeserializeFailure

from .data_process import data_process
from .tools import DEADLINE

MB = 1 << 20


class Locked:
    def __init__(self):
        self.lock = threading.Lock()


class BadLoad:
    def __reduce__(self):
        return int, ("not a number",)


class Store:
    """What a worker keeps, and a server for it."""

    def __init__(self, addresses, credentials, data, **options):
        self.data: dict[int, Any] = dict(data)
        self.requests: list[list[int]] = []
        self.server = DataServer(addresses, credentials, self.get, self.data.update, **options)
        self.addresses = self.server.addresses

    def get(self, ids):
        self.requests.append(list(ids))
        return [self.data.get(id, MISSING) for id in ids]


@pytest.fixture
def serve(credentials, monkeypatch):
    """Serve values over a wire, although it is the same process."""
    monkeypatch.setattr(transfer, "_here", {})
    stores = []

    def serve(address, data, **options):
        store = Store([address], credentials, data, **options)
        transfer._here.clear()
        stores.append(store)
        return store

    yield serve
    for store in stores:
        store.server.close()


def idle_link(client):
    """The one connection that a client keeps."""
    [[(_, link)]] = client._idle.values()
    return link


@pytest.fixture
def client(credentials):
    with DataClient(credentials, "worker") as client:
        yield client


every_kind = pytest.mark.parametrize("address", ["tcp", "unix", "inproc"], indirect=True)
unix = pytest.mark.parametrize("address", ["unix"], indirect=True)

VALUES = {
    1: None,
    2: "text",
    3: [1, {"a": (2, 3)}],
    4: b"x" * (3 * MB),
    5: ["y" * 100_000] * 30,
    6: {i: str(i) for i in range(10_000)},
    2**40 + 7: 1.5,
}


@every_kind
def test_values_come_as_they_are(serve, client, address):
    store = serve(address, VALUES)

    assert client.fetch(store.addresses, list(VALUES)) == VALUES


@every_kind
def test_arrays_and_frames_come_as_they_are_and_may_be_written_to(serve, client, address):
    large = np.arange(3 * MB, dtype="i8").reshape(3, -1)
    frame = pd.DataFrame({"x": np.arange(200_000), "y": "a"})
    store = serve(address, {1: large, 2: large[:, ::5], 3: frame, 4: [np.ones(10), large.T]})

    values = client.fetch(store.addresses, [1, 2, 3, 4])

    np.testing.assert_array_equal(values[1], large)
    np.testing.assert_array_equal(values[2], large[:, ::5])
    pd.testing.assert_frame_equal(values[3], frame)
    np.testing.assert_array_equal(values[4][1], large.T)
    values[1][0, 0] = 5
    assert large[0, 0] == 0


@every_kind
def test_ids_that_are_not_there_are_left_out(serve, client, address):
    store = serve(address, {1: "one"})

    assert client.fetch(store.addresses, [1, 2, 3]) == {1: "one"}
    assert client.fetch(store.addresses, [2]) == {}
    assert client.fetch(store.addresses, []) == {}


@every_kind
def test_many_values_come_in_several_parts(serve, client, address):
    data = {id: id * 2 for id in range(5000)} | {5000 + n: b"z" * 300_000 for n in range(20)}
    store = serve(address, data)

    assert client.fetch(store.addresses, list(data)) == data


@every_kind
def test_a_value_that_cannot_be_pickled_spoils_no_other(serve, client, address):
    store = serve(address, {1: "one", 2: [Locked()], 3: "three"})

    values = client.fetch(store.addresses, [1, 2, 3])

    assert (values[1], values[3]) == ("one", "three")
    assert type(values[2]) is DeserializeFailure
    assert type(values[2].error) is UnpicklableError
    assert values[2].error.path == "result[0].lock"


@every_kind
def test_a_value_that_cannot_be_unpickled_spoils_no_other(serve, client, address):
    store = serve(address, {1: "one", 2: BadLoad(), 3: np.ones(MB)})

    values = client.fetch(store.addresses, [1, 2, 3])

    assert values[1] == "one"
    assert values[3].sum() == MB
    assert type(values[2].error) is DeserializeError
    assert type(values[2].error.__cause__) is ValueError


def test_a_failure_is_handed_on_as_one(serve, client, tmp_path):
    failure = DeserializeFailure(UnpicklableError("result.x", "lock", "no"))
    store = serve(f"unix://{tmp_path}/s", {1: failure})

    assert str(client.fetch(store.addresses, [1])[1].error) == str(failure.error)


# -- bringing values ------------------------------------------------------------------------------


@every_kind
def test_values_are_brought(serve, client, address):
    store = serve(address, {})
    large = np.arange(MB)

    client.put(store.addresses, {1: "one", 2: large, 3: [large, large[::2]]})

    assert store.data[1] == "one"
    np.testing.assert_array_equal(store.data[2], large)
    np.testing.assert_array_equal(store.data[3][1], large[::2])
    client.put(store.addresses, {})


@every_kind
def test_what_cannot_be_unpickled_there_is_an_error_here_and_the_others_are_kept(
    serve, client, address
):
    store = serve(address, {})

    with pytest.raises(DeserializeError, match="invalid literal"):
        client.put(store.addresses, {1: "one", 2: BadLoad()})

    assert store.data == {1: "one"}
    assert client.fetch(store.addresses, [1]) == {1: "one"}


def test_what_cannot_be_pickled_is_refused_before_anything_is_sent(client):
    with pytest.raises(UnpicklableError, match=r"^value\.lock "):
        client.put(["unix:///nowhere/at/all"], {1: 5, 2: Locked()})


# -- within one process ---------------------------------------------------------------------------


@every_kind
def test_within_one_process_values_are_handed_over_as_they_are(credentials, client, address):
    value = Locked()
    store = Store([address], credentials, {1: value})
    with store.server:
        assert client.fetch(store.addresses, [1, 2]) == {1: value}
        client.put(store.addresses, {3: value})
        assert store.data[3] is value
    with pytest.raises(CommError):
        client.fetch(store.addresses, [1])


def test_also_within_one_process_the_secret_is_needed(credentials):
    store = Store(["inproc://"], credentials, {1: 1})
    with (
        store.server,
        DataClient(Credentials.new("abc"), "worker") as stranger,
        pytest.raises(HandshakeError),
    ):
        stranger.fetch(store.addresses, [1])


# -- another process of this machine --------------------------------------------------------------


@pytest.fixture(params=["memory", "socket", "tcp"])
def other(request, credentials, tmp_path):
    """A process with some values, and whether large ones can be read out of its memory."""
    address = "tcp://127.0.0.1:0" if request.param == "tcp" else f"unix://{tmp_path}/s"
    values = {
        1: "'one'",
        2: "np.arange(4_000_000)",
        3: "[np.arange(300_000), np.arange(10), 'x' * 1_000_000]",
        4: "(n for n in range(3))",
        5: "np.arange(1_000_000)[::7]",
    }
    by_memory = request.param == "memory"
    with data_process(credentials, [address], values, by_memory) as process:
        yield process, by_memory


def test_values_of_another_process_come_by_every_way(other, client):
    process, by_memory = other

    values = client.fetch(process.addresses, [1, 2, 3, 4, 5, 6])

    np.testing.assert_array_equal(values[2], np.arange(4_000_000))
    np.testing.assert_array_equal(values[3][0], np.arange(300_000))
    np.testing.assert_array_equal(values[5], np.arange(1_000_000)[::7])
    assert values[3][2] == "x" * 1_000_000
    assert values[1] == "one"
    assert values[4].error.kind == "generator"
    assert 6 not in values
    assert idle_link(client)._we_read == by_memory


def test_values_are_brought_to_another_process_by_every_way(other, client):
    process, by_memory = other
    large = np.arange(2_000_000)

    client.put(process.addresses, {7: large, 8: [large[::2], "x"]})
    values = client.fetch(process.addresses, [7, 8])

    np.testing.assert_array_equal(values[7], large)
    np.testing.assert_array_equal(values[8][0], large[::2])
    assert idle_link(client)._peer_reads == by_memory


def test_a_process_that_dies_between_two_requests_is_an_error(other, client):
    process, _ = other
    assert client.fetch(process.addresses, [1]) == {1: "one"}

    process.kill()
    process.wait(DEADLINE)

    with pytest.raises(CommError):
        client.fetch(process.addresses, [2])


# -- connections ----------------------------------------------------------------------------------


class CountedConnects:
    def __init__(self, monkeypatch):
        self.addresses = []
        monkeypatch.setattr(transfer, "connect", self)

    def __call__(self, address, *args, **kwargs):
        self.addresses.append(address)
        return connect(address, *args, **kwargs)


@unix
def test_a_connection_is_used_again(serve, client, address, monkeypatch):
    store = serve(address, {1: 1})
    connects = CountedConnects(monkeypatch)

    for _ in range(5):
        client.fetch(store.addresses, [1])

    assert len(connects.addresses) == 1


@every_kind
def test_threads_fetch_at_once_each_over_its_own(serve, client, address):
    data = {id: np.full(50_000, id) for id in range(40)}
    store = serve(address, data)
    found: dict[int, Any] = {}

    def fetch(first):
        for id in range(first, 40, 8):
            found.update(client.fetch(store.addresses, [id]))

    threads = [threading.Thread(target=fetch, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)

    assert sorted(found) == list(range(40))
    assert all((value == id).all() for id, value in found.items())
    assert sum(map(len, client._idle.values())) <= transfer._MOST_IDLE


@unix
def test_a_server_that_was_started_anew_is_reached_again(serve, client, address):
    first = serve(address, {1: "old"})
    assert client.fetch(first.addresses, [1]) == {1: "old"}

    first.server.close()
    second = serve(address, {1: "new"})

    assert client.fetch(second.addresses, [1]) == {1: "new"}


@unix
def test_the_first_address_that_answers_is_taken(serve, client, address, tmp_path):
    store = serve(address, {1: 1})
    addresses = [f"unix://{tmp_path}/nobody", "tcp://127.0.0.1:1", *store.addresses]

    assert client.fetch(addresses, [1]) == {1: 1}


def test_nobody_at_any_address_is_an_error(client, tmp_path):
    with pytest.raises(ConnectError, match="nobody"):
        client.fetch([f"unix://{tmp_path}/nobody"], [1])
    with pytest.raises(ConnectError):
        client.fetch([], [1])


@every_kind
def test_strangers_and_observers_get_nothing(serve, credentials, address):
    store = serve(address, {1: "secret"})

    with DataClient(Credentials.new("abc"), "worker") as stranger, pytest.raises(HandshakeError):
        stranger.fetch(store.addresses, [1])
    with DataClient(credentials, "observer") as observer, pytest.raises(CommError):
        observer.fetch(store.addresses, [1])
    assert store.requests == []


@unix
def test_a_closed_client_says_so(serve, credentials, address):
    store = serve(address, {1: 1})
    client = DataClient(credentials, "worker")
    client.fetch(store.addresses, [1])

    client.close()

    with pytest.raises(ConnectionClosed, match="is closed"):
        client.fetch(store.addresses, [1])


@unix
def test_closing_a_client_wakes_who_waits(serve, credentials, address):
    asked, answer = threading.Event(), threading.Event()
    client = DataClient(credentials, "worker")

    class Slow(dict[int, Any]):
        def get(self, id, default=None):
            asked.set()
            answer.wait(DEADLINE)
            return default

    store = serve(address, {})
    store.data = Slow()
    ended: list[BaseException] = []

    def fetch():
        try:
            client.fetch(store.addresses, [1])
        except BaseException as error:
            ended.append(error)

    thread = threading.Thread(target=fetch)
    thread.start()
    assert asked.wait(DEADLINE)
    client.close()
    thread.join(DEADLINE)
    answer.set()

    assert [type(error) for error in ended] == [ConnectionClosed]


@pytest.mark.parametrize("moment", ["__init__", "greet"])
@unix
def test_an_interrupt_while_a_connection_is_made_leaves_none(
    serve, credentials, address, monkeypatch, moment
):
    store = serve(address, {1: 1})
    made = []

    def connect_noted(*args, **kwargs):
        made.append(connect(*args, **kwargs))
        return made[-1]

    usual = getattr(Link, moment)

    def interrupted(*args, **options):
        if threading.current_thread() is threading.main_thread():
            raise KeyboardInterrupt
        return usual(*args, **options)  # the server's

    monkeypatch.setattr(transfer, "connect", connect_noted)
    with monkeypatch.context() as patch, DataClient(credentials, "worker") as client:
        patch.setattr(Link, moment, interrupted)
        with pytest.raises(KeyboardInterrupt):
            client.fetch(store.addresses, [1])

        assert [connection.fileno() for connection in made] == [-1]


@unix
def test_an_interrupt_while_a_connection_is_noted_leaves_none(serve, credentials, address):
    class Interrupted:
        """A lock whose second holder is interrupted; the first one looks for what is idle."""

        def __init__(self):
            self.holders = 0

        def __enter__(self):
            self.holders += 1
            if self.holders == 2:
                raise KeyboardInterrupt

        def __exit__(self, *_):
            pass

    store = serve(address, {1: 1})
    client = DataClient(credentials, "worker")
    client._lock = Interrupted()
    before = set(os.listdir("/proc/self/fd"))

    with pytest.raises(KeyboardInterrupt):
        client.fetch(store.addresses, [1])

    store.server.close()
    assert set(os.listdir("/proc/self/fd")) <= before
    client.close()


@unix
def test_closing_a_server_ends_its_connections(serve, client, address):
    store = serve(address, {1: 1})
    client.fetch(store.addresses, [1])

    store.server.close()

    with pytest.raises(CommError):
        client.fetch(store.addresses, [1])


@every_kind
def test_no_descriptor_stays_open(serve, credentials, address):
    before = len(os.listdir("/proc/self/fd"))

    store = serve(address, VALUES)
    with DataClient(credentials, "client") as client:
        client.fetch(store.addresses, list(VALUES))
    store.server.close()

    assert len(os.listdir("/proc/self/fd")) == before


def test_tasks_and_clients_may_fetch_too(serve, credentials, tmp_path):
    store = serve(f"unix://{tmp_path}/s", {1: 1})

    for role in ("client", "task"):
        with DataClient(credentials, role) as client:
            assert client.fetch(store.addresses, [1]) == {1: 1}

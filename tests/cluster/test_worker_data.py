"""Results between workers: fetched, missing, spoiled, brought by clients."""

from __future__ import annotations

import threading

import pytest
from tests.cluster.scripted import TIMEOUT, ScriptedScheduler

from treadle.cluster.worker.address import data_addresses
from treadle.comm.blocking import connect, listen
from treadle.comm.credentials import Credentials
from treadle.comm.transfer import MISSING, DataClient, DataServer
from treadle.errors import DeserializeError
from treadle.protocol import messages as m
from treadle.protocol.serialize import DeserializeFailure, loads_error

PEER, OTHER = 8, 9


class Peer:
    """Another worker: what it holds, and what it was asked for."""

    def __init__(self, credentials):
        self.data = {}
        self.asked = []
        self.server = DataServer(["inproc://"], credentials, self.get, self.data.update)

    def get(self, ids):
        self.asked.append(list(ids))
        return [self.data.get(id, MISSING) for id in ids]

    def info(self, number):
        return m.WorkerInfo(number, f"peer-{number}", "here", 1, 1, 0, list(self.server.addresses))


@pytest.fixture
def scheduler():
    scheduler = ScriptedScheduler()
    yield scheduler
    scheduler.close()


@pytest.fixture
def worker(scheduler):
    worker = scheduler.start()
    yield worker
    worker.close()
    assert worker.join(TIMEOUT)


@pytest.fixture
def peer(scheduler):
    peer = Peer(scheduler.credentials)
    scheduler.send(m.Peers([peer.info(PEER)]))
    yield peer
    peer.server.close()


def inc(x):
    return x + 1


def add(x, y):
    return x + y


def test_inputs_are_fetched_and_reported_as_copies(scheduler, worker, peer):
    peer.data |= {1001: 5, 1002: 6}

    id = scheduler.compute(add, inputs=(1001, 1002), holders={1001: [PEER], 1002: [PEER]})

    assert scheduler.value(id) == 11
    added = [i for e in scheduler.heard if isinstance(e, m.Finished) for i in e.added]
    assert added == [1001, 1002]
    assert peer.asked == [[1001, 1002]]
    assert worker.data == {1001: 5, 1002: 6, id: 11}


def test_copies_are_reported_although_no_task_ends(scheduler, worker, peer):
    peer.data[1001] = 5

    scheduler.send(m.Replicate({1001: [PEER]}, {1001: 28}))

    assert scheduler.expect(m.Finished).added == [1001]


def test_an_input_that_its_holder_does_not_have_is_reported_missing(scheduler, worker, peer):
    id = scheduler.compute(inc, inputs=(1001,), holders={1001: [PEER]})

    assert scheduler.expect(m.Missing) == m.Missing([1001], PEER)

    peer.data[1001] = 1
    scheduler.send(m.Holders({1001: [PEER]}, {1001: 28}))
    assert scheduler.value(id) == 2


def test_an_input_is_fetched_from_the_holder_that_has_it(scheduler, worker, peer):
    empty = Peer(scheduler.credentials)
    scheduler.send(m.Peers([empty.info(OTHER)]))
    peer.data[1001] = 1

    id = scheduler.compute(inc, inputs=(1001,), holders={1001: [OTHER, PEER]})

    assert scheduler.value(id) == 2
    empty.server.close()


def test_a_holder_that_can_not_be_reached_is_reported(scheduler, worker):
    gone = m.WorkerInfo(PEER, "gone", "here", 1, 1, 0, ["unix:///nowhere/at-all.sock"])
    scheduler.send(m.Peers([gone]))

    scheduler.compute(inc, inputs=(1001,), holders={1001: [PEER]})

    assert scheduler.expect(m.Missing) == m.Missing([1001], PEER)


def test_an_input_that_does_not_unpickle_fails_the_task_and_not_the_worker(scheduler, worker, peer):
    peer.data[1001] = DeserializeFailure(DeserializeError("ValueError: no"))

    id = scheduler.compute(inc, inputs=(1001,), holders={1001: [PEER]})
    failed = scheduler.expect(m.Failed)

    assert failed.id == id
    assert isinstance(loads_error(failed.error), DeserializeError)
    assert peer.asked == [[1001]]
    assert scheduler.value(scheduler.compute(inc, 1)) == 2


def test_what_could_not_be_unpickled_is_not_handed_on(scheduler, worker, peer):
    peer.data[1001] = DeserializeFailure(DeserializeError("ValueError: no"))
    scheduler.compute(inc, inputs=(1001,), holders={1001: [PEER]})
    scheduler.expect(m.Failed)

    with DataClient(scheduler.credentials, "client") as client:
        [register] = [e for e in scheduler.heard if isinstance(e, m.Register)]
        assert client.fetch(register.addresses, [1001]) == {}


def test_clients_fetch_results_and_bring_data(scheduler, worker):
    id = scheduler.compute(inc, 1)
    scheduler.finished(id)
    [register] = [e for e in scheduler.heard if isinstance(e, m.Register)]

    with DataClient(scheduler.credentials, "client") as client:
        assert client.fetch(register.addresses, [id, 4711]) == {id: 2}
        client.put(register.addresses, {2001: "brought"})

    assert scheduler.finished(2001)[2001].ids == [2001]
    assert scheduler.value(scheduler.compute(str.upper, inputs=(2001,))) == "BROUGHT"


def test_a_result_that_can_not_be_sent_is_still_used_where_it_is(scheduler, worker):
    lock = scheduler.compute(threading.Lock)
    assert scheduler.finished(lock)[lock].values == {}

    locked = scheduler.compute(lambda lock: lock.locked(), inputs=(lock,))

    assert scheduler.value(locked) is False


def test_workers_of_a_scheduler_on_tcp_are_reached_the_way_they_reach_it():
    credentials = Credentials.new("test")
    with listen(["tcp://127.0.0.1:0"], credentials, lambda connection: None) as listener:
        [address] = listener.addresses
        with connect(address, credentials, "worker") as connection:
            near, far = data_addresses(address, connection)

    assert near.startswith("unix:///")
    assert far == "tcp://127.0.0.1:0"

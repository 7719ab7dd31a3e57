"""A client whose scheduler does what the test says: the messages that go, and those that come."""

from __future__ import annotations

import asyncio
import gc
import queue
import subprocess
import sys
import threading
import time
import warnings
from types import SimpleNamespace

import pytest

from treadle.cluster.client.as_completed import as_completed
from treadle.cluster.client.client import Client
from treadle.cluster.client.progress import progress
from treadle.comm import transfer
from treadle.comm.credentials import Credentials
from treadle.comm.transfer import DataServer
from treadle.errors import (
    ClientClosed,
    ConnectionClosed,
    KeyConflict,
    SchedulerLost,
    TreadleError,
)
from treadle.protocol import messages as m
from treadle.protocol.serialize import dumps_error, dumps_value, loads_args

TIMEOUT = 30.0


class Script:
    """The other end of a client's connection."""

    def __init__(self):
        self._to_client: queue.SimpleQueue = queue.SimpleQueue()
        self._from_client: queue.SimpleQueue = queue.SimpleQueue()
        self.broken = False

    # what the client calls

    def send(self, *buffers):
        if self.broken:
            raise ConnectionClosed("cut")
        self._from_client.put(m.decode_from_client(b"".join(buffers)))

    def recv(self):
        frame = self._to_client.get(timeout=TIMEOUT)
        if frame is None:
            self._to_client.put(None)
            raise ConnectionClosed("cut")
        return [frame]

    def close(self):
        self.broken = True
        self._to_client.put(None)

    # what the test calls

    def say(self, *messages):
        for message in messages:
            self._to_client.put(m.encode(message))

    def cut(self):
        self.close()

    def hear(self, kind):
        """Return the next message, which must be of this kind; releases are heard when asked."""
        while True:
            message = self._from_client.get(timeout=TIMEOUT)
            if isinstance(message, kind):
                return message
            assert isinstance(message, m.ReleaseHandles), message


@pytest.fixture
def script():
    script = Script()
    script.say(m.Welcome(7, "scripted", [], 1 << 20))
    return script


@pytest.fixture
def client(script):
    client = Client(connection=script, set_as_default=False)
    yield client
    client.close()


@pytest.fixture
def values(tmp_path, monkeypatch):
    """A worker's results, over a wire, although it is the same process."""
    tmp_path.chmod(0o700)
    address = f"unix://{tmp_path}/data.sock"
    credentials = Credentials.new("test")
    monkeypatch.setattr(transfer, "_here", {})
    with DataServer([address], credentials, lambda ids: ["one"], print) as server:
        transfer._here.clear()
        yield SimpleNamespace(addresses=server.addresses, credentials=credentials)


def inc(x):
    return x + 1


def done(message, value, row=0):
    handle = message.base + row
    return m.Done([handle], [handle + 1000], [28], [0], {0: dumps_value(value)})


def test_a_call_is_one_message_with_one_row(client, script):
    future = client.submit(inc, 41, priority=3)

    message = script.hear(m.SubmitGraph)
    assert message.keys == [future.key]
    assert [spec.name for spec in message.functions] == ["inc"]
    assert message.functions[0].blob
    assert loads_args(message.args[0]) == (41,)
    assert (message.inputs, message.wanted, message.priority) == ([()], [0], 3.0)


def test_a_function_is_sent_once(client, script):
    client.submit(inc, 1)
    client.submit(inc, 2)

    assert script.hear(m.SubmitGraph).functions[0].blob
    assert script.hear(m.SubmitGraph).functions[0].blob is None


def test_after_a_refusal_functions_are_sent_again(client, script):
    future = client.submit(inc, 1)
    base = script.hear(m.SubmitGraph).base

    script.say(m.Refused([base], "KeyConflict", "x means something else"))

    with pytest.raises(KeyConflict, match="something else"):
        future.result(TIMEOUT)
    client.submit(inc, 2)
    assert script.hear(m.SubmitGraph).functions[0].blob


def test_a_large_map_is_cut_into_messages(client, script):
    futures = client.map(inc, range(45_000))

    messages = [script.hear(m.SubmitGraph) for _ in range(3)]
    assert [len(message.keys) for message in messages] == [20_000, 20_000, 5_000]
    assert [message.base - messages[0].base for message in messages] == [0, 20_000, 40_000]
    assert messages[2].wanted == list(range(5_000))
    assert messages[1].keys[0] == futures[20_000].key


def test_results_and_failures_may_come_in_any_order(client, script):
    futures = client.map(inc, range(3))
    base = script.hear(m.SubmitGraph).base
    error = dumps_error(ValueError("no"))

    script.say(
        m.Erred([base + 2], [error], [futures[2].key], [base + 2]),
        m.Done([base + 1, base], [1, 0], [28, 28], [0, 0],
               {0: dumps_value("b"), 1: dumps_value("a")}),
    )  # fmt: skip

    assert [futures[0].result(TIMEOUT), futures[1].result(TIMEOUT)] == ["a", "b"]
    with pytest.raises(ValueError, match="no"):
        futures[2].result(TIMEOUT)


def test_a_lost_result_is_pending_until_it_is_there_again(client, script):
    future = client.submit(inc, 1)
    message = script.hear(m.SubmitGraph)
    script.say(m.Done([message.base], [5], [10**9], [0], {}))
    wait_until(lambda: future.status == "finished")
    script.say(m.Lost([message.base]))
    wait_until(lambda: future.status == "pending")

    script.say(done(message, 2))

    assert future.result(TIMEOUT) == 2


def wait_until(condition):
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline
        threading.Event().wait(0.001)


def test_when_the_scheduler_goes_every_future_ends_and_results_that_came_stay(client, script):
    there, pending, watched = (client.submit(inc, n) for n in range(3))
    base = script.hear(m.SubmitGraph).base
    script.say(m.Done([base], [0], [28], [0], {0: dumps_value(1)}))
    there.result(TIMEOUT)
    called = threading.Event()
    watched.add_done_callback(lambda future: called.set())
    failed = []
    waiter = threading.Thread(target=lambda: failed.append(outcome(pending)))
    waiter.start()

    script.cut()
    waiter.join(TIMEOUT)

    assert failed == ["SchedulerLost"]
    assert called.wait(TIMEOUT)
    assert pending.status == "lost"
    assert there.result(TIMEOUT) == 1
    assert client.status == "lost"
    with pytest.raises(SchedulerLost):
        client.submit(inc, 1)
    with pytest.raises(SchedulerLost):
        client.gather([there, pending])


def outcome(future):
    try:
        return future.result(TIMEOUT)
    except Exception as error:
        return type(error).__name__


def test_a_question_on_its_way_when_the_scheduler_goes_is_answered_by_an_error(client, script):
    said = []
    asker = threading.Thread(target=lambda: said.append(catch(client.has_what)))
    asker.start()
    script.hear(m.Query)

    script.cut()
    asker.join(TIMEOUT)

    assert said == ["SchedulerLost"]


def catch(function):
    try:
        return function()
    except Exception as error:
        return type(error).__name__


def test_an_answer_with_an_error_is_raised(client, script):
    said = []
    asker = threading.Thread(target=lambda: said.append(catch(client.has_what)))
    asker.start()

    script.say(m.Answer(script.hear(m.Query).number, None, "no"))
    asker.join(TIMEOUT)

    assert said == [TreadleError.__name__]


def test_a_message_that_is_none_ends_the_connection(client, script, caplog):
    future = client.submit(inc, 1)

    script._to_client.put(b"\xc1 no message")

    with pytest.raises(SchedulerLost, match="could not be read"):
        future.result(TIMEOUT)
    assert "could not be read" in caplog.text


def test_a_scheduler_that_says_nothing_is_given_up():
    script = Script()

    with pytest.raises(SchedulerLost, match="no welcome within"):
        Client(connection=script, set_as_default=False, timeout=0.01)


def test_futures_that_go_are_released_together(client, script):
    futures = client.map(inc, range(100))
    base = script.hear(m.SubmitGraph).base
    kept = futures[50]

    del futures
    gc.collect()
    client._session.flush_releases()

    released = []
    while len(released) < 99:
        released += script.hear(m.ReleaseHandles).handles
    assert sorted(released) == [base + n for n in range(100) if n != 50]
    assert kept.status == "pending"


def test_a_release_from_within_the_ledgers_lock_does_not_block(client, script):
    future = client.submit(inc, 1)
    script.hear(m.SubmitGraph)

    with client._session.ledger.lock:
        del future
        gc.collect()

    assert script.hear(m.ReleaseHandles).handles == [0]


def test_a_future_that_is_unpickled_asks_for_its_key(client, script):
    from treadle.cluster.client.current import as_current
    from treadle.cluster.client.future import future_by_key

    with as_current(client):
        future = future_by_key("x-1", ("x", 1))
    wanted = script.hear(m.WantKeys)
    script.say(m.Done([wanted.base], [9], [28], [0], {0: dumps_value("found")}))

    assert wanted.keys == ["x-1"]
    assert future.key == ("x", 1)
    assert future.result(TIMEOUT) == "found"


def test_workers_that_come_and_go_are_known(client, script):
    worker = m.WorkerInfo(3, "w3", "host", 1, 4, 0, ["tcp://127.0.0.1:1"])

    script.say(m.WorkersChanged([worker], []))
    client.wait_for_workers(1, TIMEOUT)
    assert client.nthreads() == {"w3": 4}

    script.say(m.WorkersChanged([], [3]))
    wait_until(lambda: client.nthreads() == {})


def test_a_callback_that_raises_is_logged_and_the_next_one_called(client, script, caplog):
    future = client.submit(inc, 1)
    called = threading.Event()

    def broken(future):
        raise RuntimeError("callback")

    future.add_done_callback(broken)
    future.add_done_callback(lambda future: called.set())
    script.say(done(script.hear(m.SubmitGraph), 2))

    assert called.wait(TIMEOUT)
    assert "callback" in caplog.text


def test_output_of_tasks_is_shown_under_the_task_that_it_is_of(client, script, capsys):
    future = client.submit(inc, 1)
    message = script.hear(m.SubmitGraph)

    script.say(
        m.Output(message.base, "stdout", "hello\n"),
        m.Output(message.base, "warning", "beware", ["UserWarning", "cell.py", "3"]),
        done(message, 2),
    )

    assert future.result(TIMEOUT) == 2
    captured = capsys.readouterr()
    assert captured.out == "hello\n"
    assert "beware" in captured.err


def test_as_completed_yields_in_the_order_of_the_ends(client, script):
    futures = client.map(inc, range(3))
    message = script.hear(m.SubmitGraph)
    script.say(done(message, "c", row=2), done(message, "a"), done(message, "b", row=1))

    arrived = as_completed(futures, with_results=True, timeout=TIMEOUT)

    assert arrived.count() == 3
    assert list(arrived) == [(futures[2], "c"), (futures[0], "a"), (futures[1], "b")]
    assert arrived.is_empty()


def test_as_completed_takes_more_while_it_is_read(client, script):
    first = client.submit(inc, 0)
    script.say(done(script.hear(m.SubmitGraph), 0))
    arrived = as_completed([first], timeout=TIMEOUT)
    seen = []
    for future in arrived:
        seen.append(future.result(TIMEOUT))
        if len(seen) < 3:
            arrived.add(client.submit(inc, len(seen)))
            script.say(done(script.hear(m.SubmitGraph), len(seen)))

    assert seen == [0, 1, 2]


def test_as_completed_gives_errors_or_raises_them_and_minds_the_time(client, script):
    future = client.submit(inc, 0)
    pending = client.submit(inc, 1)
    base = script.hear(m.SubmitGraph).base
    script.say(m.Erred([base], [dumps_error(ValueError("no"))], [future.key], [base]))

    ((_, error),) = as_completed([future], with_results=True, raise_errors=False)
    assert isinstance(error, ValueError)
    with pytest.raises(ValueError, match="no"):
        list(as_completed([future], with_results=True))
    with pytest.raises(TimeoutError):
        list(as_completed([pending], timeout=0.001))
    assert as_completed([future]).next_batch() == [future]


def test_many_futures_cost_one_wake_up_of_the_event_loop_each_at_most(client, script):
    async def main():
        futures = client.map(inc, range(50))
        message = script.hear(m.SubmitGraph)
        handles = [message.base + n for n in range(50)]
        values = {n: dumps_value(n) for n in range(50)}
        script.say(m.Done(handles, handles, [28] * 50, [0] * 50, values))
        return await asyncio.wait_for(asyncio.gather(*futures), TIMEOUT)

    assert asyncio.run(main()) == list(range(50))


def test_a_client_that_nobody_closes_is_closed_when_it_and_its_futures_are_gone(script):
    client = Client(connection=script, set_as_default=False)
    session = client._session
    future = client.submit(inc, 1)
    script.say(done(script.hear(m.SubmitGraph), 2))
    del client
    gc.collect()
    assert future.result(TIMEOUT) == 2  # a future keeps its client

    del future
    gc.collect()

    script.hear(m.Goodbye)
    wait_until(lambda: session.closed)


def circle_with(client):
    """Only the garbage collector finds a client that is left in here."""
    circle = [client]
    circle.append(circle)


@pytest.mark.parametrize("is_lost", [False, True], ids=["running", "lost"])
def test_a_client_that_is_dropped_ends_its_connections_to_workers(script, values, is_lost):
    client = Client(connection=script, set_as_default=False, credentials=values.credentials)
    session = client._session
    assert client._data.fetch(values.addresses, [1]) == {1: "one"}
    if is_lost:
        script.cut()
        wait_until(lambda: session.lost_reason is not None)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        circle_with(client)
        del client
        gc.collect()

        wait_until(lambda: session._data._closed)
    assert [str(warning.message) for warning in caught] == []


def test_a_client_that_was_closed_opens_no_connection_to_workers(client):
    session = client._session
    client.close()

    with pytest.raises(ClientClosed):
        session.data(lambda: pytest.fail("opened"))


def test_an_interrupt_while_a_client_is_closed_leaves_no_connection(script, values):
    client = Client(connection=script, set_as_default=False, credentials=values.credentials)
    data = client._data

    def interrupted(*buffers):
        raise KeyboardInterrupt

    script.send = interrupted
    with pytest.raises(KeyboardInterrupt):
        client.close()

    assert data._closed
    assert client.status == "closed"


def test_importing_the_client_loads_no_event_loop_and_nothing_heavy():
    heavy = [
        "asyncio",
        "numpy",
        "pandas",
        "tornado",
        "bokeh",
        "jupyter",
        "IPython",
        "multiprocessing",
    ]
    program = (
        "import sys, treadle.cluster.client.client, treadle.engines.cluster; "
        f"print([name for name in {heavy} if name in sys.modules])"
    )

    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=TIMEOUT
    )

    assert run.stdout.strip() == "[]"


def test_a_bar_asks_the_scheduler_nothing(client, script, monkeypatch):
    future = client.submit(inc, 1)
    message = script.hear(m.SubmitGraph)
    looks = []

    def bar(*_):
        looks.append(1)
        if len(looks) == 3:
            script.say(done(message, 2))
        return ""

    monkeypatch.setattr("treadle.cluster.client.progress.bar", bar)
    progress(future, interval=0.001)

    assert future.result() == 2
    again = client.submit(inc, 5)
    assert script.hear(m.SubmitGraph).keys == [again.key]  # and no question before it

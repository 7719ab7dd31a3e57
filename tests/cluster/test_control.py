"""Managing a cluster over one connection, against listeners that play the scheduler."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from treadle.cluster import control
from treadle.comm.blocking import Connection, listen
from treadle.comm.credentials import Credentials
from treadle.errors import (
    CommError,
    ConnectError,
    ConnectionClosed,
    HandshakeError,
    TreadleError,
)
from treadle.protocol import messages as m

CREDENTIALS = Credentials.new("controlled")
QUERY = m.Query(1, "info")


def ask(address: str, **options):
    return control.ask([address], CREDENTIALS, lambda n: m.Query(n, "info"), **options)


@pytest.fixture
def play() -> Iterator[Callable[[Callable[[Connection, m.Message], None]], str]]:
    """Listen, welcome whoever comes, and let a function answer what they say."""
    listeners = []

    def start(answer: Callable[[Connection, m.Message], None]) -> str:
        def serve(connection: Connection) -> None:
            connection.send(m.encode(m.Welcome(2, "controlled", [], 0)))
            for frame in connection.recv(30.0):
                answer(connection, m.decode_from_client(frame))

        listeners.append(listen(["inproc://"], CREDENTIALS, serve))
        return listeners[-1].addresses[0]

    yield start
    for listener in listeners:
        listener.close()


def test_the_answer_to_the_question_is_returned_and_others_are_passed_over(play):
    def answer(connection: Connection, said: m.Message) -> None:
        assert said == QUERY
        connection.send(m.encode(m.WorkersChanged([], [7])))
        connection.send(m.encode(m.Answer(99, "another")))
        connection.send(m.encode(m.Answer(1, {"workers": []})))

    assert ask(play(answer)) == {"workers": []}


def test_a_refusal_is_raised_with_its_text(play):
    address = play(lambda c, _: c.send(m.encode(m.Answer(1, None, "nobody manages the workers"))))

    with pytest.raises(TreadleError, match="nobody manages the workers"):
        ask(address)


def test_a_scheduler_that_does_not_answer_is_not_waited_for_longer_than_said(play):
    address = play(lambda connection, _: connection.recv(30.0))
    began = time.monotonic()

    with pytest.raises(CommError, match=r"has not answered within 0\.05 s"):
        ask(address, timeout=0.05)

    assert time.monotonic() - began < 20  # not the 30 that the other side would have taken


def test_a_scheduler_that_closes_instead_of_answering_is_told(play):
    with pytest.raises(ConnectionClosed):
        ask(play(lambda connection, _: connection.close()))


def test_the_end_of_the_scheduler_is_answer_enough_to_stop(play):
    assert ask(play(lambda connection, _: connection.close()), until_end=True) is None


def test_a_scheduler_that_answers_stop_and_stays_is_told(play):
    def answer(connection: Connection, _: m.Message) -> None:
        connection.send(m.encode(m.Answer(1, None)))
        connection.recv(30.0)

    with pytest.raises(CommError, match="has not ended"):
        ask(play(answer), timeout=0.05, until_end=True)


def test_the_first_address_that_answers_is_taken(play):
    address = play(lambda c, _: c.send(m.encode(m.Answer(1, "here"))))
    nobody = "unix:///nowhere/at.all"

    make = lambda n: m.Query(n, "info")
    assert control.ask([nobody, address], CREDENTIALS, make) == "here"
    with pytest.raises(ConnectError, match="nowhere"):
        control.ask([nobody], CREDENTIALS, make)
    with pytest.raises(CommError, match="no address"):
        control.ask([], CREDENTIALS, make)


def test_a_stranger_is_not_let_in(play):
    address = play(lambda connection, _: None)

    with pytest.raises(HandshakeError):
        control.ask([address], Credentials.new("controlled"), lambda n: m.Query(n, "info"))


def test_managing_a_cluster_imports_no_pickle_of_functions():
    heavy = ["cloudpickle", "numpy", "pandas", "tornado", "asyncio"]
    program = f"""
import sys
from treadle.cluster import control
print([name for name in {heavy} if name in sys.modules])
"""

    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True
    )

    assert run.stdout.strip() == "[]"

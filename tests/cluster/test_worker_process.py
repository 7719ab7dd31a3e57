"""A process that is a worker: how it begins, what ends it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

from treadle.cluster.client.client import Client
from treadle.cluster.scheduler.scheduler import Scheduler
from treadle.comm.credentials import Credentials
from treadle.comm.sockets import socket_directory

TIMEOUT = 30.0

pytestmark = pytest.mark.slow

# What it is told comes on stdin: secrets have no place in a command line.
PROGRAM = """
import json, os, sys
from treadle.cluster.worker.main import worker_main
print("ended:", worker_main(json.load(sys.stdin), lambda worker: os.write(1, b"ready\\n")))
"""


@pytest.fixture
def scheduler():
    credentials = Credentials.new("test")
    address = f"unix://{socket_directory()}/test-{id(credentials):x}.sock"
    scheduler = Scheduler(credentials, [address], name="test")
    scheduler.start_in_thread()
    yield scheduler
    scheduler.close()


@contextmanager
def worker_process(scheduler, **spec):
    """A process; when this begins the scheduler has taken it in."""
    secrets = scheduler.credentials.only("worker").secrets
    told = {
        "address": scheduler.addresses[0],
        "cluster": scheduler.credentials.cluster,
        "secrets": {name: secret.reveal() for name, secret in secrets.items()},
        "name": "p",
        **spec,
    }
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            process.stdin.write(json.dumps(told))
            process.stdin.close()
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


@contextmanager
def client_of(scheduler):
    with Client(
        scheduler.addresses[0], credentials=scheduler.credentials, set_as_default=False
    ) as client:
        yield client


def last_words(process):
    process.wait(TIMEOUT)
    return process.stdout.read()


def test_a_process_runs_tasks(scheduler):
    with worker_process(scheduler, nthreads=2), client_of(scheduler) as client:
        assert client.submit(pow, 2, 5).result(TIMEOUT) == 32
        assert client.nthreads() == {"p": 2}


def test_prints_of_its_tasks_go_to_the_client_and_not_to_its_own_stdout(scheduler, capsys):
    def talk():
        print("hello")

    with worker_process(scheduler) as process:
        with client_of(scheduler) as client:
            client.submit(talk).result(TIMEOUT)
        process.send_signal(signal.SIGTERM)

        assert last_words(process) == "ended: it was told to end\n"

    assert capsys.readouterr().out == "hello\n"


def test_sigterm_ends_it_with_a_goodbye(scheduler):
    with worker_process(scheduler) as process:
        process.send_signal(signal.SIGTERM)

        assert process.wait(TIMEOUT) == 0


def test_it_ends_when_its_scheduler_has_gone(scheduler):
    with worker_process(scheduler) as process:
        scheduler.close()

        assert process.wait(TIMEOUT) == 0
        assert "ended: " in last_words(process)


def test_ctrl_c_is_left_to_its_owner(scheduler):
    with worker_process(scheduler) as process, client_of(scheduler) as client:
        process.send_signal(signal.SIGINT)

        assert client.submit(pow, 2, 5).result(TIMEOUT) == 32


def test_ctrl_c_ends_it_in_the_foreground(scheduler):
    with worker_process(scheduler, foreground=True) as process:
        process.send_signal(signal.SIGINT)

        assert process.wait(TIMEOUT) == 0


def test_a_task_that_interrupts_the_main_thread_gets_nowhere(scheduler):
    def interrupt():
        import _thread

        _thread.interrupt_main()

    with worker_process(scheduler), client_of(scheduler) as client:
        client.submit(interrupt).result(TIMEOUT)

        assert client.submit(pow, 2, 5).result(TIMEOUT) == 32


def test_importing_the_worker_loads_nothing_heavy():
    heavy = ["numpy", "pandas", "tornado", "asyncio", "bokeh", "jupyter", "psutil", "IPython"]
    program = f"""
import sys
import treadle.cluster.worker.main
print([name for name in {heavy} if name in sys.modules])
"""
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=TIMEOUT, check=True
    )

    assert run.stdout.strip() == "[]"

"""The scheduler opens nothing that users send: its process can not even import pickle."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from treadle.cluster.client.client import Client
from treadle.cluster.worker.worker import Worker
from treadle.comm.credentials import Credentials

SCHEDULER = """
import json, sys

class Guard:
    # Not only is nothing opened: what could open it is not there.
    def find_spec(self, name, path=None, target=None):
        if name in ("pickle", "_pickle", "cloudpickle", "dill", "shelve"):
            print("imported", name, flush=True)
            raise ImportError(f"the scheduler imports {name}")

sys.meta_path.insert(0, Guard())

from treadle.cluster.scheduler.scheduler import Scheduler
from treadle.comm.credentials import Credentials

credentials = Credentials.revealed("test", json.loads(sys.stdin.readline()))
scheduler = Scheduler(credentials, ["tcp://127.0.0.1:0"], name="test")
scheduler.start_in_thread()
print(scheduler.addresses[0], flush=True)
sys.stdin.read()
scheduler.close()
assert not {"pickle", "_pickle", "cloudpickle"} & set(sys.modules)
"""


def inc(x):
    return x + 1


def fail(text):
    raise ValueError(text)


@pytest.fixture
def client():
    """A client of a cluster whose scheduler can't unpickle."""
    credentials = Credentials.new("test")
    process = subprocess.Popen(
        [sys.executable, "-c", SCHEDULER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(credentials.reveal()) + "\n")
    process.stdin.flush()
    address = process.stdout.readline().strip()
    workers = [Worker(address, credentials.only("worker"), name=f"w{n}") for n in range(2)]
    for worker in workers:
        worker.start()
    client = Client(address, credentials=credentials.only("client", "worker"), set_as_default=False)
    client.wait_for_workers(2, timeout=30)
    yield client
    client.close()
    for worker in workers:
        worker.close()
    rest, _ = process.communicate(timeout=30)
    assert rest == ""
    assert process.returncode == 0


def test_nothing_of_users_is_opened_by_the_scheduler(client):
    futures = client.map(inc, range(100))
    assert client.gather(client.submit(sum, futures)) == sum(range(1, 101))
    with pytest.raises(ValueError, match="no"):
        client.submit(fail, "no").result(timeout=30)
    data = client.scatter([1, 2, 3])
    client.publish_dataset(data=data[0])
    assert client.get_dataset("data").result(timeout=30) == 1
    assert set(client.run(abs, -1).values()) == {1}
    assert client.get({"x": (inc, 1), "y": (inc, "x")}, "y") == 3
    assert futures[0].key in client.who_has(futures[:1])
    assert client.submit(lambda x: {"deep": [x]}, bytes(100)).result(timeout=30) == {
        "deep": [bytes(100)]
    }

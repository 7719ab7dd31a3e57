"""The scheduler opens nothing that users send: it works where nothing can be unpickled."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys

import pytest

from treadle import LocalCluster
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


#: Found by every interpreter that is started below, so by a nanny, too, whose children inherit
#: what it has imported: a scheduler that is told so tries whatever could unpickle.
PROBE = """
import json, os, pickle, signal

kept = pickle.loads

class Reader(pickle.Unpickler):
    pass

def refusal(open_):
    try:
        open_()
    except Exception as error:
        return type(error).__name__
    return "opened"

def probe(*_):
    import _pickle, io, pickle
    import cloudpickle

    data, named = pickle.dumps([1]), pickle.dumps(len)
    openers = {
        "pickle.loads": lambda: pickle.loads(data),
        "pickle.load": lambda: pickle.load(io.BytesIO(data)),
        "pickle.Unpickler": lambda: pickle.Unpickler(io.BytesIO(data)).load(),
        "pickle._Unpickler": lambda: pickle._Unpickler(io.BytesIO(data)).load(),
        "_pickle.loads": lambda: _pickle.loads(data),
        "_pickle.Unpickler": lambda: _pickle.Unpickler(io.BytesIO(data)).load(),
        "cloudpickle.loads": lambda: cloudpickle.loads(data),
        "cloudpickle.load": lambda: cloudpickle.load(io.BytesIO(data)),
        "kept from before": lambda: kept(named),
        "derived before": lambda: Reader(io.BytesIO(named)).load(),
    }
    answers = {name: refusal(open_) for name, open_ in openers.items()}
    with open(os.environ["PROBE_ANSWERS"], "w") as file:
        json.dump(answers, file)

signal.signal(signal.SIGUSR1, probe)
"""

LOCAL_CLUSTER = """
from treadle import LocalCluster

with LocalCluster(1, 1) as cluster:
    print(cluster.record.pid, flush=True)
    input()
"""

ALONE = """
import os
from treadle.cli.main import main

print(os.getpid(), flush=True)
main(["scheduler", "--name", "alone"])
"""


@pytest.fixture
def environment(tmp_path):
    """What has the probe loaded in all processes."""
    (tmp_path / "sitecustomize.py").write_text(PROBE)
    os.mkfifo(tmp_path / "answers")
    return {
        **os.environ,
        "PYTHONPATH": str(tmp_path),
        "PROBE_ANSWERS": str(tmp_path / "answers"),
    }


@pytest.mark.slow
@pytest.mark.parametrize("program", [LOCAL_CLUSTER, ALONE], ids=["LocalCluster", "treadle"])
def test_the_process_of_a_scheduler_refuses_to_unpickle(program, environment):
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        if program is ALONE:
            assert "listens" in process.stdout.readline()
        os.kill(pid, signal.SIGUSR1)
        with open(environment["PROBE_ANSWERS"]) as file:
            answers = json.load(file)
        if program is ALONE:
            os.kill(pid, signal.SIGTERM)
        process.communicate("\n", timeout=30)

    assert set(answers.values()) == {"UnpicklingRefused"}, answers
    assert process.returncode == 0


def test_a_scheduler_in_the_process_of_the_user_leaves_pickle_alone():
    with LocalCluster(1, 1, processes=False):
        assert pickle.loads(pickle.dumps(inc)) is inc


COPIES = """
import importlib, pickle, pkgutil, sys
import cloudpickle, treadle

openers = {id(vars(pickle)[name]) for name in ("load", "loads", "Unpickler", "_load", "_loads")}
for module in pkgutil.walk_packages(treadle.__path__, "treadle."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)

from treadle.cluster.scheduler.sealed import seal_process

seal_process()
print([
    f"{module}.{name}"
    for module in list(sys.modules)
    if module.partition(".")[0] in ("pickle", "_pickle", "cloudpickle", "treadle")
    for name, value in vars(sys.modules[module]).items()
    if id(value) in openers
])
"""


def test_no_module_keeps_a_copy_of_what_unpickles():
    run = subprocess.run([sys.executable, "-c", COPIES], capture_output=True, text=True, timeout=60)

    assert (run.returncode, run.stdout) == (0, "[]\n"), run.stderr

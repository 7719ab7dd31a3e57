"""A nanny starts, watches, restarts and ends processes; stand-ins take the place of real ones."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest
from tests.cluster.nanny_tools import Events, pidfd, wait_gone

from treadle.cluster.nanny import process as nanny_process
from treadle.cluster.nanny.process import NannyProcess

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc and holds pidfds"),
]

SCHEDULER = {"entry": "scheduler"}
WORKER = {"entry": "worker"}


@pytest.fixture(scope="module")
def nanny() -> Iterator[NannyProcess]:
    nanny = NannyProcess()
    yield nanny
    nanny.close()


@pytest.fixture
def events(nanny: NannyProcess, request: pytest.FixtureRequest) -> Iterator[Events]:
    events = Events(nanny, request.node.name)
    yield events
    events.stop()
    nanny.listen(events.cluster, None)


def test_a_cluster_is_a_scheduler_and_workers_which_are_told_where_it_listens(events: Events):
    events.start(scheduler=dict(SCHEDULER), worker=dict(WORKER), n=2)

    listening = events.wait("listening")
    names = {events.wait("ready")["name"], events.wait("ready")["name"]}

    assert listening["addresses"] == ["unix:///nowhere"]
    assert names == {"worker-1", "worker-2"}


def test_stopping_ends_all_processes_and_says_so(events: Events):
    events.start(scheduler=dict(SCHEDULER), worker=dict(WORKER), n=2)
    processes = [pidfd(events.wait("ready")["pid"]) for _ in range(2)]

    stopped = events.stop(reason="enough")

    assert stopped["reason"] == "enough"
    assert wait_gone(*processes)


def test_a_killed_worker_is_reported_and_started_again(events: Events):
    events.start(scheduler=dict(SCHEDULER), worker=dict(WORKER), n=1)
    first = events.wait("ready")

    os.kill(first["pid"], signal.SIGKILL)

    exited = events.wait("exited")
    told = events.wait("recorded")["record"]
    second = events.wait("ready")
    assert (exited["name"], exited["reason"]) == ("worker-1", "killed by signal 9 (SIGKILL)")
    assert exited["restarting"]
    assert (told["name"], told["pid"], told["reason"]) == (
        "worker-1",
        first["pid"],
        "killed by signal 9 (SIGKILL)",
    )
    assert second["name"] == "worker-1"
    assert second["pid"] != first["pid"]


def test_the_report_of_a_crash_holds_the_last_words(events: Events):
    events.start(scheduler=dict(SCHEDULER), worker={"entry": "crashes"}, n=1)

    exited = events.wait("exited")

    assert exited["reason"] == "killed by signal 11 (SIGSEGV)"
    assert "Segmentation fault" in exited["log"]
    assert "in crashes" in exited["log"]


def test_a_worker_that_never_gets_ready_is_given_up_and_the_reason_told(events: Events):
    events.start(scheduler=None, worker={"entry": "fails"}, n=1)

    stopped = events.wait("stopped")

    deaths = [said for said in events.seen if said["event"] == "exited"]
    assert [death["restarting"] for death in deaths] == [True, True, False]
    assert "RuntimeError: no module of that name, say" in stopped["log"]
    assert stopped["reason"] == "worker-1 exited with code 1, again and again"


def test_what_a_worker_had_started_dies_with_it(events: Events):
    events.start(scheduler=dict(SCHEDULER), worker={"entry": "worker", "starts": True}, n=1)
    first = events.wait("ready")
    started = pidfd(int(events.wait("output")["text"].split()[1]))

    os.kill(first["pid"], signal.SIGKILL)

    assert wait_gone(started)


def test_scaling_adds_workers_and_lets_the_youngest_go(events: Events):
    events.start(scheduler=None, worker=dict(WORKER), n=1)
    events.wait("ready")
    events.nanny.send("scale", cluster=events.cluster, n=3)
    assert {events.wait("ready")["name"], events.wait("ready")["name"]} == {"worker-2", "worker-3"}

    events.nanny.send("scale", cluster=events.cluster, n=2)

    assert events.wait("left")["name"] == "worker-3"


def test_the_scheduler_is_told_who_shall_leave_since_it_knows_what_they_hold(events: Events):
    events.start(scheduler=dict(SCHEDULER), worker=dict(WORKER), n=2)
    ready = {said["name"]: said["pid"] for said in (events.wait("ready"), events.wait("ready"))}

    events.nanny.send("scale", cluster=events.cluster, n=1)

    assert events.wait("recorded")["record"] == {"op": "retire", "names": ["worker-2"]}
    os.kill(ready["worker-2"], signal.SIGTERM)  # as if the scheduler had let it go
    assert events.wait("left")["name"] == "worker-2"


def test_the_scheduler_may_scale_and_restart_its_workers(events: Events):
    say = [{"op": "scale", "n": 2}, {"op": "restart"}]
    events.start(scheduler={"entry": "scheduler", "say": say}, worker=dict(WORKER), n=1)

    started = [events.wait("started") for _ in range(5)]

    assert [said["name"] for said in started[:3]] == ["scheduler", "worker-1", "worker-2"]
    assert {said["name"] for said in started[3:]} == {"worker-1", "worker-2"}
    assert len({said["pid"] for said in started}) == 5


def test_a_worker_that_leaves_by_itself_is_not_started_again(events: Events):
    events.start(scheduler=dict(SCHEDULER), worker=dict(WORKER), n=2)
    first = events.wait("ready")
    events.wait("ready")

    os.kill(first["pid"], signal.SIGTERM)  # it says that it leaves

    assert events.wait("left")["name"] == first["name"]


def test_a_worker_that_exits_without_a_word_is_started_again_whatever_its_code(events: Events):
    events.start(scheduler=dict(SCHEDULER), worker={"entry": "worker", "rude": True}, n=1)
    first = events.wait("ready")

    os.kill(first["pid"], signal.SIGTERM)

    assert events.wait("exited")["reason"] == "exited with code 0"
    assert events.wait("ready")["name"] == first["name"]


def test_a_cluster_ends_with_its_scheduler(events: Events):
    events.start(scheduler=dict(SCHEDULER), worker=dict(WORKER), n=1)
    scheduler = events.wait("started", lambda said: said["name"] == "scheduler")
    worker = pidfd(events.wait("ready")["pid"])

    os.kill(scheduler["pid"], signal.SIGKILL)

    assert events.wait("stopped")["reason"] == "the scheduler was killed by signal 9 (SIGKILL)"
    assert wait_gone(worker)


def test_the_scheduler_may_end_its_cluster(events: Events):
    scheduler = {"entry": "scheduler", "say": [{"op": "stop", "reason": "asked to"}]}
    events.start(scheduler=scheduler, worker=dict(WORKER), n=1)

    assert events.wait("stopped")["reason"] == "asked to"


def test_processes_that_do_not_listen_are_killed_after_the_grace(events: Events):
    scheduler = {"entry": "scheduler", "stubborn": True}
    events.start(scheduler=scheduler, worker={"entry": "is_deaf"}, n=1)
    worker = pidfd(events.wait("ready")["pid"])

    events.stop(grace=0.2)

    assert wait_gone(worker)


def test_workers_of_a_scheduler_elsewhere_end_when_the_last_has_left(events: Events):
    events.start(scheduler=None, worker=dict(WORKER), n=1)

    os.kill(events.wait("ready")["pid"], signal.SIGTERM)

    assert events.wait("stopped")["reason"] == "its workers have left"


@pytest.mark.parametrize("spawn", [False, True])
def test_children_take_the_surroundings_of_their_owner_and_none_of_its_descriptors(
    events: Events, tmp_path, spawn: bool
):
    worker = {
        "entry": "worker",
        "secret": "0123456789abcdef",
        "prints": ["cwd", "variable", "fds", "argv", "environ", "name"],
    }
    environ = {"NANNY_TEST": "yes", "PATH": os.environ["PATH"]}
    events.start(
        scheduler=None,
        worker=worker,
        n=1,
        spawn=spawn,
        surroundings={"cwd": str(tmp_path), "environ": environ},
    )

    facts = json.loads(events.wait("output")["text"])

    assert (facts["cwd"], facts["variable"]) == (str(tmp_path), "yes")
    assert facts["name"] == "treadle-w1"
    assert worker["secret"] not in facts["argv"] + facts["environ"]
    # stdin, stdout, stderr, the channel, and the listing of the directory itself
    assert len(facts["fds"]) == 5


def test_children_with_numpy_from_the_nanny_draw_different_numbers(events: Events):
    worker = {"entry": "worker", "prints": ["draw"]}
    events.start(scheduler=None, worker=worker, n=2, preload=["numpy"])

    drawn = {events.wait("output")["text"] for _ in range(2)}

    assert len(drawn) == 2


def test_sockets_of_killed_processes_are_removed(events: Events, tmp_path):
    sockets = [tmp_path / "c.sock", tmp_path / "c-worker-1.sock"]
    for path in sockets:
        path.touch()
    events.start(scheduler=dict(SCHEDULER), worker=dict(WORKER), n=1, sockets=str(tmp_path / "c"))
    scheduler = events.wait("started")
    worker = events.wait("ready")

    os.kill(worker["pid"], signal.SIGKILL)
    events.wait("ready")
    os.kill(scheduler["pid"], signal.SIGKILL)

    events.wait("stopped")
    assert not any(path.exists() for path in sockets)


def test_stopping_a_cluster_that_is_not_there_is_answered(nanny: NannyProcess):
    events = Events(nanny, "nobody")

    assert events.stop()["reason"] == "not running"


def test_the_nanny_of_a_process_is_kept_and_replaced_when_it_has_died():
    first = nanny_process.shared_nanny()
    assert nanny_process.shared_nanny() is first

    gone = pidfd(first.pid)
    os.kill(first.pid, signal.SIGKILL)
    assert wait_gone(gone)
    first.close()

    second = nanny_process.shared_nanny()
    assert second is not first
    nanny_process.close_shared_nanny()


def test_a_forked_copy_of_the_owner_starts_a_nanny_of_its_own():
    program = """
import os
from treadle.cluster.nanny.process import close_shared_nanny, shared_nanny
first = shared_nanny()
pid = os.fork()
if pid == 0:
    second = shared_nanny()
    code = 0 if second is not first and second.pid != first.pid else 1
    close_shared_nanny()
    os._exit(code)
assert os.waitpid(pid, 0)[1] == 0
assert first.is_alive
close_shared_nanny()
"""
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], timeout=30, capture_output=True, text=True
    )

    assert (run.returncode, run.stderr) == (0, "")


def test_processes_in_reserve_take_the_next_cluster_and_go_with_the_nanny():
    nanny = NannyProcess()
    itself, first = Events(nanny, ""), Events(nanny, "first")
    first.start(scheduler=dict(SCHEDULER), worker=dict(WORKER), n=1)
    first.wait("ready")
    # One that came up before the order did had told of an empty reserve.
    reserve = set(itself.wait("reserve", lambda said: bool(said["pids"]))["pids"])
    first.stop()

    second = Events(nanny, "second")
    second.start(scheduler=dict(SCHEDULER), worker=dict(WORKER), n=3)
    started = {second.wait("started")["pid"] for _ in range(4)}

    assert len(reserve) == 2
    assert reserve < started
    everything = [pidfd(child.pid) for child in psutil.Process(nanny.pid).children()]
    nanny.close()
    assert wait_gone(*everything)


def test_a_worker_that_stays_stopped_is_killed_and_replaced(events: Events):
    events.start(scheduler=dict(SCHEDULER), worker=dict(WORKER), n=1, patience=0.3)
    ready = events.wait("ready")

    os.kill(ready["pid"], signal.SIGSTOP)
    exited = events.wait("exited")

    assert exited["pid"] == ready["pid"]
    assert exited["reason"] == "was stopped for 0.3 seconds, and is killed"
    assert events.wait("ready")["name"] == ready["name"]

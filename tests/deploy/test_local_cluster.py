"""A `LocalCluster`: its life, what it can do, and that nothing of it is left."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from tests.cluster.nanny_tools import TIMEOUT, pidfd, wait_gone

from treadle import Client, LocalCluster
from treadle.cluster import control
from treadle.deploy import records
from treadle.errors import ClusterError, CommError, ConfigError, RecordError

pytestmark = pytest.mark.slow


@pytest.fixture(params=["processes", "threads"])
def cluster(request: pytest.FixtureRequest) -> Iterator[LocalCluster]:
    processes = request.param == "processes"
    with LocalCluster(2, 1, processes=processes) as cluster, Client(cluster) as client:
        client.wait_for_workers(2, TIMEOUT)
        yield cluster


def inc(x: int) -> int:
    return x + 1


def pids(cluster: LocalCluster) -> dict[str, int]:
    return {name: worker["pid"] for name, worker in cluster.workers.items()}


def test_a_client_computes_on_it(cluster: LocalCluster):
    with Client(cluster) as client:
        assert client.gather(client.map(inc, range(5))) == [1, 2, 3, 4, 5]


def test_it_is_found_by_name_and_gone_when_it_is_closed(cluster: LocalCluster, runtime: Path):
    record = cluster.record

    with Client(cluster.name) as client:
        assert client.submit(inc, 1).result(TIMEOUT) == 2
    assert (runtime / f"{cluster.name}.json").stat().st_mode & 0o777 == 0o600

    cluster.close()
    assert cluster.status == "closed"
    with pytest.raises(RecordError):
        records.find(record.name)


def test_it_tells_of_its_workers(cluster: LocalCluster):
    workers = cluster.workers

    assert sorted(workers) == ["worker-1", "worker-2"]
    assert [worker["nthreads"] for worker in workers.values()] == [1, 1]
    assert cluster.scheduler_info["name"] == cluster.name
    assert cluster.name in repr(cluster)
    assert "memory limit" in cluster._repr_html_()


def test_it_is_scaled_up_and_down_and_keeps_results(cluster: LocalCluster):
    with Client(cluster) as client:
        futures = client.map(inc, range(20))
        assert client.gather(futures)[-1] == 20
        cluster.scale(3)
        client.wait_for_workers(3, TIMEOUT)
        cluster.scale(1)
        wait_until(lambda: len(cluster.workers) == 1)

        assert client.gather(futures) == list(range(1, 21))


def test_its_record_is_enough_to_manage_it(cluster: LocalCluster):
    record = cluster.record

    assert len(control.describe(record)["workers"]) == 2
    control.stop(record)

    assert cluster.wait_closed(TIMEOUT) is not None
    with pytest.raises(CommError):
        control.describe(record)
    with pytest.raises(ClusterError, match="has ended"):
        cluster.scale(2)


def test_a_restart_replaces_the_workers(cluster: LocalCluster):
    with Client(cluster) as client:
        before = {worker["number"] for worker in cluster.workers.values()}
        client.restart()
        wait_until(lambda: len(cluster.workers) == 2)

        assert not before & {worker["number"] for worker in cluster.workers.values()}
        assert client.submit(inc, 1).result(TIMEOUT) == 2


def test_a_killed_worker_is_replaced_and_told_of(caplog: pytest.LogCaptureFixture):
    with LocalCluster(1, 1) as cluster, Client(cluster) as client:
        first = pids(cluster)["worker-1"]
        with caplog.at_level(logging.WARNING, "treadle.cluster"):
            os.kill(first, signal.SIGKILL)
            assert client.submit(os.getpid, pure=False).result(TIMEOUT) != first

    assert "worker-1 killed by signal 9 (SIGKILL); starting it again" in caplog.text


def test_nothing_is_left_after_close():
    with LocalCluster(2, 1) as cluster:
        scheduler = cluster.record.pid
        sockets = [Path(a.removeprefix("unix://")) for a in cluster.addresses]
        sockets += [Path(a[7:]) for w in cluster.workers.values() for a in w["addresses"]]
        processes = [pidfd(pid) for pid in (scheduler, *pids(cluster).values())]
        assert all(path.exists() for path in sockets)

    assert wait_gone(*processes)
    assert not any(path.exists() for path in sockets)


def test_sockets_of_killed_processes_are_removed_too():
    cluster = LocalCluster(1, 1)
    sockets = [Path(a.removeprefix("unix://")) for a in cluster.addresses]
    sockets += [Path(a[7:]) for w in cluster.workers.values() for a in w["addresses"]]
    scheduler, worker = cluster.record.pid, pidfd(pids(cluster)["worker-1"])

    os.kill(scheduler, signal.SIGKILL)

    assert cluster.wait_closed(TIMEOUT) == "the scheduler was killed by signal 9 (SIGKILL)"
    assert wait_gone(worker)
    assert not any(path.exists() for path in sockets)
    cluster.close()


def test_a_cluster_that_is_forgotten_is_closed():
    cluster = LocalCluster(1, 1)
    processes = [pidfd(pid) for pid in (cluster.record.pid, *pids(cluster).values())]

    del cluster
    gc.collect()

    assert wait_gone(*processes)


def test_two_clusters_of_one_process_do_not_know_each_other():
    with LocalCluster(1, 1) as first, LocalCluster(1, 1) as second:
        with Client(first) as a, Client(second) as b:
            mine, other = (c.submit(os.getpid).result(TIMEOUT) for c in (a, b))

        assert mine != other
        first.close()
        assert len(second.workers) == 1


def test_workers_see_the_environment_of_the_moment(monkeypatch: pytest.MonkeyPatch, tmp_path):
    monkeypatch.setenv("SEEN_BY_WORKERS", "yes")
    monkeypatch.chdir(tmp_path)

    with LocalCluster(1, 1) as cluster, Client(cluster) as client:
        assert client.submit(os.getenv, "SEEN_BY_WORKERS").result(TIMEOUT) == "yes"
        assert client.submit(os.getcwd).result(TIMEOUT) == str(tmp_path)


def test_it_listens_on_tcp_when_asked_and_on_loopback_only():
    with LocalCluster(1, 1, host="127.0.0.1") as cluster:
        tcp = [address for address in cluster.addresses if address.startswith("tcp://")]
        with Client(tcp[0], credentials=cluster.credentials) as client:
            assert client.submit(inc, 1).result(TIMEOUT) == 2

    with pytest.raises(ClusterError, match="can be reached from other machines"):
        LocalCluster(1, 1, host="0.0.0.0")


def test_an_error_at_the_start_of_workers_is_told_and_leaves_nothing():
    with pytest.raises(ClusterError, match="could not be started") as failed:
        LocalCluster(1, 1, preload=["no_such_module"], timeout=TIMEOUT)

    assert "ModuleNotFoundError: No module named 'no_such_module'" in failed.value.log


@pytest.mark.parametrize("resources", [{"GPU": "many"}, {"GPU": -1}, {1: 1}])
def test_resources_are_amounts_by_name(resources):
    with pytest.raises(ConfigError, match="not a resource"):
        LocalCluster(1, 1, resources=resources)


def test_workers_have_what_was_to_be_imported_before():
    with LocalCluster(1, 1, preload=["numpy"]) as cluster, Client(cluster) as client:
        assert client.submit(lambda: "numpy" in __import__("sys").modules).result(TIMEOUT)


def test_a_name_that_is_taken_is_refused():
    with LocalCluster(1, 1, name="mine") as cluster:
        assert cluster.record.name == "mine"
        with pytest.raises(RecordError, match="mine"):
            LocalCluster(1, 1, name="mine")


@pytest.mark.parametrize("processes", [True, False])
def test_it_is_started_and_ended_asynchronously(processes: bool):
    async def compute() -> int:
        async with LocalCluster(1, 1, processes=processes, asynchronous=True) as cluster:
            return len(await asyncio.to_thread(lambda: cluster.workers))

    assert asyncio.run(compute()) == 1


def test_a_cluster_of_threads_cannot_be_detached():
    with pytest.raises(ConfigError, match="processes of its own"):
        LocalCluster(processes=False, detached=True)


def test_a_forked_copy_of_the_owner_does_not_touch_it():
    with LocalCluster(1, 1) as cluster:
        pid = os.fork()
        if pid == 0:
            code = 0
            try:
                cluster.close()
                cluster.scale(2)
            except ClusterError as error:
                code = 7 if "another process" in str(error) else 1
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
        assert len(cluster.workers) == 1


def run(program: str, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        **options,
    )


@pytest.mark.parametrize("processes", [True, False])
def test_a_program_that_ends_while_its_cluster_still_starts_ends_quietly(processes: bool):
    for _ in range(5):
        done = run(f"""
            from treadle import Client, LocalCluster
            cluster = LocalCluster(2, 1, processes={processes})
            client = Client(cluster)
            future = client.submit(abs, -1)
        """)

        assert (done.returncode, done.stderr) == (0, "")


def test_a_program_that_does_not_close_its_cluster_ends_quietly_and_leaves_nothing():
    done = run("""
        from treadle import LocalCluster
        cluster = LocalCluster(2, 1)
        print(cluster.record.pid, *(w["pid"] for w in cluster.workers.values()))
    """)

    assert (done.returncode, done.stderr) == (0, "")
    assert not any(is_running(int(pid)) for pid in done.stdout.split())


def test_a_program_that_fails_ends_its_cluster_too():
    done = run("""
        from treadle import LocalCluster
        cluster = LocalCluster(1, 1)
        print(cluster.record.pid, flush=True)
        raise SystemExit(3)
    """)

    assert done.returncode == 3
    assert not is_running(int(done.stdout))


def test_a_killed_program_leaves_nothing_behind(runtime: Path):
    program = """
        import os, signal
        from treadle import LocalCluster
        cluster = LocalCluster(2, 1)
        print(cluster.record.pid, *(w["pid"] for w in cluster.workers.values()), flush=True)
        signal.pause()
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        processes = [pidfd(int(pid)) for pid in owner.stdout.readline().split()]
        assert len(processes) == 3
        owner.kill()

        assert wait_gone(*processes, timeout=2.0)


def test_a_detached_cluster_outlives_its_program_and_is_stopped_by_name(runtime: Path):
    done = run("""
        from treadle import LocalCluster
        cluster = LocalCluster(1, 1, name="staying", detached=True)
        cluster.record
        cluster.detach()
    """)
    assert (done.returncode, done.stderr) == (0, "")

    record = records.find("staying")
    nanny = psutil.Process(record.pid).parent()
    assert nanny is not None
    processes = [pidfd(pid) for pid in (record.pid, nanny.pid)]
    with Client("staying") as client:
        assert client.submit(inc, 1).result(TIMEOUT) == 2
    control.stop(record)

    assert wait_gone(*processes)
    assert records.all_records() == []


def test_secrets_are_in_no_command_line_and_no_environment():
    with LocalCluster(1, 1) as cluster:
        secrets = cluster.credentials.reveal().values()
        nanny = psutil.Process(cluster.record.pid).parent()
        assert nanny is not None
        for process in (nanny, *nanny.children(recursive=True)):
            seen = " ".join(process.cmdline()) + repr(process.environ())
            assert not any(secret in seen for secret in secrets)
        assert not any(secret in repr(vars(cluster)) for secret in secrets)


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until(condition) -> None:
    """Ask again until it is so; each question is a round trip to the scheduler."""
    for _ in range(3000):
        if condition():
            return
    raise AssertionError("it never came to be")

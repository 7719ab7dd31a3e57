"""What tasks may do to the process they run in, each on real processes: none of it hangs.

The rows are those of the table of hazards in docs/developer/worker.md.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading

import pytest

from treadle import Client, LocalCluster
from treadle.errors import (
    DeserializeError,
    RemoteError,
    TaskExited,
    UnpicklableError,
    WorkerDied,
)

TIMEOUT = 30.0

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster():
    with LocalCluster(n_workers=2, threads_per_worker=1) as cluster:
        yield cluster


@pytest.fixture
def client(cluster):
    with Client(cluster) as client:
        yield client
        # Whatever a test did, the cluster is as it was.
        client.wait_for_workers(2, timeout=TIMEOUT)
        assert client.submit(pow, 2, 5, pure=False).result(TIMEOUT) == 32


def pids(client):
    return set(client.run(os.getpid).values())


class TwoArguments(Exception):
    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")


class RefusesPickle(Exception):
    def __reduce__(self):
        raise TypeError("not me")


class LoudText(Exception):
    def __str__(self):
        raise ValueError("no text")


class OwnBase(BaseException):
    pass


class Spoiled:
    """Pickles well, and raises when it is unpickled."""

    def __init__(self):
        self.padding = "x" * 10_000  # too large to come along with the report

    def __reduce__(self):
        return int, ("not a number",)


class Held:
    def __init__(self):
        self.lock = threading.Lock()


def fail_with(make, *args):
    raise make(*args)


# -- errors ---------------------------------------------------------------------------------------


def test_an_error_whose_init_takes_two_arguments_arrives(client):
    error = client.submit(fail_with, TwoArguments, 1, 2).exception(TIMEOUT)

    assert str(error).endswith("1 and 2")
    assert type(error).__name__ in ("TwoArguments", "RemoteError")


def test_an_error_that_refuses_to_be_pickled_arrives_as_its_text(client):
    error = client.submit(fail_with, RefusesPickle, "hidden").exception(TIMEOUT)

    assert isinstance(error, RemoteError)
    assert error.kind.endswith("RefusesPickle")
    assert "hidden" in error.text
    assert "in fail_with" in error.text


def test_an_error_that_raises_when_asked_for_its_text_arrives(client):
    error = client.submit(fail_with, LoudText).exception(TIMEOUT)

    assert error is not None


@pytest.mark.parametrize("kind", [GeneratorExit, KeyboardInterrupt, StopIteration])
def test_errors_that_would_steer_whoever_waits_arrive_by_name(client, kind):
    before = pids(client)

    error = client.submit(fail_with, kind, 3).exception(TIMEOUT)

    assert isinstance(error, RemoteError)
    assert error.kind == kind.__name__
    assert pids(client) == before


def test_a_cancellation_inside_of_a_task_is_not_that_of_its_future(client):
    future = client.submit(fail_with, asyncio.CancelledError)

    assert "CancelledError" in str(future.exception(TIMEOUT))
    assert not future.cancelled()


def test_any_other_base_exception_is_an_error(client):
    future = client.submit(fail_with, OwnBase, "below Exception")

    assert "below Exception" in str(future.exception(TIMEOUT))


def test_a_task_that_exits_does_not_take_its_worker_along(client):
    def leave():
        import sys

        sys.exit(3)

    before = pids(client)

    error = client.submit(leave).exception(TIMEOUT)

    assert isinstance(error, TaskExited)
    assert error.code == 3
    assert pids(client) == before


def test_recursion_without_end_is_an_error(client):
    def again(n):
        return again(n + 1) + 1

    error = client.submit(again, 0).exception(TIMEOUT)

    assert isinstance(error, RecursionError)


def test_an_error_message_of_50_megabytes_is_cut(client):
    def shout():
        raise ValueError("x" * 50_000_000)

    error = client.submit(shout).exception(TIMEOUT)

    assert len(str(error)) < 100_000


# -- results --------------------------------------------------------------------------------------


def test_a_result_that_can_not_be_sent_is_an_error_that_names_the_part(client):
    def hold():
        held = Held()
        return [held]

    with pytest.raises(UnpicklableError, match=r"result\[0\].lock"):
        client.submit(hold).result(TIMEOUT)


def test_a_result_that_can_not_be_sent_is_still_an_input_where_it_is(client):
    locks = client.submit(lambda: [threading.Lock()], pure=False)

    assert client.submit(len, locks).result(TIMEOUT) == 1


def test_a_result_that_does_not_unpickle_is_an_error_of_whoever_fetches_it(client):
    spoiled = client.submit(Spoiled)

    with pytest.raises(DeserializeError, match="ValueError"):
        spoiled.result(TIMEOUT)


def test_a_task_whose_input_does_not_unpickle_fails_and_is_not_tried_for_ever(client):
    first, second = sorted(client.nthreads())
    spoiled = client.submit(Spoiled, workers=[first], pure=False)

    dependent = client.submit(type, spoiled, workers=[second])

    assert isinstance(dependent.exception(TIMEOUT), DeserializeError)


def test_a_result_nested_a_hundred_thousand_deep_is_an_error(client):
    def deep():
        value = []
        for _ in range(100_000):
            value = [value]
        return value

    future = client.submit(deep)

    with pytest.raises((RecursionError, UnpicklableError)):
        future.result(TIMEOUT)
    assert client.submit(len, future).result(TIMEOUT) == 1


# -- processes and threads ------------------------------------------------------------------------


def test_a_task_that_ends_its_process_again_and_again_is_given_up(client):
    def vanish():
        os._exit(7)

    bystanders = client.map(pow, range(20), [2] * 20)

    error = client.submit(vanish).exception(TIMEOUT)

    assert isinstance(error, WorkerDied)
    assert client.gather(bystanders) == [n * n for n in range(20)]


def test_a_segmentation_fault_is_told_by_its_signal(client):
    def crash():
        import ctypes

        ctypes.string_at(0)

    error = client.submit(crash).exception(TIMEOUT)

    assert isinstance(error, WorkerDied)
    assert "SIGSEGV" in str(error)


def test_a_worker_that_is_killed_costs_time_only(client):
    def slow(n):
        import time

        time.sleep(0.05)
        return n

    futures = client.map(slow, range(20), pure=False)
    futures[0].result(TIMEOUT)

    os.kill(min(pids(client)), signal.SIGKILL)

    assert client.gather(futures) == list(range(20))


def test_a_fork_inside_of_a_task_does_no_harm(client):
    def fork():
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        return os.waitpid(pid, 0)[1]

    assert client.submit(fork, pure=False).result(TIMEOUT) == 0


def test_a_forked_child_holds_none_of_our_sockets(client):
    def sockets_of_child():
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            held = 0
            for fd in os.listdir("/proc/self/fd"):
                try:
                    held += os.readlink(f"/proc/self/fd/{fd}").startswith("socket:")
                except OSError:
                    pass
            os.write(write, str(held).encode())
            os._exit(0)
        os.waitpid(pid, 0)
        os.close(write)
        with os.fdopen(read) as answer:
            return int(answer.read())

    assert client.submit(sockets_of_child, pure=False).result(TIMEOUT) == 0


def test_a_thread_that_a_task_leaves_behind_does_not_keep_the_worker():
    def leave_thread():
        threading.Thread(target=threading.Event().wait).start()

    with LocalCluster(n_workers=1, threads_per_worker=1) as cluster, Client(cluster) as client:
        client.submit(leave_thread).result(TIMEOUT)
        [pid] = pids(client)

    assert has_ended(pid)


def has_ended(pid):
    """Wait for a process that is not a child of ours."""
    import time

    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        threading.Event().wait(0.01)
    return False


# -- output ---------------------------------------------------------------------------------------


def test_prints_of_tasks_appear_at_the_client(client, capsys):
    def talk():
        print("said by a task")

    client.submit(talk, pure=False).result(TIMEOUT)

    assert capsys.readouterr().out == "said by a task\n"


def test_a_flood_of_prints_is_cut(client, capsys):
    def flood():
        for _ in range(100_000):
            print("x" * 99)

    client.submit(flood, pure=False).result(TIMEOUT)
    captured = capsys.readouterr()

    assert len(captured.out) == 1_000_000
    assert "9,000,000 more characters of this task's output were cut" in captured.err


# -- tasks that wait for tasks --------------------------------------------------------------------


def test_tasks_that_wait_for_tasks_never_run_out_of_threads(client):
    def fib(n):
        from treadle import get_client

        if n < 2:
            return n
        inner = get_client()
        return sum(inner.gather([inner.submit(fib, n - 1), inner.submit(fib, n - 2)]))

    assert client.submit(fib, 10).result(TIMEOUT) == 55


def test_a_worker_client_frees_the_thread_of_its_task(client):
    def outer():
        from treadle import worker_client

        with worker_client() as inner:
            return sum(inner.gather(inner.map(abs, range(-5, 0))))

    assert client.submit(outer).result(TIMEOUT) == 15

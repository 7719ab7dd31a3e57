"""Calls through a client: the real scheduler, and workers that are threads of this process."""

from __future__ import annotations

import functools
import gc
import os
import pickle
import signal
import threading
import warnings
from operator import add

import pytest
from tests.cluster import gates
from tests.cluster.client_support import TIMEOUT, ThreadCluster

from treadle.cluster.client.client import Client
from treadle.cluster.client.future import CancelledError, Future
from treadle.cluster.client.nested import fire_and_forget, futures_of
from treadle.cluster.client.waiting import wait
from treadle.errors import ClientClosed, KeyConflict, TaskCancelled, UnpicklableError

MAIN = threading.main_thread()


@pytest.fixture(scope="module")
def cluster():
    with ThreadCluster(workers=2, nthreads=2) as cluster:
        yield cluster


@pytest.fixture
def client(cluster):
    with cluster.client() as client:
        yield client


def inc(x):
    return x + 1


def fail(message="no"):
    raise ValueError(message)


def named(**kwargs):
    return kwargs


def test_a_call_gives_a_future_and_the_future_its_result(client):
    future = client.submit(inc, 1)

    assert future.result(TIMEOUT) == 2
    assert future.done()
    assert future.status == "finished"
    assert future.exception(TIMEOUT) is None
    assert future.traceback(TIMEOUT) is None
    assert future.key.startswith("inc-")


def test_keyword_arguments_reach_the_function(client):
    assert client.submit(named, a=1, b=[2]).result(TIMEOUT) == {"a": 1, "b": [2]}


def test_futures_among_the_arguments_stand_for_their_results(client):
    one, two = client.map(inc, [0, 1])

    assert client.submit(add, one, two).result(TIMEOUT) == 3
    assert client.submit(sum, [one, two, 10]).result(TIMEOUT) == 13
    assert client.submit(named, a={"deep": (one, [two])}).result(TIMEOUT) == {
        "a": {"deep": (1, [2])}
    }


def test_a_future_of_another_client_is_an_argument_like_any_other(cluster, client):
    with cluster.client(set_as_default=False) as other:
        theirs = other.submit(inc, 41)

        assert client.submit(inc, theirs).result(TIMEOUT) == 43
        assert client.gather([theirs]) == [42]


def test_equal_calls_have_one_key_and_impure_ones_have_not(client):
    assert client.submit(inc, 5).key == client.submit(inc, 5).key
    assert client.submit(inc, 5).key == client.map(inc, [5])[0].key
    assert client.submit(inc, 5).key != client.submit(inc, 6).key
    assert client.submit(inc, 5, pure=False).key != client.submit(inc, 5, pure=False).key


def test_an_equal_call_later_gives_the_result_too(client):
    first = client.submit(inc, 1234)
    assert first.result(TIMEOUT) == 1235

    assert client.submit(inc, 1234).result(TIMEOUT) == 1235


@pytest.mark.parametrize("size", [1, 10, 3_000])
def test_map_calls_each_and_gather_keeps_the_order(client, size):
    futures = client.map(inc, range(size))

    assert client.gather(futures) == list(range(1, size + 1))


def test_map_takes_several_iterables_and_ends_with_the_shortest(client):
    assert client.gather(client.map(add, [1, 2, 3], [10, 20])) == [11, 22]
    assert client.map(inc, []) == []


def test_map_takes_futures_and_containers(client):
    futures = client.map(inc, range(3))

    assert client.gather(client.map(inc, futures)) == [2, 3, 4]
    assert client.gather(client.map(sum, [[future, 1] for future in futures])) == [2, 3, 4]


def test_keyword_arguments_of_a_map_are_the_same_for_all(client):
    base = client.submit(int, "2", pure=False)

    assert client.gather(client.map(int, ["10", "11"], base=2)) == [2, 3]
    assert client.gather(client.map(int, ["10", "11"], base=base)) == [2, 3]


def test_keys_of_a_map_can_be_chosen(client):
    futures = client.map(inc, [1, 2], key=["one", ("two", 0)])
    named = client.map(inc, [1, 2], key="mine")

    assert [future.key for future in futures] == ["one", ("two", 0)]
    assert all(future.key.startswith("mine-") for future in named)
    assert client.gather(futures) == client.gather(named) == [2, 3]
    with pytest.raises(ValueError, match="1 keys were given for 2 calls"):
        client.map(inc, [1, 2], key=["one"])


def test_gather_keeps_what_futures_are_nested_in(client):
    one, two = client.map(inc, [0, 1])

    assert client.gather({"a": one, "b": [two, (one, "x")], "c": None}) == {
        "a": 1, "b": [2, (1, "x")], "c": None,
    }  # fmt: skip
    assert client.gather(one) == 1
    assert client.gather([]) == []
    assert client.gather({one, two}) == {1, 2}


def test_an_error_of_a_task_is_raised_where_its_result_is_asked_for(client):
    future = client.submit(fail, "oh", pure=False)

    with pytest.raises(ValueError, match="oh") as caught:
        future.result(TIMEOUT)
    assert caught.traceback[-1].name == "fail"
    assert future.status == "error"
    assert isinstance(future.exception(TIMEOUT), ValueError)
    assert future.traceback(TIMEOUT) is not None
    assert f"task {future.key!r} failed" in caught.value.__notes__[0]


def test_a_task_that_needs_a_failed_one_names_that(client):
    broken = client.submit(fail, "root", pure=False)
    dependent = client.submit(inc, client.submit(inc, broken))

    with pytest.raises(ValueError, match="root") as caught:
        dependent.result(TIMEOUT)
    assert broken.key in caught.value.__notes__[0]


def test_gather_raises_the_first_failure_or_skips_them_all(client):
    futures = [client.submit(inc, 1), client.submit(fail, "a", pure=False), client.submit(inc, 2)]

    with pytest.raises(ValueError, match="a"):
        client.gather(futures)
    assert client.gather(futures, errors="skip") == [2, 3]
    assert client.gather({"x": futures[0], "y": futures[1]}, errors="skip") == {"x": 2}
    with pytest.raises(ValueError, match="'raise' or 'skip'"):
        client.gather(futures, errors="ignore")


def test_gather_raises_a_failure_before_the_rest_has_ended(client):
    with gates.gate("gather-early") as gate:
        slow = client.submit(stand_at, "gather-early", pure=False)
        gate.wait_for_arrival()
        broken = client.submit(fail, "early", pure=False)

        with pytest.raises(ValueError, match="early"):
            client.gather([broken, slow])
        assert not slow.done()


def stand_at(name):
    gates.at(name).pass_through()
    return name


def test_a_result_that_is_late_is_a_time_out_and_comes_later(client):
    with gates.gate("late") as gate:
        future = client.submit(stand_at, "late", pure=False)
        gate.wait_for_arrival()
        with pytest.raises(TimeoutError):
            future.result(0.001)
        assert future.status == "pending"
        gate.open.set()

        assert future.result(TIMEOUT) == "late"


def test_a_cancelled_future_raises_both_kinds_of_cancelled_error(client):
    with gates.gate("cancel") as gate:
        running = client.submit(stand_at, "cancel", pure=False)
        gate.wait_for_arrival()
        waiting = client.submit(inc, running)

        waiting.cancel(reason="changed my mind")

        assert waiting.cancelled()
        assert waiting.status == "cancelled"
        with pytest.raises(CancelledError, match="changed my mind") as caught:
            waiting.result(TIMEOUT)
        assert isinstance(caught.value, TaskCancelled)
        gate.open.set()
        assert running.result(TIMEOUT) == "cancel"


def test_a_failed_task_can_be_tried_again(client, tmp_path):
    future = client.submit(fail_once, str(tmp_path / "tried"), pure=False)
    with pytest.raises(ValueError, match="once"):
        future.result(TIMEOUT)

    future.retry()

    assert future.result(TIMEOUT) == "twice"


def fail_once(path):
    try:
        open(path, "x").close()
    except FileExistsError:
        return "twice"
    raise ValueError("once")


def test_retries_are_taken_before_a_failure_is_told(client, tmp_path):
    path = str(tmp_path / "tried")

    assert client.submit(fail_once, path, retries=1, pure=False).result(TIMEOUT) == "twice"


def test_tasks_run_on_the_workers_that_are_named(client):
    from treadle.cluster.worker.context import get_worker

    def where():
        return get_worker().name

    futures = [client.submit(where, workers="worker-1", pure=False) for _ in range(4)]

    assert client.gather(futures) == ["worker-1"] * 4
    with pytest.raises(ValueError, match="together with workers"):
        client.submit(where, allow_other_workers=True)


def test_a_chosen_key_that_means_another_task_is_refused(client):
    first = client.submit(inc, 1, key="chosen")
    again = client.submit(inc, 1, key="chosen")
    other = client.submit(inc, 100, key="chosen")

    assert (first.result(TIMEOUT), again.result(TIMEOUT)) == (2, 2)
    with pytest.raises(KeyConflict, match="chosen"):
        other.result(TIMEOUT)


def test_what_cannot_travel_is_named_before_anything_is_sent(client):
    with pytest.raises(UnpicklableError, match=r"\[1\]"):
        client.submit(print, "x", threading.Lock())
    with pytest.raises(TypeError, match="must be callable"):
        client.submit(1)
    with pytest.raises(ValueError, match="something to map over"):
        client.map(inc)
    with pytest.raises(NotImplementedError, match="actors"):
        client.submit(inc, 1, actor=True)


def test_a_function_that_changes_is_sent_again(client):
    factor = 2

    def scale(x):
        return factor * x

    assert client.submit(scale, 1, pure=False).result(TIMEOUT) == 2
    factor = 3
    assert client.submit(scale, 1, pure=False).result(TIMEOUT) == 3


def test_large_arguments_are_told_of_by_name_and_arrive(client):
    big = bytes(11_000_000)

    with pytest.warns(UserWarning, match="argument 'data' of measure is 11 MB"):
        future = client.submit(measure, big)
    assert future.result(TIMEOUT) == 11_000_000
    with pytest.warns(UserWarning, match="the function measure carries 11 MB; most of it is"):
        future = client.submit(functools.partial(measure, data=big))
    assert future.result(TIMEOUT) == 11_000_000


def measure(data):
    return len(data)


def test_a_large_value_that_many_calls_take_travels_once(client):
    big = bytes(2_000_000)

    futures = client.map(lambda n, data: n + len(data), range(4), data=big)
    again = client.map(lambda n, data: n + len(data), range(4), [big] * 4)

    expected = [2_000_000 + n for n in range(4)]
    assert client.gather(futures) == client.gather(again) == expected


def test_results_of_any_size_come_back(client):
    assert client.submit(bytes, 3_000_000).result(TIMEOUT) == bytes(3_000_000)
    assert [len(b) for b in client.gather(client.map(bytes, [10, 100_000, 1_000_000]))] == [
        10, 100_000, 1_000_000,
    ]  # fmt: skip


def test_released_results_are_dropped_from_the_cluster(client):
    future = client.submit(bytes, 123_456)
    wait(future, TIMEOUT)
    assert client.nbytes(summary=False).get(future.key)
    key = future.key

    del future
    gc.collect()
    client._session.flush_releases()

    assert key not in client.nbytes(summary=False)
    assert len(client._session.ledger) == 0


def test_a_future_that_is_pickled_is_the_same_task_for_who_unpickles_it(cluster, client):
    future = client.submit(inc, 77)

    again = pickle.loads(pickle.dumps(future))

    assert again is not future
    assert (again.key, again.result(TIMEOUT)) == (future.key, 78)


def test_done_callbacks_are_called_on_a_thread_that_may_wait(client):
    seen = threading.Event()
    results = []

    def note(future):
        results.append(client.submit(inc, future.result(TIMEOUT)).result(TIMEOUT))
        seen.set()

    client.submit(inc, 1).add_done_callback(note)

    assert seen.wait(TIMEOUT)
    assert results == [3]


def test_wait_sorts_futures_by_whether_they_have_ended(client):
    with gates.gate("wait") as gate:
        slow = client.submit(stand_at, "wait", pure=False)
        gate.wait_for_arrival()
        quick = client.submit(inc, 1)

        first = wait([slow, quick], TIMEOUT, return_when="FIRST_COMPLETED")
        with pytest.raises(TimeoutError):
            wait([slow, quick], 0.001)
        gate.open.set()
        both = wait([slow, quick], TIMEOUT)

    assert (first.done, first.not_done) == ({quick}, {slow})
    assert (both.done, both.not_done) == ({quick, slow}, set())
    with pytest.raises(TypeError, match="takes futures"):
        wait([1])


def test_a_task_nobody_waits_for_runs_all_the_same(cluster, client, tmp_path):
    path = tmp_path / "written"
    with gates.gate("forget") as gate:
        first = client.submit(stand_at, "forget", pure=False)
        gate.wait_for_arrival()
        last = client.submit(write, first, str(path), pure=False)
        fire_and_forget(last)
        del first, last
        gc.collect()
        client._session.flush_releases()
        client.submit(inc, 1).result(TIMEOUT)
        gate.open.set()
        with cluster.client(set_as_default=False) as other:
            other.submit(read_when_there, str(path), pure=False).result(TIMEOUT)

    assert path.read_text() == "forget"


def write(text, path):
    with open(path + ".new", "w") as file:
        file.write(text)
    os.rename(path + ".new", path)


def read_when_there(path):
    import time

    deadline = time.monotonic() + TIMEOUT
    while not os.path.exists(path):
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_prints_and_logs_of_tasks_arrive_here(capsys, caplog):
    with ThreadCluster(workers=1, capture=True) as cluster, cluster.client() as client:
        client.submit(speak, pure=False).result(TIMEOUT)

    captured = capsys.readouterr()
    assert "said aloud\n" in captured.out
    assert "said aside\n" in captured.err
    assert ("my.logger", 30, "logged") in caplog.record_tuples


def speak():
    import logging
    import sys

    print("said aloud")
    print("said aside", file=sys.stderr)
    logging.getLogger("my.logger").warning("logged")


def test_scattered_values_are_on_workers(client):
    one = client.scatter({"a": [1, 2]})
    listed = client.scatter([1, "text"], hash=False)
    everywhere = client.scatter(bytes(1000), broadcast=True)
    wait([one["a"], *listed, everywhere], TIMEOUT)

    assert client.submit(sum, one["a"]).result(TIMEOUT) == 3
    assert client.gather(listed) == [1, "text"]
    assert sorted(client.who_has(everywhere)[everywhere.key]) == ["worker-0", "worker-1"]
    assert client.scatter([]) == []


def test_scattering_equal_values_is_one_key(client):
    first, second = client.scatter("same"), client.scatter("same")

    assert first.key == second.key


def test_tasks_can_submit_tasks_and_wait_for_them(client):
    def fib(n):
        from treadle import get_client

        if n < 2:
            return n
        client = get_client()
        a, b = client.submit(fib, n - 1), client.submit(fib, n - 2)
        return a.result() + b.result()

    assert client.submit(fib, 9).result(TIMEOUT) == 34


def test_a_future_hidden_in_an_object_works_in_the_task(client):
    holder = Holder(client.submit(inc, 1))

    assert client.submit(open_holder, holder).result(TIMEOUT) == 2


class Holder:
    def __init__(self, future):
        self.future = future


def open_holder(holder):
    return holder.future.result(TIMEOUT)


def test_a_closed_client_says_so_and_cancels_what_was_pending(cluster):
    with gates.gate("closing") as gate:
        client = cluster.client(set_as_default=False)
        future = client.submit(stand_at, "closing", pure=False)
        gate.wait_for_arrival()
        finished = client.submit(inc, 1, pure=False)
        finished.result(TIMEOUT)
        client.close()
        client.close()

        assert future.cancelled()
        assert finished.result(TIMEOUT) == 2
        assert client.status == "closed"
        with pytest.raises(ClientClosed, match="make another"):
            client.submit(inc, 1)


def test_clients_and_futures_show_themselves(client):
    future = client.submit(inc, 1, key="shown")
    future.result(TIMEOUT)

    assert repr(future) == "<Future: finished, key: shown>"
    assert "shown" in future._repr_html_()
    assert "workers=2 threads=4 running" in repr(client)
    assert "worker-0" in client._repr_html_()
    broken = client.submit(fail, key="broken")
    broken.exception(TIMEOUT)
    assert repr(broken) == "<Future: error, ValueError, key: broken>"


def test_waiting_for_workers_ends_when_they_have_come(cluster):
    with cluster.client(set_as_default=False) as client:
        client.wait_for_workers(2, TIMEOUT)
        with pytest.raises(TimeoutError, match="2 of 3 workers"):
            client.wait_for_workers(3, 0.01)


def test_futures_are_found_in_collections(client):
    one, two = client.map(inc, [1, 2])

    assert futures_of([one, {"a": (two, one)}, "x"]) == [one, two]
    assert all(isinstance(future, Future) for future in futures_of(one))


def test_a_forked_child_is_told_to_make_its_own_client(client):
    read, write_end = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if not pid:
        try:
            client.submit(inc, 1)
            said = "nothing"
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"
        os.write(write_end, said.encode())
        os._exit(0)
    os.close(write_end)
    with open(read) as pipe:
        said = pipe.read()
    os.waitpid(pid, 0)

    assert said.startswith("ClientClosed: this client was made by the process")
    assert client.submit(inc, 1).result(TIMEOUT) == 2


def test_an_interrupt_ends_the_wait_and_not_the_tasks(client):
    with gates.gate("interrupt") as gate:
        future = client.submit(stand_at, "interrupt", pure=False)
        gate.wait_for_arrival()
        interrupter = threading.Timer(0.05, signal.pthread_kill, (MAIN.ident, signal.SIGINT))
        interrupter.start()

        with pytest.raises(KeyboardInterrupt):
            client.gather([future])

        assert future.status == "pending"
        gate.open.set()
        assert future.result(TIMEOUT) == "interrupt"


def test_options_of_a_local_cluster_do_not_go_with_an_address(cluster):
    with pytest.raises(TypeError, match="'n_workers' would start a cluster"):
        Client(cluster, n_workers=2)

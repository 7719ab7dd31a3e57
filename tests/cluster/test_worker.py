"""A worker and what it says to its scheduler, who here does what the test says."""

from __future__ import annotations

import pickle
import threading
import time

import pytest
from tests.cluster.gates import gate
from tests.cluster.scripted import TIMEOUT, WORKER_NUMBER, ScriptedScheduler, times

from treadle.cluster.worker.worker import Worker
from treadle.errors import CommError
from treadle.protocol import messages as m
from treadle.protocol.serialize import loads_error, loads_value


@pytest.fixture
def scheduler():
    before = set(threading.enumerate())
    scheduler = ScriptedScheduler()
    yield scheduler
    scheduler.close()
    deadline = time.monotonic() + TIMEOUT
    for thread in set(threading.enumerate()) - before:
        thread.join(max(0.0, deadline - time.monotonic()))
        assert not thread.is_alive(), f"{thread.name} is left"


@pytest.fixture
def worker(scheduler):
    worker = scheduler.start()
    yield worker
    worker.close()
    assert worker.join(TIMEOUT)


def inc(x):
    return x + 1


def add(x, y):
    return x + y


def pass_gate(name, value=None):
    from tests.cluster.gates import at

    at(name).pass_through()
    return value


# -- its life -------------------------------------------------------------------------------------


def test_a_worker_says_who_it_is(scheduler):
    scheduler.send(m.Registered(WORKER_NUMBER, "test"))
    with Worker(
        "unix:///nowhere",
        scheduler.credentials,
        connection=scheduler.worker_end,
        name="w",
        nthreads=3,
        memory_limit=10**9,
        resources={"GPU": 1},
    ) as worker:
        said = scheduler.expect(m.Register)

        assert (said.name, said.nthreads, said.memory_limit) == ("w", 3, 10**9)
        assert said.resources == {"GPU": 1}
        assert said.addresses
        assert abs(said.now - time.time()) < 10
        assert (worker.number, worker.cluster) == (WORKER_NUMBER, "test")


def test_closing_a_worker_says_goodbye(scheduler, worker):
    worker.close("it is late")

    assert scheduler.expect(m.Goodbye).reason == "it is late"
    assert worker.join(TIMEOUT)


def test_a_worker_ends_when_its_scheduler_has_gone(scheduler, worker):
    scheduler.connection.close()

    assert worker.join(TIMEOUT)
    assert "gone" in worker.reason


def test_a_worker_ends_when_it_is_told_to(scheduler, worker):
    scheduler.send(m.Goodbye("retired"))

    assert worker.join(TIMEOUT)
    assert worker.reason == "retired"


def test_a_worker_that_does_not_understand_its_scheduler_leaves(scheduler, worker, caplog):
    scheduler.connection.send(b"\x93\x01\x02\x03")

    assert worker.join(TIMEOUT)
    assert scheduler.expect(m.Goodbye).reason.startswith("ValidationError")


def test_a_scheduler_that_says_nothing_is_given_up(scheduler):
    worker = Worker("unix:///nowhere", scheduler.credentials, connection=scheduler.worker_end)

    with pytest.raises(CommError, match="did not answer"):
        worker.start(timeout=0.01)

    assert worker.join(TIMEOUT)


def test_a_worker_ends_although_a_task_runs(scheduler, worker):
    with gate("stuck") as stuck:
        scheduler.compute(pass_gate, "stuck")
        stuck.wait_for_arrival()

        worker.close()

        assert worker.join(TIMEOUT)


# -- tasks ----------------------------------------------------------------------------------------


def test_a_finished_task_is_reported_with_its_times_and_its_small_result(scheduler, worker):
    before = time.time()
    id = scheduler.compute(inc, 1)

    message = scheduler.finished(id)[id]

    assert (message.ids, message.threads, message.added) == ([id], [0], [])
    assert pickle.loads(message.values[0]) == 2
    assert message.nbytes[0] > 0
    [start], [stop] = times(message.starts), times(message.stops)
    assert before - 1 < start <= stop < time.time() + 1
    assert worker.data[id] == 2


def test_a_result_that_is_not_wanted_stays(scheduler, worker):
    id = scheduler.compute(inc, 1, wanted=False)

    assert scheduler.finished(id)[id].values == {}
    assert worker.data[id] == 2


def test_a_large_result_stays_although_it_is_wanted(scheduler, worker):
    id = scheduler.compute(bytes, 1_000_000)

    message = scheduler.finished(id)[id]

    assert message.values == {}
    assert message.nbytes[0] >= 1_000_000


def test_tasks_that_wait_for_each_other_run_without_a_word_of_the_scheduler(scheduler, worker):
    first = scheduler.compute(inc, 0)
    ids = [first]
    for _ in range(100):
        ids.append(scheduler.compute(inc, inputs=(ids[-1],)))

    assert scheduler.value(ids[-1]) == 101


def test_an_input_may_be_used_twice_and_stand_among_constants(scheduler, worker):
    one = scheduler.compute(inc, 0)
    both = scheduler.compute(add, inputs=(one, one))

    assert scheduler.value(both) == 2


def test_the_lowest_rank_runs_first(scheduler, worker):
    with gate("busy") as busy:
        running = scheduler.compute(pass_gate, "busy", wanted=False)
        busy.wait_for_arrival()
        number = scheduler.function(inc)
        args = [pickle.dumps((n,)) for n in range(3)]
        scheduler.send(
            m.Compute([101, 102, 103], [number] * 3, [9, 7, 8], args, [()] * 3, [], {}, {})
        )
        scheduler.send(m.TakeBack([]))
        scheduler.expect(m.TakenBack)
        busy.open.set()

    scheduler.finished(running, 101, 102, 103)
    order = [
        id for message in scheduler.heard if isinstance(message, m.Finished) for id in message.ids
    ]
    assert order == [running, 102, 103, 101]


def test_a_result_is_reported_while_the_next_task_runs_long(scheduler, worker):
    quick = scheduler.function(inc)
    scheduler.finished(scheduler.compute(inc, 0))  # known to be quick from now on
    with gate("long") as long:
        slow = scheduler.function(pass_gate)
        args = [pickle.dumps((1,)), pickle.dumps(("long",))]
        scheduler.send(m.Compute([201, 202], [quick, slow], [1, 2], args, [(), ()], [], {}, {}))
        long.wait_for_arrival()

        assert scheduler.finished(201)[201].ids == [201]

    scheduler.finished(202)


def test_a_result_is_reported_although_the_next_task_was_thought_to_be_quick(scheduler, worker):
    def maybe(name):
        if name:
            from tests.cluster.gates import at

            at(name).pass_through()

    scheduler.finished(*scheduler.compute_many(maybe, [("",)] * 10))
    with gate("late") as late:
        first, second = scheduler.compute_many(maybe, [("",), ("late",)])
        late.wait_for_arrival()

        assert scheduler.finished(first)[first].ids == [first]

    scheduler.finished(second)


def test_several_threads_run_several_tasks(scheduler):
    with scheduler.start(nthreads=3), gate("a") as a, gate("b") as b, gate("c") as c:
        ids = [scheduler.compute(pass_gate, name, name) for name in "abc"]
        for each in (a, b, c):
            each.wait_for_arrival()
        c.open.set()
        assert scheduler.value(ids[2]) == "c"
        b.open.set()
        assert scheduler.value(ids[1]) == "b"
        a.open.set()
        message = scheduler.finished(ids[0])[ids[0]]

    threads = {t for e in scheduler.heard if isinstance(e, m.Finished) for t in e.threads}
    assert threads == {0, 1, 2}
    assert message.ids == [ids[0]]


def test_many_tasks_travel_in_few_messages(scheduler, worker):
    ids = scheduler.compute_many(inc, [(n,) for n in range(5000)], wanted=False)

    scheduler.finished(*ids)

    assert sum(isinstance(message, m.Finished) for message in scheduler.heard) < 1000


# -- failures -------------------------------------------------------------------------------------


def test_a_task_that_raises_is_reported_and_the_worker_lives(scheduler, worker):
    def fail():
        raise ValueError("no")

    id = scheduler.compute(fail)
    failed = scheduler.expect(m.Failed)

    assert (failed.id, failed.thread, failed.error.kind) == (id, 0, "ValueError")
    assert failed.start <= failed.stop
    assert "in fail" in failed.error.text
    assert "treadle/cluster/" not in failed.error.text
    assert type(loads_error(failed.error)) is ValueError
    assert scheduler.value(scheduler.compute(inc, 1)) == 2


@pytest.mark.parametrize("name", ["SystemExit", "KeyboardInterrupt", "GeneratorExit"])
def test_a_task_cannot_end_its_worker(scheduler, worker, name):
    def fail(name):
        import builtins

        raise getattr(builtins, name)(3)

    scheduler.compute(fail, name)

    assert scheduler.expect(m.Failed).error.text
    assert scheduler.value(scheduler.compute(inc, 1)) == 2


def test_a_function_that_does_not_unpickle_fails_its_tasks_only(scheduler, worker):
    scheduler.send(m.Functions([77], [b"0" * 16], [b"not a pickle"]))
    scheduler.send(m.Compute([300], [77], [0], [b""], [()], [], {}, {}))

    assert scheduler.expect(m.Failed).error.kind == "treadle.errors.DeserializeError"
    assert scheduler.value(scheduler.compute(inc, 1)) == 2


def test_arguments_that_do_not_unpickle_fail_their_task_only(scheduler, worker):
    number = scheduler.function(inc)
    scheduler.send(m.Compute([300], [number], [0], [b"\x80\x05junk."], [()], [], {}, {}))

    assert scheduler.expect(m.Failed).id == 300
    assert scheduler.value(scheduler.compute(inc, 1)) == 2


# -- release and take back ------------------------------------------------------------------------


def test_released_results_are_dropped(scheduler, worker):
    id = scheduler.compute(inc, 1)
    scheduler.finished(id)

    scheduler.send(m.Release([id]), m.TakeBack([id]))

    assert scheduler.expect(m.TakenBack) == m.TakenBack([id], [])
    assert worker.data == {}


def test_a_task_released_while_it_runs_is_not_reported(scheduler, worker):
    with gate("run") as run:
        id = scheduler.compute(pass_gate, "run")
        run.wait_for_arrival()
        scheduler.send(m.Release([id]), m.TakeBack([]))
        scheduler.expect(m.TakenBack)
    other = scheduler.compute(inc, 1)

    scheduler.finished(other)

    assert all(id not in e.ids for e in scheduler.heard if isinstance(e, m.Finished))
    assert set(worker.data) == {other}


def test_only_tasks_that_have_not_begun_are_given_back(scheduler, worker):
    done = scheduler.compute(inc, 1)
    scheduler.finished(done)
    with gate("here") as here:
        running = scheduler.compute(pass_gate, "here")
        here.wait_for_arrival()
        waiting = scheduler.compute(inc, 1)

        scheduler.send(m.TakeBack([done, running, waiting]))

        assert scheduler.expect(m.TakenBack) == m.TakenBack([waiting], [done, running])

    scheduler.finished(running)


def test_a_released_result_is_gone_although_its_thread_is_busy_with_the_next_task(
    scheduler, worker
):
    import weakref

    def make():
        return {1, 2, 3}

    id = scheduler.compute(make, wanted=False)
    scheduler.finished(id)
    result = weakref.ref(worker.data[id])
    with gate("next") as following:
        other = scheduler.compute(pass_gate, "next")
        following.wait_for_arrival()

        scheduler.send(m.Release([id]), m.TakeBack([]))
        scheduler.expect(m.TakenBack)
        scheduler.send(m.TakeBack([]))  # what was dropped is let go of before this is read
        scheduler.expect(m.TakenBack)

        assert result() is None

    scheduler.finished(other)


# -- output ---------------------------------------------------------------------------------------


def test_output_arrives_before_the_task_that_made_it_ends(scheduler):
    def talk():
        import logging
        import warnings

        print("hello")
        logging.getLogger("tasks").warning("careful")
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("odd", stacklevel=1)
        return 1

    with scheduler.start(capture=True):
        id = scheduler.compute(talk)
        scheduler.finished(id)

    said = [e for e in scheduler.heard if isinstance(e, m.Output | m.Finished)]
    assert [getattr(e, "kind", "end") for e in said] == ["stdout", "log", "warning", "end"]
    assert [e.id for e in said[:3]] == [id] * 3
    assert said[0].text == "hello\n"


def test_output_of_a_failing_task_arrives_before_its_failure(scheduler):
    def talk():
        print("about to fail")
        raise ValueError

    with scheduler.start(capture=True):
        scheduler.compute(talk)
        failed = scheduler.expect(m.Failed)

    said = [e for e in scheduler.heard if isinstance(e, m.Output | m.Failed)]
    assert [e.id for e in said] == [failed.id, failed.id]
    assert said[0].text == "about to fail\n"


def test_output_of_a_long_task_arrives_while_it_runs(scheduler):
    def talk():
        from tests.cluster.gates import at

        print("half way")
        at("half").pass_through()

    with scheduler.start(capture=True), gate("half"):
        id = scheduler.compute(talk)

        output = scheduler.expect(m.Output)

        assert (output.id, output.text) == (id, "half way\n")


# -- outside of tasks -----------------------------------------------------------------------------


def run_function(function, *args, **kwargs):
    import cloudpickle

    return m.RunFunction(3, cloudpickle.dumps((function, args, kwargs)))


def test_functions_run_outside_of_tasks(scheduler, worker):
    def where(suffix):
        from treadle.cluster.worker.context import get_worker

        return get_worker().name + suffix

    scheduler.send(run_function(where, suffix="!"))
    result = scheduler.expect(m.RunResult)

    assert (result.number, result.worker, result.error) == (3, "w", None)
    assert loads_value(result.value) == "w!"


def test_functions_run_outside_of_tasks_although_all_threads_are_busy(scheduler, worker):
    with gate("busy") as busy:
        scheduler.compute(pass_gate, "busy")
        busy.wait_for_arrival()

        scheduler.send(run_function(int, "3"))

        assert loads_value(scheduler.expect(m.RunResult).value) == 3


def test_a_function_that_raises_outside_of_tasks_is_told(scheduler, worker):
    scheduler.send(run_function(int, "x"))

    result = scheduler.expect(m.RunResult)

    assert result.error.kind == "ValueError"


def test_a_function_whose_value_can_not_be_sent_is_told(scheduler, worker):
    scheduler.send(run_function(threading.Lock))

    assert "result" in scheduler.expect(m.RunResult).error.message


def test_a_heartbeat_tells_what_runs(scheduler, worker):
    with gate("beat") as beat:
        id = scheduler.compute(pass_gate, "beat")
        beat.wait_for_arrival()
        while not (message := scheduler.expect(m.Heartbeat)).executing:
            pass

    [(thread, which, start)] = message.executing
    assert (thread, which) == (0, id)
    assert abs(start - message.now) < 60
    assert message.memory > 1_000_000

"""Tasks that wait for others leave their slot, and come back to it."""

from __future__ import annotations

import pytest
from tests.cluster.gates import gate
from tests.cluster.scripted import TIMEOUT, ScriptedScheduler

from treadle.cluster.worker.context import get_worker, rejoin, secede, waiting
from treadle.protocol import messages as m


@pytest.fixture
def scheduler():
    scheduler = ScriptedScheduler()
    yield scheduler
    scheduler.close()


@pytest.fixture
def worker(scheduler):
    worker = scheduler.start()
    yield worker
    worker.close()
    assert worker.join(TIMEOUT)


def inc(x):
    return x + 1


def pass_gate(name, value=None):
    from tests.cluster.gates import at

    at(name).pass_through()
    return value


def wait_outside(name):
    from tests.cluster.gates import at

    from treadle.cluster.worker.context import waiting

    with waiting():
        at(name).pass_through()
    return name


def test_other_tasks_run_while_one_waits_on_a_single_thread(scheduler, worker):
    with gate("out") as out:
        outside = scheduler.compute(wait_outside, "out")
        out.wait_for_arrival()

        assert scheduler.value(scheduler.compute(inc, 1)) == 2

    assert scheduler.value(outside) == "out"
    told = [e for e in scheduler.heard if isinstance(e, m.Seceded)]
    assert told == [m.Seceded(outside), m.Seceded(outside, back=True)]


def test_a_task_comes_back_when_the_one_that_took_its_slot_has_ended(scheduler, worker):
    with gate("out") as out, gate("in") as inside:
        outside = scheduler.compute(wait_outside, "out")
        out.wait_for_arrival()
        other = scheduler.compute(pass_gate, "in", 1)
        inside.wait_for_arrival()
        out.open.set()
        third = scheduler.compute(inc, 1)
        inside.open.set()

        scheduler.finished(outside, other, third)

    order = [id for e in scheduler.heard if isinstance(e, m.Finished) for id in e.ids]
    assert order[0] == other  # who is next depends on when the waiting thread wakes up
    assert sorted(order[1:]) == sorted([outside, third])


def test_tasks_may_wait_within_tasks_as_deep_as_they_like(scheduler, worker):
    names = [f"deep-{n}" for n in range(20)]
    gates = [gate(name) for name in names]
    opened = [g.__enter__() for g in gates]
    ids = []
    for name, each in zip(names, opened, strict=True):
        ids.append(scheduler.compute(wait_outside, name))
        each.wait_for_arrival()

    for each in reversed(opened):
        each.open.set()

    assert set(scheduler.finished(*ids)) == set(ids)
    assert scheduler.value(scheduler.compute(inc, 1)) == 2


def test_a_task_that_seceded_for_good_is_reported_on_a_lane_of_its_own(scheduler, worker):
    def leave(name):
        from tests.cluster.gates import at

        from treadle.cluster.worker.context import secede

        secede()
        at(name).pass_through()
        return 5

    with gate("left") as left:
        id = scheduler.compute(leave, "left")
        left.wait_for_arrival()
        scheduler.finished(scheduler.compute(inc, 1))

    message = scheduler.finished(id)[id]

    assert message.threads == [1]
    assert scheduler.value(scheduler.compute(inc, 1)) == 2


def test_a_task_that_fails_outside_of_its_slot_is_reported(scheduler, worker):
    def leave():
        from treadle.cluster.worker.context import secede

        secede()
        raise ValueError("outside")

    scheduler.compute(leave)

    assert scheduler.expect(m.Failed).error.message == "outside"
    assert scheduler.value(scheduler.compute(inc, 1)) == 2


def test_seceding_twice_and_rejoining_twice_is_once(scheduler, worker):
    def restless():
        from treadle.cluster.worker.context import rejoin, secede

        secede()
        secede()
        rejoin()
        rejoin()
        return 1

    assert scheduler.value(scheduler.compute(restless)) == 1
    assert sum(isinstance(e, m.Seceded) for e in scheduler.heard) == 2


def test_a_task_waiting_for_its_slot_ends_with_its_worker(scheduler, worker):
    with gate("out") as out, gate("in") as inside:
        scheduler.compute(wait_outside, "out")
        out.wait_for_arrival()
        scheduler.compute(pass_gate, "in")
        inside.wait_for_arrival()
        out.open.set()

        worker.close()

    assert worker.join(TIMEOUT)


def test_outside_of_tasks_there_is_no_slot_to_leave():
    with waiting():
        pass
    for function in (secede, rejoin, get_worker):
        with pytest.raises(ValueError, match="inside a task"):
            function()

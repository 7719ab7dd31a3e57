"""The worker's decisions about tasks: order, counting down, releases, taking back."""

from __future__ import annotations

from treadle.scheduling.worker.instructions import Added, Drop, Fetch, Instruction
from treadle.scheduling.worker.invariants import validate
from treadle.scheduling.worker.state import WorkerState

Inputs = dict[int, tuple[int, ...]]


def given(
    state: WorkerState,
    tasks: Inputs,
    holders: dict[int, list[int]] | None = None,
    ranks: dict[int, int] | None = None,
) -> None:
    """Compute ``tasks`` (id -> inputs); ranks are the ids unless said otherwise."""
    ids = list(tasks)
    holders = holders or {}
    state.compute(
        ids,
        [0] * len(ids),
        [(ranks or {}).get(id, id) for id in ids],
        [b""] * len(ids),
        list(tasks.values()),
        [],
        holders,
        dict.fromkeys(holders, 8),
    )
    validate(state)


def run(state: WorkerState, count: int = 1000) -> list[int]:
    """Run what can be run, one after the other; return the order."""
    order = []
    while len(order) < count and (id := state.take()) >= 0:
        order.append(id)
        assert state.finish(id, 8)
        validate(state)
    return order


def said(state: WorkerState) -> list[str]:
    validate(state)
    return [repr(instruction) for instruction in state.drain()]


def texts(*instructions: Instruction) -> list[str]:
    return [repr(instruction) for instruction in instructions]


def test_ready_tasks_run_in_the_order_of_their_ranks():
    state = WorkerState(1)

    given(state, {1: (), 2: (), 3: ()}, ranks={1: 30, 2: 10, 3: 20})

    assert run(state) == [2, 3, 1]


def test_a_chain_runs_without_a_word_of_the_scheduler():
    state = WorkerState(1)

    given(state, {1: (), 2: (1,), 3: (2,)})

    assert run(state) == [1, 2, 3]
    assert state.nbytes == {1: 8, 2: 8, 3: 8}
    assert state.managed == 24


def test_a_task_may_come_before_its_inputs_and_take_one_twice():
    state = WorkerState(1)

    given(state, {5: (1, 1, 2)})
    given(state, {1: (), 2: ()})

    assert run(state) == [1, 2, 5]


def test_no_more_tasks_run_than_there_are_threads():
    state = WorkerState(2)
    given(state, {1: (), 2: (), 3: ()})

    begun = [state.take(), state.take(), state.take()]
    state.finish(1, 8)

    assert begun == [1, 2, -1]
    assert state.take() == 3
    assert state.ready == 0


def test_a_task_tells_what_its_shell_needs():
    state = WorkerState(1)

    state.compute([4, 5], [7, 8], [0, 1], [b"a", b"b"], [(), (4,)], [1], {}, {})

    assert state.task(4) == (7, b"a", (), False)
    assert state.task(5) == (8, b"b", (4,), True)


def test_what_waits_for_a_failed_task_waits_until_it_is_released():
    state = WorkerState(1)
    given(state, {1: (), 2: (1,)})

    assert state.fail(state.take())

    assert state.take() == -1
    assert (state.describe(1), state.describe(2)) == ("erred", "waiting")
    state.release([2])
    validate(state)
    assert state.describe(2) == "unknown"


def test_released_tasks_do_not_begin_and_released_data_is_dropped():
    state = WorkerState(1)
    given(state, {1: (), 2: (), 3: (2,), 4: ()})
    assert run(state, 1) == [1]

    state.release([1, 2, 3])

    assert said(state) == texts(Drop([1]))
    assert run(state) == [4]
    assert state.managed == 8


def test_a_released_task_keeps_its_slot_until_its_thread_is_back():
    state = WorkerState(1)
    given(state, {1: (), 2: ()})
    assert state.take() == 1

    state.release([1])
    validate(state)

    assert state.describe(1) == "abandoned"
    assert state.take() == -1
    assert state.finish(1, 8) is False
    assert state.nbytes == {}
    assert state.take() == 2


def test_an_abandoned_task_that_fails_is_not_reported():
    state = WorkerState(1)
    given(state, {1: ()})
    state.take()
    state.release([1])

    assert state.fail(1) is False
    assert state.busy == 0


def test_an_abandoned_task_that_is_wanted_again_runs_on():
    state = WorkerState(1)
    given(state, {1: ()})
    state.take()
    state.release([1])

    given(state, {1: ()})

    assert state.finish(1, 8) is True
    assert state.take() == -1


def test_a_task_sent_twice_runs_once():
    state = WorkerState(1)
    given(state, {1: (), 2: (1,)})
    given(state, {1: (), 2: (1,)})
    assert run(state) == [1, 2]

    given(state, {1: (), 2: (1,)})

    assert run(state) == []


def test_tasks_are_given_back_unless_they_have_begun():
    state = WorkerState(1)
    given(state, {1: (), 2: (), 3: (), 4: (3,), 5: ()})
    run(state, 1)
    state.take()

    answer = state.take_back([1, 2, 3, 4])

    assert answer == ([3, 4], [1, 2])
    state.finish(2, 8)
    assert run(state) == [5]


def test_a_task_that_failed_is_never_said_to_be_unstarted():
    state = WorkerState(1)
    given(state, {1: ()})
    state.fail(state.take())

    assert state.take_back([1]) == ([], [1])


def test_every_id_that_is_asked_back_is_answered():
    assert WorkerState(1).take_back([8, 9]) == ([8, 9], [])


def test_a_task_given_back_may_come_again():
    state = WorkerState(1)
    given(state, {1: (), 2: (1,)})
    state.take_back([1, 2])

    given(state, {1: (), 2: (1,)})

    assert state.ready == 1
    assert run(state) == [1, 2]


def test_dropped_tasks_leave_the_queue_in_the_end():
    state = WorkerState(1)
    for start in range(0, 10_000, 100):
        given(state, dict.fromkeys(range(start, start + 100), ()))
        state.take_back(list(range(start, start + 100)))

    assert state.ready == 0
    assert len(state._queue) < 300


def test_inputs_of_tasks_given_back_that_travel_stay_as_copies():
    state = WorkerState(1)
    given(state, {5: (1,)}, holders={1: [7]})
    assert said(state) == texts(Fetch(7, [1]))

    assert state.take_back([5]) == ([5], [])
    state.fetched(7, [1], [100])

    assert said(state) == texts(Added([1]))
    assert state.nbytes == {1: 100}


def test_inputs_of_released_tasks_that_travel_are_thrown_away():
    state = WorkerState(1)
    given(state, {5: (1,)}, holders={1: [7]})
    state.drain()

    state.release([5])
    state.fetched(7, [1], [100])

    assert said(state) == texts(Drop([1]))
    assert state.nbytes == {}


def test_put_values_are_reported_and_count_as_inputs():
    state = WorkerState(1)
    given(state, {5: (1,)})

    assert state.put([1, 2], [10, 20]) == [1, 2]

    assert said(state) == []
    assert state.managed == 30
    assert run(state) == [5]


def test_put_values_never_stand_in_for_tasks():
    state = WorkerState(1)
    given(state, {5: ()})

    assert state.put([5], [10]) == []

    assert said(state) == texts(Drop([5]))
    assert run(state) == [5]


def test_a_task_that_has_seceded_leaves_its_slot_to_others():
    state = WorkerState(1)
    given(state, {1: (), 2: (), 3: ()})
    state.take()

    state.seceded(1)
    validate(state)
    state.seceded(1)

    assert state.describe(1) == "long-running"
    assert state.take() == 2
    state.rejoined(1)
    validate(state)
    assert state.finish(2, 8)
    assert state.take() == -1  # 1 is back in the only slot
    assert state.finish(1, 8)
    assert state.take() == 3


def test_a_task_may_end_while_it_has_seceded():
    state = WorkerState(1)
    given(state, {1: (), 2: ()})
    state.take()
    state.seceded(1)
    assert state.take() == 2

    assert state.finish(1, 8)
    validate(state)

    assert state.busy == 1
    state.rejoined(1)
    assert state.busy == 1
    assert state.fail(2)
    validate(state)


def test_words_for_what_an_id_is_doing():
    state = WorkerState(1)
    given(state, {1: (), 2: (1,), 3: (8,), 4: ()}, holders={8: [7], 9: [7]})
    state.take()
    state.put([6], [1])

    words = {id: state.describe(id) for id in (1, 2, 3, 4, 6, 8, 99)}

    assert words == {
        1: "executing",
        2: "waiting",
        3: "waiting",
        4: "ready",
        6: "memory",
        8: "fetching",
        99: "unknown",
    }
    assert state.waits_for(3) == [8]
    assert state.waits_for(4) == []
    state.release([3, 8])
    assert state.describe(8) == "discarded"

"""The worker's decisions about inputs that lie elsewhere: whom to ask, and when to say so."""

from __future__ import annotations

from tests.scheduling.test_worker_state import given, run, said, texts

from treadle.scheduling.worker.fetching import Fetches
from treadle.scheduling.worker.instructions import Added, Drop, Fetch, Missing
from treadle.scheduling.worker.invariants import validate
from treadle.scheduling.worker.state import WorkerState


def test_inputs_on_one_worker_travel_in_one_request():
    state = WorkerState(1)

    given(state, {5: (1, 2), 6: (2, 3)}, holders={1: [7], 2: [7], 3: [8]})

    assert said(state) == texts(Fetch(7, [1, 2]), Fetch(8, [3]))
    state.fetched(7, [1, 2], [10, 20])
    state.fetched(8, [3], [30])
    assert said(state) == texts(Added([1, 2]), Added([3]))
    assert run(state) == [5, 6]


def test_a_worker_is_asked_again_only_when_it_has_answered():
    state = WorkerState(1)
    given(state, {5: (1,)}, holders={1: [7]})
    given(state, {6: (2,)}, holders={2: [7]})
    assert said(state) == texts(Fetch(7, [1]))

    state.fetched(7, [1], [10])

    assert said(state) == texts(Added([1]), Fetch(7, [2]))


def test_an_input_is_fetched_once_for_many_tasks():
    state = WorkerState(1)
    for id in range(5, 10):
        given(state, {id: (1,)}, holders={1: [7, 8]})

    assert said(state) == texts(Fetch(7, [1]))
    assert sum(len(queue) for queue in state.fetches.queues.values()) == 0


def test_requests_are_bounded_in_number_ids_and_bytes():
    fetches = Fetches(max_requests=2, max_ids=3, request_bytes=100, total_bytes=150)
    for id in range(10):
        fetches.want(id, [1], 30)
    fetches.want(20, [2], 90)
    fetches.want(21, [2], 30)
    fetches.want(30, [3], 1)

    first, second, third = fetches.request(), fetches.request(), fetches.request()

    assert first == (1, [0, 1, 2])
    assert second == (3, [30])  # with the 90 of worker 2 these would be too many bytes
    assert third == (-1, [])
    fetches.answered(1, [0, 1, 2])
    assert fetches.request() == (2, [20])


def test_an_input_larger_than_all_bounds_travels_alone():
    fetches = Fetches(request_bytes=100, total_bytes=100)
    fetches.want(1, [1], 1000)
    fetches.want(2, [2], 1)

    assert fetches.request() == (1, [1])
    assert fetches.request() == (-1, [])
    fetches.answered(1, [1])
    assert fetches.request() == (2, [2])


def test_another_holder_is_asked_before_the_scheduler_is_told():
    state = WorkerState(1)
    given(state, {5: (1,)}, holders={1: [7, 8]})
    assert said(state) == texts(Fetch(7, [1]))

    state.fetch_missing(7, [1])
    assert said(state) == texts(Fetch(8, [1]))
    state.fetch_missing(8, [1])

    assert said(state) == texts(Missing([1], 7), Missing([1], 8))


def test_an_input_said_to_be_missing_is_fetched_from_the_holders_named_then():
    state = WorkerState(1)
    given(state, {5: (1,)}, holders={1: [7]})
    state.fetch_missing(7, [1])
    state.drain()

    state.holders({1: [9]}, {1: 8})

    assert said(state) == texts(Fetch(9, [1]))
    state.fetched(9, [1], [8])
    assert run(state) == [5]


def test_the_same_holder_may_be_named_again():
    state = WorkerState(1)
    given(state, {5: (1,)}, holders={1: [7]})
    state.fetch_unreachable(7, [1])
    assert said(state) == texts(Fetch(7, [1]), Missing([1], 7))

    state.holders({1: [7]}, {1: 8})

    assert said(state) == texts(Fetch(7, [1]))


def test_all_that_waits_for_an_unreachable_worker_goes_elsewhere_at_once():
    state = WorkerState(1)
    given(state, {5: (1,)}, holders={1: [7, 8]})
    given(state, {6: (2, 3)}, holders={2: [7], 3: [7, 8]})
    assert said(state) == texts(Fetch(7, [1]), Fetch(8, [3]))

    state.fetch_unreachable(7, [1])

    assert said(state) == texts(Missing([2], 7))
    state.fetched(8, [3], [8])
    assert said(state) == texts(Added([3]), Fetch(8, [1]))


def test_what_a_request_brings_in_part_is_kept():
    state = WorkerState(1)
    given(state, {5: (1,), 6: (2,)}, holders={1: [7], 2: [7]})
    given(state, {8: (3,)}, holders={3: [7]})
    state.drain()

    state.fetched(7, [2], [8])
    assert said(state) == texts(Added([2]))
    state.fetch_missing(7, [1])

    assert said(state) == texts(Missing([1], 7), Fetch(7, [3]))
    assert run(state) == [6]


def test_nothing_is_said_of_a_failed_fetch_that_nobody_needs():
    state = WorkerState(1)
    given(state, {5: (1,)}, holders={1: [7]})
    state.drain()
    state.take_back([5])

    state.fetch_unreachable(7, [1])

    assert said(state) == []
    assert state.fetches.holders == {}


def test_an_input_that_is_made_here_is_not_fetched():
    state = WorkerState(1)
    given(state, {1: (), 2: (1,)}, holders={1: [7]})

    assert said(state) == []
    assert run(state) == [1, 2]


def test_an_input_that_is_put_here_while_it_travels_is_kept():
    state = WorkerState(1)
    given(state, {5: (1,)}, holders={1: [7]})
    state.drain()

    state.put([1], [8])
    assert run(state) == [5]
    state.fetched(7, [1], [8])

    assert said(state) == []
    assert state.nbytes == {1: 8, 5: 8}


def test_a_discarded_input_that_is_needed_again_in_time_is_kept():
    state = WorkerState(1)
    given(state, {5: (1,)}, holders={1: [7]})
    state.drain()
    state.release([5])

    given(state, {6: (1,)}, holders={1: [7, 8]})
    state.fetched(7, [1], [8])

    assert said(state) == texts(Added([1]))
    assert run(state) == [6]


def test_copies_are_fetched_when_asked_for_and_told():
    state = WorkerState(1)
    state.put([3], [8])

    state.replicate({1: [7], 2: [7], 3: [7]}, {1: 8, 2: 8})

    assert said(state) == texts(Added([3]), Fetch(7, [1, 2]))
    state.fetched(7, [1, 2], [8, 8])
    assert said(state) == texts(Added([1, 2]))


def test_a_copy_that_is_asked_for_and_released_does_not_stay():
    state = WorkerState(1)
    state.replicate({1: [7], 2: [8]}, {})
    state.drain()

    state.release([1, 2])
    state.fetched(7, [1], [8])
    state.fetch_missing(8, [2])

    assert said(state) == texts(Drop([1]))
    assert state.nbytes == {}


def test_a_copy_that_nobody_gives_is_not_waited_for():
    state = WorkerState(1)
    state.replicate({1: [7]}, {})
    state.drain()

    state.fetch_missing(7, [1])

    assert said(state) == texts(Missing([1], 7))
    assert state.fetches.holders == {}
    state.holders({1: [8]}, {})
    assert said(state) == []


def test_a_copy_that_only_a_task_went_on_waiting_for_goes_with_it():
    state = WorkerState(1)
    state.replicate({1: [7]}, {})
    given(state, {5: (1,)}, holders={1: [7]})
    state.fetch_missing(7, [1])
    assert said(state) == texts(Fetch(7, [1]), Missing([1], 7))

    state.take_back([5])

    assert said(state) == []
    assert state.fetches.holders == {}


def test_releasing_an_input_does_not_take_it_from_a_task_that_waits_for_it():
    state = WorkerState(1)
    given(state, {5: (1,)}, holders={1: [7]})
    state.drain()

    state.release([1])
    state.fetched(7, [1], [8])

    assert run(state) == [5]


def test_an_abandoned_task_whose_result_is_needed_is_fetched_from_where_it_was_made():
    state = WorkerState(1)
    given(state, {1: ()})
    state.take()
    state.release([1])

    given(state, {2: (1,)}, holders={1: [7]})
    assert said(state) == texts(Fetch(7, [1]))
    state.fetched(7, [1], [8])
    validate(state)
    assert state.finish(1, 99) is False

    assert state.nbytes == {1: 8}
    assert run(state) == [2]


def test_to_compute_an_input_here_is_the_newer_intent():
    state = WorkerState(1)
    given(state, {5: (1,)}, holders={1: [7]})
    state.drain()

    given(state, {1: ()})
    state.fetched(7, [1], [8])

    assert said(state) == texts(Drop([1]))
    assert run(state) == [1, 5]

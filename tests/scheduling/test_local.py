"""The state behind the local engines, driven without any engine."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from treadle.graph.dictgraph import table_from_dict
from treadle.scheduling.local import NONE, LocalState, count_users


def f(*args):
    return 0


def state_of(graph, *keys):
    table = table_from_dict(graph, keys)
    return table, LocalState(table)


def test_tasks_without_inputs_are_ready_and_the_lowest_is_next():
    _, state = state_of({"a": (f,), "b": (f,), "c": (f, "a", "b")}, "c")

    assert state.ready == [1, 0]


def test_the_last_missing_input_frees_its_user_on_the_same_lane():
    _, state = state_of({"a": (f,), "b": (f,), "c": (f, "a", "b")}, "c")

    assert state.finish(0, "A") == NONE
    assert state.finish(1, "B") == 2


def test_of_several_freed_tasks_one_is_returned_and_the_others_are_ready():
    _, state = state_of({"a": (f,), "x": (f, "a"), "y": (f, "a"), "z": (f, "x", "y")}, "z")
    state.ready.clear()

    assert state.finish(0, "A") == 1
    assert state.ready == [2]


def test_a_value_lives_until_its_last_user_ran():
    _, state = state_of({"a": (f,), "x": (f, "a"), "y": (f, "a"), "z": (f, "x", "y")}, "z")

    state.finish(0, "A")
    state.finish(1, "X")
    assert state.values == ["A", "X", None, None]
    state.finish(2, "Y")
    assert state.values == [None, "X", "Y", None]
    state.finish(3, "Z")
    assert state.values == [None, None, None, "Z"]
    assert state.unfinished == 0


def test_an_output_is_kept_also_when_others_take_it():
    _, state = state_of({"a": (f,), "b": (f, "a")}, "a", "b")

    state.finish(0, "A")
    state.finish(1, "B")

    assert state.values == ["A", "B"]


def test_a_value_nobody_wants_is_dropped_at_once():
    table, state = state_of({"a": (f,), "b": (f, "a")}, "b")
    table.outputs.clear()
    state = LocalState(table)

    state.finish(0, "A")
    state.finish(1, "B")

    assert state.values == [None, None]


def test_after_a_failure_only_lower_tasks_are_handed_out():
    _, state = state_of(dict.fromkeys("abcd", (f,)), *"abcd")
    state.ready.remove(1)

    state.fail(1, ValueError())

    assert state.ready == [0]


def test_the_lowest_failure_is_the_one_to_blame():
    _, state = state_of(dict.fromkeys("abc", (f,)), *"abc")
    first, second = ValueError("late"), ValueError("early")

    state.fail(2, first)
    assert state.failure == (2, first)
    state.fail(0, second)
    assert state.failure == (0, second)
    state.fail(1, first)
    assert state.failure == (0, second)


def test_a_task_freed_above_a_failure_is_not_handed_out():
    _, state = state_of({"a": (f,), "b": (f,), "c": (f, "a")}, "b", "c")
    numbers = {"b": 0, "a": 1, "c": 2}
    state.ready.clear()

    state.fail(numbers["b"], ValueError())

    assert state.finish(numbers["a"], "A") == NONE
    assert state.ready == []


def test_nothing_becomes_ready_after_the_run_was_cancelled():
    _, state = state_of({"a": (f,), "b": (f, "a"), "c": (f, "a")}, "b", "c")

    state.drop_ready()

    assert state.ready == []
    assert state.finish(0, "A") == NONE
    assert state.ready == []


@st.composite
def tables(draw):
    size = draw(st.integers(1, 25))
    graph = {}
    for n in range(size):
        inputs = draw(st.lists(st.integers(0, n - 1), max_size=4)) if n else []
        graph[("t", n)] = (f, *[("t", i) for i in inputs])
    wanted = draw(st.lists(st.sampled_from(sorted(graph)), min_size=1, max_size=4))
    return table_from_dict(graph, wanted)


@given(tables(), st.randoms(use_true_random=False), st.integers(1, 4))
def test_any_interleaving_runs_each_task_once_after_its_inputs(table, chooser, lanes):
    state = LocalState(table)
    running: list[int] = []
    done: list[int] = []
    while running or state.ready:
        while state.ready and len(running) < lanes:
            running.append(state.ready.pop())
        number = running.pop(chooser.randrange(len(running)))
        assert all(state.values[other] == other + 1 for other in table.inputs[number])
        following = state.finish(number, number + 1)
        done.append(number)
        if following >= 0:
            running.append(following)

    assert sorted(done) == list(range(len(table)))
    assert state.unfinished == 0
    kept = {number for number, value in enumerate(state.values) if value is not None}
    assert kept == set(table.outputs)


@given(tables(), st.randoms(use_true_random=False), st.data())
def test_whatever_the_interleaving_the_blame_is_that_of_the_serial_run(table, chooser, data):
    failing = data.draw(st.sets(st.integers(0, len(table) - 1), min_size=1))
    state = LocalState(table)
    running: list[int] = []
    while running or state.ready:
        while state.ready and len(running) < 3:
            running.append(state.ready.pop())
        number = running.pop(chooser.randrange(len(running)))
        if number in failing:
            state.fail(number, ValueError(number))
        elif (following := state.finish(number, number + 1)) >= 0:
            running.append(following)

    assert state.failure is not None
    assert state.failure[0] == min(failing)


def test_users_are_counted_by_tasks_and_outputs():
    table = table_from_dict({"a": (f,), "b": (f, "a", "a"), "c": (f, "a")}, ["a", "b", "c"])

    assert count_users(table) == [4, 1, 1]

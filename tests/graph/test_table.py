"""Compiling graphs to columns."""

from __future__ import annotations

import pickle
from operator import add

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.errors import CycleError, GraphError, MissingKeyError
from treadle.graph import Alias, DataNode, Graph, Source, Task, TaskRef, compile_graph
from treadle.graph.table import literal


def inc(x):
    return x + 1


def diamond():
    return Graph.of(
        DataNode("x", 1),
        Task("left", inc, (TaskRef("x"),)),
        Task("right", inc, (TaskRef("x"),)),
        Task("top", add, (TaskRef("left"), TaskRef("right"))),
        Task("unused", inc, (TaskRef("top"),)),
    )


def test_rows_stand_depth_first_and_what_nobody_wants_is_left_out():
    table = compile_graph(diamond(), ["top"])

    assert table.keys == ["x", "left", "right", "top"]
    assert table.inputs == [(), (0,), (0,), (1, 2)]
    assert table.outputs == [3]
    assert table.functions == [literal, inc, add]
    assert table.function_index == [0, 1, 1, 2]


def test_compressed_rows_say_the_same_as_the_inputs():
    table = compile_graph(diamond(), ["top"])

    assert table.indptr == [0, 0, 1, 2, 4]
    assert table.indices == [0, 0, 1, 2]


def test_the_given_order_is_kept_when_asked_for():
    graph = Graph.of(*(Task(name, inc, (n,)) for n, name in enumerate("cab")))

    assert compile_graph(graph, ["a"], order="given").keys == ["c", "a", "b"]
    assert compile_graph(graph, ["a"]).keys == ["a"]


def test_an_alias_is_another_name_and_no_row():
    graph = Graph.of(DataNode("x", 1), Alias("y", "x"), Task("z", inc, (TaskRef("y"),)))

    table = compile_graph(graph, ["z", "y"])

    assert table.keys == ["x", "z"]
    assert table.inputs[1] == (0,)
    assert table.outputs == [1, 0]


def test_a_key_wanted_twice_is_one_row_and_two_outputs():
    table = compile_graph(diamond(), ["x", "x"])

    assert (table.keys, table.outputs) == (["x"], [0, 0])


def test_every_row_knows_where_it_was_written():
    here, there = Source("a.py", 1), Source("b.py", 2)
    graph = Graph.of(Task("x", int, source=here), Task("y", inc, (TaskRef("x"),), source=there))

    table = compile_graph(graph, ["y"])

    assert [table.source(number) for number in range(2)] == [here, there]


def test_annotations_stay_with_their_rows():
    graph = Graph.of(Task("x", int, annotations={"retries": 2}), Task("y", inc, (TaskRef("x"),)))

    assert compile_graph(graph, ["y"]).annotations == {0: {"retries": 2}}


def test_rows_are_grouped_by_the_prefix_of_their_keys_and_data_belong_to_no_group():
    graph = Graph.of(
        DataNode("data-0123456789ab", 1),
        Task("inc-00112233aabb", inc, (TaskRef("data-0123456789ab"),)),
        Task(("sum-99887766aabb", 0), inc, (TaskRef("inc-00112233aabb"),)),
        Task(("sum-99887766aabb", 1), inc, (TaskRef("inc-00112233aabb"),)),
    )

    table = compile_graph(graph, [("sum-99887766aabb", 0), ("sum-99887766aabb", 1)])

    assert [table.prefixes[i] for i in table.prefix_index] == ["", "inc", "sum", "sum"]


def test_a_missing_key_is_named_with_its_user_and_a_near_one():
    graph = Graph.of(Task("load", int), Task("y", inc, (TaskRef("laod"),)))

    with pytest.raises(MissingKeyError, match=r"makes 'laod', which 'y' needs.*'load'") as caught:
        compile_graph(graph, ["y"])
    assert isinstance(caught.value, KeyError)


@pytest.mark.parametrize("length", [1, 2, 5])
def test_a_cycle_is_named_from_end_to_end(length):
    graph = Graph.of(
        *(Task(f"t{n}", inc, (TaskRef(f"t{(n + 1) % length}"),)) for n in range(length)),
        Task("entry", inc, (TaskRef("t0"),)),
    )

    with pytest.raises(CycleError) as caught:
        compile_graph(graph, ["entry"])
    assert caught.value.cycle == (*(f"t{n}" for n in range(length)), "t0")


def test_two_nodes_of_one_key_are_refused():
    with pytest.raises(GraphError, match="two different nodes have the key 'x'"):
        Graph.of(Task("x", int), Task("x", inc))


def test_a_chain_of_a_hundred_thousand_needs_no_recursion():
    graph = Graph.of(Task(0, int))
    for n in range(1, 100_000):
        graph.add(Task(n, inc, (TaskRef(n - 1),)))

    assert len(compile_graph(graph, [99_999])) == 100_000


def test_tasks_survive_pickling():
    task = Task("t", add, (TaskRef("x"), [1, TaskRef("y")]), {"k": TaskRef("z")})

    again = pickle.loads(pickle.dumps(task))

    assert (again.key, again.func, again.args, again.kwargs) == (
        "t", add, (TaskRef("x"), [1, TaskRef("y")]), {"k": TaskRef("z")},
    )  # fmt: skip
    assert again.inputs == task.inputs


@st.composite
def graphs(draw):
    """Random graphs in which every task takes earlier ones, shuffled."""
    size = draw(st.integers(1, 30))
    nodes = []
    for n in range(size):
        inputs = draw(st.lists(st.integers(0, n - 1), max_size=4)) if n else []
        nodes.append(Task(n, lambda *args: sum(args) + 1, tuple(TaskRef(i) for i in inputs)))
    return Graph.of(*draw(st.permutations(nodes)))


@given(graphs(), st.data())
def test_inputs_stand_before_their_users_and_only_what_is_needed_is_there(graph, data):
    wanted = data.draw(st.lists(st.sampled_from(sorted(graph)), min_size=1))

    table = compile_graph(graph, wanted)

    assert all(other < number for number, row in enumerate(table.inputs) for other in row)
    assert [table.keys[number] for number in table.outputs] == wanted
    taken = {other for row in table.inputs for other in row} | set(table.outputs)
    assert taken == set(range(len(table)))
    for number, row in enumerate(table.inputs):
        assert [table.keys[other] for other in row] == list(graph.inputs(table.keys[number]))

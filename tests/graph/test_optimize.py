"""Graphs made smaller."""

from __future__ import annotations

from itertools import pairwise
from operator import add

from hypothesis import given
from hypothesis import strategies as st
from tests.graph.test_table import graphs

from treadle.graph import DataNode, Graph, Task, TaskRef, compile_graph
from treadle.graph.optimize import cull, fuse_linear


def inc(x):
    return x + 1


def run(graph, keys):
    results = {}
    for key in compile_graph(graph, keys).keys:
        node = graph[key]
        results[key] = node(results) if isinstance(node, Task) else node.value
    return [results[key] for key in keys]


def chain(*names):
    nodes = [Task(names[0], inc, (0,))]
    nodes += [Task(b, inc, (TaskRef(a),)) for a, b in pairwise(names)]
    return Graph.of(*nodes)


def test_a_chain_becomes_one_task_under_the_last_key():
    fused = fuse_linear(chain("a", "b", "c"), ["c"])

    assert list(fused) == ["c"]
    assert run(fused, ["c"]) == [3]
    assert fused["c"].func.__name__ == "inc-inc-inc"


def test_a_result_that_is_wanted_ends_its_chain():
    fused = fuse_linear(chain("a", "b", "c"), ["b", "c"])

    assert sorted(fused) == ["b", "c"]
    assert run(fused, ["b", "c"]) == [2, 3]


def test_a_result_that_two_tasks_take_stays_a_task():
    graph = chain("a", "b")
    graph.add(Task("c", inc, (TaskRef("a"),)))
    graph.add(Task("d", add, (TaskRef("b"), TaskRef("c"))))

    assert sorted(fuse_linear(graph, ["d"])) == ["a", "b", "c", "d"]


def test_data_is_not_merged_into_a_task():
    graph = Graph.of(DataNode("x", 1), Task("y", inc, (TaskRef("x"),)))

    assert sorted(fuse_linear(graph, ["y"])) == ["x", "y"]


def test_tasks_with_different_annotations_stay_apart():
    graph = Graph.of(Task("a", int, annotations={"retries": 1}), Task("b", inc, (TaskRef("a"),)))

    assert sorted(fuse_linear(graph, ["b"])) == ["a", "b"]


def test_an_input_taken_twice_is_given_twice():
    graph = Graph.of(Task("a", inc, (1,)), Task("b", add, (TaskRef("a"), TaskRef("a"))))

    assert run(fuse_linear(graph, ["b"]), ["b"]) == [4]


@given(graphs(), st.data())
def test_fused_and_culled_graphs_give_the_same_results(graph, data):
    wanted = data.draw(st.lists(st.sampled_from(sorted(graph)), min_size=1, unique=True))
    expected = run(graph, wanted)

    assert run(cull(graph, wanted), wanted) == expected
    assert run(fuse_linear(graph, wanted), wanted) == expected

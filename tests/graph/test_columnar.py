"""Graphs with layers compile to the same tables as the same graphs written node by node."""

from __future__ import annotations

from operator import add

import numpy as np
import pytest

from treadle.engines import get_engine
from treadle.errors import CycleError, MissingKeyError
from treadle.graph import Alias, DataNode, Graph, Task, TaskRef, compile_graph
from treadle.graph.layer import Inputs, Layer, ranges
from treadle.graph.source import Source
from treadle.graph.table import literal


def inc(x):
    return x + 1


def total(*values):
    return sum(values)


def run(graph, keys):
    table = compile_graph(graph, keys)
    return get_engine("sync").submit(table).result(), table


def numbers(name="x", count=4):
    return Layer(name, (count,), [literal], templates=[(n,) for n in range(count)])


def elementwise(name, producer, count=4):
    return Layer(
        name, (count,), [inc], inputs=Inputs.regular([producer], np.arange(count)[:, None])
    )


def graph_of(*layers):
    graph = Graph()
    for layer in layers:
        graph.layers[layer.name] = layer
    return graph


def test_every_block_of_a_layer_is_a_task_on_its_inputs():
    values, table = run(graph_of(numbers(), elementwise("y", "x")), [("y", n) for n in range(4)])

    assert values == [1, 2, 3, 4]
    assert len(table) == 8


def test_blocks_that_nobody_needs_are_left_out():
    values, table = run(graph_of(numbers(), elementwise("y", "x")), [("y", 2)])

    assert values == [3]
    assert list(table.keys) == [("x", 2), ("y", 2)]


def test_layers_and_single_nodes_take_each_other():
    graph = graph_of(numbers(), elementwise("y", "x"), elementwise("w", "v", 1))
    graph.add(Task("s", add, (TaskRef(("y", 0)), TaskRef(("y", 3)))))
    graph.add(DataNode("ten", 10))
    graph.add(Task("v", add, (TaskRef("s"), TaskRef("ten"))))

    values, table = run(graph, [("w", 0), "s"])

    assert values == [16, 5]
    assert sorted(map(str, table.keys)) == sorted(
        ["('x', 0)", "('x', 3)", "('y', 0)", "('y', 3)", "s", "ten", "v", "('w', 0)"]
    )


def test_a_row_takes_as_many_inputs_as_it_likes():
    inputs = Inputs(
        ["x"], np.array([0, 3, 3, 4]), np.zeros(4, np.int64), np.array([0, 1, 2, 3], np.int64)
    )
    graph = graph_of(numbers(), Layer("t", (3,), [total], inputs=inputs))

    values, _ = run(graph, [("t", n) for n in range(3)])

    assert values == [3, 0, 3]


def test_aliases_are_no_tasks_however_many_follow_each_other():
    backwards = Inputs.regular(["x"], np.arange(4)[::-1, None])
    graph = graph_of(
        numbers(),
        Layer("a", (4,), [literal], inputs=backwards, alias=True),
        Layer(
            "b", (4,), [literal], inputs=Inputs.regular(["a"], np.arange(4)[:, None]), alias=True
        ),
        elementwise("y", "b"),
    )
    graph.add(Alias("other", ("b", 1)))

    values, table = run(graph, [("y", 0), "other", ("a", 3)])

    assert values == [4, 2, 0]
    assert {key[0] for key in table.keys} == {"x", "y"}
    assert table.output_keys == [("y", 0), "other", ("a", 3)]


def test_rows_may_differ_in_function_and_template():
    layer = Layer(
        "f", (2,), [inc, total], np.array([1, 0]), templates=[None, None],
        inputs=Inputs(["x"], np.array([0, 2, 3]), np.zeros(3, np.int64), np.array([1, 2, 3])),
    )  # fmt: skip

    values, table = run(graph_of(numbers(), layer), [("f", 0), ("f", 1)])

    assert values == [3, 4]
    assert table.function(table.outputs[0]) is total


def test_a_tree_holds_few_results_at_a_time():
    """Depth first: a leaf's result is used before the next branch begins."""
    leaves = numbers("leaf", 64)
    layers, below, width = [leaves], "leaf", 64
    while width > 1:
        width //= 2
        name = f"level-{width}"
        pairs = Inputs.regular([below, below], np.arange(2 * width).reshape(-1, 2))
        layers.append(Layer(name, (width,), [add], inputs=pairs))
        below = name

    values, table = run(graph_of(*layers), [(below, 0)])

    alive, most = set(), 0
    for row, inputs in enumerate(table.inputs):
        alive -= set(inputs)
        alive.add(row)
        most = max(most, len(alive))
    assert values == [sum(range(64))]
    assert most <= 7


def test_keys_are_made_when_they_are_asked_for():
    graph = graph_of(Layer("g-0123456789abcdef", (2, 3), [list]))
    table = compile_graph(graph, [("g-0123456789abcdef", i, j) for i in range(2) for j in range(3)])

    assert len(table.keys) == 6
    assert table.keys[4] == ("g-0123456789abcdef", 1, 1)
    assert table.keys[1:3] == [("g-0123456789abcdef", 0, 1), ("g-0123456789abcdef", 0, 2)]
    assert table.prefixes == ["g"]


def test_groups_sources_and_annotations_come_along():
    source = Source("cell.py", 3)
    layer = Layer(
        "y", (4,), [inc], inputs=Inputs.regular(["x"], np.arange(4)[:, None]), source=source,
        annotations={"retries": 2},
    )  # fmt: skip

    table = compile_graph(graph_of(numbers(), layer), [("y", 1)])
    row = table.outputs[0]

    assert table.source(row) is source
    assert table.annotations == {row: {"retries": 2}}
    assert [table.prefixes[n] for n in table.prefix_index] == ["", "y"]


@pytest.mark.parametrize("key", [("y", 4), ("y", -1), ("y",), ("y", 0, 0), "y", ("z", 0)])
def test_a_key_that_nothing_makes_is_named(key):
    with pytest.raises(MissingKeyError, match=str(key[0])):
        compile_graph(graph_of(numbers(), elementwise("y", "x")), [key])


def test_a_producer_that_is_not_there_is_named():
    with pytest.raises(MissingKeyError, match="nowhere"):
        compile_graph(graph_of(elementwise("y", "nowhere")), [("y", 0)])


def test_a_circle_is_an_error():
    graph = graph_of(elementwise("y", "s", 1))
    graph.add(Task("s", inc, (TaskRef(("y", 0)),)))

    with pytest.raises(CycleError):
        compile_graph(graph, ["s"])


def test_no_output_is_an_empty_table():
    assert len(compile_graph(graph_of(numbers()), [])) == 0


def test_ranges_of_no_length_are_nothing():
    assert ranges(np.array([3, 9]), np.array([0, 0])).tolist() == []

"""``%graph``: whatever holds a graph is drawn, and the rest refused."""

from __future__ import annotations

import pytest

import treadle
from treadle.graph import Graph, Task, TaskRef, compile_graph
from treadle.notebook.graphview import show_graph

GRAPH = Graph.of(Task("x", int), Task("y", abs, (TaskRef("x"),)))


def one():
    return treadle.delayed(sum)([1, 2])


class Handle:
    """As ``%%parallel -o`` stores it."""

    graph = compile_graph(GRAPH, ["y"])


@pytest.mark.parametrize(
    ("value", "ntasks"),
    [
        (one(), 1),
        ([one(), one()], 2),
        ({"a": one(), "b": 3}, 1),
        (GRAPH, 2),
        (Handle.graph, 2),
        (Handle(), 2),
        (show_graph(one()), 1),
    ],
    ids=["delayed", "list", "dict", "graph", "table", "run", "picture"],
)
def test_everything_that_holds_a_graph_is_drawn(value, ntasks):
    assert show_graph(value).ntasks == ntasks


@pytest.mark.parametrize("value", [3, "text", [1, 2], None])
def test_what_holds_no_graph_is_refused_with_its_type_and_the_mend(value):
    with pytest.raises(TypeError, match=f"of type {type(value).__name__}; give %graph"):
        show_graph(value)


@pytest.mark.parametrize("value", [one(), GRAPH], ids=["delayed", "graph"])
def test_the_picture_is_written_when_a_name_is_given(value, tmp_path):
    path = tmp_path / "graph.svg"

    picture = show_graph(value, str(path))

    assert path.read_text("utf-8") == picture.svg()


def test_a_wrong_ending_is_refused_as_such(tmp_path):
    with pytest.raises(ValueError, match=r"graph\.png'.*\.svg, \.json or \.txt"):
        show_graph(one(), tmp_path / "graph.png")

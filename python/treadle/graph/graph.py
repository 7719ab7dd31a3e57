"""A graph of named nodes: what collections lower to and what people read.

>>> from operator import add
>>> graph = Graph.of(DataNode("x", 1), Task("y", add, (TaskRef("x"), 10)))
>>> sorted(graph.inputs("y"))
['x']
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from treadle.errors import GraphError, MissingKeyError
from treadle.graph.spec import Alias, DataNode, Node, Task, TaskRef
from treadle.types import Key

if TYPE_CHECKING:  # layers are made of arrays, and most graphs of nodes alone
    from treadle.graph.layer import Layer

__all__ = ["Alias", "DataNode", "Graph", "Node", "Task", "TaskRef"]


class Graph(dict[Key, Node]):
    """Nodes by key, and layers by name.  Building one computes nothing.

    Attributes
    ----------
    layers : dict of str to Layer
        Grids of many tasks, described by columns; their keys are ``(name, i, j, ...)``.
    """

    def __init__(self, nodes: Mapping[Key, Node] | Iterable[tuple[Key, Node]] = ()):
        super().__init__(nodes)
        self.layers: dict[str, Layer] = {}

    @classmethod
    def of(cls, *nodes: Node) -> Graph:
        """Return the graph of ``nodes``.

        Raises
        ------
        GraphError
            If two nodes have the same key.
        """
        graph = cls()
        for node in nodes:
            graph.add(node)
        return graph

    def add(self, node: Node) -> None:
        """Put ``node`` in under its own key; the same node twice is one."""
        present = self.setdefault(node.key, node)
        if present is not node:
            raise GraphError(
                f"two different nodes have the key {node.key!r}; give one another name"
            )

    def inputs(self, key: Key) -> tuple[Key, ...]:
        """Return the keys whose results the node ``key`` takes."""
        try:
            node = self[key]
        except KeyError:
            raise MissingKeyError(key) from None
        return node_inputs(node)


def node_inputs(node: Node) -> tuple[Key, ...]:
    """Return the keys whose results ``node`` takes; one used twice stands twice."""
    if type(node) is Task:
        return node.inputs
    if type(node) is Alias:
        return (node.target,)
    return ()


def reachable(graph: Graph, wanted: Iterable[Key]) -> set[Key]:
    """Return the keys that ``wanted`` needs, themselves included, in linear time."""
    seen: set[Key] = set()
    stack = list(wanted)
    while stack:
        key = stack.pop()
        if key not in seen:
            seen.add(key)
            stack.extend(graph.inputs(key))
    return seen

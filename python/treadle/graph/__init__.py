"""One task graph under every collection: readable nodes, and the columns they compile to."""

from treadle.graph.graph import Graph
from treadle.graph.source import Source
from treadle.graph.spec import Alias, DataNode, Node, Task, TaskRef
from treadle.graph.table import TaskTable, compile_graph

__all__ = [
    "Alias",
    "DataNode",
    "Graph",
    "Node",
    "Source",
    "Task",
    "TaskRef",
    "TaskTable",
    "compile_graph",
]

"""Graphs made smaller before they run.  Each function is linear in tasks and edges."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from treadle.graph.graph import Graph, node_inputs, reachable
from treadle.graph.spec import Task, TaskRef
from treadle.types import Key


def cull(graph: Graph, wanted: Iterable[Key]) -> Graph:
    """Return the part of ``graph`` that ``wanted`` needs.

    >>> graph = Graph.of(Task("x", int), Task("y", abs, (TaskRef("x"),)), Task("z", int))
    >>> sorted(cull(graph, ["y"]))
    ['x', 'y']
    """
    needed = reachable(graph, wanted)
    return Graph((key, node) for key, node in graph.items() if key in needed)


class Chain:
    """Calls one after the other, each taking the result of the one before: one task's function.

    The first call takes the task's inputs; every later one takes the result before it wherever
    its own inputs stand.
    """

    __slots__ = ("__name__", "tasks")

    def __init__(self, tasks: tuple[Task, ...]):
        self.tasks = tasks
        names = [getattr(task.func, "__name__", type(task.func).__name__) for task in tasks]
        self.__name__ = "-".join(names)

    def __call__(self, *inputs: Any) -> Any:
        from treadle.graph.spec import call

        first = self.tasks[0]
        result = call(first.func, first.template, list(inputs))
        for task in self.tasks[1:]:
            result = call(task.func, task.template, [result] * len(task.inputs))
        return result

    def __reduce__(self) -> tuple[type[Chain], tuple[tuple[Task, ...]]]:
        return Chain, (self.tasks,)


def fuse_linear(graph: Graph, wanted: Iterable[Key]) -> Graph:
    """Merge each chain of tasks in which nobody else takes the results in between.

    The merged task keeps the key, the source line and the annotations of the last one.  Tasks with
    different annotations stay apart.  A graph with layers stays as it is.

    >>> graph = Graph.of(Task("x", int, ("-1",)), Task("y", abs, (TaskRef("x"),)))
    >>> fused = fuse_linear(graph, ["y"])
    >>> list(fused), fused["y"]()
    (['y'], 1)
    """
    wanted = list(wanted)
    if graph.layers:
        return graph  # what has layers was fused as expressions
    kept = cull(graph, wanted)
    users: dict[Key, set[Key]] = {key: set() for key in kept}
    for key, node in kept.items():
        for other in node_inputs(node):
            users[other].add(key)
    outputs = set(wanted)

    def link(node: Any) -> Key | None:
        """Return the key of the one task before ``node`` that can become part of it."""
        if type(node) is not Task or len(set(node.inputs)) != 1:
            return None
        key = node.inputs[0]
        before = kept[key]
        mergeable = (
            type(before) is Task
            and key not in outputs
            and len(users[key]) == 1
            and before.annotations == node.annotations
        )
        return key if mergeable else None

    fused = Graph()
    inner = {before for node in kept.values() if (before := link(node)) is not None}
    for key, node in kept.items():
        if key in inner:
            continue
        chain = [node]
        while (before := link(chain[-1])) is not None:
            chain.append(kept[before])
        if len(chain) == 1:
            fused[key] = node
            continue
        tasks = tuple(task for task in reversed(chain) if type(task) is Task)
        last = tasks[-1]
        fused[key] = Task(
            key,
            Chain(tasks),
            tuple(TaskRef(other) for other in tasks[0].inputs),
            source=last.source,
            annotations=last.annotations,
        )
    return fused

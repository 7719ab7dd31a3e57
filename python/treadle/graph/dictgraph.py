"""Dask-style graphs: dictionaries whose values are tuples with a function in front.

This is the one place where a tuple may mean a call.  ``table_from_dict`` reads

``{"x": 1, "y": (inc, "x"), "z": (add, "y", (inc, 10)), "w": (sum, ["x", "y"])}``

straight into the columns of a table, without an object per task.  A key in an argument, also one
inside lists, tuples, sets and dictionaries, means that key's result; a string or number that is no
key means itself.

>>> from operator import add
>>> table = table_from_dict({"x": 1, "y": (add, "x", 10)}, ["y"])
>>> table.keys, table.inputs, table.outputs
(['x', 'y'], [(), (0,)], [1])
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from treadle.errors import GraphError
from treadle.graph.order import ALIAS, Parsed, depth_first
from treadle.graph.source import Source
from treadle.graph.spec import Alias, DataNode, Task
from treadle.graph.table import TableBuilder, TaskTable, literal
from treadle.graph.template import NO_REFERENCE, make_template
from treadle.types import Key

_KEY_TYPES = frozenset((str, bytes, int, float, tuple))
_CONTAINERS = frozenset((list, tuple, dict, set, frozenset))


def is_task(value: Any) -> bool:
    """Tell whether ``value`` is a call in Dask's tuple form: a function, then its arguments.

    >>> is_task((len, "x")), is_task(("x", 0)), is_task(())
    (True, False, False)
    """
    return type(value) is tuple and bool(value) and callable(value[0])


def table_from_dict(
    graph: Mapping[Key, Any], wanted: Sequence[Key], source: Source | None = None
) -> TaskTable:
    """Compile what ``wanted`` needs of a Dask-style graph.

    Parameters
    ----------
    graph : mapping
        Key -> task tuple, other key, container of keys, or plain data.
        Values may also be :class:`~treadle.graph.spec.Task` and its siblings.
    wanted : sequence of Key
        Keys of the results to keep.
    source : Source, optional
        Where the graph was handed over: all its tasks are said to be written there.

    Returns
    -------
    TaskTable

    Raises
    ------
    GraphError
        If ``graph`` is not a mapping, or a key has no allowed type.
    MissingKeyError, CycleError
    """
    if not isinstance(graph, Mapping):
        raise GraphError(
            f"a graph must be a dictionary of keys and tasks, not {type(graph).__name__}"
        )
    builder = TableBuilder()

    def key_of(value: Any) -> Any:
        if type(value) in _KEY_TYPES:
            try:
                if value in graph:
                    return value
            except TypeError:  # a tuple that holds something unhashable is no key
                pass
        return NO_REFERENCE

    def parse(key: Key) -> Parsed:
        node = graph[key]
        kind = type(node)
        if kind is tuple and node and callable(node[0]):
            # The frequent shapes without any detour: all arguments are keys, or none is.
            args = node[1:]
            inputs = []
            for arg in args:
                kind = type(arg)
                if kind in _KEY_TYPES:
                    try:
                        if arg in graph:
                            inputs.append(arg)
                            continue
                    except TypeError:  # a tuple that holds something unhashable is no key
                        break
                if kind in _CONTAINERS or issubclass(kind, tuple):
                    break
            else:
                if len(inputs) == len(args):
                    return args, node[0], (None if args else ())
                if not inputs:
                    return (), node[0], args
            found, template = make_template(args, {}, key_of, is_task)
            return found, node[0], template
        if kind is Task:
            return node.inputs, node.func, node.template
        if kind is Alias:
            return (node.target,), ALIAS, None
        if kind is DataNode:
            return (), literal, (node.value,)
        target = key_of(node)
        if target is not NO_REFERENCE:
            return (target,), ALIAS, None
        found, template = make_template((node,), {}, key_of, is_task)
        return found, literal, template

    numbers = depth_first(wanted, parse, builder.add, known=graph)
    table = builder.finish([numbers[key] for key in wanted], wanted)
    if source is not None:
        table.sources = [source]
    return table

"""The columnar form of a graph: what engines run and what travels.

A task is a row number.  Rows stand in an order in which every input comes before its users, so a
number is also a priority: engines prefer low ones, and a failure is blamed on the lowest.

>>> from operator import add
>>> from treadle.graph import Graph, Task, TaskRef
>>> graph = Graph.of(Task("x", int, ("1",)), Task("y", add, (TaskRef("x"), 10)))
>>> table = compile_graph(graph, ["y"])
>>> table.keys, table.inputs, table.outputs
(['x', 'y'], [(), (0,)], [1])
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Any, Literal

from treadle.graph.graph import Graph
from treadle.graph.naming import key_prefix
from treadle.graph.order import ALIAS, Parsed, depth_first
from treadle.graph.source import UNKNOWN, Source
from treadle.graph.spec import Alias, DataNode, Node, Task
from treadle.graph.template import Template
from treadle.types import Key


def literal(value: Any) -> Any:
    """Give a value back: the function of rows that are data."""
    return value


class TaskTable:
    """Columns of tasks; row number = task number = priority.

    Attributes
    ----------
    keys : sequence of Key
        Names, for people and for clients that ask by name.
    functions : list of callable
        Each function once.
    function_index : list of int
        Row -> position in ``functions``.
    templates : list
        Row -> how inputs become arguments; see :mod:`treadle.graph.template`.
    inputs : list of tuple of int
        Row -> rows whose results it takes, all lower; one taken twice stands twice.
    outputs : list of int
        Rows whose results are kept.
    output_keys : list of Key
        What each output is asked for as; differs from ``keys`` where that name is an alias.
    source_index : array of int
        Row -> position in ``sources``; where the task was written.
    annotations : dict
        Row -> wishes for the scheduler; most rows have none.
    """

    def __init__(
        self,
        keys: Sequence[Key],
        functions: list[Callable[..., Any]],
        function_index: list[int],
        templates: list[Template | tuple[Any, ...] | None],
        inputs: list[tuple[int, ...]],
        outputs: list[int],
        *,
        output_keys: list[Key] | None = None,
        sources: list[Source] | None = None,
        source_index: array[int] | None = None,
        annotations: dict[int, Mapping[str, Any]] | None = None,
        prefixes: list[str] | None = None,
        prefix_index: array[int] | None = None,
    ):
        self.keys = keys
        self.functions = functions
        self.function_index = function_index
        self.templates = templates
        self.inputs = inputs
        self.outputs = outputs
        self.output_keys = output_keys or [keys[number] for number in outputs]
        self.sources = sources or [UNKNOWN]
        self._source_index = source_index
        self.annotations = annotations or {}
        if prefixes is not None and prefix_index is not None:
            self._labels = prefixes, prefix_index

    def __len__(self) -> int:
        return len(self.keys)

    @cached_property
    def source_index(self) -> array[int]:
        """Row -> position in ``sources``."""
        if self._source_index is not None:
            return self._source_index
        return array("i", bytes(4 * len(self)))

    @cached_property
    def indptr(self) -> list[int]:
        """Offsets of each row's inputs in ``indices``: compressed rows."""
        offsets = [0]
        total = 0
        for row in self.inputs:
            total += len(row)
            offsets.append(total)
        return offsets

    @cached_property
    def indices(self) -> list[int]:
        """All rows' inputs, one after the other."""
        return list(chain.from_iterable(self.inputs))

    @cached_property
    def _labels(self) -> tuple[list[str], array[int]]:
        """Prefixes, and row -> prefix: computed when somebody looks, once a table."""
        # Block keys share their name, so there are few names in many keys.
        names: list[Hashable] = [key[0] if type(key) is tuple and key else key for key in self.keys]
        if literal in self.functions:
            data = self.functions.index(literal)
            names = [
                literal if func == data else name
                for func, name in zip(self.function_index, names, strict=True)
            ]
        prefixes: dict[str, int] = {}
        of_name: dict[Hashable, int] = dict.fromkeys(names, 0)
        for name in of_name:
            prefix = "" if name is literal else key_prefix(name)  # type: ignore[arg-type]
            of_name[name] = prefixes.setdefault(prefix, len(prefixes))
        return list(prefixes), array("i", map(of_name.__getitem__, names))

    @property
    def prefixes(self) -> list[str]:
        """Names of the groups of tasks; ``""`` is the group of literal data."""
        return self._labels[0]

    @property
    def prefix_index(self) -> array[int]:
        """Row -> position in ``prefixes``: what panes group and colour by."""
        return self._labels[1]

    def source(self, number: int) -> Source:
        """Return where task ``number`` was written."""
        return self.sources[self.source_index[number]]

    def function(self, number: int) -> Callable[..., Any]:
        """Return the function of task ``number``."""
        return self.functions[self.function_index[number]]

    def __repr__(self) -> str:
        return f"<TaskTable: {len(self)} tasks, {len(self.outputs)} outputs>"


class TableBuilder:
    """Grows the columns of a table row by row."""

    def __init__(self) -> None:
        self.keys: list[Key] = []
        self.functions: list[Callable[..., Any]] = []
        self.function_index: list[int] = []
        self.templates: list[Template | tuple[Any, ...] | None] = []
        self.inputs: list[tuple[int, ...]] = []
        self.sources: list[Source] = []
        self.source_index = array("i")
        self.annotations: dict[int, Mapping[str, Any]] = {}
        self._function_number: dict[int, int] = {}
        self._source_number: dict[int, int] = {}

    def add(
        self,
        key: Key,
        func: Callable[..., Any],
        template: Template | tuple[Any, ...] | None,
        inputs: tuple[int, ...],
    ) -> int:
        """Append one row and return its number."""
        # By identity: callables may be unhashable or compare oddly.  The list keeps them alive.
        index = self._function_number.get(id(func))
        if index is None:
            index = self._function_number[id(func)] = len(self.functions)
            self.functions.append(func)
        self.function_index.append(index)
        self.keys.append(key)
        self.templates.append(template)
        self.inputs.append(inputs)
        return len(self.keys) - 1

    def mark_source(self, source: Source) -> None:
        """Say where the row added last was written; all rows say it, or none."""
        index = self._source_number.get(id(source))
        if index is None:
            index = self._source_number[id(source)] = len(self.sources)
            self.sources.append(source)
        self.source_index.append(index)

    def finish(self, outputs: list[int], output_keys: Sequence[Key] = ()) -> TaskTable:
        """Return the table with these outputs, asked for under these keys."""
        return TaskTable(
            self.keys,
            self.functions,
            self.function_index,
            self.templates,
            self.inputs,
            outputs,
            output_keys=list(output_keys),
            sources=self.sources or None,
            source_index=self.source_index if self.sources else None,
            annotations=self.annotations,
        )


def compile_graph(
    graph: Graph | Mapping[Key, Node],
    wanted: Sequence[Key],
    *,
    order: Literal["depth", "given"] = "depth",
) -> TaskTable:
    """Compile what ``wanted`` needs of ``graph`` into a table, in linear time.

    Parameters
    ----------
    graph : Graph
        Nodes by key, and layers; what ``wanted`` does not need is left out.
    wanted : sequence of Key
        Keys of the results to keep.
    order : {"depth", "given"}
        ``"depth"`` numbers depth first, so that intermediate results die young.  ``"given"`` keeps
        the order in which the graph holds its nodes; every input must stand before its users.
        Layers are always numbered depth first.

    Returns
    -------
    TaskTable

    Raises
    ------
    MissingKeyError
        If a key is wanted or taken that no node makes.
    CycleError
        If a node needs itself.
    """
    if isinstance(graph, Graph) and graph.layers:
        from treadle.graph.columnar import compile_layers

        return compile_layers(graph, wanted)
    builder = TableBuilder()
    add, mark_source = builder.add, builder.mark_source

    def parse(key: Key) -> Parsed:
        node = graph[key]
        if isinstance(node, Task):
            return node.inputs, node, None
        if isinstance(node, Alias):
            return (node.target,), ALIAS, None
        return (), node, None

    def emit(key: Key, node: Task | DataNode, _: None, inputs: tuple[int, ...]) -> int:
        if isinstance(node, Task):
            number = add(key, node.func, node.template, inputs)
            mark_source(node.source)
            if node.annotations:
                builder.annotations[number] = node.annotations
            return number
        number = add(key, literal, (node.value,), ())
        mark_source(UNKNOWN)
        return number

    roots: Sequence[Key] = wanted if order == "depth" else list(graph)
    numbers = depth_first(roots, parse, emit, known=graph)
    if order == "given":
        missing = [key for key in wanted if key not in numbers]
        if missing:
            depth_first(missing, parse, emit, known=graph)
    return builder.finish([numbers[key] for key in wanted], wanted)


__all__ = ["DataNode", "TableBuilder", "TaskTable", "compile_graph", "literal"]

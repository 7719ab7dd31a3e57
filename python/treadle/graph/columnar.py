"""Compiles graphs that have layers: numbers blocks, culls, orders, and writes the columns.

Every block of every layer has a place in one range of integers, and the single nodes of the graph
come after them.  All that is done for many tasks at once is done on arrays of these; the one loop
over tasks in Python is the depth-first walk that gives them their order.

::

    number   blocks and nodes: an offset a layer
    cull     from what is wanted, layer by layer: masks
    link     inputs as compressed rows, aliases followed to what they stand for
    order    depth first, so that results are used soon after they are made
    write    the columns of a table, in that order
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from treadle.errors import CycleError, MissingKeyError
from treadle.graph.graph import Graph, node_inputs
from treadle.graph.layer import AnyTemplate, Integers, Layer, ranges
from treadle.graph.naming import key_prefix
from treadle.graph.source import UNKNOWN, Source
from treadle.graph.spec import Alias, DataNode, Node, Task
from treadle.graph.table import TaskTable, literal
from treadle.types import Key

Mask = npt.NDArray[np.bool_]


def compile_layers(graph: Graph, wanted: Sequence[Key]) -> TaskTable:
    """Compile what ``wanted`` needs of a graph with layers; see ``compile_graph``."""
    places = _Places(graph)
    outputs = np.array([places.find(key) for key in wanted], np.int64)
    needed = _cull(places, outputs)
    links = _link(places, needed, outputs)
    order = _order(links)
    return _write(places, links, order, wanted)


class _Places:
    """Where every block and every node of a graph stands in one range of integers."""

    def __init__(self, graph: Graph):
        self.graph = graph
        self.layers: list[Layer] = list(graph.layers.values())
        counts = [layer.rows for layer in self.layers]
        self.offsets = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]).astype(np.int64)
        self.nodes_begin = int(self.offsets[-1])
        self.nodes: list[Node] = list(graph.values())
        self.total = self.nodes_begin + len(self.nodes)
        self._layer_number = {layer.name: n for n, layer in enumerate(self.layers)}
        self._node_number = {key: self.nodes_begin + n for n, key in enumerate(graph)}

    def find(self, key: Key, user: Key | None = None) -> int:
        """Return the place of a key."""
        place = self._node_number.get(key)
        if place is not None:
            return place
        name = key[0] if isinstance(key, tuple) and key else key
        number = self._layer_number.get(name)  # type: ignore[arg-type]
        if number is not None:
            row = self.layers[number].row_of(key)
            if row is not None:
                return int(self.offsets[number]) + row
        raise MissingKeyError(key, user)

    def starts(self, layer: Layer) -> Integers:
        """Return the places of the first blocks of what a layer takes."""
        return np.array([self._start(key, layer) for key in layer.inputs.producers], np.int64)

    def _start(self, producer: Key, user: Layer) -> int:
        number = self._layer_number.get(producer)  # type: ignore[arg-type]
        return self.find(producer, user.name) if number is None else int(self.offsets[number])

    def inputs(self, number: int, rows: Integers) -> tuple[Integers, Integers]:
        """Return how many inputs some rows of a layer have, and the places of all of them."""
        layer = self.layers[number]
        counts, producer, block = layer.inputs.of(rows)
        if not len(block):
            return counts, block
        return counts, self.starts(layer)[producer] + block

    def node_inputs(self, place: int) -> list[int]:
        """Return the places of what a single node takes."""
        node = self.nodes[place - self.nodes_begin]
        return [self.find(key, node.key) for key in node_inputs(node)]

    def key_of(self, place: int) -> Key:
        if place >= self.nodes_begin:
            return self.nodes[place - self.nodes_begin].key
        number = int(np.searchsorted(self.offsets, place, "right")) - 1
        return self.layers[number].key_of(place - int(self.offsets[number]))


# -- cull ----------------------------------------------------------------------------------------


def _cull(places: _Places, outputs: Integers) -> Mask:
    """Return a mask of the places that ``outputs`` need."""
    needed = np.zeros(places.total, bool)
    fresh = _sorted(outputs, places.total)
    while len(fresh):
        needed[fresh] = True
        found = np.concatenate([_inputs_of_layers(places, fresh), _inputs_of_nodes(places, fresh)])
        fresh = _sorted(found[~needed[found]], places.total)
    return needed


def _sorted(numbers: Integers, total: int) -> Integers:
    """Return each number once, in order; by a mask where that is cheaper than sorting."""
    if 20 * len(numbers) < total:
        return np.unique(numbers)
    mask = np.zeros(total, bool)
    mask[numbers] = True
    return np.flatnonzero(mask)


def _inputs_of_layers(places: _Places, fresh: Integers) -> Integers:
    bounds = np.searchsorted(fresh, places.offsets)
    found = [
        places.inputs(number, fresh[low:high] - places.offsets[number])[1]
        for number, (low, high) in enumerate(pairwise(bounds))
        if low < high
    ]
    return np.concatenate(found) if found else np.empty(0, np.int64)


def _inputs_of_nodes(places: _Places, fresh: Integers) -> Integers:
    begin = np.searchsorted(fresh, places.nodes_begin)
    found = [other for place in fresh[begin:].tolist() for other in places.node_inputs(place)]
    return np.array(found, np.int64)


# -- link ----------------------------------------------------------------------------------------


class _Links:
    """The tasks that are left, numbered close together, and what each takes.

    Attributes
    ----------
    place : array of int
        Task -> its place.
    indptr, indices : array of int
        Inputs of each task, as tasks, in compressed rows.
    bounds : array of int
        Layer ``n`` has the tasks ``bounds[n]`` to ``bounds[n + 1]``; single nodes come last.
    outputs : array of int
        Tasks whose results are wanted.
    """

    __slots__ = ("bounds", "indices", "indptr", "outputs", "place")

    def __init__(
        self,
        place: Integers,
        indptr: Integers,
        indices: Integers,
        bounds: Integers,
        outputs: Integers,
    ):
        self.place = place
        self.indptr = indptr
        self.indices = indices
        self.bounds = bounds
        self.outputs = outputs


def _link(places: _Places, needed: Mask, outputs: Integers) -> _Links:
    stands_for = _follow_aliases(places, needed)
    place = np.flatnonzero(needed)
    bounds = np.searchsorted(place, places.offsets)
    counts, inputs = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for number, (low, high) in enumerate(pairwise(bounds)):
        if low < high:
            of_rows = places.inputs(number, place[low:high] - places.offsets[number])
            counts.append(of_rows[0])
            inputs.append(of_rows[1])
    of_nodes = [places.node_inputs(n) for n in place[bounds[-1] :].tolist()]
    counts.append(np.array([len(row) for row in of_nodes], np.int64))
    inputs.append(np.array([other for row in of_nodes for other in row], np.int64))
    indptr = np.concatenate([[0], np.cumsum(np.concatenate(counts))])
    task_of = np.zeros(places.total, np.int64)
    task_of[place] = np.arange(len(place))
    if stands_for is not None:
        task_of = task_of[stands_for]
    return _Links(place, indptr, task_of[np.concatenate(inputs)], bounds, task_of[outputs])


def _follow_aliases(places: _Places, needed: Mask) -> Integers | None:
    """Return place -> the place that makes its result, and strike aliases from ``needed``."""
    stands_for: Integers | None = None
    bounds = places.offsets
    layers = [n for n, layer in enumerate(places.layers) if layer.alias]
    nodes = [
        place
        for place in (np.flatnonzero(needed[places.nodes_begin :]) + places.nodes_begin).tolist()
        if isinstance(places.nodes[place - places.nodes_begin], Alias)
    ]
    if layers or nodes:
        stands_for = np.arange(places.total)
    for number in layers:
        rows = np.flatnonzero(needed[bounds[number] : bounds[number + 1]])
        if len(rows):
            stands_for[rows + bounds[number]] = places.inputs(number, rows)[1]  # type: ignore[index]
            needed[bounds[number] : bounds[number + 1]] = False
    for place in nodes:
        (stands_for[place],) = places.node_inputs(place)  # type: ignore[index]
        needed[place] = False
    while stands_for is not None:
        further = stands_for[stands_for]
        if np.array_equal(further, stands_for):
            break
        stands_for = further
    return stands_for


# -- order ---------------------------------------------------------------------------------------


def _order(links: _Links) -> list[int]:
    """Return the tasks depth first: each right behind the last of its inputs."""
    size = len(links.place)
    # The stack takes a row's inputs in one piece, the first on top: so all of it stands reversed.
    flat = links.indices[::-1].tolist()
    begins = (len(flat) - links.indptr[1:]).tolist()
    ends = (len(flat) - links.indptr[:-1]).tolist()
    seen = bytearray(size)
    order: list[int] = []
    emit = order.append
    stack = links.outputs[::-1].tolist()
    pop, push, extend = stack.pop, stack.append, stack.extend
    while stack:
        task = pop()
        if task < 0:
            emit(~task)
        elif not seen[task]:
            seen[task] = 1
            begin, end = begins[task], ends[task]
            if begin == end:
                emit(task)
            else:
                push(~task)
                extend(flat[begin:end])
    return order


# -- write ---------------------------------------------------------------------------------------


class BlockKeys(Sequence[Key]):
    """The keys of a table's rows, made when somebody asks for one."""

    def __init__(self, places: _Places, place: list[int]):
        self._layers = places.layers
        self._offsets: list[int] = places.offsets.tolist()
        self._nodes: list[Key] = [node.key for node in places.nodes]
        self._place = place

    def __len__(self) -> int:
        return len(self._place)

    @overload
    def __getitem__(self, index: int) -> Key: ...
    @overload
    def __getitem__(self, index: slice) -> list[Key]: ...
    def __getitem__(self, index: int | slice) -> Key | list[Key]:
        if isinstance(index, slice):
            return [self._key(place) for place in self._place[index]]
        return self._key(self._place[index])

    def __iter__(self) -> Iterator[Key]:
        return map(self._key, self._place)

    def __repr__(self) -> str:
        return f"<BlockKeys: {len(self)} keys>"

    def _key(self, place: int) -> Key:
        if place >= self._offsets[-1]:
            return self._nodes[place - self._offsets[-1]]
        number = bisect_right(self._offsets, place) - 1
        return self._layers[number].key_of(place - self._offsets[number])


class _Columns:
    """What tasks are, layer after layer, before they are put in order."""

    def __init__(self) -> None:
        self.functions: list[Callable[..., Any]] = []
        self.function: list[Integers] = []
        self.templates: list[AnyTemplate] = []
        self.prefixes: dict[str, int] = {}
        self.prefix: list[Integers] = []
        self.sources: dict[int, tuple[Source, int]] = {}
        self.source: list[Integers] = []
        self.annotations: dict[int, Mapping[str, Any]] = {}
        self._function_number: dict[int, int] = {}
        self._tasks = 0

    def add_layer(self, layer: Layer, rows: Integers) -> None:
        numbers = np.array([self._function(function) for function in layer.functions], np.int64)
        index = layer.function_index
        chosen = np.full(len(rows), numbers[0]) if index is None else numbers[index[rows]]
        if layer.templates is None:
            templates = [layer.template] * len(rows)
        elif len(rows) == layer.rows:
            templates = layer.templates
        else:
            templates = [layer.templates[row] for row in rows.tolist()]
        prefix = "" if layer.functions == [literal] else key_prefix(layer.name)
        self._add(len(rows), chosen, templates, prefix, layer.source, layer.annotations)

    def add_node(self, node: Node) -> None:
        if isinstance(node, Task):
            chosen, template = self._function(node.func), node.template
            prefix, source, annotations = key_prefix(node.key), node.source, node.annotations
        else:
            assert isinstance(node, DataNode)
            chosen, template = self._function(literal), (node.value,)
            prefix, source, annotations = "", UNKNOWN, None
        self._add(1, np.array([chosen]), [template], prefix, source, annotations)

    def _function(self, function: Callable[..., Any]) -> int:
        number = self._function_number.setdefault(id(function), len(self.functions))
        if number == len(self.functions):
            self.functions.append(function)
        return number

    def _add(
        self,
        count: int,
        function: Integers,
        templates: list[AnyTemplate],
        prefix: str,
        source: Source,
        annotations: Mapping[str, Any] | None,
    ) -> None:
        self.function.append(function)
        self.templates += templates
        number = self.prefixes.setdefault(prefix, len(self.prefixes))
        self.prefix.append(np.full(count, number))
        _, number = self.sources.setdefault(id(source), (source, len(self.sources)))
        self.source.append(np.full(count, number))
        if annotations:
            self.annotations |= dict.fromkeys(range(self._tasks, self._tasks + count), annotations)
        self._tasks += count


def _write(places: _Places, links: _Links, order: list[int], wanted: Sequence[Key]) -> TaskTable:
    columns = _Columns()
    for number, (low, high) in enumerate(pairwise(links.bounds)):
        if low < high:
            columns.add_layer(places.layers[number], links.place[low:high] - places.offsets[number])
    for place in links.place[links.bounds[-1] :].tolist():
        columns.add_node(places.nodes[place - places.nodes_begin])
    tasks = np.array(order, np.int64)
    row_of = np.empty(len(tasks), np.int64)
    row_of[tasks] = np.arange(len(tasks))
    keys = BlockKeys(places, links.place[tasks].tolist())
    templates = columns.templates
    if len(tasks):
        function, prefix, source = (
            np.concatenate(parts)[tasks]
            for parts in (columns.function, columns.prefix, columns.source)
        )
    else:
        function = prefix = source = tasks
    return TaskTable(
        keys,
        columns.functions,
        function.tolist(),
        [templates[task] for task in order],
        _inputs_in_order(links, tasks, row_of, keys),
        row_of[links.outputs].tolist(),
        output_keys=list(wanted),
        sources=[found for found, _ in columns.sources.values()],
        source_index=_array(source),
        annotations={int(row_of[task]): value for task, value in columns.annotations.items()},
        prefixes=list(columns.prefixes),
        prefix_index=_array(prefix),
    )


def _inputs_in_order(
    links: _Links, tasks: Integers, row_of: Integers, keys: BlockKeys
) -> list[tuple[int, ...]]:
    counts = np.diff(links.indptr)[tasks]
    flat = row_of[links.indices[ranges(links.indptr[tasks], counts)]]
    late = flat >= np.repeat(np.arange(len(tasks)), counts)
    if late.any():
        row = int(np.repeat(np.arange(len(tasks)), counts)[late][0])
        raise CycleError([keys[row], keys[int(flat[late][0])], keys[row]])
    values = tuple(flat.tolist())
    width = int(counts[0]) if len(counts) else 0
    if width and bool((counts == width).all()):
        return list(zip(*[iter(values)] * width, strict=True))
    ends = np.cumsum(counts)
    return [
        values[begin:end]
        for begin, end in zip((ends - counts).tolist(), ends.tolist(), strict=True)
    ]


def _array(numbers: Integers) -> array[int]:
    column = array("i")
    column.frombytes(numbers.astype(np.int32).tobytes())
    return column

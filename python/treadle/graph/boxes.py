"""What the boxes and lines of a picture stand for: tasks, data, or groups of tasks.

The group of a task is the prefix of its key. Nothing here knows where boxes go.

>>> key_label("load-0123456789abcdef"), data_label([1, 2])
('load', 'list of 2')
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from treadle.graph.table import literal
from treadle.utils.format import count, shorten

if TYPE_CHECKING:
    from treadle.graph.layout import Point
    from treadle.graph.table import TaskTable
    from treadle.types import Key

LABEL_WIDTH = 28

_TOKEN = re.compile(r"[-_]?[0-9a-f]{8,}$")


@dataclass(slots=True)
class Box:
    """One box of a picture; ``x`` and ``y`` are its top left corner in pixels.

    Attributes
    ----------
    label, detail : str
        What stands in the box, and what a hover adds.
    group : str
        Prefix of its tasks' keys, ``""`` for data.
    category : int
        Position of the group in order of first appearance, which gives its colour; -1 for data.
    count : int
        Tasks it stands for, 0 for data.
    output : bool
        Whether a result that was asked for comes out of it.
    inner : int
        Inputs that its tasks take from one another.
    """

    label: str
    detail: str
    group: str
    category: int
    count: int = 1
    output: bool = False
    inner: int = 0
    x: float = 0.0
    y: float = 0.0
    width: float = 0.0
    height: float = 0.0


@dataclass(slots=True)
class Line:
    """From box ``source`` to box ``target``, standing for ``count`` inputs.

    ``backward`` lines close a circle between groups and run up; tasks themselves have no circles.
    """

    source: int
    target: int
    count: int
    backward: bool = False
    route: tuple[Point, ...] = ()


def data_rows(table: TaskTable) -> list[bool]:
    """Tell for each row whether it is data rather than a task."""
    is_data = [func is literal for func in table.functions]
    return [is_data[index] for index in table.function_index]


def task_layers(table: TaskTable, data: list[bool]) -> tuple[list[int], int]:
    """Layer of each task (data don't count as one), and how many layers there are."""
    layers = [-1] * len(table)
    for number, row in enumerate(table.inputs):
        if not data[number]:
            layers[number] = 1 + max([layers[source] for source in row], default=-1)
    return layers, 1 + max(layers, default=-1)


def boxes_of_tasks(
    table: TaskTable, data: list[bool], category: dict[int, int], *, show_data: bool
) -> tuple[list[Box], list[Line]]:
    """Return a box for every task, and for every piece of data if wanted."""
    outputs = set(table.outputs)
    prefixes, prefix_index = table.prefixes, table.prefix_index
    boxes: list[Box] = []
    box_of: dict[int, int] = {}
    for number, key in enumerate(table.keys):
        if data[number] and not show_data:
            continue
        box_of[number] = len(boxes)
        if data[number]:
            template = table.templates[number]
            value = template[0] if type(template) is tuple and template else None
            box = Box(data_label(value), f"data {_key_text(key)}", "", -1, count=0)
        else:
            source = table.source(number)
            where = f"\n{source.short}\n{source.text}".rstrip() if source.line else ""
            box = Box(
                key_label(key),
                f"{_key_text(key)}{where}",
                prefixes[prefix_index[number]],
                category[prefix_index[number]],
            )
        box.output = number in outputs
        boxes.append(box)
    lines = [
        Line(box_of[source], box_of[number], times)
        for number, row in enumerate(table.inputs)
        for source, times in Counter(row).items()
        if source in box_of
    ]
    return boxes, lines


class Groups:
    """The groups of a table: how many tasks each has and how many inputs run between them."""

    def __init__(self, table: TaskTable, data: list[bool], layers: list[int]):
        self.names = table.prefixes
        index = table.prefix_index
        self.sizes = [0] * len(self.names)
        depth = [0] * len(self.names)
        #: group -> order of first appearance among groups of tasks: what gives its colour
        self.category: dict[int, int] = {}
        for number, group in enumerate(index):
            if not data[number]:
                self.sizes[group] += 1
                depth[group] += layers[number]
                self.category.setdefault(group, len(self.category))
        self.depth = {group: depth[group] / self.sizes[group] for group in self.category}
        self.links: Counter[tuple[int, int]] = Counter()
        for number, row in enumerate(table.inputs):
            group = index[number]
            for source in row:
                if not data[source]:
                    self.links[index[source], group] += 1
        self.with_outputs = {index[number] for number in table.outputs}

    def in_order(self) -> list[int]:
        """Groups from inputs to results.

        Groups may take from each other in circles (``add`` feeds ``sum`` feeds ``add``); the mean
        layer of their tasks says which way is down.
        """
        return sorted(self.category, key=lambda group: (self.depth[group], self.category[group]))

    def outline(self) -> list[tuple[str, int, list[str]]]:
        """Groups in order, with their sizes and the names of the groups they take from."""
        takes: dict[int, list[str]] = {}
        for source, target in sorted(self.links):
            takes.setdefault(target, []).append(self.names[source])
        return [
            (self.names[group], self.sizes[group], takes.get(group, []))
            for group in self.in_order()
        ]

    def boxes_and_lines(self, max_boxes: int) -> tuple[list[Box], list[Line]]:
        """Return a box for every group; the smallest share one when there are too many."""
        order = self.in_order()
        if len(order) > max_boxes:
            kept = set(sorted(order, key=lambda group: -self.sizes[group])[: max_boxes - 1])
            order = [group for group in order if group in kept]
        box_of = {group: number for number, group in enumerate(order)}
        boxes = [
            Box(
                shorten(self.names[group], LABEL_WIDTH),
                f"{self.names[group]}: {count(self.sizes[group], 'task')}",
                self.names[group],
                self.category[group],
                count=self.sizes[group],
                output=group in self.with_outputs,
            )
            for group in order
        ]
        rest = [group for group in self.category if group not in box_of]
        if rest:
            total = sum(self.sizes[group] for group in rest)
            label = f"{count(len(rest), 'smaller group')}"
            boxes.append(Box(label, f"{label}: {count(total, 'task')}", label, 8, count=total))
            box_of.update(dict.fromkeys(rest, len(boxes) - 1))
        merged: Counter[tuple[int, int]] = Counter()
        for (source, target), times in self.links.items():
            merged[box_of[source], box_of[target]] += times
        lines = []
        for (start, end), times in sorted(merged.items()):
            if start == end:
                boxes[start].inner = times
            else:
                lines.append(Line(start, end, times, backward=start > end))
        return boxes, lines


def key_label(key: Key) -> str:
    """Return a key as people say it: without its token.

    >>> key_label("load-0123456789abcdef"), key_label(("sum-0123456789abcdef", 3, 4))
    ('load', 'sum (3, 4)')
    """
    if type(key) is tuple and key:
        index = ", ".join(map(str, key[1:]))
        return shorten(
            f"{key_label(key[0])} ({index})" if index else key_label(key[0]), LABEL_WIDTH
        )
    text = str(key)
    return shorten(_TOKEN.sub("", text) or text, LABEL_WIDTH)


def data_label(value: Any) -> str:
    """Return what a piece of data says of itself; big or foreign values only say their type.

    >>> data_label(3.5), data_label("flights.csv"), data_label([1, 2])
    ('3.5', "'flights.csv'", 'list of 2')
    """
    if value is None or isinstance(value, (int, float, complex, str, bytes)):
        # Slicing first: the repr of a long text costs as much as the text.
        cut = value[:40] if isinstance(value, (str, bytes)) else value
        try:
            return shorten(repr(cut), LABEL_WIDTH)
        except ValueError:  # an int beyond the digits Python converts
            return type(value).__name__
    name = type(value).__name__
    if type(value) in (list, tuple, dict, set, frozenset):
        return f"{name} of {len(value)}"
    return shorten(name, LABEL_WIDTH)


def _key_text(key: Key) -> str:
    return shorten(key if isinstance(key, str) else repr(key), 200)

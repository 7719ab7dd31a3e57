"""A picture of a table of tasks: what its boxes are, and the forms in which it can be had.

Up to 400 boxes, one box a task and one a piece of data; beyond that one box a group (the prefix of
the keys) with the number of its tasks, and on every line the number of inputs it stands for.
``boxes.py`` says what boxes stand for, ``layout.py`` where they go and ``svg.py`` how they look.

>>> from operator import add
>>> from treadle.graph import Graph, Task, TaskRef
>>> from treadle.graph.table import compile_graph
>>> graph = Graph.of(Task("x", int, ("1",)), Task("total", add, (TaskRef("x"), 10)))
>>> picture = graph_picture(compile_graph(graph, ["total"]))
>>> print(picture.text())
2 tasks in 2 layers
  x      1 task
  total  1 task  after x
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from treadle.graph.boxes import (
    LABEL_WIDTH,
    Box,
    Groups,
    Line,
    boxes_of_tasks,
    data_rows,
    task_layers,
)
from treadle.graph.layout import GAP_Y, layered
from treadle.graph.svg import box_width, write_svg
from treadle.utils.format import count, shorten

if TYPE_CHECKING:
    import os

    from treadle.graph.table import TaskTable

MAX_BOXES = 400
MIME_TYPE = "application/vnd.treadle.graph.v1+json"
SUFFIXES = (".svg", ".json", ".txt")


@dataclass(slots=True)
class GraphPicture:
    """A graph laid out, as SVG, as JSON and as text.

    In a notebook it shows itself; elsewhere use :meth:`svg`, :meth:`json`, :meth:`text` and
    :meth:`save`.
    """

    boxes: list[Box]
    lines: list[Line]
    ntasks: int
    nlayers: int
    collapsed: bool
    width: float
    height: float
    outline: list[tuple[str, int, list[str]]]  # group, tasks, groups it takes from

    def svg(self) -> str:
        """Return the picture as an SVG document, readable on light and on dark ground."""
        return write_svg(self)

    def json(self) -> dict[str, Any]:
        """Return the picture as plain data; ``x`` and ``y`` are top left corners in pixels.

        Loops within a group are edges from a node to itself.
        """
        edges = [{"from": e.source, "to": e.target, "count": e.count} for e in self.lines]
        edges += [
            {"from": number, "to": number, "count": box.inner}
            for number, box in enumerate(self.boxes)
            if box.inner
        ]
        return {
            "version": 1,
            "collapsed": self.collapsed,
            "ntasks": self.ntasks,
            "width": round(self.width, 1),
            "height": round(self.height, 1),
            "nodes": [
                {
                    "id": number,
                    "label": box.label,
                    "group": box.group,
                    "category": box.category,
                    "count": box.count,
                    "output": box.output,
                    "x": round(box.x, 1),
                    "y": round(box.y, 1),
                    "width": round(box.width, 1),
                    "height": round(box.height, 1),
                }
                for number, box in enumerate(self.boxes)
            ],
            "edges": edges,
        }

    def text(self) -> str:
        """Return an outline: the groups in order, and what each takes its inputs from."""
        lines = [f"{count(self.ntasks, 'task')} in {count(self.nlayers, 'layer')}"]
        shown = self.outline[:40]
        name_width = max((min(len(name), LABEL_WIDTH) for name, _, _ in shown), default=0)
        count_width = max((len(count(n, "task")) for _, n, _ in shown), default=0)
        for name, ntasks, inputs in shown:
            tasks = f"{count(ntasks, 'task'):<{count_width}}"
            line = f"  {shorten(name, LABEL_WIDTH):<{name_width}}  {tasks}"
            if inputs:
                more = f" and {len(inputs) - 6} more" * (len(inputs) > 6)
                line += f"  after {', '.join(shorten(i, LABEL_WIDTH) for i in inputs[:6])}{more}"
            lines.append(line.rstrip())
        if len(self.outline) > len(shown):
            lines.append(f"  and {count(len(self.outline) - len(shown), 'group')} more")
        return "\n".join(lines)

    def save(self, filename: str | os.PathLike[str]) -> Path:
        """Write the picture; the suffix says how: ``.svg``, ``.json`` or ``.txt``.

        Raises
        ------
        ValueError
            If the suffix is another.
        """
        path = Path(filename)
        match path.suffix.lower():
            case ".svg":
                text = self.svg()
            case ".json":
                text = json.dumps(self.json(), indent=1)
            case ".txt":
                text = self.text() + "\n"
            case _:
                raise ValueError(
                    f"cannot draw a graph to {str(filename)!r}: end the name in .svg, .json or "
                    ".txt (a browser turns an .svg into other formats)"
                )
        path.write_text(text, encoding="utf-8")
        return path

    def __repr__(self) -> str:
        return self.text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {MIME_TYPE: self.json(), "image/svg+xml": self.svg(), "text/plain": self.text()}


def graph_picture(table: TaskTable, *, max_boxes: int = MAX_BOXES) -> GraphPicture:
    """Lay out the graph of ``table``.

    Parameters
    ----------
    table : TaskTable
        Tasks and what they take.
    max_boxes : int
        Beyond this number of tasks, groups are drawn in their place.

    Returns
    -------
    GraphPicture
    """
    data = data_rows(table)
    layers, nlayers = task_layers(table, data)
    groups = Groups(table, data, layers)
    ntasks = len(table) - sum(data)
    collapsed = ntasks > max_boxes
    if collapsed:
        boxes, lines = groups.boxes_and_lines(max_boxes)
    else:
        # Data are drawn when there is room; lists of big literals would drown the tasks.
        boxes, lines = boxes_of_tasks(
            table, data, groups.category, show_data=len(table) <= max_boxes
        )
    picture = GraphPicture(boxes, lines, ntasks, nlayers, collapsed, 0.0, 0.0, groups.outline())
    _place(picture)
    return picture


def visualize_table(
    table: TaskTable, filename: str | os.PathLike[str] | None = None
) -> GraphPicture:
    """Draw ``table``, and write the picture too when ``filename`` is given."""
    if filename is not None and Path(filename).suffix.lower() not in SUFFIXES:
        GraphPicture([], [], 0, 0, False, 0.0, 0.0, []).save(filename)  # refuse before the work
    picture = graph_picture(table)
    if filename is not None:
        picture.save(filename)
    return picture


def _place(picture: GraphPicture) -> None:
    """Give boxes their places and lines their courses."""
    height, gap = (40.0, 52.0) if picture.collapsed else (26.0, GAP_Y)
    widths = [box_width(box, collapsed=picture.collapsed) for box in picture.boxes]
    # A circle of two groups is one pair of boxes to the layout: every pair once, pointing down.
    downward = [
        (line.target, line.source) if line.backward else (line.source, line.target)
        for line in picture.lines
    ]
    pairs = list(dict.fromkeys(downward))
    layout = layered(widths, pairs, height=height, gap=gap)
    for box, width, x, y in zip(picture.boxes, widths, layout.x, layout.y, strict=True):
        box.width, box.height = width, height
        box.x, box.y = x - width / 2, y - height / 2
    routes = dict(zip(pairs, layout.routes, strict=True))
    twins = {pair for pair, times in Counter(downward).items() if times > 1}
    for line, pair in zip(picture.lines, downward, strict=True):
        # Two lines of a circle stand side by side.
        shift = 0.0 if pair not in twins else 14.0 if line.backward else -14.0
        route = [(x + shift, y) for x, y in routes[pair]]
        line.route = tuple(reversed(route)) if line.backward else tuple(route)
    picture.width, picture.height = layout.width, layout.height

"""Where the boxes of a picture go: a small layered layout, pure and deterministic.

This file places boxes and bends lines; what a box means and how it looks is ``draw.py``'s.

::

    layers     every box stands one layer below its lowest input (longest path)
    dummies    an edge over several layers gets a point in each, so that it bends around boxes
    order      sweeps sort every layer by the mean position of its neighbours; fewest crossings wins
    x          every box moves to the mean of its neighbours as far as the order and the gaps allow
    packing    parts that hang together are laid out alone and then put on shelves

Time is near linear in boxes and edges: 400 boxes take a few hundredths of a second.

>>> layout = layered([40, 40, 40], [(0, 2), (1, 2)])
>>> layout.layers, layout.x[2] == (layout.x[0] + layout.x[1]) / 2
([0, 0, 1], True)
"""

from __future__ import annotations

from bisect import bisect_right, insort
from dataclasses import dataclass, field
from itertools import pairwise
from math import sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

Point = tuple[float, float]
Edge = tuple[int, int]

GAP_X = 18.0  # between two boxes of a layer
GAP_Y = 34.0  # between two layers
DUMMY_GAP = 9.0  # between a line and its neighbour
MAX_DUMMIES = 3000  # beyond, the longest edges run straight
ASPECT = 1.6  # width over height that packing aims at


@dataclass(slots=True)
class Layout:
    """Places of boxes and courses of edges, in pixels, y growing downward.

    Attributes
    ----------
    layers : list of int
        Layer of each box within its part, 0 at the top.
    x, y : list of float
        Centre of each box.
    routes : list of list of (float, float)
        Points each edge passes: bottom of its source, past the layers between, top of its target.
    width, height : float
        Size of the whole; everything lies between 0 and these.
    """

    layers: list[int]
    x: list[float]
    y: list[float]
    routes: list[list[Point]]
    width: float
    height: float


def layered(
    widths: Sequence[float], edges: Sequence[Edge], *, height: float = 26.0, gap: float = GAP_Y
) -> Layout:
    """Lay out boxes so that every edge points down.

    Parameters
    ----------
    widths : sequence of float
        Width of each box; all are ``height`` high.
    edges : sequence of (int, int)
        From an input to its user, each pair once; no cycles.
    height, gap : float
        Height of a box, and the least room between two layers.

    Raises
    ------
    ValueError
        If the edges have a cycle.
    """
    layers = longest_path_layers(len(widths), edges)
    layout = Layout(layers, [0.0] * len(widths), [0.0] * len(widths), [[] for _ in edges], 0, 0)
    parts = []
    for boxes, numbers in _connected_parts(len(widths), edges):
        part = _Part(
            boxes, [(number, edges[number]) for number in numbers], widths, layers, height, gap
        )
        part.choose_order()
        part.choose_x()
        parts.append(part)
    for part, (left, top) in zip(parts, _shelves([part.size() for part in parts]), strict=True):
        part.write(layout, left, top)
    return layout


def longest_path_layers(nboxes: int, edges: Sequence[Edge]) -> list[int]:
    """Return each box's layer: one below its lowest input; inputs stand close above their users."""
    missing = [0] * nboxes
    users: list[list[int]] = [[] for _ in range(nboxes)]
    for source, target in edges:
        missing[target] += 1
        users[source].append(target)
    sources = [box for box in range(nboxes) if not missing[box]]
    layers = [0] * nboxes
    done = list(sources)
    for box in done:  # grows while it is read: Kahn's order
        for user in users[box]:
            layers[user] = max(layers[user], layers[box] + 1)
            missing[user] -= 1
            if not missing[user]:
                done.append(user)
    if len(done) < nboxes:
        stuck = next(box for box in range(nboxes) if missing[box])
        raise ValueError(f"the edges have a cycle through or above box {stuck}")
    for box in sources:  # a late input is drawn late: shorter lines, as many layers
        if users[box]:
            layers[box] = min(layers[user] for user in users[box]) - 1
    return layers


def _connected_parts(nboxes: int, edges: Sequence[Edge]) -> list[tuple[list[int], list[int]]]:
    """Split into (boxes, numbers of edges) that hang together, in order of their first boxes."""
    leader = list(range(nboxes))

    def find(box: int) -> int:
        while leader[box] != box:
            leader[box] = leader[leader[box]]
            box = leader[box]
        return box

    for source, target in edges:
        first, second = sorted((find(source), find(target)))
        leader[second] = first
    parts: dict[int, tuple[list[int], list[int]]] = {}
    for box in range(nboxes):
        parts.setdefault(find(box), ([], []))[0].append(box)
    for number, (source, _) in enumerate(edges):
        parts[find(source)][1].append(number)
    return list(parts.values())


def _shelves(sizes: Sequence[Point]) -> list[Point]:
    """Put rectangles on shelves, in their order; return their top left corners."""
    gap = 2 * GAP_X
    area = sum((width + gap) * (height + gap) for width, height in sizes)
    limit = max([sqrt(area * ASPECT), *(width for width, _ in sizes)])
    corners = []
    left = top = depth = 0.0
    for width, height in sizes:
        if left and left + width > limit:
            left, top, depth = 0.0, top + depth + gap, 0.0
        corners.append((left, top))
        left += width + gap
        depth = max(depth, height)
    return corners


@dataclass(slots=True)
class _Part:
    """One connected part.  Vertices are local numbers: boxes first, then dummies."""

    boxes: list[int]
    numbered_edges: list[tuple[int, Edge]]
    widths: Sequence[float]
    box_layers: Sequence[int]
    height: float
    gap: float
    layer_of: list[int] = field(init=False)
    above: list[list[int]] = field(init=False)
    below: list[list[int]] = field(init=False)
    order: list[list[int]] = field(init=False)
    chains: dict[int, list[int]] = field(init=False)
    x: list[float] = field(init=False)

    def __post_init__(self) -> None:
        top = min(self.box_layers[box] for box in self.boxes)
        local = {box: vertex for vertex, box in enumerate(self.boxes)}
        self.layer_of = [self.box_layers[box] - top for box in self.boxes]
        self.above = [[] for _ in self.boxes]
        self.below = [[] for _ in self.boxes]
        self.chains = {}
        spare = MAX_DUMMIES
        # Short edges first: when the spare is used up it is the longest that go without.
        spans = [
            (self.box_layers[target] - self.box_layers[source], number, source, target)
            for number, (source, target) in self.numbered_edges
        ]
        for span, number, source, target in sorted(spans):
            chain = [local[source], local[target]]
            if span > 1:
                spare -= span - 1
                if spare < 0:
                    self.chains[number] = chain
                    continue
                chain[1:1] = [self._add_dummy(chain[0], step) for step in range(1, span)]
            self.chains[number] = chain
            for upper, lower in pairwise(chain):
                self.below[upper].append(lower)
                self.above[lower].append(upper)

    def _add_dummy(self, source: int, step: int) -> int:
        self.layer_of.append(self.layer_of[source] + step)
        self.above.append([])
        self.below.append([])
        return len(self.layer_of) - 1

    # -- order within layers -------------------------------------------------------------------

    def choose_order(self) -> None:
        """Sort every layer so that few edges cross: a depth-first start, then sweeps."""
        self.order = self._depth_first_order()
        nsegments = sum(map(len, self.below))
        best, fewest = [list(row) for row in self.order], self._crossings()
        for sweep in range(12 if nsegments < 800 else 6 if nsegments < 2500 else 2):
            if not fewest:
                break
            self._sweep(downward=sweep % 2 == 0)
            crossings = self._crossings()
            if crossings < fewest:
                best, fewest = [list(row) for row in self.order], crossings
        self.order = best

    def _depth_first_order(self) -> list[list[int]]:
        """Layers in the order in which a walk up from the results meets the vertices."""
        order: list[list[int]] = [[] for _ in range(max(self.layer_of) + 1)]
        seen = [False] * len(self.layer_of)
        ends = [vertex for vertex in range(len(self.boxes)) if not self.below[vertex]]
        stack = ends[::-1]
        while stack:
            vertex = stack.pop()
            if seen[vertex]:
                continue
            seen[vertex] = True
            order[self.layer_of[vertex]].append(vertex)
            stack.extend(reversed(self.above[vertex]))
        return order

    def _sweep(self, *, downward: bool) -> None:
        """Sort each layer by the mean place of its neighbours in the layer before it."""
        place = [0.0] * len(self.layer_of)
        rows = self.order if downward else self.order[::-1]
        neighbours = self.above if downward else self.below
        for row in rows:
            for index, vertex in enumerate(row):
                near = neighbours[vertex]
                # One without neighbours keeps its relative place.
                place[vertex] = (
                    sum(place[other] for other in near) / len(near)
                    if near
                    else (index + 0.5) / len(row)
                )
            row.sort(key=place.__getitem__)
            for index, vertex in enumerate(row):
                place[vertex] = (index + 0.5) / len(row)

    def _crossings(self) -> int:
        """Count the pairs of edges that cross between neighbouring layers."""
        place = [0] * len(self.layer_of)
        for row in self.order:
            for index, vertex in enumerate(row):
                place[vertex] = index
        total = 0
        for row in self.order:
            ends: list[int] = []
            for vertex in row:
                targets = sorted(place[lower] for lower in self.below[vertex])
                total += sum(len(ends) - bisect_right(ends, target) for target in targets)
                for target in targets:
                    insort(ends, target)
        return total

    # -- coordinates ---------------------------------------------------------------------------

    def choose_x(self) -> None:
        """Move every vertex towards its neighbours, keeping order and gaps."""
        self.x = [0.0] * len(self.layer_of)
        offsets = [self._offsets(row) for row in self.order]
        for row, places in zip(self.order, offsets, strict=True):
            for vertex, place in zip(row, places, strict=True):
                self.x[vertex] = place - places[-1] / 2
        both = [above + below for above, below in zip(self.above, self.below, strict=True)]
        rows = list(zip(self.order, offsets, strict=True))
        for near, course in (
            (self.above, rows),
            (self.below, rows[::-1]),
            (self.above, rows),
            (self.below, rows[::-1]),
            (both, rows),
            (both, rows[::-1]),
        ):
            for row, places in course:
                self._settle(row, places, near)

    def _offsets(self, row: list[int]) -> list[float]:
        """Places of a layer's vertices when they stand as close as they may."""
        places = [0.0]
        for left, right in pairwise(row):
            lines = (left >= len(self.boxes)) + (right >= len(self.boxes))
            gap = GAP_X if lines == 0 else DUMMY_GAP
            places.append(places[-1] + (self._width(left) + self._width(right)) / 2 + gap)
        return places

    def _width(self, vertex: int) -> float:
        return self.widths[self.boxes[vertex]] if vertex < len(self.boxes) else 1.0

    def _settle(self, row: list[int], places: list[float], near: list[list[int]]) -> None:
        """Least squares: as close to the wished places as order and gaps allow.

        Less the smallest places, the gaps vanish and the question is to fit a rising sequence,
        which pooling neighbours that are in each other's way answers exactly.
        """
        pools: list[tuple[float, float, int]] = []  # (weighted sum, weight, how many vertices)
        for vertex, place in zip(row, places, strict=True):
            others = near[vertex]
            if others:
                wish = sum(self.x[other] for other in others) / len(others)
                # Lines weigh more than boxes: a straight line is what the eye follows.
                weight = 4.0 if vertex >= len(self.boxes) else 1.0
            else:
                wish, weight = self.x[vertex], 0.1
            total, many = (wish - place) * weight, 1
            while pools and pools[-1][0] * weight >= total * pools[-1][1]:
                before = pools.pop()
                total, weight, many = total + before[0], weight + before[1], many + before[2]
            pools.append((total, weight, many))
        index = 0
        for total, weight, many in pools:
            for _ in range(many):
                self.x[row[index]] = total / weight + places[index]
                index += 1

    # -- result --------------------------------------------------------------------------------

    def _extent(self) -> Point:
        lows = [self.x[row[0]] - self._width(row[0]) / 2 for row in self.order]
        highs = [self.x[row[-1]] + self._width(row[-1]) / 2 for row in self.order]
        return min(lows), max(highs)

    def _step(self) -> float:
        """From one layer to the next; wide layers stand further apart, else lines lie too flat."""
        low, high = self._extent()
        return self.height + self.gap + min(90.0, (high - low) / 30) * (len(self.order) < 12)

    def size(self) -> Point:
        """Width and height of the part."""
        low, high = self._extent()
        return high - low, self._step() * (len(self.order) - 1) + self.height

    def write(self, layout: Layout, left: float, top: float) -> None:
        """Write places and routes, with the part's corner at (left, top)."""
        low, _ = self._extent()
        width, height = self.size()
        step, half = self._step(), self.height / 2
        xs = [x - low + left for x in self.x]
        ys = [top + half + layer * step for layer in self.layer_of]
        for vertex, box in enumerate(self.boxes):
            layout.x[box], layout.y[box] = xs[vertex], ys[vertex]
        for number, chain in self.chains.items():
            first, *between, last = chain
            route = [(xs[first], ys[first] + half)]
            for vertex in between:
                route += [(xs[vertex], ys[vertex] - half), (xs[vertex], ys[vertex] + half)]
            route.append((xs[last], ys[last] - half))
            layout.routes[number] = route
        layout.width = max(layout.width, left + width)
        layout.height = max(layout.height, top + height)

"""The layered layout: rules that hold for every graph."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.graph.layout import layered, longest_path_layers

HEIGHT = 26.0


@st.composite
def graphs(draw):
    """Widths of boxes, and edges that run from lower to higher numbers."""
    widths = draw(st.lists(st.floats(20, 200), min_size=1, max_size=40))
    numbers = st.integers(0, len(widths) - 1)
    pairs = draw(st.lists(st.tuples(numbers, numbers), max_size=80))
    return widths, sorted({(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]})


def longest_path(nboxes: int, edges: list[tuple[int, int]]) -> int:
    """Boxes on the longest path; edges run from lower to higher numbers."""
    length = [1] * nboxes
    for source, target in sorted(edges):
        length[target] = max(length[target], length[source] + 1)
    return max(length)


@given(graphs())
def test_no_two_boxes_overlap(graph):
    widths, edges = graph
    layout = layered(widths, edges, height=HEIGHT)
    boxes = [
        (x - w / 2, x + w / 2, y - HEIGHT / 2, y + HEIGHT / 2)
        for x, y, w in zip(layout.x, layout.y, widths, strict=True)
    ]

    overlaps = [
        (a, b)
        for a, one in enumerate(boxes)
        for b, two in enumerate(boxes[:a])
        if one[0] < two[1] - 1e-6
        and two[0] < one[1] - 1e-6
        and one[2] < two[3] - 1e-6
        and two[2] < one[3] - 1e-6
    ]

    assert overlaps == []


@given(graphs())
def test_every_edge_points_down_and_so_does_every_piece_of_it(graph):
    widths, edges = graph
    layout = layered(widths, edges, height=HEIGHT)

    for (source, target), route in zip(edges, layout.routes, strict=True):
        assert layout.layers[source] < layout.layers[target]
        heights = [y for _, y in route]
        assert heights == sorted(heights)
        assert route[0] == (layout.x[source], layout.y[source] + HEIGHT / 2)
        assert route[-1] == (layout.x[target], layout.y[target] - HEIGHT / 2)


@given(graphs())
def test_there_are_as_many_layers_as_the_longest_path_has_boxes(graph):
    widths, edges = graph
    layers = longest_path_layers(len(widths), edges)

    assert max(layers) + 1 == longest_path(len(widths), edges)
    assert min(layers) == 0


@given(graphs())
def test_everything_lies_within_the_picture(graph):
    widths, edges = graph
    layout = layered(widths, edges, height=HEIGHT)

    for x, y, width in zip(layout.x, layout.y, widths, strict=True):
        assert x - width / 2 >= -1e-6
        assert x + width / 2 <= layout.width + 1e-6
        assert HEIGHT / 2 - 1e-6 <= y <= layout.height - HEIGHT / 2 + 1e-6


@given(graphs())
def test_the_same_graph_is_always_laid_out_alike(graph):
    assert layered(*graph) == layered(*graph)


def test_a_long_edge_passes_between_the_boxes_of_the_layers_it_crosses():
    edges = [(0, 1), (1, 2), (2, 3), (0, 3)]
    layout = layered([80.0] * 4, edges, height=HEIGHT)

    xs = [x for x, y in layout.routes[3][1:-1]]

    assert len(xs) == 4
    assert all(abs(x - layout.x[1]) > 40 for x in xs)


def test_late_inputs_stand_close_above_their_users():
    assert longest_path_layers(4, [(0, 1), (1, 2), (3, 2)]) == [0, 1, 2, 1]


def test_boxes_without_edges_stand_on_shelves_and_not_in_one_row():
    layout = layered([60.0] * 100, [])

    assert layout.width < 3 * layout.height


def test_an_edge_to_every_later_box_does_not_take_more_points_than_there_are_to_spare():
    last = 300
    edges = [(i, i + 1) for i in range(last)] + [(i, last) for i in range(last - 1)]

    layout = layered([60.0] * (last + 1), edges)

    assert sum(map(len, layout.routes)) <= 2 * 3000 + 2 * len(edges)


def test_a_cycle_is_refused():
    with pytest.raises(ValueError, match="cycle"):
        layered([10.0] * 3, [(0, 1), (1, 2), (2, 1)])

"""Pictures of graphs: which boxes there are, and that every form of them is sound."""

from __future__ import annotations

import json
from operator import add
from xml.etree import ElementTree

import pytest

from treadle.graph import DataNode, Graph, Task, TaskRef, compile_graph
from treadle.graph.boxes import data_label, key_label
from treadle.graph.draw import GraphPicture, graph_picture, visualize_table
from treadle.graph.table import TaskTable

SVG = "{http://www.w3.org/2000/svg}"


def map_reduce(n: int) -> TaskTable:
    """``n - 1`` loads that feed one sum."""
    loads = [Task(("load-0123456789abcdef", i), int) for i in range(n - 1)]
    total = Task("sum-0123456789abcdef", sum, ([TaskRef(load.key) for load in loads],))
    return compile_graph(Graph.of(*loads, total), [total.key])


def texts(picture: GraphPicture) -> list[str]:
    """What stands in the picture for everyone to read."""
    root = ElementTree.fromstring(picture.svg())
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def test_a_small_graph_has_a_box_for_every_task():
    picture = graph_picture(map_reduce(3))

    assert not picture.collapsed
    assert [box.label for box in picture.boxes] == ["load (0)", "load (1)", "sum"]
    assert [(line.source, line.target) for line in picture.lines] == [(0, 2), (1, 2)]
    assert [box.output for box in picture.boxes] == [False, False, True]


def test_400_tasks_are_drawn_and_401_become_groups():
    many, too_many = graph_picture(map_reduce(400)), graph_picture(map_reduce(401))

    assert (many.collapsed, len(many.boxes)) == (False, 400)
    assert (too_many.collapsed, too_many.ntasks) == (True, 401)
    assert [(box.label, box.count) for box in too_many.boxes] == [("load", 400), ("sum", 1)]
    assert [(e.source, e.target, e.count) for e in too_many.lines] == [(0, 1, 400)]


def test_groups_that_feed_each_other_in_a_circle_are_drawn_with_one_line_back():
    nodes = [Task(("a", 0), int)]
    for i in range(1, 300):
        nodes.append(Task(("b", i), int, (TaskRef(("a", i - 1)),)))
        nodes.append(Task(("a", i), int, (TaskRef(("b", i)),)))
    picture = graph_picture(compile_graph(Graph.of(*nodes), [("a", 299)]))

    back = {(picture.boxes[e.source].group, e.backward) for e in picture.lines}

    assert picture.collapsed
    assert len(back) == 2
    assert sorted(backward for _, backward in back) == [False, True]
    ElementTree.fromstring(picture.svg())


def test_inputs_within_a_group_are_a_loop_and_not_a_line():
    tasks = [Task(("add", i), int, (TaskRef(("add", i - 1)),) * (i > 0)) for i in range(500)]

    picture = graph_picture(compile_graph(Graph.of(*tasks), [("add", 499)]))

    assert (len(picture.boxes), picture.lines, picture.boxes[0].inner) == (1, [], 499)
    assert picture.json()["edges"] == [{"from": 0, "to": 0, "count": 499}]


def test_more_groups_than_boxes_share_the_last_box():
    tasks = [Task(f"{chr(97 + i // 26)}{chr(97 + i % 26)}", int) for i in range(450)]
    picture = graph_picture(compile_graph(Graph.of(*tasks), [task.key for task in tasks]))

    assert len(picture.boxes) == 400
    assert (picture.boxes[-1].label, picture.boxes[-1].count) == ("51 smaller groups", 51)


def test_data_have_a_shape_of_their_own_and_are_not_counted():
    graph = Graph.of(DataNode("x", 41), Task("y", add, (TaskRef("x"), 1)))

    picture = graph_picture(compile_graph(graph, ["y"]))

    assert picture.ntasks == 1
    assert [(box.label, box.count, box.category) for box in picture.boxes] == [
        ("41", 0, -1),
        ("y", 1, 0),
    ]
    radii = [r.get("rx") for r in ElementTree.fromstring(picture.svg()).iter(f"{SVG}rect")]
    assert radii[0] == "13" != radii[1]


def test_an_input_taken_twice_is_one_line_that_says_so():
    graph = Graph.of(Task("x", int), Task("y", add, (TaskRef("x"), TaskRef("x"))))

    picture = graph_picture(compile_graph(graph, ["y"]))

    assert [(e.source, e.target, e.count) for e in picture.lines] == [(0, 1, 2)]


@pytest.mark.parametrize(
    "name",
    ["<script>alert(1)</script>", 'a"b&c', "]]>", "\x00\x1b[31m", "\ud800", "データ", "\u202e"],
)
def test_labels_stay_text_whatever_is_in_them(name: str):
    picture = graph_picture(compile_graph(Graph.of(Task(name, int)), [name]))

    root = ElementTree.fromstring(picture.svg())

    assert not list(root.iter(f"{SVG}script"))
    assert len(texts(picture)) == 1


def test_text_is_readable_on_every_box_and_lines_on_any_ground():
    from treadle.utils.palette import CATEGORIES, contrast, text_on

    assert min(contrast(colour, text_on(colour)) for colour in CATEGORIES) >= 4.5
    from treadle.graph.svg import DATA_COLOUR, LINE_COLOUR

    assert contrast(DATA_COLOUR, text_on(DATA_COLOUR)) >= 4.5
    assert min(contrast(LINE_COLOUR, ground) for ground in ("#ffffff", "#111111")) >= 3


def test_the_json_form_survives_json_and_names_every_box():
    data = graph_picture(map_reduce(3)).json()

    assert json.loads(json.dumps(data)) == data
    assert [node["id"] for node in data["nodes"]] == [0, 1, 2]
    assert data["edges"][0] == {"from": 0, "to": 2, "count": 1}
    assert (data["version"], data["collapsed"], data["ntasks"]) == (1, False, 3)


def test_the_text_form_is_an_outline():
    assert graph_picture(map_reduce(9)).text() == (
        "9 tasks in 2 layers\n  load  8 tasks\n  sum   1 task   after load"
    )


def test_a_graph_without_tasks_is_a_picture_too():
    picture = graph_picture(compile_graph(Graph.of(), []))

    assert texts(picture) == ["no tasks"]
    assert picture.text() == "0 tasks in 0 layers"


def test_a_notebook_gets_json_svg_and_text():
    bundle = graph_picture(map_reduce(3))._repr_mimebundle_()

    assert list(bundle) == [
        "application/vnd.treadle.graph.v1+json",
        "image/svg+xml",
        "text/plain",
    ]


@pytest.mark.parametrize("suffix", [".svg", ".json", ".txt", ".SVG"])
def test_the_suffix_of_the_file_says_how_it_is_written(tmp_path, suffix):
    path = tmp_path / f"graph{suffix}"

    picture = visualize_table(map_reduce(3), str(path))

    form = {".svg": picture.svg, ".txt": lambda: picture.text() + "\n"}.get(suffix.lower())
    assert path.read_text("utf-8") == form() if form else json.loads(path.read_text("utf-8"))


@pytest.mark.parametrize("name", ["graph.png", "graph", "graph.pdf"])
def test_other_suffixes_are_refused_with_the_name_and_the_mend(tmp_path, name):
    with pytest.raises(ValueError, match=rf"{name}'.*\.svg, \.json or \.txt"):
        visualize_table(map_reduce(3), tmp_path / name)

    assert not (tmp_path / name).exists()


@pytest.mark.parametrize(
    ("key", "label"),
    [
        ("load-0123456789abcdef", "load"),
        (("sum-0123456789abcdef", 3, 4), "sum (3, 4)"),
        ("load_12", "load_12"),
        ("deadbeef", "deadbeef"),
        (("x",), "x"),
        (7, "7"),
    ],
)
def test_keys_are_shown_without_their_tokens(key, label):
    assert key_label(key) == label


@pytest.mark.parametrize(
    ("value", "label"),
    [(None, "None"), ("ab", "'ab'"), ({1: 2}, "dict of 1"), (object(), "object")],
)
def test_data_are_shown_by_value_when_small_and_by_type_else(value, label):
    assert data_label(value) == label


def test_big_data_are_not_printed_whole():
    assert len(data_label("x" * 10_000_000)) <= 28
    assert data_label(10**5000) == "int"

"""compute, persist and their relatives, on a collection that is not Delayed too."""

from __future__ import annotations

import json
import threading

import pytest

import treadle
from treadle import delayed
from treadle.errors import ConfigError
from treadle.graph import Task, TaskRef
from treadle.graph.spec import DataNode
from treadle.telemetry import hub as hub_module
from treadle.telemetry.hub import EventHub


class Pieces:
    """A collection of blocks, the smallest that can be."""

    def __init__(self, name, nodes):
        self.name = name
        self.nodes = nodes

    @classmethod
    def squares(cls, n):
        return cls("squares", [Task(("squares", i), pow, (i, 2)) for i in range(n)])

    def __treadle_lower__(self, graph):
        for node in self.nodes:
            graph.setdefault(node.key, node)

    def __treadle_keys__(self):
        return [node.key for node in self.nodes]

    def __treadle_postcompute__(self, results):
        return list(results)

    def __treadle_postpersist__(self, nodes):
        return Pieces(self.name, [nodes[node.key] for node in self.nodes])

    def __treadle_tokenize__(self):
        return self.name


@pytest.fixture
def hub(monkeypatch):
    """A hub of the test's own."""
    fresh = EventHub()
    monkeypatch.setattr(hub_module, "default_hub", lambda: fresh)
    return fresh


def test_any_collection_can_be_computed_and_mixed_with_others():
    squares = Pieces.squares(4)

    assert treadle.compute(squares, {"n": delayed(len)(squares)}, 5) == (
        [0, 1, 4, 9], {"n": 4}, 5,
    )  # fmt: skip
    assert delayed(squares).compute() == [0, 1, 4, 9]
    assert delayed(sum)([squares][0]).compute() == 14


def test_a_persisted_collection_holds_its_blocks():
    (held,) = treadle.persist(Pieces.squares(3))

    assert all(isinstance(node, DataNode) for node in held.nodes)
    assert treadle.compute(held) == ([0, 1, 4],)


def test_only_objects_that_follow_the_protocol_are_collections():
    assert treadle.is_treadle_collection(Pieces.squares(1))
    assert not treadle.is_treadle_collection(Pieces)
    assert not treadle.is_treadle_collection({"x": 1})


def test_what_is_no_collection_comes_back_as_it_is():
    data = [1, {"a": object()}]

    assert treadle.compute(data)[0] is data
    assert treadle.persist(data)[0] is data
    assert treadle.compute() == ()


def test_containers_without_traverse_are_left_alone():
    x = delayed(1)

    assert treadle.compute([x], traverse=False)[0][0] is x


@pytest.mark.parametrize("engine", ["sync", "threads"])
def test_the_engine_and_the_workers_can_be_chosen(engine, hub):
    treadle.compute(delayed(abs)(-1), scheduler=engine, num_workers=1)

    (report,) = hub.runs()
    assert (report.engine, report.nlanes, report.state) == (engine, 1, "finished")


def test_the_setting_chooses_the_engine(hub):
    with treadle.config.set(scheduler="sync"):
        ident = treadle.compute(delayed(threading.get_ident)())[0]

    assert ident == threading.get_ident()
    assert [report.engine for report in hub.runs()] == ["sync"]


def test_without_telemetry_no_run_is_seen(hub):
    with treadle.config.set(telemetry=False):
        treadle.compute(delayed(abs)(-1))

    assert hub.runs() == []


def test_a_failed_run_is_seen_as_failed(hub):
    with pytest.raises(ZeroDivisionError):
        treadle.compute(delayed(divmod)(1, 0))

    assert [report.state for report in hub.runs()] == ["failed"]


def test_fusion_changes_the_graph_and_not_the_result(hub):
    x = delayed(abs)(delayed(abs)(delayed(abs)(-1)))

    with treadle.config.set(optimization__fuse=True):
        assert x.compute() == 1
        assert x.compute(optimize_graph=False) == 1

    assert [sum(group.total for group in report.groups) for report in hub.runs()] == [1, 3]


def test_an_unknown_option_is_refused():
    with pytest.raises(TypeError, match="schedulr"):
        delayed(1).compute(schedulr="sync")


def test_the_graph_can_be_drawn_and_written(tmp_path):
    x = delayed(sum)([delayed(abs)(-1), delayed(abs)(-2)])

    picture = x.visualize(filename=str(tmp_path / "graph.svg"))

    assert (tmp_path / "graph.svg").read_text().startswith("<svg")
    treadle.visualize([x], filename=str(tmp_path / "graph.json"))
    assert json.loads((tmp_path / "graph.json").read_text())["ntasks"] == 3
    assert "sum" in picture.text()


def test_drawing_nothing_or_to_an_unknown_format_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no treadle collection to draw"):
        treadle.visualize(1)
    with pytest.raises(ValueError, match=r"\.bmp"):
        delayed(1).visualize(filename=str(tmp_path / "graph.bmp"))


def test_a_graph_of_task_objects_runs_through_get():
    graph = {"x": Task("x", int, ("3",)), "y": Task("y", pow, (TaskRef("x"), 2))}

    assert treadle.get(graph, "y") == 9


def test_errors_of_settings_come_before_any_work():
    ran = []

    with pytest.raises(ConfigError):
        treadle.compute(delayed(ran.append)(1), num_workers=0)
    assert ran == []


def test_what_was_persisted_on_processes_stays_there_and_other_engines_can_use_it():
    pieces = Pieces.squares(3)

    (held,) = treadle.persist(pieces, scheduler="processes", num_workers=2)

    assert treadle.compute(held, scheduler="processes", num_workers=2) == treadle.compute(pieces)
    assert treadle.compute(held, scheduler="threads") == treadle.compute(pieces)
    assert treadle.compute(held, scheduler="sync") == treadle.compute(pieces)

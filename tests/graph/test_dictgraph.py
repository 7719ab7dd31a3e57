"""Dask-style graphs, read at the border; dask itself is the reference where it is installed."""

from __future__ import annotations

from collections import namedtuple
from operator import add, mul

import pytest

import treadle
from treadle.errors import CycleError, GraphError, MissingKeyError
from treadle.graph.dictgraph import table_from_dict

Pair = namedtuple("Pair", "left right")


def inc(x):
    return x + 1


def echo(*args):
    return args


GRAPHS = {
    "data": ({"x": 1}, "x", 1),
    "call": ({"x": 1, "y": (inc, "x")}, "y", 2),
    "tuple keys": ({("x", 0): (inc, 1), ("x", 1): (inc, ("x", 0))}, ("x", 1), 3),
    "integer keys": ({1: 10, 2: (add, 1, 5.5)}, 2, 15.5),
    "nested call": ({"x": 1, "y": (add, (inc, "x"), (inc, (inc, 10)))}, "y", 14),
    "list": ({"x": 1, "y": (sum, ["x", 10, (inc, "x")])}, "y", 13),
    "key that names a key": ({"x": 1, "y": "x", "z": "y"}, "z", 1),
    "container as value": ({"x": 1, "y": ["x", {"k": "x"}]}, "y", [1, {"k": 1}]),
    "text that is no key": ({"y": (echo, "x", "y2")}, "y", ("x", "y2")),
    "tuple that is no key": ({"x": 1, "y": (echo, ("a", 0))}, "y", (("a", 0),)),
    "unhashable tuple": ({"x": 1, "y": (echo, ([1], "x"))}, "y", (([1], 1),)),
    "no arguments": ({"y": (dict,)}, "y", {}),
    "one input twice": ({"x": 3, "y": (mul, "x", "x")}, "y", 9),
    "mixed": ({"x": 3, "y": (echo, 0, "x", "no", ["x"])}, "y", (0, 3, "no", [3])),
    "named tuple": ({"x": 3, "y": (echo, Pair("x", 1))}, "y", (Pair(3, 1),)),
    "set": ({"x": 3, "y": (sorted, {"x", 1})}, "y", [1, 3]),
    "class": ({"x": "7", "y": (int, "x")}, "y", 7),
    "true is not one": ({1: 5, "y": (echo, True)}, "y", (True,)),
}


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("scheduler", ["sync", "threads"])
def test_a_graph_means_what_dask_takes_it_to_mean(name, scheduler):
    graph, key, expected = GRAPHS[name]
    before = dict(graph)

    assert treadle.get(graph, key, scheduler=scheduler) == expected
    assert graph == before  # the user's dictionary is left alone


def test_nested_lists_of_keys_come_back_as_nested_tuples():
    graph = {"x": 1, "y": (inc, "x")}

    assert treadle.get(graph, ["x", ["y", "x"]]) == (1, (2, 1))
    assert treadle.get(graph, []) == ()


def test_block_keys_share_a_group_and_data_have_none():
    table = table_from_dict(
        {("x", 0): 1, ("y", 0): (inc, ("x", 0)), ("y", 1): (inc, 5)}, [("y", 0)]
    )

    assert [table.prefixes[i] for i in table.prefix_index] == ["", "y"]


def test_a_wanted_key_that_is_not_there_is_named():
    with pytest.raises(MissingKeyError, match=r"no task in the graph makes 'totl'.*'total'"):
        treadle.get({"total": 1}, "totl")


def test_a_cycle_is_named():
    with pytest.raises(CycleError, match="'x' -> 'y' -> 'x'"):
        treadle.get({"x": (inc, "y"), "y": (inc, "x")}, "x")


def test_something_else_than_a_dictionary_is_refused():
    with pytest.raises(GraphError, match="must be a dictionary of keys and tasks, not list"):
        treadle.get([("x", 1)], "x")

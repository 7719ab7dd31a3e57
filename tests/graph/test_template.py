"""How inputs become arguments."""

from __future__ import annotations

from collections import namedtuple

import pytest

from treadle.graph.spec import Task, TaskRef
from treadle.graph.template import Span, Template

Pair = namedtuple("Pair", "left right")


def show(*args, **kwargs):
    return args, kwargs


X, Y = TaskRef("x"), TaskRef("y")
RESULTS = {"x": 10, "y": 20}


def test_references_alone_need_no_template():
    assert Task("t", show, (X, Y)).template is None


def test_constants_alone_are_their_own_template():
    assert Task("t", show, (1, "x", (2,))).template == (1, "x", (2,))


def test_a_string_or_tuple_that_equals_a_key_is_data():
    task = Task("t", show, ("x", ("x", 0)))

    assert task.inputs == ()
    assert task() == (("x", ("x", 0)), {})


def test_a_call_without_arguments_is_called_without_arguments():
    assert Task("t", dict)() == {}


def test_a_wide_list_of_inputs_is_one_slice():
    task = Task("t", sum, ([TaskRef(i) for i in range(1000)],))

    assert isinstance(task.template, Template)
    assert isinstance(task.template.builders[0][1], Span)
    assert task({i: i for i in range(1000)}) == sum(range(1000))


@pytest.mark.parametrize(
    ("args", "kwargs", "expected"),
    [
        ((X, 1), {}, ((10, 1), {})),
        ((1, X, 2, Y), {}, ((1, 10, 2, 20), {})),
        ((X, X), {}, ((10, 10), {})),
        (([X, 1], (Y,)), {}, (([10, 1], (20,)), {})),
        (({"a": X, Y: 1},), {}, (({"a": 10, 20: 1},), {})),
        (({X, 5},), {}, (({10, 5},), {})),
        ((frozenset([X]),), {}, ((frozenset([10]),), {})),
        ((Pair(X, 1),), {}, ((Pair(10, 1),), {})),
        (([[[X]], []],), {}, (([[[10]], []],), {})),
        ((1,), {"key": X}, ((1,), {"key": 10})),
        ((X,), {"key": [Y, 3], "plain": 4}, ((10,), {"key": [20, 3], "plain": 4})),
        ((), {"plain": 4}, ((), {"plain": 4})),
        ((Y, [X]), {"z": X}, ((20, [10]), {"z": 10})),
    ],
)
def test_results_are_put_where_the_references_stood(args, kwargs, expected):
    task = Task("t", show, args, kwargs)

    assert task(RESULTS) == expected
    assert task(RESULTS) == expected  # a template can be used again


def test_containers_without_references_are_passed_on_as_they_are():
    data = [1, [2]]

    (args, _) = Task("t", show, (data, X))(RESULTS)

    assert args[0] is data

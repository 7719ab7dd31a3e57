"""Grids of calls: which blocks they take, how they fuse, and that fusing changes no value."""

from __future__ import annotations

from operator import add, mul

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treadle.engines import get_engine
from treadle.graph import Graph, compile_graph
from treadle.graph.blockwise import Axis, Blockwise, GridValues, Operand, Values, fuse_blockwise
from treadle.graph.expr import add_expressions, count_users, rewrite, walk
from treadle.graph.gather import Blocks, Gather
from treadle.graph.layer import Inputs
from treadle.graph.program import Program, Reg, Step


def blocks(name="x-1", shape=(2, 3)):
    return Blocks(name, shape, [10 * i + j for i, j in np.ndindex(shape)])


def inc(x):
    return x + 1


def along(expr, *axes):
    return Operand(expr, tuple(a if isinstance(a, Axis) else Axis(a) for a in axes))


def values(expr, fuse=True):
    """The blocks of an expression, in C order."""
    graph = Graph()
    add_expressions([expr], graph, fuse=fuse)
    keys = [(expr.name, *index) for index in np.ndindex(expr.numblocks)]
    table = compile_graph(graph, keys)
    return get_engine("sync").submit(table).result(), table


def test_dimensions_follow_axes_through_tables_or_stay():
    x = blocks()

    def taken(shape, *axes):
        return values(Blockwise.call("y-1", shape, int, [along(x, *axes)]))[0]

    assert taken((2, 3), 0, 1) == [0, 1, 2, 10, 11, 12]
    assert taken((3, 2), 1, 0) == [0, 10, 1, 11, 2, 12]
    assert taken((2,), 0, None) == [0, 10]
    assert taken((2, 2), 0, Axis(1, (2, 0))) == [2, 0, 12, 10]
    assert taken((4,), Axis(None, (1,)), Axis(0, (0, 0, 1, 2))) == [10, 10, 11, 12]


def test_contracted_axes_come_as_lists():
    x = blocks()
    row = Blockwise.call("y-1", (2,), list, [along(x, 0, 1)], contracted=(3,))
    both = Blockwise.call("z-1", (), list, [along(x, 0, 1)], contracted=(2, 3))

    assert values(row)[0] == [[0, 1, 2], [10, 11, 12]]
    assert values(both)[0] == [[[0, 1, 2], [10, 11, 12]]]


def test_values_are_written_into_tasks():
    shapes = Operand(GridValues((4, 2), "abc"), (Axis(0), Axis(1)))
    numbers = Operand(Values((2, 3), lambda: list(range(6))), (Axis(0), Axis(1)))

    expr = Blockwise.call(
        "y-1", (2, 3), lambda *args: args, [shapes, numbers, along(blocks(), 0, 1)]
    )

    assert values(expr)[0][:4] == [
        ((4, "a"), 0, 0), ((4, "b"), 1, 1), ((4, "c"), 2, 2), ((2, "a"), 3, 10)
    ]  # fmt: skip


def test_equal_values_of_different_types_stay_different():
    flags = Operand(Values((3,), [1, True, 1.0]), (Axis(0),))

    assert [type(v) for v in values(Blockwise.call("y-1", (3,), lambda v: v, [flags]))[0]] == [
        int, bool, float
    ]  # fmt: skip


def test_a_chain_becomes_one_task_a_block():
    expr = blocks()
    for n in range(5):
        expr = Blockwise.call(f"y-{n}", (2, 3), inc, [along(expr, 0, 1)])

    found, table = values(expr)

    assert found == [5, 6, 7, 15, 16, 17]
    assert len(table) == 12  # the six that are there, and one task each
    assert table.function(table.outputs[0]).__name__ == "inc-inc-inc-inc-inc"


def test_what_two_take_is_computed_once():
    x = blocks()
    shared = Blockwise.call("s-1", (2, 3), inc, [along(x, 0, 1)])
    turned = Gather.aliases(
        "g-1", (2, 3), (shared,), lambda: Inputs.regular(["s-1"], np.arange(6)[::-1, None])
    )
    both = Blockwise.call("b-1", (2, 3), add, [along(shared, 0, 1), along(turned, 0, 1)])

    _, table = values(both)

    assert [table.prefixes[n] for n in table.prefix_index].count("s") == 6


def test_a_block_that_is_taken_twice_the_same_way_is_no_obstacle():
    inner = Blockwise.call("s-1", (2, 3), inc, [along(blocks(), 0, 1)])
    squared = Blockwise.call("m-1", (2, 3), mul, [along(inner, 0, 1), along(inner, 0, 1)])

    found, table = values(squared)

    assert found == [1, 4, 9, 121, 144, 169]
    assert table.function(table.outputs[0]).__name__ == "inc-mul"


def test_work_is_not_doubled_by_fusing():
    """Broadcast along the second axis: each block of the inner grid serves three."""
    inner = Blockwise.call("s-1", (2,), inc, [along(Blocks("x-1", (2,), [1, 2]), 0)])
    outer = Blockwise.call("b-1", (2, 3), inc, [along(inner, 0)])

    _, table = values(outer)

    assert len(table) == 2 + 2 + 6


def test_cheap_grids_go_into_all_of_their_users():
    shapes = Operand(GridValues((4, 2)), (Axis(0),))
    made = Blockwise.call("ones-1", (2,), sum, [shapes], cheap=True)
    one = Blockwise.call("a-1", (2,), inc, [along(made, 0)])
    two = Blockwise.call("b-1", (2,), inc, [along(made, Axis(0, (1, 0)))])

    (a, b) = fuse_blockwise([one, two])

    assert a.inputs == b.inputs == ()
    assert values(one)[0] == [5, 3]
    assert values(two)[0] == [3, 5]


def test_what_is_asked_for_is_kept():
    first = Blockwise.call("s-1", (2, 3), inc, [along(blocks(), 0, 1)])
    second = Blockwise.call("t-1", (2, 3), inc, [along(first, 0, 1)])

    assert len(fuse_blockwise([first, second])[1].program.steps) == 1
    assert len(fuse_blockwise([second])[0].program.steps) == 2


def test_tasks_of_other_wishes_stay_apart():
    first = Blockwise.call("s-1", (2, 3), inc, [along(blocks(), 0, 1)], annotations={"retries": 1})
    second = Blockwise.call("t-1", (2, 3), inc, [along(first, 0, 1)])

    assert len(fuse_blockwise([second])[0].program.steps) == 1


def test_picking_blocks_is_no_task():
    x = blocks()
    picked = Blockwise("p-1", (2, 2), Program(1, ()), (along(x, 0, Axis(1, (2, 0))),), cheap=True)

    found, table = values(picked)

    assert found == [2, 0, 12, 10]
    assert len(table) == 4
    assert values(Blockwise.call("y-1", (2, 2), inc, [along(picked, 0, 1)]))[0] == [3, 1, 13, 11]


def test_a_long_chain_needs_no_recursion():
    expr = blocks()
    for n in range(3000):
        expr = Blockwise.call(f"y-{n}", (2, 3), inc, [along(expr, 0, 1)])

    assert values(expr)[0][0] == 3000
    assert len(list(walk([expr]))) == 3001


def test_rewriting_keeps_names_and_meets_each_once():
    x = blocks()
    y = Blockwise.call("y-1", (2, 3), add, [along(x, 0, 1), along(x, 0, 1)])
    met = []

    rewrite([y, y], lambda expr: met.append(expr.name) or expr)

    assert sorted(met) == ["x-1", "y-1", "y-1"]
    assert count_users([y])["x-1"] == 1


@st.composite
def expressions(draw):
    """A graph of grids (2, 2) with everything that fusion looks at."""
    made = [Blocks(f"x-{n}", (2, 2), [n, n + 1, n + 2, n + 3]) for n in range(2)]
    axes = st.sampled_from(
        [(0, 1), (1, 0), (0, None), (None, 1), (Axis(0, (1, 0)), 1), (Axis(0, (1, 1)), 1)]
    )
    for n in range(draw(st.integers(1, 8))):
        count = draw(st.integers(1, 3))
        operands = [along(draw(st.sampled_from(made)), *draw(axes)) for _ in range(count)]
        steps = [Step(max, (*map(Reg, range(count)), n))]
        steps.append(Step(add, (Reg(count), n)))
        result = draw(st.sampled_from([None, count]))
        made.append(
            Blockwise(
                f"y-{n}", (2, 2), Program(count, tuple(steps), result), tuple(operands),
                cheap=draw(st.booleans()),
            )
        )  # fmt: skip
    return made[-1]


@settings(deadline=None, max_examples=200)
@given(expressions())
def test_fusing_changes_no_value(expr):
    assert values(expr, fuse=True)[0] == values(expr, fuse=False)[0]


@pytest.mark.parametrize("program", [Program(2, (Step(add, (Reg(0), Reg(1)), {}),))])
def test_programs_travel(program):
    import pickle

    assert pickle.loads(pickle.dumps(program))(1, 2) == 3

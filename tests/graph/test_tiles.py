"""Elementwise steps done piece by piece give what they give on whole arrays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treadle.graph import tiles
from treadle.graph.program import Program, Reg, Step


@pytest.fixture(autouse=True)
def small_tiles(monkeypatch):
    """Pieces of few elements, so that small arrays have many."""
    monkeypatch.setattr(tiles, "TILE_BYTES", 8 * 40)
    monkeypatch.setattr(tiles, "WORTHWHILE", 0)


@pytest.fixture
def pieces(monkeypatch):
    """How often steps were done piece by piece."""
    done = []
    run = tiles.Tiled.run
    monkeypatch.setattr(
        tiles.Tiled, "run", lambda self, registers: done.append(run(self, registers)) or done[-1]
    )
    return done


def whole(program, *values):
    registers = list(values)
    for step in program.steps:
        args = [registers[arg.index] if type(arg) is Reg else arg for arg in step.args]
        registers.append(step.func(*args))
    return registers[program.result]


def same(found, expected):
    assert type(found) is type(expected)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


CHAIN = Program(
    2,
    (
        Step(np.subtract, (Reg(0), Reg(1))),
        Step(np.multiply, (Reg(2), 2.5)),
        Step(np.add, (Reg(3), Reg(0))),
        Step(np.greater, (Reg(4), 1)),
        Step(np.multiply, (Reg(5), Reg(3))),
    ),
)

SHAPES = [
    ((300,), (300,)), ((30, 20), (20,)), ((30, 20), (30, 1)), ((30, 20), ()), ((20,), (30, 20)),
    ((7, 9, 11), (9, 1)), ((1, 50), (30, 50)), ((30, 20), (1, 20)), ((0, 5), (5,)),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SHAPES)
@pytest.mark.parametrize("kind", ["f8", "f4", "i4", "c16"])
def test_pieces_give_what_the_whole_gives(one, other, kind):
    rng = np.random.default_rng(0)
    x = (10 * rng.random(one)).astype(kind)
    y = (10 * rng.random(other)).astype("f8")

    if kind == "c16":
        steps = tuple(Step(np.add if n == 3 else s.func, s.args) for n, s in enumerate(CHAIN.steps))
        program = Program(2, steps)
    else:
        program = CHAIN
    same(program(x, y), whole(program, x, y))


def test_turned_and_strided_arrays_are_fine(pieces):
    x = np.arange(600.0).reshape(20, 30)

    same(CHAIN(x.T, x.reshape(30, 20)), whole(CHAIN, x.T, x.reshape(30, 20)))
    same(CHAIN(x[:, ::2], x[::-1, 1::2]), whole(CHAIN, x[:, ::2], x[::-1, 1::2]))
    assert pieces == [True, True]


def test_inputs_are_left_as_they_are():
    x, y = np.arange(600.0), np.ones(600)
    CHAIN(x, y)

    same(x, np.arange(600.0))
    same(y, np.ones(600))


def test_values_that_are_needed_later_are_kept():
    """The second step's result is taken by a call that is not elementwise."""
    program = Program(
        1,
        (
            Step(np.add, (Reg(0), 1)),
            Step(np.multiply, (Reg(1), Reg(1))),
            Step(np.negative, (Reg(2),)),
            Step(np.sum, (Reg(2),)),
            Step(np.add, (Reg(3), Reg(4))),
        ),
    )
    x = np.arange(500.0)

    same(program(x), whole(program, x))


def test_other_kinds_of_arrays_are_done_whole(pieces):
    masked = np.ma.masked_array(np.arange(500.0), np.arange(500) % 3 == 0)

    found = CHAIN(masked, 1.0)

    assert isinstance(found, np.ma.MaskedArray)
    assert pieces == [False]


def test_objects_are_done_whole(pieces):
    x = np.arange(500).astype(object)

    same(CHAIN(x, 1), whole(CHAIN, x, 1))
    assert pieces == [False]


def test_shapes_that_do_not_fit_are_numpys_error():
    with pytest.raises(ValueError, match="could not be broadcast"):
        CHAIN(np.ones(500), np.ones(400))


def test_small_arrays_are_done_whole(monkeypatch, pieces):
    monkeypatch.setattr(tiles, "WORTHWHILE", 10**6)

    CHAIN(np.ones(500), np.ones(500))

    assert pieces == [False]


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_any_steps_on_any_shapes(data):
    shapes = st.sampled_from([(60, 7), (7,), (60, 1), (1, 7), (), (60, 7)])
    values = [
        np.asarray(
            np.arange(np.prod(s)).reshape(s) % 5, data.draw(st.sampled_from(["f8", "i8", "f4"]))
        )
        for s in data.draw(st.lists(shapes, min_size=1, max_size=3))
    ]
    steps = []
    for n in range(data.draw(st.integers(2, 8))):
        known = st.integers(0, len(values) + n - 1).map(Reg)
        args = (data.draw(known), data.draw(st.one_of(known, st.sampled_from([2, 0.5]))))
        steps.append(Step(data.draw(st.sampled_from([np.add, np.maximum, np.multiply])), args))
    program = Program(len(values), tuple(steps))
    with np.errstate(all="ignore"):
        found, expected = program(*values), whole(program, *values)

    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    np.testing.assert_array_equal(found, expected)

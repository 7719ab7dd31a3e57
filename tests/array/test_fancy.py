"""Takes: blocks stay of about the length they had, and come from few others where they can."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import treadle.array as da
from treadle.array.taking import TakePlan, compact, output_lengths
from treadle.array.testing import assert_eq
from treadle.graph.graph import Graph


def tasks(x: da.Array) -> int:
    graph = Graph()
    x.__treadle_lower__(graph)
    return sum(layer.rows for layer in graph.layers.values() if not layer.alias)


def random_places(n: int, of: int) -> np.ndarray:
    return np.random.default_rng(5).integers(0, of, n)


@pytest.mark.parametrize("count", [3, 100, 1000])
def test_blocks_of_a_take_are_not_longer_than_blocks_were(count):
    x = da.ones((1000, 300), chunks=(100, 300))

    assert max(x[random_places(count, 1000)].chunks[0]) <= 100


def test_small_blocks_may_grow_where_an_index_repeats_them():
    x = da.ones((1000, 128), chunks=(10, 128))  # kibibytes

    found = x[random_places(5000, 1000)]

    assert found.chunks[0] == (1000,) * 5


def test_long_takes_of_long_blocks_keep_their_length():
    x = da.ones((100, 2**20), chunks=(10, 2**20))

    assert max(x[random_places(500, 100)].chunks[0]) == 10


def test_a_sorted_take_of_much_needs_one_task_a_block():
    x = da.from_array(np.arange(1000), chunks=100)
    kept = np.flatnonzero(np.arange(1000) % 7 != 0)

    found = x[kept]

    assert found.numblocks == (10,)
    assert tasks(found) == 10
    assert_eq(found, kept)


def test_a_sorted_take_of_little_fills_blocks():
    x = da.from_array(np.arange(1000), chunks=100)
    kept = np.sort(random_places(60, 1000))

    assert x[kept].numblocks == (1,)
    assert_eq(x[kept], kept)


def test_places_in_even_steps_are_a_slice():
    x = da.from_array(np.arange(100), chunks=10)

    assert x[np.arange(10, 90, 4)].name == x[10:90:4].name
    assert x[list(range(100))].name == x.name


def test_a_random_take_cuts_blocks_into_pieces_first():
    x = da.from_array(np.arange(100), chunks=10)
    order = np.random.default_rng(1).permutation(100)

    assert_eq(x[order], order)
    assert x[order].chunks == ((10,) * 10,)


def test_a_slice_of_a_take_takes_less():
    x = da.from_array(np.arange(2000).reshape(100, 20), chunks=10)
    order = np.random.default_rng(1).permutation(100)

    assert_eq(x[order][10:90:7, 3], np.arange(2000).reshape(100, 20)[order][10:90:7, 3])
    assert tasks(x[order][0, :5]) <= 2


def test_pieces_are_put_together_on_every_engine(engine):
    x = da.from_array(np.arange(60).reshape(20, 3), chunks=(3, 2))
    order = np.random.default_rng(1).permutation(20)

    assert_eq(x[order] + 1, np.arange(60).reshape(20, 3)[order] + 1, scheduler=engine)


def test_blocks_of_other_kinds_keep_their_kind():
    values = np.ma.masked_less(np.arange(40), 10)
    x = da.from_array(values, chunks=4)
    order = np.random.default_rng(1).permutation(40)

    assert_eq(x[order], values[order])


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_a_plan_takes_every_element_once(data):
    chunks = tuple(
        tuple(data.draw(st.lists(st.integers(0, 5), min_size=1, max_size=4)))
        for _ in range(data.draw(st.integers(1, 2)))
    )
    if not all(map(sum, chunks)):
        return
    count = data.draw(st.integers(0, 20))
    places = tuple(
        np.array(
            data.draw(st.lists(st.integers(0, sum(n) - 1), min_size=count, max_size=count)), int
        )
        for n in chunks
    )
    lengths = output_lengths(chunks, places)

    plan = TakePlan(chunks, places, lengths)

    assert sum(lengths) == sum(plan.sizes) == count
    assert max(lengths) <= max(np.prod([max(n) for n in chunks]), 1) or count > sum(chunks[0])
    values = np.arange(np.prod([sum(n) for n in chunks])).reshape([sum(n) for n in chunks])
    begins = [np.cumsum([0, *n]) for n in chunks]
    out = np.full(count, -1)
    offsets = np.cumsum([0, *lengths])
    locals, orders = plan.locals(), plan.orders()
    for k, order in enumerate(orders):
        parts = []
        for piece in range(plan.pointer[k], plan.pointer[k + 1]):
            block = values
            for axis, table in enumerate(plan.tables):
                first, last = begins[axis][table[piece] : table[piece] + 2]
                block = block.take(range(first, last), axis=axis)
            parts.append(block[locals[piece]].ravel())
        here = out[offsets[k] : offsets[k + 1]]
        if order is None:
            here[:] = np.concatenate(parts) if parts else []
        else:
            for part, where in zip(parts, order, strict=True):
                here[where] = part
    np.testing.assert_array_equal(out, values[places])


@given(st.lists(st.integers(0, 300), max_size=6))
@settings(deadline=None, max_examples=60)
def test_a_compact_index_takes_the_same_places(places):
    places = np.array(places, int)

    np.testing.assert_array_equal(np.arange(301)[compact(places)], places)

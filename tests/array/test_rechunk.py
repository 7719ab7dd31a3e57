"""Rechunking: values stay, borders move, and what lies between is bounded."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import treadle.array as da
from treadle.array.rechunk import Rechunk, cross, merge
from treadle.array.rechunk_plan import balanced, blocks, pieces, plan_rechunk
from treadle.array.testing import assert_eq
from treadle.graph.expr import optimize
from treadle.graph.graph import Graph

# -- strategies ----------------------------------------------------------------------------------


def lengths(total: int, zeros: bool = False):
    """Blocks along a dimension of so many elements."""
    cuts = st.lists(st.integers(0, total), max_size=5)
    found = cuts.map(lambda places: np.diff([0, *sorted(places), total]).tolist())
    if zeros:
        return found.map(tuple)
    return found.map(lambda along: tuple(n for n in along if n) or (0,))


@st.composite
def rechunkings(draw, zeros: bool = False, ndim: int = 3, longest: int = 7):
    shape = draw(st.lists(st.integers(0, longest), min_size=1, max_size=ndim))
    old = tuple(draw(lengths(n, zeros)) for n in shape)
    new = tuple(draw(lengths(n, zeros)) for n in shape)
    return tuple(shape), old, new


def numbered(shape, dtype="i8"):
    return np.arange(prod(shape), dtype=dtype).reshape(shape)


def tasks(*arrays, prefix=""):
    """Return the number of tasks of a name that computing arrays takes."""
    from treadle.graph.table import compile_graph

    graph, keys = Graph(), []
    for array in arrays:
        array.__treadle_lower__(graph)
        keys += [(array.name, *index) for index in np.ndindex(*array.numblocks)]
    table = compile_graph(graph, keys)
    return sum(str(key[0] if isinstance(key, tuple) else key).startswith(prefix)
               for key in table.keys)  # fmt: skip


# -- values --------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=60)
@given(rechunkings(zeros=True))
def test_rechunking_keeps_the_values_and_gives_the_chunks_asked_for(case):
    shape, old, new = case
    a = numbered(shape)

    x = (da.from_array(a, chunks=old) + 1).rechunk(new)

    assert x.chunks == new
    assert_eq(x, a + 1)


@settings(deadline=None, max_examples=40)
@given(rechunkings(ndim=2, longest=12), st.integers(1, 40))
def test_rechunking_by_chunks_in_between_keeps_the_values(case, limit):
    shape, old, new = case
    a = numbered(shape)

    x = (da.from_array(a, chunks=old) + 1).rechunk(new, threshold=0, block_size_limit=8 * limit)

    assert_eq(x, a + 1)


def test_rechunking_works_on_every_engine(engine):
    a = numbered((6, 10))

    x = da.from_array(a, chunks=(2, 10)) + 1

    assert_eq(x.rechunk((6, 3)), a + 1, scheduler=engine)


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        (3, ((3, 3), (3, 3, 2))),
        ((2, -1), ((2, 2, 2), (8,))),
        ((None, 4), ((4, 2), (4, 4))),
        ({1: 4}, ((4, 2), (4, 4))),
        ({-1: 4}, ((4, 2), (4, 4))),
        ({0: -1}, ((6,), (5, 3))),
        ({0: None, 1: (1, 7)}, ((4, 2), (1, 7))),
        (((1, 5), (8,)), ((1, 5), (8,))),
        ("auto", ((6,), (8,))),
    ],
)
def test_chunks_are_written_in_many_ways(chunks, expected):
    x = da.from_array(numbered((6, 8)), chunks=(4, 5))

    assert x.rechunk(chunks).chunks == expected


def test_rechunking_into_the_same_chunks_is_the_array_itself():
    x = da.ones((4, 4), chunks=2)

    assert x.rechunk((2, 2)) is x


def test_an_array_without_dimensions_can_be_rechunked():
    x = da.from_array(np.array(3.0), chunks=())

    assert_eq(x.rechunk(()), np.array(3.0))


def test_balanced_blocks_are_nearly_equally_long():
    x = da.ones(16, chunks=4)

    assert x.rechunk(5, balance=True).chunks == ((6, 5, 5),)
    assert balanced((5, 5, 4)) == (5, 5, 4)
    assert balanced((0,)) == (0,)


def test_masked_arrays_stay_masked():
    a = np.ma.masked_equal(numbered((4, 6)) % 5, 3)
    x = da.from_array(a, chunks=(2, 6))

    assert_eq((x + 0).rechunk((4, 4)), a)


# -- errors --------------------------------------------------------------------------------------


def test_chunks_that_do_not_fit_are_refused():
    x = da.ones((4, 4), chunks=2)

    with pytest.raises(ValueError, match="add up to 3"):
        x.rechunk(((1, 2), 4))
    with pytest.raises(ValueError, match="dimensions"):
        x.rechunk((1, 1, 1))
    with pytest.raises(ValueError, match="method"):
        x.rechunk(1, method="magic")


def test_dimensions_of_unknown_length_stay_as_they_are():
    a = numbered((6, 4))
    x = da.from_array(a, chunks=(3, 2))
    x = x[da.from_array(a[:, 0] > 4, chunks=3)]

    y = x.rechunk({1: 4})

    assert y.chunks[1] == (4,)
    np.testing.assert_array_equal(y.compute(), a[a[:, 0] > 4])
    with pytest.raises(ValueError, match="compute_chunk_sizes"):
        x.rechunk({0: 2})


# -- plans ---------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=200)
@given(rechunkings(ndim=3, longest=30), st.integers(1, 400), st.floats(0.1, 8))
def test_chunks_in_between_are_bounded_and_mean_fewer_pieces(case, limit, threshold):
    shape, old, new = case

    between = plan_rechunk(old, new, 1, threshold, limit)

    bound = max(limit, prod(map(max, old)), prod(map(max, new)))
    for chunks in between:
        assert tuple(map(sum, chunks)) == shape
        assert prod(map(max, chunks)) <= bound
    if between:
        way = [old, *between, new]
        assert sum(map(pieces, way, way[1:])) < pieces(old, new)
        assert pieces(old, new) > threshold * (blocks(old) + blocks(new))


def test_many_rows_become_many_columns_by_way_of_squares():
    old, new = ((1,) * 1000, (1000,)), ((1000,), (1,) * 1000)

    between = plan_rechunk(old, new, 8, 4, 8000)

    assert 1 <= len(between) <= 4
    assert sum(map(pieces, [old, *between], [*between, new])) < 100_000 < pieces(old, new)


def test_dimensions_that_do_not_change_are_left_alone():
    old = ((1,) * 200, (200,), (3, 4))
    new = ((200,), (1,) * 200, (3, 4))

    for chunks in plan_rechunk(old, new, 8, 4, 8000):
        assert chunks[2] == (3, 4)


@settings(deadline=None, max_examples=100)
@given(rechunkings(zeros=True, ndim=1, longest=12))
def test_pieces_of_a_dimension_cover_every_new_block_in_order(case):
    _, (old,), (new,) = case

    crossing = cross(old, new)

    a, begin = np.arange(sum(old)), np.cumsum([0, *old])
    found = [[] for _ in new]
    for n, low, high, into in zip(
        crossing.old, crossing.low, crossing.high, crossing.new, strict=True
    ):
        if old != new:
            found[into] += a[begin[n] + low : begin[n] + high].tolist()
    if old != new:
        assert [len(part) for part in found] == list(new)
        assert [place for part in found for place in part] == a.tolist()
    assert crossing.counts.min() >= 1


# -- graphs --------------------------------------------------------------------------------------


def test_whole_blocks_need_no_piece():
    x = da.from_array(numbered((4, 4)), chunks=(2, 2)) + 1

    y = x.rechunk((4, 2))

    assert tasks(y, prefix="rechunk") == 2


def test_blocks_that_are_only_cut_are_merged_with_nothing():
    x = da.from_array(numbered((4, 4)), chunks=(4, 4)) + 1

    y = x.rechunk((2, 2))

    assert tasks(y, prefix="rechunk") == 4


def test_one_rechunking_after_another_is_one():
    x = da.from_array(numbered((12, 12)), chunks=(3, 12)) + 1

    twice = x.rechunk((12, 3)).rechunk((4, 4))

    assert tasks(twice) == tasks(x.rechunk((4, 4)))
    assert_eq(twice, numbered((12, 12)) + 1)


def test_arrays_in_memory_are_cut_into_new_blocks_at_once():
    x = da.from_array(numbered((8, 8)), chunks=(2, 8))

    (expr,) = optimize([x.rechunk((8, 2)).expr])

    assert not expr.inputs
    assert_eq(x.rechunk((8, 2)), numbered((8, 8)))


def test_created_arrays_are_created_in_new_blocks():
    assert tasks(da.ones((8, 8), chunks=(2, 8)).rechunk((8, 2))) == 4


def test_a_slice_goes_below_a_rechunking():
    a = numbered((12, 12))
    x = (da.from_array(a, chunks=(3, 12)) + 1).rechunk((12, 3))

    part = x[1:3, ::-2]

    assert_eq(part, a[1:3, ::-2] + 1)
    (expr,) = optimize([part.expr], fuse=False)
    assert "getitem" not in expr.name or expr.inputs
    assert tasks(x[4, 5]) <= 3


def test_what_is_shared_is_rechunked_once():
    x = (da.from_array(numbered((12, 12)), chunks=(3, 12)) + 1).rechunk((12, 3))

    assert_eq(x[:3] + x.sum(axis=0), numbered((12, 12))[:3] + 1 + (numbered((12, 12)) + 1).sum(0))


def test_building_a_large_rechunking_costs_nothing():
    x = da.ones((10**6, 10**6), chunks=(1000, 10**6)) + 1

    y = x.rechunk((10**6, 1000))

    assert isinstance(y.expr, Rechunk)
    assert y.numblocks == (1, 1000)


# -- merging -------------------------------------------------------------------------------------


def test_pieces_are_merged_in_c_order():
    a = numbered((4, 6))

    whole = merge((2, 2), a[:1, :4], a[:1, 4:], a[1:, :4], a[1:, 4:])

    np.testing.assert_array_equal(whole, a)
    assert whole.flags.c_contiguous


def test_one_piece_is_not_copied():
    a = numbered((4, 6))

    assert merge((1, 1), a) is a

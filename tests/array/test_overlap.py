"""Blocks that see a border of their neighbours."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import treadle
import treadle.array as da
from treadle.array.overlap import joined_blocks, overlap, trim_internal, trim_overlap
from treadle.array.testing import assert_eq

MODES = {"reflect": "symmetric", "nearest": "edge", "periodic": "wrap"}
A = np.random.default_rng(0).random((9, 12))


def laplace(block):
    """Return a stencil of the nearest neighbours, nothing at the borders of the block."""
    result = np.zeros_like(block)
    result[1:-1, 1:-1] = (
        block[:-2, 1:-1] + block[2:, 1:-1] + block[1:-1, :-2] + block[1:-1, 2:]
    ) - 4 * block[1:-1, 1:-1]
    return result


def padded(a: np.ndarray, depths, boundary) -> np.ndarray:
    if boundary in MODES:
        return np.pad(a, depths, mode=MODES[boundary])
    return np.pad(a, depths, constant_values=boundary)


def windows(a: np.ndarray, chunks, depths, boundary) -> list[np.ndarray]:
    """Return what every enlarged block should be, cut out of the array that is padded at once."""
    whole = a if boundary == "none" else padded(a, depths, boundary)
    found = []
    for index in np.ndindex(*map(len, chunks)):
        cut = []
        for lengths, n, (before, after), length in zip(chunks, index, depths, a.shape, strict=True):
            start, stop = sum(lengths[:n]), sum(lengths[: n + 1])
            if boundary == "none":
                cut.append(slice(max(start - before, 0), min(stop + after, length)))
            else:
                cut.append(slice(start, stop + before + after))
        found.append(whole[tuple(cut)])
    return found


depth_pairs = st.tuples(st.integers(0, 3), st.integers(0, 3))


@settings(deadline=None, max_examples=40)
@given(
    st.integers(3, 9),
    st.integers(3, 12),
    depth_pairs,
    depth_pairs,
    st.sampled_from([*MODES, "none", 7.0]),
)
def test_enlarged_blocks_are_cut_out_of_the_padded_array(first, second, rows, columns, boundary):
    x = da.from_array(A, chunks=(first, second))
    depths = (rows, columns)

    y = overlap(x, {0: rows, 1: columns}, boundary)

    x = x.rechunk(tuple(map(joined_blocks, x.chunks, map(max, depths))))
    several = [y.blocks[index] for index in np.ndindex(y.numblocks)]
    found = treadle.compute(*several, scheduler="sync")
    for block, expected in zip(found, windows(A, x.chunks, depths, boundary), strict=True):
        np.testing.assert_array_equal(block, expected)
    assert_eq(trim_overlap(y, {0: rows, 1: columns}, boundary), A)


def test_three_dimensions_with_other_boundaries_each():
    a = np.random.default_rng(1).random((6, 4, 6))
    x = da.from_array(a, chunks=(3, 2, 2))

    y = overlap(x.rechunk(-1), (1, 2, 1), {0: "reflect", 1: 5.0, 2: "periodic"})
    z = da.map_overlap(lambda b: b + 0, x, depth=(1, 2, 1), boundary={0: "reflect", 1: 5.0})

    expected = np.pad(a, ((1, 1), (0, 0), (0, 0)), mode="symmetric")
    expected = np.pad(expected, ((0, 0), (2, 2), (0, 0)), constant_values=5.0)
    assert_eq(y, np.pad(expected, ((0, 0), (0, 0), (1, 1)), mode="wrap"))
    assert_eq(z, a)


@pytest.mark.parametrize("boundary", ["reflect", "nearest", "periodic", "none", 2.5])
def test_a_stencil_is_that_of_the_whole_array(boundary):
    x = da.from_array(A, chunks=(4, 5))

    y = da.map_overlap(laplace, x, depth=1, boundary=boundary)

    expected = laplace(A) if boundary == "none" else laplace(padded(A, 1, boundary))[1:-1, 1:-1]
    assert_eq(y, expected)


def test_every_engine_finds_the_neighbours(engine):
    x = da.from_array(A, chunks=(4, 5))

    y = x.map_overlap(laplace, depth=1, boundary="reflect")

    assert_eq(y, laplace(padded(A, 1, "reflect"))[1:-1, 1:-1], scheduler=engine)


def test_a_block_takes_two_tasks():
    x = da.from_array(A, chunks=(3, 3)).persist(scheduler="sync")
    graph = treadle.graph.graph.Graph()

    x.map_overlap(laplace, depth=1, boundary="nearest").__treadle_lower__(graph)

    new = [layer for name, layer in graph.layers.items() if name != x.name]
    assert [layer.rows for layer in new] == [12, 12]


def test_several_arrays_have_depths_of_their_own():
    x, y = da.from_array(A, chunks=(4, 5)), da.from_array(A[0], chunks=6)

    z = da.map_overlap(
        lambda x, y: x[:, 1:-1] + y[2:] + y[:-2], x, y,
        depth=[{1: 1}, 1], boundary=["reflect", 0.0], trim=False, chunks=((4, 4, 1), (5, 1, 4, 2)),
    )  # fmt: skip

    row = np.pad(A[0], 1)
    assert_eq(z, A + row[2:] + row[:-2])


def test_dropped_and_new_axes_are_not_trimmed():
    x = da.from_array(A, chunks=(4, 12))

    total = da.map_overlap(
        lambda b: b.sum(axis=1), x, depth={0: 1}, boundary="none", drop_axis=1, dtype=float
    )
    more = da.map_overlap(lambda b: b[None], x, depth={0: 1}, boundary="reflect", new_axis=0)

    assert_eq(total, A.sum(axis=1))
    assert_eq(more, A[None])


def test_short_blocks_are_joined_or_refused():
    x = da.from_array(A, chunks=(4, 5))

    y = da.map_overlap(lambda b: b + 0, x, depth=3, boundary="reflect")

    assert y.chunks == ((4, 5), (5, 7))
    assert_eq(y, A)
    with pytest.raises(ValueError, match="allow_rechunk"):
        da.map_overlap(laplace, x, depth=3, allow_rechunk=False)
    with pytest.raises(ValueError, match="larger than axis"):
        da.map_overlap(laplace, x, depth=10)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, 6), min_size=1, max_size=6), st.integers(1, 6))
def test_joined_blocks_are_long_enough(lengths, least):
    joined = joined_blocks(tuple(lengths), least)

    assert sum(joined) == sum(lengths)
    assert min(joined) >= min(least, sum(lengths))


def test_bad_parameters_are_refused():
    x = da.from_array(A, chunks=(4, 5))

    for options, match in [
        ({"depth": -1}, "depth"),
        ({"depth": (1, 2, 3)}, "dimensions"),
        ({"depth": 1, "boundary": "mirror"}, "boundary"),
        ({"depth": [1, 1]}, "entries"),
    ]:
        with pytest.raises(ValueError, match=match):
            da.map_overlap(laplace, x, **options)
    with pytest.raises(TypeError, match="function first"):
        da.map_overlap(x, laplace, depth=1)
    with pytest.raises(ValueError, match="no array"):
        da.map_overlap(laplace, A, depth=1)
    with pytest.raises(ValueError, match="compute_chunk_sizes"):
        da.map_overlap(laplace, x[x[:, 0] > 0.5], depth=1)


def test_depth_0_is_map_blocks():
    x = da.from_array(A, chunks=(4, 5))

    assert da.map_overlap(laplace, x).name == da.map_blocks(laplace, x).name


def test_masked_blocks_stay_masked():
    a = np.ma.masked_greater(A, 0.5)
    x = da.from_array(a, chunks=(4, 5))

    for boundary in ["reflect", "periodic", "nearest", "none"]:
        assert_eq(da.map_overlap(lambda b: b.copy(), x, depth=2, boundary=boundary), a)
    assert_eq(overlap(x.rechunk(-1), 1, "reflect")[0, 1:-1], a[0])


def test_trim_internal_cuts_every_block():
    x = da.arange(8, chunks=4)

    assert_eq(trim_internal(x, {0: (1, 2)}, "reflect"), np.array([1, 5]))
    assert_eq(trim_internal(x, {0: 1}), np.array([0, 1, 2, 5, 6, 7]))


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 9), st.integers(1, 12), st.integers(1, 9), st.integers(1, 12))
def test_windows_are_numpys(first: int, second: int, rows: int, columns: int):
    x = da.from_array(A, chunks=(first, second))

    y = da.sliding_window_view(x, (rows, columns))

    assert_eq(y, np.lib.stride_tricks.sliding_window_view(A, (rows, columns)))


def test_windows_may_slide_along_some_axes():
    x = da.from_array(A, chunks=(2, 5))

    for shape, axis in [(3, 0), ((2, 3), (1, 1)), ((2,), (-1,))]:
        y = da.sliding_window_view(x, shape, axis)
        assert_eq(y, np.lib.stride_tricks.sliding_window_view(A, shape, axis))
    for shape, axis in [(10, 0), (-1, 0), (3, None), (0, 0)]:
        with pytest.raises(ValueError, match="window"):
            da.sliding_window_view(x, shape, axis)

"""Functions on blocks."""

from __future__ import annotations

import operator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import treadle
import treadle.array as da
from treadle.array.testing import assert_eq

A = np.arange(24.0).reshape(4, 6)


def blocks(chunks=(2, 4)):
    return da.from_array(A, chunks=chunks)


def double(block):
    return block * 2


def refuse(*args, **kwargs):
    raise AssertionError("nobody is to call this")


def test_map_blocks_calls_a_function_on_every_block(engine):
    assert_eq(da.map_blocks(double, blocks()), A * 2, scheduler=engine)


def test_map_blocks_is_a_method_too():
    assert_eq(blocks().map_blocks(operator.sub, 1), A - 1)


def test_equal_calls_have_equal_names_and_others_do_not():
    x = blocks()
    names = {
        da.map_blocks(double, x).name,
        da.map_blocks(operator.mul, x, 2).name,
        da.map_blocks(operator.mul, x, 3).name,
        da.map_blocks(operator.mul, x + 1, 2).name,
        da.map_blocks(double, x, dtype="f4").name,
        da.map_blocks(double, x, token="twice").name,
    }

    assert da.map_blocks(double, x).name in names
    assert len(names) == 6


def test_names_are_those_that_are_asked_for():
    x = blocks()

    assert da.map_blocks(double, x).name.startswith("double-")
    assert da.map_blocks(double, x, token="twice").name.startswith("twice-")
    assert da.map_blocks(double, x, name="mine").name == "mine"
    assert_eq(da.map_blocks(double, x, name="mine"), A * 2)


def test_nothing_is_called_if_the_dtype_is_given():
    assert da.map_blocks(refuse, blocks(), dtype="i4").dtype == "i4"
    assert da.map_blocks(refuse, blocks(), meta=np.empty((0, 0), "i4")).dtype == "i4"


def test_a_function_that_fails_on_empty_blocks_asks_for_the_dtype():
    with pytest.raises(ValueError, match="dtype="):
        da.map_blocks(lambda block: block.max(keepdims=True), blocks())

    x = da.map_blocks(lambda block: block.max(keepdims=True), blocks(), dtype=float, chunks=(1, 1))

    assert_eq(x, np.array([[9.0, 11.0], [21.0, 23.0]]))


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 4), st.integers(1, 6), st.integers(1, 6), st.integers(1, 4))
def test_arrays_are_matched_as_numpy_broadcasts(first: int, second: int, row: int, column: int):
    x = blocks((first, second))
    y = da.from_array(A[0], chunks=row)
    z = da.from_array(A[:, :1], chunks=(column, 1))

    assert_eq(da.map_blocks(lambda x, y, z: x + y * z, x, y, z), A + A[0] * A[:, :1])


def test_what_is_no_array_goes_to_every_call_whole():
    x = blocks()

    y = da.map_blocks(
        lambda x, row, number, more: x + row.sum() + number + more.sum(),
        x, np.arange(3), treadle.delayed(4), more=x, dtype=float,
    )  # fmt: skip

    assert_eq(y, A + 3 + 4 + A.sum())


def test_arrays_that_can_not_be_matched_are_refused():
    with pytest.raises(ValueError, match="total"):
        da.map_blocks(operator.add, blocks(), da.ones(5))


def test_dropped_axes_come_whole():
    assert_eq(da.map_blocks(lambda x: x.sum(axis=0), blocks(), drop_axis=0), A.sum(axis=0))
    assert_eq(da.map_blocks(lambda x: x.sum(axis=1), blocks(), drop_axis=[-1]), A.sum(axis=1))
    assert_eq(da.map_blocks(np.sum, blocks(), drop_axis=[0, 1], dtype=float), A.sum())
    assert_eq(
        da.map_blocks(
            lambda x, block_id: x.sum(axis=0) + block_id[0], blocks(), drop_axis=0, dtype=float
        ),
        A.sum(axis=0) + np.array([0, 0, 0, 0, 1, 1]),
    )


def test_new_axes_have_length_1_or_what_chunks_say():
    assert_eq(da.map_blocks(lambda x: x[None], blocks(), new_axis=0), A[None])
    assert_eq(
        da.map_blocks(
            lambda x: np.stack([x, x], axis=-1), blocks(), new_axis=-1,
            chunks=((2, 2), (4, 2), 2), dtype=float,
        ),
        np.stack([A, A], axis=-1),
    )  # fmt: skip
    assert_eq(
        da.map_blocks(lambda x: x.sum(axis=0)[None], blocks(), drop_axis=0, new_axis=0),
        A.sum(axis=0)[None],
    )


def test_chunks_say_what_a_function_makes_of_lengths():
    x = blocks()

    assert_eq(da.map_blocks(np.repeat, x, 2, axis=1, chunks=(2, (8, 4))), A.repeat(2, axis=1))
    with pytest.raises(ValueError, match="2 blocks"):
        da.map_blocks(double, x, chunks=((1, 1, 1), 4))
    with pytest.raises(ValueError, match="dimensions"):
        da.map_blocks(double, x, chunks=(2,))


def test_blocks_can_be_made_of_nothing():
    x = da.map_blocks(
        lambda block_id: np.full((2, 3), block_id[0] * 10 + block_id[1]),
        chunks=((2, 2), (3, 3, 3)), dtype=int,
    )  # fmt: skip

    assert_eq(x[::2, ::3], np.array([[0, 1, 2], [10, 11, 12]]))
    with pytest.raises(ValueError, match="chunks="):
        da.map_blocks(double, 3)


def test_block_info_says_where_a_block_is():
    said = {}

    def note(x, row, block_info=None):
        if x.size:
            said[block_info[None]["chunk-location"]] = block_info
        return x

    da.map_blocks(note, blocks(), da.ones(6, chunks=4), dtype="f8").compute(scheduler="sync")

    assert said[1, 1] == {
        0: {
            "shape": (4, 6),
            "num-chunks": (2, 2),
            "array-location": [(2, 4), (4, 6)],
            "chunk-location": (1, 1),
        },
        1: {
            "shape": (6,),
            "num-chunks": (2,),
            "array-location": [(4, 6)],
            "chunk-location": (1,),
        },
        None: {
            "shape": (4, 6),
            "num-chunks": (2, 2),
            "array-location": [(2, 4), (4, 6)],
            "chunk-location": (1, 1),
            "chunk-shape": (2, 2),
            "dtype": np.dtype("f8"),
        },
    }


def test_wrong_dimensions_are_found_if_that_is_wanted():
    x = da.map_blocks(lambda x: x[0], blocks(), dtype=float, enforce_ndim=True)

    with pytest.raises(ValueError, match="1 dimensions"):
        x.compute(scheduler="sync")


def test_mapped_calls_fuse():
    x = da.map_blocks(double, da.map_blocks(double, blocks().map_blocks(double)))
    graph = treadle.graph.graph.Graph()

    x.persist(scheduler="sync").map_blocks(double).map_blocks(double).__treadle_lower__(graph)

    assert sorted(layer.rows for layer in graph.layers.values()) == [4, 4]


def test_blocks_of_unknown_lengths_can_be_mapped():
    x = da.arange(10, chunks=5)
    y = x[x > 2]

    assert_eq(y.map_blocks(double), np.arange(3, 10) * 2)


def test_blockwise_multiplies_matrices(engine):
    x, y = blocks(), da.from_array(A.T, chunks=3)

    z = da.blockwise(np.dot, "ik", x, "ij", y, "jk", concatenate=True, dtype=float)

    assert_eq(z, A @ A.T, scheduler=engine)


def test_blockwise_gives_lists_along_indices_that_go_away():
    z = da.blockwise(
        lambda x, y: sum(a @ b for a, b in zip(x, y, strict=True)),
        "ik", blocks(), "ij", da.from_array(A.T, chunks=3), "jk",
    )  # fmt: skip
    one = da.blockwise(lambda x: x[0].sum(axis=1), "i", blocks((2, 6)), "ij")
    nested = da.blockwise(lambda x: sum(b.sum() for row in x for b in row), "", blocks(), "ij")

    assert_eq(z, A @ A.T)
    assert_eq(one, A.sum(axis=1))
    assert_eq(nested, A.sum())


def test_single_blocks_are_broadcast_along_indices_that_go_away():
    x, y = blocks(), da.from_array(A[:, :1], chunks=(2, 1))

    joined = da.blockwise(lambda x, y: (x * y).sum(axis=1), "i", x, "ij", y, "ij", concatenate=True)
    listed = da.blockwise(
        lambda x, y: sum((a * b).sum(axis=1) for a, b in zip(x, y, strict=True)),
        "i", x, "ij", y, "ij",
    )  # fmt: skip

    assert_eq(joined, (A * A[:, :1]).sum(axis=1))
    assert_eq(listed, (A * A[:, :1]).sum(axis=1))


def test_blockwise_takes_diagonals():
    x = da.from_array(A[:, :4], chunks=2)

    assert_eq(da.blockwise(np.diagonal, "i", x, "ii"), np.diagonal(A[:, :4]))


def test_blockwise_reorders_dimensions():
    assert_eq(da.blockwise(np.transpose, "ji", blocks(), "ij"), A.T)


def test_blockwise_takes_values_whole_and_keywords():
    z = da.blockwise(lambda x, n, more: x + n + more, "ij", blocks(), "ij", 10, None, more=1)

    assert_eq(z, A + 11)


def test_blockwise_makes_new_axes_and_other_lengths():
    new = da.blockwise(
        lambda x: np.stack([x, x, x], axis=-1), "ijz", blocks(), "ij", new_axes={"z": 3}
    )
    for lengths in (1, (1, 1), lambda length: length - 1):
        fewer = da.blockwise(
            lambda x: x[:1], "ij", blocks(), "ij", adjust_chunks={"i": lengths}, dtype=float
        )
        assert_eq(fewer, A[::2])

    assert_eq(new, np.stack([A, A, A], axis=-1))


def test_blockwise_aligns_arrays_unless_told_not_to():
    x, y = da.ones(6, chunks=2), da.ones(6, chunks=3)

    assert da.blockwise(operator.add, "i", x, "i", y, "i").chunks == ((2, 1, 1, 2),)
    with pytest.raises(ValueError, match="align"):
        da.blockwise(operator.add, "i", x, "i", y, "i", align_arrays=False)
    assert_eq(
        da.blockwise(
            lambda x, y: x + y.sum(), "i", x, "i", da.ones(3, chunks=1), "i", align_arrays=False
        ),
        np.full(6, 2.0),
    )


def test_blockwise_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match="indices"):
        da.blockwise(double, "i", blocks(), "i")
    with pytest.raises(ValueError, match="new_axes"):
        da.blockwise(double, "ijk", blocks(), "ij")
    with pytest.raises(ValueError, match="pairs"):
        da.blockwise(double, "ij", blocks())


def test_unify_chunks_rechunks_along_indices():
    chunks, (x, y) = da.unify_chunks(blocks((4, 3)), "ij", da.ones(6, chunks=2), "j")

    assert chunks == {"i": (4,), "j": (2, 1, 1, 2)}
    assert x.chunks == ((4,), (2, 1, 1, 2))
    assert y.chunks == ((2, 1, 1, 2),)


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("func", [np.ptp, np.cumsum, lambda v: np.outer(v, v)[:2]])
def test_apply_along_axis_is_numpys(func, axis: int):
    assert_eq(da.apply_along_axis(func, axis, blocks()), np.apply_along_axis(func, axis, A))


def test_apply_along_axis_calls_nothing_if_shape_and_dtype_are_given():
    x = da.apply_along_axis(refuse, 0, blocks(), dtype="i4", shape=(3,))

    assert (x.shape, x.dtype) == ((3, 6), np.dtype("i4"))
    with pytest.raises(ValueError, match="shape="):
        da.apply_along_axis(refuse, 0, blocks())
    with pytest.raises(np.exceptions.AxisError):
        da.apply_along_axis(np.ptp, 2, blocks())


def test_apply_along_axis_passes_arguments_on():
    assert_eq(
        da.apply_along_axis(np.quantile, 0, blocks(), 0.5, method="lower"),
        np.quantile(A, 0.5, axis=0, method="lower"),
    )


@pytest.mark.parametrize("axes", [0, [0, 1], (1,)])
def test_apply_over_axes_is_numpys(axes):
    assert_eq(da.apply_over_axes(da.sum, blocks(), axes), np.apply_over_axes(np.sum, A, axes))


def test_apply_over_axes_refuses_other_dimensions():
    with pytest.raises(ValueError, match="dimensions"):
        da.apply_over_axes(lambda x, axis: x.sum(), blocks(), 0)

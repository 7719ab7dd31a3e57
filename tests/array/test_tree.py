"""The tree under every reduction: how it merges, what it shares, what goes below it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import treadle.array as da
from treadle.array.testing import assert_eq
from treadle.array.tree import Groups, Pairwise, normalize_split_every
from treadle.graph.graph import Graph


def layers(*arrays: da.Array) -> dict[str, tuple[int, ...]]:
    """Prefix -> shape of the grids that are left after optimising."""
    from treadle.graph.expr import add_expressions

    graph = Graph()
    add_expressions([array.expr for array in arrays], graph)
    return {name.rsplit("-", 1)[0]: layer.shape for name, layer in graph.layers.items()}


def test_partials_fuse_with_the_elementwise_operations_below_them():
    x = da.from_array(np.ones((8, 8)), chunks=2)

    found = layers((x * 2 + x.T).sum())

    assert sorted(found) == ["sum", "sum-partial"]


def test_merges_take_split_every_partials_at_a_time():
    x = da.from_array(np.ones((12, 12)), chunks=1)

    found = layers(x.sum(split_every={0: 3, 1: 12}))

    assert found == {"sum-partial": (12, 12), "merge-add": (4, 1), "sum": ()} or found == {
        "sum-partial": (12, 12),
        "merge-add": (2, 1),
        "sum": (),
    }


def test_one_block_along_the_axes_is_one_call():
    x = da.from_array(np.ones((4, 6)), chunks=(2, 6))

    assert layers(x.sum(axis=1)) == {"sum": (2,)}


def test_a_sum_and_a_mean_share_their_partials():
    x = da.from_array(np.ones((8, 8)), chunks=2)

    assert sorted(layers(x.sum(axis=0), x.mean(axis=0))) == ["mean", "sum", "sum-partial"]


def test_a_mean_takes_the_partials_of_a_variance_that_is_asked_for_too():
    a = np.random.default_rng(0).random((8, 8))
    x = da.from_array(a, chunks=2)
    standardised = (x - x.mean(axis=0)) / x.std(axis=0)

    found = layers(standardised)

    assert "moments-partial" in found
    assert "sum-partial" not in found
    assert_eq(standardised, (a - a.mean(axis=0)) / a.std(axis=0))


def test_slices_of_a_reduction_reduce_slices():
    a = np.random.default_rng(0).random((8, 9, 4))
    x = da.from_array(a, chunks=(2, 3, 2))

    assert layers(x.sum(axis=0)[3:6, 1])["sum-partial"] == (4, 1, 1)
    assert_eq(x.sum(axis=0)[3:6, 1], a.sum(axis=0)[3:6, 1])
    assert_eq(x.mean(axis=(0, 2), keepdims=True)[:, ::-2], a.mean((0, 2), keepdims=True)[:, ::-2])
    assert_eq(x.std(axis=1)[-1], a.std(axis=1)[-1])


@pytest.mark.parametrize("name", ["sum", "min", "max", "mean", "std", "argmax", "any"])
@pytest.mark.parametrize("keepdims", [False, True])
def test_elements_of_a_reduction_reduce_what_they_need(name: str, keepdims: bool):
    value = np.arange(60.0).reshape(3, 4, 5)
    x = da.from_array(value, chunks=2)
    expected = getattr(value, name)(axis=1, keepdims=keepdims)

    result = getattr(x, name)(axis=1, keepdims=keepdims)

    assert_eq(result[1], expected[1])
    assert_eq(result[-1, ..., 0], expected[-1, ..., 0])
    assert_eq(result[1:, ..., 3], expected[1:, ..., 3])


def test_slices_of_a_reduction_that_is_needed_whole_stay_above_it():
    a = np.random.default_rng(0).random((8, 9))
    x = da.from_array(a, chunks=3)
    total = x.sum(axis=0)

    assert_eq(total - total[0], a.sum(axis=0) - a.sum(axis=0)[0])


@pytest.mark.parametrize("split_every", [1, 0, {0: 1}, 2.5])
def test_split_every_below_two_is_refused(split_every):
    x = da.ones((4, 4), chunks=1)

    with pytest.raises(ValueError, match="split_every"):
        x.sum(split_every=split_every)


def test_split_every_is_the_total_over_all_axes():
    assert normalize_split_every(None, (0, 1)) == {0: 4, 1: 4}
    assert normalize_split_every(8, (0,)) == {0: 8}
    assert normalize_split_every(3, (0, 1)) == {0: 2, 1: 2}


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.tuples(st.integers(1, 7), st.integers(1, 4)), min_size=1, max_size=3),
)
def test_groups_hand_every_partial_to_one_merge(grid):
    numblocks, fan_in = zip(*grid, strict=True)

    inputs = Groups("x", numblocks, fan_in)()

    assert sorted(inputs.block.tolist()) == list(range(math.prod(numblocks)))
    for row, index in enumerate(
        np.ndindex(*[-(-n // f) for n, f in zip(numblocks, fan_in, strict=True)])
    ):
        taken = inputs.block[inputs.indptr[row] : inputs.indptr[row + 1]]
        where = np.stack(np.unravel_index(taken, numblocks), axis=1) // np.array(fan_in)
        assert (where == np.array(index)).all()


def test_merging_leaves_the_partials_alone():
    parts = [np.full(3, float(n)) for n in range(5)]

    total = Pairwise(np.add)(*parts)

    assert total.tolist() == [10.0] * 3
    assert [part.tolist() for part in parts] == [[float(n)] * 3 for n in range(5)]


def test_building_a_reduction_enumerates_no_blocks():
    x = da.ones((10**5, 10**5), chunks=10)  # 100 million blocks

    assert (x + 1).std(axis=0).sum().shape == ()

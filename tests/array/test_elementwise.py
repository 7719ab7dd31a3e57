"""Elementwise calls: broadcasting, blocks that match, dtypes that are known beforehand."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

import treadle.array as da
from treadle.array.elementwise import broadcast_shapes, match_blocks
from treadle.array.testing import assert_eq

VALUE = np.arange(20.0).reshape(4, 5)


def unknown(value: np.ndarray, chunks: object) -> da.Array:
    """An array whose blocks' lengths along the first dimension are not known."""
    x = da.from_array(value, chunks=chunks)
    return x[da.from_array(np.ones(len(value), bool), chunks=x.chunks[0])]


def test_blocks_that_differ_are_matched():
    x, y = da.from_array(VALUE, chunks=(3, 2)), da.from_array(VALUE, chunks=(2, 5))

    result = x - y * 2

    assert result.chunks == ((2, 1, 1), (2, 2, 1))
    assert_eq(result, VALUE - VALUE * 2)


def test_a_dimension_of_length_one_in_blocks_of_none_is_broadcast():
    column = da.from_array(VALUE[:, :1], chunks=2)
    odd = column.rechunk(((2, 2), (0, 1)))

    assert_eq(da.from_array(VALUE, chunks=2) + odd, VALUE + VALUE[:, :1])
    assert_eq(column + odd, VALUE[:, :1] * 2)


@pytest.mark.parametrize(
    "index", [np.s_[0:0], np.s_[:, 0:0], np.s_[::-1], np.s_[0], np.s_[..., -1]]
)
def test_slices_of_dimensions_of_length_one(index: object):
    row, column = VALUE[:1], VALUE[:, :1]
    x, y = da.from_array(row, chunks=2), da.from_array(column, chunks=2)

    assert_eq((x + 1)[index], (row + 1)[index])
    assert_eq((x + y)[index], (row + column)[index])


def test_shapes_that_do_not_fit_raise_as_in_numpy():
    with pytest.raises(ValueError, match=r"broadcast together with shapes \(4, 5\) \(3,\)"):
        da.from_array(VALUE, chunks=2) + da.from_array(np.ones(3), chunks=2)
    with pytest.raises(ValueError, match="broadcast"):
        broadcast_shapes((2, 3), (3, 3))


def test_blocks_of_unknown_lengths_match_block_for_block():
    x, y = unknown(VALUE, 2), unknown(VALUE, (2, 5))

    assert_eq(x + y, VALUE + VALUE)
    assert_eq(x + VALUE[0], VALUE + VALUE[0])
    assert_eq(x * da.from_array(VALUE, chunks=2), VALUE * VALUE)
    assert (x * da.from_array(VALUE, chunks=2)).chunks == ((2, 2), (2, 2, 1))


def test_blocks_of_unknown_lengths_that_would_be_cut_raise():
    with pytest.raises(ValueError, match="compute_chunk_sizes"):
        unknown(VALUE, 2) + unknown(VALUE, 4)


def test_match_blocks_leaves_what_matches_as_it_is():
    x = da.from_array(VALUE, chunks=2)
    y = da.from_array(VALUE[0], chunks=2)

    assert [array.name for array in match_blocks([x, y])] == [x.name, y.name]


def test_objects_that_are_no_arrays_are_taken_as_they_are():
    value = np.array([Decimal(1), Decimal(2)])
    dates = np.array(["2020-01-01", "2020-01-03"], "M8[D]")

    assert_eq(da.from_array(value, chunks=1) + Decimal("0.5"), value + Decimal("0.5"))
    assert_eq(da.from_array(dates, chunks=1) - dates[0], dates - dates[0])


def test_lists_count_as_arrays():
    row = [1, 2, 3, 4, 5]

    assert_eq(da.from_array(VALUE, chunks=2) + row, VALUE + row)


def test_a_given_dtype_is_kept_and_the_function_not_called_beforehand():
    calls = []

    def function(block):
        calls.append(block.shape)
        return block * 1.5

    x = da.elemwise(function, da.from_array(np.arange(4), chunks=2), dtype="i8")

    assert calls == []
    assert_eq(x, np.array([0, 1, 3, 4]))


def test_a_function_that_fails_on_empty_arrays_asks_for_dtype():
    def function(block):
        return block / block.shape[5]

    with pytest.raises(TypeError, match="dtype="):
        da.elemwise(function, da.from_array(VALUE, chunks=2))


def test_equal_calls_have_equal_names_and_others_others():
    x = da.from_array(VALUE, chunks=2)

    assert (x + 1).name == (x + 1).name
    assert len({(x + 1).name, (x + 1.0).name, (x + True).name, (1 - x).name, (x - 1).name}) == 5


def test_building_computes_nothing_and_does_not_count_blocks():
    x = da.ones((10**6, 10**6), chunks=(10, 10))

    y = da.where(da.isclose(x * 2 + 1, 3), x, da.divmod(x, 2)[0])

    assert y.numblocks == (10**5, 10**5)


def test_masked_blocks_stay_masked(engine):
    value = np.ma.masked_less(VALUE, 3)
    x = da.from_array(value, chunks=2)

    assert_eq(x + VALUE, value + VALUE, scheduler=engine)
    assert_eq(np.sqrt(x)[1:, 2:], np.sqrt(value)[1:, 2:], scheduler=engine)


def test_sparse_blocks_stay_sparse():
    sparse = pytest.importorskip("sparse")
    value = sparse.COO.from_numpy(np.eye(4))
    x = da.from_array(value, chunks=2)

    result = da.sin(x * 2)

    assert isinstance(result.meta, sparse.COO)
    assert_eq(result, np.sin(value * 2))

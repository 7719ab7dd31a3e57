"""``x[index]`` equals NumPy's, whatever the index and the blocks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.array.indices import arrays, in_blocks, index_arrays, index_masks

import treadle.array as da
from treadle.array.testing import assert_eq

CUBE = np.arange(5 * 12 * 4).reshape(5, 12, 4)


@pytest.fixture
def cube():
    return da.from_array(CUBE, chunks=(2, 5, 3))


# -- ints, slices, newaxis -------------------------------------------------------------------------


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_basic_indices_give_what_numpy_gives(data):
    values, x = data.draw(arrays())
    index = data.draw(hnp.basic_indices(values.shape, allow_newaxis=True, allow_ellipsis=True))

    assert_eq(x[index], np.asarray(values[index]), check_type=False)


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_a_slice_of_a_slice_of_a_sum_gives_what_numpy_gives(data):
    values, x = data.draw(arrays())
    first = data.draw(hnp.basic_indices(values.shape))
    second = data.draw(hnp.basic_indices(np.shape(values[first])))

    assert_eq((x + x[:1])[first][second], np.asarray((values + values[:1])[first][second]),
              check_type=False)  # fmt: skip


def test_reversing_twice_leaves_empty_blocks_out_as_reversing_once_does():
    x = da.from_array(np.arange(4), chunks=((0, 4),))

    assert_eq(x[::-1][::-1], np.arange(4))


@pytest.mark.parametrize(
    "index", [np.int8(2), np.array(2), (np.uint64(1), np.int32(3)), (slice(np.int64(1), None),)]
)
def test_ints_of_numpy_are_ints(cube, index):
    assert_eq(cube[index], CUBE[index])


def test_an_index_that_takes_everything_is_the_array_itself(cube):
    assert cube[...].name == cube.name
    assert cube[:, :12].name == cube.name


def test_a_slice_is_computed_on_every_engine(cube, engine):
    assert_eq((cube + 1)[1:4, ::-3, None, -1], (CUBE + 1)[1:4, ::-3, None, -1], scheduler=engine)


def test_equal_indices_have_equal_names(cube):
    assert cube[1:3, [0, 2]].name == cube[1:3, np.array([0, 2])].name
    assert cube[1:3, [0, 2]].name != cube[1:3, [2, 0]].name


# -- arrays in memory ------------------------------------------------------------------------------


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_integer_arrays_give_what_numpy_gives(data):
    values, x = data.draw(arrays())
    index = data.draw(index_arrays(values.shape))

    assert_eq(x[index], np.asarray(values[index]), check_type=False)


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_booleans_in_memory_give_what_numpy_gives_in_known_blocks(data):
    values, x = data.draw(arrays())
    index = data.draw(index_masks(values.shape))

    found = x[index]

    assert_eq(found, values[index])
    assert not np.isnan(found.shape).any()


@pytest.mark.parametrize(
    "index",
    [
        [],
        ([], [1]),
        ([True, False, True, False, True], 0),
        True,
        False,
        (True, [1, 2]),
        ([1, 2], np.True_, slice(3)),
        (0, slice(None), [1, 2]),
        (slice(None), [[0, 1]], ..., [0, 1]),
        (range(3), slice(2)),
        ((0, 1),),
    ],
)
def test_odd_indices_mean_what_they_mean_to_numpy(cube, index):
    assert_eq(cube[index], CUBE[index])


def test_arrays_are_taken_on_every_engine(cube, engine):
    assert_eq(cube[[4, 0, 3]][:, [11, 2, 2, 7]], CUBE[[4, 0, 3]][:, [11, 2, 2, 7]],
              scheduler=engine)  # fmt: skip


# -- arrays in blocks ------------------------------------------------------------------------------


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_integers_in_blocks_give_what_numpy_gives(data):
    values, x = data.draw(arrays())
    index = data.draw(index_arrays(values.shape))
    lazy = in_blocks(index, data.draw(st.integers(1, 3)))

    assert_eq(x[lazy], np.asarray(values[index]), check_type=False)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_booleans_in_blocks_give_what_numpy_gives(data):
    values, x = data.draw(arrays())
    index = data.draw(index_masks(values.shape))
    lazy = in_blocks(index, data.draw(st.integers(1, 4)))

    assert_eq(x[lazy], values[index])


def test_booleans_in_blocks_give_blocks_of_unknown_lengths(cube):
    found = cube[cube[:, 0, 0] > 50]

    assert np.isnan(found.shape[0])
    assert found.shape[1:] == (12, 4)
    assert found.compute_chunk_sizes().chunks[0] == (0, 2, 1)


def test_an_int_and_a_boolean_in_blocks_are_an_int_and_a_new_dimension(cube):
    assert_eq(cube[da.from_array(np.array(3))], CUBE[3])
    assert_eq(cube[da.from_array(np.array(True))], CUBE[np.array(True)])


def test_arrays_in_blocks_are_looked_up_on_every_engine(cube, engine):
    assert_eq(cube[:, da.arange(12, chunks=4)[::-3]], CUBE[:, ::-1][:, ::3], scheduler=engine)
    assert_eq(cube[cube % 3 == 0], CUBE[CUBE % 3 == 0], scheduler=engine)


def test_a_mask_of_unknown_lengths_takes_from_blocks_of_unknown_lengths():
    x = da.arange(20, chunks=6)
    big = x[x > 7]

    assert_eq(big[big % 2 == 0], np.arange(8, 20, 2))
    assert_eq(big[:], np.arange(8, 20))


def test_a_block_that_is_whole_along_an_unknown_dimension_can_be_indexed_by_a_list():
    x = da.arange(5, chunks=5)

    assert_eq(x[x > 1][[0, -1]], np.array([2, 4]))


# -- fields ----------------------------------------------------------------------------------------


def test_fields_are_taken_by_name():
    records = np.zeros(5, [("a", "i4"), ("b", "f8", (3,))])
    records["a"] = range(5)
    x = da.from_array(records, chunks=2)

    assert_eq(x["a"], records["a"])
    assert_eq(x["b"], records["b"])
    assert x[["a"]].dtype.names == ("a",)
    with pytest.raises(ValueError, match="no field of name c"):
        x["c"]


# -- refusals --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("index", "text"),
    [
        (5, "index 5 is out of bounds for axis 0 with size 5"),
        ((0, -13), "index -13 is out of bounds for axis 1 with size 12"),
        ((0, [1, 12]), "index 12 is out of bounds for axis 1 with size 12"),
        ((0, 0, 0, 0), "too many indices for array: array is 3-dimensional, but 4 were indexed"),
        ((..., ...), r"an index can only have a single ellipsis \('...'\)"),
        (1.0, "only integers, slices"),
        (np.array([0.5]), "arrays used as indices must be of integer"),
        (
            [True, False],
            "boolean index did not match indexed array along axis 0; size of axis is 5",
        ),
        (([0, 1], [0, 1, 2]), "indexing arrays could not be broadcast together"),
        ("a", "only integers, slices"),
    ],
)
def test_bad_indices_are_refused_with_numpys_words(cube, index, text):
    with pytest.raises(IndexError, match=text):
        cube[index]
    with pytest.raises(IndexError, match=text):
        CUBE[index]


@pytest.mark.parametrize("index", [0, slice(1, None), [0, 1], np.array([True])])
def test_unknown_lengths_are_refused_with_the_mend(index):
    x = da.arange(6, chunks=2)

    with pytest.raises(ValueError, match="compute_chunk_sizes"):
        x[x > 2][index]


def test_integers_in_blocks_that_are_out_of_bounds_fail_when_computed(cube):
    with pytest.raises(IndexError, match="index 7 is out of bounds for axis 0 with size 5"):
        cube[da.from_array(np.array([0, 7]))].compute(scheduler="sync")


def test_booleans_in_blocks_beside_other_arrays_are_refused(cube):
    with pytest.raises(NotImplementedError, match="compute"):
        cube[cube[:, 0, 0] > 3, [0, 1]]


def test_an_array_as_the_end_of_a_slice_is_refused(cube):
    with pytest.raises(NotImplementedError, match="compute"):
        cube[: da.from_array(np.array(2))]

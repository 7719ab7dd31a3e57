"""``x.blocks``: arrays of whole blocks, taken as they are."""

from __future__ import annotations

import numpy as np
import pytest

import treadle.array as da
from treadle.array.testing import assert_eq

VALUES = np.arange(48).reshape(6, 8)


@pytest.fixture
def x():
    return da.from_array(VALUES, chunks=(2, 3))


@pytest.mark.parametrize(
    ("index", "rows", "columns"),
    [
        (0, [0, 1], slice(None)),
        (-1, [4, 5], slice(None)),
        ((1, 2), [2, 3], slice(6, 8)),
        ((slice(None, None, -1), 0), [4, 5, 2, 3, 0, 1], slice(0, 3)),
        (([2, 0], slice(1, None)), [4, 5, 0, 1], slice(3, 8)),
        ((..., [True, False, True]), slice(None), [0, 1, 2, 6, 7]),
        (([1, 1],), [2, 3, 2, 3], slice(None)),
        (..., slice(None), slice(None)),
        (slice(2, 2), [], slice(None)),
    ],
)
def test_blocks_are_indexed_as_elements_of_an_array_are(x, index, rows, columns):
    assert_eq(x.blocks[index], VALUES[rows][:, columns])


def test_blocks_are_taken_on_every_engine(x, engine):
    assert_eq(x.blocks[[2, 0]] + 1, VALUES[[4, 5, 0, 1]] + 1, scheduler=engine)


def test_the_grid_says_its_shape_and_gives_every_block(x):
    assert (x.blocks.shape, x.blocks.size) == ((3, 3), 9)
    assert [block.shape for block in x.partitions.ravel()][:3] == [(2, 3), (2, 3), (2, 2)]
    assert_eq(x.blocks.ravel()[4], VALUES[2:4, 3:6])


def test_all_blocks_are_the_array_itself(x):
    whole = x.blocks[:]

    assert whole.name == x.name
    x[0] = 0
    assert_eq(whole, VALUES)


def test_blocks_of_unknown_lengths_can_be_taken():
    x = da.arange(9, chunks=3)

    assert_eq(x[x > 1].blocks[1:], np.arange(3, 9))


@pytest.mark.parametrize(
    ("index", "error", "text"),
    [
        (3, IndexError, "index 3 is out of bounds for axis 0 with 3 blocks"),
        ((0, 0, 0), IndexError, "too many indices"),
        (None, ValueError, "newaxis"),
        (([0, 1], [0, 1]), ValueError, "one list only"),
        (1.5, IndexError, "indexed by ints"),
        ([True], IndexError, "must be 3"),
    ],
)
def test_other_indices_are_refused(x, index, error, text):
    with pytest.raises(error, match=text):
        x.blocks[index]

"""Shuffles keep groups in one block, and blocks about as big as they were."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import treadle.array as da
from treadle.array.testing import assert_eq


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_groups_follow_each_other_and_each_is_in_one_block(data):
    values = np.arange(60).reshape(12, 5)
    x = da.from_array(values, chunks=(data.draw(st.integers(1, 12)), 3))
    groups = data.draw(
        st.lists(st.lists(st.integers(-12, 11), min_size=1, max_size=6), min_size=1, max_size=8)
    )

    found = da.shuffle(x, groups, axis=0)

    assert_eq(found, values[np.concatenate(groups)])
    borders = {0, *np.cumsum(found.chunks[0]).tolist()}
    ends = np.cumsum([0, *map(len, groups)]).tolist()
    assert borders <= set(ends)
    assert max(found.chunks[0]) <= max(1.25 * max(x.chunks[0]), *map(len, groups))


def test_groups_are_shuffled_on_every_engine(engine):
    values = np.arange(40).reshape(4, 10)
    x = da.from_array(values, chunks=(2, 2))

    found = x.shuffle([[9, 0, 5], [1, 2], [8, 3, 7, 4, 6]], axis=1)

    assert_eq(found, values[:, [9, 0, 5, 1, 2, 8, 3, 7, 4, 6]], scheduler=engine)


def test_blocks_get_shorter_elsewhere_where_a_group_is_long():
    x = da.ones((100, 40), chunks=(10, 40))

    found = da.shuffle(x, [list(range(0, 100, 2)), list(range(1, 100, 2))], axis=0)

    assert found.chunks[0] == (50, 50)
    assert math.prod(found.chunksize) <= 400


def test_no_groups_make_an_empty_array():
    assert_eq(da.shuffle(da.arange(4, chunks=2), [], axis=0), np.arange(0))


def test_bad_shuffles_are_refused():
    x = da.arange(6, chunks=2)

    with pytest.raises(IndexError, match="index 6 is out of bounds for axis 0 with size 6"):
        da.shuffle(x, [[6]], axis=0)
    with pytest.raises(np.exceptions.AxisError):
        da.shuffle(x, [[0]], axis=1)
    with pytest.raises(ValueError, match="compute_chunk_sizes"):
        da.shuffle(x[x > 2], [[0]], axis=0)
    with pytest.raises(ValueError, match="only be 'auto'"):
        da.shuffle(x, [[0]], axis=0, chunks=3)

"""Blocks from delayed values and back."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import treadle
import treadle.array as da
from treadle.array.testing import assert_eq


def test_a_delayed_value_becomes_an_array_of_one_block(engine):
    lazy = treadle.delayed(np.arange)(3)
    x = da.from_delayed(lazy, (3,), dtype=int)

    assert x.chunks == ((3,),)
    assert_eq(da.concatenate([x, x + 1]), np.array([0, 1, 2, 1, 2, 3]), scheduler=engine)


def test_a_delayed_value_is_computed_once():
    calls = []

    def make():
        calls.append(1)
        return np.ones((2, 2))

    x = da.from_delayed(treadle.delayed(make)(), (2, 2), dtype=float)

    assert_eq((x + 1) * x.T, np.full((2, 2), 2.0))
    assert calls == [1]


def test_names_shapes_and_metas_of_delayed_values():
    lazy = treadle.delayed(np.ones)(())
    masked = np.ma.masked_array([1.0])

    assert_eq(da.from_delayed(lazy, (), dtype=float), np.ones(()))
    assert da.from_delayed(lazy, (np.nan,), dtype=float).shape != (1,)
    assert da.from_delayed(lazy, 3, meta=masked).chunks == ((3,),)
    assert isinstance(da.from_delayed(lazy, (), meta=masked).meta, np.ma.MaskedArray)
    assert da.from_delayed(lazy, (), float, name="mine").name == "mine"
    assert_eq(da.from_delayed(lazy, (), float, name="mine"), np.ones(()))
    assert da.from_delayed(lazy, (), float).name == da.from_delayed(lazy, (), float).name
    with pytest.raises(ValueError, match="dtype"):
        da.from_delayed(lazy, ())


def test_values_that_are_not_delayed_are_made_so():
    assert_eq(da.from_delayed(np.arange(3), (3,), dtype=int), np.arange(3))


def test_blocks_become_delayed_values(engine):
    a = np.arange(12).reshape(4, 3)
    blocks = (da.from_array(a, chunks=2) + 1).to_delayed()

    assert blocks.shape == (2, 2)
    assert (blocks[0, 1].sum() + blocks[1, 1].sum()).compute(scheduler=engine) == 30
    np.testing.assert_array_equal(blocks[1, 0].compute(scheduler=engine), a[2:, :2] + 1)


def test_delayed_blocks_can_be_pickled_and_become_arrays_again():
    (block,) = da.to_delayed(da.arange(3))
    block = pickle.loads(pickle.dumps(block))

    assert_eq(da.from_delayed(block, (3,), int) * 2, np.arange(3) * 2)


def test_an_array_without_dimensions_is_one_delayed_value():
    blocks = da.to_delayed(da.ones(()))

    assert blocks.shape == ()
    assert blocks[()].compute() == 1


def test_only_the_blocks_that_are_asked_for_are_made():
    made = []

    def note(block):
        made.append(block.shape)
        return block

    x = da.elemwise(note, da.ones(10, chunks=3), dtype=float)
    made.clear()
    da.to_delayed(x)[3].compute(scheduler="sync")

    assert made == [(1,)]

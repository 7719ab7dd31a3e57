"""NumPy's functions on arrays in blocks."""

from __future__ import annotations

import numpy as np
import pytest

import treadle.array as da
from treadle.array.numpy_protocols import our_function
from treadle.array.testing import assert_eq

VALUE = np.arange(20.0).reshape(4, 5)


@pytest.fixture
def x() -> da.Array:
    return da.from_array(VALUE, chunks=(3, 2))


@pytest.mark.parametrize(
    "call",
    [
        lambda a: np.sum(a, axis=0),
        lambda a: np.mean(a),
        lambda a: np.amax(a, axis=1, keepdims=True),
        lambda a: np.concatenate([a, a + 1], axis=1),
        lambda a: np.transpose(a),
        lambda a: np.where(a > 3, a, 0),
        lambda a: np.clip(a, 2, 5),
        lambda a: np.round(a / 3, decimals=1),
        lambda a: np.isclose(a, 3),
        lambda a: np.nan_to_num(a, nan=2),
        lambda a: np.matmul(a, a.T),
        lambda a: np.zeros_like(a),
        lambda a: np.ravel(a),
        lambda a: np.copy(a),
        lambda a: np.array_equal(a, a),
    ],
)
def test_functions_of_numpy_give_arrays_in_blocks(x: da.Array, call):
    result = call(x)

    assert isinstance(result, da.Array)
    assert_eq(result, np.asarray(call(VALUE))[()], scheduler="sync")


def test_functions_of_submodules_are_found(x: da.Array):
    assert our_function(np.linalg.norm) is da.linalg.norm
    assert our_function(np.fft.rfft) is da.fft.rfft
    assert_eq(np.linalg.norm(x), np.linalg.norm(VALUE))


def test_what_is_missing_is_refused_by_name_and_not_computed():
    x = da.from_array(VALUE, chunks=2)

    with pytest.raises(TypeError, match=r"numpy\.unwrap .* compute\(\)"):
        np.unwrap(x)


def test_questions_about_shapes_and_dtypes_compute_nothing():
    x = da.ones((10**9, 10**9), chunks=10**6)

    assert (np.shape(x), np.ndim(x), np.size(x)) == ((10**9, 10**9), 2, 10**18)
    assert np.size(x, 1) == 10**9
    assert np.min_scalar_type(x) == np.float64
    assert np.common_type(x, np.ones(1, "f4")) is np.float64
    assert not np.iscomplexobj(x)
    assert not np.may_share_memory(x, x)
    assert np.array_repr(x) == repr(x)


def test_copyto_writes_into_an_array_in_blocks(x: da.Array):
    expected = VALUE.copy()
    np.copyto(expected, 7, where=VALUE > 4)

    np.copyto(x, 7, where=x > 4)

    assert_eq(x, expected)
    with pytest.raises(TypeError, match="store"):
        np.copyto(np.zeros((4, 5)), x)


def test_functions_of_other_libraries_are_applied_block_by_block(x: da.Array, engine):
    special = pytest.importorskip("scipy.special")

    assert_eq(special.erf(x), special.erf(VALUE), scheduler=engine)
    assert_eq(special.gamma(x + 1)[1:], special.gamma(VALUE + 1)[1:], scheduler=engine)


@pytest.mark.filterwarnings("ignore:numpy.core is deprecated")  # pickle asks all modules
def test_a_function_that_has_our_name_but_is_another_is_applied_itself(x: da.Array):
    special = pytest.importorskip("scipy.special")

    assert_eq(special.exp2(x), special.exp2(VALUE))


def test_at_and_reduceat_are_refused(x: da.Array):
    with pytest.raises(TypeError):
        np.add.reduceat(x, [0, 2])
    with pytest.raises(TypeError):
        np.add.at(x, [0], 1)


def test_arrays_in_memory_on_the_left_give_arrays_in_blocks(x: da.Array):
    for result in (VALUE + x, np.float32(2) * x, [1, 2, 3, 4, 5] - x):
        assert isinstance(result, da.Array)
    assert_eq(VALUE - x * 2, VALUE - VALUE * 2)
    assert_eq(np.float64(2) ** x, np.float64(2) ** VALUE)


class Wrapper:
    """Holds an array, as DataArrays and quantities do."""

    def __array_ufunc__(self, *args, **kwargs):
        return "wrapped"

    def __array_function__(self, *args, **kwargs):
        return "wrapped"

    def __radd__(self, other):
        return "wrapped"


def test_wrappers_answer_first(x: da.Array):
    assert x + Wrapper() == "wrapped"
    assert np.add(x, Wrapper()) == "wrapped"
    assert np.concatenate([x, Wrapper()]) == "wrapped"


class Tagged(Wrapper):
    """Of this type blocks may be."""

    shape = (4, 5)
    dtype = np.dtype(float)
    ndim = 2


def test_registered_types_may_be_blocks(x: da.Array):
    da.register_chunk_type(Tagged)

    assert isinstance(np.multiply(x, 2), da.Array)
    assert not da.numpy_protocols.answers_first(Tagged)
    with pytest.raises(TypeError, match="__array_function__"):
        da.register_chunk_type(int)


def test_subclasses_of_arrays_of_numpy_are_blocks(x: da.Array):
    assert isinstance(x + np.ma.masked_less(VALUE, 3), da.Array)
    assert isinstance(np.asarray(VALUE).view(np.recarray) + x, da.Array)

"""Choosing and comparing elements."""

from __future__ import annotations

import numpy as np
import pytest

import treadle.array as da
from treadle.array.testing import assert_eq

VALUE = np.arange(20.0).reshape(4, 5) - 7
SPECIAL = np.array([1.5, np.nan, -np.inf, np.inf, 0.0, -2.5])


@pytest.fixture
def x() -> da.Array:
    return da.from_array(VALUE, chunks=(3, 2))


def test_where_chooses_from_two(x: da.Array, engine):
    assert_eq(da.where(x > 0, x, -1), np.where(VALUE > 0, VALUE, -1), scheduler=engine)
    assert_eq(np.where(x > 0, x[0], [[1]]), np.where(VALUE > 0, VALUE[0], [[1]]), scheduler=engine)


@pytest.mark.parametrize("condition", [True, False, np.True_])
def test_where_takes_scalar_conditions(x: da.Array, condition: object):
    assert_eq(da.where(condition, x, 0), np.where(condition, VALUE, 0))


def test_where_keeps_the_dtype_beside_python_numbers():
    value = np.arange(4, dtype="f4")

    assert_eq(
        da.where(value > 1, da.from_array(value, chunks=2), 0.0), np.where(value > 1, value, 0.0)
    )


def test_where_of_a_condition_gives_places(x: da.Array):
    for ours, theirs in zip(da.where(x > 0), np.where(VALUE > 0), strict=True):
        assert_eq(ours, theirs)


def test_where_with_one_choice_raises(x: da.Array):
    with pytest.raises(ValueError, match="both or neither"):
        da.where(x > 0, x)


def test_select_takes_the_first_condition_that_holds(x: da.Array):
    assert_eq(
        da.select([x < -2, x > 4, x > 2], [x, x * 10, 3], default=-1),
        np.select([VALUE < -2, VALUE > 4, VALUE > 2], [VALUE, VALUE * 10, 3], default=-1),
    )
    with pytest.raises(ValueError, match="same length"):
        da.select([x < 1], [x, x])


@pytest.mark.parametrize("mode", ["raise", "wrap", "clip"])
def test_choose_takes_from_the_array_of_that_number(mode: str):
    value = np.arange(12).reshape(3, 4) % 3 + (0 if mode == "raise" else 2)
    index = da.from_array(value, chunks=2)

    assert_eq(
        da.choose(index, [index * 2, 7, [0, 1, 2, 3]], mode=mode),
        np.choose(value, [value * 2, 7, [0, 1, 2, 3]], mode=mode),
    )


def test_piecewise_applies_functions_where_conditions_hold(x: da.Array):
    functions = [-1, lambda v: v * 2, lambda v: v + 100]

    assert_eq(
        da.piecewise(x, [x < 0, x > 5], functions),
        np.piecewise(VALUE, [VALUE < 0, VALUE > 5], functions),
    )
    assert_eq(da.piecewise(x[0], x[0] < 0, [1, 2]), np.piecewise(VALUE[0], VALUE[0] < 0, [1, 2]))
    with pytest.raises(ValueError, match="functions are expected"):
        da.piecewise(x, [x < 0], [1, 2, 3])


def test_clip_takes_limits_of_all_kinds(x: da.Array):
    assert_eq(da.clip(x, -1, 4), np.clip(VALUE, -1, 4))
    assert_eq(x.clip(max=x[0]), np.clip(VALUE, None, VALUE[0]))
    assert_eq(np.clip(x, 0, None), np.clip(VALUE, 0, None))
    assert_eq(np.clip(x, a_min=1, a_max=2), np.clip(VALUE, 1, 2))
    whole = np.arange(5, dtype="u1")
    assert_eq(da.clip(da.from_array(whole, chunks=2), 1, 3), np.clip(whole, 1, 3))


@pytest.mark.parametrize("decimals", [-1, 0, 1])
def test_round_takes_decimals(x: da.Array, decimals: int):
    for func in (da.round, da.around, np.round, np.around):
        assert_eq(func(x / 4, decimals), np.round(VALUE / 4, decimals))
    assert_eq(x.round(decimals), VALUE.round(decimals))


@pytest.mark.parametrize(
    "name", ["fix", "i0", "sinc", "iscomplex", "isreal", "isneginf", "isposinf", "nan_to_num",
             "real", "imag", "angle", "isfinite"],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_functions_of_one_array_are_those_of_numpy(name: str):
    x = da.from_array(SPECIAL, chunks=4)

    assert_eq(getattr(da, name)(x), getattr(np, name)(SPECIAL))
    assert_eq(getattr(np, name)(x), getattr(np, name)(SPECIAL))


def test_parts_of_complex_numbers():
    value = np.array([1 + 2j, -3j, 4])
    x = da.from_array(value, chunks=2)

    assert_eq(x.real, value.real)
    assert_eq(x.imag, value.imag)
    assert_eq(x.conj(), value.conj())
    assert_eq(da.angle(x, deg=True), np.angle(value, deg=True))
    assert (da.iscomplexobj(x), da.isrealobj(x)) == (True, False)


def test_nan_to_num_takes_replacements():
    x = da.from_array(SPECIAL, chunks=4)
    replacements = {"nan": -1, "posinf": 9.0, "neginf": -9.0}

    assert_eq(da.nan_to_num(x, **replacements), np.nan_to_num(SPECIAL, **replacements))


@pytest.mark.parametrize("equal_nan", [True, False])
def test_isclose_and_its_companions(equal_nan: bool):
    x = da.from_array(SPECIAL, chunks=4)
    near = SPECIAL * (1 + 1e-9)

    assert_eq(
        da.isclose(x, near, equal_nan=equal_nan), np.isclose(SPECIAL, near, equal_nan=equal_nan)
    )
    assert_eq(da.allclose(x, near, equal_nan=equal_nan), np.bool_(equal_nan))
    assert_eq(da.array_equal(x, SPECIAL, equal_nan=equal_nan), np.bool_(equal_nan))


def test_arrays_of_different_shapes_are_not_equal(x: da.Array):
    assert not da.array_equal(x, x[1:])
    assert not da.array_equiv(x, x[1:3])
    assert da.array_equiv(x, x)


def test_isnull_is_that_of_pandas():
    pd = pytest.importorskip("pandas")
    value = np.array([1, None, np.nan, "a", pd.NaT], object)
    x = da.from_array(value, chunks=2)

    assert_eq(da.isnull(x), pd.isnull(value))
    assert_eq(da.notnull(x), pd.notnull(value))
